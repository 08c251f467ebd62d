"""A STAC item: bands by their common names, conversion and sun from its extensions.

Offsets that catalogues declare are believed with care: a large one declares the offset of
Sentinel-2 also where it was taken out of the numbers already.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cloudmamba.errors import InputError
from cloudmamba.products import hls
from cloudmamba.products.landsat import OLI_LEVEL1
from cloudmamba.products.metadata import checked_sun, finite_number, parse_time
from cloudmamba.products.product import BandSource, Product, QualityLayer, pick_roles
from cloudmamba.raster.radiometry import sentinel2_offset

# Roles and keys of what is for looking at, or no image.
_NO_BANDS = {"visual", "tci", "overview", "thumbnail", "metadata"}
_WANTED = {
    "blue": ("blue",),
    "green": ("green",),
    "red": ("red",),
    "nir": ("nir", "nir08"),
}
# Names of assets where no band has a common name.
_ASSETS = {
    "blue": ("blue", "b02_10m", "b02", "b2"),
    "green": ("green", "b03_10m", "b03", "b3"),
    "red": ("red", "b04_10m", "b04", "b4"),
    "nir": ("nir", "b08_10m", "b08", "b8", "nir08", "b8a"),
}
_MASKS = {"scl": "scl", "scl_20m": "scl", "qa_pixel": "qa_pixel", "fmask": "fmask", "udm2": "udm2"}
_LANDSAT_LEVEL2 = (2.75e-5, -0.2)
_LARGEST_BYTES = 16 << 20


def is_item(path: Path) -> bool:
    """Whether a JSON file is a STAC item, or holds one alone as the result of a search."""
    try:
        return _is_item(_document(path))
    except InputError:
        return False


def is_stac(path: Path) -> bool:
    """Whether a JSON file is an item, a collection, a catalogue or the result of a search."""
    try:
        document = _document(path)
    except InputError:
        return False
    return isinstance(document, dict) and (
        isinstance(document.get("stac_version"), str) or any(map(_is_item, _features(document)))
    )


def assets_of(path: Path) -> list[str]:
    """Under which names GDAL opens the assets of an item. Raises InputError."""
    assets = _document(path)["assets"].values()
    hrefs = (asset.get("href") for asset in assets if isinstance(asset, dict))
    return [_source(href, path) for href in hrefs if isinstance(href, str)]


def read_item(path: Path) -> Product:
    """The product that an item describes.

    Raises:
        InputError: it is no item, or has no blue, green and red.
    """
    item = _document(path)
    if not _is_item(item):
        raise InputError(
            f"'{path}' is no STAC item but a {item.get('type')} of STAC: give one item, with its "
            "assets, in a file of its own."
        )
    name = str(item.get("id") or path.stem)
    what = f"The STAC item '{name}'"
    told = item.get("properties")
    properties = told if isinstance(told, dict) else {}
    assets = {
        str(key): asset
        for key, asset in item["assets"].items()
        if isinstance(asset, dict) and isinstance(asset.get("href"), str)
    }
    is_hls = re.match(r"HLS\.([LS]30)\.", name)
    if is_hls:
        bands, wanted = _assets_alone(assets), hls.WANTED[is_hls[1]]
    else:
        bands, wanted = _bands_by_name(assets), _WANTED
    chosen = pick_roles({name: name for name in bands}, wanted, what)
    sun = _sun(properties)
    offset = _offset_in_counts(properties, assets)
    level1 = _landsat_level1(properties, sun[0], what)
    # A single asset may hold all bands.
    sources = []
    for role, chosen_band in chosen.items():
        key, number, band = bands[chosen_band]
        asset = assets[key]
        scale, declared = _declared(asset, band, number, what)
        if offset is not None and (scale is None or declared is None or offset == 0):
            scale, declared = scale or 1e-4, offset * (scale or 1e-4)
        if scale is None and str(properties.get("landsat:correction", "")).startswith("L2"):
            scale, declared = _LANDSAT_LEVEL2
        scale, declared = level1 or (scale, declared)
        nodata = _first(band, asset, ("nodata",), ("raster:bands", number - 1, "nodata"))
        if is_hls:
            scale, declared, nodata = hls.SCALE, 0.0, hls.NO_DATA
        sources.append(
            BandSource(
                _source(asset["href"], path),
                role,
                number,
                scale=scale,
                offset=declared or 0.0,
                nodata=_nodata(nodata, what),
            )
        )
    title = ", ".join(
        str(properties[key]) for key in ("platform", "constellation", "gsd") if properties.get(key)
    )
    quality = [
        QualityLayer(_MASKS[key.lower()], _source(asset["href"], path))
        for key, asset in assets.items()
        if key.lower() in _MASKS
    ]
    return Product(
        name=name,
        title=f"STAC item ({title})" if title else "STAC item",
        bands=tuple(sources),
        acquired=parse_time(properties.get("datetime") or properties.get("start_datetime")),
        sun_elevation_deg=sun[0],
        sun_azimuth_deg=sun[1],
        reason="the STAC item",
        quality=tuple(quality[:1]),
        files=(os.fspath(path),),
        has_certain_offset=False,
    )


def _document(path: Path) -> Any:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise InputError(f"'{path}' is too large for a STAC item.")
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"'{path}' is no JSON: it is damaged or incomplete.") from error
    features = _features(document)
    return features[0] if len(features) == 1 else document


def _features(document: Any) -> list:
    """What a search of a catalogue found."""
    is_collection = isinstance(document, dict) and document.get("type") == "FeatureCollection"
    features = document.get("features") if is_collection else None
    return features if isinstance(features, list) else []


def _is_item(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and document.get("type") == "Feature"
        and isinstance(document.get("stac_version"), str)
        and isinstance(document.get("assets"), dict)
    )


def _bands_by_name(assets: Mapping[str, dict]) -> dict[str, tuple[str, int, dict]]:
    """By common name: key of the asset, number of the band in it, and what the item says of it."""
    found: dict[str, tuple[str, int, dict]] = {}
    order = sorted(assets, key=_finest_first(assets))
    for key in order:
        asset = assets[key]
        if _NO_BANDS & {key.lower(), *map(str, _list(asset, "roles"))}:
            continue
        listed = _list(asset, "eo:bands") or _list(asset, "bands")
        for number, band in enumerate(listed, start=1):
            if isinstance(band, dict):
                common = band.get("common_name") or band.get("eo:common_name")
                if common:
                    found.setdefault(str(common), (key, number, band))
    lowered = {key.lower(): key for key in order}
    for role, names in _ASSETS.items():
        if role not in found and not (role == "nir" and "nir08" in found):
            named = next((lowered[name] for name in names if name in lowered), None)
            if named is not None:
                found[role] = (named, 1, {})
    return found


def _assets_alone(assets: Mapping[str, dict]) -> dict[str, tuple[str, int, dict]]:
    """As ``_bands_by_name``, by the names of assets in capitals."""
    return {key.upper(): (key, 1, {}) for key in assets}


def _finest_first(assets: Mapping[str, dict]):
    """GeoTIFF before JPEG 2000 of the same band, fine before coarse."""

    def order(key: str) -> tuple[float, bool]:
        asset = assets[key]
        gsd = _first({}, asset, ("gsd",), ("raster:bands", 0, "spatial_resolution"))
        distance = gsd if isinstance(gsd, (int, float)) else 0.0
        return distance, "jp2" in str(asset.get("type", "")).lower() or key.endswith("-jp2")

    return order


def _list(asset: dict, key: str) -> list:
    """A list of the asset, empty where something else has its name."""
    value = asset.get(key)
    return value if isinstance(value, list) else []


def _nodata(value: Any, what: str) -> float | None:
    """As in ``BandSource``. NaN and infinity, words or numbers of JSON, are no data anyway."""
    if value is None or str(value).lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return None
    return finite_number(value, f"nodata of {what}")


def _first(band: dict, asset: dict, *paths: tuple) -> Any:
    """The first value that is there, of the band, else of the asset."""
    for path in paths:
        for start in (band, asset):
            value: Any = start
            for step in path:
                if isinstance(value, list) and isinstance(step, int):
                    value = value[step] if 0 <= step < len(value) else None
                else:
                    value = value.get(step) if isinstance(value, dict) else None
            if value is not None:
                return value
    return None


def _declared(asset: dict, band: dict, number: int, what: str) -> tuple[float | None, float | None]:
    """Scale and offset that the item declares for a band of an asset."""
    values = []
    for name in ("scale", "offset"):
        value = _first(
            band, asset, (f"raster:{name}",), (name,), ("raster:bands", number - 1, name)
        )
        values.append(None if value is None else finite_number(value, f"{name} of {what}"))
    return values[0], values[1]


def _sun(properties: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Elevation and azimuth in degrees."""
    zenith = _number(properties, "s2:mean_solar_zenith")
    elevation = _number(properties, "view:sun_elevation", "eo:sun_elevation")
    azimuth = _number(properties, "view:sun_azimuth", "s2:mean_solar_azimuth", "eo:sun_azimuth")
    return elevation if elevation is not None or zenith is None else 90 - zenith, azimuth


