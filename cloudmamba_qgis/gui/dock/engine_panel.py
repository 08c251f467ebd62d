"""With which model and on which device: what the engine has, asked in the background."""

from __future__ import annotations

import os
from typing import Any

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QLocale, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QToolButton,
    QWidget,
)

from cloudmamba_qgis.engine_client.inspection import EngineInspection, Report
from cloudmamba_qgis.engine_client.locate import EngineNotFound, find_engine
from cloudmamba_qgis.gui.dock.words import Note
from cloudmamba_qgis.gui.one_click_detection import DetectionOptions
from cloudmamba_qgis.translation import tr

_MODEL_SETTING = "cloudmamba/dock/model"
_DEVICE_SETTING = "cloudmamba/dock/device"


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
        self._inspection: EngineInspection | None = None
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
            self.devices.currentData() or "auto", self.models.currentData() or "", True
        )

    def look(self) -> None:
        """Ask the engine; what was known stays until it answers."""
        self.stop()
        try:
            engine = find_engine()
        except EngineNotFound as error:
            self._set_problem(str(error))
            return
        self._set_problem("")
        self._engine_words.say(tr("Asking the engine…"))
        self._inspection = EngineInspection(engine, self)
        self._inspection.reported.connect(self._take)
        self._inspection.start()

    def stop(self) -> None:
        """Let the engine go that is being asked."""
        if self._inspection is not None:
            self._inspection.stop()
            self._inspection = None

    def _take(self, report: Report) -> None:
        if not report.is_complete:
            return
        self._inspection = None
        if report.ready is not None:
            self._ready = {"models": report.ready.models, "devices": report.ready.devices}
            self._fill()
        self._set_problem(report.problem)

    def _set_problem(self, problem: str) -> None:
        self.problem = problem
        self._explain()
        self.problem_changed.emit()

    def _fill(self) -> None:
        """Offer what the engine has and what the user has chosen before."""
        models = [(f"{one['name']} {one['version']}", one["name"]) for one in self._ready["models"]]
        # The first is the engine's default: also one that comes with a later engine.
        models = [(models[0][0], ""), *models[1:]] if models else [(tr("Default model"), "")]
        devices = [(tr("Best one"), "auto")]
        devices += [(_device_words(one), one["id"]) for one in self._ready["devices"]]
        settings = QgsSettings()
        _offer(self.models, models, str(settings.value(_MODEL_SETTING, "")))
        _offer(self.devices, devices, str(settings.value(_DEVICE_SETTING, "auto")))
        self._explain()

    def _on_choice(self) -> None:
        options = self.options
        QgsSettings().setValue(_MODEL_SETTING, options.model)
        QgsSettings().setValue(_DEVICE_SETTING, options.device)
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
                        data=model["trained_on"], licence=model["licence"]
                    )
                )
                return
        self._model_words.say(chosen)

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, tr("Model"), "", f"{tr('CloudMamba models')} (*.safetensors)"
        )
        if path:
            QgsSettings().setValue(_MODEL_SETTING, path)
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
        layout.addWidget(self._model_words, 1, 1, 1, 2)
        layout.addWidget(self._engine_words, 3, 1, 1, 2)


def _wide_box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    # Long names must not make the dock wide.
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(16)
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
