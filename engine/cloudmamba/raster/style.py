"""The mask as QGIS is to show it: TIFF's own colours know no transparency."""

from __future__ import annotations

import itertools
import logging
from pathlib import Path

from cloudmamba.atomic_files import write_bytes
from cloudmamba.classes import SHADOW, SNOW

_log = logging.getLogger(__name__)

# As the plugin styles its masks, and snow as in that of a product: see resources/styles/product_mask.qml.
_ALL_CLASSES = """\
<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">
      <rasterTransparency/>
      <colorPalette>
        <paletteEntry value="0" color="#ffffff" alpha="0" label="Clear"/>
        <paletteEntry value="1" color="#ff00c8" alpha="95" label="Cloud"/>
        <paletteEntry value="2" color="#1f3fd0" alpha="110" label="Cloud shadow"/>
        <paletteEntry value="4" color="#37c8f0" alpha="110" label="Snow or ice"/>
      </colorPalette>
    </rasterrenderer>
  </pipe>
</qgis>
"""


def mask_style(has_shadow: bool, has_snow: bool) -> str:
    """The style of a mask in which these classes may occur beside clear and cloud."""
    left_out = [code for code, has in ((SHADOW, has_shadow), (SNOW, has_snow)) if not has]
    return "".join(
        line
        for line in _ALL_CLASSES.splitlines(keepends=True)
        if not any(f'Entry value="{code}"' in line for code in left_out)
    )


def write_mask_style(mask: Path, has_shadow: bool, has_snow: bool) -> None:
    """Put the style beside a mask, where QGIS takes it from; another that is there stays.

    Where it cannot be written a warning says so: the mask itself is complete.
    """
    path = mask.with_suffix(".qml")
    ours = [mask_style(*has).encode() for has in itertools.product((False, True), repeat=2)]
    try:
        # One of ours is of the mask that was there before; any other may be the user's own.
        if path.exists() and path.read_bytes() not in ours:
            return
        write_bytes(path, mask_style(has_shadow, has_snow).encode())
    except OSError as error:
        _log.warning("The style of the mask was not written: '%s': %s.", path, error.strerror)
