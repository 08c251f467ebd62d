"""Runs of several networks and seeds on the same data: trained, scored, put into tables.

One folder holds it all: ``ROW/seed-N/`` is a run of one row with one seed as ``cloudmamba
train`` leaves it, with ``scores.json`` once it is finished and scored. Rows differ in the
network alone; recipe, data and the order of the images are those of the seed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock, Timeout

from cloudmamba.atomic_files import write_text
from cloudmamba.compared import ComparedConfiguration
from cloudmamba.compute_options import AUTOMATIC, ComputeOptions
from cloudmamba.cost.totals import giga_operations_per_megapixel, seconds_per_megapixel
from cloudmamba.data.images import read_record
from cloudmamba.data.index import ImageRecord, index_checksum, read_index
from cloudmamba.errors import InputError, OutputError
from cloudmamba.evaluation.maskers import ModelMasker
from cloudmamba.evaluation.metrics import Confusion, without_nan
from cloudmamba.masker import CloudMasker
from cloudmamba.model_files import build
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.training.configuration import TrainingConfiguration
from cloudmamba.training.epochs import prepare
from cloudmamba.training.loop import CHECKPOINT_NAME, LOG_NAME, MODEL_NAME, Sampler, Trainer
from cloudmamba.training.validation import Validation

SCORES_NAME = "scores.json"
BUDGET_NAME = "budget.json"
RESULTS_NAME = "results.json"
TABLES_NAME = "tables.md"
# Where to score: the first that the data folder has.
SUBSETS = ("manual/test", "manual/validation")
# Titles and attributes of Confusion, in the order of the paper's columns, then the one it defines
# (equation 28) but does not print.
SCORES = {
    "cloud IoU (the paper's mIoU)": "cloud_iou",
    "F1": "f1",
    "OA": "overall_accuracy",
    "mIoU of both classes": "two_class_miou",
}


@dataclass(frozen=True)
class ImageCounts:
    """One image of a run.

    Attributes:
        mean_uncertainty: of the first stage (U of Pc) over the valid pixels; NaN without any.
        counts: of the mask.
    """

    mean_uncertainty: float
    counts: Confusion


@dataclass(frozen=True)
class RunCost:
    """What a run's network costs.

    Attributes:
        parameters: all numbers that are learned.
        giga_operations_per_megapixel: counted, not measured, on a tile as large as a crop.
        seconds_per_megapixel: measured where the run was scored, on such a tile.
        training_steps: steps of the optimiser.
        training_seconds: what they took.
    """

    parameters: int
    giga_operations_per_megapixel: float
    seconds_per_megapixel: float
    training_steps: int
    training_seconds: float


@dataclass(frozen=True)
class RunScore:
    """Scores of one run on the images of a subset, in the order of the index.

    Attributes:
        row, seed: which run.
        checksum: of its model.
        subset: folder of the index whose images were scored.
    """

    row: str
    seed: int
    checksum: str
    subset: str
    images: tuple[ImageCounts, ...]
    cost: RunCost

    @property
    def counts(self) -> Confusion:
        """Over all images together."""
        return sum((image.counts for image in self.images), Confusion())

    @classmethod
    def from_dict(cls, values: dict) -> RunScore:
        """From what ``dataclasses.asdict`` gives, by way of JSON."""
        images = tuple(
            ImageCounts(
                math.nan if image["mean_uncertainty"] is None else image["mean_uncertainty"],
                Confusion(**image["counts"]),
            )
            for image in values["images"]
        )
        return cls(**{**values, "images": images, "cost": RunCost(**values["cost"])})


@dataclass(frozen=True)
class Study:
    """What an experiment varies, and how its scores are shown.

    Attributes:
        name: such as ``ablation``; the folder is marked by it.
        rows: by name, in the order of the tables: what a row makes of a run's configuration.
        tables: Markdown from the runs that are finished.
        plots: SVG from them, by file name.
    """

    name: str
    rows: Mapping[str, Callable[[TrainingConfiguration], TrainingConfiguration]]
    tables: Callable[[Sequence[RunScore]], str]
    plots: Mapping[str, Callable[[Sequence[RunScore]], str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Budget:
    """How long every run may train: so many steps, or so many seconds.

    Seconds become steps before a run begins, by the time that a few steps take, so that the
    learning rate can fall to zero at the last one and a run can be resumed.
    """

    steps: int | None = None
    seconds: float | None = None

    def __post_init__(self):
        if (self.steps is None) == (self.seconds is None):
            raise InputError("A budget is a number of steps or of seconds: give one of them.")
        if not (self.seconds if self.steps is None else self.steps) > 0:
            raise InputError("A budget must be greater than zero.")


class Experiment:
    """Runs of several rows and seeds in one folder, each of them resumable.

    Several processes may work on one folder: a run that another one is at is left to it.

    Args:
        study: what the rows are.
        configuration: recipe, and the network that the rows change.
        data: folder with ``index.csv``.
        folder: new or empty, or that of the same experiment begun before.
        device: where to train and to score.
        budget: of every run; None for the length that the recipe has.
        teachers: folder with labels of teachers; None for none.
        compute: how, where it is not as suits the device.

    Raises:
        InputError: the data folder has no images to score on.
        OutputError: the folder holds something else or cannot be made.
    """

    def __init__(
        self,
        study: Study,
        configuration: TrainingConfiguration,
        data: Path,
        folder: Path,
        device: torch.device,
        budget: Budget | None = None,
        teachers: Path | None = None,
        compute: ComputeOptions = AUTOMATIC,
    ):
        self.study = study
        self.configuration = configuration
        self.data = data
        self.folder = folder
        self.device = device
        self.budget = budget
        self.teachers = teachers
        self._compute = compute
        self.subset, self._records = images_to_score(data)
        self._claim()

    def run_seed(
        self, seed: int, rows: Sequence[str], train: Callable[[str, Trainer], None]
    ) -> list[str]:
        """Train and score the rows that have no score yet, keeping the tables up to date.

        Args:
            train: takes a row's name and its trainer to the last step.

        Returns:
            The rows that another process is at.
        """
        rows = [row for row in rows if not self._is_finished(row, seed)]
        if not rows:
            return []
        seeded = dataclasses.replace(self.configuration, seed=seed)
        seeded, sampler = prepare(seeded, self.data, self.teachers)
        busy = []
        for row in rows:
            locks = self.folder / ".locks"
            locks.mkdir(exist_ok=True)
            try:
                with FileLock(locks / f"{row}-seed-{seed}.lock", timeout=0):
                    # Another process may have finished it meanwhile.
                    if not self._is_finished(row, seed):
                        self._run(row, self.study.rows[row](seeded), sampler, train)
            except Timeout:
                busy.append(row)
        return busy

    def _run(
        self,
        row: str,
        configuration: TrainingConfiguration,
        sampler: Sampler,
        train: Callable[[str, Trainer], None],
    ) -> None:
        configuration = dataclasses.replace(configuration, name=f"{configuration.name}-{row}")
        folder = self._run_folder(row, configuration.seed)
        validation = Validation(self.data, self.device, self.teachers)

        def trainer(configuration: TrainingConfiguration) -> Trainer:
            return Trainer(
                configuration,
                self.data,
                sampler,
                validation.scores,
                folder,
                self.device,
                compute=self._compute,
            )

        if self.budget is not None:
            steps = self.budget.steps or self._steps_in_time(
                self.budget.seconds or 0.0, folder, trainer, configuration
            )
            optimisation = dataclasses.replace(configuration.optimisation, steps=steps)
            configuration = dataclasses.replace(configuration, optimisation=optimisation)
        ready = trainer(configuration)
        if (folder / CHECKPOINT_NAME).exists():
            ready.resume()
        train(row, ready)
        del ready
        self._score(row, configuration)
        # Only resuming needs it, and it is four times as large as the network.
        (folder / CHECKPOINT_NAME).unlink()
        write_report(self.study, self.folder)

    def _steps_in_time(
        self,
        seconds: float,
        folder: Path,
        trainer: Callable[[TrainingConfiguration], Trainer],
        configuration: TrainingConfiguration,
    ) -> int:
        """How many steps the seconds allow, as measured once; kept for when the run is resumed."""
        path = folder / BUDGET_NAME
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))["steps"]
        seconds_per_step = trainer(configuration).seconds_per_step()
        steps = max(1, round(seconds / seconds_per_step))
        folder.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps({"steps": steps, "seconds_per_step": seconds_per_step}))
        return steps

    def _run_folder(self, row: str, seed: int) -> Path:
        return self.folder / row / f"seed-{seed}"

    def _is_finished(self, row: str, seed: int) -> bool:
        return (self._run_folder(row, seed) / SCORES_NAME).exists()

    def _score(self, row: str, configuration: TrainingConfiguration) -> None:
        folder = self._run_folder(row, configuration.seed)
        compute = self._compute
        model = CloudMasker.load(
            folder / MODEL_NAME,
            str(self.device),
            compute.precision,
            compute.scan,
            compute.cuda_graphs,
        )
        masker = ModelMasker(row, model)
        images = tuple(_image_counts(masker, record) for record in self._records)
        tile_px = configuration.data.crop_px
        seconds = _training_seconds(folder)
        cost = RunCost(
            parameters=_parameters(model.configuration),
            giga_operations_per_megapixel=giga_operations_per_megapixel(
                model.configuration, tile_px
            ),
            seconds_per_megapixel=seconds_per_megapixel(model, tile_px),
            training_steps=len(seconds),
            training_seconds=sum(seconds.values()),
        )
        result = RunScore(
            row, configuration.seed, model.prepared.checksum, self.subset, images, cost
        )
        write_text(folder / SCORES_NAME, json.dumps(without_nan(dataclasses.asdict(result))))

    def _claim(self) -> None:
        """Mark the folder as this experiment's, or make sure that it is."""
        name = self.study.name
        marker = self.folder / f"{name}.json"
        # The seed is the run's, so it does not count here.
        recipe = repr(
            (
                dataclasses.replace(self.configuration, seed=0),
                self.budget,
                self.teachers is not None,
            )
        )
        content = {
            "configuration_sha256": hashlib.sha256(recipe.encode()).hexdigest(),
            "index_sha256": index_checksum(self.data),
        }
        text = json.dumps(content, indent=2)
        if marker.is_file():
            if marker.read_text(encoding="utf-8") != text:
                raise OutputError(
                    f"'{self.folder}' holds a {name} with another configuration or budget, or of "
                    "other data: choose another folder."
                )
            return
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise OutputError(
                f"'{self.folder}' is not empty and holds no {name}: choose another folder."
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"'{self.folder}' cannot be made: {error.strerror}.") from error
        write_text(marker, text)


