"""When an image was taken, as its layer or its file says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from qgis.core import QgsMapLayer, QgsProcessingFeedback, QgsRasterLayer

from cloudmamba_qgis.layers.provenance import LayerTime
from cloudmamba_qgis.rasters.acquisition import acquisition
from cloudmamba_qgis.rasters.files import open_raster
from cloudmamba_qgis.rasters.scene_files import SceneFiles
from cloudmamba_qgis.translation import tr


def day_of_layer(layer: QgsMapLayer) -> date | None:
    """The first day of the layer's time; None where it has no fixed one."""
    time = LayerTime.of(layer) if isinstance(layer, QgsRasterLayer) else None
    if time is None or not time.fixed_range.begin().isValid():
        return None
    return time.fixed_range.begin().date().toPyDate()


def days_of(
    scenes: Sequence[SceneFiles],
    of_layers: Sequence[date | None],
    own_tags: Mapping[str, Mapping[str, str]],
    feedback: QgsProcessingFeedback,
) -> list[date | None]:
    """The day of each scene, and what says so in the log: its layer, its file or its mask's file.

    ``own_tags`` are those of layers whose files say nothing of themselves, by the file.
    """
    days = []
    for scene, day in zip(scenes, of_layers):
        told_by = tr("the time of its layer")
        if day is None:
            sources = [source for source in (scene.image, scene.mask) if source]
            told = (
                acquisition(source, open_raster(source), own_tags.get(source, {}))
                for source in sources
            )
            first = next(filter(None, told), None)
            if first is not None:
                day, told_by = first.day, first.told_by
        if day is None:
            feedback.pushWarning(
                tr(
                    "When '{scene}' was taken is not known: set the time in the layer's properties "
                    "(Temporal), or have the day in the file's name, as in 20230815."
                ).format(scene=scene.name)
            )
        else:
            feedback.pushInfo(
                tr("'{scene}' was taken on {day} (says {told_by}).").format(
                    scene=scene.name, day=day.isoformat(), told_by=told_by
                )
            )
        days.append(day)
    return days
