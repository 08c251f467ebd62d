"""Ask a teacher: a program in a Python environment of its own, which reads and writes arrays."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cloudmamba.errors import InputError

PROGRAMS = Path(__file__).with_name("programs")


@dataclass(frozen=True)
class Task:
    """One image for a teacher.

    Attributes:
        image: (bands, height, width) float32 reflectance.
        bands: names of its bands.
        level: ``l1c`` (top of atmosphere) or ``l2a`` (surface).
    """

    image: np.ndarray
    bands: tuple[str, ...]
    level: str


def ask(teacher: str, python: Path, tasks: Sequence[Task], threads: int) -> Iterator[np.ndarray]:
    """The teacher's answers, (outputs, height, width) float32 in 0..1, in the order of the tasks.

    Args:
        teacher: name of a program in ``programs/``.
        python: interpreter of the environment that has the teacher installed.
        threads: for the teacher to use.

    Raises InputError if the interpreter does not start, lacks the teacher, or the teacher fails.
    """
    program = PROGRAMS / f"{teacher.replace('-', '_')}.py"
    with tempfile.TemporaryDirectory(prefix="cloudmamba-teacher-") as name:
        folder = Path(name)
        entries = []
        for number, task in enumerate(tasks):
            np.save(folder / f"{number}.npy", task.image)
            entries.append(
                {
                    "input": f"{number}.npy",
                    "output": f"{number}.answer.npy",
                    "bands": task.bands,
                    "level": task.level,
                }
            )
        request = json.dumps({"threads": threads, "tasks": entries})
        (folder / "request.json").write_text(request, encoding="utf-8")
        # -I: neither the caller's folder nor its environment reaches the teacher's imports.
        command = [str(python), "-I", str(program), str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise InputError(f"'{python}' cannot be started: {error.strerror}.") from error
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise InputError(
                f"The teacher {teacher} failed in '{python}': {reason}. Install it there with "
                f"pip, or give the Python of an environment that has it."
            )
        for number, task in enumerate(tasks):
            answer = np.load(folder / f"{number}.answer.npy", allow_pickle=False)
            if answer.dtype != np.float32 or answer.shape[1:] != task.image.shape[1:]:
                raise InputError(f"The teacher {teacher} answered with an array of another shape.")
            yield answer
