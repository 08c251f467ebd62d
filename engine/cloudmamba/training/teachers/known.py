"""The teachers that are known; the program that asks one is in ``programs/``, called like it."""

from __future__ import annotations

from dataclasses import dataclass

# Bands that s2cloudless wants beside those of every image.
S2CLOUDLESS_BANDS = ("coastal", "rededge1", "nir08", "water_vapour", "cirrus", "swir16", "swir22")


@dataclass(frozen=True)
class Teacher:
    """A teacher and what it can look at.

    Attributes:
        levels: processing levels that it has a model for; each gives views of its own.
        wants: further bands without which it does not look at an image; empty if it takes any.
        takes: further bands that it uses where an image has all of them.
        by_pixel: it sees pixels without their surroundings, so that other views add nothing.
    """

    name: str
    levels: tuple[str, ...]
    wants: tuple[str, ...]
    takes: tuple[str, ...]
    by_pixel: bool


TEACHERS = {
    "ukis-csmask": Teacher("ukis-csmask", ("l1c", "l2a"), (), ("swir16", "swir22"), False),
    "s2cloudless": Teacher("s2cloudless", ("l1c",), S2CLOUDLESS_BANDS, (), True),
}
