"""Styles of the results, for the open project and for every later opening of the files."""

from __future__ import annotations

import html
from pathlib import Path

from qgis.core import QgsMapLayer, QgsPalettedRasterRenderer, QgsRasterLayer

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
        _translate_legend(layer)
    layer.triggerRepaint()
    layer.emitStyleChanged()


def write_sidecar(raster: Path, style: str) -> bool:
    """Put the style beside the raster, where QGIS takes it from whenever the file is opened.

    Returns False, and writes nothing, where there is a style already: it may be the user's.
    """
    sidecar = raster.with_suffix(".qml")
    if sidecar.exists():
        return False
    text = Path(style_path(style)).read_text(encoding="utf-8")
    for label, words in _legend_words().items():
        text = text.replace(f'label="{label}"', f'label="{html.escape(words)}"')
    sidecar.write_text(text, encoding="utf-8")
    return True


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


def _translate_legend(layer: QgsRasterLayer) -> None:
    renderer, words = layer.renderer().clone(), _legend_words()
    for entry in renderer.classes():
        renderer.setLabel(entry.value, words.get(entry.label, entry.label))
    layer.setRenderer(renderer)
