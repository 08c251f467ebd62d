"""Styles of the results, for the open project and for every later opening of the files."""

from __future__ import annotations

import shutil
from pathlib import Path

from qgis.core import QgsRasterLayer

from cloudmamba_qgis.resource_files import style_path


class StyleNotLoaded(Exception):
    """QGIS refused a style; the message is its own."""


def apply_style(layer: QgsRasterLayer, style: str) -> None:
    """Draw the layer in ``resources/styles/STYLE.qml``."""
    message, loaded = layer.loadNamedStyle(style_path(style))
    if not loaded:
        raise StyleNotLoaded(message)
    layer.triggerRepaint()
    layer.emitStyleChanged()


def write_sidecar(raster: Path, style: str) -> bool:
    """Put the style beside the raster, where QGIS takes it from whenever the file is opened.

    Returns False, and writes nothing, where there is a style already: it may be the user's.
    """
    sidecar = raster.with_suffix(".qml")
    if sidecar.exists():
        return False
    shutil.copyfile(style_path(style), sidecar)
    return True
