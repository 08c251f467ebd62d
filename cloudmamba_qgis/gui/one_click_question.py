"""The one question of the one click: which bands, and what their numbers are."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import QgsRasterLayer
from qgis.PyQt.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from cloudmamba_qgis.gui.interpretation_form import InterpretationForm
from cloudmamba_qgis.layers.interpretation import Interpretation, remember_interpretation
from cloudmamba_qgis.translation import tr


class BandsQuestion(QDialog):
    """Asks for band roles and radiometry; shows the guess."""

    def __init__(
        self, layer: QgsRasterLayer, doubt: str, guess: Interpretation, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("cloudmambaBandsQuestion")
        self.setWindowTitle(tr("Bands of {layer}").format(layer=layer.name()))
        self.form = InterpretationForm()
        self._remember = QCheckBox(tr("Use this for all images of this kind"))
        self._remember.setChecked(True)
        self._problem = QLabel()
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        words = QLabel(doubt)
        words.setWordWrap(True)
        words.setMinimumWidth(420)
        layout = QVBoxLayout(self)
        for widget in (words, self.form, self._remember, self._problem, self._buttons):
            layout.addWidget(widget)
        self.form.changed.connect(self._check)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self.form.show_layer(layer)
        self.form.show_interpretation(guess)

    @property
    def answer(self) -> Interpretation:
        """What is chosen."""
        return self.form.interpretation

    @property
    def is_to_be_remembered(self) -> bool:
        """Whether the answer holds for all images of this kind."""
        return self._remember.isChecked()

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
