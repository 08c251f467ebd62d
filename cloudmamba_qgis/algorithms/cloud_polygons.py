"""``cloudmamba:cloudpolygons``: the clouds of a mask as polygons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from osgeo import gdal, ogr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsDistanceArea,
    QgsFeature,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingMultiStepFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterRasterLayer,
    QgsProcessingUtils,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)

from cloudmamba_qgis.algorithms.base import RasterAlgorithm
from cloudmamba_qgis.layers.fields import NUMBER, TEXT, fields_of, number_fields
from cloudmamba_qgis.layers.post_processor import ResultFinisher
from cloudmamba_qgis.rasters.blocks import read, stop_if_cancelled, windows
from cloudmamba_qgis.rasters.cloud_shapes import CLOUD, SHADOW, check_mask
from cloudmamba_qgis.rasters.decision import check_uncertainty
from cloudmamba_qgis.rasters.files import mask_as_shown, open_raster
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.zones import Statistic, zonal_statistics
from cloudmamba_qgis.translation import tr

_WGS84 = "EPSG:7030"
# Values of the field "class": like the names of fields the same in every language.
_CLASSES = {CLOUD: "cloud", SHADOW: "shadow"}


class CloudPolygonsAlgorithm(RasterAlgorithm):
    """Polygonises with GDAL, then measures with QGIS."""

    SOURCES = ("INPUT", "UNCERTAINTY")

    def name(self) -> str:
        return "cloudpolygons"

    def displayName(self) -> str:
        return tr("Cloud polygons")

    def tags(self) -> list[str]:
        return tr("cloud,clouds,mask,polygonize,polygonise,vectorize,vector,area,outline").split(
            ","
        )

    def shortDescription(self) -> str:
        return tr("Turns a cloud mask into polygons with area and uncertainty.")

    def shortHelpString(self) -> str:
        return tr(
            "<p>Makes a polygon of every cloud of a mask, along the edges of its pixels and in "
            "the CRS of the mask. Pixels that touch only at a corner are different clouds.</p>"
            "<p><b>class</b>: cloud or shadow, that is cloud shadow, where the mask has it.<br/>"
            "<b>area_m2</b>: area on the ellipsoid, in square metres.<br/>"
            "<b>uncertainty_mean</b>, <b>uncertainty_max</b>: over the pixels of the cloud, "
            "where an uncertainty raster is given.</p>"
            "<p>For fewer and rounder polygons, run Adjust cloud mask on the probability with a "
            "smallest cloud first, or Simplify on the result.</p>"
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_mask()
        self.add(
            QgsProcessingParameterRasterLayer("UNCERTAINTY", tr("Uncertainty"), optional=True),
            tr("Its mean and maximum become attributes of each cloud. May lie on another grid."),
        )
        self.add(
            QgsProcessingParameterBoolean(
                "SHADOW",
                tr("Polygons of cloud shadow, too"),
                True,
                optional=True,  # models that were made before do without
            ),
            tr("Where the mask has it (2). Off: of clouds only."),
        )
        self.add(
            QgsProcessingParameterFeatureSink(
                "OUTPUT", tr("Cloud polygons"), QgsProcessing.SourceType.TypeVectorPolygon
            ),
            tr("One feature a cloud."),
        )
        self.add_results(COUNT=tr("Number of clouds"), AREA_M2=tr("Area of all clouds, m²"))

    def work(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        steps = QgsProcessingMultiStepFeedback(4, feedback)
        steps.setCurrentStep(0)
        raster = open_raster(self.source("INPUT"))
        for window in windows(Grid.of(raster), steps):
            check_mask(read(raster.GetRasterBand(1), window))
        mask = mask_as_shown(raster)
        # Not that of the temporary file: GeoPackage has a CRS of its own for none.
        crs = self.crs
        classes = dict(_CLASSES)
        if not self.parameterAsBoolean(parameters, "SHADOW", context):
            del classes[SHADOW]
        steps.setCurrentStep(1)
        clouds = _polygonize(mask, classes, steps)
        if crs.isValid():
            clouds.setCrs(crs)
        fields = fields_of(**{"area_m2": NUMBER, "class": TEXT})
        steps.setCurrentStep(2)
        if self.source("UNCERTAINTY"):
            check_uncertainty(self.source("UNCERTAINTY"), steps)
            fields.extend(number_fields("uncertainty_mean", "uncertainty_max"))
            clouds = zonal_statistics(
                clouds,
                QgsRasterLayer(self.source("UNCERTAINTY")),
                "uncertainty_",
                [Statistic.MEAN, Statistic.MAXIMUM],
                context,
                steps,
            )
        steps.setCurrentStep(3)
        stop_if_cancelled(feedback)
        # Only now, when nothing can go wrong any more: it empties a file that was there before.
        sink, output = self.open_sink(parameters, context, fields, QgsWkbTypes.Type.Polygon, crs)
        measure = _ellipsoidal(crs, context)
        if measure is None:
            feedback.pushWarning(tr("The mask has no CRS, so the areas are not known."))
        count, total_m2 = 0, 0.0
        for cloud in clouds.getFeatures():
            feature = QgsFeature(fields)
            feature.setGeometry(cloud.geometry())
            if measure is not None:
                area_m2 = measure.measureArea(cloud.geometry())
                feature["area_m2"] = area_m2
                if cloud["value"] == CLOUD:
                    total_m2 += area_m2
            feature["class"] = classes[cloud["value"]]
            for name in fields.names()[2:]:
                feature[name] = cloud[name]
            self.write_feature(sink, feature, parameters)
            count += cloud["value"] == CLOUD
        ResultFinisher.attach(output, "polygons", None, crs, context)
        self.name_output(output, context)
        feedback.pushInfo(
            tr("{count} clouds, {area:.3f} km²").format(count=count, area=total_m2 / 1e6)
        )
        return {"OUTPUT": output, "COUNT": count, "AREA_M2": total_m2}


def _polygonize(
    mask: gdal.Dataset, values: Iterable[int], feedback: QgsProcessingFeedback
) -> QgsVectorLayer:
    """A temporary layer of the polygons of these values."""

    def go_on(fraction: float, *_: object) -> int:
        feedback.setProgress(100 * fraction)
        return 0 if feedback.isCanceled() else 1

    path = QgsProcessingUtils.generateTempFilename("clouds.gpkg")
    file = ogr.GetDriverByName("GPKG").CreateDataSource(path)
    layer = file.CreateLayer("clouds", mask.GetSpatialRef(), ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("value", ogr.OFTInteger))
    band = mask.GetRasterBand(1)
    layer.StartTransaction()
    # As its own mask: there are no polygons of what is clear.
    status = gdal.Polygonize(band, band, layer, 0, [], go_on)
    layer.CommitTransaction()
    stop_if_cancelled(feedback)
    if status != gdal.CE_None:
        raise QgsProcessingException(
            tr("The mask could not be made polygons: {reason}.").format(
                reason=gdal.GetLastErrorMsg()
            )
        )
    layer = file = None
    clouds = QgsVectorLayer(f"{path}|layername=clouds", "clouds", "ogr")
    clouds.setSubsetString(f'"value" IN ({", ".join(map(str, values))})')
    return clouds


def _ellipsoidal(
    crs: QgsCoordinateReferenceSystem, context: QgsProcessingContext
) -> QgsDistanceArea | None:
    """Measures geometries of that CRS in metres; None where there is no CRS."""
    if not crs.isValid():
        return None
    measure = QgsDistanceArea()
    measure.setSourceCrs(crs, context.transformContext())
    measure.setEllipsoid(crs.ellipsoidAcronym() or _WGS84)
    return measure
