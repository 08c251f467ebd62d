"""When an image was taken, as far as its file tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import PurePath
from types import MappingProxyType

from osgeo import gdal

# Metadata of products and of GDAL's drivers, with the domains they stand in. The date of a
# TIFF (TIFFTAG_DATETIME) is not among them: it says when the file was made.
_TAGS = (
    ("IMAGERY", "ACQUISITIONDATETIME"),
    ("", "ACQUISITIONDATETIME"),
    ("", "ACQUISITION_DATE"),
    ("", "DATE_ACQUIRED"),
    ("", "SENSING_TIME"),
    ("", "DATATAKE_1_DATATAKE_SENSING_START"),
    ("", "PRODUCT_START_TIME"),
)
SOURCE_TAG = "SOURCE"  # of a mask: the image it was made from

_DAY = re.compile(
    r"(?<!\d)((?:19[7-9]|20\d)\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?=\D|\d{6}(?!\d)|$)"
)
# Day of the year: Landsat before Collection 1 (LC80200392015216LGN00), HLS and MODIS.
_DAY_OF_YEAR = re.compile(
    r"L[COTEM][4-9]\d{6}((?:19[7-9]|20\d)\d)([0-3]\d\d)|\.A?((?:19[7-9]|20\d)\d)([0-3]\d\d)(?=[.T])"
)


@dataclass(frozen=True)
class Acquisition:
    """The day an image was taken, and what says so: a tag of its metadata, or its name."""

    day: date
    told_by: str


def acquisition(
    source: str, dataset: gdal.Dataset, own_tags: Mapping[str, str] = MappingProxyType({})
) -> Acquisition | None:
    """What the metadata or the file's name tell; None where neither tells a day.

    Of several days in a name the first counts: providers put that of production after it. Names
    of folders do not count, which often are those of a project. ``own_tags`` are what a layer says
    of itself in place of its file.
    """
    tags = {**dataset.GetMetadata_Dict(), **own_tags}
    for domain, tag in _TAGS:
        day = day_in((dataset.GetMetadata_Dict(domain) if domain else tags).get(tag, ""))
        if day is not None:
            return Acquisition(day, tag)
    for path in (source, tags.get(SOURCE_TAG, "")):
        name = PurePath(path.replace("\\", "/")).name
        day = day_in(name)
        if day is not None:
            return Acquisition(day, name)
    return None


def day_in(text: str) -> date | None:
    """The first day that a text names, such as 20230815, 2023-08-15 or LC80200392015216."""
    for _, day in sorted(_days(text), key=lambda found: found[0]):
        return day
    return None


def _days(text: str) -> Iterator[tuple[int, date]]:
    """(where it stands, day)"""
    for match in _DAY.finditer(text):
        try:
            yield match.start(), datetime.strptime("".join(match.group(1, 3, 4)), "%Y%m%d").date()
        except ValueError:
            continue
    for match in _DAY_OF_YEAR.finditer(text):
        year, number = (int(part) for part in match.groups() if part)
        day = date(year, 1, 1) + timedelta(days=number - 1)
        if number and day.year == year:
            yield match.start(), day
