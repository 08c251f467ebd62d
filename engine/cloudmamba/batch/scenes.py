"""Which scenes a batch is about: a list, a table or a folder."""

from __future__ import annotations

import csv
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cloudmamba.errors import InputError
from cloudmamba.products import product_paths, scene_key

_log = logging.getLogger(__name__)

STANDARD_INPUT = "-"
# What a folder is searched for. Anything else that GDAL opens can be named in a list.
SUFFIXES = (".tif", ".tiff", ".vrt", ".jp2")
_COLUMNS = ("scene", "bands", "radiometry")


@dataclass(frozen=True)
class ListedScene:
    """One scene of the list.

    Attributes:
        path: of the file, absolute; or another name that GDAL opens.
        bands, radiometry: as in ``DetectionRequest``; empty for those of the batch.
    """

    path: str
    bands: str = ""
    radiometry: str = ""


def read_scenes(source: str, output: Path) -> list[ListedScene]:
    """The scenes in their order, each once; of files of one product the first stands for it.

    Args:
        source: a text file with one path a line (blank lines and those that begin with ``#`` do
            not count), ``-`` for the same on standard input, a CSV file with the column
            ``scene`` and if wanted ``bands`` and ``radiometry``, or a folder, searched with all
            its folders for products and ``SUFFIXES``. Relative paths are those from the folder of the
            list, where there is such a file, else from the current folder.
        output: where the results go; a search does not look there.

    Raises:
        InputError: there is no such list, it cannot be read, names no scene, or names one twice
            with different settings.
    """
    path = Path(source)
    found: Iterable[ListedScene]
    if source == STANDARD_INPUT:
        found = _from_lines(sys.stdin)
    elif path.is_dir():
        found = _in_folder(path, output)
    else:
        found = _from_file(path)
    scenes: dict[str, ListedScene] = {}
    several_files = 0
    for scene in found:
        first = scenes.setdefault(scene_key(scene.path), scene)
        if (first.bands, first.radiometry) != (scene.bands, scene.radiometry):
            raise InputError(
                f"'{scene.path}' is listed twice with different settings: keep one of the lines."
            )
        several_files += first.path != scene.path
    if not scenes:
        what = f"no raster ({', '.join(SUFFIXES)})" if path.is_dir() else "no scene"
        raise InputError(f"There is {what} in '{source}': there is nothing to do.")
    if several_files:
        _log.warning(
            "%d lines name further files of products that are listed already: each product is one scene.",
            several_files,
        )
    return list(scenes.values())


def _from_file(path: Path) -> list[ListedScene]:
    try:
        # Excel begins its files with a byte order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            is_table = path.suffix.lower() == ".csv"
            return list(_from_table(file, path) if is_table else _from_lines(file, path.parent))
    except FileNotFoundError as error:
        raise InputError(f"There is no list or folder '{path}'.") from error
    except OSError as error:
        raise InputError(f"The list '{path}' cannot be read: {error.strerror}.") from error
    except csv.Error as error:
        raise InputError(f"The table '{path}' is no CSV file ({error}).") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"The list '{path}' is not text in UTF-8: give a list of paths, or put the path of "
            "the scene into a list."
        ) from error


def _from_lines(lines: Iterable[str], folder: Path = Path()) -> Iterator[ListedScene]:
    for line in lines:
        # A file's byte order mark is gone by now, that of standard input is not.
        line = line.removeprefix("\ufeff").strip()
        if line and not line.startswith("#"):
            yield ListedScene(_absolute(line, folder))


def _from_table(file: Iterable[str], path: Path) -> Iterator[ListedScene]:
    table = csv.DictReader(file)
    columns = [column.strip() for column in table.fieldnames or ()]
    unknown = [column for column in columns if column not in _COLUMNS]
    if unknown or "scene" not in columns:
        problem = f"has a column '{unknown[0]}'" if unknown else "has no column 'scene'"
        raise InputError(
            f"The table '{path}' {problem}: name its columns {', '.join(_COLUMNS)}, separated by "
            "commas; the last two may be missing."
        )
    table.fieldnames = columns
    for row in table:
        if None in row:
            raise InputError(
                f"Line {table.line_num} of '{path}' has more cells than there are columns: put "
                "cells that hold commas into double quotes."
            )
        cells = {column: (cell or "").strip() for column, cell in row.items()}
        if cells["scene"]:
            yield ListedScene(
                _absolute(cells["scene"], path.parent),
                cells.get("bands", ""),
                cells.get("radiometry", ""),
            )


def _in_folder(folder: Path, output: Path) -> Iterator[ListedScene]:
    own = output.resolve()
    if own == folder.resolve():
        raise InputError(
            f"'{folder}' is the folder of the scenes and of the results: give --output another "
            "one, so that the results are not taken for scenes."
        )

    def is_ours(inner: Path) -> bool:
        return inner.resolve() == own

    # A product's images, masks and previews are no scenes of their own.
    for here, products, others in product_paths(folder, is_ours):
        found = [*products, *(name for name in others if _is_scene(name))]
        for name in sorted(found):
            yield ListedScene(_absolute(os.path.join(here, name)))


def _is_scene(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def _absolute(path: str, folder: Path = Path()) -> str:
    """The same from any folder; names that are no files (``/vsicurl/...``) stay as they are.

    Args:
        folder: where a relative path is looked for first.
    """
    for place in (folder / path, Path(path)):
        if place.exists():
            return os.path.abspath(place)
    return path
