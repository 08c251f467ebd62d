"""A slider and a box for one number, which move together."""

from __future__ import annotations

from qgis.gui import QgsDoubleSpinBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QSlider


class StepSlider(QLabel):
    """The label of a number; slider and box are laid out beside it by ``add_to``.

    Args:
        text: with a mnemonic, which leads to the box.
        unit_steps: steps that make 1; 1 for whole numbers.

    Signals:
        changed: the user or ``value`` set another number of steps.
    """

    changed = pyqtSignal()

    def __init__(self, text: str, explanation: str, most: int, unit_steps: int = 1) -> None:
        super().__init__(text)
        name = text.replace("&", "")
        self._unit_steps = unit_steps
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, most)
        self.slider.setPageStep(max(most // 10, 1))
        self.box = QgsDoubleSpinBox()
        self.box.setRange(0, most / unit_steps)
        self.box.setDecimals(2 if unit_steps > 1 else 0)
        self.box.setSingleStep(1 / unit_steps)
        self.box.setKeyboardTracking(False)
        self.setBuddy(self.box)
        for widget in (self, self.slider, self.box):
            widget.setToolTip(explanation)
        for widget in (self.slider, self.box):
            widget.setAccessibleName(name)
            widget.setAccessibleDescription(explanation)
        self.slider.valueChanged.connect(self._on_slider)
        self.box.valueChanged.connect(self._on_box)

    def add_to(self, grid: QGridLayout, row: int) -> None:
        """Lay out label, slider and box in a row."""
        grid.addWidget(self, row, 0)
        grid.addWidget(self.slider, row, 1)
        grid.addWidget(self.box, row, 2)

    def value(self) -> int:
        """In steps."""
        return self.slider.value()

    def set_value(self, steps: int) -> None:
        """In steps; beyond the end it is the end."""
        self.slider.setValue(steps)

    def set_default(self, steps: int) -> None:
        """Where the box's clear button leads."""
        self.box.setClearValue(steps / self._unit_steps)

    def _on_slider(self, steps: int) -> None:
        self.box.blockSignals(True)
        self.box.setValue(steps / self._unit_steps)
        self.box.blockSignals(False)
        self.changed.emit()

    def _on_box(self, number: float) -> None:
        self.slider.setValue(round(number * self._unit_steps))
