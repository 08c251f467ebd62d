"""What a raster says of itself, as plain values that need no open file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Confidence = Literal["certain", "likely", "unsure"]

# How files of the known products are called; the first that matches counts.
_SENSOR_NAMES = (
    (
        "sentinel2",
        r"(?<![a-z0-9])s2[abc]?(?![a-z0-9])|sentinel[-_ ]?2|msil(1c|2a)|^t\d{2}[a-z]{3}_\d{8}t",
    ),
    ("landsat_oli", r"(?<![a-z])l[co]0?[89](?=[_\d])|landsat[-_ ]?[89]|(?<![a-z0-9])l[89]_"),
    ("landsat_tm", r"(?<![a-z])l[te]0?[457](?=[_\d])|landsat[-_ ]?[457]|(?<![a-z0-9])l[57]_"),
    ("gaofen1", r"(?<![a-z0-9])gf-?1[a-d]?[-_ ]?wfv|gaofen[-_ ]?1"),
    ("planetscope", r"planet[-_ ]?scope|psscene|analyticms|_3b_(analytic|visual)"),
)


@dataclass(frozen=True)
class BandFacts:
    """One band: what its file says of it.

    Attributes:
        number: 1 for the first band.
        colour: colour interpretation in GDAL's words (``red``, ``nir``, ``alpha``, ...).
        is_alpha: the band holds opacity, not an image.
        scale, offset: of GDAL; 1 and 0 where nothing is set.
    """

    number: int
    dtype: str
    description: str = ""
    wavelength_um: float | None = None
    colour: str = "undefined"
    is_alpha: bool = False
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class RasterFacts:
    """A raster: its file name without folder, its bands and its metadata."""

    name: str
    bands: tuple[BandFacts, ...]
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def image_bands(self) -> tuple[BandFacts, ...]:
        """The bands that hold an image, so without alpha bands."""
        return tuple(band for band in self.bands if not band.is_alpha)

    @property
    def sensor(self) -> str | None:
        """The sensor that the file's name tells of, or None."""
        name = self.name.lower()
        return next((s for s, pattern in _SENSOR_NAMES if re.search(pattern, name)), None)
