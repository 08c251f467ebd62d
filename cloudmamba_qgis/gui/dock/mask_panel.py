"""Thresholds and shapes of a mask, with its cloud cover and what is cut where."""

from __future__ import annotations

from dataclasses import replace

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QLocale, pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cloudmamba_qgis.gui.dock.histogram import Counts, ProbabilityHistogram
from cloudmamba_qgis.gui.dock.live_mask import Decided, LiveMask
from cloudmamba_qgis.gui.dock.step_slider import StepSlider
from cloudmamba_qgis.gui.dock.words import Note
from cloudmamba_qgis.rasters.grid import NoPixelSize
from cloudmamba_qgis.rasters.stage_levels import STEPS, MaskSettings
from cloudmamba_qgis.translation import tr

_SHAPES = ("buffer_px", "smallest_cloud_px", "smallest_hole_px")
_SETTINGS = "cloudmamba/dock"
_WIDEST_BUFFER_PX = 50
_LARGEST_PATCH_PX = 500


class MaskPanel(QWidget):
    """Sliders that act on a ``LiveMask`` at once.

    Signals:
        keep_clicked: the mask as it is shall become a layer of its own.
    """

    keep_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live: LiveMask | None = None
        self.cover = QLabel()
        font = self.cover.font()
        font.setPointSizeF(1.4 * font.pointSizeF())
        font.setBold(True)
        self.cover.setFont(font)
        self.cover.setAccessibleName(tr("Cloud cover"))
        self._words = Note()
        self.controls = QWidget()  # not the words: those that say what to do must be legible
        self.histogram = ProbabilityHistogram()
        self.sliders = _sliders()
        self.reset_button = QPushButton(tr("Rese&t"))
        self.reset_button.setToolTip(tr("Back to the mask as it was detected"))
        self.keep_button = QPushButton(tr("&Keep This Mask"))
        self.keep_button.setToolTip(tr("Make this mask a layer of its own, and go on with another"))
        self._lay_out()
        for slider in self.sliders.values():
            slider.changed.connect(self._on_change)
        self.reset_button.clicked.connect(self.reset)
        self.keep_button.clicked.connect(self.keep_clicked)
        self.follow(None)

    @property
    def settings(self) -> MaskSettings:
        """What the sliders say."""
        return MaskSettings(**{name: slider.value() for name, slider in self.sliders.items()})

    def follow(self, live: LiveMask | None, left: MaskSettings | None = None) -> None:
        """Act on this mask from now on; None for none, while there is nothing to act on.

        It goes on with the settings that it was left with, if it was followed before.
        """
        self._live = None  # while the sliders are set
        self.controls.setEnabled(live is not None)
        self.cover.setVisible(live is not None)
        if live is None:
            self.histogram.show_counts(None)
            self._words.say(tr("Mask the clouds of the image to move its thresholds here."))
            return
        self._words.say("")
        detected = live.detected_settings
        settings = QgsSettings()
        shapes = {name: int(float(settings.value(f"{_SETTINGS}/{name}", 0))) for name in _SHAPES}
        first = left or replace(detected, **shapes)
        for name, slider in self.sliders.items():
            slider.set_default(getattr(detected, name))
            slider.set_value(getattr(first, name))
        self._live = live
        self._show_units()
        self._on_change()

    def reset(self) -> None:
        """As it was detected."""
        if self._live is not None:
            detected, live = self._live.detected_settings, self._live
            self._live = None  # one decision, not six
            for name, slider in self.sliders.items():
                slider.set_value(getattr(detected, name))
            self._live = live
            self._on_change()

    def show_decided(self, decided: Decided) -> None:
        """Say the cloud cover of a mask that is on the map now."""
        locale = QLocale()
        percent = locale.toString(decided.cloud_percent, "f", 1)
        self.cover.setText(tr("{percent} % cloud").format(percent=percent))

    def say(self, text: str, is_warning: bool = False) -> None:
        """Say something beside the cloud cover."""
        self._words.say(text, is_warning)

    def _on_change(self) -> None:
        if self._live is None:
            return
        settings = self.settings
        for name in _SHAPES:
            QgsSettings().setValue(f"{_SETTINGS}/{name}", getattr(settings, name))
        self.histogram.show_counts(Counts(*self._live.histograms(settings), settings))
        self.reset_button.setEnabled(settings != self._live.detected_settings)
        self._show_units()
        self._live.decide(settings)

    def _show_units(self) -> None:
        """Say the buffer in metres, where pixels have a size."""
        try:
            width_m, _ = self._live.grid.pixel_size_m()
        except NoPixelSize:
            self.sliders["buffer_px"].box.setSuffix(tr(" px"))
            return
        metres = QLocale().toString(width_m * self.sliders["buffer_px"].value(), "f", 0)
        self.sliders["buffer_px"].box.setSuffix(tr(" px = {metres} m").format(metres=metres))

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(1)
        for row, slider in enumerate(self.sliders.values()):
            slider.add_to(grid, row)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset_button)
        buttons.addStretch()
        buttons.addWidget(self.keep_button)
        controls = QVBoxLayout(self.controls)
        controls.addWidget(self.histogram)
        controls.addLayout(grid)
        controls.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(self.cover)
        layout.addWidget(self._words)
        layout.addWidget(self.controls)
        for one in (layout, controls):
            one.setContentsMargins(0, 0, 0, 0)
            one.setSpacing(3)


def _sliders() -> dict[str, StepSlider]:
    """By the field of ``MaskSettings``, in their order on the panel."""
    sliders = {
        "coarse_step": StepSlider(
            tr("Threshold τ₁ (&first stage)"),
            tr("Where the first stage decides, cloud is what is more probable than this."),
            STEPS,
            STEPS,
        ),
        "refined_step": StepSlider(
            tr("Threshold τ₂ (&second stage)"),
            tr("Where the second stage decides, cloud is what is more probable than this."),
            STEPS,
            STEPS,
        ),
        "acceptance_step": StepSlider(
            tr("&Acceptance γ"),
            tr(
                "The first stage decides where its uncertainty is below this; the second one "
                "elsewhere. 0: the second stage decides everywhere."
            ),
            STEPS,
            STEPS,
        ),
        "buffer_px": StepSlider(
            tr("&Buffer"),
            tr("Pixels that lie no further than this from a cloud count as cloud."),
            _WIDEST_BUFFER_PX,
        ),
        "smallest_cloud_px": StepSlider(
            tr("Smallest &cloud"),
            tr("Clouds of fewer pixels become clear."),
            _LARGEST_PATCH_PX,
        ),
        "smallest_hole_px": StepSlider(
            tr("Smallest &hole"),
            tr("Clear patches of fewer pixels become cloud."),
            _LARGEST_PATCH_PX,
        ),
    }
    for name in _SHAPES[1:]:
        sliders[name].box.setSuffix(tr(" px"))
    return sliders
