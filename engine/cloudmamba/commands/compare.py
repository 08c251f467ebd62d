"""``cloudmamba compare``: train and score the networks of the paper's Table I, all alike."""

from __future__ import annotations

import argparse

from cloudmamba.commands.experiments import add_experiment_arguments, run_experiment

HELP = "train and score the networks of the paper's Table I with equal means, resumably"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_experiment_arguments(parser, "--networks", "network")


def run(arguments: argparse.Namespace) -> int:
    """Train and score what is not there yet, one run after the other, and print Table I."""
    from cloudmamba.errors import InputError
    from cloudmamba.training.network_comparison import COMPARISON

    networks = list(dict.fromkeys(arguments.rows or COMPARISON.rows))
    if unknown := [name for name in networks if name not in COMPARISON.rows]:
        raise InputError(
            f"There is no network '{unknown[0]}' to compare: use {', '.join(COMPARISON.rows)}."
        )
    return run_experiment(COMPARISON, networks, arguments)
