"""What is dropped on the dock becomes a layer: a raster as it is, a product as a virtual raster."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsMultiBandColorRenderer,
    QgsProject,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QMimeData, QObject, pyqtSignal

from cloudmamba_qgis.engine_client.locate import EngineNotFound, find_engine
from cloudmamba_qgis.engine_client.question import EngineQuestion
from cloudmamba_qgis.engine_words import in_users_language
from cloudmamba_qgis.layers.result_files import virtual_image_folder
from cloudmamba_qgis.translation import tr

_FEWEST_BANDS = 3


class DroppedImage(QObject):
    """Opens one file or folder at a time, of a folder all products; no pixel is copied.

    Signals:
        opened: a layer, which the project has.
        said: what is going on, and whether it warns.
    """

    opened = pyqtSignal(object)
    said = pyqtSignal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        self._question = EngineQuestion()
        self._question.answered.connect(self._take_answer)
        self._question.failed.connect(self._take_failure)

    def close_for_good(self) -> None:
        """Open nothing more."""
        self._question.close()

    def take(self, path: str) -> None:
        """Open a file or a folder, whatever it is."""
        place = Path(path)
        if place.is_file():
            layer = QgsRasterLayer(path, place.stem)
            if layer.isValid() and layer.bandCount() >= _FEWEST_BANDS:
                self._add(layer)
                return
        try:
            engine = find_engine()
        except EngineNotFound as error:
            self.said.emit(str(error), True)
            return
        self.said.emit(tr("Looking at what '{name}' holds…").format(name=place.name), False)
        folder = tempfile.mkdtemp(prefix="dropped ", dir=virtual_image_folder())
        self._question.describe(engine, path, virtual_rasters=folder)

    def _take_answer(self, path: str, answer: dict[str, Any]) -> None:
        scenes = answer.get("scenes") or []
        layers = [QgsRasterLayer(one["raster"], one["name"]) for one in scenes if one["raster"]]
        images = [layer for layer in layers if layer.isValid()]
        if not images:
            problems = [in_users_language(one["problem"]) for one in scenes if one["problem"]]
            cannot = tr("'{name}' cannot be opened as an image.").format(name=Path(path).name)
            self._take_failure(path, problems[0] if problems else cannot)
            return
        for layer in images:
            _show_true_colour(layer)
            self._add(layer)

    def _take_failure(self, path: str, sentence: str) -> None:
        self.said.emit(sentence, True)

    def _add(self, layer: QgsRasterLayer) -> None:
        self.said.emit("", False)
        QgsProject.instance().addMapLayer(layer)
        self.opened.emit(layer)


def paths_in(data: QMimeData) -> list[str]:
    """Files and folders that are dragged, from a file manager or the browser of QGIS."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def _show_true_colour(layer: QgsRasterLayer) -> None:
    """By the names that the engine gives to the bands of a product."""
    names = [layer.bandName(number) for number in range(1, layer.bandCount() + 1)]
    found = {
        colour: number
        for number, name in enumerate(names, start=1)
        for colour in ("red", "green", "blue")
        if name.endswith(f": {colour}")
    }
    renderer = layer.renderer()
    if isinstance(renderer, QgsMultiBandColorRenderer) and len(found) == 3:
        renderer.setRedBand(found["red"])
        renderer.setGreenBand(found["green"])
        renderer.setBlueBand(found["blue"])
        layer.setDefaultContrastEnhancement()
