"""The walls between the rooms: who may import whom, as the folders promise."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE, PLUGIN = ROOT / "engine" / "cloudmamba", ROOT / "cloudmamba_qgis"

# From the cellar to the roof: a room may use those on lower floors only. Those of one floor do not
# know each other.
FLOORS = (
    ("classes", "compute_options", "errors", "file_names", "outlines"),
    ("atomic_files", "startup"),
    ("ops",),
    ("network",),
    ("compared",),
    ("model_files",),
    ("inference",),
    ("raster",),
    ("products",),
    ("scene",),
    ("data",),
    ("detection",),
    ("xarray_images",),
    ("masker",),
    ("batch", "cost", "evaluation", "worker"),
    ("training",),
    ("commands",),
    ("cli",),
    # What the package shows to others; loaded when first used.
    ("__init__",),
    ("__main__",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def imported(path: Path) -> set[str]:
    """Names of all modules that a file imports, wherever in it, also for types alone."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return names


def room_of(path: Path) -> str:
    """The package, or the module beside the packages, that a file of the engine belongs to."""
    return path.relative_to(ENGINE).with_suffix("").parts[0]


def rooms_used(path: Path) -> set[str]:
    parts = (name.split(".") for name in imported(path) if name.startswith("cloudmamba."))
    return {name for _, name, *_ in parts if name in FLOOR_OF} - {room_of(path)}


def test_every_room_has_its_floor():
    rooms = {room_of(path) for path in ENGINE.rglob("*.py")} - {"weights"}
    assert rooms == set(FLOOR_OF)


@pytest.mark.parametrize("room", FLOOR_OF)
def test_no_room_imports_from_its_own_floor_or_a_higher_one(room):
    files = [path for path in ENGINE.rglob("*.py") if room_of(path) == room]
    wrong = {
        (path.relative_to(ENGINE).as_posix(), other)
        for path in files
        for other in rooms_used(path)
        if FLOOR_OF[other] >= FLOOR_OF[room]
    }
    assert wrong == set()


def test_what_is_measured_does_not_know_how_it_is_shown():
    evaluation = ENGINE / "evaluation"
    measures = {name for path in evaluation.glob("*.py") for name in imported(path)}
    assert not [name for name in measures if name.startswith("cloudmamba.evaluation.report")]
    assert (evaluation / "report" / "tables.py").is_file()


def test_the_paper_needs_nothing_but_pytorch_and_the_scan():
    outside = {
        name.split(".")[0]
        for path in (ENGINE / "network").rglob("*.py")
        for name in imported(path)
        if not name.startswith("cloudmamba")
    }
    assert outside <= {
        "__future__",
        "collections",
        "dataclasses",
        "math",
        "torch",
        "typing",
        "_typeshed",
    }


def test_the_environment_is_read_at_the_entrance_alone():
    # Beside it, what libraries read themselves is told or followed: Numba's and oneDNN's processor.
    allowed = {"startup.py", "cli.py", "commands", "ops/processor.py", "inference/devices.py"}
    readers = {
        path.relative_to(ENGINE).as_posix()
        for path in ENGINE.rglob("*.py")
        if {"environ", "getenv"} & words_of(path)
    }
    assert {path for path in readers if not {path, path.split("/")[0]} & allowed} == set()
    assert {"startup.py", "commands/environment.py"} <= readers


def words_of(path: Path) -> set[str]:
    """Names of attributes and variables in a file."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {
        getattr(node, "attr", getattr(node, "id", ""))
        for node in nodes
        if isinstance(node, (ast.Attribute, ast.Name))
    } | {name.split(".")[-1] for name in imported(path)}


def test_engine_and_plugin_do_not_know_each_other():
    engine = {name.split(".")[0] for path in ENGINE.rglob("*.py") for name in imported(path)}
    assert not engine & {"qgis", "PyQt5", "PyQt6", "cloudmamba_qgis"}
    plugin = {name.split(".")[0] for path in PLUGIN.rglob("*.py") for name in imported(path)}
    assert not plugin & {"cloudmamba", "torch"}
    assert {"torch", "qgis"} <= engine | plugin


@pytest.mark.parametrize("folder", ["tools", "benchmarks"])
def test_programs_beside_the_engine_name_modules_that_are_there(folder):
    missing = {
        (path.name, name)
        for path in (ROOT / folder).rglob("*.py")
        for name in imported(path)
        if name.startswith("cloudmamba.") and name.count(".") > 1 and not names_something(name)
    }
    assert missing == set()


def names_something(name: str) -> bool:
    """Whether a dotted name is a module of the engine, or something that stands in one."""
    parts = name.split(".")[1:]
    for end in (len(parts), len(parts) - 1):
        path = ENGINE.joinpath(*parts[:end])
        if path.is_dir() or path.with_suffix(".py").is_file():
            return True
    return False
