"""The scenes of a folder or a list: rasters with their masks, and products that were downloaded.

What a product is only the engine knows: it writes a virtual raster of each, which GDAL opens.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingException, QgsProcessingFeedback

from cloudmamba_qgis.engine_client.locate import EngineNotFound, find_engine
from cloudmamba_qgis.engine_client.process import EngineCancelled, EngineFailed
from cloudmamba_qgis.engine_client.products import ask_for_products
from cloudmamba_qgis.engine_words import in_users_language
from cloudmamba_qgis.rasters.scene_files import (
    ListedScene,
    ProductRaster,
    SceneFiles,
    is_product_name,
    may_hold_products,
    read_list,
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
    """Products first; their virtual rasters go into the folder ``temporary``.

    Raises ``QgsProcessingException`` where there are none or one is not there.
    """
    files: list[Path] = []
    products: list[ProductRaster] = []
    by_image: dict[str, ListedScene] = {}
    for one in read_list(path):
        if not is_product_name(one.path):
            files.append(one.path)
            by_image[str(one.path)] = one
            continue
        try:
            found = _products(_ask_engine(str(one.path), temporary, feedback), feedback)
        except EngineNotFound as error:
            raise QgsProcessingException(str(error)) from error
        products += found
        by_image.update({product.raster: one for product in found})
    scenes = scenes_of(files, products)
    if not scenes:
        raise QgsProcessingException(tr("Nothing in the list can be read."))
    return [_as_listed(scene, by_image) for scene in scenes]


def _as_listed(scene: SceneFiles, by_image: Mapping[str, ListedScene]) -> SceneFiles:
    """With the bands and radiometry of its line."""
    listed = by_image.get(scene.image)
    if listed is None:  # a mask without its scene
        return scene
    return replace(scene, bands=listed.bands, radiometry=listed.radiometry)


def _ask_engine(path: str, temporary: str, feedback: QgsProcessingFeedback) -> dict[str, Any]:
    """Raises ``EngineNotFound`` and ``QgsProcessingException``."""
    engine = find_engine()
    try:
        return ask_for_products(engine, path, tempfile.mkdtemp(dir=temporary), _Listener(feedback))
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
