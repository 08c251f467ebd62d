"""Polygons from vector files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.features import is_valid_geom

from cloudmamba.errors import InputError

_GEOJSON_SUFFIXES = (".geojson", ".json")
_POLYGON_TYPES = ("Polygon", "MultiPolygon")


@dataclass(frozen=True)
class Polygon:
    """A polygon or multipolygon as GeoJSON has it, and its attributes."""

    geometry: Mapping[str, Any]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class PolygonLayer:
    """The polygons of a file, in its order."""

    path: Path
    crs: CRS
    polygons: tuple[Polygon, ...]


def read_polygons(path: Path) -> PolygonLayer:
    """All polygons of a vector file of one layer. Features without geometry are passed over.

    GeoJSON is read as it is; other formats (GeoPackage, Shapefile ...) with pyogrio, which the
    extra ``vector`` installs.

    Raises:
        InputError: the file is missing, damaged, of several layers or without a reference
            system, has no polygon or other geometries too, or pyogrio is not there.
    """
    if not path.is_file():
        raise InputError(f"There is no file '{path}'.")
    is_geojson = path.suffix.lower() in _GEOJSON_SUFFIXES
    crs, features = _read_geojson(path) if is_geojson else _read_with_pyogrio(path)
    polygons = []
    for geometry, attributes in features:
        if geometry is None:
            continue
        kind = geometry.get("type") if isinstance(geometry, Mapping) else None
        if kind not in _POLYGON_TYPES:
            raise InputError(f"'{path}' has a {kind}: give a layer that has polygons only.")
        if not is_valid_geom(geometry):
            raise InputError(f"'{path}' has a polygon without proper coordinates: repair it.")
        polygons.append(Polygon(geometry, attributes))
    if not polygons:
        raise InputError(f"'{path}' has no polygon.")
    return PolygonLayer(path, crs, tuple(polygons))


def _read_geojson(path: Path) -> tuple[CRS, list[tuple[Any, Mapping[str, Any]]]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        features = [
            (feature["geometry"], feature.get("properties") or {})
            for feature in content["features"]
        ]
        # Longitude and latitude are the rule; QGIS and GDAL write a member for anything else.
        named = (content.get("crs") or {}).get("properties", {}).get("name", "OGC:CRS84")
        return CRS.from_user_input(named), features
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OSError,
        CRSError,
        RecursionError,
    ) as error:
        raise InputError(
            f"'{path}' cannot be read as GeoJSON ({error}): give a feature collection."
        ) from error


def _read_with_pyogrio(path: Path) -> tuple[CRS, list[tuple[Any, Mapping[str, Any]]]]:
    try:
        import pyogrio
        import shapely
    except ImportError as error:
        raise InputError(
            f"To read '{path}' pyogrio and shapely are missing: install the extra 'vector', or "
            "save the layer as GeoJSON."
        ) from error
    try:
        layers = pyogrio.list_layers(path)[:, 0]
        if len(layers) != 1:
            raise InputError(
                f"'{path}' has {len(layers)} layers ({', '.join(layers)}): give a file of one."
            )
        meta, _, shapes, columns = pyogrio.raw.read(path)
        if meta["crs"] is None:
            raise InputError(
                f"'{path}' does not say its reference system: set it, or save it as GeoJSON."
            )
        crs = CRS.from_user_input(meta["crs"])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, CRSError) as error:
        raise InputError(f"'{path}' cannot be read: {error}.") from error
    geometries = [
        None if shape is None else shapely.geometry.mapping(shapely.from_wkb(shape))
        for shape in shapes
    ]
    attributes = [dict(zip(meta["fields"], row)) for row in zip(*columns)] or [{}] * len(shapes)
    return crs, list(zip(geometries, attributes, strict=True))
