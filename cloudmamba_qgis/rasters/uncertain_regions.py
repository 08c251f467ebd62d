"""Where a cloud mask is most worth a second look, and the pixels there set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal, ogr
from qgis.core import QgsProcessingException, QgsProcessingFeedback

from cloudmamba_qgis.rasters.blocks import Window, read, stop_if_cancelled, write
from cloudmamba_qgis.rasters.cloud_shapes import CLEAR, CLOUD, NO_DATA
from cloudmamba_qgis.rasters.files import open_raster, replacing
from cloudmamba_qgis.rasters.gdal_errors import gdal_failure_as
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.patches import Runs
from cloudmamba_qgis.translation import tr

MOST_REGIONS = 1000
REVIEW_TAG = "REVIEW"

# Small pieces, so that the window gets its turns between them.
_STRIP_ROWS = 128
_FINEST_OUTLINE_PX = 256
_SMALLEST_OVERVIEW_PX = 256


@dataclass(frozen=True)
class Search:
    """What counts as an uncertain region.

    Attributes:
        threshold: least uncertainty of its pixels, 0..1.
        smallest_px: least number of pixels.
    """

    threshold: float = 0.5
    smallest_px: int = 20


@dataclass(frozen=True, eq=False)
class UncertainRegion:
    """Uncertain pixels that touch, at least at corners, and of which the mask says the same.

    So it can be set to the other as one: what crosses the edge of a cloud is two regions.

    Attributes:
        value: what the mask says, ``CLEAR`` or ``CLOUD``.
        window: the smallest one that holds all of it.
        mean_uncertainty: 0..1.
        outline: WKB of polygons in map coordinates; coarser than the pixels where it is large.
    """

    runs: Runs
    value: int
    size_px: int
    window: Window
    mean_uncertainty: float
    outline: bytes


@dataclass(frozen=True)
class UncertainRegions:
    """Those with the largest sum of uncertainty first: there most pixels are likely wrong.

    Attributes:
        regions: at most ``MOST_REGIONS``.
        found: how many there are in all.
    """

    regions: tuple[UncertainRegion, ...]
    found: int
    grid: Grid


@dataclass(frozen=True)
class _Candidate:
    runs: Runs
    value: int
    size_px: int
    total_uncertainty: float


def find_uncertain_regions(
    mask_source: str,
    uncertainty_source: str,
    search: Search,
    settled: Sequence[Runs],
    feedback: QgsProcessingFeedback,
) -> UncertainRegions:
    """Find regions, apart from pixels that are settled.

    Raises ``QgsProcessingException`` where a raster cannot be read, where their grids differ,
    and after a cancel.
    """
    mask, uncertainty = open_raster(mask_source), open_raster(uncertainty_source)
    grid = Grid.of(mask)
    if not grid.matches(Grid.of(uncertainty)):
        raise QgsProcessingException(
            tr(
                "The mask and the uncertainty lie on different grids: choose the two layers of "
                "one detection."
            )
        )
    candidates: list[_Candidate] = []
    found = 0
    for value, (runs, sums) in _uncertain_runs(
        mask, uncertainty, search.threshold, settled, feedback
    ).items():
        best, count = _largest(runs, sums, value, search.smallest_px)
        candidates += best
        found += count
        stop_if_cancelled(feedback)
    candidates.sort(key=lambda candidate: -candidate.total_uncertainty)
    regions = []
    for candidate in candidates[:MOST_REGIONS]:
        stop_if_cancelled(feedback)
        regions.append(_region(candidate, grid))
    return UncertainRegions(tuple(regions), found, grid)


def set_pixels(path: str, runs: Runs, value: int) -> None:
    """Set the runs in a mask; overviews that it may have are not touched."""
    with gdal_failure_as(_not_written):
        mask = gdal.Open(path, gdal.GA_Update)
    if mask is None:
        raise _not_written()
    band = mask.GetRasterBand(1)
    first, last = int(runs.rows.min()), int(runs.rows.max()) + 1
    for row in range(first, last, _STRIP_ROWS):
        strip = Window(0, row, band.XSize, min(_STRIP_ROWS, last - row))
        values = read(band, strip)
        runs.fill(values, row, value)
        write(band, values, strip)
    with gdal_failure_as(_not_written):
        mask.FlushCache()


def copy_to_edit(source: str, path: str, feedback: QgsProcessingFeedback) -> None:
    """A copy of a mask with all that it says of itself, without overviews.

    It has plain lines of bytes, so that a reader meets old or new pixels but never half a block.
    """
    _create_copy(source, path, ["BIGTIFF=IF_SAFER"], feedback)


def save_reviewed(
    edited: str, path: str, used: Sequence[str], review: str, feedback: QgsProcessingFeedback
) -> None:
    """Write an edited mask to ``path``, compressed, with overviews and the words about its review.

    What is there of before is replaced at the end. Raises ``QgsProcessingException`` where
    ``path`` is one of the files ``used``, and ``OSError``.
    """
    options = ["TILED=YES", "COMPRESS=DEFLATE", "BIGTIFF=IF_SAFER"]
    with replacing(path, [edited, *used]) as temporary, gdal_failure_as(_not_written):
        _create_copy(edited, temporary, options, feedback)
        gdal.ErrorReset()
        mask = gdal.Open(temporary, gdal.GA_Update)
        mask.SetMetadataItem("CLOUD_PERCENT", f"{_cloud_percent(mask, feedback):.4f}")
        mask.SetMetadataItem(REVIEW_TAG, review)
        longest_px = max(mask.RasterXSize, mask.RasterYSize)
        factors = []
        while longest_px / 2 ** len(factors) > _SMALLEST_OVERVIEW_PX:
            factors.append(2 ** (len(factors) + 1))
        if factors:
            mask.BuildOverviews("MODE", factors)
        mask.FlushCache()
        mask = None
        if gdal.GetLastErrorType() >= gdal.CE_Failure:
            raise _not_written()


def _uncertain_runs(
    mask: gdal.Dataset,
    uncertainty: gdal.Dataset,
    threshold: float,
    settled: Sequence[Runs],
    feedback: QgsProcessingFeedback,
) -> dict[int, tuple[Runs, np.ndarray]]:
    """By what the mask says: uncertain runs, and the sum of the uncertainty in each."""
    band, mask_band = uncertainty.GetRasterBand(1), mask.GetRasterBand(1)
    runs: dict[int, list[Runs]] = {CLEAR: [], CLOUD: []}
    sums: dict[int, list[np.ndarray]] = {CLEAR: [], CLOUD: []}
    for row in range(0, band.YSize, _STRIP_ROWS):
        stop_if_cancelled(feedback)
        strip = Window(0, row, band.XSize, min(_STRIP_ROWS, band.YSize - row))
        values = read(band, strip).astype(np.float64)
        values[(read(band.GetMaskBand(), strip) == 0) | ~(values >= threshold)] = 0.0
        labels = read(mask_band, strip).astype(np.uint8)
        labels[(labels > CLOUD) | (values == 0.0)] = NO_DATA
        for one in settled:
            one.fill(labels, row, NO_DATA)
        totals = np.concatenate([[0.0], np.cumsum(values)])
        for value, parts in runs.items():
            part = Runs.of([labels], value)
            offsets = part.rows * strip.width
            parts.append(part.shifted(0, row))
            sums[value].append(totals[offsets + part.ends] - totals[offsets + part.starts])
        feedback.setProgress(100 * (row + strip.height) / band.YSize)
    return {value: (Runs.joined(runs[value]), np.concatenate(sums[value])) for value in runs}


def _largest(
    runs: Runs, sums: np.ndarray, value: int, smallest_px: int
) -> tuple[list[_Candidate], int]:
    """Those with the largest sums, and how many there are that are not too small."""
    patches = runs.patches(corners_touch=True)
    sizes = np.bincount(patches, runs.ends - runs.starts)
    totals = np.bincount(patches, sums)
    large = np.flatnonzero(sizes >= max(smallest_px, 1))
    best = large[np.argsort(-totals[large], kind="stable")[:MOST_REGIONS]]
    order = np.argsort(patches, kind="stable")  # in a patch they stay in the order of reading
    in_order = patches[order]
    firsts = np.searchsorted(in_order, best)
    lasts = np.searchsorted(in_order, best, side="right")
    candidates = [
        _Candidate(runs.chosen(order[first:last]), value, int(sizes[patch]), float(totals[patch]))
        for patch, first, last in zip(best, firsts, lasts)
    ]
    return candidates, len(large)


def _region(candidate: _Candidate, grid: Grid) -> UncertainRegion:
    runs = candidate.runs
    column, row = int(runs.starts.min()), int(runs.rows[0])
    window = Window(column, row, int(runs.ends.max()) - column, int(runs.rows[-1]) + 1 - row)
    return UncertainRegion(
        runs,
        candidate.value,
        candidate.size_px,
        window,
        candidate.total_uncertainty / candidate.size_px,
        _outline(runs.shifted(-column, -row), window, grid),
    )


def _outline(runs: Runs, window: Window, grid: Grid) -> bytes:
    """Of runs within the window; large ones are drawn no finer than a screen can show."""
    step = -(-max(window.width, window.height) // _FINEST_OUTLINE_PX)
    rows, columns = -(-window.height // step), -(-window.width // step)
    cells = np.zeros((rows * step, columns * step), np.uint8)
    runs.fill(cells, 0, 1)
    cells = cells.reshape(rows, step, columns, step).max(axis=(1, 3))
    raster = gdal.GetDriverByName("MEM").Create("", columns, rows, 1, gdal.GDT_Byte)
    _, dx, rx, _, ry, dy = grid.transform
    left, top = grid.to_map(window.column, window.row)
    raster.SetGeoTransform((left, dx * step, rx * step, top, ry * step, dy * step))
    band = raster.GetRasterBand(1)
    band.WriteArray(cells)
    shapes = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = shapes.CreateLayer("outline", None, ogr.wkbPolygon)
    if gdal.Polygonize(band, band, layer, -1) != gdal.CE_None:
        raise QgsProcessingException(
            tr("An uncertain region could not be outlined: {reason}.").format(
                reason=gdal.GetLastErrorMsg()
            )
        )
    outline = ogr.Geometry(ogr.wkbMultiPolygon)
    for feature in layer:
        outline.AddGeometry(feature.GetGeometryRef())
    return bytes(outline.ExportToWkb())


def _create_copy(
    source: str, path: str, options: list[str], feedback: QgsProcessingFeedback
) -> None:
    original = open_raster(source)

    def failure() -> QgsProcessingException:
        stop_if_cancelled(feedback)  # GDAL raises where it is told to stop
        return _not_written()

    with gdal_failure_as(failure):
        copy = gdal.GetDriverByName("GTiff").CreateCopy(
            path,
            original,
            options=options,
            callback=lambda *_: 0 if feedback.isCanceled() else 1,
        )
        stop_if_cancelled(feedback)
        if copy is None:
            raise _not_written()
        gdal.ErrorReset()
        copy.FlushCache()
        copy = None
    if gdal.GetLastErrorType() >= gdal.CE_Failure:  # a full disk shows only here
        raise _not_written()


def _cloud_percent(mask: gdal.Dataset, feedback: QgsProcessingFeedback) -> float:
    """Of valid pixels."""
    band = mask.GetRasterBand(1)
    counts = np.zeros(256, np.int64)
    for row in range(0, band.YSize, _STRIP_ROWS):
        stop_if_cancelled(feedback)
        strip = Window(0, row, band.XSize, min(_STRIP_ROWS, band.YSize - row))
        counts += np.bincount(read(band, strip).ravel(), minlength=256)
    return 100.0 * counts[CLOUD] / max(counts[CLEAR] + counts[CLOUD], 1)


def _not_written() -> QgsProcessingException:
    return QgsProcessingException(
        tr("The reviewed mask could not be written: {reason}.").format(
            reason=gdal.GetLastErrorMsg()
        )
    )
