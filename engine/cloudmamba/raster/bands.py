"""Which band of a raster is blue, green, red and near infrared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cloudmamba.classes import BANDS
from cloudmamba.errors import InputError, InterpretationError
from cloudmamba.raster.metadata import BandMetadata, Confidence, ProductMetadata, RasterMetadata
from cloudmamba.raster.sensors import SENSORS

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

# Of an unknown sensor: the usual stacks of that many bands, the commonest first.
_UNKNOWN_STACKS = {
    5: (
        ((1, 2, 3, 5), "blue, green, red, red edge, near infrared"),
        ((1, 2, 3, 4), "blue, green, red, near infrared and one more"),
    ),
    6: (
        ((1, 2, 3, 4), "Landsat without its coastal band"),
        ((2, 3, 4, 5), "Landsat 8 bands 1 to 6"),
    ),
    7: (
        ((2, 3, 4, 5), "Landsat 8 bands 1 to 7"),
        ((1, 2, 3, 4), "Landsat 4-7 bands 1 to 7"),
    ),
    8: (
        ((2, 4, 6, 8), "PlanetScope with eight bands"),
        ((2, 3, 5, 7), "WorldView with eight bands"),
    ),
    10: (
        ((1, 2, 3, 7), "Sentinel-2 without its 60 m bands"),
        ((1, 2, 3, 4), "Sentinel-2 with its 10 m bands first"),
    ),
    11: (
        ((2, 3, 4, 5), "Landsat 8 bands 1 to 11"),
        ((2, 3, 4, 8), "Sentinel-2 level 2A without one of its bands"),
    ),
    12: (((2, 3, 4, 8), "Sentinel-2 level 2A"),),
    13: (((2, 3, 4, 8), "Sentinel-2 level 1C"),),
}

# Names of colours without accents, in the languages of those who name their bands: English, German,
# French, Spanish, Portuguese, Italian, Dutch, Russian.
_COLOUR_WORDS = {
    "blue": {"blue", "blau", "bleu", "bleue", "azul", "blu", "blauw", "синии", "голубои"},
    "green": {"green", "grun", "gruen", "vert", "verte", "verde", "groen", "зеленыи"},
    "red": {
        "red", "rot", "rouge", "rojo", "roja", "vermelho", "vermelha", "rosso", "rossa", "rood",
        "красныи",
    },
}  # fmt: skip
# Chinese and Japanese have no spaces between words.
_COLOUR_SIGNS = {"blue": "蓝藍青", "green": "绿緑綠", "red": "红紅赤"}
_NEAR_INFRARED_SIGNS = ("近红外", "近紅外", "近赤外")
_NEAR = {
    "near", "nah", "nahe", "nahes", "naher", "proche", "cercano", "proximo", "vicino", "nabij",
    "ближнии",
}  # fmt: skip
_NEAR_INFRARED = {"nir", "pir", "nahinfrarot", "nearinfrared", "nearir", "nabijinfrarood"}
_INFRARED = ("infra", "инфра")
# Of a band called b, g, r or n, behind those of ``role_in_words``.
_RANK_OF_LETTER = 2
# What stands beside a colour that makes another band of it.
_EDGE = {"edge", "kante", "rand", "bord", "borde", "borda", "bordo", "limite", "rededge", "краи"}
_EDGE_SIGNS = "边邊"
_DEEP = {
    "coastal", "deep", "kuste", "kusten", "cotier", "cotiere", "costero", "costera", "costeiro",
    "costeira", "costiero", "costiera", "profond", "tief", "kust",
}  # fmt: skip
_DEEP_SIGNS = "海岸"

# Red varies more over land than blue does (soil against plants, less haze): in 98 % of 369
# clear Sentinel-2 and Landsat images by more than this factor (5th to 95th percentile).
_RED_OVER_BLUE_SPREAD = 1.15


@dataclass(frozen=True)
class BandRoles:
    """Band numbers (1 is the first) of the roles, how sure that is, and why.

    ``nir`` is None where the raster has no near infrared band. ``alternatives`` are the other
    roles that the bands may well have, where that cannot be told from what is known.
    """

    blue: int
    green: int
    red: int
    nir: int | None
    confidence: Confidence
    reason: str
    alternatives: tuple[BandRoles, ...] = ()

    @property
    def numbers(self) -> tuple[int | None, ...]:
        """The band numbers in the order of ``BANDS``, None for one that the raster lacks."""
        return tuple(getattr(self, role) for role in BANDS)

    @property
    def available_bands(self) -> tuple[str, ...]:
        """The roles that the raster has, in the order of ``BANDS``."""
        return tuple(role for role in BANDS if getattr(self, role) is not None)

    @property
    def available_numbers(self) -> tuple[int, ...]:
        """The band numbers of ``available_bands``."""
        return tuple(number for number in self.numbers if number is not None)

    @property
    def as_option(self) -> str:
        """As a user gives it: ``1,2,3,4``."""
        return ",".join(map(str, self.available_numbers))

    @property
    def in_words(self) -> str:
        """Which band is which."""
        return ", ".join(
            f"{ROLE_WORDS[role]} {number}" if number else f"no {ROLE_WORDS[role]}"
            for role, number in zip(BANDS, self.numbers, strict=True)
        )

    def __str__(self) -> str:
        return f"{self.in_words} ({self.confidence}: {self.reason})"


def parse_bands(text: str, band_count: int) -> BandRoles:
    """The roles a user gives: ``1,2,3,4``, ``1,2,3`` (no near infrared) or ``red=1,green=2,...``.

    Raises InterpretationError if that is not understood or names bands that do not exist.
    """
    parts = [part.strip() for part in text.split(",")]
    named = dict(part.partition("=")[::2] for part in parts if "=" in part)
    if not named and len(parts) in (3, 4):
        named = dict(zip(BANDS, parts, strict=False))
    elif len(named) != len(parts):
        named = {}
    named = {role.strip().lower(): number.strip() for role, number in named.items()}
    if not set(BANDS[:3]) <= set(named) <= set(BANDS) or not all(
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
    return BandRoles(
        numbers["blue"],
        numbers["green"],
        numbers["red"],
        numbers.get("nir"),
        confidence="certain",
        reason="as given",
    )


def guess_bands(
    metadata: RasterMetadata, sample: Callable[[Sequence[int]], np.ndarray]
) -> BandRoles:
    """The roles, from what the file says, from known products, at last from the values.

    Args:
        metadata: what the raster says of itself.
        sample: gives valid pixels (bands, n) of the band numbers it is called with; called
            only where nothing else tells the order.

    Raises:
        InputError: the raster has less than three image bands.
        InterpretationError: nothing tells their order.
    """
    bands = metadata.image_bands
    if len(bands) < 3:
        raise InputError(
            f"The raster has only {len(bands)} image band{'s' * (len(bands) != 1)}: clouds are "
            "detected from blue, green and red, better with near infrared. Bands in files of their "
            "own can be given together, as the folder they lie in, or as one virtual raster "
            "(gdalbuildvrt -separate)."
        )
    return (
        _from_descriptions(bands, metadata.product)
        or _from_wavelengths(bands)
        or _from_band_codes(bands, metadata.sensor)
        or _from_colours_or_product(bands, metadata.sensor)
        or _from_position(bands, sample)
    )


def roles_of_names(names: Sequence[str]) -> BandRoles | None:
    """The roles that names of bands tell as the descriptions of a file's bands do; None if they do not."""
    bands = [BandMetadata(number, "", name) for number, name in enumerate(names, start=1)]
    return (
        _from_descriptions(bands, None) or _from_wavelengths(bands) or _from_band_codes(bands, None)
    )


