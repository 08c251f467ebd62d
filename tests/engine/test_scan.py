"""The two-dimensional selective scan: every backend against the float64 reference."""

import itertools
import math

import pytest
import torch

from cloudmamba.errors import DeviceError
from cloudmamba.ops import selective_scan as scan
from cloudmamba.ops.selective_scan import cpu as compiled
from cloudmamba.ops.selective_scan import mamba_ssm, plain, reference, selective_scan_2d


def random_inputs(images, height, width, channels, states, rank, wide_delta=False, seed=0):
    """Inputs with the step sizes of a fresh network, or far larger ones (``wide_delta``)."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator)

    smallest, largest = (0.1, 3.0) if wide_delta else (0.001, 0.1)
    span = math.log(largest / smallest)
    delta = torch.exp(torch.rand(4, channels, generator=generator) * span + math.log(smallest))
    rates = torch.arange(1, states + 1, dtype=torch.float32)
    return [
        normal(images, height, width, channels),
        normal(images, height, width, 4, rank + 2 * states),
        (torch.rand(4, channels, rank, generator=generator) * 2 - 1) * rank**-0.5,
        delta + torch.log(-torch.expm1(-delta)),
        -rates.repeat(4, channels, 1) * torch.exp(0.1 * normal(4, channels, states)),
        normal(4, channels),
    ]


def relative_error(value, truth):
    return ((value.double() - truth).norm() / truth.norm()).item()


def test_reference_is_the_recurrence_written_out_by_hand():
    # One row of two pixels, one channel, one state: two terms a direction, by hand.
    x = torch.tensor([[[[2.0], [3.0]]]])
    parameters = torch.zeros(1, 1, 2, 4, 3)
    parameters[..., 1] = 0.5  # B
    parameters[..., 2] = 4.0  # C
    delta = math.log(2.0)  # softplus(0)
    decay = math.exp(-delta)
    first, second = delta * 2.0 * 0.5, delta * 3.0 * 0.5
    forwards = torch.tensor([4 * first, 4 * (decay * first + second)])
    backwards = torch.tensor([4 * (decay * second + first), 4 * second])
    y = reference.forward(
        x, parameters, torch.zeros(4, 1, 1), torch.zeros(4, 1), -torch.ones(4, 1, 1),
        torch.tensor([[1.0], [10.0], [100.0], [1000.0]]),
    )  # fmt: skip
    skipped = 1111 * torch.tensor([2.0, 3.0])
    expected = 2 * forwards + 2 * backwards + skipped
    torch.testing.assert_close(y.flatten().float(), expected)


def test_directions_visit_pixels_as_named():
    orders = [reference.scan_order(2, 3, direction).tolist() for direction in range(4)]
    assert orders[0] == [0, 1, 2, 3, 4, 5]
    assert orders[1] == [5, 4, 3, 2, 1, 0]
    assert orders[2] == [0, 3, 1, 4, 2, 5]
    assert orders[3] == [5, 2, 4, 1, 3, 0]


SHAPES = [
    # images, height, width, channels, states, rank
    (2, 7, 5, 32, 4, 2),
    (1, 9, 12, 40, 3, 3),  # channels that are no whole block
    (1, 1, 70, 8, 1, 1),  # one line, one state, more than one chunk of the backward pass
    (3, 16, 16, 64, 16, 4),
]


@pytest.mark.parametrize("wide_delta", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("backend", [compiled, plain])
def test_backend_agrees_with_reference_forward_and_backward(backend, shape, wide_delta):
    inputs = random_inputs(*shape, wide_delta=wide_delta)
    exact = [tensor.double().requires_grad_() for tensor in inputs]
    truth = reference.forward(*exact)
    assert relative_error(backend.forward(*inputs), truth) < 1e-5

    grad_y = torch.randn(inputs[0].shape, generator=torch.Generator().manual_seed(1))
    expected = torch.autograd.grad(truth, exact, grad_y.double())
    for gradient, exact_gradient in zip(backend.backward(grad_y, *inputs), expected, strict=True):
        assert gradient.shape == exact_gradient.shape
        assert relative_error(gradient, exact_gradient) < 1e-5


@pytest.mark.parametrize("wide_delta", [False, True])
@pytest.mark.parametrize("backend", [compiled, plain])
def test_backend_at_the_length_of_a_whole_tile(backend, wide_delta):
    # 512 x 512 pixels, the longest sequence of a tile. The truth is a float64 recurrence
    # over few channels; the backends see the same channels.
    inputs = random_inputs(1, 512, 512, 2, 1, 1, wide_delta=wide_delta)
    truth = _sequential_float64(*inputs)
    assert relative_error(backend.forward(*inputs), truth) < 1e-5


@pytest.mark.parametrize("backend", [compiled, plain])
def test_slow_and_erased_states_side_by_side(backend):
    # Step sizes of 40: one state forgets all at every pixel, exponents of -230, another hardly
    # anything.
    inputs = random_inputs(1, 24, 24, 32, 2, 2)
    inputs[3] += 40
    inputs[4] = torch.tensor([-1e-3, -4.0]).repeat(4, 32, 1)
    truth = reference.forward(*inputs)
    assert relative_error(backend.forward(*inputs), truth) < 1e-5


def test_compiled_backward_at_the_length_of_a_whole_tile():
    # Against the plain backend in float64: it is exact there and was checked above.
    inputs = random_inputs(1, 256, 256, 2, 1, 1, wide_delta=True)
    grad_y = torch.randn(inputs[0].shape, generator=torch.Generator().manual_seed(1))
    truth = plain.backward(grad_y.double(), *(tensor.double() for tensor in inputs))
    for gradient, expected in zip(compiled.backward(grad_y, *inputs), truth, strict=True):
        assert relative_error(gradient, expected) < 1e-5


def _sequential_float64(x, parameters, delta_weight, delta_bias, a, skip):
    """The recurrence in Python floats; one image, rank one, one state."""
    _, height, width, channels = x.shape
    y = torch.zeros(height * width, channels, dtype=torch.float64)
    for direction, channel in itertools.product(range(4), range(channels)):
        order = reference.scan_order(height, width, direction)
        u = x[0, :, :, channel].reshape(-1)[order].double()
        entries = parameters[0, :, :, direction].reshape(-1, 3)[order].double()
        weight = delta_weight[direction, channel, 0].double()
        bias = delta_bias[direction, channel].double()
        delta = torch.nn.functional.softplus(entries[:, 0] * weight + bias)
        decay = torch.exp(delta * a[direction, channel, 0].double()).tolist()
        driven = (delta * entries[:, 1] * u).tolist()
        h, states = 0.0, []
        for factor, drive in zip(decay, driven, strict=True):
            h = factor * h + drive
            states.append(h)
        result = torch.tensor(states, dtype=torch.float64) * entries[:, 2]
        y[order, channel] += result + skip[direction, channel].double() * u
    return y.view(1, height, width, channels)


def test_operator_is_differentiable_and_registered():
    inputs = [t.requires_grad_() for t in random_inputs(1, 6, 5, 32, 2, 2)]
    torch.library.opcheck(
        torch.ops.cloudmamba.selective_scan_2d.default,
        tuple(inputs),
        test_utils=("test_schema", "test_faketensor", "test_autograd_registration"),
    )
    selective_scan_2d(*inputs).square().sum().backward()
    exact = [tensor.detach().double().requires_grad_() for tensor in inputs]
    reference.forward(*exact).square().sum().backward()
    for tensor, truth in zip(inputs, exact, strict=True):
        assert relative_error(tensor.grad, truth.grad) < 1e-5


def test_result_does_not_depend_on_the_number_of_threads():
    inputs = random_inputs(2, 20, 20, 64, 4, 2)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = compiled.forward(*inputs)
        torch.set_num_threads(3)
        together = compiled.forward(*inputs)
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(alone, together)


def test_backend_choice_and_override():
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    assert scan.backend_for(cpu) == "compiled"
    assert scan.backend_for(cuda) == ("mamba_ssm" if mamba_ssm.is_available() else "plain")
    assert scan.backend_for(cpu, "plain") == "plain"
    with pytest.raises(DeviceError, match="works on cpu only"):
        scan.backend_for(cuda, "compiled")
    with pytest.raises(DeviceError, match="not a scan backend"):
        scan.backend_for(cpu, "typo")


def test_the_backend_that_is_named_computes_forward_and_backward(monkeypatch):
    used = []
    for name in ("forward", "backward"):
        own = getattr(plain, name)
        monkeypatch.setattr(
            plain, name, lambda *tensors, own=own, name=name: used.append(name) or own(*tensors)
        )
    inputs = [tensor.requires_grad_() for tensor in random_inputs(1, 6, 5, 32, 2, 2)]
    selective_scan_2d(*inputs).sum().backward()
    assert used == []
    selective_scan_2d(*inputs, "plain").sum().backward()
    assert set(used) == {"forward", "backward"}


@pytest.mark.skipif(
    not (torch.cuda.is_available() and mamba_ssm.is_available()),
    reason="needs a CUDA device and the package mamba-ssm",
)
def test_mamba_ssm_agrees_with_reference():
    inputs = random_inputs(1, 16, 16, 32, 4, 2)
    truth = reference.forward(*inputs)
    assert relative_error(mamba_ssm.forward(*(t.cuda() for t in inputs)).cpu(), truth) < 1e-5
