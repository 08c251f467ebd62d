"""The paper's ablations (Tables II to IV) as configurations: train, score, tabulate.

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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from cloudmamba.errors import InputError, OutputError
from cloudmamba.evaluation.images import read_record
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.network.model import CloudMamba, ModelConfiguration, load_model
from cloudmamba.training.configuration import TrainingConfiguration
from cloudmamba.training.datasets import ImageRecord, read_index
from cloudmamba.training.epochs import prepare
from cloudmamba.training.loop import CHECKPOINT_NAME, MODEL_NAME, Trainer
from cloudmamba.training.validation import Validation, counts
from cloudmamba.whole_files import write_text

MARKER_NAME = "ablation.json"
SCORES_NAME = "scores.json"
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
class Row:
    """What one row of the paper's tables changes in the network."""

    mixer: str
    refinement: bool
    dilations: tuple[int, int, int] = (1, 2, 4)

    def applied_to(self, model: ModelConfiguration) -> ModelConfiguration:
        """The network of this row; widths, state size and thresholds stay."""
        return dataclasses.replace(model, **dataclasses.asdict(self))


ROWS = {
    "no-mamba": Row("none", refinement=False),
    "mamba": Row("mamba", refinement=False),
    "ds-mamba-separate": Row("dual_scale_separate", refinement=False),
    "ds-mamba": Row("dual_scale", refinement=False),
    "cloudmamba": Row("dual_scale", refinement=True),
    "dilations-1-1-1": Row("dual_scale", refinement=True, dilations=(1, 1, 1)),
    "dilations-2-2-2": Row("dual_scale", refinement=True, dilations=(2, 2, 2)),
    "dilations-2-4-8": Row("dual_scale", refinement=True, dilations=(2, 4, 8)),
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
    lines: dict[str, tuple[str, ...]]


TABLES = (
    Table(
        "Table II: key components",
        ("Mamba", "DS-Mamba (Sep)", "DS-Mamba", "UGRN"),
        {
            "no-mamba": ("✗", "✗", "✗", "✗"),
            "mamba": ("✓", "✗", "✗", "✗"),
            "ds-mamba-separate": ("✗", "✓", "✗", "✗"),
            "ds-mamba": ("✗", "✗", "✓", "✗"),
            "cloudmamba": ("✗", "✗", "✓", "✓"),
        },
    ),
    Table(
        "Table III: dilation rates of the large-scale branch",
        ("d1", "d2", "d3"),
        {
            "dilations-1-1-1": ("1", "1", "1"),
            "dilations-2-2-2": ("2", "2", "2"),
            "cloudmamba": ("1", "2", "4"),
            "dilations-2-4-8": ("2", "4", "8"),
        },
    ),
    Table(
        "Table IV: single-stage and two-stage frameworks",
        ("Framework",),
        {
            "ds-mamba": ("Single-stage (without UGRN)",),
            "cloudmamba": ("Two-stage (CloudMamba)",),
        },
    ),
)


@dataclass(frozen=True)
class RunScore:
    """Pooled counts of one run on the images that are scored.

    Attributes:
        row, seed: which run.
        checksum: of its model.
        subset: folder of the index whose images were scored.
    """

    row: str
    seed: int
    checksum: str
    subset: str
    counts: Confusion


class Ablation:
    """Runs of several rows and seeds in one folder, each of them resumable.

    Args:
        configuration: recipe, and the network that the rows change.
        data: folder with ``index.csv``.
        folder: new or empty, or that of the same ablation begun before.
        device: where to train and to score.

    Raises:
        InputError: the data folder has no images to score on.
        OutputError: the folder holds something else or cannot be made.
    """

    def __init__(
        self, configuration: TrainingConfiguration, data: Path, folder: Path, device: torch.device
    ):
        self.configuration = configuration
        self.data = data
        self.folder = folder
        self.device = device
        self.subset, self._records = images_to_score(data)
        self._claim()

    def run_seed(
        self, seed: int, rows: Sequence[str], train: Callable[[str, Trainer], None]
    ) -> None:
        """Train and score the rows that have no score yet, keeping the tables up to date.

        Args:
            train: takes a row's name and its trainer to the last step.
        """
        rows = [row for row in rows if not (self._run_folder(row, seed) / SCORES_NAME).exists()]
        if not rows:
            return
        seeded = dataclasses.replace(self.configuration, seed=seed)
        seeded, sampler = prepare(seeded, self.data)
        validation = Validation(self.data, self.device)
        for row in rows:
            configuration = dataclasses.replace(
                seeded, name=f"{seeded.name}-{row}", model=ROWS[row].applied_to(seeded.model)
            )
            folder = self._run_folder(row, seed)
            trainer = Trainer(configuration, sampler, validation.scores, folder, self.device)
            if (folder / CHECKPOINT_NAME).exists():
                trainer.resume()
            train(row, trainer)
            self._score(row, seed)
            write_report(self.folder)

    def _run_folder(self, row: str, seed: int) -> Path:
        return self.folder / row / f"seed-{seed}"

    def _score(self, row: str, seed: int) -> None:
        folder = self._run_folder(row, seed)
        model, card = load_model(folder / MODEL_NAME, self.device)
        counts = pooled_counts(model, self._records)
        result = RunScore(row, seed, card["checksum"], self.subset, counts)
        write_text(folder / SCORES_NAME, json.dumps(dataclasses.asdict(result), indent=2))

    def _claim(self) -> None:
        """Mark the folder as this ablation's, or make sure that it is."""
        marker = self.folder / MARKER_NAME
        # The seed is the run's, so it does not count here.
        recipe = repr(dataclasses.replace(self.configuration, seed=0))
        content = {
            "configuration_sha256": hashlib.sha256(recipe.encode()).hexdigest(),
            "index_sha256": hashlib.sha256((self.data / "index.csv").read_bytes()).hexdigest(),
        }
        text = json.dumps(content, indent=2)
        if marker.is_file():
            if marker.read_text(encoding="utf-8") != text:
                raise OutputError(
                    f"'{self.folder}' holds an ablation with another configuration or other data: "
                    "choose another folder."
                )
            return
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise OutputError(
                f"'{self.folder}' is not empty and holds no ablation: choose another folder."
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


def pooled_counts(model: CloudMamba, records: Iterable[ImageRecord]) -> Confusion:
    """Counts over all labelled pixels of the images, masked as ``cloudmamba detect`` does."""
    return sum((counts(model, read_record(record)) for record in records), Confusion())


def finished_runs(folder: Path) -> list[RunScore]:
    """All scored runs of an ablation's folder, in the order of the rows and seeds."""
    runs = []
    for file in folder.glob(f"*/seed-*/{SCORES_NAME}"):
        values = json.loads(file.read_text(encoding="utf-8"))
        runs.append(RunScore(**{**values, "counts": Confusion(**values["counts"])}))
    order = list(ROWS)
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


def spreads(runs: Sequence[RunScore]) -> dict[str, dict[str, Spread]]:
    """For each row that has a run: the spread of each score, by the score's attribute."""
    by_row: dict[str, list[Confusion]] = {}
    for run in runs:
        by_row.setdefault(run.row, []).append(run.counts)
    return {
        row: {
            attribute: Spread.of([100 * getattr(counts, attribute) for counts in several])
            for attribute in SCORES.values()
        }
        for row, several in by_row.items()
    }


def as_markdown(runs: Sequence[RunScore]) -> str:
    """The paper's tables with the scores of the runs; rows without a run are left out."""
    measured = spreads(runs)
    seeds = {row: sorted(run.seed for run in runs if run.row == row) for row in measured}
    blocks = []
    for table in TABLES:
        lines = [row for row in table.lines if row in measured]
        if not lines:
            continue
        titles = (*table.columns, *SCORES, "seeds")
        block = [f"## {table.heading}", "", _line(titles), _line(["---"] * len(titles))]
        for row in lines:
            scores = map(str, measured[row].values())
            block.append(_line([*table.lines[row], *scores, ", ".join(map(str, seeds[row]))]))
        blocks.append("\n".join(block))
    subset = runs[0].subset
    pixels = runs[0].counts.pixels
    note = (
        f"Percent, over all {pixels} labelled pixels of {subset} together: mean and, where there "
        "are several seeds, sample standard deviation over them."
    )
    return "\n\n".join([*blocks, note]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def as_json(runs: Sequence[RunScore]) -> str:
    """Counts of every run, and the spread of every score by row; null where not defined."""

    def number(value: float) -> float | None:
        return None if math.isnan(value) else value

    content = {
        "runs": [dataclasses.asdict(run) for run in runs],
        "rows": {
            row: {
                attribute: {k: number(v) for k, v in dataclasses.asdict(spread).items()}
                for attribute, spread in scores.items()
            }
            for row, scores in spreads(runs).items()
        },
    }
    return json.dumps(content, indent=2)


def write_report(folder: Path) -> str:
    """Write ``tables.md`` and ``results.json`` of all finished runs; gives the tables."""
    runs = finished_runs(folder)
    tables = as_markdown(runs)
    write_text(folder / TABLES_NAME, tables)
    write_text(folder / RESULTS_NAME, as_json(runs))
    return tables