def _roles(
    numbers: Sequence[int | None],
    confidence: Confidence,
    reason: str,
    alternatives: Sequence[BandRoles] = (),
) -> BandRoles:
    blue, green, red, nir = numbers
    # Only near infrared may be missing.
    return BandRoles(blue, green, red, nir, confidence, reason, tuple(alternatives))  # type: ignore[arg-type]


def _from_descriptions(
    bands: Sequence[BandMetadata], product: ProductMetadata | None
) -> BandRoles | None:
    """From the words blue, green, red, near infrared in the band descriptions."""
    best: dict[str, tuple[int, int]] = {}
    for band in bands:
        role, rank = role_in_words(band.description)
        if role and (role not in best or rank < best[role][0]):
            best[role] = (rank, band.number)
    # Letters mean something among each other alone.
    letters = {band.description.strip().lower(): band.number for band in bands}
    for letter, role in zip("bgrn", BANDS, strict=True):
        if letter in letters:
            best.setdefault(role, (_RANK_OF_LETTER, letters[letter]))
    if not set(BANDS[:3]) <= set(best):
        return None
    numbers = [best[role][1] if role in best else None for role in BANDS]
    reason = f"it is {product.title}" if product else "the band descriptions name them"
    if "nir" in best or product or len(bands) != 4:
        return _roles(numbers, "certain", reason)
    fourth = next(band for band in bands if band.number not in numbers)
    if fourth.description.strip():
        return _roles(numbers, "certain", reason)
    return _with_fourth(numbers[:3], fourth.number, reason)


