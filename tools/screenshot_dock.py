"""Pictures of the dock in a real QGIS with the real engine, and of a threshold that is moved.

Starts QGIS on a virtual screen with the staged plugin and a profile of its own, opens the
scene, opens the dock by its toolbar button, clicks Mask Clouds and leaves ``dock.png``; then
drags the slider of the second stage's threshold with the mouse and leaves
``live_threshold.png``, with how long the map took to follow in ``live_threshold.json``.
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

from screenshot import PROFILE, SCREEN
from stage_plugin import stage

SECONDS_AT_MOST = 900
PICTURES = ("dock.png", "live_threshold.png", "live_threshold.json", "review.png")


def main() -> int:
    """Take the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(description="Take pictures of the dock.")
    parser.add_argument("scene", type=Path, help="raster to show and to mask")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--engine", type=Path, default=ROOT / ".venv" / "engine" / "bin" / "python")
    parser.add_argument("--locale", default="en", help="language of QGIS")
    parser.add_argument("--theme", default="default", help="theme of QGIS, such as Night Mapping")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        stage(home / "plugins")
        settings = home / "profiles" / "default" / "QGIS"
        settings.mkdir(parents=True)
        more = f"\n[locale]\noverrideFlag=true\nuserLocale={arguments.locale}\n"
        more += f"\n[UI]\nUITheme={arguments.theme}\n"
        (settings / "QGIS3.ini").write_text(PROFILE + more, encoding="utf-8")
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
        }
        command = ["xvfb-run", "--auto-servernum", f"--server-args=-screen 0 {SCREEN}"]
        command += ["qgis", "--nologo", "--profiles-path", str(home), "--profile", "default"]
        command += ["--code", str(ROOT / "tools" / "screenshot_dock_in_qgis.py")]
        subprocess.run(command, env=environment, timeout=SECONDS_AT_MOST, check=True)
    missing = [name for name in PICTURES if not (arguments.folder / name).is_file()]
    if missing:
        print(f"QGIS ended without {', '.join(missing)}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
