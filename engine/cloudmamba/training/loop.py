"""The training loop: AdamW, cosine annealing, averaged weights, checkpoints to resume from."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch.nn import functional

from cloudmamba.compute_options import AUTOMATIC, ComputeOptions
from cloudmamba.data.index import index_checksum
from cloudmamba.errors import CloudMambaError, InputError, OutputError
from cloudmamba.inference.precision import precision_for
from cloudmamba.masker import CloudMasker
from cloudmamba.model_files import FOR_PICTURES, build, load_model, save_model
from cloudmamba.network.model import CloudMamba
from cloudmamba.ops.selective_scan import use_backend
from cloudmamba.training.configuration import OptimisationConfiguration, TrainingConfiguration
from cloudmamba.training.losses import disagreement, total_loss
from cloudmamba.training.sampler import Batch
from cloudmamba.training.targets import CLOUD_WEIGHT, SHADOW_WEIGHT
from cloudmamba.training.workers import Workers

if TYPE_CHECKING:
    from cloudmamba.compared import ComparedConfiguration, ComparedModel
    from cloudmamba.network.configuration import ModelConfiguration

_log = logging.getLogger(__name__)

CHECKPOINT_NAME = "checkpoint.safetensors"
MODEL_NAME = "model.safetensors"
LOG_NAME = "log.jsonl"
# What AdamW keeps of each parameter, once it has had a gradient.
ADAMW_STATE = ("step", "exp_avg", "exp_avg_sq")
# Heads that begin as nothing beside others that are finished: as slow as these they had not begun to
# outline clouds further out after 1200 steps.
SPEED_OF_NEW_HEADS = 10.0


class Sampler(Protocol):
    """Where batches come from; the same step must always give the same batch."""

    def sample(self, step: int, batch_size: int, part: slice = slice(None)) -> Batch: ...


@dataclass(frozen=True)
class StartingModel:
    """A model whose weights a run begins with, and its model card."""

    network: CloudMamba | ComparedModel
    model_card: dict[str, str]

    @classmethod
    def load(cls, path_or_name: str | os.PathLike) -> StartingModel:
        """From a model file or a shipped model's name. Raises ModelError as load_model does."""
        return cls(*load_model(path_or_name))

    def weights_for(
        self, configuration: ModelConfiguration | ComparedConfiguration
    ) -> dict[str, torch.Tensor]:
        """The weights for a network like the model's, or one that sees or knows more.

        Those of what is new (band ratios, outlines of fine images) are zero, so that both networks
        say the same.
        """
        weights = self.network.state_dict()
        name = "encoder.stem.weight"
        both = self.network.configuration, configuration
        if [getattr(one, "band_ratios", False) for one in both] == [False, True]:
            more = len(configuration.bands) - 1
            weights[name] = functional.pad(weights[name], (0, 0, 0, 0, 0, more))
        if [getattr(one, "fine_outlines", False) for one in both] == [False, True]:
            heads = [name for name in weights if name.startswith(("head.", "level_heads."))]
            weights |= {f"fine_{name}": torch.zeros_like(weights[name]) for name in heads}
        return weights


@dataclass(frozen=True)
class TrainingProgress:
    """State after a step. ``scores`` is filled where the step was validated."""

    step: int
    steps: int
    loss: float
    learning_rate: float
    seconds_per_step: float
    scores: dict[str, float] | None


def learning_rate_at(step: int, optimisation: OptimisationConfiguration) -> float:
    """Linear warm-up, then cosine annealing to zero at the last step."""
    if step < optimisation.warmup_steps:
        return optimisation.learning_rate * (step + 1) / optimisation.warmup_steps
    remaining = max(optimisation.steps - optimisation.warmup_steps, 1)
    phase = (step - optimisation.warmup_steps) / remaining
    return optimisation.learning_rate * 0.5 * (1 + math.cos(math.pi * phase))


def _parameter_groups(
    model: CloudMamba | ComparedModel, start: StartingModel | None
) -> list[dict[str, Any]]:
    """Of AdamW, each with how fast it learns in units of the learning rate."""
    known = None if start is None else start.network.state_dict()
    quick: list[torch.nn.Parameter] = []
    others: list[torch.nn.Parameter] = []
    for name, parameter in model.named_parameters():
        is_new = known is not None and name not in known
        (quick if is_new else others).append(parameter)
    groups: list[dict[str, Any]] = [{"params": others, "speed": 1.0}]
    if quick:
        groups.append({"params": quick, "speed": SPEED_OF_NEW_HEADS})
    return groups


