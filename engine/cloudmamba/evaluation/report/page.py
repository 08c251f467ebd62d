"""A white page on which pictures and lines of text are put, as PNG."""

from __future__ import annotations

import io

import numpy as np

from cloudmamba.errors import InputError

FONT_PX = 15
_PAPER, _INK = (255, 255, 255), (20, 20, 20)


class Page:
    """Raises InputError without Pillow."""

    def __init__(self, width_px: int, height_px: int):
        try:
            from PIL import Image, ImageDraw, ImageFont
        except ImportError as error:
            raise InputError(
                "Figures need the package Pillow: install it with pip install '.[figures]'."
            ) from error
        self._from_array = Image.fromarray
        self._page = Image.new("RGB", (width_px, height_px), _PAPER)
        self._draw = ImageDraw.Draw(self._page)
        self._font = ImageFont.load_default(FONT_PX)

    def paste(self, pixels: np.ndarray, left: int, top: int) -> None:
        """Put (H, W, 3) uint8 on the page."""
        self._page.paste(self._from_array(pixels), (left, top))

    def write(
        self, text: str, left: float, top: float, width: float, centred: bool = False
    ) -> None:
        """One line of text, cut where it would run into the next column."""
        while self._draw.textlength(text, self._font) > width and len(text) > 1:
            text = f"{text.rstrip('…')[:-1]}…"
        if centred:
            left += (width - self._draw.textlength(text, self._font)) / 2
        self._draw.text((left, top), text, _INK, self._font)

    def png(self) -> bytes:
        """The file."""
        content = io.BytesIO()
        self._page.save(content, "PNG", optimize=True)
        return content.getvalue()
