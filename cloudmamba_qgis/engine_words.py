"""What the engine says in English, in the user's language.

The engine is a program of its own that knows no languages. What is not listed here, or was
said by an engine of another version, stays in English.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cloudmamba_qgis.translation import tr


def in_users_language(text: str) -> str:
    """The text of the engine, translated where it is known; numbers and names are kept."""
    for pattern, translated in _patterns(tr("Detecting clouds")):
        match = pattern.fullmatch(text)
        if match:
            return translated.format(**match.groupdict())
    return text


def confidence_words(confidence: str) -> str:
    """How sure the engine is of a guess."""
    words = {"certain": tr("certain"), "likely": tr("likely"), "unsure": tr("guessed")}
    return words.get(confidence, confidence)


@lru_cache(maxsize=4)
def _patterns(_: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Of all known texts; anew where the language, seen from a word of it, is another."""
    return tuple((_pattern(english), translated) for english, translated in _texts().items())


def _pattern(english: str) -> re.Pattern[str]:
    """Matches a text with anything in place of its ``{fields}``."""
    parts = re.split(r"\{(\w+)\}", english)
    pattern = re.escape(parts[0])
    for field, rest in zip(parts[1::2], parts[2::2]):
        pattern += f"(?P<{field}>.+?){re.escape(rest)}"
    return re.compile(pattern, re.DOTALL)


def _texts() -> dict[str, str]:
    """English and translated, the most particular first."""
    return {
        # What is going on
        "Detecting clouds": tr("Detecting clouds"),
        "Checking the results": tr("Checking the results"),
        # Bands
        "as given": tr("as given"),
        "the band descriptions name them": tr("the band descriptions name them"),
        "the wavelengths of the bands tell it": tr("the wavelengths of the bands tell it"),
        "the bands are named as those of {sensor}": tr("the bands are named as those of {sensor}"),
        "the colour interpretation of the bands tells it": tr(
            "the colour interpretation of the bands tells it"
        ),
        "a picture of three bands is red, green, blue": tr(
            "a picture of three bands is red, green, blue"
        ),
        "satellite products start with blue": tr("satellite products start with blue"),
        "8-bit pictures start with red": tr("8-bit pictures start with red"),
        # Values
        "the file sets scale and offset": tr("the file sets scale and offset"),
        "it is Sentinel-2 of baseline {baseline}": tr("it is Sentinel-2 of baseline {baseline}"),
        "the file is called like {product}": tr("the file is called like {product}"),
        "the values are those of an 8-bit picture": tr("the values are those of an 8-bit picture"),
        "the values are in the range of reflectance times 10000": tr(
            "the values are in the range of reflectance times 10000"
        ),
        "the values are in its range": tr("the values are in its range"),
        "the values are in the range of percent": tr("the values are in the range of percent"),
        "the values fill 16 bits from zero on": tr("the values fill 16 bits from zero on"),
        # Readings
        "reflectance": tr("reflectance"),
        "reflectance in percent": tr("reflectance in percent"),
        "reflectance times 10000": tr("reflectance times 10000"),
        "Sentinel-2 of baseline 04.00 or later": tr("Sentinel-2 of baseline 04.00 or later"),
        "reflectance 0..1 stretched over 16 bits": tr("reflectance 0..1 stretched over 16 bits"),
        "an 8-bit picture": tr("an 8-bit picture"),
        "numbers times {scale} plus {offset}": tr("numbers times {scale} plus {offset}"),
        "numbers times {scale}": tr("numbers times {scale}"),
        # Warnings
        "The bands were guessed: {roles}. Give them if that is wrong.": tr(
            "The bands were guessed: {roles}. Give them if that is wrong."
        ),
        "The values were taken for {words} ('{name}'): {reason}. If they are {others}, choose "
        "that radiometry.": tr(
            "The values were taken for {words} ('{name}'): {reason}. If they are {others}, choose "
            "that radiometry."
        ),
        "Memory was short: tiles of {size} pixels were used.": tr(
            "Memory was short: tiles of {size} pixels were used."
        ),
        "Memory was short: fewer tiles were computed at a time.": tr(
            "Memory was short: fewer tiles were computed at a time."
        ),
        "On a thumbnail the masks of all readings agree: {readings}.": tr(
            "On a thumbnail the masks of all readings agree: {readings}."
        ),
        "On a thumbnail the masks of all readings differ: {readings}.": tr(
            "On a thumbnail the masks of all readings differ: {readings}."
        ),
        # Questions and refusals
        "'{name}' can be read in {count} ways whose masks differ: {readings}. Choose one of {how}": tr(
            "'{name}' can be read in {count} ways whose masks differ: {readings}. Choose one of {how}"
        ),
        "The values do not look like reflectance in any known way ({range}): {advice}": tr(
            "The values do not look like reflectance in any known way ({range}): {advice}"
        ),
        "The raster has only {count} image bands: {advice}": tr(
            "The raster has only {count} image bands: {advice}"
        ),
    }
