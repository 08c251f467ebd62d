"""Puts the results of a layer into a group above it, and takes them out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qgis.core import (
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsProject,
)

from cloudmamba_qgis.translation import tr

_OWN_GROUP = "cloudmamba/results"


@dataclass(frozen=True)
class PlacedResults:
    """Layers that were added for one image."""

    layer_ids: tuple[str, ...]

    def remove(self) -> None:
        """Take out the layers, where the user has not, and their group when it is empty."""
        project = QgsProject.instance()
        nodes = [project.layerTreeRoot().findLayer(layer_id) for layer_id in self.layer_ids]
        groups = {node.parent() for node in nodes if node is not None}
        project.removeMapLayers([id_ for id_ in self.layer_ids if project.mapLayer(id_)])
        for group in groups:
            if group.customProperty(_OWN_GROUP) and not group.children():
                group.parent().removeChildNode(group)


def place_results(
    image: QgsMapLayer,
    outputs: Sequence[str],
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
) -> PlacedResults:
    """Load outputs, the first one on top, into a new group directly above the image.

    Only the first is shown: a mask under its uncertainty could not be read. ``context``
    knows the outputs as layers to load on completion, as Processing's own dialog does.
    """
    project = QgsProject.instance()
    group = QgsLayerTreeGroup(tr("{layer} clouds").format(layer=image.name()))
    group.setCustomProperty(_OWN_GROUP, True)
    layer_ids = []
    for position, output in enumerate(outputs):
        layer = QgsProcessingUtils.mapLayerFromString(
            output, context, True, QgsProcessingUtils.LayerHint.Raster
        )
        details = context.layerToLoadOnCompletionDetails(output)
        details.setOutputLayerName(layer)
        project.addMapLayer(context.temporaryLayerStore().takeMapLayer(layer), False)
        node = group.addLayer(layer)
        if details.postProcessor():
            details.postProcessor().postProcessLayer(layer, context, feedback)
        node.setItemVisibilityChecked(position == 0)
        node.setExpanded(False)
        layer_ids.append(layer.id())
    group.setExpanded(False)
    node = project.layerTreeRoot().findLayer(image.id())
    parent = node.parent() if node else project.layerTreeRoot()
    parent.insertChildNode(parent.children().index(node) if node else 0, group)
    # Views open a node only when that changes while they show it.
    for node in (group, group.children()[0]):
        node.setExpanded(True)
    return PlacedResults(tuple(layer_ids))
