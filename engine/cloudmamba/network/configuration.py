"""Everything that shapes the network, and how it decides."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from cloudmamba.errors import ModelError
from cloudmamba.network.allowed_values import (
    Flag,
    Name,
    Number,
    OneOf,
    Several,
    Whole,
    problem_of,
    setting,
)
from cloudmamba.network.blocks import MIXERS
from cloudmamba.network.segmentation import UPSAMPLINGS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Configuration = TypeVar("Configuration", bound="DataclassInstance")


@dataclass(frozen=True)
class ModelConfiguration:
    """Everything that shapes the network; the ablations of Tables II and III are values of it.

    Attributes:
        bands: the image's bands in the order of its channels.
        widths: C_1 ... C_L, channels a level; their number is L.
        state_size: N of the selective scan.
        expansion: inner channels of a Mamba block over its input channels. The Mamba block
            of DS-Mamba has 2 C input channels.
        mixer: ``dual_scale`` (the paper), ``dual_scale_separate``, ``mamba`` or ``none``.
        dilations: of the large-scale branch.
        refinement: False is the single-stage network.
        stem_stride: 1 (the paper), or 2: the first stage works at half the resolution, and the
            second, which goes up to the image's own, refines it.
        band_ratios: the stem sees the ratios of neighbouring bands beside the bands (the paper: no).
        upsampling: of the decoders, ``transposed`` convolution (the paper) or ``bilinear``.
        detail_width: channels of the second stage at full resolution, where the stem has stride 2.
        shadow: a second output of the first stage, the probability of cloud shadow.
        fine_outlines: what the first stage says depends on whether clouds are to be outlined as people
            do in coarse images or in fine ones, where they go further out (the paper: no).
        coarse_threshold, refined_threshold, acceptance_threshold: tau_c, tau_r and gamma; a gamma
            of 1 leaves the second stage off.
        temperature: divides the logit of the delivered probability (``calibrate_probability``);
            the mask does not depend on it. 1 delivers the fused probability as it is.
    """

    bands: tuple[str, ...] = setting(
        ("blue", "green", "red", "nir"), Several(Name(32), 1, 32, differ=True)
    )
    widths: tuple[int, ...] = setting((16, 32, 64, 128, 128), Several(Whole(1, 2048), 1, 8))
    state_size: int = setting(4, Whole(1, 64))
    expansion: float = setting(1.0, Number(1 / 16, 8))
    mixer: str = setting("dual_scale", OneOf(MIXERS))
    dilations: tuple[int, int, int] = setting((1, 2, 4), Several(Whole(1, 64), 3, 3))
    refinement: bool = setting(True, Flag())
    stem_stride: int = setting(1, Whole(1, 2))
    band_ratios: bool = setting(False, Flag())
    upsampling: str = setting("transposed", OneOf(UPSAMPLINGS))
    detail_width: int = setting(16, Whole(1, 2048))
    shadow: bool = setting(False, Flag())
    fine_outlines: bool = setting(False, Flag())
    coarse_threshold: float = setting(0.5, Number(0, 1))
    refined_threshold: float = setting(0.5, Number(0, 1))
    acceptance_threshold: float = setting(0.4, Number(0, 1))
    temperature: float = setting(1.0, Number(1e-3, 1e3))

    def __post_init__(self):
        if problem := problem_of(self):
            raise ModelError(f"The model setting {problem}.")
        if round(self.expansion * min(self.widths)) < 1:
            raise ModelError("The expansion leaves a level without channels: choose a larger one.")

    @classmethod
    def from_dict(cls, values: dict) -> ModelConfiguration:
        """From plain values, as in JSON or TOML. Raises ModelError on unknown or wrong ones."""
        return from_values(cls, values)


def from_values(kind: type[Configuration], values: dict[str, Any]) -> Configuration:
    """A configuration of this kind. Raises ModelError on unknown or wrong values."""
    known = {field.name for field in dataclasses.fields(kind)}
    if unknown := set(values) - known:
        raise ModelError(f"Unknown model setting: {', '.join(sorted(unknown))}.")
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
