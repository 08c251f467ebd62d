"""``cloudmamba batch --dask`` on a real cluster of two worker processes on this machine."""

import json
import os
import signal
import sys
import threading

import pytest
from synthetic_batch import jobs_for, unfinished, write_model, write_scene

from cloudmamba.batch import cluster as cluster_module
from cloudmamba.batch.cluster import run_on_cluster
from cloudmamba.batch.job import CANCELLED, DONE
from cloudmamba.cli import main
from cloudmamba.errors import CloudMambaError

distributed = pytest.importorskip("distributed")

GPU = {"GPU": 1.0}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two processes with one thread and one GPU each, as far as the scheduler is told."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        resources=GPU,
        dashboard_address=None,
        host="127.0.0.1",
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as running:
        yield running


@pytest.mark.skipif(sys.platform == "win32", reason="signals work otherwise")
def test_a_lost_worker_loses_nothing_and_nothing_is_done_twice(tmp_path, model, cluster):
    sizes = (1000, 60, 60, 60, 60)
    scenes = [write_scene(tmp_path / f"{i}.tif", size, i) for i, size in enumerate(sizes)]
    jobs = jobs_for(scenes, tmp_path / "out", model, ["uncertainty"])
    shares = []
    under_way = threading.Event()

    def follow(job, share):
        if job.name == "0":
            shares.append(share)
            under_way.set()

    def kill_its_worker():
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            pids = client.run(os.getpid)
            assert len(pids) == 2 and os.getpid() not in pids.values()
            assert under_way.wait(240)
            (address,) = (
                address
                for address, keys in client.processing().items()
                if any(key.endswith("-0") for key in keys)
            )
            os.kill(pids[address], signal.SIGKILL)

    killer = threading.Thread(target=kill_its_worker)
    killer.start()
    written = {}
    for outcome in run_on_cluster(jobs, cluster.scheduler_address, GPU, follow, lambda: False):
        assert (outcome.status, outcome.error) == (DONE, "")
        assert outcome.name not in written
        results = list((tmp_path / "out").glob(f"{outcome.name}*"))
        assert len(results) == 5
        written[outcome.name] = {path: path.stat().st_ino for path in results}
    killer.join()
    assert sorted(written) == ["0", "1", "2", "3", "4"]
    for results in written.values():
        assert {path: path.stat().st_ino for path in results} == results
    # The first tile is told at once, and then again by the worker that began anew.
    assert shares.count(min(shares)) == 2
    assert unfinished(tmp_path / "out") == [], "what the lost worker had begun was never ended"


def test_results_are_those_of_one_machine(tmp_path, model, cluster, capsys):
    write_scene(tmp_path / "in" / "x.tif")
    (tmp_path / "in" / "bad.tif").write_text("no raster")
    options = ["--model", str(model), "--dask", cluster.scheduler_address]
    out = tmp_path / "out"
    arguments = ["batch", str(tmp_path / "in"), "--output", str(out), *options]
    assert main([*arguments, "--dask-resource", "GPU=1", "--json"]) == 1
    answer = capsys.readouterr()
    assert [scene["status"] for scene in json.loads(answer.out)["scenes"]] == ["failed", "done"]
    assert answer.err.count("\n") == 1, answer.err
    (job,) = jobs_for([tmp_path / "in" / "x.tif"], tmp_path / "alone", model)
    cluster_module.run_scene(job)
    assert (out / "x_mask.tif").read_bytes() == job.results["mask"].read_bytes()


def test_cancel_reaches_the_workers(tmp_path, model, cluster):
    scenes = [write_scene(tmp_path / f"{number}.tif", 1000, number) for number in range(4)]
    jobs = jobs_for(scenes, tmp_path / "out", model)
    begun = threading.Event()
    outcomes = list(
        run_on_cluster(jobs, cluster.scheduler_address, {}, lambda *_: begun.set(), begun.is_set)
    )
    assert len(outcomes) == 4
    assert CANCELLED in {outcome.status for outcome in outcomes}
    assert all(outcome.status in (CANCELLED, DONE) for outcome in outcomes)
    done = {outcome.name for outcome in outcomes if outcome.status == DONE}
    assert {path.stem for path in (tmp_path / "out").glob("*.json")} == done
    assert unfinished(tmp_path / "out") == []


def test_who_waits_for_ever_is_told_why(tmp_path, model, cluster, capsys, monkeypatch):
    monkeypatch.setattr(cluster_module, "_STOPPING_SECONDS", 0.5)
    (job,) = jobs_for([write_scene(tmp_path / "x.tif")], tmp_path / "out", model)
    outcomes = run_on_cluster(
        [job], cluster.scheduler_address, {"TPU": 2.0}, lambda *_: None, lambda: True
    )
    assert [outcome.status for outcome in outcomes] == [CANCELLED]
    assert "no worker that offers TPU=2" in capsys.readouterr().err


def test_no_scheduler(tmp_path, model, monkeypatch):
    monkeypatch.setattr(cluster_module, "_CONNECTING_SECONDS", 0.5)
    (job,) = jobs_for([write_scene(tmp_path / "x.tif")], tmp_path / "out", model)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(CloudMambaError, match="No Dask scheduler answers"):
            list(run_on_cluster([job], address, {}, lambda *_: None, lambda: False))


def test_without_dask(tmp_path, model, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    scene = write_scene(tmp_path / "in" / "x.tif").parent
    out = str(tmp_path / "out")
    assert main(["batch", str(scene), "--output", out, "--model", str(model), "--dask", "x"]) == 1
    assert capsys.readouterr().err == (
        "cloudmamba: Dask is not installed here: install it with "
        "'pip install \"distributed>=2025.5\"' in the environment of the engine.\n"
    )
