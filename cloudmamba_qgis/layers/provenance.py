"""When an image was taken and how a result was made, as QGIS's layers say it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsDateTimeRange,
    QgsLayerMetadata,
    QgsRasterLayer,
    QgsRasterLayerTemporalProperties,
)
from qgis.PyQt.QtCore import QDateTime, QFileInfo, Qt

from cloudmamba_qgis.translation import tr

try:
    FIXED_RANGE = Qgis.RasterTemporalMode.FixedTemporalRange
except AttributeError:  # QGIS before 3.30
    FIXED_RANGE = QgsRasterLayerTemporalProperties.ModeFixedTemporalRange

# Of a mask that is changed in place, by thresholds or a review: its file is pixels alone.
_TAGS = "cloudmamba/tags"
_CHANGES = "cloudmamba/changes"


@dataclass(frozen=True)
class LayerTime:
    """The time of a raster layer: one range for all of it."""

    fixed_range: QgsDateTimeRange

    @classmethod
    def of(cls, layer: QgsRasterLayer) -> LayerTime | None:
        """None where the layer has no time, or one for each band, which results do not have."""
        temporal = layer.temporalProperties()
        if not temporal.isActive() or temporal.mode() != FIXED_RANGE:
            return None
        return cls(temporal.fixedTemporalRange())

    def apply_to(self, layer: QgsRasterLayer) -> None:
        temporal = layer.temporalProperties()
        temporal.setMode(FIXED_RANGE)
        temporal.setFixedTemporalRange(self.fixed_range)
        temporal.setIsActive(True)


def describe_layer(layer: QgsRasterLayer, tags: dict[str, str] | None = None) -> None:
    """Put what the GeoTIFF's tags say of model, thresholds and source into the layer's metadata.

    Of the tags of its file, unless others are given, which then are the layer's until it has
    another file; without a model among them the metadata stay as they are.
    """
    if tags is not None:
        layer.setCustomProperty(_TAGS, json.dumps(tags))
        layer.setCustomProperty(_CHANGES, _changes(layer) + 1)
    tags = layer_tags(layer)
    if "MODEL" not in tags:
        return
    made = tags.get("TIFFTAG_DATETIME") or _modified(layer.source())
    metadata: QgsLayerMetadata = layer.metadata()
    metadata.setTitle(layer.name())
    metadata.setType("dataset")
    metadata.setAbstract(
        tr("Made from '{source}' with the cloud detection model {model} {version}.").format(
            source=tags.get("SOURCE", ""), model=tags["MODEL"], version=tags["MODEL_VERSION"]
        )
    )
    metadata.setKeywords({"gmd:topicCategory": [tr("cloud detection")]})
    metadata.setHistory(
        [
            f"{made}: {tags.get('TIFFTAG_SOFTWARE', 'cloudmamba')}",
            *(
                f"{label}: {tags[tag]}"
                for tag, label in (
                    ("SOURCE", tr("Source")),
                    ("MODEL", tr("Model")),
                    ("MODEL_VERSION", tr("Version of the model")),
                    ("MODEL_CHECKSUM", tr("Checksum of the model")),
                    ("COARSE_THRESHOLD", tr("Cloud threshold, sure pixels")),
                    ("REFINED_THRESHOLD", tr("Cloud threshold, refined pixels")),
                    ("ACCEPTANCE_THRESHOLD", tr("Trust first pass below")),
                    ("PROBABILITY_THRESHOLD", tr("Threshold of the probability")),
                    ("BUFFER", tr("Buffer around clouds")),
                    ("SMALLEST_CLOUD", tr("Smallest cloud")),
                    ("SMALLEST_HOLE", tr("Smallest hole")),
                    ("BANDS", tr("Bands")),
                    ("RADIOMETRY", tr("Radiometry")),
                    ("REVIEW", tr("Review")),
                )
                if tags.get(tag)
            ),
        ]
    )
    layer.setMetadata(metadata)


def layer_tags(layer: QgsRasterLayer) -> dict[str, str]:
    """What the layer's file says of itself, or ought to while thresholds are moved."""
    own = layer.customProperty(_TAGS)
    if own:
        return json.loads(own)
    dataset = gdal.Open(layer.source())
    return dataset.GetMetadata_Dict() if dataset is not None else {}


def has_own_tags(layer: QgsRasterLayer) -> bool:
    """Whether the layer's file does not say what it was made with."""
    return bool(layer.customProperty(_TAGS))


def forget_tags(layer: QgsRasterLayer) -> None:
    """The layer has a file now that says all of itself."""
    layer.removeCustomProperty(_TAGS)


def version_of(layer: QgsRasterLayer) -> tuple[str, int]:
    """Another one after every change of what the layer shows, also of one in its file."""
    return layer.source(), _changes(layer)


def _changes(layer: QgsRasterLayer) -> int:
    return int(layer.customProperty(_CHANGES, 0))


def _modified(path: str) -> str:
    time: QDateTime = QFileInfo(path).lastModified()
    return time.toString(Qt.DateFormat.ISODate)
