"""Each equation of the paper against an independent plain computation.

The expected values use the modules' weights, but none of the modules' code: convolutions,
norms and scans are spelled out with NumPy or with loops.
"""

import math

import numpy as np
import pytest
import torch

from cloudmamba.network.blocks import (
    HybridPerceptionBlock,
    LargeScaleBranch,
    Mixer,
    ResidualBlock,
)
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.network.refinement import (
    Refiner,
    accepted_where,
    decision_margin,
    fuse_probability,
    uncertainty_of,
)
from cloudmamba.network.segmentation import Decoder, DecoderLevel, Encoder
from cloudmamba.network.ss2d import SS2D, MambaBlock

LEAKY_SLOPE = 0.01


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(3)


def array(tensor):
    return tensor.detach().double().numpy()


def convolve(x, layer):
    """Plain two-dimensional convolution of (B, C, H, W) with a layer's weights, by definition."""
    weight = array(layer.weight)
    (pad,), (dilation,), (stride,) = ({*v} for v in (layer.padding, layer.dilation, layer.stride))
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    outputs, inputs_per_group, size, _ = weight.shape
    reach = dilation * (size - 1) + 1
    height, width = ((n - reach) // stride + 1 for n in x.shape[2:])
    result = np.zeros((x.shape[0], outputs, height, width))
    outputs_per_group = outputs // layer.groups
    for o in range(outputs):
        group = o // outputs_per_group
        channels = slice(group * inputs_per_group, (group + 1) * inputs_per_group)
        for i in range(size):
            for j in range(size):
                window = x[
                    :,
                    channels,
                    i * dilation : i * dilation + stride * (height - 1) + 1 : stride,
                    j * dilation : j * dilation + stride * (width - 1) + 1 : stride,
                ]
                result[:, o] += np.einsum("bchw,c->bhw", window, weight[o, :, i, j])
        result[:, o] += array(layer.bias)[o]
    return result


def upsample_transposed(x, layer):
    """Transposed 2x2 convolution of stride 2: every pixel becomes a block of four."""
    weight = array(layer.weight)  # (in, out, 2, 2)
    batch, _, height, width = x.shape
    result = np.zeros((batch, weight.shape[1], 2 * height, 2 * width))
    for i in range(2):
        for j in range(2):
            result[:, :, i::2, j::2] = np.einsum("bchw,co->bohw", x, weight[:, :, i, j])
    return result + array(layer.bias)[None, :, None, None]


def linear(x, layer):
    """x (..., C)."""
    result = x @ array(layer.weight).T
    return result if layer.bias is None else result + array(layer.bias)


def layer_norm(x, layer):
    """x (..., C), norm over the last axis."""
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + layer.eps)
    return scaled * array(layer.weight) + array(layer.bias)


def silu(x):
    return x / (1 + np.exp(-x))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def last(x):
    return np.moveaxis(x, 1, -1)


def first(x):
    return np.moveaxis(x, -1, 1)


def residual_block(x, block):
    y = first(layer_norm(last(convolve(x, block.convolution)), block.norm))
    y = np.where(y > 0, y, LEAKY_SLOPE * y)
    same = isinstance(block.shortcut, torch.nn.Identity)
    return y + (x if same else convolve(x, block.shortcut))


def ss2d(x, module):
    """Fig. 3, pixel by pixel: x (B, H, W, D)."""
    rank, states = module.delta_rank, module.state_size
    images, height, width, channels = x.shape
    entries = linear(x, module.parameter_projection).reshape(images, height, width, 4, -1)
    rates = -np.exp(array(module.log_decay_rate))
    paths = [
        [(i, j) for i in range(height) for j in range(width)],
        [(i, j) for i in reversed(range(height)) for j in reversed(range(width))],
        [(i, j) for j in range(width) for i in range(height)],
        [(i, j) for j in reversed(range(width)) for i in reversed(range(height))],
    ]
    result = np.zeros_like(x)
    for image in range(images):
        for k, path in enumerate(paths):
            h = np.zeros((channels, states))
            for i, j in path:
                u = x[image, i, j]
                p, b, c = np.split(entries[image, i, j, k], [rank, rank + states])
                delta = np.logaddexp(
                    0, array(module.delta_weight)[k] @ p + array(module.delta_bias)[k]
                )
                h = np.exp(delta[:, None] * rates[k]) * h + (delta * u)[:, None] * b
                result[image, i, j] += h @ c + array(module.skip)[k] * u
    return result


def mamba_block(x, block):
    """Fig. 2b: x (B, C, H, W)."""
    normed = layer_norm(last(x), block.input_norm)
    main = silu(convolve(first(linear(normed, block.main_projection)), block.depthwise))
    main = layer_norm(ss2d(last(main), block.ss2d), block.output_norm)
    gate = silu(linear(normed, block.gate_projection))
    return first(linear(main * gate, block.output_projection))


def large_scale(x, branch):
    parts = [convolve(x, convolution) for convolution in branch.convolutions]
    return convolve(np.concatenate(parts, 1), branch.reduction)


