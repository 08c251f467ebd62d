"""Keeps the protocol's two streams out of reach of every library in the process."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator


def claim_standard_streams() -> tuple[int, int]:
    """Take standard input and output for the protocol; returns their private descriptors.

    From then on descriptor 1 is standard error, so that whatever a library prints, also
    from C or from a child process, lands in the log and not in the protocol, and
    descriptor 0 is empty, so that nobody else eats the requests. Call it before any
    heavy import. The private descriptors are not inherited by child processes, so that
    the owner sees the end of the stream as soon as this process is gone.
    """
    sys.stdout.flush()
    requests = os.dup(0)
    answers = os.dup(1)
    os.dup2(2, 1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    return requests, answers


def read_lines(descriptor: int, longest_bytes: int) -> Iterator[bytes]:
    """The complete lines that arrive on a descriptor, without line feeds, until its end.

    Of a line longer than ``longest_bytes`` comes one byte more than that and the rest is
    dropped, so that it is known for too long and memory stays bounded.

    Reads the descriptor directly: a buffered file that is being read by a daemon thread
    would abort the interpreter when it shuts down.
    """
    pending = bytearray()
    while chunk := os.read(descriptor, 65536):
        *ends, beginning = chunk.split(b"\n")
        for end in ends:
            pending += end[: longest_bytes + 1 - len(pending)]
            yield bytes(pending)
            pending.clear()
        pending += beginning[: longest_bytes + 1 - len(pending)]


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of the data, also to a pipe that takes it in pieces."""
    while data:
        data = data[os.write(descriptor, data) :]
