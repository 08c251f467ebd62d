"""What a detection wrote, as a STAC item that catalogues understand; of a batch a collection."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import rasterio
from rasterio.warp import transform_geom

from cloudmamba import __version__
from cloudmamba.atomic_files import write_text
from cloudmamba.classes import CLASS_NAMES, CLEAR, CLOUD, NO_DATA, SHADOW, SNOW
from cloudmamba.detection.request import Summary
from cloudmamba.errors import InputError, OutputError
from cloudmamba.raster.grid import GDAL_ERRORS, Grid
from cloudmamba.raster.writer import check_can_be_written

STAC_VERSION = "1.0.0"
_MADE_BY = "made by CloudMamba"
COLLECTION_NAME = "collection.json"
# Of the names of the items of a batch.
ITEM_ENDING = ".stac.json"
_EXTENSIONS = (
    "https://stac-extensions.github.io/classification/v2.0.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
)
_VIEW = "https://stac-extensions.github.io/view/v1.0.0/schema.json"
_MEDIA_TYPE = "image/tiff; application=geotiff"
_TITLES = {
    "mask": "Cloud mask",
    "product_mask": "Mask of the product",
    "uncertainty": "Uncertainty of the cloud mask, 0 to 1",
    "probability": "Cloud probability, 0 to 1",
    "shadow": "Cloud shadow probability, 0 to 1",
    "stages": "Stages of the decision",
}
_COLOUR_HINTS = {CLEAR: "000000", CLOUD: "FFFFFF", SHADOW: "46465A", SNOW: "78DCFF"}
_EDGE_POINTS = 8


def check_item_path(path: Path, inputs: Sequence[str | os.PathLike]) -> None:
    """Before anything is computed. Raises OutputError where an item cannot go there."""
    if path.suffix.lower() not in (".json", ".geojson"):
        raise OutputError(f"'{path}' is no name for a STAC item: let it end in .json.")
    check_can_be_written(path)
    if os.path.realpath(path) in {os.path.realpath(file) for file in inputs}:
        raise OutputError(f"The output '{path}' is an input as well: choose another name.")


def item_text(
    path: Path,
    summary: Summary,
    files: Mapping[str, Path],
    classes: Sequence[int],
    is_in_batch: bool,
) -> str:
    """The item of a detection's results that is to be ``path``.

    Args:
        files: by their kinds the finished results, which may not have their names yet.
        classes: codes that the mask may have.
        is_in_batch: whether ``COLLECTION_NAME`` beside it is its collection.

    Raises:
        OutputError: a result cannot be read.
    """
    now = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    product = summary.product or {}
    properties: dict[str, Any] = {
        "datetime": (product.get("acquired") or now).replace("+00:00", "Z"),
        "created": now,
        "processing:software": {"cloudmamba": __version__, summary.model: summary.version},
        "processing:lineage": (
            f"Clouds detected by the model {summary.model} {summary.version}; bands: "
            f"{summary.bands['reason']}; radiometry: {summary.radiometry['reason']}"
        ),
        "eo:cloud_cover": round(summary.cloud_percent, 4),
    }
    extensions = [*_EXTENSIONS]
    if not product.get("acquired"):
        properties["description"] = (
            "The time is that of processing: the image does not tell when it was taken."
        )
    sun = {"view:sun_elevation": "sun_elevation_deg", "view:sun_azimuth": "sun_azimuth_deg"}
    told = {key: product[name] for key, name in sun.items() if product.get(name) is not None}
    if told:
        properties |= told
        extensions.append(_VIEW)
    footprint = _footprint(files["mask"])
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": extensions,
        "id": product.get("name") or Path(summary.outputs["mask"]).stem,
        "geometry": footprint,
        "properties": properties,
        "links": [],
        "assets": {
            kind: _asset(kind, Path(output), path.parent, classes) | _checksum(files[kind])
            for kind, output in summary.outputs.items()
        },
    }
    if footprint is not None:
        item["bbox"] = _bounds(footprint)
    if is_in_batch:
        item["collection"] = path.parent.name
        item["links"] = [
            {"rel": rel, "href": f"./{COLLECTION_NAME}", "type": "application/json"}
            for rel in ("collection", "parent", "root")
        ]
    return json.dumps(item, indent=1, allow_nan=False) + "\n"


def is_collection_of_batch(folder: Path) -> bool:
    """Whether a folder has a collection that ``write_collection`` wrote."""
    try:
        collection = json.loads((folder / COLLECTION_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(collection, dict) and _MADE_BY in str(collection.get("description"))


def write_collection(folder: Path, items: Sequence[Path]) -> None:
    """Write the collection of the items of a batch; without one remove that of an earlier batch.

    Raises:
        InputError: an item is damaged.
        OutputError: it cannot be written.
    """
    documents = [_read(item) for item in items]
    boxes = [_of_increasing_longitude(item["bbox"]) for item in documents if "bbox" in item]
    times = sorted(item["properties"]["datetime"] for item in documents)
    if not documents:
        if is_collection_of_batch(folder):
            (folder / COLLECTION_NAME).unlink(missing_ok=True)
        return
    whole = [
        *(min(box[i] for box in boxes) for i in (0, 1)),
        *(max(box[i] for box in boxes) for i in (2, 3)),
    ] if boxes else [-180.0, -90.0, 180.0, 90.0]  # fmt: skip
    collection = {
        "type": "Collection",
        "stac_version": STAC_VERSION,
        "id": folder.name,
        "description": f"Cloud masks of {len(documents)} scenes, {_MADE_BY} {__version__}.",
        "license": "proprietary",
        "extent": {
            "spatial": {"bbox": [whole]},
            "temporal": {"interval": [[times[0], times[-1]]]},
        },
        "links": [
            {"rel": "root", "href": f"./{COLLECTION_NAME}", "type": "application/json"},
            *(
                {"rel": "item", "href": f"./{item.name}", "type": "application/geo+json"}
                for item in items
            ),
        ],
    }
    write_text(folder / COLLECTION_NAME, json.dumps(collection, indent=1) + "\n")


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"The STAC item '{path}' is missing or damaged.") from error


def _asset(kind: str, output: Path, folder: Path, classes: Sequence[int]) -> dict[str, Any]:
    relative = os.path.relpath(output, folder).replace(os.sep, "/")
    asset: dict[str, Any] = {
        "href": relative if relative.startswith("..") else f"./{relative}",
        "type": _MEDIA_TYPE,
        "title": _TITLES[kind],
        "roles": ["data", "cloud"] if kind == "mask" else ["data"],
    }
    if kind in ("mask", "product_mask"):
        codes = CLASS_NAMES if kind == "product_mask" else classes
        asset["classification:classes"] = [
            {
                "value": code,
                "name": CLASS_NAMES[code].replace(" ", "_"),
                "description": CLASS_NAMES[code].capitalize(),
                "color_hint": _COLOUR_HINTS[code],
            }
            for code in codes
        ] + [{"value": NO_DATA, "name": "no_data", "description": "No data", "nodata": True}]
    return asset


def _checksum(path: Path) -> dict[str, Any]:
    """Size, and SHA-256 as a multihash: 12 is its code, 20 its length."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        size = path.stat().st_size
    except OSError as error:
        raise OutputError(f"'{path}' cannot be read again: {error.strerror}.") from error
    return {"file:size": size, "file:checksum": f"1220{digest.hexdigest()}"}


