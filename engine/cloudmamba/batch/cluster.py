"""Jobs on a Dask cluster. Only here is Dask imported, and only when it is asked for."""

from __future__ import annotations

import queue
import sys
import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from cloudmamba.batch.job import CANCELLED, FAILED, Outcome, SceneJob, run_scene
from cloudmamba.detection import Progress
from cloudmamba.errors import CloudMambaError

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECTING_SECONDS = 20.0
# How long jobs that are told to stop may take: a batch of tiles, and reading over a slow line.
_STOPPING_SECONDS = 60.0
_LOOK_SECONDS = 0.2
# How often a worker asks and tells over the network.
_TALK_SECONDS = 1.0


def run_on_cluster(
    jobs: Sequence[SceneJob],
    address: str,
    resources: Mapping[str, float],
    progress: Callable[[SceneJob, float], None],
    stopped: Callable[[], bool],
) -> Generator[Outcome, None, None]:
    """The outcome of every job, as they come.

    The scheduler gives a job whose worker is lost to another one; since a job that is done does
    nothing the second time, results are written once.

    Args:
        address: of the scheduler, such as ``tcp://host:8786``.
        resources: what a job takes of the resources that workers declare, such as 1 of ``GPU``.
        progress: called with a job and the share of it that is done, 0..1.
        stopped: asked often; once it says True, jobs under way are cancelled and the others
            are not begun.

    Raises:
        CloudMambaError: Dask is not installed, or no scheduler answers at the address.
    """
    if not jobs:
        return
    with _connect(address) as client:
        _warn_of_workers(client, resources)
        run = f"cloudmamba-{uuid.uuid4().hex}"
        job_of = {f"{run}-{job.name}": job for job in jobs}
        client.subscribe_topic(run, lambda event: progress(job_of[event[1][0]], event[1][1]))
        ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        # The cluster forgets a job whose future is not kept.
        futures = {}
        for key, job in job_of.items():
            futures[key] = client.submit(
                _run_on_worker, job, run, key=key, pure=False, resources=dict(resources) or None
            )
            futures[key].add_done_callback(ended.put)
        stop = _stop_signal(run, client)
        stopping_until = float("inf")
        try:
            while futures:
                if stopping_until == float("inf") and stopped():
                    stopping_until = time.monotonic() + _STOPPING_SECONDS
                    stop.set()
                if time.monotonic() > stopping_until:
                    client.cancel(list(futures.values()))
                try:
                    future = ended.get(timeout=_LOOK_SECONDS)
                    outcome = _outcome_of(future, job_of[str(future.key)])
                except queue.Empty:
                    continue
                except TimeoutError:  # its worker was lost since: another one is asked
                    ended.put(future)
                    continue
                del futures[str(future.key)]
                yield outcome
        finally:
            if futures:
                stop.set()


def _connect(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError as error:
        raise CloudMambaError(
            "Dask is not installed here: install it with 'pip install \"distributed>=2025.5\"' "
            "in the environment of the engine."
        ) from error
    try:
        return Client(address, timeout=_CONNECTING_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CloudMambaError(
            f"No Dask scheduler answers at '{address}': start one with 'dask scheduler' and give "
            "the address that it prints, such as tcp://host:8786."
        ) from error


def _warn_of_workers(client: Client, resources: Mapping[str, float]) -> None:
    """Say what would make scenes wait for ever, or each other."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    able = [
        worker
        for worker in workers
        if all(worker["resources"].get(name, 0) >= amount for name, amount in resources.items())
    ]
    if not able:
        what = " ".join(f"{name}={amount:g}" for name, amount in resources.items())
        offered = f" that offers {what} ('dask worker ... --resources {what}')" if what else ""
        print(
            f"cloudmamba: The cluster has no worker{offered} yet: the scenes wait for one.",
            file=sys.stderr,
        )
    elif not resources and any(worker["nthreads"] > 1 for worker in able):
        print(
            "cloudmamba: Workers of the cluster do several scenes at a time in one process: "
            "'dask worker ... --nthreads 1 --nworkers N' is faster and a crash costs one scene.",
            file=sys.stderr,
        )


def _outcome_of(future: Future, job: SceneJob) -> Outcome:
    """Raises TimeoutError if the result has to be asked for again."""
    if future.status == "cancelled":
        return Outcome.of(job, CANCELLED)
    error = future.exception(timeout=_LOOK_SECONDS)
    if error is None:
        return future.result(timeout=_LOOK_SECONDS)
    # Jobs raise nothing themselves: this is the cluster's, such as KilledWorker.
    return Outcome.of(
        job, FAILED, f"The cluster gave the scene up ({type(error).__name__}): see its log."
    )


def _stop_signal(run: str, client: Client):
    from distributed import Event

    return Event(run, client=client)


def _run_on_worker(job: SceneJob, run: str) -> Outcome:
    """A job as a task of Dask."""
    from distributed import get_client, get_worker

    worker, stop = get_worker(), _stop_signal(run, get_client())
    key = f"{run}-{job.name}"
    told_at = asked_at = float("-inf")
    is_stopped = False

    def show(progress: Progress) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _TALK_SECONDS:
            told_at = time.monotonic()
            worker.log_event(run, (key, progress.done / progress.total))

    def cancelled() -> bool:
        nonlocal asked_at, is_stopped
        if not is_stopped and time.monotonic() - asked_at >= _TALK_SECONDS:
            asked_at = time.monotonic()
            is_stopped = stop.is_set()
        return is_stopped

    return run_scene(job, show, cancelled)
