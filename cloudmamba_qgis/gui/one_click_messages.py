"""What the one click says in the message bar: progress, results and failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import Qgis, QgsMessageOutput
from qgis.gui import QgsMessageBar, QgsMessageBarItem
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QLocale, QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QProgressBar, QPushButton

from cloudmamba_qgis.layers.placement import PlacedResults
from cloudmamba_qgis.translation import tr


@dataclass(frozen=True)
class Masked:
    """A layer that has its mask."""

    layer_name: str
    summary: dict[str, Any]
    results: PlacedResults
    log: str


@dataclass(frozen=True)
class Failed:
    """A layer that has none, and why."""

    layer_name: str
    sentence: str
    log: str


class OneClickMessages(QObject):
    """Shows one message at a time, each in place of the one before.

    ``title`` stands before messages that are not of a single layer.
    """

    cancel_clicked = pyqtSignal()

    def __init__(self, bar: QgsMessageBar, title: str) -> None:
        super().__init__()
        self._bar = bar
        self._title = title
        self._item: QgsMessageBarItem | None = None
        self._progress: QProgressBar | None = None
        self._cancel: QPushButton | None = None

    def begin(self) -> None:
        """Show that work has begun."""
        self._progress = QProgressBar()
        self._progress.setMaximumWidth(200)
        self._cancel = QPushButton(tr("Cancel"))
        self._cancel.clicked.connect(self.cancel_clicked)
        self._show(self._title, "", Qgis.MessageLevel.Info, [self._progress, self._cancel])

    def say(self, text: str) -> None:
        """What is going on; nothing is shown any more where the user closed the message."""
        if self._is_open():
            self._item.setText(text)

    def progress(self, percent: float) -> None:
        """How far it is; not known at 0."""
        if self._is_open():
            self._progress.setMaximum(100 if percent > 0 else 0)
            self._progress.setValue(round(percent))

    def say_cancelling(self) -> None:
        """The engine finishes its tile."""
        if self._is_open():
            self._cancel.setEnabled(False)
            self.say(tr("Cancelling…"))

    def inform(self, text: str) -> None:
        """Say something that passes."""
        self._bar.pushMessage(self._title, text, Qgis.MessageLevel.Info)

    def show(
        self,
        title: str,
        text: str,
        level: Qgis.MessageLevel,
        buttons: Sequence[tuple[str, Callable[[], None]]] = (),
    ) -> None:
        """Say something that stays, with these buttons."""
        self._show(title, text, level, [_button(words, action) for words, action in buttons])

    def show_results(
        self,
        masked: Sequence[Masked],
        failed: Sequence[Failed],
        buttons: Sequence[tuple[str, Callable[[], None]]] = (),
    ) -> None:
        """Say how it came out, with buttons to undo it, to read the report, and those given."""
        parts = [_result_words(one) for one in masked]
        parts += [f"{one.layer_name}: {one.sentence}" for one in failed]
        warnings = {text for one in masked for text in one.summary["warnings"]}
        parts += sorted(warnings) if len(warnings) == 1 else []
        level = Qgis.MessageLevel.Success
        if failed:
            level = Qgis.MessageLevel.Warning if masked else Qgis.MessageLevel.Critical
        elif warnings:
            level = Qgis.MessageLevel.Warning
        widgets = [_button(text, action) for text, action in buttons]
        if masked:
            widgets.append(_button(tr("Undo"), lambda: self._undo(masked)))
        log = "".join(f"<h3>{one.layer_name}</h3>{one.log}" for one in [*masked, *failed])
        title = tr("Report") if masked else tr("Details")
        widgets.append(_button(title, lambda: show_report(log)))
        # The name of a single layer is the title, in bold.
        title, text = self._title, " – ".join(parts)
        if len(masked) + len(failed) == 1:
            title, _, text = text.partition(": ")
        self._show(title, text, level, widgets)

    def close(self) -> None:
        """Take the message away."""
        if self._is_open():
            self._bar.popWidget(self._item)
        self._item = None

    def _undo(self, masked: Sequence[Masked]) -> None:
        for one in masked:
            one.results.remove()
        self.close()

    def _is_open(self) -> bool:
        return self._item is not None and not sip.isdeleted(self._item)

    def _show(self, title: str, text: str, level: Qgis.MessageLevel, widgets: Sequence) -> None:
        self.close()
        self._item = self._bar.createMessage(title, text)
        for widget in widgets:
            self._item.layout().addWidget(widget)
        self._bar.pushWidget(self._item, level, 0)


def show_report(log: str) -> None:
    """Show what was used and said in a window of its own."""
    output = QgsMessageOutput.createMessageOutput()
    output.setTitle(tr("Cloud detection report"))
    output.setMessage(log, QgsMessageOutput.MessageType.MessageHtml)
    output.showMessage(False)


def _button(text: str, action: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.clicked.connect(lambda: action())
    return button


def _result_words(masked: Masked) -> str:
    summary, locale = masked.summary, QLocale()
    percent = summary["cloud_percent"]
    return tr("{layer}: {cloud} % cloud, mean uncertainty {uncertainty}").format(
        layer=masked.layer_name,
        cloud=locale.toString(percent, "f", 0 if percent >= 10 or percent == 0 else 1),
        uncertainty=locale.toString(summary["mean_uncertainty"], "f", 2),
    )
