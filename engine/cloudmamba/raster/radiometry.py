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
from cloudmamba.raster.band_agreement import check_in_one_unit
from cloudmamba.raster.metadata import BandMetadata, Confidence, ProductMetadata, RasterMetadata

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

PICTURE = "picture"
# name: (scale or scales of blue, green, red, nir; offset; words).
PRESETS: dict[str, tuple[float | tuple[float, ...], float, str]] = {
    "reflectance": (1.0, 0.0, "reflectance"),
    "percent": (0.01, 0.0, "reflectance in percent"),
    "sentinel2": (1e-4, 0.0, "reflectance times 10000"),
    "sentinel2-offset": (1e-4, -0.1, "Sentinel-2 of baseline 04.00 or later"),
    "landsat-collection2-level1": (2e-5, -0.1, "Landsat 8/9 level 1, sun elevation not corrected"),
    "landsat-collection2-level2": (2.75e-5, -0.2, "Landsat Collection 2 level 2"),
    "planetscope-sr": (1e-4, 0.0, "PlanetScope surface reflectance"),
    "gaofen1-wfv": (_GAOFEN1_SCALES, 0.0, "Gaofen-1 WFV counts with a sun 50 degrees high"),
    "uint16": (1 / 65535, 0.0, "reflectance 0..1 stretched over 16 bits"),
    PICTURE: (_PICTURE_WHITE / 255, 0.0, "an 8-bit picture"),
}
PRESET_NAMES = tuple(PRESETS)
_CHOICES = f"auto, scale:S or scale:S,OFFSET, counts:BITS, {', '.join(PRESET_NAMES)}"

# Processing baselines of Sentinel-2 as numbers, 400 for 04.00. What was processed with 99.99 was not
# by the provider, and may have the offset or not.
_OFFSET_SINCE_BASELINE = 400
_LOCAL_BASELINE = 9999
_OFFSET_COUNTS = -1000.0

# Raw counts have no known unit: the greatest is taken for a cloud of this reflectance.
_WHITE_OF_COUNTS = 0.8
_COUNT_BITS = range(9, 16)
_SENSOR_BITS = (11, 12, 14)

# Reflectance of images: below and above what no clear, cloudy, snowy or watery scene comes to.
_DARKEST_LOW = -0.25
_BRIGHTEST_HIGH = (0.015, 2.3)
_MEDIAN_HIGH = 1.75
# The same where no other reading competes: clouds under a low sun that is not corrected for.
_BRIGHTEST_ACCEPTED = 4.0
# Reflectance of a pixel: beyond this it is damaged or fill, whatever the others are.
_POSSIBLE = (-0.3, 4.5)
# Share of pixels that may be impossible, unless they all have a few values, as fill has.
_FEW_IMPOSSIBLE = 0.02
_FILL_VALUES = 4
# No image has numbers below; above the second are floating point fill values only.
_LOWEST_NUMBER, _GREATEST_NUMBER = -5000, 1e6
# Somewhere a scene is nearly black in some band: of 600 images the darkest thousandth is above
# 0.17 in 19, which are all snow, cloud or desert and hardly reach 1.4.
_BLACK, _BRIGHT_SCENE = 0.17, 1.5
# With an offset the dark end is sharp: from the darkest thousandth to the darkest twentieth it is
# less than that in 88 % of 480 images, but in 5 of 17 that are so bright without an offset (haze).
_SHARP_EDGE = 300
# Percent of reflectance: what at least the median and the brightest hundredth come to.
_PERCENT_MEDIAN, _PERCENT_BRIGHT = 1.5, 5.0
# Of 600 images one has more than a hundredth of its pixels below that.
_NEGATIVE, _NEGATIVE_SHARE = -0.01, 0.03
# What is left of the offset at the dark end where it is still due: water comes to -0.04 where it is 0.2.
_OFFSET_IS_DUE = 0.8
# Sentinel-2 counts that the offset of 1000 leaves to next to no pixel.
_BELOW_ANY_OFFSET = 900
# Ten bits.
_GREATEST_COUNT_OF_WFV = 1023
# What a type must be able to hold.
_BRIGHTEST_POSSIBLE = 0.2


