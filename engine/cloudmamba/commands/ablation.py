"""``cloudmamba ablation``: train and score the rows of the paper's Tables II to V."""

from __future__ import annotations

import argparse

from cloudmamba.commands.experiments import add_experiment_arguments, run_experiment

HELP = "train and score the rows of the paper's ablation tables, resumably"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_experiment_arguments(parser, "--rows", "row")


def run(arguments: argparse.Namespace) -> int:
    """Train and score what is not there yet, one run after the other, and print the tables."""
    from cloudmamba.errors import InputError
    from cloudmamba.training.ablation import ABLATION, ROWS

    rows = list(dict.fromkeys(arguments.rows or ROWS))
    if unknown := [row for row in rows if row not in ROWS]:
        raise InputError(f"There is no row '{unknown[0]}' in the ablation: use {', '.join(ROWS)}.")
    return run_experiment(ABLATION, rows, arguments)