def _with_fourth(visible: Sequence[int | None], fourth: int, reason: str) -> BandRoles:
    """Near infrared is what nothing names beside blue, green and red, or is missing."""
    other = f"{reason}, the fourth band is something else"
    return _roles(
        [*visible, fourth],
        "unsure",
        f"{reason} and the fourth band is taken for near infrared",
        [_roles([*visible, None], "unsure", other)],
    )


def role_in_words(description: str) -> tuple[str | None, int]:
    """The role that a description names, and 0 for the plain name, 1 for a variant of it."""
    plain = _without_accents(description)
    words = re.findall(r"[^\W\d_]+|\d+", plain)
    letters = {word for word in words if word.isalpha()}
    variant = int(len(words) > 1)
    infrared = {word for word in letters if word.startswith(_INFRARED) or word == "ir"}
    has_infrared = bool(infrared)
    if (
        letters & _NEAR_INFRARED
        # Of a single word for infrared the nearest is meant.
        or (has_infrared and (letters & _NEAR or letters == infrared))
        or any(sign in plain for sign in _NEAR_INFRARED_SIGNS)
    ):
        # 0.94 micrometres, named nir09 in catalogues, is water vapour.
        return (None, 0) if "09" in words else ("nir", variant)
    for role, names in _COLOUR_WORDS.items():
        if not (letters & names or any(sign in plain for sign in _COLOUR_SIGNS[role])):
            continue
        if role == "blue":
            is_other = letters & _DEEP or any(sign in plain for sign in _DEEP_SIGNS)
        else:
            is_edge = letters & _EDGE or any(sign in plain for sign in _EDGE_SIGNS)
            # Far infrared is "red outside" in Chinese.
            is_other = role == "red" and (is_edge or has_infrared or "外" in plain)
        if not is_other:
            return role, variant
    return None, 0


def is_band_name(name: str) -> bool:
    """Whether a variable or a file is called like a band of an image."""
    return bool(
        role_in_words(name)[0]
        or wavelength_in_words(name)
        or re.fullmatch(r"(?i)(sr_?)?b(and)?_?\d{1,2}a?", name)
    )


def _without_accents(text: str) -> str:
    """In small letters, without accents: ``grun`` for ``Gr\u00fcn``."""
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _from_band_codes(bands: Sequence[BandMetadata], sensor: str | None) -> BandRoles | None:
    """From names such as B02, B8A, SR_B4 or Band 5, unless they only count the bands."""
    codes: dict[str, int] = {}
    zeros = ""
    for band in bands:
        match = re.search(
            r"(?<![a-z])b(?:and)?[ _-]?(0*)(\d+a?)(?![a-z0-9])", band.description.lower()
        )
        if match:
            zeros = max(zeros, match.group(1))
            codes.setdefault(match.group(2), band.number)
    only_count = all(code == str(number) for code, number in codes.items())
    # No sensor of these has a band 0 or more bands than Sentinel-2.
    if "0" in codes or len(codes) > 13 or (only_count and not _are_surface_reflectance(bands)):
        return None
    if sensor is None or SENSORS[sensor].band_codes is None:
        # Zeros are those of Sentinel-2, and of harmonised Landsat, which has no band 8. People put
        # them before all bands of Landsat, too, of which Sentinel-2 would have others beside 9 and 10.
        is_sentinel2 = bool(zeros) and "8" in codes and not {"9", "10"} & codes.keys()
        sensor = "sentinel2" if is_sentinel2 else _sensor_of_codes(set(codes), bands)
    numbers = [codes.get(str(code)) for code in SENSORS[sensor].band_codes or ()]
    if numbers[3] is None and sensor == "sentinel2":
        numbers[3] = codes.get("8a")
    if None in numbers[:3]:
        return None
    return _roles(numbers, "likely", f"the bands are named as those of {SENSORS[sensor].title}")