@dataclass(frozen=True)
class Radiometry:
    """reflectance = number * scale + offset, for each of the bands that are read.

    Attributes:
        scales, offsets: one for each band.
        confidence, reason: how sure and why.
        warnings: sentences for the user.
        alternatives: other choices of ``parse_radiometry`` that the values may well be.
    """

    name: str
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    confidence: Confidence = "certain"
    reason: str = "as given"
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()

    @property
    def is_picture(self) -> bool:
        """Whether the numbers are an 8-bit picture's, which tell reflectance but roughly."""
        return self.name == PICTURE

    def reflectance(self, numbers: np.ndarray) -> np.ndarray:
        """Reflectance float32 (bands, ...) of stored ``numbers`` (bands, ...)."""
        shape = (-1,) + (1,) * (numbers.ndim - 1)
        reflectance = numbers.astype(np.float32)
        reflectance *= np.array(self.scales, np.float32).reshape(shape)
        reflectance += np.array(self.offsets, np.float32).reshape(shape)
        return reflectance

    def possible(self, numbers: np.ndarray, reflectance: np.ndarray | None = None) -> np.ndarray:
        """Where stored ``numbers`` (bands, ...) can be reflectance in every band: bool (...).

        Damaged pixels and fill that nobody declared are not.

        Args:
            reflectance: of the numbers, where it is known.
        """
        return np.asarray(self._in_range(numbers, reflectance).all(0))

    def _in_range(self, numbers: np.ndarray, reflectance: np.ndarray | None = None) -> np.ndarray:
        if reflectance is None:
            reflectance = self.reflectance(numbers)
        lowest, greatest = _POSSIBLE
        fine = (reflectance >= lowest) & (reflectance <= greatest)
        if numbers.dtype.kind in "iu":
            # The greatest number of a type is what overflow and fill leave.
            at_limit = numbers == np.iinfo(numbers.dtype).max
            fine &= ~(at_limit & (reflectance > _BRIGHTEST_HIGH[1]))
        return fine

    def problem_of(self, sample: np.ndarray) -> str | None:
        """Why stored numbers (bands, n) cannot be reflectance this way, or None if they can.

        A few impossible pixels do not count, and many do not if they have a few values.
        """
        fine = self._in_range(sample)
        possible = fine.all(0)
        if not possible.any() or not _may_be_fill(fine, sample):
            return implausible(self.reflectance(sample), _BRIGHTEST_ACCEPTED) or (
                f"{100 * (1 - possible.mean()):.0f} % of the pixels would be too dark or too bright"
            )
        return implausible(self.reflectance(sample[:, possible]), _BRIGHTEST_ACCEPTED)

    def check_bands_agree(self, sample: np.ndarray) -> None:
        """Raises InterpretationError where a band of stored numbers (bands, n) has another unit."""
        possible = self.possible(sample)
        numbers = sample[:, possible] if possible.any() else sample
        (brightest,) = _percentiles(self.reflectance(numbers), (99,))
        check_in_one_unit(brightest, self.name)

    def __str__(self) -> str:
        return f"{self.name} ({self.confidence}: {self.reason})"


