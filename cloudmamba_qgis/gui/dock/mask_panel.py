"""Thresholds and shapes of a mask, with its cloud cover and what is cut where."""

from __future__ import annotations

from dataclasses import replace

from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import QLocale, pyqtSignal
from qgis.PyQt.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from cloudmamba_qgis.gui.dock.histogram import Counts, ProbabilityHistogram
from cloudmamba_qgis.gui.dock.live_mask import Decided, LiveMask
from cloudmamba_qgis.gui.widgets.flow_layout import FlowLayout
from cloudmamba_qgis.gui.widgets.note import Note
from cloudmamba_qgis.gui.widgets.step_slider import StepSlider
from cloudmamba_qgis.gui.widgets.tooltip import tooltip
from cloudmamba_qgis.rasters.grid import NoPixelSize
from cloudmamba_qgis.rasters.stage_levels import STEPS, MaskSettings
from cloudmamba_qgis.settings import BUFFER_PX, FOLDED_PARTS, SMALLEST_CLOUD_PX, SMALLEST_HOLE_PX
from cloudmamba_qgis.translation import tr

_PLAIN = ("coarse_step", "refined_step", "buffer_px", "smallest_cloud_px", "smallest_hole_px")
_SHAPES = {
    "buffer_px": BUFFER_PX,
    "smallest_cloud_px": SMALLEST_CLOUD_PX,
    "smallest_hole_px": SMALLEST_HOLE_PX,
}
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
        self.shadow_cover = QLabel()
        self.shadow_cover.setVisible(False)
        self.reviewed_cover = QLabel()
        self.reviewed_cover.setVisible(False)
        self._words = Note()
        self.controls = QWidget()  # not the words: those that say what to do must be legible
        self.histogram = ProbabilityHistogram()
        self.histogram.threshold_moved.connect(self._move_threshold)
        self.sliders = _sliders()
        self.reset_button = QPushButton(tr("R&eset"))
        self.reset_button.setToolTip(tr("Back to the mask as it was detected"))
        self.keep_button = QPushButton(tr("Save as New &Layer"))
        self.keep_button.setToolTip(tr("Make this mask a layer of its own, and go on with another"))
        self.swipe_button = QPushButton(tr("S&wipe"))
        self.swipe_button.setCheckable(True)
        self.swipe_button.setToolTip(
            tooltip(
                self.swipe_button.text(),
                tr("Move the mouse over the map: to the left of it is the image alone."),
            )
        )
        self._lay_out()
        for slider in self.sliders.values():
            slider.changed.connect(self._on_change)
        self.reset_button.clicked.connect(self.reset)
        self.keep_button.clicked.connect(self.keep_clicked)
        self.follow(None, why_not=words_without_mask())

    @property
    def settings(self) -> MaskSettings:
        """What the sliders say."""
        return MaskSettings(**{name: slider.value() for name, slider in self.sliders.items()})

    def follow(
        self, live: LiveMask | None, left: MaskSettings | None = None, why_not: str = ""
    ) -> None:
        """Act on this mask from now on; None for none, and ``why_not`` says why.

        It goes on with the settings that it was left with, if it was followed before.
        """
        self._live = None  # while the sliders are set
        self.controls.setEnabled(live is not None)
        self.cover.setVisible(live is not None)
        if live is None:
            self.shadow_cover.setVisible(False)
            self.histogram.show_counts(None)
            self._words.say(why_not)
            return
        self._words.say("")
        detected = live.detected_settings
        shapes = {name: setting.get() for name, setting in _SHAPES.items()}
        first = left or replace(detected, **shapes)
        for name, slider in self.sliders.items():
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
        self.shadow_cover.setVisible(decided.shadow_percent is not None)
        if decided.shadow_percent is not None:
            percent = locale.toString(decided.shadow_percent, "f", 1)
            self.shadow_cover.setText(tr("{percent} % cloud shadow").format(percent=percent))

    def show_reviewed(self, cloud_percent: float | None) -> None:
        """Say the cloud cover after the review; None where nothing was decided."""
        self.reviewed_cover.setVisible(cloud_percent is not None)
        if cloud_percent is not None:
            percent = QLocale().toString(cloud_percent, "f", 1)
            self.reviewed_cover.setText(tr("{percent} % after the review").format(percent=percent))

    def say(self, text: str, is_warning: bool = False) -> None:
        """Say something beside the cloud cover."""
        self._words.say(text, is_warning)

    def _move_threshold(self, name: str, step: int) -> None:
        self.sliders[name].set_value(step)

    def _on_change(self) -> None:
        if self._live is None:
            return
        settings = self.settings
        for name, setting in _SHAPES.items():
            setting.set(getattr(settings, name))
        self.histogram.show_counts(Counts(*self._live.histograms(settings), settings))
        self.sliders["refined_step"].setVisible(settings.has_second_pass)
        self.reset_button.setEnabled(settings != self._live.detected_settings)
        self._show_units()
        self._live.decide(settings)

    def _show_units(self) -> None:
        """Say the buffer in metres too, where pixels have a size."""
        if self._live is None:
            return
        try:
            width_m, _ = self._live.grid.pixel_size_m()
        except NoPixelSize:
            self.sliders["buffer_px"].note.setText("")
            return
        metres = QLocale().toString(width_m * self.sliders["buffer_px"].value(), "f", 0)
        self.sliders["buffer_px"].note.setText(tr("= {metres} m").format(metres=metres))

    def _lay_out(self) -> None:
        controls = QVBoxLayout(self.controls)
        controls.addWidget(self.histogram)
        for name in _PLAIN:
            controls.addWidget(self.sliders[name])
        self.advanced = QgsCollapsibleGroupBox(tr("Advanced"))
        self.advanced.setObjectName("advanced")
        self.advanced.setSettingGroup(FOLDED_PARTS)
        self.advanced.setCollapsed(True)
        self.advanced.setSaveCollapsedState(True)
        advanced = QVBoxLayout(self.advanced)
        for name in self.sliders.keys() - set(_PLAIN):
            advanced.addWidget(self.sliders[name])
        controls.addWidget(self.advanced)
        controls.addLayout(FlowLayout(self.swipe_button, self.reset_button, self.keep_button))
        layout = QVBoxLayout(self)
        layout.addWidget(self.cover)
        layout.addWidget(self.shadow_cover)
        layout.addWidget(self.reviewed_cover)
        layout.addWidget(self._words)
        layout.addWidget(self.controls)
        for one in (layout, controls):
            one.setContentsMargins(0, 0, 0, 0)
            one.setSpacing(3)


def words_without_mask() -> str:
    """Of an image that has no mask yet."""
    return tr("Mask the clouds of the image to move its thresholds here.")


def _sliders() -> dict[str, StepSlider]:
    """By the field of ``MaskSettings``, in their order on the panel."""
    sliders = {
        "coarse_step": StepSlider(
            tr("Cloud threshold, &sure pixels"),
            tr("Where the first pass is sure, cloud is what is more probable than this."),
            STEPS,
            STEPS,
            "τ₁",
        ),
        "refined_step": StepSlider(
            tr("Cloud threshold, &refined pixels"),
            tr("Where the second pass decides, cloud is what is more probable than this."),
            STEPS,
            STEPS,
            "τ₂",
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
        "acceptance_step": StepSlider(
            tr("&Trust first pass below"),
            tr(
                "The first pass decides where its uncertainty is below this; the second one "
                "elsewhere. 0: the second pass decides everywhere; 1: the first one does."
            ),
            STEPS,
            STEPS,
            "γ",
        ),
    }
    for name in _SHAPES:
        sliders[name].box.setSuffix(tr(" px"))
    return sliders
