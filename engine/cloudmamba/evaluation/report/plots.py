"""Plots as inline SVG: no library, no script; colours come from the style sheet of the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

# In pixels of the drawing.
_WIDTH, _HEIGHT = 520, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 12, 46
_BAR, _BAR_GAP, _LABEL_WIDTH = 9, 9, 250
# The style sheet has colours for so many series; further ones begin again.
_COLOURS = 6


@dataclass(frozen=True)
class Line:
    """One curve; ``x`` and ``y`` are of equal length, NaN in ``y`` is left out."""

    name: str
    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray


def line_plot(
    title: str,
    lines: Sequence[Line],
    x_label: str,
    y_label: str,
    *,
    y_max: float | None = None,
    diagonal: bool = False,
    markers: bool = False,
) -> str:
    """Curves over 0..1.

    Args:
        title: read out to those who cannot see the plot.
        y_max: top of the axis; None for what the curves need.
        diagonal: draw the line y = x.
    """
    points = [
        [(x, y) for x, y in zip(line.x, line.y, strict=True) if not math.isnan(y)] for line in lines
    ]
    top = y_max or max((y for line in points for _, y in line), default=0) or 1.0
    ticks = _ticks(top)
    top = y_max or ticks[-1]

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + x * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - y / top * (_HEIGHT - _TOP - _BOTTOM),
        )

    left, base = place(0, 0)
    right, ceiling = place(1, top)
    parts = []
    for tick in ticks:
        y = place(0, tick)[1]
        parts.append(_line(left, y, right, y, "grid"))
        parts.append(_text(left - 8, y + 4, f"{tick:.3g}", "end"))
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        x = place(tick, 0)[0]
        parts.append(_line(x, base, x, base + 4, "axis"))
        parts.append(_text(x, base + 18, f"{tick:g}", "middle"))
    parts.append(_line(left, base, right, base, "axis"))
    parts.append(_text((left + right) / 2, _HEIGHT - 8, x_label, "middle"))
    middle = (base + ceiling) / 2
    parts.append(
        f'<text x="14" y="{middle:.1f}" text-anchor="middle" '
        f'transform="rotate(-90 14 {middle:.1f})">{escape(y_label)}</text>'
    )
    if diagonal:
        parts.append(_line(left, base, *place(1, min(1, top)), "diagonal"))
    for number, line in enumerate(points):
        placed = [place(x, y) for x, y in line]
        colour = f"series-{number % _COLOURS}"
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline class="curve {colour}" points="{path}"/>')
        if markers:
            parts += [
                f'<circle class="dot {colour}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in placed
            ]
    return _svg(_WIDTH, _HEIGHT, title, parts) + _legend([line.name for line in lines])


def bar_plot(title: str, names: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Horizontal bars, one for each name in every row.

    Args:
        rows: label, and a share 0..1 for each name; NaN is a dash.
    """
    step = _BAR * len(names) + _BAR_GAP
    width, height = 2 * _WIDTH, step * len(rows) + 30
    right = width - 60
    parts = []
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        x = _LABEL_WIDTH + tick * (right - _LABEL_WIDTH)
        parts.append(_line(x, 0, x, height - 26, "grid"))
        parts.append(_text(x, height - 10, f"{100 * tick:g} %", "middle"))
    for position, (label, values) in enumerate(rows):
        top = step * position + _BAR_GAP / 2
        parts.append(
            _text(_LABEL_WIDTH - 8, top + (step - _BAR_GAP) / 2 + 4, _shortened(label), "end")
        )
        for number, value in enumerate(values):
            y = top + number * _BAR
            shown = "–" if math.isnan(value) else f"{100 * value:.1f}"
            length = 0 if math.isnan(value) else value * (right - _LABEL_WIDTH)
            parts.append(
                f'<rect class="bar series-{number % _COLOURS}" x="{_LABEL_WIDTH}" y="{y:.1f}" '
                f'width="{length:.1f}" height="{_BAR - 1.5}"/>'
            )
            parts.append(_text(_LABEL_WIDTH + length + 5, y + 7, shown, "start", "value"))
    return _svg(width, height, title, parts) + _legend(names)


def _legend(names: Sequence[str]) -> str:
    entries = "".join(
        f'<span><i class="swatch series-{number % _COLOURS}"></i>{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<p class="legend">{entries}</p>'


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "label") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _shortened(label: str, longest: int = 32) -> str:
    """The middle of a long name goes, as names of images differ at both ends."""
    half = longest // 2
    return label if len(label) <= longest else f"{label[: half - 1]}…{label[-half:]}"


def _ticks(top: float) -> list[float]:
    """About five round numbers from zero to at least ``top``."""
    rough = top / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    return [step * number for number in range(math.ceil(top / step - 1e-9) + 1)]
