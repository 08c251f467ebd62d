"""Keeps results that lie in temporary files, which end with QGIS."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsMapLayer,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
)
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QFileInfo, QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog

from cloudmamba_qgis.background import TaskQueue
from cloudmamba_qgis.gui.one_click.messages import OneClickMessages
from cloudmamba_qgis.layers.placement import lead_to, remove_previews
from cloudmamba_qgis.layers.provenance import (
    forget_tags,
    has_own_tags,
    layer_tags,
    version_of,
)
from cloudmamba_qgis.layers.result_files import ends_with_qgis, folder_of, free_path
from cloudmamba_qgis.layers.results import image_name, is_preview, is_result
from cloudmamba_qgis.rasters.files import replacing
from cloudmamba_qgis.rasters.gdal_errors import gdal_failure_as
from cloudmamba_qgis.rasters.uncertain_regions import save_tagged
from cloudmamba_qgis.settings import SAVE_FOLDER
from cloudmamba_qgis.translation import tr


@dataclass(frozen=True)
class _Copy:
    """One layer's file on its way; ``tags`` are those it has to say, None where it does."""

    layer_id: str
    source: str
    version: tuple[str, int]
    target: Path
    tags: dict[str, str] | None


class ResultSaver(QObject):
    """Copies files of layers in the background, and leads the layers to the copies.

    Signals:
        saved: paths of the new files; names of the layers that were changed meanwhile, and still
            show the files of before.
        failed: one sentence.
    """

    saved = pyqtSignal(list, list)
    failed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._tasks = TaskQueue()
        self._promised: set[Path] = set()  # not written yet; layers may have one name

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being copied."""
        return self._tasks.is_idle

    def close(self) -> None:
        """Stop; what is not copied yet stays where it is."""
        self._tasks.close()

    def save(self, layers: Sequence[QgsMapLayer], folder: Path) -> None:
        """Copy the layers' files into a folder, under the names of the layers."""
        copies: list[_Copy] = []
        for layer in layers:
            ending = ".tif" if isinstance(layer, QgsRasterLayer) else ".gpkg"
            target = free_path(folder, layer.name(), self._promised, ending)
            self._promised.add(target)
            tags = layer_tags(layer) if has_own_tags(layer) else None
            version = version_of(layer)
            copies.append(_Copy(layer.id(), layer.source(), version, target, tags))

        def write(feedback: QgsProcessingFeedback) -> list[_Copy]:
            for copy in copies:
                _write(copy, feedback)
            return copies

        def forget_promises() -> None:
            self._promised.difference_update(copy.target for copy in copies)

        def lead(written: list[_Copy]) -> None:
            forget_promises()
            self._lead(written)

        def fail(sentence: str) -> None:
            forget_promises()
            if sentence:  # else it was cancelled
                self.failed.emit(sentence)

        self._tasks.add(tr("Saving cloud masks"), write, lead, fail)

    def _lead(self, copies: list[_Copy]) -> None:
        """Let the layers show the new files, apart from those that show something newer."""
        changed = []
        for copy in copies:
            layer = QgsProject.instance().mapLayer(copy.layer_id)
            if layer is None:  # removed meanwhile; the file stays
                continue
            style = str(copy.target.with_suffix(".qml"))
            if version_of(layer) != copy.version:
                changed.append(layer.name())
                # Only its colours: what the layer says of itself is not true of the file.
                layer.saveNamedStyle(style, QgsMapLayer.StyleCategory.Symbology)
                continue
            lead_to(layer, str(copy.target))
            forget_tags(layer)
            layer.saveNamedStyle(style)
            layer.triggerRepaint()
        self.saved.emit([str(copy.target) for copy in copies], changed)


