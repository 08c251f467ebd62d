"""``cloudmamba batch``: the cloud masks of many rasters, resumably."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from cloudmamba.commands.detection_options import add_detection_options, detection_options
from cloudmamba.commands.environment import compute_options
from cloudmamba.commands.stopping import stop_signals
from cloudmamba.startup import check_threads, prepare_children

if TYPE_CHECKING:
    from cloudmamba.batch.job import Outcome, SceneJob

HELP = "detect clouds in many rasters, on this machine or a Dask cluster, resumably"
# Results beside the mask.
KINDS = {
    "uncertainty": "uncertainty of the mask",
    "probability": "cloud probability",
    "shadow": "cloud shadow probability",
    "stages": "coarse probability, its uncertainty, acceptance, refined probability",
    "product_mask": "the mask that the product itself brings, where it brings one: 0 clear, 1 cloud, "
    "2 cloud shadow, 4 snow or ice, 255 no data",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "scenes",
        metavar="LIST",
        help="text file with one raster a line (- for standard input), CSV file with the columns "
        "scene and if wanted bands and radiometry, or folder to search",
    )
    results = parser.add_argument_group("results (GeoTIFF, NAME_mask.tif and so on)")
    results.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="new folder, or that of an earlier batch: what is done there is not repeated",
    )
    for kind, words in KINDS.items():
        option = f"--{kind.replace('_', '-')}"
        results.add_argument(option, action="store_true", help=f"also {words}")
    results.add_argument(
        "--shadow-in-mask",
        action="store_true",
        help="the masks have cloud shadow as class 2 where they are clear",
    )
    results.add_argument(
        "--stac",
        action="store_true",
        help="also a STAC item of each scene, NAME.stac.json, and collection.json of all",
    )
    machine = parser.add_argument_group("where")
    machine.add_argument(
        "--jobs",
        type=_count,
        default=1,
        metavar="N",
        help="scenes at a time, each in a process of its own (default: %(default)s)",
    )
    machine.add_argument(
        "--threads",
        type=_count,
        metavar="N",
        help="CPU threads of each scene (default: the cores shared among the jobs)",
    )
    machine.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="scheduler of a Dask cluster that does the scenes, such as tcp://host:8786",
    )
    machine.add_argument(
        "--dask-resource",
        action="append",
        default=[],
        type=_resource,
        metavar="NAME=N",
        help="what a scene takes of the resources that workers declare, such as GPU=1",
    )
    add_detection_options(parser)
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress and no table")


def run(arguments: argparse.Namespace) -> int:
    """Do what is not done yet and print the table; 0 if every scene is done then."""
    check_threads()
    prepare_children()
    import time

    from cloudmamba import __version__
    from cloudmamba.batch.folder import TABLE_NAME, open_folder
    from cloudmamba.batch.job import (
        CANCELLED,
        FAILED,
        SKIPPED,
        UNDECIDED,
        Outcome,
        finished_record,
    )
    from cloudmamba.batch.plan import plan_jobs
    from cloudmamba.batch.scenes import read_scenes
    from cloudmamba.batch.summary import as_json, as_text
    from cloudmamba.detection.stac import ITEM_ENDING, is_collection_of_batch, write_collection
    from cloudmamba.errors import Cancelled, CloudMambaError
    from cloudmamba.inference.devices import resolve_device

    started = time.perf_counter()
    output = arguments.output.absolute()
    scenes = read_scenes(arguments.scenes, output)
    if arguments.dask is None:
        # Once here instead of once for every scene.
        resolve_device(arguments.device)
    kinds = [kind for kind in KINDS if getattr(arguments, kind)]
    options = detection_options(arguments) | {
        "shadow_in_mask": arguments.shadow_in_mask,
        "stac_is_in_batch": arguments.stac,
        "product_mask_is_optional": True,
    }
    jobs = plan_jobs(scenes, output, kinds, options, _threads(arguments), compute_options())
    with stop_signals() as stopped, open_folder(output) as folder:
        outcomes = {
            job.name: Outcome.of_record(job.name, SKIPPED, record)
            for job in jobs
            if (record := finished_record(job)) is not None
        }
        waiting = [job for job in jobs if job.name not in outcomes]
        folder.log("begin", version=__version__, scenes=len(jobs), done_before=len(outcomes))
        with _Bar(len(waiting), arguments.quiet) as bar:
            running = _run_jobs(arguments, waiting, bar.show, stopped.is_set)
            with contextlib.closing(running):
                for outcome in running:
                    outcomes[outcome.name] = outcome
                    bar.finish(outcome)
                    folder.log("scene", **dataclasses.asdict(outcome))
        in_order = [outcomes[job.name] for job in jobs]
        seconds = time.perf_counter() - started
        folder.log("end", seconds=round(seconds, 3))
        if not arguments.quiet:
            print((as_json if arguments.json else as_text)(in_order, seconds), flush=True)
        folder.write_table(in_order)
        if arguments.stac or is_collection_of_batch(output):
            # Those of earlier batches, too.
            write_collection(output, sorted(output.glob(f"*{ITEM_ENDING}")))
    if any(outcome.status == CANCELLED for outcome in in_order):
        raise Cancelled("Cancelled: the same command goes on with the scenes that are not done.")
    problems = []
    if failed := sum(outcome.status == FAILED for outcome in in_order):
        problems.append(f"{failed} of {len(jobs)} scenes failed: the same command tries them again")
    if undecided := sum(outcome.status == UNDECIDED for outcome in in_order):
        problems.append(
            f"{undecided} of {len(jobs)} scenes can be read in several ways: give bands or radiometry"
        )
    if problems:
        raise CloudMambaError(f"{'; '.join(problems)}; '{output / TABLE_NAME}' says why.")
    return 0


def _run_jobs(
    arguments: argparse.Namespace,
    jobs: list[SceneJob],
    progress: Callable[[SceneJob, float], None],
    stopped: Callable[[], bool],
) -> Generator[Outcome, None, None]:
    if arguments.dask is not None:
        from cloudmamba.batch.cluster import run_on_cluster

        resources = dict(arguments.dask_resource)
        return run_on_cluster(jobs, arguments.dask, resources, progress, stopped)
    from cloudmamba.batch.processes import run_in_processes

    return run_in_processes(jobs, arguments.jobs, progress, stopped)


def _threads(arguments: argparse.Namespace) -> int | None:
    """CPU threads of a scene; None on a cluster, where each worker knows its machine."""
    if arguments.threads is not None or arguments.dask is not None:
        return arguments.threads
    import torch

    # PyTorch heeds OMP_NUM_THREADS and the cores this process may use.
    return max(1, torch.get_num_threads() // arguments.jobs)


class _Bar:
    """How many scenes are done, counting shares of those under way."""

    def __init__(self, scenes: int, quiet: bool):
        from tqdm import tqdm

        # None: no bar where standard error is not a terminal.
        self._bar = tqdm(
            total=scenes,
            disable=True if quiet else None,
            leave=False,
            bar_format="{l_bar}{bar}| {n:.1f} of {total} scenes [{elapsed}<{remaining}]",
        )
        self._finished: set[str] = set()
        self._shares: dict[str, float] = {}

    def __enter__(self):
        return self

    def __exit__(self, *exception) -> None:
        self._bar.close()

    def show(self, job: SceneJob, share: float) -> None:
        """A scene is done to a share of 0..1; may be called from any thread."""
        if job.name not in self._finished:
            self._shares[job.name] = share
            self._update()

    def finish(self, outcome: Outcome) -> None:
        """A scene is done, or never will be."""
        self._finished.add(outcome.name)
        self._shares.pop(outcome.name, None)
        self._update()

    def _update(self) -> None:
        under_way = sum(list(self._shares.values()))
        self._bar.update(len(self._finished) + under_way - self._bar.n)


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def _resource(text: str) -> tuple[str, float]:
    name, separator, amount = text.partition("=")
    if not (name and separator):
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form NAME=N")
    return name, float(amount)