def _sensor_of_codes(codes: set[str], bands: Sequence[BandMetadata]) -> str:
    if _are_surface_reflectance(bands):
        # Surface reflectance of Landsat 4-7 has no band 6, that of Landsat 8 and 9 has.
        return "landsat_tm" if "1" in codes and "6" not in codes else "landsat_oli"
    if {"1", "7"} <= codes and not {"6", "8", "9", "10", "11"} & codes:
        return "landsat_tm"  # the six reflective bands of Landsat 4 to 7
    if "8a" in codes or "12" in codes or ("8" in codes and "5" not in codes):
        return "sentinel2"
    return "landsat_tm" if "2" in codes and "1" in codes and "5" not in codes else "landsat_oli"


def _are_surface_reflectance(bands: Sequence[BandMetadata]) -> bool:
    """Whether the bands are named as those of Landsat level 2, such as SR_B4."""
    return any("sr_b" in band.description.lower() for band in bands)


def _from_wavelengths(bands: Sequence[BandMetadata]) -> BandRoles | None:
    """From centre wavelengths: the band nearest to the middle of each colour."""
    centres = {
        band.number: wavelength
        for band in bands
        if (wavelength := band.wavelength_um or wavelength_in_words(band.description))
    }
    numbers: list[int | None] = []
    for role in BANDS:
        shortest, centre, longest = _WAVELENGTHS_UM[role]
        inside = [number for number, um in centres.items() if shortest <= um <= longest]
        numbers.append(min(inside, key=lambda n: abs(centres[n] - centre), default=None))
    if None in numbers[:3]:
        return None
    return _roles(numbers, "certain", "the wavelengths of the bands tell it")


def wavelength_in_words(description: str) -> float | None:
    """The wavelength in micrometres that a description such as ``band 17 (490.00 nm)`` names.

    Also of ``rhot_492``, as ACOLITE names its bands.
    """
    plain = _without_accents(description)
    if match := re.fullmatch(r"(?:rho[a-z]*|rrs)_(\d{3,4})", plain):
        return float(match.group(1)) / 1000
    match = re.search(
        r"(?<![\d.])(\d+(?:[.,]\d*)?|\.\d+)\s*"
        r"(nm|nano-?met(?:er|re|ro|ri)s?|[uμ]m|mi[ck]ro-?met(?:er|re|ro|ri)s?|microns?)(?![a-z])",
        plain,
    )
    if not match:
        return None
    number = float(match.group(1).replace(",", "."))
    return number / (1000 if match.group(2).startswith("n") else 1)


def _from_colours_or_product(bands: Sequence[BandMetadata], sensor: str | None) -> BandRoles | None:
    """From the colour interpretation and the product that the file is called like.

    PlanetScope's files once were delivered with red, green, blue on bands that are blue, green,
    red. With other products two that disagree leave it open.
    """
    colours, product = _from_colours(bands), _from_known_stack(bands, sensor)
    if colours is None or product is None or sensor == "planetscope":
        return product or colours
    if colours.numbers == product.numbers:
        return product
    return replace(
        product,
        confidence="unsure",
        reason=f"{product.reason}, but the colour interpretation says otherwise",
        alternatives=(colours,),
    )


def _from_colours(bands: Sequence[BandMetadata]) -> BandRoles | None:
    """From the colour interpretation. GDAL gives one to every 8-bit file of three bands."""
    first: dict[str, int] = {}
    for band in bands:
        first.setdefault(band.colour, band.number)
    if not set(BANDS[:3]) <= set(first):
        return None
    reason = "the colour interpretation of the bands tells it"
    visible = [first[role] for role in BANDS[:3]]
    if "nir" in first or len(bands) != 4:
        return _roles([*visible, first.get("nir")], "likely", reason)
    fourth = next(band.number for band in bands if band.colour not in BANDS)
    found = _with_fourth(visible, fourth, reason)
    blue_first = _roles(
        [band.number for band in bands],
        "unsure",
        "satellite products start with blue, whatever the colour interpretation",
    )
    return replace(found, alternatives=(*found.alternatives, blue_first))


