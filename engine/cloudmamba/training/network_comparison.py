"""The paper's Table I: CloudMamba and the networks it is compared with, all trained alike."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Sequence
from functools import partial

from cloudmamba.compared import NETWORKS, ComparedConfiguration
from cloudmamba.errors import InputError
from cloudmamba.evaluation.report.scatter_plot import scatter_plot
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.training.configuration import TrainingConfiguration
from cloudmamba.training.experiment import (
    Column,
    RunScore,
    Study,
    Table,
    note_on,
    runs_by_row,
    table_as_markdown,
)

CLOUDMAMBA = "cloudmamba"
PLOT_NAME = "accuracy_over_cost.svg"
TITLES = {name: network.title for name, network in NETWORKS.items()} | {CLOUDMAMBA: "CloudMamba"}


def title_of(configuration: ModelConfiguration | ComparedConfiguration) -> str:
    """The network's name in the paper."""
    return TITLES[getattr(configuration, "network", CLOUDMAMBA)]


TABLE = Table(
    "Table I: networks, trained alike", ("Method",), {name: (TITLES[name],) for name in TITLES}
)


def _mean(attribute: str, digits: int) -> Callable[[Sequence[RunScore]], str]:
    """Over the runs of a row, of something that its network costs."""

    def cell(runs: Sequence[RunScore]) -> str:
        return f"{statistics.fmean(getattr(run.cost, attribute) for run in runs):.{digits}f}"

    return cell


COST_COLUMNS: tuple[Column, ...] = (
    ("parameters (millions)", lambda runs: f"{runs[0].cost.parameters / 1e6:.3f}"),
    ("Gop a megapixel", _mean("giga_operations_per_megapixel", 1)),
    ("seconds a megapixel", _mean("seconds_per_megapixel", 3)),
    ("training steps", _mean("training_steps", 0)),
    ("training seconds", _mean("training_seconds", 0)),
)


def as_markdown(runs: Sequence[RunScore]) -> str:
    """Table I with the scores and the cost of the runs; networks without a run are left out."""
    note = (
        "All have the same data, recipe, loss and budget, and random weights to begin with: what "
        "the networks are worth beside each other, not what their authors' recipes reach. Gop: 10⁹ "
        "operations of convolutions, products and scans. Seconds a megapixel: of the network alone, "
        "on the machine that scored it."
    )
    return "\n\n".join([table_as_markdown(TABLE, runs, COST_COLUMNS), note_on(runs), note]) + "\n"


def accuracy_over_cost(runs: Sequence[RunScore]) -> dict[str, tuple[float, float]]:
    """By title: operations (Gop a megapixel) and cloud IoU (percent), means over the seeds.

    Networks whose cloud IoU is not defined are left out.
    """
    points = {
        TITLES[row]: (
            statistics.fmean(run.cost.giga_operations_per_megapixel for run in several),
            100 * statistics.fmean(run.counts.cloud_iou for run in several),
        )
        for row, several in runs_by_row(runs).items()
    }
    return {title: point for title, point in points.items() if point[1] == point[1]}


def _with_network(name: str, configuration: TrainingConfiguration) -> TrainingConfiguration:
    """The run with another network: of the same bands, in the variant that suits its crops."""
    if not isinstance(configuration.model, ModelConfiguration):
        raise InputError(
            "A comparison begins with CloudMamba: choose a configuration of that network."
        )
    if name == CLOUDMAMBA:
        return configuration
    model = ComparedConfiguration(
        network=name,
        variant=NETWORKS[name].variant_for(configuration.data.crop_px),
        bands=configuration.model.bands,
    )
    return dataclasses.replace(configuration, model=model)


def accuracy_plot(runs: Sequence[RunScore]) -> str:
    """Cloud IoU over operations, as SVG."""
    return scatter_plot(
        "Cloud IoU over cost",
        accuracy_over_cost(runs),
        "10⁹ operations a megapixel",
        "cloud IoU, percent",
    )


COMPARISON = Study(
    "comparison",
    {name: partial(_with_network, name) for name in TITLES},
    as_markdown,
    {PLOT_NAME: accuracy_plot},
)
