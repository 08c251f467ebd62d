"""Stages the plugin as QGIS installs it, and zips it.

The plugin is the package with ``metadata.txt``, ``LICENSE`` and ``resources/`` beside its
modules, and with the source of the engine, from which the plugin sets an engine up in a Python
of its own. Everything that runs or tests the plugin uses the staged folder, so that what is
tested is what ships.
"""

from __future__ import annotations

import argparse
import configparser
import shutil
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "cloudmamba_qgis"
ENGINE_SOURCE = "engine_source"
NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def stage(target: Path) -> Path:
    """Make ``target/cloudmamba_qgis`` anew and return it."""
    plugin = target / PACKAGE
    if plugin.exists():
        shutil.rmtree(plugin)
    shutil.copytree(ROOT / PACKAGE, plugin, ignore=NOT_SHIPPED)
    shutil.copytree(ROOT / "resources", plugin / "resources", ignore=NOT_SHIPPED)
    for name in ("metadata.txt", "LICENSE"):
        shutil.copyfile(ROOT / name, plugin / name)
    _stage_engine(plugin / ENGINE_SOURCE)
    return plugin


def _stage_engine(target: Path) -> None:
    """All that pip needs to install the engine, laid out as in the repository."""
    shutil.copytree(
        ROOT / "engine" / "cloudmamba", target / "engine" / "cloudmamba", ignore=NOT_SHIPPED
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, target / name)


def zip_plugin(plugin: Path, folder: Path) -> Path:
    """Zip a staged plugin into ``folder`` as the plugin repository takes it; returns the zip."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(plugin / "metadata.txt", encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{PACKAGE}-{metadata['general']['version']}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in sorted(plugin.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                zipped.write(path, path.relative_to(plugin.parent))
    return archive


def main() -> None:
    """Stage into ``build/plugin`` or the folder given, and zip on request."""
    parser = argparse.ArgumentParser(description="Stage the QGIS plugin.")
    parser.add_argument("target", nargs="?", type=Path, default=ROOT / "build" / "plugin")
    parser.add_argument("--zip", action="store_true", help="also make the zip in dist/")
    arguments = parser.parse_args()
    plugin = stage(arguments.target)
    print(plugin)
    if arguments.zip:
        print(zip_plugin(plugin, ROOT / "dist"))


if __name__ == "__main__":
    main()
