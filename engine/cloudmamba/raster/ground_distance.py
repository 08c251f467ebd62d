"""How large a pixel is on the ground, whatever the units of the map."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np
from rasterio.transform import xy
from rasterio.warp import transform

from cloudmamba.errors import InputError
from cloudmamba.raster.grid import GDAL_ERRORS, Grid

# WGS 84 in metres from the centre of the earth.
_GEOCENTRIC = "EPSG:4978"


def check_ground_sample_distance(gsd_m: float | None) -> None:
    """Raises InputError if somebody gave a distance, in metres, that no pixel has."""
    if gsd_m is None:
        return
    if not isinstance(gsd_m, Real):
        raise InputError(
            f"The ground sample distance is {gsd_m!r}: give a number, the side of a pixel in metres."
        )
    if not 0 < gsd_m < math.inf:
        raise InputError(
            f"A ground sample distance of {gsd_m:g} m cannot be: give the side of a pixel in "
            "metres, as in 10."
        )


def ground_sample_distance_m(grid: Grid) -> float | None:
    """Side of a square as large as the pixel in the middle, in metres with three digits.

    None without georeferencing, or where the middle lies nowhere on earth. Measured on the
    ellipsoid, so that degrees and the stretch of Mercator's projection do not matter.
    """
    if grid.place is None:
        return None
    crs, place = grid.place
    # The upper left corners of the pixel in the middle, of its right and of its lower neighbour.
    row, column = grid.height // 2, grid.width // 2
    corners = xy(place, (row, row, row + 1), (column, column + 1, column), offset="ul")
    try:
        # In space, where neither poles nor the date line are in the way.
        places = np.transpose(transform(crs, _GEOCENTRIC, *corners, zs=[0.0] * 3))
    except GDAL_ERRORS:
        # A map of no place on earth, such as an engineer's.
        return None
    if not np.isfinite(places).all():
        return None
    area_m2 = float(np.linalg.norm(np.cross(places[1] - places[0], places[2] - places[0])))
    if not 0 < area_m2 < math.inf:
        return None
    return float(f"{math.sqrt(area_m2):.3g}")
