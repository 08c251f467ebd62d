"""Where pixels lie, and what all reading and writing with GDAL shares."""

from __future__ import annotations

from dataclasses import dataclass, field

from rasterio._err import CPLE_BaseError
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.rpc import RPC
from rasterio.transform import Affine

# What rasterio raises when GDAL fails; some errors of GDAL come through as they are.
GDAL_ERRORS = (RasterioError, CPLE_BaseError, OSError)

# GDAL keeps blocks it has read or will write; its own default is a share of the machine's memory.
GDAL_CACHE_BYTES = 32 * 1024 * 1024


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
