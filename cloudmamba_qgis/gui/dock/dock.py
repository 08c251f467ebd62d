"""The dock: everything about one image and its mask in one place."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import Qgis, QgsMapLayer, QgsProject
from qgis.gui import QgisInterface, QgsCollapsibleGroupBox, QgsDockWidget
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from qgis.PyQt.QtWidgets import (
    QFrame,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cloudmamba_qgis.gui.areas.page import AreasPage
from cloudmamba_qgis.gui.dock.dropped import DroppedImage, paths_in
from cloudmamba_qgis.gui.dock.engine_panel import EnginePanel
from cloudmamba_qgis.gui.dock.live_mask import Decided, LiveMask, MaskFiles
from cloudmamba_qgis.gui.dock.mask_panel import MaskPanel, words_without_mask
from cloudmamba_qgis.gui.dock.save_mask import SavedMask
from cloudmamba_qgis.gui.dock.scene_panel import ScenePanel
from cloudmamba_qgis.gui.dock.swipe import Swipe
from cloudmamba_qgis.gui.one_click.detection import LayerDetection
from cloudmamba_qgis.gui.one_click.messages import OneClickMessages
from cloudmamba_qgis.gui.one_click.one_click import OneClick
from cloudmamba_qgis.gui.review import ReviewPanel
from cloudmamba_qgis.gui.widgets.flow_layout import FlowLayout
from cloudmamba_qgis.gui.widgets.note import Note
from cloudmamba_qgis.gui.widgets.tooltip import tooltip
from cloudmamba_qgis.gui.widgets.wrapping_check_box import WrappingCheckBox
from cloudmamba_qgis.help_pages import open_help
from cloudmamba_qgis.layers.placement import PlacedResults, layers_of_detection
from cloudmamba_qgis.rasters.stage_levels import MaskSettings
from cloudmamba_qgis.resource_files import icon
from cloudmamba_qgis.settings import FOLDED_PARTS, MARKS_SHADOW
from cloudmamba_qgis.translation import tr

NAME = "cloudmambaDock"
_WIDEST_NEEDED_PX = 340


class CloudsDock(QgsDockWidget):
    """Image, detector, mask; detections go through the one click."""

    def __init__(
        self, iface: QgisInterface, one_click: OneClick, set_up_engine: Callable[[], None]
    ) -> None:
        super().__init__(tr("Clouds"), iface.mainWindow())
        self.setObjectName(NAME)
        self.setWindowIcon(icon("cloudmamba"))
        self._iface = iface
        self._one_click = one_click
        self._messages = OneClickMessages(iface.messageBar())
        self._files: dict[str, MaskFiles] = {}  # by mask, the one that was chosen last at the end
        self._followed: MaskFiles | None = None
        self._live: LiveMask | None = None
        self._decided: Decided | None = None
        self._closing: dict[MaskFiles, LiveMask] = {}  # those that still decide
        self._shown: dict[str, MaskSettings] = {}  # by mask, what its layer was made with here
        self._was_shown = False
        self.scene = ScenePanel()
        self.dropped = DroppedImage()
        self.setAcceptDrops(True)
        self.engine = EnginePanel()
        self.mask = MaskPanel()
        self.review = ReviewPanel(iface.mapCanvas())
        self.areas = AreasPage(iface)
        self.shadow_box = WrappingCheckBox(tr("Mar&k cloud shadow, too"))
        self.shadow_box.setToolTip(
            tooltip(
                self.shadow_box.text(),
                tr(
                    "It becomes class 2 of the mask, in blue. Dark water and the shadow of "
                    "mountains may be taken for it. Holds for the toolbar's button too."
                ),
            )
        )
        self.shadow_box.setChecked(MARKS_SHADOW.get())
        self.run_button = QPushButton(icon("detect_clouds"), tr("&Mask Clouds"))
        self.cancel_button = QPushButton(tr("Cance&l"))
        self.set_up_button = QPushButton(tr("Set Up Engine…"))
        self.progress = QProgressBar()
        self.progress.setAccessibleName(tr("Progress"))
        self._words = Note()
        self._lay_out()
        self.dropped.opened.connect(self.scene.choose)
        self.dropped.said.connect(self.scene.say)
        self.dropped.failed.connect(
            lambda words: self._messages.show(words, Qgis.MessageLevel.Warning)
        )
        self.scene.layer_changed.connect(self._on_layer)
        self.scene.problem_changed.connect(self._check)
        self.engine.problem_changed.connect(self._check)
        self.shadow_box.toggled.connect(MARKS_SHADOW.set)
        self.run_button.clicked.connect(self._run)
        self.cancel_button.clicked.connect(one_click.cancel)
        self.set_up_button.clicked.connect(lambda: set_up_engine())
        self.mask.keep_clicked.connect(self._keep)
        self.swipe = Swipe(iface.mapCanvas())
        self.swipe.toggled.connect(self.mask.swipe_button.setChecked)
        self.mask.swipe_button.clicked.connect(
            lambda is_on: self.swipe.start() if is_on else self.swipe.stop()
        )
        self.review.cover_changed.connect(
            lambda: self.mask.show_reviewed(self.review.reviewed_percent)
        )
        one_click.busy_changed.connect(self._on_busy)
        one_click.progressed.connect(self._on_progress)
        one_click.masked.connect(self._on_masked)
        QgsProject.instance().layersWillBeRemoved.connect(self._forget)
        iface.currentLayerChanged.connect(self._on_current_layer)
        for detection, results in one_click.made.values():
            self._remember(detection, results)
        self._on_layer()
        self._on_busy(False)

    def close_for_good(self) -> None:
        """End what runs for the dock, as when the plugin is unloaded."""
        QgsProject.instance().layersWillBeRemoved.disconnect(self._forget)
        self._iface.currentLayerChanged.disconnect(self._on_current_layer)
        self._one_click.busy_changed.disconnect(self._on_busy)
        self._one_click.progressed.disconnect(self._on_progress)
        self._one_click.masked.disconnect(self._on_masked)
        self.swipe.stop()
        self.engine.close_for_good()
        self.scene.close_for_good()
        self.dropped.close_for_good()
        self._messages.close()
        self._follow(None)
        self.review.close_for_good()
        self.areas.close_for_good()

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the active layer from now on; look at the engine once, and where it lacks."""
        super().showEvent(event)
        self._on_current_layer(self._iface.activeLayer())
        if not self._was_shown or self.engine.problem:
            self._was_shown = True
            self.engine.look()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and folders are welcome."""
        if paths_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped, and choose it; of several the first."""
        event.acceptProposedAction()
        self.dropped.take(paths_in(event.mimeData()))

    def _lay_out(self) -> None:
        run = FlowLayout(self.run_button, self.progress, self.cancel_button, self.set_up_button)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(2)
        layout.addWidget(_group("image", tr("Image"), self.scene))
        engine = _group("engine", tr("Model and device"), self.engine)
        engine.setCollapsed(True)  # at first; later as the user left it
        layout.addWidget(engine)
        layout.addWidget(self.shadow_box)
        layout.addLayout(run)
        layout.addWidget(self._words)
        layout.addWidget(_group("mask", tr("Mask"), self.mask))
        review = _group("review", tr("Review"), self.review)
        review.setCollapsed(True)  # at first; later as the user left it
        layout.addWidget(review)
        areas = _group("areas", tr("My area by date"), self.areas)
        areas.setCollapsed(True)
        layout.addWidget(areas)
        help_button = QPushButton(tr("Help"))
        help_button.clicked.connect(lambda: open_help("panel"))
        layout.addWidget(help_button, 0, Qt.AlignmentFlag.AlignRight)
        layout.addStretch()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(content)
        # With very large letters it scrolls sideways instead of taking the map's room.
        area.setMinimumWidth(min(content.minimumSizeHint().width() + 20, _WIDEST_NEEDED_PX))
        self.setWidget(area)

    def _check(self) -> None:
        """Let only what can be run be run."""
        problem = self.scene.problem
        self.run_button.setEnabled(not problem and not self.engine.problem)
        self.run_button.setToolTip(problem or self.engine.problem)
        self.set_up_button.setVisible(bool(self.engine.problem))
        said = problem if self.scene.layer is not None else ""
        self._words.say(said or self.engine.problem, is_warning=True)

    def _run(self) -> None:
        self.scene.remember()
        self._one_click.mask([self.scene.layer], self.scene.answer, self.engine.options)

    def _on_busy(self, is_busy: bool) -> None:
        # The focus must not wander off to the next field, which the dock would scroll to.
        before, after = self.run_button, self.cancel_button
        if not is_busy:
            before, after = after, before
        had_focus = before.hasFocus()
        after.setVisible(True)
        if had_focus:
            after.setFocus()
        before.setVisible(False)
        self.progress.setVisible(is_busy)
        self._on_progress(0)
        self._check()

    def _on_progress(self, percent: float) -> None:
        self.progress.setMaximum(100 if percent > 0 else 0)
        self.progress.setValue(round(percent))

    def _on_masked(self, detection: LayerDetection, results: PlacedResults) -> None:
        self._remember(detection, results)
        self._on_layer()

    def _remember(self, detection: LayerDetection, results: PlacedResults) -> None:
        files = MaskFiles(
            detection.layer_id,
            *results.layer_ids[:2],
            detection.mask_path,
            detection.stages_path,
            detection.shadow_path,
        )
        layers = (files.image_id, files.mask_id, files.uncertainty_id)
        if all(map(QgsProject.instance().mapLayer, layers)):  # none was removed meanwhile
            self._files[files.mask_id] = files

    def _on_current_layer(self, layer: QgsMapLayer | None) -> None:
        """Go with the layer tree: to an image, or from a result to its mask and image."""
        if layer is None or not self.isVisible():
            return
        of_layer = (
            files
            for files in self._files.values()
            if layer.id() in (files.mask_id, files.uncertainty_id)
            or self.review.mask_of(layer.id()) == files.mask_id
        )
        files = next(of_layer, None) or _files_in_project(layer)
        if files is None:
            self.scene.choose(layer)
            return
        self._files.pop(files.mask_id, None)
        self._files[files.mask_id] = files
        self.scene.choose(QgsProject.instance().mapLayer(files.image_id))
        self._on_layer()  # also where the image is chosen already

    def _on_layer(self) -> None:
        layer = self.scene.layer
        self._follow(self._chosen_last(layer.id()) if layer is not None else None)

    def _chosen_last(self, image_id: str) -> MaskFiles | None:
        """Of the masks of an image."""
        of_image = (files for files in self._files.values() if files.image_id == image_id)
        return next(reversed([*of_image]), None)

    def _follow(self, files: MaskFiles | None) -> None:
        """Review the mask of these files, and let the sliders act on it where it has stages."""
        if self._followed == files:
            return
        self._followed = files
        self._leave()
        if files is None:
            self.mask.follow(None, why_not=words_without_mask())
            self.review.set_layers(None, None)
            return
        self.mask.follow(
            None,
            why_not=tr(
                "This mask was made while the panel was closed, without what moving thresholds "
                "needs: mask the image again to move them."
            ),
        )
        project = QgsProject.instance()
        self.review.set_layers(
            project.mapLayer(files.mask_id), project.mapLayer(files.uncertainty_id)
        )
        if files.stages_path:
            self._act_on(files)

    def _act_on(self, files: MaskFiles) -> None:
        """Let the sliders move this mask; one that was left just now goes on."""
        live = self._live = self._closing.pop(files, None)
        if live is not None:
            live.reopen()
            self.mask.follow(live, live.last_asked)
            return
        shown = self._shown.get(files.mask_id)
        live = self._live = LiveMask(files, shown)
        live.loaded.connect(lambda: self.mask.follow(live, shown))
        live.decided.connect(lambda decided: self._on_decided(live, decided))
        live.failed.connect(lambda sentence: self._on_undecided(live, sentence))
        live.ended.connect(lambda: self._closing.pop(files, None))
        self.mask.say(tr("Reading the stages…"))
        live.load()

    def _leave(self) -> None:
        """Act no more on the mask; what was asked of it last is still shown."""
        live, self._live, self._decided = self._live, None, None
        if live is not None:
            self._closing[live.files] = live
            live.close()

    def _on_decided(self, live: LiveMask, decided: Decided) -> None:
        mask_id = live.files.mask_id
        before = self._shown.get(mask_id, live.detected_settings)
        self._shown[mask_id] = decided.settings
        if live is not self._live:  # another image was chosen meanwhile
            return
        self._decided = decided
        self.mask.show_decided(decided)
        if decided.settings != before:
            self.review.follow_mask()

    def _on_undecided(self, live: LiveMask, sentence: str) -> None:
        if live is self._live:
            self.mask.say(sentence, is_warning=True)

    def _keep(self) -> None:
        if self._decided is None:  # not even once yet
            return
        files, decided = self._live.files, self._decided
        is_as_detected = decided.settings == self._live.detected_settings
        name = QgsProject.instance().mapLayer(files.mask_id).name()
        kept = SavedMask(files, decided, is_as_detected, name)
        kept.failed.connect(lambda sentence: self.mask.say(sentence, is_warning=True))
        kept.start()

    def _forget(self, layer_ids: list[str]) -> None:
        """Masks that go cannot be shown any more, nor those of images that go."""
        gone = set(layer_ids)
        self._files = {
            mask_id: files
            for mask_id, files in self._files.items()
            if not gone & {files.image_id, mask_id}
        }
        if self._followed is not None and self._followed.mask_id not in self._files:
            other = self._chosen_last(self._followed.image_id)
            self._follow(None if other is None or other.uncertainty_id in gone else other)


def _files_in_project(result: QgsMapLayer) -> MaskFiles | None:
    """Of a mask or uncertainty of an earlier session, to be reviewed; its stages are gone."""
    layer_ids = layers_of_detection(result)
    if layer_ids is None:
        return None
    mask = QgsProject.instance().mapLayer(layer_ids[1])
    return MaskFiles(*layer_ids, mask.source(), stages_path="")


def _group(name: str, title: str, content: QWidget) -> QgsCollapsibleGroupBox:
    """A part of the dock that can be folded, and stays so."""
    group = QgsCollapsibleGroupBox(title)
    group.setObjectName(name)
    group.setSettingGroup(FOLDED_PARTS)
    group.setSaveCollapsedState(True)
    layout = QVBoxLayout(group)
    layout.setContentsMargins(6, 4, 6, 4)
    layout.addWidget(content)
    return group
