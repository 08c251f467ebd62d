"""The review of one mask: what was found and decided, and the copy that the decisions change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingFeedback, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QDateTime, QLocale, QObject, Qt, pyqtSignal

from cloudmamba_qgis.background import Task, TaskQueue
from cloudmamba_qgis.layers.placement import add_above, lead_to
from cloudmamba_qgis.layers.provenance import describe_layer, forget_tags, layer_tags
from cloudmamba_qgis.layers.result_files import temporary_path
from cloudmamba_qgis.layers.source import gdal_source
from cloudmamba_qgis.layers.style import write_sidecar
from cloudmamba_qgis.rasters.cloud_shapes import CLEAR, CLOUD
from cloudmamba_qgis.rasters.uncertain_regions import (
    REVIEW_TAG,
    Search,
    UncertainRegion,
    UncertainRegions,
    copy_to_edit,
    find_uncertain_regions,
    save_tagged,
    set_pixels,
)
from cloudmamba_qgis.translation import tr

# They are those of the mask before its review, and counted anew when it is saved.
_COUNTED_TAGS = ("CLOUD_PERCENT", "SHADOW_PERCENT")


class Verdict(Enum):
    """What the user thinks of a region."""

    KEPT = "kept"
    FLIPPED = "flipped"


@dataclass(frozen=True)
class Decision:
    """About one region."""

    region: UncertainRegion
    verdict: Verdict


class ReviewSession(QObject):
    """Regions of a mask, decisions about them, and a copy of the mask with the flipped ones.

    The mask itself is only read. The copy is made at the first flip and is a layer above the
    mask. A new search leaves out what was decided.

    Signals:
        searched: there are new regions.
        decisions_changed: one came or went.
        saved: path of a new file.
        failed: one sentence.
    """

    searched = pyqtSignal()
    decisions_changed = pyqtSignal()
    saved = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, mask: QgsRasterLayer, uncertainty: QgsRasterLayer) -> None:
        """Raises ``UnusableSource`` where the data of a layer are not in a file."""
        super().__init__()
        gdal_source(mask)
        self.mask_id = mask.id()
        self.uncertainty_id = uncertainty.id()
        self.regions: UncertainRegions | None = None
        self.current = -1  # number of the region that is looked at, from 0; -1 for none
        self.search = Search()
        self.reviewed_id = ""
        self.has_unsaved = False
        self._in_file: set[UncertainRegion] = set()  # those that are flipped there
        self._counted: set[UncertainRegion] = set()  # those that were when the regions were found
        self._uncertainty_source = gdal_source(uncertainty)
        self._mask_source = ""
        self._edited_path = ""
        self._mask_tags: dict[str, str] = {}  # when the copy was made
        self._verdicts: dict[UncertainRegion, Verdict] = {}  # in the order of the decisions
        self._tasks = TaskQueue()
        self._search_task: Task | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is searched or written."""
        return self._tasks.is_idle

    @property
    def is_searching(self) -> bool:
        """Whether regions will come."""
        return self._search_task is not None

    @property
    def has_copy(self) -> bool:
        """Whether decisions have a mask of their own, which the mask beneath does not change."""
        return bool(self._edited_path)

    @property
    def cloud_percent(self) -> float | None:
        """Of the valid pixels, with all decisions; None before the first search."""
        if self.regions is None:
            return None
        flipped = {one.region for one in self.decisions if one.verdict is Verdict.FLIPPED}
        cloud_px = self.regions.cloud_px + _gained_px(flipped) - _gained_px(self._counted)
        return 100.0 * cloud_px / max(self.regions.valid_px, 1)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """In their order."""
        return tuple(Decision(*one) for one in self._verdicts.items())

    def close(self) -> None:
        """Stop; the layer of the copy stays as it is."""
        self._tasks.close()

    def verdict_of(self, region: UncertainRegion) -> Verdict | None:
        """None where there is none yet."""
        return self._verdicts.get(region)

    def find(self, search: Search) -> None:
        """Search in the background, after what is being written."""
        if not self._edited_path:
            # Thresholds that are moved lead the mask to another file.
            self._mask_source = gdal_source(QgsProject.instance().mapLayer(self.mask_id))
        self.forget_regions()
        self.search = search
        source = self._edited_path or self._mask_source
        settled = [region.runs for region in self._verdicts]

        def take(regions: UncertainRegions) -> None:
            if task is self._search_task:
                self._search_task = None
                self.regions, self._counted = regions, set(self._in_file)
                self.searched.emit()

        def fail(sentence: str) -> None:
            if task is self._search_task:  # else it was cancelled for a newer one
                self._search_task = None
                cancelled = tr(
                    "The search was cancelled: change one of the values below to search again."
                )
                self.failed.emit(sentence or cancelled)

        task = self._search_task = self._tasks.add(
            tr("Finding uncertain regions"),
            lambda feedback: find_uncertain_regions(
                source, self._uncertainty_source, search, settled, feedback
            ),
            take,
            fail,
        )

    def forget_regions(self) -> None:
        """They are no longer those of the mask; decisions stay."""
        task, self._search_task = self._search_task, None
        if task is not None:
            self._tasks.cancel(task)
        self.regions, self.current = None, -1

    def decide(self, region: UncertainRegion, verdict: Verdict) -> None:
        """Take the decision; one of before about the same region is replaced."""
        before = self.verdict_of(region)
        if before is verdict:
            return
        self._verdicts.pop(region, None)
        self._verdicts[region] = verdict
        if verdict is Verdict.FLIPPED:
            self._set(region, CLEAR if region.value == CLOUD else CLOUD)
        elif before is Verdict.FLIPPED:
            self._set(region, region.value)
        self._note_change()

    def undo(self) -> UncertainRegion:
        """Take back the last decision; returns what it was about. There must be one."""
        region, verdict = self._verdicts.popitem()
        if verdict is Verdict.FLIPPED:
            self._set(region, region.value)
        self._note_change()
        return region

    def save(self, path: str) -> None:
        """Write the mask with all decisions in the background; the layer then shows that file."""
        decisions = self.decisions
        used = [self._mask_source, self._uncertainty_source]
        self._make_copy()
        edited, tags = self._edited_path, self._tags()

        def write(feedback: QgsProcessingFeedback) -> None:
            save_tagged(edited, path, used, tags, feedback)
            write_sidecar(Path(path), "mask")

        def tell(_: None) -> None:
            # Decisions may have come while it was written.
            self.has_unsaved = self.decisions != decisions
            if not self.has_unsaved:
                self._show(path)
            self.saved.emit(path)

        self._do(tr("Saving the reviewed mask"), write, tell)

    def _note_change(self) -> None:
        self.has_unsaved = bool(self._verdicts)
        layer = QgsProject.instance().mapLayer(self.reviewed_id)
        if layer is not None and layer.source() == self._edited_path:
            self._describe(layer)
        self.decisions_changed.emit()

    def _make_copy(self) -> None:
        """Where there is none yet."""
        if self._edited_path:
            return
        mask = QgsProject.instance().mapLayer(self.mask_id)
        source = self._mask_source
        name = tr("Reviewed: {mask}").format(mask=mask.name())
        path = self._edited_path = temporary_path(name)
        self._mask_tags = layer_tags(mask)
        tags = {key: text for key, text in self._mask_tags.items() if key not in _COUNTED_TAGS}

        def place(_: None) -> None:
            self.reviewed_id = add_above(mask, path, name)
            self._describe(QgsProject.instance().mapLayer(self.reviewed_id))
            # The mask beneath would show through where a cloud is taken away.
            root = QgsProject.instance().layerTreeRoot()
            for layer_id, is_shown in ((self.reviewed_id, True), (self.mask_id, False)):
                root.findLayer(layer_id).setItemVisibilityChecked(is_shown)

        def forget() -> None:
            self._edited_path = ""

        self._do(
            tr("Copying the mask for its review"),
            lambda feedback: copy_to_edit(source, path, tags, feedback),
            place,
            forget,
        )

    def _set(self, region: UncertainRegion, value: int) -> None:
        self._make_copy()
        path = self._edited_path

        def show(_: None) -> None:
            if value == region.value:
                self._in_file.discard(region)
            else:
                self._in_file.add(region)
            self._show(path)

        def follow_file() -> None:
            """What is not in the file was not decided, and what still is was not taken back."""
            if region in self._in_file:
                self._verdicts[region] = Verdict.FLIPPED
            elif self.verdict_of(region) is Verdict.FLIPPED:
                del self._verdicts[region]
            self._note_change()

        self._do(
            tr("Changing a region of the mask"),
            lambda _: set_pixels(path, region.runs, value),
            show,
            follow_file,
        )

    def _show(self, path: str) -> None:
        """Let the layer of the copy show a file, or what is new in it."""
        layer = QgsProject.instance().mapLayer(self.reviewed_id)
        if layer is None:  # being removed
            return
        if layer.source() != path:
            lead_to(layer, path)
        else:
            layer.dataProvider().reloadData()
        self._describe(layer)
        layer.triggerRepaint()

    def _describe(self, layer: QgsRasterLayer) -> None:
        """Let the layer say of the mask and its review what its file says, or ought to."""
        describe_layer(layer, self._tags())
        if layer.source() != self._edited_path:
            forget_tags(layer)

    def _tags(self) -> dict[str, str]:
        """Of a file of the mask with all decisions, apart from what is counted in it."""
        if not self._verdicts:
            return self._mask_tags
        return {**self._mask_tags, REVIEW_TAG: self._words()}

    def _words(self) -> str:
        """What was done, for those who get the mask."""
        flipped = sum(verdict is Verdict.FLIPPED for verdict in self._verdicts.values())
        return tr(
            "{date}: reviewed by hand where the uncertainty is {threshold} or more; regions reviewed: "
            "{count}, changed: {flipped}"
        ).format(
            date=QDateTime.currentDateTime().toString(Qt.DateFormat.ISODate),
            count=len(self._verdicts),
            threshold=QLocale().toString(self.search.threshold, "f", 2),
            flipped=flipped,
        )

    def _do(
        self,
        description: str,
        work: Callable[[QgsProcessingFeedback], Any],
        on_success: Callable[[Any], None],
        clean_up: Callable[[], None] = lambda: None,
    ) -> Task:
        def fail(sentence: str) -> None:
            clean_up()
            if sentence:  # else it was cancelled
                self.failed.emit(sentence)

        return self._tasks.add(description, work, on_success, fail)


def _gained_px(flipped: Iterable[UncertainRegion]) -> int:
    """How many more pixels are cloud with these regions flipped."""
    return sum(-one.size_px if one.value == CLOUD else one.size_px for one in flipped)
