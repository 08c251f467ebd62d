"""A preview on its way: cut out what is seen, and detect clouds in that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingFeedback, QgsRasterLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal

from cloudmamba_qgis.background import Task
from cloudmamba_qgis.engine_client.locate import Engine
from cloudmamba_qgis.engine_client.partial_files import removing_partial_files
from cloudmamba_qgis.engine_client.process import EngineCancelled, EngineFailed
from cloudmamba_qgis.engine_client.protocol import OUTDATED, UNCLEAR
from cloudmamba_qgis.engine_client.session import engine_session
from cloudmamba_qgis.engine_words import in_users_language
from cloudmamba_qgis.gui.one_click.detection import DetectionOptions
from cloudmamba_qgis.layers.interpretation import Interpretation
from cloudmamba_qgis.layers.result_files import temporary_path
from cloudmamba_qgis.layers.source import image_source, wkt_of
from cloudmamba_qgis.rasters.excerpt import ExcerptCancelled, View, write_excerpt
from cloudmamba_qgis.translation import tr


class PreviewDetection(QObject):
    """Makes the mask of a view in the background.

    Signals:
        progressed: percent.
        said: what is going on.
        ended: it succeeded, failed or was cancelled.

    Attributes:
        mask_path: a temporary file, there after success.
        summary: the engine's summary after success, else None.
        failure: after a failure one sentence; empty after a cancel.
        is_unclear: whether it failed because bands or radiometry are not known.
        needs_set_up: whether it failed because the engine does not fit the plugin.
        pixel_size_m: the wider side of a pixel; None where the layer has no CRS.
    """

    progressed = pyqtSignal(float)
    said = pyqtSignal(str)
    ended = pyqtSignal()

    def __init__(
        self,
        layer: QgsRasterLayer,
        view: View,
        engine: Engine,
        interpretation: Interpretation,
        options: DetectionOptions,
    ) -> None:
        """Raises ``UnusableSource`` where the data are not in a file."""
        super().__init__()
        self.layer_id = layer.id()
        self.layer_name = layer.name()
        self.interpretation = interpretation
        self._options = options
        self.mask_path = temporary_path(tr("Preview: {layer}").format(layer=layer.name()))
        self.summary: dict[str, Any] | None = None
        self.failure = ""
        self.is_unclear = False
        self.needs_set_up = False
        self.pixel_size_m: float | None = None
        self._source = image_source(layer)
        self._crs = wkt_of(layer.crs())
        self._view = view
        self._engine = engine
        # Under the name of the source, which may tell the product.
        self._excerpt = Path(temporary_path(Path(self._source).stem))
        self._task = Task(
            tr("Cloud preview of {layer}").format(layer=layer.name()),
            self._detect,
            self._on_success,
            self._on_failure,
        )
        self._task.progressChanged.connect(self.progressed)

    def start(self) -> None:
        """Begin in the background."""
        self._task.start()

    def cancel(self) -> None:
        """Ask to stop; ``ended`` comes when that is done."""
        self._task.cancel()

    def _detect(self, feedback: QgsProcessingFeedback) -> dict[str, Any] | None:
        """The engine's summary; None where it was stopped. In a thread of its own."""
        listener = _Listener(feedback, self.said.emit)
        try:
            with removing_partial_files([self.mask_path]):
                grid = write_excerpt(
                    self._source, self._view, str(self._excerpt), listener.is_cancelled
                )
                self.pixel_size_m = max(grid.pixel_size_m()) if grid.crs else None
                return engine_session().detect(self._engine, self._request(), listener)
        except (ExcerptCancelled, EngineCancelled):
            return None
        except EngineFailed as error:
            self.is_unclear = error.code == UNCLEAR
            self.needs_set_up = error.code == OUTDATED
            # Of the excerpt nobody knows.
            sentence = str(error).replace(str(self._excerpt), self._source)
            raise EngineFailed(in_users_language(sentence)) from error
        finally:
            self._excerpt.unlink(missing_ok=True)

    def _request(self) -> dict[str, Any]:
        return {
            "input_path": str(self._excerpt),
            "mask_path": self.mask_path,
            "bands": self.interpretation.bands,
            "radiometry": self.interpretation.radiometry,
            "device": self._options.device,
            "model": self._options.model or None,
            "shadow_in_mask": self._options.marks_shadow,
            **({"crs": self._crs} if self._crs else {}),
        }

    def _on_success(self, summary: dict[str, Any] | None) -> None:
        self.summary = summary
        self.ended.emit()

    def _on_failure(self, sentence: str) -> None:
        self.failure = sentence
        self.ended.emit()


class _Listener:
    """Tells the task and the window what the engine says."""

    def __init__(self, feedback: QgsProcessingFeedback, say: Callable[[str], None]) -> None:
        self._feedback, self._say = feedback, say

    def is_cancelled(self) -> bool:
        return self._feedback.isCanceled()

    def progress(self, done: int, total: int, message: str) -> None:
        self._feedback.setProgress(100.0 * done / max(total, 1))
        self._say(in_users_language(message))

    def log(self, level: str, message: str) -> None:
        if level == "info":
            self._say(in_users_language(message))
