"""A contact sheet: many images in one PNG, with the outlines of what a model calls cloud."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cloudmamba.classes import CLEAR, CLOUD, NO_DATA
from cloudmamba.data.images import LabelledImage
from cloudmamba.detection.products import SHADOW_THRESHOLD
from cloudmamba.evaluation.maskers import ModelMasker
from cloudmamba.evaluation.report.page import FONT_PX, Page
from cloudmamba.evaluation.report.pictures import FALSE_COLOUR, MISSED_COLOUR, true_colour

CELL_PX, GAP_PX, LINE_PX = 256, 6, 22
MASK_OUTLINE, REFERENCE_OUTLINE, SHADOW_OUTLINE = FALSE_COLOUR, MISSED_COLOUR, (220, 60, 220)
_LEGEND = "orange: mask · blue: reference · violet: cloud shadow of the mask"


class ContactSheet:
    """Images in lines and columns, each as large as fits a square of ``CELL_PX``."""

    def __init__(self, masker: ModelMasker, count: int, columns: int):
        """Raises InputError without Pillow."""
        self._masker, self._columns = masker, min(columns, count)
        lines = math.ceil(count / self._columns)
        width_px = self._columns * (CELL_PX + GAP_PX) + GAP_PX
        self._page = Page(width_px, LINE_PX + GAP_PX + lines * (CELL_PX + LINE_PX))
        title = f"{masker.name}: {_LEGEND}"
        self._page.write(title, GAP_PX, (LINE_PX - FONT_PX) / 2, width_px - 2 * GAP_PX)
        self._placed = 0

    def add(self, image: LabelledImage) -> None:
        """Mask an image, and put it in the next cell."""
        line, column = divmod(self._placed, self._columns)
        self._placed += 1
        left = GAP_PX + column * (CELL_PX + GAP_PX)
        top = LINE_PX + GAP_PX + line * (CELL_PX + LINE_PX)
        answer = self._masker(image)
        valid = answer.mask != NO_DATA
        share = (answer.mask == CLOUD).sum() / max(valid.sum(), 1)
        self._page.paste(_outlined(image, answer.mask, self._shadow_of(answer)), left, top)
        text = f"{100 * share:.0f} % {image.name}"
        self._page.write(text, left, top + CELL_PX + 2, CELL_PX)

    def png(self) -> bytes:
        """The file."""
        return self._page.png()

    @staticmethod
    def _shadow_of(answer) -> np.ndarray:
        shadow = answer.prediction.shadow
        clear = answer.mask == CLEAR
        return np.zeros_like(clear) if shadow is None else clear & (shadow > SHADOW_THRESHOLD)


def _outlined(image: LabelledImage, mask: np.ndarray, shadow: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8, the longer side of ``CELL_PX``; outlines are a pixel wide there."""
    scale = CELL_PX / max(mask.shape)
    # The middles of the cell's pixels: the nearest of the image's, for picture and masks alike.
    rows, columns = (
        np.minimum(((np.arange(max(1, round(n * scale))) + 0.5) / scale).astype(int), n - 1)
        for n in mask.shape
    )
    here = np.ix_(rows, columns)
    pixels = true_colour(image.pixels, image.valid)[here]
    layers: Sequence[tuple[np.ndarray, tuple[int, int, int]]] = (
        (image.label == CLOUD, REFERENCE_OUTLINE),
        (shadow, SHADOW_OUTLINE),
        (mask == CLOUD, MASK_OUTLINE),
    )
    for layer, colour in layers:
        pixels[_outline(layer[here])] = colour
    return pixels


def _outline(inside: np.ndarray) -> np.ndarray:
    """Pixels inside that have one outside to the left, right, above or below."""
    padded = np.pad(inside, 1, mode="edge")
    surrounded = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return inside & ~surrounded
