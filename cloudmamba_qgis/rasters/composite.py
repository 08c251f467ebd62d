"""One image of many: reads scenes and masks window by window, chooses, and writes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from osgeo import gdal
from qgis.core import QgsProcessingException, QgsProcessingFeedback

from cloudmamba_qgis.rasters.blocks import (
    BLOCK_PX,
    Window,
    read,
    read_with_margin,
    stop_if_cancelled,
    windows,
)
from cloudmamba_qgis.rasters.cloud_shapes import CLEAR, CLOUD, NO_DATA, SHADOW, read_buffered
from cloudmamba_qgis.rasters.decision import check_fractions
from cloudmamba_qgis.rasters.files import RasterFile, open_mask_on_grid, open_on_grid, open_raster
from cloudmamba_qgis.rasters.gdal_errors import gdal_failure_as
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.no_data import alpha_band, common_type, numpy_type
from cloudmamba_qgis.rasters.scene_choice import (
    CLEAR_SKY,
    IN_CLOUD,
    IN_SHADOW,
    NEAR_CLOUD,
    NO_SCENE,
    NOTHING,
    Candidate,
    ChoiceSettings,
    averaged,
    choose,
    feather_weights,
)
from cloudmamba_qgis.rasters.scene_files import SceneFiles
from cloudmamba_qgis.translation import tr

NO_COUNT = 65535
_MOST_CANDIDATE_BYTES = 256 * 2**20
_BYTES_A_PIXEL = 3  # of a candidate
_LEAST_BLOCK_PX = 256
_GLANCE_PX = 512
# A union with more than so many times the pixels of the scenes is mostly empty.
_MOST_EMPTY = 20


@dataclass(frozen=True)
class CompositeSettings:
    """What becomes of clouds, and how scenes meet.

    Attributes:
        buffer_px: columns and rows around a cloud that count as cloud.
        shadow_is_cloud: whether cloud shadow is left out as cloud is.
        fill: whether pixels that no scene sees clear are taken from a cloudy one.
        feather_px: how far into each other scenes are blended where they meet; 0 copies values.
    """

    choice: ChoiceSettings = field(default_factory=ChoiceSettings)
    buffer_px: tuple[float, float] = (0.0, 0.0)
    shadow_is_cloud: bool = True
    fill: bool = True
    feather_px: int = 0

    @property
    def feather_radius_px(self) -> int:
        """Of the box that is passed twice."""
        return -(-self.feather_px // 2)

    @property
    def margin_px(self) -> int:
        return self.choice.margin_px + 2 * self.feather_radius_px


@dataclass(frozen=True)
class CompositePaths:
    """Files to write; None for what is not wanted."""

    composite: str
    scene: str
    day: str | None = None
    observations: str | None = None


@dataclass(frozen=True)
class Scene:
    """Open and on the grid of the composite.

    Attributes:
        number: from 1 on.
        day: when it was taken as YYYYMMDD; 0 where that is not known.
        footprint: where it lies on the grid, which may be beyond it.
    """

    number: int
    day: int
    image: gdal.Dataset
    mask: gdal.Dataset
    uncertainty: gdal.Dataset | None
    footprint: Window

    def candidate(
        self, window: Window, settings: CompositeSettings
    ) -> tuple[Candidate, np.ndarray] | None:
        """The scene with the margin around the window, and whether it sees a pixel at all.

        None where it does not reach.
        """
        margin_px = settings.margin_px
        if not _meet(self.footprint, window, margin_px):
            return None
        blocked, values = read_buffered(
            self.mask.GetRasterBand(1),
            window,
            settings.buffer_px,
            settings.shadow_is_cloud,
            margin_px,
        )
        level = np.where(blocked, np.uint8(NEAR_CLOUD), np.uint8(CLEAR_SKY))
        if settings.shadow_is_cloud:
            level[values == SHADOW] = IN_SHADOW
        level[values == CLOUD] = IN_CLOUD
        level[values == NO_DATA] = NOTHING
        for band in _mask_bands(self.image):
            level[read_with_margin(band, window, (margin_px, margin_px), 0) == 0] = NOTHING
        probability = self._cloud_probability(level, window, margin_px)
        badness = averaged(probability, level, settings.choice)
        seen = level != NOTHING
        if not settings.fill:
            level[level != CLEAR_SKY] = NOTHING
        return Candidate(self.number, level, badness), seen

    def _cloud_probability(self, level: np.ndarray, window: Window, margin_px: int) -> np.ndarray:
        """0..1, as mask and uncertainty tell it; a half at least where it is not clear."""
        if self.uncertainty is None:
            return (level != CLEAR_SKY).astype(np.float32)
        band, margin = self.uncertainty.GetRasterBand(1), (margin_px, margin_px)
        uncertainty = read_with_margin(band, window, margin, math.nan).astype(np.float32)
        known = read_with_margin(band.GetMaskBand(), window, margin, 0) != 0
        known &= ~np.isnan(uncertainty)
        check_fractions(uncertainty, known)
        half = np.where(known, uncertainty, np.float32(1)) / 2
        # Of clouds the least sure is best, of shadows and edges likewise.
        return np.where(level == CLEAR_SKY, half, 1 - half)


def common_grid(
    images: Sequence[str], extent: tuple[float, float, float, float] | None = None
) -> Grid:
    """Pixels and CRS of the first image, over all of them, or over the extent in its CRS.

    Args:
        extent: left, bottom, right, top; widened to whole pixels.

    Raises ``QgsProcessingException`` where the images cannot lie on one grid.
    """
    grids = [Grid.of(open_raster(image)) for image in images]
    first = grids[0]
    if extent is None and all(grid.matches(first) for grid in grids):
        return first
    if not first.is_north_up:
        raise QgsProcessingException(
            tr(
                "'{source}', which gives the grid, is rotated, so that others cannot be brought "
                "onto it: warp it first."
            ).format(source=images[0])
        )
    bounds = []
    for image, grid in zip(images, grids):
        try:
            bounds.append(grid.bounds_in(first.crs))
        except ValueError as error:
            raise QgsProcessingException(
                tr("'{source}' cannot be brought into the CRS of the first scene.").format(
                    source=image
                )
            ) from error
    if extent is not None:
        if not any(_overlap(extent, one) for one in bounds):
            raise QgsProcessingException(tr("No scene lies in the extent."))
        return first.covering([extent])
    union = first.covering(bounds)
    scenes_px = sum(first.covering([one]).size_px for one in bounds)
    if union.size_px > _MOST_EMPTY * scenes_px:
        raise QgsProcessingException(
            tr(
                "The scenes lie so far apart that nearly all of the composite would be empty "
                "({width} x {height} pixels): give an extent, or leave out what lies elsewhere."
            ).format(width=union.width, height=union.height)
        )
    return union


def open_scenes(
    files: Sequence[SceneFiles], days: Sequence[int], grid: Grid, feedback: QgsProcessingFeedback
) -> list[Scene]:
    """All on the grid; every image must have the bands of the first one."""
    first = open_raster(files[0].image)
    scenes = []
    for number, (scene, day) in enumerate(zip(files, days), 1):
        image = open_raster(scene.image)
        if _layout(image) != _layout(first):
            raise QgsProcessingException(
                tr(
                    "'{scene}' and '{first}' differ in the number, data type, scale or offset of "
                    "their bands: their pixels do not go together."
                ).format(scene=scene.image, first=files[0].image)
            )
        _compare_names(scene.image, _names(image), files[0].image, _names(first), feedback)
        footprint = grid.window_of(Grid.of(image))
        uncertainty = scene.uncertainty
        scenes.append(
            Scene(
                number,
                day,
                # What lies outside of a scene has no mask, so its value does not matter.
                open_on_grid(scene.image, grid),
                open_mask_on_grid(scene.mask, grid),
                open_on_grid(uncertainty, grid, math.nan) if uncertainty else None,
                Window(*footprint),
            )
        )
    return scenes


def clear_share(mask: str, shadow_is_cloud: bool) -> float:
    """About how much of the valid pixels is clear, 0..1, by a glance at a part of them."""
    dataset = open_raster(mask)
    band = dataset.GetRasterBand(1)
    size = (min(band.XSize, _GLANCE_PX), min(band.YSize, _GLANCE_PX))

    def failure() -> QgsProcessingException:
        return QgsProcessingException(
            tr("'{source}' could not be read: {reason}.").format(
                source=mask, reason=gdal.GetLastErrorMsg()
            )
        )

    with gdal_failure_as(failure):
        values = band.ReadAsArray(buf_xsize=size[0], buf_ysize=size[1])
    if values is None:
        raise failure()
    clear = values == CLEAR
    if not shadow_is_cloud:
        clear |= values == SHADOW
    return np.count_nonzero(clear) / max(int(np.count_nonzero(values != NO_DATA)), 1)


def compose(
    scenes: Sequence[Scene],
    grid: Grid,
    settings: CompositeSettings,
    no_data: float,
    paths: CompositePaths,
    feedback: QgsProcessingFeedback,
) -> tuple[float, float]:
    """Write the composite and what belongs to it.

    Args:
        scenes: the preferred one first.

    Returns percent of the valid pixels that are not clear, and of all pixels that are valid.
    """
    first = next(scene for scene in scenes if scene.number == 1).image
    side_px = _block_px(len(scenes), settings.margin_px)
    writer = _Writer(scenes, first, grid, no_data, paths)
    left_px = valid_px = 0
    with writer:
        for window in windows(grid, feedback, side_px):
            found = []
            for scene in scenes:
                stop_if_cancelled(feedback)
                candidate = scene.candidate(window, settings)
                if candidate is not None:
                    found.append(candidate)
            if not found:
                continue
            candidates = [candidate for candidate, _ in found]
            chosen = choose(candidates, settings.choice)
            weights = {}
            if settings.feather_px and chosen.min() != chosen.max():
                shares = feather_weights(chosen, candidates, settings.feather_radius_px)
                weights = {
                    candidate.number: _inside(share, settings.margin_px)
                    for candidate, share in zip(candidates, shares)
                }
            levels = {one.number: _inside(one.level, settings.margin_px) for one in candidates}
            chosen = _inside(chosen, settings.margin_px)
            classes = _classes(levels, chosen)
            writer.write_images(window, chosen, weights)
            writer.write_facts(
                window,
                chosen,
                classes,
                sum((level == CLEAR_SKY).astype(np.uint16) for level in levels.values()),
                np.any([_inside(seen, settings.margin_px) for _, seen in found], axis=0),
            )
            left_px += int(np.count_nonzero(classes))
            valid_px += int(np.count_nonzero(chosen))
    left = 100.0 * left_px / valid_px if valid_px else 0.0
    return left, 100.0 * valid_px / grid.size_px


@final
class _Writer:
    """The files of a composite, written window by window."""

    def __init__(
        self,
        scenes: Sequence[Scene],
        first: gdal.Dataset,
        grid: Grid,
        no_data: float,
        paths: CompositePaths,
    ) -> None:
        self._scenes = {scene.number: scene for scene in scenes}
        self._no_data = no_data
        self._bands = first.RasterCount
        self._type = common_type(first)
        self._files = ExitStack()
        self._image = self._new(paths.composite, grid, self._type, self._bands)
        self._image.describe_bands_as(first)
        if not alpha_band(first):
            self._image.band(1).SetNoDataValue(no_data)
        self._scene = self._new(paths.scene, grid, gdal.GDT_UInt16, 2)
        self._scene.band(1).SetDescription("scene")
        self._scene.band(2).SetDescription("cloud")
        self._scene.band(1).SetNoDataValue(NO_SCENE)
        self._day = self._observations = None
        if paths.day:
            self._day = self._new(paths.day, grid, gdal.GDT_Int32)
            self._day.band().SetDescription("date (YYYYMMDD)")
            self._day.band().SetNoDataValue(0)
        if paths.observations:
            self._observations = self._new(paths.observations, grid, gdal.GDT_UInt16)
            self._observations.band().SetDescription("clear observations")
            self._observations.band().SetNoDataValue(NO_COUNT)

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *raised: Any) -> None:
        self._files.__exit__(*raised)

    def write_images(
        self, window: Window, chosen: np.ndarray, weights: dict[int, np.ndarray]
    ) -> None:
        """Copy or blend the values of the scenes."""
        kind = numpy_type(self._type)
        numbers = [number for number in np.unique(chosen) if number != NO_SCENE]
        mixed = np.zeros(chosen.shape, bool)
        for number, weight in weights.items():
            mixed |= (chosen == number) & (weight < 1)
        for band in range(1, self._bands + 1):
            values = np.full(chosen.shape, self._no_data, kind)
            for number in numbers:
                own = chosen == number
                values[own] = self._read(number, band, window)[own]
            if mixed.any():
                total = np.zeros(np.count_nonzero(mixed), np.float64)
                for number, weight in weights.items():
                    share = weight[mixed]
                    if share.any():
                        # Where a scene has no share its value may be NaN.
                        part = self._read(number, band, window)[mixed]
                        total += np.where(share > 0, part, 0) * share
                values[mixed] = np.rint(total) if kind.kind in "iu" else total
            self._image.write(values, window, band)

    def write_facts(
        self,
        window: Window,
        chosen: np.ndarray,
        classes: np.ndarray,
        clear_count: np.ndarray,
        seen: np.ndarray,
    ) -> None:
        """Which scene, what it shows there, its day, and how many scenes are clear."""
        self._scene.write(chosen, window, 1)
        self._scene.write(classes, window, 2)
        if self._day is not None:
            days = np.zeros(max(self._scenes) + 1, np.int32)
            for number, scene in self._scenes.items():
                days[number] = scene.day
            self._day.write(days[chosen], window)
        if self._observations is not None:
            counts = np.where(seen, clear_count, np.uint16(NO_COUNT))
            self._observations.write(counts, window)

    def _new(self, path: str, grid: Grid, data_type: int, bands: int = 1) -> RasterFile:
        return self._files.enter_context(RasterFile(path, grid, data_type, bands))

    def _read(self, number: int, band: int, window: Window) -> np.ndarray:
        return read(self._scenes[number].image.GetRasterBand(band), window)


def _classes(levels: dict[int, np.ndarray], chosen: np.ndarray) -> np.ndarray:
    """What the chosen scene shows: ``CLEAR``, ``CLOUD`` (or near one) or ``SHADOW``."""
    of_level = np.full(256, CLEAR, np.uint16)
    of_level[[NEAR_CLOUD, IN_CLOUD, IN_SHADOW]] = CLOUD, CLOUD, SHADOW
    classes = np.full(chosen.shape, CLEAR, np.uint16)
    for number, level in levels.items():
        own = chosen == number
        classes[own] = of_level[level[own]]
    return classes


def _block_px(scenes: int, margin_px: int) -> int:
    """The side of windows of which so many scenes fit into memory."""
    side_px = math.isqrt(_MOST_CANDIDATE_BYTES // (_BYTES_A_PIXEL * scenes)) - 2 * margin_px
    return min(max(side_px // _LEAST_BLOCK_PX, 1) * _LEAST_BLOCK_PX, BLOCK_PX)


def _inside(values: np.ndarray, margin_px: int) -> np.ndarray:
    height, width = values.shape
    return values[margin_px : height - margin_px, margin_px : width - margin_px]


def _meet(footprint: Window, window: Window, margin_px: int) -> bool:
    return (
        footprint.column < window.column + window.width + margin_px
        and window.column - margin_px < footprint.column + footprint.width
        and footprint.row < window.row + window.height + margin_px
        and window.row - margin_px < footprint.row + footprint.height
    )


def _overlap(one: Sequence[float], other: Sequence[float]) -> bool:
    """Of (left, bottom, right, top)."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _mask_bands(image: gdal.Dataset) -> list[gdal.Band]:
    """Those that say where the image has data; each once."""
    bands = []
    for number in range(1, image.RasterCount + 1):
        band = image.GetRasterBand(number)
        flags = band.GetMaskFlags()
        if flags & gdal.GMF_ALL_VALID:
            continue
        bands.append(band.GetMaskBand())
        if flags & gdal.GMF_PER_DATASET:  # an alpha or mask band for all
            break
    return bands


