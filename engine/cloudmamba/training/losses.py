"""The paper's loss (section III.E): BCE and Dice on both stages, with deep supervision."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch.nn import functional

from cloudmamba.network.model import Stages
from cloudmamba.training.targets import CLOUD, CLOUD_WEIGHT, SHADOW, SHADOW_WEIGHT

# The smoothing term of the Dice loss, in pixels.
DICE_SMOOTHING = 1.0


def segmentation_loss(
    logits: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor,
    bce_weight: float = 1.0,
    dice_weight: float = 1.0,
    dice_over: str = "batch",
) -> torch.Tensor:
    """L_seg (equations 23 to 25), each pixel counted by its weight.

    Args:
        logits: (B, 1, h, w), before the sigmoid.
        target: (B, h, w) in 0..1.
        weight: (B, h, w) in 0..1; pixels of weight 0 are ignored.
        dice_over: ``image``, the mean of the Dice losses of all images as equation 24 prints it, or
            ``batch``, one of all their pixels: of an image without cloud the loss is nearly one
            whatever the prediction.

    Returns:
        A scalar; zero, with zero gradient, if all weights are zero.
    """
    logits, target, weight = logits[:, 0].float(), target.float(), weight.float()
    bce = functional.binary_cross_entropy_with_logits(logits, target, weight, reduction="sum")
    bce = bce / weight.sum().clamp(min=1)
    probability = logits.sigmoid()
    pooled = (0, 1, 2) if dice_over == "batch" else (1, 2)
    overlap = 2 * (weight * probability * target).sum(pooled) + DICE_SMOOTHING
    total = (weight * (probability + target)).sum(pooled) + DICE_SMOOTHING
    # What has no label has no loss, and counts for nothing in the mean.
    counted = weight.sum(pooled) > 0
    dice = (1 - overlap / total).sum() / counted.sum().clamp(min=1)
    return bce_weight * bce + dice_weight * dice


def disagreement(logits: torch.Tensor, apart_px: Sequence[tuple[int, int]]) -> torch.Tensor:
    """How far probabilities of two views of a scene differ: the mean square where these overlap.

    What lies around a pixel should matter, but not where the image happens to end.

    Args:
        logits: (B, 1, h, w), the second half another view of what the first shows.
        apart_px: rows and columns from each view of the first half to that of the second; less
            than h and w.
    """
    first, second = logits[:, 0].float().sigmoid().chunk(2)
    means = [
        (_moved(one, rows, columns) - _moved(other, -rows, -columns)).square().mean()
        for one, other, (rows, columns) in zip(first, second, apart_px, strict=True)
    ]
    return torch.stack(means).mean()


def _moved(image: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """The part of an image (h, w) that a view so many rows and columns further shows, too."""
    height, width = image.shape
    return image[max(0, rows) : height + min(0, rows), max(0, columns) : width + min(0, columns)]


def downsample_targets(target: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """Targets (B, layers, H, W) on a coarser grid (B, layers, h, w), nearest neighbour."""
    return functional.interpolate(target, tuple(size), mode="nearest")


def total_loss(
    stages: Stages,
    target: torch.Tensor,
    level_weights: Sequence[float],
    bce_weight: float = 1.0,
    dice_weight: float = 1.0,
    shadow_weight: float = 0.0,
    dice_over: str = "batch",
) -> torch.Tensor:
    """L_total = L_seg(Pc) + L_seg(Pr) + L_DS (equations 26 and 27), and the same of the shadow.

    Args:
        stages: output of the network in training mode.
        target: (B, 4, H, W) as in ``targets.py``, H and W multiples of the network's.
        level_weights: alpha_1 ... alpha_L, finest level first.
        shadow_weight: of the loss of the shadow output, where the network has one.
        dice_over: as in ``segmentation_loss``.
    """
    segmentation = partial(
        segmentation_loss, bce_weight=bce_weight, dice_weight=dice_weight, dice_over=dice_over
    )
    cloud = target[:, CLOUD], target[:, CLOUD_WEIGHT]
    loss = segmentation(stages.coarse_logits, *cloud)
    if stages.refined_logits is not None:
        loss = loss + segmentation(stages.refined_logits, *cloud)
    for alpha, logits in zip(level_weights, stages.level_logits, strict=True):
        coarser = downsample_targets(target, logits.shape[-2:])
        level = coarser[:, CLOUD], coarser[:, CLOUD_WEIGHT]
        loss = loss + alpha * segmentation(logits, *level)
    if stages.shadow_logits is not None and shadow_weight > 0:
        shadow = target[:, SHADOW], target[:, SHADOW_WEIGHT]
        loss = loss + shadow_weight * segmentation(stages.shadow_logits, *shadow)
    return loss