def parse_radiometry(text: str, band_count: int) -> Radiometry | None:
    """The conversion that ``text`` names, None for ``auto``.

    Args:
        text: ``auto``, a name of ``PRESET_NAMES``, ``scale:S[,OFFSET]`` or ``counts:BITS``.
        band_count: 3 (blue, green, red) or 4 (and near infrared).

    Raises:
        InterpretationError: it is none of these.
    """
    name = text.strip().lower()
    if name == "auto":
        return None
    if name in PRESETS:
        return _preset(name, band_count)
    if bits := _bits_of(name):
        scale = _WHITE_OF_COUNTS / (2**bits - 1)
        return Radiometry(name, (scale,) * band_count, (0.0,) * band_count)
    match = re.fullmatch(r"scale:([^,]+)(?:,([^,]+))?", name)
    try:
        scale, offset = float(match[1] if match else ""), float((match and match[2]) or 0)
    except ValueError:
        raise InterpretationError(f"The radiometry '{text}' is unknown: use {_CHOICES}.") from None
    if not (math.isfinite(scale) and math.isfinite(offset) and scale > 0):
        raise InterpretationError(
            f"The radiometry '{text}' needs a positive scale and a finite offset."
        )
    return Radiometry(name, (scale,) * band_count, (offset,) * band_count)


def radiometry_in_words(choice: str) -> str:
    """What a choice of ``parse_radiometry`` means."""
    if choice in PRESETS:
        return PRESETS[choice][2]
    if bits := _bits_of(choice):
        return f"raw counts of {bits} bits"
    if choice == "file":
        return "with the scale and offset of the file"
    scale, _, offset = choice.removeprefix("scale:").partition(",")
    return f"numbers times {scale}" + (f" plus {offset}" if offset else "")


def _bits_of(choice: str) -> int | None:
    match = re.fullmatch(r"counts:(\d{1,2})", choice)
    return int(match.group(1)) if match and int(match.group(1)) in _COUNT_BITS else None


def resolve_radiometry(
    choice: str, metadata: RasterMetadata, band_numbers: Sequence[int], sample: np.ndarray
) -> Radiometry:
    """The conversion to reflectance for the bands that are read.

    ``auto`` takes scale and offset of the file where set, else the product that the file's
    name and metadata tell of, else what the values look like.

    Args:
        choice: as for ``parse_radiometry``.
        metadata: what the raster says of itself.
        band_numbers: blue, green, red and, if there is one, near infrared.
        sample: stored numbers of valid pixels (bands, n), n >= 1, in that order.

    Raises:
        InterpretationError: the choice is unknown, the values cannot be reflectance that way, or
            the bands are not in one unit.
    """
    bands = [metadata.bands[number - 1] for number in band_numbers]
    settled = _settle(choice, metadata, bands, sample)
    settled.check_bands_agree(sample)
    return settled


def _settle(
    choice: str, metadata: RasterMetadata, bands: Sequence[BandMetadata], sample: np.ndarray
) -> Radiometry:
    """As ``resolve_radiometry``, of all bands together."""
    given = parse_radiometry(choice, len(bands))
    if given is not None:
        if problem := _unfit(given, bands) or given.problem_of(sample):
            raise InterpretationError(
                f"The values cannot be '{choice}': {problem}; {_value_range(sample)}. Choose "
                "another radiometry or 'auto'."
            )
        return _warned_of_other_looks(given, bands, sample)

    warnings: tuple[str, ...] = ()
    declared = _declared(bands, metadata.product)
    if declared is not None:
        problem = (
            _senseless(declared) or declared.problem_of(sample) or _no_counts(metadata, sample)
        )
        if not problem:
            if metadata.product is not None and metadata.product.has_certain_offset:
                return declared
            return _without_offset_twice(declared, sample)
        warnings = (f"The scale and offset of the file were not used: with them {problem}.",)
    if radiance := metadata.radiance:
        raise InterpretationError(
            f"{radiance}: radiance needs its coefficients to become reflectance. Give the "
            "surface or top of atmosphere reflectance of the product, or the factor as "
            "radiometry scale:S."
        )
    found = _from_product(metadata, bands, sample) or _from_values(bands, sample)
    if found is None:
        raise InterpretationError(
            f"The values do not look like reflectance in any known way ({_value_range(sample)}): "
            f"say what they are (radiometry: {_CHOICES}), and check that no data is declared."
        )
    return replace(found, warnings=warnings + found.warnings)


