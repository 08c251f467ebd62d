"""What is dropped on the dock becomes a layer: a raster as it is, a product as a virtual raster."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
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
    """Opens files and folders one by one, of a folder all products; no pixel is copied.

    Signals:
        opened: the first layer of what was dropped; the project has all of them.
        said: what is going on.
        failed: what could not be opened, and why.
    """

    opened = pyqtSignal(object)
    said = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[str] = deque()
        self._folder = Path()  # for virtual rasters of what the engine looks at
        self._layer_ids: list[str] = []
        self._problems: list[tuple[str, str]] = []  # of what, and a sentence
        self._question = EngineQuestion()
        self._question.answered.connect(self._take_answer)
        self._question.failed.connect(self._take_failure)

    def close_for_good(self) -> None:
        """Open nothing more."""
        was_open = self._question.is_open
        self._question.close()
        if was_open:
            self._leave_folder()

    def take(self, paths: Iterable[str]) -> None:
        """Open files and folders, whatever they are, after those that were dropped before."""
        if not self._question.is_open:
            self._layer_ids, self._problems = [], []
        self._waiting.extend(paths)
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and not self._question.is_open:
            self._open(self._waiting.popleft())
        if not self._question.is_open:
            self._conclude()

    def _open(self, path: str) -> None:
        place = Path(path)
        if place.is_file():
            layer = QgsRasterLayer(path, place.stem)
            if layer.isValid() and layer.bandCount() >= _FEWEST_BANDS:
                self._add(layer)
                return
        try:
            engine = find_engine()
        except EngineNotFound as error:
            self._note_problem(place.name, str(error))
            return
        self.said.emit(tr("Looking at what '{name}' holds…").format(name=place.name))
        self._folder = Path(tempfile.mkdtemp(prefix="dropped ", dir=virtual_image_folder()))
        self._question.products(engine, path, str(self._folder))

    def _take_answer(self, path: str, answer: dict[str, Any]) -> None:
        scenes = answer.get("scenes") or [{"name": Path(path).name, "raster": "", "problem": ""}]
        for scene in scenes:
            layer = QgsRasterLayer(scene["raster"], scene["name"]) if scene["raster"] else None
            if layer is not None and layer.isValid():
                _show_true_colour(layer)
                self._add(layer)
                continue
            self._note_problem(scene["name"], in_users_language(scene["problem"]))
        self._leave_folder()
        self._go_on()

    def _take_failure(self, path: str, sentence: str) -> None:
        self._note_problem(Path(path).name, sentence)
        self._leave_folder()
        self._go_on()

    def _note_problem(self, name: str, sentence: str) -> None:
        cannot = tr("'{name}' cannot be opened as an image.").format(name=name)
        self._problems.append((name, sentence or cannot))

    def _leave_folder(self) -> None:
        with suppress(OSError):  # where it holds what layers show
            self._folder.rmdir()

    def _add(self, layer: QgsRasterLayer) -> None:
        QgsProject.instance().addMapLayer(layer)
        self._layer_ids.append(layer.id())

    def _conclude(self) -> None:
        self.said.emit("")
        layers = filter(None, map(QgsProject.instance().mapLayer, self._layer_ids))
        first = next(layers, None)
        if first is not None:  # none was removed meanwhile
            self.opened.emit(first)
        sentences = list(dict.fromkeys(sentence for _, sentence in self._problems))
        if self._layer_ids or len(sentences) > 1:
            sentences = [f"{name}: {sentence}" for name, sentence in self._problems]
        if sentences:
            self.failed.emit(" – ".join(sentences))


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
