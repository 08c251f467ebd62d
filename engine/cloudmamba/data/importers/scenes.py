"""Scenes with labels, as the readers of the layouts find them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio.windows import Window

from cloudmamba.data.importers.class_codes import ClassCodes
from cloudmamba.data.importers.splits import Subset
from cloudmamba.errors import InputError
from cloudmamba.raster.grid import Grid, lie_elsewhere
from cloudmamba.scene.reader import Scene

_RASTER_SUFFIXES = (".tif", ".tiff", ".jp2", ".img", ".vrt", ".png", ".jpg", ".jpeg", ".bmp")

# Labels (h, w) uint8 in the codes of a data folder, of a window.
ReadLabels = Callable[[Window], np.ndarray]


@dataclass(frozen=True)
class LabelledScene:
    """One image with labels.

    Attributes:
        name: unique in its data set.
        path: the image.
        open_labels: opens the labels for the grid of the image.
        subset: where the data set has a split of its own.
        place: what scenes of one place share, so that they stay in one subset; None: the name.
        radiometry: as ``raster.radiometry.resolve_radiometry`` takes it, where each scene has its
            own.
    """

    name: str
    path: Path
    open_labels: Callable[[Grid], AbstractContextManager[ReadLabels]]
    subset: Subset | None = None
    place: str | None = None
    radiometry: str | None = None


@dataclass(frozen=True)
class DatasetMetadata:
    """What is known of a data set before it is read; each of it can be overridden.

    Attributes:
        bands: as ``raster.bands.parse_bands`` takes it; empty to guess.
        radiometry: as ``raster.radiometry.resolve_radiometry`` takes it.
        gsd_m: ground sample distance where the georeferencing does not tell it.
        least_labelled: share of a crop that must be labelled for it to be kept.
        test_share: of the scenes, where the data set has no split of its own.
        shadow_labelled: whether all cloud shadow has its code.
        level, licence, source: for the index.
    """

    codes: ClassCodes
    sensor: str = "unknown"
    bands: str = ""
    radiometry: str = "auto"
    gsd_m: float | None = None
    least_labelled: float = 0.0
    test_share: float = 0.1
    shadow_labelled: bool = False
    level: str = ""
    licence: str = ""
    source: str = ""


def masked_by(
    mask: Path, codes: ClassCodes
) -> Callable[[Grid], AbstractContextManager[ReadLabels]]:
    """Labels from a mask on the grid of the image.

    Opening and reading raise InputError if the mask is damaged, of another size or of several
    bands, or has a code that no class has.
    """

    @contextmanager
    def open_labels(grid: Grid) -> Iterator[ReadLabels]:
        with Scene(mask) as scene:
            if len(scene.metadata.bands) != 1:
                raise InputError(
                    f"The mask '{mask}' has {len(scene.metadata.bands)} bands: a mask has one, with "
                    "the codes of the classes."
                )
            if (scene.grid.width, scene.grid.height) != (grid.width, grid.height):
                raise InputError(
                    f"The mask '{mask}' has {scene.grid.width} x {scene.grid.height} pixels and "
                    f"its image {grid.width} x {grid.height}: they must have the same."
                )
            if lie_elsewhere(scene.grid, grid):
                raise InputError(
                    f"The mask '{mask}' lies elsewhere than its image (position, pixel size or reference "
                    "system differ): bring it onto the grid of the image, for instance with gdalwarp."
                )
            yield lambda window: codes.label(scene.read([1], window)[0][0], f"The mask '{mask}'")

    return open_labels


def raster_files(folder: Path) -> list[Path]:
    """All rasters in a folder and below, by the endings of their names, in a fixed order.

    Raises InputError if there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder '{folder}'.")
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in _RASTER_SUFFIXES and not path.name.startswith(".")
    )


def scene_name(relative: Path) -> str:
    """Name of a scene from its path in the data set: folders and name without suffix."""
    return "_".join(relative.with_suffix("").parts)


def files_ending(files: Iterable[Path], *endings: str) -> list[tuple[Path, str]]:
    """Files whose names end so before their suffix, and the names without it.

    Args:
        endings: in lower case; names may be in any.
    """
    return [
        (path, path.stem[: -len(ending)])
        for path in files
        for ending in endings
        if path.stem.lower().endswith(ending)
    ]


def checked(scenes: Iterable[LabelledScene], if_none: str) -> list[LabelledScene]:
    """The scenes, in order. Raises InputError if two have one name, or with ``if_none``."""
    found: dict[str, LabelledScene] = {}
    for scene in scenes:
        if scene.name in found:
            raise InputError(
                f"'{scene.path}' and '{found[scene.name].path}' would have one name: rename one."
            )
        found[scene.name] = scene
    if not found:
        raise InputError(if_none)
    return list(found.values())
