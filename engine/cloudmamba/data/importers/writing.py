"""The data folder that an import makes: under a temporary name until it is complete."""

from __future__ import annotations

import csv
import os
import secrets
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.windows
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine
from rasterio.windows import Window

from cloudmamba.data.importers.splits import Subset
from cloudmamba.data.index import PICTURE_LEVEL, SHADOW_LABELLED
from cloudmamba.errors import OutputError
from cloudmamba.raster.grid import GDAL_ERRORS, Grid

INDEX_COLUMNS = (
    "image", "label", "bands", "sensor", "level", "gsd_m", "scale", "offset", "no_data", "labels",
    "shadow", "site", "licence", "source", "note",
)  # fmt: skip
_KEPT_DTYPES = ("uint8", "uint16", "int16", "float32")


@dataclass(frozen=True)
class SceneMetadata:
    """What the index says of all crops of a scene.

    Attributes:
        name: of the scene, in the names of its crops.
        place: the site of all crops.
        bands: ``blue``, ``green``, ``red`` and perhaps ``nir``.
        scales, offsets: reflectance = number * scale + offset, one for each band.
        gsd_m: ground sample distance.
        shadow_labelled: whether the labels tell all cloud shadow.
        level, licence, source: free text.
        is_picture: whether it is an 8-bit picture, which the index tells by the level and by having no
            scale; the crops have none either, so that they are read as pictures again.
    """

    name: str
    place: str
    subset: Subset
    bands: tuple[str, ...]
    sensor: str
    level: str
    gsd_m: float
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    shadow_labelled: bool
    licence: str
    source: str
    is_picture: bool = False


class DataFolderWriter:
    """A data folder in the making. Leaving it without ``commit`` removes everything."""

    def __init__(self, folder: Path):
        """Raises OutputError if the folder exists or cannot be created."""
        self.folder = folder
        if folder.exists() or folder.is_symlink():
            raise OutputError(f"'{folder}' exists: choose a name that is new.")
        if not folder.parent.is_dir():
            raise OutputError(f"The folder '{folder.parent}' does not exist: create it first.")
        self._temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
        self._rows: list[dict[str, object]] = []
        self._committed = False

    def __enter__(self):
        try:
            self._temporary.mkdir()
        except OSError as error:
            raise OutputError(f"'{self.folder}' cannot be created: {error.strerror}.") from error
        return self

    def __exit__(self, *exception: object) -> None:
        if not self._committed:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def add(
        self,
        scene: SceneMetadata,
        grid: Grid,
        window: Window,
        numbers: np.ndarray,
        valid: np.ndarray,
        label: np.ndarray,
    ) -> None:
        """Write one crop and its labels.

        Args:
            grid: of the whole scene.
            window: where in it the crop lies.
            numbers: (bands, h, w) as stored in the scene; 8 and 16 bit integers are kept,
                anything else becomes float32.
            valid: (h, w) bool; elsewhere 0 in every band is written, NaN in float32.
            label: (h, w) uint8 in the codes of a data folder.

        Raises:
            OutputError: the files cannot be written.
        """
        dtype = numbers.dtype.name if numbers.dtype.name in _KEPT_DTYPES else "float32"
        empty = np.nan if dtype == "float32" else 0
        numbers = np.where(valid, numbers, empty).astype(dtype)
        name = f"manual/{scene.subset}/{scene.name}_r{window.row_off}_c{window.col_off}"
        self._write(f"{name}.tif", grid, window, numbers, scene)
        self._write(f"{name}_label.tif", grid, window, label[None])
        self._rows.append(
            {
                "image": f"{name}.tif",
                "label": f"{name}_label.tif",
                "bands": " ".join(scene.bands),
                "sensor": scene.sensor,
                "level": _level_of(scene),
                "gsd_m": f"{scene.gsd_m:g}",
                "scale": "" if scene.is_picture else _in_words(scene.scales),
                "offset": "" if scene.is_picture else _in_words(scene.offsets),
                "no_data": 0,
                "labels": "manual",
                "shadow": SHADOW_LABELLED if scene.shadow_labelled else "",
                "site": scene.place,
                "licence": scene.licence,
                "source": scene.source,
                "note": "",
            }
        )

    def commit(self) -> None:
        """Write the index and give the folder its name. Raises OutputError if that fails."""
        try:
            with (self._temporary / "index.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, INDEX_COLUMNS)
                writer.writeheader()
                writer.writerows(self._rows)
            if self.folder.exists():
                raise OutputError(f"'{self.folder}' exists by now: choose a name that is new.")
            os.rename(self._temporary, self.folder)
        except OSError as error:
            raise OutputError(f"'{self.folder}' cannot be written: {error.strerror}.") from error
        self._committed = True

    def _write(
        self,
        name: str,
        grid: Grid,
        window: Window,
        values: np.ndarray,
        scene: SceneMetadata | None = None,
    ) -> None:
        path = self._temporary / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                _write_raster(path, grid, window, values, scene)
                with rasterio.open(path) as written:
                    is_complete = np.array_equal(
                        written.read(), values, equal_nan=values.dtype.kind == "f"
                    )
        except GDAL_ERRORS as error:
            raise OutputError(
                f"'{self.folder}' cannot be written: the disk may be full ({error})."
            ) from error
        if not is_complete:
            raise OutputError(f"'{self.folder}' was not written correctly: the disk may be full.")


def _level_of(scene: SceneMetadata) -> str:
    """Of a picture it begins with what tells that it is one."""
    if not scene.is_picture or scene.level.startswith(PICTURE_LEVEL):
        return scene.level
    return f"{PICTURE_LEVEL}, {scene.level}" if scene.level else PICTURE_LEVEL


def _in_words(numbers: Sequence[float]) -> str:
    """One number if all bands share it, else one for each."""
    return " ".join(map(repr, numbers[:1] if len(set(numbers)) == 1 else numbers))


def _write_raster(
    path: Path, grid: Grid, window: Window, values: np.ndarray, scene: SceneMetadata | None
) -> None:
    count, height, width = values.shape
    georeferencing: dict[str, object] = {"crs": grid.crs}
    if grid.transform != Affine.identity():
        georeferencing["transform"] = rasterio.windows.transform(window, grid.transform)
    elif grid.gcps:
        georeferencing = {
            "gcps": _moved(grid.gcps, window),
            "crs": grid.gcps_crs or CRS(),
        }
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=count,
        height=height,
        width=width,
        dtype=values.dtype,
        compress="deflate",
        predictor=3 if values.dtype.kind == "f" else 2,
        # Else GDAL takes the fourth of four 8-bit bands for opacity.
        photometric="minisblack",
        **georeferencing,
    ) as file:
        file.write(values)
        if scene is None:
            return
        for number, band in enumerate(scene.bands, start=1):
            file.set_band_description(number, band)
        if not scene.is_picture:
            file.scales, file.offsets = scene.scales, scene.offsets


def _moved(gcps: Sequence[GroundControlPoint], window: Window) -> list[GroundControlPoint]:
    return [
        GroundControlPoint(
            row=point.row - window.row_off,
            col=point.col - window.col_off,
            x=point.x,
            y=point.y,
            z=point.z,
        )
        for point in gcps
    ]
