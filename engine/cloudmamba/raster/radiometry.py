"""From stored numbers to reflectance in about 0..1, and whether that makes sense.

Wrong units are the commonest silent failure of cloud maskers, so every choice, also one the
user made, is checked on the values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cloudmamba.errors import InterpretationError
from cloudmamba.raster.facts import BandFacts, Confidence, RasterFacts

# Sentinel-2 true colour pictures show reflectance 0..0.3558 as 0..255, and other providers'
# pictures are stretched alike.
_PICTURE_WHITE = 0.36

# Gaofen-1 WFV: gain and solar irradiance of each band, means of its four cameras (calibration
# of 2017, W m-2 sr-1 um-1 and W m-2 um-1), for a sun 50 degrees high at one astronomical unit.
_GAOFEN1_GAINS = (0.1971, 0.1614, 0.1328, 0.1440)
_GAOFEN1_IRRADIANCES = (1962.0, 1845.0, 1555.0, 1080.0)
_GAOFEN1_SCALES = tuple(
    math.pi * gain / (irradiance * math.sin(math.radians(50)))
    for gain, irradiance in zip(_GAOFEN1_GAINS, _GAOFEN1_IRRADIANCES, strict=True)
)

# name: (scale or scales of blue, green, red, nir; offset; words).
_PRESETS = {
    "reflectance": (1.0, 0.0, "reflectance"),
    "percent": (0.01, 0.0, "reflectance in percent"),
    "sentinel2": (1e-4, 0.0, "reflectance times 10000"),
    "sentinel2-offset": (1e-4, -0.1, "Sentinel-2 of baseline 04.00 or later"),
    "landsat-collection2-level1": (2e-5, -0.1, "Landsat 8/9 level 1, sun elevation not corrected"),
    "landsat-collection2-level2": (2.75e-5, -0.2, "Landsat Collection 2 level 2"),
    "planetscope-sr": (1e-4, 0.0, "PlanetScope surface reflectance"),
    "gaofen1-wfv": (_GAOFEN1_SCALES, 0.0, "Gaofen-1 WFV counts with a sun 50 degrees high"),
    "uint16": (1 / 65535, 0.0, "reflectance 0..1 stretched over 16 bits"),
    "picture": (_PICTURE_WHITE / 255, 0.0, "an 8-bit picture"),
}
PRESET_NAMES = tuple(_PRESETS)
_CHOICES = f"auto, scale:S or scale:S,OFFSET, {', '.join(PRESET_NAMES)}"

# Reflectance of images: below and above what no clear, cloudy, snowy or watery scene comes to.
_DARKEST_LOW = -0.25
_BRIGHTEST_HIGH = (0.015, 2.3)
_MEDIAN_HIGH = 1.75
# What a type must be able to hold.
_BRIGHTEST_POSSIBLE = 0.2


@dataclass(frozen=True)
class Radiometry:
    """reflectance = number * scale + offset, for each of the bands that are read.

    Attributes:
        scales, offsets: one for each band.
        confidence, reason: how sure and why.
        warnings: sentences for the user.
    """

    name: str
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    confidence: Confidence = "certain"
    reason: str = "as given"
    warnings: tuple[str, ...] = ()

    def reflectance(self, numbers: np.ndarray) -> np.ndarray:
        """Reflectance float32 (bands, ...) of stored ``numbers`` (bands, ...)."""
        shape = (-1,) + (1,) * (numbers.ndim - 1)
        reflectance = numbers.astype(np.float32)
        reflectance *= np.array(self.scales, np.float32).reshape(shape)
        reflectance += np.array(self.offsets, np.float32).reshape(shape)
        return reflectance

    def __str__(self) -> str:
        return f"{self.name} ({self.confidence}: {self.reason})"


def parse_radiometry(text: str, band_count: int) -> Radiometry | None:
    """The conversion that ``text`` names, None for ``auto``.

    Args:
        text: ``auto``, a name of ``PRESET_NAMES`` or ``scale:S[,OFFSET]``.
        band_count: 3 (blue, green, red) or 4 (and near infrared).

    Raises:
        InterpretationError: it is none of these.
    """
    name = text.strip().lower()
    if name == "auto":
        return None
    if name in _PRESETS:
        return _preset(name, band_count)
    match = re.fullmatch(r"scale:([^,]+)(?:,([^,]+))?", name)
    try:
        scale, offset = float(match.group(1)), float(match.group(2) or 0)
    except (AttributeError, ValueError):
        raise InterpretationError(f"The radiometry '{text}' is unknown: use {_CHOICES}.") from None
    if not (math.isfinite(scale) and math.isfinite(offset) and scale > 0):
        raise InterpretationError(
            f"The radiometry '{text}' needs a positive scale and a finite offset."
        )
    return Radiometry(name, (scale,) * band_count, (offset,) * band_count)


def resolve_radiometry(
    choice: str, facts: RasterFacts, band_numbers: Sequence[int], sample: np.ndarray
) -> Radiometry:
    """The conversion to reflectance for the bands that are read.

    ``auto`` takes scale and offset of the file where set, else the product that the file's
    name and metadata tell of, else what the values look like.

    Args:
        choice: as for ``parse_radiometry``.
        facts: what the raster says of itself.
        band_numbers: blue, green, red and, if there is one, near infrared.
        sample: stored numbers of valid pixels (bands, n), n >= 1, in that order.

    Raises:
        InterpretationError: the choice is unknown, or the values cannot be reflectance that way.
    """
    bands = [facts.bands[number - 1] for number in band_numbers]
    given = parse_radiometry(choice, len(bands))
    if given is not None:
        if problem := _unfit(given, bands) or implausible(given.reflectance(sample)):
            raise InterpretationError(
                f"The values cannot be '{choice}': {problem}; {_value_range(sample)}. Choose "
                "another radiometry or 'auto'."
            )
        return _warned_of_other_looks(given, bands, sample)

    warnings: tuple[str, ...] = ()
    declared = _declared(bands)
    if declared is not None:
        senseless = not all(map(math.isfinite, declared.offsets)) or not all(
            math.isfinite(scale) and scale != 0 for scale in declared.scales
        )
        problem = (
            "reflectance would be the same everywhere or no number"
            if senseless
            else implausible(declared.reflectance(sample))
        )
        if not problem:
            return declared
        warnings = (f"The scale and offset of the file were not used: with them {problem}.",)
    found = _from_product(facts, bands, sample) or _from_values(bands, sample)
    if found is None:
        raise InterpretationError(
            f"The values do not look like reflectance in any known way ({_value_range(sample)}): "
            f"say what they are (radiometry: {_CHOICES}), and check that no data is declared."
        )
    return replace(found, warnings=warnings + found.warnings)


def implausible(reflectance: np.ndarray) -> str | None:
    """Why values (bands, n) cannot be reflectance of a scene, or None if they can.

    Snow, deserts, water and scenes full of cloud all pass: only the order of magnitude and
    the sign are checked.
    """
    low, median, high = _percentiles(reflectance, (1, 50, 99))
    # An infinite extreme alone may hide from percentiles.
    if not np.isfinite(reflectance).all():
        return "reflectance would not be a finite number"
    if high.max() > _BRIGHTEST_HIGH[1] or median.max() > _MEDIAN_HIGH:
        return f"reflectance would reach {high.max():.4g}, and it hardly exceeds 1"
    if low.min() < _DARKEST_LOW:
        return f"reflectance would go down to {low.min():.4g}, and it is not negative"
    if high.max() < _BRIGHTEST_HIGH[0]:
        return f"reflectance would not exceed {high.max():.4g}, and no scene is so dark"
    return None


def _percentiles(values: np.ndarray, percents: tuple[float, ...]) -> np.ndarray:
    """(percents, bands) of values (bands, n), as ``np.percentile`` gives them, but several times
    as fast: with a large sample that took longer than to read it."""
    ordered = np.sort(values, axis=1)
    position = np.array(percents) / 100 * (ordered.shape[1] - 1)
    below, above = np.floor(position).astype(int), np.ceil(position).astype(int)
    low, high = ordered[:, below].astype(np.float64), ordered[:, above].astype(np.float64)
    return (low + (high - low) * (position - below)).T


def _preset(
    name: str,
    band_count: int,
    confidence: Confidence = "certain",
    reason: str = "as given",
    warnings: tuple[str, ...] = (),
) -> Radiometry:
    scale, offset, _ = _PRESETS[name]
    scales = scale[:band_count] if isinstance(scale, tuple) else (scale,) * band_count
    return Radiometry(name, scales, (offset,) * band_count, confidence, reason, warnings)


def _value_range(sample: np.ndarray) -> str:
    low, median, high = np.percentile(sample, (1, 50, 99))
    return f"they run from {low:.6g} to {high:.6g} with a median of {median:.6g}"


def _unfit(radiometry: Radiometry, bands: Sequence[BandFacts]) -> str | None:
    """Why numbers of this type can never be reflectance that way, as 8 bits in 1/10000."""
    if np.dtype(bands[0].dtype).kind not in "iu":
        return None
    greatest = np.iinfo(bands[0].dtype).max
    brightest = greatest * max(radiometry.scales) + max(radiometry.offsets)
    if brightest > _BRIGHTEST_POSSIBLE:
        return None
    return f"{bands[0].dtype} holds {greatest} at most, so reflectance up to {brightest:.4g}"


def _warned_of_other_looks(
    given: Radiometry, bands: Sequence[BandFacts], sample: np.ndarray
) -> Radiometry:
    """The user's choice, with a warning where the values clearly look like something else."""
    looks = _from_values(bands, sample)
    if looks is None or looks.confidence == "unsure":
        return given
    ours, theirs = (
        np.percentile(radiometry.reflectance(sample), (5, 50, 95)) for radiometry in (given, looks)
    )
    if np.abs(ours - theirs).max() < 0.1:
        return given
    words = _PRESETS[looks.name][2]
    warning = f"The values look like {words} ('{looks.name}') rather than '{given.name}'."
    return replace(given, warnings=(warning,))


