"""What a product is, once it is understood: plain values that need no open file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cloudmamba.errors import InputError
from cloudmamba.raster.metadata import Confidence, ProductMetadata

ROLE_WORDS = {"blue": "blue", "green": "green", "red": "red", "nir": "near infrared"}


@dataclass(frozen=True)
class BandSource:
    """Where the pixels of one band are, and how they become reflectance.

    Attributes:
        source: a file, or another name that GDAL opens.
        number: of the band in ``source``, 1 is the first.
        description: what the band is called in the virtual raster; a role where it is known.
        scale, offset: reflectance = stored number * scale + offset; None where nothing tells.
        nodata: stored number of pixels without data; None for what the source declares.
        wavelength_um: centre, where the product tells it.
    """

    source: str
    description: str
    number: int = 1
    scale: float | None = None
    offset: float | None = None
    nodata: float | None = None
    wavelength_um: float | None = None


@dataclass(frozen=True)
class QualityLayer:
    """A mask that the product brings, in one of the ``quality.CODES``."""

    kind: str
    source: str
    number: int = 1


@dataclass(frozen=True)
class Product:
    """One product.

    Attributes:
        name: its own name, without folder and suffix.
        title: sensor, level and version in words.
        bands: blue, green, red and, if there is one, near infrared; or all bands of the one file
            that the product has, in its order.
        acquired: time of acquisition, with time zone.
        sun_elevation_deg, sun_azimuth_deg: at the middle of the scene; azimuth from north over
            east.
        confidence, reason: how sure the conversion to reflectance is, and why.
        warnings: sentences for the user.
        quality: masks it brings.
        files: names of its metadata, and of whatever else belongs to it.
        has_certain_offset: as in ``ProductMetadata``.
    """

    name: str
    title: str
    bands: tuple[BandSource, ...]
    acquired: datetime | None = None
    sun_elevation_deg: float | None = None
    sun_azimuth_deg: float | None = None
    confidence: Confidence = "certain"
    reason: str = ""
    warnings: tuple[str, ...] = ()
    quality: tuple[QualityLayer, ...] = ()
    files: tuple[str, ...] = ()
    has_certain_offset: bool = True

    @property
    def metadata(self) -> ProductMetadata:
        """What the reading of bands and units needs to know of it."""
        return ProductMetadata(
            title=self.title,
            acquired=self.acquired,
            sun_elevation_deg=self.sun_elevation_deg,
            sun_azimuth_deg=self.sun_azimuth_deg,
            confidence=self.confidence,
            reason=self.reason,
            warnings=self.warnings,
            has_certain_offset=self.has_certain_offset,
        )


@dataclass(frozen=True)
class Candidate:
    """A product that the names of files tell of; its metadata is not read yet.

    Attributes:
        name: as in ``Product``.
        title: the kind, in words.
        names: names in the contents that belong to it, images, masks and metadata.
        load: reads the metadata. Raises InputError if the product is not whole.
        scene: the same for forms of one scene, of which the best comes first; the name if empty.
        images: those of ``names`` whose pixels are read; what an archive must be unpacked for.
    """

    name: str
    title: str
    names: tuple[str, ...]
    load: Callable[[], Product]
    images: tuple[str, ...] = ()
    scene: str = ""


def pick_roles(
    available: Mapping[str, str], wanted: Mapping[str, tuple[str, ...]], what: str
) -> dict[str, str]:
    """For every role the first of the wanted bands that there is.

    Args:
        available: what is available, by band name.
        wanted: band names by role, the best first.
        what: the product in words, for the error.

    Returns:
        Band names by role; near infrared may be missing, nothing else.

    Raises:
        InputError: blue, green or red is missing.
    """
    chosen = {
        role: next(band for band in bands if band in available)
        for role, bands in wanted.items()
        if any(band in available for band in bands)
    }
    missing = [role for role in ("blue", "green", "red") if role not in chosen]
    if missing:
        bands = ", ".join(f"{wanted[role][0]} ({ROLE_WORDS[role]})" for role in missing)
        raise InputError(
            f"{what} is not whole: there is no band {bands}. Get the missing files, and keep "
            "them in the folder where the product has them; or give the bands together, also as one "
            "virtual raster (gdalbuildvrt -separate)."
        )
    return chosen
