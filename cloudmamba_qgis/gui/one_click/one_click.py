"""One click: masks layers one after the other, and asks only where the engine is in doubt."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from qgis.core import Qgis, QgsProject, QgsRasterLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, pyqtSignal

from cloudmamba_qgis.engine_client.locate import EngineNotFound, find_engine
from cloudmamba_qgis.gui.one_click.detection import (
    DEFAULT_OPTIONS,
    DetectionOptions,
    LayerDetection,
    chosen_options,
)
from cloudmamba_qgis.gui.one_click.messages import (
    Failed,
    Masked,
    OneClickMessages,
    short_name,
)
from cloudmamba_qgis.gui.one_click.question import BandsQuestion, ask_for_bands
from cloudmamba_qgis.gui.one_click.saving import KeepResults
from cloudmamba_qgis.layers.bands_together import are_bands, bands_together
from cloudmamba_qgis.layers.interpretation import (
    Interpretation,
    remembered_interpretation,
)
from cloudmamba_qgis.layers.placement import PlacedResults
from cloudmamba_qgis.layers.result_files import ends_with_qgis
from cloudmamba_qgis.layers.results import is_result
from cloudmamba_qgis.layers.source import UnusableSource
from cloudmamba_qgis.time_left import SteadyProgress, TimeLeft
from cloudmamba_qgis.translation import tr


class OneClick(QObject):
    """Works through layers in the background; more may be added meanwhile.

    ``set_up_engine`` is called by a button where there is no engine; None for no button.
    ``keep`` saves results by a button; None for no button.

    Signals:
        busy_changed: whether a layer is being masked, or waits for an answer.
        progressed: percent of all layers.
        masked: a detection and its placed results, once they are not in doubt any more.

    Attributes:
        made: what ``masked`` said, by the layer of the mask, while mask and image are there.
    """

    busy_changed = pyqtSignal(bool)
    progressed = pyqtSignal(float)
    masked = pyqtSignal(object, object)

    def __init__(
        self,
        iface: QgisInterface,
        set_up_engine: Callable[[], None] | None = None,
        keep: KeepResults | None = None,
    ) -> None:
        super().__init__()
        self._iface = iface
        self._set_up_engine = set_up_engine
        self._keep = keep
        self._messages = OneClickMessages(iface.messageBar())
        self._messages.cancel_clicked.connect(self.cancel)
        self._waiting: deque[tuple[str, Interpretation | None, DetectionOptions]] = deque()
        self._current: LayerDetection | None = None
        self._question: BandsQuestion | None = None
        self.made: dict[str, tuple[LayerDetection, PlacedResults]] = {}
        QgsProject.instance().layersWillBeRemoved.connect(self._forget)
        self._begin_anew()

    def mask_selected(self) -> None:
        """Mask the raster layers that are selected in the layer tree, or the active one.

        Several of one band each are one image.
        """
        selected = self._iface.layerTreeView().selectedLayersRecursive()
        layers = selected or [self._iface.activeLayer()]
        rasters = [
            layer for layer in layers if isinstance(layer, QgsRasterLayer) and not is_result(layer)
        ]
        if not rasters:
            self._messages.inform(tr("Select a raster layer to mask its clouds."))
            return
        if not self._has_engine():
            return
        if are_bands(rasters):
            try:
                image = bands_together(rasters)
            except UnusableSource as error:
                self._messages.show(str(error), Qgis.MessageLevel.Critical, [])
                return
            if QgsProject.instance().mapLayer(image.id()) is None:
                QgsProject.instance().addMapLayer(image)
            rasters = [image]
        self._add_all([(layer, None) for layer in rasters], chosen_options())

    def mask(
        self,
        layers: Iterable[QgsRasterLayer],
        answer: Interpretation | None = None,
        options: DetectionOptions = DEFAULT_OPTIONS,
    ) -> None:
        """Mask these layers, after those that are being masked already.

        They are read as answered, or as remembered where ``answer`` is None.
        """
        if self._has_engine():
            self._add_all([(layer, answer) for layer in layers], options)

    def _has_engine(self) -> bool:
        """Say where there is none."""
        try:
            find_engine()
        except EngineNotFound as error:
            self._messages.show(str(error), Qgis.MessageLevel.Critical, self._button_to_set_up())
            return False
        return True

    def ask_for_active(self) -> None:
        """Ask how the active layer is to be read, and mask it so."""
        layer = self._iface.activeLayer()
        if self._current is not None or self._question is not None:
            self._messages.inform(tr("Wait for the run to end, or cancel it."))
        elif not isinstance(layer, QgsRasterLayer) or layer.bandCount() < 3:
            self._messages.inform(tr("Select a raster layer of three or more bands."))
        else:
            self._ask_anew(layer)

    def _ask_anew(self, layer: QgsRasterLayer) -> None:
        """Ask how the layer is to be read, whatever is known of it, and mask it so."""
        self._ask(
            layer,
            tr("Which bands of this image are which, and what are their numbers?"),
            remembered_interpretation(layer),
            accepted=lambda answer: self._add_all([(layer, answer)], chosen_options()),
            rejected=lambda: None,
        )

    def cancel(self) -> None:
        """Stop; what is done stays."""
        self._is_cancelled = True
        self._waiting.clear()
        self._messages.say_cancelling()
        if self._current is not None:
            self._current.cancel()
        if self._question is not None:
            self._question.reject()

    def close(self) -> None:
        """Stop without a word, as when the plugin is unloaded."""
        QgsProject.instance().layersWillBeRemoved.disconnect(self._forget)
        self._waiting.clear()
        if self._current is not None:
            self._current.ended.disconnect(self._on_ended)
            self._current.cancel()
            self._current = None
        if self._question is not None:
            self._question.deleteLater()
            self._question = None
        self._messages.close()

    def _add_all(
        self,
        layers: Sequence[tuple[QgsRasterLayer, Interpretation | None]],
        options: DetectionOptions = DEFAULT_OPTIONS,
    ) -> None:
        """Let layers wait that do not wait yet, and begin where nothing runs."""
        is_idle = self._current is None and self._question is None
        if is_idle:
            self._begin_anew()
        known = {layer_id for layer_id, *_ in self._waiting}
        if self._current is not None:
            known.add(self._current.layer_id)
        for layer, answer in layers:
            if layer.id() not in known:
                known.add(layer.id())
                self._waiting.append((layer.id(), answer, options))
                self._count += 1
        if is_idle and self._waiting:
            self._messages.begin()
            self.busy_changed.emit(True)
            self._next()

    def _next(self) -> None:
        while self._waiting:
            layer_id, answer, options = self._waiting.popleft()
            layer = QgsProject.instance().mapLayer(layer_id)
            if layer is not None:  # else it was removed meanwhile
                if self._is_cancelled:  # and clicked again before that had ended
                    self._is_cancelled = False
                    self._messages.begin()
                self._detect(layer, answer, options)
                return
        self._conclude()

    def _detect(
        self, layer: QgsRasterLayer, answer: Interpretation | None, options: DetectionOptions
    ) -> None:
        """Start on a layer, read as answered, else as remembered."""
        interpretation = answer or remembered_interpretation(layer)
        self._current = LayerDetection(layer, interpretation, options)
        self._current.progressed.connect(self._on_progress)
        self._current.said.connect(self._on_said)
        self._current.ended.connect(self._on_ended)
        layer.willBeDeleted.connect(self._current.cancel)
        self._on_progress(0)
        self._on_said(tr("Starting"))
        self._current.start()

    def _on_progress(self, percent: float) -> None:
        done = self._count - len(self._waiting) - 1 + percent / 100
        self._shown_percent = self._progress.percent(done, self._count)
        self._messages.progress(self._shown_percent)
        self.progressed.emit(self._shown_percent)

    def _on_said(self, text: str) -> None:
        if self._current is not None:
            number = self._count - len(self._waiting)
            name = short_name(self._current.layer_name)
            if self._count > 1:
                name = tr("{number} of {count}, {layer}").format(
                    number=number, count=self._count, layer=name
                )
            left = self._time_left.words(self._shown_percent)
            self._messages.say(f"{name}: {text}" + (f", {left}" if left else ""))

    def _on_ended(self) -> None:
        detection, self._current = self._current, None
        layer = QgsProject.instance().mapLayer(detection.layer_id)
        if layer is None or detection.was_cancelled:
            detection.delete_results()  # it may have succeeded all the same
            self._next()
        elif layer.source() != detection.source:
            detection.delete_results()
            sentence = tr("The layer shows another file since the run began: mask it again.")
            self._failed.append(Failed(detection.layer_name, sentence, detection.log))
            self._next()
        elif detection.succeeded:
            self._on_success(layer, detection)
        else:
            self._on_failure(layer, detection)

    def _on_success(self, layer: QgsRasterLayer, detection: LayerDetection) -> None:
        results = detection.place()
        self._masked.append(
            Masked(
                detection.layer_id,
                detection.layer_name,
                detection.summary,
                results,
                detection.log,
                detection.interpretation.is_remembered,
            )
        )
        self.made[results.layer_ids[0]] = (detection, results)
        self.masked.emit(detection, results)
        self._next()

    def _forget(self, layer_ids: list[str]) -> None:
        """Masks that go, and those of images that go, are not changed any more."""
        gone = set(layer_ids)
        for mask_id, (detection, _) in [*self.made.items()]:
            if gone & {mask_id, detection.layer_id}:
                del self.made[mask_id]
                detection.delete_stages()

    def _on_failure(self, layer: QgsRasterLayer, detection: LayerDetection) -> None:
        def give_up() -> None:
            if QgsProject.instance().mapLayer(detection.layer_id):  # not removed meanwhile
                self._failed.append(
                    Failed(
                        detection.layer_name,
                        detection.failure,
                        detection.log,
                        detection.needs_set_up,
                    )
                )
            self._next()

        if detection.was_refused and layer.bandCount() >= 3 and not self._asks_no_more:
            self._ask(
                layer,
                detection.failure,
                detection.interpretation,
                lambda answer: self._detect(layer, answer, detection.options),
                give_up,
            )
        else:
            give_up()

    def _ask(
        self,
        layer: QgsRasterLayer,
        words: str,
        guess: Interpretation,
        accepted: Callable[[Interpretation], None],
        rejected: Callable[[], None],
    ) -> None:
        """Ask how to read the layer, without blocking, and go on with one of the two."""

        def use(answer: Interpretation) -> None:
            self._question = None
            accepted(answer)

        def give_up() -> None:
            self._question = None
            self._asks_no_more = True  # of the other layers of this run
            rejected()

        window = self._iface.mainWindow()
        self._question = ask_for_bands(layer, words, guess, window, use, give_up)

    def _conclude(self) -> None:
        """Say how it came out."""
        self._messages.close()
        self.busy_changed.emit(False)
        if self._masked or self._failed:
            self._messages.show_results(self._masked, self._failed, self._buttons())
        elif self._is_cancelled:
            self._messages.inform(tr("Cancelled; nothing was added."))

    def _buttons(self) -> list[tuple[str, Callable[[], None]]]:
        """To do what helps, to be asked where memory was used, and to save what is temporary."""
        is_outdated = any(one.needs_set_up for one in self._failed)
        set_up = self._button_to_set_up() if is_outdated else []
        return [*set_up, *self._button_to_ask(), *self._button_to_save()]

    def _button_to_set_up(self) -> list[tuple[str, Callable[[], None]]]:
        return [(tr("Set Up Engine…"), self._set_up_engine)] if self._set_up_engine else []

    def _button_to_ask(self) -> list[tuple[str, Callable[[], None]]]:
        if len(self._masked) != 1 or not self._masked[0].is_remembered:
            return []
        layer_id = self._masked[0].layer_id

        def ask() -> None:
            layer = QgsProject.instance().mapLayer(layer_id)
            if layer is not None:  # else it was removed meanwhile
                self._ask_anew(layer)

        return [(tr("Read Otherwise…"), ask)]

    def _button_to_save(self) -> list[tuple[str, Callable[[], None]]]:
        project = QgsProject.instance()
        ids = [layer_id for one in self._masked for layer_id in one.results.layer_ids]
        layers = [layer for layer in map(project.mapLayer, ids) if layer is not None]
        if self._keep is None or not any(map(ends_with_qgis, layers)):
            return []

        def save() -> None:
            still_there = filter(None, map(project.mapLayer, ids))
            self._keep.ask_and_save(list(still_there))

        return [(tr("Save…"), save)]

    def _begin_anew(self) -> None:
        self._masked: list[Masked] = []
        self._failed: list[Failed] = []
        self._count = 0
        self._asks_no_more = False
        self._is_cancelled = False
        self._progress = SteadyProgress()
        self._shown_percent = 0.0
        self._time_left = TimeLeft()
