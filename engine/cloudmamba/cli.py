"""The command line: picks a sub-command and turns expected errors into one sentence."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from cloudmamba import __version__
from cloudmamba.errors import Cancelled, CloudMambaError

COMMANDS = (
    "detect", "batch", "describe", "evaluate", "uncertainty", "calibrate", "import", "train",
    "ablation", "info", "worker",
)  # fmt: skip
# Names that Python keeps for itself.
_MODULES = {"import": "import_labels"}


def build_parser() -> argparse.ArgumentParser:
    """The argument parser of ``cloudmamba`` with all sub-commands."""
    parser = argparse.ArgumentParser(
        prog="cloudmamba",
        description="Cloud masks and uncertainty maps for satellite images.",
    )
    parser.add_argument("--version", action="version", version=f"cloudmamba {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"cloudmamba.commands.{_MODULES.get(name, name)}")
        subparser = subparsers.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command and return its exit status.

    0 is success, 2 wrong usage, 3 bad input, 4 bad output, 5 bad model, 6 bad device,
    130 cancelled, 1 any other failure.
    """
    arguments = build_parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except CloudMambaError as error:
        print(f"cloudmamba: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("cloudmamba: cancelled", file=sys.stderr)
        return Cancelled.exit_status
