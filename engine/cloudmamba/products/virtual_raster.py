"""A product as one GDAL virtual raster, kept in memory as XML."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree  # nosec B405  XML is written here, never read

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from cloudmamba.errors import InputError
from cloudmamba.products.product import BandSource
from cloudmamba.raster.gdal_failures import check_is_file, is_missing, reason_of

_GDAL_TYPES = {
    "uint8": "Byte", "int8": "Int8", "uint16": "UInt16", "int16": "Int16", "uint32": "UInt32",
    "int32": "Int32", "uint64": "UInt64", "int64": "Int64", "float32": "Float32", "float64": "Float64",
}  # fmt: skip
_COLOURS = ("red", "green", "blue", "alpha")
# Grids that differ by less than this share of a pixel are the same.
_SAME_GRID_PX = 0.01


@dataclass(frozen=True)
class _Source:
    """What must be known of a source to refer to it."""

    width: int
    height: int
    dtype: str
    nodata: float | None
    has_mask: bool
    alpha: int | None
    block_shape: tuple[int, int]
    colour: str
    crs: CRS | None
    transform: rasterio.Affine
    description: str
    scale: float
    offset: float
    unit: str
    imagery: dict[str, str]
    rpcs: dict[str, str]
    gcps: tuple
    gcps_wkt: str
    tags: dict[str, str]

    @property
    def pixel_area(self) -> float:
        return abs(self.transform.determinant)


def virtual_raster(bands: Sequence[BandSource], resolution_m: float | None = None) -> str:
    """XML of a virtual raster of these bands, on the finest of their grids.

    Args:
        resolution_m: size of its pixels in units of the map, for a coarser one. Where the sources
            have levels (JPEG 2000, overviews) GDAL decodes only these.

    Raises:
        InputError: a source cannot be read, or they do not lie on each other.
    """
    sources = {key: _inspect(*key) for key in dict.fromkeys((b.source, b.number) for b in bands)}
    of_bands = [sources[band.source, band.number] for band in bands]
    finest = min(of_bands, key=lambda source: source.pixel_area)
    _check_that_they_lie_on_each_other(bands, of_bands, finest)
    given = {(band.source, band.number) for band in bands}
    root = ElementTree.Element("VRTDataset")
    shrink_x = shrink_y = 1.0
    if resolution_m is not None:
        if finest.transform.is_identity or finest.transform.b or finest.transform.d:
            raise InputError(
                "A working resolution needs a raster that lies in a map, north up: this does not."
            )
        shrink_x = resolution_m / abs(finest.transform.a)
        shrink_y = resolution_m / abs(finest.transform.e)
        if shrink_x > finest.width or shrink_y > finest.height:
            raise InputError(
                f"The working resolution {resolution_m:g} is too coarse for an image of "
                f"{finest.width} x {finest.height} pixels of {abs(finest.transform.a):g}: give a "
                "finer one, or none."
            )
        if not shrink_x >= 1:
            raise InputError(
                f"The working resolution {resolution_m:g} does not suit pixels of "
                f"{abs(finest.transform.a):g}: give that or more."
            )
    width, height = round(finest.width / shrink_x), round(finest.height / shrink_y)
    transform = finest.transform * rasterio.Affine.scale(shrink_x, shrink_y)
    root.set("rasterXSize", str(width))
    root.set("rasterYSize", str(height))
    _georeference(root, finest, transform)
    for number, (band, source) in enumerate(zip(bands, of_bands, strict=True), start=1):
        # Whether a band that counts as alpha is one, or near infrared, is told by who reads it.
        has_mask = source.has_mask and (band.source, source.alpha) not in given
        _add_band(root, number, band, source, transform, resolution_m is not None, has_mask)
    return ElementTree.tostring(root, encoding="unicode")


def virtual_raster_on(
    source: str, count: int, width: int, height: int, crs: CRS | None, transform: rasterio.Affine
) -> str:
    """XML of the first ``count`` bands of a raster on another grid, each pixel its nearest there.

    Raises:
        InputError: it cannot be read, has fewer bands, or lies in another coordinate system.
    """
    root = ElementTree.Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    for number in range(1, count + 1):
        found = _inspect(source, number)
        if found.crs != crs:
            raise InputError(f"'{source}' lies in another coordinate system than the image.")
        band = ElementTree.SubElement(
            root, "VRTRasterBand", dataType=_GDAL_TYPES[found.dtype], band=str(number)
        )
        _refer(band, source, str(number), found, transform, "nearest")
    return ElementTree.tostring(root, encoding="unicode")


def tags_of(source: str) -> dict[str, str]:
    """The tags of a raster. Raises InputError if it cannot be read."""
    return _inspect(source, 1).tags


def shape_of(source: str) -> tuple[int, int, int]:
    """Bands, height and width of a raster. Raises InputError if it cannot be read."""
    with _opened(source) as dataset:
        return dataset.count, dataset.height, dataset.width


def subdatasets_of(source: str) -> list[str]:
    """Names of the rasters that a file holds, if it holds several and none can be read itself."""
    with _opened(source) as dataset:
        return [] if dataset.count else list(dataset.subdatasets)


def place_of(dataset: rasterio.DatasetReader) -> rasterio.Affine:
    """The geotransform; the identity where pixels of no size tell no place."""
    is_place = 0 < abs(dataset.transform.determinant) < math.inf
    return dataset.transform if is_place else rasterio.Affine.identity()


def _opened(source: str) -> rasterio.DatasetReader:
    check_is_file(source)
    if is_missing(source):
        raise InputError(f"There is no file '{source}'.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            return rasterio.open(source)
    except (RasterioError, CPLE_BaseError, OSError, ValueError) as error:
        raise InputError(f"'{source}' cannot be read: {reason_of(error, source)}.") from error


def _inspect(source: str, number: int) -> _Source:
    with _opened(source) as dataset:
        if number > dataset.count:
            raise InputError(f"'{source}' has no band {number}: the product is not whole.")
        gcps, gcps_crs = dataset.gcps
        flags = dataset.mask_flag_enums[number - 1]
        colours = [colour.name for colour in dataset.colorinterp]
        return _Source(
            width=dataset.width,
            height=dataset.height,
            dtype=dataset.dtypes[number - 1],
            nodata=dataset.nodatavals[number - 1],
            has_mask=MaskFlags.per_dataset in flags,
            # GDAL takes the fourth band of every 8-bit GeoTIFF for one.
            alpha=1 + colours.index("alpha") if MaskFlags.alpha in flags else None,
            block_shape=dataset.block_shapes[number - 1],
            colour=colours[number - 1],
            crs=dataset.crs,
            transform=place_of(dataset),
            description=dataset.descriptions[number - 1] or "",
            scale=dataset.scales[number - 1],
            offset=dataset.offsets[number - 1],
            unit=dataset.units[number - 1] or "",
            imagery={**dataset.tags(number), **dataset.tags(number, ns="IMAGERY")},
            rpcs=dataset.rpcs.to_gdal() if dataset.rpcs else {},
            gcps=tuple(gcps),
            gcps_wkt=gcps_crs.to_wkt() if gcps_crs else "",
            tags=dataset.tags(),
        )


def _check_that_they_lie_on_each_other(
    bands: Sequence[BandSource], sources: Sequence[_Source], finest: _Source
) -> None:
    for band, source in zip(bands, sources, strict=True):
        if source.crs != finest.crs:
            raise InputError(
                f"'{band.source}' lies in another coordinate system than the other bands: bring "
                "them onto one grid first."
            )
        has_no_place = source.transform.is_identity and finest.transform.is_identity
        if has_no_place and (source.width, source.height) != (finest.width, finest.height):
            raise InputError(
                f"'{band.source}' has {source.width} x {source.height} pixels and another band "
                f"{finest.width} x {finest.height}, and nothing says where they lie: bring them "
                "onto one grid first."
            )
        placed = ~finest.transform * source.transform
        width, height = placed.a * source.width, placed.e * source.height
        inside_x = min(placed.c + width, finest.width) - max(placed.c, 0)
        inside_y = min(placed.f + height, finest.height) - max(placed.f, 0)
        # Grids of different pixel size end within a pixel of the coarser one of each other.
        short_x, short_y = finest.width - inside_x, finest.height - inside_y
        if short_x > max(1.0, abs(placed.a)) + 0.01 or short_y > max(1.0, abs(placed.e)) + 0.01:
            raise InputError(
                f"'{band.source}' does not cover the same ground as the other bands: bring them "
                "onto one grid first."
            )


def _georeference(root: ElementTree.Element, source: _Source, transform: rasterio.Affine) -> None:
    if source.crs:
        ElementTree.SubElement(root, "SRS").text = source.crs.to_wkt()
    if not transform.is_identity:
        numbers = transform.to_gdal()
        ElementTree.SubElement(root, "GeoTransform").text = ", ".join(map(repr, numbers))
    if source.rpcs:
        metadata = ElementTree.SubElement(root, "Metadata", domain="RPC")
        for key, value in source.rpcs.items():
            ElementTree.SubElement(metadata, "MDI", key=key).text = str(value)
    if source.gcps:
        points = ElementTree.SubElement(root, "GCPList", Projection=source.gcps_wkt)
        for number, point in enumerate(source.gcps):
            place = {
                "Pixel": point.col,
                "Line": point.row,
                "X": point.x,
                "Y": point.y,
                "Z": point.z,
            }
            ElementTree.SubElement(
                points,
                "GCP",
                {"Id": str(number)} | {key: repr(value or 0.0) for key, value in place.items()},
            )


def _add_band(
    root: ElementTree.Element,
    number: int,
    band: BandSource,
    source: _Source,
    transform: rasterio.Affine,
    is_coarser: bool,
    has_mask: bool,
) -> None:
    dtype = _GDAL_TYPES.get(source.dtype)
    if dtype is None:
        raise InputError(f"'{band.source}' holds numbers of type {source.dtype}: no image does.")
    element = ElementTree.SubElement(root, "VRTRasterBand", dataType=dtype, band=str(number))
    imagery = {key: text for key, text in source.imagery.items() if _tells_wavelength(key)}
    if band.wavelength_um is not None:
        imagery = {"CENTRAL_WAVELENGTH_UM": repr(band.wavelength_um)}
    if imagery:
        metadata = ElementTree.SubElement(element, "Metadata", domain="IMAGERY")
        for key, text in imagery.items():
            ElementTree.SubElement(metadata, "MDI", key=key).text = text
    ElementTree.SubElement(element, "Description").text = band.description or source.description
    if source.unit:
        ElementTree.SubElement(element, "UnitType").text = source.unit
    nodata = source.nodata if band.nodata is None else band.nodata
    if nodata is not None:
        ElementTree.SubElement(element, "NoDataValue").text = repr(nodata)
    elif is_coarser and source.dtype.startswith("float"):
        # GDAL leaves NaN out of means: what holds nothing else would be 0. Nobody declared it, so hide it.
        ElementTree.SubElement(element, "NoDataValue").text = "nan"
        ElementTree.SubElement(element, "HideNoDataValue").text = "1"
    if source.colour in _COLOURS:
        ElementTree.SubElement(element, "ColorInterp").text = source.colour.capitalize()
    scale = source.scale if band.scale is None else band.scale
    offset = source.offset if band.scale is None else band.offset or 0.0
    if (scale, offset) != (1.0, 0.0) or band.scale is not None:
        ElementTree.SubElement(element, "Offset").text = repr(float(offset))
        ElementTree.SubElement(element, "Scale").text = repr(float(scale))
    is_other_grid = not _lies_alike(source, transform)
    resampling = "average" if is_coarser else "bilinear" if is_other_grid else "nearest"
    _refer(element, band.source, str(band.number), source, transform, resampling, nodata)
    # Bilinear gives pixels without data at a rim a mean of their neighbours.
    has_rim = resampling == "bilinear" and source.nodata is not None
    if (has_mask or has_rim) and band.nodata is None:
        # One for each band: files may have masks of their own.
        mask = ElementTree.SubElement(ElementTree.SubElement(element, "MaskBand"), "VRTRasterBand")
        mask.set("dataType", "Byte")
        _refer(mask, band.source, f"mask,{band.number}", source, transform, "nearest")


def _tells_wavelength(key: str) -> bool:
    return "wavelength" in key.lower() or key == "BANDNAME"


def _lies_alike(source: _Source, transform: rasterio.Affine) -> bool:
    return source.transform.almost_equals(transform, precision=_SAME_GRID_PX * abs(transform.a))


def _refer(
    element: ElementTree.Element,
    name: str,
    band: str,
    source: _Source,
    transform: rasterio.Affine,
    resampling: str,
    nodata: float | None = None,
) -> None:
    """Let a band be read from a source, where that lies on the grid of ``transform``."""
    kind = "SimpleSource" if resampling == "nearest" or nodata is None else "ComplexSource"
    reference = ElementTree.SubElement(element, kind, resampling=resampling)
    ElementTree.SubElement(reference, "SourceFilename", relativeToVRT="0").text = name
    ElementTree.SubElement(reference, "SourceBand").text = band
    ElementTree.SubElement(
        reference,
        "SourceProperties",
        RasterXSize=str(source.width),
        RasterYSize=str(source.height),
        DataType=_GDAL_TYPES.get(source.dtype, "Byte"),
        BlockXSize=str(source.block_shape[1]),
        BlockYSize=str(source.block_shape[0]),
    )
    placed = ~transform * source.transform
    whole = {"xOff": 0.0, "yOff": 0.0, "xSize": source.width, "ySize": source.height}
    x, y = placed.c, placed.f
    target = {
        "xOff": x, "yOff": y, "xSize": placed.a * source.width, "ySize": placed.e * source.height,
    }  # fmt: skip
    for tag, rectangle in (("SrcRect", whole), ("DstRect", target)):
        ElementTree.SubElement(
            reference, tag, {key: repr(round(value, 6)) for key, value in rectangle.items()}
        )
    if kind == "ComplexSource":
        # What has no data takes no part in the mean of its neighbours.
        ElementTree.SubElement(reference, "NODATA").text = repr(nodata)
