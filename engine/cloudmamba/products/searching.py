"""The products and rasters of a folder of many, each by one path."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from cloudmamba.errors import InputError
from cloudmamba.products import stac
from cloudmamba.products.contents import Contents, is_archive, open_contents, without_archive_suffix
from cloudmamba.products.opening import address_of, best_of_scenes, candidates_in, is_product_file

_SAFE = ".SAFE"


def product_paths(folder: Path, skip: Callable[[Path], bool]) -> Iterator[tuple[str, set[str]]]:
    """Every product below a folder, and which files belong to it.

    A SAFE folder, an archive and a STAC item are one path each; of other products the path is
    their metadata file or their first image, since a folder may hold many.

    Args:
        skip: folders not to look into.

    Yields:
        The path, and the paths of the files that are no scenes of their own, in order of folders.
    """
    for parent, folders, names in os.walk(folder, followlinks=False):
        here = Path(parent)
        folders[:] = sorted(name for name in folders if not skip(here / name))
        for name in [name for name in folders if name.upper().endswith(_SAFE)]:
            folders.remove(name)
            yield os.fspath(here / name), set()
        names.sort()
        contents = Contents(here, names)
        taken: set[str] = set()
        found = candidates_in(contents)
        taken.update(contents.source(name) for candidate in found for name in candidate.names)
        for candidate in best_of_scenes(found):
            yield address_of(contents, candidate), taken
        for name in names:
            path = here / name
            if is_archive(path) and _holds_one_scene(path) or _is_item_of_elsewhere(path, taken):
                yield os.fspath(path), set()


def scene_name(path: str) -> str:
    """What a scene is called: by its product, else by its file without suffixes."""
    name = without_archive_suffix(Path(path).name)
    place = Path(path)
    if is_product_file(place) and not name.lower().endswith(".json"):
        contents = Contents(place.parent, os.listdir(place.parent) if place.parent.is_dir() else ())
        for candidate in candidates_in(contents):
            if place.name in candidate.names:
                return candidate.name
    suffix = Path(name).suffix
    return name if is_archive(place) and suffix.upper() != _SAFE else Path(name).stem


def _holds_one_scene(archive: Path) -> bool:
    """Whether an archive is one product; compressed ones are taken by their name alone.

    To list what a compressed stream holds, all of it must be read.
    """
    if not archive.name.lower().endswith((".zip", ".tar")):
        stem = without_archive_suffix(archive.name).upper()
        return stem.startswith(
            ("GF1", "LC0", "LE0", "LT0", "LC8", "LE7", "LT5", "LT4", "CBERS", "S2")
        )
    try:
        with open_contents(archive) as contents:
            return len(candidates_in(contents)) >= 1
    except InputError:
        # Its own turn comes with the others', where the error is told.
        return True


def _is_item_of_elsewhere(path: Path, taken: set[str]) -> bool:
    """Whether a file is a STAC item of other images than those that are found anyway."""
    if path.suffix.lower() != ".json" or os.fspath(path) in taken or not stac.is_item(path):
        return False
    try:
        return not any(band.source in taken for band in stac.read_item(path).bands)
    except InputError:
        return True
