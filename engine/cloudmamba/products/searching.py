"""The products and rasters of a folder of many, each by one path."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cloudmamba.errors import InputError
from cloudmamba.products import band_set, stac
from cloudmamba.products.contents import Contents, is_archive, open_contents, without_archive_suffix
from cloudmamba.products.opening import (
    address_of,
    best_of_scenes,
    candidates_in,
    is_product_file,
    whole_of,
)

_SAFE = ".SAFE"


def product_paths(
    folder: Path, skip: Callable[[Path], bool]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Of every folder below a folder its products, and the files that belong to none.

    A SAFE folder, an archive and a STAC item are one name each; other products go by their
    metadata file or their first image, since a folder may hold many. A folder of single bands of
    one image is that image.

    Args:
        skip: folders not to look into.

    Raises InputError where a folder may not be read.

    Yields:
        The folder, names of products in it, and names of other files.
    """
    # Archives are made of links, which may lead in circles.
    seen = {os.path.realpath(folder)}

    def is_new(place: Path) -> bool:
        real = os.path.realpath(place)
        known = real in seen
        seen.add(real)
        return not known

    for parent, folders, names in os.walk(folder, followlinks=True, onerror=_refuse_unreadable):
        here = Path(parent)
        folders[:] = sorted(n for n in folders if not skip(here / n) and is_new(here / n))
        products = [name for name in folders if name.upper().endswith(_SAFE)]
        folders[:] = [name for name in folders if name not in products]
        contents = Contents(here, names)
        found = candidates_in(contents)
        taken = {name for candidate in found for name in candidate.names}
        # Angles, aerosol, temperature and the like are called like the product, too.
        scenes = tuple(candidate.scene or candidate.name for candidate in found)
        taken |= {name for name in names if name.startswith(scenes)} if scenes else set()
        products += [
            os.path.basename(address_of(contents, candidate)) for candidate in best_of_scenes(found)
        ]
        for name in sorted(set(names) - taken):
            if is_archive(here / name):
                taken.add(name)
                products += [name] if _holds_a_product(here / name) else []
            elif _is_item_of_elsewhere(here / name, {contents.source(name) for name in taken}):
                taken |= {name} | _assets_here(here / name)
                products.append(name)
        others = sorted(set(names) - taken)
        if not (products or folders) and band_set.is_one_image(others):
            products, others = [os.curdir], []
        yield parent, products, others


def _refuse_unreadable(error: OSError) -> None:
    raise InputError(
        f"The folder '{error.filename}' cannot be searched: {error.strerror}."
    ) from error


def scene_name(path: str) -> str:
    """What a scene is called: by its product, else by its file without suffixes."""
    place = Path(path)
    if is_archive(place):
        name = without_archive_suffix(place.name)
        return name[: -len(_SAFE)] if name.upper().endswith(_SAFE) else name
    product = _product_of(place)
    return product.name if product else place.stem


def scene_key(path: str) -> str:
    """What all files of a product have in common, and other paths with no other."""
    place = Path(path)
    product = None if is_archive(place) else _product_of(place)
    return product.key if product else path


@dataclass(frozen=True)
class _FoundProduct:
    """The product that a file is a part of.

    Attributes:
        key: the folder that holds it alone, else its first image among others.
    """

    name: str
    key: str


def _product_of(place: Path) -> _FoundProduct | None:
    """The one product that a file, or a folder in a SAFE folder, is a part of; None for any other."""
    place = place.absolute()
    in_safe = any(above.name.upper().endswith(_SAFE) for above in place.parents)
    if not (in_safe and place.is_dir()) and not (place.is_file() and is_product_file(place)):
        return None
    whole, recursive = whole_of(place)
    try:
        products = _products_in(whole, recursive)
    except InputError:
        # Its own turn comes with the others', where the error is told.
        return None
    name = place.relative_to(whole).as_posix()
    if place.is_file():
        return products.get(name)
    inside = {product for file, product in products.items() if file.startswith(f"{name}/")}
    return inside.pop() if len(inside) == 1 else None


@lru_cache(maxsize=8)
def _products_in(folder: Path, recursive: bool) -> dict[str, _FoundProduct | None]:
    """Of each file of a folder's products the product, None for files of several.

    It is asked for with each of the files.
    """
    with open_contents(folder, recursive) as contents:
        candidates = candidates_in(contents)
        products: dict[str, _FoundProduct | None] = {}
        for candidate in candidates:
            first = folder if len(candidates) == 1 else contents.source(candidate.names[0])
            product = _FoundProduct(candidate.name, os.fspath(first))
            for file in candidate.names:
                products[file] = None if file in products else product
        return products


def _holds_a_product(archive: Path) -> bool:
    """Whether an archive holds a product; compressed ones are taken by their name alone.

    To list what a compressed stream holds, all of it must be read.
    """
    if not archive.name.lower().endswith((".zip", ".tar")):
        stem = without_archive_suffix(archive.name).upper()
        return stem.startswith(
            ("GF1", "GF6", "LC0", "LE0", "LT0", "LC8", "LE7", "LT5", "LT4", "CBERS", "S2")
        )
    try:
        with open_contents(archive) as contents:
            return len(candidates_in(contents)) >= 1
    except InputError:
        # Its own turn comes with the others', where the error is told.
        return True


def _assets_here(item: Path) -> set[str]:
    """Names of the images beside an item that are its assets."""
    sources = map(Path, stac.assets_of(item))
    return {source.name for source in sources if source.parent == item.absolute().parent}


def _is_item_of_elsewhere(path: Path, taken: set[str]) -> bool:
    """Whether a file is a STAC item of other images than those that are found anyway."""
    if path.suffix.lower() != ".json" or not stac.is_item(path):
        return False
    try:
        return not any(band.source in taken for band in stac.read_item(path).bands)
    except InputError:
        return True
