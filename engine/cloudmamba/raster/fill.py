"""Fill that nobody declared: areas of one value in all bands that touch the edge of a raster.

What a value is, is exact; where the areas are is found on the raster reduced to ``OVERVIEW_PX``, so
memory does not grow with it. Up to that size both are exact; of a larger one the outermost pixels and
some windows next to the areas are looked at as they are. Saturated cloud is of one value, too: it
brightens towards its middle, while fill begins from one pixel to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

OVERVIEW_PX = 1024
# Along the edge of the raster, and in all of the reduced raster.
_SHORTEST_RUN_PX = 48
_SMALLEST_AREA_PX = 64
# What lossy compression makes of black and white in 8 bits.
_LOSSY_STEPS = 3
# What is next to an area: from and to how many pixels away, within which share of what the image
# spans it continues the value, and which share of it may. Of 70 saturated or black areas at the
# edges of 8-bit pictures the least has 0.48, and fill has 0.00.
_NEXT_TO, _NEAR, _MOST_NEAR = (0, 1), 0.3, 0.25
_LEAST_SPAN = 0.2
# Lossy compression blurs over blocks of 8, so the same tells less; fill is compact as well: its
# edge is at most so long as a multiple of the root of its area (fill 1 to 3, cloud 7 to 70).
_NEXT_TO_LOSSY, _NEAR_LOSSY, _LONGEST_EDGE = (2, 9), 0.15, 6.0
# An edge is straight where it goes on so long along a row or column.
_STRAIGHT_PX = 24
_MOSTLY_STRAIGHT = 0.6
# Share of neighbours of one value above which an image is a map or the like.
_MOST_FLAT = 0.5
# Fill leaves that share of the pixels at least; else it is an image of nothing but cloud.
_LEAST_LEFT = 0.02
# The reduced raster shows an area only so exactly, in its pixels.
_GROWN_PX = 2
# So many places at the edge of an area are looked at in a raster that was reduced.
_PLACES = 24
# Doubtful areas from this share on are told.
_WORTH_TELLING = 0.05


@dataclass(frozen=True)
class Level:
    """A value, or values next to each other, in every band: ``lowest`` and ``greatest`` (bands,)."""

    lowest: np.ndarray
    greatest: np.ndarray

    def matches(self, values: np.ndarray) -> np.ndarray:
        """Where (bands, ...) all bands are within: bool (...)."""
        shape = (-1,) + (1,) * (values.ndim - 1)
        within = values >= self.lowest.reshape(shape)
        within &= values <= self.greatest.reshape(shape)
        return np.asarray(within.all(0))

    @property
    def is_exact(self) -> bool:
        return bool((self.lowest == self.greatest).all())

    def __str__(self) -> str:
        if not self.is_exact:
            return f"{self.lowest[0]:g} to {self.greatest[0]:g}"
        if (self.lowest == self.lowest[0]).all():
            return f"{self.lowest[0]:g}"
        return ", ".join(f"{value:g}" for value in self.lowest)


@dataclass(frozen=True)
class Fill:
    """Where a raster is filled.

    Attributes:
        levels: the values.
        covers: for each the pixels of the reduced raster, bool (height, width).
        size: height and width of the raster.
        warnings: sentences for the user.
    """

    levels: tuple[Level, ...]
    covers: tuple[np.ndarray, ...]
    size: tuple[int, int]
    warnings: tuple[str, ...]

    def pixels(self, values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Which pixels are fill: bool (height, width).

        Args:
            values: (bands, height, width) as stored.
            rows, columns: of the raster, where they come from.
        """
        filled = np.zeros(values.shape[1:], bool)
        for level, cover in zip(self.levels, self.covers, strict=True):
            inside = level.matches(values)
            if inside.any():
                y = rows * cover.shape[0] // self.size[0]
                x = columns * cover.shape[1] // self.size[1]
                filled |= inside & cover[np.ix_(y, x)]
        return filled


def candidates(edges: Iterable[tuple[np.ndarray, np.ndarray]]) -> list[Level]:
    """Values that fill may have.

    Args:
        edges: pieces of the edge of the raster: values (bands, n) and valid (n).
    """
    found: dict[tuple, Level] = {}
    for values, valid in edges:
        for level in _levels_along(values, valid):
            found[(*level.lowest.tolist(), *level.greatest.tolist())] = level
    # The wider ones first: what lossy compression made of a value belongs to its area.
    return sorted(found.values(), key=lambda level: level.is_exact)


