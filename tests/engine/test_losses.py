"""The paper's loss against sums written out by hand."""

import math

import pytest
import torch

from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.training.losses import (
    disagreement,
    downsample_targets,
    segmentation_loss,
    total_loss,
)
from cloudmamba.training.targets import CLOUD, SHADOW, SHADOW_WEIGHT


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
    target = torch.tensor(truths, dtype=torch.float32).view(1, 2, 2)
    loss = segmentation_loss(logits, target, torch.ones(1, 2, 2), bce_weight=0.7, dice_weight=2.0)
    assert loss.item() == pytest.approx(by_hand(probabilities, truths, 0.7, 2.0), rel=1e-5)


def test_pixels_without_weight_do_not_count():
    logits = torch.tensor([logit(0.9), logit(0.2), 50.0, -50.0]).view(1, 1, 2, 2)
    target = torch.tensor([1.0, 0, 0, 1]).view(1, 2, 2)
    weight = torch.tensor([1.0, 1, 0, 0]).view(1, 2, 2)
    assert segmentation_loss(logits, target, weight).item() == pytest.approx(
        by_hand([0.9, 0.2], [1, 0]), rel=1e-5
    )


def test_a_pixel_of_half_weight_counts_half():
    logits = torch.tensor([logit(0.9), logit(0.2), logit(0.7), logit(0.4)]).view(1, 1, 2, 2)
    target = torch.tensor([1.0, 0, 0, 1]).view(1, 2, 2)
    weight = torch.tensor([1.0, 0.5, 1, 0.5]).view(1, 2, 2)
    bce = -(math.log(0.9) + 0.5 * math.log(0.8) + math.log(0.3) + 0.5 * math.log(0.4)) / 3
    dice = 1 - (2 * (0.9 + 0.5 * 0.4) + 1) / (0.9 + 0.1 + 0.7 + 0.2 + 1.5 + 1)
    assert segmentation_loss(logits, target, weight).item() == pytest.approx(bce + dice, rel=1e-5)


def test_a_batch_without_labels_has_no_gradient():
    logits = torch.zeros(1, 1, 2, 2, requires_grad=True)
    loss = segmentation_loss(logits, torch.ones(1, 2, 2), torch.zeros(1, 2, 2))
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(logits.grad, torch.zeros_like(logits))


def test_dice_is_pooled_over_the_batch_or_of_each_image():
    # One image half under cloud and one clear, both masked well.
    probability = torch.tensor([[0.9, 0.1], [0.1, 0.1]])
    truth = torch.tensor([[1.0, 0], [0, 0]])
    logits = probability.logit().view(2, 1, 1, 2)
    inputs = logits, truth.view(2, 1, 2), torch.ones(2, 1, 2), 0.0, 1.0

    pooled = segmentation_loss(*inputs, dice_over="batch").item()
    each = segmentation_loss(*inputs, dice_over="image").item()

    assert pooled == pytest.approx(1 - (2 * 0.9 + 1) / (1.2 + 1 + 1))
    assert each == pytest.approx((1 - (2 * 0.9 + 1) / (1 + 1 + 1) + 1 - 1 / (0.2 + 1)) / 2)


def test_images_without_labels_do_not_count_in_the_mean_of_dice():
    logits, truth = torch.randn(2, 1, 3, 3), torch.ones(2, 3, 3)
    weight = torch.ones(2, 3, 3)
    weight[1] = 0

    both = segmentation_loss(logits, truth, weight, 0.0, 1.0, "image")

    first = segmentation_loss(logits[:1], truth[:1], weight[:1], 0.0, 1.0, "image")
    torch.testing.assert_close(both, first)


def test_targets_are_downsampled_by_nearest_neighbour():
    target = torch.tensor([[0, 1, 0.5, 1], [1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 1, 1]])[None, None]
    assert downsample_targets(target, (2, 2)).tolist() == [[[[0, 0.5], [1, 0]]]]


def drawn_target(images, size):
    """Cloud and shadow by chance, all of weight 1."""
    target = torch.ones(images, 4, size, size)
    for layer in (CLOUD, SHADOW):
        target[:, layer] = torch.randint(0, 2, (images, size, size)).float()
    return target


def test_total_loss_equations_26_and_27():
    torch.manual_seed(0)
    model = CloudMamba(ModelConfiguration(widths=(8, 8), state_size=1)).train()
    stages = model(torch.rand(2, 4, 8, 8))
    target = drawn_target(2, 8)
    cloud, weight = target[:, CLOUD], torch.ones(2, 8, 8)
    alphas = (0.5, 0.25)
    expected = segmentation_loss(stages.coarse_logits, cloud, weight)
    expected = expected + segmentation_loss(stages.refined_logits, cloud, weight)
    for alpha, logits, stride in zip(alphas, stages.level_logits, (1, 2), strict=True):
        part = cloud[:, ::stride, ::stride]
        expected = expected + alpha * segmentation_loss(logits, part, torch.ones_like(part))
    torch.testing.assert_close(total_loss(stages, target, alphas), expected)


def test_single_stage_network_has_no_refined_term():
    torch.manual_seed(0)
    configuration = ModelConfiguration(widths=(8, 8), state_size=1, refinement=False)
    stages = CloudMamba(configuration).train()(torch.rand(1, 4, 8, 8))
    target = drawn_target(1, 8)
    expected = segmentation_loss(stages.coarse_logits, target[:, CLOUD], torch.ones(1, 8, 8))
    torch.testing.assert_close(total_loss(stages, target, (0.0, 0.0)), expected)


def test_shadow_has_a_loss_of_its_own():
    torch.manual_seed(0)
    configuration = ModelConfiguration(widths=(8, 8), state_size=1, shadow=True)
    stages = CloudMamba(configuration).train()(torch.rand(1, 4, 8, 8))
    target = drawn_target(1, 8)
    without = total_loss(stages, target, (0.2, 0.2))
    own = segmentation_loss(stages.shadow_logits, target[:, SHADOW], torch.ones(1, 8, 8))
    torch.testing.assert_close(
        total_loss(stages, target, (0.2, 0.2), shadow_weight=0.5), without + 0.5 * own
    )
    target[:, SHADOW_WEIGHT] = 0
    torch.testing.assert_close(total_loss(stages, target, (0.2, 0.2), shadow_weight=0.5), without)


@pytest.mark.parametrize("apart_px", [(3, 2), (-3, 2), (0, -5), (0, 0)])
def test_views_are_compared_where_they_overlap(apart_px):
    scene = torch.randn(40, 40, generator=torch.Generator().manual_seed(1))
    rows, columns = apart_px
    first = scene[10:22, 10:24]
    second = scene[10 + rows : 22 + rows, 10 + columns : 24 + columns]
    logits = torch.stack((first, second))[:, None]
    assert disagreement(logits, [apart_px]).item() == pytest.approx(0, abs=1e-12)
    assert disagreement(logits, [(rows + 1, columns)]).item() > 0.01


def test_disagreement_is_the_mean_square_of_all_pairs():
    probabilities = torch.tensor([0.5, 0.2, 0.8, 0.2])
    logits = torch.logit(probabilities)[:, None, None, None].expand(4, 1, 6, 6)
    assert disagreement(logits, [(1, 0), (0, 2)]).item() == pytest.approx((0.3**2 + 0) / 2)