def _declared(bands: Sequence[BandFacts]) -> Radiometry | None:
    """Scale and offset that the file sets."""
    scales = tuple(band.scale for band in bands)
    offsets = tuple(band.offset for band in bands)
    if all(scale == 1 for scale in scales) and not any(offsets):
        return None
    reason = "the file sets scale and offset"
    return Radiometry("file", scales, offsets, "certain", reason)


def _from_product(
    facts: RasterFacts, bands: Sequence[BandFacts], sample: np.ndarray
) -> Radiometry | None:
    """From the product that the file's name or metadata tell of, if the values agree."""
    named = _product_of(facts)
    if named is None or bands[0].dtype in ("uint8", "int8"):
        return None
    name, reason = named
    found = _preset(name, len(bands), "likely", reason)
    reflectance = found.reflectance(sample)
    # Many providers take the offset of baseline 04.00 out again and keep the name: then the
    # dark end falls below zero.
    if implausible(reflectance) or _percentiles(reflectance, (0.1,)).min() < -0.04:
        return None
    return found


def _product_of(facts: RasterFacts) -> tuple[str, str] | None:
    """Preset and reason, from names and tags of products as they are delivered."""
    name = facts.name.upper()
    baseline = facts.tags.get("PROCESSING_BASELINE", "").replace(".", "")
    match = re.search(r"MSIL(?:1C|2A)_\d{8}T\d{6}_N(\d{4})", name)
    if match or re.fullmatch(r"\d{4}", baseline):
        number = match.group(1) if match else baseline
        preset = "sentinel2-offset" if int(number) >= 400 else "sentinel2"
        return preset, f"it is Sentinel-2 of baseline {number[:2]}.{number[2:]}"
    match = re.search(r"L[COTEM]0[4-9]_L([12])\w\w_\d{6}_\d{8}_\d{8}_02_", name)
    if match and (match.group(1) == "2" or facts.sensor == "landsat_oli"):
        level = match.group(1)
        return (
            f"landsat-collection2-level{level}",
            f"the file is called like Landsat Collection 2 level {level}",
        )
    if re.search(r"(?<![A-Z])L[CO]8\d{13}", name):
        return "landsat-collection2-level1", "the file is called like a Landsat 8 level 1 scene"
    if re.search(r"_3B_ANALYTICMS(_8B)?_SR", name):
        return "planetscope-sr", "the file is called like PlanetScope surface reflectance"
    if facts.sensor == "gaofen1":
        return "gaofen1-wfv", "the file is called like Gaofen-1 WFV"
    return None


