"""The stages of a detection in levels of a hundredth, from which a mask is decided at once.

Thresholds that move in hundredths need no more than the hundredth in which a value lies: a
byte a value instead of four, compared many at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from osgeo import gdal

from cloudmamba_qgis.rasters.blocks import Window, read, windows
from cloudmamba_qgis.rasters.cloud_shapes import (
    CLEAR,
    CLOUD,
    NO_DATA,
    SHADOW,
    dilate,
    is_shadow,
)
from cloudmamba_qgis.rasters.decision import Stages, fuse
from cloudmamba_qgis.rasters.files import open_raster
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.patches import Runs

STEPS = 100
_LEVELS = STEPS + 2
_THRESHOLDS = (np.arange(STEPS + 1) / STEPS).astype(np.float32)
_INVALID = 255
_STRIP_ROWS = 256


@dataclass(frozen=True)
class MaskSettings:
    """What makes a mask of the stages: hundredths, and pixels."""

    coarse_step: int = 50
    refined_step: int = 50
    acceptance_step: int = 40
    buffer_px: int = 0
    smallest_cloud_px: int = 0
    smallest_hole_px: int = 0

    @property
    def has_second_pass(self) -> bool:
        """Whether the second pass decides anything; else its threshold means nothing."""
        return self.acceptance_step < STEPS

    def tags(self) -> dict[str, str]:
        """As the engine and Adjust cloud mask write them into a file."""
        steps = (
            ("COARSE_THRESHOLD", self.coarse_step),
            ("REFINED_THRESHOLD", self.refined_step),
            ("ACCEPTANCE_THRESHOLD", self.acceptance_step),
        )
        shapes = (
            ("BUFFER", self.buffer_px),
            ("SMALLEST_CLOUD", self.smallest_cloud_px),
            ("SMALLEST_HOLE", self.smallest_hole_px),
        )
        return {
            **{name: f"{step / STEPS:g}" for name, step in steps},
            **{name: f"{size_px} pixels" for name, size_px in shapes if size_px},
        }


class StageLevels:
    """Levels of both stages and of the uncertainty of the first.

    A probability is above the threshold of step k where its level is above k; an uncertainty
    is accepted at it where its level is at most k. Exactly, in the engine's single precision.

    Attributes:
        coarse, refined, uncertainty: (height, width) uint8; the last is 255 without data.
        shadow: (height, width) bool, where clear pixels lie in cloud shadow; None for a mask
            without that class.
        valid_px: pixels with data.
    """

    def __init__(
        self,
        coarse: np.ndarray,
        refined: np.ndarray,
        uncertainty: np.ndarray,
        shadow: np.ndarray | None = None,
    ) -> None:
        self.coarse, self.refined, self.uncertainty = coarse, refined, uncertainty
        self.shadow = shadow
        self._invalid = uncertainty == _INVALID
        self.valid_px = self._invalid.size - int(np.count_nonzero(self._invalid))
        self._coarse_counts = _counts(uncertainty, coarse)
        self._refined_counts = _counts(uncertainty, refined)

    @classmethod
    def read(cls, path: str, shadow_path: str, feedback) -> StageLevels:
        """From the four bands that the detection writes; ``feedback`` can cancel it.

        ``shadow_path`` is the probability of cloud shadow, empty where there is none.

        Raises ``QgsProcessingException`` if the file cannot be read or on a cancel.
        """
        raster = open_raster(path)
        grid = Grid.of(raster)
        levels = np.empty((3, grid.height, grid.width), np.uint8)
        shadows = open_raster(shadow_path) if shadow_path else None
        shadow = np.zeros(levels.shape[1:], bool)
        for window in windows(grid, feedback):
            rows = slice(window.row, window.row + window.height)
            columns = slice(window.column, window.column + window.width)
            levels[:, rows, columns] = _levels_of(raster, window)
            if shadows is not None:
                shadow[rows, columns] = is_shadow(read(shadows.GetRasterBand(1), window))
        coarse, refined, uncertainty = levels
        return cls(coarse, refined, uncertainty, None if shadows is None else shadow)

    def decide(self, settings: MaskSettings) -> np.ndarray:
        """(height, width) uint8: 0 clear, 1 cloud, 2 cloud shadow, 255 no data."""
        mask = fuse(
            self.uncertainty <= settings.acceptance_step,
            self.coarse > settings.coarse_step,
            self.refined > settings.refined_step,
        ).view(np.uint8)
        mask[self._invalid] = NO_DATA
        _drop_small(mask, CLOUD, settings.smallest_cloud_px)
        _drop_small(mask, 1 - CLOUD, settings.smallest_hole_px)
        if settings.buffer_px:
            reach = settings.buffer_px
            near = dilate(np.pad(mask == CLOUD, reach), (reach, reach))
            mask[near & ~self._invalid] = CLOUD
        if self.shadow is not None:
            mask[(mask == CLEAR) & self.shadow] = SHADOW
        return mask

    def histograms(self, settings: MaskSettings) -> tuple[np.ndarray, np.ndarray]:
        """Pixels of each level that the first and that the second stage decides, (102,) each."""
        first_unsure = settings.acceptance_step + 1
        return (
            self._coarse_counts[:first_unsure].sum(axis=0),
            self._refined_counts[first_unsure:_LEVELS].sum(axis=0),
        )


def _levels_of(raster: gdal.Dataset, window: Window) -> np.ndarray:
    """(3, height, width): coarse, refined, uncertainty."""
    stages = Stages.read(raster, window)
    levels = np.zeros((3, *stages.coarse.shape), np.uint8)
    levels[0] = np.searchsorted(_THRESHOLDS, stages.coarse, side="left")
    levels[1] = np.searchsorted(_THRESHOLDS, stages.refined, side="left")
    # The last step accepts everything, so that an uncertainty of 1 is in the level below it.
    levels[2] = np.searchsorted(_THRESHOLDS[:-1], stages.uncertainty, side="right")
    levels[2][~stages.valid] = _INVALID
    return levels


def _counts(uncertainty: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """(256, levels): how often each pair of levels occurs."""
    counts = np.zeros(256 * _LEVELS, np.int64)
    # NumPy counts in eight bytes a pixel: in strips, so that it needs them for a strip alone.
    for row in range(0, len(levels), _STRIP_ROWS):
        strip = slice(row, row + _STRIP_ROWS)
        pairs = uncertainty[strip].astype(np.uint16) * np.uint16(_LEVELS) + levels[strip]
        counts += np.bincount(pairs.ravel(), minlength=counts.size)
    return counts.reshape(256, _LEVELS)


def _drop_small(mask: np.ndarray, value: int, smallest_px: int) -> None:
    """Give the patches of ``value`` that are too small to the other."""
    if smallest_px > 1:
        small = Runs.of([mask], value).smaller_than(smallest_px, corners_touch=value == CLOUD)
        small.fill(mask, 0, 1 - value)
