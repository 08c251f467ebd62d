"""Makes a layer of its own of a mask that is shown live."""

from __future__ import annotations

import shutil
from typing import Any

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QLocale, QObject, pyqtSignal

from cloudmamba_qgis.background import AlgorithmRun, Task
from cloudmamba_qgis.gui.dock.live_mask import Decided, MaskFiles
from cloudmamba_qgis.layers.placement import add_above
from cloudmamba_qgis.layers.result_files import temporary_path
from cloudmamba_qgis.rasters.stage_levels import STEPS, MaskSettings
from cloudmamba_qgis.translation import tr


class SavedMask(QObject):
    """A file of the mask as it is shown, which then lies above the live one.

    Adjust cloud mask makes it, or a copy where it is the mask that was detected.

    Signals:
        failed: one sentence.
    """

    failed = pyqtSignal(str)

    def __init__(self, files: MaskFiles, decided: Decided, is_as_detected: bool, name: str) -> None:
        super().__init__()
        self._is_as_detected = is_as_detected
        self._files = files
        percent = QLocale().toString(decided.cloud_percent, "f", 1)
        self._name = tr("{mask} ({percent} %)").format(mask=name, percent=percent)
        self._path = temporary_path(self._name)
        self._settings = decided.settings

    def start(self) -> None:
        """Write it in the background."""
        if self._is_as_detected:
            Task(
                tr("Saving cloud masks"),
                lambda _: shutil.copyfile(self._files.mask_path, self._path),
                self._on_success,
                self._on_failure,
            ).start()
        else:
            AlgorithmRun(
                QgsApplication.processingRegistry().algorithmById("cloudmamba:rethreshold"),
                rethreshold_parameters(self._files, self._settings, self._path),
                self._on_success,
                self._on_failure,
            ).start()

    def _on_success(self, _: Any) -> None:
        mask = QgsProject.instance().mapLayer(self._files.mask_id)
        if mask is not None:  # else it was removed meanwhile, and nobody waits for it
            add_above(mask, self._path, self._name)

    def _on_failure(self, sentence: str) -> None:
        # Without a sentence it was cancelled; what it is made of goes with the mask.
        if sentence and QgsProject.instance().mapLayer(self._files.mask_id) is not None:
            self.failed.emit(sentence)


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
