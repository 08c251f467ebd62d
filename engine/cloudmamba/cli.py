"""The command line: picks a sub-command and turns expected errors into one sentence."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import platform
import sys
from collections.abc import Sequence

from cloudmamba import __version__
from cloudmamba.errors import UNEXPECTED, Cancelled, CloudMambaError, in_one_sentence

COMMANDS = (
    "detect", "batch", "describe", "evaluate", "uncertainty", "calibrate", "import", "train",
    "teach", "ablation", "compare", "figure", "info", "prepare", "worker",
)  # fmt: skip
# GDAL's own waits have no end: a server that takes a request and says nothing would hold a run, also
# one that a virtual raster on this machine refers to.
_WAITS_FOR_SERVERS = {
    "GDAL_HTTP_CONNECTTIMEOUT": "30",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1",
    "GDAL_HTTP_LOW_SPEED_TIME": "60",
}
# Names that Python keeps for itself.
_MODULES = {"import": "import_labels"}


def build_parser() -> argparse.ArgumentParser:
    """The argument parser of ``cloudmamba`` with all sub-commands."""
    parser = argparse.ArgumentParser(
        prog="cloudmamba",
        description="Cloud masks and uncertainty maps for satellite images.",
    )
    parser.add_argument("--version", action="version", version=f"cloudmamba {__version__}")
    parser.add_argument(
        "--traceback", action="store_true", help="show where in the program an error arose"
    )
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
    _fill_standard_streams()
    _begin_few_threads()
    for variable, value in _WAITS_FOR_SERVERS.items():
        os.environ.setdefault(variable, value)
    # Names of files may hold letters that the terminal cannot show.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    shows_tracebacks = False
    try:
        arguments = build_parser().parse_args(argv)
        shows_tracebacks = arguments.traceback
        status = arguments.run(arguments)
        _flush_output()
        return status
    except CloudMambaError as error:
        _complain(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        _complain("cancelled")
        return Cancelled.exit_status
    except Exception as error:
        if shows_tracebacks:
            raise
        sentence = in_one_sentence(error)
        if sentence.startswith(UNEXPECTED):
            sentence += "; 'cloudmamba --traceback ...' shows where"
        _complain(sentence)
        with contextlib.suppress(OSError):
            _flush_output()
        return CloudMambaError.exit_status


def _fill_standard_streams() -> None:
    """Descriptors that the caller closed: the next file to be opened would become one of them."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _begin_few_threads() -> None:
    """Where the system gives no more threads, libraries say so in their own ways.

    NumPy's OpenBLAS even interrupts the program. Nothing here needs its threads, but on other
    processors than Intel's and AMD's PyTorch computes with it.
    """
    if platform.machine() in ("x86_64", "AMD64"):
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from tqdm import tqdm

    # Its thread redraws bars that nobody has moved for long.
    tqdm.monitor_interval = 0


def _flush_output() -> None:
    """Raises OSError where what was printed does not arrive."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        # At its end Python would try once more, and print a traceback.
        if sys.__stdout__ is not None and sys.stdout is sys.__stdout__:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())
        raise


def _complain(sentence: str) -> None:
    # There may be no standard error, nobody who reads it, and names that are no Unicode.
    printable = sentence.encode(errors="backslashreplace").decode()
    with contextlib.suppress(OSError):
        if sys.stderr is not None:
            print(f"cloudmamba: {printable}", file=sys.stderr, flush=True)
