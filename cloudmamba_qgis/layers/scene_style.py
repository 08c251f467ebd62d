"""The style of a raster of classes that only a run knows: a colour and a name for each."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from cloudmamba_qgis.layers.style import is_style_shared

# Okabe and Ito's colours, which people see apart whatever colours they see.
_COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#f0e442",
    "#000000",
)


def write_class_style(raster: Path, classes: Sequence[tuple[int, str]]) -> None:
    """Put a style of values and their names beside the raster, where QGIS takes it from.

    One that is there is replaced: another run has other classes. Where another raster would be
    drawn in it, too, there is none.
    """
    if is_style_shared(raster):
        return
    entries = "\n".join(
        f'        <paletteEntry value="{value}" color="{_COLOURS[number % len(_COLOURS)]}"'
        f' alpha="255" label="{html.escape(name)}"/>'
        for number, (value, name) in enumerate(classes)
    )
    style = f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">
      <rasterTransparency/>
      <colorPalette>
{entries}
      </colorPalette>
    </rasterrenderer>
  </pipe>
</qgis>
"""
    raster.with_suffix(".qml").write_text(style, encoding="utf-8")
