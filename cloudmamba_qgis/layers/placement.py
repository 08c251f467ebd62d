"""Puts the results of a layer into a group above it, and takes them out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsDataProvider,
    QgsLayerTree,
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterLayer,
)
from qgis.PyQt.QtXml import QDomDocument

from cloudmamba_qgis.layers.provenance import LayerTime, describe_layer
from cloudmamba_qgis.layers.results import is_preview, mark_as_preview, mark_as_result
from cloudmamba_qgis.layers.style import apply_style, write_sidecar
from cloudmamba_qgis.translation import tr

# The layer tree keeps it in the project: the id of the image that the group belongs to.
_OWN_GROUP = "cloudmamba/results_of"
# Of a mask: the id of the layer of its uncertainty.
_UNCERTAINTY = "cloudmamba/uncertainty"


@dataclass(frozen=True)
class PlacedResults:
    """Layers that were added for one image.

    Attributes:
        layer_ids: in the order of the outputs.
        hidden_ids: layers of earlier results that were shown until these came.
    """

    layer_ids: tuple[str, ...]
    hidden_ids: tuple[str, ...] = ()

    def remove(self) -> None:
        """Take out the layers, where the user has not, and their group when it is empty.

        What they had hidden is shown again.
        """
        project = QgsProject.instance()
        root = project.layerTreeRoot()
        nodes = [root.findLayer(layer_id) for layer_id in self.layer_ids]
        groups = {node.parent() for node in nodes if node is not None}
        layer_ids = [id_ for id_ in self.layer_ids if project.mapLayer(id_)]
        # Maps forget removed layers without being drawn again; one that is asked for is drawn
        # after that.
        for layer_id in layer_ids:
            project.mapLayer(layer_id).triggerRepaint()
        project.removeMapLayers(layer_ids)
        for layer_id in self.hidden_ids:
            node = root.findLayer(layer_id)
            if node is not None:
                node.setItemVisibilityChecked(True)
        for group in groups:
            if group.customProperty(_OWN_GROUP) and not group.children():
                group.parent().removeChildNode(group)


def place_results(
    image: QgsMapLayer,
    outputs: Sequence[str],
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
) -> PlacedResults:
    """Load outputs, the first one on top, into the image's group, which lies directly above it.

    Only the first is shown: a mask under its uncertainty could not be read. Earlier results
    stay in the group, but hidden, because masks over masks darken; the names of the new ones
    are then numbered. ``context`` knows the outputs as layers to load on completion, as
    Processing's own dialog does. They lie where the image does, whatever CRS its file names.
    """
    project = QgsProject.instance()
    found = _find_group(image)
    group = found or _new_group(image)
    hidden_ids = _hide_all(group)
    layer_ids = []
    for position, output in enumerate(outputs):
        layer = QgsProcessingUtils.mapLayerFromString(
            output, context, True, QgsProcessingUtils.LayerHint.Raster
        )
        details = context.layerToLoadOnCompletionDetails(output)
        details.setOutputLayerName(layer)
        layer.setName(_free_name(layer.name(), group))
        named = layer.crs()
        if _bring_onto(image, layer) and position == 0:
            feedback.pushWarning(
                tr(
                    "The results lie on the map in the CRS that the layer has in QGIS, {layer_crs}; "
                    "their files name that of the image's file, {file_crs}."
                ).format(layer_crs=_words_of(image.crs()), file_crs=_words_of(named))
            )
        mark_as_result(layer)  # before anybody hears of a new layer
        project.addMapLayer(context.temporaryLayerStore().takeMapLayer(layer), False)
        node = group.insertLayer(position, layer)
        if details.postProcessor():
            details.postProcessor().postProcessLayer(layer, context, feedback)
        node.setItemVisibilityChecked(position == 0)
        node.setExpanded(False)
        layer_ids.append(layer.id())
    if len(layer_ids) > 1:
        project.mapLayer(layer_ids[0]).setCustomProperty(_UNCERTAINTY, layer_ids[1])
    if found is None:
        group.setExpanded(False)
        _insert_above(image, group)
        # Views open a node only when that changes while they show it.
        group.setExpanded(True)
    group.children()[0].setExpanded(True)
    return PlacedResults(tuple(layer_ids), hidden_ids)


def layers_of_detection(result: QgsMapLayer) -> tuple[str, str, str] | None:
    """Ids of image, mask and uncertainty, of one of the two latter; None where one is gone.

    The project knows them also when it is opened again.
    """
    project = QgsProject.instance()
    node = project.layerTreeRoot().findLayer(result.id())
    if node is None:
        return None
    image_id = node.parent().customProperty(_OWN_GROUP, "")
    for mask in (one.layer() for one in node.parent().findLayers() if one.layer()):
        found = (image_id, mask.id(), mask.customProperty(_UNCERTAINTY, ""))
        if result.id() in found and all(map(project.mapLayer, found)):
            return found
    return None


def add_above(mask: QgsRasterLayer, path: str, name: str) -> str:
    """Add a mask to the project right above another one; returns the layer's id."""
    layer = QgsRasterLayer(path, name)
    write_sidecar(Path(path), "mask")
    apply_style(layer, "mask")
    describe_layer(layer)
    time = LayerTime.of(mask)
    if time is not None:
        time.apply_to(layer)
    _bring_onto(mask, layer)
    mark_as_result(layer)
    project = QgsProject.instance()
    project.addMapLayer(layer, False)
    node = project.layerTreeRoot().findLayer(mask.id())
    parent = node.parent() if node else project.layerTreeRoot()
    parent.insertLayer(parent.children().index(node) if node else 0, layer)
    parent.findLayer(layer.id()).setExpanded(False)
    # The live one goes on beneath and would hide what is kept in the same colour.
    parent.findLayer(layer.id()).setItemVisibilityChecked(False)
    return layer.id()


