"""Patches of equal pixels in a mask, found run by run: fast enough to follow a slider.

GDAL's sieve cannot tell clouds from holes, and its polygons of a mask with many small clouds
take a hundred times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Runs:
    """Stretches of pixels, each in one line of an image and in the order of reading.

    Attributes:
        rows, starts, ends: int64 of equal length; ``ends`` lie one column beyond.
    """

    rows: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, strips: Iterable[np.ndarray], value: int) -> Runs:
        """The runs of ``value`` in an image that comes in strips (rows, width), top first."""
        rows, starts, ends = [], [], []
        first_row = 0
        for strip in strips:
            # The sides of the image belong to no run, so that every run has a start and an end.
            inside = np.zeros((len(strip), strip.shape[1] + 2), bool)
            np.equal(strip, value, out=inside[:, 1:-1])
            edges = np.flatnonzero(inside.ravel()[1:] != inside.ravel()[:-1])
            row, column = np.divmod(edges, inside.shape[1])
            rows.append(row[::2] + first_row)
            starts.append(column[::2])
            ends.append(column[1::2])
            first_row += len(strip)
        empty = np.zeros(0, np.int64)
        return cls(*(np.concatenate([empty, *parts]) for parts in (rows, starts, ends)))

    @classmethod
    def joined(cls, parts: Sequence[Runs]) -> Runs:
        """All runs of the parts, which must come in the order of reading."""
        empty = np.zeros(0, np.int64)
        return cls(
            np.concatenate([empty, *(part.rows for part in parts)]),
            np.concatenate([empty, *(part.starts for part in parts)]),
            np.concatenate([empty, *(part.ends for part in parts)]),
        )

    def shifted(self, columns: int, rows: int) -> Runs:
        """As if the image had so many more columns to the left and rows above."""
        return Runs(self.rows + rows, self.starts + columns, self.ends + columns)

    def chosen(self, which: np.ndarray) -> Runs:
        """Some of the runs, by numbers in the order of reading or by true and false."""
        return Runs(self.rows[which], self.starts[which], self.ends[which])

    def patches(self, corners_touch: bool) -> np.ndarray:
        """For each run the number of the first run of its patch, int64."""
        return _connected(len(self.rows), *self._neighbours(corners_touch))

    def smaller_than(self, smallest_px: float, corners_touch: bool) -> Runs:
        """The runs of patches of fewer pixels than ``smallest_px``."""
        patches = self.patches(corners_touch)
        sizes_px = np.bincount(patches, self.ends - self.starts)
        is_small = sizes_px[patches] < smallest_px if len(patches) else np.zeros(0, bool)
        return self.chosen(is_small)

    def fill(self, strip: np.ndarray, first_row: int, value: int) -> None:
        """Set the runs in a strip (rows, width) of the image, which must be contiguous."""
        first, last = np.searchsorted(self.rows, (first_row, first_row + len(strip)))
        offsets = (self.rows[first:last] - first_row) * strip.shape[1]
        lengths = self.ends[first:last] - self.starts[first:last]
        pixels = _ranges(offsets + self.starts[first:last], lengths)
        strip.reshape(-1)[pixels] = value

    def _neighbours(self, corners_touch: bool) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of runs that touch: in the line above, and the run itself."""
        reach = 1 if corners_touch else 0
        # One number for line and column, with room for the reach between the lines.
        stride = int(self.ends.max(initial=0)) + 2
        ends = self.rows * stride + self.ends
        starts = self.rows * stride + self.starts
        first = np.searchsorted(ends, starts - stride - reach, side="right")
        last = np.searchsorted(starts, ends - stride + reach, side="left")
        counts = np.maximum(last - first, 0)
        return _ranges(first, counts), np.repeat(np.arange(len(starts)), counts)


def _ranges(firsts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """first, first + 1, … of every range, one after the other."""
    begins = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) - np.repeat(begins - firsts, lengths)


def _connected(count: int, above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """For each of ``count`` runs the first run of its patch.

    Every run points to one that is not later; roots of runs that touch are hung under each
    other until none differ, and all point straight to the root in between.
    """
    parents = np.arange(count)
    while True:
        a, b = parents[above], parents[below]
        differ = a != b
        if not differ.any():
            return parents
        a, b = a[differ], b[differ]
        above, below = above[differ], below[differ]
        parents[np.maximum(a, b)] = np.minimum(a, b)
        while not np.array_equal(parents, grandparents := parents[parents]):
            parents = grandparents
