"""Sentinel-2: SAFE folders of both layouts and all baselines, their parts, and Theia's MAJA.

Level 1C has one file a band, level 2A one a band and resolution. From baseline 04.00 on, 1000 is
added to all numbers, and the product's metadata says so; the values alone seldom do. What users
process themselves has the baseline 99.99, with which only that metadata tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import PurePosixPath

from cloudmamba.products.contents import Contents
from cloudmamba.products.metadata import Xml, compact_time, parse_time
from cloudmamba.products.naming import NameGroup, below, group_names
from cloudmamba.products.product import BandSource, Candidate, Product, QualityLayer, pick_roles
from cloudmamba.raster.radiometry import sentinel2_offset

TITLE = "Sentinel-2"
WANTED = {"blue": ("B02",), "green": ("B03",), "red": ("B04",), "nir": ("B08", "B8A")}
WAVELENGTHS_UM = {"B02": 0.4927, "B03": 0.5598, "B04": 0.6646, "B08": 0.8328, "B8A": 0.8647}
_COUNTS_PER_REFLECTANCE = 10_000.0
# The order in which metadata counts the bands.
_BAND_IDS = (
    "B01",
    "B02",
    "B03",
    "B04",
    "B05",
    "B06",
    "B07",
    "B08",
    "B8A",
    "B09",
    "B10",
    "B11",
    "B12",
)

# T31TDH_20150726T105026_B02.jp2, L2A_T31TDH_..._B02_10m.jp2, and until 2016
# S2A_OPER_MSI_L1C_TL_SGS__20160929T154211_20160929T205847_A006640_T32TQM_B02.jp2.
IMAGE = re.compile(
    r"(?:L2A_)?(?P<scene>T\d{2}[A-Z]{3}_(?P<time>\d{8}T\d{6})"
    r"|S2[A-D]_\w{4}_(?:MSI|PRD)_L(?:1C|2A)_TL_\w+_T\d{2}[A-Z]{3})"
    r"_(?P<band>B\d[\dA]|SCL|CLD)(?:_(?P<resolution>[126]0)m)?\.(?:jp2|tif|tiff)",
    re.IGNORECASE,
)
_SUBFOLDERS = r"(?i)R[126]0m|IMG_DATA"
# A folder or an archive on a path, also where ".SAFE" was dropped; not the file "manifest.safe".
_PRODUCT_FOLDER = re.compile(
    r"(?:^|/)(S2[A-D]_MSIL(?:1C|2A)_\w+(?=[/.])|[^/\n]+(?=\.SAFE[/.]))",
    re.IGNORECASE | re.MULTILINE,
)
_PRODUCT_METADATA = re.compile(r"MTD_MSIL(?:1C|2A)\.xml|S2[A-D]_\w{4}_MTD_(?:SAFL|DMPL)\w+\.xml")
_TILE_METADATA = re.compile(r"MTD_TL\.xml|S2[A-D]_\w{4}_MTD_L(?:1C|2A)_TL_\w+\.xml|metadata\.xml")
_OPENING_FILES = ("manifest.safe", "inspire.xml")
_MASKS = {
    "cldprb": re.compile(r"MSK_CLDPRB_20m\.jp2|(?:L2A_)?\w+_CLD_20m\.jp2"),
    "classi": re.compile(r"MSK_CLASSI_B00\.jp2"),
}
# Copies of a data set on Amazon's and others' buckets: B02.jp2 beside metadata.xml.
_BARE = re.compile(
    r"(?P<scene>)(?P<band>B\d[\dA]|SCL)(?:_(?P<resolution>[126]0)m)?\.(?:jp2|tif|tiff)"
)
_BESIDE_BARE = ("metadata.xml", "tileinfo.json", "tileinfo_metadata.json", "productinfo.json")

# SENTINEL2B_20180101-105900-000_L2A_T31TCJ_C_V2-2_FRE_B2.tif
MAJA = re.compile(
    r"(?P<scene>SENTINEL2[A-D]_(?P<date>\d{8})-(?P<clock>\d{6})-\d{3}_L2A_T\d{2}[A-Z]{3}_\w_V\d+-\d+)"
    r"_(?P<correction>FRE|SRE)_(?P<band>B\d[\dA]?)\.tif",
    re.IGNORECASE,
)


def find(contents: Contents) -> Iterator[Candidate]:
    """The tiles that the names tell of."""
    # Once for all tiles of a folder, of which an archive may hold thousands.
    beside_tiles = cache(partial(_beside_tiles, contents))
    for group in group_names(contents.names, IMAGE, _SUBFOLDERS):
        yield _candidate(contents, group, *beside_tiles(group.folder))
    for group in group_names(contents.names, _BARE, _SUBFOLDERS):
        beside = {PurePosixPath(name).name.lower() for name in contents.in_folder(group.folder)}
        if beside & set(_BESIDE_BARE):
            yield _candidate(contents, group, *beside_tiles(group.folder))
    for group in group_names(contents.names, MAJA):
        yield _maja_candidate(contents, group)


def is_metadata(name: str) -> bool:
    """Whether a file with this name, without its folder, is the way into a SAFE folder."""
    return (
        name.lower() in _OPENING_FILES
        or _PRODUCT_METADATA.fullmatch(name) is not None
        or (_TILE_METADATA.fullmatch(name) is not None and name.lower() != "metadata.xml")
    )


def _beside_tiles(contents: Contents, folder: str) -> tuple[set[str], dict[str, str]]:
    """Metadata of the tiles in a folder, in it or around it, and masks by their kind."""
    tile_files = [(name, PurePosixPath(name).name) for name in below(contents.names, folder)]
    above = [*PurePosixPath(folder).parents, PurePosixPath(".")]
    around = {place.as_posix() for place in above} | {folder}
    metadata = {
        name
        for place in around
        for name in contents.in_folder(place)
        if is_metadata(PurePosixPath(name).name)
    } | {name for name, short in tile_files if _TILE_METADATA.fullmatch(short)}
    masks = {
        kind: name
        for kind, pattern in _MASKS.items()
        for name, short in tile_files
        if pattern.fullmatch(short)
    }
    return metadata, masks


def _candidate(
    contents: Contents, group: NameGroup, metadata: set[str], masks: Mapping[str, str]
) -> Candidate:
    places = (contents.path.absolute().as_posix() + "/", *metadata, *group.matches)
    named = _PRODUCT_FOLDER.search("\n".join(places))
    name = named.group(1) if named else group.scene or contents.path.name
    images = [*_finest(group).values(), *masks.values()]
    scl = [image for image, match in group.matches.items() if match["band"].upper() == "SCL"]
    return Candidate(
        name=name,
        title=TITLE,
        names=(*group.matches, *sorted(metadata), *masks.values()),
        load=lambda: _load(contents, group, name, sorted(metadata), masks),
        images=(*images, *scl),
    )


def _finest(group: NameGroup) -> dict[str, str]:
    """Names of the images by band, all of the finest resolution that has the visible bands."""
    by_resolution: dict[int, dict[str, str]] = {}
    for name, match in group.matches.items():
        metres = int(match["resolution"] or 0)
        by_resolution.setdefault(metres, {})[match["band"].upper()] = name
    for metres in sorted(by_resolution):
        found = by_resolution[metres]
        if {"B02", "B03", "B04"} <= set(found):
            coarser = (by_resolution[other] for other in sorted(by_resolution))
            nir = [images[band] for images in coarser for band in ("B08", "B8A") if band in images]
            best = {"B08": nir[0]} if nir and not {"B08", "B8A"} & set(found) else {}
            return {band: found[band] for band in WAVELENGTHS_UM if band in found} | best
    everything: dict[str, str] = {}
    for metres in sorted(by_resolution):
        for band, name in by_resolution[metres].items():
            if band in WAVELENGTHS_UM:
                everything.setdefault(band, name)
    return everything


def _load(
    contents: Contents, group: NameGroup, name: str, metadata: list[str], masks: Mapping[str, str]
) -> Product:
    images = _finest(group)
    roles = pick_roles(images, WANTED, f"The Sentinel-2 product '{name}'")
    base = {file: PurePosixPath(file).name for file in metadata}
    product_xml = next(
        (Xml(contents, f) for f, short in base.items() if _PRODUCT_METADATA.fullmatch(short)), None
    )
    tile_xml = next(
        (Xml(contents, f) for f, short in base.items() if _TILE_METADATA.fullmatch(short)), None
    )
    level = _level(group, name, product_xml)
    baseline = _baseline(name, product_xml, tile_xml)
    scale, offsets = _conversion(product_xml, baseline)
    zenith = tile_xml.number("Mean_Sun_Angle", "ZENITH_ANGLE") if tile_xml else None
    azimuth = tile_xml.number("Mean_Sun_Angle", "AZIMUTH_ANGLE") if tile_xml else None
    acquired = (
        (tile_xml and parse_time(tile_xml.text("SENSING_TIME")))
        or (product_xml and parse_time(product_xml.text("PRODUCT_START_TIME")))
        or next(
            (compact_time(m["time"]) for m in group.matches.values() if m.groupdict().get("time")),
            None,
        )
    )
    version = f", baseline {baseline // 100:02d}.{baseline % 100:02d}" if baseline else ""
    scl = sorted(
        (int(match["resolution"] or 20), image)
        for image, match in group.matches.items()
        if match["band"].upper() == "SCL"
    )
    quality = [QualityLayer("scl", contents.source(image)) for _, image in scl[:1]]
    quality += [QualityLayer(kind, contents.source(mask)) for kind, mask in masks.items()]
    return Product(
        name=name,
        title=f"Sentinel-2 level {level}{version}" if level else f"Sentinel-2{version}",
        bands=tuple(
            BandSource(
                source=contents.source(images[band]),
                description=role,
                scale=None if offsets is None else scale,
                offset=None if offsets is None else offsets.get(band, 0.0) * scale,
                nodata=0,
                wavelength_um=WAVELENGTHS_UM[band],
            )
            for role, band in roles.items()
        ),
        acquired=acquired,
        sun_elevation_deg=None if zenith is None else 90 - zenith,
        sun_azimuth_deg=azimuth,
        reason="the product's metadata" if product_xml else "the product's baseline",
        quality=tuple(quality),
        files=tuple(contents.source(file) for file in metadata),
    )


def _level(group: NameGroup, name: str, product_xml: Xml | None) -> str:
    match = re.search(r"(?:MSI|_)L(1C|2A)_", name.upper() + "_" + group.scene.upper() + "_")
    if match:
        return match.group(1)
    if product_xml and (level := product_xml.text("PROCESSING_LEVEL")):
        return level[-2:]
    # Only level 2A tells the resolution in the names of its files.
    return "2A" if any(match["resolution"] for match in group.matches.values()) else "1C"


def _baseline(name: str, product_xml: Xml | None, tile_xml: Xml | None) -> int | None:
    """As a number, 400 for 04.00."""
    told = (
        product_xml.text("PROCESSING_BASELINE") if product_xml else None,
        name,
        tile_xml.text("TILE_ID") if tile_xml else None,
    )
    patterns = (r"(\d\d)\.(\d\d)", r"_N(\d\d)(\d\d)(?:_|$)", r"_N(\d\d)\.(\d\d)$")
    for text, pattern in zip(told, patterns, strict=True):
        if match := re.search(pattern, text or ""):
            return int(match.group(1) + match.group(2))
    return None


def _conversion(
    product_xml: Xml | None, baseline: int | None
) -> tuple[float, dict[str, float] | None]:
    """Reflectance of one count, and by band what is added to the counts; None if unknown."""
    if product_xml is None:
        offset = None if baseline is None else sentinel2_offset(baseline)
        offsets = None if offset is None else dict.fromkeys(_BAND_IDS, offset)
        return 1 / _COUNTS_PER_REFLECTANCE, offsets
    tags = ("BOA_QUANTIFICATION_VALUE", "L2A_BOA_QUANTIFICATION_VALUE", "QUANTIFICATION_VALUE")
    told = next(filter(None, map(product_xml.number, tags)), _COUNTS_PER_REFLECTANCE)
    # It lists what was added, whatever the baseline: nothing where it lists none.
    listed = _offsets(product_xml, "BOA_ADD_OFFSET") or _offsets(product_xml, "RADIO_ADD_OFFSET")
    return 1 / told, listed


def _offsets(xml: Xml, tag: str) -> dict[str, float]:
    """What elements of this name add to the counts, by band."""
    found: dict[str, float] = {}
    for element in xml.elements(tag):
        number = element.get("band_id", "")
        if number.isdecimal() and int(number) < len(_BAND_IDS):
            found[_BAND_IDS[int(number)]] = xml.as_number(element.text, tag)
    return found


def _maja_candidate(contents: Contents, group: NameGroup) -> Candidate:
    # FRE is corrected for slopes, SRE is not; one kind for all bands.
    kinds = {match["correction"].upper() for match in group.matches.values()}
    kind = "FRE" if "FRE" in kinds else "SRE"
    images = {
        re.sub(r"^B(\d)$", r"B0\1", match["band"].upper()): image
        for image, match in group.matches.items()
        if match["correction"].upper() == kind
    }
    metadata = [
        name
        for name in contents.in_folder(group.folder)
        if PurePosixPath(name).name == f"{group.scene}_MTD_ALL.xml"
    ]

    def load() -> Product:
        roles = pick_roles(images, WANTED, f"The MAJA product '{group.scene}'")
        xml = Xml(contents, metadata[0]) if metadata else None
        zenith = xml.number("Sun_Angles", "ZENITH_ANGLE") if xml else None
        counts = (xml and xml.number("REFLECTANCE_QUANTIFICATION_VALUE")) or _COUNTS_PER_REFLECTANCE
        match = next(iter(group.matches.values()))
        return Product(
            name=group.scene,
            title=f"Sentinel-2 level 2A of MAJA, {kind}",
            bands=tuple(
                BandSource(
                    contents.source(images[band]),
                    role,
                    scale=1 / counts,
                    offset=0.0,
                    nodata=-10_000,
                    wavelength_um=WAVELENGTHS_UM[band],
                )
                for role, band in roles.items()
            ),
            acquired=compact_time(f"{match['date']}T{match['clock']}"),
            sun_elevation_deg=None if zenith is None else 90 - zenith,
            sun_azimuth_deg=xml.number("Sun_Angles", "AZIMUTH_ANGLE") if xml else None,
            reason="the product's metadata" if xml else "the kind of product",
            files=tuple(contents.source(file) for file in metadata),
        )

    return Candidate(
        group.scene, "Sentinel-2 of MAJA", (*group.matches, *metadata), load, tuple(images.values())
    )
