"""The image, how it is read, and what that looks like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import QgsMapLayer, QgsMapLayerProxyModel, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt import sip
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cloudmamba_qgis.engine_client.description import Description, read_description
from cloudmamba_qgis.engine_client.locate import EngineNotFound, find_engine
from cloudmamba_qgis.engine_client.question import EngineQuestion
from cloudmamba_qgis.engine_words import confidence_words, in_users_language
from cloudmamba_qgis.gui.dock.thumbnail import Thumbnail, TrueColour
from cloudmamba_qgis.gui.widgets.interpretation_form import (
    InterpretationForm,
    narrow,
    radiometry_words,
)
from cloudmamba_qgis.gui.widgets.note import Note
from cloudmamba_qgis.gui.widgets.wrapping_check_box import WrappingCheckBox
from cloudmamba_qgis.layers.interpretation import (
    Interpretation,
    remember_interpretation,
    remembered_interpretation,
    why_not_remembered,
)
from cloudmamba_qgis.layers.results import is_result
from cloudmamba_qgis.layers.source import UnusableSource, image_source
from cloudmamba_qgis.translation import tr

try:
    from qgis.core import Qgis

    RASTERS = Qgis.LayerFilter.RasterLayer
except AttributeError:  # QGIS before 3.34
    RASTERS = QgsMapLayerProxyModel.Filter.RasterLayer


class ScenePanel(QWidget):
    """Chooses a layer and says how to read it; the engine's guess fills the boxes.

    Signals:
        layer_changed: another layer or none is chosen, or the one that is shows another file.
        problem_changed: ``problem`` may be another.
    """

    layer_changed = pyqtSignal()
    problem_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layers = QgsMapLayerComboBox()
        self.layers.setFilters(RASTERS)
        self.layers.setAllowEmptyLayer(True)
        narrow(self.layers, 6)
        self.layers.setAccessibleName(tr("Layer"))
        self.form = InterpretationForm()
        self.thumbnail = Thumbnail()
        self._remember = WrappingCheckBox(tr("Remember for images like this"))
        self._words = Note()
        self._watched: QgsRasterLayer | None = None
        self._source = ""
        self._source_problem = ""
        self._is_unseen = True
        self._is_answered = False  # by the engine, by memory, or by the user
        self._question = EngineQuestion()
        self._question.answered.connect(self._take_answer)
        self._question.failed.connect(self._take_failure)
        self._lay_out()
        self._except_results()
        QgsProject.instance().layersAdded.connect(self._on_layers_added)
        self.layers.layerChanged.connect(self._on_layer)
        self.form.changed.connect(self._on_form)
        self._on_layer(self.layer)

    @property
    def layer(self) -> QgsRasterLayer | None:
        """The chosen one."""
        layer = self.layers.currentLayer()
        return layer if isinstance(layer, QgsRasterLayer) else None

    @property
    def problem(self) -> str:
        """Why this cannot be run, in a sentence; empty where it can."""
        if self.layer is None:
            return tr("Choose a raster layer.")
        return self._source_problem or self.form.problem

    @property
    def answer(self) -> Interpretation | None:
        """What the boxes say; None as long as nobody has filled them with reason."""
        return self.form.interpretation if self._is_answered else None

    def remember(self) -> None:
        """Keep the answer for images of this kind, if that is wanted."""
        if self._remember.isChecked() and self.answer is not None:
            remember_interpretation(self.layer, self.answer)

    def say(self, words: str) -> None:
        """Say something beneath the boxes."""
        self._words.say(words)

    def choose(self, layer: QgsMapLayer | None) -> None:
        """Choose a layer, if it is an image."""
        if isinstance(layer, QgsRasterLayer) and not is_result(layer):
            self.layers.setLayer(layer)

    def close_for_good(self) -> None:
        """Show nothing more that is being read or asked."""
        QgsProject.instance().layersAdded.disconnect(self._on_layers_added)
        self._watch(None)
        self._question.close()
        self.thumbnail.close_for_good()

    def _lay_out(self) -> None:
        label = QLabel(tr("La&yer"))
        label.setBuddy(self.layers)
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(label)
        top.addWidget(self.layers, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.thumbnail, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.form)
        layout.addWidget(self._words)
        layout.addWidget(self._remember)

    def showEvent(self, event: QShowEvent) -> None:
        """Look now at a layer that was chosen while nobody could see it."""
        super().showEvent(event)
        if self._is_unseen:
            self._look()

    def _on_layers_added(self, added: Sequence[QgsMapLayer]) -> None:
        """Offer images alone, and choose one where there was none, as in a project just opened."""
        self._except_results()
        if self.layer is None and self.isVisible():
            images = (one for one in added if isinstance(one, QgsRasterLayer))
            self.choose(next((one for one in images if not is_result(one)), None))

    def _except_results(self) -> None:
        layers = QgsProject.instance().mapLayers().values()
        self.layers.setExceptedLayerList([layer for layer in layers if is_result(layer)])

    def _on_layer(self, _: QgsMapLayer | None) -> None:
        layer = self.layer
        self._watch(layer)
        self._question.stop()
        self._source, self._source_problem, self._is_answered = "", "", False
        self._remember.setChecked(False)
        self._words.say("")
        self.form.setEnabled(layer is not None)
        cannot = why_not_remembered(layer) if layer is not None else ""
        self._remember.setEnabled(layer is not None and not cannot)
        self._remember.setToolTip(cannot)
        self.form.blockSignals(True)
        self.form.show_layer(layer)
        if layer is not None:
            self._read(layer)
        self.form.blockSignals(False)
        self._is_unseen = True
        if self.isVisible():
            self._look()
        self.layer_changed.emit()
        self.problem_changed.emit()

    def _watch(self, layer: QgsRasterLayer | None) -> None:
        """Hear of it when the user changes the data source of this layer, and of no other."""
        if self._watched is not None and not sip.isdeleted(self._watched):
            self._watched.dataSourceChanged.disconnect(self._on_source)
        self._watched = layer
        if layer is not None:
            layer.dataSourceChanged.connect(self._on_source)

    def _on_source(self) -> None:
        """What was said of one file is not true of another."""
        self._on_layer(self.layer)

    def _read(self, layer: QgsRasterLayer) -> None:
        """What the layer itself and the memory tell."""
        remembered = remembered_interpretation(layer)
        self.form.show_interpretation(remembered)
        try:
            self._source = image_source(layer)
        except UnusableSource as error:
            self._source_problem = str(error)
            return
        if layer.bandCount() < 3:
            self._source_problem = tr("The image needs three bands or more.")
        elif remembered != Interpretation():
            self._is_answered = True
            self._words.say(tr("As you said for images of this kind."))

    def _look(self) -> None:
        """Read the picture, and ask the engine where nobody has said how to read the image."""
        self._is_unseen = False
        self._show_picture()
        if self.layer is None or self._source_problem or self._is_answered:
            return
        try:
            self._question.describe(find_engine(), self._source)
        except EngineNotFound:  # which is said where it is needed
            return
        self._words.say(tr("Looking at bands and values…"))

    def _take_answer(self, source: str, answer: dict[str, Any]) -> None:
        try:
            self.take_description(source, read_description(answer))
        except ValueError:
            self._take_failure(source, tr("The engine could not say which band is which."))

    def _take_failure(self, source: str, sentence: str) -> None:
        if source == self._source and not self._is_answered:
            self._words.say(sentence, is_warning=True)

    def take_description(self, source: str, description: Description) -> None:
        """Fill the boxes, unless the user was faster."""
        if source != self._source or self._is_answered:
            return
        self._words.say(_words_of(description), description.is_unsure)
        guesses = (description.bands, description.radiometry)
        reasons = [in_users_language(guess.reason) for guess in guesses if guess]
        self._words.setToolTip("\n".join(reasons))
        if description.band_numbers:
            radiometry = self.form.interpretation.radiometry
            self.form.show_interpretation(Interpretation(description.band_numbers, radiometry))
            # In doubt the run asks, because nobody may have looked here.
            self._is_answered = not description.is_unsure

    def _on_form(self) -> None:
        """The user, or the guess, changed a box."""
        self._is_answered = True
        self._show_picture()
        self.problem_changed.emit()

    def _show_picture(self) -> None:
        blue, green, red = (box.currentBand() for box in self.form.band_boxes[:3])
        is_readable = self._source and not self._source_problem and min(red, green, blue) > 0
        self.thumbnail.show_bands(
            TrueColour(self._source, red, green, blue) if is_readable else None
        )


def _words_of(description: Description) -> str:
    """What the engine found, and how sure it is; why is in the tooltip."""
    lines = []
    for title, found, guess in (
        (tr("Bands"), description.band_numbers.replace(",", ", "), description.bands),
        (tr("Values"), radiometry_words(description.radiometry_name), description.radiometry),
    ):
        if guess is not None:
            lines.append(f"{title}: {found} ({confidence_words(guess.confidence)})")
    if description.problem:
        lines.append(in_users_language(description.problem))
    return "\n".join(lines)