def _from_values(bands: Sequence[BandFacts], sample: np.ndarray) -> Radiometry | None:
    """What the values look like. ``sample`` (bands, n): blue, green, red and maybe nir."""
    count = len(bands)
    dtype = bands[0].dtype
    whole = np.dtype(dtype).kind in "iu"
    darkest, dark, median = _percentiles(sample, (0.1, 5, 50))
    greatest = sample.max()

    if not whole and not implausible(sample):
        return _preset("reflectance", count, "likely", "the values are in the range of reflectance")
    if not whole and greatest <= 200 and not implausible(sample * 0.01):
        return _preset("percent", count, "likely", "the values are in the range of percent")
    if whole and 0 <= sample.min() and greatest <= 255:
        sure: Confidence = "likely" if dtype == "uint8" else "unsure"
        return _preset("picture", count, sure, "the values are those of an 8-bit picture")
    if dtype != "int16" and greatest <= 1023 and _is_land(median) and sample.min() >= 0:
        return _unsure_between(
            "gaofen1-wfv", "sentinel2", count, "no value exceeds 1023, as in 10-bit counts"
        )

    def fits(name: str) -> bool:
        return not implausible(_preset(name, count).reflectance(sample))

    tenthousand = "the values are in the range of reflectance times 10000"
    if dtype == "int16":
        # No product with an offset fits into it.
        return _preset("sentinel2", count, "likely", tenthousand) if fits("sentinel2") else None
    if dark.min() >= 5000:
        names = ("sentinel2", "landsat-collection2-level1", "landsat-collection2-level2")
        return _from_bright_counts(list(filter(fits, names)), dark, sample, tenthousand)
    if fits("sentinel2"):
        # Somewhere a scene is nearly black in some band: of 407 Sentinel-2 and Landsat images
        # the darkest thousandth is below 0.092 in 392, between that and 0.17 in 5.
        darkness = f"nothing is darker than {darkest.min():.0f}"
        if 920 <= darkest.min() < 1700:
            reason = f"{darkness}, as with the offset of 1000"
            return _unsure_between("sentinel2-offset", "sentinel2", count, reason)
        if 1700 <= darkest.min() < 3000:
            reason = f"{tenthousand}, but {darkness}"
            return _unsure_between("sentinel2", "sentinel2-offset", count, reason)
        if greatest <= 1023:
            return _unsure_between("sentinel2", "gaofen1-wfv", count, f"{tenthousand}, over water")
        return _preset("sentinel2", count, "likely", tenthousand)
    if whole and fits("uint16"):
        return _preset("uint16", count, "likely", "the values fill 16 bits from zero on")
    return None


