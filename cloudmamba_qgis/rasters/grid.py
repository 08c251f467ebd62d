"""Where the pixels of a raster lie."""

from __future__ import annotations

import math
from dataclasses import dataclass

from osgeo import gdal, osr

_METRES_A_DEGREE = math.pi / 180 * 6371008.8
_SHIFT_PX = 0.01


class NoPixelSize(Exception):
    """The raster has no CRS, so that its pixels have no size in metres."""


@dataclass(frozen=True)
class Grid:
    """Size, GDAL's six numbers from pixel to map, and CRS as WKT ("" for none)."""

    width: int
    height: int
    transform: tuple[float, ...]
    crs: str

    @classmethod
    def of(cls, dataset: gdal.Dataset) -> Grid:
        return cls(
            dataset.RasterXSize,
            dataset.RasterYSize,
            tuple(dataset.GetGeoTransform()),
            dataset.GetProjection(),
        )

    def apply_to(self, dataset: gdal.Dataset) -> None:
        dataset.SetGeoTransform(self.transform)
        dataset.SetProjection(self.crs)

    def to_map(self, column: float, row: float) -> tuple[float, float]:
        """Map coordinates; (0, 0) is the outer corner of the first pixel."""
        x0, dx, rx, y0, ry, dy = self.transform
        return x0 + column * dx + row * rx, y0 + column * ry + row * dy

    @property
    def is_north_up(self) -> bool:
        _, dx, rx, _, ry, dy = self.transform
        return rx == ry == 0 and dx > 0 > dy

    @property
    def pixel_area(self) -> float:
        """In square units of the map."""
        _, dx, rx, _, ry, dy = self.transform
        return abs(dx * dy - rx * ry)

    def pixel_size_m(self) -> tuple[float, float]:
        """Width and height of the pixel in the middle. Raises ``NoPixelSize``."""
        if not self.crs:
            raise NoPixelSize
        system = osr.SpatialReference(self.crs)
        _, dx, rx, _, ry, dy = self.transform
        if not system.IsGeographic():
            unit_m = system.GetLinearUnits()
            return math.hypot(dx, ry) * unit_m, math.hypot(rx, dy) * unit_m
        _, latitude = self.to_map(self.width / 2, self.height / 2)
        metres_y = _METRES_A_DEGREE * system.GetAngularUnits() * 180 / math.pi
        metres_x = metres_y * math.cos(latitude * system.GetAngularUnits())
        return (
            math.hypot(dx * metres_x, ry * metres_y),
            math.hypot(rx * metres_x, dy * metres_y),
        )

    def matches(self, other: Grid) -> bool:
        """Whether every pixel lies where the same one of the other grid lies."""
        if (self.width, self.height) != (other.width, other.height):
            return False
        tolerance = _SHIFT_PX * math.sqrt(self.pixel_area)
        corners = ((0, 0), (self.width, 0), (0, self.height))
        if any(math.dist(self.to_map(*at), other.to_map(*at)) > tolerance for at in corners):
            return False
        if self.crs == other.crs or not (self.crs and other.crs):
            return True  # without a CRS there is nothing to tell them apart by
        return bool(osr.SpatialReference(self.crs).IsSame(osr.SpatialReference(other.crs)))