def _no_counts(metadata: RasterMetadata, sample: np.ndarray) -> str | None:
    """Why a product of Gaofen-1 holds no counts: somebody has corrected it and kept its name."""
    is_gaofen1 = metadata.product is not None and metadata.product.title.startswith("Gaofen-1 ")
    if is_gaofen1 and (high := _percentiles(sample, (99.9,)).max()) > _GREATEST_COUNT_OF_WFV:
        return f"numbers of up to {high:g} would be counts of ten bits, which end at 1023"
    return None


def _senseless(radiometry: Radiometry) -> str | None:
    if all(map(math.isfinite, radiometry.offsets)) and all(
        math.isfinite(scale) and scale != 0 for scale in radiometry.scales
    ):
        return None
    return "reflectance would be the same everywhere or no number"


def _without_offset_twice(declared: Radiometry, sample: np.ndarray) -> Radiometry:
    """The declared conversion, without its offset where that was taken out of the numbers already.

    Large catalogues deliver such files: then many pixels are below zero.
    """
    negative = (declared.reflectance(sample) < _NEGATIVE).any(0).mean()
    if max(declared.offsets) >= 0 or negative <= _NEGATIVE_SHARE:
        return declared
    without = replace(declared, offsets=(0.0,) * len(declared.offsets))
    # What lies below zero with an offset that is still due, as water does after a correction, lies
    # near minus the offset without it; where it was taken out, near zero.
    darkest = _percentiles(without.reflectance(sample), (0.1,)).min()
    if without.problem_of(sample) or darkest > -_OFFSET_IS_DUE * max(declared.offsets):
        return declared
    scale, offset = declared.scales[0], declared.offsets[0]
    warning = (
        f"The offset of the file ({offset:g}) was not used: with it {100 * negative:.0f} % of the "
        "pixels would be darker than black, so it was taken out of the numbers already. If it was "
        f"not, choose the radiometry 'scale:{scale:g},{offset:g}'."
    )
    reason = "the file sets scale and offset, and the offset was taken out already"
    return replace(without, confidence="likely", reason=reason, warnings=(warning,))


def implausible(reflectance: np.ndarray, brightest: float = _BRIGHTEST_HIGH[1]) -> str | None:
    """Why values (bands, n) cannot be reflectance of a scene, or None if they can.

    Snow, deserts, water and scenes full of cloud all pass: only the order of magnitude and
    the sign are checked.

    Args:
        brightest: what the brightest hundredth may come to.
    """
    low, median, high = _percentiles(reflectance, (1, 50, 99))
    # An infinite extreme alone may hide from percentiles.
    if not np.isfinite(reflectance).all():
        return "reflectance would not be a finite number"
    if high.max() > brightest or median.max() > _MEDIAN_HIGH:
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
    scale, offset, _ = PRESETS[name]
    scales = scale[:band_count] if isinstance(scale, tuple) else (scale,) * band_count
    return Radiometry(name, scales, (offset,) * band_count, confidence, reason, warnings)


def _value_range(sample: np.ndarray) -> str:
    low, median, high = np.percentile(sample, (1, 50, 99))
    return f"they run from {low:.6g} to {high:.6g} with a median of {median:.6g}"


def _unfit(radiometry: Radiometry, bands: Sequence[BandMetadata]) -> str | None:
    """Why numbers of this type can never be reflectance that way, as 8 bits in 1/10000."""
    if np.dtype(bands[0].dtype).kind not in "iu":
        return None
    greatest = np.iinfo(bands[0].dtype).max
    brightest = greatest * max(radiometry.scales) + max(radiometry.offsets)
    if brightest > _BRIGHTEST_POSSIBLE:
        return None
    return f"{bands[0].dtype} holds {greatest} at most, so reflectance up to {brightest:.4g}"


