"""CloudMamba as a whole (Fig. 1a)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.network.blocks import Mixer
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.refinement import Refiner, accepted_where, uncertainty_of
from cloudmamba.network.segmentation import Decoder, Encoder, enlarged


@dataclass(frozen=True)
class Stages:
    """What the network says of an image, stage by stage (Figure 6 of the paper).

    Attributes:
        coarse_logits: (B, 1, H, W), logits of Pc.
        refined_logits: (B, 1, H, W), logits of Pr; equal to the coarse ones for images that
            were not refined, None if no refiner ran.
        refined: (B,) bool, which images were refined.
        level_logits: deep supervision, one (B, 1, h, w) a decoder level, finest first.
        acceptance_threshold: gamma.
        shadow_logits: (B, 1, H, W), logits of the probability of cloud shadow; None for networks
            without that output.
    """

    coarse_logits: torch.Tensor
    refined_logits: torch.Tensor | None
    refined: torch.Tensor
    level_logits: tuple[torch.Tensor, ...]
    acceptance_threshold: float
    shadow_logits: torch.Tensor | None = None

    @property
    def coarse_probability(self) -> torch.Tensor:
        """Pc (13)."""
        return self.coarse_logits.float().sigmoid()

    @property
    def refined_probability(self) -> torch.Tensor:
        """Pr (19); Pc where the refiner did not run."""
        if self.refined_logits is None:
            return self.coarse_probability
        return self.refined_logits.float().sigmoid()

    @property
    def shadow_probability(self) -> torch.Tensor | None:
        """Of cloud shadow; None for networks without that output."""
        return None if self.shadow_logits is None else self.shadow_logits.float().sigmoid()

    @property
    def uncertainty(self) -> torch.Tensor:
        """U (14)."""
        return uncertainty_of(self.coarse_probability)

    @property
    def accepted(self) -> torch.Tensor:
        """M (15)."""
        return accepted_where(self.uncertainty, self.acceptance_threshold)


class Features(NamedTuple):
    """What the first stage gives beside Pc; all but the last goes into the second.

    Attributes:
        image: as the network works on it, padded.
        encoded: F_L.
        skips: E_1 ... E_L.
        decoded: F_dec^1 ... F_dec^L.
        shadow_logits: of cloud shadow, at the resolution of F_dec^1; None without that output.
        fine_logits: what the outlines of fine images add to the logits of Pc, at the same
            resolution; None for networks that know one kind of outlines.
        is_recorded: whether these maps lie where a recording of the second stage reads them.
    """

    image: torch.Tensor
    encoded: torch.Tensor
    skips: list[torch.Tensor]
    decoded: list[torch.Tensor]
    shadow_logits: torch.Tensor | None
    fine_logits: torch.Tensor | None = None
    is_recorded: bool = False


class TwoStages(Protocol):
    """What computes the two stages: the network, or something that does it faster."""

    def segment(self, image: torch.Tensor) -> tuple[Features, torch.Tensor]:
        """The first stage: its maps, and the logits of Pc, of padded images."""

    def refine(self, features: Features, uncertainty: torch.Tensor) -> torch.Tensor:
        """The second stage: the logits of Pr."""


class CloudMamba(nn.Module):
    """The two-stage network."""

    def __init__(self, configuration: ModelConfiguration):
        super().__init__()
        self.configuration = configuration
        widths = configuration.widths
        mixers = [
            nn.Identity()
            if configuration.mixer == "none"
            else Mixer(
                width,
                configuration.mixer,
                configuration.dilations,
                configuration.expansion,
                configuration.state_size,
            )
            for width in widths
        ]
        # What stands in for a band that the image lacks; learned, so that "absent" cannot be
        # mistaken for "dark".
        self.absent_band = nn.Parameter(torch.full((len(configuration.bands),), -0.5))
        bands, stride = len(configuration.bands), configuration.stem_stride
        upsampling = configuration.upsampling
        self.encoder = Encoder(bands, widths, mixers, stride, configuration.band_ratios)
        self.decoder = Decoder(widths, upsampling)
        self.level_heads = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in widths)
        self.head = nn.Conv2d(widths[0], 1, 1)
        self.shadow_head = nn.Conv2d(widths[0], 1, 1) if configuration.shadow else None
        # What the outlines of fine images add to the logits of these heads; nothing at first.
        self.fine_head = self.fine_level_heads = None
        if configuration.fine_outlines:
            self.fine_head = _head_of_nothing(widths[0])
            self.fine_level_heads = nn.ModuleList(_head_of_nothing(width) for width in widths)
        detail = None if stride == 1 else (bands, configuration.detail_width)
        self.refiner = Refiner(widths, upsampling, detail) if configuration.refinement else None

    @property
    def multiple(self) -> int:
        """The network works on sizes that are multiples of this; others are padded inside."""
        return self.configuration.stem_stride * 2 ** len(self.configuration.widths)

    def forward(
        self,
        image: torch.Tensor,
        available_bands: torch.Tensor | None = None,
        refine: bool | str = True,
        acceptance_threshold: float | None = None,
        computed_by: TwoStages | None = None,
        fineness: torch.Tensor | None = None,
    ) -> Stages:
        """Segment images of any height and width.

        Args:
            image: (B, bands, H, W) float32, reflectance about 0..1, finite.
            available_bands: (B, bands) bool, False for a band the image lacks (its values are
                ignored); None means that all are there.
            refine: run the second stage always (True), never (False), or on those images
                that have a pixel that is not accepted (``"where_needed"``): on the others the
                refiner cannot change the mask.
            acceptance_threshold: gamma; None for that of the configuration.
            computed_by: what computes the stages in place of the network itself.
            fineness: (B,) in 0..1, which outlines are wanted, from those of coarse images (0) to
                those of fine ones (1; ``outlines.py``); None for the mean of both. Networks that
                know one kind of outlines give these.
        """
        stages = computed_by or self
        gamma = acceptance_threshold
        if gamma is None:
            gamma = self.configuration.acceptance_threshold
        if available_bands is not None:
            absent = self.absent_band.to(image.dtype)[None, :, None, None]
            image = torch.where(available_bands[:, :, None, None], image, absent)
        height, width = image.shape[-2:]
        image = self._pad(image).contiguous(memory_format=torch.channels_last)
        features, padded_coarse = stages.segment(image)
        share = _share_of_fine_outlines(fineness, image)
        if features.fine_logits is not None:
            fine_logits = enlarged(features.fine_logits, self.configuration.stem_stride)
            padded_coarse = padded_coarse + share * fine_logits
        coarse_logits = padded_coarse[..., :height, :width]
        shadow_logits = features.shadow_logits
        if shadow_logits is not None:
            shadow_logits = enlarged(shadow_logits, self.configuration.stem_stride)
            shadow_logits = shadow_logits[..., :height, :width]
        level_logits: tuple[torch.Tensor, ...] = ()
        if self.training:
            level_logits = tuple(
                head(level) for head, level in zip(self.level_heads, features.decoded, strict=True)
            )
            if self.fine_level_heads is not None:
                level_logits = tuple(
                    logits + share * head(level)
                    for logits, head, level in zip(
                        level_logits, self.fine_level_heads, features.decoded, strict=True
                    )
                )

        uncertainty = uncertainty_of(padded_coarse.detach().float().sigmoid())
        refined = self._images_to_refine(uncertainty[..., :height, :width], refine, gamma)
        refined_logits = None
        if bool(refined.all()):
            refined_logits = stages.refine(features, uncertainty)[..., :height, :width]
        elif bool(refined.any()):
            some = stages.refine(_some_of(features, refined), uncertainty[refined])
            some = some[..., :height, :width]
            refined_logits = coarse_logits.clone()
            refined_logits[refined] = some.to(refined_logits.dtype)
        return Stages(
            coarse_logits,
            refined_logits,
            refined,
            level_logits,
            gamma,
            shadow_logits,
        )

    def segment(self, image: torch.Tensor) -> tuple[Features, torch.Tensor]:
        """The first stage: its maps, and the logits of Pc, of padded images."""
        encoded, skips = self.encoder(image)
        decoded = self.decoder(encoded, skips)
        coarse = enlarged(self.head(decoded[0]), self.configuration.stem_stride)
        shadow = None if self.shadow_head is None else self.shadow_head(decoded[0])
        fine = None if self.fine_head is None else self.fine_head(decoded[0])
        return Features(image, encoded, skips, decoded, shadow, fine), coarse

    def refine(self, features: Features, uncertainty: torch.Tensor) -> torch.Tensor:
        """The second stage: the logits of Pr."""
        return self.refiner(  # type: ignore[misc]  # asked of networks that have one
            features.image, features.encoded, features.skips, features.decoded, uncertainty
        )

    def _images_to_refine(
        self, uncertainty: torch.Tensor, refine: bool | str, acceptance_threshold: float
    ) -> torch.Tensor:
        """(B,) bool. U is taken without gradient and inside the image, not in its padding."""
        if refine == "where_needed" and self.refiner is not None:
            accepted = accepted_where(uncertainty, acceptance_threshold)
            return ~accepted.flatten(1).all(1)
        wanted = self.refiner is not None and refine is True
        return torch.full((len(uncertainty),), wanted, device=uncertainty.device)

    def _pad(self, image: torch.Tensor) -> torch.Tensor:
        """Repeat the last row and column up to a multiple of ``self.multiple``."""
        bottom, right = (-size % self.multiple for size in image.shape[-2:])
        if not (bottom or right):
            return image
        return functional.pad(image, (0, right, 0, bottom), mode="replicate")


def _head_of_nothing(width: int) -> nn.Conv2d:
    head = nn.Conv2d(width, 1, 1)
    for parameter in head.parameters():
        nn.init.zeros_(parameter)
    return head


def _share_of_fine_outlines(fineness: torch.Tensor | None, image: torch.Tensor) -> torch.Tensor:
    """(B, 1, 1, 1)."""
    if fineness is None:
        fineness = torch.full((len(image),), 0.5)
    return fineness.to(image)[:, None, None, None]


def _some_of(features: Features, images: torch.Tensor) -> Features:
    """Those of the images of a batch where ``images`` (B,) is true, for the second stage."""
    return Features(
        features.image[images],
        features.encoded[images],
        [skip[images] for skip in features.skips],
        [level[images] for level in features.decoded],
        shadow_logits=None,
    )
