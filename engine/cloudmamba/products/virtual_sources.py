"""What a GDAL virtual raster consists of, as its XML says: names of files tell which band is which."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree  # nosec B405  definitions of entities are refused

_LARGEST_BYTES = 8 << 20
_MOST_SOURCES = 200
# Sources that give their numbers as they are.
_PLAIN = ("SimpleSource", "ComplexSource")
_CHANGING = ("ScaleOffset", "ScaleRatio", "Exponent", "LUT", "ColorTableComponent", "UseMaskBand")


@dataclass(frozen=True)
class VirtualBand:
    """One band of a virtual raster.

    Attributes:
        description: its own, empty if it has none.
        sources: files and band numbers that it shows, several of a mosaic.
        is_plain: it shows their numbers as they are.
        has_units: it has a scale or an offset of its own.
    """

    description: str
    sources: tuple[tuple[str, int], ...]
    is_plain: bool
    has_units: bool


def virtual_bands(path: str) -> tuple[VirtualBand, ...]:
    """The bands of the virtual raster in a file, or whose XML is given; none for anything else."""
    if path.lstrip().startswith("<VRTDataset"):
        text, folder = path, os.curdir
    elif path.lower().endswith(".vrt") and os.path.isfile(path):
        file = Path(path)
        try:
            if file.stat().st_size > _LARGEST_BYTES:
                return ()
            text, folder = file.read_text(encoding="utf-8"), os.fspath(file.parent)
        except (OSError, UnicodeDecodeError):
            return ()
    else:
        return ()
    if "<!ENTITY" in text:
        return ()
    try:
        root = ElementTree.fromstring(text)  # nosec B314
    except ElementTree.ParseError:
        return ()
    bands = tuple(_band(element, folder) for element in root.findall("VRTRasterBand"))
    sources = {source for band in bands for source in band.sources}
    is_whole = root.get("subClass") is None and all(band.sources for band in bands)
    return bands if is_whole and len(sources) <= _MOST_SOURCES else ()


def _band(element: ElementTree.Element, folder: str) -> VirtualBand:
    sources = [child for child in element if child.find("SourceFilename") is not None]
    is_plain = element.get("subClass") is None and all(
        source.tag in _PLAIN and not any(source.find(tag) is not None for tag in _CHANGING)
        for source in sources
    )
    return VirtualBand(
        (element.findtext("Description") or "").strip(),
        tuple(_named(sources, folder)),
        is_plain,
        element.find("Scale") is not None or element.find("Offset") is not None,
    )


def _named(sources: list[ElementTree.Element], folder: str) -> Iterator[tuple[str, int]]:
    for source in sources:
        file = source.find("SourceFilename")
        name = (file.text or "").strip() if file is not None else ""
        number = source.findtext("SourceBand") or "1"
        if file is not None and file.get("relativeToVRT") == "1":
            name = os.path.normpath(os.path.join(folder, name))
        if name and number.isdecimal():
            yield name, int(number)
