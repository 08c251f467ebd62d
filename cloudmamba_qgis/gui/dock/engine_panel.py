"""With which model and on which device: what the engine has, asked in the background."""

from __future__ import annotations

import os
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QLocale, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QToolButton,
    QWidget,
)

from cloudmamba_qgis.engine_client.locate import EngineNotFound, find_engine
from cloudmamba_qgis.engine_client.protocol import Ready
from cloudmamba_qgis.engine_client.question import EngineQuestion
from cloudmamba_qgis.engine_words import training_words
from cloudmamba_qgis.gui.one_click.detection import DetectionOptions
from cloudmamba_qgis.gui.widgets.note import Note
from cloudmamba_qgis.settings import DEVICE, MARKS_SHADOW, MODEL
from cloudmamba_qgis.translation import tr


class EnginePanel(QWidget):
    """Model and device, with what the engine says of them.

    Signals:
        problem_changed: ``problem`` may be another.
    """

    problem_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.models, self.devices = _wide_box(tr("Model")), _wide_box(tr("Device"))
        self._model_words, self._engine_words = Note(), Note()
        self._question = EngineQuestion()
        self._question.answered.connect(lambda _, ready: self._take(ready))
        self._question.failed.connect(lambda _, sentence: self._set_problem(sentence))
        self._ready: dict[str, list[dict[str, Any]]] = {"models": [], "devices": []}
        self.problem = ""
        self._fill()
        self._lay_out()
        self.models.currentIndexChanged.connect(self._on_choice)
        self.devices.currentIndexChanged.connect(self._on_choice)

    @property
    def options(self) -> DetectionOptions:
        """Of a run whose mask can be decided again."""
        return DetectionOptions(
            self.devices.currentData() or "auto",
            self.models.currentData() or "",
            keeps_stages=True,
            marks_shadow=MARKS_SHADOW.get(),
        )

    @property
    def is_looking(self) -> bool:
        """Whether the engine is being asked."""
        return self._question.is_open

    def look(self) -> None:
        """Ask the engine, which then is warm; what was known stays until it answers."""
        try:
            engine = find_engine()
        except EngineNotFound as error:
            self._question.stop()
            self._set_problem(str(error))
            return
        self._set_problem("")
        self._engine_words.say(tr("Asking the engine…"))
        self._question.ready(engine)

    def close_for_good(self) -> None:
        """Ask nothing more."""
        self._question.close()

    def _take(self, ready: Ready) -> None:
        self._ready = {"models": ready.models, "devices": ready.devices}
        self._fill()
        self._set_problem("")

    def _set_problem(self, problem: str) -> None:
        self.problem = problem
        self._explain()
        self.problem_changed.emit()

    def _fill(self) -> None:
        """Offer what the engine has and what the user has chosen before."""
        models = [(f"{one['name']} {one['version']}", one["name"]) for one in self._ready["models"]]
        # The first is the engine's default: also one that comes with a later engine.
        models = [(models[0][0], ""), *models[1:]] if models else [(tr("Default model"), "")]
        devices = [(tr("Automatic (fastest)"), "auto")]
        devices += [(_device_words(one), one["id"]) for one in self._ready["devices"]]
        _offer(self.models, models, MODEL.get())
        _offer(self.devices, devices, DEVICE.get())
        self._explain()

    def _on_choice(self) -> None:
        options = self.options
        MODEL.set(options.model)
        DEVICE.set(options.device)
        self._explain()

    def _explain(self) -> None:
        """Say what the boxes do not."""
        self._explain_model()
        if self.problem:
            self._engine_words.say(self.problem, is_warning=True)
        elif self.options.device == "auto":
            self._engine_words.say("\n".join(map(_device_words, self._ready["devices"])))
        else:
            self._engine_words.say("")

    def _explain_model(self) -> None:
        chosen = self.options.model
        for number, model in enumerate(self._ready["models"]):
            if model["name"] == chosen or (number == 0 and not chosen):
                self._model_words.say(
                    tr("Trained on {data}. Licence: {licence}.").format(
                        data=training_words(model["trained_on"]), licence=model["licence"]
                    )
                )
                return
        self._model_words.say(chosen)

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, tr("Model"), "", f"{tr('CloudMamba models')} (*.safetensors)"
        )
        if path:
            MODEL.set(path)
            self._fill()

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setColumnStretch(1, 1)
        layout.setVerticalSpacing(2)
        for row, (text, box, name, explanation, action) in enumerate(
            (
                (
                    tr("M&odel"),
                    self.models,
                    "mActionFileOpen.svg",
                    tr("Use a model file of your own"),
                    self._choose_file,
                ),
                (
                    tr("De&vice"),
                    self.devices,
                    "mActionRefresh.svg",
                    tr("Ask the engine again for models, devices and free memory"),
                    self.look,
                ),
            )
        ):
            label = QLabel(text)
            label.setBuddy(box)
            button = QToolButton()
            button.setIcon(QgsApplication.getThemeIcon(name))
            button.setToolTip(explanation)
            button.setAccessibleName(explanation)
            button.setAutoRaise(True)
            button.clicked.connect(lambda _, action=action: action())
            layout.addWidget(label, 2 * row, 0)
            layout.addWidget(box, 2 * row, 1)
            layout.addWidget(button, 2 * row, 2)
        layout.addWidget(self._model_words, 1, 0, 1, 3)
        layout.addWidget(self._engine_words, 3, 0, 1, 3)


def _wide_box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    # Long names must not make the dock wide.
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(3)
    return box


def _offer(box: QComboBox, entries: list[tuple[str, str]], chosen: str) -> None:
    """Fill the box, and choose what was chosen, which may be something else of old."""
    box.blockSignals(True)
    box.clear()
    for words, value in entries:
        box.addItem(words, value)
    if box.findData(chosen) < 0:
        box.addItem(os.path.basename(chosen), chosen)
    box.setCurrentIndex(box.findData(chosen))
    box.blockSignals(False)


def _device_words(device: dict[str, Any]) -> str:
    free_mb = device.get("memory_free_mb")
    if not free_mb:
        return device["name"]
    return tr("{device} – {memory} GB free").format(
        device=device["name"], memory=QLocale().toString(free_mb / 1024, "f", 1)
    )
