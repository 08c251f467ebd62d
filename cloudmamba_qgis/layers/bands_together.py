"""Layers of one band each as one layer."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from itertools import takewhile

from osgeo import gdal
from qgis.core import QgsProject, QgsRasterLayer

from cloudmamba_qgis.layers.result_files import virtual_image_folder
from cloudmamba_qgis.layers.results import is_result
from cloudmamba_qgis.layers.source import UnusableSource, gdal_source
from cloudmamba_qgis.rasters.gdal_errors import gdal_failure_as
from cloudmamba_qgis.translation import tr

_FEWEST = 3


def are_bands(layers: Sequence[QgsRasterLayer]) -> bool:
    """Whether these can only be the bands of one image: alone none of them has enough."""
    return len(layers) >= _FEWEST and all(
        layer.bandCount() == 1 and not is_result(layer) for layer in layers
    )


def bands_together(layers: Sequence[QgsRasterLayer]) -> QgsRasterLayer:
    """A virtual raster of the layers, whose sources tell the engine which band is which.

    No pixel is copied. The same layers get the same file, and the layer of the project that shows
    it already. Raises ``UnusableSource``.
    """
    sources = [gdal_source(layer) for layer in layers]
    name = tr("Bands of {name}").format(name=_shared_name(layers))
    key = zlib.crc32("\n".join(sources).encode())
    path = str(virtual_image_folder() / f"bands {key:08x}.vrt")
    for layer in QgsProject.instance().mapLayers().values():
        if layer.source() == path and layer.isValid():
            return layer

    def failure() -> UnusableSource:
        return UnusableSource(
            tr("The layers cannot be put together as bands of one image: {reason}").format(
                reason=gdal.GetLastErrorMsg()
            )
        )

    with gdal_failure_as(failure):
        raster = gdal.BuildVRT(path, sources, separate=True, resolution="highest")
        if raster is None:
            raise failure()
        raster.FlushCache()
        del raster
    layer = QgsRasterLayer(path, name)
    if not layer.isValid():
        raise failure()
    return layer


def _shared_name(layers: Sequence[QgsRasterLayer]) -> str:
    """The words that all names begin with, else the first name."""
    words = zip(*(re.split(r"(?<=[_ .-])", layer.name()) for layer in layers))
    shared = "".join(same[0] for same in takewhile(lambda same: len(set(same)) == 1, words))
    return shared.rstrip("_ .-") or layers[0].name()
