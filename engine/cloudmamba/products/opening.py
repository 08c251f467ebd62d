"""From what a user gives to the product that it is, and the virtual raster of it."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from cloudmamba.errors import InputError
from cloudmamba.products import (
    band_set,
    cbers,
    gaofen,
    hls,
    landsat,
    planetscope,
    sentinel2,
    stac,
)
from cloudmamba.products.contents import Contents, is_archive, open_contents
from cloudmamba.products.product import BandSource, Candidate, Product
from cloudmamba.products.virtual_raster import shape_of, virtual_raster
from cloudmamba.products.virtual_sources import virtual_bands

KINDS = (sentinel2, landsat, hls, planetscope, gaofen, cbers)
_IMAGES = (
    sentinel2.IMAGE,
    sentinel2.MAJA,
    landsat.IMAGE,
    hls.IMAGE,
    planetscope.IMAGE,
    gaofen.IMAGE,
    cbers.IMAGE,
)
_MASK_BANDS = ("SCL", "CLD", "FMASK")
_METADATA = (
    r"(?i).*_metadata(_clip)?\.(xml|json)",
    r"(?i)GF(1[A-D]?|6)_WFV.*\.xml",
    r"(?i)(CBERS|AMAZONIA).*_BAND\d+\.xml",
    r"(?i)SENTINEL2.*_MTD_ALL\.xml",
)
_LEVELS_UP_TO_SAFE = 5
_NAMED_IN_ERRORS = 3


@dataclass(frozen=True)
class OpenedProduct:
    """A product that can be read.

    Attributes:
        raster: what GDAL opens: the XML of a virtual raster.
    """

    product: Product
    raster: str


@contextlib.contextmanager
def open_product(
    path: str, further: Sequence[str] = (), resolution_m: float | None = None
) -> Iterator[OpenedProduct | None]:
    """The product at ``path``; None where that is an ordinary raster for GDAL to open.

    What had to be unpacked for it is removed at the end.

    Args:
        path: folder, archive, metadata file, STAC item, one file of a product, or anything else.
        further: more single-band rasters that make up one image with ``path``.
        resolution_m: size of the pixels to read, in units of the map; None for all there is.

    Raises:
        InputError: it holds no image or several, or a part of the product is missing.
    """
    check_names([path, *further])
    if further:
        product = _joined([path, *further])
        yield OpenedProduct(product, virtual_raster(product.bands, resolution_m))
        return
    place = _on_disk(path)
    if place is not None and place.suffix.lower() in (".json", ".geojson") and stac.is_stac(place):
        product = stac.read_item(place)
        yield OpenedProduct(product, virtual_raster(product.bands, resolution_m))
        return
    if place is None or not (place.is_dir() or is_archive(place) or is_product_file(place)):
        found = _of_virtual_raster(path) or band_set.of_variables(path)
        if found is None and resolution_m is not None:
            count = shape_of(path)[0]
            bands = tuple(BandSource(path, "", number) for number in range(1, count + 1))
            found = Product("", "", bands) if bands else None  # else a container of several
        yield OpenedProduct(found, virtual_raster(found.bands, resolution_m)) if found else None
        return
    root, recursive = whole_of(place)
    with open_contents(root, recursive) as contents:
        candidate = _choose(contents, candidates_in(contents), place)
        contents.prepare(candidate.images)
        product = candidate.load()
        yield OpenedProduct(product, virtual_raster(product.bands, resolution_m))


def candidates_in(contents: Contents) -> list[Candidate]:
    """The products of known kinds that the names tell of."""
    return [candidate for kind in KINDS for candidate in kind.find(contents)]


def best_of_scenes(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Of forms of one scene the first."""
    best: dict[tuple[str, str], Candidate] = {}
    for candidate in candidates:
        folder = PurePosixPath(candidate.names[0]).parent.as_posix()
        best.setdefault((folder, candidate.scene or candidate.name), candidate)
    return list(best.values())


def is_product_file(path: Path) -> bool:
    """Whether a file is called like an image or the metadata of a known product."""
    name = path.name
    if path.suffix.lower() == ".json" and path.is_file() and stac.is_item(path):
        return True
    matches = filter(None, (pattern.fullmatch(name) for pattern in _IMAGES))
    return (
        # A mask that is given by its own name is meant itself.
        any(match.groupdict().get("band", "").upper() not in _MASK_BANDS for match in matches)
        or is_way_in(name)
        or any(re.fullmatch(pattern, name) for pattern in _METADATA)
    )


def is_way_in(name: str) -> bool:
    """Whether a file with this name describes a whole product."""
    return sentinel2.is_metadata(name) or landsat.is_metadata(name)


def address_of(contents: Contents, candidate: Candidate) -> str:
    """A path that names this one product among others of its folder."""
    first = next(
        (n for n in candidate.names if landsat.is_metadata(PurePosixPath(n).name)),
        candidate.images[0] if candidate.images else candidate.names[0],
    )
    return contents.source(first)


def check_names(inputs: Sequence[str]) -> None:
    """Raises InputError for an empty one, which would be the current folder."""
    if not all(inputs):
        raise InputError(
            "No input was given, or one without a name: give a raster, or the folder, archive or "
            "metadata file of a product."
        )


def _joined(sources: Sequence[str]) -> Product:
    """Single-band rasters as one product: the known one that all belong to, if there is one."""
    found = [_on_disk(source) for source in sources]
    real = [os.path.realpath(at) if at else name for at, name in zip(found, sources, strict=True)]
    for source, name in zip(sources, real, strict=True):
        if real.count(name) > 1:
            raise InputError(f"'{source}' was given twice: give each band once.")
    places = [place for place in found if place is not None and is_product_file(place)]
    if len(places) == len(sources):
        with open_contents(whole_of(places[0])[0]) as contents:
            base = contents.path.absolute()
            names = {
                os.path.relpath(place.absolute(), base).replace(os.sep, "/") for place in places
            }
            for candidate in candidates_in(contents):
                if names <= set(candidate.names):
                    return candidate.load()
    return band_set.set_of(sources, band_set.band_stem(sources[0]))


