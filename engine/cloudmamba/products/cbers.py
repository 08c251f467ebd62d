"""CBERS-4 and 4A and Amazonia-1: a file a band, its metadata in XML beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath

from cloudmamba.classes import BANDS
from cloudmamba.errors import InputError
from cloudmamba.products.contents import Contents
from cloudmamba.products.gaofen import SOLAR_IRRADIANCES
from cloudmamba.products.metadata import Xml, checked_sun, compact_time, parse_time, solar_scale
from cloudmamba.products.naming import NameGroup, group_names
from cloudmamba.products.product import BandSource, Candidate, Product, pick_roles

# CBERS_4_MUX_20170528_090_084_L2_BAND5.tif, CBERS_4A_WPM_20200730_209_139_L4_BAND1.tif,
# CBERS_4_AWFI_20170515_155_135_L2_LEFT_BAND13.tif, ..._L4_BAND5_GRID_SURFACE.tif
IMAGE = re.compile(
    r"(?P<scene>(?P<satellite>CBERS_?4A?|AMAZONIA_?1)_(?P<camera>MUX|AWFI|WFI|WPM|PAN5M|PAN10M|PAN)"
    r"_(?P<date>\d{8})_\w*?L\d\w*?(?:_(?:LEFT|RIGHT))?)_BAND(?P<band>\d{1,2})"
    r"(?P<surface>_GRID_SURFACE)?\.(?:tif|tiff)",
    re.IGNORECASE,
)
_NUMBERS = {
    "WPM": ("1", "2", "3", "4"),
    "MUX": ("5", "6", "7", "8"),
    "WFI": ("13", "14", "15", "16"),
    "AWFI": ("13", "14", "15", "16"),
}
_WAVELENGTHS_UM = {"blue": 0.485, "green": 0.555, "red": 0.66, "nir": 0.83}
_SURFACE_SCALE = 1e-4


def find(contents: Contents) -> Iterator[Candidate]:
    """The scenes that the names tell of."""
    for group in group_names(contents.names, IMAGE):
        metadata = [
            name
            for name in contents.in_folder(group.folder)
            if PurePosixPath(name).name.upper().startswith(f"{group.scene.upper()}_BAND")
            and name.lower().endswith(".xml")
        ]
        needed = [image for image, match in group.matches.items() if match["band"] != "0"]
        yield Candidate(
            name=group.scene,
            title="CBERS",
            names=(*group.matches, *metadata),
            load=partial(_load, contents, group, metadata),
            images=tuple(needed),
        )


def _load(contents: Contents, group: NameGroup, metadata: list[str]) -> Product:
    match = next(iter(group.matches.values()))
    camera = match["camera"].upper()
    what = f"The product '{group.scene}'"
    if camera not in _NUMBERS:
        raise InputError(f"{what} is of the camera {camera}, which has no blue band.")
    amazonia = match["satellite"].upper().startswith("AMAZONIA")
    numbers = ("1", "2", "3", "4") if amazonia else _NUMBERS[camera]
    wanted = {role: (number,) for role, number in zip(BANDS, numbers, strict=True)}
    surface = {m["band"]: name for name, m in group.matches.items() if m["surface"]}
    counts = {m["band"]: name for name, m in group.matches.items() if not m["surface"]}
    is_surface = {wanted[role][0] for role in BANDS[:3]} <= set(surface)
    images = surface if is_surface else counts
    roles = pick_roles(images, wanted, what)
    documents = [Xml(contents, name) for name in sorted(metadata)]
    main = documents[0] if documents else None
    elevation = main.number("sunPosition", "elevation") if main else None
    acquired = (main and parse_time(main.text("timeStamp", "center"))) or compact_time(
        match["date"]
    )
    if is_surface:
        scales = dict.fromkeys(roles, _SURFACE_SCALE)
        reason = "surface reflectance of CBERS"
    elif not documents:
        raise InputError(
            f"{what} is not whole: there is no XML file such as '{group.scene}_BAND{numbers[0]}.xml', "
            "without which its counts are no reflectance."
        )
    else:
        elevation = checked_sun(elevation, what)
        gains = _gains(documents)
        scales = {}
        for role, band in roles.items():
            if band not in gains:
                raise InputError(
                    f"{what} is not whole: its metadata has no absoluteCalibrationCoefficient of "
                    f"band {band}."
                )
            irradiance = SOLAR_IRRADIANCES[role]
            scales[role] = solar_scale(gains[band], irradiance, elevation, acquired)
        reason = (
            f"the calibration of the product's metadata, with the sun {elevation:.1f} degrees high"
        )
    satellite = "Amazonia-1" if amazonia else f"CBERS-{match['satellite'].upper().strip('CBERS_')}"
    return Product(
        name=group.scene,
        title=f"{satellite} {camera}",
        bands=tuple(
            BandSource(
                contents.source(images[band]),
                role,
                scale=scales[role],
                offset=0.0,
                nodata=None if is_surface else 0,
                wavelength_um=_WAVELENGTHS_UM[role],
            )
            for role, band in roles.items()
        ),
        acquired=acquired,
        sun_elevation_deg=elevation,
        sun_azimuth_deg=main.number("sunPosition", "sunAzimuth") if main else None,
        reason=reason,
        files=tuple(contents.source(name) for name in metadata),
    )


def _gains(documents: list[Xml]) -> dict[str, float]:
    """Radiance of one count, W m-2 sr-1 um-1, by band number."""
    found: dict[str, float] = {}
    for document in documents:
        for group in document.elements("absoluteCalibrationCoefficient"):
            for element in group:
                number = re.sub(r"\D", "", element.get("name", ""))
                if number:
                    value = document.as_number(element.text, "absoluteCalibrationCoefficient")
                    found.setdefault(str(int(number)), value)
    return found
