"""What the algorithms share that work on rasters without the engine."""

from __future__ import annotations

import re
import tempfile
from abc import abstractmethod
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureSink,
    QgsFields,
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingUtils,
    QgsRasterLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QIcon

from cloudmamba_qgis.algorithms.parameter_numbers import check_numbers, given_number
from cloudmamba_qgis.help_pages import help_url
from cloudmamba_qgis.layers.post_processor import name_result
from cloudmamba_qgis.layers.provenance import LayerTime
from cloudmamba_qgis.layers.results import image_name
from cloudmamba_qgis.layers.source import UnusableSource, gdal_source, wkt_of
from cloudmamba_qgis.rasters.blocks import stop_if_cancelled
from cloudmamba_qgis.rasters.files import write_with_crs
from cloudmamba_qgis.rasters.grid import Grid, NoPixelSize
from cloudmamba_qgis.resource_files import icon, icon_path
from cloudmamba_qgis.translation import tr

PIXELS = 0
# A block of pixels is read with as many around it, on all sides.
_WIDEST_BUFFER_PX = 2000
# In the dialog; else it shows six.
TWO_DECIMALS = {"widget_wrapper": {"decimals": 2}}


class RasterAlgorithm(QgsProcessingAlgorithm):
    """Reads its rasters through GDAL; ``SOURCES`` are their parameters, one layer or many.

    A layer whose CRS the user has corrected is read through a virtual raster that has it.

    Attributes:
        time: of the layer of the first parameter that is given.
        crs: of that layer, which the user may have corrected; not valid for several.
        layer_name: of that layer, or of the image that it is a result of; empty for several.
        corrected: by the name of each such virtual raster, what it is of, and its CRS as WKT.
    """

    SOURCES: tuple[str, ...]
    time: LayerTime | None
    crs: QgsCoordinateReferenceSystem
    layer_name: str
    corrected: dict[str, tuple[str, str]]
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

    def add_number(
        self,
        name: str,
        label: str,
        explanation: str,
        default: float | None = None,
        *,
        least: float = 0.0,
        most: float | None = None,
        optional: bool = False,
        advanced: bool = False,
    ) -> None:
        """A number, and a whole one where the default is: ``int``. Without a default it is optional."""
        kind = QgsProcessingParameterNumber.Type
        limits = {"minValue": least} if most is None else {"minValue": least, "maxValue": most}
        parameter = QgsProcessingParameterNumber(
            name,
            label,
            kind.Integer if isinstance(default, int) else kind.Double,
            default,
            optional=optional or default is None,
            **limits,
        )
        parameter.setMetadata(TWO_DECIMALS)
        self.add(parameter, explanation, advanced)

    def add_mask(self, name: str = "INPUT") -> None:
        self.add(
            QgsProcessingParameterRasterLayer(name, tr("Cloud mask")),
            tr("0 clear, 1 cloud, 2 cloud shadow, 255 no data, as Detect clouds makes it."),
        )

    def add_shadow(self, explanation: str) -> None:
        self.add(
            QgsProcessingParameterBoolean(
                "SHADOW",
                tr("Cloud shadow counts as cloud"),
                True,
                optional=True,  # models that were made before do without
            ),
            explanation,
        )

    def add_results(self, **labels: str) -> None:
        """Numbers that the algorithm returns, by name."""
        for name, label in labels.items():
            self.addOutput(QgsProcessingOutputNumber(name, label))

    def add_buffer(self, default: float = 0.0) -> None:
        self.add_number(
            "BUFFER",
            tr("Buffer around clouds"),
            tr("Pixels that lie no further than this from a cloud count as cloud. 0: none."),
            default,
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
        distance = given_number(self, parameters, "BUFFER", context)
        radius_px = distance, distance
        if self.parameterAsEnum(parameters, "BUFFER_UNIT", context) != PIXELS and distance > 0:
            width_m, height_m = pixel_size_m(grid)
            radius_px = distance / width_m, distance / height_m
        if max(radius_px) > _WIDEST_BUFFER_PX:
            raise QgsProcessingException(
                tr("The buffer is {width:.0f} pixels wide: give one of at most {most}.").format(
                    width=max(radius_px), most=_WIDEST_BUFFER_PX
                )
            )
        return radius_px

    def source(self, parameter: str) -> str:
        """Path or GDAL name of a raster where the user has put it; ``""`` where none was given."""
        return next(iter(self._sources[parameter]), "")

    def sources(self, parameter: str) -> list[str]:
        """Those of a parameter of many rasters."""
        return self._sources[parameter]

    def as_given(self, source: str) -> str:
        """The name that the user knows it by, of the file with its own CRS."""
        return self.corrected[source][0] if source in self.corrected else source

    def all_given(self) -> list[str]:
        return [self.as_given(source) for sources in self._sources.values() for source in sources]

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        accepted, message = super().checkParameterValues(parameters, context)
        if not accepted:
            return accepted, message
        try:
            for parameter in self.SOURCES:
                for layer in self._layers(parameter, parameters, context):
                    gdal_source(layer)
            problem = self.problem_of(parameters, context)
        except (UnusableSource, QgsProcessingException) as error:
            problem = str(error)
        return not problem, problem

    def problem_of(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        """One sentence on values that do not fit each other; empty where they do."""
        return ""

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Read what belongs to the main thread, the layers, into plain names."""
        try:
            layers = {
                parameter: self._layers(parameter, parameters, context)
                for parameter in self.SOURCES
            }
            self.corrected = {}
            self._sources = {
                parameter: [self._where_shown(layer) for layer in own]
                for parameter, own in layers.items()
            }
        except UnusableSource as error:
            raise QgsProcessingException(str(error)) from error
        first = next(filter(None, layers.values()), [])
        self.time = LayerTime.of(first[0]) if len(first) == 1 else None
        self.crs = first[0].crs() if len(first) == 1 else QgsCoordinateReferenceSystem()
        self.layer_name = image_name(first[0]) if len(first) == 1 else ""
        return True

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        try:
            check_numbers(self, parameters, context)
            for path, (source, crs) in self.corrected.items():
                write_with_crs(source, crs, path)
            return self.work(parameters, context, feedback)
        # RuntimeError: GDAL's own, where its exceptions are on; see rasters/gdal_errors.py.
        except (OSError, RuntimeError) as error:
            stop_if_cancelled(feedback)  # GDAL raises where it is told to stop
            raise QgsProcessingException(str(error)) from error

    def name_output(self, output: str, context: QgsProcessingContext) -> None:
        """Name the result ``OUTPUT`` after the image, see ``name_result``."""
        kind = self.parameterDefinition("OUTPUT").description()
        name_result(output, kind, self.layer_name, context)

    def open_sink(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        fields: QgsFields,
        geometry: QgsWkbTypes.Type,
        crs: QgsCoordinateReferenceSystem,
    ) -> tuple[QgsFeatureSink, str]:
        """Of the parameter ``OUTPUT``, and its name. A file that was there before is emptied."""
        sink, output = self.parameterAsSink(parameters, "OUTPUT", context, fields, geometry, crs)
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, "OUTPUT"))
        return sink, output

    def write_feature(
        self, sink: QgsFeatureSink, feature: QgsFeature, parameters: dict[str, Any]
    ) -> None:
        if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
            raise QgsProcessingException(self.writeFeatureError(sink, parameters, "OUTPUT"))

    def _where_shown(self, layer: QgsMapLayer) -> str:
        """The layer's source, or the name of a virtual raster that is to have the layer's CRS."""
        source = gdal_source(layer)
        crs = layer.crs()
        if not crs.isValid() or crs == layer.dataProvider().crs():
            return source
        # Under the name of the image, which may tell its mask and its day.
        name = re.sub(r'[<>:"/\\|?*]', "_", Path(source).name)
        path = str(Path(tempfile.mkdtemp(dir=QgsProcessingUtils.tempFolder()), name))
        self.corrected[path] = source, wkt_of(crs)
        return path

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
