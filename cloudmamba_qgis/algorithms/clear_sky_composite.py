"""``cloudmamba:clearskycomposite``: of several scenes the clearest pixels."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal
from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingMultiStepFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
    QgsProcessingUtils,
)

from cloudmamba_qgis.algorithms.base import RasterAlgorithm
from cloudmamba_qgis.layers.scene_style import write_scene_style
from cloudmamba_qgis.rasters.blocks import Window, read, windows
from cloudmamba_qgis.rasters.cloud_shapes import NO_DATA, read_buffered
from cloudmamba_qgis.rasters.files import RasterFile, open_on_grid, open_raster, replacing
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.no_data import alpha_band, no_data_value, numpy_type
from cloudmamba_qgis.translation import tr

_SCENE_ENDINGS = (".tif", ".tiff", ".jp2", ".vrt", ".img")
NO_SCENE = 0


@dataclass(frozen=True)
class _SceneFiles:
    """A scene, its mask and, where there is one, its uncertainty: names for GDAL."""

    image: str
    mask: str
    uncertainty: str = ""

    @property
    def name(self) -> str:
        return os.path.basename(self.image)


@dataclass(frozen=True)
class _Scene:
    """The same, open and on the grid of the composite."""

    image: gdal.Dataset
    mask: gdal.Dataset
    uncertainty: gdal.Dataset | None

    def rank(self, window: Window, radius_px: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
        """How bad each pixel is, infinite where there is none, and where it is cloud.

        What is surely clear has 0, what is surely cloud 3: of clouds the least sure is best.
        """
        cloud, unknown = read_buffered(self.mask.GetRasterBand(1), window, radius_px)
        rank = np.zeros(cloud.shape, np.float32)
        if self.uncertainty is not None:
            rank = read(self.uncertainty.GetRasterBand(1), window).astype(np.float32)
            np.nan_to_num(rank, copy=False, nan=1.0)
        rank = np.where(cloud, 3 - rank, rank)
        for number in range(1, self.image.RasterCount + 1):
            unknown |= read(self.image.GetRasterBand(number).GetMaskBand(), window) == 0
        rank[unknown] = np.inf
        return rank, cloud & ~unknown


class ClearSkyCompositeAlgorithm(RasterAlgorithm):
    """Ranks the pixels of all scenes block by block and copies the best."""

    SOURCES = ("SCENES", "MASKS", "UNCERTAINTIES")

    def name(self) -> str:
        return "clearskycomposite"

    def displayName(self) -> str:
        return tr("Clear-sky composite")

    def tags(self) -> list[str]:
        return tr(
            "cloud,clouds,cloud-free,cloudless,mosaic,composite,best pixel,time series,merge"
        ).split(",")

    def shortDescription(self) -> str:
        return tr("Makes one image of several scenes from their clearest pixels.")

    def shortHelpString(self) -> str:
        return tr(
            "<p>Takes for every pixel the scene that is clear there and, of several clear ones, "
            "the one whose mask is surest. Where two are equal the first scene counts, so put "
            "the best one first.</p>"
            "<p>Without masks Detect clouds is run on every scene first. Scenes, masks and "
            "uncertainties that are given belong together by their order.</p>"
            "<p><b>Composite</b>: bands, data type and no-data value as in the first scene, whose "
            "grid and CRS all others are brought onto (nearest pixel). Values are copied and not "
            "changed: give scenes of the same radiometry.<br/>"
            "<b>Scene of each pixel</b>: the number of the scene (first band; 0 for none) and "
            "whether it is cloud there (second band).</p>"
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        raster = QgsProcessing.SourceType.TypeRaster
        self.add(
            QgsProcessingParameterMultipleLayers("SCENES", tr("Scenes"), raster, optional=True),
            tr("Images of the same place with the same bands; the first gives the grid."),
        )
        self.add(
            QgsProcessingParameterFile(
                "FOLDER",
                tr("Folder of scenes"),
                QgsProcessingParameterFile.Behavior.Folder,
                optional=True,
            ),
            tr(
                "Instead of scenes: all rasters (tif, jp2, vrt, img) in this folder, by name. "
                "Cannot be used with masks of your own."
            ),
        )
        self.add(
            QgsProcessingParameterMultipleLayers("MASKS", tr("Cloud masks"), raster, optional=True),
            tr("One for each scene, in the same order. Not set: clouds are detected."),
        )
        self.add(
            QgsProcessingParameterMultipleLayers(
                "UNCERTAINTIES", tr("Uncertainties"), raster, optional=True
            ),
            tr("One for each mask, in the same order. Not set: the first clear scene counts."),
        )
        self.add_buffer()
        self.add(
            QgsProcessingParameterBoolean(
                "FILL", tr("Fill pixels that are cloud in every scene"), True
            ),
            tr("With the cloud that is the least sure. Off: they have no data."),
        )
        for name, label, default in (
            ("BANDS", tr("Bands, for the detection"), ""),
            ("RADIOMETRY", tr("Radiometry, for the detection"), "auto"),
        ):
            self.add(
                QgsProcessingParameterString(name, label, default, optional=True),
                tr("As in Detect clouds, for all scenes; used only where no masks are given."),
                advanced=True,
            )
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", tr("Clear-sky composite")),
            tr("An image like the first scene."),
        )
        self.add(
            QgsProcessingParameterRasterDestination(
                "PROVENANCE", tr("Scene of each pixel"), optional=True, createByDefault=True
            ),
            tr("Band 1: number of the scene, 0 none. Band 2: 1 where it is cloud, else 0."),
        )
        self.addOutput(
            QgsProcessingOutputNumber("CLOUD_PERCENT", tr("Cloud left, % of the valid pixels"))
        )
        self.addOutput(QgsProcessingOutputNumber("VALID_PERCENT", tr("Valid, % of all pixels")))

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        accepted, message = super().checkParameterValues(parameters, context)
        if not accepted:
            return accepted, message
        count = {name: len(self._layers(name, parameters, context)) for name in self.SOURCES}
        folder = self.parameterAsFile(parameters, "FOLDER", context)
        if bool(count["SCENES"]) == bool(folder):
            return False, tr("Give either scenes or a folder of scenes.")
        if count["MASKS"] and count["MASKS"] != count["SCENES"]:
            return False, tr("Give as many masks as scenes, in the same order, or none.")
        if count["UNCERTAINTIES"] and count["UNCERTAINTIES"] != count["MASKS"]:
            return False, tr("Give as many uncertainties as masks, in the same order, or none.")
        return True, ""

    def work(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        output = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        provenance = self.parameterAsOutputLayer(parameters, "PROVENANCE", context)
        images = self.sources("SCENES") or _scenes_in(
            self.parameterAsFile(parameters, "FOLDER", context)
        )
        fill = self.parameterAsBoolean(parameters, "FILL", context)
        steps = QgsProcessingMultiStepFeedback(len(images) + 2, feedback)
        with tempfile.TemporaryDirectory(dir=QgsProcessingUtils.tempFolder()) as folder:
            files = self._with_masks(images, folder, parameters, context, steps)
            for number, scene in enumerate(files, 1):
                feedback.pushInfo(f"{number}: {scene.name} ({os.path.basename(scene.mask)})")
            scenes = _open(files)
            radius_px = self.buffer_px(parameters, context, Grid.of(scenes[0].image))
            steps.setCurrentStep(len(images))
            no_data = 0.0
            if not alpha_band(scenes[0].image):
                no_data = no_data_value([scene.image for scene in scenes], steps)
            steps.setCurrentStep(len(images) + 1)
            inputs = [*self.all_sources(), *images]
            with (
                replacing(output, inputs) as composite_path,
                replacing(
                    provenance or str(Path(folder, "scene.tif")), [*inputs, output]
                ) as scene_path,
            ):
                cloud_percent, valid_percent = _compose(
                    scenes, radius_px, fill, no_data, composite_path, scene_path, steps
                )
            scenes = []  # closed before their folder goes
        found = {
            "OUTPUT": output,
            "CLOUD_PERCENT": cloud_percent,
            "VALID_PERCENT": valid_percent,
        }
        if not provenance:
            return found
        write_scene_style(Path(provenance), [scene.name for scene in files])
        return {**found, "PROVENANCE": provenance}

    def _with_masks(
        self,
        images: Sequence[str],
        folder: str,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        steps: QgsProcessingMultiStepFeedback,
    ) -> list[_SceneFiles]:
        """The scenes with the masks that were given, or with new ones in the folder."""
        masks, uncertainties = self.sources("MASKS"), self.sources("UNCERTAINTIES")
        if masks:
            return [
                _SceneFiles(*files)
                for files in zip(images, masks, uncertainties or [""] * len(masks))
            ]
        import processing  # only there once the Processing plugin is loaded

        files = []
        for number, image in enumerate(images):
            steps.setCurrentStep(number)
            found = processing.run(
                "cloudmamba:detectclouds",
                {
                    "INPUT": image,
                    "BANDS": self.parameterAsString(parameters, "BANDS", context),
                    "RADIOMETRY": self.parameterAsString(parameters, "RADIOMETRY", context),
                    "OUTPUT": str(Path(folder, f"mask_{number}.tif")),
                    "UNCERTAINTY": str(Path(folder, f"uncertainty_{number}.tif")),
                },
                context=context,
                feedback=steps,
                is_child_algorithm=True,
            )
            files.append(_SceneFiles(image, found["OUTPUT"], found["UNCERTAINTY"]))
        return files


def _scenes_in(folder: str) -> list[str]:
    """The rasters of a folder by name."""
    found = sorted(
        str(path)
        for path in Path(folder).iterdir()
        if path.suffix.lower() in _SCENE_ENDINGS and not path.name.startswith(".")
    )
    if not found:
        raise QgsProcessingException(
            tr("The folder '{folder}' has no rasters ({endings}).").format(
                folder=folder, endings=", ".join(_SCENE_ENDINGS)
            )
        )
    return found


def _open(files: Sequence[_SceneFiles]) -> list[_Scene]:
    """All on the grid of the first one; every image must have its bands."""
    first = open_raster(files[0].image)
    grid = Grid.of(first)
    scenes = []
    for scene in files:
        image = open_raster(scene.image)
        if _layout(image) != _layout(first):
            raise QgsProcessingException(
                tr(
                    "'{scene}' and '{first}' differ in the number, data type, scale or offset of "
                    "their bands: their pixels do not go together."
                ).format(scene=scene.image, first=files[0].image)
            )
        uncertainty = scene.uncertainty
        scenes.append(
            _Scene(
                # What lies outside of a scene has no mask, so its value does not matter.
                open_on_grid(scene.image, grid),
                open_on_grid(scene.mask, grid, NO_DATA),
                open_on_grid(uncertainty, grid, float("nan")) if uncertainty else None,
            )
        )
    return scenes


def _layout(image: gdal.Dataset) -> list[tuple[int, float, float]]:
    bands = (image.GetRasterBand(number) for number in range(1, image.RasterCount + 1))
    return [(band.DataType, band.GetScale() or 1.0, band.GetOffset() or 0.0) for band in bands]


def _compose(
    scenes: Sequence[_Scene],
    radius_px: tuple[float, float],
    fill: bool,
    no_data: float,
    composite_path: str,
    scene_path: str,
    feedback: QgsProcessingFeedback,
) -> tuple[float, float]:
    """Write composite and scene numbers; percent of cloud left and of valid pixels."""
    first = scenes[0].image
    grid, bands = Grid.of(first), first.RasterCount
    values_type = numpy_type(first.GetRasterBand(1).DataType)
    cloud_px = valid_px = 0
    with (
        RasterFile(composite_path, grid, first.GetRasterBand(1).DataType, bands) as composite,
        RasterFile(scene_path, grid, gdal.GDT_UInt16, 2) as provenance,
    ):
        composite.describe_bands_as(first)
        if not alpha_band(first):
            composite.band(1).SetNoDataValue(no_data)
        provenance.band(1).SetDescription("scene")
        provenance.band(2).SetDescription("cloud")
        provenance.band(1).SetNoDataValue(NO_SCENE)
        for window in windows(grid, feedback):
            chosen, cloud = _best(scenes, window, radius_px, fill)
            for number in range(1, bands + 1):
                values = np.full(chosen.shape, no_data, values_type)
                for index, scene in enumerate(scenes, 1):
                    here = chosen == index
                    if here.any():
                        values[here] = read(scene.image.GetRasterBand(number), window)[here]
                composite.write(values, window, number)
            provenance.write(chosen, window, 1)
            provenance.write(cloud.astype(np.uint16), window, 2)
            cloud_px += np.count_nonzero(cloud)
            valid_px += np.count_nonzero(chosen)
    cloud_percent = 100.0 * cloud_px / valid_px if valid_px else 0.0
    return cloud_percent, 100.0 * valid_px / (grid.width * grid.height)


def _best(
    scenes: Sequence[_Scene], window: Window, radius_px: tuple[float, float], fill: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The number of the scene of each pixel, from 1 on, and where it is cloud."""
    shape = (window.height, window.width)
    best = np.full(shape, np.inf, np.float32)
    chosen = np.full(shape, NO_SCENE, np.uint16)
    is_cloud = np.zeros(shape, bool)
    for index, scene in enumerate(scenes, 1):
        rank, cloud = scene.rank(window, radius_px)
        if not fill:
            rank[cloud] = np.inf
        better = rank < best
        best[better] = rank[better]
        chosen[better] = index
        is_cloud[better] = cloud[better]
    return chosen, is_cloud
