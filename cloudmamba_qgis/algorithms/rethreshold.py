"""``cloudmamba:rethreshold``: another mask from the same probability, without the engine."""

from __future__ import annotations

import math
import tempfile
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
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingUtils,
)

from cloudmamba_qgis.algorithms.base import PIXELS, RasterAlgorithm, pixel_size_m
from cloudmamba_qgis.layers.post_processor import finish_result, name_result
from cloudmamba_qgis.rasters.blocks import Window, read, stop_if_cancelled, windows
from cloudmamba_qgis.rasters.cloud_shapes import (
    CLEAR,
    CLOUD,
    NO_DATA,
    read_buffered,
    remove_small,
)
from cloudmamba_qgis.rasters.files import RasterFile, open_raster, replacing
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.translation import tr

_PAPER = {"COARSE_THRESHOLD": 0.5, "REFINED_THRESHOLD": 0.5, "ACCEPTANCE_THRESHOLD": 0.4}
# Tags of a detection that are not true of another mask.
_OF_THE_OLD_MASK = ("CLOUD_PERCENT", "VALID_PERCENT", "MEAN_UNCERTAINTY", *_PAPER)
_COARSE_BAND, _REFINED_BAND = 1, 4


@dataclass(frozen=True)
class _Probability:
    """Cloud where the probability is greater than the threshold."""

    threshold: float

    def decide(self, raster: gdal.Dataset, window: Window) -> np.ndarray:
        values, valid = _read_valid(raster.GetRasterBand(1), window)
        return _mask(values > np.float32(self.threshold), valid)

    def tags(self) -> dict[str, str]:
        return {"PROBABILITY_THRESHOLD": f"{self.threshold:g}"}


@dataclass(frozen=True)
class _Stages:
    """The engine's fusion of two stages, in its single precision."""

    coarse_threshold: float
    refined_threshold: float
    acceptance_threshold: float

    def decide(self, raster: gdal.Dataset, window: Window) -> np.ndarray:
        coarse, valid = _read_valid(raster.GetRasterBand(_COARSE_BAND), window)
        refined, _ = _read_valid(raster.GetRasterBand(_REFINED_BAND), window)
        uncertainty = 1 - 2 * np.abs(coarse - np.float32(0.5))
        accepted = uncertainty < np.float32(self.acceptance_threshold)
        cloud = np.where(
            accepted,
            coarse > np.float32(self.coarse_threshold),
            refined > np.float32(self.refined_threshold),
        )
        return _mask(cloud, valid)

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