def _of_virtual_raster(path: str) -> Product | None:
    """A virtual raster whose sources tell what it shows, band by band; None where none does."""
    shown = virtual_bands(path)
    if not shown:
        return None
    files = {name for band in shown for name, _ in band.sources}
    products = {name: _product_with(name) for name in files}
    known: list[BandSource] = []
    for number, band in enumerate(shown, start=1):
        found = [_shown_by(products[name], name, part) for name, part in band.sources]
        first = found[0]
        is_known = band.is_plain and first is not None and all(one == first for one in found)
        role, scale, offset, wavelength = first if is_known and first else ("", None, None, None)
        if band.has_units:
            scale = offset = None
        known.append(BandSource(path, role, number, scale, offset, wavelength_um=wavelength))
    if {"blue", "green", "red"} <= {band.description for band in known}:
        of_sources = list({id(one): one for one in products.values() if one}.values())
        one = of_sources[0]
        is_mosaic = len({product.name for product in of_sources}) > 1
        return replace(
            one,
            bands=tuple(known),
            acquired=None if is_mosaic else one.acquired,
            sun_elevation_deg=None if is_mosaic else one.sun_elevation_deg,
            sun_azimuth_deg=None if is_mosaic else one.sun_azimuth_deg,
            quality=() if is_mosaic else one.quality,
        )
    stems = [band_set.band_stem(band.sources[0][0]) for band in shown]
    if any(band.description for band in shown) or len(set(stems)) < len(stems):
        return None
    return Product(
        "",
        "",
        tuple(
            BandSource(path, text, number)
            for number, text in enumerate(band_set.distinct_parts(stems), start=1)
        ),
    )


def _product_with(name: str) -> Product | None:
    """The known product that an image on disk belongs to, if it can be read."""
    place = _on_disk(name)
    if place is None or not (place.is_file() and is_product_file(place)):
        return None
    try:
        with open_contents(whole_of(place)[0]) as contents:
            return _choose(contents, candidates_in(contents), place).load()
    except InputError:
        return None


def _shown_by(
    product: Product | None, name: str, number: int
) -> tuple[str, float | None, float | None, float | None] | None:
    """Role, scale, offset and wavelength of a band of a file; None where it has no role."""
    for band in product.bands if product else ():
        if band.number == number and os.path.realpath(band.source) == os.path.realpath(name):
            return band.description, band.scale, band.offset, band.wavelength_um
    return None


def _on_disk(path: str) -> Path | None:
    """What is meant on disk, also by names such as /vsizip/scene.zip; None if nothing is."""
    match = re.match(r"/vsi(?:zip|tar|gzip)/(.+)", path)
    place = Path(match.group(1) if match else path)
    try:
        if match and not (place.is_file() and is_archive(place)):
            return None
        return place if place.exists() else None
    except (OSError, ValueError):
        # Names of GDAL's own may be too long for a path, or hold what none can.
        return None


def whole_of(place: Path) -> tuple[Path, bool]:
    """The folder or archive to look at, and whether at its folders, too.

    Of a part of a SAFE folder it is all of that, whatever it is called.
    """
    if is_archive(place) and place.is_file():
        return place, True
    folder = place if place.is_dir() else place.parent
    for above in [folder, *folder.absolute().parents[:_LEVELS_UP_TO_SAFE]]:
        if above.name.upper().endswith(".SAFE") or any(
            sentinel2.is_metadata(name) and name.lower().startswith("mtd_msi")
            for name in _names_in(above)
        ):
            return above, True
    return folder, place.is_dir()


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        # A folder above that this user may not list has nothing to tell.
        return []


def _short(name: str) -> str:
    return PurePosixPath(name).name


def _choose(contents: Contents, found: Sequence[Candidate], place: Path) -> Candidate:
    """The one product that is meant by ``place``."""
    if contents.path != place:
        relative = place.absolute().relative_to(contents.path.absolute()).as_posix()
        if place.is_dir():
            inside = [c for c in found if any(n.startswith(f"{relative}/") for n in c.names)]
        else:
            inside = [c for c in found if relative in c.names]
        found = inside
    if place.is_dir() or is_archive(place):
        found = best_of_scenes(found)
    described = [n for n in map(_short, contents.names) if is_way_in(n)]
    if not found and described:
        named = place.name if is_way_in(place.name) else described[0]
        raise InputError(
            f"'{contents.path}' is not whole: there is '{named}' but none of the images that it "
            "describes."
        )
    if not found and (place.is_dir() or is_archive(place)):
        found = list(band_set.find(contents))
    if not found:
        raise InputError(
            f"'{place}' holds no image of a kind that is known: give the folder, archive or "
            "metadata file of a product, or a raster."
            if place.is_dir() or is_archive(place)
            else f"There is no image that belongs to '{place}': keep the files of a product together."
        )
    if len(found) > 1:
        named = ", ".join(f"'{candidate.name}'" for candidate in found[:_NAMED_IN_ERRORS])
        more = ", ..." if len(found) > _NAMED_IN_ERRORS else ""
        advice = (
            f"give one of them, such as '{address_of(contents, found[0])}', or"
            if contents.path.is_dir()
            else "unpack it and give one of them, or"
        )
        raise InputError(
            f"'{place}' holds {len(found)} images ({named}{more}): {advice} give the folder to "
            "'cloudmamba batch'."
        )
    return found[0]
