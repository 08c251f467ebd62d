"""A plot that stands alone in a page: SVG with its own colours, readable on light and dark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

# Okabe and Ito: told apart with any colour vision.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 380, 64, 20, 54, 44
_GREY = "#808080"


def log_plot(title: str, y_label: str, curves: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Curves over the size of a scene, both axes logarithmic.

    Args:
        curves: by name; points of size in pixels and value, all greater than zero.
    """
    sizes = sorted({x for points in curves.values() for x, _ in points})
    values = [y for points in curves.values() for _, y in points]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    span = math.log2(sizes[-1] / sizes[0]) or 1.0

    def across(size: float) -> float:
        return _LEFT + math.log2(size / sizes[0]) / span * (_WIDTH - _LEFT - _RIGHT)

    def down(value: float) -> float:
        share = (math.log10(value) - low) / (high - low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    parts = [f'<text x="{_LEFT}" y="18" font-weight="bold">{escape(title)}</text>']
    for power in range(low, high + 1):
        y = down(10.0**power)
        parts.append(
            f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="{_GREY}" opacity=".4"/>'
        )
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
        )
    for size in sizes:
        parts.append(
            f'<text x="{across(size):.1f}" y="{_HEIGHT - 24}" text-anchor="middle">{size:g}</text>'
        )
    parts.append(
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 6}" text-anchor="middle">'
        "side of the scene in pixels</text>"
    )
    parts.append(
        f'<text transform="rotate(-90 14 {_HEIGHT / 2})" x="14" y="{_HEIGHT / 2}" '
        f'text-anchor="middle">{escape(y_label)}</text>'
    )
    legend = []
    for number, (name, points) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        placed = [(across(x), down(y)) for x, y in sorted(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in placed]
        legend.append(f'<tspan fill="{colour}">{escape(name)}</tspan>')
    # Above the plot, where it hides no curve.
    parts.append(f'<text x="{_LEFT}" y="38">{" · ".join(legend)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="12" fill="{_GREY}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>\n"
    )
