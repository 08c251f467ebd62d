"""``cloudmamba detect``: the cloud mask of one raster."""

from __future__ import annotations

import argparse
import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cloudmamba.commands.detection_options import (
    add_detection_options,
    add_input,
    detection_options,
)
from cloudmamba.commands.environment import compute_options
from cloudmamba.commands.stopping import stop_signals
from cloudmamba.startup import check_threads, lasting_imports, prepare_process

if TYPE_CHECKING:
    from cloudmamba.detection import Progress, Summary

HELP = "detect clouds in a raster"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_input(parser)
    outputs = parser.add_argument_group("results (GeoTIFF)")
    outputs.add_argument(
        "--mask",
        type=Path,
        required=True,
        metavar="M.tif",
        help="cloud mask: 0 clear, 1 cloud, 255 no data",
    )
    outputs.add_argument(
        "--uncertainty", type=Path, metavar="U.tif", help="uncertainty of the mask, 0 to 1"
    )
    outputs.add_argument(
        "--probability", type=Path, metavar="P.tif", help="cloud probability, 0 to 1"
    )
    outputs.add_argument(
        "--shadow", type=Path, metavar="C.tif", help="cloud shadow probability, 0 to 1"
    )
    outputs.add_argument(
        "--shadow-in-mask",
        action="store_true",
        help="the mask has cloud shadow as class 2 where it is clear",
    )
    outputs.add_argument(
        "--stages",
        type=Path,
        metavar="S.tif",
        help="coarse probability, its uncertainty, acceptance, refined probability",
    )
    outputs.add_argument(
        "--product-mask",
        type=Path,
        metavar="Q.tif",
        help="the mask that the product itself brings (SCL, QA_PIXEL, Fmask, UDM2), on the same "
        "grid: 0 clear, 1 cloud, 2 cloud shadow, 4 snow or ice, 255 no data",
    )
    outputs.add_argument(
        "--stac",
        type=Path,
        metavar="ITEM.json",
        help="STAC item of the results: classes, checksums, time, place",
    )
    add_detection_options(parser)
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress and no summary")


def run(arguments: argparse.Namespace) -> int:
    """Detect, showing progress on standard error, and print a summary; the exit status."""
    prepare_process()
    check_threads()
    with lasting_imports():
        from cloudmamba.detection import DetectionRequest, detect
        from cloudmamba.inference.prepared_model import PreparedModel
        from cloudmamba.raster.style import write_mask_style

    request = DetectionRequest(
        input_path=arguments.input[0],
        band_paths=tuple(arguments.input[1:]),
        mask_path=arguments.mask,
        uncertainty_path=arguments.uncertainty,
        probability_path=arguments.probability,
        shadow_path=arguments.shadow,
        stages_path=arguments.stages,
        shadow_in_mask=arguments.shadow_in_mask,
        product_mask_path=arguments.product_mask,
        stac_path=arguments.stac,
        **detection_options(arguments),
    )
    load = functools.partial(PreparedModel.load, compute=compute_options())
    with stop_signals() as stopped, _progress_bar(arguments.quiet) as show:
        summary = detect(request, show, stopped.is_set, load)
    has_shadow = summary.shadow_percent is not None
    write_mask_style(request.mask_path, has_shadow, request.add_product_classes)
    if arguments.json:
        import dataclasses
        import json

        print(json.dumps(dataclasses.asdict(summary)))
    elif not arguments.quiet:
        print(_in_words(summary))
        if request.stac_path is not None:
            print(f"STAC item:    {request.stac_path}")
    return 0


@contextlib.contextmanager
def _progress_bar(quiet: bool) -> Iterator[Callable[[Progress], None]]:
    from tqdm import tqdm

    # None: no bar where standard error is not a terminal.
    with tqdm(disable=True if quiet else None, unit="tile", leave=False) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total
            bar.set_description(progress.message, refresh=False)
            bar.update(progress.done - bar.n)

        yield show


def _in_words(summary: Summary) -> str:
    bands, radiometry = summary.bands, summary.radiometry
    numbers = ", ".join(
        f"{role} {bands[role]}" for role in ("blue", "green", "red", "nir") if bands[role]
    )
    tiles = (
        f"{summary.tiles}, {summary.tiles_skipped} without data, {summary.tiles_refined} refined"
    )
    product = summary.product
    pixel = "not known: outlines half-way between those of 20 and of 30 m (--gsd-m)"
    if summary.gsd_m is not None:
        pixel = f"{summary.gsd_m:g} m"
    lines = [
        *([f"Product:      {product['title']}, {product['name']}"] if product else []),
        f"Cloud:        {summary.cloud_percent:.2f} % of the valid pixels",
        *(
            []
            if summary.shadow_percent is None
            else [f"Shadow:       {summary.shadow_percent:.2f} % of the valid pixels"]
        ),
        f"Valid:        {summary.valid_percent:.2f} % of {summary.width} x {summary.height} pixels",
        f"Uncertainty:  {summary.mean_uncertainty:.3f} on average",
        f"Bands:        {numbers} ({bands['confidence']}: {bands['reason']})",
        f"Radiometry:   {radiometry['name']} ({radiometry['confidence']}: {radiometry['reason']})",
        f"Pixel:        {pixel}",
        f"Model:        {summary.model} {summary.version}",
        f"Tiles:        {tiles}",
        f"Device:       {summary.device}, {summary.seconds:.1f} s",
        *(
            f"{kind.replace('_', ' ').capitalize() + ':':<13} {path}"
            for kind, path in summary.outputs.items()
        ),
        *(f"Warning:      {warning}" for warning in summary.warnings),
    ]
    return "\n".join(lines)
