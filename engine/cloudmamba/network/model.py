"""CloudMamba as a whole (Fig. 1a), its configuration, and its weights on disk."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import struct
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn
from torch.nn import functional

from cloudmamba.atomic_files import write_bytes
from cloudmamba.errors import ModelError
from cloudmamba.file_names import problem_of_name
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
from cloudmamba.network.blocks import MIXERS, Mixer
from cloudmamba.network.refinement import Refiner, accepted_where, uncertainty_of
from cloudmamba.network.segmentation import UPSAMPLINGS, Decoder, Encoder, enlarged

if TYPE_CHECKING:
    from cloudmamba.compared import ComparedConfiguration, ComparedModel

DEFAULT_MODEL = "cloudmamba-base"
FORMAT = "cloudmamba-model-1"
CARD_KEYS = ("name", "version", "trained_on", "licence")
WEIGHTS_SUFFIX = ".safetensors"
# As safetensors calls what save_model writes.
_WEIGHT_TYPES = ("F32", "F16")
# Of counters, such as that of the batches a norm has seen.
_COUNTER_TYPE = "I64"


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
        upsampling: of the decoders, ``transposed`` convolution (the paper) or ``bilinear``.
        detail_width: channels of the second stage at full resolution, where the stem has stride 2.
        shadow: a second output of the first stage, the probability of cloud shadow.
        coarse_threshold, refined_threshold, acceptance_threshold: tau_c, tau_r and gamma.
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
    upsampling: str = setting("transposed", OneOf(UPSAMPLINGS))
    detail_width: int = setting(16, Whole(1, 2048))
    shadow: bool = setting(False, Flag())
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
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := set(values) - known:
            raise ModelError(f"Unknown model setting: {', '.join(sorted(unknown))}.")
        settings: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        return cls(**settings)


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
    """

    image: torch.Tensor
    encoded: torch.Tensor
    skips: list[torch.Tensor]
    decoded: list[torch.Tensor]
    shadow_logits: torch.Tensor | None


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
        self.encoder = Encoder(bands, widths, mixers, stride)
        self.decoder = Decoder(widths, upsampling)
        self.level_heads = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in widths)
        self.head = nn.Conv2d(widths[0], 1, 1)
        self.shadow_head = nn.Conv2d(widths[0], 1, 1) if configuration.shadow else None
        detail = None if stride == 1 else (bands, configuration.detail_width)
        self.refiner = Refiner(widths, upsampling, detail) if configuration.refinement else None

    @property
    def multiple(self) -> int:
        """The network works on sizes that are multiples of this; others are padded inside."""
        return self.configuration.stem_stride * 2 ** len(self.configuration.widths)

    def forward(
        self,
        image: torch.Tensor,
        present: torch.Tensor | None = None,
        refine: bool | str = True,
    ) -> Stages:
        """Segment images of any height and width.

        Args:
            image: (B, bands, H, W) float32, reflectance about 0..1, finite.
            present: (B, bands) bool, False for a band the image lacks (its values are
                ignored); None means that all are there.
            refine: run the second stage always (True), never (False), or on those images
                that have a pixel with U >= gamma (``"where_needed"``): on the others the
                refiner cannot change the mask.
        """
        if present is not None:
            absent = self.absent_band.to(image.dtype)[None, :, None, None]
            image = torch.where(present[:, :, None, None], image, absent)
        height, width = image.shape[-2:]
        image = self._pad(image).contiguous(memory_format=torch.channels_last)
        features, padded_coarse = self._segment(image)
        coarse_logits = padded_coarse[..., :height, :width]
        shadow_logits = features.shadow_logits
        if shadow_logits is not None:
            shadow_logits = enlarged(shadow_logits, self.configuration.stem_stride)
            shadow_logits = shadow_logits[..., :height, :width]
        level_logits = ()
        if self.training:
            level_logits = tuple(
                head(level) for head, level in zip(self.level_heads, features.decoded, strict=True)
            )

        uncertainty = uncertainty_of(padded_coarse.detach().float().sigmoid())
        refined = self._images_to_refine(uncertainty[..., :height, :width], refine)
        refined_logits = None
        if bool(refined.all()):
            refined_logits = self._refine(features, uncertainty)[..., :height, :width]
        elif bool(refined.any()):
            some = self._refine_some(features, uncertainty, refined)[..., :height, :width]
            refined_logits = coarse_logits.clone()
            refined_logits[refined] = some.to(refined_logits.dtype)
        return Stages(
            coarse_logits,
            refined_logits,
            refined,
            level_logits,
            self.configuration.acceptance_threshold,
            shadow_logits,
        )

    def _segment(self, image: torch.Tensor) -> tuple[Features, torch.Tensor]:
        """The first stage: its maps, and the logits of Pc, of padded images."""
        encoded, skips = self.encoder(image)
        decoded = self.decoder(encoded, skips)
        coarse = enlarged(self.head(decoded[0]), self.configuration.stem_stride)
        shadow = None if self.shadow_head is None else self.shadow_head(decoded[0])
        return Features(image, encoded, skips, decoded, shadow), coarse

    def _refine(self, features: Features, uncertainty: torch.Tensor) -> torch.Tensor:
        """The second stage: the logits of Pr."""
        return self.refiner(
            features.image, features.encoded, features.skips, features.decoded, uncertainty
        )

    def _refine_some(
        self, features: Features, uncertainty: torch.Tensor, images: torch.Tensor
    ) -> torch.Tensor:
        """The same of those images of the batch where ``images`` (B,) is true."""
        some = Features(
            features.image[images],
            features.encoded[images],
            [skip[images] for skip in features.skips],
            [level[images] for level in features.decoded],
            shadow_logits=None,
        )
        return self._refine(some, uncertainty[images])

    def _images_to_refine(self, uncertainty: torch.Tensor, refine: bool | str) -> torch.Tensor:
        """(B,) bool. U is taken without gradient and inside the image, not in its padding."""
        if refine == "where_needed" and self.refiner is not None:
            accepted = accepted_where(uncertainty, self.configuration.acceptance_threshold)
            return ~accepted.flatten(1).all(1)
        wanted = self.refiner is not None and refine is True
        return torch.full((len(uncertainty),), wanted, device=uncertainty.device)

    def _pad(self, image: torch.Tensor) -> torch.Tensor:
        """Repeat the last row and column up to a multiple of ``self.multiple``."""
        bottom, right = (-size % self.multiple for size in image.shape[-2:])
        if not (bottom or right):
            return image
        return functional.pad(image, (0, right, 0, bottom), mode="replicate")


