"""Where results are kept, so that nothing that is there already is touched."""

from __future__ import annotations

import os
from pathlib import Path

from qgis.core import QgsFileUtils, QgsMapLayer, QgsProcessingUtils


def free_path(folder: Path, name: str) -> Path:
    """A GeoTIFF of this name in the folder, numbered where one is there already."""
    stem = Path(QgsFileUtils.stringToSafeFilename(f"{name}.tif")).stem
    path, number = folder / f"{stem}.tif", 1
    while path.exists():
        number += 1
        path = folder / f"{stem} ({number}).tif"
    return path


def temporary_path(name: str) -> str:
    """A GeoTIFF of this name in a folder that QGIS removes when it ends."""
    file_name = QgsFileUtils.stringToSafeFilename(f"{name}.tif")
    return QgsProcessingUtils.generateTempFilename(file_name)


def folder_of(source: str) -> Path | None:
    """The folder of an image that is a plain file, if files can be written there."""
    path = Path(source)
    if not path.is_file() or not os.access(path.parent, os.W_OK):
        return None
    return path.parent


def ends_with_qgis(layer: QgsMapLayer) -> bool:
    """Whether the layer's file lies in the folder that QGIS removes when it ends.

    ``QgsMapLayer.isTemporary`` is true of whatever the user keeps in the system's folder.
    """
    return Path(QgsProcessingUtils.tempFolder()) in Path(layer.source()).parents
