"""Blocks of the network in the form in which the CPU computes them fastest.

Each takes the place of the block it is made from, whose weights it takes over and changes. It
has the same inputs and outputs and computes the same function: what is linear in a row is folded
into one map, and what happens between two convolutions is one pass over the map (``pointwise``).
Only rounding differs.
"""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.network.blocks import HybridPerceptionBlock, Mixer, ResidualBlock
from cloudmamba.network.model import CloudMamba
from cloudmamba.network.refinement import Refiner
from cloudmamba.network.segmentation import BilinearUpsampling, DecoderLevel, Encoder
from cloudmamba.ops.numba.layout import CHANNELS
from cloudmamba.ops.pointwise import (
    CHANNEL_MULTIPLE,
    add,
    depthwise_silu,
    join_enlarged,
    join_norm,
    join_upsampled,
    modulate,
    norm_gate,
    scale_leaky_add,
    weighted_sum,
)
from cloudmamba.ops.selective_scan import cpu as cpu_scan


def fused_for_cpu(model: CloudMamba, dtype: torch.dtype, keep: bool = True) -> CloudMamba:
    """A copy of a model for inference on the CPU in float32 or bfloat16.

    The copy takes and gives what the model does; inside, maps are of ``dtype``, sums and the
    states of scans float32. Blocks of other shapes than the fast ones know stay as they are.

    Args:
        keep: without, the model itself is changed to that, which leaves less memory in pieces.
    """
    fused = (copy.deepcopy(model) if keep else model).eval()
    suits = all(width % CHANNEL_MULTIPLE == 0 for width in model.configuration.widths)
    if suits:
        _replace_blocks(fused)
        fused.encoder.stem = _StemInFloat32(fused.encoder.stem, gives=dtype)
        fused.encoder = FusedEncoder(fused.encoder)
        for block in (fused, fused.refiner):
            if block is not None:
                block.head = FusedHead(block.head)
        for name in ("shadow_head", "fine_head"):
            if (head := getattr(fused, name)) is not None:
                setattr(fused, name, FusedHead(head))
        if fused.refiner is not None and fused.refiner.detail is not None:
            fused.refiner.detail = _StemInFloat32(fused.refiner.detail, gives=dtype)
    _convert(fused, dtype if suits else torch.float32)
    return fused.requires_grad_(False)


def _replace_blocks(module: nn.Module) -> None:
    """Put fast forms in the place of all blocks that have one."""
    for name, child in module.named_children():
        if isinstance(child, HybridPerceptionBlock):
            setattr(module, name, FusedHybridPerceptionBlock(child))
        elif isinstance(child, DecoderLevel):
            setattr(module, name, FusedDecoderLevel(child))
        else:
            _replace_blocks(child)
            if isinstance(child, Refiner):
                child.modulation = FusedModulation()


def _convert(module: nn.Module, dtype: torch.dtype) -> None:
    """Bring weights to the type and the layout of the maps, but for those that stay float32."""
    if isinstance(module, (_Float32, _StemInFloat32)):
        return
    for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
        layout = torch.channels_last if tensor.dim() == 4 else torch.preserve_format
        tensor.data = tensor.data.to(dtype, memory_format=layout)
    for child in module.children():
        _convert(child, dtype)


class _Float32(nn.Module):
    """Weights that stay float32 whatever the type of the maps."""

    def __init__(self, **tensors: torch.Tensor):
        super().__init__()
        for name, tensor in tensors.items():
            own = tensor.detach().float().clone(memory_format=torch.contiguous_format)
            self.register_buffer(name, own)


class _StemInFloat32(nn.Module):
    """The first convolution: in bfloat16 an image would lose dark ground."""

    def __init__(self, convolution: nn.Conv2d, gives: torch.dtype):
        super().__init__()
        self.convolution = convolution
        self.gives = gives

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, bands, H, W) to (B, C, H, W)."""
        return self.convolution(x).to(self.gives)


def _pixels(x: torch.Tensor) -> torch.Tensor:
    """(B, C, H, W) to (B, H, W, C), contiguous."""
    return x.permute(0, 2, 3, 1).contiguous()


def _channels_first(x: torch.Tensor) -> torch.Tensor:
    return x.permute(0, 3, 1, 2)


class _Norm(_Float32):
    def __init__(self, norm: nn.LayerNorm):
        super().__init__(weight=norm.weight, bias=norm.bias)
        self.eps = norm.eps


class FusedHead(_Float32):
    """A 1x1 convolution to one channel; in bfloat16 its result would have steps."""

    def __init__(self, convolution: nn.Conv2d):
        super().__init__(weight=convolution.weight, bias=convolution.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) to (B, 1, H, W) float32."""
        return weighted_sum(_pixels(x), self.weight, self.bias)[:, None]


