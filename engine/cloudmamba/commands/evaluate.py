"""``cloudmamba evaluate``: score models and masks on labelled images, side by side."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloudmamba.commands.environment import load_masker

if TYPE_CHECKING:
    from cloudmamba.data.codes import MaskCodes, ProductCodes
    from cloudmamba.data.images import LabelledImage
    from cloudmamba.data.index import ImageRecord
    from cloudmamba.evaluation.maskers import Masker, MaskFiles
    from cloudmamba.evaluation.report.tables import Table

HELP = "score models and masks on labelled images, beside the best brightness threshold"
TRAINING_SUBSET = "manual/train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "data",
        type=Path,
        help="folder with index.csv and images, or one reference raster to score --masks against",
    )
    images = parser.add_argument_group("which images")
    images.add_argument(
        "--subset", default="manual/validation", help="folder of the index to score (%(default)s)"
    )
    images.add_argument(
        "--held-out",
        action="store_true",
        help="only images of places kept out of training (with --subset clear: false alarms)",
    )
    images.add_argument("--without-nir", action="store_true", help="withhold near infrared")
    masks = parser.add_argument_group("which masks")
    masks.add_argument(
        "--model",
        action="append",
        metavar="MODEL",
        help="model file or name; give it again for another (default: the shipped model)",
    )
    masks.add_argument(
        "--masks",
        action="append",
        default=[],
        type=_named_path,
        metavar="NAME=FOLDER",
        help="existing masks, in FOLDER one for each image with its name and the suffix .tif, or "
        "a single file; give it again for another",
    )
    masks.add_argument(
        "--masks-only", action="store_true", help="score only --masks, no model and no threshold"
    )
    masks.add_argument(
        "--mask-codes",
        action="append",
        metavar="CODES",
        help="what the numbers in the masks mean; once for all, or once for each --masks "
        "(default: of masks of cloudmamba 'clear=0,2,4 cloud=1 no-data=255', of others "
        "'clear=0,3 cloud=1,2 no-data=255'), or the mask of a product: scl, qa_pixel, "
        "pixel_qa, bqa, fmask, udm2, classi, cldprb",
    )
    masks.add_argument(
        "--reference-codes", metavar="CODES", help="the same for a single reference raster"
    )
    masks.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    how = parser.add_argument_group("how to score")
    how.add_argument(
        "--boundary-tolerance",
        type=_positive,
        default=2.0,
        metavar="PX",
        help="distance within which boundaries match (%(default)g)",
    )
    how.add_argument(
        "--hard-share",
        type=_percent,
        default=10.0,
        metavar="PERCENT",
        help="share of the crops that make up the hard subset (%(default)g)",
    )
    how.add_argument(
        "--hard-crop",
        type=_size,
        default=128,
        metavar="PX",
        help="side length of these crops (%(default)s)",
    )
    how.add_argument(
        "--probes",
        action="store_true",
        help="also say how far masks change under shift, mirroring, gain, resolution, other tiles "
        "and a few bad pixels, and whether uncertainty has a lattice (some twenty times the work)",
    )
    how.add_argument(
        "--teachers",
        type=Path,
        metavar="FOLDER",
        help="labels of teachers, as cloudmamba teach leaves them: score cloud shadow against them",
    )
    results = parser.add_argument_group("results")
    results.add_argument("--json", type=Path, metavar="FILE", help="write counts and scores")
    results.add_argument(
        "--html", type=Path, metavar="FILE", help="write a report with pictures and plots"
    )
    results.add_argument(
        "--panels",
        type=_count,
        default=12,
        metavar="N",
        help="pictures of the N worst images in the report (%(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print scores per image, per sensor and pooled, and write the files asked for."""
    from tqdm import tqdm

    from cloudmamba.data.images import read_reference
    from cloudmamba.errors import InputError, OutputError
    from cloudmamba.evaluation.report.comparison import compare
    from cloudmamba.evaluation.report.html_report import MARK, as_html
    from cloudmamba.evaluation.report.results_file import FORMAT, OutputFile, as_json
    from cloudmamba.evaluation.report.tables import all_tables, as_text, image_table
    from cloudmamba.evaluation.scoring import Settings
    from cloudmamba.startup import prepare_process

    prepare_process(idle_threads_sleep=False)
    # Names of files may hold letters that the terminal cannot show.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    files = {
        writer: OutputFile(path, mark)
        for writer, path, mark in (
            (as_json, arguments.json, FORMAT),
            (as_html, arguments.html, MARK),
        )
        if path is not None
    }
    for file in files.values():
        file.check()
    if arguments.json and arguments.html and arguments.json.resolve() == arguments.html.resolve():
        raise OutputError("The JSON file and the report are the same file: give them two names.")
    existing = _mask_files(arguments)
    data: dict[str, Any] = {"data": str(arguments.data)}
    if not arguments.data.is_file():
        index, records = _records(arguments)
        names = [record.name for record in records]
        maskers = [*_models(arguments), *existing, *_baseline(arguments, index)]
        data |= {
            "subset": arguments.subset,
            "held_out_places_only": arguments.held_out,
            "near_infrared": not arguments.without_nir,
            "sensors": sorted({record.sensor for record in records}),
        }
        images: Iterator = _images(records, arguments.teachers)
    else:
        if arguments.probes:
            raise InputError("Probes need images: give a folder with index.csv, not a reference.")
        if arguments.teachers:
            raise InputError(
                "Teachers label images: give a folder with index.csv, not a reference."
            )
        reference = read_reference(arguments.data, _reference_codes(arguments))
        names, maskers, images = [reference.name], [*existing], iter([reference])
    _check(arguments, maskers, existing, names)
    data["images"] = len(names)
    settings = Settings(
        arguments.boundary_tolerance, arguments.hard_share / 100, arguments.hard_crop
    )
    with tqdm(images, total=len(names), unit="image", leave=False, disable=None) as progress:
        panels = arguments.panels if arguments.html else 0
        comparison = compare(data, progress, maskers, settings, panels)
    for result in comparison.results:
        print(f"\n{as_text(image_table(result))}")
    for table in all_tables(comparison):
        print(f"\n{as_text(table)}")
    if arguments.probes:
        for table in _probed(maskers, records):
            print(f"\n{as_text(table)}")
    for writer, file in files.items():
        file.write(writer(comparison))
    return 0


