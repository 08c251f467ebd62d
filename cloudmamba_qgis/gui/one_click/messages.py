"""What the one click says in the message bar: progress, results and failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import Qgis, QgsApplication
from qgis.gui import QgsMessageBar, QgsMessageBarItem
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QLocale, QObject, pyqtSignal
from qgis.PyQt.QtGui import QIcon, QResizeEvent
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from cloudmamba_qgis.engine_words import in_users_language
from cloudmamba_qgis.gui.one_click.report import report_of_failure, report_of_mask, show_report
from cloudmamba_qgis.gui.widgets.elided_label import ElidedLabel
from cloudmamba_qgis.layers.placement import PlacedResults
from cloudmamba_qgis.translation import tr

# All messages of the plugin stand under its name.
TITLE = "CloudMamba"
_LONGEST_NAME = 40
# Of a text, that stand beside the name of the plugin.
_LEAST_LETTERS = 20


@dataclass(frozen=True)
class Masked:
    """A layer that has its mask; ``is_remembered``: read as the user said of images like it."""

    layer_id: str
    layer_name: str
    summary: dict[str, Any]
    results: PlacedResults
    log: str
    is_remembered: bool


@dataclass(frozen=True)
class Failed:
    """A layer that has none, and why; without a name it is nothing about a layer.

    With ``needs_set_up`` it ends once the engine is set up again.
    """

    layer_name: str
    sentence: str
    log: str
    needs_set_up: bool = False


class OneClickMessages(QObject):
    """Shows one message at a time, each in place of the one before."""

    cancel_clicked = pyqtSignal()

    def __init__(self, bar: QgsMessageBar) -> None:
        super().__init__()
        self._bar = bar
        self._item: Message | None = None
        self._progress: QProgressBar | None = None
        self._cancel: QPushButton | None = None

    def begin(self) -> None:
        """Show that work has begun."""
        self._progress = QProgressBar()
        self._progress.setMaximumWidth(160)
        self._cancel = QPushButton(tr("Cancel"))
        self._cancel.clicked.connect(self.cancel_clicked)
        self._show("", Qgis.MessageLevel.Info, [self._progress, self._cancel])

    def say(self, text: str) -> None:
        """What is going on; nothing is shown any more where the user closed the message."""
        if self._item is not None and self._is_open():
            self._item.setText(text)

    def progress(self, percent: float) -> None:
        """How far it is; not known at 0."""
        if self._progress is not None and self._is_open():
            self._progress.setMaximum(100 if percent > 0 else 0)
            self._progress.setValue(round(percent))

    def say_cancelling(self) -> None:
        """The engine finishes its tile."""
        if self._cancel is not None and self._is_open():
            self._cancel.setEnabled(False)
            self.say(tr("Cancelling…"))

    def inform(self, text: str) -> None:
        """Say something that passes."""
        self._bar.pushMessage(TITLE, text, Qgis.MessageLevel.Info)

    def show(
        self,
        text: str,
        level: Qgis.MessageLevel,
        buttons: Sequence[tuple[str, Callable[[], None]]] = (),
    ) -> None:
        """Say something that stays, with these buttons."""
        self._show(text, level, [_Button(words, action) for words, action in buttons])

    def show_results(
        self,
        masked: Sequence[Masked],
        failed: Sequence[Failed],
        buttons: Sequence[tuple[str, Callable[[], None]]] = (),
    ) -> None:
        """Say how it came out, with the buttons given, one to undo it and one for the report."""
        level = Qgis.MessageLevel.Success
        if failed:
            level = Qgis.MessageLevel.Warning if masked else Qgis.MessageLevel.Critical
        elif any(one.summary["warnings"] for one in masked):
            level = Qgis.MessageLevel.Warning
        widgets = [_Button(text, action) for text, action in buttons]
        if masked:
            widgets.append(_Button(tr("Undo"), lambda: self._undo(masked)))
        report = "".join(
            [report_of_mask(one.layer_name, one.summary, one.log) for one in masked]
            + [report_of_failure(one.layer_name, one.sentence, one.log) for one in failed]
        )
        words = tr("Report") if masked else tr("Details")
        widgets.append(_Button(words, lambda: show_report(report)))
        item = self._show(" – ".join(_parts(masked, failed)), level, widgets)
        if len(masked) + len(failed) > 1:
            each = [_cover_words(one) for one in masked]
            each += [f"{one.layer_name}: {one.sentence}" for one in failed]
            item.label.details = "\n".join(each)
            item.label.setToolTip(item.label.details)

    def close(self) -> None:
        """Take the message away."""
        if self._is_open():
            self._bar.popWidget(self._item)
        self._item = None

    def _undo(self, masked: Sequence[Masked]) -> None:
        for one in reversed(masked):  # the last ones may have hidden those before
            one.results.remove()
        self.close()

    def _is_open(self) -> bool:
        return self._item is not None and not sip.isdeleted(self._item)

    def _show(self, text: str, level: Qgis.MessageLevel, widgets: Sequence) -> Message:
        self.close()
        item = Message(text, widgets)
        self._item = item
        self._bar.pushWidget(item, level, 0)
        return item


class Message(QgsMessageBarItem):
    """One line under the plugin's name, with widgets behind it that are never cut off.

    QGIS's own wraps its text, and then shows the first line alone.
    """

    def __init__(self, text: str, widgets: Sequence[QWidget]) -> None:
        row = _Row(text, widgets)
        super().__init__(row)
        self._row = row  # SIP does not see that it has a parent now, and would delete it
        self.label = row.label

    def title(self) -> str:
        return TITLE

    def text(self) -> str:
        return self.label.whole_text

    def setText(self, text: str) -> None:
        self.label.set_whole_text(text)


class _Row(QWidget):
    """The plugin's name, a text and widgets.

    In a narrow window the name makes room for the text; where that is not enough, buttons show
    their icons alone.
    """

    def __init__(self, text: str, widgets: Sequence[QWidget]) -> None:
        super().__init__()
        self.label = ElidedLabel(text)
        self._name = QLabel(f"<b>{TITLE}:</b>")
        self._buttons = [one for one in widgets if isinstance(one, _Button)]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._name)
        layout.addWidget(self.label, 1)
        for widget in widgets:
            layout.addWidget(widget)
        self._name_px = self._name.sizeHint().width() + layout.spacing()
        self._widgets_px = sum(one.sizeHint().width() + layout.spacing() for one in widgets)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        least_px = _LEAST_LETTERS * self.fontMetrics().averageCharWidth()
        text_px = event.size().width() - self._widgets_px
        self._name.setVisible(text_px - self._name_px >= least_px)
        for button in self._buttons:
            button.show_words(text_px >= least_px)


class _Button(QPushButton):
    """Shows words, or only the icon, where there is one for these words."""

    def __init__(self, words: str, action: Callable[[], None]) -> None:
        super().__init__(words)
        self._words = words
        self.setAccessibleName(words)
        self.clicked.connect(lambda: action())

    def show_words(self, has_room: bool) -> None:
        """Else the icon, with the words as its tip."""
        icons = {
            tr("Save…"): "mActionFileSave.svg",
            tr("Undo"): "mActionUndo.svg",
            tr("Report"): "propertyicons/metadata.svg",
        }
        if self._words not in icons:
            return
        icon = QgsApplication.getThemeIcon(f"/{icons[self._words]}")
        self.setIcon(QIcon() if has_room else icon)
        self.setText(self._words if has_room else "")
        self.setToolTip("" if has_room else self._words)


def short_name(name: str) -> str:
    """A layer's name with its middle left out where it would take all the room."""
    if len(name) <= _LONGEST_NAME:
        return name
    half = _LONGEST_NAME // 2
    return f"{name[:half]}…{name[-half:]}"


