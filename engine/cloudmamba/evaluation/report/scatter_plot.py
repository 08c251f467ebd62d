"""Named points in a plot that stands alone: SVG with its own colours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 110, 40, 48
_INK, _GREY, _POINT, _PAPER = "#20272e", "#dde3ea", "#0072b2", "#ffffff"


def scatter_plot(
    title: str, points: Mapping[str, tuple[float, float]], x_label: str, y_label: str
) -> str:
    """Points with their names beside them; x is logarithmic.

    Args:
        points: by name; x greater than zero, both finite. None at all is an empty plot.
    """
    xs = [x for x, _ in points.values()] or [1.0]
    ys = [y for _, y in points.values()] or [0.0]
    first, last = math.floor(math.log10(min(xs))), math.ceil(math.log10(max(xs)))
    last = max(last, first + 1)
    step = _round_step(max(max(ys) - min(ys), 1.0) / 5)
    low, high = step * math.floor(min(ys) / step), step * math.ceil(max(ys) / step)
    high = max(high, low + step)

    def across(x: float) -> float:
        share = (math.log10(x) - first) / (last - first)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def down(y: float) -> float:
        return _HEIGHT - _BOTTOM - (y - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_text(_LEFT, 22, title, weight="bold")]
    for number in range(round((high - low) / step) + 1):
        y = low + number * step
        parts.append(_rule(_LEFT, down(y), _WIDTH - _RIGHT, down(y)))
        parts.append(_text(_LEFT - 6, down(y) + 4, f"{y:g}", "end"))
    for power in range(first, last + 1):
        x = across(10.0**power)
        parts.append(_rule(x, _TOP, x, _HEIGHT - _BOTTOM))
        parts.append(_text(x, _HEIGHT - _BOTTOM + 18, f"{10.0**power:g}", "middle"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 8, x_label, "middle"))
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(
        f'<text x="16" y="{middle:.0f}" text-anchor="middle" '
        f'transform="rotate(-90 16 {middle:.0f})">{escape(y_label)}</text>'
    )
    for name, (x, y) in points.items():
        parts.append(
            f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="4" fill="{_POINT}"/>'
            + _text(across(x) + 8, down(y) + 4, name)
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}" '
        f'font-family="sans-serif" font-size="12" fill="{_INK}">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="{_PAPER}"/>{"".join(parts)}</svg>\n'
    )


def _round_step(rough: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, not below ``rough``."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{_GREY}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )
