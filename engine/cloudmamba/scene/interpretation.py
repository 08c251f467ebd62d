"""How a raster is read: which band is which and what its numbers are, and what else they may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cloudmamba.classes import BANDS
from cloudmamba.errors import InterpretationError
from cloudmamba.raster.bands import BandRoles, guess_bands, parse_bands
from cloudmamba.raster.radiometry import (
    Radiometry,
    parse_radiometry,
    radiometry_in_words,
    resolve_radiometry,
)
from cloudmamba.scene.reader import Scene

_MOST_READINGS = 4


@dataclass(frozen=True)
class Reading:
    """One way to read a raster."""

    roles: BandRoles
    radiometry: Radiometry

    @property
    def options(self) -> str:
        """As the command line takes it."""
        return f"--bands {self.roles.as_option} --radiometry {self.radiometry_option}"

    @property
    def radiometry_option(self) -> str:
        """The radiometry as a user gives it."""
        if self.radiometry.name != "file":
            return self.radiometry.name
        if len(set(zip(self.radiometry.scales, self.radiometry.offsets, strict=True))) > 1:
            # What a file says of each band is what it is read by anyway.
            return "auto"
        return f"scale:{self.radiometry.scales[0]:.9g},{self.radiometry.offsets[0]:.9g}"


@dataclass(frozen=True)
class Interpretation:
    """All readings of a raster that make sense, the best first.

    Attributes:
        warnings: sentences for the user on what was guessed.
    """

    readings: tuple[Reading, ...]
    warnings: tuple[str, ...]

    @property
    def best(self) -> Reading:
        return self.readings[0]

    @property
    def is_open(self) -> bool:
        """Whether nothing speaks for the best reading rather than for another."""
        best = self.best
        return len(self.readings) > 1 and "unsure" in (
            best.roles.confidence,
            best.radiometry.confidence,
        )

    def titles(self) -> list[str]:
        """For each reading a few words on what tells it from the others."""
        bands_differ = len({reading.roles.numbers for reading in self.readings}) > 1
        units_differ = len({reading.radiometry.name for reading in self.readings}) > 1
        titles = []
        for reading in self.readings:
            parts = []
            if units_differ or not bands_differ:
                parts.append(radiometry_in_words(reading.radiometry.name))
            if bands_differ:
                parts.append(reading.roles.in_words)
            titles.append("; ".join(parts))
        return titles


def interpret(
    scene: Scene,
    bands: str = "",
    radiometry: str = "auto",
    check_cancelled: Callable[[], None] = lambda: None,
) -> Interpretation:
    """Settle bands and radiometry of a scene: as given, else as its metadata and values tell.

    Args:
        bands, radiometry: as in ``DetectionRequest``.

    Raises:
        InputError: it is no image by its name, a band is empty, or no pixel is valid.
        InterpretationError: nothing tells which band is which or what the numbers are, or they
            cannot be what was given.
    """
    is_guessed = parse_radiometry(radiometry, len(BANDS)) is None
    if is_guessed and (what := scene.metadata.not_an_image):
        raise InterpretationError(
            f"'{scene.metadata.name}' is called like {what}, not like an image to detect clouds in: "
            "give the image itself. If it is one, say what its numbers are (--radiometry)."
        )
    roles = settle_bands(scene, bands, check_cancelled)
    readings: list[Reading] = []
    for candidate in (replace(roles, alternatives=()), *roles.alternatives):
        try:
            found = _radiometry_of(scene, candidate, radiometry, check_cancelled)
        except InterpretationError:
            if not readings:
                raise
            continue
        readings.append(Reading(candidate, found))
        for choice in found.alternatives:
            if (other := parse_radiometry(choice, len(candidate.available_bands))) is not None:
                readings.append(Reading(candidate, replace(other, confidence="unsure", reason="")))
    warnings = [
        *scene.fill_warnings(readings[0].roles.available_numbers),
        *readings[0].radiometry.warnings,
    ]
    if roles.confidence == "unsure":
        warnings.append(f"The bands were guessed: {roles}. Give them if that is wrong.")
    return Interpretation(tuple(readings[:_MOST_READINGS]), tuple(warnings))


def settle_bands(
    scene: Scene, bands: str = "", check_cancelled: Callable[[], None] = lambda: None
) -> BandRoles:
    """Which band is which, as given or guessed. Raises as ``interpret`` does."""
    if bands.strip():
        roles = parse_bands(bands, len(scene.metadata.bands))
        for number in roles.available_numbers:
            if scene.metadata.bands[number - 1].is_alpha:
                raise InterpretationError(
                    f"Band {number} of '{scene.path}' is opacity and no image: leave it out."
                )
        return roles
    return guess_bands(scene.metadata, lambda numbers: scene.sample(numbers, check_cancelled))


def _radiometry_of(
    scene: Scene, roles: BandRoles, choice: str, check_cancelled: Callable[[], None]
) -> Radiometry:
    numbers = roles.available_numbers
    sample = scene.sample(numbers, check_cancelled)
    return resolve_radiometry(choice, scene.metadata, numbers, sample)
