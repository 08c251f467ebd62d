"""The one question of the one click: which bands, and what their numbers are."""

from __future__ import annotations

from qgis.core import QgsRasterLayer
from qgis.gui import QgsRasterBandComboBox
from qgis.PyQt.QtGui import QDoubleValidator
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from cloudmamba_qgis.layers.interpretation import Interpretation
from cloudmamba_qgis.translation import tr

_SCALE = "scale"


def _radiometries() -> tuple[tuple[str, str], ...]:
    """The engine's names, and words for people."""
    return (
        ("auto", tr("Find out")),
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
        (_SCALE, tr("Own scale and offset")),
    )


class BandsQuestion(QDialog):
    """Asks for band roles and radiometry; shows the guess."""

    def __init__(
        self, layer: QgsRasterLayer, doubt: str, guess: Interpretation, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("cloudmambaBandsQuestion")
        self.setWindowTitle(tr("Bands of {layer}").format(layer=layer.name()))
        self._bands = [self._band_box(layer) for _ in range(4)]
        self._bands[3].setShowNotSetOption(True, tr("None"))
        self._radiometry = QComboBox()
        for name, words in _radiometries():
            self._radiometry.addItem(words, name)
        self._scale, self._offset = QLineEdit("0.0001"), QLineEdit("0")
        for edit in (self._scale, self._offset):
            edit.setValidator(QDoubleValidator(edit))
        self._own_scale = QWidget()
        self._remember = QCheckBox(tr("Use this for all images of this kind"))
        self._remember.setChecked(True)
        self._problem = QLabel()
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._lay_out(doubt)
        self._show_guess(guess, layer.bandCount())
        for box in self._bands:
            box.bandChanged.connect(self._check)
        self._radiometry.currentIndexChanged.connect(self._check)
        self._scale.textChanged.connect(self._check)
        self._offset.textChanged.connect(self._check)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._check()

    @property
    def answer(self) -> Interpretation:
        """What is chosen."""
        numbers = [str(box.currentBand()) for box in self._bands if box.currentBand() > 0]
        radiometry = self._radiometry.currentData()
        if radiometry == _SCALE:
            radiometry = f"scale:{self._scale.text()},{self._offset.text()}"
        return Interpretation(",".join(numbers), radiometry)

    @property
    def is_to_be_remembered(self) -> bool:
        """Whether the answer holds for all images of this kind."""
        return self._remember.isChecked()

    def _band_box(self, layer: QgsRasterLayer) -> QgsRasterBandComboBox:
        box = QgsRasterBandComboBox()
        box.setLayer(layer)
        return box

    def _lay_out(self, doubt: str) -> None:
        words = QLabel(doubt)
        words.setWordWrap(True)
        words.setMinimumWidth(420)
        own_scale = QHBoxLayout(self._own_scale)
        own_scale.setContentsMargins(0, 0, 0, 0)
        for part in (QLabel(tr("number ×")), self._scale, QLabel("+"), self._offset):
            own_scale.addWidget(part)
        form = QFormLayout()
        titles = (tr("Blue"), tr("Green"), tr("Red"), tr("Near infrared"))
        for title, box in zip(titles, self._bands):
            form.addRow(title, box)
        form.addRow(tr("Numbers are"), self._radiometry)
        form.addRow(tr("Reflectance ="), self._own_scale)
        form.addRow(self._remember)
        form.addRow(self._problem)
        layout = QVBoxLayout(self)
        layout.addWidget(words)
        layout.addLayout(form)
        layout.addWidget(self._buttons)

    def _show_guess(self, guess: Interpretation, band_count: int) -> None:
        usual = "1,2,3,4" if band_count > 3 else "3,2,1"  # red first in pictures of three bands
        numbers = [int(number) for number in (guess.bands or usual).split(",")]
        for box, number in zip(self._bands, [*numbers, -1]):
            box.setBand(number)
        name, _, values = guess.radiometry.partition(":")
        self._radiometry.setCurrentIndex(max(self._radiometry.findData(name), 0))
        if values:
            scale, _, offset = values.partition(",")
            self._scale.setText(scale)
            self._offset.setText(offset or "0")

    def _check(self) -> None:
        """Let only answers through that the engine can understand."""
        is_own = self._radiometry.currentData() == _SCALE
        self._own_scale.setEnabled(is_own)
        chosen = [box.currentBand() for box in self._bands if box.currentBand() > 0]
        problem = ""
        if len(set(chosen)) < len(chosen):
            problem = tr("One band is chosen twice.")
        elif is_own and not _is_scale(self._scale.text(), self._offset.text()):
            problem = tr("Scale and offset are numbers with a decimal point; the scale is above 0.")
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not problem)


def _is_scale(scale: str, offset: str) -> bool:
    """Whether the engine can read both as it reads numbers: with a point."""
    try:
        float(offset)
        return float(scale) > 0
    except ValueError:
        return False
