"""One layer on its way to a mask: the algorithm as a background task."""

from __future__ import annotations

import glob
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal

from cloudmamba_qgis.algorithms.detect_clouds import NO_SHADOW, SHADOW_OF_MODEL
from cloudmamba_qgis.background import AlgorithmRun
from cloudmamba_qgis.engine_client.protocol import OUTDATED, UNCLEAR
from cloudmamba_qgis.layers.interpretation import Interpretation
from cloudmamba_qgis.layers.placement import PlacedResults, place_results
from cloudmamba_qgis.layers.result_files import folder_of, free_path, temporary_path
from cloudmamba_qgis.layers.results import result_name
from cloudmamba_qgis.settings import (
    DEVICE,
    DOCK_IS_OPEN,
    MARKS_SHADOW,
    MODEL,
    SAVES_BESIDE_IMAGE,
)
from cloudmamba_qgis.translation import tr


@dataclass(frozen=True)
class DetectionOptions:
    """What is not found in the image: names as the algorithm takes them, empty for its default.

    With ``keeps_stages`` there is a file from which the mask can be decided again; with
    ``marks_shadow`` the mask has cloud shadow as a class of its own.
    """

    device: str = "auto"
    model: str = ""
    keeps_stages: bool = False
    marks_shadow: bool = False


DEFAULT_OPTIONS = DetectionOptions()


def chosen_options() -> DetectionOptions:
    """What the user has chosen in the dock, wherever the run is started.

    The stages, which take time, are kept while the dock is open, whose sliders need them.
    """
    return DetectionOptions(DEVICE.get(), MODEL.get(), DOCK_IS_OPEN.get(), MARKS_SHADOW.get())


class LayerDetection(QObject):
    """Runs Detect clouds on a layer, into files named after it: temporary ones, or beside it.

    Signals:
        progressed: percent.
        said: what is going on.
        ended: it succeeded, failed or was cancelled.

    Attributes:
        source: what the layer showed when the run was made.
        summary: what the engine says of a run that succeeded.
        failure: why it did not, in one sentence.
    """

    progressed = pyqtSignal(float)
    said = pyqtSignal(str)
    ended = pyqtSignal()

    def __init__(
        self,
        layer: QgsRasterLayer,
        interpretation: Interpretation,
        options: DetectionOptions = DEFAULT_OPTIONS,
    ) -> None:
        super().__init__()
        self.layer_id = layer.id()
        self.layer_name = layer.name()
        self.source = layer.source()
        self.interpretation = interpretation
        self.options = options
        self.succeeded = False
        self.was_cancelled = False
        self.summary: dict[str, Any] = {}
        self.failure = ""
        self._outputs = {
            "OUTPUT": self._output(tr("Cloud mask")),
            "UNCERTAINTY": self._output(tr("Uncertainty")),
        }
        # It is no layer of the map, and lives as long as its mask lies there.
        self.stages_path = temporary_path("stages") if options.keeps_stages else ""
        keeps_shadow = options.keeps_stages and options.marks_shadow
        self.shadow_path = temporary_path("shadow") if keeps_shadow else ""
        self._run = AlgorithmRun(
            QgsApplication.processingRegistry().algorithmById("cloudmamba:detectclouds"),
            {
                "INPUT": self.layer_id,
                "BANDS": interpretation.bands,
                "RADIOMETRY": interpretation.radiometry,
                "DEVICE": options.device,
                "MODEL": options.model or None,
                "SHADOW": SHADOW_OF_MODEL if options.marks_shadow else NO_SHADOW,
                "STAGES": self.stages_path or None,
                "SHADOW_PROBABILITY": self.shadow_path or None,
                **self._outputs,
            },
            self._on_success,
            self._on_failure,
        )
        self._run.progressed.connect(self.progressed)
        self._run.feedback.said.connect(self.said)

    def start(self) -> None:
        """Begin in the background."""
        self._run.start()

    def cancel(self) -> None:
        """Ask to stop; ``ended`` comes when that is done."""
        self.was_cancelled = True
        self._run.cancel()

    def place(self) -> PlacedResults:
        """Put the results above the layer."""
        layer = QgsProject.instance().mapLayer(self.layer_id)
        paths = [output.sink.staticValue() for output in self._outputs.values()]
        return place_results(layer, paths, self._run.context, self._run.feedback)

    def delete_results(self) -> None:
        """All of a run that nobody wants any more, under names that were free when it began."""
        self.delete_stages()
        for output in self._outputs.values():
            path = Path(output.sink.staticValue())
            for file in (path, path.with_name(f"{path.name}.aux.xml")):
                with suppress(OSError):  # on Windows, while it is being read
                    file.unlink()

    def delete_stages(self) -> None:
        """As nobody can move thresholds of the mask any more; what a layer shows stays."""
        shown = [layer.source() for layer in QgsProject.instance().mapLayers().values()]
        for path in filter(None, (self.stages_path, self.shadow_path)):
            if not any(path in source for source in shown):
                _delete_temporary(Path(path))

    @property
    def mask_path(self) -> str:
        """The file of the mask."""
        return self._outputs["OUTPUT"].sink.staticValue()

    @property
    def was_refused(self) -> bool:
        """Whether the engine could make no sense of bands or numbers, so that an answer helps."""
        return self._run.feedback.failure_code == UNCLEAR

    @property
    def needs_set_up(self) -> bool:
        """Whether the engine does not fit the plugin, so that to set it up again helps."""
        return self._run.feedback.failure_code == OUTDATED

    @property
    def log(self) -> str:
        """All that was said, as HTML."""
        return self._run.feedback.htmlLog()

    def _output(self, title: str) -> QgsProcessingOutputLayerDefinition:
        """A file that is to be loaded, named after the layer as the result will be."""
        name = result_name(title, self.layer_name)
        folder = folder_of(self.source) if SAVES_BESIDE_IMAGE.get() else None
        path = temporary_path(name) if folder is None else str(free_path(folder, name))
        output = QgsProcessingOutputLayerDefinition(path, QgsProject.instance())
        output.destinationName = name
        return output

    def _on_success(self, results: dict[str, Any]) -> None:
        self.succeeded = True
        self.summary = json.loads(results["SUMMARY"])
        self.ended.emit()

    def _on_failure(self, sentence: str) -> None:
        self.failure = sentence or tr("Cancelled; nothing was written.")
        self.ended.emit()


def _delete_temporary(path: Path) -> None:
    """With what lies beside it, and its folder, which no other file has."""
    with suppress(OSError):  # on Windows, while it is being read: then it ends with QGIS
        for file in path.parent.glob(f"{glob.escape(path.stem)}.*"):
            file.unlink()
        path.parent.rmdir()