def images_to_score(data: Path) -> tuple[str, list[ImageRecord]]:
    """The subset to score on and its images: ``manual/test``, else ``manual/validation``.

    Raises InputError if the data folder has neither.
    """
    index = read_index(data)
    for subset in SUBSETS:
        if records := [record for record in index if record.folder == subset]:
            return subset, records
    raise InputError(f"'{data}' has no images in {' or '.join(SUBSETS)} to score on.")


def _parameters(configuration: ModelConfiguration | ComparedConfiguration) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build(configuration).parameters())


def _image_counts(masker: ModelMasker, record: ImageRecord) -> ImageCounts:
    """Of the mask that ``cloudmamba detect`` would make."""
    image = read_record(record)
    prediction = masker.predict(image)
    uncertainty = prediction.stage("coarse_uncertainty")
    valid = ~np.isnan(uncertainty)
    return ImageCounts(
        float(uncertainty[valid].mean()) if valid.any() else math.nan,
        Confusion.of(prediction.mask == 1, image.label == 1, image.labelled),
    )


def _training_seconds(folder: Path) -> dict[int, float]:
    """Of every step; of one that was repeated after an interruption the last time counts."""
    lines = (folder / LOG_NAME).read_text(encoding="utf-8").splitlines()
    return {entry["step"]: entry["seconds"] for entry in map(json.loads, lines)}


