"""The eight networks that CloudMamba is compared with: their size, their shapes, that they learn."""

from __future__ import annotations

import sys
import types

import pytest
import torch
from torch import nn
from torch.nn import functional

from cloudmamba.compared import NETWORKS, ComparedConfiguration, ComparedModel, sequence_mamba
from cloudmamba.compared.deformable import DeformableConvolution
from cloudmamba.compared.layers import BatchNorm, DropPath
from cloudmamba.compared.sequence_mamba import SequenceMamba
from cloudmamba.errors import ModelError
from cloudmamba.network.model import Stages
from cloudmamba.training.losses import total_loss
from cloudmamba.training.targets import CLOUD

# What keeps the largest of them small enough for a test.
SMALL = {"umamba": "4-stages"}

# Millions, as counted from the authors' codes and papers; one logit, four bands.
PUBLISHED = {
    ("unet", "default"): 31.04,
    ("deeplabv3plus", "default"): 40.4,
    ("deeplabv3plus", "resnet101"): 59.3,
    ("dcnet", "default"): 7.12,
    ("dcnet", "two-levels"): 7.31,
    ("dcnet", "three-levels"): 7.96,
    ("boundarynets", "default"): 88.9,
    ("umamba", "default"): 64.8,
    ("umamba", "7-stages"): 47.5,
    ("umamba", "6-stages"): 28.8,
    ("vmunet", "default"): 27.43,
    ("vmunet", "deep"): 44.28,
}


def model_of(name: str) -> ComparedModel:
    torch.manual_seed(0)
    return ComparedModel(ComparedConfiguration(name, SMALL.get(name, "default")))


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("name", "variant"), PUBLISHED)
def test_has_as_many_parameters_as_published(name, variant):
    with torch.device("meta"):
        network = NETWORKS[name](4, **NETWORKS[name].variants[variant])

    millions = PUBLISHED[name, variant]
    digits = len(str(millions).split(".")[1])
    assert round(parameters(network) / 1e6, digits) == millions


def test_cloud_u_net_has_as_many_parameters_as_published_but_for_its_norms():
    with torch.device("meta"):
        network = NETWORKS["cloudunet"](4)

    of_norms = sum(parameters(m) for m in network.modules() if isinstance(m, BatchNorm))
    assert round((parameters(network) - of_norms) / 1e6, 2) == 8.63


@pytest.mark.parametrize(("bands", "expected"), [(3, 4929), (4, 5073)])
def test_cloudsegnet_has_exactly_as_many_parameters_as_published(bands, expected):
    assert parameters(NETWORKS["cloudsegnet"](bands)) == expected


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.usefixtures("narrow")
def test_a_step_down_the_gradient_lowers_the_loss_even_with_a_single_image(name):
    model = model_of(name).train()
    image = torch.rand(1, 4, 64, 64)
    available_bands = torch.tensor([[True, True, True, False]])
    target = torch.ones(1, 4, 64, 64)
    target[:, CLOUD] = image[:, 0] > 0.5
    weights = model.network.side_weights

    def loss() -> torch.Tensor:
        # The same channels and branches are dropped both times.
        torch.manual_seed(1)
        return total_loss(model(image, available_bands), target, weights)

    before = loss()
    before.backward()
    gradients = {n: p.grad for n, p in model.named_parameters()}

    assert not [n for n, gradient in gradients.items() if gradient is None]
    assert all(gradient.isfinite().all() for gradient in gradients.values())
    # By the gradient alone the step would lower the loss by a thousandth of it.
    squares = sum(float(gradient.square().sum()) for gradient in gradients.values())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= 1e-3 * before.item() / squares * parameter.grad
        assert loss() < before


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.usefixtures("narrow")
def test_half_precision_leaves_what_norms_have_seen_in_float32(name):
    model = model_of(name).train()
    before = {n: buffer.clone() for n, buffer in model.named_buffers()}

    with torch.autocast("cpu", torch.bfloat16):
        stages = model(torch.rand(2, 4, 32, 32))
    total_loss(stages, torch.ones(2, 4, 32, 32), model.network.side_weights).backward()

    after = dict(model.named_buffers())
    assert {n: b.dtype for n, b in after.items()} == {n: b.dtype for n, b in before.items()}
    assert all(torch.isfinite(buffer).all() for buffer in after.values())
    variances = [n for n in after if n.endswith("running_var")]
    assert all(not torch.equal(after[n], before[n]) for n in variances)
    assert all(p.grad.isfinite().all() for p in model.network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.usefixtures("narrow")
def test_takes_images_of_any_size(name):
    model = model_of(name).eval()

    with torch.no_grad():
        stages = model(torch.rand(2, 4, 21, 38))

    assert isinstance(stages, Stages)
    assert stages.coarse_logits.shape == (2, 1, 21, 38)
    assert stages.coarse_logits.isfinite().all()
    assert not stages.refined.any() and stages.refined_logits is None
    assert stages.level_logits == ()


@pytest.mark.usefixtures("narrow")
def test_side_outputs_of_odd_images_fit_the_labels():
    model = model_of("umamba").train()

    levels = model(torch.rand(1, 4, 21, 38)).level_logits

    assert [tuple(level.shape[-2:]) for level in levels] == [(11, 19), (6, 10)]
    assert model.network.side_weights == (0.5, 0.25)


def test_the_u_net_at_its_full_width_runs():
    with torch.no_grad():
        logits = model_of("unet").eval()(torch.rand(1, 4, 64, 64)).coarse_logits

    assert logits.shape == (1, 1, 64, 64)
    assert logits.isfinite().all() and logits.std() > 0


def test_what_an_absent_band_holds_makes_no_difference():
    model = model_of("cloudsegnet").eval()
    image = torch.rand(1, 4, 16, 16)
    other = image.clone()
    other[:, 3] = 7
    available_bands = torch.tensor([[True, True, True, False]])

    with torch.no_grad():
        results = [model(i, available_bands).coarse_logits for i in (image, other)]

    assert torch.equal(*results)
    assert not torch.equal(results[0], model(image).coarse_logits)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"network": "lenet"}, "'network' must be one of unet"),
        ({"network": "unet", "variant": "deep"}, "no variant 'deep': use default"),
        ({"network": "dcnet", "variant": 5}, "'variant' must be a name"),
        ({"network": "unet", "widths": [4]}, "Unknown model setting: widths"),
        ({"network": "unet", "bands": ["red", "red"]}, "no two alike"),
        ({"network": "unet", "coarse_threshold": 2.0}, "0 to 1"),
        ({"network": "unet", "temperature": 0.0}, "temperature"),
    ],
)
def test_configurations_that_cannot_be_are_refused(values, message):
    with pytest.raises(ModelError, match=message):
        ComparedConfiguration.from_dict(values)


