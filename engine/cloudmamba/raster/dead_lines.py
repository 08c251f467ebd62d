"""Lines that a detector did not see: of one value in one band, between lines that vary."""

from __future__ import annotations

import numpy as np

_FEWEST_PX = 32
# More lines next to each other are something else, such as fill or an area of one colour.
_MOST_LINES = 16
# Share of the pixels of the line beside it that are all brighter, or all darker.
_BEYOND = 0.98


def dead_lines(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Pixels of rows and columns that are dead in some band: bool (height, width).

    A line is dead where all its valid pixels have one value in a band, the lines on both sides of
    it (or of several such lines) vary, and nearly all of their pixels are brighter, or darker. Water
    or cloud of one value so never are.

    Args:
        values: (bands, height, width).
        valid: (height, width) bool.
    """
    dead = np.zeros(valid.shape, bool)
    for band in values:
        dead |= _dead_rows(band, valid)
        dead |= _dead_rows(band.T, valid.T).T
    return dead


def _dead_rows(band: np.ndarray, valid: np.ndarray) -> np.ndarray:
    enough = valid.sum(1) >= _FEWEST_PX
    first_valid = band[np.arange(len(band)), valid.argmax(1)]
    constant = enough & ((band == first_valid[:, None]) | ~valid).all(1)
    dead = np.zeros(len(band), bool)
    steps = np.diff(np.concatenate(([False], constant, [False])).astype(np.int8))
    for first, end in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True):
        value = first_valid[first]
        beside = [row for row in (first - 1, end) if 0 <= row < len(band) and enough[row]]
        dead[first:end] = (
            bool(beside)
            and end - first <= _MOST_LINES
            and bool((first_valid[first:end] == value).all())
            and all(_is_beyond(value, band[row][valid[row]]) for row in beside)
        )
    return dead[:, None] & valid


def _is_beyond(value: np.generic, line: np.ndarray) -> bool:
    return bool(max((line > value).mean(), (line < value).mean()) >= _BEYOND)
