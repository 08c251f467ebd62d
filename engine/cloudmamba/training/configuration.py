"""What a training run is: model, data and optimisation, read from a TOML file."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloudmamba.errors import InputError
from cloudmamba.model_files import configuration_from
from cloudmamba.network.allowed_values import (
    COUNT,
    MOST,
    SHARE,
    WEIGHT,
    Allowed,
    Number,
    OneOf,
    Several,
    Whole,
    problem_of,
    setting,
)
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.training.sampler import SOURCES, DataConfiguration

if TYPE_CHECKING:
    from cloudmamba.compared import ComparedConfiguration

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


DICE_OVER = ("batch", "image")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class _Text:
    """Texts that are not empty."""

    def has(self, value: Any) -> bool:
        return type(value) is str and value != ""

    def __str__(self) -> str:
        return "a text that is not empty"


@dataclass(frozen=True)
class _Section:
    """What TOML has under a heading."""

    def has(self, value: Any) -> bool:
        return type(value) is dict

    def __str__(self) -> str:
        return "a section"


@dataclass(frozen=True)
class _OrNone:
    """Some values, and None, which stands for a setting that is not given."""

    given: Allowed

    def has(self, value: Any) -> bool:
        return value is None or self.given.has(value)

    def __str__(self) -> str:
        return str(self.given)


_STEP = Whole(0, MOST)
_SEED = Whole(0, 2**63 - 1)


@dataclass(frozen=True)
class OptimisationConfiguration:
    """The recipe.

    Attributes:
        steps: optimiser steps.
        epochs: passes over every image of ``manual/train`` (see ``training/epochs.py``); the
            steps then follow from the data. None: counted in steps, drawn from all sources.
        batch_size: images a step.
        learning_rate: peak rate of AdamW; cosine annealing to zero after the warm-up.
        warmup_steps: steps of linear rise from zero.
        weight_decay: of AdamW.
        gradient_norm: gradients are scaled down to this norm; infinity leaves them.
        bce_weight, dice_weight: lambda_bce and lambda_dice (equation 25).
        dice_over: ``batch``, one Dice loss of all its pixels, or ``image``, the mean of one for each
            image (equation 24).
        shadow_weight: of the loss of cloud shadow.
        two_views_weight: of the disagreement of two views of a scene (``two_views`` in [data]).
        second_stage_from_step: until this step the first stage alone is trained, which takes two
            thirds of the time.
        level_weights: alpha_1 ... alpha_L (equation 26), finest level first.
        average_decay: of the exponential moving average of the weights that is delivered;
            0 delivers the weights themselves.
        mean_of_steps: steps on the way whose averaged weights have as large a share in what is
            delivered as those of the last one. At a high learning rate weights wander, and their
            mean lies better than its parts.
        start_share: of the model that the run began with in what is delivered, the mean of both
            weighted so. What is learnt in few steps costs less of what was known before.
        cloud_bias: added to the logits of cloud of both stages in what is delivered. Samples show cloud,
            and what is taken for it, more often than images do.
        precision: ``float32``, ``bfloat16`` (autocast), or ``auto``: bfloat16 where the device
            multiplies such numbers itself. Where it does not, a step takes seven times as long.
        validate_every, checkpoint_every: in steps.
    """

    steps: int = setting(4000, COUNT)
    epochs: int | None = setting(None, _OrNone(COUNT))
    batch_size: int = setting(16, COUNT)
    learning_rate: float = setting(1e-3, WEIGHT)
    warmup_steps: int = setting(100, _STEP)
    weight_decay: float = setting(0.01, WEIGHT)
    gradient_norm: float = setting(1.0, Number(0, math.inf))
    bce_weight: float = setting(1.0, WEIGHT)
    dice_weight: float = setting(1.0, WEIGHT)
    dice_over: str = setting("batch", OneOf(DICE_OVER))
    shadow_weight: float = setting(0.5, WEIGHT)
    two_views_weight: float = setting(5.0, WEIGHT)
    second_stage_from_step: int = setting(0, _STEP)
    level_weights: tuple[float, ...] = setting((0.2,) * 5, Several(WEIGHT, 0, 8))
    average_decay: float = setting(0.998, SHARE)
    mean_of_steps: tuple[int, ...] = setting((), Several(COUNT, 0, 100))
    start_share: float = setting(0.0, SHARE)
    cloud_bias: float = setting(0.0, Number(-10, 10))
    precision: str = setting("auto", OneOf(PRECISIONS))
    validate_every: int = setting(250, COUNT)
    checkpoint_every: int = setting(100, COUNT)

    def __post_init__(self):
        if problem := problem_of(self):
            raise InputError(f"In [optimisation] {problem}.")
        # Counted in epochs, a run has as many steps as its data ask for, which are not known yet.
        if self.epochs is None and any(step >= self.steps for step in self.mean_of_steps):
            raise InputError(
                "'mean_of_steps' in [optimisation] names a step that is not on the way to the last one, "
                f"{self.steps}: give smaller ones."
            )


@dataclass(frozen=True)
class TrainingConfiguration:
    """A whole run; ``name`` and the texts end up in the card of the model file.

    ``for_pictures`` names the shipped model that masks 8-bit pictures in place of this one; None for this one.
    """

    name: str
    version: str
    trained_on: str
    licence: str
    model: ModelConfiguration | ComparedConfiguration
    data: DataConfiguration
    optimisation: OptimisationConfiguration
    seed: int = 0
    for_pictures: str | None = None

    def __post_init__(self):
        if not _SEED.has(self.seed):
            raise InputError(f"The seed must be {_SEED}, not {self.seed!r}.")
        if self.optimisation.cloud_bias and not isinstance(self.model, ModelConfiguration):
            raise InputError("'cloud_bias' in [optimisation] is for CloudMamba alone: remove it.")
        if self.data.two_views > 0 and self.optimisation.batch_size % 2:
            raise InputError(
                "A batch of two views of each scene ('two_views' in [data]) is of an even number of "
                f"samples: 'batch_size' in [optimisation] is {self.optimisation.batch_size}."
            )


def shipped_configurations() -> dict[str, Path]:
    """Names and paths of the configurations that come with the package."""
    folder = Path(str(resources.files("cloudmamba") / "training" / "configurations"))
    return {file.stem: file for file in sorted(folder.glob("*.toml"))}


# What TOML may hold at its top.
_AT_TOP: dict[str, Allowed] = {
    **dict.fromkeys(("name", "version", "trained_on", "licence", "for_pictures"), _Text()),
    **dict.fromkeys(("model", "data", "optimisation"), _Section()),
    "seed": _SEED,
}


def _check_names(values: Mapping[str, Any], kind: type, place: str) -> None:
    """Raises InputError on a setting that the configuration does not have."""
    known = [field.name for field in dataclasses.fields(kind)]
    if unknown := sorted(set(values) - set(known)):
        raise InputError(
            f"Unknown setting in {place}: {', '.join(unknown)}; use one of {', '.join(known)}."
        )


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    """TOML has lists where configurations have tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}


