"""What ablation and comparison share: their arguments, and a run for each row and seed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cloudmamba.commands.environment import compute_options

if TYPE_CHECKING:
    from cloudmamba.training.experiment import Study
    from cloudmamba.training.loop import Trainer


def add_experiment_arguments(
    parser: argparse.ArgumentParser, rows_option: str, row_name: str
) -> None:
    """Data, output, rows, seeds, recipe and budget.

    Args:
        rows_option: such as ``--rows``.
        row_name: what a row is called in the help.
    """
    parser.add_argument("data", type=Path, help="folder with index.csv and images")
    parser.add_argument(
        "--output",
        required=True,
        type=Path,
        help="folder of the results; given again, what is finished there is not repeated, and what "
        "another process is at is left to it",
    )
    parser.add_argument(
        rows_option,
        dest="rows",
        nargs="+",
        metavar=row_name.upper(),
        help=f"which {row_name}s, by name (default: all of them)",
    )
    parser.add_argument(
        "--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="N", help="seeds (0 1 2)"
    )
    parser.add_argument(
        "--configuration",
        default="paper",
        help="TOML file or name of a shipped one: the recipe of all, and the network that rows "
        "change (%(default)s)",
    )
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument(
        "--steps", type=int, metavar="N", help="steps of every training (default: as the recipe)"
    )
    budget.add_argument(
        "--seconds",
        type=float,
        metavar="S",
        help="seconds of every training instead, on this machine",
    )
    parser.add_argument(
        "--teachers",
        type=Path,
        metavar="FOLDER",
        help="folder with labels of teachers, as 'cloudmamba teach' leaves it",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")


def run_experiment(study: Study, rows: Sequence[str], arguments: argparse.Namespace) -> int:
    """Train and score what is not there yet, one run after the other, and print the tables."""
    from cloudmamba.commands.train import follow
    from cloudmamba.inference.devices import resolve_device
    from cloudmamba.startup import prepare_process
    from cloudmamba.training.configuration import read_configuration
    from cloudmamba.training.experiment import Budget, Experiment, write_report

    prepare_process(idle_threads_sleep=False)
    budget = None
    if arguments.steps is not None or arguments.seconds is not None:
        budget = Budget(arguments.steps, arguments.seconds)
    experiment = Experiment(
        study,
        read_configuration(arguments.configuration),
        arguments.data,
        arguments.output,
        resolve_device(arguments.device).torch_device,
        budget,
        arguments.teachers,
        compute_options(),
    )
    for seed in dict.fromkeys(arguments.seeds):

        def train(row: str, trainer: Trainer, seed: int = seed) -> None:
            follow(trainer, f"{row}, seed {seed}")

        busy = experiment.run_seed(seed, rows, train)
        for row in busy:
            print(f"{row}, seed {seed}: another process is at it.")
    print(write_report(study, arguments.output))
    return 0
