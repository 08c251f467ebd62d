"""Products as files that any program with GDAL opens: one virtual raster each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree  # nosec B405  what is read was written here

from cloudmamba.errors import InputError
from cloudmamba.products.opening import OpenedProduct, open_product
from cloudmamba.products.searching import product_paths, scene_name

_SAFE = ".SAFE"


def write_products(
    path: Path, folder: Path, check_cancelled: Callable[[], None] = lambda: None
) -> Path:
    """``products_as_rasters``, told in a JSON file in the folder: a list of any length."""
    found = products_as_rasters(path, folder, check_cancelled)
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / "products.json"
    listed.write_text(json.dumps(found), encoding="utf-8")
    return listed


def products_as_rasters(
    path: Path, folder: Path, check_cancelled: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Write virtual rasters of a product, or of all products below a folder.

    Args:
        path: a product, or a folder of many.
        folder: where the rasters go, each into a folder of its own under the name of its scene.

    Returns:
        ``scenes``, of each ``name``, ``path`` and ``raster``, and ``problem``, a sentence where
        that is empty; and ``others``, names of the files of the folder that belong to no product.

    Raises:
        InputError: nothing is there.
    """
    if not path.exists():
        raise InputError(f"'{path}' does not exist.")
    if not path.is_dir() or path.name.upper().endswith(_SAFE):
        return {"scenes": [_written(path, folder / "0")], "others": []}
    scenes: list[dict[str, str]] = []
    others: list[str] = []
    for parent, products, rest in product_paths(path, lambda inner: inner.name.startswith(".")):
        for name in products:
            check_cancelled()
            scenes.append(_written(Path(parent, name), folder / str(len(scenes))))
        if Path(parent) == path:
            others = rest
    return {"scenes": scenes, "others": others}


def _written(path: Path, folder: Path) -> dict[str, str]:
    name = scene_name(str(path))
    told = {"name": name, "path": str(path), "raster": "", "problem": ""}
    try:
        with open_product(str(path)) as opened:
            if opened is None:
                return {**told, "raster": str(path)}
            text = _with_time(opened)
            sources = [band.source for band in opened.product.bands]
    except InputError as error:
        return {**told, "problem": str(error)}
    # Those of some archives were unpacked for the moment.
    if any(Path(source).is_absolute() and not _lasts(source) for source in sources):
        return {**told, "problem": f"'{path}' cannot be read in place: unpack it first."}
    folder.mkdir(parents=True)
    raster = folder / f"{name}.vrt"
    raster.write_text(text, encoding="utf-8")
    return {**told, "raster": str(raster)}


def _lasts(source: str) -> bool:
    return source.startswith("/vsi") or Path(source).exists()


def _with_time(opened: OpenedProduct) -> str:
    """The virtual raster, which also says when it was taken."""
    acquired = opened.product.acquired
    if acquired is None:
        return opened.raster
    root = ElementTree.fromstring(opened.raster)  # nosec B314
    metadata = ElementTree.Element("Metadata")
    ElementTree.SubElement(metadata, "MDI", key="ACQUISITIONDATETIME").text = acquired.isoformat()
    root.insert(0, metadata)
    return ElementTree.tostring(root, encoding="unicode")
