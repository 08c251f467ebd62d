"""``cloudmamba:detectclouds``: cloud mask and uncertainty of a satellite image."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingUtils,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QCoreApplication, QThread
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QWidget
from qgis.utils import iface

from cloudmamba_qgis.algorithms.base import TWO_DECIMALS
from cloudmamba_qgis.algorithms.detection_parameters import (
    device_parameter,
    model_parameter,
    with_choices,
)
from cloudmamba_qgis.algorithms.outputs import wanted_output
from cloudmamba_qgis.algorithms.parameter_numbers import given_number, optional_number
from cloudmamba_qgis.algorithms.rethreshold import Shapes, Shares, shape_mask
from cloudmamba_qgis.background import RunFeedback
from cloudmamba_qgis.engine_client.locate import Engine, EngineNotFound, find_engine
from cloudmamba_qgis.engine_client.partial_files import removing_partial_files
from cloudmamba_qgis.engine_client.process import EngineCancelled, EngineFailed
from cloudmamba_qgis.engine_client.session import engine_session
from cloudmamba_qgis.engine_words import confidence_words, in_users_language
from cloudmamba_qgis.help_pages import help_url
from cloudmamba_qgis.layers.post_processor import finish_result, name_result
from cloudmamba_qgis.layers.provenance import LayerTime
from cloudmamba_qgis.layers.results import is_result
from cloudmamba_qgis.layers.source import UnusableSource, image_source, wkt_of
from cloudmamba_qgis.rasters.blocks import Window, read
from cloudmamba_qgis.rasters.cloud_shapes import CLEAR, SHADOW, replace_class
from cloudmamba_qgis.rasters.files import open_raster, replacing
from cloudmamba_qgis.rasters.gdal_errors import gdal_failure_as
from cloudmamba_qgis.rasters.uncertain_regions import copy_to_edit
from cloudmamba_qgis.resource_files import icon, icon_path
from cloudmamba_qgis.time_left import TimeLeft
from cloudmamba_qgis.translation import tr


@dataclass(frozen=True)
class _RasterResult:
    """One raster output: parameter, field of the engine's request, and style."""

    parameter: str
    field: str
    style: str


_RASTER_RESULTS = (
    _RasterResult("OUTPUT", "mask_path", "mask"),
    _RasterResult("UNCERTAINTY", "uncertainty_path", "uncertainty"),
    _RasterResult("PROBABILITY", "probability_path", "probability"),
    _RasterResult("STAGES", "stages_path", "stages"),
    _RasterResult("SHADOW_PROBABILITY", "shadow_path", "probability"),
    _RasterResult("PRODUCT_MASK", "product_mask_path", "product_mask"),
)
# Where cloud shadow comes from: by the number of the choice, fields of the engine's request.
NO_SHADOW, SHADOW_OF_MODEL, SHADOW_OF_PRODUCT = 0, 1, 2
_SHADOW_FIELDS: dict[int, dict[str, bool]] = {
    NO_SHADOW: {},
    SHADOW_OF_MODEL: {"shadow_in_mask": True},
    SHADOW_OF_PRODUCT: {"add_product_shadow": True},
}
_WIDEST_BUFFER_PX = 500
_THRESHOLDS = {
    "COARSE_THRESHOLD": "coarse_threshold",
    "REFINED_THRESHOLD": "refined_threshold",
    "ACCEPTANCE_THRESHOLD": "acceptance_threshold",
}


