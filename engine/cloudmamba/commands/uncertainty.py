"""``cloudmamba uncertainty``: which uncertainty finds errors, and which probability is honest."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cloudmamba.commands.environment import load_masker

if TYPE_CHECKING:
    from cloudmamba.data.images import LabelledImage
    from cloudmamba.data.index import ImageRecord

HELP = "compare the uncertainties a model can deliver, on labelled images"
_FORMAT = "cloudmamba-uncertainty-1"
_CLEAR = "clear, places kept out of training"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("data", type=Path, help="folder with index.csv and images")
    parser.add_argument(
        "--subset", default="manual/validation", help="folder of the index to measure (%(default)s)"
    )
    parser.add_argument(
        "--calibrate-on",
        default="manual/train",
        metavar="SUBSET",
        help="folder of the index that a temperature is fitted to (%(default)s)",
    )
    parser.add_argument("--model", help="model file or name (default: the shipped model)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures")


def run(arguments: argparse.Namespace) -> int:
    """Print one table for each sensor, for clear images, and for corrupted regions."""
    from tqdm import tqdm

    from cloudmamba.data.images import read_record
    from cloudmamba.data.index import read_index
    from cloudmamba.errors import InputError
    from cloudmamba.evaluation.corruption import CORRUPTIONS
    from cloudmamba.evaluation.maskers import ModelMasker
    from cloudmamba.evaluation.report.results_file import OutputFile
    from cloudmamba.evaluation.report.tables import as_text
    from cloudmamba.evaluation.report.uncertainty_tables import (
        as_json,
        corruption_table,
        group_table,
    )
    from cloudmamba.evaluation.uncertainty_comparison import compare, count_logits
    from cloudmamba.startup import prepare_process

    prepare_process(idle_threads_sleep=False)
    file = OutputFile(arguments.json, _FORMAT) if arguments.json else None
    if file is not None:
        file.check()
    index = read_index(arguments.data)
    groups = _groups(index, arguments.subset)
    if not groups:
        raise InputError(f"'{arguments.data}' has no images in '{arguments.subset}'.")
    calibrating = [record for record in index if record.folder == arguments.calibrate_on]
    if not calibrating:
        raise InputError(f"'{arguments.data}' has no images in '{arguments.calibrate_on}'.")
    model = load_masker(arguments.model, arguments.device)
    model_card = model.model_card
    masker = ModelMasker(model_card["name"], model)

    print(f"Model: {model_card['name']} {model_card['version']}, {model_card['checksum'][:12]}")
    comparisons = {}
    total = len(calibrating) + sum(len(records) for records in groups.values())
    with tqdm(total=total, unit="image", leave=False, disable=None) as progress:

        def images(records: list[ImageRecord]) -> Iterator[LabelledImage]:
            for record in records:
                yield read_record(record)
                progress.update()

        counts = count_logits(masker, images(calibrating))
        try:
            temperature = counts.fit_temperature()
            progress.write(f"Temperature: {temperature:.3f}, fitted to {arguments.calibrate_on}")
        except InputError as error:
            temperature = None
            progress.write(f"No temperature from {arguments.calibrate_on}: {error}")
        for name, records in groups.items():
            kinds = () if name == _CLEAR else tuple(CORRUPTIONS)
            comparison = compare(masker, images(records), temperature, kinds)
            comparisons[name] = comparison
            tables = [group_table(f"{name}: {len(records)} images", comparison)]
            tables += [corruption_table(f"{name}: {kind}", comparison, kind) for kind in kinds]
            for table in tables:
                progress.write(f"\n{as_text(table)}")
                sys.stdout.flush()
    if file is not None:
        facts = {
            "format": _FORMAT,
            "model": model_card,
            "data": str(arguments.data),
            "subset": arguments.subset,
            "calibrated_on": arguments.calibrate_on,
            "temperature": temperature,
            "images": {name: len(records) for name, records in groups.items()},
        }
        file.write(as_json(facts, comparisons))
    return 0


def _groups(index: list[ImageRecord], subset: str) -> dict[str, list[ImageRecord]]:
    """The subset by sensor, and clear images of places that training leaves out."""
    groups: dict[str, list[ImageRecord]] = {}
    for record in index:
        if record.folder == subset:
            groups.setdefault(record.sensor, []).append(record)
    if groups and (clear := [r for r in index if r.folder == "clear" and r.held_out]):
        groups[_CLEAR] = clear
    return groups
