"""Soft labels of teachers: made from several views of an image, kept as rasters beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import torch
from torch.nn import functional

from cloudmamba.data.index import ImageRecord
from cloudmamba.errors import InputError
from cloudmamba.training.teachers.runner import Task

# Where a teacher's networks work best, and the finest ground sample distance that is reduced to it.
WORKING_GSD_M, FINEST_NATIVE_GSD_M = 30.0, 20.0
# A teacher's tile: smaller images are mirrored to this side.
SMALLEST_SIDE_PX = 256
UNKNOWN = 255


def check_has_labels(teachers: Path, records: Sequence[ImageRecord]) -> None:
    """Raises InputError where a folder of labels has none of these images' folders."""
    if not any((teachers / record.folder).is_dir() for record in records):
        raise InputError(
            f"'{teachers}' has no labels of these images: make them with cloudmamba teach."
        )


@dataclass(frozen=True)
class SoftLabel:
    """What a teacher says of an image; all (height, width) float32 in 0..1, NaN where unknown.

    Attributes:
        cloud, shadow: probability, averaged over the views.
        agreement: 1 where all views say the same, 0 where they contradict each other.
    """

    cloud: np.ndarray
    shadow: np.ndarray
    agreement: np.ndarray


@dataclass(frozen=True)
class View:
    """One way to look at an image: processing level, size and orientation."""

    level: str
    zoom: float
    flipped: bool


def views(gsd_m: float, levels: Sequence[str]) -> list[View]:
    """The views of an image: each level, native and about 30 m, as it is and turned about."""
    zooms = [1.0]
    if gsd_m < FINEST_NATIVE_GSD_M:
        zooms.append(gsd_m / WORKING_GSD_M)
    return [View(level, zoom, flip) for level in levels for zoom in zooms for flip in (False, True)]


def seen(image: np.ndarray, bands: tuple[str, ...], view: View) -> Task:
    """The task that shows a view of ``image`` (bands, height, width) to a teacher."""
    resized = _resized(image, [max(1, round(n * view.zoom)) for n in image.shape[1:]])
    if view.flipped:
        resized = resized[:, ::-1, ::-1].transpose(0, 2, 1)
    pad = [(0, max(0, SMALLEST_SIDE_PX - n)) for n in resized.shape[1:]]
    return Task(np.pad(resized, ((0, 0), *pad), mode="symmetric"), bands, view.level)


def unseen(answer: np.ndarray, size: tuple[int, int], view: View) -> np.ndarray:
    """A teacher's answer to a view, back on the grid of the image of this (height, width)."""
    height, width = (max(1, round(n * view.zoom)) for n in size)
    if view.flipped:
        answer = answer[:, :width, :height].transpose(0, 2, 1)[:, ::-1, ::-1]
    return _resized(answer[:, :height, :width], size)


def consensus(answers: Sequence[np.ndarray], valid: np.ndarray) -> SoftLabel:
    """Mean and agreement of the answers (outputs, height, width): cloud, and shadow if there."""
    stacked = np.stack(answers)
    mean = stacked.mean(0)
    # Standard deviation of probabilities is at most one half.
    agreement = 1 - 2 * stacked[:, 0].std(0)
    shadow = mean[1] if len(mean) > 1 else np.full_like(agreement, np.nan)
    layers = (np.where(valid, layer, np.nan) for layer in (mean[0], shadow, agreement))
    return SoftLabel(*(layer.astype(np.float32) for layer in layers))


def write_soft_label(path: Path, label: SoftLabel) -> None:
    """One byte a value: percent of cloud, shadow and agreement; 255 where unknown."""
    layers = np.stack([label.cloud, label.shadow, label.agreement])
    percent = np.where(np.isnan(layers), UNKNOWN, np.rint(100 * np.nan_to_num(layers)))
    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": 3, "nodata": UNKNOWN, "compress": "deflate",
        "height": layers.shape[1], "width": layers.shape[2],
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    with rasterio.open(temporary, "w", **profile) as target:
        target.write(percent.astype(np.uint8))
        target.descriptions = ("cloud", "cloud shadow", "agreement")
    temporary.replace(path)


def read_soft_label(path: Path) -> SoftLabel:
    """What ``write_soft_label`` wrote."""
    with rasterio.open(path) as source:
        percent = source.read()
    layers = np.where(percent == UNKNOWN, np.nan, percent / np.float32(100)).astype(np.float32)
    return SoftLabel(*layers)


def _resized(image: np.ndarray, size: Sequence[int]) -> np.ndarray:
    if image.shape[1:] == tuple(size):
        return image
    smaller = size[0] < image.shape[1]
    tensor = torch.from_numpy(np.ascontiguousarray(image))[None]
    return functional.interpolate(tensor, tuple(size), mode="bilinear", antialias=smaller)[
        0
    ].numpy()
