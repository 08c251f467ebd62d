"""Scenes and their masks as files, and those of a folder."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
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
class ListedScene:
    """A line of a list.

    Attributes:
        bands, radiometry: as Detect clouds takes them; empty for those of all scenes.
    """

    path: Path
    bands: str = ""
    radiometry: str = ""


@dataclass(frozen=True)
class SceneFiles:
    """A scene, its mask and its uncertainty: names for GDAL, ``""`` for what there is not.

    Attributes:
        bands, radiometry: as Detect clouds takes them; empty for those of all scenes.
    """

    image: str
    mask: str = ""
    uncertainty: str = ""
    bands: str = ""
    radiometry: str = ""

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


def read_list(path: str) -> list[ListedScene]:
    """What a file names: one path a line, or a CSV table with the column ``scene``.

    A table may have the columns ``bands`` and ``radiometry``, too. Paths are relative to the folder
    of the list, else to the current folder; blank lines and comments (#) do not count. A scene that
    is listed twice counts once. Raises ``QgsProcessingException`` where there are none, where one is
    not there, or where it is listed with different settings.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            if path.lower().endswith(".csv"):
                rows = _rows_of_table(file, path)
            else:
                rows = [{"scene": line.strip()} for line in file]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise QgsProcessingException(
            tr("The list '{path}' cannot be read ({reason}).").format(path=path, reason=error)
        ) from error
    scenes: dict[Path, ListedScene] = {}
    for row in rows:
        name = row.get("scene", "")
        if not name or name.startswith("#"):
            continue
        place = _place_of(name, os.path.dirname(path))
        if not place.exists():
            raise QgsProcessingException(
                tr("'{scene}' of the list '{path}' is not there.").format(scene=place, path=path)
            )
        scene = ListedScene(place, row.get("bands", ""), row.get("radiometry", ""))
        if scenes.setdefault(place, scene) != scene:
            raise QgsProcessingException(
                tr(
                    "'{scene}' is listed twice with different settings: keep one of the lines."
                ).format(scene=name)
            )
    if not scenes:
        raise QgsProcessingException(
            tr("The list '{path}' names no scenes: one path a line, or a column scene.").format(
                path=path
            )
        )
    return list(scenes.values())


def _rows_of_table(file: Iterable[str], path: str) -> list[dict[str, str]]:
    """By the names of the columns, which spreadsheets may put spaces around."""
    table = csv.DictReader(file)
    table.fieldnames = [name.strip() for name in table.fieldnames or ()]
    rows = []
    for row in table:
        if None in row:  # bands without quotes would lose all but the first
            raise QgsProcessingException(
                tr(
                    "Line {number} of the list '{path}' has more cells than there are columns: "
                    "put cells that hold commas into double quotes."
                ).format(number=table.line_num, path=path)
            )
        rows.append({name: (cell or "").strip() for name, cell in row.items()})
    return rows


def _place_of(name: str, folder: str) -> Path:
    """Of a relative path in the folder of its list, or in the current one where it is only there."""
    beside = Path(folder, name)
    here = Path(os.path.abspath(name))
    return here if here.exists() and not beside.exists() else beside


def order_by_image(scenes: Sequence[str], masks: Sequence[str], images: Sequence[str]) -> list[int]:
    """For each scene the number of its mask: as listed, unless masks tell what they were made of.

    Args:
        scenes: files of as many scenes as there are masks.
        masks: files of the masks.
        images: for each mask the name of the image it was made of, ``""`` where nothing tells it.

    Of scenes of one name a mask belongs to that in its own folder, else to that at its place in the
    list or to the next one. What was made of none of the scenes keeps its order. Where more masks
    were made of a name than there are scenes of it, all stay as they are listed.
    """
    names = [os.path.basename(scene) for scene in scenes]
    own: dict[int, int] = {}  # by the number of the scene
    for name in set(names):
        free = [number for number, other in enumerate(names) if other == name]
        left = [number for number, image in enumerate(images) if image == name]
        if len(left) > len(free):
            return list(range(len(scenes)))
        for scene in list(free):
            beside = [mask for mask in left if are_beside(masks[mask], scenes[scene])]
            if len(beside) == 1:
                own[scene] = beside[0]
                left.remove(beside[0])
                free.remove(scene)
        for mask in sorted(left, key=lambda number: number not in free):
            scene = mask if mask in free else free[0]
            own[scene] = mask
            free.remove(scene)
    others = (number for number in range(len(masks)) if number not in own.values())
    return [own[number] if number in own else next(others) for number in range(len(scenes))]


def are_beside(one: str, other: str) -> bool:
    """Whether two files lie in one folder."""
    return os.path.dirname(one) == os.path.dirname(other)


def scenes_of(files: Sequence[Path], products: Sequence[ProductRaster]) -> list[SceneFiles]:
    """Products and files with the masks that are named after them; masks without a scene alone.

    Images that differ only in their endings are different scenes; they share a mask.
    """
    first: dict[Path, str] = {}  # of files that differ only in their endings
    for path in sorted(files):
        first.setdefault(path.with_suffix(""), str(path))

    def named_after(scene: Path, ending: str) -> str:
        return first.get(scene.with_name(scene.name + ending), "")

    def complete(scene: Path, image: str) -> SceneFiles:
        return SceneFiles(image, named_after(scene, _MASK), named_after(scene, _UNCERTAINTY))

    of_products = [
        complete(Path(product.path).with_name(product.name), product.raster) for product in products
    ]
    of_files = [
        (path.with_suffix(""), complete(path.with_suffix(""), str(path)))
        for path in files
        if not path.stem.endswith(_NO_SCENES)
    ]
    taken = {scene.mask for scene in of_products} | {scene.mask for _, scene in of_files}
    for path in files:
        if path.stem.endswith(_MASK) and str(path) not in taken:
            name = path.with_name(path.stem.removesuffix(_MASK))
            of_files.append((name, SceneFiles("", str(path), named_after(name, _UNCERTAINTY))))
    return of_products + [scene for _, scene in sorted(of_files, key=lambda one: one[0])]
