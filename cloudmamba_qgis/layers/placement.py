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
    group = _group_of(image)
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
    _insert_above(image, group)
    # Views open a node only when that changes while they show it.
    for node in (group, group.children()[0]):
        node.setExpanded(True)
    return PlacedResults(tuple(layer_ids))


def place_preview(image: QgsMapLayer, preview: QgsMapLayer) -> PlacedResults:
    """Put a preview on top of the results that lie directly above the image, else of a new group."""
    project = QgsProject.instance()
    node = project.layerTreeRoot().findLayer(image.id())
    siblings = node.parent().children() if node else []
    above = siblings[siblings.index(node) - 1] if node and siblings.index(node) else None
    is_new = above is None or not above.customProperty(_OWN_GROUP)
    group = _group_of(image) if is_new else above
    project.addMapLayer(preview, False)
    # It is made again with a click: nobody need be asked to save it when QGIS closes.
    preview.setCustomProperty("skipMemoryLayersCheck", 1)
    group.insertLayer(0, preview).setExpanded(False)
    if is_new:
        group.setExpanded(False)
        _insert_above(image, group)
        group.setExpanded(True)  # views open it only when that changes while they show it
    return PlacedResults((preview.id(),))


def _group_of(image: QgsMapLayer) -> QgsLayerTreeGroup:
    """A new group for results of the image, not in the tree yet."""
    group = QgsLayerTreeGroup(tr("{layer} clouds").format(layer=image.name()))
    group.setCustomProperty(_OWN_GROUP, True)
    return group


def _insert_above(image: QgsMapLayer, group: QgsLayerTreeGroup) -> None:
    """Put the group into the tree: above the image, or on top where that is not in the tree."""
    root = QgsProject.instance().layerTreeRoot()
    node = root.findLayer(image.id())
    parent = node.parent() if node else root
    parent.insertChildNode(parent.children().index(node) if node else 0, group)