def _footprint(mask: Path) -> dict[str, Any] | None:
    """Outline of the raster in longitude and latitude; None where it lies in no map."""
    with rasterio.open(mask) as raster:
        grid = Grid(raster.width, raster.height, raster.crs, raster.transform, *raster.gcps)
        if grid.place is None:
            return None
        crs, place = grid.place
        shares = [step / _EDGE_POINTS for step in range(_EDGE_POINTS)]
        # Counter-clockwise in the map; edges bend, so that corners alone would not do.
        corners = (
            [(0, share) for share in shares]
            + [(share, 1) for share in shares]
            + [(1, 1 - share) for share in shares]
            + [(1 - share, 0) for share in shares]
        )
        ring = [place @ (x * grid.width, y * grid.height) for x, y in corners]
        outline = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        try:
            moved = transform_geom(crs, "OGC:CRS84", outline, precision=7)
        except GDAL_ERRORS:  # a map of no place, or whose corners show space
            return None
    return _within_180({"type": moved["type"], "coordinates": moved["coordinates"]})


def _within_180(geometry: dict[str, Any]) -> dict[str, Any]:
    """With longitudes of -180 to 180, cut at the date line, as GeoJSON wants them.

    A raster in degrees may go on beyond it, or from 0 to 360.
    """
    west, south, east, north = _bounds(geometry)
    turns = 360 * math.floor((west + 180) / 360)
    west, east = west - turns, east - turns
    if east <= 180:
        if turns:
            (ring,) = geometry["coordinates"]
            ring = [(longitude - turns, latitude) for longitude, latitude in ring]
            return {"type": "Polygon", "coordinates": [ring]}
        return geometry
    spans = [(-180, 180)] if east - west >= 360 else [(west, 180), (-180, east - 360)]
    boxes = [
        [[(left, south), (right, south), (right, north), (left, north), (left, south)]]
        for left, right in spans
    ]
    return {"type": "MultiPolygon", "coordinates": boxes}


def _bounds(geometry: Mapping[str, Any]) -> list[float]:
    """West, south, east and north; west is greater than east for what the date line cuts."""
    parts = geometry["coordinates"]
    rings = parts if geometry["type"] == "Polygon" else [ring for part in parts for ring in part]
    longitudes, latitudes = zip(*(point for ring in rings for point in ring), strict=True)
    west, east = min(longitudes), max(longitudes)
    if len(rings) > 1 and west == -180 and east == 180:
        sides = [[longitude for longitude, _ in ring] for ring in rings]
        west = min(min(side) for side in sides if max(side) == 180)
        east = max(max(side) for side in sides if min(side) == -180)
    return [west, min(latitudes), east, max(latitudes)]


def _of_increasing_longitude(box: Sequence[float]) -> Sequence[float]:
    """All around the earth in place of a box that the date line cuts."""
    west, south, east, north = box
    return box if west <= east else (-180.0, south, 180.0, north)
