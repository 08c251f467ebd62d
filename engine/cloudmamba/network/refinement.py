"""Uncertainty-guided refinement (section III.D): uncertainty, acceptance, refiner, fusion."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.network.blocks import in_float32
from cloudmamba.network.segmentation import Decoder


def uncertainty_of(probability: torch.Tensor) -> torch.Tensor:
    """U = 1 - 2 |P - 0.5|, in 0..1 and greatest where P is one half (equation 14)."""
    return 1 - 2 * (probability - 0.5).abs()


def accepted_where(uncertainty: torch.Tensor, acceptance_threshold: float) -> torch.Tensor:
    """M = (U < gamma), true where the coarse prediction stands (equation 15).

    The paper has gamma between 0 and 1. A gamma of 1 accepts every pixel, those with U = 1 too,
    and so leaves the second stage off.
    """
    return (uncertainty < acceptance_threshold) | (acceptance_threshold == 1)


def decision_margin(
    coarse_probability: torch.Tensor,
    refined_probability: torch.Tensor,
    coarse_threshold: float,
    refined_threshold: float,
    acceptance_threshold: float,
) -> torch.Tensor:
    """M (Pc - tau_c) + (1 - M) (Pr - tau_r): greater than zero exactly where Y of equation 22 is 1."""
    accepted = accepted_where(uncertainty_of(coarse_probability), acceptance_threshold)
    return torch.where(
        accepted, coarse_probability - coarse_threshold, refined_probability - refined_threshold
    )


def fuse_probability(
    coarse_probability: torch.Tensor,
    refined_probability: torch.Tensor,
    acceptance_threshold: float,
) -> torch.Tensor:
    """M Pc + (1 - M) Pr, the probability behind the delivered mask."""
    accepted = accepted_where(uncertainty_of(coarse_probability), acceptance_threshold)
    return torch.where(accepted, coarse_probability, refined_probability)


def calibrate_probability(probability: torch.Tensor, temperature: float) -> torch.Tensor:
    """sigmoid(logit(P) / T), temperature scaling; the very same tensor for a temperature of 1.

    One half stays one half, 0 and 1 stay, and so does the order of all values.
    """
    if temperature == 1:
        return probability
    return (probability.logit() / temperature).sigmoid()


def _resize(tensor: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    return functional.interpolate(tensor, tuple(size), mode="bilinear", align_corners=False)


class Modulation(nn.Module):
    """A map times U, which weighs what the first stage is unsure of (equations 17 and 18)."""

    def forward(self, x: torch.Tensor, uncertainty: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) and (B, 1, H, W) to (B, C, H, W)."""
        return x * uncertainty


class Refiner(nn.Module):
    """The second stage: aggregates and modulates features, then decodes again.

    Where the first stage works at half the resolution, this decoder goes one level further: a
    convolution of the image itself, modulated by U as the E_l are, is that level's skip.

    Args:
        widths: C_1 ... C_L of the base network.
        upsampling: as in ``DecoderLevel``.
        detail: bands and width of the further level; None where there is none.
    """

    def __init__(
        self,
        widths: Sequence[int],
        upsampling: str = "transposed",
        detail: tuple[int, int] | None = None,
    ):
        super().__init__()
        self.aggregation = nn.Conv2d(sum(widths), widths[-1], 1)
        self.detail = None
        if detail is not None:
            bands, width = detail
            self.detail = nn.Conv2d(bands, width, 3, padding=1)
            widths = (width, *widths)
        self.decoder = Decoder(widths, upsampling)
        self.head = nn.Conv2d(widths[0], 1, 1)
        self.modulation = Modulation()

    def forward(
        self,
        image: torch.Tensor,
        encoded: torch.Tensor,
        skips: Sequence[torch.Tensor],
        decoded: Sequence[torch.Tensor],
        uncertainty: torch.Tensor,
    ) -> torch.Tensor:
        """Logits of Pr (B, 1, H, W), equations (16) to (19).

        Args:
            image: (B, bands, H, W), padded as for the first stage.
            encoded: F_L, the input of the base decoder; gives the grid to aggregate on.
            skips: E_1 ... E_L.
            decoded: F_dec^1 ... F_dec^L.
            uncertainty: U (B, 1, H, W), without gradient.
        """
        grid = encoded.shape[-2:]
        aggregated = self.aggregation(torch.cat([_resize(f, grid) for f in decoded], 1))
        modulated = self.modulation(aggregated, _resize(uncertainty, grid))
        if self.detail is not None:
            skips = [in_float32(self.detail, image), *skips]
        modulated_skips = [
            self.modulation(skip, _resize(uncertainty, skip.shape[-2:])) for skip in skips
        ]
        return self.head(self.decoder(modulated, modulated_skips)[0])
