"""What the engine can open of a raster layer: the name GDAL knows it by."""

from __future__ import annotations

import os
import re

from qgis.core import Qgis, QgsCoordinateReferenceSystem, QgsProviderRegistry, QgsRasterLayer

from cloudmamba_qgis.translation import tr


class UnusableSource(Exception):
    """The layer's data cannot be read outside QGIS; the message says what to do."""


def gdal_source(layer: QgsRasterLayer) -> str:
    """Path or GDAL name of the layer's data: file, VRT, GeoPackage raster, ``/vsi...``, ...

    It is the same from any folder: the engine runs in another one than QGIS.

    Raises ``UnusableSource`` for web services, databases, memory and other layers without such.
    """
    if layer.providerType() == "wms":
        raise UnusableSource(
            tr(
                "The layer '{name}' comes from the source '{provider}', which shows pictures in place "
                "of measured values: open the file of the image itself."
            ).format(name=layer.name(), provider=layer.providerType())
        )
    if layer.providerType() != "gdal":
        raise UnusableSource(
            tr(
                "The layer '{name}' comes from the source '{provider}' and not from a file: save "
                "it with Export > Save As… and use the file."
            ).format(name=layer.name(), provider=layer.providerType())
        )
    source = layer.source()
    if "/vsimem/" in source or source.startswith("MEM:"):
        raise UnusableSource(
            tr(
                "The layer '{name}' lies in the memory of QGIS alone, where no other program can "
                "read it: save it with Export > Save As… and use the file."
            ).format(name=layer.name())
        )
    if os.path.isfile(source):  # whatever letters its name has
        return os.path.abspath(source)
    parts = QgsProviderRegistry.instance().decodeUri("gdal", source)
    if parts.get("openOptions") or "|" in source or "authcfg=" in source:
        raise UnusableSource(
            tr(
                "The layer '{name}' is opened with options or a login that only QGIS knows: save "
                "it with Export > Save As… and use the file."
            ).format(name=layer.name())
        )
    return _seen_from_anywhere(source)


def image_source(layer: QgsRasterLayer) -> str:
    """``gdal_source`` of an image to be masked, whose file says by itself what is no data in it.

    Raises ``UnusableSource`` as well where the layer alone says so: the engine would take that for
    image.
    """
    source = gdal_source(layer)
    value = _no_data_of_layer_alone(layer)
    if value is not None:
        raise UnusableSource(
            tr(
                "The layer '{name}' has the additional no data value {value}, which its file does "
                "not declare: declare it with Raster > Conversion > Translate (Convert Format)… "
                "and use the new file, or take it out of the layer's properties, Transparency."
            ).format(name=layer.name(), value=value)
        )
    return source


def _no_data_of_layer_alone(layer: QgsRasterLayer) -> str | None:
    """The first value or range that the user calls no data, and neither the file nor the engine."""
    provider = layer.dataProvider()
    for band in range(1, layer.bandCount() + 1):
        if provider.sourceHasNoDataValue(band):
            known = provider.sourceNoDataValue(band)
        else:  # The engine knows 0 in every band by itself, but for 8 bits, where black is image.
            known = None if provider.sourceDataType(band) == Qgis.DataType.Byte else 0
        for values in provider.userNoDataValues(band):
            if values.min() != values.max():
                return f"{values.min():g} … {values.max():g}"
            if values.min() != known:
                return f"{values.min():g}"
    return None


def wkt_of(crs: QgsCoordinateReferenceSystem) -> str:
    """A layer's CRS for the engine, which takes it where the file names none; empty for none."""
    if not crs.isValid():
        return ""
    return crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED)


def _seen_from_anywhere(source: str) -> str:
    """The name of a raster in an archive of the current folder with the archive's whole path."""
    match = re.match(r"((?:/vsi(?:zip|tar|gzip)/)+)(?=[^/{])(.+)", source)
    if match and os.path.exists(match[2].partition("/")[0]):
        return match[1] + os.path.abspath(match[2])
    return source
