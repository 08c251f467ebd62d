"""The form in which the network runs on the CPU computes what the network computes."""

import dataclasses
import math
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional

from cloudmamba.compute_options import ComputeOptions
from cloudmamba.errors import DeviceError
from cloudmamba.inference import (
    CudaModel,
    fused_for_cpu,
    optimize_for_inference,
    precision_for,
    prepared_model,
)
from cloudmamba.inference.cpu import FusedMixer
from cloudmamba.masker import CloudMasker
from cloudmamba.network.blocks import MIXERS, in_float32
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.network.ss2d import SS2D
from cloudmamba.ops import pointwise
from cloudmamba.ops.processor import FEATURES_VARIABLE
from cloudmamba.ops.selective_scan import cpu as compiled


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(5)


def network(widths=(16, 32, 48), **values):
    """All weights at random, also those that begin as zeros and ones, so that each one counts."""
    model = CloudMamba(ModelConfiguration(widths=widths, **values)).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def images():
    return torch.rand(2, 4, 40, 56)


def assert_same(stages, expected, tolerance):
    pairs = (
        (stages.coarse_logits, expected.coarse_logits),
        (stages.refined_logits, expected.refined_logits),
    )
    if expected.shadow_logits is not None:
        pairs = (*pairs, (stages.shadow_logits, expected.shadow_logits))
    for result, truth in pairs:
        assert result.dtype == torch.float32
        assert result.shape == truth.shape
        assert (result - truth).norm() < tolerance * truth.norm()


@pytest.mark.parametrize("mixer", MIXERS)
def test_fused_network_is_the_network_in_float32(mixer):
    # Inner channels of 32, 64 and 96: whole blocks of the scan.
    model = network(mixer=mixer)
    fused = fused_for_cpu(model, torch.float32)
    has_fused_mixers = any(isinstance(module, FusedMixer) for module in fused.modules())
    assert has_fused_mixers == (mixer == "dual_scale")
    available_bands = torch.tensor([[True] * 4, [True, True, True, False]])
    with torch.inference_mode():
        assert_same(
            fused(images() * 0 + 0.3, available_bands),
            model(images() * 0 + 0.3, available_bands),
            2e-5,
        )
        image = images()
        assert_same(fused(image, available_bands), model(image, available_bands), 2e-5)


@pytest.mark.parametrize("band_ratios", [False, True])
@pytest.mark.parametrize("fine_outlines", [False, True])
def test_fused_network_of_half_resolution_is_the_network(band_ratios, fine_outlines):
    model = network(
        stem_stride=2,
        upsampling="bilinear",
        shadow=True,
        band_ratios=band_ratios,
        fine_outlines=fine_outlines,
    )
    fineness = torch.tensor([0.2, 1.0])
    with torch.inference_mode():
        image = images()
        expected = model(image, fineness=fineness)
        differs = not torch.equal(expected.coarse_logits, model(image).coarse_logits)
        assert differs == fine_outlines
        for dtype, tolerance in ((torch.float32, 2e-5), (torch.bfloat16, 6e-2)):
            fused = fused_for_cpu(model, dtype)
            assert_same(fused(image, fineness=fineness), expected, tolerance)


