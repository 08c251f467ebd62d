"""One scene of a batch, wherever it is done: the job, its record, and what came of it.

The record, ``NAME.json`` beside the results, is written after them and made invalid before they are
replaced. So a scene is done if and only if it has a valid one, whatever killed a process and when,
and doing a job twice does nothing the second time. Results that a record names and a later run does
not make are removed; where that run fails, old record and old results stay.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cloudmamba.atomic_files import write_text
from cloudmamba.compute_options import AUTOMATIC, ComputeOptions
from cloudmamba.detection import DetectionRequest, Progress, detect
from cloudmamba.detection.stac import ITEM_ENDING
from cloudmamba.errors import (
    Cancelled,
    CloudMambaError,
    ModelError,
    OutputError,
    UndecidedError,
    in_one_sentence,
)
from cloudmamba.inference.prepared_model import LastModel
from cloudmamba.model_files import checksums
from cloudmamba.raster.style import write_mask_style
from cloudmamba.scene.reader import is_statistics, state_of
from cloudmamba.startup import prepare_process

FORMAT = "cloudmamba-batch-2"
# Of a record whose results are being replaced, or were when the process was killed.
_REPLACED_FORMAT = "cloudmamba-batch-2-replaced"

# A process does one scene after the other; its owner, perhaps Dask, knows this module alone.
_models = LastModel()

DONE, SKIPPED, FAILED, CANCELLED = "done", "skipped", "failed", "cancelled"
# Two readings of the scene give different masks: somebody has to say which is right.
UNDECIDED = "undecided"


@dataclass(frozen=True)
class SceneJob:
    """All that a process, perhaps on another machine, needs to do one scene.

    Attributes:
        scene: as the list names it.
        name: what the names of its results begin with.
        folder: where they go.
        request: the detection.
        settings: what decides over the results: the record of a scene that is done has the same.
        threads: CPU threads to compute with; None for as many as the process has anyway.
        compute: how, where it is not as suits the device.
    """

    scene: str
    name: str
    folder: Path
    request: DetectionRequest
    settings: dict[str, Any]
    threads: int | None = None
    compute: ComputeOptions = AUTOMATIC

    @property
    def record_path(self) -> Path:
        return record_path(self.folder, self.name)

    @property
    def results(self) -> dict[str, Path]:
        """Path of each result that is wanted, by its kind."""
        request = self.request
        paths = {
            "mask": request.mask_path,
            "uncertainty": request.uncertainty_path,
            "probability": request.probability_path,
            "shadow": request.shadow_path,
            "stages": request.stages_path,
            "product_mask": request.product_mask_path,
            "stac": request.stac_path,
        }
        return {kind: path for kind, path in paths.items() if path is not None}


@dataclass(frozen=True)
class Outcome:
    """What came of a scene; the fields are the columns of the table.

    Attributes:
        status: ``done``, ``skipped`` (it was done before), ``failed``, ``undecided`` (bands or
            radiometry have to be given) or ``cancelled``.
        cloud_percent: of the valid pixels. None, as all figures, where there is no result.
        shadow_percent: the same; None, too, where the mask has no class for cloud shadow.
        valid_percent: of all pixels.
        mean_uncertainty: 0..1, over the valid pixels.
        seconds: that the detection took, also an earlier one.
        error: one sentence, empty if there was none.
        warnings: sentences for the user.
    """

    scene: str
    name: str
    status: str
    cloud_percent: float | None = None
    shadow_percent: float | None = None
    valid_percent: float | None = None
    mean_uncertainty: float | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    device: str = ""
    error: str = ""
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, job: SceneJob, status: str, error: str = "", **figures: Any) -> Outcome:
        return cls(job.scene, job.name, status, error=error, **figures)

    @classmethod
    def of_record(cls, name: str, status: str, record: dict[str, Any]) -> Outcome:
        """With the figures of the record's summary.

        Args:
            name: of the scene's results.
        """
        names = (
            "cloud_percent", "shadow_percent", "valid_percent", "mean_uncertainty", "width", "height",
            "seconds", "device", "warnings",
        )  # fmt: skip
        figures = {name: record["summary"][name] for name in names}
        return cls(record["scene"], name, status, **figures)


def run_scene(
    job: SceneJob,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Outcome:
    """Do a job unless it is done; whatever goes wrong is in the outcome, nothing is raised."""
    started = time.perf_counter()
    try:
        if (record := finished_record(job)) is not None:
            return Outcome.of_record(job.name, DONE, record)
        _prepare_process(job.threads)
        _check_model(job)
        fingerprint = _fingerprint(job.scene)
        before = _read(job.record_path, FORMAT, _REPLACED_FORMAT)
        if before is not None:
            _write(job.record_path, before | {"format": _REPLACED_FORMAT})
        load = functools.partial(_models.get, compute=job.compute)
        try:
            summary = detect(job.request, progress, cancelled, load)
        except Exception:
            # The results are the old ones still.
            if before is not None:
                _write(job.record_path, before)
            raise
        has_shadow = summary.shadow_percent is not None
        write_mask_style(job.request.mask_path, has_shadow, job.request.add_product_classes)
        record = {
            "format": FORMAT,
            "scene": job.scene,
            "input": fingerprint,
            "input_files": _states_of(summary.input_files),
            "settings": job.settings,
            # None for a mask that the product does not bring.
            "results": {
                kind: path.name if path.exists() else None for kind, path in job.results.items()
            },
            "summary": dataclasses.asdict(summary),
            "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        }
        if before is not None:
            _remove_results(job.folder, before, but=record)
        _write(job.record_path, record)
        return Outcome.of_record(job.name, DONE, record)
    except Cancelled:
        return Outcome.of(job, CANCELLED)
    except UndecidedError as error:
        seconds = round(time.perf_counter() - started, 3)
        return Outcome.of(job, UNDECIDED, str(error), seconds=seconds)
    except CloudMambaError as error:
        message = str(error)
    except Exception as error:  # noqa: BLE001  a bug: one scene must not stop the others
        traceback.print_exc()
        message = in_one_sentence(error)
    return Outcome.of(job, FAILED, message, seconds=round(time.perf_counter() - started, 3))


def finished_record(job: SceneJob) -> dict[str, Any] | None:
    """The record of the scene if it is done with these settings, None if it is to be done."""
    record = read_record(job.record_path)
    if record is None:
        return None
    is_same = (
        record["scene"] == job.scene
        and record["settings"] == job.settings
        and record["input"] == _fingerprint(job.scene)
        and record["input_files"] == _states_of(record["input_files"])
        and job.results.keys() <= record["results"].keys()
        and all(
            path.exists() or record["results"][kind] is None for kind, path in job.results.items()
        )
    )
    return record if is_same else None


def record_path(folder: Path, name: str) -> Path:
    """Where the record of the scene with this name is."""
    return folder / f"{name}.json"


def other_records(folder: Path, known: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and record of every scene of a folder that is done, by name, but for those known."""
    for path in sorted(folder.glob("*.json")):
        if path.stem in known or path.name.endswith(ITEM_ENDING):
            continue
        if (record := read_record(path)) is not None:
            yield path.stem, record


