"""What the compared networks have in common, so that one recipe trains and one command runs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import nn

DEFAULT = "default"


class SegmentationNetwork(nn.Module):
    """A network that gives logits of cloud, and in training perhaps some of its inner levels too.

    A subclass takes the number of bands, then what its variants say.

    Attributes:
        title: as the paper's Table I has it.
        variants: by name, the further arguments of the class. All have ``default``.
        multiple: height and width of the images must be multiples of it.
        smallest_px: and at least this.
        side_weights: of the losses of the side outputs, in their order; the logits weigh 1.
    """

    title: ClassVar[str]
    variants: ClassVar[Mapping[str, Mapping[str, int | str]]] = {DEFAULT: {}}
    multiple: int
    smallest_px: int = 1
    side_weights: tuple[float, ...] = ()

    @classmethod
    def variant_for(cls, crop_px: int) -> str:
        """The variant that its authors would train on crops of so many pixels."""
        return DEFAULT

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(B, bands, H, W) to the logits (B, 1, H, W); in training the side outputs follow.

        Side outputs are (B, 1, H / s, W / s), s whole, one for each of ``side_weights``.
        """
        raise NotImplementedError
