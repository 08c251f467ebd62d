"""Windowed reading of any raster that GDAL knows, and which of its pixels are valid."""

from __future__ import annotations

import contextlib
import math
import os
import re
import stat
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import CRSError, NotGeoreferencedWarning
from rasterio.windows import Window

from cloudmamba.errors import InputError, InterpretationError
from cloudmamba.file_names import problem_of_name
from cloudmamba.products import QualityLayer, open_product
from cloudmamba.products.quality import KINDS
from cloudmamba.products.virtual_raster import place_of, virtual_raster_on
from cloudmamba.raster.band_agreement import only_zeros
from cloudmamba.raster.bands import ROLE_WORDS, role_in_words
from cloudmamba.raster.dead_lines import dead_lines
from cloudmamba.raster.fill import OVERVIEW_PX, Fill, candidates, find_fill
from cloudmamba.raster.gdal_failures import NoValues, check_is_file, is_missing, reason_of
from cloudmamba.raster.grid import GDAL_ERRORS, Grid
from cloudmamba.raster.metadata import BandMetadata, RasterMetadata
from cloudmamba.scene.kept_blocks import KeptBlocks

# What a raster may claim to be; a file of some bytes can claim anything. Whole countries at 1 m
# are smaller, and so are stacks of daily images.
_LONGEST_SIDE_PX = 1_000_000
_MOST_BANDS = 10_000

# What memory holds before a read, of each kind of type; bytes and their like are full of it.
_UNREAD = {"f": np.nan, "i": 90, "u": 165}

_ARCHIVES_NOT_READ = (".7z", ".rar", ".gz", ".bz2", ".xz", ".z", ".zst")
_JPEG2000 = (".jp2", ".j2k", ".jpx")
_MOST_KEPT_BYTES = 256 * 1024 * 1024

_SAMPLE_WINDOW_PX = 64
_SAMPLE_WINDOWS_PER_AXIS = 8
_EDGE_WINDOWS_PER_AXIS = 32
_SAMPLE_ENOUGH_PX = 1000
_SCAN_WINDOW_PX = 512
_REDUCED_ROWS = 16