def _data(values: dict[str, Any]) -> DataConfiguration:
    _check_names(values, DataConfiguration, "[data]")
    data = DataConfiguration(**_with_tuples(values))
    if data.smallest_zoom > data.largest_zoom:
        raise InputError("'smallest_zoom' in [data] is above 'largest_zoom': exchange them.")
    if not any(getattr(data, source) > 0 for source in SOURCES):
        raise InputError(
            f"All sources in [data] have a share of 0: give one of {', '.join(SOURCES)} more."
        )
    return data


def _optimisation(values: dict[str, Any], data: dict[str, Any]) -> OptimisationConfiguration:
    _check_names(values, OptimisationConfiguration, "[optimisation]")
    optimisation = OptimisationConfiguration(**_with_tuples(values))
    if optimisation.epochs is None:
        return optimisation
    if "steps" in values:
        raise InputError(
            "A training is as long as 'steps' or 'epochs' in [optimisation] say: give only one."
        )
    if idle := set(data) - {"crop_px"}:
        raise InputError(
            "Counted in epochs, training visits the images of manual/train and draws nothing else: "
            f"remove {', '.join(sorted(idle))} from [data], or give 'steps' instead of 'epochs'."
        )
    return optimisation


# What is decided of probabilities; the weights do not depend on it.
_DECISIONS = ("coarse_threshold", "acceptance_threshold")
# What a run may add to the model that it begins with, which at first makes no difference.
_ADDITIONS = ("band_ratios", "fine_outlines")


