"""``cloudmamba compare``: train and score the networks of the paper's Table I, all alike."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "train and score the networks of the paper's Table I with equal means, resumably"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("data", type=Path, help="folder with index.csv and images")
    parser.add_argument(
        "--output",
        required=True,
        type=Path,
        help="folder of the comparison; given again, what is finished there is not repeated, and "
        "what another process is at is left to it",
    )
    parser.add_argument(
        "--networks", nargs="+", metavar="NETWORK", help="which ones, by name (default: all nine)"
    )
    parser.add_argument(
        "--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="N", help="seeds (0 1 2)"
    )
    parser.add_argument(
        "--configuration",
        default="paper",
        help="TOML file or name of a shipped one: the recipe of all, and CloudMamba (%(default)s)",
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


def run(arguments: argparse.Namespace) -> int:
    """Train and score what is not there yet, one run after the other, and print Table I."""
    from cloudmamba.commands.train import follow
    from cloudmamba.errors import InputError
    from cloudmamba.inference.devices import resolve_device
    from cloudmamba.startup import prepare_process
    from cloudmamba.training.configuration import read_configuration
    from cloudmamba.training.experiment import Budget, Experiment, write_report
    from cloudmamba.training.network_comparison import COMPARISON

    prepare_process(idle_threads_sleep=False)
    networks = list(dict.fromkeys(arguments.networks or COMPARISON.rows))
    if unknown := [name for name in networks if name not in COMPARISON.rows]:
        raise InputError(
            f"There is no network '{unknown[0]}' to compare: use {', '.join(COMPARISON.rows)}."
        )
    budget = None
    if arguments.steps is not None or arguments.seconds is not None:
        budget = Budget(arguments.steps, arguments.seconds)
    configuration = read_configuration(arguments.configuration)
    device = resolve_device(arguments.device).torch_device
    experiment = Experiment(
        COMPARISON,
        configuration,
        arguments.data,
        arguments.output,
        device,
        budget,
        arguments.teachers,
    )
    for seed in dict.fromkeys(arguments.seeds):
        busy = experiment.run_seed(
            seed, networks, lambda name, trainer, seed=seed: follow(trainer, f"{name}, seed {seed}")
        )
        for name in busy:
            print(f"{name}, seed {seed}: another process is at it.")
    print(write_report(COMPARISON, arguments.output))
    return 0
