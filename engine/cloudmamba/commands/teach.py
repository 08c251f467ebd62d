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
    from cloudmamba.data.index import read_index
    from cloudmamba.errors import InputError
    from cloudmamba.training.teachers.teach import teach

    known = {record.folder for record in read_index(arguments.data)}
    for folder in arguments.folder or ():
        if folder not in known:
            raise InputError(
                f"No image of '{arguments.data}' is in a folder '{folder}': its index knows "
                f"{', '.join(sorted(known))}."
            )
    written, skipped = teach(
        arguments.data,
        arguments.output,
        TEACHERS[arguments.teacher],
        arguments.teacher_python,
        arguments.threads,
        lambda record: not arguments.folder or record.folder in arguments.folder,
    )
    print(f"{arguments.teacher} labelled {written} images in '{arguments.output}'.")
    if skipped:
        print(f"{skipped} images lack bands that it needs.")
    return 0
