"""Draws the figures of a model card: a reliability diagram, and pictures of the failures.

The pictures show reference, uncertainty, mask and errors and no pixel of the images
themselves, which are not the project's to spread. Run it with the engine's Python:
``python tools/model_card_figures.py DATA_FOLDER``.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from html import escape
from operator import attrgetter
from pathlib import Path

from cloudmamba.data.images import read_record
from cloudmamba.data.index import ImageRecord, read_index
from cloudmamba.evaluation.maskers import ModelMasker
from cloudmamba.evaluation.report.comparison import Comparison, compare
from cloudmamba.evaluation.report.panels import Panel
from cloudmamba.evaluation.report.plots import Line, line_plot
from cloudmamba.evaluation.scoring import Settings, pool
from cloudmamba.masker import CloudMasker
from cloudmamba.startup import prepare_process

SETTINGS = Settings()
SHOWN = ("reference", "mask", "U", "errors")
SIDE_PX, GAP_PX, CAPTION_PX, HEAD_PX = 150, 8, 20, 22
STYLE = """
svg { background: #ffffff; font: 12px sans-serif; } text { fill: #5d6b7a; }
.grid { stroke: #dde3ea; } .axis { stroke: #5d6b7a; }
.diagonal { stroke: #5d6b7a; stroke-dasharray: 5 4; } .curve { fill: none; stroke-width: 2; }
.curve.series-0 { stroke: #14648f; } .dot.series-0 { fill: #14648f; }
.curve.series-1 { stroke: #e07b1a; } .dot.series-1 { fill: #e07b1a; }
"""


def main() -> None:
    """Write ``NAME-reliability.svg`` and ``NAME-failures.svg``."""
    parser = argparse.ArgumentParser(description="Draw the figures of a model card.")
    parser.add_argument("data", type=Path, help="data folder")
    parser.add_argument("--model", help="model file or name (default: the shipped model)")
    parser.add_argument("--output", type=Path, default=Path("docs/images"), help="folder")
    parser.add_argument("--failures", type=int, default=4, help="pictures of each kind")
    arguments = parser.parse_args()
    prepare_process(idle_threads_sleep=False)
    model = CloudMasker.load(arguments.model, "cpu")
    name = model.model_card["name"]
    masker = ModelMasker(name, model)
    index = read_index(arguments.data)
    labelled = [record for record in index if record.folder == "manual/validation"]
    clear = [record for record in index if record.folder == "clear" and record.held_out]
    on_labelled = _compare(masker, labelled, arguments.failures)
    on_clear = _compare(masker, clear, arguments.failures)
    (arguments.output / f"{name}-reliability.svg").write_text(
        _reliability(on_labelled), encoding="utf-8"
    )
    (arguments.output / f"{name}-failures.svg").write_text(
        _pictures([*on_labelled.panels, *on_clear.panels]), encoding="utf-8"
    )


def _compare(masker: ModelMasker, records: Sequence[ImageRecord], panels: int) -> Comparison:
    return compare({}, map(read_record, records), [masker], SETTINGS, panels)


def _reliability(comparison: Comparison) -> str:
    pooled = pool(comparison.results[0].scores, attrgetter("reliability"))
    sensors = [key for key in pooled if key != "all"]
    curves = [pooled[sensor].curve() for sensor in sensors]
    plot = line_plot(
        "Reliability diagram",
        [
            Line(sensor, curve.probability, curve.cloud_share)
            for sensor, curve in zip(sensors, curves, strict=True)
        ],
        "predicted cloud probability",
        "share of cloud in the reference",
        y_max=1,
        diagonal=True,
        markers=True,
    )
    # The legend of the report is HTML; here it is text inside the drawing.
    drawing = plot.partition("</svg>")[0]
    legend = "".join(
        f'<circle class="dot series-{number}" cx="80" cy="{24 + 18 * number}" r="4"/>'
        f'<text x="92" y="{28 + 18 * number}">{escape(sensor)}</text>'
        for number, sensor in enumerate(sensors)
    )
    return f"{_standalone(drawing)}{legend}</svg>\n"


def _pictures(panels: Sequence[Panel]) -> str:
    columns = len(SHOWN)
    width = columns * (SIDE_PX + GAP_PX) + GAP_PX
    row_px = CAPTION_PX + SIDE_PX + GAP_PX
    parts = [
        f'<text x="{GAP_PX + column * (SIDE_PX + GAP_PX)}" y="16">{title}</text>'
        for column, title in enumerate(SHOWN)
    ]
    for row, panel in enumerate(panels):
        top = HEAD_PX + row * row_px
        caption = f"{panel.image}: {100 * panel.error:.1f} % of the pixels wrong"
        parts.append(f'<text x="{GAP_PX}" y="{top + 14}">{escape(caption)}</text>')
        by_caption = {picture.caption: picture for picture in panel.stages}
        parts += [
            f'<image x="{GAP_PX + column * (SIDE_PX + GAP_PX)}" y="{top + CAPTION_PX}" '
            f'width="{SIDE_PX}" height="{SIDE_PX}" href="{by_caption[title].uri}"/>'
            for column, title in enumerate(SHOWN)
        ]
    height = HEAD_PX + len(panels) * row_px
    start = f'<svg viewBox="0 0 {width} {height}">'
    return f"{_standalone(start)}{''.join(parts)}</svg>\n"


def _standalone(drawing: str) -> str:
    """An inline drawing as a file of its own, with size and style."""
    width, height = re.search(r'viewBox="0 0 (\S+) (\S+)"', drawing).groups()
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
    opening, rest = drawing.removeprefix("<svg ").split(">", 1)
    return f"{head}{opening}><style>{STYLE}</style>{rest}"


if __name__ == "__main__":
    main()