def finished_runs(study: Study, folder: Path) -> list[RunScore]:
    """All scored runs of an experiment's folder, in the order of the rows and seeds."""
    runs = [
        RunScore.from_dict(json.loads(file.read_text(encoding="utf-8")))
        for file in folder.glob(f"*/seed-*/{SCORES_NAME}")
    ]
    order = list(study.rows)
    return sorted(runs, key=lambda run: (order.index(run.row), run.seed))


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation over seeds, in percent; NaN where not defined."""

    mean: float
    standard_deviation: float

    @classmethod
    def of(cls, percentages: Sequence[float]) -> Spread:
        """The deviation needs two values."""
        several = len(percentages) > 1
        return cls(
            statistics.fmean(percentages),
            statistics.stdev(percentages) if several else math.nan,
        )

    def __str__(self) -> str:
        if math.isnan(self.mean):
            return "–"
        if math.isnan(self.standard_deviation):
            return f"{self.mean:.2f}"
        return f"{self.mean:.2f} ± {self.standard_deviation:.2f}"


def runs_by_row(runs: Sequence[RunScore]) -> dict[str, list[RunScore]]:
    """In the order in which the rows first come."""
    by_row: dict[str, list[RunScore]] = {}
    for run in runs:
        by_row.setdefault(run.row, []).append(run)
    return by_row


def spreads(counts: Sequence[Confusion]) -> dict[str, Spread]:
    """Spread of each score over several counts, by the score's attribute."""
    return {
        attribute: Spread.of([100 * getattr(each, attribute) for each in counts])
        for attribute in SCORES.values()
    }