def _is_land(median: np.ndarray) -> bool:
    """Whether near infrared is not as dark as water is; unknown without that band."""
    return len(median) < 4 or median[3] > 0.5 * median[0]


def _from_bright_counts(
    names: Sequence[str], dark: np.ndarray, sample: np.ndarray, tenthousand: str
) -> Radiometry | None:
    """Where nothing is below 5000: Landsat, whose black is far above zero, or all snow or cloud.

    Seen from above the atmosphere the darkest pixels are bluish; snow and cloud are white.
    """
    level1, level2 = "landsat-collection2-level1", "landsat-collection2-level2"
    bluish = dark[0] - dark[1] > 300 and dark[1] - dark[2] > 300
    white = np.percentile(sample.max(0) / sample.min(0).clip(1), 95) < 1.4
    count = len(sample)
    if "sentinel2" in names and white and not bluish:
        return _unsure_between(
            "sentinel2", level2, count, f"{tenthousand}, if all of it is snow or cloud"
        )
    if level1 in names and (bluish or dark.min() < 6900 or level2 not in names):
        return _preset(
            level1, count, "likely", "nothing is darker than 5000 counts, the black of Landsat 8/9"
        )
    if level2 in names:
        return _unsure_between(
            level2, level1, count, "nothing is darker than 7273 counts, its black"
        )
    return None


def _unsure_between(name: str, other: str, count: int, reason: str) -> Radiometry:
    warning = (
        f"The values were taken for {_PRESETS[name][2]} ('{name}'); if they are "
        f"{_PRESETS[other][2]}, choose the radiometry '{other}'."
    )
    return _preset(name, count, "unsure", reason, (warning,))