@pytest.mark.parametrize(
    ("crop_px", "edge_px"), [(1024, 8), (512, 4), (256, 4), (128, 4), (64, 4), (100, 6.25), (4, 2)]
)
def test_u_mamba_has_as_many_stages_as_leave_four_pixels(crop_px, edge_px):
    network = NETWORKS["umamba"]
    variant = network.variants[network.variant_for(crop_px)]

    stages = variant.get("stages", 8)
    assert crop_px / 2 ** (stages - 1) == edge_px


def test_a_deformable_convolution_begins_as_an_ordinary_one():
    torch.manual_seed(0)
    layer = DeformableConvolution(3, 5)
    x = torch.randn(2, 3, 7, 9)

    torch.testing.assert_close(layer(x), functional.conv2d(x, layer.weight, padding=1))


def test_a_deformable_convolution_looks_where_the_offsets_say():
    torch.manual_seed(0)
    layer = DeformableConvolution(3, 5)
    x = torch.randn(1, 3, 8, 8)
    # Every tap one row further down and half a column to the right.
    with torch.no_grad():
        layer.offsets.bias.copy_(torch.tensor([1.0, 0.5]).repeat(9))

    moved = torch.zeros(1, 3, 10, 10)
    moved[..., 1:9, 1:9] = x
    moved = moved.roll((-1, 0), (2, 3))
    moved = (moved + moved.roll(-1, 3)) / 2
    expected = functional.conv2d(moved, layer.weight, padding=1)[..., 1:9, 1:9]

    # Away from the edge, where what rolled in differs.
    torch.testing.assert_close(layer(x)[..., 1:6, 1:6], expected[..., 1:6, 1:6])


def test_offsets_of_a_deformable_convolution_have_the_gradient_of_their_differences():
    torch.manual_seed(0)
    layer = DeformableConvolution(2, 2)
    bias = torch.empty(18).uniform_(0.1, 0.4)
    x = torch.randn(1, 2, 4, 5)

    def result(bias: torch.Tensor) -> torch.Tensor:
        layer.offsets.bias.data.copy_(bias)
        return layer(x).sum()

    result(bias).backward()
    gradient = layer.offsets.bias.grad
    for entry in (0, 7, 17):
        step = torch.zeros(18)
        step[entry] = 1e-2
        difference = (result(bias + step) - result(bias - step)).item() / 2e-2
        assert gradient[entry].item() == pytest.approx(difference, rel=0.01, abs=1e-3)


