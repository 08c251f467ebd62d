"""Arguments of the commands that read scenes: what is read, how, and with which network."""

from __future__ import annotations

import argparse
from typing import Any


def add_input(parser: argparse.ArgumentParser) -> None:
    """What is read."""
    parser.add_argument(
        "input",
        nargs="+",
        metavar="INPUT",
        help="raster with blue, green and red bands, or a product: folder, archive, metadata file, "
        "STAC item; or several single-band rasters",
    )


def add_detection_options(parser: argparse.ArgumentParser) -> None:
    """How to read the raster, and the network."""
    reading = parser.add_argument_group("how to read the raster")
    reading.add_argument(
        "--bands",
        default="",
        metavar="B,G,R[,N]",
        help="band numbers of blue, green, red and near infrared, or red=1,green=2,blue=3 "
        "(default: guess)",
    )
    reading.add_argument(
        "--radiometry",
        default="auto",
        metavar="KIND",
        help="what the values are: auto, reflectance, scale:S[,OFFSET], counts:BITS, picture, sentinel2, "
        "sentinel2-offset (baseline 04.00 and later), landsat-collection2-level1, "
        "landsat-collection2-level2, planetscope-sr, gaofen1-wfv, percent, uint16 "
        "(default: %(default)s)",
    )
    reading.add_argument(
        "--keep-fill",
        action="store_true",
        help="take areas of one value at the edges for image, not for no data that nobody declared",
    )
    reading.add_argument(
        "--resolution",
        type=float,
        metavar="M",
        help="size of the pixels to work with, in units of the map, such as 20 for 10 m bands: a "
        "quarter of the work (default: that of the raster)",
    )
    reading.add_argument(
        "--crs",
        metavar="CRS",
        help="coordinate reference system of an image whose file names none, such as EPSG:32633",
    )
    own = parser.add_argument_group("mask that the product brings (SCL, QA_PIXEL, Fmask, UDM2)")
    own.add_argument(
        "--add-product-classes",
        action="store_true",
        help="take over the product's cloud shadow (2) and snow (4) where the mask is clear",
    )
    own.add_argument(
        "--add-product-shadow",
        action="store_true",
        help="take over the product's cloud shadow alone",
    )
    own.add_argument(
        "--product-mask-kind",
        default="",
        metavar="KIND",
        help="which of several: scl, cldprb, qa_pixel and so on, as 'describe' lists them (default: "
        "the first)",
    )
    network = parser.add_argument_group("network")
    network.add_argument("--model", metavar="FILE", help="model file or name (default: shipped)")
    network.add_argument(
        "--device", default="auto", help="auto, cpu, cuda or cuda:N (default: %(default)s)"
    )
    for name, meaning in (
        ("coarse", "what is more probable is cloud, where the first stage decides (tau 1)"),
        ("refined", "the same where the second stage decides (tau 2)"),
        ("acceptance", "the first stage decides where it is less uncertain; 1: all (gamma)"),
    ):
        network.add_argument(
            f"--{name}-threshold",
            type=float,
            metavar="0..1",
            help=f"{meaning} (default: the model's)",
        )
    network.add_argument(
        "--augment",
        default="none",
        metavar="KIND",
        help="average over symmetries of the image: none, flips (4 times the work) or dihedral "
        "(flips and turns, 8 times the work) (default: %(default)s)",
    )
    network.add_argument(
        "--look-first",
        action="store_true",
        help="compute at full resolution only what a first look at a quarter of it is not sure of: "
        "faster over large clear or overcast areas, and small clouds there may be missed",
    )
    network.add_argument(
        "--gsd-m",
        type=float,
        metavar="METRES",
        help="ground sample distance, in place of what the georeferencing tells: clouds are outlined "
        "further out in images of up to 20 m than in those of 30 m and more",
    )


def detection_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was chosen, as fields of ``DetectionRequest``."""
    return {
        "bands": arguments.bands,
        "radiometry": arguments.radiometry,
        "keep_fill": arguments.keep_fill,
        "resolution_m": arguments.resolution,
        "crs": arguments.crs,
        "add_product_classes": arguments.add_product_classes,
        "add_product_shadow": arguments.add_product_shadow,
        "product_mask_kind": arguments.product_mask_kind,
        "device": arguments.device,
        "model": arguments.model,
        "coarse_threshold": arguments.coarse_threshold,
        "refined_threshold": arguments.refined_threshold,
        "acceptance_threshold": arguments.acceptance_threshold,
        "augment": arguments.augment,
        "look_first": arguments.look_first,
        "gsd_m": arguments.gsd_m,
    }
