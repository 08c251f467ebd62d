"""Which band of a raster is blue, green, red and near infrared."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cloudmamba.errors import InputError, InterpretationError
from cloudmamba.raster.facts import BandFacts, Confidence, RasterFacts

ROLES = ("blue", "green", "red", "nir")
ROLE_WORDS = {"blue": "blue", "green": "green", "red": "red", "nir": "near infrared"}
_HOW_TO_GIVE = "give the band numbers of blue, green, red and near infrared, as in --bands 1,2,3,4"
_LONGEST_SHOWN = 80

# Centres and limits in micrometres that Sentinel-2, Landsat, Gaofen-1 and PlanetScope share.
_WAVELENGTHS_UM = {
    "blue": (0.45, 0.49, 0.525),
    "green": (0.53, 0.56, 0.60),
    "red": (0.62, 0.66, 0.69),
    "nir": (0.76, 0.84, 0.905),
}

# Numbers of the blue, green, red and near infrared band in the naming of each sensor.
_BAND_CODES = {"sentinel2": (2, 3, 4, 8), "landsat_oli": (2, 3, 4, 5), "landsat_tm": (1, 2, 3, 4)}
_SENSOR_TITLES = {
    "sentinel2": "Sentinel-2",
    "landsat_oli": "Landsat 8/9",
    "landsat_tm": "Landsat 4-7",
    "gaofen1": "Gaofen-1 WFV",
    "planetscope": "PlanetScope",
}

# (sensor, number of bands): positions of blue, green, red, near infrared in its usual stacks.
_STACKS = {
    ("sentinel2", 4): (1, 2, 3, 4),
    ("sentinel2", 10): (1, 2, 3, 7),
    ("sentinel2", 12): (2, 3, 4, 8),
    ("sentinel2", 13): (2, 3, 4, 8),
    ("landsat_oli", 4): (1, 2, 3, 4),
    ("landsat_oli", 6): (1, 2, 3, 4),
    ("landsat_oli", 7): (2, 3, 4, 5),
    ("landsat_oli", 11): (2, 3, 4, 5),
    ("landsat_tm", 4): (1, 2, 3, 4),
    ("landsat_tm", 6): (1, 2, 3, 4),
    ("landsat_tm", 7): (1, 2, 3, 4),
    ("gaofen1", 4): (1, 2, 3, 4),
    ("planetscope", 3): (3, 2, 1, None),
    ("planetscope", 4): (1, 2, 3, 4),
    ("planetscope", 5): (1, 2, 3, 5),
    ("planetscope", 8): (2, 4, 6, 8),
}

# The same without a known sensor: the commonest stack of that many bands.
_UNKNOWN_STACKS = {
    5: ((1, 2, 3, 5), "blue, green, red, red edge, near infrared"),
    6: ((1, 2, 3, 4), "Landsat without its coastal band"),
    7: ((2, 3, 4, 5), "Landsat 8 bands 1 to 7"),
    8: ((2, 4, 6, 8), "PlanetScope with eight bands"),
    10: ((1, 2, 3, 7), "Sentinel-2 without its 60 m bands"),
    11: ((2, 3, 4, 5), "Landsat 8 bands 1 to 11"),
    12: ((2, 3, 4, 8), "Sentinel-2 level 2A"),
    13: ((2, 3, 4, 8), "Sentinel-2 level 1C"),
}

# Red varies more over land than blue does (soil against plants, less haze): in 98 % of 369
# clear Sentinel-2 and Landsat images by more than this factor (5th to 95th percentile).
_RED_OVER_BLUE_SPREAD = 1.15


@dataclass(frozen=True)
class BandRoles:
    """Band numbers (1 is the first) of the roles, how sure that is, and why.

    ``nir`` is None where the raster has no near infrared band.
    """

    blue: int
    green: int
    red: int
    nir: int | None
    confidence: Confidence
    reason: str

    @property
    def numbers(self) -> tuple[int | None, ...]:
        """The band numbers in the order of ``ROLES``, None for one that the raster lacks."""
        return tuple(getattr(self, role) for role in ROLES)

    @property
    def present(self) -> tuple[str, ...]:
        """The roles that the raster has, in the order of ``ROLES``."""
        return tuple(role for role in ROLES if getattr(self, role) is not None)

    @property
    def present_numbers(self) -> tuple[int, ...]:
        """The band numbers of ``present``."""
        return tuple(number for number in self.numbers if number is not None)

    def __str__(self) -> str:
        listed = ", ".join(
            f"{ROLE_WORDS[role]} {number}" if number else f"no {ROLE_WORDS[role]}"
            for role, number in zip(ROLES, self.numbers, strict=True)
        )
        return f"{listed} ({self.confidence}: {self.reason})"


def parse_bands(text: str, band_count: int) -> BandRoles:
    """The roles a user gives: ``1,2,3,4``, ``1,2,3`` (no near infrared) or ``red=1,green=2,...``.

    Raises InterpretationError if that is not understood or names bands that do not exist.
    """
    parts = [part.strip() for part in text.split(",")]
    named = dict(part.partition("=")[::2] for part in parts if "=" in part)
    if not named and len(parts) in (3, 4):
        named = dict(zip(ROLES, parts, strict=False))
    elif len(named) != len(parts):
        named = {}
    named = {role.strip().lower(): number.strip() for role, number in named.items()}
    if not set(ROLES[:3]) <= set(named) <= set(ROLES) or not all(
        re.fullmatch(r"[0-9]{1,9}", number) for number in named.values()
    ):
        shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
        raise InterpretationError(f"The bands '{shown}' are not understood: {_HOW_TO_GIVE}.")
    numbers = {role: int(number) for role, number in named.items()}
    for number in numbers.values():
        if not 1 <= number <= band_count:
            raise InterpretationError(
                f"There is no band {number}: the raster has "
                f"{'1 band' if band_count == 1 else f'bands 1 to {band_count}'}."
            )
    if len(set(numbers.values())) < len(numbers):
        raise InterpretationError(f"The bands '{text}' name one band twice: {_HOW_TO_GIVE}.")
    return BandRoles(**{"nir": None, **numbers}, confidence="certain", reason="as given")


def guess_bands(facts: RasterFacts, sample: Callable[[Sequence[int]], np.ndarray]) -> BandRoles:
    """The roles, from what the file says, from known products, at last from the values.

    Args:
        facts: what the raster says of itself.
        sample: gives valid pixels (bands, n) of the band numbers it is called with; called
            only where nothing else tells the order.

    Raises:
        InputError: the raster has less than three image bands.
        InterpretationError: nothing tells their order.
    """
    bands = facts.image_bands
    if len(bands) < 3:
        raise InputError(
            f"The raster has only {len(bands)} image band{'s' * (len(bands) != 1)}: clouds are "
            "detected from blue, green and red, better with near infrared."
        )
    return (
        _from_descriptions(bands)
        or _from_band_codes(bands, facts.sensor)
        or _from_wavelengths(bands)
        or _from_colours(bands)
        or _from_known_stack(bands, facts.sensor)
        or _from_position(bands, sample)
    )


def _roles(numbers: Sequence[int | None], confidence: Confidence, reason: str) -> BandRoles:
    return BandRoles(*numbers, confidence=confidence, reason=reason)


def _from_descriptions(bands: Sequence[BandFacts]) -> BandRoles | None:
    """From the words blue, green, red, near infrared in the band descriptions."""
    best: dict[str, tuple[int, int]] = {}
    for band in bands:
        role, rank = role_in_words(band.description)
        if role and (role not in best or rank < best[role][0]):
            best[role] = (rank, band.number)
    if not set(ROLES[:3]) <= set(best):
        return None
    numbers = [best[role][1] if role in best else None for role in ROLES]
    return _roles(numbers, "certain", "the band descriptions name them")


def role_in_words(description: str) -> tuple[str | None, int]:
    """The role that a description names, and 0 for the plain name, 1 for a variant of it."""
    words = re.findall(r"[a-z]+|\d+", description.lower())
    letters = [word for word in words if word.isalpha()]
    variant = int(len(words) > 1)
    if "nir" in letters or "nearinfrared" in letters or {"near", "infrared"} <= set(letters):
        # 0.94 micrometres, named nir09 in catalogues, is water vapour.
        return (None, 0) if "09" in words else ("nir", variant)
    if "blue" in letters and "coastal" not in letters and "deep" not in letters:
        return "blue", variant
    if "green" in letters:
        return "green", variant
    if "red" in letters and "edge" not in letters and "infra" not in letters:
        return "red", variant
    return None, 0


def _from_band_codes(bands: Sequence[BandFacts], sensor: str | None) -> BandRoles | None:
    """From names such as B02, B8A, SR_B4 or Band 5, unless they only count the bands."""
    codes: dict[str, int] = {}
    for band in bands:
        match = re.search(
            r"(?<![a-z])b(?:and)?[ _-]?0?(\d{1,2}a?)(?![a-z0-9])", band.description.lower()
        )
        if match:
            codes.setdefault(match.group(1), band.number)
    counted = [(str(band.number), band.number) for band in bands]
    if not codes or ([*codes.items()] == counted and not _are_surface_reflectance(bands)):
        return None
    if sensor not in _BAND_CODES:
        sensor = _sensor_of_codes(set(codes), bands)
    numbers = [codes.get(str(code)) for code in _BAND_CODES[sensor]]
    if numbers[3] is None and sensor == "sentinel2":
        numbers[3] = codes.get("8a")
    if None in numbers[:3]:
        return None
    return _roles(numbers, "likely", f"the bands are named as those of {_SENSOR_TITLES[sensor]}")


def _sensor_of_codes(codes: set[str], bands: Sequence[BandFacts]) -> str:
    if _are_surface_reflectance(bands):
        # Surface reflectance of Landsat 4-7 has no band 6, that of Landsat 8 and 9 has.
        return "landsat_tm" if "1" in codes and "6" not in codes else "landsat_oli"
    if "8a" in codes or "12" in codes or ("8" in codes and "5" not in codes):
        return "sentinel2"
    return "landsat_tm" if "2" in codes and "1" in codes and "5" not in codes else "landsat_oli"


def _are_surface_reflectance(bands: Sequence[BandFacts]) -> bool:
    """Whether the bands are named as those of Landsat level 2, such as SR_B4."""
    return any("sr_b" in band.description.lower() for band in bands)


def _from_wavelengths(bands: Sequence[BandFacts]) -> BandRoles | None:
    """From centre wavelengths: the band nearest to the middle of each colour."""
    numbers: list[int | None] = []
    for role in ROLES:
        shortest, centre, longest = _WAVELENGTHS_UM[role]
        inside = [b for b in bands if b.wavelength_um and shortest <= b.wavelength_um <= longest]
        nearest = min(inside, key=lambda b: abs(b.wavelength_um - centre), default=None)
        numbers.append(nearest.number if nearest else None)
    if None in numbers[:3]:
        return None
    return _roles(numbers, "certain", "the wavelengths of the bands tell it")


def _from_colours(bands: Sequence[BandFacts]) -> BandRoles | None:
    """From the colour interpretation. GDAL gives one to every 8-bit file of three bands."""
    first: dict[str, int] = {}
    for band in bands:
        first.setdefault(band.colour, band.number)
    if not set(ROLES[:3]) <= set(first):
        return None
    reason = "the colour interpretation of the bands tells it"
    confidence: Confidence = "likely"
    nir = first.get("nir")
    if nir is None and len(bands) == 4:
        nir = next(b.number for b in bands if b.colour not in ROLES)
        confidence = "unsure"
        reason += " and the fourth band is taken for near infrared"
    return _roles([*(first[role] for role in ROLES[:3]), nir], confidence, reason)


def _from_known_stack(bands: Sequence[BandFacts], sensor: str | None) -> BandRoles | None:
    """From the file's name and the number of bands."""
    positions = _STACKS.get((sensor, len(bands)))
    if positions is None:
        return None
    title = _SENSOR_TITLES[sensor]
    reason = f"the file is called like {title} and {title} files of {len(bands)} bands are so"
    return _roles(_numbers_at(bands, positions), "likely", reason)


