"""``cloudmamba teach``: soft labels of open cloud maskers for the images of a data folder."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from cloudmamba.training.teachers.known import TEACHERS

HELP = "label images with an open cloud masker that runs in an environment of its own"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("data", type=Path, metavar="DATA_FOLDER", help="folder with index.csv")
    parser.add_argument("--teacher", required=True, choices=TEACHERS)
    parser.add_argument(
        "--teacher-python",
        required=True,
        type=Path,
        metavar="PYTHON",
        help="Python of an environment in which the teacher is installed",
    )
    parser.add_argument(
        "--output", required=True, type=Path, metavar="FOLDER", help="gets the labels"
    )
    parser.add_argument(
        "--folder",
        action="append",
        metavar="NAME",
        help="label the images of this folder of the index alone; may be repeated (default: all)",
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for the teacher")


def run(arguments: argparse.Namespace) -> int:
    """Label what has no label of this teacher yet."""
    from cloudmamba.training.teachers.teach import teach

    written, skipped = teach(
        arguments.data,
        arguments.output,
        TEACHERS[arguments.teacher],
        arguments.teacher_python,
        arguments.threads,
        arguments.folder or (),
    )
    print(f"{arguments.teacher} labelled {written} images in '{arguments.output}'.")
    if skipped:
        print(f"{skipped} images lack bands that it needs.")
    return 0
