"""What the algorithms share that work on rasters without the engine."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsRasterLayer,
)
from qgis.PyQt.QtGui import QIcon

from cloudmamba_qgis.help_pages import help_url
from cloudmamba_qgis.layers.provenance import LayerTime
from cloudmamba_qgis.layers.results import image_name
from cloudmamba_qgis.layers.source import UnusableSource, gdal_source
from cloudmamba_qgis.rasters.blocks import stop_if_cancelled
from cloudmamba_qgis.rasters.grid import Grid, NoPixelSize
from cloudmamba_qgis.resource_files import icon, icon_path
from cloudmamba_qgis.translation import tr

PIXELS = 0


class RasterAlgorithm(QgsProcessingAlgorithm):
    """Reads its rasters through GDAL; ``SOURCES`` are their parameters, one layer or many.

    Attributes:
        time: of the layer of the first parameter that is given.
        layer_name: of that layer, or of the image that it is a result of; empty for several.
    """

    SOURCES: tuple[str, ...]
    time: LayerTime | None
    layer_name: str
    _sources: dict[str, list[str]]

    def createInstance(self) -> RasterAlgorithm:
        return type(self)()

    def icon(self) -> QIcon:
        return icon(self.name())

    def svgIconPath(self) -> str:
        return icon_path(self.name())

    def helpUrl(self) -> str:
        return help_url(self.name()).toString()

    @abstractmethod
    def work(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """What ``processAlgorithm`` is elsewhere."""

    def add(
        self, parameter: QgsProcessingParameterDefinition, explanation: str, advanced: bool = False
    ) -> None:
        parameter.setHelp(explanation)
        if advanced:
            parameter.setFlags(
                parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced
            )
        self.addParameter(parameter)

    def add_buffer(self, default: float = 0.0) -> None:
        self.add(
            QgsProcessingParameterNumber(
                "BUFFER",
                tr("Buffer around clouds"),
                QgsProcessingParameterNumber.Type.Double,
                default,
                minValue=0.0,
            ),
            tr("Pixels that lie no further than this from a cloud count as cloud. 0: none."),
        )
        self.add(
            QgsProcessingParameterEnum(
                "BUFFER_UNIT",
                tr("Unit of the buffer"),
                [tr("Pixels"), tr("Metres")],
                defaultValue=PIXELS,
            ),
            tr("Metres need a raster with a CRS."),
        )

    def buffer_px(
        self, parameters: dict[str, Any], context: QgsProcessingContext, grid: Grid
    ) -> tuple[float, float]:
        """The buffer in columns and rows."""
        distance = self.parameterAsDouble(parameters, "BUFFER", context)
        if self.parameterAsEnum(parameters, "BUFFER_UNIT", context) == PIXELS or distance == 0:
            return distance, distance
        width_m, height_m = pixel_size_m(grid)
        return distance / width_m, distance / height_m

    def source(self, parameter: str) -> str:
        """Path or GDAL name of a raster; ``""`` where none was given."""
        return next(iter(self._sources[parameter]), "")

    def sources(self, parameter: str) -> list[str]:
        """Those of a parameter of many rasters."""
        return self._sources[parameter]

    def all_sources(self) -> list[str]:
        return [source for sources in self._sources.values() for source in sources]

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        accepted, message = super().checkParameterValues(parameters, context)
        if not accepted:
            return accepted, message
        try:
            for parameter in self.SOURCES:
                self._sources_of(parameter, parameters, context)
        except UnusableSource as error:
            return False, str(error)
        return True, ""

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Read what belongs to the main thread, the layers, into plain names."""
        try:
            self._sources = {
                parameter: self._sources_of(parameter, parameters, context)
                for parameter in self.SOURCES
            }
        except UnusableSource as error:
            raise QgsProcessingException(str(error)) from error
        layers = [self._layers(parameter, parameters, context) for parameter in self.SOURCES]
        first = next(filter(None, layers), [])
        self.time = LayerTime.of(first[0]) if len(first) == 1 else None
        self.layer_name = image_name(first[0].name()) if len(first) == 1 else ""
        return True

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        try:
            return self.work(parameters, context, feedback)
        # RuntimeError: GDAL's own, where its exceptions are on; see rasters/gdal_errors.py.
        except (OSError, RuntimeError) as error:
            stop_if_cancelled(feedback)  # GDAL raises where it is told to stop
            raise QgsProcessingException(str(error)) from error

    def _sources_of(
        self, parameter: str, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> list[str]:
        return [gdal_source(layer) for layer in self._layers(parameter, parameters, context)]

    def _layers(
        self, parameter: str, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> list[QgsMapLayer]:
        definition = self.parameterDefinition(parameter)
        if parameters.get(parameter) in (None, "", []):
            return []
        if definition.type() == "multilayer":
            return self.parameterAsLayerList(parameters, parameter, context)
        layer = self.parameterAsRasterLayer(parameters, parameter, context)
        if not isinstance(layer, QgsRasterLayer):
            raise UnusableSource(self.invalidRasterError(parameters, parameter))
        return [layer]


def pixel_size_m(grid: Grid) -> tuple[float, float]:
    """Width and height of a pixel, for distances that were given in metres."""
    try:
        return grid.pixel_size_m()
    except NoPixelSize as error:
        raise QgsProcessingException(
            tr("The raster has no CRS, so metres mean nothing there: give pixels.")
        ) from error
