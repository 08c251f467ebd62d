"""The style of a raster of scene numbers: a colour and a name for each scene."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

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


def write_scene_style(raster: Path, names: Sequence[str]) -> None:
    """Put the style beside the raster, where QGIS takes it from; one that is there is replaced.

    The scenes of another run would have other names.
    """
    entries = "\n".join(
        f'        <paletteEntry value="{number}" color="{_COLOURS[(number - 1) % len(_COLOURS)]}"'
        f' alpha="255" label="{html.escape(f"{number}: {name}")}"/>'
        for number, name in enumerate(names, 1)
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
