"""What the engine can open of a raster layer: the name GDAL knows it by."""

from __future__ import annotations

from qgis.core import QgsProviderRegistry, QgsRasterLayer

from cloudmamba_qgis.translation import tr


class UnusableSource(Exception):
    """The layer's data cannot be read outside QGIS; the message says what to do."""


def gdal_source(layer: QgsRasterLayer) -> str:
    """Path or GDAL name of the layer's data: file, VRT, GeoPackage raster, ``/vsi...``, ...

    Raises ``UnusableSource`` for web services, databases and other layers without such.
    """
    if layer.providerType() != "gdal":
        raise UnusableSource(
            tr(
                "The layer '{name}' comes from the source '{provider}' and not from a file: save "
                "it with Export > Save As… and use the file."
            ).format(name=layer.name(), provider=layer.providerType())
        )
    source = layer.source()
    parts = QgsProviderRegistry.instance().decodeUri("gdal", source)
    if parts.get("openOptions") or "|" in source or "authcfg=" in source:
        raise UnusableSource(
            tr(
                "The layer '{name}' is opened with options or a login that only QGIS knows: save "
                "it with Export > Save As… and use the file."
            ).format(name=layer.name())
        )
    return source
