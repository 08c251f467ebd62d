"""``cloudmamba figure``: masks of several models side by side, or the stages of one, as PNG."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudmamba.evaluation.maskers import ModelMasker

HELP = "draw masks of several models side by side, or the stages of one model, as PNG"
_KINDS = {
    "masks": "image, ground truth and the mask of every model (the paper's Figures 4 and 5)",
    "stages": "the nine stages from an image to its mask (the paper's Figure 6)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command: a sub-command for each kind of figure."""
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    for kind, words in _KINDS.items():
        figure = kinds.add_parser(kind, help=words, description=words)
        figure.add_argument("data", type=Path, help="folder with index.csv and images")
        figure.add_argument("--output", required=True, type=Path, metavar="FILE", help="the PNG")
        figure.add_argument(
            "--images", nargs="+", required=True, metavar="NAME", help="names of images, as lines"
        )
        figure.add_argument(
            "--subset", default="manual/test", help="folder of the index they are in (%(default)s)"
        )
        figure.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
        several = {"nargs": "+"} if kind == "masks" else {}
        figure.add_argument(
            "--model",
            required=True,
            metavar="[TITLE=]MODEL",
            help="model file or name; the title is that of the network if none is given",
            **several,
        )


def run(arguments: argparse.Namespace) -> int:
    """Draw the figure; an existing file is not overwritten."""
    from cloudmamba.atomic_files import write_bytes
    from cloudmamba.data.images import read_record
    from cloudmamba.data.index import read_index
    from cloudmamba.errors import InputError, OutputError
    from cloudmamba.evaluation.figures import figure_of_masks, figure_of_stages
    from cloudmamba.startup import prepare_process

    prepare_process(idle_threads_sleep=False)
    if arguments.output.exists():
        raise OutputError(f"'{arguments.output}' exists: choose a name that is new.")
    if not arguments.output.parent.is_dir():
        raise OutputError(
            f"The folder '{arguments.output.parent}' does not exist: create it first."
        )
    records = {
        record.name: record
        for record in read_index(arguments.data)
        if record.folder == arguments.subset
    }
    if missing := [name for name in arguments.images if name not in records]:
        raise InputError(f"There is no image '{missing[0]}' in '{arguments.subset}'.")
    images = (read_record(records[name]) for name in arguments.images)
    device = arguments.device
    if arguments.kind == "masks":
        content = figure_of_masks(images, [_masker(model, device) for model in arguments.model])
    else:
        content = figure_of_stages(images, _masker(arguments.model, device))
    try:
        write_bytes(arguments.output, content)
    except OSError as error:
        raise OutputError(f"'{arguments.output}' cannot be written: {error.strerror}.") from error
    print(f"Figure: {arguments.output}")
    return 0


def _masker(text: str, device: str) -> ModelMasker:
    """The model of ``TITLE=MODEL`` or ``MODEL``."""
    from cloudmamba.evaluation.maskers import ModelMasker
    from cloudmamba.masker import CloudMasker
    from cloudmamba.training.network_comparison import title_of

    title, separator, path = text.partition("=")
    model = CloudMasker.load(path if separator else text, device)
    return ModelMasker(title if separator else title_of(model.configuration), model)