def reference_of(mamba: SequenceMamba, x: torch.Tensor) -> torch.Tensor:
    """Mamba's own equations, step by step."""
    main, gate = mamba.input_projection(x).chunk(2, -1)
    kernel = mamba.depthwise.weight[:, 0]
    images, steps, channels = main.shape
    padded = torch.cat([main.new_zeros(images, kernel.shape[1] - 1, channels), main], 1)
    windows = padded.unfold(1, kernel.shape[1], 1)
    main = functional.silu((windows * kernel).sum(-1) + mamba.depthwise.bias)
    a = -mamba.log_decay_rate.exp()
    state = main.new_zeros(images, channels, mamba.state_size)
    outputs = []
    for step in range(steps):
        u = main[:, step]
        projected, b, c = mamba.parameter_projection(u).split(
            [mamba.delta_rank, mamba.state_size, mamba.state_size], -1
        )
        delta = functional.softplus(projected @ mamba.delta_weight.t() + mamba.delta_bias)
        state = (delta[..., None] * a).exp() * state + (delta * u)[..., None] * b[:, None]
        outputs.append((state * c[:, None]).sum(-1) + mamba.skip * u)
    return mamba.output_projection(torch.stack(outputs, 1) * functional.silu(gate))


def test_mamba_on_a_sequence_is_what_its_equations_say():
    torch.manual_seed(0)
    mamba = SequenceMamba(channels=20, state_size=5, inner_channels=40, kernel=4)
    x = torch.randn(2, 11, 20)

    torch.testing.assert_close(mamba(x), reference_of(mamba, x), rtol=1e-4, atol=1e-5)


def test_mamba_on_a_sequence_has_the_gradients_of_its_equations():
    torch.manual_seed(0)
    mamba = SequenceMamba(channels=8, state_size=3, inner_channels=12, kernel=4)
    x = torch.randn(1, 6, 8)

    def gradients(result: torch.Tensor) -> list[torch.Tensor]:
        return list(torch.autograd.grad(result.square().sum(), mamba.parameters()))

    torch.testing.assert_close(
        gradients(mamba(x)), gradients(reference_of(mamba, x)), rtol=1e-3, atol=1e-4
    )


def selective_scan_fn(u, delta, a, b, c, d, *, delta_bias, delta_softplus):
    """What mamba-ssm documents of its function of this name; sequences are (B, channels, L)."""
    assert delta_softplus and all(t.is_contiguous() for t in (u, delta, a, b, c, d, delta_bias))
    delta = functional.softplus(delta + delta_bias[:, None])
    state = u.new_zeros(*u.shape[:2], a.shape[1])
    outputs = []
    for step in range(u.shape[2]):
        decay = (delta[:, :, step, None] * a).exp()
        state = decay * state + (delta * u)[:, :, step, None] * b[:, None, :, step]
        outputs.append((state * c[:, None, :, step]).sum(-1) + d * u[:, :, step])
    return torch.stack(outputs, 2)


def test_mamba_ssm_is_asked_for_the_same_scan(monkeypatch):
    torch.manual_seed(0)
    mamba = SequenceMamba(channels=20, state_size=5, inner_channels=40, kernel=4)
    x = torch.randn(2, 11, 20)
    ours = mamba(x)
    package = types.ModuleType("mamba_ssm.ops.selective_scan_interface")
    package.selective_scan_fn = selective_scan_fn
    for name in ("mamba_ssm", "mamba_ssm.ops"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, package.__name__, package)
    monkeypatch.setattr(sequence_mamba, "has_sequence_kernel", lambda device, backend: True)

    torch.testing.assert_close(mamba(x), ours, rtol=1e-4, atol=1e-5)


def test_batch_norm_trains_on_a_single_value_and_leaves_its_statistics():
    norm = BatchNorm(3).train()
    norm.running_mean.fill_(1)
    norm.running_var.fill_(4)

    result = norm(torch.full((1, 3, 1, 1), 5.0))

    torch.testing.assert_close(result, torch.full((1, 3, 1, 1), 2.0))
    assert norm.running_mean.tolist() == [1, 1, 1]
    norm(torch.rand(1, 3, 2, 1))
    assert norm.running_mean.tolist() != [1, 1, 1]


def test_drop_path_leaves_out_whole_images_and_keeps_the_mean():
    torch.manual_seed(0)
    drop = DropPath(0.25).train()
    result = drop(torch.ones(4000, 2, 1))

    assert result.unique().tolist() == [0, pytest.approx(4 / 3)]
    assert torch.equal(result[:, 0], result[:, 1])
    assert result.mean() == pytest.approx(1, abs=0.04)
    assert torch.equal(drop.eval()(result), result)