class RethresholdAlgorithm(RasterAlgorithm):
    """Threshold, then small clouds, then small holes, then the buffer."""

    SOURCES = ("INPUT", "STAGES")

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
            "second stage, each with its own threshold. Where stages are given, they decide. "
            "Where tiles of the detection overlapped, single pixels may differ from its mask.</p>"
            "<p>Then clouds that are too small become clear, then holes that are too small "
            "become cloud, and at last the buffer is added. Pixels without data stay so.</p>"
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add(
            QgsProcessingParameterRasterLayer("INPUT", tr("Cloud probability"), optional=True),
            tr("0 to 1, as Detect clouds makes it. Give this or the stages."),
        )
        self.add(
            QgsProcessingParameterNumber(
                "THRESHOLD",
                tr("Threshold"),
                QgsProcessingParameterNumber.Type.Double,
                0.5,
                minValue=0.0,
                maxValue=1.0,
            ),
            tr("Probability above which a pixel is cloud; lower finds more. Not for stages."),
        )
        for name, label, explanation in (
            (
                "SMALLEST_CLOUD",
                tr("Smallest cloud"),
                tr("Clouds smaller than this become clear. Pixels touching at a corner are one."),
            ),
            (
                "SMALLEST_HOLE",
                tr("Smallest hole"),
                tr("Clear patches smaller than this become cloud."),
            ),
        ):
            self.add(
                QgsProcessingParameterNumber(
                    name, label, QgsProcessingParameterNumber.Type.Double, 0.0, minValue=0.0
                ),
                explanation,
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
            self.add(
                QgsProcessingParameterNumber(
                    name,
                    label,
                    QgsProcessingParameterNumber.Type.Double,
                    optional=True,
                    minValue=0.0,
                    maxValue=1.0,
                ),
                tr("For stages only. Not set: that of the detection, which its file tells."),
                advanced=True,
            )
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", tr("Cloud mask")),
            tr("0 clear, 1 cloud, 255 no data."),
        )
        self.addOutput(QgsProcessingOutputNumber("CLOUD_PERCENT", tr("Cloud, % of valid pixels")))

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        if not parameters.get("INPUT") and not parameters.get("STAGES"):
            return False, tr("Give a cloud probability or the stages of the decision.")
        return super().checkParameterValues(parameters, context)

    def work(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        output = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        raster = open_raster(self.source("STAGES") or self.source("INPUT"))
        grid = Grid.of(raster)
        decision = self._decision(parameters, context, raster)
        smallest_cloud_px = self._size_px("SMALLEST_CLOUD", parameters, context, grid)
        smallest_hole_px = self._size_px("SMALLEST_HOLE", parameters, context, grid)
        radius_px = self.buffer_px(parameters, context, grid)
        shapes = Shapes(smallest_cloud_px, smallest_hole_px, radius_px)
        steps = QgsProcessingMultiStepFeedback(2, feedback)
        with (
            tempfile.TemporaryDirectory(dir=QgsProcessingUtils.tempFolder()) as folder,
            replacing(output, self.all_sources()) as path,
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
            cloud_percent = shape_mask(decided, shapes, path, tags, steps)
        feedback.pushInfo(tr("Cloud {cloud:.1f} % of valid pixels").format(cloud=cloud_percent))
        kind = self.parameterDefinition("OUTPUT").description()
        name_result(output, kind, self.layer_name, context)
        finish_result(output, "mask", self.time, context, feedback)
        return {"OUTPUT": output, "CLOUD_PERCENT": cloud_percent}

    def _decision(
        self, parameters: dict[str, Any], context: QgsProcessingContext, raster: gdal.Dataset
    ) -> _Probability | _Stages:
        if not self.source("STAGES"):
            return _Probability(self.parameterAsDouble(parameters, "THRESHOLD", context))
        if raster.RasterCount != _REFINED_BAND:
            raise QgsProcessingException(
                tr(
                    "The stages must have 4 bands and have {count}: give the stages that Detect "
                    "clouds makes, or a probability as the first input."
                ).format(count=raster.RasterCount)
            )
        thresholds = {}
        for name, default in _PAPER.items():
            if parameters.get(name) is not None:
                value = self.parameterAsDouble(parameters, name, context)
            else:
                value = float(raster.GetMetadataItem(name) or default)
            thresholds[name.lower()] = value
        return _Stages(**thresholds)

    def _size_px(
        self, name: str, parameters: dict[str, Any], context: QgsProcessingContext, grid: Grid
    ) -> float:
        size = self.parameterAsDouble(parameters, name, context)
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
            value = self.parameterAsDouble(parameters, name, context)
            if value:
                index = self.parameterAsEnum(parameters, unit, context)
                tags[name] = f"{value:g} {units[index]}"
        return tags


def _read_valid(band: gdal.Band, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Values in single precision, and where they are valid."""
    values = read(band, window).astype(np.float32, copy=False)
    return values, (read(band.GetMaskBand(), window) != 0) & ~np.isnan(values)


def _mask(cloud: np.ndarray, valid: np.ndarray) -> np.ndarray:
    return np.where(valid, np.where(cloud, CLOUD, CLEAR), NO_DATA).astype(np.uint8)


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
) -> float:
    """Drop small clouds, then small holes, then add the buffer; returns the percentage of cloud.

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
    return _write_mask(mask, shapes.buffer_px, path, Grid.of(mask), tags, steps)


def _write_mask(
    decided: gdal.Dataset,
    radius_px: tuple[float, float],
    path: str,
    grid: Grid,
    tags: dict[str, str],
    feedback: QgsProcessingFeedback,
) -> float:
    """The mask on the grid of the image, with its buffer; returns the percentage of cloud."""
    cloud_px = valid_px = 0
    with RasterFile(path, grid, gdal.GDT_Byte) as result:
        band = result.band()
        band.SetNoDataValue(NO_DATA)
        band.SetDescription("cloud mask")
        for window in windows(grid, feedback):
            cloud, values = read_buffered(
                decided.GetRasterBand(1), window, radius_px, shadow_is_cloud=False
            )
            valid = values != NO_DATA
            mask = _mask(cloud, valid)
            cloud_px += int(np.count_nonzero(mask == CLOUD))
            valid_px += int(np.count_nonzero(valid))
            result.write(mask, window)
        percent = 100.0 * cloud_px / valid_px if valid_px else 0.0
        result.tag({**tags, "CLOUD_PERCENT": f"{percent:.4f}"})
    return percent
