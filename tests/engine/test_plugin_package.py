"""The zip as the plugin repository scans it: Bandit with its list of rules, and detect-secrets.

The repository refuses a plugin with any finding of these rules. Findings of some rules can be
accepted by the author at upload; those that are, are listed here with their reason.
"""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from loading import load_module

ROOT = Path(__file__).resolve().parents[2]
LARGEST_BYTES = 25_000_000

RULES = (
    "B101,B102,B103,B104,B105,B106,B107,B108,B110,B111,B112,B113,B201,B202,B301,B302,B303,B304,"
    "B305,B306,B307,B308,B310,B311,B312,B313,B314,B315,B316,B317,B318,B319,B320,B321,B323,B324,"
    "B401,B402,B403,B405,B406,B407,B408,B409,B412,B413,B501,B502,B503,B504,B505,B506,B507,B508,"
    "B509,B601,B602,B603,B604,B605,B606,B607,B608,B609,B610,B611,B612,B613,B614,B615,B701,B702,"
    "B703,B704"
)
# Rule and folder. An author may accept findings of this rule at upload: the numbers of a
# training and of tests of robustness come from seeded generators, so that they can be repeated.
# Teachers are programs, started without a shell by the Python that the user names.
ACCEPTED = (
    ("B603", "engine_source/engine/cloudmamba/training/teachers/"),
    ("B311", "engine_source/engine/cloudmamba/training/"),
    ("B311", "engine_source/engine/cloudmamba/evaluation/"),
)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The plugin's folder, unpacked from the zip that ``make plugin`` makes."""
    stage_plugin = load_module("tools/stage_plugin.py")
    folder = tmp_path_factory.mktemp("package")
    archive = stage_plugin.zip_plugin(stage_plugin.stage(folder / "staged"), folder)
    assert archive.stat().st_size < LARGEST_BYTES
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(folder / "unpacked")
    return folder / "unpacked" / "cloudmamba_qgis"


def bandit(package):
    """Rule, file and line of everything that Bandit finds."""
    run = subprocess.run(
        [sys.executable, "-m", "bandit", "-r", package, "-f", "json", "--quiet", "-t", RULES],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(run.stdout)
    assert report["errors"] == []
    assert len(report["metrics"]) > 50
    return [
        (one["test_id"], str(Path(one["filename"]).relative_to(package)), one["line_number"])
        for one in report["results"]
    ]


def test_bandit_finds_nothing_that_is_not_accepted(package):
    found = bandit(package)
    for rule, folder in ACCEPTED:
        accepted = [one for one in found if one[0] == rule and one[1].startswith(folder)]
        assert accepted, f"{rule} in {folder} needs no acceptance any more"
        found = [one for one in found if one not in accepted]
    assert found == []


def test_bandit_would_find_something(tmp_path):
    for number in range(60):
        (tmp_path / f"module_{number}.py").write_text("import pickle\nassert eval('1')\n")
    assert {rule for rule, _, line in bandit(tmp_path)} >= {"B101", "B307", "B403"}


def secrets(folder):
    run = subprocess.run(
        [sys.executable, "-m", "detect_secrets", "scan", "--all-files", "."],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    report = json.loads(run.stdout)
    assert len(report["plugins_used"]) >= 27
    return report["results"]


def test_detect_secrets_finds_nothing(package, tmp_path):
    assert secrets(package) == {}
    (tmp_path / "key.py").write_text('key = "AKIA' + "IOSFODNN7EXAMPLX" + '"\n')
    assert secrets(tmp_path) != {}


def test_what_is_in_the_package(package):
    files = [path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()]
    assert {"__init__.py", "metadata.txt", "LICENSE"} < set(files)
    assert {"engine_source/pyproject.toml", "engine_source/engine/cloudmamba/cli.py"} < set(files)
    assert any(name.endswith("weights/cloudmamba-base.safetensors") for name in files)
    refused = re.compile(
        r"(^|/)\.|__pycache__|__MACOSX|\.(pyc|pyd|so|dll|exe|sh|bat|ps1|cmd|zip|whl)$|resources_rc"
    )
    assert [name for name in files if refused.search(name)] == []
    assert package.name.isidentifier()


def test_the_engine_can_be_installed_from_the_package(package):
    """All that its pyproject.toml speaks of is there."""
    source = package / "engine_source"
    project = (source / "pyproject.toml").read_text(encoding="utf-8")
    assert (source / re.search(r'^readme = "(.*)"$', project, re.MULTILINE)[1]).is_file()
    where = re.search(r'^where = \["(.*)"\]$', project, re.MULTILINE)[1]
    assert (source / where / "cloudmamba" / "__main__.py").is_file()
    for module, pattern in re.findall(r'^"(cloudmamba\..*)" = \["(.*?)"', project, re.MULTILINE):
        folder = source / where / module.replace(".", "/")
        assert list(folder.glob(pattern)), (module, pattern)
