"""How a product's bands and numbers are to be read, once its user has said so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from qgis.core import QgsRasterLayer

from cloudmamba_qgis.layers.bands_together import files_of_bands
from cloudmamba_qgis.layers.result_files import ends_with_qgis
from cloudmamba_qgis.settings import bands_of_product, radiometry_of_product
from cloudmamba_qgis.translation import tr

# Numbers that say when an image was taken and where, rather than by what.
_DATES_AND_PLACES = re.compile(r"(?<!\d)\d{4}[-_.]\d{2}[-_.]\d{2}(?!\d)|\d{3,}")
_LETTER = r"[^\W\d_]"
# What QGIS, GDAL and browsers call files of any content.
_NAME_OF_ANYTHING = re.compile(
    r"(aligned|assigned|browser|clip|clipped|composite|converted|default|download|export|exported"
    r"|extract|filled|image|layer|merge|merged|mosaic|out|output|raster|rearranged|reprojected"
    r"|resampled|response|result|stack|stacked|subset|temp|temporary|tile|tmp|translated|unnamed"
    r"|untitled|virtual|vrt|warped)\d*"
)
_FOLDERS = re.compile(r'(?:\b[A-Za-z]:)?[^:"]*[/\\]')
_FORMAT = re.compile(r"^\w{2,}:")  # of a table, or another part of a file
_SENTINEL2 = re.compile(
    r"(?<![a-z\d])(?:s2[a-d]?(?![a-z\d])|sentinel|copernicus)|(?:^|\|)t\d\d[a-z]{3}(?![a-z\d])"
)
_WITH_OR_WITHOUT_OFFSET = ("sentinel2", "scale:")


@dataclass(frozen=True)
class Interpretation:
    """Bands and radiometry in the engine's words; as they are here they are found out.

    Attributes:
        is_remembered: the user said so of another image, or earlier of this one.
    """

    bands: str = ""
    radiometry: str = "auto"
    is_remembered: bool = field(default=False, compare=False)


def why_not_remembered(layer: QgsRasterLayer) -> str:
    """Why images like this one cannot be known, in a sentence; empty where they can."""
    if _product(layer):
        return ""
    return tr(
        "The names of the image's files do not say what kind of image it is: let them begin with "
        "that of the sensor to have the answer remembered."
    )


def remembered_interpretation(layer: QgsRasterLayer) -> Interpretation:
    """What the user said of images like this one, or that all is to be found out.

    The offset of Sentinel-2 depends on when an image was processed, which names need not say:
    it is found out for each.
    """
    product = _product(layer)
    if not product:
        return Interpretation()
    radiometry = radiometry_of_product(product).get()
    if radiometry.startswith(_WITH_OR_WITHOUT_OFFSET) and _SENTINEL2.search(_called(layer)):
        radiometry = "auto"
    said = Interpretation(bands_of_product(product).get(), radiometry, is_remembered=True)
    return said if said != Interpretation() else Interpretation()


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
    called = _called(layer)
    if not called:
        return ""
    provider = layer.dataProvider()
    bands = range(1, layer.bandCount() + 1)
    types = sorted({str(int(provider.sourceDataType(band))) for band in bands})
    names = [layer.bandName(band) for band in bands]
    product = "|".join([str(len(names)), *types, *names, called])
    return quote(product, safe="")


def _called(layer: QgsRasterLayer) -> str:
    """What the names of the layer's files say of its kind; empty for nothing."""
    if ends_with_qgis(layer):  # files of all kinds have one name there
        return ""
    files = files_of_bands(layer)
    return _product_name(layer.source()) if files is None else _name_of_bands(files)


def _product_name(source: str) -> str:
    """What files of one product have in common: s2a of S2A_33TWL_20230815, img of img0815.

    Of an archive that of the file in it; of a table, images|planet of GPKG:images.gpkg:planet.
    """
    parts = _FOLDERS.sub("", _FORMAT.sub("", source)).split(":")
    return "|".join(filter(None, map(_first_word, parts)))


def _first_word(name: str) -> str:
    """The first that begins with a letter: the date may come before. Empty where it says nothing."""
    stem = re.sub(r"\.\w+$", "", name)
    words = re.split(r"[\W_]+", _DATES_AND_PLACES.sub("", stem).lower())
    word = next((word for word in words if re.match(_LETTER, word)), "")
    return "" if _NAME_OF_ANYTHING.fullmatch(word) else word


def _name_of_bands(files: Sequence[str]) -> str:
    """Names of the files in their order: T33TWL__B02|T33TWL__B03 of two bands of one day.

    Numbers that all have are left out. Those that differ stay: they may tell the bands apart,
    which files of one name in several folders do not.
    """
    if len(set(files)) < len(files) or not all(map(_product_name, files)):
        return ""
    numbers = [set(_DATES_AND_PLACES.findall(file)) for file in files]
    shared = set.intersection(*numbers) if numbers else set()

    def without_shared(file: str) -> str:
        return _DATES_AND_PLACES.sub(lambda found: "" if found[0] in shared else found[0], file)

    return "|".join(map(without_shared, files)).lower()
