"""The paper's ablations (Tables II to V) as configurations of CloudMamba."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from cloudmamba.errors import InputError
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.evaluation.scoring import Settings
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.training.configuration import TrainingConfiguration
from cloudmamba.training.experiment import RunScore, Study, Table, note_on, table_as_markdown


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
SINGLE_STAGE, TWO_STAGE = "ds-mamba", "cloudmamba"

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
            SINGLE_STAGE: ("Single-stage (without UGRN)",),
            TWO_STAGE: ("Two-stage (CloudMamba)",),
        },
    ),
)
# Scored on the images that the two-stage network's first stage is least sure of.
HARD_TABLE = Table(
    "Table V: the hardest tenth of the images",
    ("Method",),
    {
        SINGLE_STAGE: ("Single-stage CloudMamba",),
        TWO_STAGE: ("Two-stage CloudMamba",),
    },
)


def hardest_images(run: RunScore) -> list[int]:
    """Positions of the tenth of the images with the greatest mean uncertainty, hardest first.

    Images without a labelled pixel are no candidates.
    """
    candidates = [i for i, image in enumerate(run.images) if image.counts.pixels]
    candidates.sort(key=lambda i: -run.images[i].mean_uncertainty)
    return candidates[: math.ceil(Settings().hard_share * len(candidates))]


def _hard_table(runs: Sequence[RunScore]) -> str:
    """Table V of the seeds with which both networks were trained."""
    hardest = {run.seed: hardest_images(run) for run in runs if run.row == TWO_STAGE}
    single = {run.seed for run in runs if run.row == SINGLE_STAGE}
    both = [run for run in runs if run.seed in single & set(hardest)]

    def counts_of(run: RunScore) -> Confusion:
        return sum((run.images[i].counts for i in hardest[run.seed]), Confusion())

    return table_as_markdown(HARD_TABLE, both, counts_of=counts_of)


def as_markdown(runs: Sequence[RunScore]) -> str:
    """The paper's tables with the scores of the runs; rows without a run are left out."""
    blocks = [table_as_markdown(table, runs) for table in TABLES]
    hard = _hard_table(runs)
    blocks += [hard, note_on(runs)]
    if hard:
        blocks.append(
            "Table V: on the tenth of the images whose mean uncertainty, by the two-stage network's "
            "first stage with the same seed, is greatest."
        )
    return "\n\n".join(filter(None, blocks)) + "\n"


def _applied(row: Row, configuration: TrainingConfiguration) -> TrainingConfiguration:
    if not isinstance(configuration.model, ModelConfiguration):
        raise InputError("An ablation changes CloudMamba: choose a configuration of that network.")
    return dataclasses.replace(configuration, model=row.applied_to(configuration.model))


ABLATION = Study(
    "ablation", {name: partial(_applied, row) for name, row in ROWS.items()}, as_markdown
)