def _images(records: list[ImageRecord], teachers: Path | None) -> Iterator[LabelledImage]:
    from cloudmamba.data.images import read_record
    from cloudmamba.training.teachers.labels import check_has_labels
    from cloudmamba.training.teachers.shadow import with_teachers_shadow

    if teachers is None:
        return map(read_record, records)
    check_has_labels(teachers, records)
    return (with_teachers_shadow(read_record(record), record, teachers) for record in records)


def _probed(maskers: list[Masker], records: list[ImageRecord]) -> list[Table]:
    from cloudmamba.data.images import read_record
    from cloudmamba.evaluation.maskers import ModelMasker
    from cloudmamba.evaluation.probes import probe
    from cloudmamba.evaluation.report.probe_tables import probe_tables

    models = [masker for masker in maskers if isinstance(masker, ModelMasker)]
    results = [(masker.name, probe(masker.model, map(read_record, records))) for masker in models]
    return probe_tables(results)


def _records(arguments: argparse.Namespace) -> tuple[list[ImageRecord], list[ImageRecord]]:
    """The index, and the images of it that are to be scored."""
    from cloudmamba.data.index import read_index
    from cloudmamba.errors import InputError

    index = read_index(arguments.data)
    records = [record for record in index if record.folder == arguments.subset]
    if arguments.held_out:
        records = [record for record in records if record.held_out]
    if not records:
        folders = ", ".join(sorted({record.folder for record in index}))
        raise InputError(
            f"'{arguments.data}' has no such images in '{arguments.subset}': it has {folders}."
        )
    return index, records


def _models(arguments: argparse.Namespace) -> list[Masker]:
    from cloudmamba.evaluation.maskers import ModelMasker

    if arguments.masks_only:
        return []
    loaded = [load_masker(model, arguments.device) for model in arguments.model or [None]]
    names = [f"{one.model_card['name']} {one.model_card['version']}" for one in loaded]
    return [
        # Runs of one recipe share name and version; the checksum tells them apart.
        ModelMasker(
            name if names.count(name) == 1 else f"{name} ({one.model_card['checksum'][:8]})",
            one,
            not arguments.without_nir,
        )
        for name, one in zip(names, loaded, strict=True)
    ]


def _mask_files(arguments: argparse.Namespace) -> list[MaskFiles]:
    from cloudmamba.data.codes import MaskCodes
    from cloudmamba.errors import InputError
    from cloudmamba.evaluation.maskers import MaskFiles

    codes: list[MaskCodes | ProductCodes | None]
    codes = [MaskCodes.parse(text) for text in arguments.mask_codes or []] or [None]
    if len(codes) == 1:
        codes *= len(arguments.masks)
    if len(codes) != len(arguments.masks):
        raise InputError(
            f"There are {len(arguments.masks)} --masks and {len(codes)} --mask-codes: give the codes "
            "once for all, or once for each."
        )
    return [
        MaskFiles(name, source, of_masks)
        for (name, source), of_masks in zip(arguments.masks, codes, strict=True)
    ]


def _baseline(arguments: argparse.Namespace, index: list[ImageRecord]) -> list[Masker]:
    """The best brightness threshold of the training images with labels, if there are any."""
    from cloudmamba.evaluation.maskers import ThresholdMasker

    training = [
        record
        for record in index
        if record.folder == TRAINING_SUBSET and record.label_path is not None
    ]
    if arguments.masks_only or not training:
        return []
    return [ThresholdMasker.fitted(training, not arguments.without_nir)]


def _reference_codes(arguments: argparse.Namespace) -> MaskCodes | ProductCodes | None:
    from cloudmamba.data.codes import MaskCodes

    text = arguments.reference_codes
    return None if text is None else MaskCodes.parse(text)


def _check(
    arguments: argparse.Namespace,
    maskers: list[Masker],
    existing: list[MaskFiles],
    names: list[str],
) -> None:
    """Raises InputError on what would only come out in the middle of the work."""
    from cloudmamba.errors import InputError

    if arguments.data.is_file() and arguments.model:
        raise InputError(
            f"'{arguments.data}' is a reference without an image, so no model can run: make masks "
            "with 'cloudmamba detect' and give them as --masks."
        )
    if not maskers:
        raise InputError("There is nothing to score: give --masks NAME=FOLDER.")
    titles = [masker.name for masker in maskers]
    if twice := sorted({title for title in titles if titles.count(title) > 1}):
        raise InputError(f"Two masks are called '{twice[0]}': give them different names.")
    for masks in existing:
        if masks.source.is_file() and len(names) > 1:
            raise InputError(
                f"'{masks.source}' is one mask for {len(names)} images: give a folder of masks."
            )
        for name in names:
            masks.path_for(name)


def _named_path(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form NAME=FOLDER")
    return name, Path(path)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 100:
        raise argparse.ArgumentTypeError(f"{text} is not a distance between 0 and 100 pixels")
    return value


def _percent(text: str) -> float:
    value = float(text)
    if not 0 < value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not in 0 to 100 percent")
    return value


def _size(text: str) -> int:
    value = int(text)
    if value < 16:
        raise argparse.ArgumentTypeError(f"{text} is less than 16 pixels")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number of images")
    return value