class FusedModulation(nn.Module):
    """``Modulation`` in one pass, in the memory of the map."""

    def forward(self, x: torch.Tensor, uncertainty: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) and (B, 1, H, W) to (B, C, H, W)."""
        return modulate(x, uncertainty)


class FusedResidualBlock(nn.Module):
    """``ResidualBlock``: norm, activation and residual connection in one pass.

    The convolution gives channels with the mean of each pixel already taken off, as the norm
    would do: its weights have mean zero over the output channels.
    """

    def __init__(self, block: ResidualBlock):
        super().__init__()
        self.convolution = _of_padded(block.convolution)
        for parameter in self.convolution.parameters():
            centred = parameter.double() - parameter.double().mean(0)
            parameter.data = centred.float()
        self.shortcut = block.shortcut
        self.norm = _Norm(block.norm)

    def forward(self, x: torch.Tensor, padding_px: int) -> torch.Tensor:
        """(B, C_in, H, W + 2), padded by one pixel, to (B, C_out, H, W + 2 padding).

        The result may take the memory of ``x``.
        """
        convolved, shortcut = _pixels(self.convolution(x)), _pixels(self.shortcut(x))
        return _channels_first(scale_leaky_add(convolved, shortcut, self.norm, padding_px))


class FusedEncoder(nn.Module):
    """``Encoder``, whose blocks call the convolution before them.

    What a caller hands to a block stays in memory until the block is done.
    """

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.stem = encoder.stem
        self.blocks = encoder.blocks
        self.downsampling = encoder.downsampling

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """As the encoder's."""
        x, skips = image, []
        *before, last = self.stem, *self.downsampling
        for convolution, block in zip(before, self.blocks, strict=True):
            x = block(x, convolution)
            skips.append(x)
        return last(x), skips


class FusedHybridPerceptionBlock(nn.Module):
    """``HybridPerceptionBlock``: maps stay padded from one convolution to the next."""

    def __init__(self, block: HybridPerceptionBlock):
        super().__init__()
        self.residual_1 = FusedResidualBlock(block.residual_1)
        self.residual_2 = FusedResidualBlock(block.residual_2)
        self.mixer, self.padding_px = block.mixer, 0
        if FusedMixer.suits(block.mixer):
            self.mixer = FusedMixer(block.mixer)
            self.padding_px = self.mixer.padding_px

    def forward(self, x: torch.Tensor, before: nn.Module) -> torch.Tensor:
        """What ``before`` makes of ``x`` is (B, C, H, W), and so is the result."""
        # What a name no longer holds is free while the mixer, which needs most, runs.
        x = functional.pad(before(x), (1, 1))
        x = self.residual_1(x, 1)
        x = self.residual_2(x, self.padding_px)
        return self.mixer(x)


def _of_padded(convolution: nn.Conv2d) -> nn.Conv2d:
    """The convolution of maps that have their zeros to the left and right already.

    oneDNN takes up to three times as long where it has to pad rows itself.
    """
    convolution.padding = (convolution.padding[0], 0)
    return convolution


