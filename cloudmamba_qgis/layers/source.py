"""What the engine can open of a raster layer: the name GDAL knows it by."""

from __future__ import annotations

import os
import re

from qgis.core import QgsCoordinateReferenceSystem, QgsProviderRegistry, QgsRasterLayer

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