def ds_mamba(x, mixer):
    """Equations (4) to (7)."""
    small, large = x, large_scale(x, mixer.large_scale)
    mixed = mamba_block(np.concatenate([small, large], 1), mixer.mamba)
    return x + convolve(mixed, mixer.output)


def bilinear(x, height, width):
    """Bilinear interpolation with pixel centres at half integers, by definition."""

    def weights(source, target):
        matrix = np.zeros((target, source))
        for t in range(target):
            position = max((t + 0.5) * source / target - 0.5, 0)
            low = min(int(position), source - 1)
            high = min(low + 1, source - 1)
            matrix[t, low] += 1 - (position - low)
            matrix[t, high] += position - low
        return matrix

    rows, columns = weights(x.shape[2], height), weights(x.shape[3], width)
    return np.einsum("ih,bchw,jw->bcij", rows, x, columns)


def decoder(x, skips, module):
    """Equation (12), coarsest level first."""
    features = []
    for level, skip in zip(reversed(module.levels), reversed(skips), strict=True):
        joined = np.concatenate([upsample_transposed(x, level.upsampling), skip], 1)
        x = residual_block(residual_block(joined, level.residual_1), level.residual_2)
        features.insert(0, x)
    return features


def check(module_output, expected):
    np.testing.assert_allclose(array(module_output), expected, rtol=2e-4, atol=2e-5)


def image(*shape):
    return torch.randn(*shape)


def test_residual_block():
    for channels_out in (6, 4):
        block, x = ResidualBlock(6, channels_out), image(2, 6, 5, 7)
        check(block(x), residual_block(array(x), block))


def test_ss2d_figure_3():
    module, x = SS2D(8, state_size=3, delta_rank=2), image(2, 4, 5, 8)
    check(module(x), ss2d(array(x), module))


def test_mamba_block_figure_2b():
    block, x = MambaBlock(6, 8, state_size=2), image(1, 6, 4, 5)
    check(block(x), mamba_block(array(x), block))


def test_large_scale_branch_equation_5():
    branch, x = LargeScaleBranch(4, (1, 2, 4)), image(1, 4, 9, 10)
    check(branch(x), large_scale(array(x), branch))


def test_ds_mamba_equations_4_to_7():
    mixer, x = Mixer(4, "dual_scale", (1, 2, 4), 1.0, 2), image(1, 4, 5, 6)
    check(mixer(x), ds_mamba(array(x), mixer))


def test_ds_mamba_separate_and_single_scale_ablations():
    x = image(1, 4, 5, 6)
    separate = Mixer(4, "dual_scale_separate", (1, 2, 4), 1.0, 2)
    parts = [
        mamba_block(array(x), separate.small_mamba),
        mamba_block(large_scale(array(x), separate.large_scale), separate.large_mamba),
    ]
    check(separate(x), array(x) + convolve(np.concatenate(parts, 1), separate.output))
    single = Mixer(4, "mamba", (1, 2, 4), 1.0, 2)
    check(single(x), array(x) + convolve(mamba_block(array(x), single.mamba), single.output))


def test_hybrid_perception_block_equations_8_and_9():
    block = HybridPerceptionBlock(4, Mixer(4, "dual_scale", (1, 2, 4), 1.0, 2))
    x = image(1, 4, 5, 6)
    expected = residual_block(residual_block(array(x), block.residual_1), block.residual_2)
    check(block(x), ds_mamba(expected, block.mixer))


def encode(x, encoder):
    """Equations (10) and (11) with convolution-only blocks."""
    x = convolve(x, encoder.stem)
    skips = []
    for block, downsample in zip(encoder.blocks, encoder.downsampling, strict=True):
        x = residual_block(residual_block(x, block.residual_1), block.residual_2)
        skips.append(x)
        x = convolve(x, downsample)
    return x, skips


def test_encoder_equations_10_and_11():
    encoder = Encoder(4, (3, 5), [torch.nn.Identity(), torch.nn.Identity()])
    x = image(1, 4, 8, 12)
    encoded, skips = encoder(x)
    expected, expected_skips = encode(array(x), encoder)
    assert encoded.shape == (1, 5, 2, 3)
    check(encoded, expected)
    for skip, expected_skip in zip(skips, expected_skips, strict=True):
        check(skip, expected_skip)


def test_decoder_equation_12():
    level, x, skip = DecoderLevel(5, 3), image(1, 5, 3, 4), image(1, 3, 6, 8)
    joined = np.concatenate([upsample_transposed(array(x), level.upsampling), array(skip)], 1)
    check(
        level(x, skip),
        residual_block(residual_block(joined, level.residual_1), level.residual_2),
    )
    module = Decoder((3, 5))
    skips = [image(1, 3, 8, 12), image(1, 5, 4, 6)]
    x = image(1, 5, 2, 3)
    expected = decoder(array(x), [array(s) for s in skips], module)
    for features, expected_features in zip(module(x, skips), expected, strict=True):
        check(features, expected_features)