def _parts(masked: Sequence[Masked], failed: Sequence[Failed]) -> list[str]:
    """Short enough for one line of the bar: of many images the rest is in tip and report."""
    parts = []
    if len(masked) == 1:
        (one,) = masked
        uncertainty = QLocale().toString(one.summary["mean_uncertainty"], "f", 2)
        parts.append(_cover_words(one))
        parts.append(tr("mean uncertainty {uncertainty}").format(uncertainty=uncertainty))
    elif masked:
        covers = [one.summary["cloud_percent"] for one in masked]
        least, most = _percent(min(covers)), _percent(max(covers))
        words = tr("{count} images masked, {most} % cloud")
        if least != most:
            words = tr("{count} images masked, {least} to {most} % cloud")
        parts.append(words.format(count=len(masked), least=least, most=most))
    if len(failed) == 1:
        (failure,) = failed
        name = f"{short_name(failure.layer_name)}: " if failure.layer_name else ""
        parts.append(f"{name}{failure.sentence}")
    elif failed:
        sentences = {one.sentence for one in failed}
        reason = f": {sentences.pop()}" if len(sentences) == 1 else ""
        parts.append(tr("{count} images failed").format(count=len(failed)) + reason)
    remembered = sum(one.is_remembered for one in masked)
    if remembered:
        words = tr("read as you said of images like this")
        if len(masked) > 1:
            words = tr("{count} read as you said of images like them")
        parts.append(words.format(count=remembered))
    warnings = list(dict.fromkeys(text for one in masked for text in one.summary["warnings"]))
    if len(warnings) == 1:
        parts.append(in_users_language(warnings[0]))
    elif warnings:
        parts.append(tr("{count} warnings, see the report").format(count=len(warnings)))
    return parts


def _cover_words(masked: Masked) -> str:
    """The figures first: where there is little room the name is cut off."""
    summary = masked.summary
    words = tr("{percent} % cloud").format(percent=_percent(summary["cloud_percent"]))
    if summary["shadow_percent"] is not None:
        shadow = _percent(summary["shadow_percent"])
        words += ", " + tr("{percent} % cloud shadow").format(percent=shadow)
    return f"{words} – {short_name(masked.layer_name)}"


def _percent(percent: float) -> str:
    return QLocale().toString(percent, "f", 0 if percent >= 10 or percent == 0 else 1)