def _from_known_stack(bands: Sequence[BandMetadata], sensor: str | None) -> BandRoles | None:
    """From the file's name and the number of bands."""
    if sensor is None or (positions := SENSORS[sensor].stacks.get(len(bands))) is None:
        return None
    title = SENSORS[sensor].title
    reason = f"the file is called like {title} and {title} files of {len(bands)} bands are so"
    return _roles(_numbers_at(bands, positions), "likely", reason)


def _from_position(
    bands: Sequence[BandMetadata], sample: Callable[[Sequence[int]], np.ndarray]
) -> BandRoles:
    """From the number of bands and, for four bands, their values."""
    count = len(bands)
    if count == 3:
        return _three_unnamed(bands)
    if count == 4:
        return _four_unnamed(bands, sample)
    if count in _UNKNOWN_STACKS:
        readings = [
            _roles(
                _numbers_at(bands, positions),
                "unsure",
                f"nothing names the bands, and {count} bands are mostly {title}",
            )
            for positions, title in _UNKNOWN_STACKS[count]
        ]
        return replace(readings[0], alternatives=tuple(readings[1:]))
    raise InterpretationError(
        f"Nothing tells which of the {count} bands are blue, green and red: {_HOW_TO_GIVE}."
    )


def _three_unnamed(bands: Sequence[BandMetadata]) -> BandRoles:
    """Red, green, blue; of more than 8 bits perhaps blue, green, red."""
    numbers = _numbers_at(bands, (3, 2, 1, None))
    reason = "a picture of three bands is red, green, blue"
    if bands[0].dtype == "uint8":
        return _roles(numbers, "likely", reason)
    other = _numbers_at(bands, (1, 2, 3, None))
    blue_first = _roles(other, "unsure", "satellite products start with blue")
    return _roles(numbers, "unsure", reason, [blue_first])


def _four_unnamed(
    bands: Sequence[BandMetadata], sample: Callable[[Sequence[int]], np.ndarray]
) -> BandRoles:
    """Blue, green, red, nir (satellite products) or red, green, blue, nir (aerial pictures).

    Where the custom and the values agree that is likely; each alone is not enough.
    """
    first, _, third, nir = values = sample([band.number for band in bands]).astype(np.float64)
    is_satellite = bands[0].dtype != "uint8"
    custom = (
        "satellite products start with blue" if is_satellite else "8-bit pictures start with red"
    )
    # Over water and cloud the spread tells nothing; land is brightest in near infrared.
    red_is_third: bool | None = None
    if values.shape[1] and np.median(nir) > 1.2 * max(np.median(first), np.median(third)):
        spread = np.subtract(*np.percentile(values, (95, 5), axis=1))
        ratio = spread[2] / max(spread[0], np.finfo(float).tiny)
        if not 1 / _RED_OVER_BLUE_SPREAD < ratio < _RED_OVER_BLUE_SPREAD:
            red_is_third = bool(ratio > 1)
    confidence: Confidence
    varies = f"band {3 if red_is_third else 1} varies most of the first and the third, as red does"
    if red_is_third is None:
        blue_first, confidence = is_satellite, "unsure"
        reason = f"nothing names the four bands and {custom}"
    elif red_is_third == is_satellite:
        blue_first, confidence = red_is_third, "likely"
        reason = f"nothing names the four bands, but {custom}, and {varies} over land"
    else:
        blue_first, confidence = red_is_third, "unsure"
        reason = f"nothing names the four bands, and {varies} over land, though {custom}"
    orders = [
        _numbers_at(bands, (1, 2, 3, 4) if is_blue_first else (3, 2, 1, 4))
        for is_blue_first in (blue_first, not blue_first)
    ]
    other = _roles(orders[1], "unsure", "nothing names the four bands")
    return _roles(orders[0], confidence, reason, [other] if confidence == "unsure" else [])


def _numbers_at(bands: Sequence[BandMetadata], positions: Sequence[int | None]) -> list[int | None]:
    return [None if position is None else bands[position - 1].number for position in positions]
