"""The mask as QGIS is to show it: TIFF's own colours know no transparency."""

from __future__ import annotations

from pathlib import Path

from cloudmamba.errors import OutputError

# As the plugin styles its masks: see resources/styles/mask.qml.
MASK_STYLE = """\
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


def write_mask_style(mask: Path) -> None:
    """Put the style beside a mask, where QGIS takes it from; one that is there stays.

    Raises OutputError.
    """
    path = mask.with_suffix(".qml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(MASK_STYLE)
    except FileExistsError:
        return  # it may be the user's own
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror}.") from error
