"""Rasters and polygons drawn on them: outside the polygons all is clear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import rasterio.windows
from rasterio.features import bounds, rasterize
from rasterio.transform import Affine, xy
from rasterio.warp import transform_geom
from rasterio.windows import Window

from cloudmamba.classes import NO_DATA
from cloudmamba.data.importers.class_codes import CLASSES, ClassCodes
from cloudmamba.data.importers.scenes import (
    DatasetMetadata,
    LabelledScene,
    ReadLabels,
    checked,
    raster_files,
    scene_name,
)
from cloudmamba.data.importers.splits import subset_of_folder
from cloudmamba.data.importers.vector import PolygonLayer, read_polygons
from cloudmamba.errors import InputError
from cloudmamba.raster.grid import GDAL_ERRORS, Grid
from cloudmamba.scene.reader import Scene

# Values of the attribute that says the class of a polygon: the names of the classes, as words.
DATASET = DatasetMetadata(
    codes=ClassCodes({name: tuple({name, name.replace("-", " ")}) for name in CLASSES})
)

Geometry = Mapping[str, Any]


def find_scenes(
    source: Path,
    polygons_path: Path,
    codes: ClassCodes,
    class_attribute: str | None = None,
    labelled_area_path: Path | None = None,
) -> tuple[list[LabelledScene], list[str]]:
    """All rasters of a folder (or the one that ``source`` is), and warnings on these.

    Args:
        polygons_path: vector file of clouds, or of any class with ``class_attribute``. Where
            polygons overlap the later one in the file counts.
        class_attribute: its values are codes of ``codes``; without it every polygon is cloud.
        labelled_area_path: vector file of what was looked at; outside nothing is labelled.
            Without it whole rasters are.

    Raises:
        InputError: a file cannot be used, an attribute has a value that no class has, a
            raster is not georeferenced, or no polygon lies on any raster.
    """
    layer = read_polygons(polygons_path)
    labels = _labels_of(layer, class_attribute, codes)
    area = read_polygons(labelled_area_path) if labelled_area_path else None
    paths = raster_files(source) if source.is_dir() else [source]
    folder = source if source.is_dir() else source.parent
    scenes, untouched = [], []
    for path in paths:
        with Scene(path) as scene:
            grid = scene.grid
        shapes = list(zip(_on_grid(layer, grid, path), labels, strict=True))
        seen = None if area is None else _on_grid(area, grid, path)
        if not _on_window(shapes, grid.transform, grid.height, grid.width):
            untouched.append(path.name)
        relative = path.relative_to(folder)
        scenes.append(
            LabelledScene(
                scene_name(relative),
                path,
                partial(_drawn, shapes, seen),
                subset_of_folder(relative.parent),
            )
        )
    found = checked(scenes, f"'{source}' has no raster.")
    if len(untouched) == len(scenes):
        raise InputError(
            f"No polygon of '{polygons_path}' lies on a raster of '{source}': check the reference "
            "systems of both."
        )
    warnings = []
    if untouched:
        warnings.append(
            f"{len(untouched)} rasters have no polygon and count as clear, such as {untouched[0]}."
        )
    return found, warnings


def _labels_of(layer: PolygonLayer, attribute: str | None, codes: ClassCodes) -> list[int]:
    if attribute is None:
        return [CLASSES["cloud"]] * len(layer.polygons)
    if any(attribute not in polygon.attributes for polygon in layer.polygons):
        names = ", ".join(layer.polygons[0].attributes) or "none"
        raise InputError(
            f"Not every polygon of '{layer.path}' has the attribute '{attribute}': it has {names}."
        )
    origin = f"The attribute '{attribute}' of '{layer.path}'"
    return [codes.label_of(polygon.attributes[attribute], origin) for polygon in layer.polygons]


def _on_grid(layer: PolygonLayer, grid: Grid, path: Path) -> list[Geometry]:
    """The geometries of a layer in the reference system of a raster."""
    if grid.crs is None or grid.transform == Affine.identity():
        raise InputError(
            f"'{path}' is not georeferenced, so polygons cannot be laid on it: warp it to a map "
            "projection, or give masks (the kind pairs)."
        )
    geometries = [polygon.geometry for polygon in layer.polygons]
    try:
        return transform_geom(layer.crs, grid.crs, geometries)
    except GDAL_ERRORS as error:
        raise InputError(
            f"The polygons of '{layer.path}' cannot be brought to the reference system of "
            f"'{path}': check that their own is the right one."
        ) from error


@contextmanager
def _drawn(
    shapes: Sequence[tuple[Geometry, int]], seen: Sequence[Geometry] | None, grid: Grid
) -> Iterator[ReadLabels]:
    """Labels from polygons in the reference system of the raster, and the area looked at."""

    def read(window: Window) -> np.ndarray:
        size = (window.height, window.width)
        transform = rasterio.windows.transform(window, grid.transform)
        label = _rasterized(shapes, transform, size)
        if seen is not None:
            label[_rasterized([(geometry, 1) for geometry in seen], transform, size) == 0] = NO_DATA
        return label

    yield read


def _rasterized(
    shapes: Sequence[tuple[Geometry, int]], transform: Affine, size: tuple[int, int]
) -> np.ndarray:
    """(height, width) uint8: the value of the last shape over the centre of each pixel, or 0."""
    near = _on_window(shapes, transform, *size)
    if not near:
        return np.zeros(size, np.uint8)
    return rasterize(near, size, fill=0, transform=transform, dtype="uint8")


def _on_window(
    shapes: Sequence[tuple[Geometry, int]], transform: Affine, height: int, width: int
) -> list[tuple[Geometry, int]]:
    """The shapes whose bounds meet those of a window."""
    x, y = xy(transform, (0, 0, height, height), (0, width, 0, width), offset="ul")
    left, right, bottom, top = min(x), max(x), min(y), max(y)

    def meets(geometry: Geometry) -> bool:
        west, south, east, north = bounds(geometry)
        return west < right and east > left and south < top and north > bottom

    return [(geometry, value) for geometry, value in shapes if meets(geometry)]
