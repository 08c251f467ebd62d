"""``cloudmamba ablation``: train and score the rows of the paper's Tables II to V."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "train and score the rows of the paper's ablation tables, resumably"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("data", type=Path, help="folder with index.csv and images")
    parser.add_argument(
        "--output",
        required=True,
        type=Path,
        help="folder of the ablation; given again, what is finished there is not repeated, and what "
        "another process is at is left to it",
    )
    parser.add_argument(
        "--rows", nargs="+", metavar="ROW", help="rows to run, by name (default: all of them)"
    )
    parser.add_argument(
        "--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="N", help="seeds (0 1 2)"
    )
    parser.add_argument(
        "--configuration",
        default="paper",
        help="TOML file or name of a shipped one, whose network the rows change (%(default)s)",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")


def run(arguments: argparse.Namespace) -> int:
    """Train and score what is not there yet, one run after the other, and print the tables."""
    from cloudmamba.commands.train import follow
    from cloudmamba.errors import InputError
    from cloudmamba.inference.devices import resolve_device
    from cloudmamba.startup import prepare_process
    from cloudmamba.training.ablation import ABLATION, ROWS
    from cloudmamba.training.configuration import read_configuration
    from cloudmamba.training.experiment import Experiment, write_report

    prepare_process(idle_threads_sleep=False)
    rows = list(dict.fromkeys(arguments.rows or ROWS))
    if unknown := [row for row in rows if row not in ROWS]:
        raise InputError(f"There is no row '{unknown[0]}' in the ablation: use {', '.join(ROWS)}.")
    configuration = read_configuration(arguments.configuration)
    device = resolve_device(arguments.device).torch_device
    ablation = Experiment(ABLATION, configuration, arguments.data, arguments.output, device)
    for seed in dict.fromkeys(arguments.seeds):
        busy = ablation.run_seed(
            seed, rows, lambda row, trainer, seed=seed: follow(trainer, f"{row}, seed {seed}")
        )
        for row in busy:
            print(f"{row}, seed {seed}: another process is at it.")
    print(write_report(ABLATION, arguments.output))
    return 0
