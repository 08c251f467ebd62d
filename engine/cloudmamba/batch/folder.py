"""The folder of a batch: whose it is, who may write there now, log and table."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TextIO

from filelock import FileLock, Timeout

from cloudmamba.atomic_files import write_text
from cloudmamba.batch.job import SKIPPED, Outcome, other_records
from cloudmamba.errors import OutputError
from cloudmamba.raster.unfinished import remove_partial_files

LOG_NAME = "batch.jsonl"
TABLE_NAME = "batch.csv"
_LOCK_NAME = ".batch.lock"


class BatchFolder:
    """A folder that ``open_folder`` has opened for one batch."""

    def __init__(self, path: Path, log: TextIO):
        self.path = path
        self._log = log

    def log(self, event: str, **values: Any) -> None:
        """Append one JSON object to the log. Raises OutputError."""
        time = datetime.now(timezone.utc).isoformat(timespec="seconds")
        try:
            self._log.write(json.dumps({"time": time, "event": event, **values}) + "\n")
            self._log.flush()
        except OSError as error:
            raise OutputError(
                f"The log in '{self.path}' cannot be written: {error.strerror}."
            ) from error

    def write_table(self, outcomes: Sequence[Outcome]) -> None:
        """Write the table of all scenes as CSV, with those that earlier batches have done here.

        Raises OutputError.
        """
        listed = {outcome.name for outcome in outcomes}
        before = [
            Outcome.of_record(name, SKIPPED, record)
            for name, record in other_records(self.path, listed)
        ]
        text = io.StringIO()
        columns = [field.name for field in dataclasses.fields(Outcome)]
        table = csv.DictWriter(text, columns)
        table.writeheader()
        for outcome in (*outcomes, *before):
            table.writerow(dataclasses.asdict(outcome) | {"warnings": " ".join(outcome.warnings)})
        write_text(self.path / TABLE_NAME, text.getvalue())


@contextlib.contextmanager
def open_folder(path: Path) -> Iterator[BatchFolder]:
    """The folder of a batch, made if it is not there, for this process alone.

    What killed runs left half-written is removed, before and after.

    Raises:
        OutputError: it cannot be written, holds other things than a batch, or another batch is
            at work there.
    """
    with contextlib.ExitStack() as stack:
        try:
            path.mkdir(parents=True, exist_ok=True)
            is_ours = (path / LOG_NAME).exists()
            # The lock of a batch that began at the same time is no other thing.
            if not is_ours and any(file.name != _LOCK_NAME for file in path.iterdir()):
                raise OutputError(
                    f"The folder '{path}' holds other files: give an empty or new folder, or that "
                    "of an earlier batch."
                )
            stack.enter_context(FileLock(path / _LOCK_NAME, timeout=0))
            log = stack.enter_context((path / LOG_NAME).open("a", encoding="utf-8"))
            remove_partial_files(path)
        except Timeout:
            raise OutputError(
                f"Another batch is at work in '{path}': wait for it, or give another folder."
            ) from None
        except OSError as error:
            raise OutputError(f"The folder '{path}' cannot be used: {error.strerror}.") from error
        stack.callback(remove_partial_files, path)
        yield BatchFolder(path, log)
