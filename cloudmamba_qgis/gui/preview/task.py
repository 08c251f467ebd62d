"""A preview on its way: cut out what is seen, and detect clouds in that."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from qgis.core import QgsProcessingException, QgsRasterLayer, QgsTask
from qgis.PyQt.QtCore import pyqtSignal

from cloudmamba_qgis.engine_client.locate import Engine
from cloudmamba_qgis.engine_client.partial_files import removing_partial_files
from cloudmamba_qgis.engine_client.process import EngineCancelled, EngineFailed
from cloudmamba_qgis.engine_client.protocol import UNCLEAR
from cloudmamba_qgis.engine_client.session import engine_session
from cloudmamba_qgis.engine_words import in_users_language
from cloudmamba_qgis.layers.interpretation import Interpretation
from cloudmamba_qgis.layers.result_files import temporary_path
from cloudmamba_qgis.layers.source import gdal_source
from cloudmamba_qgis.rasters.excerpt import ExcerptCancelled, View, write_excerpt
from cloudmamba_qgis.settings import MARKS_SHADOW
from cloudmamba_qgis.translation import tr


class PreviewTask(QgsTask):
    """Makes the mask of a view in the background, and is the engine's listener.

    Signals:
        said: what is going on.
        ended: it succeeded, failed or was cancelled.

    Attributes:
        mask_path: a temporary file, there after success.
        summary: the engine's summary after success, else None.
        failure: after a failure one sentence; empty after a cancel.
        is_unclear: whether it failed because bands or radiometry are not known.
        has_ended: whether nothing of QGIS's own task may be used any more.
        pixel_size_m: the wider side of a pixel; None where the layer has no CRS.
    """

    said = pyqtSignal(str)
    ended = pyqtSignal()

    # QGIS keeps only the half of a task that is not Python.
    _running: ClassVar[set[PreviewTask]] = set()

    def __init__(
        self, layer: QgsRasterLayer, view: View, engine: Engine, interpretation: Interpretation
    ) -> None:
        """Raises ``UnusableSource`` where the data are not in a file."""
        super().__init__(
            tr("Cloud preview of {layer}").format(layer=layer.name()), QgsTask.Flag.CanCancel
        )
        self.layer_id = layer.id()
        self.layer_name = layer.name()
        self.interpretation = interpretation
        self.mask_path = temporary_path(tr("Preview: {layer}").format(layer=layer.name()))
        self.summary: dict[str, Any] | None = None
        self.failure = ""
        self.is_unclear = False
        self.has_ended = False
        self.pixel_size_m: float | None = None
        self._source = gdal_source(layer)
        self._view = view
        self._engine = engine
        # Under the name of the source, which may tell the product.
        self._excerpt = Path(temporary_path(Path(self._source).stem))
        self._running.add(self)

    def run(self) -> bool:
        """In a thread of its own."""
        try:
            with removing_partial_files([self.mask_path]):
                grid = write_excerpt(self._source, self._view, str(self._excerpt), self.isCanceled)
                self.pixel_size_m = max(grid.pixel_size_m()) if grid.crs else None
                self.summary = engine_session().detect(self._engine, self._request(), self)
        except (ExcerptCancelled, EngineCancelled):
            return False
        except EngineFailed as error:
            # Of the excerpt nobody knows.
            sentence = str(error).replace(str(self._excerpt), self._source)
            self.failure = in_users_language(sentence)
            self.is_unclear = error.code == UNCLEAR
            return False
        except (QgsProcessingException, OSError) as error:
            self.failure = str(error)
            return False
        finally:
            self._excerpt.unlink(missing_ok=True)
        return True

    def finished(self, succeeded: bool) -> None:
        """In the window's thread. Soon afterwards QGIS deletes its half of the task."""
        self._running.discard(self)
        self.has_ended = True
        self.ended.emit()

    # As the engine's listener

    def is_cancelled(self) -> bool:
        return self.isCanceled()

    def progress(self, done: int, total: int, message: str) -> None:
        self.setProgress(100.0 * done / max(total, 1))
        self.said.emit(in_users_language(message))

    def log(self, level: str, message: str) -> None:
        if level == "info":
            self.said.emit(in_users_language(message))

    def _request(self) -> dict[str, Any]:
        return {
            "input_path": str(self._excerpt),
            "mask_path": self.mask_path,
            "bands": self.interpretation.bands,
            "radiometry": self.interpretation.radiometry,
            "shadow_in_mask": MARKS_SHADOW.get(),
        }
