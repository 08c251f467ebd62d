"""Landsat 4 to 9, Collections 1 and 2 and what came before, levels 1 and 2.

Level 1 numbers become reflectance above the atmosphere with factors of the MTL file and the
elevation of the sun; those of level 2 (surface reflectance) with factors of their own, which the
MTL file of Collection 2 holds beside those of level 1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath

from cloudmamba.errors import InputError
from cloudmamba.products.contents import Contents
from cloudmamba.products.metadata import (
    checked_sun,
    compact_time,
    finite_number,
    parse_time,
    read_mtl,
)
from cloudmamba.products.naming import NameGroup, group_names
from cloudmamba.products.product import BandSource, Candidate, Product, QualityLayer, pick_roles
from cloudmamba.raster.metadata import Confidence

# LC08_L1TP_016037_20170813_20170814_01_RT_B1.TIF, ..._02_T1_SR_B4.TIF, ..._01_T1_sr_band4.tif,
# until 2017 LC80160372014081LGN00_B4.TIF, and analysis ready data of the United States:
# LC08_CU_008012_20170713_20210503_02_SR_B4.TIF, ..._C01_V01_SRB4.tif.
IMAGE = re.compile(
    r"(?P<scene>L[COTEM]0[1-9]_L\w{3}_\d{6}_(?P<date>\d{8})_\d{8}_0[12]_(?:T1|T2|RT|A1|A2)"
    r"|L[COTEM]0[1-9]_(?:CU|AK|HI)_\d{6}_(?P<ard_date>\d{8})_\d{8}_(?:0[12]|C01_V\d\d)"
    r"|L[COTEM][1-9]\d{13}[A-Z]{3}\d{2})"
    r"_(?:(?P<kind>SR|TOA|TA|BT|ST)_?)?(?:B|BAND)(?P<band>\d{1,2})\.(?:TIF|TIFF)",
    re.IGNORECASE,
)
_OLI = {"blue": ("2",), "green": ("3",), "red": ("4",), "nir": ("5",)}
_TM = {"blue": ("1",), "green": ("2",), "red": ("3",), "nir": ("4",)}
_WAVELENGTHS_UM = {
    "OLI": {"2": 0.4826, "3": 0.5613, "4": 0.6546, "5": 0.8646},
    "TM": {"1": 0.485, "2": 0.569, "3": 0.66, "4": 0.840},
}
_MASKS = {
    "qa_pixel": re.compile(r".*_QA_PIXEL\.TIF", re.IGNORECASE),
    "bqa": re.compile(r".*_BQA\.TIF", re.IGNORECASE),
    "pixel_qa": re.compile(r".*_pixel_?qa\.tif", re.IGNORECASE),
}
# Scale, offset and no data of surface reflectance by collection.
_SURFACE = {"01": (1e-4, 0.0, -9999.0), "02": (2.75e-5, -0.2, 0.0)}
OLI_LEVEL1 = (2e-5, -0.1)


def find(contents: Contents) -> Iterator[Candidate]:
    """The scenes that the names tell of."""
    for group in group_names(contents.names, IMAGE):
        near = [
            name
            for name in contents.in_folder(group.folder)
            if name.rpartition("/")[2].upper().startswith(group.scene.upper())
        ]
        metadata = [name for name in near if is_metadata(PurePosixPath(name).name)]
        masks = {
            kind: name
            for kind, pattern in _MASKS.items()
            for name in near
            if pattern.fullmatch(name)
        }
        images = _images(group)
        yield Candidate(
            name=group.scene,
            title="Landsat",
            names=(*group.matches, *metadata, *masks.values()),
            load=partial(_load, contents, group, images, metadata, masks),
            images=(*(i for b, i in images.items() if b in "12345"), *masks.values()),
        )


def is_metadata(name: str) -> bool:
    """Whether a file with this name, without its folder, is the way into a product."""
    return re.fullmatch(r"L\w+_MTL\.(txt|xml|json)", name, re.IGNORECASE) is not None


def _images(group: NameGroup) -> dict[str, str]:
    """Images by band: surface reflectance where there is some, else top of atmosphere."""
    by_kind: dict[str, dict[str, str]] = {}
    for name, match in group.matches.items():
        by_kind.setdefault((match["kind"] or "").upper(), {})[match["band"]] = name
    return next((by_kind[kind] for kind in ("SR", "TOA", "TA", "") if kind in by_kind), {})


def _load(
    contents: Contents,
    group: NameGroup,
    images: Mapping[str, str],
    metadata: list[str],
    masks: Mapping[str, str],
) -> Product:
    scene = group.scene.upper()
    what = f"The Landsat product '{group.scene}'"
    number = int(re.sub(r"\D", "", scene[:4])[:2] if scene[2] == "0" else scene[2])
    if scene[1] == "M":
        raise InputError(f"{what} is of the scanner MSS, which has no blue band.")
    sensor = "OLI" if number >= 8 else "TM"
    roles = pick_roles(images, _OLI if sensor == "OLI" else _TM, what)
    # Text comes before XML and JSON, which only some deliveries have.
    mtl = read_mtl(contents, min(metadata, key=_preference)) if metadata else None
    values = {key: value for group in (mtl or {}).values() for key, value in group.items()}
    kind = (group.matches[images[roles["blue"]]]["kind"] or "").upper()
    collection = scene.split("_")[5].strip("C") if "_" in scene else "pre"
    level = 2 if kind == "SR" else 1
    told_elevation = values.get("SUN_ELEVATION")
    azimuth = values.get("SUN_AZIMUTH")
    elevation = (
        None
        if told_elevation is None
        else finite_number(told_elevation, f"sun elevation of {what}")
    )
    warnings: tuple[str, ...] = ()
    confidence: Confidence = "certain"
    reason = "the product's metadata"
    nodata = 0.0
    conversion: dict[str, tuple[float | None, float | None]] = {}
    is_ready = next(iter(group.matches.values()))["ard_date"] is not None
    if is_ready and collection == "02" and kind != "SR":
        # The values tell which factors it has.
        conversion = dict.fromkeys(roles.values(), (None, None))
    elif kind in ("SR", "TOA", "TA"):
        scale, offset, nodata = _SURFACE["02" if collection == "02" and kind == "SR" else "01"]
        conversion = dict.fromkeys(roles.values(), (scale, offset))
        told = (mtl or {}).get("LEVEL2_SURFACE_REFLECTANCE_PARAMETERS")
        if told and kind == "SR":
            conversion = {band: _factors(told, band, what) for band in roles.values()}
        elif kind != "SR":
            reason = "reflectance above the atmosphere times 10000"
        elif collection in _SURFACE:
            reason = f"surface reflectance of Collection {int(collection)}"
        else:
            reason = "surface reflectance of Landsat before Collection 1"
    elif mtl:
        groups = [g for n, g in mtl.items() if n.endswith("RADIOMETRIC_RESCALING")]
        elevation = checked_sun(elevation, what)
        height = math.sin(math.radians(elevation))
        factors = groups[0] if groups else {}
        for band in roles.values():
            scale, offset = _factors(factors, band, what)
            conversion[band] = scale / height, offset / height
        reason = f"the product's metadata, for the sun {elevation:.1f} degrees high"
    elif sensor == "OLI":
        conversion = dict.fromkeys(roles.values(), OLI_LEVEL1)
        confidence, reason = "likely", "Landsat 8/9 level 1, the elevation of the sun not corrected"
        warning = (
            f"{what} has no MTL file: without the elevation of the sun in it, reflectance comes "
            "out too low."
        )
        warnings = (warning,)
    else:
        raise InputError(
            f"{what} is not whole: there is no file {group.scene}_MTL.txt, without which numbers "
            "of Landsat 4 to 7 are no reflectance."
        )
    date, clock = values.get("DATE_ACQUIRED"), values.get("SCENE_CENTER_TIME", "")
    acquired = parse_time(f"{date}T{clock.strip('Z')}") or parse_time(date)
    dates = (match["date"] or match["ard_date"] for match in group.matches.values())
    named = list(filter(None, dates))
    if acquired is None and named:
        acquired = compact_time(named[0])
    title = f"Landsat {number} level {level}"
    if collection in _SURFACE:
        title += f" of Collection {int(collection)}"
    return Product(
        name=group.scene,
        title=title,
        bands=tuple(
            BandSource(
                contents.source(images[band]),
                role,
                scale=conversion[band][0],
                offset=conversion[band][1],
                nodata=nodata,
                wavelength_um=_WAVELENGTHS_UM[sensor][band],
            )
            for role, band in roles.items()
        ),
        acquired=acquired,
        sun_elevation_deg=elevation,
        sun_azimuth_deg=None
        if azimuth is None
        else finite_number(azimuth, f"sun azimuth of {what}"),
        confidence=confidence,
        reason=reason,
        warnings=warnings,
        quality=tuple(QualityLayer(kind, contents.source(name)) for kind, name in masks.items()),
        files=tuple(contents.source(name) for name in metadata),
    )


def _preference(name: str) -> int:
    return (".txt", ".xml", ".json").index(name[name.rindex(".") :].lower())


def _factors(values: Mapping[str, str], band: str, what: str) -> tuple[float, float]:
    """Scale and offset of a band."""
    keys = (f"REFLECTANCE_MULT_BAND_{band}", f"REFLECTANCE_ADD_BAND_{band}")
    if any(key not in values for key in keys):
        raise InputError(f"{what} is not whole: its metadata has no {keys[0]} or {keys[1]}.")
    scale, offset = (finite_number(values[key], f"{key} of {what}") for key in keys)
    return scale, offset
