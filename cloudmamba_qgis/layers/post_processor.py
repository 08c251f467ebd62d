"""Styles a result when Processing loads it into the project."""

from __future__ import annotations

from typing import ClassVar

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsRasterLayer,
)

from cloudmamba_qgis.layers.style import StyleNotLoaded, apply_style


class ResultStyler(QgsProcessingLayerPostProcessorInterface):
    """Gives one output its style; every output needs an instance of its own."""

    # QGIS calls a styler long after the algorithm is gone and keeps only its C++ half, so
    # the Python half is kept here until then.
    _waiting: ClassVar[set[ResultStyler]] = set()

    def __init__(self, style: str) -> None:
        super().__init__()
        self._style = style

    @classmethod
    def attach(cls, output: str, style: str, context: QgsProcessingContext) -> None:
        """Style ``output`` when it is loaded, if it is going to be."""
        if context.willLoadLayerOnCompletion(output):
            styler = cls(style)
            cls._waiting.add(styler)
            context.layerToLoadOnCompletionDetails(output).setPostProcessor(styler)

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        self._waiting.discard(self)
        if isinstance(layer, QgsRasterLayer):
            try:
                apply_style(layer, self._style)
            except StyleNotLoaded as error:
                feedback.pushWarning(str(error))
