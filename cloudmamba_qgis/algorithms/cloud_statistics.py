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
    QgsGeometry,
    QgsPointXY,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingMultiStepFeedback,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterRasterLayer,
    QgsProcessingUtils,
    QgsRasterLayer,
    QgsVectorLayer,
)

from cloudmamba_qgis.algorithms.base import RasterAlgorithm
from cloudmamba_qgis.layers.fields import number_fields
from cloudmamba_qgis.rasters.area_counts import ClassCounts, count_classes
from cloudmamba_qgis.rasters.blocks import read, stop_if_cancelled, windows
from cloudmamba_qgis.rasters.cloud_shapes import CLEAR, CLOUD, SHADOW, check_mask
from cloudmamba_qgis.rasters.decision import check_uncertainty
from cloudmamba_qgis.rasters.files import mask_as_shown, open_raster
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.zones import Statistic, zonal_statistics
from cloudmamba_qgis.translation import tr

_FIELDS = (
    "valid_pixels",
    "cloud_pixels",
    "cloud_percent",
    "valid_percent",
    "shadow_pixels",
    "shadow_percent",
)
# Of the intermediate layer: no name of a user's field.
_UNCERTAINTY = "cloudmamba_u_"


class CloudStatisticsAlgorithm(RasterAlgorithm):
    """Counts the classes of the mask in zones, told as cloud cover."""

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
            "<p><b>valid_pixels</b>: pixels that are clear, cloud or cloud shadow and have their "
            "middle in the zone; of a zone without such a middle parts of pixels.<br/>"
            "<b>cloud_pixels</b>: those that are cloud.<br/>"
            "<b>cloud_percent</b>: cloud, in % of the valid pixels; empty where there are none."
            "<br/>"
            "<b>shadow_pixels</b>, <b>shadow_percent</b>: the same of cloud shadow, which is "
            "neither cloud nor clear.<br/>"
            "<b>valid_percent</b>: how much of the zone's area the valid pixels cover.<br/>"
            "<b>uncertainty_mean</b>: where an uncertainty raster is given.</p>"
            "<p>The zones keep their CRS and attributes.</p>"
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_mask()
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
        self.add_results(
            CLOUD_PERCENT=tr("Cloud, % of valid pixels of the raster"),
            SHADOW_PERCENT=tr("Cloud shadow, % of valid pixels of the raster"),
            VALID_PERCENT=tr("Valid, % of all pixels of the raster"),
        )

    def work(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        steps = QgsProcessingMultiStepFeedback(3, feedback)
        steps.setCurrentStep(0)
        raster = open_raster(self.source("INPUT"))
        size_px = Grid.of(raster).size_px
        whole_counts = _cover(raster, steps)
        mask = mask_as_shown(raster)
        band = mask.GetRasterBand(1)
        grid = Grid.of(mask)
        given = self.parameterAsSource(parameters, "ZONES", context)
        own = given or _outline(grid)
        zones = own
        fields = number_fields(*_FIELDS)
        steps.setCurrentStep(1)
        if self.source("UNCERTAINTY"):
            check_uncertainty(self.source("UNCERTAINTY"), steps)
            fields.extend(number_fields("uncertainty_mean"))
            zones = zonal_statistics(
                parameters["ZONES"] if given else own,
                QgsRasterLayer(self.source("UNCERTAINTY")),
                _UNCERTAINTY,
                [Statistic.MEAN],
                context,
                steps,
            )
        steps.setCurrentStep(2)
        stop_if_cancelled(feedback)
        own_fields = own.fields()
        crs = given.sourceCrs() if given else own.crs()
        to_raster = QgsCoordinateTransform(
            crs, QgsCoordinateReferenceSystem.fromWkt(grid.crs), context.transformContext()
        )
        features = []
        for zone in zones.getFeatures():
            outline = QgsGeometry(zone.geometry())
            counts = ClassCounts()
            if not outline.isEmpty():
                outline.transform(to_raster)
                counts = count_classes(
                    lambda window: read(band, window), grid, bytes(outline.asWkb()), feedback
                )
            figures = _figures(counts)
            if self.source("UNCERTAINTY"):
                figures.append(zone[f"{_UNCERTAINTY}mean"])
            feature = QgsFeature()
            feature.setGeometry(zone.geometry())
            feature.setAttributes(zone.attributes()[: own_fields.count()] + figures)
            features.append(feature)
        # Only now, when nothing can go wrong any more: it empties a file that was there before.
        all_fields = QgsProcessingUtils.combineFields(own_fields, fields)
        sink, output = self.open_sink(parameters, context, all_fields, own.wkbType(), crs)
        for feature in features:
            self.write_feature(sink, feature, parameters)
        return {
            "OUTPUT": output,
            "CLOUD_PERCENT": whole_counts.percent(whole_counts.cloud_px) or 0.0,
            "SHADOW_PERCENT": whole_counts.percent(whole_counts.shadow_px) or 0.0,
            "VALID_PERCENT": 100.0 * whole_counts.valid_px / size_px,
        }


def _figures(counts: ClassCounts) -> list[Any]:
    """The values of ``_FIELDS`` for a zone."""
    cloud, shadow = counts.percent(counts.cloud_px), counts.percent(counts.shadow_px)
    return [
        counts.valid_px,
        counts.cloud_px,
        NULL if cloud is None else cloud,
        100.0 * counts.valid_px / counts.whole_px if counts.whole_px else NULL,
        counts.shadow_px,
        NULL if shadow is None else shadow,
    ]


def _cover(mask: gdal.Dataset, feedback: QgsProcessingFeedback) -> ClassCounts:
    """Of the whole raster; refuses what is no cloud mask."""
    count = np.zeros(256, np.int64)
    for window in windows(Grid.of(mask), feedback):
        values = read(mask.GetRasterBand(1), window)
        check_mask(values)
        count += np.bincount(values.astype(np.uint8).ravel(), minlength=256)
    return ClassCounts(*map(float, count[[CLEAR, CLOUD, SHADOW]]))


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
