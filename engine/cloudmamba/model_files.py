"""Models on disk: weights, configuration and model card in one safetensors file; nothing is unpickled."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import struct
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from cloudmamba.atomic_files import write_bytes
from cloudmamba.errors import ModelError
from cloudmamba.file_names import problem_of_name
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba

if TYPE_CHECKING:
    from cloudmamba.compared import ComparedConfiguration, ComparedModel

DEFAULT_MODEL = "cloudmamba-base"
FORMAT = "cloudmamba-model-1"
MODEL_CARD_KEYS = ("name", "version", "trained_on", "licence")
# In the card of a model that masks no 8-bit pictures itself: the shipped model that does.
FOR_PICTURES = "for_pictures"
WEIGHTS_SUFFIX = ".safetensors"
# As safetensors calls what save_model writes.
_WEIGHT_TYPES = ("F32", "F16")
# Of counters, such as that of the batches a norm has seen.
_COUNTER_TYPE = "I64"


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
    model_card: dict[str, str],
    half: bool = False,
) -> None:
    """Write weights, configuration and model card to one safetensors file, atomically.

    Args:
        model_card: at least the ``MODEL_CARD_KEYS``.
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
    digest = _Digest(configuration)
    for name in sorted(tensors):
        digest.add(name, tensors[name])
    metadata = {
        **model_card,
        "format": FORMAT,
        "configuration": configuration,
        "weights_sha256": digest.text,
    }
    # Not save_file: what it writes can be read by its owner alone.
    write_bytes(path, save(tensors, metadata))


def load_model(
    path_or_name: str | os.PathLike | None = None, device: str | torch.device = "cpu"
) -> tuple[CloudMamba | ComparedModel, dict[str, str]]:
    """Load a model for inference and its model card.

    Args:
        path_or_name: a ``.safetensors`` file of ours, the name of a shipped model, or None
            for the default one.

    Returns:
        The model in evaluation mode and its model card (``name``, ``version``, ``trained_on``,
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
            # One by one: what is read and dropped all together would leave holes in memory.
            digest, weights = _Digest(metadata["configuration"]), {}
            for name in sorted(file.keys()):
                tensor = file.get_tensor(name)
                digest.add(name, tensor)
                weights[name] = _as_computed(tensor)
    except (SafetensorError, OSError, struct.error, ValueError) as error:
        raise ModelError(f"'{path}' cannot be read as a model file: {error}.") from error
    if digest.text != metadata.get("weights_sha256"):
        raise ModelError(f"'{path}' is damaged (its checksum differs): get the file again.")
    if missing := [key for key in MODEL_CARD_KEYS if key not in metadata]:
        raise ModelError(f"The model '{path}' does not say its {', '.join(missing)}.")
    model.load_state_dict(weights, assign=True)
    del weights
    model_card = {k: v for k, v in metadata.items() if k not in ("format", "configuration")}
    model_card["checksum"] = model_card.pop("weights_sha256")
    return model.to(device).eval().requires_grad_(False), model_card


def _as_computed(tensor: torch.Tensor) -> torch.Tensor:
    """A weight in float32, of a convolution with its channels last; a counter as it is."""
    layout = torch.channels_last if tensor.dim() == 4 else torch.preserve_format
    dtype = torch.float32 if tensor.is_floating_point() else tensor.dtype
    return tensor.to(dtype, memory_format=layout)


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


def model_for_pictures(model_card: Mapping[str, str]) -> Path | None:
    """The file of the model that masks 8-bit pictures in place of the one with this card.

    None where that masks them itself. Raises ModelError if no shipped model has the name.
    """
    name = model_card.get(FOR_PICTURES)
    if name is None:
        return None
    shipped = shipped_models()
    if name not in shipped:
        raise ModelError(
            f"The model '{model_card.get('name', 'in memory')}' leaves pictures to '{name}', which "
            "does not come with this version of CloudMamba: update it or use another model."
        )
    return shipped[name]


def checksums(path_or_name: str | os.PathLike | None = None) -> str:
    """The checksum of a model and, if another masks pictures in its place, of that: what masks depend on.

    Raises ModelError as load_model does.
    """
    model_card = read_model_card(model_path(path_or_name))
    checksum = model_card.get("weights_sha256", "")
    pictures = model_for_pictures(model_card)
    return checksum if pictures is None else f"{checksum} {checksums(pictures)}"


def shipped_models() -> dict[str, Path]:
    """Names and paths of the models that come with the package."""
    folder = Path(str(resources.files("cloudmamba") / "weights"))
    return {file.stem: file for file in sorted(folder.glob(f"*{WEIGHTS_SUFFIX}"))}


def read_model_card(path: str | os.PathLike) -> dict[str, str]:
    """The model card of a model file, without its weights. Raises ModelError as load_model does."""
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ModelError(f"'{path}' cannot be read as a model file: {error}.") from error
    return metadata


class _Digest:
    """SHA-256 of a configuration and of names and bytes of tensors, which come in order of name."""

    def __init__(self, configuration: str):
        self._digest = hashlib.sha256(configuration.encode())

    def add(self, name: str, tensor: torch.Tensor) -> None:
        self._digest.update(name.encode())
        self._digest.update(tensor.contiguous().numpy().reshape(-1).data)

    @property
    def text(self) -> str:
        return self._digest.hexdigest()