def configuration_from(values: dict) -> ModelConfiguration | ComparedConfiguration:
    """From plain values, as in JSON or TOML: of the network that they name, else of CloudMamba.

    Raises ModelError on unknown or wrong ones.
    """
    if values.get("network", "cloudmamba") == "cloudmamba":
        return ModelConfiguration.from_dict({k: v for k, v in values.items() if k != "network"})
    # Detection with CloudMamba does without the import of eight other networks.
    from cloudmamba.compared import ComparedConfiguration

    return ComparedConfiguration.from_dict(values)


def build(configuration: ModelConfiguration | ComparedConfiguration) -> CloudMamba | ComparedModel:
    """The network of a configuration, with weights at random."""
    if isinstance(configuration, ModelConfiguration):
        return CloudMamba(configuration)
    from cloudmamba.compared import ComparedModel

    return ComparedModel(configuration)


def save_model(
    model: CloudMamba | ComparedModel,
    path: str | os.PathLike,
    card: dict[str, str],
    half: bool = False,
) -> None:
    """Write weights, configuration and card to one safetensors file, atomically.

    Args:
        card: at least the ``CARD_KEYS``.
        half: store the weights in float16 (they are float32 again after loading), but not what
            norms counted: a variance may be smaller, or greater, than float16 can say.
    """
    path = Path(path)
    learned = {name for name, _ in model.named_parameters()} if half else set()
    tensors = {
        name: (tensor.half() if name in learned else tensor).cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }
    configuration = json.dumps(dataclasses.asdict(model.configuration))
    metadata = {
        **card,
        "format": FORMAT,
        "configuration": configuration,
        "weights_sha256": _digest(configuration, tensors),
    }
    # Not save_file: what it writes can be read by its owner alone.
    write_bytes(path, save(tensors, metadata))