@pytest.mark.parametrize(("height", "width"), [(2, 2), (6, 4), (4, 10)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.bfloat16, 4e-3)])
def test_enlarging_while_joining_is_pytorchs_own(height, width, dtype, tolerance):
    coarse = torch.rand(3, height // 2, width // 2, 16).to(dtype)
    skip = torch.rand(3, height, width, 16).to(dtype)
    joined = pointwise.join_enlarged(coarse, skip, 1)
    assert (joined[:, :, [0, -1]] == 0).all()
    expected = functional.interpolate(
        coarse.float().permute(0, 3, 1, 2), scale_factor=2, mode="bilinear", align_corners=False
    ).permute(0, 2, 3, 1)
    torch.testing.assert_close(
        joined[:, :, 1:-1, :16].float(), expected, rtol=tolerance, atol=tolerance
    )
    assert torch.equal(joined[:, :, 1:-1, 16:], skip)


def test_blocks_that_the_fast_ones_cannot_replace_stay():
    # Widths that are no multiple of 16, and inner channels that are no whole block.
    for model in (network(widths=(4, 8)), network(widths=(16, 16), expansion=0.75)):
        with torch.inference_mode():
            image = images()
            fused = fused_for_cpu(model, torch.float32)
            assert not any(isinstance(module, FusedMixer) for module in fused.modules())
            assert_same(fused(image), model(image), 2e-5)


def test_bfloat16_is_as_close_as_its_digits_allow():
    model = network()
    with torch.inference_mode():
        image = images()
        assert_same(fused_for_cpu(model, torch.bfloat16)(image), model(image), 0.03)


def test_fusing_leaves_the_model_as_it_was():
    model = network()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    fused_for_cpu(model, torch.bfloat16)
    for name, tensor in model.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, before[name])


@pytest.mark.parametrize("threads", [1, 3])
def test_result_does_not_depend_on_the_number_of_threads(threads):
    model = fused_for_cpu(network(), torch.bfloat16)
    x = torch.rand(1, 40, 56, 32).bfloat16()
    norm = torch.nn.LayerNorm(32)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        expected = pointwise.join_norm(x, [x, x, x], 0, norm.eps)
        torch.set_num_threads(threads)
        assert torch.equal(pointwise.join_norm(x, [x, x, x], 0, norm.eps), expected)
        with torch.inference_mode():
            assert torch.isfinite(model(images()).refined_logits).all()
    finally:
        torch.set_num_threads(before)


def test_only_some_images_of_a_batch_are_refined():
    model, image = network(), images()
    with torch.inference_mode():
        largest = model(image).uncertainty.flatten(1).amax(1)
        assert largest[0] != largest[1]
        model.configuration = dataclasses.replace(
            model.configuration, acceptance_threshold=largest.mean().item()
        )
        expected = model(image, refine="where_needed")
        assert expected.refined.sum() == 1
        result = fused_for_cpu(model, torch.float32)(image, refine="where_needed")
    assert torch.equal(result.refined, expected.refined)
    assert_same(result, expected, 1e-5)


def test_rounding_to_bfloat16_is_that_of_pytorch():
    # Ties to even, and both signs: torch rounds what the kernel rounded.
    x = torch.randn(1, 16, 64, 64).to(memory_format=torch.channels_last)
    factor = torch.rand(1, 1, 64, 64)
    half = x.bfloat16()
    expected = (half.float() * factor).bfloat16()
    assert torch.equal(pointwise.modulate(half, factor), expected)


def test_rounding_to_bfloat16_of_all_kinds_of_numbers():
    generator = torch.Generator().manual_seed(1)
    bits = torch.randint(-(2**31), 2**31, (64 * 64,), dtype=torch.int64, generator=generator)
    # Ties, neighbours of ties, infinities, the largest numbers, the smallest, and zeros.
    special = [0x3F808000, 0x3F818000, 0x3F807FFF, 0x3F808001, 0x7F800000, 0x7F7FFFFF, 0x7F7F7FFF]
    special += [0x00000001, 0x00008000, 0x00018000, 0x00008001, 0x007FFFFF, 0x00000000]
    # Not a number: with the lowest bits alone, and such as rounding would carry over.
    special += [0x7F800001, 0x7FC00000, 0x7FFFFFFF]
    special = torch.tensor(special)
    bits[: 2 * len(special)] = torch.cat([special, special - 2**31])
    factor = bits.to(torch.int32).view(torch.float32).view(1, 1, 64, 64)
    ones = torch.ones(1, 16, 64, 64).to(memory_format=torch.channels_last).bfloat16()
    rounded = pointwise.modulate(ones, factor)[0, 0]
    expected = factor[0, 0].bfloat16()
    assert torch.equal(rounded.isnan(), expected.isnan())
    assert expected.isnan().sum() >= 6
    numbers = ~expected.isnan()
    assert torch.equal(rounded[numbers].view(torch.int16), expected[numbers].view(torch.int16))


