"""What the compared networks have in common, so that one recipe trains and one command runs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import nn


class SegmentationNetwork(nn.Module):
    """A network that gives logits of cloud, and in training perhaps some of its inner levels too.

    A subclass takes the number of bands, then its settings by name.

    Attributes:
        title: as the paper's Table I has it.
        settings: the values that each setting may take, the usual one first.
        multiple: height and width of the images must be multiples of it.
        smallest_px: and at least this.
        side_weights: of the losses of the side outputs, in their order; the logits weigh 1.
    """

    title: ClassVar[str]
    settings: ClassVar[Mapping[str, tuple[int | str, ...]]] = {}
    multiple: int
    smallest_px: int = 1
    side_weights: tuple[float, ...] = ()

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(B, bands, H, W) to the logits (B, 1, H, W); in training the side outputs follow.

        Side outputs are (B, 1, H / s, W / s), s whole, one for each of ``side_weights``.
        """
        raise NotImplementedError
