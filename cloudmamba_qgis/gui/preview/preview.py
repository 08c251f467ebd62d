"""Preview: the clouds of what is seen of a layer, as coarse as the screen shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from qgis.core import Qgis, QgsCsException, QgsProject, QgsRasterLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QLocale, QObject, QTimer

from cloudmamba_qgis.engine_client.locate import EngineNotFound, find_engine
from cloudmamba_qgis.engine_words import in_users_language
from cloudmamba_qgis.gui.one_click.detection import LayerDetection, chosen_options
from cloudmamba_qgis.gui.one_click.messages import OneClickMessages, short_name
from cloudmamba_qgis.gui.one_click.one_click import OneClick
from cloudmamba_qgis.gui.one_click.question import BandsQuestion, ask_for_bands
from cloudmamba_qgis.gui.preview.detection import PreviewDetection
from cloudmamba_qgis.gui.preview.frame import PreviewFrame
from cloudmamba_qgis.layers.interpretation import Interpretation, remembered_interpretation
from cloudmamba_qgis.layers.placement import PlacedResults, place_preview
from cloudmamba_qgis.layers.source import UnusableSource
from cloudmamba_qgis.layers.style import StyleNotLoaded, apply_style
from cloudmamba_qgis.rasters.excerpt import NothingSeen, View
from cloudmamba_qgis.translation import tr

# The shipped model was trained on images of 10 to 120 m: half as much again is still like them.
_COARSEST_LIKE_TRAINING_M = 180.0


class Preview(QObject):
    """Makes one preview at a time and shows one at most; the last click counts.

    ``one_click`` masks the whole scene, after which its preview goes. ``set_up_engine`` is
    called by a button where there is no engine.
    """

    def __init__(
        self, iface: QgisInterface, one_click: OneClick, set_up_engine: Callable[[], None]
    ) -> None:
        super().__init__()
        self._iface = iface
        self._one_click = one_click
        self._set_up_engine = set_up_engine
        self._messages = OneClickMessages(iface.messageBar())
        self._messages.cancel_clicked.connect(self.cancel)
        self._detection: PreviewDetection | None = None
        self._question: BandsQuestion | None = None
        self._image_id = ""
        self._placed = PlacedResults(())
        self._frame: PreviewFrame | None = None
        one_click.masked.connect(self._on_masked)
        QgsProject.instance().layersWillBeRemoved.connect(self._on_layers_removed)

    def preview_active(self) -> None:
        """Preview what is seen of the active layer."""
        layer = self._iface.activeLayer()
        is_file = isinstance(layer, QgsRasterLayer) and layer.providerType() == "gdal"
        too_few_bands = is_file and layer.isValid() and layer.bandCount() < 3
        if not isinstance(layer, QgsRasterLayer) or too_few_bands:
            self._messages.inform(tr("Select a raster layer of three or more bands."))
            return
        if self._question is not None:
            self._question.reject()
        self._detect(layer, remembered_interpretation(layer))

    def cancel(self) -> None:
        """Stop; a preview that is there stays."""
        self._forget_detection()
        self._messages.close()

    def remove(self) -> None:
        """Take the preview off the map."""
        self._messages.close()
        self._forget_layer()
        self._placed.remove()
        self._placed = PlacedResults(())

    def close(self) -> None:
        """Stop without a word, as when the plugin is unloaded."""
        self._one_click.masked.disconnect(self._on_masked)
        QgsProject.instance().layersWillBeRemoved.disconnect(self._on_layers_removed)
        if self._question is not None:
            self._question.reject()
        self.cancel()
        self.remove()

    def _detect(self, layer: QgsRasterLayer, interpretation: Interpretation) -> None:
        self.cancel()
        try:
            engine = find_engine()
        except EngineNotFound as error:
            self._fail(str(error), self._button_to_set_up())
            return
        try:
            detection = PreviewDetection(
                layer, self._view_of(layer), engine, interpretation, chosen_options()
            )
        except (UnusableSource, NothingSeen) as error:
            self._fail(str(error))
            return
        self._detection = detection
        self._messages.begin()
        self._messages.say(tr("Reading what is seen of {layer}").format(layer=layer.name()))
        detection.progressed.connect(self._messages.progress)
        detection.said.connect(self._messages.say)
        # QGIS first says in the message bar that a long task is complete: ours goes on top.
        detection.ended.connect(lambda: QTimer.singleShot(0, lambda: self._on_ended(detection)))
        detection.start()

    def _view_of(self, layer: QgsRasterLayer) -> View:
        """Raises ``NothingSeen``."""
        settings = self._iface.mapCanvas().mapSettings()
        whole = settings.layerExtentToOutputExtent(layer, layer.extent())
        seen = settings.visibleExtent().intersect(whole)
        if seen.isEmpty():
            raise NothingSeen
        try:
            of_layer = settings.layerTransform(layer).transformBoundingBox(
                seen, Qgis.TransformDirection.Reverse
            )
        except QgsCsException as error:
            raise NothingSeen from error
        return View(
            of_layer.xMinimum(),
            of_layer.yMinimum(),
            of_layer.xMaximum(),
            of_layer.yMaximum(),
            seen.width() * seen.height() / settings.mapUnitsPerPixel() ** 2,
        )

    def _on_ended(self, detection: PreviewDetection) -> None:
        if detection is not self._detection:  # cancelled, or another one was wanted meanwhile
            return
        layer = QgsProject.instance().mapLayer(detection.layer_id)
        self._detection = None
        if not (detection.summary or detection.failure):  # cancelled from QGIS's list of tasks
            self._messages.close()
        elif detection.summary:
            self._show(layer, detection)
        elif detection.is_unclear:
            self._ask(layer, detection)
        else:
            self._fail(
                detection.failure, self._button_to_set_up() if detection.needs_set_up else []
            )

    def _show(self, layer: QgsRasterLayer, detection: PreviewDetection) -> None:
        preview = QgsRasterLayer(
            detection.mask_path, tr("Preview: {layer}").format(layer=layer.name())
        )
        if not preview.isValid():
            self._fail(
                tr("The engine says that it is done, but '{path}' cannot be opened.").format(
                    path=detection.mask_path
                )
            )
            return
        try:
            apply_style(preview, "preview")
        except StyleNotLoaded as error:
            self._fail(str(error))
            return
        self.remove()
        self._image_id = layer.id()
        self._placed = place_preview(layer, preview)
        self._frame = PreviewFrame(self._iface.mapCanvas(), preview)
        preview.willBeDeleted.connect(self._forget_layer)
        self._tell(layer, detection)

    def _tell(self, layer: QgsRasterLayer, detection: PreviewDetection) -> None:
        """Say what is seen and offer what comes next."""
        locale = QLocale()
        percent = detection.summary["cloud_percent"]
        digits = 0 if percent >= 10 or percent == 0 else 1
        parts = [
            tr("{cloud} % cloud in this view").format(cloud=locale.toString(percent, "f", digits))
        ]
        parts += map(in_users_language, detection.summary["warnings"])
        if (
            detection.pixel_size_m is not None
            and detection.pixel_size_m > _COARSEST_LIKE_TRAINING_M
        ):
            parts.append(
                tr(
                    "at {size} m a pixel it is coarser than what the model knows: zoom in, or mask "
                    "the whole scene, for a surer one"
                ).format(size=locale.toString(detection.pixel_size_m, "f", 0))
            )
        level = Qgis.MessageLevel.Info if len(parts) == 1 else Qgis.MessageLevel.Warning
        if detection.interpretation.is_remembered:
            parts.insert(1, tr("read as you said of images like this"))
        mask_all = partial(self._mask_whole_scene, layer.id(), detection.interpretation)
        buttons = [(tr("Mask Whole Scene"), mask_all), (tr("Remove Preview"), self.remove)]
        title = tr("Preview: {layer}").format(layer=short_name(layer.name()))
        self._messages.show(" – ".join([title, *parts]), level, buttons)

    def _ask(self, layer: QgsRasterLayer, detection: PreviewDetection) -> None:
        def use(answer: Interpretation) -> None:
            self._question = None
            self._detect(layer, answer)

        def give_up() -> None:
            self._question = None
            self._fail(detection.failure)

        self._messages.close()
        window = self._iface.mainWindow()
        self._question = ask_for_bands(
            layer, detection.failure, detection.interpretation, window, use, give_up
        )

    def _mask_whole_scene(self, layer_id: str, interpretation: Interpretation) -> None:
        layer = QgsProject.instance().mapLayer(layer_id)
        self._messages.close()
        if layer is not None:  # else it was removed meanwhile
            self._one_click.mask([layer], interpretation, chosen_options())

    def _on_masked(self, detection: LayerDetection) -> None:
        if detection.layer_id == self._image_id:
            self.remove()

    def _on_layers_removed(self, layer_ids: Sequence[str]) -> None:
        if self._detection is not None and self._detection.layer_id in layer_ids:
            self.cancel()
        if self._image_id in layer_ids:
            QTimer.singleShot(0, self.remove)  # not while others are being removed

    def _button_to_set_up(self) -> list[tuple[str, Callable[[], None]]]:
        return [(tr("Set Up Engine…"), self._set_up_engine)]

    def _fail(self, sentence: str, buttons: Sequence[tuple[str, Callable[[], None]]] = ()) -> None:
        self._messages.show(sentence, Qgis.MessageLevel.Critical, buttons)

    def _forget_detection(self) -> None:
        detection, self._detection = self._detection, None
        if detection is not None:
            detection.cancel()

    def _forget_layer(self) -> None:
        """The layer goes: its frame goes with it, and what was said of it."""
        frame, self._frame = self._frame, None
        self._image_id = ""
        if frame is not None:
            frame.remove()
            self._messages.close()
