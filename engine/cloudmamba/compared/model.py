"""A compared network as a model: its configuration, and images of any size and bands in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.compared.boundary_nets import BoundaryNets
from cloudmamba.compared.cloud_unet import CloudUNet
from cloudmamba.compared.cloudsegnet import CloudSegNet
from cloudmamba.compared.dcnet import DCNet
from cloudmamba.compared.deeplabv3plus import DeepLabV3Plus
from cloudmamba.compared.interface import DEFAULT, SegmentationNetwork
from cloudmamba.compared.umamba import UMamba
from cloudmamba.compared.unet import UNet
from cloudmamba.compared.vm_unet import VMUNet
from cloudmamba.errors import ModelError
from cloudmamba.network.allowed_values import Name, Number, OneOf, Several, problem_of, setting
from cloudmamba.network.configuration import from_values
from cloudmamba.network.model import Stages

# In the order of the paper's Table I.
NETWORKS: Mapping[str, type[SegmentationNetwork]] = {
    "unet": UNet,
    "deeplabv3plus": DeepLabV3Plus,
    "dcnet": DCNet,
    "boundarynets": BoundaryNets,
    "cloudunet": CloudUNet,
    "cloudsegnet": CloudSegNet,
    "umamba": UMamba,
    "vmunet": VMUNet,
}


@dataclass(frozen=True)
class ComparedConfiguration:
    """Which network, and what a model file says of it besides.

    Attributes:
        network: a key of ``NETWORKS``.
        variant: one of that network's.
        bands: the image's bands in the order of its channels.
        coarse_threshold: a pixel is cloud where the probability is above it.
        refined_threshold, acceptance_threshold: as of CloudMamba without its second stage. At the
            default of 1 all is accepted, and the refined threshold is without effect.
        temperature: divides the logit of the delivered probability.
    """

    network: str = setting("unet", OneOf(tuple(NETWORKS)))
    variant: str = setting(DEFAULT, Name(32))
    bands: tuple[str, ...] = setting(
        ("blue", "green", "red", "nir"), Several(Name(32), 1, 32, differ=True)
    )
    coarse_threshold: float = setting(0.5, Number(0, 1))
    refined_threshold: float = setting(0.5, Number(0, 1))
    acceptance_threshold: float = setting(1.0, Number(0, 1))
    temperature: float = setting(1.0, Number(1e-3, 1e3))

    # None of them has a second stage, the output of shadow, or two kinds of outlines.
    refinement: ClassVar[bool] = False
    shadow: ClassVar[bool] = False
    fine_outlines: ClassVar[bool] = False

    def __post_init__(self):
        if problem := problem_of(self):
            raise ModelError(f"The model setting {problem}.")
        if self.variant not in (variants := NETWORKS[self.network].variants):
            raise ModelError(
                f"The network '{self.network}' has no variant '{self.variant}': use "
                f"{', '.join(variants)}."
            )

    @classmethod
    def from_dict(cls, values: dict) -> ComparedConfiguration:
        """From plain values, as in JSON or TOML. Raises ModelError on unknown or wrong ones."""
        return from_values(cls, values)


class ComparedModel(nn.Module):
    """A compared network that takes and gives what CloudMamba does, in a single stage."""

    def __init__(self, configuration: ComparedConfiguration):
        super().__init__()
        self.configuration = configuration
        # What stands in for a band that the image lacks, as in CloudMamba.
        self.absent_band = nn.Parameter(torch.full((len(configuration.bands),), -0.5))
        network = NETWORKS[configuration.network]
        self.network = network(len(configuration.bands), **network.variants[configuration.variant])

    @property
    def multiple(self) -> int:
        """The network works on sizes that are multiples of this; others are padded inside."""
        return self.network.multiple

    def forward(
        self,
        image: torch.Tensor,
        available_bands: torch.Tensor | None = None,
        refine: bool | str = False,
        acceptance_threshold: float | None = None,
        fineness: torch.Tensor | None = None,
    ) -> Stages:
        """Segment images of any height and width.

        Args:
            image: (B, bands, H, W) float32, reflectance about 0..1, finite.
            available_bands: (B, bands) bool, False for a band the image lacks (its values are
                ignored); None means that all are there.
            refine: as of CloudMamba, without effect.
            acceptance_threshold: gamma; None for that of the configuration.
            fineness: as of CloudMamba, without effect.
        """
        if acceptance_threshold is None:
            acceptance_threshold = self.configuration.acceptance_threshold
        if available_bands is not None:
            absent = self.absent_band.to(image.dtype)[None, :, None, None]
            image = torch.where(available_bands[:, :, None, None], image, absent)
        height, width = image.shape[-2:]
        padded = self._pad(image)
        # With gradients oneDNN (PyTorch 2.13, AVX2 and AMX) spoils memory in this layout.
        if not torch.is_grad_enabled():
            padded = padded.contiguous(memory_format=torch.channels_last)

        def without_padding(logits: torch.Tensor) -> torch.Tensor:
            step = padded.shape[-2] // logits.shape[-2]
            return logits[..., : math.ceil(height / step), : math.ceil(width / step)]

        logits, *sides = map(without_padding, self.network(padded))
        return Stages(
            coarse_logits=logits,
            refined_logits=None,
            refined=torch.zeros(len(image), dtype=torch.bool, device=image.device),
            level_logits=tuple(sides),
            acceptance_threshold=acceptance_threshold,
        )

    def _pad(self, image: torch.Tensor) -> torch.Tensor:
        """Repeat the last row and column up to a size that the network takes."""
        bottom, right = (
            max(size + -size % self.multiple, self.network.smallest_px) - size
            for size in image.shape[-2:]
        )
        if not (bottom or right):
            return image
        return functional.pad(image, (0, right, 0, bottom), mode="replicate")
