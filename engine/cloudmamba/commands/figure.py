"""``cloudmamba figure``: masks of several models side by side, or the stages of one, as PNG."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cloudmamba.commands.environment import load_masker

if TYPE_CHECKING:
    from cloudmamba.evaluation.maskers import ModelMasker

HELP = (
    "draw masks of several models side by side, a contact sheet, or the stages of a model, as PNG"
)
_KINDS = {
    "masks": "image, ground truth and the mask of every model (the paper's Figures 4 and 5)",
    "sheet": "a contact sheet of many images with the outlines of one model's masks",
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
            "--images",
            nargs="+",
            required=kind != "sheet",
            metavar="NAME",
            help="names of images, as lines"
            if kind != "sheet"
            else "names of images (default: --count of them, evenly spread over the subset)",
        )
        figure.add_argument(
            "--subset", default="manual/test", help="folder of the index they are in (%(default)s)"
        )
        figure.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
        if kind == "sheet":
            figure.add_argument(
                "--count", type=_count, default=40, metavar="N", help="images (%(default)s)"
            )
            figure.add_argument(
                "--columns", type=_count, default=8, metavar="N", help="of the sheet (%(default)s)"
            )
        if kind == "masks":
            figure.add_argument(
                "--without-image",
                action="store_true",
                help="leave out the images themselves, whose pixels may not be yours to show",
            )
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
    from tqdm import tqdm

    from cloudmamba.atomic_files import write_bytes
    from cloudmamba.data.images import read_image, read_record
    from cloudmamba.data.index import read_index
    from cloudmamba.errors import InputError, OutputError
    from cloudmamba.evaluation.report.figures import figure_of_masks, figure_of_stages
    from cloudmamba.evaluation.report.sheet import ContactSheet
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
    if not records:
        raise InputError(f"'{arguments.data}' has no images in '{arguments.subset}'.")
    if missing := [name for name in arguments.images or () if name not in records]:
        raise InputError(f"There is no image '{missing[0]}' in '{arguments.subset}'.")
    device = arguments.device
    if arguments.kind == "sheet":
        chosen = [records[name] for name in arguments.images or _spread(records, arguments.count)]
        sheet = ContactSheet(_masker(arguments.model, device), len(chosen), arguments.columns)
        for record in tqdm(chosen, unit="image", leave=False, disable=None):
            sheet.add(read_image(record))
        content = sheet.png()
    elif arguments.kind == "masks":
        images = (read_record(records[name]) for name in arguments.images)
        maskers = [_masker(model, device) for model in arguments.model]
        content = figure_of_masks(images, maskers, show_image=not arguments.without_image)
    else:
        images = (read_record(records[name]) for name in arguments.images)
        content = figure_of_stages(images, _masker(arguments.model, device))
    try:
        write_bytes(arguments.output, content)
    except OSError as error:
        raise OutputError(f"'{arguments.output}' cannot be written: {error.strerror}.") from error
    print(f"Figure: {arguments.output}")
    return 0


def _spread(names: Iterable[str], count: int) -> list[str]:
    """So many of the names, at even distances; all where there are not more."""
    every = list(names)
    return (
        [every[index * len(every) // count] for index in range(count)]
        if len(every) > count
        else every
    )


def _count(text: str) -> int:
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of images")
    return value


def _masker(text: str, device: str) -> ModelMasker:
    """The model of ``TITLE=MODEL`` or ``MODEL``."""
    from cloudmamba.evaluation.maskers import ModelMasker
    from cloudmamba.training.network_comparison import title_of

    title, separator, path = text.partition("=")
    model = load_masker(path if separator else text, device)
    return ModelMasker(title if separator else title_of(model.configuration), model)
