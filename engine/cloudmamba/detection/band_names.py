"""Which band of an image in memory is which, by the names that it has or that are given."""

from __future__ import annotations

from collections.abc import Sequence

from cloudmamba.classes import BANDS
from cloudmamba.errors import InputError
from cloudmamba.raster.bands import role_in_words, roles_of_names

# Colours in the terms of wavelengths, and of the numbers of bands of sensors that differ.
_WAVELENGTHS = ("490 nm", "560 nm", "665 nm")
_NUMBERS = (("B02", "B03", "B04"), ("SR_B1", "SR_B2", "SR_B3"))


def positions_of(names: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    """Where the bands that a model knows are, read as the descriptions of a file's bands are.

    A name that is spelled as the model's own means that band, whatever others are called.

    Raises:
        InputError: one but near infrared is missing, or it cannot be told which is meant.
    """
    names = [str(name) for name in names]
    found = {**_read(names), **{band: names.index(band) for band in wanted if band in names}}
    if not {*wanted} - {"nir"} <= found.keys():
        told = {*names, *(role_in_words(name)[0] for name in names)}
        missing = next((band for band in wanted if band not in told), BANDS[0])
        raise InputError(
            f"The image has no band '{missing}': say in bands what each one is, as in bands={BANDS}."
        )
    if "nir" in wanted and {*BANDS} - found.keys() == {"nir"}:
        found |= _near_infrared_beside(names, found)
    alike = [name.casefold() for name in names]
    if any(alike.count(alike[position]) > 1 for position in found.values()):
        raise InputError("Two bands of the image have the same name: give each its own.")
    return {band: found[band] for band in wanted if band in found}


def _read(names: Sequence[str]) -> dict[str, int]:
    """Position of each role that the names tell together.

    Raises InputError where the fourth band has no name.
    """
    roles = roles_of_names(names)
    if roles is None:
        return {}
    if roles.confidence == "unsure":
        raise _undecided(names[roles.available_numbers[-1] - 1])
    return {
        band: number - 1
        for band, number in zip(roles.available_bands, roles.available_numbers, strict=True)
    }


def _near_infrared_beside(names: Sequence[str], found: dict[str, int]) -> dict[str, int]:
    """Near infrared that has a name of another kind than the colours, such as ``842 nm``.

    Raises InputError where only some sensors have near infrared of that name, such as ``B8``.
    """

    def in_terms_of(colours: Sequence[str]) -> dict[str, int]:
        alike = list(names)
        for band, name in zip(BANDS, colours, strict=False):
            alike[found[band]] = name
        return {band: position for band, position in _read(alike).items() if band == "nir"}

    if by_wavelength := in_terms_of(_WAVELENGTHS):
        return by_wavelength
    for colours in _NUMBERS:
        for position in in_terms_of(colours).values():
            raise _undecided(names[position])
    return {}


def _undecided(name: str) -> InputError:
    return InputError(
        f"The band '{name}' beside blue, green and red may be near infrared or not: call it 'nir' "
        "if it is, else 'other'."
    )
