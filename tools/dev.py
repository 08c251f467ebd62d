"""Makes a QGIS profile whose plugin is this working tree, and starts QGIS with it.

The plugin's folder in the profile holds links to the files here, so that a change counts at the
next start of QGIS, or at once with the plugin *Plugin Reloader*. The profile lies in
``build/dev``: nothing of the user's own QGIS is touched.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from screenshot import PROFILE
from stage_plugin import PACKAGE


def link_plugin(plugins: Path) -> Path:
    """Make ``plugins/cloudmamba_qgis`` anew, of links to the working tree, and return it."""
    plugin = plugins / PACKAGE
    if plugin.exists():
        shutil.rmtree(plugin)
    plugin.mkdir(parents=True)
    sources = [path for path in (ROOT / PACKAGE).iterdir() if path.name != "__pycache__"]
    for source in (*sources, ROOT / "resources", ROOT / "metadata.txt", ROOT / "LICENSE"):
        (plugin / source.name).symlink_to(source)
    return plugin


def main() -> None:
    """Make the profile, unless it is there, and become QGIS."""
    parser = argparse.ArgumentParser(description="Start QGIS with the plugin of the working tree.")
    parser.add_argument("--engine", type=Path, default=ROOT / ".venv" / "engine" / "bin" / "python")
    parser.add_argument("--only-make", action="store_true", help="do not start QGIS")
    arguments = parser.parse_args()
    profile = ROOT / "build" / "dev" / "profiles" / "default"
    link_plugin(profile / "python" / "plugins")
    settings = profile / "QGIS" / "QGIS3.ini"
    if not settings.exists():
        settings.parent.mkdir(parents=True)
        settings.write_text(PROFILE, encoding="utf-8")
    print(profile)
    if not arguments.only_make:
        os.environ["CLOUDMAMBA_ENGINE"] = os.path.abspath(arguments.engine)
        os.environ.pop("QT_QPA_PLATFORM", None)
        profiles = str(ROOT / "build" / "dev")
        os.execvp("qgis", ["qgis", "--profiles-path", profiles, "--profile", "default"])


if __name__ == "__main__":
    main()
