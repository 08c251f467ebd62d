"""Where a cloud mask is most worth a second look, and the pixels there set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal, ogr
from qgis.core import QgsProcessingException, QgsProcessingFeedback

from cloudmamba_qgis.rasters.blocks import Window, read, stop_if_cancelled, write
from cloudmamba_qgis.rasters.cloud_shapes import CLEAR, CLOUD, NO_DATA, SHADOW, class_tags
from cloudmamba_qgis.rasters.files import add_class_overviews, open_raster, replacing
from cloudmamba_qgis.rasters.gdal_errors import gdal_failure_as
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.patches import Runs
from cloudmamba_qgis.translation import tr

MOST_REGIONS = 1000
REVIEW_TAG = "REVIEW"

# Small pieces, so that the window gets its turns between them.
_STRIP_ROWS = 128
_FINEST_OUTLINE_PX = 256
# Along every cloud the mask is unsure for some pixels: what is nowhere wider than twice this
# and one more is such an edge, and seldom worth a look.
_EDGE_PX = 2
_NOTHING = 1e-6


@dataclass(frozen=True)
class Search:
    """What counts as an uncertain region.

    Attributes:
        threshold: least uncertainty of its pixels, 0..1.
        smallest_px: least number of pixels.
        with_edges: also the narrow edges of clouds.
    """

    threshold: float = 0.5
    smallest_px: int = 20
    with_edges: bool = False


@dataclass(frozen=True, eq=False)
class UncertainRegion:
    """Uncertain pixels that touch, at least at corners, and of which the mask says the same.

    So it can be set to the other as one: what crosses the edge of a cloud is two regions.

    Attributes:
        value: what the mask says, ``CLEAR``, ``CLOUD`` or ``SHADOW``.
        window: the smallest one that holds all of it.
        mean_uncertainty: 0..1.
        outline: WKB of polygons in map coordinates; coarser than the pixels where it is large.
        grid: of the mask, as it lies around the region.
    """

    runs: Runs
    value: int
    size_px: int
    window: Window
    mean_uncertainty: float
    outline: bytes
    grid: Grid


@dataclass(frozen=True)
class UncertainRegions:
    """Doubtful patches before edges of clouds; of each kind the largest sum of uncertainty first.

    There most pixels are likely wrong. For the patches the sum is that of their inner pixels.

    Attributes:
        regions: at most ``MOST_REGIONS``.
        found: how many there are in all, apart from edges that were left out.
        edges_left_out: how many narrow edges are large enough, but were not wanted.
        cloud_px, valid_px: pixels of the whole mask.
    """

    regions: tuple[UncertainRegion, ...]
    found: int
    edges_left_out: int
    cloud_px: int
    valid_px: int


@dataclass(frozen=True)
class _Candidate:
    runs: Runs
    value: int
    size_px: int
    total_uncertainty: float
    inner_uncertainty: float


@dataclass(frozen=True)
class _Stretches:
    """Uncertain runs of one class, with the sums of the uncertainty in each."""

    runs: Runs
    totals: np.ndarray
    inner: np.ndarray


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
    found = edges_left_out = 0
    stretches, counts = _uncertain_runs(mask, uncertainty, search.threshold, settled, feedback)
    for value, one in stretches.items():
        best, count, left_out = _largest(one, value, search)
        candidates += best
        found += count
        edges_left_out += left_out
        stop_if_cancelled(feedback)
    candidates.sort(key=lambda one: (-one.inner_uncertainty, -one.total_uncertainty))
    regions = []
    for candidate in candidates[:MOST_REGIONS]:
        stop_if_cancelled(feedback)
        regions.append(_region(candidate, grid))
    cloud_px, valid_px = int(counts[CLOUD]), int(counts[:NO_DATA].sum())
    return UncertainRegions(tuple(regions), found, edges_left_out, cloud_px, valid_px)


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


def copy_to_edit(
    source: str, path: str, tags: dict[str, str], feedback: QgsProcessingFeedback
) -> None:
    """A copy of a mask that says these tags of itself, without overviews.

    It has plain lines of bytes, so that a reader meets old or new pixels but never half a block.
    """
    _create_copy(source, path, ["BIGTIFF=IF_SAFER"], feedback)
    with gdal_failure_as(_not_written):
        copy = gdal.Open(path, gdal.GA_Update)
        copy.SetMetadata(tags)
        copy.FlushCache()


def save_tagged(
    edited: str,
    path: str,
    used: Sequence[str],
    tags: dict[str, str],
    feedback: QgsProcessingFeedback,
) -> None:
    """Write a mask to ``path``, compressed, with overviews, these tags and its cloud cover.

    What is there of before is replaced at the end. Raises ``QgsProcessingException`` where
    ``path`` is one of the files ``used``, and ``OSError``.
    """
    options = ["TILED=YES", "COMPRESS=DEFLATE", "BIGTIFF=IF_SAFER"]
    with replacing(path, [edited, *used]) as temporary, gdal_failure_as(_not_written):
        _create_copy(edited, temporary, options, feedback)
        gdal.ErrorReset()
        mask = gdal.Open(temporary, gdal.GA_Update)
        mask.SetMetadata({**tags, **_tags_of_classes(mask, tags, feedback)})
        _drop_statistics(mask.GetRasterBand(1))
        mask.FlushCache()
        mask = None
        if gdal.GetLastErrorType() >= gdal.CE_Failure:
            raise _not_written()
        add_class_overviews(temporary)


def _uncertain_runs(
    mask: gdal.Dataset,
    uncertainty: gdal.Dataset,
    threshold: float,
    settled: Sequence[Runs],
    feedback: QgsProcessingFeedback,
) -> tuple[dict[int, _Stretches], np.ndarray]:
    """By what the mask says; and how often the mask says what, (256,)."""
    band, mask_band = uncertainty.GetRasterBand(1), mask.GetRasterBand(1)
    runs: dict[int, list[Runs]] = {value: [] for value in (CLEAR, CLOUD, SHADOW)}
    totals: dict[int, list[np.ndarray]] = {value: [] for value in runs}
    inner: dict[int, list[np.ndarray]] = {value: [] for value in runs}
    counts = np.zeros(256, np.int64)
    for row in range(0, band.YSize, _STRIP_ROWS):
        stop_if_cancelled(feedback)
        strip = Window(0, row, band.XSize, min(_STRIP_ROWS, band.YSize - row))
        values, inside = _uncertain_values(band, strip, threshold)
        labels = read(mask_band, strip).astype(np.uint8)
        counts += np.bincount(labels.ravel(), minlength=256)
        labels[(labels > SHADOW) | (values == 0.0)] = NO_DATA
        for one in settled:
            one.fill(labels, row, NO_DATA)
        for value, parts in runs.items():
            part = Runs.of([labels], value)
            parts.append(part.shifted(0, row))
            totals[value].append(_sums(values, part))
            inner[value].append(_sums(values * inside, part))
        feedback.setProgress(100 * (row + strip.height) / band.YSize)
    stretches = {
        value: _Stretches(
            Runs.joined(runs[value]), np.concatenate(totals[value]), np.concatenate(inner[value])
        )
        for value in runs
    }
    return stretches, counts


def _uncertain_values(
    band: gdal.Band, strip: Window, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Uncertainty where it is large enough, else 0; and where all is uncertain around.

    Both (rows, width); the second, bool, needs some lines above and below. What is outside of
    the image counts as uncertain: a patch at its side is no edge of a cloud.
    """
    above = min(_EDGE_PX, strip.row)
    below = min(_EDGE_PX, band.YSize - strip.row - strip.height)
    wide = Window(0, strip.row - above, strip.width, above + strip.height + below)
    values = read(band, wide).astype(np.float64)
    values[(read(band.GetMaskBand(), wide) == 0) | ~(values >= threshold)] = 0.0
    around = np.pad(
        values > 0.0,
        ((_EDGE_PX - above, _EDGE_PX - below), (_EDGE_PX, _EDGE_PX)),
        constant_values=True,
    )
    reach = 2 * _EDGE_PX + 1
    # A square is all uncertain where its lines are, so that each direction goes by itself.
    columns = np.logical_and.reduce(
        [around[:, start : start + strip.width] for start in range(reach)]
    )
    inside = np.logical_and.reduce(
        [columns[start : start + strip.height] for start in range(reach)]
    )
    return values[above : above + strip.height], inside


