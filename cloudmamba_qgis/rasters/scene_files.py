"""Scenes and their masks as files, and those of a folder."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsProcessingException

from cloudmamba_qgis.translation import tr

_ENDINGS = (".tif", ".tiff", ".jp2", ".vrt", ".img")
# As the engine's batch names its results after a scene.
_MASK, _UNCERTAINTY = "_mask", "_uncertainty"
_NO_SCENES = (_MASK, _UNCERTAINTY, "_probability", "_stages", "_shadow")
_ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz")
# Of files that describe a product, or that every image of one has beside it.
_METADATA = (".xml", ".json", ".safe", "_mtl.txt")


@dataclass(frozen=True)
class ProductRaster:
    """A product that the engine has understood.

    Attributes:
        name: of the scene.
        path: the folder, archive or file that was given.
        raster: the virtual raster of it.
    """

    name: str
    path: str
    raster: str


@dataclass(frozen=True)
class SceneFiles:
    """A scene, its mask and its uncertainty: names for GDAL, ``""`` for what there is not."""

    image: str
    mask: str = ""
    uncertainty: str = ""

    @property
    def name(self) -> str:
        return os.path.basename(self.image or self.mask)


def may_hold_products(folder: str) -> bool:
    """Whether something in the folder is more than a raster."""
    return any(is_product_name(path) for path in Path(folder).iterdir())


def is_product_name(path: Path) -> bool:
    """Whether it may be a product or hold some: a folder, an archive, or metadata."""
    if path.name.startswith("."):
        return False
    name = path.name.lower()
    # What GDAL keeps beside a raster is no metadata of a product.
    is_metadata = name.endswith(_METADATA) and not name.endswith(".aux.xml")
    return path.is_dir() or name.endswith(_ARCHIVES) or is_metadata


def scenes_in(
    folder: str,
    products: Sequence[ProductRaster] = (),
    files: Sequence[Path] | None = None,
) -> list[SceneFiles]:
    """The rasters of a folder by name, with the masks beside them that are named after them.

    ``NAME_mask.tif`` is the mask of ``NAME.tif`` and of the product NAME; where there is no such
    scene it stands alone. ``files`` are those that belong to no product; None for all. Raises
    ``QgsProcessingException`` where there are none.
    """
    rasters = [
        path
        for path in sorted(Path(folder).iterdir() if files is None else files)
        if path.suffix.lower() in _ENDINGS and not path.name.startswith(".")
    ]
    found = sorted(scenes_of(rasters, products), key=lambda scene: scene.name)
    if not found:
        raise QgsProcessingException(
            tr("The folder '{folder}' has no rasters ({endings}) and no products.").format(
                folder=folder, endings=", ".join(_ENDINGS)
            )
        )
    return found


def paths_of_list(path: str) -> list[Path]:
    """Those that a file names: one path a line, or a CSV table with the column ``scene``.

    Paths are relative to the folder of the list; blank lines and comments (#) do not count. Raises
    ``QgsProcessingException`` where there are none or where one is not there.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            if path.lower().endswith(".csv"):
                names = [row.get("scene") or "" for row in csv.DictReader(file)]
            else:
                names = [line.strip() for line in file]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise QgsProcessingException(
            tr("The list '{path}' cannot be read ({reason}).").format(path=path, reason=error)
        ) from error
    names = [name for name in names if name and not name.startswith("#")]
    paths = [Path(os.path.dirname(path), name) for name in names]
    if not paths:
        raise QgsProcessingException(
            tr("The list '{path}' names no scenes: one path a line, or a column scene.").format(
                path=path
            )
        )
    for one in paths:
        if not one.exists():
            raise QgsProcessingException(
                tr("'{scene}' of the list '{path}' is not there.").format(scene=one, path=path)
            )
    return paths


def scenes_of(files: Sequence[Path], products: Sequence[ProductRaster]) -> list[SceneFiles]:
    """Products and files with the masks that are named after them; masks without a scene alone."""
    paths = {path.with_suffix(""): str(path) for path in files}

    def beside(folder: Path, name: str, ending: str) -> str:
        return paths.pop(folder / f"{name}{ending}", "")

    scenes = []
    for product in products:
        folder = Path(product.path).parent
        mask = beside(folder, product.name, _MASK)
        uncertainty = beside(folder, product.name, _UNCERTAINTY)
        scenes.append(SceneFiles(product.raster, mask, uncertainty))
    images = [path for path in paths if not path.name.endswith(_NO_SCENES)]
    masks = [path for path in paths if path.name.endswith(_MASK)]
    alone = [path.with_name(path.name.removesuffix(_MASK)) for path in masks]
    for path in sorted({*images, *alone}):
        scenes.append(
            SceneFiles(
                paths.get(path, ""),
                paths.get(path.with_name(path.name + _MASK), ""),
                paths.get(path.with_name(path.name + _UNCERTAINTY), ""),
            )
        )
    return scenes
