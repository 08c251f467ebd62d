"""What a raster says of itself, as plain values that need no open file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cloudmamba.raster.sensors import sensor_of_name

Confidence = Literal["certain", "likely", "unsure"]

# Layers of products that are no images, by their names without suffix.
_NOT_IMAGES = tuple(
    (rf"(?<![a-z0-9])(?:{names})(?![a-z0-9])", what)
    for names, what in (
        (r"udm2?|udm2_\w+", "a mask of usable data (UDM)"),
        (r"scl", "a scene classification (SCL)"),
        (r"qa_?pixel|qa_?radsat|sr_qa_aerosol|sr_cloud_qa|st_qa|bqa|pixel_qa|qa60", "quality bits"),
        (r"fmask", "a mask (Fmask)"),
        (r"msk_(?:cldprb|classi|snwprb|detfoo|qualit|cloud)\w*", "a mask of Sentinel-2 (MSK)"),
        (r"(?:cld|snw)_(?:20|60)m|cldprb|snwprb", "a cloud or snow probability"),
        (r"aot|wvp", "a map of the atmosphere"),
        (r"tci", "a true colour picture (TCI), stretched for the eye"),
        (r"pvi", "a preview (PVI)"),
    )
)


@dataclass(frozen=True)
class BandMetadata:
    """One band: what its file says of it.

    Attributes:
        number: 1 for the first band.
        colour: colour interpretation in GDAL's words (``red``, ``nir``, ``alpha``, ...).
        is_alpha: the band holds opacity, not an image.
        scale, offset: of GDAL; 1 and 0 where nothing is set.
        unit: of the numbers, as the file says.
    """

    number: int
    dtype: str
    description: str = ""
    wavelength_um: float | None = None
    colour: str = "undefined"
    is_alpha: bool = False
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""


@dataclass(frozen=True)
class ProductMetadata:
    """What a known product says of itself beyond its bands.

    Attributes:
        title: sensor, level and version in words.
        acquired: time of acquisition, with time zone.
        sun_elevation_deg, sun_azimuth_deg: at the middle of the scene; azimuth from north over
            east.
        confidence, reason: how sure scales and offsets of the bands are, and whence they come.
        warnings: sentences for the user.
        has_certain_offset: the provider itself wrote numbers and offset. Catalogues declare
            offsets, too, that they have taken out of the numbers.
    """

    title: str
    acquired: datetime | None = None
    sun_elevation_deg: float | None = None
    sun_azimuth_deg: float | None = None
    confidence: Confidence = "certain"
    reason: str = ""
    warnings: tuple[str, ...] = ()
    has_certain_offset: bool = True


@dataclass(frozen=True)
class RasterMetadata:
    """A raster: its file name without folder, its bands, its metadata, and the product it is."""

    name: str
    bands: tuple[BandMetadata, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    product: ProductMetadata | None = None

    @property
    def image_bands(self) -> tuple[BandMetadata, ...]:
        """The bands that hold an image, so without alpha bands."""
        return tuple(band for band in self.bands if not band.is_alpha)

    @property
    def sensor(self) -> str | None:
        """The sensor that the file's name tells of, or None."""
        return sensor_of_name(self.name)

    @property
    def not_an_image(self) -> str | None:
        """What the file is by its name where that is no image to detect clouds in, or None."""
        stem = re.sub(r"\.\w+$", "", self.name.lower())
        return next((what for pattern, what in _NOT_IMAGES if re.search(pattern, stem)), None)

    @property
    def radiance(self) -> str | None:
        """What tells that the numbers are radiance, or None."""
        if (
            re.search(
                r"_[13][ab]_((ortho|basic)_)?analytic(ms|_[348]b)(_\w*)?(\.|$)", self.name.lower()
            )
            and "_sr" not in self.name.lower()
        ):
            return f"'{self.name}' is called like PlanetScope radiance (analytic without SR)"
        if re.search(r"(?<![a-z])radiance(?![a-z])", self.name.lower()):
            return f"'{self.name}' is called radiance"
        unit = next((b.unit for b in self.bands if re.search(r"W.*sr", b.unit)), None)
        return None if unit is None else f"The unit of the bands is {unit}"