class FusedMixer(nn.Module):
    """DS-Mamba, equations (4) to (7).

    The 1x1 convolution of equation (5) is part of each of the dilated ones, of which only the sum
    is formed; the weights of the first norm are part of the projections behind it; the projection
    at the end of the Mamba block and the 1x1 convolution of equation (7) are one. Projections are
    1x1 convolutions, which the CPU computes faster than the same matrix products.

    Attributes:
        padding_px: columns of zeros to the left and right that maps come with.
    """

    @staticmethod
    def suits(mixer: nn.Module) -> bool:
        if not isinstance(mixer, Mixer) or mixer.mixer != "dual_scale":
            return False
        return mixer.mamba.ss2d.skip.shape[1] % CHANNELS == 0

    def __init__(self, mixer: Mixer):
        super().__init__()
        mamba, large = mixer.mamba, mixer.large_scale
        channels = mixer.output.out_channels
        reductions = large.reduction.weight.double().split(channels, dim=1)
        self.dilated = nn.ModuleList()
        bias = large.reduction.bias.double()
        for convolution, reduction in zip(large.convolutions, reductions, strict=True):
            reduction = reduction[:, :, 0, 0]
            weight, own_bias = convolution.weight.double(), convolution.bias.double()
            convolution.weight.data = torch.einsum("oc,cikl->oikl", reduction, weight).float()
            convolution.bias.data = (reduction @ own_bias + bias).float()
            bias = torch.zeros_like(bias)
            self.dilated.append(_of_padded(convolution))
        self.padding_px = max(convolution.dilation[1] for convolution in self.dilated)
        norm = mamba.input_norm
        self.epsilon = norm.eps
        self.main_projection = _after_norm(mamba.main_projection, norm)
        self.gate_projection = _after_norm(mamba.gate_projection, norm)
        depthwise = mamba.depthwise
        self.depthwise = _Float32(weight=depthwise.weight.flatten(1).t(), bias=depthwise.bias)
        ss2d = mamba.ss2d
        self.parameter_projection = _projection(ss2d.parameter_projection.weight)
        self.scan = _Float32(
            delta_weight=ss2d.delta_weight,
            delta_bias=ss2d.delta_bias,
            a=-torch.exp(ss2d.log_decay_rate.float()),
            skip=ss2d.skip,
        )
        self.output_norm = _Norm(mamba.output_norm)
        last, output = mamba.output_projection, mixer.output
        matrix = output.weight.double()[:, :, 0, 0]
        self.output = _projection(
            matrix @ last.weight.double(), matrix @ last.bias.double() + output.bias.double()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W + 2 padding) to (B, C, H, W)."""
        parts = [_pixels(convolution(x)) for convolution in self.dilated]
        x = _pixels(x)
        normed = _channels_first(join_norm(x, parts, self.padding_px, self.epsilon))
        del parts
        gate, main = self.gate_projection(normed), self.main_projection(normed)
        del normed
        main = depthwise_silu(_pixels(main), self.depthwise)
        parameters = _pixels(self.parameter_projection(_channels_first(main)))
        scan = self.scan
        terms = cpu_scan.forward_terms(
            main, parameters.unflatten(3, (4, -1)), scan.delta_weight, scan.delta_bias, scan.a,
            scan.skip,
        )  # fmt: skip
        del main, parameters
        mixed = norm_gate(terms, _pixels(gate), self.output_norm)
        del terms, gate
        out = self.output(_channels_first(mixed))
        return _channels_first(add(x, _pixels(out)))


def _projection(weight: torch.Tensor, bias: torch.Tensor | None = None) -> nn.Conv2d:
    """weight x + bias of every pixel."""
    convolution = nn.Conv2d(weight.shape[1], weight.shape[0], 1, bias=bias is not None)
    convolution.weight.data = weight.detach().float()[:, :, None, None].clone()
    if bias is not None:
        convolution.bias.data = bias.detach().float().clone()
    return convolution


def _after_norm(projection: nn.Linear, norm: nn.LayerNorm) -> nn.Conv2d:
    """The projection of what the norm gives, from what the norm's weights have not touched yet."""
    weight = projection.weight.double()
    return _projection(
        weight * norm.weight.double(), projection.bias.double() + weight @ norm.bias.double()
    )


class FusedDecoderLevel(nn.Module):
    """``DecoderLevel``: a 1x1 convolution whose result is enlarged and joined in one pass."""

    def __init__(self, level: DecoderLevel):
        super().__init__()
        upsampling = level.upsampling
        if isinstance(upsampling, BilinearUpsampling):
            self.upsampling = upsampling.projection
            self.join = join_enlarged
        else:
            # (C_in, C_out, 2, 2) to (2, 2, C_out, C_in).
            weight = upsampling.weight.detach().permute(2, 3, 1, 0)
            self.upsampling = _projection(
                weight.reshape(-1, upsampling.in_channels), upsampling.bias.repeat(4)
            )
            self.join = join_upsampled
        self.residual_1 = FusedResidualBlock(level.residual_1)
        self.residual_2 = FusedResidualBlock(level.residual_2)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """(B, C_in, h, w) and (B, C_out, 2h, 2w) to (B, C_out, 2h, 2w)."""
        joined = self.join(_pixels(self.upsampling(x)), _pixels(skip), 1)
        x = self.residual_1(_channels_first(joined), 1)
        del joined
        return self.residual_2(x, 0)
