"""Which band is which and what the numbers are: the fields to say so."""

from __future__ import annotations

import math

from qgis.core import QgsRasterLayer
from qgis.gui import QgsRasterBandComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QWidget,
)

from cloudmamba_qgis.layers.interpretation import Interpretation
from cloudmamba_qgis.translation import tr

_SCALE = "scale"


def radiometries() -> tuple[tuple[str, str], ...]:
    """The engine's names, and words for people; own scale and offset is none of them."""
    return (
        ("auto", tr("Detect automatically")),
        ("reflectance", tr("Reflectance, 0 to 1")),
        ("percent", tr("Reflectance in percent")),
        ("sentinel2", tr("Reflectance × 10000 (Sentinel-2 before 2022, many others)")),
        ("sentinel2-offset", tr("Sentinel-2 since 2022, with an offset of 1000")),
        ("landsat-collection2-level1", tr("Landsat Collection 2 level 1")),
        ("landsat-collection2-level2", tr("Landsat Collection 2 level 2")),
        ("planetscope-sr", tr("PlanetScope surface reflectance")),
        ("gaofen1-wfv", tr("Gaofen-1 WFV counts")),
        ("picture", tr("8-bit picture")),
        ("uint16", tr("Stretched over 16 bits")),
    )


def role_words() -> tuple[tuple[str, str], ...]:
    """The engine's names of the band roles, and words for people."""
    return (
        ("blue", tr("Blue")),
        ("green", tr("Green")),
        ("red", tr("Red")),
        ("nir", tr("Near infrared")),
    )


def radiometry_words(name: str) -> str:
    """What people call a radiometry of the engine, which may have others than are offered."""
    if name == "file":  # found out, and no choice
        return tr("Scale and offset of the file")
    return dict(radiometries()).get(name, name)


class InterpretationForm(QWidget):
    """Boxes for band roles and radiometry.

    Signals:
        changed: by the user, or by ``show_layer`` and ``show_interpretation``.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.band_boxes = [QgsRasterBandComboBox() for _ in range(4)]
        for box in self.band_boxes:
            narrow(box, 4)
        self.band_boxes[3].setShowNotSetOption(True, tr("None"))
        self.radiometry = QComboBox()
        narrow(self.radiometry, 6)
        for name, words in (*radiometries(), (_SCALE, tr("Own scale and offset"))):
            self.radiometry.addItem(words, name)
        self.scale, self.offset = QLineEdit("0.0001"), QLineEdit("0")
        self._own_scale = QWidget()
        self._lay_out()
        for box in self.band_boxes:
            box.bandChanged.connect(self._check)
        self.radiometry.currentIndexChanged.connect(self._check)
        self.scale.textChanged.connect(self._check)
        self.offset.textChanged.connect(self._check)
        self._check()

    @property
    def interpretation(self) -> Interpretation:
        """What is chosen."""
        numbers = [str(box.currentBand()) for box in self.band_boxes if box.currentBand() > 0]
        radiometry = self.radiometry.currentData()
        if radiometry == _SCALE:
            radiometry = f"scale:{_with_point(self.scale)},{_with_point(self.offset)}"
        return Interpretation(",".join(numbers), radiometry)

    @property
    def problem(self) -> str:
        """Why the engine could not understand what is chosen; empty where it can."""
        chosen = [box.currentBand() for box in self.band_boxes if box.currentBand() > 0]
        if len(set(chosen)) < len(chosen):
            return tr("One band is chosen twice.")
        is_own = self.radiometry.currentData() == _SCALE
        if is_own and not _is_scale(_with_point(self.scale), _with_point(self.offset)):
            return tr("Scale and offset are numbers; the scale is above 0.")
        return ""

    def show_layer(self, layer: QgsRasterLayer | None) -> None:
        """Offer the bands of a layer."""
        were_blocked = self.blockSignals(True)
        for box in self.band_boxes:
            box.setLayer(layer)
        self.blockSignals(were_blocked)
        self._check()

    def show_interpretation(self, guess: Interpretation) -> None:
        """Choose what is given, and the usual order where bands are open."""
        were_blocked = self.blockSignals(True)
        # With the not-set entry a box has one more than there are bands.
        has_four = self.band_boxes[0].count() > 3
        usual = "1,2,3,4" if has_four else "3,2,1"  # red first in pictures of three bands
        numbers = [int(number) for number in (guess.bands or usual).split(",")]
        for box, number in zip(self.band_boxes, [*numbers, -1]):
            box.setBand(number)
        name, _, values = guess.radiometry.partition(":")
        if name != _SCALE:
            name, values = guess.radiometry, ""
        if self.radiometry.findData(name) < 0:  # an engine may know more than is offered here
            self.radiometry.addItem(name, name)
        self.radiometry.setCurrentIndex(self.radiometry.findData(name))
        if values:
            scale, _, offset = values.partition(",")
            self.scale.setText(scale)
            self.offset.setText(offset or "0")
        self.blockSignals(were_blocked)
        self._check()

    def _lay_out(self) -> None:
        own_scale = QHBoxLayout(self._own_scale)
        own_scale.setContentsMargins(0, 0, 0, 0)
        for part in (QLabel(tr("number ×")), self.scale, QLabel("+"), self.offset):
            own_scale.addWidget(part)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(2)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for (_, title), box in zip(role_words(), self.band_boxes):
            box.setAccessibleName(title)
            form.addRow(title, box)
        self.radiometry.setAccessibleName(tr("Values"))
        form.addRow(tr("Values"), self.radiometry)
        self.scale.setAccessibleName(tr("Scale"))
        self.offset.setAccessibleName(tr("Offset"))
        self._own_scale_label = QLabel(tr("Reflectance ="))
        form.addRow(self._own_scale_label, self._own_scale)

    def _check(self) -> None:
        is_own = self.radiometry.currentData() == _SCALE
        self._own_scale.setVisible(is_own)
        self._own_scale_label.setVisible(is_own)
        self.changed.emit()


def narrow(box: QComboBox, letters: int) -> None:
    """Let a box grow with the dock, but long names must not make the dock wide."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(letters)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


def _with_point(edit: QLineEdit) -> str:
    """A number as the engine reads it, also where the user writes a decimal comma."""
    return edit.text().strip().replace(",", ".")


def _is_scale(scale: str, offset: str) -> bool:
    try:
        return math.isfinite(float(offset)) and 0 < float(scale) < math.inf
    except ValueError:
        return False