class Scene:
    """A raster or a product opened for reading. Use it from one thread at a time, and close it.

    Attributes:
        path: as given; a file or whatever else GDAL opens, or a product, see ``products``.
        product: the product that it is, or None.
        metadata: what the raster says of itself.
        grid: size and georeferencing.
        files: all files the raster consists of (sidecars, sources of a VRT and theirs).
        has_undeclared_nodata: pixels that are 0 in every band were met and taken for no
            data, because the raster declares none.
        has_dead_lines: ``reader_of`` met rows or columns of one value in one band, and took them for
            no data.
        keep_fill: pixels are image whatever their value, unless the raster declares it.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        keep_fill: bool = False,
        further: Sequence[str | os.PathLike] = (),
        resolution_m: float | None = None,
        crs: str | None = None,
    ):
        """
        Args:
            keep_fill: as the attribute.
            further: more single-band rasters that make up one image with ``path``.
            resolution_m: size of the pixels to read, in units of the map; None for all there is.
            crs: of a raster that names none and has no control points, as in ``EPSG:32633`` or as WKT.

        Raises:
            InputError: it is missing, no raster and no product, a container of several, or a
                product that is not whole; there is no such ``crs``.
        """
        self.path = os.fspath(path)
        is_file = ":" not in self.path[2:] and not self.path.startswith("<")
        if problem := problem_of_name(self.path, is_file):
            raise InputError(problem)
        self.keep_fill = keep_fill
        with contextlib.ExitStack() as stack:
            opened = stack.enter_context(
                open_product(self.path, tuple(os.fspath(file) for file in further), resolution_m)
            )
            self.product = opened.product if opened else None
            raster = opened.raster if opened else None
            # Not entered: that would begin an environment of GDAL, which must end in this thread.
            self._dataset = _open(self.path, raster)
            stack.callback(self._dataset.close)
            self.grid = _grid_of(self._dataset, _parse_crs(crs))
            self._dtypes = self._dataset.dtypes
            self.files = self._all_files(further)
            self._states = {file: state_of(file) for file in self.files if not is_statistics(file)}
            for file in self.files:
                check_is_file(file)
            self.metadata = self._describe()
            self._mask_flags = self._dataset.mask_flag_enums
            self._nodata = self._dataset.nodatavals
            images = dict.fromkeys([*self._dataset.files, *map(os.fspath, self.files)])
            self._jpeg2000 = [name for name in images if name.lower().endswith(_JPEG2000)]
            self._resources = stack.pop_all()
        self.has_undeclared_nodata = False
        self.has_dead_lines = False
        # By the bands that it was looked for in.
        self._fills: dict[frozenset[int], Fill] = {}

    def __enter__(self):
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        self._resources.close()

    def check_unchanged(self) -> None:
        """Raises InputError if a file was written to since the raster was opened.

        What was read then may be in part the old and in part the new one. A file that is gone was
        read to its end all the same.
        """
        for file, state in self._states.items():
            now = state_of(file)
            if None not in (state, now) and now != state:
                raise InputError(
                    f"'{file}' was changed while it was read: run this again once it is complete."
                )

    @property
    def is_product(self) -> bool:
        """Whether it is a product of a known kind, not an ordinary raster or a set of bands."""
        return self.product is not None and bool(self.product.title)

    @property
    def masks(self) -> dict[str, QualityLayer]:
        """The masks that the product brings by their kind, the best first."""
        layers = self.product.quality if self.product else ()
        return {layer.kind: layer for layer in layers}

    def open_quality(self, kind: str = "") -> QualityMask:
        """A mask that the product brings, on the grid of the scene; closed with the scene.

        Args:
            kind: one of ``masks``, empty for the first.

        Raises:
            InputError: it is no product, brings none or not that one, or it cannot be read.
        """
        masks = self.masks
        if not masks:
            raise InputError(
                f"'{self.path}' brings no mask of its own: Sentinel-2 level 2A, Landsat, HLS and "
                "PlanetScope with UDM2 do."
            )
        if kind and kind not in masks:
            raise InputError(
                f"'{self.path}' brings no mask '{kind}': choose one of {', '.join(masks)}."
            )
        mask = QualityMask(masks[kind or next(iter(masks))], self.grid)
        self._resources.callback(mask.close)
        return mask

    def read(
        self, numbers: Sequence[int], window: Window, shape: tuple[int, int] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Stored values and validity of a window.

        Args:
            numbers: bands to read, 1 is the first.
            window: inside the raster.
            shape: height and width to deliver, by the nearest pixels; None for those of the
                window.

        Returns:
            Values (bands, height, width) in the raster's type, and bool (height, width): True
            where every one of these bands is declared valid and finite.

        Raises:
            InputError: the file is damaged there.
        """
        return self._judged(numbers, *self._read_declared(numbers, window, shape), window)

    def reader_of(
        self, numbers: Sequence[int], windows: Iterable[Window]
    ) -> Callable[[Window], tuple[np.ndarray, np.ndarray]]:
        """``read`` of these bands for windows that are known beforehand, each to be read once.

        Dead lines are no data here, once a sample was taken. Smaller windows, as samples are of, do
        not tell them from what is of one value for some pixels.

        Blocks that are dear to decode (JPEG 2000) are decoded once, which takes memory for little
        more than one row of them where the windows go through the raster row by row; where that
        would be more than 256 MB, they are decoded for each window.
        """
        block = self._dear_block()
        dtype = np.result_type(*(self._dtypes[number - 1] for number in numbers))
        size = (self.grid.height, self.grid.width)
        if (
            block is None
            or block[0] * self.grid.width * len(numbers) * dtype.itemsize > _MOST_KEPT_BYTES
        ):
            return lambda window: self._without_dead_lines(numbers, *self.read(numbers, window))
        blocks = KeptBlocks(lambda part: self._read_declared(numbers, part), size, block, windows)
        return lambda window: self._without_dead_lines(
            numbers, *self._judged(numbers, *blocks.read(window), window)
        )

    def _without_dead_lines(
        self, numbers: Sequence[int], values: np.ndarray, valid: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        # Lines of fill are not dead, and fill is known once a sample was taken.
        if frozenset(numbers) in self._fills and (dead := dead_lines(values, valid)).any():
            self.has_dead_lines = True
            valid &= ~dead
        return values, valid

    def _dear_block(self) -> tuple[int, int] | None:
        """Height and width of the blocks that are decoded at once; None where that costs little."""
        shapes = []
        for source in self._jpeg2000:
            with _open(source) as dataset:
                areas = self.grid.transform.determinant, place_of(dataset).determinant
                shrink = math.sqrt(abs(areas[0] / areas[1]))
                height, width = (max(1, round(px / shrink)) for px in dataset.block_shapes[0])
                shapes.append((dataset.width * dataset.height, height, width))
        # Masks and other bands may be coarser.
        return max(shapes)[1:] if shapes else None

    def _read_declared(
        self, numbers: Sequence[int], window: Window, shape: tuple[int, int] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Stored values, and where all bands are declared valid. Raises InputError."""
        try:
            values = self._read_stored(numbers, window, shape)
            return values, self._declared_valid(numbers, values, window)
        except GDAL_ERRORS as error:
            raise InputError(
                f"'{self.path}' cannot be read at row {window.row_off}, column {window.col_off}: "
                f"{reason_of(error, self.path)}."
            ) from error

    def _judged(
        self,
        numbers: Sequence[int],
        values: np.ndarray,
        valid: np.ndarray,
        window: Window,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The values, and ``valid`` without what the values tell to be none."""
        if values.dtype.kind == "f":
            valid &= np.isfinite(values).all(0)
        if self.keep_fill:
            return values, valid
        # Pictures are stretched so that their darkest pixels are 0: shadow and water have holes then.
        if values.dtype != np.uint8 and not self._declares_no_data(numbers):
            empty = (values == 0).all(0)
            if empty.any():
                self.has_undeclared_nodata = True
                valid &= ~empty
        # Known once a sample was taken.
        if fill := self._fills.get(frozenset(numbers)):
            in_order = values[np.argsort(numbers)]
            valid &= ~fill.pixels(in_order, *_positions(window, valid.shape))
        return values, valid

    def fill_warnings(self, numbers: Sequence[int]) -> tuple[str, ...]:
        """What ``sample`` found of fill that nobody declared, in sentences."""
        fill = self._fills.get(frozenset(numbers))
        return fill.warnings if fill else ()

    def _find_fill(self, numbers: Sequence[int], check_cancelled: Callable[[], None]) -> Fill:
        """Fill that nobody declared, in bands in ascending order.

        Where no window at the edge shows any, which costs little, that is all.
        """
        size = (self.grid.height, self.grid.width)

        def edges() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for window in self._edge_windows():
                check_cancelled()
                values, valid = self.read(numbers, window)
                for line in _edges_within(window, size):
                    yield values[(slice(None), *line)], valid[line]

        levels = candidates(edges())
        if not levels:
            return Fill((), (), size, ())
        reduced = self.read_reduced(numbers, OVERVIEW_PX, check_cancelled)
        shape = reduced[1].shape
        if shape == size:
            return find_fill(reduced, levels, size)

        def around(row: int, column: int) -> tuple[np.ndarray, np.ndarray]:
            check_cancelled()
            side_px = max(_SAMPLE_WINDOW_PX, 3 * -(-max(size) // OVERVIEW_PX))
            top, left = (
                (2 * position + 1) * length // (2 * count) - side_px // 2
                for position, length, count in zip((row, column), size, shape, strict=True)
            )
            return self.read(numbers, _within(left, top, side_px, side_px, size))

        return find_fill(reduced, levels, size, self._border(numbers, check_cancelled), around)

    def _border(
        self, numbers: Sequence[int], check_cancelled: Callable[[], None]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values (bands, n) and validity of the first and last row, and first and last column."""
        width, height = self.grid.width, self.grid.height
        lines = [Window(0, 0, width, 1), Window(0, height - 1, width, 1)]
        for x in (0, width - 1):
            lines += [
                Window(x, y, 1, min(_SCAN_WINDOW_PX, height - y))
                for y in range(0, height, _SCAN_WINDOW_PX)
            ]
        parts = []
        for line in lines:
            check_cancelled()
            values, valid = self.read(numbers, line)
            parts.append((values.reshape(len(values), -1), valid.ravel()))
        values, valid = zip(*parts, strict=True)
        return np.concatenate(values, axis=1), np.concatenate(valid)

    def _edge_windows(self) -> Iterator[Window]:
        """Small windows along the edge of the raster, row by row."""
        # Every window takes a whole block of JPEG 2000 to be decoded; its products declare their fill.
        if self._jpeg2000 and self.is_product:
            return
        per_axis = _SAMPLE_WINDOWS_PER_AXIS if self._jpeg2000 else _EDGE_WINDOWS_PER_AXIS
        size = (self.grid.height, self.grid.width)
        for window in self._windows(_SAMPLE_WINDOW_PX, per_axis):
            if _edges_within(window, size):
                yield window

    def read_reduced(
        self, numbers: Sequence[int], longest_px: int, check_cancelled: Callable[[], None]
    ) -> tuple[np.ndarray, np.ndarray]:
        """As ``read`` of the whole raster, reduced to ``longest_px`` at most on both sides."""
        sizes = (self.grid.height, self.grid.width)
        factor = max(1.0, max(sizes) / longest_px)
        height, width = (max(1, round(size / factor)) for size in sizes)
        parts = []
        # By some rows at a time, so that a large raster can be left in between.
        for first in range(0, height, _REDUCED_ROWS):
            check_cancelled()
            rows = min(_REDUCED_ROWS, height - first)
            top, bottom = (sizes[0] * row // height for row in (first, first + rows))
            window = Window(0, top, sizes[1], bottom - top)
            parts.append(self.read(numbers, window, (rows, width)))
        values, valid = zip(*parts, strict=True)
        return np.concatenate(values, axis=1), np.concatenate(valid)

    def _read_stored(
        self, numbers: Sequence[int], window: Window, shape: tuple[int, int] | None
    ) -> np.ndarray:
        """Stored values (bands, height, width). Raises NoValues where GDAL left what was there.

        Some of GDAL's reads fail without an error, such as functions of virtual rasters: what was
        in memory before would be taken for the image.
        """
        dtypes = {self._dtypes[number - 1] for number in numbers}
        dtype = np.result_type(*dtypes)
        rows, columns = shape or (int(window.height), int(window.width))
        values = np.full((len(numbers), rows, columns), _UNREAD[dtype.kind], dtype)
        if len(dtypes) == 1:
            self._dataset.read(list(numbers), window=window, out=values)
        else:  # rasterio reads bands of different types one by one only
            for number, band in zip(numbers, values, strict=True):
                self._dataset.read(number, window=window, out=band)
        for number, band in zip(numbers, values, strict=True):
            if _is_untouched(band.flat[0], dtype) and _is_untouched(band.flat[-1], dtype):
                again = np.zeros((rows, columns), dtype)
                self._dataset.read(number, window=window, out=again)
                if not np.array_equal(again, band, equal_nan=dtype.kind == "f"):
                    raise NoValues(f"GDAL gives no values of band {number} and does not say why")
        return values

    def _declared_valid(
        self, numbers: Sequence[int], values: np.ndarray, window: Window
    ) -> np.ndarray:
        """Where no data value, mask and alpha all let every band pass: bool (height, width).

        Each counts where several are declared; GDAL itself knows one only.
        """
        valid = np.ones(values.shape[1:], bool)
        for number, band in zip(numbers, values, strict=True):
            nodata = self._nodata[number - 1]
            if nodata is not None and not np.isnan(nodata):
                valid &= band != nodata
        for alpha in self._alpha_numbers(numbers):
            valid &= self._dataset.read(alpha, window=window, out_shape=valid.shape) != 0
        masked = [number for number in numbers if self._has_mask_band(number)]
        if masked:
            shape = (len(masked), *valid.shape)
            masks = self._dataset.read_masks(masked, window=window, out_shape=shape)
            valid &= (masks != 0).all(0)
        return valid

    def sample(
        self, numbers: Sequence[int], check_cancelled: Callable[[], None] = lambda: None
    ) -> np.ndarray:
        """Stored values (bands, n) of valid pixels from all over the raster.

        Small windows on a regular grid, so that a large scene costs little; where they find
        next to nothing the raster is searched until there is enough.

        Raises:
            InputError: no pixel of the raster is valid, or it cannot be read.
            InterpretationError: one of these bands was never filled, and others were.
        """
        if not self.keep_fill and (key := frozenset(numbers)) not in self._fills:
            self._fills[key] = self._find_fill(sorted(key), check_cancelled)
        size, per_axis = _SAMPLE_WINDOW_PX, _SAMPLE_WINDOWS_PER_AXIS
        if self._jpeg2000:
            # Every window takes a whole block to be decoded, a reduced level next to nothing.
            values, valid = self.read_reduced(numbers, size * per_axis, check_cancelled)
            found = [values[:, valid]]
        else:
            found = self._valid_values(numbers, self._windows(size, per_axis), check_cancelled)
        if sum(part.shape[1] for part in found) < _SAMPLE_ENOUGH_PX:
            everywhere = self._windows(_SCAN_WINDOW_PX, None)
            found = self._valid_values(numbers, everywhere, check_cancelled, _SAMPLE_ENOUGH_PX)
        sample = np.concatenate(found, axis=1)
        if not sample.shape[1]:
            empty = [n for n in numbers if not self._has_valid_pixel(n, check_cancelled)]
            if 0 < len(empty) < len(numbers):
                raise self._unfilled(empty, "no valid pixel", numbers)
            raise InputError(f"'{self.path}' has no valid pixel: all of it is no data.")
        # An image is not black in one colour: clouds would be missed without a word.
        if black := [numbers[position] for position in only_zeros(sample)]:
            raise self._unfilled(black, "only zeros", numbers)
        return sample

    def _has_valid_pixel(self, number: int, check_cancelled: Callable[[], None]) -> bool:
        everywhere = self._windows(_SCAN_WINDOW_PX, None)
        return bool(self._valid_values([number], everywhere, check_cancelled, 1)[-1].size)

    def _unfilled(self, empty: Sequence[int], has: str, numbers: Sequence[int]) -> InputError:
        names = []
        for number in empty:
            role = role_in_words(self.metadata.bands[number - 1].description)[0]
            names.append(f"{number} ({ROLE_WORDS[role]})" if role else f"{number}")
        others = ",".join(str(number) for number in numbers if number not in empty)
        without = f" Without it: --bands {others}." if len(numbers) - len(empty) == 3 else ""
        return InterpretationError(
            f"'{self.path}' has {has} in band {' and '.join(names)}: the band was not filled, or "
            f"another one is meant.{without}"
        )

    def _valid_values(
        self,
        numbers: Sequence[int],
        windows: Iterable[Window],
        check_cancelled: Callable[[], None],
        enough: float = float("inf"),
    ) -> list[np.ndarray]:
        found: list[np.ndarray] = []
        missing = enough
        for window in windows:
            check_cancelled()
            values, valid = self.read(numbers, window)
            # A list of nothing would grow with the raster, too.
            if valid.any() or not found:
                found.append(values[:, valid])
                missing -= found[-1].shape[1]
            if missing <= 0:
                break
        return found

    def _windows(self, size: int, per_axis: int | None) -> Iterator[Window]:
        """Windows of ``size``: ``per_axis`` spread evenly along each axis, None for all."""
        width, height = self.grid.width, self.grid.height
        for y in _offsets(height, size, per_axis):
            for x in _offsets(width, size, per_axis):
                yield Window(x, y, min(size, width - x), min(size, height - y))

    def _declares_no_data(self, numbers: Sequence[int]) -> bool:
        """Whether a band has no data, a mask band, or alpha that is not read as an image."""
        return bool(
            self._alpha_numbers(numbers)
            or any(self._nodata[number - 1] is not None for number in numbers)
            or any(map(self._has_mask_band, numbers))
        )

    def _alpha_numbers(self, numbers: Sequence[int]) -> list[int]:
        bands = self.metadata.bands
        return [band.number for band in bands if band.is_alpha and band.number not in numbers]

    def _has_mask_band(self, number: int) -> bool:
        flags = self._mask_flags[number - 1]
        return not {MaskFlags.alpha, MaskFlags.nodata, MaskFlags.all_valid} & set(flags)

    def _describe(self) -> RasterMetadata:
        dataset = self._dataset
        bands = []
        # Asked for once: rasterio goes through all bands each time.
        for number, dtype, described, colour, scale, offset, unit in zip(
            dataset.indexes,
            self._dtypes,
            dataset.descriptions,
            dataset.colorinterp,
            dataset.scales,
            dataset.offsets,
            dataset.units,
            strict=True,
        ):
            tags = {**dataset.tags(number), **dataset.tags(number, ns="IMAGERY")}
            description = described or tags.get("BANDNAME", "")
            bands.append(
                BandMetadata(
                    number=number,
                    dtype=dtype,
                    description=description,
                    wavelength_um=_wavelength_um(tags),
                    colour=colour.name,
                    is_alpha=colour is ColorInterp.alpha and self._is_opacity(number, description),
                    scale=scale,
                    offset=offset,
                    unit=unit or "",
                )
            )
        name, product = Path(self.path).name, None
        if self.product is not None:
            name = self.product.name or name
            product = self.product.metadata if self.product.title else None
        return RasterMetadata(name, tuple(bands), dataset.tags(), product)

    def _all_files(self, further: Sequence[str | os.PathLike]) -> tuple[Path, ...]:
        """Also what a product consists of beside its images."""
        names = [self.path, *(os.fspath(file) for file in further), *self._dataset.files]
        if self.product is not None:
            names += [*self.product.files, *(layer.source for layer in self.product.quality)]
        return _files_of(self.path, names)

    def _is_opacity(self, number: int, description: str) -> bool:
        """Whether a band marked as alpha is one.

        GDAL marks the fourth band of every 8-bit GeoTIFF so, near infrared as well; opacity
        is nearly everywhere 0 or full.
        """
        if role_in_words(description)[0]:
            return False
        windows = self._windows(_SAMPLE_WINDOW_PX, _SAMPLE_WINDOWS_PER_AXIS)
        try:
            values = np.concatenate(
                [self._dataset.read(number, window=window).ravel() for window in windows]
            )
        except GDAL_ERRORS as error:
            raise InputError(
                f"'{self.path}' cannot be read: {reason_of(error, self.path)}."
            ) from error
        return bool(((values != 0) & (values != values.max())).mean() < 0.05)


class QualityMask:
    """A product's own mask, opened for reading on the grid of its image.

    Attributes:
        title: what it is, for people.
    """

    def __init__(self, layer: QualityLayer, grid: Grid):
        """Raises InputError if it cannot be read."""
        self._source, self._kind = layer.source, KINDS[layer.kind]
        self.title = self._kind.title
        raster = virtual_raster_on(
            layer.source, self._kind.bands, grid.width, grid.height, grid.crs, grid.transform
        )
        self._dataset = _open(layer.source, raster)

    def close(self) -> None:
        self._dataset.close()

    def read(self, window: Window) -> np.ndarray:
        """Codes of ``products.quality`` (height, width) uint8. Raises InputError."""
        try:
            stored = self._dataset.read(window=window)
        except GDAL_ERRORS as error:
            raise InputError(
                f"'{self._source}' cannot be read: {reason_of(error, self._source)}."
            ) from error
        return self._kind.codes(stored)


def _open(path: str, raster: str | None = None) -> rasterio.DatasetReader:
    """Open ``path``, or in its name the virtual raster that was made of it."""
    check_is_file(path)
    if path.startswith("/vsistdin"):
        raise InputError("A raster cannot be read from standard input: give a file.")
    try:
        with warnings.catch_warnings():
            # Rasters without georeferencing are as welcome as others.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = rasterio.open(raster or path)
    except (*GDAL_ERRORS, ValueError) as error:
        if is_missing(path):
            raise InputError(f"There is no file '{path}'.") from error
        if path.lower().endswith(_ARCHIVES_NOT_READ):
            raise InputError(
                f"'{path}' is an archive of a kind that is not read: unpack it, or pack it anew as "
                "zip or tar."
            ) from error
        if "not recognized" in str(error):
            raise InputError(f"'{path}' is not a raster of a kind that can be read.") from error
        raise InputError(f"'{path}' cannot be read: {reason_of(error, path)}.") from error
    if problem := _absurd_size(dataset):
        dataset.close()
        raise InputError(f"'{path}' {problem}: give a part of it, or check the file.")
    if dataset.count == 0:
        inner = dataset.subdatasets
        dataset.close()
        raise InputError(
            f"'{path}' holds {len(inner)} rasters and no bands of its own.{_how_to_choose(inner)}"
        )
    if any(dtype.startswith("complex") for dtype in dataset.dtypes):
        dataset.close()
        raise InputError(
            f"'{path}' has complex numbers, as radar images do: give an optical image."
        )
    return dataset


def _how_to_choose(inner: Sequence[str]) -> str:
    """What to give instead of a file that holds several rasters, as sentences."""
    if not inner:
        return ""
    choose = f" Choose one of them, such as '{inner[0]}'"
    if len(inner) < 3:
        return f"{choose}."
    together = " ".join(f"'{name}'" for name in inner[:3])
    return (
        f"{choose}; where each is a band of one image, give its bands together, as in {together}, "
        "or as one virtual raster (gdalbuildvrt -separate)."
    )


def _absurd_size(dataset: rasterio.DatasetReader) -> str | None:
    """What a raster claims that no image is, None if it is one that can be gone through."""
    if max(dataset.width, dataset.height) > _LONGEST_SIDE_PX:
        return (
            f"claims {dataset.width} x {dataset.height} pixels, and {_LONGEST_SIDE_PX} a side are "
            "the most that can be read"
        )
    if dataset.count > _MOST_BANDS:
        return f"claims {dataset.count} bands, and {_MOST_BANDS} are the most that can be read"
    return None


def _offsets(length: int, size: int, count: int | None) -> Iterable[int]:
    """Where windows begin along an axis: ``count`` spread evenly, or all without gaps."""
    every = range(0, length, size)
    if count is None or len(every) <= count:
        return every
    return np.linspace(0, length - size, count).astype(int).tolist()


def _within(left: int, top: int, width: int, height: int, size: tuple[int, int]) -> Window:
    """The part of a window that lies in a raster of ``size``, height and width."""
    right, bottom = min(left + width, size[1]), min(top + height, size[0])
    left, top = max(left, 0), max(top, 0)
    return Window(left, top, right - left, bottom - top)


def _positions(window: Window, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the raster that the pixels of a window come from, when read as ``shape``."""
    return tuple(
        offset + (2 * np.arange(count) + 1) * int(length) // (2 * count)
        for offset, length, count in (
            (window.row_off, window.height, shape[0]),
            (window.col_off, window.width, shape[1]),
        )
    )


def _edges_within(window: Window, size: tuple[int, int]) -> list[tuple]:
    """Which lines of a window lie on the edge of a raster of ``size``, as indices."""
    everything = slice(None)
    lines = (
        (window.row_off == 0, (0, everything)),
        (window.row_off + window.height == size[0], (-1, everything)),
        (window.col_off == 0, (everything, 0)),
        (window.col_off + window.width == size[1], (everything, -1)),
    )
    return [line for is_edge, line in lines if is_edge]


def _is_untouched(value: np.generic, dtype: np.dtype) -> bool:
    return bool(np.isnan(value)) if dtype.kind == "f" else bool(value == _UNREAD[dtype.kind])


def _files_of(path: str, names: Iterable[str]) -> tuple[Path, ...]:
    """The given files, those that virtual rasters among them refer to, and so on."""
    found: dict[Path, None] = {}
    waiting = list(names)
    while waiting:
        name = _without_virtual_prefix(waiting.pop(0))
        file = Path(name)
        if file in found:
            continue
        found[file] = None
        if file.suffix.lower() == ".vrt" and file.is_file():
            # One that cannot be read cannot be read through either: reading will say so.
            with contextlib.suppress(InputError), _open(name) as dataset:
                waiting += dataset.files
    return tuple(found)


def is_statistics(file: Path) -> bool:
    """Whether QGIS and GDAL may have written it beside what they opened."""
    return file.name.endswith(".aux.xml")


def state_of(file: Path) -> tuple[int, int] | None:
    """Size and time of a file; None for what is none."""
    try:
        facts = os.stat(file)
    except (OSError, ValueError):
        return None
    return (facts.st_size, facts.st_mtime_ns) if stat.S_ISREG(facts.st_mode) else None


def _without_virtual_prefix(name: str) -> str:
    """The file on disk behind GDAL's names such as /vsisubfile/0_100,a.tif or /vsizip/a.zip/b."""
    is_virtual = False
    while match := re.match(r"/vsi(subfile/[^,]*,|gzip/|zip/|tar/|sparse/)", name):
        name = name[match.end() :]
        is_virtual = True
    if is_virtual and not os.path.exists(name):
        # A member of an archive: the archive is the file.
        archives = (os.fspath(folder) for folder in Path(name).parents if folder.is_file())
        return next(archives, name)
    return name


def _parse_crs(text: str | None) -> CRS | None:
    if text is None:
        return None
    problem = f"'{text}' is no coordinate reference system"
    try:
        crs = CRS.from_user_input(text)
    # Of codes that are no numbers, and of JSON that is no object.
    except (CRSError, ValueError, TypeError) as error:
        raise InputError(f"{problem}: give one as in EPSG:32633, or as WKT.") from error
    if crs.to_wkt().startswith("VERT"):
        raise InputError(f"{problem} of a map, but of heights: give one as in EPSG:32633.")
    return crs


def _grid_of(dataset: rasterio.DatasetReader, crs_of_unplaced: CRS | None) -> Grid:
    gcps, gcps_crs = dataset.gcps
    crs = dataset.crs
    if not (crs or gcps or dataset.rpcs):
        crs = crs_of_unplaced
    return Grid(
        dataset.width,
        dataset.height,
        crs,
        place_of(dataset),
        tuple(gcps),
        gcps_crs,
        dataset.rpcs,
    )


def _wavelength_um(tags: Mapping[str, str]) -> float | None:
    """Centre wavelength from GDAL's IMAGERY domain, ENVI or the Sentinel-2 driver."""
    lowered = {key.lower(): value for key, value in tags.items()}
    for key in ("central_wavelength_um", "wavelength"):
        match = re.match(r"\s*(\d+\.?\d*|\.\d+)(?![\d.])", lowered.get(key, ""))
        if match:
            # Units are missing or misspelt as often as not; the size of the number tells.
            value = float(match.group(1))
            return value if value < 100 else value / 1000
    return None
