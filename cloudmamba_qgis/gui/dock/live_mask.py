"""A mask layer that follows thresholds: decided anew in the background, shown in place."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from osgeo import gdal
from qgis.core import (
    QgsFeedback,
    QgsMapLayer,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal

from cloudmamba_qgis.background import LatestOnly
from cloudmamba_qgis.layers.placement import lead_to
from cloudmamba_qgis.layers.provenance import describe_layer, forget_tags
from cloudmamba_qgis.layers.result_files import ends_with_qgis, temporary_path
from cloudmamba_qgis.rasters.blocks import Window, read
from cloudmamba_qgis.rasters.cloud_shapes import CLOUD, NO_DATA, SHADOW, class_tags
from cloudmamba_qgis.rasters.files import open_raster
from cloudmamba_qgis.rasters.gdal_errors import gdal_failure_as
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.stage_levels import STEPS, MaskSettings, StageLevels
from cloudmamba_qgis.translation import tr

# A tile of Sentinel-2 has 121 million. QGIS holds six bytes a pixel, and takes 14 more to decide.
_MOST_PX = 150_000_000
_NAME = "live mask"
_THRESHOLD_TAGS = {
    "coarse_step": "COARSE_THRESHOLD",
    "refined_step": "REFINED_THRESHOLD",
    "acceptance_step": "ACCEPTANCE_THRESHOLD",
}
# Those that were closed while they decided: nobody else may hold them any more.
_deciding_to_the_end: set[LiveMask] = set()


@dataclass(frozen=True)
class MaskFiles:
    """What a detection left: its layers, and the files they can be made from again.

    ``stages_path`` is empty where the stages were not kept, ``shadow_path`` where shadow was not
    wanted.
    """

    image_id: str
    mask_id: str
    uncertainty_id: str
    mask_path: str
    stages_path: str
    shadow_path: str = ""


@dataclass(frozen=True)
class Decided:
    """A mask that is in its layer's file."""

    settings: MaskSettings
    cloud_percent: float
    shadow_percent: float | None  # None for a mask without that class
    tags: dict[str, str]  # what a file of it says of itself


