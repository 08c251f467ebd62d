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
_NO_SCENES = (_MASK, _UNCERTAINTY, "_probability", "_stages")


@dataclass(frozen=True)
class SceneFiles:
    """A scene, its mask and its uncertainty: names for GDAL, ``""`` for what there is not."""

    image: str
    mask: str = ""
    uncertainty: str = ""

    @property
    def name(self) -> str:
        return os.path.basename(self.image or self.mask)


def scenes_in(folder: str) -> list[SceneFiles]:
    """The rasters of a folder by name, with the masks beside them that are named after them.

    ``NAME_mask.tif`` is the mask of ``NAME.tif``; where there is no such scene it stands alone.
    Raises ``QgsProcessingException`` where there are none.
    """
    found = _paired(
        [
            path
            for path in sorted(Path(folder).iterdir())
            if path.suffix.lower() in _ENDINGS and not path.name.startswith(".")
        ]
    )
    if not found:
        raise QgsProcessingException(
            tr("The folder '{folder}' has no rasters ({endings}).").format(
                folder=folder, endings=", ".join(_ENDINGS)
            )
        )
    return found


def scenes_of_list(path: str) -> list[SceneFiles]:
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
    return _paired(paths)


def _paired(files: Sequence[Path]) -> list[SceneFiles]:
    """Scenes with the masks that are named after them; masks without a scene alone."""
    paths = {path.with_suffix(""): str(path) for path in files}

    def beside(scene: Path, ending: str) -> str:
        return paths.get(scene.with_name(scene.name + ending), "")

    images = [path for path in paths if not path.name.endswith(_NO_SCENES)]
    masks = [path for path in paths if path.name.endswith(_MASK)]
    alone = [path.with_name(path.name.removesuffix(_MASK)) for path in masks]
    return [
        SceneFiles(paths.get(path, ""), beside(path, _MASK), beside(path, _UNCERTAINTY))
        for path in sorted({*images, *alone})
    ]
