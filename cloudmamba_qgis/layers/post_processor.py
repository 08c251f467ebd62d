"""Styles and describes a result when Processing loads it into the project."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsRasterLayer,
)

from cloudmamba_qgis.layers.provenance import LayerTime, describe_layer
from cloudmamba_qgis.layers.results import mark_as_result, result_name
from cloudmamba_qgis.layers.style import StyleNotLoaded, apply_style, write_sidecar
from cloudmamba_qgis.translation import tr


def finish_result(
    path: str,
    style: str,
    time: LayerTime | None,
    crs: QgsCoordinateReferenceSystem,
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
) -> None:
    """Style and describe a raster result where it is loaded, and style it wherever it is opened.

    A style that the user has saved beside the file stays and is used instead; one of another
    raster with the same name stays that of the other.
    """
    own_style = False
    try:
        own_style = not write_sidecar(Path(path), style)
    except OSError as error:  # the result itself is complete
        feedback.pushWarning(tr("The style was not saved: {reason}").format(reason=error))
    if own_style:
        feedback.pushInfo(
            tr("'{path}' keeps the style that was saved beside it.").format(path=path)
        )
    ResultFinisher.attach(
        path, None if own_style else style, time, crs, context, is_of_detection=True
    )


def name_result(path: str, kind: str, image: str, context: QgsProcessingContext) -> None:
    """Name a result after its image where it is loaded and the user has given no name.

    Else all results of a batch would be called the same.
    """
    if context.willLoadLayerOnCompletion(path):
        details = context.layerToLoadOnCompletionDetails(path)
        if details.name in ("", kind):
            details.name = result_name(kind, image)


class ResultFinisher(QgsProcessingLayerPostProcessorInterface):
    """Gives one output its style, time, place and metadata; every output needs one of its own."""

    # QGIS calls a post-processor long after the algorithm is gone and keeps only its C++ half,
    # so the Python half is kept here until then.
    _waiting: ClassVar[set[ResultFinisher]] = set()

    def __init__(
        self,
        style: str | None,
        time: LayerTime | None,
        crs: QgsCoordinateReferenceSystem,
        is_of_detection: bool,
    ) -> None:
        super().__init__()
        self._style = style
        self._time = time
        self._crs = crs
        self._is_of_detection = is_of_detection

    @classmethod
    def attach(
        cls,
        output: str,
        style: str | None,
        time: LayerTime | None,
        crs: QgsCoordinateReferenceSystem,
        context: QgsProcessingContext,
        is_of_detection: bool = False,
    ) -> None:
        """Finish ``output`` when it is loaded, if it is going to be.

        Args:
            crs: of the layer that it was made from, on whose grid it lies. The user may have
                corrected it; the output's file names that of the layer's file.
            is_of_detection: it is a mask, an uncertainty or the like, and no image to mask.
        """
        if context.willLoadLayerOnCompletion(output):
            finisher = cls(style, time, crs, is_of_detection)
            cls._waiting.add(finisher)
            context.layerToLoadOnCompletionDetails(output).setPostProcessor(finisher)

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        self._waiting.discard(self)
        if self._style is not None:
            try:
                apply_style(layer, self._style)
            except StyleNotLoaded as error:
                feedback.pushWarning(str(error))
        if not isinstance(layer, QgsRasterLayer):
            mark_as_result(layer)
            return
        if self._is_of_detection:
            mark_as_result(layer)
        if self._crs.isValid() and layer.crs() != self._crs:
            layer.setCrs(self._crs)
        # After the style, which sets a layer's time to none.
        describe_layer(layer)
        if self._time is not None:
            self._time.apply_to(layer)
