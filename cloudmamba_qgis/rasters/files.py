"""Opens rasters and writes new ones, complete or not at all."""

from __future__ import annotations

import glob
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

import numpy as np
from osgeo import gdal
from qgis.core import QgsProcessingException

from cloudmamba_qgis.rasters.blocks import Window
from cloudmamba_qgis.rasters.cloud_shapes import NO_DATA
from cloudmamba_qgis.rasters.gdal_errors import gdal_failure_as
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.shown import as_shown
from cloudmamba_qgis.translation import tr

_CREATION_OPTIONS = ["TILED=YES", "COMPRESS=DEFLATE", "BIGTIFF=IF_SAFER"]
# What GDAL keeps beside a GeoTIFF: that of a file that was replaced would be wrong.
_SIDECARS = (".aux.xml", ".ovr", ".msk")
_SMALLEST_OVERVIEW_PX = 256
# Whatever a mask declares: 0 would be clear.
_OUTSIDE_OF_MASK = {"srcNodata": "None", "dstNodata": NO_DATA}

# Metadata about the file that they are in.
_OWN_DOMAINS = (
    "IMAGE_STRUCTURE",
    "DERIVED_SUBDATASETS",
    "SUBDATASETS",
    "COLOR_PROFILE",
    "LocationInfo",
    "vrt_sources",
    "xml:VRT",
)


def open_raster(source: str) -> gdal.Dataset:
    def failure() -> QgsProcessingException:
        return QgsProcessingException(
            tr("GDAL cannot open '{source}': {reason}.").format(
                source=source, reason=gdal.GetLastErrorMsg()
            )
        )

    with gdal_failure_as(failure):
        dataset = gdal.Open(source)
    if dataset is None:
        raise failure()
    return dataset


def write_with_crs(source: str, crs: str, path: str) -> None:
    """Write a virtual raster of the source and all that it says of itself, with another CRS (WKT)."""
    dataset = open_raster(source)
    placed = gdal.Translate(path, dataset, format="VRT", outputSRS=crs)
    if placed is None:
        raise QgsProcessingException(
            tr("A temporary file could not be written: {reason}.").format(
                reason=gdal.GetLastErrorMsg()
            )
        )
    _copy_metadata(placed, dataset)
    for number in range(1, dataset.RasterCount + 1):
        _describe_band(placed.GetRasterBand(number), dataset.GetRasterBand(number))


def mask_as_shown(mask: gdal.Dataset) -> gdal.Dataset:
    """A cloud mask where QGIS shows it; what control points leave empty is 255."""
    return as_shown(mask, **_OUTSIDE_OF_MASK)


def open_mask_on_grid(source: str, grid: Grid) -> gdal.Dataset:
    """A cloud mask on that grid; outside of it is 255."""
    return _on_grid(open_raster(source), source, grid, **_OUTSIDE_OF_MASK)


def open_reference_on_grid(source: str, grid: Grid) -> gdal.Dataset:
    """Of any codes, so that only the mask of its bands tells what lies outside of it."""
    dataset = open_raster(source)
    has_no_data = dataset.GetRasterBand(1).GetNoDataValue() is not None
    return _on_grid(dataset, source, grid, dstAlpha=not has_no_data)


def open_on_grid(source: str, grid: Grid, no_data: float | None = None) -> gdal.Dataset:
    """The raster on that grid: itself, or a virtual one of the nearest pixels.

    ``no_data`` is for what lies outside of it, where it does not declare a value itself.
    """
    dataset = open_raster(source)
    declared = dataset.GetRasterBand(1).GetNoDataValue()
    return _on_grid(dataset, source, grid, dstNodata=no_data if declared is None else declared)


def _on_grid(dataset: gdal.Dataset, source: str, grid: Grid, **outside: Any) -> gdal.Dataset:
    """``outside``: options of ``gdal.Warp`` for what the raster, opened of ``source``, does not cover."""
    if Grid.of(dataset).matches(grid):
        return dataset
    dataset = as_shown(dataset, **outside)
    own = Grid.of(dataset)
    if own.matches(grid):
        return dataset
    if not grid.is_north_up or not grid.crs or not own.crs:
        raise QgsProcessingException(
            tr(
                "'{source}' lies on another grid and cannot be brought onto that of the first "
                "raster, which is rotated or has no CRS: warp one of them first."
            ).format(source=source)
        )
    left, top = grid.to_map(0, 0)
    right, bottom = grid.to_map(grid.width, grid.height)
    warped = gdal.Warp(
        "",
        dataset,
        format="VRT",
        dstSRS=grid.crs,
        outputBounds=(left, bottom, right, top),
        width=grid.width,
        height=grid.height,
        resampleAlg=gdal.GRA_NearestNeighbour,
        **outside,
    )
    if warped is None:
        raise QgsProcessingException(
            tr("'{source}' cannot be brought onto the grid: {reason}.").format(
                source=source, reason=gdal.GetLastErrorMsg()
            )
        )
    return warped


