"""How a product's bands and numbers are to be read, once its user has said so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote

from qgis.core import QgsProviderRegistry, QgsRasterLayer

from cloudmamba_qgis.settings import bands_of_product, radiometry_of_product


@dataclass(frozen=True)
class Interpretation:
    """Bands and radiometry in the engine's words; as they are here they are found out."""

    bands: str = ""
    radiometry: str = "auto"


def remembered_interpretation(layer: QgsRasterLayer) -> Interpretation:
    """What the user said of images like this one, or that all is to be found out."""
    product = _product(layer)
    return Interpretation(bands_of_product(product).get(), radiometry_of_product(product).get())


def remember_interpretation(layer: QgsRasterLayer, interpretation: Interpretation) -> None:
    """Read all images like this one so from now on."""
    product = _product(layer)
    bands_of_product(product).set(interpretation.bands)
    radiometry_of_product(product).set(interpretation.radiometry)


def _product(layer: QgsRasterLayer) -> str:
    """What tells a product from others, for the settings: bands, and how files are called."""
    provider = layer.dataProvider()
    bands = range(1, layer.bandCount() + 1)
    types = sorted({str(int(provider.sourceDataType(band))) for band in bands})
    names = [layer.bandName(band) for band in bands]
    product = "|".join([str(len(names)), *types, *names, _product_name(layer)])
    return quote(product, safe="")


def _product_name(layer: QgsRasterLayer) -> str:
    """What files of one product have in common: S2A of S2A_33TWL_20230815, img of img0815."""
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    stem = PurePath(str(parts.get("path") or layer.source())).stem
    return re.sub(r"\d{3,}", "", re.split(r"[_\-. ]", stem)[0]).lower()
