"""Makes a layer of its own of a mask that is shown live."""

from __future__ import annotations

import shutil
from typing import Any, ClassVar

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProject,
)
from qgis.PyQt.QtCore import QLocale, QObject, QTimer, pyqtSignal

from cloudmamba_qgis.algorithms.detection_feedback import DetectionFeedback
from cloudmamba_qgis.gui.dock.live_mask import Decided, MaskFiles
from cloudmamba_qgis.gui.latest_job import LatestJob
from cloudmamba_qgis.layers.placement import add_above
from cloudmamba_qgis.layers.result_files import temporary_path
from cloudmamba_qgis.rasters.stage_levels import STEPS, MaskSettings
from cloudmamba_qgis.translation import tr


class SavedMask(QObject):
    """A file of the mask as it is shown, which then lies above the live one.

    Adjust cloud mask makes it, or a copy where it is the mask that was detected.

    Signals:
        kept: id of the new layer.
        failed: one sentence.
    """

    kept = pyqtSignal(str)
    failed = pyqtSignal(str)

    # A task uses context and feedback to its end.
    _running: ClassVar[set[SavedMask]] = set()

    def __init__(self, files: MaskFiles, decided: Decided, is_as_detected: bool, name: str) -> None:
        super().__init__()
        self._is_as_detected = is_as_detected
        self._files = files
        percent = QLocale().toString(decided.cloud_percent, "f", 1)
        self._name = tr("{mask} ({percent} %)").format(mask=name, percent=percent)
        self._path = temporary_path(self._name)
        self._settings = decided.settings
        self._feedback = DetectionFeedback()
        self._copying = LatestJob()
        self._copying.finished.connect(lambda _: self._end(True, {}))
        self._copying.failed.connect(self._fail)
        self._context = QgsProcessingContext()
        self._context.setProject(QgsProject.instance())

    def start(self) -> None:
        """Write it in the background."""
        self._running.add(self)
        if self._is_as_detected:
            self._copying.start(lambda: shutil.copyfile(self._files.mask_path, self._path))
            return
        task = QgsProcessingAlgRunnerTask(
            QgsApplication.processingRegistry().algorithmById("cloudmamba:rethreshold"),
            rethreshold_parameters(self._files, self._settings, self._path),
            self._context,
            self._feedback,
        )
        if task.isCanceled():  # it could not be prepared
            QTimer.singleShot(0, lambda: self._end(False, {}))
            return
        task.executed.connect(self._end)
        QgsApplication.taskManager().addTask(task)

    def _end(self, succeeded: bool, _: dict[str, Any]) -> None:
        if not succeeded:
            errors = self._feedback.errors
            self._fail(errors[-1] if errors else tr("It failed."))
            return
        self._let_go()
        mask = QgsProject.instance().mapLayer(self._files.mask_id)
        if mask is not None:  # else it was removed meanwhile, and nobody waits for it
            self.kept.emit(add_above(mask, self._path, self._name))

    def _fail(self, sentence: str) -> None:
        self._let_go()
        self.failed.emit(sentence)

    def _let_go(self) -> None:
        self._copying.close()
        self._running.discard(self)


def rethreshold_parameters(
    files: MaskFiles, settings: MaskSettings, output_path: str
) -> dict[str, Any]:
    """Parameters of the algorithm that makes the same mask."""
    return {
        "STAGES": files.stages_path,
        "SHADOW": files.shadow_path or None,
        "COARSE_THRESHOLD": settings.coarse_step / STEPS,
        "REFINED_THRESHOLD": settings.refined_step / STEPS,
        "ACCEPTANCE_THRESHOLD": settings.acceptance_step / STEPS,
        "BUFFER": settings.buffer_px,
        "SMALLEST_CLOUD": settings.smallest_cloud_px,
        "SMALLEST_HOLE": settings.smallest_hole_px,
        "OUTPUT": output_path,
    }
