"""``cloudmamba:rethreshold``: another mask from the same probability, without the engine."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingMultiStepFeedback,
    QgsProcessingParameterEnum,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingUtils,
)

from cloudmamba_qgis.algorithms.base import PIXELS, RasterAlgorithm, pixel_size_m
from cloudmamba_qgis.algorithms.outputs import wanted_output
from cloudmamba_qgis.algorithms.parameter_numbers import given_number, optional_number
from cloudmamba_qgis.layers.post_processor import finish_result
from cloudmamba_qgis.rasters.blocks import Window, read, stop_if_cancelled, windows
from cloudmamba_qgis.rasters.cloud_shapes import (
    CLEAR,
    CLOUD,
    NO_DATA,
    SHADOW,
    class_tags,
    describe_mask,
    is_shadow,
    read_buffered,
    remove_small,
)
from cloudmamba_qgis.rasters.decision import (
    COUNT_OF_BANDS,
    Stages,
    accepted_where,
    as_mask,
    check_fractions,
    check_is_probability,
    fuse,
    read_probability,
)
from cloudmamba_qgis.rasters.files import RasterFile, add_class_overviews, open_raster, replacing
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.translation import tr

_PAPER = {"COARSE_THRESHOLD": 0.5, "REFINED_THRESHOLD": 0.5, "ACCEPTANCE_THRESHOLD": 0.4}
# Tags of a detection that are not true of another mask.
_OF_THE_OLD_MASK = (
    "CLOUD_PERCENT",
    "SHADOW_PERCENT",
    "VALID_PERCENT",
    "MEAN_UNCERTAINTY",
    *_PAPER,
)

# Where in a window of the mask there is cloud shadow if there is no cloud, (height, width) bool.
InShadow = Callable[[Window], np.ndarray]


@dataclass(frozen=True)
class _Probability:
    """Cloud where the probability is greater than the threshold."""

    threshold: float

    def decide(self, raster: gdal.Dataset, window: Window) -> np.ndarray:
        values, valid = read_probability(raster.GetRasterBand(1), window)
        check_fractions(values, valid)
        return as_mask(values > np.float32(self.threshold), valid)

    def tags(self) -> dict[str, str]:
        return {"PROBABILITY_THRESHOLD": f"{self.threshold:g}"}


@dataclass(frozen=True)
class _Stages:
    """The engine's fusion of two stages, in its single precision."""

    coarse_threshold: float
    refined_threshold: float
    acceptance_threshold: float

    def decide(self, raster: gdal.Dataset, window: Window) -> np.ndarray:
        stages = Stages.read(raster, window)
        is_cloud = fuse(
            accepted_where(stages.uncertainty, self.acceptance_threshold),
            stages.coarse > np.float32(self.coarse_threshold),
            stages.refined > np.float32(self.refined_threshold),
        )
        return as_mask(is_cloud, stages.valid)

    def tags(self) -> dict[str, str]:
        return {name: f"{getattr(self, name.lower()):g}" for name in _PAPER}


@dataclass(frozen=True)
class Shapes:
    """What is done to a mask after the decision; the buffer in columns and rows."""

    smallest_cloud_px: float
    smallest_hole_px: float
    buffer_px: tuple[float, float]

    @property
    def is_nothing(self) -> bool:
        """Whether the mask stays as it is."""
        sizes = (self.smallest_cloud_px - 1, self.smallest_hole_px - 1, *self.buffer_px)
        return all(size <= 0 for size in sizes)


@dataclass(frozen=True)
class Shares:
    """Percentages of the valid pixels of a mask."""

    cloud: float
    shadow: float