def _from_position(
    bands: Sequence[BandFacts], sample: Callable[[Sequence[int]], np.ndarray]
) -> BandRoles:
    """From the number of bands and, for four bands, their values."""
    count = len(bands)
    if count == 3:
        eight_bit = bands[0].dtype == "uint8"
        reason = "a picture of three bands is red, green, blue"
        return _roles(
            _numbers_at(bands, (3, 2, 1, None)), "likely" if eight_bit else "unsure", reason
        )
    if count == 4:
        return _four_unnamed(bands, sample)
    if count in _UNKNOWN_STACKS:
        positions, title = _UNKNOWN_STACKS[count]
        reason = f"nothing names the bands, and {count} bands are mostly {title}"
        return _roles(_numbers_at(bands, positions), "unsure", reason)
    raise InterpretationError(
        f"Nothing tells which of the {count} bands are blue, green and red: {_HOW_TO_GIVE}."
    )


def _four_unnamed(
    bands: Sequence[BandFacts], sample: Callable[[Sequence[int]], np.ndarray]
) -> BandRoles:
    """Blue, green, red, nir (satellite products) or red, green, blue, nir (aerial pictures)."""
    first, _, third, nir = values = sample([band.number for band in bands]).astype(np.float64)
    blue_first = bands[0].dtype != "uint8"
    reason = (
        "nothing names the four bands and satellite products start with blue"
        if blue_first
        else "nothing names the four bands and 8-bit pictures start with red"
    )
    # Over water and cloud the spread tells nothing; land is brightest in near infrared.
    if values.shape[1] and np.median(nir) > 1.2 * max(np.median(first), np.median(third)):
        spread = np.subtract(*np.percentile(values, (95, 5), axis=1))
        ratio = spread[2] / max(spread[0], np.finfo(float).tiny)
        if not 1 / _RED_OVER_BLUE_SPREAD < ratio < _RED_OVER_BLUE_SPREAD:
            blue_first = bool(ratio > 1)
            reason = (
                f"nothing names the four bands, and band {3 if blue_first else 1} varies most "
                "of the first and the third, as red does over land"
            )
    positions = (1, 2, 3, 4) if blue_first else (3, 2, 1, 4)
    return _roles(_numbers_at(bands, positions), "unsure", reason)


def _numbers_at(bands: Sequence[BandFacts], positions: Sequence[int | None]) -> list[int | None]:
    return [None if position is None else bands[position - 1].number for position in positions]
