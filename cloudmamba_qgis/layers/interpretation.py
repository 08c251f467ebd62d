"""How a product's bands and numbers are to be read, once its user has said so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote

from qgis.core import QgsProviderRegistry, QgsRasterLayer

from cloudmamba_qgis.layers.bands_together import files_of_bands
from cloudmamba_qgis.settings import bands_of_product, radiometry_of_product
from cloudmamba_qgis.translation import tr

# Numbers that say when an image was taken and where, rather than by what.
_DATES_AND_PLACES = re.compile(r"(?<!\d)\d{4}[-_.]\d{2}[-_.]\d{2}(?!\d)|\d{3,}")
_LETTER = r"[^\W\d_]"


@dataclass(frozen=True)
class Interpretation:
    """Bands and radiometry in the engine's words; as they are here they are found out."""

    bands: str = ""
    radiometry: str = "auto"


def why_not_remembered(layer: QgsRasterLayer) -> str:
    """Why images like this one cannot be known, in a sentence; empty where they can."""
    if _product(layer):
        return ""
    return tr(
        "The names of the image's files do not say what kind of image it is: let them begin with "
        "that of the sensor to have the answer remembered."
    )


def remembered_interpretation(layer: QgsRasterLayer) -> Interpretation:
    """What the user said of images like this one, or that all is to be found out."""
    product = _product(layer)
    if not product:
        return Interpretation()
    return Interpretation(bands_of_product(product).get(), radiometry_of_product(product).get())


def remember_interpretation(layer: QgsRasterLayer, interpretation: Interpretation) -> None:
    """Read all images like this one so from now on, where they can be known."""
    product = _product(layer)
    if product:
        bands_of_product(product).set(interpretation.bands)
        radiometry_of_product(product).set(interpretation.radiometry)


def _product(layer: QgsRasterLayer) -> str:
    """What tells a product from others, for the settings: bands, and how files are called.

    Empty where the names say nothing: bands alone are alike in images of all kinds.
    """
    files = files_of_bands(layer)
    called = _product_name(layer) if files is None else _name_of_bands(files)
    if not called:
        return ""
    provider = layer.dataProvider()
    bands = range(1, layer.bandCount() + 1)
    types = sorted({str(int(provider.sourceDataType(band))) for band in bands})
    names = [layer.bandName(band) for band in bands]
    product = "|".join([str(len(names)), *types, *names, called])
    return quote(product, safe="")


def _product_name(layer: QgsRasterLayer) -> str:
    """What files of one product have in common: S2A of S2A_33TWL_20230815, img of img0815.

    The first word that begins with a letter: the date may come before it.
    """
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    stem = PurePath(str(parts.get("path") or layer.source())).stem
    words = re.split(r"[_\-. ]", _DATES_AND_PLACES.sub("", stem).lower())
    return next((word for word in words if re.match(_LETTER, word)), "")


def _name_of_bands(files: Sequence[str]) -> str:
    """Names of the files in their order: T33TWL__B02|T33TWL__B03 of two bands of one day.

    Numbers that all have are left out. Those that differ stay: they may tell the bands apart.
    """
    numbers = [set(_DATES_AND_PLACES.findall(file)) for file in files]
    shared = set.intersection(*numbers) if numbers else set()

    def without_shared(file: str) -> str:
        return _DATES_AND_PLACES.sub(lambda found: "" if found[0] in shared else found[0], file)

    name = "|".join(map(without_shared, files)).lower()
    return name if re.search(_LETTER, name) else ""