def test_uncertainty_and_acceptance_equations_14_and_15():
    probability = torch.tensor([0.0, 0.1, 0.2, 0.5, 0.75, 0.8, 0.9, 1.0])
    uncertainty = uncertainty_of(probability)
    expected = [1 - 2 * abs(p - 0.5) for p in probability.tolist()]
    np.testing.assert_allclose(uncertainty, expected, atol=1e-6)
    assert accepted_where(torch.tensor([0.0, 0.39, 0.4, 0.41, 1.0]), 0.4).tolist() == [
        True, True, False, False, False,
    ]  # fmt: skip
    # All of it at a gamma of 1, which the paper does not have.
    greatest = torch.tensor([0.0, 0.9999, 1.0])
    assert accepted_where(greatest, 1.0).tolist() == [True, True, True]
    assert accepted_where(greatest, 0.99999).tolist() == [True, True, False]


def refine(encoded, skips, decoded, uncertainty, refiner):
    """Equations (16) to (18) and the logits of (19)."""
    grid = encoded.shape[2:]
    stacked = np.concatenate([bilinear(features, *grid) for features in decoded], 1)
    modulated = bilinear(uncertainty, *grid) * convolve(stacked, refiner.aggregation)
    modulated_skips = [bilinear(uncertainty, *skip.shape[2:]) * skip for skip in skips]
    return convolve(decoder(modulated, modulated_skips, refiner.decoder)[0], refiner.head)


def test_refiner_equations_16_to_19():
    refiner = Refiner((3, 5))
    encoded, skips = image(1, 5, 2, 3), [image(1, 3, 8, 12), image(1, 5, 4, 6)]
    decoded, uncertainty = [image(1, 3, 8, 12), image(1, 5, 4, 6)], torch.rand(1, 1, 8, 12)
    expected = refine(
        array(encoded),
        [array(s) for s in skips],
        [array(d) for d in decoded],
        array(uncertainty),
        refiner,
    )
    # Without a level of its own at full resolution the second stage does not look at the image.
    unseen = torch.full((1, 4, 8, 8), torch.nan)
    check(refiner(unseen, encoded, skips, decoded, uncertainty), expected)


def test_fusion_equations_20_to_22():
    generator = np.random.default_rng(0)
    coarse, refined = generator.random((2, 4000)).astype(np.float32)
    for tau_c, tau_r, gamma in ((0.5, 0.5, 0.4), (0.3, 0.7, 0.9), (0.6, 0.2, 0.05)):
        expected_mask, expected_probability = [], []
        for pc, pr in zip(coarse, refined, strict=True):
            m = 1 if 1 - 2 * abs(pc - np.float32(0.5)) < np.float32(gamma) else 0
            expected_mask.append(m * int(pc > tau_c) + (1 - m) * int(pr > tau_r) == 1)
            expected_probability.append(pc if m else pr)
        pc, pr = torch.from_numpy(coarse), torch.from_numpy(refined)
        assert (decision_margin(pc, pr, tau_c, tau_r, gamma) > 0).tolist() == expected_mask
        assert fuse_probability(pc, pr, gamma).tolist() == expected_probability


def test_whole_network_equations_10_to_22():
    configuration = ModelConfiguration(widths=(3, 4), mixer="none")
    model = CloudMamba(configuration).eval()
    x = torch.rand(1, 4, 8, 12)
    with torch.no_grad():
        stages = model(x)
    encoded, skips = encode(array(x), model.encoder)
    decoded = decoder(encoded, skips, model.decoder)
    coarse = sigmoid(convolve(decoded[0], model.head))  # (13)
    uncertainty = 1 - 2 * np.abs(coarse - 0.5)
    refined = sigmoid(refine(encoded, skips, decoded, uncertainty, model.refiner))
    check(stages.coarse_probability, coarse)
    check(stages.uncertainty, uncertainty)
    check(stages.refined_probability, refined)
    assert np.array_equal(stages.accepted.numpy(), uncertainty < 0.4)


def test_dual_scale_network_equals_its_parts():
    configuration = ModelConfiguration(widths=(4, 4), state_size=2)
    model = CloudMamba(configuration).eval()
    x = torch.rand(1, 4, 4, 8)
    expected = convolve(array(x), model.encoder.stem)
    block = model.encoder.blocks[0]
    expected = residual_block(residual_block(expected, block.residual_1), block.residual_2)
    with torch.no_grad():
        _, skips = model.encoder(x)
    check(skips[0], ds_mamba(expected, block.mixer))


def test_initial_step_sizes_lie_in_the_range_of_mamba():
    module = SS2D(64, state_size=4, delta_rank=4)
    delta = torch.nn.functional.softplus(module.delta_bias)
    assert delta.min() >= 0.00099
    assert delta.max() <= 0.101
    assert math.isclose(module.log_decay_rate.exp()[0, 0, 3].item(), 4.0, rel_tol=1e-6)
