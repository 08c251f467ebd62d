"""Gaofen-1 and -6 wide field of view: a file of all bands, raw counts, metadata in XML.

A scene of Gaofen-6 is delivered in three images side by side, which are scenes of their own here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath

from cloudmamba.errors import InputError
from cloudmamba.products.contents import Contents
from cloudmamba.products.metadata import Xml, checked_sun, parse_time, solar_scale
from cloudmamba.products.product import BandSource, Candidate, Product
from cloudmamba.products.virtual_raster import shape_of
from cloudmamba.raster.metadata import Confidence

# GF1_WFV1_E116.6_N40.0_20150503_L1A0000788770.tiff, GF6_WFV_E113.0_N34.0_20220702_L1A1119925410-2.tiff
IMAGE = re.compile(
    r"(?P<scene>(?P<satellite>GF(?:1[A-D]?|6))_WFV(?P<camera>[1-4]?)_[EW]\d+\.\d+_[NS]\d+\.\d+_(?P<date>\d{8})_L\d[A-Z]\d+)"
    r"(?:-\w+)?\.(?:tif|tiff)",
    re.IGNORECASE,
)
# Of the sun above the atmosphere in 0.45-0.52, 0.52-0.59, 0.63-0.69, 0.77-0.89 um, W m-2 um-1:
# the limits that the bands of Gaofen-1, CBERS and others share.
SOLAR_IRRADIANCES = {"blue": 1962.0, "green": 1845.0, "red": 1555.0, "nir": 1080.0}
# Radiance of one count, W m-2 sr-1 um-1, by number of bands: of Gaofen-1 means of the four cameras,
# calibration of 2017, of Gaofen-6 calibration of 2020. The cameras and years differ by up to a fifth.
GAINS = {
    4: {"blue": 0.1971, "green": 0.1614, "red": 0.1328, "nir": 0.1440},
    8: {"blue": 0.0675, "green": 0.0552, "red": 0.0513, "nir": 0.0314},
}
_WAVELENGTHS_UM = {"blue": 0.485, "green": 0.555, "red": 0.66, "nir": 0.83}


def find(contents: Contents) -> Iterator[Candidate]:
    """The scenes that the names tell of and that have their metadata beside them."""
    for image in contents.names:
        match = IMAGE.fullmatch(PurePosixPath(image).name)
        if match is None:
            continue
        folder = PurePosixPath(image).parent.as_posix()
        stem = PurePosixPath(image).stem.lower()
        metadata = [
            name
            for name in contents.in_folder(folder)
            if PurePosixPath(name).name.lower() in (f"{stem}.xml", f"{match['scene'].lower()}.xml")
        ]
        coefficients = [
            name
            for name in contents.in_folder(folder)
            if PurePosixPath(name).name.lower() in (f"{stem}.rpb", f"{match['scene'].lower()}.rpb")
        ]
        yield Candidate(
            name=_name(image, match),
            title="Gaofen WFV",
            names=(image, *metadata, *coefficients),
            load=partial(_load, contents, image, match, metadata),
            images=(image, *coefficients),
        )


def _name(image: str, match: re.Match) -> str:
    is_part = match["satellite"].upper() == "GF6"
    return PurePosixPath(image).stem if is_part else match["scene"]


def _load(contents: Contents, image: str, match: re.Match, metadata: list[str]) -> Product:
    scene, number = match["scene"], match["satellite"][2]
    source = contents.source(image)
    count = shape_of(source)[0]
    expected = 8 if number == "6" else 4
    if count != expected:
        raise InputError(
            f"The Gaofen-{number} file '{PurePosixPath(image).name}' has {count} bands and those "
            f"of the wide field of view have {expected}."
        )
    gains = GAINS[count]
    xml = Xml(contents, metadata[0]) if metadata else None
    day = f"{match['date'][:4]}-{match['date'][4:6]}-{match['date'][6:]}"
    acquired = parse_time((xml and (xml.text("ReceiveTime") or xml.text("StartTime"))) or day)
    confidence: Confidence
    warnings: tuple[str, ...] = ()
    if xml is not None:
        zenith = xml.number("SolarZenith")
        elevation = checked_sun(None if zenith is None else 90 - zenith, f"The scene '{scene}'")
        azimuth = xml.number("SolarAzimuth")
        reason = f"Gaofen-{number} WFV counts with the sun {elevation:.1f} degrees high"
        confidence, sun = "certain", elevation
    else:
        elevation, azimuth, sun = None, None, 50.0
        reason = f"Gaofen-{number} WFV counts with a sun 50 degrees high"
        confidence = "likely"
        warnings = (
            f"'{scene}' has no XML file beside it: the sun was taken to be 50 degrees high.",
        )
    return Product(
        name=_name(image, match),
        title=f"Gaofen-{number} WFV{match['camera']}",
        bands=tuple(
            BandSource(
                source,
                role,
                position,
                scale=solar_scale(gain, SOLAR_IRRADIANCES[role], sun, acquired),
                offset=0.0,
                nodata=0,
                wavelength_um=_WAVELENGTHS_UM[role],
            )
            for position, (role, gain) in enumerate(gains.items(), start=1)
        ),
        acquired=acquired,
        sun_elevation_deg=elevation,
        sun_azimuth_deg=azimuth,
        confidence=confidence,
        reason=reason,
        warnings=warnings,
        files=tuple(contents.source(file) for file in metadata),
    )
