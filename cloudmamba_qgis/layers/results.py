"""Names of results, and which layers of a project are results rather than images."""

from __future__ import annotations

from qgis.core import QgsMapLayer, QgsRasterLayer

_SEPARATOR = " – "
_OWN_LAYER = "cloudmamba/result"
_OWN_PREVIEW = "cloudmamba/preview"
# What the engine calls the bands of its files, wherever they were made.
_MASK_BAND = "cloud mask"
_OWN_BANDS = (_MASK_BAND, "uncertainty", "cloud probability", "coarse probability")


def result_name(kind: str, image: str) -> str:
    """``Uncertainty – S2A_33TWL``: the kind first, which narrow lists do not cut off."""
    return f"{kind}{_SEPARATOR}{image}"


def image_name(layer: QgsMapLayer) -> str:
    """Of the image that a result was made of, as ``result_name`` has it; else the layer's own."""
    image = layer.name().partition(_SEPARATOR)[2]
    return image if image and is_result(layer) else layer.name()


def mark_as_result(layer: QgsMapLayer) -> None:
    """Let the layer be known as a result, also when the project is opened again."""
    layer.setCustomProperty(_OWN_LAYER, True)


def is_result(layer: QgsMapLayer) -> bool:
    """Whether the layer was made by a detection, so that it is no image to be masked."""
    if layer.customProperty(_OWN_LAYER):
        return True
    if not isinstance(layer, QgsRasterLayer) or layer.bandCount() < 1:
        return False
    return _first_band(layer) in _OWN_BANDS


def mark_as_preview(layer: QgsMapLayer) -> None:
    """Let the layer be known as a preview, coarse and of a part of its image."""
    layer.setCustomProperty(_OWN_PREVIEW, True)


def is_preview(layer: QgsMapLayer) -> bool:
    return bool(layer.customProperty(_OWN_PREVIEW))


def is_cloud_mask(layer: QgsRasterLayer) -> bool:
    """Whether it is one by what its file says, before it has its style as well."""
    return layer.bandCount() == 1 and _first_band(layer) == _MASK_BAND


def _first_band(layer: QgsRasterLayer) -> str:
    # QGIS puts a number before: "Band 1: cloud mask".
    return layer.bandName(1).rpartition(": ")[2]