def place_preview(image: QgsMapLayer, preview: QgsMapLayer) -> PlacedResults:
    """Put a preview on top of the results of the image, else into a new group above it."""
    project = QgsProject.instance()
    found = _find_group(image)
    group = found or _new_group(image)
    _bring_onto(image, preview)
    mark_as_result(preview)  # before anybody hears of a new layer
    mark_as_preview(preview)
    project.addMapLayer(preview, False)
    # It is made again with a click: nobody need be asked to save it when QGIS closes.
    preview.setCustomProperty("skipMemoryLayersCheck", 1)
    group.insertLayer(0, preview).setExpanded(False)
    if found is None:
        group.setExpanded(False)
        _insert_above(image, group)
        group.setExpanded(True)  # views open it only when that changes while they show it
    return PlacedResults((preview.id(),))


def remove_previews(written: QDomDocument) -> None:
    """Take previews out of the project while it is written, as they end with QGIS.

    The document has the layer tree already, but not the layers yet.
    """
    project = QgsProject.instance()
    layer_ids = tuple(id_ for id_, layer in project.mapLayers().items() if is_preview(layer))
    if not layer_ids:
        return
    found = written.elementsByTagName("layer-tree-layer")
    nodes = [found.at(number) for number in range(found.count())]  # while they are all there
    for node in nodes:
        layer_id = node.toElement().attribute("id")
        if layer_id in layer_ids:
            group = project.layerTreeRoot().findLayer(layer_id).parent()
            is_alone = group.customProperty(_OWN_GROUP) and len(group.children()) == 1
            unwanted = node.parentNode() if is_alone else node
            unwanted.parentNode().removeChild(unwanted)
    PlacedResults(layer_ids).remove()


def lead_to(layer: QgsMapLayer, path: str) -> None:
    """Let the layer show another file in the same place, whatever CRS the file names."""
    crs = layer.crs()
    provider = layer.providerType()
    layer.setDataSource(path, layer.name(), provider, QgsDataProvider.ProviderOptions())
    if layer.crs() != crs:
        layer.setCrs(crs)


def _bring_onto(image: QgsMapLayer, layer: QgsMapLayer) -> bool:
    """Give the layer the CRS of the image that it was made from; returns whether it had another.

    The user may have corrected that of the image, whose file, and with it those made from it,
    still name the wrong one.
    """
    if not image.crs().isValid() or image.crs() == layer.crs():
        return False
    layer.setCrs(image.crs())
    return True


def _words_of(crs: QgsCoordinateReferenceSystem) -> str:
    return crs.authid() or crs.description() or tr("none")


def _find_group(image: QgsMapLayer) -> QgsLayerTreeGroup | None:
    """The group of the image's results, wherever the user has put it."""
    return _group_below(QgsProject.instance().layerTreeRoot(), image.id())


def _group_below(parent: QgsLayerTreeGroup, image_id: str) -> QgsLayerTreeGroup | None:
    for child in parent.children():
        if not QgsLayerTree.isGroup(child):
            continue
        if child.customProperty(_OWN_GROUP) == image_id:
            return child
        found = _group_below(child, image_id)
        if found is not None:
            return found
    return None


def _new_group(image: QgsMapLayer) -> QgsLayerTreeGroup:
    """A new group for results of the image, not in the tree yet."""
    group = QgsLayerTreeGroup(tr("{layer} clouds").format(layer=image.name()))
    group.setCustomProperty(_OWN_GROUP, image.id())
    return group


def _hide_all(group: QgsLayerTreeGroup) -> tuple[str, ...]:
    """Hide all layers of the group; returns those that were shown."""
    shown = [node for node in group.findLayers() if node.itemVisibilityChecked()]
    for node in shown:
        node.setItemVisibilityChecked(False)
    return tuple(node.layerId() for node in shown)


def _free_name(name: str, group: QgsLayerTreeGroup) -> str:
    """The name, numbered where the group has it already."""
    taken = {node.name() for node in group.findLayers()}
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _insert_above(image: QgsMapLayer, group: QgsLayerTreeGroup) -> None:
    """Put the group into the tree: above the image, or on top where that is not in the tree."""
    root = QgsProject.instance().layerTreeRoot()
    node = root.findLayer(image.id())
    # Of a mutually exclusive group only one child is shown, and that is the image.
    while node is not None and node.parent() != root and node.parent().isMutuallyExclusive():
        node = node.parent()
    parent = node.parent() if node else root
    parent.insertChildNode(parent.children().index(node) if node else 0, group)
