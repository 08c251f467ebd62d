"""``cloudmamba:applycloudmask``: an image without its clouds."""

from __future__ import annotations

from typing import Any

import numpy as np
from osgeo import gdal
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingMultiStepFeedback,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
)

from cloudmamba_qgis.algorithms.base import RasterAlgorithm
from cloudmamba_qgis.algorithms.outputs import wanted_output
from cloudmamba_qgis.algorithms.parameter_numbers import optional_number
from cloudmamba_qgis.layers.post_processor import ResultFinisher
from cloudmamba_qgis.rasters.blocks import Window, read, windows
from cloudmamba_qgis.rasters.cloud_shapes import NO_DATA, read_buffered
from cloudmamba_qgis.rasters.files import RasterFile, open_mask_on_grid, open_raster, replacing
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.no_data import (
    alpha_band,
    common_type,
    is_used,
    is_value_of,
    no_data_value,
)
from cloudmamba_qgis.translation import tr


class ApplyCloudMaskAlgorithm(RasterAlgorithm):
    """Writes no data, or full transparency, where the mask says cloud or cloud shadow."""

    SOURCES = ("INPUT", "MASK")

    def name(self) -> str:
        return "applycloudmask"

    def displayName(self) -> str:
        return tr("Apply cloud mask")

    def tags(self) -> list[str]:
        return tr("cloud,clouds,mask,cut out,remove clouds,no data,nodata,clip,buffer").split(",")

    def shortDescription(self) -> str:
        return tr("Makes a copy of an image that has no data under clouds.")

    def shortHelpString(self) -> str:
        return tr(
            "<p>Copies an image and gives it no data where the mask says cloud or cloud shadow, "
            "if wished with a buffer around them.</p>"
            "<p>Grid, CRS, data type, band names, scale, offset and other metadata stay as they "
            "are. The no-data value is that of the image. Where it has none: NaN for floating "
            "point, else the first of lowest and highest possible value (0 and 65535, say) that "
            "no pixel of the image has; the log says which. An image with an alpha band becomes "
            "transparent instead.</p>"
            "<p>A mask on another grid or in another CRS is brought onto that of the image "
            "(nearest pixel). Where the mask has no data the image stays as it is.</p>"
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add(
            QgsProcessingParameterRasterLayer("INPUT", tr("Satellite image")),
            tr("The image that the clouds are cut out of; it is not changed itself."),
        )
        self.add_mask("MASK")
        self.add_buffer()
        self.add_shadow(tr("It is removed as well, where the mask has it (2). Off: it stays."))
        self.add(
            QgsProcessingParameterNumber(
                "NO_DATA",
                tr("No-data value"),
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
            ),
            tr("Not set: that of the image, or one that the image does not use."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", tr("Image without clouds")),
            tr("A GeoTIFF like the image, with no data under clouds."),
        )
        self.add_results(
            NO_DATA_VALUE=tr("No-data value used"),
            REMOVED_PERCENT=tr("Removed, % of the valid pixels"),
        )

    def work(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        output = wanted_output(self, parameters, "OUTPUT", context)
        image = open_raster(self.source("INPUT"))
        grid = Grid.of(image)
        mask = open_mask_on_grid(self.source("MASK"), grid)
        radius_px = self.buffer_px(parameters, context, grid)
        shadow_is_cloud = self.parameterAsBoolean(parameters, "SHADOW", context)
        steps = QgsProcessingMultiStepFeedback(2, feedback)
        steps.setCurrentStep(0)
        if alpha_band(image):
            no_data = 0.0
            feedback.pushInfo(tr("The image has an alpha band: clouds become transparent."))
        else:
            no_data = self._no_data(parameters, context, image, steps)
        steps.setCurrentStep(1)
        valid_px = removed_px = 0
        knows_anything = False
        with (
            replacing(output, self.all_given()) as path,
            RasterFile(path, grid, common_type(image), image.RasterCount) as result,
        ):
            result.describe_as(image)
            if not alpha_band(image):
                result.band(1).SetNoDataValue(no_data)
            for window in windows(grid, steps):
                cloud, known = read_buffered(
                    mask.GetRasterBand(1), window, radius_px, shadow_is_cloud
                )
                knows_anything |= bool(np.any(known != NO_DATA))
                valid = _write_without(cloud, image, result, window, no_data)
                valid_px += int(np.count_nonzero(valid))
                removed_px += int(np.count_nonzero(valid & cloud))
        if not knows_anything:
            feedback.pushWarning(
                tr("The mask has no data anywhere on the image: check that it lies there.")
            )
        removed = 100.0 * removed_px / valid_px if valid_px else 0.0
        self.name_output(output, context)
        ResultFinisher.attach(output, None, self.time, self.crs, context)
        feedback.pushInfo(tr("{removed:.1f} % of the valid pixels removed").format(removed=removed))
        return {"OUTPUT": output, "NO_DATA_VALUE": no_data, "REMOVED_PERCENT": removed}

    def _no_data(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        image: gdal.Dataset,
        feedback: QgsProcessingFeedback,
    ) -> float:
        value = optional_number(self, parameters, "NO_DATA", context)
        data_type = common_type(image)
        if value is None:
            value = no_data_value([image], feedback)
        elif not is_value_of(data_type, value):
            raise QgsProcessingException(
                tr("{value:g} is no value of the image's data type, {type}.").format(
                    value=value, type=gdal.GetDataTypeName(data_type)
                )
            )
        elif is_used(value, image, feedback):
            # It may be meant so: fill that the image does not declare.
            feedback.pushWarning(
                tr(
                    "Pixels of the image that have the value {value:g} become no data as well: "
                    "unless that is meant, give another no-data value, or leave it empty."
                ).format(value=value)
            )
        feedback.pushInfo(tr("No-data value: {value:g}").format(value=value))
        return value


def _write_without(
    cloud: np.ndarray, image: gdal.Dataset, result: RasterFile, window: Window, no_data: float
) -> np.ndarray:
    """Write one window; returns where any band of the image was valid."""
    valid_anywhere = np.zeros_like(cloud)
    alpha = alpha_band(image)
    for number in range(1, image.RasterCount + 1):
        band = image.GetRasterBand(number)
        values = read(band, window)
        valid = read(band.GetMaskBand(), window) != 0
        # Invalid pixels of a mask band or of a band's own no-data value become plain no data.
        values[cloud if alpha else cloud | ~valid] = no_data
        if number != alpha:
            valid_anywhere |= valid
        result.write(values, window, number)
    return valid_anywhere
