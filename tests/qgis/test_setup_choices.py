"""Which Python and which PyTorch a set-up takes, and what it says of failures."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _staged(plugin):
    """These modules are those of the staged plugin."""


def python(**differences):
    from cloudmamba_qgis.engine_client.installation.pythons import FoundPython

    facts = {
        "path": "/usr/bin/python3", "version": (3, 12, 1), "has_venv": True,
        "has_ensurepip": True, "has_ssl": True, "pip_version": (), "bits": 64,
    }  # fmt: skip
    return FoundPython(**{**facts, **differences})


@pytest.mark.parametrize(
    ("differences", "word"),
    [
        ({}, ""),
        ({"version": ()}, "does not start by itself"),
        ({"version": (3, 9, 18)}, "older than 3.10"),
        ({"version": (3, 15, 0)}, "newer than 3.14"),
        ({"version": (3, 14, 9)}, ""),
        ({"bits": 32}, "32-bit"),
        ({"has_ssl": False}, "ssl"),
        ({"has_venv": False}, "venv"),
        ({"has_ensurepip": False, "pip_version": (22, 2)}, "python3-venv"),
        ({"has_ensurepip": False, "pip_version": (22, 3)}, ""),
    ],
)
def test_what_a_python_lacks(differences, word):
    shortcoming = python(**differences).shortcoming()
    assert word in shortcoming and bool(word) == bool(shortcoming)


def test_the_newest_that_will_do():
    from cloudmamba_qgis.engine_client.installation.pythons import best

    pythons = [python(version=(3, minor, 0)) for minor in (9, 11, 13, 15)]
    assert best(pythons).version == (3, 13, 0)
    assert best(pythons[:1]) is None


def test_this_python_answers_the_question():
    import subprocess

    from cloudmamba_qgis.engine_client.installation.pythons import QUESTION, read_answer

    answer = subprocess.run(
        ["/usr/bin/python3", "-c", QUESTION], capture_output=True, text=True, check=True
    ).stdout
    found = read_answer("/usr/bin/python3", answer)
    assert found.version >= (3, 9) and found.has_ssl and found.bits == 64
    for nonsense in ("", "Python 2.7", "[]", "{}", '{"version": 3}'):
        with pytest.raises(ValueError):
            read_answer("x", nonsense)


def test_where_pythons_are_looked_for(tmp_path):
    from cloudmamba_qgis.engine_client.installation.pythons import candidates

    def program(name):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.chmod(0o755)
        return str(path)

    newer, older = program("bin/python3.13"), program("bin/python3.11")
    (tmp_path / "bin" / "python3").symlink_to("python3.13")
    own = program("qgis/bin/python3")
    found = candidates({"PATH": str(tmp_path / "bin")}, str(tmp_path / "qgis"), "linux")
    mine = [path for path in found if path.startswith(str(tmp_path))]
    assert mine == [newer, older, own]
    assert "/usr/bin/python3" not in candidates({"PATH": "/usr/bin"}, "/nowhere", "darwin")

    shop, real = program("WindowsApps/python.exe"), program("tools/python.exe")
    with_qgis = program("qgis/python.exe")
    path = ":".join(str(tmp_path / name) for name in ("WindowsApps", "tools"))
    assert shop and candidates({"PATH": path}, str(tmp_path / "qgis"), "win32") == [real, with_qgis]


@pytest.mark.parametrize(
    ("line", "build", "reason"),
    [
        ("580.65.06, 9.0, NVIDIA H200", "cu130", "NVIDIA H200"),
        ("570.10, 12.0, NVIDIA GeForce RTX 5090", "cpu", "580 or newer"),
        ("580.88, 12.0, NVIDIA GeForce RTX 5090", "cu130", "RTX 5090"),
        ("560.94, 8.6, NVIDIA GeForce RTX 3060", "cu126", "RTX 3060"),
        ("590.10, 6.1, NVIDIA GeForce GTX 1080", "cu126", "GTX 1080"),
        ("470.10, 8.6, NVIDIA GeForce RTX 3060", "cpu", "528 or newer"),
        ("470.10, 3.5, NVIDIA GeForce GT 730", "cpu", "no longer supports"),
        ("", "cpu", "no NVIDIA graphics card"),
        ("NVIDIA-SMI has failed because it couldn't communicate with the driver", "cpu", "no NVI"),
        ('Field "compute_cap" is not a valid field to query.', "cpu", "no NVIDIA"),
    ],
)
def test_the_build_that_fits_the_card(line, build, reason):
    from cloudmamba_qgis.engine_client.installation.pytorch import read_gpus, recommend

    recommendation = recommend(read_gpus(line), "linux")
    assert recommendation.build.folder == build
    assert reason in recommendation.reason
    assert recommend(read_gpus(line), "darwin").build.index_url == ""


def test_the_newest_of_two_cards_decides():
    from cloudmamba_qgis.engine_client.installation.pytorch import read_gpus, recommend

    gpus = read_gpus("580.10, 6.1, NVIDIA GeForce GTX 1080\n580.10, 8.9, NVIDIA RTX 4090\n")
    assert len(gpus) == 2
    assert recommend(gpus, "win32").build.folder == "cu130"


def test_the_set_up_asks_for_what_the_engine_needs():
    from cloudmamba_qgis.engine_client.installation.pythons import OLDEST
    from cloudmamba_qgis.engine_client.installation.pytorch import REQUIREMENT

    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'"{REQUIREMENT}"' in project
    assert 'requires-python = ">={}.{}"'.format(*OLDEST) in project


def test_one_place_names_where_pytorch_is(staged_plugin):
    plugin = [path for path in staged_plugin.rglob("*.py") if "engine_source" not in path.parts]
    found = [
        path.name for path in plugin if re.search(r"https?://\S*/(whl|simple)", path.read_text())
    ]
    assert found == ["pytorch.py"]


@pytest.mark.parametrize(
    ("output", "word"),
    [
        ("OSError: [WinError 112] There is not enough space on the disk", "disk is full"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "PIP_CERT"),
        ("[WinError 1260] This program is blocked by group policy", "does not allow programs"),
        ("PermissionError: [WinError 5] Access is denied", "virus scanner"),
        ('OSError: [WinError 126] Error loading "c10.dll"', "Visual C++"),
        ("/usr/bin/python3: No module named ensurepip", "python3-venv"),
        ("", "it printed nothing"),
        ("first\n\nlast words\n", "last words"),
        ("ERROR: the reason\nnotice: something", "ERROR: the reason"),
    ],
)
def test_failures_are_explained(output, word):
    from cloudmamba_qgis.engine_client.installation.failures import explain

    assert word in explain("Installing PyTorch", output)
