"""What the engine says in English, in the user's language.

The engine is a program of its own that knows no languages. What is not listed here, or was
said by an engine of another version, stays in English.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cloudmamba_qgis.translation import tr

# Of the model that comes with the engine, version 3.
TRAINED_ON = (
    "Landsat 8 (manual labels), Sentinel-2 and Landsat 5, 7 and 8 (labels of ukis-csmask and "
    "s2cloudless, automatic and semi-automatic labels, hand-painted cloud shadow), clear "
    "Landsat, Sentinel-2 and HLS images and procedural ground with synthetic cloud, shadow "
    "and snow"
)


def in_users_language(text: str) -> str:
    """The text of the engine, translated where it is known; numbers and names are kept.

    What is an option of its command line there has the name that QGIS shows.
    """
    for pattern, translated in _patterns(tr("Detecting clouds")):
        match = pattern.fullmatch(text)
        if match:
            # What stands in it may be the engine's words, too.
            said = {name: in_users_language(part) for name, part in match.groupdict().items()}
            return _without_options(translated.format(**said))
    return _without_options(text)


def _without_options(text: str) -> str:
    names = {
        "--bands": tr("Bands"),
        "--radiometry": tr("Values"),
        "--keep-fill": tr("Keep fill that is not declared"),
    }
    return re.sub("|".join(names), lambda option: names[option[0]], text)


def confidence_words(confidence: str) -> str:
    """How sure the engine is of a guess."""
    words = {"certain": tr("certain"), "likely": tr("likely"), "unsure": tr("guessed")}
    return words.get(confidence, confidence)


def training_words(trained_on: str) -> str:
    """What a model was trained on; one that did not come with this plugin says it in its own words."""
    if trained_on != TRAINED_ON:
        return trained_on
    return tr(
        "Landsat 8 (manual labels), Sentinel-2 and Landsat 5, 7 and 8 (labels of ukis-csmask and "
        "s2cloudless, automatic and semi-automatic labels, hand-painted cloud shadow), clear "
        "Landsat, Sentinel-2 and HLS images and procedural ground with synthetic cloud, shadow "
        "and snow"
    )


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
        "The engine's answer has more than {count} bytes and cannot be sent: ask for less at a "
        "time.": tr(
            "The engine's answer has more than {count} bytes and cannot be sent: ask for less at a "
            "time."
        ),
        # Bands
        "nothing names the four bands, but {custom}, and {varies} over land": tr(
            "nothing names the four bands, but {custom}, and {varies} over land"
        ),
        "nothing names the four bands, and {varies} over land, though {custom}": tr(
            "nothing names the four bands, and {varies} over land, though {custom}"
        ),
        "nothing names the four bands and {custom}": tr(
            "nothing names the four bands and {custom}"
        ),
        "nothing names the four bands": tr("nothing names the four bands"),
        "nothing names the bands, and {count} bands are mostly {order}": tr(
            "nothing names the bands, and {count} bands are mostly {order}"
        ),
        "band {number} varies most of the first and the third, as red does": tr(
            "band {number} varies most of the first and the third, as red does"
        ),
        "the file is called like {sensor} and {title} files of {count} bands are so": tr(
            "the file is called like {sensor} and {title} files of {count} bands are so"
        ),
        "satellite products start with blue, whatever the colour interpretation": tr(
            "satellite products start with blue, whatever the colour interpretation"
        ),
        "{reason}, but the colour interpretation says otherwise": tr(
            "{reason}, but the colour interpretation says otherwise"
        ),
        "{reason} and the fourth band is taken for near infrared": tr(
            "{reason} and the fourth band is taken for near infrared"
        ),
        "{reason}, the fourth band is something else": tr(
            "{reason}, the fourth band is something else"
        ),
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
        "the file sets scale and offset, and the offset was taken out already": tr(
            "the file sets scale and offset, and the offset was taken out already"
        ),
        "it is Sentinel-2, and with an offset of 1000 nothing would be below 1000": tr(
            "it is Sentinel-2, and with an offset of 1000 nothing would be below 1000"
        ),
        "it is Sentinel-2 without the metadata that tells its baseline, and nothing "
        "is darker than the offset of 1000": tr(
            "it is Sentinel-2 without the metadata that tells its baseline, and nothing"
            " is darker than the offset of 1000"
        ),
        "no value exceeds 1023, as in 10-bit counts": tr(
            "no value exceeds 1023, as in 10-bit counts"
        ),
        "no value exceeds {greatest}, as in counts of {bits} bits": tr(
            "no value exceeds {greatest}, as in counts of {bits} bits"
        ),
        "the values are in the range of reflectance times 10000, but nothing is "
        "darker than {value}": tr(
            "the values are in the range of reflectance times 10000, but nothing is "
            "darker than {value}"
        ),
        "the values are in the range of reflectance times 10000, over water": tr(
            "the values are in the range of reflectance times 10000, over water"
        ),
        "the values are in the range of reflectance times 10000, if all of it is snow or cloud": tr(
            "the values are in the range of reflectance times 10000, if all of it is snow or cloud"
        ),
        "nothing is darker than {value} and much is nearly as dark, as with the offset of 1000": tr(
            "nothing is darker than {value} and much is nearly as dark, as with the offset of 1000"
        ),
        "nothing is darker than 5000 counts, the black of Landsat 8/9": tr(
            "nothing is darker than 5000 counts, the black of Landsat 8/9"
        ),
        "nothing is darker than 7273 counts, its black": tr(
            "nothing is darker than 7273 counts, its black"
        ),
        "the values are near the range of reflectance, but run from {least} to {greatest}": tr(
            "the values are near the range of reflectance, but run from {least} to {greatest}"
        ),
        "the values are in the range of percent, but most are close to zero": tr(
            "the values are in the range of percent, but most are close to zero"
        ),
        "the calibration of the product's metadata, with the sun {elevation} degrees high": tr(
            "the calibration of the product's metadata, with the sun {elevation} degrees high"
        ),
        "the product's metadata, for the sun {elevation} degrees high": tr(
            "the product's metadata, for the sun {elevation} degrees high"
        ),
        "the product's metadata": tr("the product's metadata"),
        "the product's baseline": tr("the product's baseline"),
        "the kind of product": tr("the kind of product"),
        "the STAC item": tr("the STAC item"),
        "the reflectance coefficients of the product's metadata": tr(
            "the reflectance coefficients of the product's metadata"
        ),
        "radiance": tr("radiance"),
        "surface reflectance of Collection {number}": tr(
            "surface reflectance of Collection {number}"
        ),
        "surface reflectance of Landsat before Collection 1": tr(
            "surface reflectance of Landsat before Collection 1"
        ),
        "surface reflectance of {product}": tr("surface reflectance of {product}"),
        "reflectance above the atmosphere times 10000": tr(
            "reflectance above the atmosphere times 10000"
        ),
        "Landsat 8/9 level 1, the elevation of the sun not corrected": tr(
            "Landsat 8/9 level 1, the elevation of the sun not corrected"
        ),
        "Gaofen-{number} WFV counts with the sun {elevation} degrees high": tr(
            "Gaofen-{number} WFV counts with the sun {elevation} degrees high"
        ),
        "Gaofen-{number} WFV counts with a sun 50 degrees high": tr(
            "Gaofen-{number} WFV counts with a sun 50 degrees high"
        ),
        "it is {product}": tr("it is {product}"),
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
        "An area of the value {value} in every band touches the edge ({share}): it "
        "was taken for no data, though none is declared. To keep it as image: --keep-"
        "fill.": tr(
            "An area of the value {value} in every band touches the edge ({share}): it "
            "was taken for no data, though none is declared. To keep it as image: "
            "--keep-fill."
        ),
        "An area of the value {value} in every band touches the edge ({share}). It "
        "was taken for image; if it is fill, declare that value as no data.": tr(
            "An area of the value {value} in every band touches the edge ({share}). It "
            "was taken for image; if it is fill, declare that value as no data."
        ),
        "The image lies in no known map, so that nothing tells how large its pixels are:"
        " clouds are outlined half-way between fine and coarse images. To tell it: --gsd-m.": tr(
            "The image lies in no known map, so that nothing tells how large its pixels are: "
            "clouds are outlined half-way between fine and coarse images. To tell it: Pixel size "
            "on the ground."
        ),
        "The image brings no mask of its own, so nothing of one was used.": tr(
            "The image brings no mask of its own, so nothing of one was used."
        ),
        "Pixels that are 0 in every band were taken for no data: the raster declares none.": tr(
            "Pixels that are 0 in every band were taken for no data: the raster declares none."
        ),
        "Rows or columns of one value in a band, between others that vary, were taken"
        " for no data.": tr(
            "Rows or columns of one value in a band, between others that vary, were "
            "taken for no data."
        ),
        "Pixels whose numbers cannot be reflectance, such as {example}, were taken "
        "for no data.": tr(
            "Pixels whose numbers cannot be reflectance, such as {example}, were taken for no data."
        ),
        "The offset of the file ({offset}) was not used: with it {percent} % of the "
        "pixels would be darker than black, so it was taken out of the numbers "
        "already. If it was not, choose the radiometry '{radiometry}'.": tr(
            "The offset of the file ({offset}) was not used: with it {percent} % of the"
            " pixels would be darker than black, so it was taken out of the numbers "
            "already. If it was not, choose the radiometry '{radiometry}'."
        ),
        "The scale and offset of the file were not used: with them {reason}.": tr(
            "The scale and offset of the file were not used: with them {reason}."
        ),
        "The values look like {words} ('{name}') rather than '{other}'.": tr(
            "The values look like {words} ('{name}') rather than '{other}'."
        ),
        "'{name}' has no XML file beside it: the sun was taken to be 50 degrees high.": tr(
            "'{name}' has no XML file beside it: the sun was taken to be 50 degrees high."
        ),
        "{product} has no MTL file: without the elevation of the sun in it, "
        "reflectance comes out too low.": tr(
            "{product} has no MTL file: without the elevation of the sun in it, "
            "reflectance comes out too low."
        ),
        "{percent} % of the raster": tr("{percent} % of the raster"),
        # Questions and refusals
        "'{name}' can be read in {count} ways whose masks differ: {readings}. Choose one of {how}": tr(
            "'{name}' can be read in {count} ways whose masks differ: {readings}. Choose one of {how}"
        ),
        "The model '{name}' does not tell cloud shadow: use one that does, or ask for"
        " the mask without it.": tr(
            "The model '{name}' does not tell cloud shadow: use one that does, or ask "
            "for the mask without it."
        ),
        "The values do not look like reflectance in any known way ({range}): {advice}": tr(
            "The values do not look like reflectance in any known way ({range}): {advice}"
        ),
        "The raster has only {count} image bands: {advice}": tr(
            "The raster has only {count} image bands: {advice}"
        ),
    }
