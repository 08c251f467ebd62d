"""``cloudmamba import``: labelled images of other layouts become a data folder."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

HELP = "turn labelled images of another layout into a data folder for training and evaluation"
_KINDS = {
    "gf1-whu": "Gaofen-1 WFV scenes with NAME_ReferenceMask.tif (GF1_WHU)",
    "levir-cs": "Gaofen-1 WFV scenes of 160 m in folders mss and masks NAME_roiMap.tif (Levir_CS)",
    "sparcs": "parts of Landsat 8 scenes NAME_data.tif with NAME_mask.png or NAME_labels.tif (SPARCS)",
    "cloudsen12": "Sentinel-2 chips in folders ROI/DATE with labels/manual_hq.tif (CloudSEN12, "
    "CloudSEN12+)",
    "pairs": "a folder of images, and a mask for each of them",
    "polygons": "rasters, and a vector file of polygons drawn on them",
}
_CLASSES = {
    "clear": "clear",
    "cloud": "cloud",
    "thin-cloud": "thin cloud (counts as cloud)",
    "cloud-shadow": "cloud shadow (counts as clear)",
    "snow": "snow (counts as clear)",
    "no-data": "no data or not labelled",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command: a sub-command for each kind of source."""
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    for kind, words in _KINDS.items():
        _add_kind(kinds.add_parser(kind, help=words, description=words), kind)


def _add_kind(parser: argparse.ArgumentParser, kind: str) -> None:
    parser.add_argument("source", type=Path, metavar="SOURCE", help="folder of the data set")
    parser.add_argument("--output", required=True, type=Path, help="data folder to make; a new one")
    if kind == "pairs":
        parser.add_argument(
            "--masks", type=Path, metavar="FOLDER", help="folder of the masks (default: SOURCE)"
        )
    if kind == "polygons":
        parser.add_argument(
            "--polygons", type=Path, required=True, metavar="FILE", help="GeoJSON, GeoPackage ..."
        )
        parser.add_argument(
            "--class-attribute",
            metavar="NAME",
            help="attribute that says the class of a polygon (default: all are cloud)",
        )
        parser.add_argument(
            "--labelled-area",
            type=Path,
            metavar="FILE",
            help="polygons of what was looked at; the rest is not labelled (default: all was)",
        )
    codes = parser.add_argument_group("codes of the classes, one or more each")
    for name, words in _CLASSES.items():
        codes.add_argument(f"--{name}", nargs="+", metavar="CODE", help=words)
    images = parser.add_argument_group("images (default: as the kind usually is, or found out)")
    images.add_argument("--bands", help="blue, green, red and perhaps near infrared: 1,2,3,4")
    images.add_argument("--radiometry", metavar="KIND", help="as for cloudmamba detect")
    images.add_argument("--gsd-m", type=float, metavar="M", help="ground sample distance in metres")
    images.add_argument("--sensor", help="scores are pooled by sensor")
    images.add_argument(
        "--level", help="processing level, for the index; of CloudSEN12 L1C (default) or L2A"
    )
    images.add_argument("--licence", help="licence of the data, for the index")
    images.add_argument("--origin", metavar="TEXT", help="where the data is from, for the index")
    crops = parser.add_argument_group("crops and split")
    crops.add_argument(
        "--crop-px", type=int, default=512, metavar="N", help="side of a crop (%(default)s)"
    )
    crops.add_argument(
        "--least-labelled",
        type=float,
        metavar="SHARE",
        help="leave out crops of which less is labelled (default: 0.5 for GF1_WHU, else 0)",
    )
    crops.add_argument(
        "--validation-share",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="share of the scenes (%(default)s), unless they lie in folders of that name",
    )
    crops.add_argument(
        "--test-share",
        type=float,
        metavar="SHARE",
        help="share of the scenes (default: that of the paper, or 0.1), likewise",
    )


