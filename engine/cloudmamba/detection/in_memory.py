"""Detection on an image in memory, for evaluation: the same tiles, blending and fusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from cloudmamba.detection.prediction import (
    Thresholds,
    TilePixels,
    TilePredictor,
    predict_blocks,
)
from cloudmamba.detection.products import products_of
from cloudmamba.detection.request import DetectionRequest
from cloudmamba.detection.symmetries import symmetries_of
from cloudmamba.detection.tiles import Tile, tile_grid
from cloudmamba.inference import optimize_for_inference
from cloudmamba.network.model import CloudMamba


@dataclass(frozen=True)
class Prediction:
    """Result of ``predict_array``; all arrays are (height, width).

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


def predict_array(
    model: CloudMamba,
    reflectance: np.ndarray,
    valid: np.ndarray,
    present: Sequence[bool],
    *,
    thresholds: Thresholds | None = None,
    tile_px: int = DetectionRequest.tile_px,
    overlap_px: int = DetectionRequest.overlap_px,
    batch_size: int = 1,
    stages: bool = False,
    augment: str = DetectionRequest.augment,
) -> Prediction:
    """Detect clouds in an image in memory, computed exactly as ``detect`` does.

    Args:
        model: in evaluation mode, on any device.
        reflectance: (bands, height, width) float32, about 0..1, in the order of the model's
            bands; anything where not valid or not present.
        valid: (height, width) bool.
        present: which of the model's bands there are.
        thresholds: None for those of the model.
        stages: also deliver Pc, U, M and Pr; the second stage then runs everywhere.
        augment: as in ``DetectionRequest``.

    Raises:
        InputError: there is no such augmentation.
        OutOfMemory: the device cannot hold a single tile.
    """
    device = next(model.parameters()).device
    return predict_ready(
        optimize_for_inference(model),
        reflectance,
        valid,
        present,
        device,
        thresholds or Thresholds.of(model.configuration),
        tile_px=tile_px,
        overlap_px=overlap_px,
        batch_size=batch_size,
        stages=stages,
        augment=augment,
    )


def predict_ready(
    model: CloudMamba,
    reflectance: np.ndarray,
    valid: np.ndarray,
    present: Sequence[bool],
    device: torch.device,
    thresholds: Thresholds,
    *,
    tile_px: int = DetectionRequest.tile_px,
    overlap_px: int = DetectionRequest.overlap_px,
    batch_size: int = 1,
    stages: bool = False,
    augment: str = DetectionRequest.augment,
) -> Prediction:
    """As ``predict_array``, with a model that is ready for inference on ``device`` already."""
    predictor = TilePredictor(
        model,
        present,
        thresholds,
        device,
        batch_size,
        stages,
        symmetries_of(augment),
    )
    grid = tile_grid(*valid.shape, tile_px, overlap_px)
    layers = np.empty((len(predictor.layers), *valid.shape), np.float32)

    def cut(tile: Tile) -> TilePixels:
        rows, columns = slice(tile.y.start, tile.y.stop), slice(tile.x.start, tile.x.stop)
        return TilePixels(reflectance[:, rows, columns], valid[rows, columns])

    for block, _ in predict_blocks(grid, ((tile, cut(tile)) for tile in grid), predictor):
        height, width = block.layers.shape[1:]
        layers[:, block.top : block.top + height, block.left : block.left + width] = block.layers
    named = dict(zip(predictor.layers, layers, strict=True))
    products = products_of(named, valid, thresholds, model.configuration.temperature)
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
