"""A picture of the review of uncertain regions in a real QGIS, ``docs/images/review.jpg``.

Masks the scene with the engine, starts QGIS on a virtual screen with the staged plugin and a
profile of its own, and reviews some regions with clicks of the mouse and keys.
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

SECONDS_AT_MOST = 300


def main() -> int:
    """Take the picture; returns the exit status."""
    parser = argparse.ArgumentParser(description="Take a picture of the review.")
    parser.add_argument("scene", type=Path, help="raster to show and to mask")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "docs" / "images" / "review.jpg", help="picture"
    )
    parser.add_argument("--engine", type=Path, default=ROOT / ".venv" / "engine" / "bin" / "python")
    parser.add_argument("--locale", default="en", help="language of QGIS")
    parser.add_argument("--theme", default="default", help="theme of QGIS, such as Night Mapping")
    arguments = parser.parse_args()

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
        mask, uncertainty = home / "mask.tif", home / "uncertainty.tif"
        command = [os.path.abspath(arguments.engine), "-m", "cloudmamba", "detect", str(scene)]
        command += ["--mask", str(mask), "--uncertainty", str(uncertainty)]
        subprocess.run(command, timeout=SECONDS_AT_MOST, check=True)
        picture = home / "review.png"
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "xcb",
            # QGIS takes its standard library from the first python3 here: it must be its own.
            "PATH": f"/usr/bin{os.pathsep}{os.environ['PATH']}",
            "QGIS_PLUGINPATH": str(home / "plugins"),
            "XDG_RUNTIME_DIR": str(home),
            "CLOUDMAMBA_ENGINE": os.path.abspath(arguments.engine),
            "SCREENSHOT_SCENE": str(scene),
            "SCREENSHOT_MASK": str(mask),
            "SCREENSHOT_UNCERTAINTY": str(uncertainty),
            "SCREENSHOT_PICTURE": str(picture),
        }
        command = ["xvfb-run", "--auto-servernum", f"--server-args=-screen 0 {SCREEN}"]
        command += ["qgis", "--nologo", "--profiles-path", str(home), "--profile", "default"]
        command += ["--code", str(ROOT / "tools" / "screenshot_review_in_qgis.py")]
        subprocess.run(command, env=environment, timeout=SECONDS_AT_MOST, check=True)
        command = ["convert", str(picture), "-quality", "75", str(arguments.output)]
        subprocess.run(command, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
