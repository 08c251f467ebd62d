"""The one question of the one click: which bands, and what their values are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsRasterLayer
from qgis.PyQt.QtCore import QLocale, QSize, Qt
from qgis.PyQt.QtGui import QIcon, QImage, QPixmap
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cloudmamba_qgis.engine_client.description import Reading, Thumbnail, read_description
from cloudmamba_qgis.engine_client.locate import EngineNotFound, find_engine
from cloudmamba_qgis.engine_client.question import EngineQuestion
from cloudmamba_qgis.engine_words import in_users_language
from cloudmamba_qgis.gui.widgets.interpretation_form import InterpretationForm
from cloudmamba_qgis.gui.widgets.note import Note
from cloudmamba_qgis.help_pages import open_help
from cloudmamba_qgis.layers.interpretation import (
    Interpretation,
    remember_interpretation,
    why_not_remembered,
)
from cloudmamba_qgis.layers.source import UnusableSource, image_source
from cloudmamba_qgis.translation import tr

_THUMBNAIL_PX = 150


class BandsQuestion(QDialog):
    """Asks for band roles and radiometry, before anything is masked.

    Readings that are possible are shown as they would look, each with its cloud cover, as soon
    as the engine has tried them; a click on one fills the form, where anything else can be said.
    """

    def __init__(
        self, layer: QgsRasterLayer, doubt: str, guess: Interpretation, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("cloudmambaBandsQuestion")
        self.setWindowTitle(tr("Bands of {layer}").format(layer=layer.name()))
        self.form = InterpretationForm()
        self.readings = _reading_list()
        self._offered: tuple[Reading, ...] = ()
        self._trying = Note()
        self._remember = QCheckBox(tr("Remember for images like this"))
        cannot = why_not_remembered(layer)
        self._remember.setEnabled(not cannot)
        self._remember.setToolTip(cannot)
        self._problem = QLabel()
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        buttons = QDialogButtonBox.StandardButton
        self._buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel | buttons.Help)
        self._doubt = QLabel(in_users_language(doubt))
        self._doubt.setTextFormat(Qt.TextFormat.PlainText)  # names of files may look like markup
        self._doubt.setWordWrap(True)
        self._doubt.setMinimumWidth(420)
        layout = QVBoxLayout(self)
        for widget in (
            self._doubt,
            self._trying,
            self.readings,
            self.form,
            self._remember,
            self._problem,
            self._buttons,
        ):
            layout.addWidget(widget)
        self.form.changed.connect(self._on_form)
        self.readings.currentRowChanged.connect(self._use_reading)
        self.readings.itemDoubleClicked.connect(self._accept_reading)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._buttons.helpRequested.connect(lambda: open_help("question"))
        self.form.show_layer(layer)
        self.form.show_interpretation(guess)
        self._is_touched = False
        self._question = EngineQuestion()
        self._question.answered.connect(lambda _, answer: self._take(answer))
        self._question.failed.connect(lambda *_: self._trying.say(""))
        self.finished.connect(lambda _: self._question.close())
        self._try_readings(layer)

    @property
    def answer(self) -> Interpretation:
        """What is chosen."""
        return self.form.interpretation

    @property
    def is_to_be_remembered(self) -> bool:
        """Whether the answer holds for all images of this kind."""
        return self._remember.isChecked()

    def show_readings(self, readings: tuple[Reading, ...]) -> None:
        """Offer these; the best is chosen, unless the user has begun to fill the form."""
        self._trying.say("")
        self._offered = readings
        self.readings.clear()
        for reading in readings:
            item = QListWidgetItem(_icon(reading.thumbnail), _words(reading))
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            self.readings.addItem(item)
        self.readings.setVisible(bool(readings))
        if len(readings) > 1:  # the engine names options of its command line
            self._doubt.setText(
                tr(
                    "The image can be read in more than one way, and the masks may differ. Choose "
                    "the picture that looks right."
                )
            )
        self.readings.setMinimumWidth(min(len(readings), 3) * (_THUMBNAIL_PX + 24))
        if readings and not self._is_touched:
            self.readings.setCurrentRow(0)
        self._grow()

    def _grow(self) -> None:
        """Make room for what is shown now, which dialogs do not do by themselves."""
        layout = self.layout()
        layout.invalidate()
        needed = max(layout.totalMinimumSize().height(), layout.totalHeightForWidth(self.width()))
        self.resize(self.width(), max(self.height(), needed))

    def _try_readings(self, layer: QgsRasterLayer) -> None:
        try:
            engine, source = find_engine(), image_source(layer)
        except (EngineNotFound, UnusableSource):  # which is said where a run needs them
            return
        self._trying.say(tr("Trying on a thumbnail how the image can be read…"))
        self._question.describe(engine, source, trial=True)

    def _take(self, answer: dict[str, Any]) -> None:
        try:
            description = read_description(answer)
        except ValueError:  # an engine of another version: the form asks as well
            self._trying.say("")
            return
        self.show_readings(description.readings)

    def _use_reading(self, row: int) -> None:
        if row >= 0:
            reading = self._offered[row]
            self.form.show_interpretation(Interpretation(reading.bands, reading.radiometry))

    def _accept_reading(self) -> None:
        if not self.form.problem:
            self.accept()

    def _on_form(self) -> None:
        self._is_touched = True
        self._check()

    def _check(self) -> None:
        """Let only answers through that the engine can understand."""
        problem = self.form.problem
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not problem)


def ask_for_bands(
    layer: QgsRasterLayer,
    words: str,
    guess: Interpretation,
    parent: QWidget | None,
    accepted: Callable[[Interpretation], None],
    rejected: Callable[[], None],
) -> BandsQuestion:
    """Ask without blocking, remember the answer if that is wanted, and go on with one of the two.

    A layer that is removed takes its question with it, as if it were rejected.
    """
    question = BandsQuestion(layer, words, guess, parent)

    def finish() -> None:
        question.deleteLater()
        if question.result() != BandsQuestion.DialogCode.Accepted:
            rejected()
            return
        if question.is_to_be_remembered:
            remember_interpretation(layer, question.answer)
        accepted(question.answer)

    layer.willBeDeleted.connect(question.reject)
    question.finished.connect(finish)
    question.open()
    return question


def _reading_list() -> QListWidget:
    """Pictures side by side, each with words below."""
    readings = QListWidget()
    readings.setAccessibleName(tr("Possible readings"))
    readings.setViewMode(QListView.ViewMode.IconMode)
    readings.setMovement(QListView.Movement.Static)
    readings.setResizeMode(QListView.ResizeMode.Adjust)
    readings.setWordWrap(True)
    readings.setIconSize(QSize(_THUMBNAIL_PX, _THUMBNAIL_PX))
    readings.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    words_px = 4 * readings.fontMetrics().height()
    readings.setGridSize(QSize(_THUMBNAIL_PX + 20, _THUMBNAIL_PX + words_px))
    readings.setMinimumHeight(_THUMBNAIL_PX + words_px + 10)
    readings.setVisible(False)
    return readings


def _icon(thumbnail: Thumbnail | None) -> QIcon:
    if thumbnail is None:
        return QIcon()
    image = QImage(
        thumbnail.rgb,
        thumbnail.width,
        thumbnail.height,
        3 * thumbnail.width,
        QImage.Format.Format_RGB888,
    )
    # A copy with pixels of its own, and as large as it is shown.
    scaled = image.scaled(
        _THUMBNAIL_PX,
        _THUMBNAIL_PX,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    return QIcon(QPixmap.fromImage(scaled))


def _words(reading: Reading) -> str:
    title = in_users_language(reading.title)
    if reading.cloud_percent is None:
        return title
    percent = QLocale().toString(reading.cloud_percent, "f", 0)
    return f"{title}\n" + tr("{percent} % cloud").format(percent=percent)
