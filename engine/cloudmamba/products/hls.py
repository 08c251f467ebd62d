"""Harmonized Landsat and Sentinel-2 (HLS) of version 1.5 and later: L30 and S30, a file a band."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import PurePosixPath

from cloudmamba.products.contents import Contents
from cloudmamba.products.metadata import finite_number, parse_time
from cloudmamba.products.naming import group_names
from cloudmamba.products.product import BandSource, Candidate, Product, QualityLayer, pick_roles
from cloudmamba.products.virtual_raster import tags_of

# HLS.L30.T10SEG.2020123T184523.v2.0.B02.tif
IMAGE = re.compile(
    r"(?P<scene>HLS\.(?P<kind>[LS]30)\.T\d{2}[A-Z]{3}\.(?P<time>\d{7}(?:T\d{6})?)\.v\d+\.\d+)"
    r"[._](?P<band>B\d[\dA]|Fmask)\.(?:tif|tiff)",
    re.IGNORECASE,
)
# The narrow near infrared band of Sentinel-2 is the one that is harmonized with Landsat's.
WANTED: dict[str, dict[str, tuple[str, ...]]] = {
    "L30": {"blue": ("B02",), "green": ("B03",), "red": ("B04",), "nir": ("B05",)},
    "S30": {"blue": ("B02",), "green": ("B03",), "red": ("B04",), "nir": ("B8A", "B08")},
}
SCALE, NO_DATA = 1e-4, -9999
_WAVELENGTHS_UM = {"blue": 0.48, "green": 0.56, "red": 0.655, "nir": 0.865}


def find(contents: Contents) -> Iterator[Candidate]:
    """The granules that the names tell of."""
    for group in group_names(contents.names, IMAGE):
        images = group.by("band")
        match = next(iter(group.matches.values()))
        wanted = WANTED[match["kind"].upper()]
        needed = {band for bands in wanted.values() for band in bands} | {"FMASK"}

        def load(images=images, wanted=wanted, match=match) -> Product:
            scene, kind = match["scene"], match["kind"].upper()
            roles = pick_roles(images, wanted, f"The HLS granule '{scene}'")
            sources = {role: contents.source(images[band]) for role, band in roles.items()}
            tags = tags_of(sources["blue"])
            zenith = tags.get("MEAN_SUN_ZENITH_ANGLE")
            azimuth = tags.get("MEAN_SUN_AZIMUTH_ANGLE")
            pattern = "%Y%jT%H%M%S" if "T" in match["time"].upper() else "%Y%j"
            named = datetime.strptime(match["time"].upper(), pattern).replace(tzinfo=timezone.utc)
            fmask = images.get("FMASK")
            return Product(
                name=scene,
                title=f"HLS {kind}",
                bands=tuple(
                    BandSource(
                        source,
                        role,
                        scale=SCALE,
                        offset=0.0,
                        nodata=NO_DATA,
                        wavelength_um=_WAVELENGTHS_UM[role],
                    )
                    for role, source in sources.items()
                ),
                # Granules joined of two scenes name both times.
                acquired=parse_time(tags.get("SENSING_TIME")) or named,
                sun_elevation_deg=90 - finite_number(zenith, "sun zenith of the granule")
                if zenith
                else None,
                sun_azimuth_deg=finite_number(azimuth, "sun azimuth of the granule")
                if azimuth
                else None,
                reason="surface reflectance of HLS",
                quality=(QualityLayer("fmask", contents.source(fmask)),) if fmask else (),
            )

        yield Candidate(
            name=match["scene"],
            title="HLS",
            names=tuple(group.matches),
            load=load,
            images=tuple(name for band, name in images.items() if band in needed),
        )


def is_image(name: str) -> bool:
    """Whether a file is called like one of a granule."""
    return IMAGE.fullmatch(PurePosixPath(name).name) is not None
