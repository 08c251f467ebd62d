"""A slider and a box for one number, which move together."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from cloudmamba_qgis.gui.widgets.tooltip import tooltip


class StepSlider(QWidget):
    """The name of a number above its slider and its box, so that it needs little width.

    Args:
        text: with a mnemonic, which leads to the box.
        unit_steps: steps that make 1; 1 for whole numbers.
        symbol: of the number in formulas.

    Signals:
        changed: the user or ``set_value`` set another number of steps.
    """

    changed = pyqtSignal()

    def __init__(
        self, text: str, explanation: str, most: int, unit_steps: int = 1, symbol: str = ""
    ) -> None:
        super().__init__()
        name = text.replace("&", "")
        self._unit_steps = unit_steps
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, most)
        self.slider.setPageStep(max(most // 10, 1))
        self.box = QDoubleSpinBox()
        self.box.setRange(0, most / unit_steps)
        self.box.setDecimals(2 if unit_steps > 1 else 0)
        self.box.setSingleStep(1 / unit_steps)
        self.box.setKeyboardTracking(False)
        self.note = QLabel()  # what the number is in another unit
        label = QLabel(text)
        label.setWordWrap(True)
        label.setBuddy(self.box)
        self.setToolTip(tooltip(name, explanation, symbol))
        for widget in (self.slider, self.box):
            widget.setAccessibleName(name)
            widget.setAccessibleDescription(explanation)
        title, number = QHBoxLayout(), QHBoxLayout()
        title.addWidget(label, 1)
        title.addWidget(self.note)
        number.addWidget(self.slider, 1)
        number.addWidget(self.box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(title)
        layout.addLayout(number)
        self.slider.valueChanged.connect(self._on_slider)
        self.box.valueChanged.connect(self._on_box)

    def value(self) -> int:
        """In steps."""
        return self.slider.value()

    def set_value(self, steps: int) -> None:
        """In steps; beyond the end it is the end."""
        self.slider.setValue(steps)

    def _on_slider(self, steps: int) -> None:
        self.box.blockSignals(True)
        self.box.setValue(steps / self._unit_steps)
        self.box.blockSignals(False)
        self.changed.emit()

    def _on_box(self, number: float) -> None:
        self.slider.setValue(round(number * self._unit_steps))