def depthwise_weights():
    convolution = torch.nn.Conv2d(32, 32, 3, padding=1, groups=32).requires_grad_(False)
    weights = SimpleNamespace(
        weight=convolution.weight.flatten(1).t().contiguous(),
        bias=convolution.bias,
    )
    return convolution, weights


@pytest.mark.parametrize(("height", "width"), [(5, 7), (1, 4), (4, 1), (2, 2), (1, 1)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.bfloat16, 4e-3)])
def test_depthwise_convolution_with_its_borders(height, width, dtype, tolerance):
    convolution, weights = depthwise_weights()
    maps = torch.randn(2, height, width, 32).to(dtype)
    convolved = convolution(maps.float().permute(0, 3, 1, 2))
    expected = torch.nn.functional.silu(convolved).permute(0, 2, 3, 1)
    result = pointwise.depthwise_silu(maps, weights)
    assert result.dtype == dtype
    assert (result.float() - expected).norm() < tolerance * expected.norm()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 5e-3)])
def test_silu_also_where_exponentials_would_overflow(dtype, tolerance):
    x = torch.linspace(-200, 200, 32 * 1000).view(1, 1, 1000, 32).to(dtype)
    centre = torch.zeros(9, 32)
    centre[4] = 1
    weights = SimpleNamespace(weight=centre, bias=torch.zeros(32))
    result = pointwise.depthwise_silu(x, weights)
    expected = torch.nn.functional.silu(x.double()).float()
    torch.testing.assert_close(result.float(), expected, rtol=tolerance, atol=1e-30)


def test_scan_takes_bfloat16_maps():
    x, parameters = torch.randn(1, 9, 7, 32), torch.randn(1, 9, 7, 4, 6)
    x, parameters = x.bfloat16(), parameters.bfloat16()
    weights = (
        torch.randn(4, 32, 2), torch.randn(4, 32), -torch.rand(4, 32, 2), torch.randn(4, 32),
    )  # fmt: skip
    terms = compiled.forward_terms(x, parameters, *weights)
    assert terms.dtype == torch.bfloat16
    expected = compiled.forward(x.float(), parameters.float(), *weights)
    error = (terms.float().sum(0) - expected).norm() / expected.norm()
    # Every sum is rounded to 8 bits two or four times, in error by 2^-9 at most; decays by 0.012.
    assert error < 2**-7


def test_decays_of_bfloat16_maps():
    # One pixel is remembered by the next in its row: that share of it is what passes on.
    exponents = torch.cat([torch.zeros(1), -torch.logspace(-4, 2, 31)])
    step = math.log(2.0)  # softplus(0)
    x = torch.tensor([1.0, 0.0]).view(1, 1, 2, 1).expand(1, 1, 2, 32).bfloat16()
    parameters = torch.zeros(1, 1, 2, 4, 3)
    parameters[:, :, 0, 0, 1] = parameters[:, :, 1, 0, 2] = 1  # B, then C, of left to right
    a = (exponents / step).view(1, 32, 1).expand(4, 32, 1)
    weights = torch.zeros(4, 32, 1), torch.zeros(4, 32), a, torch.zeros(4, 32)
    terms = compiled.forward_terms(x, parameters.bfloat16(), *weights)
    shares = terms.float().sum(0)[0, 0, 1] / step
    # That of the decay, of the step size, and of rounding to 8 bits.
    assert (shares - exponents.exp()).abs().max() < 0.0115 + 0.001 + 2**-8


def test_states_of_bfloat16_maps_do_not_drift():
    # Decays so near to one that the first of 65,536 pixels still matters at the last.
    x = torch.randn(1, 256, 256, 32).bfloat16()
    parameters = torch.randn(1, 256, 256, 4, 3).bfloat16()
    weights = torch.zeros(4, 32, 1), torch.full((4, 32), -8.0), torch.full((4, 32, 1), -0.05)
    weights = *weights, torch.zeros(4, 32)
    terms = compiled.forward_terms(x, parameters, *weights)
    expected = compiled.forward(x.float(), parameters.float(), *weights)
    assert (terms.float().sum(0) - expected).norm() < 2**-7 * expected.norm()


