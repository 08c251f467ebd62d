"""How the engine would read an image, from what it answers to ``describe``."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

_ROLES = ("blue", "green", "red", "nir")
_LARGEST_THUMBNAIL_PX = 1024


@dataclass(frozen=True)
class Thumbnail:
    """A small picture in true colour: rows from the top, three bytes a pixel."""

    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True)
class Reading:
    """One way to read the image.

    Attributes:
        bands, radiometry: as a detection takes them.
        title: what differs from the other readings, in English.
        cloud_percent: of the valid pixels of the thumbnail; None where that was not tried.
    """

    bands: str
    radiometry: str
    title: str
    cloud_percent: float | None
    thumbnail: Thumbnail | None


@dataclass(frozen=True)
class Guess:
    """What was found out of bands or of values: ``confidence`` is certain, likely or unsure."""

    confidence: str
    reason: str


@dataclass(frozen=True)
class Description:
    """All that the engine says of an image before it is masked.

    Attributes:
        band_numbers: of blue, green, red and perhaps near infrared; empty where nobody knows.
        bands, radiometry: how they were found out; None where they were not.
        radiometry_name: empty where nobody knows.
        problem: why it cannot be masked as it is, in a sentence; empty where it can.
        readings: the best first; one alone leaves nothing to ask.
        question: why to ask which of the readings is right; empty where their masks agree.
    """

    band_numbers: str
    bands: Guess | None
    radiometry: Guess | None
    radiometry_name: str
    warnings: tuple[str, ...]
    problem: str
    readings: tuple[Reading, ...]
    question: str

    @property
    def is_unsure(self) -> bool:
        """Whether something is missing or was guessed without good reason."""
        guesses = (self.bands, self.radiometry)
        return bool(self.problem) or any(one and one.confidence == "unsure" for one in guesses)


def read_description(answer: dict[str, Any]) -> Description:
    """Raises ``ValueError`` where the answer is none."""
    try:
        bands, radiometry = answer["bands"], answer["radiometry"]
        numbers = [str(int(bands[role])) for role in _ROLES if bands[role]] if bands else []
        return Description(
            ",".join(numbers),
            _guess(bands),
            _guess(radiometry),
            str(radiometry["name"]) if radiometry else "",
            tuple(map(str, answer.get("warnings", ()))),
            str(answer["problem"]),
            tuple(map(_reading, answer.get("readings", ()))),
            str(answer.get("question", "")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a description of an image: {error}") from error


def _guess(found: dict[str, Any] | None) -> Guess | None:
    return Guess(str(found["confidence"]), str(found["reason"])) if found else None


def _reading(answer: dict[str, Any]) -> Reading:
    percent, picture = answer["cloud_percent"], answer["thumbnail"]
    return Reading(
        str(answer["bands"]),
        str(answer["radiometry"]),
        str(answer["title"]),
        None if percent is None else float(percent),
        None if picture is None else _thumbnail(picture),
    )


def _thumbnail(answer: dict[str, Any]) -> Thumbnail:
    width, height = int(answer["width"]), int(answer["height"])
    if not (0 < width <= _LARGEST_THUMBNAIL_PX and 0 < height <= _LARGEST_THUMBNAIL_PX):
        raise ValueError(f"a thumbnail of {width} x {height} pixels")
    try:
        rgb = base64.b64decode(answer["rgb"], validate=True)
    except binascii.Error as error:
        raise ValueError(f"not a picture: {error}") from error
    if len(rgb) != 3 * width * height:
        raise ValueError("a picture of another size than it says")
    return Thumbnail(width, height, rgb)
