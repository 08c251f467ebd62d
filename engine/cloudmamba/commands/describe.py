"""``cloudmamba describe``: how a raster would be read, without detecting anything."""

from __future__ import annotations

import argparse
import json
from typing import Any

from cloudmamba.commands.detection_options import add_input

HELP = "show which bands and radiometry would be used for a raster"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_input(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(arguments: argparse.Namespace) -> int:
    """Print the guess as far as it goes; with a problem the exit status is that of bad input."""
    from cloudmamba.errors import InputError

    description = describe(*arguments.input)
    if arguments.json:
        print(json.dumps(description))
        return InputError.exit_status if description["problem"] else 0
    bands, radiometry, product = (
        description["bands"],
        description["radiometry"],
        description["product"],
    )
    if product:
        print(f"product {product['name']}: {_in_words(product)}")
    if bands:
        roles = ", ".join(
            f"{role} {bands[role]}" for role in ("blue", "green", "red", "nir") if bands[role]
        )
        print(f"bands {roles} ({_confidence_of(bands)})")
    if radiometry:
        print(f"radiometry {radiometry['name']} ({_confidence_of(radiometry)})")
    for warning in description["warnings"]:
        print(f"warning: {warning}")
    if description["problem"]:
        raise InputError(description["problem"])
    return 0


def describe(path: str, *further: str) -> dict[str, Any]:
    """``product``, guessed ``bands`` and ``radiometry``, ``warnings`` and the ``problem``.

    What could not be found out is None, and the problem then one sentence; else it is empty. The
    product is None for an ordinary raster, else its name, title, time of acquisition (ISO 8601),
    sun in degrees and the kinds of masks it brings.

    Args:
        further: more single-band rasters that make up one image with ``path``.
    """
    # Not at the top: other commands must not wait for them. PyTorch is not needed here.
    from cloudmamba.scene.description import describe_file

    return describe_file(path, further=further).as_json()


def _in_words(product: dict[str, Any]) -> str:
    said = [product["title"], product["acquired"]]
    if product["sun_elevation_deg"] is not None:
        said.append(f"sun {product['sun_elevation_deg']:.1f} degrees high")
    if product["masks"]:
        said.append(f"with {', '.join(product['masks'])}")
    return ", ".join(filter(None, said))


def _confidence_of(guess: dict[str, Any]) -> str:
    return f"{guess['confidence']}: {guess['reason']}"
