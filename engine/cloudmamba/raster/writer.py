"""Results written so that a name either holds a whole, checked result or what it held before."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree  # nosec B405  what is read GDAL has just written

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine
from rasterio.windows import Window

from cloudmamba.errors import CloudMambaError, OutputError
from cloudmamba.file_names import problem_of_name
from cloudmamba.raster.grid import GDAL_ERRORS, Grid
from cloudmamba.raster.halving import halve
from cloudmamba.raster.unfinished import BACK, Move, Run, keep_aside, move_back, move_forward

_BLOCK_PX = 256
_SMALLEST_OVERVIEW_PX = 256
# Results are read back in windows of at most so many rows and columns: some 17 MB a band. Half of
# it, what an overview gets at a time, is of whole blocks again.
_READ_BACK_PX = (2 * _BLOCK_PX, 32 * _BLOCK_PX)
_FREE_BYTES_THAT_MEAN_FULL = 1 << 20
# Of what a result would take without compression: on the safe side, most take more.
_LEAST_SHARE_ON_DISK = 1 / 20


@dataclass(frozen=True)
class Layout:
    """What kind of result a file holds.

    Attributes:
        dtype, nodata: of every band.
        band_names: one a band.
        overview_resampling: how overviews are made: ``average`` of numbers, whose no data is NaN,
            or ``mode`` of classes.
        colours: RGBA of values, for one Byte band. (A GeoTIFF keeps no opacity.)
        class_names: names of values, for one Byte band.
    """

    dtype: str
    nodata: float
    band_names: tuple[str, ...]
    overview_resampling: Resampling
    colours: Mapping[int, tuple[int, int, int, int]] | None = None
    class_names: Mapping[int, str] | None = None


def check_output_paths(
    outputs: Sequence[str | os.PathLike], inputs: Iterable[str | os.PathLike]
) -> list[Path]:
    """The real paths of the outputs, made sure to be safe to write.

    Args:
        outputs: names the user asked for.
        inputs: files that must survive: all files of the input raster, the model.

    Raises:
        OutputError: one is an input (also through a link), two are the same, a folder is
            missing or not writable, a file cannot be replaced, or a name is not one of a GeoTIFF.
    """
    for output in outputs:
        if problem := problem_of_name(output):
            raise OutputError(problem)
    paths = [Path(os.path.realpath(output)) for output in outputs]
    kept = [Path(os.path.realpath(file)) for file in inputs]
    for index, path in enumerate(paths):
        if path.suffix.lower() not in (".tif", ".tiff"):
            raise OutputError(f"'{path}' is no name for a GeoTIFF: let it end in .tif.")
        check_can_be_written(path)
        if path.exists() and not _can_be_replaced(path):
            raise _in_use(path)
        if any(_same(path, file) for file in kept):
            raise OutputError(f"The output '{path}' is an input as well: choose another name.")
        for side in (*_stale_of(path), _aux_of(path)):
            if any(_same(side, file) for file in kept):
                raise OutputError(
                    f"Writing '{path}' would remove the input '{side}': choose another name."
                )
        if any(_same(path, other) for other in paths[:index]):
            raise OutputError(f"Two outputs are the same file '{path}': choose another name.")
    return paths


def check_can_be_written(path: Path) -> None:
    """Raises OutputError where its folder is missing, something else has its name, or the user may not."""
    if not path.parent.is_dir():
        raise OutputError(f"The folder '{path.parent}' does not exist: create it first.")
    if path.exists() and not path.is_file():
        raise OutputError(f"'{path}' exists and is not a file: choose another name.")
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise OutputError(f"'{path}' cannot be written: permission is denied.")


def check_free_space(outputs: Mapping[Path, Layout], grid: Grid) -> None:
    """Raises OutputError where a folder has no room for the results, before they are made.

    What compression leaves of them is known only then: refused is what could hardly fit.
    """
    needed: dict[Path, int] = {}
    for path, layout in outputs.items():
        pixel_bytes = len(layout.band_names) * np.dtype(layout.dtype).itemsize
        needed[path.parent] = needed.get(path.parent, 0) + pixel_bytes
    for folder, pixel_bytes in needed.items():
        disk = shutil.disk_usage(folder)
        least = grid.width * grid.height * pixel_bytes * _LEAST_SHARE_ON_DISK
        # File systems without a size of their own, such as that of processes, say nothing of room.
        if disk.total and disk.free < least:
            raise OutputError(
                f"The disk of '{folder}' has {disk.free / 1e6:.0f} MB free, and these results take "
                f"{least / 1e6:.0f} MB or more: make room, or choose another folder."
            )


def steps_to_finish(grid: Grid) -> int:
    """How many steps ``ResultFile.finish`` takes."""
    return sum(len(list(_windows(*shape))) for shape in _shapes(grid.height, grid.width))


class ResultFile:
    """One GeoTIFF under a temporary name beside its final one. Use it from one thread at a time.

    ``write`` every pixel once, ``finish``, then ``Results.commit``.
    """

    def __init__(self, path: Path, grid: Grid, layout: Layout, run: Run):
        """Raises OutputError if the file cannot be created."""
        self.path = path
        self.temporary = run.name(path, ".tif")
        self._layout = layout
        self._checksum = 0
        self._dataset: Any = None
        try:
            with self._reporting():
                run.enter(path.parent)
                self._dataset = _create(self.temporary, grid, layout)
                _describe(self._dataset, grid, layout)
                _make_room_for_overviews(self._dataset)
        except BaseException:
            self.discard()
            raise

    @property
    def sidecar(self) -> Path | None:
        """Temporary file of what GeoTIFF itself has no place for: class names, a rare CRS."""
        path = _aux_of(self.temporary)
        return path if self._layout.class_names or path.exists() else None

    def write(self, block: np.ndarray, window: Window) -> None:
        """Write (bands, height, width) of the layout's type."""
        with self._reporting():
            self._dataset.write(block, window=window)
        self._checksum += _checksum(block)

    def finish(
        self, tags: Mapping[str, object], before_step: Callable[[], None] = lambda: None
    ) -> None:
        """Tag and close the file, read all of it back, and fill its overviews with that.

        ``before_step`` is called before each of ``steps_to_finish``, none of which takes long; the
        file is to be discarded where it raises.

        Raises OutputError unless every pixel is there as it was written: GDAL reports a full
        disk, if at all, when it closes a file.
        """
        with self._reporting():
            self._dataset.update_tags(**{key: str(value) for key, value in tags.items()})
            self._dataset.close()
            written = self._checksum
            last = len(_shapes(self._dataset.height, self._dataset.width)) - 1
            for level in range(last + 1):
                found, smaller = self._read_back(level, level < last, before_step)
                if found != written % 2**64:
                    cause = self._likely_cause()
                    raise OutputError(f"'{self.path}' was not written correctly: {cause}.")
                written = smaller
            if self._layout.class_names:
                _write_class_names(_aux_of(self.temporary), self._layout.class_names)

    def discard(self) -> None:
        """Remove what is there of the temporary file."""
        if self._dataset is not None:
            # The file goes: whether it could be completed does not matter.
            with contextlib.suppress(*GDAL_ERRORS):
                self._dataset.close()
        self.temporary.unlink(missing_ok=True)
        _aux_of(self.temporary).unlink(missing_ok=True)

    def _read_back(
        self, level: int, has_smaller: bool, before_step: Callable[[], None]
    ) -> tuple[int, int]:
        """Read a level, 0 for the raster itself, and write the overview of half its size, if any.

        Returns the checksums of what is there and of what was written.
        """
        found = written = 0
        with contextlib.ExitStack() as open_files:
            dataset = open_files.enter_context(self._open_level(level, "r"))
            if has_smaller:
                overview = open_files.enter_context(self._open_level(level + 1, "r+"))
            for window in _windows(dataset.height, dataset.width):
                before_step()
                block = dataset.read(window=window)
                found += _checksum(block)
                if has_smaller:
                    half = halve(block, self._layout.nodata, self._layout.overview_resampling)
                    place = Window(window.col_off // 2, window.row_off // 2, *half.shape[:0:-1])
                    overview.write(half, window=place)
                    written += _checksum(half)
        return found % 2**64, written

    def _open_level(self, level: int, mode: str) -> Any:
        options = {"overview_level": level - 1} if level else {}
        return _quietly(rasterio.open, self.temporary, mode, **options)

    @contextlib.contextmanager
    def _reporting(self) -> Iterator[None]:
        """Turn errors of GDAL and of the file system into one sentence."""
        try:
            yield
        except CloudMambaError:  # is one
            raise
        except Exception as error:
            # Where the folder is gone rasterio even fails with a TypeError.
            is_gone = not self.path.parent.is_dir()
            if not is_gone and not isinstance(error, GDAL_ERRORS):
                raise
            cause = "its folder is gone" if is_gone else self._likely_cause(error)
            raise OutputError(f"'{self.path}' cannot be written: {cause}.") from error

    def _likely_cause(self, error: Exception | None = None) -> str:
        is_full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        free = shutil.disk_usage(self.path.parent).free
        if is_full or free < _FREE_BYTES_THAT_MEAN_FULL:
            return "the disk is full"
        return "the disk may be full, or writing there is not allowed"


@dataclass(frozen=True)
class _TextFile:
    """A text that is written, under a temporary name beside its final one."""

    path: Path
    temporary: Path


class Results:
    """All outputs of a run: either every one of them appears, or none.

    A context manager; leaving it without ``commit`` removes everything and leaves whatever
    the names held before. If the process is killed, the next run that writes into the folder
    does that, or completes what was being put in place.
    """

    def __init__(self):
        self.files: list[ResultFile] = []
        self._texts: list[_TextFile] = []
        self._run = Run()

    def __enter__(self):
        return self

    def __exit__(self, *exception) -> None:
        for file in self.files:
            file.discard()
        for text in self._texts:
            text.temporary.unlink(missing_ok=True)
        self._run.end()

    def add(self, path: Path, grid: Grid, layout: Layout) -> ResultFile:
        """Start a result that will be ``path``. Raises OutputError if that is not possible."""
        file = ResultFile(path, grid, layout, self._run)
        self.files.append(file)
        return file

    def add_text(self, path: Path, text: str) -> None:
        """What describes the results, and will be ``path``. Raises OutputError if it cannot be written."""
        file = _TextFile(path, self._run.name(path, path.suffix))
        self._texts.append(file)
        try:
            self._run.enter(path.parent)
            # Names of files may hold what is no Unicode.
            file.temporary.write_bytes(text.encode("utf-8", errors="backslashreplace"))
        except OSError as error:
            raise OutputError(f"'{path}' cannot be written: {error.strerror}.") from error

    def commit(self) -> None:
        """Give all finished files their names, replacing what was there.

        Raises OutputError if one cannot be replaced (on Windows while another program has it
        open); then all names hold what they held before.
        """
        targets = [*(file.path for file in self.files), *(text.path for text in self._texts)]
        folders = dict.fromkeys(path.parent for path in targets)
        target = None
        try:
            with self._run.committing(folders):
                moves = {folder: list(self._moves(folder)) for folder in folders}
                self._run.decide(moves)
                try:
                    for folder, move in _each(moves):
                        target = folder / move.target
                        if target.is_dir():
                            raise IsADirectoryError(f"{target} is a folder")
                        keep_aside(folder, move)
                        move_forward(folder, move)
                except OSError:
                    self._run.decide(moves, BACK)
                    for folder, move in reversed(list(_each(moves))):
                        move_back(folder, move)
                    self._run.end(folders)
                    raise
                for folder, move in _each(moves):
                    if move.backup is not None:
                        (folder / move.backup).unlink(missing_ok=True)
                self._run.end(folders)
        except OSError as error:
            if target is None:
                cause = error.strerror or error
                raise OutputError(f"The results cannot be put in place: {cause}.") from error
            raise _in_use(target) from error

    def _moves(self, folder: Path) -> Iterator[Move]:
        """Temporary and final names; no temporary one where a file is only to go.

        Statistics, overviews and the mask of a replaced file would be taken for the new one's.
        """
        for file in self.files:
            if file.path.parent == folder:
                for stale in _stale_of(file.path):
                    yield self._move(None, stale)
                yield self._move(file.sidecar, _aux_of(file.path))
                yield self._move(file.temporary, file.path)
        for text in self._texts:
            if text.path.parent == folder:
                yield self._move(text.temporary, text.path)

    def _move(self, source: Path | None, target: Path) -> Move:
        backup = self._run.name(target, ".old").name if target.is_file() else None
        return Move(source.name if source else None, target.name, backup)


def _each(moves: Mapping[Path, Sequence[Move]]) -> Iterator[tuple[Path, Move]]:
    return ((folder, move) for folder, inside in moves.items() for move in inside)


def _create(path: Path, grid: Grid, layout: Layout) -> rasterio.io.DatasetWriter:
    options = {
        "tiled": True,
        "blockxsize": _BLOCK_PX,
        "blockysize": _BLOCK_PX,
        "compress": "deflate",
        # Level 6 takes half as long again, for files that are 2 % smaller.
        "zlevel": 1,
        "predictor": 3 if layout.dtype == "float32" else 1,
        "interleave": "band",
        "bigtiff": "if_safer",
    }
    if layout.colours:
        options["photometric"] = "palette"
    if grid.transform != Affine.identity():
        options["transform"] = grid.transform
    return _quietly(
        rasterio.open,
        path,
        "w",
        driver="GTiff",
        width=grid.width,
        height=grid.height,
        count=len(layout.band_names),
        dtype=layout.dtype,
        nodata=layout.nodata,
        crs=grid.crs,
        **options,
    )


def _describe(dataset: rasterio.io.DatasetWriter, grid: Grid, layout: Layout) -> None:
    # GDAL drops transform and CRS of a file that is given ground control points.
    if grid.gcps and grid.transform == Affine.identity():
        dataset.gcps = (list(grid.gcps), grid.gcps_crs or CRS())
    if grid.rpcs:
        dataset.rpcs = grid.rpcs
    for number, name in enumerate(layout.band_names, start=1):
        dataset.set_band_description(number, name)
    if layout.colours:
        dataset.write_colormap(1, dict(layout.colours))


def _quietly(function, *arguments, **keywords):
    """Call without the warning about missing georeferencing, which the input may lack too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return function(*arguments, **keywords)


def _make_room_for_overviews(dataset: rasterio.io.DatasetWriter) -> None:
    """Have GDAL enter overviews without pixels: to make them itself it takes one long call, which
    neither tells how far it is nor can be stopped."""
    levels = len(_shapes(dataset.height, dataset.width))
    if levels > 1:
        with rasterio.Env(SPARSE_OK_OVERVIEW="YES"):
            dataset.build_overviews([2**level for level in range(1, levels)], Resampling.nearest)


def _shapes(height: int, width: int) -> list[tuple[int, int]]:
    """Height and width of the raster and of its overviews, each half as large as the last."""
    shapes = [(height, width)]
    while max(height, width) >= 2 ** len(shapes) * _SMALLEST_OVERVIEW_PX:
        factor = 2 ** len(shapes)
        shapes.append((-(-height // factor), -(-width // factor)))
    return shapes


def _windows(height: int, width: int) -> Iterator[Window]:
    """Of many blocks each, of which GDAL unpacks several at a time."""
    rows, columns = _READ_BACK_PX
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield Window(left, top, min(columns, width - left), min(rows, height - top))


def _checksum(block: np.ndarray) -> int:
    """Sum of the bits of all values: the same however the raster is cut into blocks."""
    bits = np.ascontiguousarray(block).view(f"u{block.itemsize}")
    return int(bits.sum(dtype=np.uint64))


def _write_class_names(path: Path, class_names: Mapping[int, str]) -> None:
    """Into what GDAL has left beside the file, if anything."""
    root = ElementTree.Element("PAMDataset")
    if path.exists():
        root = ElementTree.fromstring(path.read_bytes())  # nosec B314
    band = root.find("PAMRasterBand[@band='1']")
    if band is None:
        band = ElementTree.SubElement(root, "PAMRasterBand", band="1")
    names = ElementTree.SubElement(band, "CategoryNames")
    for value in range(max(class_names) + 1):
        ElementTree.SubElement(names, "Category").text = class_names.get(value, "")
    ElementTree.ElementTree(root).write(path, encoding="utf-8")


def _stale_of(path: Path) -> tuple[Path, ...]:
    """Names of overviews and mask that belong to the file at ``path``."""
    return tuple(path.with_name(path.name + suffix) for suffix in (".ovr", ".msk"))


def _aux_of(path: Path) -> Path:
    return path.with_name(path.name + ".aux.xml")


def _can_be_replaced(path: Path) -> bool:
    """Not on Windows while another program has it open, which shows before the work is done."""
    try:
        os.rename(path, path)
    except OSError:
        return False
    return True


def _in_use(path: Path) -> OutputError:
    return OutputError(f"'{path}' cannot be replaced: close the programs or layers that use it.")


def _same(one: Path, other: Path) -> bool:
    """Whether two real paths are one file, also through hard links or letter case."""
    if one == other:
        return True
    return one.exists() and other.exists() and os.path.samefile(one, other)
