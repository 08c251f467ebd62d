"""How clear areas are, day by day: counted from masks, ranked, with the gaps between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from osgeo import gdal
from qgis.core import QgsProcessingFeedback

from cloudmamba_qgis.rasters.area_counts import ClassCounts, count_classes
from cloudmamba_qgis.rasters.blocks import Window, read
from cloudmamba_qgis.rasters.cloud_shapes import NO_DATA
from cloudmamba_qgis.rasters.files import open_mask_on_grid
from cloudmamba_qgis.rasters.grid import Grid


@dataclass(frozen=True)
class Observation:
    """What is seen of an area on a day, in % of the area; the four together are 100.

    Attributes:
        area: its name.
        scenes: names of the files.
    """

    area: str
    day: date
    clear_percent: float
    cloud_percent: float
    shadow_percent: float
    no_data_percent: float
    scenes: str = ""


@dataclass(frozen=True)
class Gap:
    """Days without a usable observation between two that are, or at the ends."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days


@dataclass(frozen=True)
class Outline:
    """An area in the CRS of a mask.

    Attributes:
        wkb: of a polygon.
        bounds: left, bottom, right, top.
    """

    wkb: bytes
    bounds: tuple[float, float, float, float]


def observe(
    masks: Sequence[str], grid: Grid, outline: Outline, feedback: QgsProcessingFeedback
) -> ClassCounts:
    """Count an area in masks of one day; where two tiles overlap the first with data counts.

    Args:
        masks: names for GDAL; the first one lies on the grid.
        outline: in the CRS of the grid.

    Raises ``QgsProcessingException`` where a mask cannot be read or is none.
    """
    if len(masks) > 1 and grid.is_north_up and grid.crs:
        grid = grid.covering([outline.bounds])
    rasters = [open_mask_on_grid(mask, grid) for mask in masks]

    def read_first(window: Window) -> np.ndarray:
        values = read(_band(rasters[0]), window)
        for raster in rasters[1:]:
            empty = values == NO_DATA
            if not empty.any():
                break
            values[empty] = read(_band(raster), window)[empty]
        return values

    return count_classes(read_first, grid, outline.wkb, feedback)


def observation(
    area: str,
    day: date,
    counts: ClassCounts,
    shadow_is_cloud: bool,
    scenes: str,
) -> Observation:
    """Counts of an area as percent; shadow that does not count is clear."""
    whole_px = counts.whole_px or 1.0
    clear_px = counts.clear_px if shadow_is_cloud else counts.clear_px + counts.shadow_px
    shadow_px = counts.shadow_px if shadow_is_cloud else 0.0
    clear, cloud, shadow = (
        100.0 * part / whole_px for part in (clear_px, counts.cloud_px, shadow_px)
    )
    no_data = max(100.0 - clear - cloud - shadow, 0.0)  # not a little less for rounding
    return Observation(area, day, clear, cloud, shadow, no_data, scenes)


def best_first(observations: Sequence[Observation]) -> list[Observation]:
    """The clearest first, of equals the newest."""
    return sorted(
        observations, key=lambda one: (-round(one.clear_percent, 6), -one.day.toordinal())
    )


def gaps(observations: Sequence[Observation], least_clear_percent: float) -> list[Gap]:
    """Between usable observations of one area, the longest first.

    Before the first and after the last usable one the observations themselves are the ends.
    """
    days = sorted({one.day for one in observations})
    if not days:
        return []
    usable = {one.day for one in observations if one.clear_percent >= least_clear_percent}
    ends = sorted({days[0], days[-1], *usable})
    if len(ends) == 1:
        return []
    found = [Gap(ends[number - 1], ends[number]) for number in range(1, len(ends))]
    return sorted(found, key=lambda gap: (-gap.days, gap.first))


def _band(raster: gdal.Dataset) -> gdal.Band:
    return raster.GetRasterBand(1)
