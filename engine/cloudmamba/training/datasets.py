"""Labelled and clear images from a folder with an ``index.csv``."""

from __future__ import annotations

import csv
import re
import warnings
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

from cloudmamba.errors import InputError

BANDS = "blue green red nir"
NO_DATA = 255
CLOUD_CODES = (1, 2)
# Sen2Cor's cloud probability (percent) at which it agrees with a label of its classification.
AGREED_CLOUD_PERCENT, AGREED_CLEAR_PERCENT = 40, 15
# Dates, running numbers and product levels at the end of an image's name.
_NOT_THE_PLACE = re.compile(r"(_(\d{8}|pre|post|L1C|L2A|TOA1e4|SR1e4|scikiteo|ftdata|p?\d{3,}))+$")
HELD_OUT_PLACES = (
    "s2_dolomites",  # snow
    "terramind_609U_541L",  # snow
    "terramind_282D_485L",  # coast and sand
    "terramind_433D_629L",  # town
    "eobrowser_s2_aquileia",  # lagoon coast and town
)


@dataclass(frozen=True)
class ImageRecord:
    """One row of the index: a four-band image and, perhaps, its labels.

    Attributes:
        path: image; ``label_path``: None for images known to be clear or not labelled.
        folder: ``manual/train``, ``manual/validation``, ``automatic``, ``clear`` ...
        gsd_m: ground sample distance.
        scale, offset: reflectance = number * scale + offset.
        site: the place as the index names it; may be empty.
        zero_is_no_data: whether 0 in all bands means no data.
    """

    path: Path
    label_path: Path | None
    folder: str
    sensor: str
    gsd_m: float
    scale: float
    offset: float
    site: str
    zero_is_no_data: bool

    @property
    def name(self) -> str:
        """File name without suffix."""
        return self.path.stem

    @cached_property
    def place(self) -> str:
        """Images of one place share this: the site, or the name without date and product."""
        return self.site or _NOT_THE_PLACE.sub("", self.name)

    @property
    def held_out(self) -> bool:
        """Whether a clear image is kept out of training: one place in five, and some by name.

        The named ones hold snow, sand, coast and town, so that false alarms there are measured.
        """
        named = self.name.startswith(HELD_OUT_PLACES)
        return named or zlib.crc32(self.place.encode()) % 5 == 0

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """Reflectance (4, H, W) float32 and label (H, W) uint8: 0 clear, 1 cloud, 255 unlabelled.

        Thin cloud is cloud, cloud shadow is clear. In weakly labelled images, pixels where
        Sen2Cor's classification and its cloud probability disagree count as unlabelled.
        """
        numbers = _read_raster(self.path)
        image = numbers.astype(np.float32) * self.scale + self.offset
        missing = ~np.isfinite(image).all(0)
        if self.zero_is_no_data:
            missing |= (numbers == 0).all(0)
        label = np.zeros(image.shape[1:], np.uint8)
        if self.label_path is not None:
            codes = _read_raster(self.label_path)[0]
            label = np.isin(codes, CLOUD_CODES).astype(np.uint8)
            label[codes == NO_DATA] = NO_DATA
            if self.folder == "automatic":
                label[self._doubtful(label)] = NO_DATA
        label[missing] = NO_DATA
        image[:, missing] = 0
        return image, label

    def _doubtful(self, label: np.ndarray) -> np.ndarray:
        percent = _read_raster(self.path.with_name(f"{self.name}_cloudprob.tif"))[0]
        cloud, clear = label == 1, label == 0
        return (cloud & (percent < AGREED_CLOUD_PERCENT)) | (
            clear & (percent > AGREED_CLEAR_PERCENT)
        )


def read_index(folder: Path) -> list[ImageRecord]:
    """All images of a data folder. Raises InputError if there is no usable index."""
    index = folder / "index.csv"
    if not index.is_file():
        raise InputError(f"There is no index.csv in '{folder}': give the folder that holds it.")
    try:
        with index.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            usable = (row for row in rows if row["bands"] == BANDS and row["scale"])
            records = [_record(folder, row) for row in usable]
    except (KeyError, ValueError) as error:
        raise InputError(
            f"'{index}' cannot be used ({error}): it needs the columns image, label, bands, sensor, "
            "gsd_m, scale, offset and site, with numbers where numbers belong."
        ) from error
    if not records:
        raise InputError(f"'{index}' lists no image with the bands {BANDS}.")
    return records


def _record(folder: Path, row: dict[str, str]) -> ImageRecord:
    path = Path(row["image"])
    return ImageRecord(
        folder / path,
        folder / row["label"] if row["label"] else None,
        path.parent.as_posix(),
        row["sensor"],
        float(row["gsd_m"]),
        float(row["scale"]),
        float(row["offset"]),
        row["site"],
        path.parent.name == "automatic" or path.name.startswith("eobrowser_"),
    )


def _read_raster(path: Path) -> np.ndarray:
    """All bands (bands, H, W). Raises InputError if the file is missing or damaged."""
    # Georeferencing plays no part in training.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as source:
                return source.read()
        except RasterioIOError as error:
            raise InputError(f"The image '{path}' cannot be read: {error}.") from error