def run(arguments: argparse.Namespace) -> int:
    """Import, showing progress, and print a summary; the exit status."""
    from tqdm import tqdm

    from cloudmamba.commands.stopping import stop_signals
    from cloudmamba.data.importers.importer import ImportRequest, import_scenes

    dataset, scenes, warnings = _find(arguments)
    if arguments.radiometry is not None:
        scenes = [dataclasses.replace(scene, radiometry=None) for scene in scenes]

    def chosen(option: str, default):
        given = getattr(arguments, option)
        return default if given is None else given

    request = ImportRequest(
        output=arguments.output,
        bands=chosen("bands", dataset.bands),
        radiometry=chosen("radiometry", dataset.radiometry),
        crop_px=arguments.crop_px,
        least_labelled=chosen("least_labelled", dataset.least_labelled),
        validation_share=arguments.validation_share,
        test_share=chosen("test_share", dataset.test_share),
        gsd_m=arguments.gsd_m,
        usual_gsd_m=dataset.gsd_m,
        shadow_labelled=dataset.shadow_labelled or bool(arguments.cloud_shadow),
        sensor=chosen("sensor", dataset.sensor),
        level=chosen("level", dataset.level),
        licence=chosen("licence", dataset.licence),
        source=chosen("origin", dataset.source),
    )
    # None: no bar where standard error is not a terminal.
    with (
        stop_signals() as stopped,
        tqdm(total=len(scenes), disable=None, unit="scene", leave=False) as bar,
    ):

        def show(name: str) -> None:
            bar.set_description(name, refresh=False)
            bar.update()

        summary = import_scenes(scenes, request, show, stopped.is_set)
    _print(summary, arguments.output, warnings)
    return 0


def _find(arguments: argparse.Namespace):
    """What is known of the data set, its scenes, and warnings."""
    from cloudmamba.data.importers import cloudsen12, gf1_whu, levir_cs, pairs, polygons, sparcs

    kinds = {
        "gf1-whu": gf1_whu,
        "levir-cs": levir_cs,
        "sparcs": sparcs,
        "cloudsen12": cloudsen12,
        "pairs": pairs,
        "polygons": polygons,
    }
    dataset = kinds[arguments.kind].DATASET
    given = {name: getattr(arguments, name.replace("-", "_")) for name in _CLASSES}
    codes = dataset.codes.replaced(given)
    if arguments.kind == "pairs":
        masks = arguments.masks or arguments.source
        return dataset, *pairs.find_scenes(arguments.source, masks, codes)
    if arguments.kind == "polygons":
        return dataset, *polygons.find_scenes(
            arguments.source,
            arguments.polygons,
            codes,
            arguments.class_attribute,
            arguments.labelled_area,
        )
    if arguments.kind == "sparcs":
        return dataset, *sparcs.find_scenes(arguments.source, codes)
    if arguments.kind == "cloudsen12":
        level = arguments.level or dataset.level
        return dataset, cloudsen12.find_scenes(arguments.source, codes, level), []
    return dataset, kinds[arguments.kind].find_scenes(arguments.source, codes), []


def _print(summary, output: Path, warnings) -> None:
    print(f"{'':<12}{'scenes':>8}{'crops':>8}{'cloud %':>10}{'shadow %':>10}{'not labelled %':>16}")
    for name, part in summary.subsets.items():
        if not part.crops:
            print(f"{name:<12}{part.scenes:>8}{0:>8}")
            continue
        unlabelled = 100 * part.pixels[255] / sum(part.pixels.values())
        print(
            f"{name:<12}{part.scenes:>8}{part.crops:>8}{part.percent(1, 2):>10.2f}"
            f"{part.percent(3):>10.2f}{unlabelled:>16.2f}"
        )
    for title, found in (("Bands", summary.bands), ("Radiometry", summary.radiometry)):
        for words, count in found.most_common():
            print(f"{title + ':':<12}{words}, {count} scenes")
    for warning in (*warnings, *summary.warnings):
        print(f"{'Warning:':<12}{warning}")
    print(f"{'Data:':<12}{output}")