def read_record(path: Path) -> dict[str, Any] | None:
    """The valid record in a file, None if there is none."""
    return _read(path, FORMAT)


def _read(path: Path, *formats: str) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and record.get("format") in formats else None


def _write(path: Path, record: dict[str, Any]) -> None:
    write_text(path, json.dumps(record, indent=1) + "\n")


def _remove_results(folder: Path, record: dict[str, Any], but: dict[str, Any]) -> None:
    """Remove the results that a record names and another does not: they are of another run.

    Raises OutputError.
    """
    for name in set(record["results"].values()) - {None, *but["results"].values()}:
        path = folder / Path(name).name
        try:
            path.unlink(missing_ok=True)
            # Names of classes, and statistics of GDAL.
            path.with_name(f"{path.name}.aux.xml").unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                f"'{path}', which an earlier batch with other settings made, cannot be removed "
                f"({error.strerror}): close the program that has it open."
            ) from error


def _fingerprint(scene: str) -> dict[str, int] | None:
    """By what a changed input is known; None for one that is no file and no folder.

    Of a folder its files count, but not statistics, which QGIS writes beside what it shows; so its
    own time, which any new file changes, does not.
    """
    try:
        paths = [Path(scene)]
        if os.path.isdir(scene):
            paths = [Path(here, name) for here, _, names in os.walk(scene) for name in names]
        found = [path.stat() for path in paths if not is_statistics(path)]
    except OSError:
        return None
    return {
        "bytes": sum(one.st_size for one in found),
        "modified_ns": max((one.st_mtime_ns for one in found), default=0),
    }


def _states_of(files: Iterable[str]) -> dict[str, list[int] | None]:
    """Size and time of files that were read, as JSON; None for one that is gone.

    A scene may be named by one of its files, whose bands lie in others.
    """
    states = {file: state_of(Path(file)) for file in files}
    return {file: None if state is None else [*state] for file, state in states.items()}


def _check_model(job: SceneJob) -> None:
    """Another machine may have another model of that name, or the file may be replaced."""
    name = job.request.model
    if checksums(name) != job.settings["model"]:
        raise ModelError(
            f"The model '{name or 'shipped'}' is not the one that the batch began with: install "
            "the same version of CloudMamba everywhere, and change no model during a batch."
        )


@functools.cache
def _prepare_process(threads: int | None) -> None:
    """Once in a process, before its first detection."""
    prepare_process(idle_threads_sleep=False)
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
