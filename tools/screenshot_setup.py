"""Pictures of the engine set-up page in a real QGIS, with an engine that is being set up.

Starts QGIS on a virtual screen with the staged plugin and a profile of its own, opens
Settings > Options > CloudMamba, waits until the engines have answered (``setup.png``), clicks
Set Up Engine and leaves ``setup_running.png`` and, once cancelled, ``setup_cancelled.png``.
Needs Xvfb, xdotool and ImageMagick.
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

SECONDS_AT_MOST = 900
PICTURES = ("setup.png", "setup_running.png", "setup_cancelled.png")


def main() -> int:
    """Take the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(description="Take pictures of the engine set-up page.")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--engine", type=Path, default=ROOT / ".venv" / "engine" / "bin" / "python")
    parser.add_argument("--locale", default="en", help="language of QGIS")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        stage(home / "plugins")
        settings = home / "profiles" / "default" / "QGIS"
        settings.mkdir(parents=True)
        locale = f"\n[locale]\noverrideFlag=true\nuserLocale={arguments.locale}\n"
        (settings / "QGIS3.ini").write_text(PROFILE + locale, encoding="utf-8")
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "xcb",
            # QGIS takes its standard library from the first python3 here: it must be its own.
            "PATH": f"/usr/bin{os.pathsep}{os.environ['PATH']}",
            "QGIS_PLUGINPATH": str(home / "plugins"),
            "XDG_RUNTIME_DIR": str(home),
            "CLOUDMAMBA_ENGINE": os.path.abspath(arguments.engine),
            "SCREENSHOT_FOLDER": str(arguments.folder.resolve()),
        }
        command = ["xvfb-run", "--auto-servernum", f"--server-args=-screen 0 {SCREEN}"]
        command += ["qgis", "--nologo", "--profiles-path", str(home), "--profile", "default"]
        command += ["--code", str(ROOT / "tools" / "screenshot_setup_in_qgis.py")]
        subprocess.run(command, env=environment, timeout=SECONDS_AT_MOST, check=True)
    missing = [name for name in PICTURES if not (arguments.folder / name).is_file()]
    if missing:
        print(f"QGIS ended without {', '.join(missing)}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
