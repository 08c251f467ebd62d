"""Where results are kept, so that nothing that is there already is touched."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from qgis.core import QgsFileUtils, QgsMapLayer, QgsProcessingUtils, QgsProject

from cloudmamba_qgis.settings import profile_folder

# File systems take 255 bytes.
_LONGEST_STEM_BYTES = 180


def free_path(folder: Path, name: str, promised: Iterable[Path] = (), ending: str = ".tif") -> Path:
    """A file of this name in the folder, numbered where one is there already, or will be.

    A file that a layer of the project shows counts as there, also when it is gone: layers of one
    file cannot be told apart.

    Args:
        promised: files that are going to be written.
    """
    shown = (layer.source() for layer in QgsProject.instance().mapLayers().values())
    taken = {_compared(path) for path in (*promised, *shown)}
    stem = _stem(name)
    path, number = folder / f"{stem}{ending}", 1
    while path.exists() or _compared(path) in taken:
        number += 1
        path = folder / f"{stem} ({number}){ending}"
    return path


def _compared(path: Path | str) -> str:
    """The same for all ways to write a path, and for letters that some file systems take for one."""
    return os.path.abspath(path).casefold()


def temporary_path(name: str) -> str:
    """A GeoTIFF of this name in a folder that QGIS removes when it ends."""
    return QgsProcessingUtils.generateTempFilename(f"{_stem(name)}.tif")


def virtual_image_folder() -> Path:
    """Where virtual rasters lie that the plugin makes for images in several files.

    They outlive QGIS, so that projects find them again, and are nothing to keep results beside.
    """
    folder = _virtual_images()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _virtual_images() -> Path:
    return profile_folder() / "cloudmamba" / "virtual images"


def _stem(name: str) -> str:
    """The name of a file without its ending, short enough for a number and what the engine adds."""
    safe = Path(QgsFileUtils.stringToSafeFilename(f"{name}.tif")).stem
    return safe.encode()[:_LONGEST_STEM_BYTES].decode(errors="ignore")


def folder_of(source: str) -> Path | None:
    """The folder of an image that is a plain file, if files can be written there."""
    path = Path(source)
    if not path.is_file() or not os.access(path.parent, os.W_OK):
        return None
    if _virtual_images() in path.parents:
        return None
    return path.parent


def ends_with_qgis(layer: QgsMapLayer) -> bool:
    """Whether the layer's file lies in the folder that QGIS removes when it ends.

    ``QgsMapLayer.isTemporary`` is true of whatever the user keeps in the system's folder.
    """
    return Path(QgsProcessingUtils.tempFolder()) in Path(layer.source()).parents
