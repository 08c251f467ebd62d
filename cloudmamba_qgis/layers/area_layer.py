"""Colours and time of a layer of areas by date."""

from __future__ import annotations

from typing import ClassVar

from qgis.core import (
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsRendererRange,
    QgsVectorLayer,
    QgsVectorLayerTemporalProperties,
)

from cloudmamba_qgis.layers.results import mark_as_result

try:
    from qgis.core import Qgis

    INSTANT_FROM_FIELD = Qgis.VectorTemporalMode.FeatureDateTimeInstantFromField
except AttributeError:  # QGIS before 3.22.3
    INSTANT_FROM_FIELD = QgsVectorLayerTemporalProperties.ModeFeatureDateTimeInstantFromField

# From cloudy to clear, apart in lightness as well as in colour.
_CLASSES = (
    (0.0, 20.0, "#fde725"),
    (20.0, 40.0, "#90d743"),
    (40.0, 60.0, "#35b779"),
    (60.0, 80.0, "#21918c"),
    (80.0, 100.0, "#31688e"),
)


def show_by_date(layer: QgsVectorLayer) -> None:
    """Colour the areas by how clear they are, and let the temporal controller go by their days."""
    ranges = []
    for lower, upper, colour in _CLASSES:
        symbol = QgsFillSymbol.createSimple(
            {"color": colour, "outline_color": "#404040", "outline_width": "0.2"}
        )
        symbol.setOpacity(0.75)
        ranges.append(QgsRendererRange(lower, upper, symbol, f"{lower:.0f}–{upper:.0f} %"))
    layer.setRenderer(QgsGraduatedSymbolRenderer(_field(layer, "clear_percent"), ranges))
    temporal = layer.temporalProperties()
    temporal.setMode(INSTANT_FROM_FIELD)
    temporal.setStartField(_field(layer, "date"))
    temporal.setIsActive(True)
    layer.triggerRepaint()


def _field(layer: QgsVectorLayer, name: str) -> str:
    """The field as the layer's file has it: a Shapefile cuts names to ten letters."""
    own = (field for field in layer.fields().names() if name.startswith(field.lower()))
    return next(own, name)


class AreaLayerFinisher(QgsProcessingLayerPostProcessorInterface):
    """Does so when Processing loads the layer."""

    # QGIS keeps only the half of a post-processor that is not Python.
    _waiting: ClassVar[set[AreaLayerFinisher]] = set()

    @classmethod
    def attach(cls, output: str, context: QgsProcessingContext) -> None:
        """Finish ``output`` when it is loaded, if it is going to be."""
        if context.willLoadLayerOnCompletion(output):
            finisher = cls()
            cls._waiting.add(finisher)
            context.layerToLoadOnCompletionDetails(output).setPostProcessor(finisher)

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        self._waiting.discard(self)
        if isinstance(layer, QgsVectorLayer):
            mark_as_result(layer)
            show_by_date(layer)