@dataclass(frozen=True)
class Table:
    """A table of the paper.

    Attributes:
        heading: number and subject.
        columns: titles of the columns that tell the lines apart.
        lines: name of the row behind each line, and its cells in those columns.
    """

    heading: str
    columns: tuple[str, ...]
    lines: Mapping[str, tuple[str, ...]]


# Title of a column, and its cell from all runs of a row.
Column = tuple[str, Callable[[Sequence[RunScore]], str]]


def table_as_markdown(
    table: Table,
    runs: Sequence[RunScore],
    more_columns: Sequence[Column] = (),
    counts_of: Callable[[RunScore], Confusion] = lambda run: run.counts,
) -> str:
    """A table with the scores of the runs; lines without a run are left out.

    Args:
        more_columns: after the scores, before the seeds.
        counts_of: what of a run is scored.

    Returns:
        Markdown; empty if no line has a run.
    """
    found = runs_by_row(runs)
    rows = [row for row in table.lines if row in found]
    if not rows:
        return ""
    titles = (*table.columns, *SCORES, *(title for title, _ in more_columns), "seeds")
    lines = [f"## {table.heading}", "", _line(titles), _line(["---"] * len(titles))]
    for row in rows:
        scores = map(str, spreads(list(map(counts_of, found[row]))).values())
        more = (cell(found[row]) for _, cell in more_columns)
        seeds = ", ".join(str(run.seed) for run in found[row])
        lines.append(_line([*table.lines[row], *scores, *more, seeds]))
    return "\n".join(lines)


def note_on(runs: Sequence[RunScore]) -> str:
    """What the numbers of a table are."""
    return (
        f"Percent, over all {runs[0].counts.pixels} labelled pixels of {runs[0].subset} together: "
        "mean and, where there are several seeds, sample standard deviation over them."
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def as_json(runs: Sequence[RunScore]) -> str:
    """Counts and cost of every run, and the spread of every score by row; null: not defined."""
    content = {
        "runs": [
            {
                "row": run.row,
                "seed": run.seed,
                "checksum": run.checksum,
                "subset": run.subset,
                "counts": dataclasses.asdict(run.counts),
                "cost": dataclasses.asdict(run.cost),
            }
            for run in runs
        ],
        "rows": {
            row: {
                attribute: dataclasses.asdict(spread)
                for attribute, spread in spreads([run.counts for run in several]).items()
            }
            for row, several in runs_by_row(runs).items()
        },
    }
    return json.dumps(without_nan(content), indent=2)


def write_report(study: Study, folder: Path) -> str:
    """Write ``tables.md``, ``results.json`` and plots of all finished runs; gives the tables."""
    runs = finished_runs(study, folder)
    if not runs:
        return "No run is finished yet.\n"
    tables = study.tables(runs)
    write_text(folder / TABLES_NAME, tables)
    write_text(folder / RESULTS_NAME, as_json(runs))
    for name, plot in study.plots.items():
        write_text(folder / name, plot(runs))
    return tables
