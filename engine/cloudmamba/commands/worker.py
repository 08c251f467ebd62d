"""``cloudmamba worker``: serve requests as JSON lines on the standard streams."""

from __future__ import annotations

import argparse
import dataclasses
import functools
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cloudmamba.commands.environment import compute_options
from cloudmamba.startup import check_threads, lasting_imports, prepare_process
from cloudmamba.worker.channel import claim_standard_streams
from cloudmamba.worker.conversion import build_parameters
from cloudmamba.worker.inventory import get_ready, hello
from cloudmamba.worker.server import IsCancelled, ReportProgress, Server, Work

if TYPE_CHECKING:
    from pathlib import Path

    from cloudmamba.inference.devices import Device
    from cloudmamba.inference.prepared_model import PreparedModel

HELP = "serve requests as JSON lines on standard input and output (used by the QGIS plugin)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the worker."""
    parser.add_argument(
        "--idle-seconds",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="leave after so long without a request (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until the owner is gone or nothing was asked for long; returns the exit status."""
    requests_fd, answers_fd = claim_standard_streams()
    prepare_process()
    requested = Requested()
    work = Work(hello, get_ready, requested.detect, requested.describe, requested.warm_up)
    return Server(work, requests_fd, answers_fd, arguments.idle_seconds).serve()


class Requested:
    """Does what is requested; the model of the last request is kept for the next."""

    @cached_property
    def _load(self) -> Callable[[Path, Device], PreparedModel]:
        from cloudmamba.inference.prepared_model import LastModel

        return functools.partial(LastModel().get, compute=compute_options())

    def warm_up(self) -> None:
        """Import what a detection takes; load the default model if the processor is to compute."""
        with lasting_imports():
            from cloudmamba.detection import DetectionRequest
        from cloudmamba.inference.devices import resolve_device
        from cloudmamba.model_files import model_path

        device = resolve_device(DetectionRequest.device)
        if device.id == "cpu":
            self._load(model_path(), device)

    def detect(
        self, parameters: dict[str, Any], report_progress: ReportProgress, is_cancelled: IsCancelled
    ) -> dict[str, Any]:
        """Run one detection; ``parameters`` are the fields of ``DetectionRequest``."""
        from cloudmamba.detection import DetectionRequest, detect

        check_threads()
        request = build_parameters(DetectionRequest, parameters)
        summary = detect(
            request,
            lambda progress: report_progress(progress.done, progress.total, progress.message),
            is_cancelled,
            self._load,
        )
        answer = dataclasses.asdict(summary)
        del answer["input_files"]  # may be thousands, and a batch alone keeps a record of them
        return answer

    def describe(
        self, parameters: dict[str, Any], report_progress: ReportProgress, is_cancelled: IsCancelled
    ) -> dict[str, Any]:
        """Tell how a raster would be read; ``parameters`` are those of ``DescriptionRequest``."""
        from cloudmamba.detection.description import DescriptionRequest, describe

        request = build_parameters(DescriptionRequest, parameters)
        return describe(request, is_cancelled, self._load)
