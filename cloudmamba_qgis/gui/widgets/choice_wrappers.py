"""Boxes in Processing's dialogs that offer the usual answers and still take any text."""

from __future__ import annotations

from processing.gui.wrappers import WidgetWrapper
from qgis.PyQt.QtWidgets import QComboBox

from cloudmamba_qgis.gui.widgets.interpretation_form import radiometries
from cloudmamba_qgis.translation import tr


class ChoiceWrapper(WidgetWrapper):
    """A parameter of text with a box of choices: words for people, and what they stand for."""

    def choices(self) -> list[tuple[str, str]]:
        """Words and values, the default first."""
        raise NotImplementedError

    def createWidget(self) -> QComboBox:
        box = QComboBox()
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(20)
        for words, value in self.choices():
            box.addItem(words, value)
        return box

    def setValue(self, value: object) -> None:
        text = "" if value is None else str(value)
        index = self.widget.findData(text)
        if index >= 0:
            self.widget.setCurrentIndex(index)
        else:
            self.widget.setEditText(text)

    def value(self) -> str:
        """Of the words that are chosen, else the text as it was typed."""
        text = self.widget.currentText()
        index = self.widget.findText(text)
        return self.widget.itemData(index) if index >= 0 else text.strip()


class BandsWrapper(ChoiceWrapper):
    """Which band is which."""

    def choices(self) -> list[tuple[str, str]]:
        return [
            (tr("Detect automatically"), ""),
            (tr("Blue 1, green 2, red 3, near infrared 4"), "1,2,3,4"),
            (tr("Red 1, green 2, blue 3"), "3,2,1"),
            (tr("Red 1, green 2, blue 3, near infrared 4"), "3,2,1,4"),
            (tr("Blue 2, green 3, red 4, near infrared 8 (all bands of Sentinel-2)"), "2,3,4,8"),
            (tr("Blue 2, green 3, red 4, near infrared 5 (all bands of Landsat 8)"), "2,3,4,5"),
        ]


class RadiometryWrapper(ChoiceWrapper):
    """What the stored values are."""

    def choices(self) -> list[tuple[str, str]]:
        return [(words, name) for name, words in radiometries()]


class DeviceWrapper(ChoiceWrapper):
    """Where it is computed."""

    def choices(self) -> list[tuple[str, str]]:
        return [
            (tr("Automatic (fastest)"), "auto"),
            (tr("CPU"), "cpu"),
            (tr("NVIDIA graphics card"), "cuda"),
        ]
