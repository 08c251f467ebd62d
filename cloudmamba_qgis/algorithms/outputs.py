"""Where an algorithm is to write, as the dialogs of every version of QGIS say it."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext


def wanted_output(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
) -> str:
    """Path of a raster output; empty where it is optional and not wanted.

    The batch dialog of QGIS 3.22 wants such an output loaded from a file without a name, and
    then reports that it was not correctly generated: it is taken off that list.
    """
    path = algorithm.parameterAsOutputLayer(parameters, name, context)
    if not path:
        to_load = context.layersToLoadOnCompletion()
        if to_load.pop("", None) is not None:
            context.setLayersToLoadOnCompletion(to_load)
    return path
