"""Where the pixels of a raster lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from osgeo import gdal, osr

# Where QGIS shows a raster that has none of GDAL's six numbers: rows go down from zero.
_UNPLACED = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
_PIXELS = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)  # numbers that only count rows and columns
_METRES_A_DEGREE = math.pi / 180 * 6371008.8
# Up to here a map's own metres count. UTM is out by 0.1 %, a sphere by 0.5, Web Mercator at 60
# degrees by half.
_TRUE_SCALE = 0.02
_SHIFT_PX = 0.01
_MOST_OF = 0.9
_POINTS_AN_EDGE = 21  # an edge that is straight in one CRS is bent in another


class NoPixelSize(Exception):
    """The raster has no CRS, so that its pixels have no size in metres."""


@dataclass(frozen=True)
class ControlPoints:
    """What places a raster that has no six numbers: points on the ground, or a camera model (RPC).

    Attributes:
        ground: x, y and height on the map, column and row.
        crs: of the points, as WKT.
        camera: GDAL's metadata of the model.
    """

    ground: tuple[tuple[float, ...], ...]
    crs: str
    camera: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, dataset: gdal.Dataset) -> ControlPoints | None:
        """None where there are none."""
        ground = tuple(
            (point.GCPX, point.GCPY, point.GCPZ, point.GCPPixel, point.GCPLine)
            for point in dataset.GetGCPs()
        )
        camera = tuple(sorted(dataset.GetMetadata_Dict("RPC").items()))
        if not ground and not camera:
            return None
        return cls(ground, dataset.GetGCPProjection(), camera)

    @property
    def warp_options(self) -> list[str]:
        """With which QGIS warps such a raster: without a height a camera model is meant for sea level."""
        height = dict(self.camera).get("HEIGHT_OFF")
        return [f"RPC_HEIGHT={height}"] if height else []

    def apply_to(self, dataset: gdal.Dataset) -> None:
        if self.ground:
            dataset.SetGCPs([gdal.GCP(*point) for point in self.ground], self.crs)
        if self.camera:
            dataset.SetMetadata(dict(self.camera), "RPC")

    def to_map(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]] | None:
        """Map coordinates of (column, row); None where they have none."""
        raster = gdal.GetDriverByName("MEM").Create("", 1, 1)
        self.apply_to(raster)
        try:
            transformer = gdal.Transformer(raster, None, self.warp_options)
            if transformer is None:  # so it is told where GDAL raises nothing
                return None
            there, found = transformer.TransformPoints(False, list(points))
        except RuntimeError:
            return None
        return [point[:2] for point in there] if all(found) else None


@dataclass(frozen=True)
class Grid:
    """Size, GDAL's six numbers from pixel to map, and CRS as WKT ("" for none).

    A raster without the six numbers lies where QGIS shows it. Where control points place it, the
    numbers are of its pixels alone: ``near`` tells where they lie.
    """

    width: int
    height: int
    transform: tuple[float, ...]
    crs: str
    points: ControlPoints | None = None

    @classmethod
    def of(cls, dataset: gdal.Dataset) -> Grid:
        size = (dataset.RasterXSize, dataset.RasterYSize)
        transform = dataset.GetGeoTransform(can_return_null=True)
        if transform is not None:
            return cls(*size, tuple(transform), dataset.GetProjection())
        return cls(*size, _UNPLACED, dataset.GetProjection(), ControlPoints.of(dataset))

    def apply_to(self, dataset: gdal.Dataset) -> None:
        if self.is_placed:
            dataset.SetGeoTransform(self.transform)
        dataset.SetProjection(self.crs)
        if self.points:
            self.points.apply_to(dataset)

    @property
    def is_placed(self) -> bool:
        """Whether six numbers tell where it lies; those of QGIS for a raster without are none."""
        return self.transform != _UNPLACED

    def near(self, column: int, row: int, width: int, height: int) -> Grid:
        """As if all of it lay as the window does: what control points bend is straight there."""
        if self.points is None:
            return self
        right, below = column + width, row + height
        corners = self.points.to_map([(column, row), (right, row), (column, below), (right, below)])
        if corners is None:
            return self
        places = []
        for start, to_right, to_below, to_both in zip(*corners):
            across = (to_right - start + to_both - to_below) / (2 * width)
            down = (to_below - start + to_both - to_right) / (2 * height)
            middle = (start + to_right + to_below + to_both) / 4
            first = middle - across * (column + width / 2) - down * (row + height / 2)
            places += [first, across, down]
        return Grid(self.width, self.height, tuple(places), self.points.crs)

    def to_map(self, column: float, row: float) -> tuple[float, float]:
        """Map coordinates; (0, 0) is the outer corner of the first pixel."""
        x0, dx, rx, y0, ry, dy = self.transform
        return x0 + column * dx + row * rx, y0 + column * ry + row * dy

    @property
    def is_north_up(self) -> bool:
        _, dx, rx, _, ry, dy = self.transform
        return self.points is None and rx == ry == 0 and dx > 0 > dy

    @property
    def size_px(self) -> int:
        return self.width * self.height

    @property
    def pixel_area(self) -> float:
        """In square units of the map."""
        _, dx, rx, _, ry, dy = self.transform
        return abs(dx * dy - rx * ry)

    def bounds_in(self, crs: str) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of all pixels in another CRS (WKT).

        Raises ``ValueError`` where one of the two has no CRS or where they do not meet.
        """
        steps = [number / (_POINTS_AN_EDGE - 1) for number in range(_POINTS_AN_EDGE)]
        edges = [(step, side) for step in steps for side in (0.0, 1.0)]
        edges += [(side, step) for side, step in edges]
        points = [self.to_map(across * self.width, down * self.height) for across, down in edges]
        if self.crs != crs:
            points = _transformed(points, self.crs, crs)
        if not all(map(math.isfinite, (value for point in points for value in point))):
            raise ValueError("not all of the edges exist in the other CRS")
        xs, ys = zip(*points)
        return min(xs), min(ys), max(xs), max(ys)

    def covering(self, bounds: Sequence[tuple[float, float, float, float]]) -> Grid:
        """A grid of the same pixels that covers all of these (left, bottom, right, top).

        The pixels must have north up.
        """
        x0, dx, _, y0, _, dy = self.transform
        lefts, bottoms, rights, tops = zip(*bounds)
        first_column = math.floor((min(lefts) - x0) / dx + _SHIFT_PX)
        last_column = math.ceil((max(rights) - x0) / dx - _SHIFT_PX)
        first_row = math.floor((max(tops) - y0) / dy + _SHIFT_PX)
        last_row = math.ceil((min(bottoms) - y0) / dy - _SHIFT_PX)
        left, top = self.to_map(first_column, first_row)
        return replace(
            self,
            width=max(last_column - first_column, 1),
            height=max(last_row - first_row, 1),
            transform=(left, dx, 0.0, top, 0.0, dy),
        )

    def window_of(self, other: Grid) -> tuple[int, int, int, int]:
        """First column and row, width and height here of the pixels of another grid.

        They may lie beyond this one. Where nobody knows, it is all of this grid.
        """
        try:
            bounds = other.bounds_in(self.crs)
        except ValueError:
            bounds = None
        if bounds is None or not self.is_north_up:
            return 0, 0, self.width, self.height
        there = self.covering([bounds])
        column = round((there.transform[0] - self.transform[0]) / self.transform[1])
        row = round((there.transform[3] - self.transform[3]) / self.transform[5])
        return column, row, there.width, there.height

    def shares_place_with(self, other: Grid) -> bool:
        """Whether nearly all of the smaller one lies in the larger one."""
        column, row, width, height = self.window_of(other)
        columns = min(column + width, self.width) - max(column, 0)
        rows = min(row + height, self.height) - max(row, 0)
        smaller_px = min(self.size_px, width * height)
        return max(columns, 0) * max(rows, 0) >= _MOST_OF * smaller_px

    def pixel_size_m(self) -> tuple[float, float]:
        """Width and height of the pixel in the middle. Raises ``NoPixelSize``."""
        if not self.crs:
            raise NoPixelSize
        system = osr.SpatialReference(self.crs)
        _, dx, rx, _, ry, dy = self.transform
        if not system.IsGeographic():
            unit_m = system.GetLinearUnits()
            on_map = math.hypot(dx, ry) * unit_m, math.hypot(rx, dy) * unit_m
            on_ground = self._size_on_ground_m()
            if on_ground is None:
                return on_map
            # What a map is made for stays exact: a buffer of 100 m is 10 pixels of 10 m.
            is_true = all(
                math.isclose(*sizes, rel_tol=_TRUE_SCALE)
                for sizes in zip(on_map, on_ground, strict=True)
            )
            return on_map if is_true else on_ground
        _, latitude = self.to_map(self.width / 2, self.height / 2)
        metres_y = _METRES_A_DEGREE * system.GetAngularUnits() * 180 / math.pi
        metres_x = metres_y * math.cos(latitude * system.GetAngularUnits())
        return (
            math.hypot(dx * metres_x, ry * metres_y),
            math.hypot(rx * metres_x, dy * metres_y),
        )

    def _size_on_ground_m(self) -> tuple[float, float] | None:
        """Of the pixel in the middle, on a sphere; None where nobody knows where that lies."""
        column, row = self.width / 2, self.height / 2
        steps = ((0, 0), (1, 0), (0, 1))
        degrees = osr.SpatialReference()
        degrees.ImportFromEPSG(4326)
        try:
            middle, right, below = _transformed(
                [self.to_map(column + x, row + y) for x, y in steps],
                self.crs,
                degrees.ExportToWkt(),
            )
        except ValueError:
            return None
        if not all(map(math.isfinite, (*middle, *right, *below))):
            return None
        shrink = math.cos(math.radians(middle[1]))

        def metres(point: tuple[float, float]) -> tuple[float, float]:
            east = (point[0] - middle[0] + 180) % 360 - 180
            return _METRES_A_DEGREE * east * shrink, _METRES_A_DEGREE * (point[1] - middle[1])

        (east_x, north_x), (east_y, north_y) = metres(right), metres(below)
        width_m = math.hypot(east_x, north_x)
        # Pixels are no rectangles in every map: with this height their area is true.
        area_m2 = abs(east_x * north_y - north_x * east_y)
        return (width_m, area_m2 / width_m) if area_m2 > 0 else None

    def matches(self, other: Grid) -> bool:
        """Whether every pixel lies where the same one of the other grid lies."""
        if (self.width, self.height) != (other.width, other.height):
            return False
        # The engine leaves those out that only count.
        if all(grid.transform in (_UNPLACED, _PIXELS) for grid in (self, other)):
            return True
        tolerance = _SHIFT_PX * math.sqrt(self.pixel_area)
        corners = ((0, 0), (self.width, 0), (0, self.height))
        if any(math.dist(self.to_map(*at), other.to_map(*at)) > tolerance for at in corners):
            return False
        if self.crs == other.crs or not (self.crs and other.crs):
            return True  # without a CRS there is nothing to tell them apart by
        return bool(osr.SpatialReference(self.crs).IsSame(osr.SpatialReference(other.crs)))


def _transformed(
    points: Sequence[tuple[float, float]], from_crs: str, to_crs: str
) -> list[tuple[float, float]]:
    """Points of one CRS in another. Raises ``ValueError`` where there is no way."""
    if not from_crs or not to_crs:
        raise ValueError("a raster without a CRS lies nowhere")
    systems = [osr.SpatialReference(crs) for crs in (from_crs, to_crs)]
    for system in systems:
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    try:
        transformation = osr.CreateCoordinateTransformation(*systems)
        if transformation is None:  # so it is told where GDAL raises nothing
            raise ValueError(gdal.GetLastErrorMsg())
        return [point[:2] for point in transformation.TransformPoints(points)]
    except RuntimeError as error:
        raise ValueError(str(error)) from error
