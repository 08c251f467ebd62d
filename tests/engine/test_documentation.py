"""Pages and what they promise: links, paths, one version number, one sentence a line."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from loading import load_module

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("docs/**/*.md"), *ROOT.glob("engine/cloudmamba/weights/*.md")]
    + [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
)
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def text_of(page: Path) -> str:
    """The page without its blocks of code."""
    return CODE.sub("", page.read_text(encoding="utf-8"))


def anchors_of(page: Path) -> set[str]:
    """What a link to a part of the page may name, as GitHub and the site make it of headings."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_within_the_repository_hold(page):
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_in_the_navigation_of_the_site():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in ROOT.glob("docs/**/*.md")]
    assert len(pages) > 15
    assert [page for page in pages if page not in navigation] == []


def test_what_the_guide_for_contributors_names_is_there():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:engine|cloudmamba_qgis|tests|docs|tools|resources)/[^`\s]*)`", guide)
    assert len(paths) > 25
    assert [path for path in paths if not (ROOT / path).exists()] == []
    for name, path in re.findall(r"`([A-Z]+)` in `([^`]+)`", guide):
        assert re.search(rf"^{name}\b.*=", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture
def release():
    return load_module("tools/release.py")


@pytest.fixture
def copy(release, tmp_path):
    """The files that a release changes, in a folder of their own."""
    for path in (release.ENGINE, release.METADATA, release.CHANGELOG):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    return tmp_path


def test_plugin_and_engine_have_one_version_which_the_changelog_knows(release):
    (version,) = set(release.versions(ROOT).values())
    assert f"## [{version}]" in (ROOT / release.CHANGELOG).read_text(encoding="utf-8")


def test_a_release_sets_the_version_everywhere(release, copy):
    changelog = copy / release.CHANGELOG
    text = changelog.read_text(encoding="utf-8")
    changelog.write_text(text.replace("## [Unreleased]\n", "## [Unreleased]\n\n- A change.\n"))
    release.set_version(copy, "7.8.9", date(2030, 1, 2))
    assert set(release.versions(copy).values()) == {"7.8.9"}
    assert "## [Unreleased]\n\n## [7.8.9] - 2030-01-02\n\n- A change." in changelog.read_text()


@pytest.mark.parametrize("version", ["7.8", "v7.8.9", "7.8.9"])
def test_a_release_without_a_number_or_without_a_change_changes_nothing(release, copy, version):
    changelog = copy / release.CHANGELOG
    text = changelog.read_text(encoding="utf-8")
    if version == "7.8.9":
        text = re.sub(r"(?<=## \[Unreleased\]\n).*?(?=## \[)", "\n", text, flags=re.DOTALL)
        changelog.write_text(text)
    before = release.versions(copy), changelog.read_text()
    with pytest.raises(ValueError, match=r"no version|says nothing"):
        release.set_version(copy, version, date(2030, 1, 2))
    assert (release.versions(copy), changelog.read_text()) == before


def test_the_speed_in_the_readme_is_that_of_the_benchmarks():
    tool = load_module("tools/readme_figures.py")
    readme = tool.README.read_text(encoding="utf-8")
    results = tool.read_results(tool.RESULTS)
    assert tool.with_speed(readme, results) == readme
    kind, result = next(iter(results.items()))
    slow = replace(result, scenes=[replace(run, seconds=9e3) for run in result.scenes])
    assert tool.with_speed(readme, {kind: slow}).count("9000.0 s") > 2


def test_the_speed_in_the_readme_tells_of_every_kind_of_processor():
    tool = load_module("tools/readme_figures.py")
    result = next(iter(tool.read_results(tool.RESULTS).values()))
    ours = next(run for run in result.scenes if run.method == tool.OURS)
    scenes = [replace(ours, size_px=2048, repeat=0, seconds=1.25, peak_mb=700.0)]
    fast = replace(result, scenes=scenes, model_version="77", precision="bfloat16", threads=3)
    fast = replace(fast, date="2030-01-02")
    slow = replace(fast, scenes=[replace(scenes[0], seconds=9.5)], precision="float32")
    peer = replace(scenes[0], method=tool.PEER, seconds=19.0, peak_mb=1200.0)
    slow.scenes.append(peer)
    assert tool.speed({"Slow, AVX2": slow, "Fast, AMX": fast}).splitlines() == [
        "Reading and writing included.",
        f"Slow, AVX2: {result.model} 77 in float32, 3 threads, on 2030-01-02.",
        f"Fast, AMX: {result.model} 77 in bfloat16, 3 threads, on 2030-01-02.",
        "",
        "| processor | pixels | time | memory | ukis-csmask |",
        "| --- | --- | --- | --- | --- |",
        "| Slow, AVX2 | 2048 x 2048 | 9.5 s | 700 MiB | 19.0 s, 1200 MiB |",
        "| Fast, AMX | 2048 x 2048 | 1.2 s | 700 MiB |  |",
    ]


def test_the_speed_in_the_readme_stays_where_the_benchmarks_are_damaged(tmp_path, monkeypatch):
    tool = load_module("tools/readme_figures.py")
    for name in ("README", "RESULTS"):
        copy = tmp_path / getattr(tool, name).name
        copy.write_bytes(getattr(tool, name).read_bytes()[:-9])
        monkeypatch.setattr(tool, name, copy)
    before = tool.README.read_bytes()
    with pytest.raises(SystemExit, match="does not hold results by kind of processor"):
        tool.main()
    assert tool.README.read_bytes() == before


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", ROOT / "docs/api/index.md"], ids=lambda p: p.name
)
def test_the_lines_of_python_run(page, write_raster, tmp_path, monkeypatch, capsys):
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    random = np.random.default_rng(0)
    numbers = random.integers(300, 9000, (4, 96, 80)).astype(np.uint16)
    write_raster(numbers)
    monkeypatch.chdir(tmp_path)
    names = {"reflectance": numbers / np.float32(10_000)}
    exec("\n".join(blocks), names)
    assert names["prediction"].mask.shape == (96, 80)
    if page.name == "index.md":
        assert names["dataset"].mask.shape == names["clear"].shape[1:] == (96, 80)
        with rasterio.open("mask.tif") as mask:
            assert mask.shape == (96, 80)
        said = capsys.readouterr().out
        assert re.fullmatch(r"\d+\.\d % of the valid pixels are cloud\n", said)


def test_the_plugin_of_the_working_tree_has_all_that_ships(tmp_path):
    linked = load_module("tools/dev.py").link_plugin(tmp_path / "linked")
    staged = load_module("tools/stage_plugin.py").stage(tmp_path / "staged")
    # The engine is that of the working tree, so its source for a set-up is not needed.
    expected = {path.name for path in staged.iterdir()} - {"engine_source"}
    assert {path.name for path in linked.iterdir()} == expected
    assert all(path.resolve().is_relative_to(ROOT) for path in linked.iterdir())
