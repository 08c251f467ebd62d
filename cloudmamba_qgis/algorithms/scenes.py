<<<<<<< HEAD
"""What the algorithms share that work on several scenes, which are masked first where need be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterString,
)

from cloudmamba_qgis.algorithms.base import RasterAlgorithm
from cloudmamba_qgis.algorithms.detect_clouds import NO_SHADOW, SHADOW_OF_MODEL
from cloudmamba_qgis.layers.acquisition import day_of_layer, days_of
from cloudmamba_qgis.rasters.scene_files import SceneFiles
from cloudmamba_qgis.translation import tr


class SceneAlgorithm(RasterAlgorithm):
    """Knows the days of scenes, and detects clouds where there is no mask.

    Attributes:
        DATED: parameters of layers whose times are the days of the scenes, in their order.
    """

    DATED: tuple[str, ...]
    _layer_days: list[date | None]

    def add_shadow(self, explanation: str) -> None:
        self.add(
            QgsProcessingParameterBoolean(
                "SHADOW",
                tr("Cloud shadow counts as cloud"),
                True,
                optional=True,  # models that were made before do without
            ),
            explanation,
        )

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

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Read the times of the layers, too, in the main thread."""
        self._layer_days = [
            day_of_layer(layer)
            for name in self.DATED
            for layer in self._layers(name, parameters, context)
        ]
        return super().prepareAlgorithm(parameters, context, feedback)

    def days(
        self, scenes: Sequence[SceneFiles], feedback: QgsProcessingFeedback
    ) -> list[date | None]:
        """When each scene was taken; None where nothing tells it."""
        return days_of(scenes, self._layer_days or [None] * len(scenes), feedback)

    def detect(
        self,
        image: str,
        outputs: dict[str, str],
        marks_shadow: bool,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run Detect clouds on a file; ``outputs`` and what is returned are as it names them."""
        import processing  # only there once the Processing plugin is loaded

        return processing.run(
            "cloudmamba:detectclouds",
            {
                "INPUT": image,
                "BANDS": self.parameterAsString(parameters, "BANDS", context),
                "RADIOMETRY": self.parameterAsString(parameters, "RADIOMETRY", context),
                "SHADOW": SHADOW_OF_MODEL if marks_shadow else NO_SHADOW,
                **outputs,
            },
            context=context,
            feedback=feedback,
            is_child_algorithm=True,
        )
=======
"""The scenes of a folder or a list: rasters with their masks, and products that were downloaded.

What a product is only the engine knows: it writes a virtual raster of each, which GDAL opens.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingException, QgsProcessingFeedback

from cloudmamba_qgis.engine_client.locate import EngineNotFound, find_engine
from cloudmamba_qgis.engine_client.process import EngineCancelled, EngineFailed
from cloudmamba_qgis.engine_client.session import engine_session
from cloudmamba_qgis.engine_words import in_users_language
from cloudmamba_qgis.rasters.scene_files import (
    ProductRaster,
    SceneFiles,
    is_product_name,
    may_hold_products,
    paths_of_list,
    scenes_in,
    scenes_of,
)
from cloudmamba_qgis.translation import tr


def scenes_of_folder(
    folder: str, temporary: str, feedback: QgsProcessingFeedback
) -> list[SceneFiles]:
    """By name; virtual rasters of products go into the folder ``temporary``.

    Raises ``QgsProcessingException`` where there are none.
    """
    if not may_hold_products(folder):
        return scenes_in(folder)
    try:
        answer = _ask_engine(folder, temporary, feedback)
    except EngineNotFound as error:
        feedback.pushWarning(
            tr("Folders and archives of products are left out: {reason}").format(reason=error)
        )
        return scenes_in(folder)
    others = [Path(folder, name) for name in answer["others"]]
    return scenes_in(folder, _products(answer, feedback), others)


def scenes_of_list(path: str, temporary: str, feedback: QgsProcessingFeedback) -> list[SceneFiles]:
    """In the order of the list; virtual rasters of products go into the folder ``temporary``.

    Raises ``QgsProcessingException`` where there are none or one is not there.
    """
    files: list[Path] = []
    products: list[ProductRaster] = []
    for one in paths_of_list(path):
        if not is_product_name(one):
            files.append(one)
            continue
        try:
            products += _products(_ask_engine(str(one), temporary, feedback), feedback)
        except EngineNotFound as error:
            raise QgsProcessingException(str(error)) from error
    found = scenes_of(files, products)
    if not found:
        raise QgsProcessingException(tr("Nothing in the list can be read."))
    return found


def _ask_engine(path: str, temporary: str, feedback: QgsProcessingFeedback) -> dict[str, Any]:
    """Raises ``EngineNotFound`` and ``QgsProcessingException``."""
    engine = find_engine()
    request = {
        "path": os.path.abspath(path),
        "virtual_rasters": tempfile.mkdtemp(dir=temporary),
    }
    try:
        return engine_session().describe(engine, request, _Listener(feedback))
    except EngineCancelled as error:
        raise QgsProcessingException(tr("Cancelled; nothing was written.")) from error
    except EngineFailed as error:
        raise QgsProcessingException(in_users_language(str(error))) from error


def _products(answer: dict[str, Any], feedback: QgsProcessingFeedback) -> list[ProductRaster]:
    """Those that can be read; of the others it is said why not."""
    found = []
    scenes: Sequence[dict[str, str]] = answer["scenes"]
    for scene in scenes:
        if scene["raster"]:
            found.append(ProductRaster(scene["name"], scene["path"], scene["raster"]))
            feedback.pushInfo(tr("Product: {name}").format(name=scene["name"]))
        else:
            feedback.pushWarning(
                tr("'{name}' is left out: {reason}").format(
                    name=scene["name"], reason=in_users_language(scene["problem"])
                )
            )
    return found


class _Listener:
    """Follows the engine while it looks at products."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self._feedback = feedback

    def is_cancelled(self) -> bool:
        return self._feedback.isCanceled()

    def progress(self, done: int, total: int, message: str) -> None:
        """It is quick."""

    def log(self, level: str, message: str) -> None:
        self._feedback.pushInfo(in_users_language(message))
>>>>>>> e0d4a0b (Folders and lists of composites and areas may hold products as they were downloaded; no slider where no second pass decides)
