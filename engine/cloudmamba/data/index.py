"""Labelled and clear images from a folder with an ``index.csv``."""

from __future__ import annotations

import csv
import hashlib
import logging
import math
import re
import zlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from rasterio.windows import Window

from cloudmamba.classes import BANDS, NO_DATA, SHADOW
from cloudmamba.data.layers import read_layer
from cloudmamba.errors import InputError
from cloudmamba.raster.radiometry import Radiometry
from cloudmamba.scene.reader import Scene

_log = logging.getLogger(__name__)

INDEX_NAME = "index.csv"
# What the column ``level`` of an index says of 8-bit pictures, and the reflectance of their white.
PICTURE_LEVEL, PICTURE_WHITE = "8-bit picture", 0.36

# Of labels: clear, cloud, thin cloud, cloud shadow and snow, and those of them that are cloud.
LABEL_CODES = (0, 1, 2, 3, 4)
CLOUD_CODES = (1, 2)
SHADOW_LABEL = 3
# Of an image so many pixels tell whether its scale can be right.
_JUDGED_PX = 2**18
# Sen2Cor's cloud probability (percent) at which it agrees with a label of its classification.
AGREED_CLOUD_PERCENT, AGREED_CLEAR_PERCENT = 40, 15
# What ``level`` says of reflectance with the atmosphere in between, and of that without.
_TOP_OF_ATMOSPHERE = re.compile(r"\b(L1|L1C|TOA)\b")
_SURFACE = re.compile(r"\b(L2|L2A|SR)\b")
# Dates, running numbers and product levels at the end of an image's name.
_NOT_THE_PLACE = re.compile(r"(_(\d{8}|pre|post|L1C|L2A|TOA1e4|SR1e4|scikiteo|ftdata|p?\d{3,}))+$")
# What the column ``shadow`` of an index says where labels tell all cloud shadow. Folders of clear
# images, and with those the ones whose labels do tell all.
SHADOW_LABELLED = "labelled"
CLEAR_FOLDERS = ("clear", "clear_more", "clear_rgb")
SHADOW_FOLDERS = ("shadow", "automatic", *CLEAR_FOLDERS)
# Folders whose images are for reporting alone.
REPORT_FOLDERS = ("manual/validation", "validation_rgb", "failures")
# Beginnings of the names of images that choose models and thresholds, and are neither trained on
# nor reported: of each kind some, places that no other image shows.
CHOOSING = (
    "landsat8_biome_Barren_08_", "landsat8_biome_SnowIce_00_1415",
    "landsat8_biome_Water_01_0922", "landsat8_biome_Water_02_1010",
    "l7toa_raleigh_", "l8toa_30N", "s2l1c_farmero", "s2l2a_lux1",
    "s2l1c_cr_5278", "s2l1c_cr_316", "s2l1c_cr_581", "s2l1c_cr_6317",
    "s2l1c_ROIs1158_spring_s2_101_", "s2l1c_ROIs1868_summer_s2_31_",
    "s2l1c_ROIs1868_summer_s2_cloudy_31_", "s2l1c_ROIs1868_summer_s2_101_",
    "s2l1c_ROIs1868_summer_s2_cloudy_101_",
    "hls_10", "hls_22", "s2_5_INCIDENT_", "landsat_L8_232066_",
    "s2l1c_glacier_B5705-1_", "s2l1c_glacier_A55F03_", "s2l1c_glacier_B7316_",
    "s2l1c_glacier_A51E37-1_",
)  # fmt: skip
HELD_OUT_PLACES = (
    "s2_dolomites",  # snow
    "terramind_609U_541L",  # snow
    "terramind_282D_485L",  # coast and sand
    "terramind_433D_629L",  # town
    "eobrowser_s2_aquileia",  # lagoon coast and town
)


