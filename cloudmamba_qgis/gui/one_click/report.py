"""The report of a run: what was found, how the image was read, and with what."""

from __future__ import annotations

import html
from typing import Any

from qgis.core import QgsMessageOutput
from qgis.PyQt.QtCore import QLocale

from cloudmamba_qgis.engine_words import in_users_language
from cloudmamba_qgis.gui.widgets.interpretation_form import radiometry_words, role_words
from cloudmamba_qgis.translation import tr


def report_of_mask(name: str, summary: dict[str, Any], log: str) -> str:
    """HTML: a table of the summary, and below it what was said."""
    rows = "".join(
        f"<tr><td><b>{html.escape(label)}</b></td><td>{html.escape(value)}</td></tr>"
        for label, value in _rows(summary)
    )
    return f'<h3>{html.escape(name)}</h3><table cellpadding="3">{rows}</table>{_log(log)}'


def report_of_failure(name: str, sentence: str, log: str) -> str:
    """HTML: the sentence, and below it what was said."""
    return f"<h3>{html.escape(name)}</h3><p>{html.escape(sentence)}</p>{_log(log)}"


def show_report(text: str) -> None:
    """Show HTML in a window of its own."""
    output = QgsMessageOutput.createMessageOutput()
    output.setTitle(tr("Cloud detection report"))
    output.setMessage(text, QgsMessageOutput.MessageType.MessageHtml)
    output.showMessage(False)


def band_words(bands: dict[str, Any]) -> str:
    """``Blue 1, Green 2, Red 3``."""
    return ", ".join(f"{words} {bands[role]}" for role, words in role_words() if bands[role])


def _rows(summary: dict[str, Any]) -> list[tuple[str, str]]:
    locale = QLocale()

    def number(value: float, digits: int) -> str:
        return locale.toString(float(value), "f", digits)

    bands, radiometry = summary["bands"], summary["radiometry"]
    rows = [
        (tr("Cloud cover"), tr("{percent} %").format(percent=number(summary["cloud_percent"], 1))),
        *(
            []
            if summary["shadow_percent"] is None
            else [
                (
                    tr("Cloud shadow"),
                    tr("{percent} %").format(percent=number(summary["shadow_percent"], 1)),
                )
            ]
        ),
        (
            tr("Valid pixels"),
            tr("{percent} % of the image").format(percent=number(summary["valid_percent"], 1)),
        ),
        (tr("Mean uncertainty"), number(summary["mean_uncertainty"], 2)),
        (tr("Bands"), f"{band_words(bands)} ({in_users_language(bands['reason'])})"),
        (
            tr("Values"),
            f"{radiometry_words(radiometry['name'])} ({in_users_language(radiometry['reason'])})",
        ),
        (tr("Model"), f"{summary['model']} {summary['version']}"),
        (tr("Device"), summary["device"]),
        (tr("Time"), tr("{count} s").format(count=number(summary["seconds"], 1))),
    ]
    return rows + [(tr("Warning"), in_users_language(warning)) for warning in summary["warnings"]]


def _log(log: str) -> str:
    return f"<p><b>{tr('Log')}</b></p>{log}" if log else ""