class RethresholdAlgorithm(RasterAlgorithm):
    """Threshold, then small clouds, then small holes, then the buffer, and shadow at last."""

    SOURCES = ("INPUT", "STAGES", "SHADOW")

    def name(self) -> str:
        return "rethreshold"

    def displayName(self) -> str:
        return tr("Adjust cloud mask")

    def tags(self) -> list[str]:
        return tr(
            "cloud,clouds,mask,threshold,probability,buffer,dilate,sieve,holes,smallest cloud,"
            "post-processing"
        ).split(",")

    def shortDescription(self) -> str:
        return tr("Makes another cloud mask from a cloud probability, without a new detection.")

    def shortHelpString(self) -> str:
        return tr(
            "<p>Decides the cloud mask again from what Detect clouds found: with other "
            "thresholds, without small clouds and holes, with a buffer. The engine is not "
            "needed.</p>"
            "<p>From <b>cloud probability</b>: cloud is what is greater than the threshold.<br/>"
            "From the <b>stages</b>: as the detection itself decides. Where the first stage is "
            "surer than the acceptance threshold its probability counts, elsewhere that of the "
            "second stage, each with its own threshold; at an acceptance threshold of 1 the first "
            "stage counts everywhere. Where stages are given, they decide. "
            "Where tiles of the detection overlapped, single pixels may differ from its mask.</p>"
            "<p>Then clouds that are too small become clear, then holes that are too small "
            "become cloud, and the buffer is added. With a <b>cloud shadow probability</b>, what "
            "then is clear and more probably in shadow than not is cloud shadow (2). Pixels without "
            "data stay so.</p>"
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add(
            QgsProcessingParameterRasterLayer("INPUT", tr("Cloud probability"), optional=True),
            tr("0 to 1, as Detect clouds makes it. Give this or the stages."),
        )
        self.add_number(
            "THRESHOLD",
            tr("Threshold"),
            tr("Probability above which a pixel is cloud; lower finds more. Not for stages."),
            0.5,
            most=1.0,
        )
        self.add_number(
            "SMALLEST_CLOUD",
            tr("Smallest cloud"),
            tr("Clouds smaller than this become clear. Pixels touching at a corner are one."),
            0.0,
        )
        self.add_number(
            "SMALLEST_HOLE",
            tr("Smallest hole"),
            tr("Clear patches smaller than this become cloud."),
            0.0,
        )
        self.add(
            QgsProcessingParameterEnum(
                "SIZE_UNIT",
                tr("Unit of smallest cloud and hole"),
                [tr("Pixels"), tr("Square metres")],
                defaultValue=PIXELS,
            ),
            tr("Square metres need a raster with a CRS."),
        )
        self.add_buffer()
        self.add(
            QgsProcessingParameterRasterLayer(
                "STAGES", tr("Stages of the decision"), optional=True
            ),
            tr("The four bands that Detect clouds makes. They need no probability."),
            advanced=True,
        )
        for name, label in (
            ("COARSE_THRESHOLD", tr("Cloud threshold, sure pixels")),
            ("REFINED_THRESHOLD", tr("Cloud threshold, refined pixels")),
            ("ACCEPTANCE_THRESHOLD", tr("Trust first pass below")),
        ):
            self.add_number(
                name,
                label,
                tr("For stages only. Not set: that of the detection, which its file tells."),
                most=1.0,
                advanced=True,
            )
        self.add(
            QgsProcessingParameterRasterLayer(
                "SHADOW", tr("Cloud shadow probability"), optional=True
            ),
            tr("0 to 1, as Detect clouds makes it. Not set: the mask has no cloud shadow."),
        )
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", tr("Cloud mask")),
            tr("0 clear, 1 cloud, 2 cloud shadow where its probability was given, 255 no data."),
        )
        self.add_results(
            CLOUD_PERCENT=tr("Cloud, % of valid pixels"),
            SHADOW_PERCENT=tr("Cloud shadow, % of valid pixels"),
        )

    def problem_of(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        if not parameters.get("INPUT") and not parameters.get("STAGES"):
            return tr("Give a cloud probability or the stages of the decision.")
        return ""

    def work(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        output = wanted_output(self, parameters, "OUTPUT", context)
        raster = open_raster(self.source("STAGES") or self.source("INPUT"))
        grid = Grid.of(raster)
        decision = self._decision(parameters, context, raster)
        smallest_cloud_px = self._size_px("SMALLEST_CLOUD", parameters, context, grid)
        smallest_hole_px = self._size_px("SMALLEST_HOLE", parameters, context, grid)
        radius_px = self.buffer_px(parameters, context, grid)
        shapes = Shapes(smallest_cloud_px, smallest_hole_px, radius_px)
        in_shadow = self._in_shadow(grid)
        steps = QgsProcessingMultiStepFeedback(2, feedback)
        with (
            tempfile.TemporaryDirectory(dir=QgsProcessingUtils.tempFolder()) as folder,
            replacing(output, self.all_given()) as path,
        ):
            decided = str(Path(folder, "decided.tif"))
            steps.setCurrentStep(0)
            _decide(decision, raster, decided, steps)
            steps.setCurrentStep(1)
            tags = {
                **raster.GetMetadata_Dict(),
                **decision.tags(),
                **self._shape_tags(parameters, context),
            }
            for name in set(_OF_THE_OLD_MASK) - set(decision.tags()):
                tags.pop(name, None)
            shares = shape_mask(decided, shapes, path, tags, steps, in_shadow)
        feedback.pushInfo(tr("Cloud {cloud:.1f} % of valid pixels").format(cloud=shares.cloud))
        if in_shadow is not None:
            feedback.pushInfo(
                tr("Cloud shadow {shadow:.1f} % of valid pixels").format(shadow=shares.shadow)
            )
        self.name_output(output, context)
        finish_result(output, "mask", self.time, self.crs, context, feedback)
        return {
            "OUTPUT": output,
            "CLOUD_PERCENT": shares.cloud,
            "SHADOW_PERCENT": shares.shadow,
        }

    def _in_shadow(self, grid: Grid) -> InShadow | None:
        source = self.source("SHADOW")
        if not source:
            return None
        raster = open_raster(source)
        check_is_probability(raster)
        if not grid.matches(Grid.of(raster)):
            raise QgsProcessingException(
                tr(
                    "The cloud shadow probability lies on another grid: give that of the same "
                    "detection."
                )
            )
        return lambda window: is_shadow(read(raster.GetRasterBand(1), window))

    def _decision(
        self, parameters: dict[str, Any], context: QgsProcessingContext, raster: gdal.Dataset
    ) -> _Probability | _Stages:
        if not self.source("STAGES"):
            check_is_probability(raster)
            return _Probability(given_number(self, parameters, "THRESHOLD", context))
        if raster.RasterCount != COUNT_OF_BANDS:
            raise QgsProcessingException(
                tr(
                    "The stages must have 4 bands and have {count}: give the stages that Detect "
                    "clouds makes, or a probability as the first input."
                ).format(count=raster.RasterCount)
            )
        thresholds = {}
        for name, default in _PAPER.items():
            value = optional_number(self, parameters, name, context)
            of_detection = float(raster.GetMetadataItem(name) or default)
            thresholds[name.lower()] = of_detection if value is None else value
        return _Stages(**thresholds)

    def _size_px(
        self, name: str, parameters: dict[str, Any], context: QgsProcessingContext, grid: Grid
    ) -> float:
        size = given_number(self, parameters, name, context)
        if self.parameterAsEnum(parameters, "SIZE_UNIT", context) == PIXELS or size == 0:
            return size
        return size / math.prod(pixel_size_m(grid))

    def _shape_tags(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> dict[str, str]:
        tags = {}
        for name, unit, units in (
            ("BUFFER", "BUFFER_UNIT", ("pixels", "m")),
            ("SMALLEST_CLOUD", "SIZE_UNIT", ("pixels", "m2")),
            ("SMALLEST_HOLE", "SIZE_UNIT", ("pixels", "m2")),
        ):
            value = given_number(self, parameters, name, context)
            if value:
                index = self.parameterAsEnum(parameters, unit, context)
                tags[name] = f"{value:g} {units[index]}"
        return tags


def _decide(
    decision: _Probability | _Stages,
    raster: gdal.Dataset,
    path: str,
    feedback: QgsProcessingFeedback,
) -> None:
    """Write the bare decision."""
    grid = Grid.of(raster)
    with RasterFile(path, grid, gdal.GDT_Byte) as decided:
        for window in windows(grid, feedback):
            decided.write(decision.decide(raster, window), window)


def shape_mask(
    decided: str,
    shapes: Shapes,
    path: str,
    tags: dict[str, str],
    feedback: QgsProcessingFeedback,
    in_shadow: InShadow | None = None,
) -> Shares:
    """Drop small clouds, then small holes, then add the buffer, and shadow where it is clear then.

    The decided mask, a file that can be written, is changed; the result is ``path``.
    """
    stop_if_cancelled(feedback)  # steps do not hear of a cancel before they were made
    steps = QgsProcessingMultiStepFeedback(3, feedback)
    mask = gdal.Open(decided, gdal.GA_Update)
    steps.setCurrentStep(0)
    if shapes.smallest_cloud_px > 1:
        remove_small(mask, CLOUD, CLEAR, shapes.smallest_cloud_px, steps)
    steps.setCurrentStep(1)
    if shapes.smallest_hole_px > 1:
        remove_small(mask, CLEAR, CLOUD, shapes.smallest_hole_px, steps)
    steps.setCurrentStep(2)
    return _write_mask(mask, shapes.buffer_px, path, Grid.of(mask), tags, steps, in_shadow)


def _write_mask(
    decided: gdal.Dataset,
    radius_px: tuple[float, float],
    path: str,
    grid: Grid,
    tags: dict[str, str],
    feedback: QgsProcessingFeedback,
    in_shadow: InShadow | None,
) -> Shares:
    """The mask on the grid of the image, with its buffer and its shadow."""
    counts = np.zeros(NO_DATA + 1, np.int64)
    with RasterFile(path, grid, gdal.GDT_Byte) as result:
        describe_mask(result.band(), in_shadow is not None)
        for window in windows(grid, feedback):
            cloud, values = read_buffered(
                decided.GetRasterBand(1), window, radius_px, shadow_is_cloud=False
            )
            mask = as_mask(cloud, values != NO_DATA)
            if in_shadow is not None:
                mask[(mask == CLEAR) & in_shadow(window)] = SHADOW
            counts += np.bincount(mask.ravel(), minlength=counts.size)
            result.write(mask, window)
        valid_px = max(int(counts[:NO_DATA].sum()), 1)
        shares = Shares(100.0 * counts[CLOUD] / valid_px, 100.0 * counts[SHADOW] / valid_px)
        tags = {**tags, **class_tags(shares.cloud, None if in_shadow is None else shares.shadow)}
        result.tag(tags)
    add_class_overviews(path)
    return shares