def _model(
    values: dict | None, start_from: ModelConfiguration | ComparedConfiguration | None
) -> ModelConfiguration | ComparedConfiguration:
    if start_from is None:
        if values is None:
            raise InputError(
                "The training configuration has no [model] section: add one, or name a model to "
                "start from (--start-from)."
            )
        return configuration_from(values)
    # Read before it is compared, so that unknown settings do not pass.
    values = values or {}
    wanted = type(start_from).from_dict(values)
    changes = {name: getattr(wanted, name) for name in _DECISIONS if name in values}
    changes |= {name: True for name in _ADDITIONS if values.get(name)}
    for name in values:
        if name not in changes and getattr(wanted, name) != getattr(start_from, name):
            raise InputError(
                f"The training configuration wants {name} = {_shown(getattr(wanted, name))} in "
                f"[model], but the model to start from has {_shown(getattr(start_from, name))}: "
                "remove the setting, or start from another model."
            )
    # A temperature calibrates the weights it was fitted to, not those that become of them.
    return dataclasses.replace(start_from, temperature=1.0, **changes)


def _shown(value) -> str:
    return str(list(value) if isinstance(value, tuple) else value)


def read_configuration(
    path_or_name: str | Path,
    seed: int | None = None,
    start_from: ModelConfiguration | ComparedConfiguration | None = None,
) -> TrainingConfiguration:
    """Read a TOML file, or a shipped configuration by its name.

    Args:
        seed: replaces the seed of the file.
        start_from: network of the model whose weights the run begins with; the run takes it
            over, and the file's [model] section may be missing but not contradict, but for what is
            decided of probabilities (``coarse_threshold``, ``acceptance_threshold``) and what it
            adds (``band_ratios``, ``fine_outlines``).

    Raises:
        InputError: no such file, not TOML, settings that are unknown, missing, hold what they may not
            or contradict.
    """
    path = shipped_configurations().get(str(path_or_name), Path(path_or_name))
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        names = ", ".join(shipped_configurations())
        raise InputError(
            f"There is no training configuration '{path_or_name}': give a TOML file or one of {names}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"'{path}' is not valid TOML: {error}.") from error
    _check_names(values, TrainingConfiguration, f"'{path}'")
    for name, value in values.items():
        if not _AT_TOP[name].has(value):
            raise InputError(f"In '{path}' '{name}' must be {_AT_TOP[name]}, not {value!r}.")
    try:
        configuration = TrainingConfiguration(
            name=values["name"],
            version=values["version"],
            trained_on=values["trained_on"],
            licence=values["licence"],
            model=_model(values.get("model"), start_from),
            data=_data(values.get("data", {})),
            optimisation=_optimisation(values.get("optimisation", {}), values.get("data", {})),
            seed=values.get("seed", 0) if seed is None else seed,
            for_pictures=values.get("for_pictures"),
        )
    except KeyError as error:
        raise InputError(f"'{path}' lacks the setting {error}.") from error
    model = configuration.model
    # Other networks say themselves what their side outputs weigh.
    if isinstance(model, ModelConfiguration) and len(model.widths) != len(
        configuration.optimisation.level_weights
    ):
        raise InputError(f"'{path}' needs one level weight for each of the model's levels.")
    return configuration
