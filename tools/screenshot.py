"""Takes the pictures of the documentation, in a real QGIS with the real engine.

Starts QGIS on a virtual screen with the staged plugin and a profile of its own, in which a script
of ``tools/screenshots`` works with mouse and keys::

    python tools/screenshot.py toolbox SCENE.tif FOLDER    # the dialog of Detect clouds, its result
    python tools/screenshot.py dock SCENE.tif FOLDER       # panel, a slider that is moved, review
    python tools/screenshot.py one_click SCENE.tif FOLDER  # one click and preview, with times
    python tools/screenshot.py setup FOLDER                # the page that sets an engine up (--home, --engine: what it shows)
    python tools/screenshot.py modeler FOLDER              # an example model in the designer

Needs Xvfb, xdotool and ImageMagick.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from stage_plugin import PACKAGE, stage

SCREEN = "1600x950x24"

PROFILE = f"""\
[PythonPlugins]
{PACKAGE}=true
processing=true

[qgis]
checkVersion=false
showTips=false
news-feed/enabled=false

[app]
projections/defaultProjectCrs=EPSG:4326
projections/unknownCrsBehavior=NoAction
"""


@dataclass(frozen=True)
class Session:
    """What one script takes and leaves.

    Attributes:
        made: names of the files that it leaves in the folder.
        with_scene: whether it is given a scene.
        seconds_at_most: that it may take.
    """

    made: tuple[str, ...]
    with_scene: bool = True
    seconds_at_most: int = 900


SESSIONS = {
    "toolbox": Session(("dialog.png", "result.png", "result_mask.png"), seconds_at_most=300),
    "dock": Session(("dock.png", "live_threshold.png", "live_threshold.json", "review.png")),
    "one_click": Session(("one_click.jpg", "preview.jpg", "preview.json")),
    "setup": Session(("setup.png", "setup_running.png", "setup_cancelled.png"), with_scene=False),
    "modeler": Session(("model_designer.jpg",), with_scene=False, seconds_at_most=120),
}


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Take pictures of the plugin at work.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind, session in SESSIONS.items():
        of_kind = kinds.add_parser(kind)
        if session.with_scene:
            of_kind.add_argument("scene", type=Path, help="raster to show and to mask")
        of_kind.add_argument("folder", type=Path, help="where the pictures go")
        engine = ROOT / ".venv" / "engine" / "bin" / "python"
        of_kind.add_argument("--engine", type=Path, default=engine)
        of_kind.add_argument(
            "--home", type=Path, help="new folder for the profile, if its name shows"
        )
        of_kind.add_argument("--locale", default="en", help="language of QGIS")
        of_kind.add_argument("--theme", default="default", help="such as Night Mapping")
        if kind == "toolbox":
            of_kind.add_argument("--model", default="", help="model file (default: the engine's)")
            of_kind.add_argument("--bands", default="3,2,1", help="red, green and blue to show")
        if kind == "one_click":
            of_kind.add_argument("--repeats", default="7", help="previews that are timed")
        if kind == "modeler":
            models = sorted(path.stem for path in (ROOT / "resources/models").glob("*.model3"))
            of_kind.add_argument("--model", choices=models, default="detect_and_cut_out")
    return parser.parse_args(arguments)


def environment_of(options: argparse.Namespace, home: Path) -> dict[str, str]:
    """Variables for QGIS and for the script in it; stages the plugin into ``home``."""
    plugin = stage(home / "plugins")
    variables = {
        **os.environ,
        "QT_QPA_PLATFORM": "xcb",
        # QGIS takes its standard library from the first python3 here: it must be its own.
        "PATH": f"/usr/bin{os.pathsep}{os.environ['PATH']}",
        "QGIS_PLUGINPATH": str(home / "plugins"),
        "XDG_RUNTIME_DIR": str(home),
        "PYTHONPATH": str(ROOT / "tools" / "screenshots"),  # where driver.py is
        "CLOUDMAMBA_ENGINE": os.path.abspath(options.engine),
        "SCREENSHOT_FOLDER": str(options.folder.resolve()),
    }
    if SESSIONS[options.kind].with_scene:
        # The copy keeps statistics that QGIS writes beside a raster out of the user's folder.
        scene = home / options.scene.name
        shutil.copyfile(options.scene, scene)
        variables["SCREENSHOT_SCENE"] = str(scene)
    if options.kind == "modeler":
        model = plugin / "resources" / "models" / f"{options.model}.model3"
        variables["SCREENSHOT_MODEL"] = str(model)
    elif options.kind == "toolbox":
        variables["SCREENSHOT_MODEL"] = options.model
        variables["SCREENSHOT_BANDS"] = options.bands
    elif options.kind == "one_click":
        variables["SCREENSHOT_REPEATS"] = options.repeats
    return variables


@contextmanager
def _home(folder: Path | None) -> Iterator[Path]:
    """A folder that ends with the pictures."""
    if folder is None:
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)
        return
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def main() -> int:
    """Take the pictures; returns the exit status."""
    options = parse()
    session = SESSIONS[options.kind]
    options.folder.mkdir(parents=True, exist_ok=True)
    with _home(options.home) as home:
        settings = home / "profiles" / "default" / "QGIS"
        settings.mkdir(parents=True)
        more = f"\n[locale]\noverrideFlag=true\nuserLocale={options.locale}\n"
        more += f"\n[UI]\nUITheme={options.theme}\n"
        (settings / "QGIS3.ini").write_text(PROFILE + more, encoding="utf-8")
        command = ["xvfb-run", "--auto-servernum", f"--server-args=-screen 0 {SCREEN}"]
        command += ["qgis", "--nologo", "--profiles-path", str(home), "--profile", "default"]
        command += ["--code", str(ROOT / "tools" / "screenshots" / f"{options.kind}.py")]
        variables = environment_of(options, home)
        subprocess.run(command, env=variables, timeout=session.seconds_at_most, check=True)
    missing = [name for name in session.made if not (options.folder / name).is_file()]
    if missing:
        print(f"QGIS ended without {', '.join(missing)}.", file=sys.stderr)
        return 1
    for name in session.made:
        print(options.folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
