"""Images with reference labels, from a data folder or from a single reference raster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cloudmamba.classes import NO_DATA
from cloudmamba.data.codes import OF_OUR_MASKS, MaskCodes, ProductCodes
from cloudmamba.data.index import CLEAR_FOLDERS, SHADOW_LABEL, ImageRecord, has_data
from cloudmamba.data.layers import read_layer
from cloudmamba.errors import InputError

REFERENCE_SENSOR = "unknown sensor"
# Who may say where cloud shadow lies.
LABELS, TEACHERS = "labels", "teachers"


@dataclass(frozen=True)
class LabelledImage:
    """One image in memory with its labels.

    Attributes:
        name: file name without suffix; masks of it are called alike.
        path: raster on whose grid the labels are.
        reflectance: (4, H, W) float32 in the order blue, green, red, nir; None where only a
            reference is given.
        available_bands: which of the four bands there are; the others are zeros.
        label: (H, W) uint8, 0 clear, 1 cloud, 255 not labelled.
        valid: (H, W) bool, false where the image has no data.
        gsd_m: ground sample distance; None if it is not known.
        is_picture: whether the numbers are an 8-bit picture's.
        shadows: by who says so (``LABELS``, ``TEACHERS``), where anybody does, cloud shadow as
            (H, W) uint8: 1 shadow, 0 none, 255 not looked for.
    """

    name: str
    sensor: str
    path: Path
    reflectance: np.ndarray | None
    available_bands: tuple[bool, ...]
    label: np.ndarray
    valid: np.ndarray
    gsd_m: float | None = None
    is_picture: bool = False
    shadows: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def pixels(self) -> np.ndarray:
        """The reflectance. Raises ValueError where only a reference is given."""
        if self.reflectance is None:
            raise ValueError(f"'{self.path}' is a reference without an image.")
        return self.reflectance

    @property
    def labelled(self) -> np.ndarray:
        """(H, W) bool."""
        return self.label != NO_DATA


def read_record(record: ImageRecord) -> LabelledImage:
    """Read an image of a data folder.

    Raises InputError if it has no labels and is not known to be clear either.
    """
    if record.label_path is None and record.folder != "clear":
        raise InputError(
            f"'{record.path}' has no labels and is not in the folder 'clear': nothing to score."
        )
    return read_image(record)


def read_image(record: ImageRecord) -> LabelledImage:
    """As ``read_record``, but of any image; where nobody labelled it, no pixel is labelled."""
    reflectance, label = record.read()
    # Missing pixels are read as zeros without a label; no real pixel is exactly zero in all bands.
    missing = ~has_data(reflectance) & (label == NO_DATA)
    if record.label_path is None and record.folder not in CLEAR_FOLDERS:
        label[:] = NO_DATA
    shadows = {}
    if record.shadow_labelled:
        codes = record.read_codes()
        shadow = label if codes is None else codes == SHADOW_LABEL
        shadows[LABELS] = np.where(label == NO_DATA, NO_DATA, shadow).astype(np.uint8)
    return LabelledImage(
        record.name,
        record.sensor,
        record.path,
        reflectance,
        record.available_bands,
        label,
        ~missing,
        record.gsd_m,
        record.is_picture,
        shadows,
    )


def read_reference(path: Path, codes: MaskCodes | ProductCodes | None) -> LabelledImage:
    """Read a reference raster that stands alone, as ``read_mask`` does; there is no image then."""
    label = read_mask(path, codes)
    valid = np.ones(label.shape, bool)
    return LabelledImage(path.stem, REFERENCE_SENSOR, path, None, (False,) * 4, label, valid)


def read_mask(
    path: Path, codes: MaskCodes | ProductCodes | None, like: Path | None = None
) -> np.ndarray:
    """Read a mask raster as (H, W) uint8: 0 clear, 1 cloud, 255 no data.

    Args:
        codes: None for those of our masks where the file tells that it is one, else of labels.
        like: raster whose size and, where both say it, position the mask must have.

    Raises:
        InputError: it cannot be read, has several bands, lies on another grid, or holds a
            number that is no code.
    """
    if codes is None or codes.bands == 1:
        mask = read_layer(path, like)
        codes = codes or (OF_OUR_MASKS if mask.is_our_mask else MaskCodes())
        return codes.decode(mask.numbers[0], path, mask.declared)
    mask = read_layer(path, like, codes.bands, str(codes))
    return codes.decode(mask.numbers, path, mask.declared)
