"""Pictures of the one click and of the preview in a real QGIS with the real engine.

Starts QGIS on a virtual screen with the staged plugin and a profile of its own, opens the
scene, clicks the button with the mouse and leaves ``one_click.jpg``; then zooms in, chooses
the preview in the button's menu with the mouse, zooms out and leaves ``preview.jpg``. Then it
makes previews of the same view again and again on the warm engine and leaves how long a click
and how long the engine's own work took in ``preview.json``.
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
MADE = ("one_click.jpg", "preview.jpg", "preview.json")


def main() -> int:
    """Take the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(description="Take pictures of one click and preview.")
    parser.add_argument("scene", type=Path, help="raster to show and to mask")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--engine", type=Path, default=ROOT / ".venv" / "engine" / "bin" / "python")
    parser.add_argument("--locale", default="en", help="language of QGIS")
    parser.add_argument("--repeats", type=int, default=7, help="previews that are timed")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        stage(home / "plugins")
        settings = home / "profiles" / "default" / "QGIS"
        settings.mkdir(parents=True)
        locale = f"\n[locale]\noverrideFlag=true\nuserLocale={arguments.locale}\n"
        (settings / "QGIS3.ini").write_text(PROFILE + locale, encoding="utf-8")
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
            "SCREENSHOT_REPEATS": str(arguments.repeats),
        }
        command = ["xvfb-run", "--auto-servernum", f"--server-args=-screen 0 {SCREEN}"]
        command += ["qgis", "--nologo", "--profiles-path", str(home), "--profile", "default"]
        command += ["--code", str(ROOT / "tools" / "screenshot_one_click_in_qgis.py")]
        subprocess.run(command, env=environment, timeout=SECONDS_AT_MOST, check=True)
    missing = [name for name in MADE if not (arguments.folder / name).is_file()]
    if missing:
        print(f"QGIS ended without {', '.join(missing)}.", file=sys.stderr)
        return 1
    print((arguments.folder / "preview.json").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
