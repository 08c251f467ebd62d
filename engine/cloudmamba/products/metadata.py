"""Metadata files of products: XML by local names, the groups of Landsat's MTL, times."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

# Python's parser resolves no external entity, and definitions of entities are refused.
from xml.etree import ElementTree  # nosec B405

from cloudmamba.errors import InputError
from cloudmamba.products.contents import Contents


class Xml:
    """An XML document in which elements are found by name, whatever namespace they are in."""

    def __init__(self, contents: Contents, name: str):
        """Raises InputError if the file is no XML, or defines entities."""
        self._where = f"'{name}' in '{contents.path}'"
        content = contents.read(name)
        if b"<!ENTITY" in content:
            raise InputError(f"{self._where} defines entities, which no product does.")
        try:
            self._root = ElementTree.fromstring(content)  # nosec B314
        except ElementTree.ParseError as error:
            raise InputError(f"{self._where} is damaged or incomplete.") from error

    def elements(self, tag: str) -> Iterator[ElementTree.Element]:
        """All elements of this name, in order."""
        return (element for element in self._root.iter() if _local(element.tag) == tag)

    def text(self, *tags: str) -> str | None:
        """Text of the first element on a path of names, each anywhere below the one before."""
        found = self._below(self._root, tags)
        return None if found is None or found.text is None else found.text.strip()

    def number(self, *tags: str) -> float | None:
        """The same as a finite number, None if there is none. Raises InputError if it is none."""
        text = self.text(*tags)
        return None if not text else self.as_number(text, tags[-1])

    def as_number(self, text: str | None, what: str) -> float:
        """Raises InputError if ``text`` is no finite number."""
        return finite_number(text, f"{what} of {self._where}")

    def _below(self, element: ElementTree.Element, tags: tuple[str, ...]):
        for candidate in element.iter():
            if _local(candidate.tag) != tags[0] or candidate is element:
                continue
            if len(tags) == 1:
                return candidate
            found = self._below(candidate, tags[1:])
            if found is not None:
                return found
        return None


def _local(tag: Any) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def finite_number(text: Any, what: str) -> float:
    """Raises InputError if ``text`` is no finite number."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"The {what} is '{text}', which is no number.")
    return value


def read_mtl(contents: Contents, name: str) -> dict[str, dict[str, str]]:
    """Values of Landsat's metadata by group and key, from MTL as text, XML or JSON.

    Raises:
        InputError: it is none of these.
    """
    text = contents.read(name).decode("utf-8", errors="replace")
    groups: dict[str, dict[str, str]] = {}
    if name.lower().endswith(".json"):
        try:
            (document,) = json.loads(text).values()
            for group, values in document.items():
                groups[group] = {key: str(value) for key, value in values.items()}
        except (ValueError, AttributeError, RecursionError) as error:
            raise InputError(f"'{name}' in '{contents.path}' is damaged or incomplete.") from error
    elif name.lower().endswith(".xml"):
        for group in Xml(contents, name)._root:
            groups[_local(group.tag)] = {
                _local(item.tag): (item.text or "").strip() for item in group
            }
    else:
        group = ""
        for line in text.splitlines():
            key, separator, value = (part.strip() for part in line.partition("="))
            if key == "GROUP":
                group = value
            elif separator and key != "END_GROUP":
                groups.setdefault(group, {})[key] = value.strip('"')
    if not any(groups.values()):
        raise InputError(f"'{name}' in '{contents.path}' is damaged or incomplete.")
    return groups


def parse_time(text: Any) -> datetime | None:
    """A time with its time zone (UTC where it names none), None if it is not understood.

    Args:
        text: also something else, as JSON may have in its place.
    """
    match = re.match(
        r"\s*(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?",
        text if isinstance(text, str) else "",
    )
    if not match:
        return None
    zone = match.group(8) or "Z"
    offset = "+00:00" if zone == "Z" else f"{zone[:3]}:{zone[-2:]}"
    date, clock = (
        "-".join(match.group(1, 2, 3)),
        ":".join(part or "00" for part in match.group(4, 5, 6)),
    )
    try:
        time = datetime.fromisoformat(f"{date}T{clock}{offset}")
    except ValueError:
        return None
    microseconds = round(float(match.group(7) or 0) * 1e6)
    return time.replace(microsecond=min(microseconds, 999_999)).astimezone(timezone.utc)


def compact_time(text: str) -> datetime:
    """Of ``20170813T155415`` or ``20170813``, as the names of products have it, in UTC."""
    pattern = "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d"
    return datetime.strptime(text, pattern).replace(tzinfo=timezone.utc)


def solar_scale(
    gain: float, irradiance: float, sun_elevation_deg: float, acquired: datetime | None
) -> float:
    """Reflectance of one count whose radiance is ``gain``.

    Args:
        gain: radiance of one count, W m-2 sr-1 um-1.
        irradiance: of the sun above the atmosphere at one astronomical unit, W m-2 um-1.
        acquired: for the distance of the sun; None for one astronomical unit.
    """
    distance = 1.0
    if acquired is not None:
        day = acquired.timetuple().tm_yday
        distance = 1 - 0.01672 * math.cos(math.radians(0.9856 * (day - 4)))
    height = math.sin(math.radians(sun_elevation_deg))
    return math.pi * gain * distance**2 / (irradiance * height)


def checked_sun(elevation_deg: float | None, what: str) -> float:
    """Raises InputError if the sun does not stand over the horizon, or nothing tells where."""
    if elevation_deg is None:
        raise InputError(
            f"{what} does not tell the elevation of the sun, without which its numbers are no "
            "reflectance: give the metadata file of the provider."
        )
    if not 0 < elevation_deg <= 90:
        raise InputError(
            f"{what} was taken with the sun {elevation_deg:.1f} degrees high: there is no "
            "reflectance by night."
        )
    return elevation_deg