def _number(properties: Mapping[str, Any], *keys: str) -> float | None:
    """The first of these that is there."""
    for key in keys:
        if properties.get(key) is not None:
            return finite_number(properties[key], key)
    return None


def _landsat_level1(
    properties: Mapping[str, Any], sun_elevation_deg: float | None, what: str
) -> tuple[float, float] | None:
    """Scale and offset of Landsat 8 and 9 of level 1 under this sun; None for other products."""
    if not str(properties.get("landsat:correction", "")).startswith("L1"):
        return None
    if not re.search(r"[89]$", str(properties.get("platform", ""))):
        raise InputError(
            f"{what} is Landsat 4 to 7 of level 1, whose factors are in the MTL file: download the "
            "product and give that file."
        )
    height = math.sin(math.radians(checked_sun(sun_elevation_deg, what)))
    return OLI_LEVEL1[0] / height, OLI_LEVEL1[1] / height


def _offset_in_counts(properties: Mapping[str, Any], assets: Mapping[str, dict]) -> float | None:
    """Of Sentinel-2: what is to be added to the numbers; None for other products, or if unknown."""
    applied = properties.get("earthsearch:boa_offset_applied")
    if applied is True:
        return 0.0
    platform = f"{properties.get('platform', '')} {properties.get('constellation', '')}".lower()
    if "sentinel-2" not in platform and "s2:processing_baseline" not in properties:
        return None
    baseline = properties.get("s2:processing_baseline") or properties.get("processing:version")
    match = re.match(r"\d+\.\d+", str(baseline or ""))
    if match is None:
        return None
    return sentinel2_offset(round(100 * float(match.group())))


def _source(href: str, item: Path) -> str:
    """The name under which GDAL opens an asset."""
    parts = urlsplit(href)
    scheme = parts.scheme.lower()
    if scheme in ("http", "https"):
        return f"/vsicurl/{href}"
    if scheme in ("s3", "gs"):
        return f"/vsi{scheme}/{parts.netloc}{parts.path}"
    if scheme == "file":
        return unquote(parts.path)
    if href.startswith("/vsi"):
        return href
    return os.path.normpath(item.absolute().parent / href)
