"""The paper's loss against sums written out by hand."""

import math

import pytest
import torch

from cloudmamba.network.model import CloudMamba, ModelConfiguration
from cloudmamba.training.losses import downsample_labels, segmentation_loss, total_loss


def logit(probability):
    return math.log(probability / (1 - probability))


def by_hand(probabilities, truths, bce_weight=1.0, dice_weight=1.0):
    bce = -sum(
        y * math.log(p) + (1 - y) * math.log(1 - p)
        for p, y in zip(probabilities, truths, strict=True)
    ) / len(truths)
    overlap = sum(p * y for p, y in zip(probabilities, truths, strict=True))
    dice = 1 - (2 * overlap + 1) / (sum(probabilities) + sum(truths) + 1)
    return bce_weight * bce + dice_weight * dice


def test_segmentation_loss_equations_23_to_25():
    probabilities, truths = [0.9, 0.2, 0.6, 0.4], [1, 0, 0, 1]
    logits = torch.tensor([logit(p) for p in probabilities]).view(1, 1, 2, 2)
    target = torch.tensor(truths, dtype=torch.uint8).view(1, 2, 2)
    loss = segmentation_loss(logits, target, bce_weight=0.7, dice_weight=2.0)
    assert loss.item() == pytest.approx(by_hand(probabilities, truths, 0.7, 2.0), rel=1e-5)


def test_unlabelled_pixels_do_not_count():
    logits = torch.tensor([logit(0.9), logit(0.2), 50.0, -50.0]).view(1, 1, 2, 2)
    target = torch.tensor([1, 0, 255, 255], dtype=torch.uint8).view(1, 2, 2)
    assert segmentation_loss(logits, target).item() == pytest.approx(
        by_hand([0.9, 0.2], [1, 0]), rel=1e-5
    )


def test_a_batch_without_labels_has_no_gradient():
    logits = torch.zeros(1, 1, 2, 2, requires_grad=True)
    loss = segmentation_loss(logits, torch.full((1, 2, 2), 255, dtype=torch.uint8))
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(logits.grad, torch.zeros_like(logits))


def test_dice_is_pooled_over_the_batch_or_of_each_image():
    # One image half under cloud and one clear, both masked well.
    probability = torch.tensor([[0.9, 0.1], [0.1, 0.1]])
    logits = probability.logit().view(2, 1, 1, 2)
    inputs = logits, torch.tensor([[[1, 0]], [[0, 0]]]), 0.0, 1.0

    pooled = segmentation_loss(*inputs, dice_over="batch").item()
    each = segmentation_loss(*inputs, dice_over="image").item()

    assert pooled == pytest.approx(1 - (2 * 0.9 + 1) / (1.2 + 1 + 1))
    assert each == pytest.approx((1 - (2 * 0.9 + 1) / (1 + 1 + 1) + 1 - 1 / (0.2 + 1)) / 2)


def test_images_without_labels_do_not_count_in_the_mean_of_dice():
    logits, truth = torch.randn(2, 1, 3, 3), torch.ones(2, 3, 3)
    truth[1] = 255

    both = segmentation_loss(logits, truth, 0.0, 1.0, "image")

    first = segmentation_loss(logits[:1], truth[:1], 0.0, 1.0, "image")
    torch.testing.assert_close(both, first)


def test_labels_are_downsampled_by_nearest_neighbour():
    target = torch.tensor([[0, 1, 255, 1], [1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 1, 1]])
    coarse = downsample_labels(target.to(torch.uint8)[None], (2, 2))
    assert coarse.tolist() == [[[0, 255], [1, 0]]]
    assert coarse.dtype == torch.uint8


def test_total_loss_equations_26_and_27():
    torch.manual_seed(0)
    model = CloudMamba(ModelConfiguration(widths=(8, 8), state_size=1)).train()
    stages = model(torch.rand(2, 4, 8, 8))
    target = torch.randint(0, 2, (2, 8, 8), dtype=torch.uint8)
    alphas = (0.5, 0.25)
    expected = segmentation_loss(stages.coarse_logits, target)
    expected = expected + segmentation_loss(stages.refined_logits, target)
    for alpha, logits, stride in zip(alphas, stages.level_logits, (1, 2), strict=True):
        expected = expected + alpha * segmentation_loss(logits, target[:, ::stride, ::stride])
    torch.testing.assert_close(total_loss(stages, target, alphas), expected)


def test_single_stage_network_has_no_refined_term():
    torch.manual_seed(0)
    configuration = ModelConfiguration(widths=(8, 8), state_size=1, refinement=False)
    stages = CloudMamba(configuration).train()(torch.rand(1, 4, 8, 8))
    target = torch.randint(0, 2, (1, 8, 8), dtype=torch.uint8)
    expected = segmentation_loss(stages.coarse_logits, target)
    torch.testing.assert_close(total_loss(stages, target, (0.0, 0.0)), expected)