class DetectCloudsAlgorithm(QgsProcessingAlgorithm):
    """Hands the raster to the engine, follows its progress and styles what comes back."""

    _source: str
    _band_sources: list[str]
    _is_product: bool
    _image_name: str
    _engine: Engine
    _time: LayerTime | None
    _crs: QgsCoordinateReferenceSystem

    def createInstance(self) -> DetectCloudsAlgorithm:
        return DetectCloudsAlgorithm()

    def name(self) -> str:
        return "detectclouds"

    def displayName(self) -> str:
        return tr("Detect clouds")

    def tags(self) -> list[str]:
        return tr(
            "cloud,clouds,mask,cloud mask,haze,cirrus,uncertainty,probability,satellite,"
            "sentinel-2,landsat,planetscope,gaofen,deep learning,mamba,segmentation"
        ).split(",")

    def icon(self) -> QIcon:
        return icon("detect_clouds")

    def svgIconPath(self) -> str:
        return icon_path("detect_clouds")

    def helpUrl(self) -> str:
        return help_url(self.name()).toString()

    def shortDescription(self) -> str:
        return tr("Makes a cloud mask and an uncertainty map of a satellite image.")

    def shortHelpString(self) -> str:
        return tr(
            "<p>Finds the clouds of a satellite image and says how sure it is. Blue, green and "
            "red are needed; near infrared makes the mask better.</p>"
            "<p><b>Cloud mask</b>: 0 clear, 1 cloud, 255 no data; 2 cloud shadow where it is "
            "wanted.<br/>"
            "<b>Uncertainty</b>: 0 (sure) to 1 (undecided) for each pixel of the mask.</p>"
            "<p>Both lie on the grid and in the CRS of the image. Bands and radiometry are found "
            "out where they are not given; the log says what was used and why. Where the values "
            "cannot be reflectance the run stops with a message instead of a wrong mask.</p>"
            "<p>The image is worked through in overlapping tiles by a separate program, the "
            "engine, on this computer; nothing is sent anywhere. A cancelled or failed run "
            "leaves no files and no changed files.</p>"
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self._add_common_parameters()
        self._add_shadow()
        self._add_shapes()
        self._add_advanced_parameters()
        self._add_outputs()

    def createCustomParametersWidget(self, parent: QWidget | None = None) -> None:
        """Begin QGIS's own dialog with the image that is looked at.

        QGIS, which leaves a box empty that may be empty, asks for such a widget before it opens the
        dialog, and before nothing else: models and batches are to name the layers they are given.
        """
        image = self.parameterDefinition("INPUT")
        image.setGuiDefaultValueOverride(_active_image_id())

    def _add_common_parameters(self) -> None:
        self._add(
            QgsProcessingParameterRasterLayer("INPUT", tr("Satellite image"), optional=True),
            tr("A raster of three or more bands in one file: blue, green, red, near infrared."),
        )
        self._add(
            QgsProcessingParameterFile(
                "PRODUCT",
                tr("Or a product"),
                optional=True,
                # That of QGIS refuses folders without a dot in their names.
                fileFilter=f"{tr('All files')} (*)",
            ),
            tr(
                "What was downloaded, in place of a layer: a folder, a zip or tar file, or the "
                "metadata file (MTD, MTL, STAC item) of Sentinel-2, Landsat, HLS, PlanetScope, "
                "Gaofen-1 and 6 WFV, CBERS or Amazonia-1. Bands and units are those of the product."
            ),
        )
        self._add(
            QgsProcessingParameterMultipleLayers(
                "BAND_LAYERS",
                tr("Or bands in layers of their own"),
                QgsProcessing.SourceType.TypeRaster,
                optional=True,
            ),
            tr(
                "Three layers or more of one band each, in any order, in place of an image. Which "
                "is which is told by their names, or by the product that their files belong to."
            ),
        )
        self._add(
            with_choices(
                QgsProcessingParameterString("BANDS", tr("Bands"), "", optional=True),
                "BandsWrapper",
            ),
            tr(
                "Band numbers of blue, green, red and near infrared, such as 1,2,3,4 or "
                "red=1,green=2,blue=3; without near infrared three numbers. Empty: found out "
                "from the band names, the product and the values."
            ),
        )
        self._add(
            with_choices(
                QgsProcessingParameterString("RADIOMETRY", tr("Values"), "auto"),
                "RadiometryWrapper",
            ),
            tr(
                "How the stored numbers become reflectance. auto: found out and checked. "
                "reflectance: they are reflectance of 0 to 1. percent: of 0 to 100. scale:S or "
                "scale:S,OFFSET: number × S + OFFSET. uint16: 0 to 1 stretched over 16 bits. "
                "counts:BITS: raw counts of a sensor. picture: an 8-bit picture. Or a product: "
                "sentinel2 (before baseline 04.00), sentinel2-offset (from 04.00 on), "
                "landsat-collection2-level1, landsat-collection2-level2, planetscope-sr, gaofen1-wfv."
            ),
        )

    def _add_advanced_parameters(self) -> None:
        device, model = device_parameter(), model_parameter()
        self._add(device, device.help(), advanced=True)
        for parameter, name, explanation in (
            (
                "COARSE_THRESHOLD",
                tr("Cloud threshold, sure pixels"),
                tr(
                    "Cloud probability above which a pixel that the first pass is sure of is "
                    "cloud. Not set: that of the model."
                ),
            ),
            (
                "REFINED_THRESHOLD",
                tr("Cloud threshold, refined pixels"),
                tr(
                    "Cloud probability above which a pixel that the second pass decides is "
                    "cloud. Not set: that of the model."
                ),
            ),
            (
                "ACCEPTANCE_THRESHOLD",
                tr("Trust first pass below"),
                tr(
                    "Pixels with no less uncertainty than this are decided by the second pass; "
                    "at 1 none is. Not set: that of the model."
                ),
            ),
        ):
            threshold = QgsProcessingParameterNumber(
                parameter,
                name,
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=0.0,
                maxValue=1.0,
            )
            threshold.setMetadata(TWO_DECIMALS)
            self._add(threshold, explanation, advanced=True)
        self._add(model, model.help(), advanced=True)
        self._add(
            QgsProcessingParameterBoolean(
                "KEEP_FILL",
                tr("Keep fill that is not declared"),
                False,
                optional=True,  # models that were made before do without
            ),
            tr(
                "Areas of one value along the edges are taken for no data, and that is told. On: "
                "they are part of the image."
            ),
            advanced=True,
        )
        self._add(
            QgsProcessingParameterBoolean(
                "LOOK_FIRST",
                tr("Quick look first"),
                False,
                optional=True,  # models that were made before do without
            ),
            tr(
                "A look at a quarter of the resolution comes first, and only what it is not sure "
                "of is computed in full. About half of the time where there is hardly a cloud, up "
                "to a tenth more elsewhere. Small clouds in what looks clear may be missed."
            ),
            advanced=True,
        )
        self._add(
            QgsProcessingParameterNumber(
                "RESOLUTION",
                tr("Working resolution (units of the map)"),
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=0.0,
            ),
            tr(
                "Size of the pixels that are read and written, such as 20 for bands of 10 m: a "
                "quarter of the work. Not set: that of the image."
            ),
            advanced=True,
        )
        self._add(
            QgsProcessingParameterNumber(
                "PIXEL_SIZE",
                tr("Pixel size on the ground (metres)"),
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=0.0,
            ),
            tr(
                "Clouds are outlined further out in images of up to 20 m than in those of 30 m and "
                "more. Not set: as the map tells, and half-way for an image that lies in none."
            ),
            advanced=True,
        )

    def _add_shadow(self) -> None:
        self._add(
            QgsProcessingParameterEnum(
                "SHADOW",
                tr("Cloud shadow"),
                [tr("is clear"), tr("as the model finds it"), tr("as the product has it")],
                defaultValue=NO_SHADOW,
                optional=True,  # models that were made before do without
            ),
            tr(
                "Class 2 of the mask, where it is not cloud. The model may take dark water and the "
                "shadow of mountains for it. That of a product needs a product with a mask of its "
                "own, such as the scene classification of Sentinel-2."
            ),
        )

    def _add_shapes(self) -> None:
        self._add(
            QgsProcessingParameterNumber(
                "BUFFER",
                tr("Buffer around clouds (pixels)"),
                QgsProcessingParameterNumber.Type.Integer,
                0,
                optional=True,  # models that were made before do without
                minValue=0,
                maxValue=_WIDEST_BUFFER_PX,
            ),
            tr("Pixels that lie no further than this from a cloud count as cloud. 0: none."),
        )
        self._add(
            QgsProcessingParameterNumber(
                "SMALLEST_CLOUD",
                tr("Smallest cloud (pixels)"),
                QgsProcessingParameterNumber.Type.Integer,
                0,
                optional=True,  # models that were made before do without
                minValue=0,
            ),
            tr("Clouds smaller than this become clear. Pixels touching at a corner are one."),
        )
        self._add(
            QgsProcessingParameterNumber(
                "SMALLEST_HOLE",
                tr("Smallest hole (pixels)"),
                QgsProcessingParameterNumber.Type.Integer,
                0,
                optional=True,  # models that were made before do without
                minValue=0,
            ),
            tr("Clear patches smaller than this become cloud."),
            advanced=True,
        )

    def _add_outputs(self) -> None:
        for parameter, name, optional, by_default, explanation in (
            (
                "OUTPUT",
                tr("Cloud mask"),
                False,
                True,
                tr("0 clear, 1 cloud, 2 cloud shadow where it is wanted, 255 no data."),
            ),
            (
                "UNCERTAINTY",
                tr("Uncertainty"),
                True,
                True,
                tr("0 (sure) to 1 (undecided), NaN where there is no data."),
            ),
            (
                "PROBABILITY",
                tr("Cloud probability"),
                True,
                False,
                tr("0 to 1, NaN where there is no data."),
            ),
            (
                "STAGES",
                tr("Stages of the decision"),
                True,
                False,
                tr(
                    "Four bands: probability of the first pass, its uncertainty, where it was "
                    "trusted (1) or not (0), probability of the second pass. Takes longer."
                ),
            ),
            (
                "SHADOW_PROBABILITY",
                tr("Cloud shadow probability"),
                True,
                False,
                tr("0 to 1, NaN where there is no data. Adjust cloud mask keeps shadow with it."),
            ),
            (
                "PRODUCT_MASK",
                tr("Mask of the product"),
                True,
                False,
                tr(
                    "The mask that the product itself brings, on the same grid: 0 clear, 1 cloud, "
                    "2 cloud shadow, 4 snow or ice, 255 no data. Evaluate cloud mask compares both."
                ),
            ),
        ):
            self._add(
                QgsProcessingParameterRasterDestination(
                    parameter, name, optional=optional, createByDefault=by_default
                ),
                explanation,
            )
        self.addOutput(QgsProcessingOutputNumber("CLOUD_PERCENT", tr("Cloud, % of valid pixels")))
        self.addOutput(
            QgsProcessingOutputNumber("SHADOW_PERCENT", tr("Cloud shadow, % of valid pixels"))
        )
        self.addOutput(QgsProcessingOutputNumber("VALID_PERCENT", tr("Valid, % of all pixels")))
        self.addOutput(QgsProcessingOutputNumber("MEAN_UNCERTAINTY", tr("Mean uncertainty")))
        self.addOutput(QgsProcessingOutputString("DEVICE", tr("Device used")))
        self.addOutput(
            QgsProcessingOutputString("SUMMARY", tr("All that was used and found, as JSON"))
        )

    def _add(
        self, parameter: QgsProcessingParameterDefinition, explanation: str, advanced: bool = False
    ) -> None:
        parameter.setHelp(explanation)
        if advanced:
            parameter.setFlags(
                parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced
            )
        self.addParameter(parameter)

    def canExecute(self) -> tuple[bool, str]:
        try:
            find_engine()
        except EngineNotFound as error:
            return False, str(error)
        return True, ""

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        accepted, message = super().checkParameterValues(parameters, context)
        if not accepted:
            return accepted, message
        problem = self._problem_of_image(parameters, context)
        if problem:
            return False, problem
        layer = self.parameterAsRasterLayer(parameters, "INPUT", context)
        band_layers = self.parameterAsLayerList(parameters, "BAND_LAYERS", context) or []
        for one in (layer, *band_layers):
            try:
                if one is not None:
                    image_source(one)
            except UnusableSource as error:
                return False, str(error)
        try:
            self._thresholds(parameters, context)
        except QgsProcessingException as error:
            return False, str(error)
        return True, ""

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Read everything that belongs to the main thread into plain values."""
        # QGIS does not ask ``checkParameterValues`` for the steps of a model.
        problem = self._problem_of_image(parameters, context)
        if problem:
            raise QgsProcessingException(problem)
        product = self.parameterAsString(parameters, "PRODUCT", context).strip()
        band_layers = self.parameterAsLayerList(parameters, "BAND_LAYERS", context) or []
        layer = None if product else self.parameterAsRasterLayer(parameters, "INPUT", context)
        if band_layers and not product:
            layer = band_layers[0]
        if layer is None and not product:
            raise QgsProcessingException(self.invalidRasterError(parameters, "INPUT"))
        try:
            self._source = product or image_source(layer)
            self._band_sources = [image_source(one) for one in band_layers[1:]]
            self._engine = find_engine()
        except (UnusableSource, EngineNotFound) as error:
            raise QgsProcessingException(str(error)) from error
        self._is_product = bool(product)
        self._image_name = Path(product).stem if layer is None else layer.name()
        self._time = None if layer is None else LayerTime.of(layer)
        self._crs = QgsCoordinateReferenceSystem() if layer is None else layer.crs()
        return True

    def _problem_of_image(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        """One sentence where not exactly one image is given, or not all of it; else empty."""
        layer = self.parameterAsRasterLayer(parameters, "INPUT", context)
        product = self.parameterAsString(parameters, "PRODUCT", context).strip()
        band_layers = self.parameterAsLayerList(parameters, "BAND_LAYERS", context) or []
        is_chosen = bool(parameters.get("INPUT"))
        if (product or band_layers) and layer is not None and layer.id() == _active_image_id():
            is_chosen = False  # the dialog begins with it
        if [bool(product), is_chosen, bool(band_layers)].count(True) != 1:
            return tr(
                "Give either a satellite image or a product, or bands in layers of their own."
            )
        if len(band_layers) in (1, 2):
            return tr("Give three layers or more: blue, green and red are needed.")
        if product and not os.path.exists(product):
            return tr("There is no product '{path}'.").format(path=product)
        return ""

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        outputs = {
            result: path
            for result in _RASTER_RESULTS
            if (path := wanted_output(self, parameters, result.parameter, context))
        }
        request = self._request(parameters, context)
        shapes = self._shapes(parameters, context)
        # Under their own names QGIS finds the outputs again, so only the engine's are absolute.
        request.update({result.field: _absolute(path) for result, path in outputs.items()})
        # Of the file: a layer of a rotated image has another size. Of a product, of bands apart and
        # of another resolution only the engine knows the grid.
        is_whole = not (self._is_product or {"band_paths", "resolution_m"} & set(request))
        size_px = _size_px(open_raster(self._source)) if is_whole else None
        with removing_partial_files(outputs.values()):
            summary = self._run_engine(request, feedback)
            for path in outputs.values():
                self._check_written(path, size_px)
            if not shapes.is_nothing:
                shares = _shape(request["mask_path"], shapes)
                summary["cloud_percent"] = shares.cloud
                if summary["shadow_percent"] is not None:
                    summary["shadow_percent"] = shares.shadow
        image_name = (summary.get("product") or {}).get("name") or self._image_name
        for result, path in outputs.items():
            kind = self.parameterDefinition(result.parameter).description()
            name_result(path, kind, image_name if self._is_product else self._image_name, context)
            finish_result(path, result.style, self._time, self._crs, context, feedback)
        _report(summary, feedback)
        return {
            **{result.parameter: path for result, path in outputs.items()},
            "CLOUD_PERCENT": summary["cloud_percent"],
            "SHADOW_PERCENT": summary["shadow_percent"],
            "VALID_PERCENT": summary["valid_percent"],
            "MEAN_UNCERTAINTY": summary["mean_uncertainty"],
            "DEVICE": summary["device"],
            "SUMMARY": json.dumps(summary),
        }

    def _request(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, Any]:
        """The fields of the engine's request apart from the outputs."""
        model = self.parameterAsFile(parameters, "MODEL", context)
        resolution = optional_number(self, parameters, "RESOLUTION", context)
        pixel_size_m = optional_number(self, parameters, "PIXEL_SIZE", context)
        optional: dict[str, Any] = {}
        if self._band_sources:
            optional["band_paths"] = [_absolute_file(source) for source in self._band_sources]
        if resolution:
            optional["resolution_m"] = resolution
        if pixel_size_m:
            optional["gsd_m"] = pixel_size_m
        if self._crs.isValid():
            optional["crs"] = wkt_of(self._crs)
        return {
            "input_path": _absolute_file(self._source),
            "bands": self.parameterAsString(parameters, "BANDS", context).strip(),
            "radiometry": self.parameterAsString(parameters, "RADIOMETRY", context).strip(),
            "device": self.parameterAsString(parameters, "DEVICE", context).strip() or "auto",
            "model": _absolute_file(model) if model else None,
            "keep_fill": self.parameterAsBoolean(parameters, "KEEP_FILL", context),
            "look_first": self.parameterAsBoolean(parameters, "LOOK_FIRST", context),
            **_SHADOW_FIELDS[self.parameterAsEnum(parameters, "SHADOW", context)],
            **self._thresholds(parameters, context),
            **optional,
        }

    def _shapes(self, parameters: dict[str, Any], context: QgsProcessingContext) -> Shapes:
        buffer_px = given_number(self, parameters, "BUFFER", context)
        return Shapes(
            given_number(self, parameters, "SMALLEST_CLOUD", context),
            given_number(self, parameters, "SMALLEST_HOLE", context),
            (buffer_px, buffer_px),
        )

    def _thresholds(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> dict[str, float]:
        """The thresholds that are set, by their field; an empty text is not set.

        Raises ``QgsProcessingException`` for a value or an expression that gives no number.
        """
        found = {
            field: optional_number(self, parameters, parameter, context)
            for parameter, field in _THRESHOLDS.items()
        }
        return {field: value for field, value in found.items() if value is not None}

    def _run_engine(
        self, request: dict[str, Any], feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        try:
            return engine_session().detect(self._engine, request, _FeedbackListener(feedback))
        except EngineCancelled as error:
            raise QgsProcessingException(tr("Cancelled; nothing was written.")) from error
        except EngineFailed as error:
            if error.details:
                feedback.pushConsoleInfo(error.details)
            if isinstance(feedback, RunFeedback):
                feedback.failure_code = error.code
            raise QgsProcessingException(in_users_language(str(error))) from error

    def _check_written(self, path: str, size_px: tuple[int, int] | None) -> None:
        """Make sure that there is a raster as large as the image; an engine's word is not enough."""

        def failure() -> QgsProcessingException:
            return QgsProcessingException(
                tr(
                    "The engine says that it is done, but '{path}' is missing or not on the grid "
                    "of the image."
                ).format(path=path)
            )

        # GDAL itself, not QGIS's provider: SIP may take a new provider, made in this thread, for one
        # that the main thread has just deleted at the same address.
        with gdal_failure_as(failure):
            raster = gdal.Open(path)
        if raster is None or size_px not in (None, _size_px(raster)):
            raise failure()


class _FeedbackListener:
    """Passes what the engine says on to the feedback of Processing."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self._feedback = feedback
        self._last_message = ""
        self._time_left = TimeLeft()
        self._has_told_time = False

    def is_cancelled(self) -> bool:
        return self._feedback.isCanceled()

    def progress(self, done: int, total: int, message: str) -> None:
        percent = 100.0 * done / max(total, 1)
        self._feedback.setProgress(percent)
        left = "" if self._has_told_time else self._time_left.words(percent)
        if left:  # once: the log keeps every line
            self._has_told_time = True
            self._feedback.pushInfo(left[0].upper() + left[1:])
        if message != self._last_message:
            self._feedback.setProgressText(in_users_language(message))
            self._last_message = message

    def log(self, level: str, message: str) -> None:
        words = in_users_language(message)
        if level == "warning":
            self._feedback.pushWarning(words)
        else:
            self._feedback.pushInfo(words)


def _active_image_id() -> str | None:
    """Of the image that the user looks at; None for results, without a window, and in threads."""
    application = QCoreApplication.instance()
    if iface is None or QThread.currentThread() != application.thread():
        return None
    layer = iface.activeLayer()
    is_image = isinstance(layer, QgsRasterLayer) and not is_result(layer)
    return layer.id() if is_image else None


def _shape(path: str, shapes: Shapes) -> Shares:
    """Give the engine's mask its buffer and drop what is small; shadow stays where it is clear.

    It cannot be cancelled: by now the other results are in their places.
    """
    tags = {
        **open_raster(path).GetMetadata_Dict(),
        **{
            name: f"{size_px:g} pixels"
            for name, size_px in (
                ("BUFFER", shapes.buffer_px[0]),
                ("SMALLEST_CLOUD", shapes.smallest_cloud_px),
                ("SMALLEST_HOLE", shapes.smallest_hole_px),
            )
            if size_px
        },
    }
    tags.pop("MEAN_UNCERTAINTY", None)  # of the mask that was detected
    with (
        tempfile.TemporaryDirectory(dir=QgsProcessingUtils.tempFolder()) as folder,
        replacing(path, []) as result,
    ):
        decided = str(Path(folder, "decided.tif"))
        copy_to_edit(path, decided, tags, QgsProcessingFeedback())
        return _shape_apart_from_shadow(path, decided, shapes, result, tags)


def _shape_apart_from_shadow(
    detected: str, decided: str, shapes: Shapes, result: str, tags: dict[str, str]
) -> Shares:
    """Shape a copy of the detected mask in which shadow is clear, and bring shadow back."""
    raster = open_raster(detected)

    def in_shadow(window: Window) -> np.ndarray:
        return read(raster.GetRasterBand(1), window) == SHADOW

    feedback = QgsProcessingFeedback()
    has_shadow = "SHADOW_PERCENT" in tags
    if has_shadow:
        replace_class(decided, SHADOW, CLEAR, feedback)
    return shape_mask(decided, shapes, result, tags, feedback, in_shadow if has_shadow else None)


def _size_px(raster: gdal.Dataset) -> tuple[int, int]:
    return raster.RasterXSize, raster.RasterYSize


def _absolute(path: str) -> str:
    """The path seen from any folder: the engine runs in another one than QGIS."""
    return path if path.startswith("/vsi") else os.path.abspath(path)


def _absolute_file(name: str) -> str:
    """The absolute path of a file or folder; names that are none, such as of a model, stay."""
    return os.path.abspath(name) if os.path.exists(name) else name


def _report(summary: dict[str, Any], feedback: QgsProcessingFeedback) -> None:
    """Say in the log what was done, with what, and how it came out."""
    for warning in summary["warnings"]:
        feedback.pushWarning(in_users_language(warning))
    bands = ", ".join(
        f"{role} {summary['bands'][role]}"
        for role in ("blue", "green", "red", "nir")
        if summary["bands"][role] is not None
    )
    for label, value, why in (
        (tr("Bands"), bands, summary["bands"]),
        (tr("Values"), summary["radiometry"]["name"], summary["radiometry"]),
    ):
        reason = in_users_language(why["reason"])
        feedback.pushInfo(f"{label}: {value} ({confidence_words(why['confidence'])}: {reason})")
    gsd_m = summary["gsd_m"]
    pixel_size = tr("not known; outlines are half-way between those of 20 and of 30 m")
    if gsd_m is not None:
        pixel_size = f"{gsd_m:g} m"
    feedback.pushInfo(f"{tr('Pixel size on the ground')}: {pixel_size}")
    feedback.pushInfo(f"{tr('Model')}: {summary['model']} {summary['version']}")
    feedback.pushInfo(f"{tr('Device')}: {summary['device']}")
    if summary["shadow_percent"] is not None:
        feedback.pushInfo(
            tr("Cloud shadow {shadow:.1f} % of valid pixels").format(
                shadow=summary["shadow_percent"]
            )
        )
    feedback.pushInfo(
        tr(
            "Cloud {cloud:.1f} % of valid pixels ({valid:.1f} % of the image), mean uncertainty "
            "{uncertainty:.3f}, {seconds:.1f} s"
        ).format(
            cloud=summary["cloud_percent"],
            valid=summary["valid_percent"],
            uncertainty=summary["mean_uncertainty"],
            seconds=summary["seconds"],
        )
    )