@dataclass(frozen=True)
class _Scene:
    """All that is needed to decide again.

    Attributes:
        detected: mask of the engine (height, width) uint8.
        detected_settings: with what it was made, to a hundredth.
        band_name: what the legend calls it.
        tags: what the file of the engine's mask says of itself.
    """

    levels: StageLevels
    detected: np.ndarray
    detected_settings: MaskSettings
    grid: Grid
    band_name: str
    tags: dict[str, str]

    @classmethod
    def read(cls, files: MaskFiles, feedback: QgsFeedback) -> _Scene:
        mask = open_raster(files.mask_path)
        grid = Grid.of(mask)
        size_px = grid.width * grid.height
        if size_px > _MOST_PX:
            raise QgsProcessingException(
                tr(
                    "Thresholds move live on images of up to {most} million pixels, and this one "
                    "has {count}: make its probability with Detect clouds, and use Adjust cloud "
                    "mask."
                ).format(most=_MOST_PX // 10**6, count=round(size_px / 1e6))
            )
        detected = read(mask.GetRasterBand(1), Window(0, 0, grid.width, grid.height))
        tags = mask.GetMetadata_Dict()
        steps = {
            name: round(float(tags[tag]) * STEPS)
            for name, tag in _THRESHOLD_TAGS.items()
            if tag in tags
        }
        levels = StageLevels.read(files.stages_path, files.shadow_path, feedback)
        name = mask.GetRasterBand(1).GetDescription()
        return cls(levels, detected, replace(MaskSettings(), **steps), grid, name, tags)

    def decide(self, settings: MaskSettings) -> np.ndarray:
        """As detected where nothing is changed: that mask is blended from finer numbers."""
        if settings == self.detected_settings:
            return self.detected
        return self.levels.decide(settings)

    def decided(self, settings: MaskSettings, mask: np.ndarray) -> Decided:
        """With what the mask covers."""
        cloud = self._percent(mask, CLOUD)
        shadow = None if self.levels.shadow is None else self._percent(mask, SHADOW)
        if settings == self.detected_settings:
            return Decided(settings, cloud, shadow, self.tags)
        tags = {**self.tags, **settings.tags(), **class_tags(cloud, shadow)}
        tags.pop("MEAN_UNCERTAINTY", None)  # of the mask that was detected
        return Decided(settings, cloud, shadow, tags)

    def _percent(self, mask: np.ndarray, value: int) -> float:
        """Of the valid pixels."""
        return 100.0 * int(np.count_nonzero(mask == value)) / max(self.levels.valid_px, 1)


class LiveMask(QObject):
    """Decides one detection's mask again, as often as asked, and shows it in its layer.

    The layer's own file stays as it is; the layer is led to a file of the same grid that is
    written over and over, and back to its own where the mask is as it was detected.

    Signals:
        loaded: it can be asked; ``detected_settings`` are known.
        decided: a ``Decided``; the layer shows it.
        failed: one sentence.
        ended: it was closed, and all is shown that was asked of it.
    """

    loaded = pyqtSignal()
    decided = pyqtSignal(object)
    failed = pyqtSignal(str)
    ended = pyqtSignal()

    def __init__(self, files: MaskFiles, shown: MaskSettings | None = None) -> None:
        """``shown``: with what the mask that the layer shows was made, if not as detected."""
        super().__init__()
        self.files = files
        self._shown = shown
        self._asked: MaskSettings | None = None
        self._is_open = True
        self._scene: _Scene | None = None
        self._path = ""
        self._feedback = QgsFeedback()
        self._loading, self._deciding = LatestOnly(), LatestOnly()
        self._loading.finished.connect(self._take_scene)
        self._loading.failed.connect(self.failed)
        self._deciding.finished.connect(self._take_decided)
        self._deciding.failed.connect(self._take_failure)

    def load(self) -> None:
        """Read what is needed, in the background."""
        self._loading.start(lambda: _Scene.read(self.files, self._feedback))

    def close(self) -> None:
        """End as soon as the layer shows what was asked last: its file has new pixels already."""
        self._feedback.cancel()
        self._loading.close()
        self._is_open = False
        if self._deciding.is_idle:
            self._end()
        else:
            _deciding_to_the_end.add(self)

    def reopen(self) -> None:
        """Go on, where it has not ended since it was closed."""
        self._is_open = True
        _deciding_to_the_end.discard(self)

    @property
    def detected_settings(self) -> MaskSettings:
        """With what the engine made its mask."""
        return self._read_scene.detected_settings

    @property
    def last_asked(self) -> MaskSettings:
        """What the layer shows, or will soon."""
        return self._asked or self._shown or self.detected_settings

    @property
    def grid(self) -> Grid:
        """Where the pixels lie."""
        return self._read_scene.grid

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being read or decided."""
        return self._loading.is_idle and self._deciding.is_idle

    def histograms(self, settings: MaskSettings) -> tuple[np.ndarray, np.ndarray]:
        """See ``StageLevels``; takes no time."""
        return self._read_scene.levels.histograms(settings)

    def decide(self, settings: MaskSettings) -> None:
        """Decide in the background; of many only the last is sure to be done."""
        scene = self._read_scene
        self._asked = settings
        if not self._path and settings == (self._shown or scene.detected_settings):
            # Left as it is: the user may have saved the file from which the layer shows it.
            if settings == scene.detected_settings:
                self.decided.emit(scene.decided(settings, scene.detected))
            else:
                self._deciding.start(lambda: (scene.decided(settings, scene.decide(settings)), ""))
            return
        if settings == scene.detected_settings:
            detected = self.files.mask_path
            self._deciding.start(lambda: (scene.decided(settings, scene.detected), detected))
            return
        path = self._path = self._file_to_write()
        self._deciding.start(lambda: (_decide_and_write(path, scene, settings), path))

    def _file_to_write(self) -> str:
        """That of before, also when the mask was followed before; a new one where a copy shows it.

        Copies of the layer are to stay as they are.
        """
        layers = QgsProject.instance().mapLayers()
        mask = layers.pop(self.files.mask_id, None)
        path = self._path
        if not path and mask is not None and _shows_live_mask(mask):
            path = mask.source()
        is_shown_elsewhere = any(layer.source() == path for layer in layers.values())
        return temporary_path(_NAME) if not path or is_shown_elsewhere else path

    @property
    def _read_scene(self) -> _Scene:
        """What was read; asked for after ``loaded`` only."""
        if self._scene is None:
            raise RuntimeError("the scene is not read yet")
        return self._scene

    def _take_scene(self, scene: _Scene) -> None:
        self._scene = scene
        self.loaded.emit()

    def _take_decided(self, result: tuple[Decided, str]) -> None:
        """``result``: and the file that it was written to, empty where the layer shows it."""
        decided, path = result
        layer = QgsProject.instance().mapLayer(self.files.mask_id)
        if isinstance(layer, QgsRasterLayer):
            if path:
                _show(layer, path, decided)
                if path == self.files.mask_path:
                    forget_tags(layer)
            self.decided.emit(decided)
        if not self._is_open and decided.settings == self._asked:
            self._end()

    def _take_failure(self, sentence: str) -> None:
        self.failed.emit(sentence)
        if not self._is_open:
            self._end()

    def _end(self) -> None:
        self._deciding.close()
        _deciding_to_the_end.discard(self)
        self.ended.emit()


def _shows_live_mask(layer: QgsMapLayer) -> bool:
    return ends_with_qgis(layer) and Path(layer.source()).stem == _NAME


def _show(layer: QgsRasterLayer, path: str, decided: Decided) -> None:
    if layer.source() != path:
        lead_to(layer, path)
    else:
        layer.dataProvider().reloadData()
    describe_layer(layer, decided.tags)
    layer.triggerRepaint()


def _create(path: str, scene: _Scene) -> None:
    grid = scene.grid
    driver = gdal.GetDriverByName("GTiff")
    # Plain lines of bytes, so that a reader meets old or new pixels but never half a block.
    options = ["BIGTIFF=IF_SAFER"]
    with gdal_failure_as(_not_written):
        dataset = driver.Create(path, grid.width, grid.height, 1, gdal.GDT_Byte, options)
    if dataset is None:
        raise _not_written()
    grid.apply_to(dataset)
    dataset.GetRasterBand(1).SetNoDataValue(NO_DATA)
    dataset.GetRasterBand(1).SetDescription(scene.band_name)
    dataset = None


def _decide_and_write(path: str, scene: _Scene, settings: MaskSettings) -> Decided:
    """Into the file of before, or a new one."""
    mask = scene.decide(settings)
    if not os.path.exists(path):
        _create(path, scene)
    with gdal_failure_as(_not_written):
        dataset = gdal.Open(path, gdal.GA_Update)
        if dataset is None or dataset.GetRasterBand(1).WriteArray(mask) != gdal.CE_None:
            raise _not_written()
        dataset.FlushCache()
    return scene.decided(settings, mask)


def _not_written() -> QgsProcessingException:
    return QgsProcessingException(
        tr("The mask could not be written: {reason}.").format(reason=gdal.GetLastErrorMsg())
    )
