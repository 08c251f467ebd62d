"""An evaluation as one HTML file: no script, and nothing is loaded from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from operator import attrgetter
from typing import Any

import numpy as np

from cloudmamba.evaluation.report.comparison import Comparison
from cloudmamba.evaluation.report.panels import Panel, Picture
from cloudmamba.evaluation.report.pictures import (
    CLEAR_COLOUR,
    CLOUD_COLOUR,
    FALSE_COLOUR,
    MISSED_COLOUR,
    NO_DATA_COLOUR,
)
from cloudmamba.evaluation.report.plots import Line, bar_plot, line_plot
from cloudmamba.evaluation.report.results_file import versions
from cloudmamba.evaluation.report.tables import Table, all_tables, image_table, models_of, shown
from cloudmamba.evaluation.scoring import POOLED, pool

MARK = '<meta name="generator" content="cloudmamba evaluate">'
# Beyond this many images, a plot shows those on which the first masker is worst.
_MOST_BARS = 60
_CURVE_POINTS = 200

_DEFINITIONS = {
    "OA": "overall accuracy: share of pixels that are right (equation 30).",
    "precision": "share of pixels called cloud that are cloud.",
    "recall": "share of cloud pixels that are found.",
    "F1": "harmonic mean of precision and recall (equation 29).",
    "cloud IoU": "intersection over union of the class cloud, F1 / (2 - F1). The tables of the "
    "paper call it mIoU.",
    "mIoU (2 classes)": "mean of the IoUs of cloud and clear (equation 28).",
    "boundary F1": "a boundary pixel is a cloud pixel with a clear pixel to the left, right, above "
    "or below. Precision is the share of the mask's boundary pixels that have one of the reference "
    "within {tolerance:g} pixels, recall the reverse; F1 is their harmonic mean. Boundary pixels "
    "that close to an unlabelled pixel do not count, and the edge of the image is no boundary.",
    "false cloud": "share of clear pixels that are called cloud.",
    "no answer": "share of labelled pixels where the mask has no data; they count nowhere else.",
    "Pc, U, M, Pr": "cloud probability of the first stage; its uncertainty 1 - 2 |Pc - 0.5|; where "
    "it is accepted, U < gamma (everywhere at a gamma of 1); cloud probability of the second "
    "stage.",
    "ECE": "expected calibration error: mean distance of predicted probability and observed share "
    "of cloud, over bins of probability, weighted by pixels.",
    "Brier": "mean of (P - y)², y being 1 for cloud and 0 for clear.",
    "AURC": "area under the risk-coverage curve: the share of wrong pixels among the surest, "
    "averaged over how many are kept. E-AURC is its excess over that of the best possible order.",
    "cloud shadow": "what the mask gives as cloud shadow: clear, and its probability above one half. "
    "F1, precision and recall are those of shadow; false shadow is the share of pixels without it "
    "that are called shadow, truth the share of shadow in the reference.",
    "AUROC": "chance that a wrong pixel is more uncertain than a right one.",
}


def as_html(comparison: Comparison) -> str:
    """The report."""
    title = "Cloud mask evaluation"
    style = (
        resources.files("cloudmamba.evaluation.report").joinpath("report.css").read_text("utf-8")
    )
    sections = [
        f"<h1>{title}</h1>",
        _facts_line(comparison.data),
        _results(comparison),
        _plots(comparison),
        _panels(comparison),
        _by_image(comparison),
        _methods(comparison),
        _definitions(comparison),
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{MARK}\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(sections)
        + "\n</body>\n</html>\n"
    )


def _facts_line(data: Mapping[str, Any]) -> str:
    facts = [f"{data['images']} images"]
    if subset := data.get("subset"):
        facts.append(f"subset {subset}")
        if data["held_out_places_only"]:
            facts.append("places kept out of training only")
        facts.append(
            "four bands, as far as there are" if data["near_infrared"] else "near infrared withheld"
        )
        facts.append(", ".join(data["sensors"]))
    facts.append(f"data {data['data']}")
    return f'<p class="quiet">{escape(" · ".join(facts))}</p>'


def _results(comparison: Comparison) -> str:
    tables = "".join(f"<h3>{escape(t.title)}</h3>{_table(t)}" for t in all_tables(comparison))
    return f"<h2>Results</h2><p>Percent, unless said otherwise; the best is marked.</p>{tables}"


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(column.title)}</th>" for column in table.columns)
    best = [table.best(number) for number in range(len(table.columns))]
    rows = []
    for label, values in table.rows:
        cells = "".join(
            f"<td{_class('best' if value == best[number] else '')}>{shown(value, column)}</td>"
            for number, (value, column) in enumerate(zip(values, table.columns, strict=True))
        )
        kind = _class("pooled" if label.startswith("pooled: ") else "")
        rows.append(f"<tr{kind}><th>{escape(label)}</th>{cells}</tr>")
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<div class="wide"><table><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{note}"
    )


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _plots(comparison: Comparison) -> str:
    parts = ["<h2>Image by image</h2>", _bars(comparison)]
    models = models_of(comparison)
    if models:
        parts.append("<h2>Does the uncertainty mean something?</h2>")
        reliability, retention = [], []
        for result in models:
            curve = pool(result.scores, attrgetter("reliability"))[POOLED].curve()
            reliability.append(Line(result.name, curve.probability, curve.cloud_share))
            kept = pool(result.scores, attrgetter("ranking"))[POOLED].retention_curve()
            # Many points lie in the same place: those of an even grid are enough to draw.
            shares = np.linspace(0.02, 1, _CURVE_POINTS)
            risk = np.interp(shares, kept.retained, kept.risk) if len(kept.retained) else []
            retention.append(Line(result.name, shares[: len(risk)], 100 * np.asarray(risk)))
        diagram = line_plot(
            "Reliability diagram",
            reliability,
            "predicted cloud probability",
            "share of cloud in the reference",
            y_max=1,
            diagonal=True,
            markers=True,
        )
        risks = line_plot(
            "Risk-coverage curve",
            retention,
            "share of pixels kept, the surest first",
            "wrong pixels among them (percent)",
        )
        parts.append(
            '<div class="plots">'
            + _figure(diagram, "Reliability: on the dashed line, probability is frequency.")
            + _figure(risks, "Risk-coverage: the lower, the better the uncertainty finds errors.")
            + "</div>"
        )
    return "".join(parts)


def _figure(plot: str, caption: str) -> str:
    return f"<figure>{plot}<figcaption>{escape(caption)}</figcaption></figure>"


def _bars(comparison: Comparison) -> str:
    """Cloud IoU of each image, or false cloud where no image has cloud."""
    first = comparison.results[0].scores
    cloudy = any(item.counts.true_positive + item.counts.false_negative for item in first)
    score, title = ("cloud_iou", "Cloud IoU") if cloudy else ("false_cloud", "False cloud")
    rows = [
        (
            item.image,
            [getattr(result.scores[number].counts, score) for result in comparison.results],
        )
        for number, item in enumerate(first)
    ]

    def badness(row: tuple[str, Sequence[float]]) -> float:
        value = row[1][0]
        return -math.inf if math.isnan(value) else (-value if cloudy else value)

    rows = sorted(rows, key=badness, reverse=True)
    caption = f"{title}, percent; sorted by the first. A dash is not defined."
    if len(rows) > _MOST_BARS:
        caption += f" The worst {_MOST_BARS} of {len(rows)} images."
    names = [result.name for result in comparison.results]
    return _figure(bar_plot(f"{title} by image", names, rows[:_MOST_BARS]), caption)


def _panels(comparison: Comparison) -> str:
    if not comparison.panels:
        return ""
    first = comparison.results[0].name
    legend = "".join(
        f'<span><i class="swatch" style="background: rgb{colour}"></i>{meaning}</span>'
        for colour, meaning in (
            (CLOUD_COLOUR, "cloud"),
            (CLEAR_COLOUR, "clear"),
            (MISSED_COLOUR, "missed cloud"),
            (FALSE_COLOUR, "false cloud"),
            (NO_DATA_COLOUR, "not labelled, no data"),
        )
    )
    panels = "".join(_panel(panel, first) for panel in comparison.panels)
    return (
        f"<h2>Pictures</h2><p>The {len(comparison.panels)} images on which {escape(first)} is worst, "
        "worst first: the stages of the network, the mask, and the errors of every method. Pc and "
        "Pr from black (0) to white (1), U from dark (sure) to yellow (undecided), M white where the "
        f'first stage is accepted.</p><p class="legend">{legend}</p>{panels}'
    )


def _panel(panel: Panel, first: str) -> str:
    counts = panel.counts
    dash = {"cloud IoU": counts.cloud_iou, "false cloud": counts.false_cloud}
    scores = ", ".join(
        f"{name} {100 * value:.1f} %" for name, value in dash.items() if not math.isnan(value)
    )
    others = ""
    if panel.others:
        pictures = "".join(
            _picture(Picture(f"errors of {picture.caption}", picture.uri))
            for picture in panel.others
        )
        others = f'<div class="pictures">{pictures}</div>'
    return (
        f'<div class="panel"><h3>{escape(panel.image)} <span class="quiet">{escape(panel.sensor)}'
        f'</span></h3><p class="note">{escape(first)}: {100 * panel.error:.1f} % of the pixels wrong, '
        f'{scores}</p><div class="pictures">{"".join(map(_picture, panel.stages))}</div>{others}</div>'
    )


def _picture(picture: Picture) -> str:
    caption = escape(picture.caption)
    return f'<figure><img src="{picture.uri}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'


def _by_image(comparison: Comparison) -> str:
    parts = [
        f"<details><summary>{escape(result.name)}</summary>{_table(image_table(result))}</details>"
        for result in comparison.results
    ]
    return f"<h2>Scores of every image</h2>{''.join(parts)}"


def _methods(comparison: Comparison) -> str:
    parts = []
    for result in comparison.results:
        rows = "".join(
            f'<tr><th>{escape(str(key))}</th><td class="text">{escape(_plain(value))}</td></tr>'
            for key, value in result.metadata.items()
        )
        parts.append(f"<h3>{escape(result.name)}</h3><table><tbody>{rows}</tbody></table>")
    computed = ", ".join(f"{name} {version}" for name, version in versions().items())
    return (
        f"<h2>What was scored</h2>{''.join(parts)}"
        f'<p class="note">Computed with {escape(computed)}.</p>'
    )


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    return str(value)


def _definitions(comparison: Comparison) -> str:
    tolerance = comparison.settings.boundary_tolerance_px
    rows = "".join(
        f'<tr><th>{escape(name)}</th><td class="text">{escape(text.format(tolerance=tolerance))}</td>'
        "</tr>"
        for name, text in _DEFINITIONS.items()
    )
    return (
        "<h2>Definitions</h2><p>Cloud is the positive class; thin cloud counts as cloud, cloud shadow "
        "as clear, unlabelled pixels as nothing. Pooled scores come from summed counts, not from "
        "averaged scores. A dash is a score that is not defined, such as the cloud IoU where neither "
        f"mask nor reference has cloud.</p><table><tbody>{rows}</tbody></table>"
    )
