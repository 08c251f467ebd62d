"""The base segmentation network (Fig. 1b): encoder and decoder."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.network.blocks import HybridPerceptionBlock, ResidualBlock, in_float32

UPSAMPLINGS = ("transposed", "bilinear")


# What a band is at least taken to reflect, so that the noise of dark ground makes no ratio; how much
# a ratio counts; and where its scale ends, which is where a band is missing, too.
DARKEST_REFLECTANCE, RATIO_GAIN, RATIO_LIMIT = 0.03, 8.0, 2.0


def band_ratios_of(image: torch.Tensor) -> torch.Tensor:
    """How the bands of each pixel compare, whatever its brightness.

    Ice and cloud, both white, differ by a few percent in the ratios of bands, which convolutions of
    the bands themselves can hardly tell from a few percent of brightness.

    Args:
        image: (B, bands, H, W) reflectance.

    Returns:
        (B, bands - 1, H, W), eight times the logarithm of each band over the next, from -2 to 2.
    """
    logarithms = image.clamp(min=DARKEST_REFLECTANCE).log()
    ratios = RATIO_GAIN * (logarithms[:, :-1] - logarithms[:, 1:])
    return ratios.clamp(-RATIO_LIMIT, RATIO_LIMIT)


class Stem(nn.Conv2d):
    """The convolution of the image.

    Args:
        bands: channels of the image.
        channels: of the result.
        stride: 1 or 2.
        band_ratios: sees the ratios of neighbouring bands beside the bands.
    """

    def __init__(self, bands: int, channels: int, stride: int, band_ratios: bool):
        # Of an even kernel the middle is that of the pixels which the stride puts together.
        kernel = 3 if stride == 1 else 2 * stride
        seen = 2 * bands - 1 if band_ratios else bands
        super().__init__(seen, channels, kernel, stride=stride, padding=(kernel - stride + 1) // 2)
        self.band_ratios = band_ratios

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(B, bands, H, W) to (B, channels, H / stride, W / stride)."""
        if self.band_ratios:
            image = torch.cat([image, band_ratios_of(image)], 1)
        return super().forward(image)


class Encoder(nn.Module):
    """Stem and L levels of hybrid perception block and stride-2 convolution.

    Equations (10) and (11). The paper's indices of encoder and decoder fit each other only
    if the skip connection of level l is the block's output at the level's full resolution,
    so that is what leaves the encoder.

    Args:
        bands: channels of the image.
        widths: C_1 ... C_L.
        mixers: one mixer a level.
        stem_stride: 1 (the paper), or 2: all levels then work at half the resolution.
        band_ratios: the stem sees the ratios of neighbouring bands, too.
    """

    def __init__(
        self,
        bands: int,
        widths: Sequence[int],
        mixers: Sequence[nn.Module],
        stem_stride: int = 1,
        band_ratios: bool = False,
    ):
        super().__init__()
        self.stem = Stem(bands, widths[0], stem_stride, band_ratios)
        self.blocks = nn.ModuleList(
            HybridPerceptionBlock(width, mixer) for width, mixer in zip(widths, mixers, strict=True)
        )
        next_widths = (*widths[1:], widths[-1])
        self.downsampling = nn.ModuleList(
            nn.Conv2d(width, following, 3, stride=2, padding=1)
            for width, following in zip(widths, next_widths, strict=True)
        )

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """(B, bands, H, W), H and W multiples of s 2^L with s the stride of the stem.

        Returns F_L (B, C_L, H / s2^L, W / s2^L) and E_1 ... E_L, E_l of shape
        (B, C_l, H / s2^(l-1), W / s2^(l-1)).
        """
        x = in_float32(self.stem, image)
        skips = []
        for block, downsample in zip(self.blocks, self.downsampling, strict=True):
            x = block(x)
            skips.append(x)
            x = downsample(x)
        return x, skips


class BilinearUpsampling(nn.Module):
    """1x1 convolution, then bilinear enlargement: neighbours overlap, so no lattice can arise.

    Both are linear and the weights of the enlargement sum to one, so the order does not matter,
    and the convolution has a quarter of the pixels to compute.
    """

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__()
        self.projection = nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C_in, h, w) to (B, C_out, 2h, 2w)."""
        return enlarged(self.projection(x), 2)


def enlarged(x: torch.Tensor, factor: int) -> torch.Tensor:
    """A map at ``factor`` times its size, bilinear between the centres of pixels."""
    if factor == 1:
        return x
    return functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class DecoderLevel(nn.Module):
    """Enlargement, skip connection, two residual blocks (equation 12).

    Args:
        upsampling: ``transposed`` convolution of 2x2 with stride 2 (the paper) or ``bilinear``.
    """

    def __init__(self, channels_in: int, channels_out: int, upsampling: str = "transposed"):
        super().__init__()
        self.upsampling: nn.Module
        if upsampling == "transposed":
            self.upsampling = nn.ConvTranspose2d(channels_in, channels_out, 2, stride=2)
        else:
            self.upsampling = BilinearUpsampling(channels_in, channels_out)
        self.residual_1 = ResidualBlock(2 * channels_out, channels_out)
        self.residual_2 = ResidualBlock(channels_out, channels_out)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """(B, C_in, h, w) and (B, C_out, 2h, 2w) to (B, C_out, 2h, 2w)."""
        return self.residual_2(self.residual_1(torch.cat([self.upsampling(x), skip], 1)))


class Decoder(nn.Module):
    """L decoder levels; the refiner is a second network of this architecture."""

    def __init__(self, widths: Sequence[int], upsampling: str = "transposed"):
        super().__init__()
        above = (*widths[1:], widths[-1])
        self.levels = nn.ModuleList(
            DecoderLevel(channels_in, channels_out, upsampling)
            for channels_in, channels_out in zip(above, widths, strict=True)
        )

    def forward(self, x: torch.Tensor, skips: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """F_L and E_1 ... E_L to F_dec^1 ... F_dec^L; F_dec^l has the shape of E_l."""
        features = []
        for level, skip in zip(reversed(self.levels), reversed(skips), strict=True):
            x = level(x, skip)
            features.append(x)
        return features[::-1]