def test_precision_follows_the_processor_and_what_is_asked_for(monkeypatch):
    monkeypatch.undo()  # of what conftest does if all tests are to be in one precision
    for features, expected in (("+avx512bf16", torch.bfloat16), ("+avx2", torch.float32)):
        monkeypatch.setenv(FEATURES_VARIABLE, features)
        assert precision_for(torch.device("cpu")) == expected
    assert precision_for(torch.device("cpu"), "bfloat16") == torch.bfloat16
    assert precision_for(torch.device("cpu"), "float32") == torch.float32
    with pytest.raises(DeviceError, match="'half' is not a precision: use bfloat16 or float32"):
        precision_for(torch.device("cpu"), "half")


@pytest.mark.parametrize(
    ("capability", "expected"),
    [((7, 5), torch.float32), ((8, 0), torch.bfloat16), ((12, 0), torch.bfloat16)],
)
def test_precision_follows_the_graphics_card(monkeypatch, capability, expected):
    monkeypatch.undo()
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert precision_for(torch.device("cuda:0")) == expected
    assert precision_for(torch.device("cuda:0"), "float32") == torch.float32


def test_autocast_changes_the_result_little():
    # PyTorch has it for the processor too, with the same types but for a few operators.
    model, image = network(fine_outlines=True), images()
    mixed = CudaModel(model, torch.bfloat16, graphs=False)
    with torch.inference_mode():
        for fineness in (torch.zeros(2), torch.ones(2)):
            expected = model(image, fineness=fineness)
            assert_same(mixed(image, fineness=fineness), expected, 0.03)
        inner = mixed.network.encoder.downsampling[0].register_forward_hook(
            lambda module, inputs, output: types.append(output.dtype)
        )
        types = []
        stages = mixed(image)
        inner.remove()
    assert types == [torch.bfloat16]
    # Neither the image nor the result is rounded to the steps of bfloat16.
    with torch.autocast("cpu", torch.bfloat16):
        convolved = in_float32(model.encoder.stem, image)
    assert torch.equal(convolved, model.encoder.stem(image).bfloat16())
    for logits in (stages.coarse_logits, stages.refined_logits):
        assert not torch.equal(logits, logits.bfloat16().float())


def test_autocast_heeds_the_threshold():
    mixed = CudaModel(network(), torch.bfloat16, graphs=False)
    for gamma, expected in ((0.0, True), (1.0, False)):
        with torch.inference_mode():
            stages = mixed(images(), refine="where_needed", acceptance_threshold=gamma)
            assert stages.refined.all() == expected


def test_a_model_that_nobody_keeps_is_not_copied():
    model, image = network(), images()
    compute = ComputeOptions(precision="float32")
    with torch.inference_mode():
        expected = optimize_for_inference(model, compute)(image)
        fused = optimize_for_inference(model, compute, keep=False)
        assert fused is model
        assert torch.equal(fused(image).coarse_logits, expected.coarse_logits)


def test_another_scan_backend_runs_the_network_as_it_is():
    model = network()
    assert optimize_for_inference(model) is not model
    assert optimize_for_inference(model, ComputeOptions(scan="plain")) is model
    assert {module.scan_backend for module in model.modules() if isinstance(module, SS2D)} == {
        "plain"
    }


def test_a_masker_prepares_its_model_once(monkeypatch):
    used = []
    monkeypatch.setattr(
        prepared_model,
        "optimize_for_inference",
        lambda model, compute: used.append(model) or optimize_for_inference(model, compute),
    )
    model = network()
    image = images()[0].numpy()
    masker = CloudMasker.of(model)
    for _ in range(2):
        masker.predict(image)
    assert used == [model]