@contextmanager
def replacing(path: str, used: Iterable[str]) -> Iterator[str]:
    """A temporary name beside ``path``, which takes its place if the block succeeds.

    A file of before stays as it is until then. Raises ``QgsProcessingException`` if ``path``
    is one of the files that are used elsewhere, or cannot be replaced.
    """
    target = Path(os.path.realpath(path))
    if any(Path(os.path.realpath(file)) == target for file in used):
        raise QgsProcessingException(
            tr(
                "The output '{path}' is an input or another output as well: choose another name."
            ).format(path=path)
        )
    if target.exists():
        try:
            os.rename(target, target)
        except OSError as error:  # on Windows, while a program or a layer has it open
            raise QgsProcessingException(
                tr("'{path}' cannot be replaced: close the programs or layers that use it.").format(
                    path=path
                )
            ) from error
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part{target.suffix}")
    try:
        yield str(temporary)
        os.replace(temporary, target)
        for suffix in _SIDECARS:
            beside = target.with_name(target.name + suffix)
            new = temporary.with_name(temporary.name + suffix)
            if new.exists():
                os.replace(new, beside)
            else:
                beside.unlink(missing_ok=True)
    finally:
        for left in target.parent.glob(glob.escape(temporary.name) + "*"):
            left.unlink()


def add_class_overviews(path: str) -> None:
    """Into a file that is written, of the most frequent classes."""
    gdal.ErrorReset()
    raster = gdal.Open(path, gdal.GA_Update)
    longest_px = max(raster.RasterXSize, raster.RasterYSize)
    factors: list[int] = []
    while longest_px / 2 ** len(factors) > _SMALLEST_OVERVIEW_PX:
        factors.append(2 ** (len(factors) + 1))
    with gdal_failure_as(lambda: _not_written(path)):
        if factors:
            raster.BuildOverviews("MODE", factors)
        raster.FlushCache()
        raster = None
    if gdal.GetLastErrorType() >= gdal.CE_Failure:  # a full disk shows only here
        raise _not_written(path)


@final
class RasterFile:
    """A new GeoTIFF. Nobody else holds the dataset, so that leaving the block closes the file."""

    def __init__(self, path: str, grid: Grid, data_type: int, bands: int = 1) -> None:
        self._path = path
        driver = gdal.GetDriverByName("GTiff")
        self._dataset = driver.Create(
            path, grid.width, grid.height, bands, data_type, options=_CREATION_OPTIONS
        )
        if self._dataset is None:
            raise _not_written(self._path)
        grid.apply_to(self._dataset)

    def __enter__(self) -> RasterFile:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        gdal.ErrorReset()
        self._dataset.FlushCache()
        self._dataset = None
        # A full disk shows only here.
        if kind is None and gdal.GetLastErrorType() >= gdal.CE_Failure:
            raise _not_written(self._path)

    def band(self, number: int = 1) -> gdal.Band:
        return self._dataset.GetRasterBand(number)

    def write(self, values: np.ndarray, window: Window, band: int = 1) -> None:
        if self.band(band).WriteArray(values, window.column, window.row) != gdal.CE_None:
            raise _not_written(self._path)

    def tag(self, tags: dict[str, str]) -> None:
        self._dataset.SetMetadata(tags)

    def describe_as(self, source: gdal.Dataset) -> None:
        """Take over all that the source says of itself and its bands, apart from no data."""
        _copy_metadata(self._dataset, source)
        self.describe_bands_as(source)

    def describe_bands_as(self, source: gdal.Dataset) -> None:
        """Take over names, scale, offset and so on of the bands, apart from no data."""
        for number in range(1, source.RasterCount + 1):
            _describe_band(self.band(number), source.GetRasterBand(number))


def _not_written(path: str) -> QgsProcessingException:
    return QgsProcessingException(
        tr("The result could not be written: {reason}.").format(
            reason=gdal.GetLastErrorMsg() or path
        )
    )


def _copy_metadata(target: Any, source: Any) -> None:
    """Of a dataset or a band, all that is not about the file itself."""
    for domain in source.GetMetadataDomainList() or ():
        if domain not in _OWN_DOMAINS:
            xml = domain.startswith("xml:")
            metadata = source.GetMetadata_List if xml else source.GetMetadata_Dict
            target.SetMetadata(metadata(domain), domain)


def _describe_band(target: gdal.Band, source: gdal.Band) -> None:
    target.SetDescription(source.GetDescription())
    target.SetColorInterpretation(source.GetColorInterpretation())
    _copy_metadata(target, source)
    metadata = source.GetMetadata_Dict()
    # Statistics of the source are not those of the result.
    target.SetMetadata({k: v for k, v in metadata.items() if not k.startswith("STATISTICS_")})
    if source.GetScale() is not None:
        target.SetScale(source.GetScale())
    if source.GetOffset() is not None:
        target.SetOffset(source.GetOffset())
    if source.GetUnitType():
        target.SetUnitType(source.GetUnitType())
    if source.GetColorTable() is not None:
        target.SetColorTable(source.GetColorTable())
    if source.GetCategoryNames():
        target.SetCategoryNames(source.GetCategoryNames())