def _sums(values: np.ndarray, runs: Runs) -> np.ndarray:
    """Of the values (rows, width) in each run."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    offsets = runs.rows * values.shape[1]
    return sums[offsets + runs.ends] - sums[offsets + runs.starts]


def _largest(
    stretches: _Stretches, value: int, search: Search
) -> tuple[list[_Candidate], int, int]:
    """The best ones, how many there are, and how many edges were left out."""
    runs = stretches.runs
    patches = runs.patches(corners_touch=True)
    sizes = np.bincount(patches, runs.ends - runs.starts)
    totals = np.bincount(patches, stretches.totals)
    inner = np.bincount(patches, stretches.inner)
    inner[inner < _NOTHING] = 0.0  # sums of differences are not exact
    large = np.flatnonzero(sizes >= max(search.smallest_px, 1))
    wanted = large if search.with_edges else large[inner[large] > 0.0]
    best = wanted[np.lexsort((-totals[wanted], -inner[wanted]))[:MOST_REGIONS]]
    order = np.argsort(patches, kind="stable")  # in a patch they stay in the order of reading
    in_order = patches[order]
    firsts = np.searchsorted(in_order, best)
    lasts = np.searchsorted(in_order, best, side="right")
    candidates = [
        _Candidate(
            runs.chosen(order[first:last]),
            value,
            int(sizes[patch]),
            float(totals[patch]),
            float(inner[patch]),
        )
        for patch, first, last in zip(best, firsts, lasts)
    ]
    return candidates, len(wanted), len(large) - len(wanted)


def _region(candidate: _Candidate, grid: Grid) -> UncertainRegion:
    runs = candidate.runs
    column, row = int(runs.starts.min()), int(runs.rows[0])
    window = Window(column, row, int(runs.ends.max()) - column, int(runs.rows[-1]) + 1 - row)
    here = grid.near(window.column, window.row, window.width, window.height)
    return UncertainRegion(
        runs,
        candidate.value,
        candidate.size_px,
        window,
        candidate.total_uncertainty / candidate.size_px,
        _outline(runs.shifted(-column, -row), window, here),
        here,
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


def _drop_statistics(band: gdal.Band) -> None:
    """Those of the mask before its review, which QGIS may have left beside the copy."""
    metadata = band.GetMetadata_Dict()
    band.SetMetadata({k: v for k, v in metadata.items() if not k.startswith("STATISTICS_")})


def _tags_of_classes(
    mask: gdal.Dataset, tags: dict[str, str], feedback: QgsProcessingFeedback
) -> dict[str, str]:
    """Counted anew; shadow only where the mask has it or could have had it."""
    band = mask.GetRasterBand(1)
    counts = np.zeros(256, np.int64)
    for row in range(0, band.YSize, _STRIP_ROWS):
        stop_if_cancelled(feedback)
        strip = Window(0, row, band.XSize, min(_STRIP_ROWS, band.YSize - row))
        counts += np.bincount(read(band, strip).ravel(), minlength=256)
    percent = 100.0 * counts / max(counts[:NO_DATA].sum(), 1)
    has_shadow = counts[SHADOW] > 0 or "SHADOW_PERCENT" in tags
    return class_tags(percent[CLOUD], percent[SHADOW] if has_shadow else None)


def _not_written() -> QgsProcessingException:
    return QgsProcessingException(
        tr("The reviewed mask could not be written: {reason}.").format(
            reason=gdal.GetLastErrorMsg()
        )
    )
