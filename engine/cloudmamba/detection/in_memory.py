"""Detection on an image in memory: the same tiles, blending and fusion as of files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cloudmamba.detection.prediction import (
    Thresholds,
    TilePixels,
    TilePredictor,
    check_batch_size,
    predict_blocks,
)
from cloudmamba.detection.products import products_of
from cloudmamba.detection.request import DetectionRequest
from cloudmamba.detection.symmetries import symmetries_of
from cloudmamba.detection.tiles import Tile, tile_grid
from cloudmamba.inference.prepared_model import PreparedModel
from cloudmamba.raster.ground_distance import check_ground_sample_distance


@dataclass(frozen=True)
class Prediction:
    """What the network says of an image; all arrays are (height, width).

    Attributes:
        mask: uint8, 0 clear, 1 cloud, 255 no data.
        probability, uncertainty: float32 in 0..1, NaN where there is no data.
        coarse_probability, coarse_uncertainty, accepted, refined_probability: Pc, U, M and Pr
            (M as 0 and 1), float32, NaN where there is no data; None unless asked for.
        shadow: float32 in 0..1, probability of cloud shadow, NaN where there is no data; None for
            models without that output.
        tiles_refined: tiles on which the second stage ran.
    """

    mask: np.ndarray
    probability: np.ndarray
    uncertainty: np.ndarray
    coarse_probability: np.ndarray | None
    coarse_uncertainty: np.ndarray | None
    accepted: np.ndarray | None
    refined_probability: np.ndarray | None
    shadow: np.ndarray | None
    tiles_refined: int

    def stage(self, name: str) -> np.ndarray:
        """One of the layers that are made on request. Raises ValueError if it was not asked for."""
        layer = getattr(self, name)
        if layer is None:
            raise ValueError(f"The prediction has no {name}: it was not asked for.")
        return layer


ReadTile = Callable[[slice, slice], TilePixels]


def predict_image(
    prepared: PreparedModel,
    read: ReadTile,
    shape: tuple[int, int],
    available_bands: Sequence[bool],
    *,
    thresholds: Thresholds | None = None,
    temperature: float | None = None,
    tile_px: int = DetectionRequest.tile_px,
    overlap_px: int = DetectionRequest.overlap_px,
    batch_size: int = 1,
    stages: bool = False,
    augment: str = DetectionRequest.augment,
    look_first: bool = DetectionRequest.look_first,
    gsd_m: float | None = None,
    is_picture: bool = False,
) -> Prediction:
    """Detect clouds in an image that is read tile by tile, computed exactly as of files.

    Args:
        read: reflectance and validity of some rows and columns.
        shape: height and width of the image.
        available_bands: which of the model's bands the image has.
        thresholds: None for those of the model.
        temperature: calibrates the probability; None for that of the model.
        stages: also deliver Pc, U, M and Pr; the second stage then runs everywhere.
        augment, look_first: as in ``DetectionRequest``.
        gsd_m: ground sample distance, on which outlines depend; None if it is not known.
        is_picture: whether the reflectance is that of an 8-bit picture, which another model may mask.

    Raises:
        InputError: there is no such augmentation, no pixel has such a distance, or a batch has no
            tile.
        OutOfMemory: the device cannot hold a single tile.
    """
    check_batch_size(batch_size)
    check_ground_sample_distance(gsd_m)
    prepared = prepared.suited_to(is_picture)
    configuration = prepared.configuration
    thresholds = thresholds or Thresholds.of(configuration)
    predictor = TilePredictor(
        prepared.network,
        available_bands,
        thresholds,
        prepared.device.torch_device,
        batch_size,
        stages,
        symmetries_of(augment),
        look_first,
        gsd_m,
    )
    grid = tile_grid(*shape, tile_px, overlap_px)
    layers = np.empty((len(predictor.layers), *shape), np.float32)
    valid = np.empty(shape, bool)

    def cut(tile: Tile) -> TilePixels:
        return read(slice(tile.y.start, tile.y.stop), slice(tile.x.start, tile.x.stop))

    for block, is_valid in predict_blocks(grid, ((tile, cut(tile)) for tile in grid), predictor):
        height, width = is_valid.shape
        rows, columns = slice(block.top, block.top + height), slice(block.left, block.left + width)
        layers[:, rows, columns] = block.layers
        valid[rows, columns] = is_valid
    named = dict(zip(predictor.layers, layers, strict=True))
    if temperature is None:
        temperature = configuration.temperature
    products = products_of(named, valid, thresholds, temperature)
    coarse, uncertainty, accepted, refined = products.get("stages", (None,) * 4)
    return Prediction(
        mask=products["mask"][0],
        probability=products["probability"][0],
        uncertainty=products["uncertainty"][0],
        coarse_probability=coarse,
        coarse_uncertainty=uncertainty,
        accepted=accepted,
        refined_probability=refined,
        shadow=products["shadow"][0] if "shadow" in products else None,
        tiles_refined=predictor.tiles_refined,
    )


def predict_array(
    prepared: PreparedModel,
    reflectance: np.ndarray,
    valid: np.ndarray,
    available_bands: Sequence[bool],
    **options: Any,
) -> Prediction:
    """As ``predict_image``, of arrays.

    Args:
        reflectance: (bands, height, width) float32, about 0..1, in the order of the model's
            bands; anything where not valid or not available.
        valid: (height, width) bool.
        options: of ``predict_image``.
    """

    def read(rows: slice, columns: slice) -> TilePixels:
        return TilePixels(reflectance[:, rows, columns].copy(), valid[rows, columns])

    height, width = valid.shape
    return predict_image(prepared, read, (height, width), available_bands, **options)