def load_model(
    path_or_name: str | os.PathLike | None = None, device: str | torch.device = "cpu"
) -> tuple[CloudMamba | ComparedModel, dict[str, str]]:
    """Load a model for inference and its card.

    Args:
        path_or_name: a ``.safetensors`` file of ours, the name of a shipped model, or None
            for the default one.

    Returns:
        The model in evaluation mode and its card (``name``, ``version``, ``trained_on``,
        ``licence``, ``checksum`` and whatever else was saved).

    Raises:
        ModelError: the file is missing, damaged, or not a CloudMamba model.
    """
    path = model_path(path_or_name)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            configuration = _configuration_in(path, metadata)
            # Nothing is allocated for what the file says of itself before the weights in it are
            # seen to be those of such a network.
            with torch.device("meta"):
                model = build(configuration)
            _check_weights(path, file, model)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, struct.error, ValueError) as error:
        raise ModelError(f"'{path}' cannot be read as a model file: {error}.") from error
    if _digest(metadata["configuration"], tensors) != metadata.get("weights_sha256"):
        raise ModelError(f"'{path}' is damaged (its checksum differs): get the file again.")
    if missing := [key for key in CARD_KEYS if key not in metadata]:
        raise ModelError(f"The model '{path}' does not say its {', '.join(missing)}.")
    weights = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }
    model.load_state_dict(weights, assign=True)
    card = {k: v for k, v in metadata.items() if k not in ("format", "configuration")}
    card["checksum"] = card.pop("weights_sha256")
    model = model.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
    return model, card


def _configuration_in(
    path: Path, metadata: dict[str, str]
) -> ModelConfiguration | ComparedConfiguration:
    """What a model file says of its network. Raises ModelError."""
    if metadata.get("format") != FORMAT:
        raise ModelError(
            f"'{path}' is a safetensors file, but not a CloudMamba model: choose a model file "
            "made by 'cloudmamba train'."
        )
    try:
        values = json.loads(metadata["configuration"])
    except (KeyError, ValueError, RecursionError) as error:
        raise ModelError(f"The model '{path}' has no readable configuration.") from error
    if not isinstance(values, dict):
        raise ModelError(f"The model '{path}' has no readable configuration.")
    try:
        return configuration_from(values)
    except ModelError as error:
        raise ModelError(f"The model '{path}' cannot be used: {error}") from error


def _check_weights(path: Path, file: safe_open, model: CloudMamba | ComparedModel) -> None:
    """Raises ModelError unless a file's weights have the names, shapes and types of the model's."""
    wanted = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
    if wanted != {name: tensor.get_shape() for name, tensor in found.items()}:
        raise ModelError(
            f"The weights in '{path}' do not fit this version of CloudMamba: "
            "update CloudMamba or use another model."
        )
    for name, tensor in model.state_dict().items():
        allowed = _WEIGHT_TYPES if tensor.is_floating_point() else (_COUNTER_TYPE,)
        if found[name].get_dtype() not in allowed:
            raise ModelError(
                f"The weights in '{path}' are of the type {found[name].get_dtype()}, not "
                f"{' or '.join(allowed)}: save the model anew with 'cloudmamba train'."
            )


def model_path(path_or_name: str | os.PathLike | None = None) -> Path:
    """Path of a model file given its path, a shipped model's name, or None for the default.

    Raises ModelError if there is no such file or it may not be read.
    """
    shipped = shipped_models()
    name = str(path_or_name) if path_or_name else DEFAULT_MODEL
    path = shipped.get(name, Path(name))
    if problem := problem_of_name(name):
        raise ModelError(problem)
    if not path.is_file():
        available = ", ".join(shipped) or "none"
        raise ModelError(
            f"There is no model '{name}': give a model file or a name of: {available}."
        )
    if not os.access(path, os.R_OK):
        raise ModelError(f"This user may not read the model '{path}': change its permissions.")
    return path


def shipped_models() -> dict[str, Path]:
    """Names and paths of the models that come with the package."""
    folder = Path(str(resources.files("cloudmamba") / "weights"))
    return {file.stem: file for file in sorted(folder.glob(f"*{WEIGHTS_SUFFIX}"))}


def read_card(path: str | os.PathLike) -> dict[str, str]:
    """The card of a model file, without its weights. Raises ModelError as load_model does."""
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ModelError(f"'{path}' cannot be read as a model file: {error}.") from error
    return metadata


def _digest(configuration: str, tensors: dict[str, torch.Tensor]) -> str:
    """SHA-256 of the configuration and of names and bytes of all tensors."""
    digest = hashlib.sha256(configuration.encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].contiguous().numpy().tobytes())
    return digest.hexdigest()
