"""The paper's loss (section III.E): BCE and Dice on both stages, with deep supervision."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

from cloudmamba.network.model import Stages

IGNORE = 255
# The smoothing term of the Dice loss, in pixels.
DICE_SMOOTHING = 1.0


def segmentation_loss(
    logits: torch.Tensor,
    target: torch.Tensor,
    bce_weight: float = 1.0,
    dice_weight: float = 1.0,
    dice_over: str = "batch",
) -> torch.Tensor:
    """L_seg (equations 23 to 25) over the labelled pixels of a batch.

    Args:
        logits: (B, 1, h, w), before the sigmoid.
        target: (B, h, w) in {0, 1, 255}; 255 is ignored.
        dice_over: ``image``, the mean of the Dice losses of all images as equation 24 prints it, or
            ``batch``, one of all their pixels: of an image without cloud the loss is nearly one
            whatever the prediction.

    Returns:
        A scalar; zero, with zero gradient, if no pixel is labelled.
    """
    labelled = target != IGNORE
    logits, weight = logits[:, 0].float(), labelled.float()
    truth = torch.where(labelled, target, 0).float()
    bce = functional.binary_cross_entropy_with_logits(logits, truth, weight, reduction="sum")
    bce = bce / weight.sum().clamp(min=1)
    probability = logits.sigmoid()
    pooled = (0, 1, 2) if dice_over == "batch" else (1, 2)
    overlap = 2 * (weight * probability * truth).sum(pooled) + DICE_SMOOTHING
    total = (weight * (probability + truth)).sum(pooled) + DICE_SMOOTHING
    # What has no label has no loss, and counts for nothing in the mean.
    counted = weight.sum(pooled) > 0
    dice = (1 - overlap / total).sum() / counted.sum().clamp(min=1)
    return bce_weight * bce + dice_weight * dice


def downsample_labels(target: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """Labels (B, H, W) on a coarser grid (B, h, w), nearest neighbour."""
    resized = functional.interpolate(target[:, None].float(), tuple(size), mode="nearest")
    return resized[:, 0].to(target.dtype)


def total_loss(
    stages: Stages,
    target: torch.Tensor,
    level_weights: Sequence[float],
    bce_weight: float = 1.0,
    dice_weight: float = 1.0,
    dice_over: str = "batch",
) -> torch.Tensor:
    """L_total = L_seg(Pc) + L_seg(Pr) + L_DS (equations 26 and 27).

    Args:
        stages: output of the network in training mode.
        target: (B, H, W) in {0, 1, 255}, H and W multiples of the network's.
        level_weights: alpha_1 ... alpha_L, finest level first.
        dice_over: as in ``segmentation_loss``.
    """
    weights = (bce_weight, dice_weight, dice_over)
    loss = segmentation_loss(stages.coarse_logits, target, *weights)
    if stages.refined_logits is not None:
        loss = loss + segmentation_loss(stages.refined_logits, target, *weights)
    for alpha, logits in zip(level_weights, stages.level_logits, strict=True):
        level_target = downsample_labels(target, logits.shape[-2:])
        loss = loss + alpha * segmentation_loss(logits, level_target, *weights)
    return loss