def _levels_along(values: np.ndarray, valid: np.ndarray) -> Iterable[Level]:
    if values.dtype == np.uint8:
        for lowest, greatest in ((0, _LOSSY_STEPS), (255 - _LOSSY_STEPS, 255)):
            level = Level(*(np.full(len(values), limit, np.uint8) for limit in (lowest, greatest)))
            runs = _runs(level.matches(values) & valid)
            if (runs[1] - runs[0] >= _SHORTEST_RUN_PX).any():
                yield level
    same = (values[:, 1:] == values[:, :-1]).all(0) & valid[1:] & valid[:-1]
    starts, ends = _runs(same)
    for start in starts[ends - starts >= _SHORTEST_RUN_PX - 1]:
        yield Level(values[:, start].copy(), values[:, start].copy())


def _runs(flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First positions of the runs of True in (n), and the positions after them."""
    padded = np.zeros(len(flags) + 2, np.int8)
    padded[1:-1] = flags
    steps = np.diff(padded)
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


# Values (bands, ...) and validity (...) as they are stored.
Pixels = tuple[np.ndarray, np.ndarray]


def find_fill(
    reduced: Pixels,
    levels: Sequence[Level],
    size: tuple[int, int],
    border: Pixels | None = None,
    around: Callable[[int, int], Pixels] | None = None,
) -> Fill:
    """Which of the levels are fill, and where.

    Args:
        reduced: values (bands, height, width) and validity (height, width), without the fill that
            is looked for.
        levels: of ``candidates``.
        size: height and width of the raster itself.
        border: of a raster that was reduced, the outermost pixels (bands, n): first and last row,
            first and last column.
        around: gives its pixels about row and column of the reduced raster; None where it is whole.
    """
    values, valid = reduced
    is_whole = around is None
    kept: list[Level] = []
    covers: list[np.ndarray] = []
    filled = np.zeros(valid.shape, bool)
    warnings = []
    for level in levels:
        area = level.matches(values) & valid
        if border is not None:
            _mark_border(area, level.matches(border[0]) & border[1], size)
        area = _touching_the_edge(area & ~filled)
        if area.sum() < _SMALLEST_AREA_PX or not (valid & ~area).any():
            continue
        share = f"{100 * area.mean():.1f} % of the raster"
        if _is_flat(values, valid & ~area):
            continue
        is_most = (valid & ~area).sum() < _LEAST_LEFT * valid.sum()
        stands_out = _stands_out(area, level, values, valid, around) or _is_straight(area, valid)
        if is_most or not stands_out:
            if level.is_exact and area.mean() >= _WORTH_TELLING:
                warnings.append(
                    f"An area of the value {level} in every band touches the edge ({share}). It was "
                    "taken for image; if it is fill, declare that value as no data."
                )
            continue
        filled |= area
        kept.append(level)
        covers.append(area if is_whole else _grown(area, _GROWN_PX))
        warnings.append(
            f"An area of the value {level} in every band touches the edge ({share}): it was taken "
            "for no data, though none is declared. To keep it as image: --keep-fill."
        )
    return Fill(tuple(kept), tuple(covers), size, tuple(warnings))


def _is_flat(values: np.ndarray, image: np.ndarray) -> bool:
    """Whether an image consists of areas of one value anyway, as maps do."""
    pairs = image[:, 1:] & image[:, :-1]
    same = (values[:, :, 1:] == values[:, :, :-1]).all(0) & pairs
    return bool(same.sum() > _MOST_FLAT * pairs.sum())


def _mark_border(area: np.ndarray, found: np.ndarray, size: tuple[int, int]) -> None:
    """Put what the outermost pixels (n) show into the reduced area: it may be too thin for that."""
    parts = np.split(found, np.cumsum([size[1], size[1], size[0]]))
    lines = (area[0], area[-1], area[:, 0], area[:, -1])
    for line, part in zip(lines, parts, strict=True):
        line[np.flatnonzero(part) * len(line) // len(part)] = True


def _next_to(
    area: np.ndarray,
    level: Level,
    values: np.ndarray,
    valid: np.ndarray,
    around: Callable[[int, int], Pixels] | None,
) -> np.ndarray:
    """Values (bands, n) that lie next to an area."""
    inner, outer = _NEXT_TO if level.is_exact else _NEXT_TO_LOSSY

    def beside(values: np.ndarray, valid: np.ndarray, area: np.ndarray) -> np.ndarray:
        return values[:, _grown(area, outer) & ~_grown(area, inner) & valid]

    if around is None:
        return beside(values, valid, area)
    # In a reduced raster the nearest pixel is several away, and cloud has long ended there.
    rows, columns = np.nonzero(area & _grown(~area & valid, 1))
    found = []
    for place in np.unique(np.linspace(0, len(rows) - 1, _PLACES).round().astype(int)):
        pixels, known = around(int(rows[place]), int(columns[place]))
        found.append(beside(pixels, known, level.matches(pixels) & known))
    return np.concatenate(found, axis=1) if len(rows) else values[:, :0, 0]


def _stands_out(
    area: np.ndarray,
    level: Level,
    values: np.ndarray,
    valid: np.ndarray,
    around: Callable[[int, int], Pixels] | None,
) -> bool:
    """Whether the image begins next to an area with values unlike it."""
    next_to = _next_to(area, level, values, valid, around).astype(np.float64)
    near = _NEAR if level.is_exact else _NEAR_LOSSY
    if not next_to.size:
        return False
    image = values[:, valid & ~area].astype(np.float64)
    low, middle, high = np.percentile(image, (1, 50, 99), axis=1)
    # An image that is nearly uniform, such as closed cloud, is like anything of its brightness.
    span = np.maximum(high - low, _LEAST_SPAN * np.abs(middle))
    limit = (near * span)[:, None]
    alike = (next_to >= level.lowest[:, None] - limit) & (
        next_to <= level.greatest[:, None] + limit
    )
    if alike.all(0).mean() >= _MOST_NEAR:
        return False
    edge = sum(int(edges.sum()) for edges in _edges(area, valid))
    return level.is_exact or edge <= _LONGEST_EDGE * np.sqrt(area.sum())


def _is_straight(area: np.ndarray, valid: np.ndarray) -> bool:
    """Whether most of the edge of an area goes along rows and columns."""
    total = straight = 0
    for edges in _edges(area, valid):
        for edge in edges[edges.any(1)]:
            starts, ends = _runs(edge)
            lengths = ends - starts
            total += int(lengths.sum())
            straight += int(lengths[lengths >= _STRAIGHT_PX].sum())
    return total > 0 and straight >= _MOSTLY_STRAIGHT * total


def _edges(area: np.ndarray, valid: np.ndarray) -> Iterable[np.ndarray]:
    """Where valid pixels above and below, then left and right of each other, are in and out."""
    for inside, known in ((area, valid), (area.T, valid.T)):
        yield (inside[1:] ^ inside[:-1]) & known[1:] & known[:-1]


def _grown(area: np.ndarray, by_px: int) -> np.ndarray:
    """With all pixels that are at most ``by_px`` rows and columns away."""
    for _ in range(2):  # along the columns, then, turned, along the rows
        reached = area.copy()
        for step in range(1, by_px + 1):
            reached[step:] |= area[:-step]
            reached[:-step] |= area[step:]
        area = reached.T
    return area


def _touching_the_edge(area: np.ndarray) -> np.ndarray:
    """The parts of an area, connected along rows and columns, that touch the edge."""
    reached = np.zeros_like(area)
    reached[[0, -1]], reached[:, [0, -1]] = area[[0, -1]], area[:, [0, -1]]
    count = -1
    while count != (count := int(reached.sum())):
        reached = _along_rows(reached, area)
        reached = _along_rows(reached.T, area.T).T
    return reached


def _along_rows(reached: np.ndarray, area: np.ndarray) -> np.ndarray:
    """All of every run in a row of ``area`` that holds a reached pixel."""
    starts = area.copy()
    starts[:, 1:] &= ~area[:, :-1]
    run = starts.ravel().cumsum().reshape(area.shape)
    is_reached = np.zeros(int(run[-1, -1]) + 1, bool)
    is_reached[run[reached]] = True
    return area & is_reached[run]
