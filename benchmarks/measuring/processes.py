"""Runs a program and measures its time and its memory from outside."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finished:
    """A program that ended well.

    Attributes:
        answer: the JSON that it printed.
        wall_s: from its start to its end.
        cpu_s: processor seconds, which other programs on the machine hardly change.
        peak_mb: its greatest resident size in MiB. What started it counts too, if that is larger.
    """

    answer: dict[str, Any]
    wall_s: float
    cpu_s: float
    peak_mb: float


def run_measured(command: Sequence[str], variables: Mapping[str, str] | None = None) -> Finished:
    """Run a program that prints one JSON value, and wait for it.

    Args:
        variables: of the environment, beside those of this process.

    Raises:
        subprocess.CalledProcessError: it failed; what it said stands on standard error.
    """
    started = time.perf_counter()
    environment = {**os.environ, **(variables or {})}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Finished(
        json.loads(output), wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    )
