"""What is delivered: the results' layouts, their values from blended layers, and the figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from rasterio.enums import Resampling

from cloudmamba.classes import CLASS_NAMES, CLEAR, CLOUD, NO_DATA, SHADOW, SNOW
from cloudmamba.detection.prediction import (
    COARSE,
    MARGIN,
    PROBABILITY,
    REFINED,
    SHADOW_PROBABILITY,
    Thresholds,
)
from cloudmamba.errors import ModelError
from cloudmamba.network.refinement import (
    accepted_where,
    calibrate_probability,
    uncertainty_of,
)
from cloudmamba.raster.writer import Layout

# The delivered uncertainty has steps of 1/4096, finer than the network's own rounding: random
# digits after that would double the size of the file.
_UNCERTAINTY_STEPS = np.float32(4096)

# Probability above which a clear pixel lies in cloud shadow.
SHADOW_THRESHOLD = 0.5

_FLOAT = {"dtype": "float32", "nodata": float("nan"), "overview_resampling": Resampling.average}
_COLOURS = {
    CLEAR: (0, 0, 0, 0),
    CLOUD: (255, 255, 255, 255),
    SHADOW: (70, 70, 90, 255),
    SNOW: (120, 220, 255, 255),
}
LAYOUTS = {
    "mask": Layout(
        dtype="uint8",
        nodata=NO_DATA,
        band_names=("cloud mask",),
        overview_resampling=Resampling.mode,
        colours={CLEAR: (0, 0, 0, 0), CLOUD: (255, 255, 255, 255)},
        class_names={CLEAR: "clear", CLOUD: "cloud"},
    ),
    "product_mask": Layout(
        dtype="uint8",
        nodata=NO_DATA,
        band_names=("mask of the product",),
        overview_resampling=Resampling.mode,
        colours=_COLOURS,
        class_names=CLASS_NAMES,
    ),
    "uncertainty": Layout(band_names=("uncertainty",), **_FLOAT),
    "probability": Layout(band_names=("cloud probability",), **_FLOAT),
    "shadow": Layout(band_names=("cloud shadow probability",), **_FLOAT),
    "stages": Layout(
        band_names=(
            "coarse probability Pc",
            "coarse uncertainty U",
            "acceptance M",
            "refined probability Pr",
        ),
        **_FLOAT,
    ),
}


MASK_WITH_SHADOW = dataclasses.replace(
    LAYOUTS["mask"],
    colours={code: _COLOURS[code] for code in (CLEAR, CLOUD, SHADOW)},
    class_names={code: CLASS_NAMES[code] for code in (CLEAR, CLOUD, SHADOW)},
)
# The mask with cloud shadow and snow of the product.
MASK_WITH_PRODUCT_CLASSES = dataclasses.replace(
    LAYOUTS["mask"], colours=_COLOURS, class_names=CLASS_NAMES
)


def with_product_mask(
    products: Mapping[str, np.ndarray], codes: np.ndarray, added: Collection[int]
) -> dict[str, np.ndarray]:
    """What is delivered together with the product's own mask.

    Args:
        products: as ``products_of`` gives them.
        codes: of the product's mask, (height, width).
        added: of ``codes``, those that are taken over where the mask is clear.
    """
    mask = products["mask"]
    with_codes = {"product_mask": np.where(mask == NO_DATA, NO_DATA, codes).astype(np.uint8)}
    if added:
        is_other = (mask == CLEAR) & np.isin(codes, tuple(added))
        with_codes["mask"] = np.where(is_other, codes, mask)
    return {**products, **with_codes}


def products_of(
    layers: Mapping[str, np.ndarray],
    valid: np.ndarray,
    thresholds: Thresholds,
    temperature: float = 1.0,
    shadow_in_mask: bool = False,
) -> dict[str, np.ndarray]:
    """What is delivered, by its name in ``LAYOUTS``, each (bands, height, width).

    Args:
        layers: the blended layers of ``TilePredictor``, (height, width) each, by name.
        valid: (height, width) bool.
        temperature: calibrates probability and its uncertainty; mask and stages are as without.
        shadow_in_mask: clear pixels in cloud shadow get the code 2, where the model tells shadow.

    Raises:
        ModelError: the network gave a value that is no finite number at a valid pixel.
    """
    # The sum is finite only if every number is, and makes no copy.
    for layer in layers.values():
        if not np.isfinite(layer.sum(dtype=np.float64)) and not np.isfinite(layer[valid]).all():
            raise ModelError(
                "The model gave values that are no finite numbers: its weights are damaged, "
                "choose another model."
            )
    probability = calibrate_probability(torch.from_numpy(layers[PROBABILITY]), temperature).numpy()
    mask = np.where(valid, np.where(layers[MARGIN] > 0, CLOUD, CLEAR), NO_DATA)
    uncertainty = _rounded(_uncertainty(probability))
    products = {
        "mask": mask[None].astype(np.uint8),
        "probability": np.where(valid, probability, np.float32("nan"))[None],
        "uncertainty": np.where(valid, uncertainty, np.float32("nan"))[None],
    }
    if SHADOW_PROBABILITY in layers:
        shadow = layers[SHADOW_PROBABILITY]
        products["shadow"] = np.where(valid, shadow, np.float32("nan"))[None]
        if shadow_in_mask:
            in_shadow = (products["mask"] == CLEAR) & (shadow > SHADOW_THRESHOLD)
            products["mask"][in_shadow] = SHADOW
    if COARSE in layers:
        coarse_uncertainty = _uncertainty(layers[COARSE])
        # The comparison is the same for arrays.
        accepted = accepted_where(coarse_uncertainty, thresholds.acceptance)  # type: ignore[arg-type]
        stages = np.stack([layers[COARSE], coarse_uncertainty, accepted, layers[REFINED]])
        products["stages"] = np.where(valid, stages, np.float32("nan"))
    return products


@dataclass
class Statistics:
    """Counts over the blocks of a scene."""

    pixels: int = 0
    valid_pixels: int = 0
    cloud_pixels: int = 0
    shadow_pixels: int = 0
    uncertainty_sum: float = 0.0

    def add(self, products: Mapping[str, np.ndarray]) -> None:
        """Count one block of what ``products_of`` gives."""
        mask = products["mask"]
        self.pixels += mask.size
        self.valid_pixels += int((mask != NO_DATA).sum())
        self.cloud_pixels += int((mask == CLOUD).sum())
        self.shadow_pixels += int((mask == SHADOW).sum())
        uncertainty = products["uncertainty"]
        self.uncertainty_sum += float(uncertainty[mask != NO_DATA].sum(dtype=np.float64))

    @property
    def cloud_percent(self) -> float:
        """Of the valid pixels."""
        return 100 * self.cloud_pixels / self.valid_pixels

    @property
    def shadow_percent(self) -> float:
        """Of the valid pixels; what is cloud is no shadow."""
        return 100 * self.shadow_pixels / self.valid_pixels

    @property
    def valid_percent(self) -> float:
        """Of all pixels."""
        return 100 * self.valid_pixels / self.pixels

    @property
    def mean_uncertainty(self) -> float:
        """Over the valid pixels, 0..1."""
        return self.uncertainty_sum / self.valid_pixels


def _rounded(uncertainty: np.ndarray) -> np.ndarray:
    return np.rint(uncertainty * _UNCERTAINTY_STEPS) / _UNCERTAINTY_STEPS


def _uncertainty(probability: np.ndarray) -> np.ndarray:
    return uncertainty_of(torch.from_numpy(probability)).numpy()
