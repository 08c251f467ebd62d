"""One layer on its way to a mask: the algorithm as a background task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from qgis.core import (
    QgsApplication,
    QgsFileUtils,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from cloudmamba_qgis.algorithms.detection_feedback import DetectionFeedback
from cloudmamba_qgis.engine_client.protocol import UNCLEAR
from cloudmamba_qgis.layers.interpretation import Interpretation
from cloudmamba_qgis.layers.placement import PlacedResults, place_results
from cloudmamba_qgis.translation import tr

_ROLES = ("blue", "green", "red", "nir")


@dataclass(frozen=True)
class DetectionOptions:
    """What is not found in the image: names as the algorithm takes them, empty for its default.

    With ``keeps_stages`` there is a file from which the mask can be decided again.
    """

    device: str = "auto"
    model: str = ""
    keeps_stages: bool = False


DEFAULT_OPTIONS = DetectionOptions()


class LayerDetection(QObject):
    """Runs Detect clouds on a layer, into temporary files named after it.

    Signals:
        progressed: percent.
        said: what is going on.
        ended: it succeeded, failed or was cancelled.
    """

    progressed = pyqtSignal(float)
    said = pyqtSignal(str)
    ended = pyqtSignal()

    # A task uses context and feedback to its end, also when nobody waits for it any more.
    _running: ClassVar[set[LayerDetection]] = set()

    def __init__(
        self,
        layer: QgsRasterLayer,
        interpretation: Interpretation,
        options: DetectionOptions = DEFAULT_OPTIONS,
    ) -> None:
        super().__init__()
        self.layer_id = layer.id()
        self.layer_name = layer.name()
        self.interpretation = interpretation
        self.options = options
        self.succeeded = False
        self.was_cancelled = False
        self._feedback = DetectionFeedback()
        self._feedback.said.connect(self.said)
        self._context = QgsProcessingContext()
        self._context.setProject(QgsProject.instance())
        self._outputs = {
            "OUTPUT": self._output(tr("Clouds")),
            "UNCERTAINTY": self._output(tr("Uncertainty")),
        }
        # It is no layer of the map, and lives as long as QGIS.
        self.stages_path = temporary_path("stages") if options.keeps_stages else ""
        self._task: QgsProcessingAlgRunnerTask | None = None

    def start(self) -> None:
        """Begin in the background; the window's thread only prepares it."""
        self._running.add(self)
        task = QgsProcessingAlgRunnerTask(
            QgsApplication.processingRegistry().algorithmById("cloudmamba:detectclouds"),
            {
                "INPUT": self.layer_id,
                "BANDS": self.interpretation.bands,
                "RADIOMETRY": self.interpretation.radiometry,
                "DEVICE": self.options.device,
                "MODEL": self.options.model or None,
                "STAGES": self.stages_path or None,
                **self._outputs,
            },
            self._context,
            self._feedback,
        )
        if task.isCanceled():  # it could not be prepared
            QTimer.singleShot(0, lambda: self._end(False))
            return
        self._task = task
        task.progressChanged.connect(self.progressed)
        task.executed.connect(self._on_executed)
        QgsApplication.taskManager().addTask(task)

    def cancel(self) -> None:
        """Ask to stop; ``ended`` comes when that is done."""
        self.was_cancelled = True
        if self._task is not None:
            self._task.cancel()

    def place(self) -> PlacedResults:
        """Put the results above the layer."""
        layer = QgsProject.instance().mapLayer(self.layer_id)
        paths = [output.sink.staticValue() for output in self._outputs.values()]
        return place_results(layer, paths, self._context, self._feedback)

    @property
    def mask_path(self) -> str:
        """The file of the mask."""
        return self._outputs["OUTPUT"].sink.staticValue()

    @property
    def summary(self) -> dict[str, Any]:
        """The engine's summary of what it did."""
        return self._feedback.summary

    @property
    def was_refused(self) -> bool:
        """Whether the engine could make no sense of bands or numbers, so that an answer helps."""
        return self._feedback.refusal_code == UNCLEAR

    @property
    def is_unsure(self) -> bool:
        """Whether bands or radiometry were guessed without good reason."""
        return any(self.summary[part]["confidence"] == "unsure" for part in ("bands", "radiometry"))

    @property
    def found(self) -> Interpretation:
        """How the engine read the image; what it found out for good reason stays open."""
        bands, radiometry = self.summary["bands"], self.summary["radiometry"]
        numbers = [str(bands[role]) for role in _ROLES if bands[role] is not None]
        unsure = radiometry["confidence"] == "unsure"
        return Interpretation(",".join(numbers), radiometry["name"] if unsure else "auto")

    @property
    def doubt(self) -> str:
        """Why to ask, in one sentence or two."""
        if not self.succeeded:
            return self.failure
        reasons = [
            self.summary[part]["reason"]
            for part in ("bands", "radiometry")
            if self.summary[part]["confidence"] == "unsure"
        ]
        return tr("This was guessed: {reasons}.").format(reasons="; ".join(reasons))

    @property
    def failure(self) -> str:
        """Why it failed, in one sentence."""
        return self._feedback.errors[-1] if self._feedback.errors else tr("It failed.")

    @property
    def log(self) -> str:
        """All that was said, as HTML."""
        return self._feedback.htmlLog()

    def _output(self, title: str) -> QgsProcessingOutputLayerDefinition:
        """A temporary file that is to be loaded, named after the layer as the result will be."""
        name = f"{self.layer_name} {title}"
        output = QgsProcessingOutputLayerDefinition(temporary_path(name), QgsProject.instance())
        output.destinationName = name
        return output

    def _on_executed(self, succeeded: bool) -> None:
        self._task = None
        # QGIS first says in the message bar that a long task is complete: ours goes on top.
        QTimer.singleShot(0, lambda: self._end(succeeded))

    def _end(self, succeeded: bool) -> None:
        self._running.discard(self)
        self.succeeded = succeeded
        self.ended.emit()


def temporary_path(name: str) -> str:
    """A GeoTIFF of this name in a folder that QGIS removes when it ends."""
    file_name = QgsFileUtils.stringToSafeFilename(f"{name}.tif")
    return QgsProcessingUtils.generateTempFilename(file_name)
