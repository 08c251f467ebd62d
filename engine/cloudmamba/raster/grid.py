"""Where pixels lie, and what all reading and writing with GDAL shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from rasterio._err import CPLE_BaseError
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.rpc import RPC
from rasterio.transform import Affine, from_gcps

# What rasterio raises when GDAL fails; some errors of GDAL come through as they are.
GDAL_ERRORS = (RasterioError, CPLE_BaseError, OSError)

# GDAL keeps blocks it has read or will write; its own default is a share of the machine's memory.
GDAL_CACHE_BYTES = 32 * 1024 * 1024


class Placed(Protocol):
    """A grid, or a data set that is open."""

    @property
    def crs(self) -> CRS | None: ...

    @property
    def transform(self) -> Affine: ...


def lie_elsewhere(one: Placed, other: Placed) -> bool:
    """Whether two of one size have other positions, pixel sizes or reference systems.

    Many labelled crops carry no position; then there is nothing to compare.
    """
    if one.crs is None or other.crs is None:
        return False
    hundredth_of_a_pixel = abs(other.transform.a) / 100
    same = one.transform.almost_equals(other.transform, hundredth_of_a_pixel)
    return one.crs != other.crs or not same


@dataclass(frozen=True)
class Grid:
    """Where the pixels lie: what an output shares with its input."""

    width: int
    height: int
    crs: CRS | None = None
    transform: Affine = field(default_factory=Affine.identity)
    gcps: tuple[GroundControlPoint, ...] = ()
    gcps_crs: CRS | None = None
    rpcs: RPC | None = None

    @property
    def place(self) -> tuple[CRS, Affine] | None:
        """Reference system and transform, by the control points where there is no other one.

        None where it lies in no map.
        """
        if self.transform != Affine.identity():
            return None if self.crs is None else (self.crs, self.transform)
        if not self.gcps or not self.gcps_crs or self._goes_round_the_earth(self.gcps_crs):
            return None
        transform = from_gcps(self.gcps)
        # Of points that are too few or in a line GDAL makes pixels of no size.
        return (self.gcps_crs, transform) if transform.determinant else None

    def _goes_round_the_earth(self, crs: CRS) -> bool:
        """Whether points in degrees lie on both sides of the date line, where they tell no transform."""
        longitudes = [point.x for point in self.gcps]
        return crs.is_geographic and max(longitudes) - min(longitudes) > 180
