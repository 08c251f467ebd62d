"""A loose set of single-band rasters: nothing but their names tells which band each is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath

from cloudmamba.errors import InputError
from cloudmamba.products.contents import Contents
from cloudmamba.products.product import BandSource, Candidate, Product
from cloudmamba.products.virtual_raster import shape_of, subdatasets_of, tags_of
from cloudmamba.raster.bands import is_band_name, role_in_words

RASTER_SUFFIXES = (".tif", ".tiff", ".jp2", ".img", ".vrt")
_SUFFIXES_OF_VARIABLES = (".nc", ".nc4", ".cdf", ".h5", ".he5", ".hdf", ".hdf5")
_MOST_BANDS = 40
# Masks, previews, angles and our own results that lie beside images under names of bands' kind.
_NO_IMAGE = re.compile(
    r"(?i)(^|[_.-])(tci|pvi|scl|cld|qa\w*|bqa|fmask|udm2?|mask|msk\w*|aot|wvp|vza|vaa|sza|saa"
    r"|thumb(nail)?|preview|browse|overview|cloud\w*|uncertainty|probability|shadow"
    r"|stages)([_.-]|$)"
)


def find(contents: Contents) -> Iterator[Candidate]:
    """One candidate for all rasters of each folder, or for a raster that is alone."""
    by_folder: dict[str, list[str]] = {}
    for name in contents.named(*RASTER_SUFFIXES):
        path = PurePosixPath(name)
        if not _NO_IMAGE.search(path.stem) and not path.name.startswith("."):
            by_folder.setdefault(path.parent.as_posix(), []).append(name)
    for folder, names in by_folder.items():
        name = PurePosixPath(folder).name or contents.path.stem
        if len(names) == 1:
            name = PurePosixPath(names[0]).stem
        if len(names) <= _MOST_BANDS:
            yield Candidate(
                name=name,
                title="single bands" if len(names) > 1 else "a raster",
                names=tuple(names),
                load=partial(_load, contents, names, name),
                images=tuple(names),
            )


def is_one_image(names: Sequence[str]) -> bool:
    """Whether files of a folder are called like the bands of one image."""
    images = [name for name in names if name.lower().endswith(RASTER_SUFFIXES)]
    stems = [stem for stem in map(band_stem, images) if not _NO_IMAGE.search(stem)]
    if not 3 <= len(stems) <= _MOST_BANDS:
        return False
    parts = distinct_parts(stems)
    roles = {role_in_words(part)[0] for part in parts}
    codes = {re.sub(r"(?i)^b(and)?_?0*", "", part) for part in parts if is_band_name(part)}
    return {"blue", "green", "red"} <= roles or {"2", "3", "4"} <= codes


def _load(contents: Contents, names: Sequence[str], name: str) -> Product:
    sources = [contents.source(file) for file in names]
    return set_of([source for source in sources if not _is_our_own(source)] or sources, name)


def _is_our_own(source: str) -> bool:
    """Whether a raster is a result of an earlier detection, under whatever name."""
    return tags_of(source).get("TIFFTAG_SOFTWARE", "").startswith("cloudmamba ")


def set_of(sources: Sequence[str], name: str) -> Product:
    """Single-band rasters as one product, described by what their names do not share.

    Raises:
        InputError: one cannot be read or has several bands.
    """
    shapes = {source: shape_of(source) for source in sources}
    stacks = [source for source in sources if shapes[source][0] > 1]
    if len(sources) == 1:
        count = shapes[sources[0]][0]
        bands = tuple(BandSource(sources[0], "", number) for number in range(1, count + 1))
        return Product(name, "", bands)
    if stacks:
        raise InputError(
            f"'{PurePosixPath(stacks[0]).name}' has {shapes[stacks[0]][0]} bands, and several rasters, "
            f"as of '{name}', are the bands of one image: give the one that is meant, or all "
            "scenes to cloudmamba batch."
        )
    described = zip(sources, distinct_parts([band_stem(source) for source in sources]), strict=True)
    return Product(name, "", tuple(BandSource(source, text) for source, text in described))


def of_variables(path: str) -> Product | None:
    """A NetCDF or HDF5 file with a variable for each band; None for any other file.

    Raises:
        InputError: its bands have several dates, or do not lie on each other.
    """
    if not path.lower().endswith(_SUFFIXES_OF_VARIABLES):
        return None
    variables = subdatasets_of(path)
    names = [re.split(r"[:/]", variable)[-1] for variable in variables]
    bands = [
        (variable, name)
        for variable, name in zip(variables, names, strict=True)
        if is_band_name(name) and not _NO_IMAGE.search(name)
    ]
    if len(bands) < 3:
        return None
    for variable, name in bands:
        count = shape_of(variable)[0]
        if count > 1:
            raise InputError(
                f"The variable '{name}' of '{path}' has {count} layers, such as dates: give a file "
                "of one date."
            )
    return Product("", "", tuple(BandSource(variable, name) for variable, name in bands))


def band_stem(source: str) -> str:
    """The name of a source without folder and suffix, also of a subdataset."""
    return PurePosixPath(source.replace("\\", "/").rpartition(":")[2]).stem


def distinct_parts(names: Sequence[str]) -> list[str]:
    """Names without the words that all of them begin and end with."""
    words = [re.split(r"(?<=[_. -])", name) for name in names]
    shortest = min(map(len, words))
    start = 0
    while start < shortest - 1 and len({tuple(w[: start + 1]) for w in words}) == 1:
        start += 1
    end = 0
    while end < shortest - start - 1 and len({tuple(w[len(w) - end - 1 :]) for w in words}) == 1:
        end += 1
    return ["".join(w[start : len(w) - end]).strip("_. -") for w in words]
