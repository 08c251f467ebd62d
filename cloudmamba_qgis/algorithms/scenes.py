"""What the algorithms share that work on several scenes, which are masked first where need be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
)

from cloudmamba_qgis.algorithms.base import RasterAlgorithm
from cloudmamba_qgis.algorithms.detect_clouds import NO_SHADOW, SHADOW_OF_MODEL
from cloudmamba_qgis.algorithms.detection_parameters import device_parameter, model_parameter
from cloudmamba_qgis.layers.acquisition import day_of_layer, days_of
from cloudmamba_qgis.layers.provenance import has_own_tags, layer_tags
from cloudmamba_qgis.rasters.acquisition import SOURCE_TAG
from cloudmamba_qgis.rasters.files import open_raster, write_with_crs
from cloudmamba_qgis.rasters.scene_files import SceneFiles
from cloudmamba_qgis.translation import tr


class SceneAlgorithm(RasterAlgorithm):
    """Knows the days of scenes and the images of masks, and detects where there is no mask.

    Attributes:
        DATED: parameters of layers whose times are the days of the scenes, in their order.
    """

    DATED: tuple[str, ...]
    _layer_days: list[date | None]
    _own_tags: dict[str, dict[str, str]]

    def add_folder(self, label: str, explanation: str) -> None:
        folder = QgsProcessingParameterFile.Behavior.Folder
        self.add(QgsProcessingParameterFile("FOLDER", label, folder, optional=True), explanation)

    def add_detection(self) -> None:
        """How scenes without masks are read."""
        for name, label, default in (
            ("BANDS", tr("Bands, for the detection"), ""),
            ("RADIOMETRY", tr("Radiometry, for the detection"), "auto"),
        ):
            self.add(
                QgsProcessingParameterString(name, label, default, optional=True),
                tr("As in Detect clouds, for all scenes; used only where no masks are given."),
                advanced=True,
            )
        for parameter in (model_parameter(), device_parameter()):
            self.add(parameter, parameter.help(), advanced=True)

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Read the times and tags of the layers, too, in the main thread."""
        is_prepared = super().prepareAlgorithm(parameters, context, feedback)
        self._layer_days = [
            day_of_layer(layer)
            for name in self.DATED
            for layer in self._layers(name, parameters, context)
        ]
        # Files of masks whose thresholds were moved, or that were reviewed, are pixels alone.
        self._own_tags = {
            source: layer_tags(layer)
            for name in self.SOURCES
            for source, layer in zip(self.sources(name), self._layers(name, parameters, context))
            if has_own_tags(layer)
        }
        return is_prepared

    def image_of(self, result: str) -> str:
        """Name of the image that a mask or uncertainty was made of; empty where nothing tells it."""
        if not result:
            return ""
        tags = self._own_tags.get(result) or open_raster(result).GetMetadata_Dict()
        return tags.get(SOURCE_TAG, "")

    def days(
        self, scenes: Sequence[SceneFiles], feedback: QgsProcessingFeedback
    ) -> list[date | None]:
        """When each scene was taken; None where nothing tells it."""
        of_layers = self._layer_days or [None] * len(scenes)
        return days_of(scenes, of_layers, self._own_tags, feedback)

    def detect(
        self,
        scene: SceneFiles,
        outputs: dict[str, str],
        marks_shadow: bool,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run Detect clouds on a scene; ``outputs`` and what is returned are as it names them."""
        import processing  # only there once the Processing plugin is loaded

        image = scene.image
        if image in self.corrected:
            image = str(Path(image).with_suffix(".vrt"))  # else the engine does not look into it
            write_with_crs(*self.corrected[scene.image], image)
        return processing.run(
            "cloudmamba:detectclouds",
            {
                "INPUT": image,
                "BANDS": scene.bands or self.parameterAsString(parameters, "BANDS", context),
                "RADIOMETRY": scene.radiometry
                or self.parameterAsString(parameters, "RADIOMETRY", context),
                "MODEL": self.parameterAsFile(parameters, "MODEL", context) or None,
                "DEVICE": self.parameterAsString(parameters, "DEVICE", context),
                "SHADOW": SHADOW_OF_MODEL if marks_shadow else NO_SHADOW,
                **outputs,
            },
            context=context,
            feedback=feedback,
            is_child_algorithm=True,
        )