def _warned_of_other_looks(
    given: Radiometry, bands: Sequence[BandMetadata], sample: np.ndarray
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
    words = radiometry_in_words(looks.name)
    warning = f"The values look like {words} ('{looks.name}') rather than '{given.name}'."
    return replace(given, warnings=(warning,))


def _declared(bands: Sequence[BandMetadata], product: ProductMetadata | None) -> Radiometry | None:
    """Scale and offset that the file sets, or the product's metadata."""
    scales = tuple(band.scale for band in bands)
    offsets = tuple(band.offset for band in bands)
    if all(scale == 1 for scale in scales) and not any(offsets):
        return None
    if product is not None:
        return Radiometry(
            "file", scales, offsets, product.confidence, product.reason, product.warnings
        )
    reason = "the file sets scale and offset"
    return Radiometry("file", scales, offsets, "certain", reason)


def _from_product(
    metadata: RasterMetadata, bands: Sequence[BandMetadata], sample: np.ndarray
) -> Radiometry | None:
    """From the product that the file's name or metadata tell of, if the values agree."""
    if metadata.product is not None and metadata.product.title.startswith("Sentinel-2"):
        return _sentinel2_without_baseline(len(bands), sample)
    named = _product_of(metadata)
    if named is None or bands[0].dtype in ("uint8", "int8"):
        return None
    name, reason = named
    found = _preset(name, len(bands), "likely", reason)
    reflectance = found.reflectance(sample)
    if name == "gaofen1-wfv" and _percentiles(sample, (99.9,)).max() > _GREATEST_COUNT_OF_WFV:
        return None  # corrected by somebody who kept the name
    # Many providers take the offset of baseline 04.00 out again and keep the name: then the
    # dark end falls below zero.
    if found.problem_of(sample) or _percentiles(reflectance, (0.1,)).min() < -0.04:
        return None
    return found


def _sentinel2_without_baseline(count: int, sample: np.ndarray) -> Radiometry:
    """Sentinel-2 whose metadata is missing: the values tell whether 1000 was added to them.

    With it nothing but errors of the correction lies below 1000.
    """
    if _percentiles(sample, (1,)).min() < _BELOW_ANY_OFFSET:
        reason = "it is Sentinel-2, and with an offset of 1000 nothing would be below 1000"
        return _preset("sentinel2", count, "certain", reason)
    return _unsure_between(
        "sentinel2-offset",
        ("sentinel2",),
        count,
        "it is Sentinel-2 without the metadata that tells its baseline, and nothing is darker "
        "than the offset of 1000",
    )


def _product_of(metadata: RasterMetadata) -> tuple[str, str] | None:
    """Preset and reason, from names and tags of products as they are delivered."""
    name = metadata.name.upper()
    baseline = metadata.tags.get("PROCESSING_BASELINE", "").replace(".", "")
    match = re.search(r"MSIL(?:1C|2A)_\d{8}T\d{6}_N(\d{4})", name)
    if match or re.fullmatch(r"\d{4}", baseline):
        number = match.group(1) if match else baseline
        offset = sentinel2_offset(int(number))
        if offset is None:
            return None
        preset = "sentinel2-offset" if offset else "sentinel2"
        return preset, f"it is Sentinel-2 of baseline {number[:2]}.{number[2:]}"
    match = re.search(r"L[COTEM]0[4-9]_L([12])\w\w_\d{6}_\d{8}_\d{8}_02_", name)
    if match and (match.group(1) == "2" or metadata.sensor == "landsat_oli"):
        level = match.group(1)
        return (
            f"landsat-collection2-level{level}",
            f"the file is called like Landsat Collection 2 level {level}",
        )
    if re.search(r"(?<![A-Z])L[CO]8\d{13}", name):
        return "landsat-collection2-level1", "the file is called like a Landsat 8 level 1 scene"
    if re.search(r"_3B_ANALYTICMS(_8B)?_SR", name):
        return "planetscope-sr", "the file is called like PlanetScope surface reflectance"
    if metadata.sensor == "gaofen1":
        return "gaofen1-wfv", "the file is called like Gaofen-1 WFV"
    return None


def sentinel2_offset(baseline: int) -> float | None:
    """What is to be added to numbers of Sentinel-2, None where the baseline does not tell.

    Args:
        baseline: of the processing, 400 for 04.00.
    """
    if baseline == _LOCAL_BASELINE:
        return None
    return _OFFSET_COUNTS if baseline >= _OFFSET_SINCE_BASELINE else 0.0


def _from_values(bands: Sequence[BandMetadata], sample: np.ndarray) -> Radiometry | None:
    """What the values look like. ``sample`` (bands, n): blue, green, red and maybe nir."""
    dtype = np.dtype(bands[0].dtype)
    whole = dtype.kind in "iu"
    sample = _without_fill_numbers(sample, dtype)
    if not whole and (found := _from_fractions(sample)):
        return found
    count = len(bands)
    darkest, dark, median = _percentiles(sample, (0.1, 5, 50))
    least, greatest = sample.min(), sample.max()

    def fits(name: str) -> bool:
        return not implausible(_preset(name, count).reflectance(sample))

    if whole and least >= 0 and greatest <= 255:
        reason = "the values are those of an 8-bit picture"
        if dtype == "uint8":
            return _preset(PICTURE, count, "likely", reason)
        others = tuple(name for name in ("percent", "sentinel2") if fits(name))
        return (
            _unsure_between(PICTURE, others, count, reason)
            if others
            else _preset(PICTURE, count, "unsure", reason)
        )

    if greatest <= 1023 and _are_counts(sample) and _is_land(median):
        return _unsure_between(
            "gaofen1-wfv", ("sentinel2",), count, "no value exceeds 1023, as in 10-bit counts"
        )
    if (bits := _bits_of_counts(sample, median)) and fits("sentinel2"):
        reason = f"no value exceeds {2**bits - 1}, as in counts of {bits} bits"
        return _unsure_between("sentinel2", (f"counts:{bits}",), count, reason)
    tenthousand = "the values are in the range of reflectance times 10000"
    if dark.min() >= 5000 and dtype != np.int16:  # which Landsat's counts do not fit into
        names = ("sentinel2", "landsat-collection2-level1", "landsat-collection2-level2")
        return _from_bright_counts(list(filter(fits, names)), dark, sample, tenthousand)
    if fits("sentinel2"):
        darkness = f"nothing is darker than {darkest.min():.0f}"
        if 920 <= darkest.min() < 10_000 * _BLACK:
            edge = (dark - darkest)[darkest.argmin()]
            if edge < _SHARP_EDGE:
                reason = f"{darkness} and much is nearly as dark, as with the offset of 1000"
                offset = _preset("sentinel2-offset", count, "likely", reason)
                return replace(_warned(offset, ("sentinel2",)), alternatives=("sentinel2",))
        if 920 <= darkest.min() < 3000:
            reason = f"{tenthousand}, but {darkness}"
            return _unsure_between("sentinel2", ("sentinel2-offset",), count, reason)
        if greatest <= 1023:
            over_water = _preset("sentinel2", count, "likely", f"{tenthousand}, over water")
            return _warned(over_water, ("gaofen1-wfv",))
        return _preset("sentinel2", count, "likely", tenthousand)
    if whole and least >= 0 and fits("uint16"):
        return _preset("uint16", count, "likely", "the values fill 16 bits from zero on")
    return None


def _without_fill_numbers(sample: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The pixels of a sample (bands, n) without numbers that no image has.

    All of them where that would be none, or where there are more such numbers than fill has.
    """
    greatest = np.iinfo(dtype).max - 1 if dtype.itemsize > 1 and dtype.kind in "iu" else np.inf
    fine = (sample >= _LOWEST_NUMBER) & (sample <= min(greatest, _GREATEST_NUMBER))
    kept = fine.all(0)
    return sample[:, kept] if kept.any() and _may_be_fill(fine, sample) else sample


def _may_be_fill(fine: np.ndarray, sample: np.ndarray) -> bool:
    """Whether the numbers (bands, n) that are not ``fine`` are few, or of a few values."""
    return bool(
        (~fine.all(0)).mean() <= _FEW_IMPOSSIBLE or len(np.unique(sample[~fine])) <= _FILL_VALUES
    )


def _from_fractions(sample: np.ndarray) -> Radiometry | None:
    """Floating point numbers (bands, n): reflectance or percent, and which of them, or neither."""
    count = len(sample)
    as_reflectance = _preset("reflectance", count, "likely", "the values are in its range")
    as_percent = _preset("percent", count, "likely", "the values are in the range of percent")
    if not as_reflectance.problem_of(sample):
        part = sample[:, as_reflectance.possible(sample)]
        darkest, bright = _percentiles(part, (0.1, 99))
        if bright.max() <= _BRIGHT_SCENE or darkest.min() <= _BLACK:
            return as_reflectance
        # Two digits: what it stands for is known no better.
        scale = f"scale:{1 / bright.max():.2g}"
        reason = (
            f"the values are near the range of reflectance, but run from {darkest.min():.2g} to "
            f"{bright.max():.2g}"
        )
        return _unsure_between("reflectance", (scale,), count, reason)
    if not as_percent.problem_of(sample):
        part = sample[:, as_percent.possible(sample)]
        median, bright = _percentiles(part, (50, 99))
        if bright.max() <= 200 and bright.max() >= _PERCENT_BRIGHT:
            if median.max() >= _PERCENT_MEDIAN:
                return as_percent
            reason = "the values are in the range of percent, but most are close to zero"
            scale = f"scale:{1 / bright.max():.2g}"
            return _unsure_between("percent", (scale,), count, reason)
    return None


def _are_counts(sample: np.ndarray) -> bool:
    """Whether numbers are whole and not negative, whatever their type."""
    return sample.min() >= 0 and not (sample.dtype.kind == "f" and (sample % 1).any())


def _bits_of_counts(sample: np.ndarray, median: np.ndarray) -> int | None:
    """Of how many bits counts (bands, n) of a sensor are, None where nothing tells that they are.

    Saturated pixels share the greatest number that fits. With 11 bits all of a scene on land
    tells, too: there reflectance in 1/10000 exceeds 2047.
    """
    if not _are_counts(sample):
        return None
    greatest = sample.max()
    for bits in _SENSOR_BITS:
        if greatest == 2**bits - 1 and (sample == greatest).any(0).mean() > 0.001:
            return bits
    return 11 if greatest <= 2047 and _is_land(median) and len(median) == 4 else None


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
            "sentinel2", (level2,), count, f"{tenthousand}, if all of it is snow or cloud"
        )
    if level1 in names and (bluish or dark.min() < 6900 or level2 not in names):
        reason = "nothing is darker than 5000 counts, the black of Landsat 8/9"
        if bluish or "sentinel2" not in names:
            return _preset(level1, count, "likely", reason)
        return _unsure_between(level1, ("sentinel2",), count, reason)
    if level2 in names:
        return _unsure_between(
            level2, (level1,), count, "nothing is darker than 7273 counts, its black"
        )
    return None


def _unsure_between(
    name: str, alternatives: tuple[str, ...], count: int, reason: str
) -> Radiometry:
    found = replace(_preset(name, count, "unsure", reason), alternatives=alternatives)
    return _warned(found, alternatives)


def _warned(found: Radiometry, others: Sequence[str]) -> Radiometry:
    """With a sentence that names what else the values may be."""
    listed = " or ".join(f"{radiometry_in_words(other)} ('{other}')" for other in others)
    warning = (
        f"The values were taken for {radiometry_in_words(found.name)} ('{found.name}'): "
        f"{found.reason}. If they are {listed}, choose that radiometry."
    )
    return replace(found, warnings=(*found.warnings, warning))
