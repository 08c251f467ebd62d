"""The mask as QGIS is to show it: TIFF's own colours know no transparency."""

from __future__ import annotations

from pathlib import Path

from cloudmamba.classes import SHADOW
from cloudmamba.errors import OutputError

# As the plugin styles its masks: see resources/styles/mask.qml.
MASK_STYLE_WITH_SHADOW = """\
<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">
      <rasterTransparency/>
      <colorPalette>
        <paletteEntry value="0" color="#ffffff" alpha="0" label="Clear"/>
        <paletteEntry value="1" color="#ff00c8" alpha="95" label="Cloud"/>
        <paletteEntry value="2" color="#1f3fd0" alpha="110" label="Cloud shadow"/>
      </colorPalette>
    </rasterrenderer>
  </pipe>
</qgis>
"""
MASK_STYLE = "".join(
    line
    for line in MASK_STYLE_WITH_SHADOW.splitlines(keepends=True)
    if f'Entry value="{SHADOW}"' not in line
)


def write_mask_style(mask: Path, has_shadow: bool) -> None:
    """Put the style beside a mask, where QGIS takes it from; another that is there stays.

    Raises OutputError.
    """
    path = mask.with_suffix(".qml")
    ours = (MASK_STYLE, MASK_STYLE_WITH_SHADOW)
    try:
        # One of ours is of the mask that was there before; any other may be the user's own.
        if path.exists() and path.read_bytes() not in [one.encode() for one in ours]:
            return
        path.write_text(ours[has_shadow], encoding="utf-8")
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror}.") from error
