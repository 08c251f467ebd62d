"""Styles of the results, for the open project and for every later opening of the files."""

from __future__ import annotations

import glob
import html
from pathlib import Path

from osgeo import gdal
from qgis.core import (
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsProcessingException,
    QgsRasterLayer,
)

from cloudmamba_qgis.rasters.cloud_shapes import SHADOW, is_without_shadow
from cloudmamba_qgis.rasters.files import open_raster
from cloudmamba_qgis.resource_files import style_path
from cloudmamba_qgis.translation import tr


class StyleNotLoaded(Exception):
    """QGIS refused a style; the message is its own."""


def apply_style(layer: QgsMapLayer, style: str) -> None:
    """Draw the layer in ``resources/styles/STYLE.qml``."""
    message, loaded = layer.loadNamedStyle(style_path(style))
    if not loaded:
        raise StyleNotLoaded(message)
    if isinstance(layer, QgsRasterLayer) and isinstance(
        layer.renderer(), QgsPalettedRasterRenderer
    ):
        _adapt_legend(layer)
    layer.triggerRepaint()
    layer.emitStyleChanged()


def write_sidecar(raster: Path, style: str) -> bool:
    """Put the style beside the raster, where QGIS takes it from whenever the file is opened.

    Returns False, and writes nothing, where there is another style already: it may be the user's.
    Where another raster would be drawn in it, too, nothing is written: what lies there is its.
    """
    if is_style_shared(raster):
        return True
    with_shadow = Path(style_path(style)).read_text(encoding="utf-8")
    for label, words in _legend_words().items():
        with_shadow = with_shadow.replace(f'label="{label}"', f'label="{html.escape(words)}"')
    lines = with_shadow.splitlines(keepends=True)
    without_shadow = "".join(line for line in lines if f'Entry value="{SHADOW}"' not in line)
    sidecar = raster.with_suffix(".qml")
    # One of ours is of the mask that was there before.
    if sidecar.exists() and sidecar.read_bytes().replace(b"\r\n", b"\n") not in (
        with_shadow.encode(),
        without_shadow.encode(),
    ):
        return False
    text = without_shadow if _is_without_shadow(str(raster)) else with_shadow
    sidecar.write_bytes(text.encode())  # the same bytes on every system
    return True


def is_style_shared(raster: Path) -> bool:
    """Whether QGIS takes one style for the raster and for another one: scene.tif and scene.img."""
    alike = raster.parent.glob(f"{glob.escape(raster.stem)}.*")
    others = (path for path in alike if path.stem == raster.stem and path.name != raster.name)
    return any(map(_is_raster, others))


def _is_raster(path: Path) -> bool:
    try:
        return gdal.OpenEx(str(path), gdal.OF_RASTER) is not None
    except RuntimeError:  # as GDAL says it where it is asked to raise
        return False


def _legend_words() -> dict[str, str]:
    """What the styles call the classes, in the user's language."""
    return {
        "Clear": tr("Clear"),
        "Cloud": tr("Cloud"),
        "Cloud shadow": tr("Cloud shadow"),
        "Snow or ice": tr("Snow or ice"),
        "Clear (preview)": tr("Clear (preview)"),
        "Cloud (preview)": tr("Cloud (preview)"),
        "Cloud shadow (preview)": tr("Cloud shadow (preview)"),
    }


def _adapt_legend(layer: QgsRasterLayer) -> None:
    """In the user's language, and cloud shadow only where it was looked for."""
    renderer, words = layer.renderer(), _legend_words()
    left_out = {SHADOW} if _is_without_shadow(layer.source()) else set()
    classes = [entry for entry in renderer.classes() if entry.value not in left_out]
    for entry in classes:
        entry.label = words.get(entry.label, entry.label)
    layer.setRenderer(
        QgsPalettedRasterRenderer(layer.dataProvider(), renderer.usesBands()[0], classes)
    )


def _is_without_shadow(source: str) -> bool:
    """Whether the file says that it has no cloud shadow; one that says nothing may have any."""
    try:
        return is_without_shadow(open_raster(source).GetMetadata_Dict())
    except QgsProcessingException:  # it will be told by those who read it
        return False
