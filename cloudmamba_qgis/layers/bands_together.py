"""Layers of one band each as one layer."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path, PurePath

from osgeo import gdal
from qgis.core import QgsProject, QgsRasterLayer

from cloudmamba_qgis.layers.result_files import virtual_image_folder
from cloudmamba_qgis.layers.results import is_result
from cloudmamba_qgis.layers.source import UnusableSource, image_source
from cloudmamba_qgis.rasters.gdal_errors import gdal_failure_as
from cloudmamba_qgis.translation import tr

_FEWEST = 3
# Of a layer: its virtual raster, and the names of the files that its bands lie in.
_FILES = "cloudmamba/files_of_bands"
_OWN_FILE = re.compile(r"bands [0-9a-f]{8}\.vrt")


def are_bands(layers: Sequence[QgsRasterLayer]) -> bool:
    """Whether these can only be the bands of one image: alone none of them has enough."""
    return len(layers) >= _FEWEST and all(
        layer.bandCount() == 1 and not is_result(layer) for layer in layers
    )


def files_of_bands(layer: QgsRasterLayer) -> list[str] | None:
    """Names of the files that ``bands_together`` made the layer of, in the order of the bands.

    Empty where the layer does not know them; None for any other layer.
    """
    shown = PurePath(layer.source()).name
    if not _OWN_FILE.fullmatch(shown):
        return None
    known, *names = layer.customProperty(_FILES) or [""]
    return names if known == shown else []


def bands_together(layers: Sequence[QgsRasterLayer]) -> QgsRasterLayer:
    """A virtual raster of the layers, whose sources tell the engine which band is which.

    No pixel is copied. The same layers get the same file, and the layer of the project that shows
    it already. A new one lies where all of them were put. Raises ``UnusableSource``.
    """
    sources = [image_source(layer) for layer in layers]
    name = tr("Bands of {name}").format(name=_shared_name(layers))
    key = zlib.crc32("\n".join(sources).encode())
    file = f"bands {key:08x}.vrt"
    path = str(virtual_image_folder() / file)
    shown = (one for one in QgsProject.instance().mapLayers().values() if one.source() == path)
    together = next((one for one in shown if one.bandCount() == len(sources)), None)
    if together is None:
        _build(path, layers, sources)
        together = QgsRasterLayer(path, name)
        if not together.isValid():
            raise _failure()
        if _lie_in_one_crs(layers):  # the user may have corrected that of their files
            together.setCrs(layers[0].crs())
    together.setCustomProperty(_FILES, [file, *map(_file_name, sources)])
    return together


def _build(path: str, layers: Sequence[QgsRasterLayer], sources: Sequence[str]) -> None:
    """Write the virtual raster. Raises ``UnusableSource`` where a layer cannot be a band of it."""
    warnings: list[str] = []
    gdal.PushErrorHandler(lambda _level, _number, text: warnings.append(text))
    try:
        with gdal_failure_as(_failure):
            raster = gdal.BuildVRT(
                path,
                sources,
                separate=True,
                resolution="highest",
                # Where files name others, the user has corrected them.
                allowProjectionDifference=_lie_in_one_crs(layers),
            )
            if raster is None:
                raise _failure()
            count = raster.RasterCount
            raster.FlushCache()
            del raster
    finally:
        gdal.PopErrorHandler()
    # What does not fit GDAL leaves out with a warning, and the bands after it move up.
    if count != len(sources):
        Path(path).unlink()
        raise _misfit(layers, sources, warnings)


def _misfit(
    layers: Sequence[QgsRasterLayer], sources: Sequence[str], warnings: Sequence[str]
) -> UnusableSource:
    """About the first layer that GDAL warned of."""
    for layer, source in zip(layers, sources):
        reason = next((text for text in warnings if source in text), "")
        if reason and layer.crs() != layers[0].crs():
            return UnusableSource(
                tr(
                    "The layer '{name}' lies in another CRS than '{first}' and cannot be a band of "
                    "the same image: warp it with Raster > Projections > Warp (Reproject)… first."
                ).format(name=layer.name(), first=layers[0].name())
            )
        if reason:
            return UnusableSource(
                tr("The layer '{name}' does not fit the other bands: {reason}.").format(
                    name=layer.name(), reason=reason
                )
            )
    return _failure()


def _failure() -> UnusableSource:
    return UnusableSource(
        tr("The layers cannot be put together as bands of one image: {reason}").format(
            reason=gdal.GetLastErrorMsg()
        )
    )


def _lie_in_one_crs(layers: Sequence[QgsRasterLayer]) -> bool:
    return all(layer.crs() == layers[0].crs() for layer in layers)


def _file_name(source: str) -> str:
    """Without its ending; of a part of a file what names the part, too."""
    return re.sub(r"\.\w+$", "", PurePath(source).name)


def _shared_name(layers: Sequence[QgsRasterLayer]) -> str:
    """The words that all names begin with, else the first name."""
    words = zip(*(re.split(r"(?<=[_ .-])", layer.name()) for layer in layers))
    shared = "".join(same[0] for same in takewhile(lambda same: len(set(same)) == 1, words))
    return shared.rstrip("_ .-") or layers[0].name()
