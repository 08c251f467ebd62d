"""``cloudmamba:cloudstatistics``: cloud cover of zones, or of the whole raster."""

from __future__ import annotations

from typing import Any

import numpy as np
from osgeo import gdal
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsFeatureSink,
    QgsGeometry,
    QgsPointXY,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingMultiStepFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterRasterLayer,
    QgsProcessingUtils,
    QgsVectorLayer,
)

from cloudmamba_qgis.algorithms.base import RasterAlgorithm
from cloudmamba_qgis.layers.fields import number_fields
from cloudmamba_qgis.rasters.blocks import read, stop_if_cancelled, windows
from cloudmamba_qgis.rasters.cloud_shapes import CLEAR, CLOUD, NO_DATA
from cloudmamba_qgis.rasters.files import open_raster
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.zones import Statistic, zonal_statistics
from cloudmamba_qgis.translation import tr

# Of the intermediate layers: no name of a user's field.
_CLOUD, _UNCERTAINTY = "cloudmamba_c_", "cloudmamba_u_"


class CloudStatisticsAlgorithm(RasterAlgorithm):
    """Zonal statistics of the mask, told as cloud cover."""

    SOURCES = ("INPUT", "UNCERTAINTY")

    def name(self) -> str:
        return "cloudstatistics"

    def displayName(self) -> str:
        return tr("Cloud statistics")

    def tags(self) -> list[str]:
        return tr(
            "cloud,clouds,mask,cloud cover,cloudiness,percent,zonal statistics,zones,table"
        ).split(",")

    def shortDescription(self) -> str:
        return tr("Cloud cover of the valid pixels in each polygon, or of the whole raster.")

    def shortHelpString(self) -> str:
        return tr(
            "<p>Adds the cloud cover to every polygon of a layer, such as fields or tiles; "
            "without a layer the result is one polygon, the outline of the mask.</p>"
            "<p><b>valid_pixels</b>: pixels that are clear or cloud and have their middle in the "
            "zone.<br/>"
            "<b>cloud_pixels</b>: those that are cloud.<br/>"
            "<b>cloud_percent</b>: cloud, in % of the valid pixels; empty where there are none."
            "<br/>"
            "<b>valid_percent</b>: how much of the zone's area the valid pixels cover.<br/>"
            "<b>uncertainty_mean</b>: where an uncertainty raster is given.</p>"
            "<p>The zones keep their CRS and attributes.</p>"
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add(
            QgsProcessingParameterRasterLayer("INPUT", tr("Cloud mask")),
            tr("0 clear, 1 cloud, 255 no data, as Detect clouds makes it."),
        )
        self.add(
            QgsProcessingParameterFeatureSource(
                "ZONES",
                tr("Zones"),
                [QgsProcessing.SourceType.TypeVectorPolygon],
                optional=True,
            ),
            tr("Polygons in any CRS. Not set: the whole raster is one zone."),
        )
        self.add(
            QgsProcessingParameterRasterLayer("UNCERTAINTY", tr("Uncertainty"), optional=True),
            tr("Its mean becomes an attribute of each zone. May lie on another grid."),
        )
        self.add(
            QgsProcessingParameterFeatureSink(
                "OUTPUT", tr("Cloud statistics"), QgsProcessing.SourceType.TypeVectorPolygon
            ),
            tr("The zones with their cloud cover."),
        )
        self.addOutput(
            QgsProcessingOutputNumber("CLOUD_PERCENT", tr("Cloud, % of valid pixels of the raster"))
        )
        self.addOutput(
            QgsProcessingOutputNumber("VALID_PERCENT", tr("Valid, % of all pixels of the raster"))
        )

    def work(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        steps = QgsProcessingMultiStepFeedback(4, feedback)
        steps.setCurrentStep(0)
        mask = open_raster(self.source("INPUT"))
        grid = Grid.of(mask)
        cloud_percent, valid_percent = _cover(mask, steps)
        given = self.parameterAsSource(parameters, "ZONES", context)
        whole = None if given else _outline(grid)
        fields = number_fields("valid_pixels", "cloud_pixels", "cloud_percent", "valid_percent")
        steps.setCurrentStep(1)
        zones = zonal_statistics(
            whole or parameters["ZONES"],
            _with_no_data(mask),
            _CLOUD,
            [Statistic.COUNT, Statistic.SUM],
            context,
            steps,
        )
        steps.setCurrentStep(2)
        if self.source("UNCERTAINTY"):
            fields.extend(number_fields("uncertainty_mean"))
            zones = zonal_statistics(
                zones,
                self.source("UNCERTAINTY"),
                _UNCERTAINTY,
                [Statistic.MEAN],
                context,
                steps,
            )
        steps.setCurrentStep(3)
        stop_if_cancelled(feedback)
        own_fields = (given or whole).fields()
        # Only now, when nothing can go wrong any more: it empties a file that was there before.
        sink, output = self.parameterAsSink(
            parameters,
            "OUTPUT",
            context,
            QgsProcessingUtils.combineFields(own_fields, fields),
            zones.wkbType(),
            zones.crs(),
        )
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, "OUTPUT"))
        to_raster = QgsCoordinateTransform(
            zones.crs(), QgsCoordinateReferenceSystem.fromWkt(grid.crs), context.transformContext()
        )
        for zone in zones.getFeatures():
            outline = QgsGeometry(zone.geometry())
            outline.transform(to_raster)
            feature = QgsFeature()
            feature.setGeometry(zone.geometry())
            feature.setAttributes(
                zone.attributes()[: own_fields.count()] + _figures(zone, outline.area(), grid)
            )
            if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
                raise QgsProcessingException(self.writeFeatureError(sink, parameters, "OUTPUT"))
        return {
            "OUTPUT": output,
            "CLOUD_PERCENT": cloud_percent,
            "VALID_PERCENT": valid_percent,
        }


