"""Where an algorithm is to write, as the dialogs of every version of QGIS say it."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext, QgsProcessingException

from cloudmamba_qgis.translation import tr

_ENDINGS = (".tif", ".tiff")


def wanted_output(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
) -> str:
    """Path of a GeoTIFF; empty where it is optional and not wanted.

    Raises ``QgsProcessingException`` for other endings: scripts get past the file dialog, and a
    GeoTIFF in place of a database would take all of its tables along.

    The batch dialog of QGIS 3.22 wants such an output loaded from a file without a name, and
    then reports that it was not correctly generated: it is taken off that list.
    """
    path = algorithm.parameterAsOutputLayer(parameters, name, context)
    if not path:
        to_load = context.layersToLoadOnCompletion()
        if to_load.pop("", None) is not None:
            context.setLayersToLoadOnCompletion(to_load)
    elif not path.lower().endswith(_ENDINGS):
        raise QgsProcessingException(
            tr("'{path}' is no name for a GeoTIFF: let it end in .tif.").format(path=path)
        )
    return path
