"""What a provider delivers, as one raster: folders, archives, metadata files, STAC items.

Every kind of product has a module that knows its names and its metadata. What comes of it is a
``Product``: sources of bands with their conversion to reflectance, what the product knows of sun
and time, and the quality layers it brings. No pixel is copied: a GDAL virtual raster, kept in
memory, is what is read.
"""

from cloudmamba.products.opening import OpenedProduct, open_product
from cloudmamba.products.product import BandSource, Product, QualityLayer
from cloudmamba.products.searching import product_paths, scene_key, scene_name

__all__ = [
    "BandSource",
    "OpenedProduct",
    "Product",
    "QualityLayer",
    "open_product",
    "product_paths",
    "scene_key",
    "scene_name",
]
