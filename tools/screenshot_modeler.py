"""A picture of QGIS's graphical model designer with one of the plugin's example models open.

Starts QGIS on a virtual screen with the staged plugin and a profile of its own, opens the
model in the designer, zooms to it and leaves the picture.
Needs Xvfb and ImageMagick.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from screenshot import PROFILE, SCREEN
from stage_plugin import stage

SECONDS_AT_MOST = 120
MODELS = sorted(path.stem for path in (ROOT / "resources" / "models").glob("*.model3"))


def main() -> int:
    """Take the picture; returns the exit status."""
    parser = argparse.ArgumentParser(description="Take a picture of the model designer.")
    parser.add_argument("picture", type=Path, help="file to write, such as designer.jpg")
    parser.add_argument("--model", choices=MODELS, default="detect_and_cut_out")
    arguments = parser.parse_args()
    arguments.picture.parent.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        plugin = stage(home / "plugins")
        settings = home / "profiles" / "default" / "QGIS"
        settings.mkdir(parents=True)
        (settings / "QGIS3.ini").write_text(PROFILE, encoding="utf-8")
        taken = home / arguments.picture.name
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "xcb",
            # QGIS takes its standard library from the first python3 here: it must be its own.
            "PATH": f"/usr/bin{os.pathsep}{os.environ['PATH']}",
            "QGIS_PLUGINPATH": str(home / "plugins"),
            "XDG_RUNTIME_DIR": str(home),
            "SCREENSHOT_MODEL": str(plugin / "resources" / "models" / f"{arguments.model}.model3"),
            "SCREENSHOT_PICTURE": str(taken),
        }
        command = ["xvfb-run", "--auto-servernum", f"--server-args=-screen 0 {SCREEN}"]
        command += ["qgis", "--nologo", "--profiles-path", str(home), "--profile", "default"]
        command += ["--code", str(ROOT / "tools" / "screenshot_modeler_in_qgis.py")]
        subprocess.run(command, env=environment, timeout=SECONDS_AT_MOST, check=True)
        if not taken.is_file():
            print("QGIS ended without a picture.", file=sys.stderr)
            return 1
        arguments.picture.write_bytes(taken.read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
