"""The folder of a training run: whose it is, and who may write there now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from cloudmamba.errors import OutputError
from cloudmamba.training.loop import CHECKPOINT_NAME, LOG_NAME, MODEL_NAME

_LOCK_NAME = ".train.lock"


@contextlib.contextmanager
def open_run_folder(folder: Path, resume: bool) -> Iterator[None]:
    """The folder of a run, made if it is not there, for this process alone.

    Args:
        resume: the run that is there already goes on.

    Raises:
        OutputError: it cannot be written, holds a run that is not to go on, or another process
            is training there.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(folder / _LOCK_NAME, timeout=0))
        except Timeout:
            raise OutputError(
                f"Another run is at work in '{folder}': wait for it, or choose another folder."
            ) from None
        except OSError as error:
            raise OutputError(
                f"'{folder}' cannot be made or written to: {error.strerror}."
            ) from error
        files = CHECKPOINT_NAME, MODEL_NAME, LOG_NAME
        if not resume and any((folder / name).exists() for name in files):
            can_go_on = (folder / CHECKPOINT_NAME).exists()
            raise OutputError(
                f"'{folder}' already holds a run: "
                f"{'add --resume to go on with it, or ' if can_go_on else ''}choose another folder."
            )
        yield