def _samples_with_labels(batch: Batch) -> int:
    """How many samples the loss of a batch is of: to a sample without labels it is blind."""
    labelled = batch.target[:, [CLOUD_WEIGHT, SHADOW_WEIGHT]] > 0
    return int(labelled.flatten(1).any(1).sum())


class Trainer:
    """One run in one folder. Weights and data depend on the seed and the step alone.

    Args:
        configuration: the run; counted in steps.
        data: the data folder that the sampler draws from.
        sampler: yields the batch of a step.
        validate: scores of a model in evaluation mode, for the log.
        folder: gets ``checkpoint.safetensors``, ``model.safetensors`` and ``log.jsonl``.
        device: where to train.
        start: the model to begin with, of the configuration's network; None for random weights.
        workers: the processes that share the work, on the CPU; None for this one alone.
        rank: of this process among them. That of rank 0 validates, logs and saves.
        compute: how, where it is not as suits the device and the configuration says nothing.
    """

    def __init__(
        self,
        configuration: TrainingConfiguration,
        data: Path,
        sampler: Sampler,
        validate: Callable[[CloudMasker], dict[str, float]],
        folder: Path,
        device: torch.device,
        start: StartingModel | None = None,
        workers: Workers | None = None,
        rank: int = 0,
        compute: ComputeOptions = AUTOMATIC,
    ):
        self.configuration = configuration
        self._workers, self._rank = workers, rank
        self._compute = compute
        self._index_checksum = index_checksum(data)
        self.sampler = sampler
        self.validate = validate
        self.folder = folder
        self.device = device
        self.start = start
        torch.manual_seed(configuration.seed)
        model = build(configuration.model)
        if start is not None:
            model.load_state_dict(start.weights_for(configuration.model))
        # In oneDNN (PyTorch 2.13, AVX2 and AMX) the gradient of convolutions with strides spoils memory
        # or never ends with channels last, which other networks have on the way to their first maps.
        self._memory_format = (
            torch.channels_last if isinstance(model, CloudMamba) else torch.contiguous_format
        )
        use_backend(model, compute.scan)
        model = model.to(device, memory_format=self._memory_format)  # type: ignore[call-overload]
        self.model = model.train()
        self.average = copy.deepcopy(model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            _parameter_groups(model, start),
            weight_decay=configuration.optimisation.weight_decay,
        )
        # Averaged weights by the step on the way that they are of.
        self._kept: dict[int, dict[str, torch.Tensor]] = {}
        self.step = 0
        own = configuration.optimisation.precision
        precision = precision_for(device, compute.precision if own == "auto" else own)
        self._in_bfloat16 = precision == torch.bfloat16
        # Other networks bring the weights of their side outputs with them.
        self._level_weights = (
            configuration.optimisation.level_weights
            if isinstance(model, CloudMamba)
            else model.network.side_weights
        )

    def run(self) -> Iterator[TrainingProgress]:
        """Train to the last step, yielding after each one.

        Raises OutputError if the folder cannot be made.
        """
        optimisation = self.configuration.optimisation
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"'{self.folder}' cannot be made: {error.strerror}.") from error
        # The next batch is made while the network works on this one.
        with ThreadPoolExecutor(1) as executor:
            pending = executor.submit(self._sample, self.step)
            while self.step < optimisation.steps:
                started = time.perf_counter()
                batch = pending.result()
                if self.step + 1 < optimisation.steps:
                    pending = executor.submit(self._sample, self.step + 1)
                rate = learning_rate_at(self.step, optimisation)
                loss = self._train_step(batch, rate)
                self.step += 1
                if self._rank > 0:
                    continue
                if self.step in optimisation.mean_of_steps:
                    self._kept[self.step] = copy.deepcopy(self.average.state_dict())
                seconds = time.perf_counter() - started
                last = self.step == optimisation.steps
                scores = None
                if last or self.step % optimisation.validate_every == 0:
                    delivered = self.delivered()
                    scores = self.validate(CloudMasker.of(delivered, compute=self._compute))
                    self.save_model(delivered)
                if last or self.step % optimisation.checkpoint_every == 0:
                    self.save_checkpoint()
                progress = TrainingProgress(
                    self.step, optimisation.steps, loss, rate, seconds, scores
                )
                self._log(progress)
                yield progress

    def seconds_per_step(self, repeats: int = 3) -> float:
        """What a step takes once the first is done: the median of some steps.

        The weights are trained by them, so that this trainer is of no use afterwards.
        """
        seconds = []
        for _ in range(repeats + 1):
            started = time.perf_counter()
            batch = self._sample(self.step)
            sampled = time.perf_counter()
            self._train_step(batch, 0.0)
            # In a run the next batch is made while the network works on this one.
            seconds.append(max(sampled - started, time.perf_counter() - sampled))
        return statistics.median(seconds[1:])

    def _sample(self, step: int) -> Batch:
        count = 1 if self._workers is None else self._workers.count
        part = slice(self._rank, None, count)
        return self.sampler.sample(step, self.configuration.optimisation.batch_size, part)

    def _train_step(self, batch: Batch, rate: float) -> float:
        optimisation = self.configuration.optimisation
        both_stages = self.step >= optimisation.second_stage_from_step
        # What a network leaves out at random depends on the step, so that runs can be resumed.
        torch.manual_seed((self.configuration.seed * 2**32 + self.step) % 2**63)
        image = batch.image.to(self.device, memory_format=self._memory_format)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self._in_bfloat16):
            stages = self.model(
                image,
                batch.available_bands.to(self.device),
                refine=both_stages,
                fineness=batch.fineness.to(self.device),
            )
        loss = total_loss(
            stages,
            batch.target.to(self.device),
            self._level_weights,
            optimisation.bce_weight,
            optimisation.dice_weight,
            optimisation.shadow_weight,
            optimisation.dice_over,
        )
        if batch.apart_px is not None:
            views = disagreement(stages.coarse_logits, batch.apart_px)
            loss = loss + optimisation.two_views_weight * views
        if not torch.isfinite(loss):
            raise CloudMambaError(
                f"Training diverged at step {self.step + 1} (the loss is {loss.item()}): lower the "
                "learning rate and resume from the last checkpoint, or start again."
            )
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["speed"]
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if self._workers is not None:
            self._workers.exchange(self._rank, self.model.parameters(), _samples_with_labels(batch))
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), optimisation.gradient_norm)
        self.optimiser.step()
        # A short memory at first, so that the random start is forgotten.
        decay = min(optimisation.average_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for averaged, current in zip(
                self.average.parameters(), self.model.parameters(), strict=True
            ):
                averaged.lerp_(current, 1 - decay)
            # What norms have seen is averaged as the weights are; counters are taken over.
            for averaged, current in zip(self.average.buffers(), self.model.buffers(), strict=True):
                if averaged.is_floating_point():
                    averaged.lerp_(current, 1 - decay)
                else:
                    averaged.copy_(current)
        return loss.item()

    def delivered(self) -> CloudMamba:
        """The averaged weights, those of ``mean_of_steps``, ``start_share`` of the start, and ``cloud_bias``."""
        optimisation = self.configuration.optimisation
        share = optimisation.start_share
        model = copy.deepcopy(self.average)
        before = {}
        if self.start is not None and share:
            before = self.start.weights_for(self.configuration.model)
        with torch.no_grad():
            for name, tensor in model.state_dict().items():
                if not tensor.is_floating_point():
                    continue
                kept = [weights[name] for weights in self._kept.values()]
                tensor.copy_(torch.stack([*kept, tensor]).mean(0))
                if before:
                    tensor.lerp_(before[name].to(tensor), share)
            if optimisation.cloud_bias:
                for stage in (model, model.refiner):
                    if stage is not None:
                        stage.head.bias += optimisation.cloud_bias
        return model

    def save_model(self, delivered: CloudMamba) -> None:
        """Write what ``delivered`` gives as a model file."""
        configuration = self.configuration
        model_card = {
            "name": configuration.name,
            "version": configuration.version,
            "trained_on": configuration.trained_on,
            "licence": configuration.licence,
            "seed": str(configuration.seed),
            "steps": str(self.step),
        }
        if configuration.for_pictures is not None:
            model_card[FOR_PICTURES] = configuration.for_pictures
        if self.start is not None:
            started_from = self.start.model_card
            model_card["started_from"] = f"{started_from['name']} {started_from['version']}"
            model_card["started_from_checksum"] = started_from["checksum"]
        save_model(delivered, self.folder / MODEL_NAME, model_card, half=True)

    def save_checkpoint(self) -> None:
        """Write weights, averaged weights and AdamW's moments; atomic. Raises OutputError."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for step, weights in self._kept.items():
            tensors |= {f"kept.{step}.{k}": v for k, v in weights.items()}
        for name, parameter in self.model.named_parameters():
            for kept, value in self.optimiser.state[parameter].items():
                tensors[f"{kept}.{name}"] = value
        temporary = self.folder / f".{CHECKPOINT_NAME}.part"
        metadata = {
            "step": str(self.step),
            "seed": str(self.configuration.seed),
            "started_from": self._started_from,
            "index": self._index_checksum,
            "recipe": json.dumps(self._recipe),
        }
        try:
            save_file(
                {k: v.detach().cpu().contiguous() for k, v in tensors.items()}, temporary, metadata
            )
            os.replace(temporary, self.folder / CHECKPOINT_NAME)
        except (OSError, SafetensorError) as error:
            temporary.unlink(missing_ok=True)
            raise OutputError(
                f"The checkpoint in '{self.folder}' cannot be written ({error}): the disk may be full."
            ) from error

    @property
    def _started_from(self) -> str:
        """Checksum of the starting model; empty for random weights."""
        return "" if self.start is None else self.start.model_card["checksum"]

    @property
    def _recipe(self) -> dict[str, Any]:
        """The settings of the run but for its length, by section and name."""
        configuration = self.configuration
        return {
            f"{section}.{name}": value
            for section in ("model", "data", "optimisation")
            for name, value in dataclasses.asdict(getattr(configuration, section)).items()
            if name != "steps"
        }

    def resume(self) -> None:
        """Continue from the folder's checkpoint, with another recipe where the configuration has one.

        Raises InputError if there is none or it belongs to another seed, network, starting model or
        index of images.
        """
        path = self.folder / CHECKPOINT_NAME
        if not path.is_file():
            raise InputError(f"There is no checkpoint in '{self.folder}' to resume from.")
        try:
            with safe_open(path, framework="pt", device=str(self.device)) as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise InputError(f"The checkpoint in '{self.folder}' is damaged: {error}.") from error
        if not {"seed", "step"} <= set(metadata):
            raise InputError(f"'{path}' is not a checkpoint of 'cloudmamba train'.")
        if metadata["seed"] != str(self.configuration.seed):
            raise InputError(
                f"The checkpoint in '{self.folder}' was made with seed {metadata['seed']}: "
                "use that seed or another folder."
            )
        if metadata.get("started_from", "") != self._started_from:
            raise InputError(
                f"The checkpoint in '{self.folder}' started from another model: "
                "give the same one to start from, or use another folder."
            )

        if metadata.get("index", self._index_checksum) != self._index_checksum:
            raise InputError(
                f"The checkpoint in '{self.folder}' was made with other images: give the data folder "
                "as it was then, or go on from the run's model with --start-from in another folder."
            )

        def part(prefix: str) -> dict[str, torch.Tensor]:
            start = f"{prefix}."
            return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}

        try:
            self.model.load_state_dict(part("model"))
            self.average.load_state_dict(part("average"))
        except RuntimeError as error:
            raise InputError(
                f"The checkpoint in '{self.folder}' is of another network: use another folder."
            ) from error
        self._kept = {
            step: weights
            for step in self.configuration.optimisation.mean_of_steps
            if (weights := part(f"kept.{step}"))
        }
        self.step = int(metadata["step"])
        if self.step > 0 and not part("step"):
            raise InputError(
                f"The checkpoint in '{self.folder}' is of an older CloudMamba, without what AdamW "
                "keeps of each parameter: go on from the run's model with --start-from."
            )
        for name, parameter in self.model.named_parameters():
            if f"step.{name}" in tensors:
                self.optimiser.state[parameter] = {
                    kept: tensors[f"{kept}.{name}"].clone() for kept in ADAMW_STATE
                }
        if self._rank == 0:
            self._tell_changes(metadata.get("recipe"))

    def _tell_changes(self, recipe: str | None) -> None:
        """Runs may go on with another recipe, but nobody should do so unknowingly.

        Args:
            recipe: of the checkpoint; None where an older version wrote it.
        """
        if recipe is None:
            _log.warning(
                "The checkpoint in '%s' does not tell its images and recipe: they are taken for those "
                "that are given now.",
                self.folder,
            )
            return
        before, now = json.loads(recipe), json.loads(json.dumps(self._recipe))
        if changed := [name for name in before.keys() & now.keys() if before[name] != now[name]]:
            _log.warning(
                "The run goes on with another recipe than until step %d: %s.",
                self.step,
                ", ".join(f"{name} {now[name]} (was {before[name]})" for name in sorted(changed)),
            )

    def _log(self, progress: TrainingProgress) -> None:
        entry: dict[str, Any] = {
            "step": progress.step,
            "loss": round(progress.loss, 5),
            "learning_rate": progress.learning_rate,
            "seconds": round(progress.seconds_per_step, 3),
        }
        if progress.scores is not None:
            entry["scores"] = progress.scores
        with (self.folder / LOG_NAME).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