def _layout(image: gdal.Dataset) -> list[tuple[int, float, float]]:
    bands = (image.GetRasterBand(number) for number in range(1, image.RasterCount + 1))
    return [(band.DataType, band.GetScale() or 1.0, band.GetOffset() or 0.0) for band in bands]


def _names(image: gdal.Dataset) -> list[str]:
    return [
        image.GetRasterBand(number).GetDescription().strip().casefold()
        for number in range(1, image.RasterCount + 1)
    ]


def _compare_names(
    scene: str,
    names: list[str],
    first: str,
    first_names: list[str],
    feedback: QgsProcessingFeedback,
) -> None:
    """Refuse the same bands in another order, and tell of other names."""
    if not (all(names) and all(first_names)) or names == first_names:
        return
    if sorted(names) == sorted(first_names):
        raise QgsProcessingException(
            tr(
                "'{scene}' has the bands of '{first}' in another order: bring them into one order, "
                "for example with Rearrange bands."
            ).format(scene=scene, first=first)
        )
    feedback.pushWarning(
        tr(
            "The bands of '{scene}' are called {names} and those of '{first}' {first_names}: they "
            "are taken for the same in this order."
        ).format(
            scene=scene, names=", ".join(names), first=first, first_names=", ".join(first_names)
        )
    )
