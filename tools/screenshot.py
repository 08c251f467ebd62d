"""Pictures of a real QGIS window in which Detect clouds was run from the toolbox.

Starts QGIS on a virtual screen with the staged plugin and a profile of its own, opens the
scene, types the algorithm's name into the toolbox, opens it by a double click, clicks Run
with the mouse, and leaves ``dialog.png``, ``result.png`` and ``result_mask.png``.
Needs Xvfb, xdotool and ImageMagick.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from stage_plugin import PACKAGE, stage

SCREEN = "1600x950x24"
SECONDS_AT_MOST = 300

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


def main() -> int:
    """Take the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(description="Take pictures of the plugin at work.")
    parser.add_argument("scene", type=Path, help="raster to show and to mask")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--engine", type=Path, default=ROOT / ".venv" / "engine" / "bin" / "python")
    parser.add_argument("--model", default="", help="model file (default: the engine's)")
    parser.add_argument("--bands", default="3,2,1", help="red, green and blue for the display")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        stage(home / "plugins")
        profile = home / "profiles" / "default"
        (profile / "QGIS").mkdir(parents=True)
        (profile / "QGIS" / "QGIS3.ini").write_text(PROFILE, encoding="utf-8")
        # The copy keeps statistics that QGIS writes beside a raster out of the user's folder.
        scene = home / arguments.scene.name
        shutil.copyfile(arguments.scene, scene)
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "xcb",
            # QGIS takes its standard library from the first python3 here: it must be its own.
            "PATH": f"/usr/bin{os.pathsep}{os.environ['PATH']}",
            "QGIS_PLUGINPATH": str(home / "plugins"),
            "XDG_RUNTIME_DIR": str(home),
            "CLOUDMAMBA_ENGINE": os.path.abspath(arguments.engine),
            "SCREENSHOT_SCENE": str(scene),
            "SCREENSHOT_FOLDER": str(arguments.folder.resolve()),
            "SCREENSHOT_MODEL": arguments.model,
            "SCREENSHOT_BANDS": arguments.bands,
        }
        command = ["xvfb-run", "--auto-servernum", f"--server-args=-screen 0 {SCREEN}"]
        command += ["qgis", "--nologo", "--profiles-path", str(home), "--profile", "default"]
        command += ["--code", str(ROOT / "tools" / "screenshot_in_qgis.py")]
        subprocess.run(command, env=environment, timeout=SECONDS_AT_MOST, check=True)
    expected = [arguments.folder / name for name in ("dialog.png", "result.png", "result_mask.png")]
    missing = [str(path) for path in expected if not path.is_file()]
    if missing:
        print(f"QGIS ended without {', '.join(missing)}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