def _figures(zone: QgsFeature, area: float, grid: Grid) -> list[Any]:
    """The values of the new fields for a zone of that area in the CRS of the raster."""
    valid = zone[f"{_CLOUD}count"] or 0.0
    cloud = zone[f"{_CLOUD}sum"] or 0.0
    figures = [
        valid,
        cloud,
        100.0 * cloud / valid if valid else NULL,
        min(100.0, 100.0 * valid * grid.pixel_area / area) if area else NULL,
    ]
    uncertainty = f"{_UNCERTAINTY}mean"
    return figures + ([zone[uncertainty]] if uncertainty in zone.fields().names() else [])


def _cover(mask: gdal.Dataset, feedback: QgsProcessingFeedback) -> tuple[float, float]:
    """Percent of cloud and of validity; refuses what is no cloud mask."""
    count = np.zeros(256, np.int64)
    grid = Grid.of(mask)
    band = mask.GetRasterBand(1)
    for window in windows(grid, feedback):
        values = read(band, window)
        if not np.isin(values, (CLEAR, CLOUD, NO_DATA)).all():
            raise QgsProcessingException(
                tr(
                    "The mask has values other than 0 (clear), 1 (cloud) and 255 (no data): give "
                    "a mask of Detect clouds, or reclassify yours."
                )
            )
        count += np.bincount(values.astype(np.uint8).ravel(), minlength=256)
    valid = int(count[CLEAR] + count[CLOUD])
    cloud_percent = 100.0 * int(count[CLOUD]) / valid if valid else 0.0
    return cloud_percent, 100.0 * valid / (grid.width * grid.height)


def _with_no_data(mask: gdal.Dataset) -> str:
    """A virtual raster of the mask that declares its no data, which the mask itself may not."""
    path = QgsProcessingUtils.generateTempFilename("mask.vrt")
    if gdal.Translate(path, mask, format="VRT", noData=NO_DATA, bandList=[1]) is None:
        raise QgsProcessingException(
            tr("A temporary file could not be written: {reason}.").format(
                reason=gdal.GetLastErrorMsg()
            )
        )
    return path


def _outline(grid: Grid) -> QgsVectorLayer:
    """A layer of one polygon around all pixels."""
    corners = ((0, 0), (grid.width, 0), (grid.width, grid.height), (0, grid.height))
    feature = QgsFeature()
    feature.setGeometry(
        QgsGeometry.fromPolygonXY([[QgsPointXY(*grid.to_map(*corner)) for corner in corners]])
    )
    layer = QgsVectorLayer("Polygon", "raster", "memory")
    layer.setCrs(QgsCoordinateReferenceSystem.fromWkt(grid.crs))
    layer.dataProvider().addFeature(feature)
    return layer