@dataclass(frozen=True)
class ImageRecord:
    """One row of the index: an image of three or four bands and, perhaps, its labels.

    Attributes:
        path: image; ``label_path``: None for images known to be clear or not labelled.
        folder: ``manual/train``, ``manual/validation``, ``automatic``, ``clear`` ...
        gsd_m: ground sample distance.
        bands: of the file, in its order.
        scales, offsets: reflectance = number * scale + offset, one for each band of the file.
        site: the place as the index names it; may be empty.
        zero_is_no_data: whether 0 in all bands means no data.
        shadow_labelled: whether the labels tell all cloud shadow, so that a pixel without it has
            none; elsewhere shadow was not looked for, or not everywhere.
        top_of_atmosphere: whether the index says that reflectance is what the sensor measured, with
            the atmosphere in between.
        is_picture: whether the numbers are an 8-bit picture's, which tell reflectance but roughly.
    """

    path: Path
    label_path: Path | None
    folder: str
    sensor: str
    gsd_m: float
    bands: tuple[str, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    site: str
    zero_is_no_data: bool
    shadow_labelled: bool = False
    top_of_atmosphere: bool = False
    is_picture: bool = False

    @property
    def available_bands(self) -> tuple[bool, ...]:
        """Which of blue, green, red and near infrared the image has."""
        return tuple(band in self.bands for band in BANDS)

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

    @property
    def purpose(self) -> str:
        """``train``, ``choose`` (models and thresholds) or ``report`` (figures, nothing else).

        By folder and name, fixed beforehand: what is reported has chosen nothing.
        """
        if self.folder in REPORT_FOLDERS or (self.folder == "clear" and self.held_out):
            return "report"
        if self.name.startswith(CHOOSING):
            return "choose"
        return "train"

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """Reflectance (4, H, W) float32 and label (H, W) uint8: 0 clear, 1 cloud, 255 unlabelled.

        Thin cloud is cloud, cloud shadow is clear. In weakly labelled images, pixels where
        Sen2Cor's classification and its cloud probability disagree count as unlabelled. A band
        that is not ``available_bands`` is 0 everywhere.

        Raises InputError if a file is missing, damaged or of another number of bands, if the numbers
        cannot be reflectance with the scales and offsets, or if the label has another size or place,
        or a number that is no code.
        """
        numbers, valid = self._read_numbers()
        image = self._radiometry.reflectance(numbers)
        missing = ~(valid & np.isfinite(image).all(0))
        # Where zero stands for a reflectance below zero no pixel has it, least of all in all bands.
        if self.zero_is_no_data or min(self.offsets) < 0:
            missing |= (numbers == 0).all(0)
        self._check_scale(numbers[:, ~missing])
        label = np.zeros(image.shape[1:], np.uint8)
        codes = self.read_codes()
        if codes is not None:
            label = np.isin(codes, CLOUD_CODES).astype(np.uint8)
            label[codes == NO_DATA] = NO_DATA
            if self.folder == "automatic":
                label[self._doubtful(label)] = NO_DATA
        label[missing] = NO_DATA
        image[:, missing] = 0
        every_band = np.zeros((len(BANDS), *label.shape), np.float32)
        every_band[[BANDS.index(band) for band in self.bands]] = image
        return every_band, label

    def read_codes(self) -> np.ndarray | None:
        """(H, W) uint8, the codes of the label's file, with ``NO_DATA`` for its NaN and for the no data
        value that it declares, unless that is a code; None for images without one.

        Masks that a detection wrote are labels, too.

        Raises InputError if the file is missing or damaged, has several bands or another grid than
        the image, or has a number that is no code.
        """
        if self.label_path is None:
            return None
        layer = read_layer(self.label_path, like=self.path)
        numbers = layer.numbers[0]
        codes = np.full(numbers.shape, NO_DATA, np.uint8)
        is_code = np.isin(numbers, LABEL_CODES)
        codes[is_code] = numbers[is_code]
        if layer.is_our_mask:
            codes[codes == SHADOW] = SHADOW_LABEL
        no_data = np.isnan(numbers) | (numbers == NO_DATA)
        if layer.declared is not None:
            no_data |= numbers == layer.declared
        if not (is_code | no_data).all():
            raise InputError(
                f"The label '{self.label_path}' holds the number {numbers[~is_code & ~no_data][0]:g}, "
                f"which is no code: use {', '.join(map(str, LABEL_CODES))} and {NO_DATA} (no data) alone."
            )
        return codes

    def _read_numbers(self) -> tuple[np.ndarray, np.ndarray]:
        """Stored numbers (bands, H, W) and where the file declares them all valid (H, W)."""
        # Fill that is not declared is what the index says, not a guess.
        with Scene(self.path, keep_fill=True) as scene:
            count = len(scene.metadata.bands)
            if count != len(self.bands):
                raise InputError(
                    f"The image '{self.path}' has {count} bands and the index names "
                    f"{len(self.bands)}."
                )
            whole = Window(0, 0, scene.grid.width, scene.grid.height)
            return scene.read(range(1, count + 1), whole)

    @property
    def _radiometry(self) -> Radiometry:
        return Radiometry("index", self.scales, self.offsets)

    def _check_scale(self, numbers: np.ndarray) -> None:
        """Raises InputError where numbers (bands, n) that are image cannot be reflectance."""
        # The scale of a picture is no one's choice, and open water is black in it.
        if self.is_picture and numbers.dtype == np.uint8:
            return
        numbers = numbers[:, :: 1 + numbers.shape[1] // _JUDGED_PX]
        numbers = numbers[:, (numbers != 0).any(0)]
        if numbers.size and (problem := self._radiometry.problem_of(numbers)):
            scale, offset = (
                " ".join(f"{number:g}" for number in dict.fromkeys(each))
                for each in (self.scales, self.offsets)
            )
            raise InputError(
                f"The numbers of '{self.path}' cannot be reflectance with the scale {scale} and the "
                f"offset {offset} of the index: {problem}; correct them in {INDEX_NAME}."
            )

    def _doubtful(self, label: np.ndarray) -> np.ndarray:
        path = self.path.with_name(f"{self.name}_cloudprob.tif")
        percent = read_layer(path, like=self.path).numbers[0]
        cloud, clear = label == 1, label == 0
        return (cloud & (percent < AGREED_CLOUD_PERCENT)) | (
            clear & (percent > AGREED_CLEAR_PERCENT)
        )


def has_data(reflectance: np.ndarray) -> np.ndarray:
    """Which pixels (H, W) of an image (4, H, W) as ``ImageRecord.read`` gives it have data.

    Those without are 0 in all bands.
    """
    return (reflectance != 0).any(0)


def index_checksum(folder: Path) -> str:
    """SHA-256 of a data folder's index: the same images and labels have the same."""
    return hashlib.sha256((folder / INDEX_NAME).read_bytes()).hexdigest()


def read_index(folder: Path) -> list[ImageRecord]:
    """All images of a data folder. Raises InputError if there is no usable index."""
    index = folder / INDEX_NAME
    if not folder.exists():
        raise InputError(f"There is no file or folder '{folder}'.")
    if not index.is_file():
        raise InputError(f"There is no {INDEX_NAME} in '{folder}': give the folder that holds it.")
    try:
        # Excel begins its files with a byte order mark.
        with index.open(newline="", encoding="utf-8-sig") as file:
            # A line may be shorter than the first one.
            rows = list(csv.DictReader(file, restval=""))
            records = [_record(folder, row) for row in rows if _is_usable(row)]
    except (KeyError, ValueError, csv.Error) as error:
        raise InputError(
            f"'{index}' cannot be used ({error}): it needs the columns image, label, bands, sensor, "
            "gsd_m, scale, offset and site, with numbers where numbers belong (of scale and "
            "offset one, or one for each band)."
        ) from error
    if not records:
        raise InputError(
            f"'{index}' lists no image with the bands blue green red, with or without nir."
        )
    if left_out := tuple(row["image"] for row in rows if not _is_usable(row)):
        _tell_left_out(index, left_out, len(rows))
    return records


@cache
def _tell_left_out(index: Path, images: tuple[str, ...], count: int) -> None:
    """Once, however often the index is read."""
    _log.warning(
        "%d of the %d images of '%s' are left out, such as '%s': their bands are not blue, green, red "
        "and, if there is one, nir, or they have no scale.",
        len(images), count, index, images[0],
    )  # fmt: skip


def _is_usable(row: dict[str, str]) -> bool:
    """Whether its bands are known and its numbers are reflectance, or those of a picture."""
    bands = row["bands"].lower().split()
    known = set(BANDS[:3]) <= set(bands) <= set(BANDS) and len(set(bands)) == len(bands)
    return known and bool(row["scale"] or _is_picture(row))


def _is_picture(row: dict[str, str]) -> bool:
    return (row.get("level") or "").startswith(PICTURE_LEVEL)


def _is_top_of_atmosphere(level: str) -> bool:
    return bool(_TOP_OF_ATMOSPHERE.search(level)) and not _SURFACE.search(level)


def _record(folder: Path, row: dict[str, str]) -> ImageRecord:
    path = Path(row["image"])
    bands = tuple(row["bands"].lower().split())
    scale, offset = row["scale"], row["offset"]
    is_picture = not scale and _is_picture(row)
    if is_picture:
        scale, offset = str(PICTURE_WHITE / 255), "0"
    return ImageRecord(
        folder / path,
        folder / row["label"] if row["label"] else None,
        path.parent.as_posix(),
        row["sensor"],
        _finite(row["gsd_m"]),
        bands,
        _each_band(scale, len(bands)),
        _each_band(offset, len(bands)),
        row["site"],
        row.get("no_data") == "0"
        or path.parent.name == "automatic"
        or path.name.startswith("eobrowser_"),
        row.get("shadow") == SHADOW_LABELLED or path.parent.as_posix() in SHADOW_FOLDERS,
        _is_top_of_atmosphere(row.get("level") or ""),
        is_picture,
    )


def _each_band(text: str, count: int) -> tuple[float, ...]:
    """One number for each of ``count`` bands, from one for all or one for each."""
    numbers = tuple(map(_finite, text.split()))
    if len(numbers) not in (1, count):
        raise ValueError(f"'{text}' is neither one number nor {count}")
    return numbers if len(numbers) == count else numbers * count


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"'{text}' is no number")
    return number
