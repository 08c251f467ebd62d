"""Review of the most uncertain regions of a mask, one after the other."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFileUtils,
    QgsProject,
    QgsRasterLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QLocale, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QHideEvent, QKeySequence, QShowEvent
from qgis.PyQt.QtWidgets import (
    QAbstractButton,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

try:
    from qgis.PyQt.QtGui import QShortcut
except ImportError:  # before Qt 6
    from qgis.PyQt.QtWidgets import QShortcut

from cloudmamba_qgis.gui.review.formatting import class_words, size_words
from cloudmamba_qgis.gui.review.region_list import RegionList
from cloudmamba_qgis.gui.review.region_marker import RegionMarker
from cloudmamba_qgis.gui.review.session import ReviewSession, Verdict
from cloudmamba_qgis.gui.widgets.flow_layout import FlowLayout
from cloudmamba_qgis.gui.widgets.note import Note
from cloudmamba_qgis.gui.widgets.save_dialog import ask_where_to_save
from cloudmamba_qgis.gui.widgets.tooltip import tooltip
from cloudmamba_qgis.gui.widgets.wrapping_check_box import WrappingCheckBox
from cloudmamba_qgis.layers.source import UnusableSource
from cloudmamba_qgis.rasters.cloud_shapes import CLOUD, SHADOW
from cloudmamba_qgis.rasters.uncertain_regions import MOST_REGIONS, Search, UncertainRegion
from cloudmamba_qgis.settings import (
    REVIEW_SMALLEST_PX,
    REVIEW_THRESHOLD,
    REVIEW_WITH_EDGES,
    SAVE_FOLDER,
)
from cloudmamba_qgis.translation import tr

_SEARCH_DELAY_MS = 300


class ReviewPanel(QWidget):
    """Finds uncertain regions of a mask and takes the user from one to the next.

    Decisions go to a copy of the mask. Each mask's review lasts as long as its layers, so that
    one can go to another mask and back.

    Signals:
        cover_changed: ``reviewed_percent`` may be another.
    """

    cover_changed = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._sessions: dict[str, ReviewSession] = {}  # by mask
        self._session: ReviewSession | None = None
        self._marker = RegionMarker(canvas)
        self._search_timer = QTimer(self)
        self._search_timer.setSingleShot(True)
        self._search_timer.setInterval(_SEARCH_DELAY_MS)
        self._make_widgets()
        self._lay_out()
        self._connect()
        QgsProject.instance().layersWillBeRemoved.connect(self._forget)
        self.set_layers(None, None)

    @property
    def session(self) -> ReviewSession | None:
        """The review of the mask that is set."""
        return self._session

    @property
    def reviewed_percent(self) -> float | None:
        """Cloud cover of the mask with all decisions; None where there are none."""
        session = self._session
        return session.cloud_percent if session is not None and session.decisions else None

    def mask_of(self, layer_id: str) -> str:
        """The mask of which this layer is the reviewed copy; empty for another layer."""
        of_layer = (id_ for id_, one in self._sessions.items() if one.reviewed_id == layer_id)
        return next(of_layer, "")

    def set_layers(
        self, mask_layer: QgsRasterLayer | None, uncertainty_layer: QgsRasterLayer | None
    ) -> None:
        """Review this mask from now on; searches as soon as the panel is seen."""
        self._marker.clear()
        self._session = None
        if mask_layer is None or uncertainty_layer is None:
            self._show_nothing(tr("Mask the clouds of the image to review its mask here."))
            return
        session = self._sessions.get(mask_layer.id())
        if session is None or session.uncertainty_id != uncertainty_layer.id():
            if session is not None:
                session.close()
            try:
                session = ReviewSession(mask_layer, uncertainty_layer)
            except UnusableSource as error:
                self._show_nothing(str(error), is_warning=True)
                return
            self._sessions[mask_layer.id()] = session
            session.searched.connect(lambda: self._on_searched(session))
            session.decisions_changed.connect(lambda: self._on_decisions(session))
            session.saved.connect(lambda path: self._on_saved(session, path))
            session.failed.connect(lambda sentence: self._on_failed(session, sentence))
        self._session = session
        if session.regions is not None:
            self._set_search(session.search)
            self._on_searched(session)
        else:
            self._show_nothing("")
            self._find_if_seen()

    def follow_mask(self) -> None:
        """Search again in a mask that was decided anew, unless its review has begun."""
        session = self._session
        if session is None or session.has_copy:
            return
        session.forget_regions()
        self._show_nothing(tr("Looking for uncertain regions…"))
        self._search_timer.start()  # not while a slider is being moved

    def close_for_good(self) -> None:
        """End what runs, as when the plugin is unloaded."""
        self._search_timer.stop()
        QgsProject.instance().layersWillBeRemoved.disconnect(self._forget)
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
        self._session = None
        self._marker.remove()

    def showEvent(self, event: QShowEvent) -> None:
        """Search when somebody is going to look."""
        super().showEvent(event)
        self._find_if_seen()
        self._show_current()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is outlined for which there are no buttons."""
        super().hideEvent(event)
        self._marker.clear()

    def go_to(self, number: int) -> None:
        """Highlight a region, from 0, and zoom to it."""
        session = self._session
        session.current = number
        self._show_current()
        self.zoom_to_current()

    def zoom_to_current(self) -> None:
        """Zoom to the region that is highlighted."""
        region = self._current_region()
        if region is not None:
            self._marker.zoom_to(region, self._crs())

    # Widgets

    def _make_widgets(self) -> None:
        self.headline = QLabel()
        font = self.headline.font()
        font.setBold(True)
        font.setPointSizeF(1.2 * font.pointSizeF())
        self.headline.setFont(font)
        self.details = QLabel()
        self.details.setWordWrap(True)
        self.details.setMinimumHeight(self.details.fontMetrics().height())  # see Note
        for label in (self.headline, self.details):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._words = Note()
        self.previous_button = _button(tr("◀ Previous"), "P", tr("Go to the region before"))
        self.next_button = _button(tr("Next ▶"), "N", tr("Go to the next region"))
        self.zoom_button = _button(tr("Zoom"), "Z", tr("Zoom to this region"))
        self.keep_button = _button(
            tr("Keep"), "K", tr("The mask is right here: leave it and go to the next region")
        )
        self.flip_button = _button(
            tr("Flip"), "F", tr("The mask is wrong here: change it and go to the next region")
        )
        self.undo_button = _button(tr("Undo"), "U", tr("Take back the last decision"))
        self.list = RegionList()
        self.progress = QProgressBar()
        self.progress.setAccessibleName(tr("Reviewed"))
        self.threshold = QDoubleSpinBox()
        self.threshold.setRange(0.05, 1.0)
        self.threshold.setSingleStep(0.05)
        self.threshold.setDecimals(2)
        self.threshold.setToolTip(tr("A region is made of pixels that are at least so uncertain."))
        self.smallest = QSpinBox()
        self.smallest.setRange(1, 100_000)
        self.smallest.setSuffix(tr(" px"))
        self.smallest.setToolTip(tr("Regions of fewer pixels are left out."))
        for box in (self.threshold, self.smallest):
            box.setKeyboardTracking(False)
        self.with_edges = WrappingCheckBox(tr("Cloud &edges too"))
        self.with_edges.setToolTip(
            tooltip(
                self.with_edges.text(),
                tr("Also the narrow seams along clouds, which are seldom worth a look."),
            )
        )
        self._set_search(
            Search(REVIEW_THRESHOLD.get(), REVIEW_SMALLEST_PX.get(), REVIEW_WITH_EDGES.get())
        )
        self.save_button = QPushButton(tr("&Save As…"))

    def _lay_out(self) -> None:
        walk = FlowLayout(self.previous_button, self.next_button, self.zoom_button)
        decide = FlowLayout(self.keep_button, self.flip_button, self.undo_button)
        search = QFormLayout()
        search.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        search.setVerticalSpacing(2)
        search.addRow(tr("Uncertain &from"), self.threshold)
        search.addRow(tr("S&mallest region"), self.smallest)
        search.addRow(self.with_edges)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.headline)
        layout.addWidget(self.details)
        layout.addWidget(self._words)
        layout.addLayout(walk)
        layout.addLayout(decide)
        layout.addWidget(self.list)
        layout.addWidget(self.progress)
        layout.addLayout(search)
        layout.addWidget(self.save_button)
        layout.addStretch()

    def _connect(self) -> None:
        for button, slot in (
            (self.previous_button, lambda: self._step(-1)),
            (self.next_button, lambda: self._step(1)),
            (self.zoom_button, self.zoom_to_current),
            (self.keep_button, lambda: self._decide(Verdict.KEPT)),
            (self.flip_button, lambda: self._decide(Verdict.FLIPPED)),
            (self.undo_button, self._undo),
        ):
            button.clicked.connect(slot)
            # Not the button's own: those act in the whole window, where letters are QGIS's.
            shortcut = QShortcut(QKeySequence(button.property("key")), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(button.click)
        self._search_timer.timeout.connect(self._find_if_seen)
        self.list.chosen.connect(self.go_to)
        self.threshold.valueChanged.connect(self._on_search_changed)
        self.smallest.valueChanged.connect(self._on_search_changed)
        self.with_edges.toggled.connect(self._on_search_changed)
        self.save_button.clicked.connect(self._save)

    # What the user does

    def _step(self, by: int) -> None:
        count = len(self._session.regions.regions)
        current = self._session.current
        self.go_to((current + by) % count if current >= 0 else (0 if by > 0 else count - 1))

    def _decide(self, verdict: Verdict) -> None:
        session = self._session
        session.decide(self._current_region(), verdict)
        regions, current = session.regions.regions, session.current
        decided = {id(one.region) for one in session.decisions}
        order = [*range(current + 1, len(regions)), *range(current)]
        following = next((n for n in order if id(regions[n]) not in decided), None)
        if following is not None:
            self.go_to(following)
        else:
            self._words.say(tr("All regions are reviewed."))

    def _undo(self) -> None:
        region = self._session.undo()
        regions = self._session.regions.regions if self._session.regions else ()
        number = next((n for n, one in enumerate(regions) if one is region), None)
        if number is not None:  # else it is of a search of before
            self._words.say(_search_words(self._session))
            self.go_to(number)

    def _on_search_changed(self) -> None:
        REVIEW_THRESHOLD.set(self.threshold.value())
        REVIEW_SMALLEST_PX.set(self.smallest.value())
        REVIEW_WITH_EDGES.set(self.with_edges.isChecked())
        if self._session is not None:
            self._find()

    def _save(self) -> None:
        mask = QgsProject.instance().mapLayer(self._session.mask_id)
        folder = SAVE_FOLDER.get() or str(Path.home())
        name = tr("Reviewed: {mask}").format(mask=mask.name())
        name = QgsFileUtils.stringToSafeFilename(name)
        path = ask_where_to_save(
            self, tr("Save Reviewed Mask As"), "GeoTIFF (*.tif)", "tif", folder, f"{name}.tif"
        )
        if path:
            self.save_to(path)

    def save_to(self, path: str) -> None:
        """Write the reviewed mask; the user has agreed that a file there is replaced."""
        SAVE_FOLDER.set(str(Path(path).parent))
        self._words.say(tr("Saving…"))
        self._session.save(path)

    # What happens

    def _find_if_seen(self) -> None:
        session = self._session
        if session is None or session.regions is not None or session.is_searching:
            return
        if self.isVisible():
            self._find()

    def _find(self) -> None:
        self._marker.clear()
        self._show_nothing(tr("Looking for uncertain regions…"))
        try:
            self._session.find(
                Search(self.threshold.value(), self.smallest.value(), self.with_edges.isChecked())
            )
        except UnusableSource as error:
            self._show_nothing(str(error), is_warning=True)

    def _on_searched(self, session: ReviewSession) -> None:
        if session is not self._session:
            return
        self.list.show_session(session, self._crs())
        self._words.say(_search_words(session))
        self._show_current()

    def _on_decisions(self, session: ReviewSession) -> None:
        if session is not self._session:
            return
        self.list.regions.show_verdicts()
        self._show_current()

    def _on_saved(self, session: ReviewSession, path: str) -> None:
        if session is self._session:
            self._words.say(tr("Saved as {path}").format(path=path))

    def _on_failed(self, session: ReviewSession, sentence: str) -> None:
        if session is self._session:
            self._words.say(sentence, is_warning=True)

    def _forget(self, layer_ids: list[str]) -> None:
        """Reviews end with any of their layers; without its copy one starts anew."""
        gone = set(layer_ids)
        for mask_id, session in list(self._sessions.items()):
            if not gone & {mask_id, session.uncertainty_id, session.reviewed_id}:
                continue
            session.close()
            del self._sessions[mask_id]
            if session is self._session:
                project = QgsProject.instance()
                mask, uncertainty = (
                    None if layer_id in gone else project.mapLayer(layer_id)
                    for layer_id in (mask_id, session.uncertainty_id)
                )
                self.set_layers(mask, uncertainty)

    # What is shown

    def _set_search(self, search: Search) -> None:
        for box, value in ((self.threshold, search.threshold), (self.smallest, search.smallest_px)):
            box.blockSignals(True)  # nobody has asked for a search
            box.setValue(value)
            box.blockSignals(False)
        self.with_edges.blockSignals(True)
        self.with_edges.setChecked(search.with_edges)
        self.with_edges.blockSignals(False)

    def _show_nothing(self, text: str, is_warning: bool = False) -> None:
        self.list.show_session(None, QgsCoordinateReferenceSystem())
        self._words.say(text, is_warning)
        self._show_current()

    def _show_current(self) -> None:
        """Everything that depends on the region that is looked at."""
        session, region = self._session, self._current_region()
        regions = session.regions.regions if session and session.regions else ()
        decisions = session.decisions if session else ()
        for button in (self.previous_button, self.next_button):
            button.setEnabled(bool(regions))
        for button in (self.zoom_button, self.keep_button, self.flip_button):
            button.setEnabled(region is not None)
        for button in (self.undo_button, self.save_button):
            button.setEnabled(bool(decisions))
        for box in (self.threshold, self.smallest, self.with_edges):
            box.setEnabled(session is not None)
        self._show_progress(regions)
        self.cover_changed.emit()
        if region is None:
            self._marker.clear()
            self.headline.setText(_count_words(len(regions)) if regions else "")
            self.details.setText("")
            self.keep_button.setText(tr("Keep"))
            self.flip_button.setText(tr("Flip"))
        else:
            self._show_region(region, len(regions))
        self.headline.setVisible(bool(self.headline.text()))
        self.details.setVisible(bool(self.details.text()))

    def _show_region(self, region: UncertainRegion, count: int) -> None:
        session = self._session
        is_cloud = region.value == CLOUD
        self.headline.setText(
            tr("Region {number} of {count}").format(number=session.current + 1, count=count)
        )
        self.details.setText(
            tr("{size}, mean uncertainty {uncertainty}; the mask says {value}").format(
                size=size_words(region, self._crs()),
                uncertainty=QLocale().toString(region.mean_uncertainty, "f", 2),
                value=class_words(region.value),
            )
        )
        keep = {CLOUD: tr("Keep Cloud"), SHADOW: tr("Keep Shadow")}
        self.keep_button.setText(keep.get(region.value, tr("Keep Clear")))
        self.flip_button.setText(tr("Make Clear") if is_cloud else tr("Make Cloud"))
        self._marker.show(region, self._crs())
        self.list.highlight(session.current)

    def _show_progress(self, regions: tuple[UncertainRegion, ...]) -> None:
        done = sum(self._session.verdict_of(region) is not None for region in regions)
        self.progress.setMaximum(max(len(regions), 1))
        self.progress.setValue(done)
        self.progress.setFormat(
            tr("{done} of {count} reviewed").format(done=done, count=len(regions))
        )
        self.progress.setVisible(bool(regions))

    def _current_region(self) -> UncertainRegion | None:
        session = self._session
        if session is None or session.regions is None or session.current < 0:
            return None
        return session.regions.regions[session.current]

    def _crs(self) -> QgsCoordinateReferenceSystem:
        return QgsProject.instance().mapLayer(self._session.mask_id).crs()


def _search_words(session: ReviewSession) -> str:
    """What is worth saying about the outcome of a search; often nothing."""
    found = session.regions
    if not found.regions and found.edges_left_out:
        return tr("No doubtful patch. Narrow edges of clouds left out: {count}.").format(
            count=QLocale().toString(found.edges_left_out)
        )
    if not found.regions:
        return tr(
            "No region is uncertain: none of {size} pixels or more reaches an uncertainty of "
            "{threshold}."
        ).format(
            size=session.search.smallest_px,
            threshold=QLocale().toString(session.search.threshold, "f", 2),
        )
    if found.found > len(found.regions):
        return tr("These are the {count} most uncertain of {found} regions.").format(
            count=MOST_REGIONS, found=QLocale().toString(found.found)
        )
    if found.edges_left_out:
        return tr("Narrow edges of clouds left out: {count}.").format(
            count=QLocale().toString(found.edges_left_out)
        )
    return ""


def _count_words(count: int) -> str:
    return (
        tr("1 uncertain region")
        if count == 1
        else tr("{count} uncertain regions").format(count=count)
    )


def _button(text: str, key: str, tip: str) -> QAbstractButton:
    """With its key in the tip."""
    button = QPushButton(text)
    button.setToolTip(f"{tip} ({key})")
    button.setProperty("key", key)
    return button