class KeepResults(QObject):
    """Offers to save results: on request, and when a project is saved that would lose them.

    Previews, which nobody saves, are taken out of a project that is saved.
    """

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__()
        self._iface = iface
        self._messages = OneClickMessages(iface.messageBar())
        self.saver = ResultSaver()
        self.saver.saved.connect(self._tell)
        self.saver.failed.connect(lambda sentence: self._warn(sentence))
        QgsProject.instance().writeProject.connect(remove_previews)
        QgsProject.instance().projectSaved.connect(self._on_project_saved)

    def close(self) -> None:
        """As when the plugin is unloaded."""
        QgsProject.instance().writeProject.disconnect(remove_previews)
        QgsProject.instance().projectSaved.disconnect(self._on_project_saved)
        self.saver.close()
        self._messages.close()

    def ask_and_save(self, layers: Sequence[QgsMapLayer]) -> None:
        """Ask for a folder, and copy the results into it that are temporary."""
        layers = [layer for layer in layers if ends_with_qgis(layer)]
        if not layers:
            self._messages.inform(tr("These results are saved already."))
            return
        folder = QFileDialog.getExistingDirectory(
            self._iface.mainWindow(),
            tr("Folder for the cloud masks"),
            str(_first_folder(layers[0])),
        )
        if folder:
            SAVE_FOLDER.set(folder)
            self.saver.save(layers, Path(folder))

    def save_all(self) -> None:
        """Ask for a folder, and save all results of the project that are temporary."""
        self._messages.close()
        self.ask_and_save(temporary_results())

    def _on_project_saved(self) -> None:
        count = len(temporary_results())
        if count:
            self._messages.show(
                tr(
                    "{count} cloud layers of this project are temporary: they are lost when QGIS "
                    "ends."
                ).format(count=count),
                Qgis.MessageLevel.Warning,
                [(tr("Save…"), self.save_all)],
            )

    def _tell(self, paths: list[str], changed: list[str]) -> None:
        folder = QFileInfo(paths[0]).absolutePath()
        words = tr("Files saved in {folder}: {count}").format(folder=folder, count=len(paths))
        if not changed:
            self._messages.inform(words)
            return
        names = ", ".join(changed)
        later = tr("later changes of these layers are not in them: {layers}").format(layers=names)
        button = (tr("Save…"), self.save_all)
        self._messages.show(f"{words} – {later}", Qgis.MessageLevel.Warning, [button])

    def _warn(self, sentence: str) -> None:
        self._messages.show(sentence, Qgis.MessageLevel.Warning)


def temporary_results() -> list[QgsMapLayer]:
    """Of the project; previews, which a click makes again, are none."""
    return [
        layer
        for layer in QgsProject.instance().mapLayers().values()
        if is_result(layer) and not is_preview(layer) and ends_with_qgis(layer)
    ]


def _first_folder(layer: QgsMapLayer) -> Path:
    """That of the image, else the one of before, else that of the user."""
    images = QgsProject.instance().mapLayersByName(image_name(layer))
    beside = next(filter(None, (folder_of(image.source()) for image in images)), None)
    return beside or Path(SAVE_FOLDER.get() or Path.home())


def _write(copy: _Copy, feedback: QgsProcessingFeedback) -> None:
    """Whole or not at all. Raises ``QgsProcessingException`` and ``OSError``."""
    if copy.tags is not None:
        save_tagged(copy.source, str(copy.target), [], copy.tags, feedback)
        return
    with replacing(str(copy.target), [copy.source]) as temporary:
        if copy.target.suffix == ".tif":
            shutil.copyfile(copy.source, temporary)
        else:
            _copy_table(copy.source, temporary)


def _copy_table(source: str, path: str) -> None:
    """With what does not lie in its file itself yet, as after an edit."""

    def failure() -> QgsProcessingException:
        reason = gdal.GetLastErrorMsg()
        return QgsProcessingException(
            tr("The table '{source}' cannot be saved: {reason}.").format(
                source=source, reason=reason
            )
        )

    file, _, rest = source.partition("|layername=")
    table = rest.partition("|")[0]
    with gdal_failure_as(failure):
        copy = gdal.VectorTranslate(path, file, format="GPKG", layers=[table] if table else None)
        if copy is None:
            raise failure()
        del copy
