"""``cloudmamba batch`` in processes: table, resuming, deaths, signals."""

import csv
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest
import rasterio
import torch
from synthetic_batch import jobs_for, unfinished, write_model, write_scene

from cloudmamba.batch.job import DONE, FAILED, UNDECIDED, Outcome
from cloudmamba.batch.processes import run_in_processes
from cloudmamba.cli import main
from cloudmamba.detection import DetectionRequest, detect

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="signals work otherwise")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


def batch(*arguments):
    return [str(argument) for argument in ("batch", *arguments)]


def read_mask(path):
    with rasterio.open(path) as dataset:
        return dataset.read(), dataset.tags()


def test_table_failures_and_resuming(tmp_path, model, capsys):
    first = write_scene(tmp_path / "a" / "x.tif", seed=1)
    second = write_scene(tmp_path / "b" / "x.tif", seed=2)
    bad = tmp_path / "b" / "bad.tif"
    bad.write_text("no raster")
    table = tmp_path / "list.csv"
    table.write_text(f'scene,bands\n{first},\n{bad},\n{second},"3,2,1"\n')
    out = tmp_path / "out"
    arguments = batch(table, "--output", out, "--uncertainty", "--model", model, "--jobs", 2)
    assert main(arguments) == 1
    shown = capsys.readouterr()
    assert shown.err == (
        "cloudmamba: 1 of 3 scenes failed: the same command tries them again; "
        f"'{out / 'batch.csv'}' says why.\n"
    )
    with (out / "batch.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["scene"] for row in rows] == [str(first), str(bad), str(second)]
    assert [row["status"] for row in rows] == ["done", "failed", "done"]
    assert "is not a raster" in rows[1]["error"] and rows[1]["cloud_percent"] == ""
    lines = shown.out.splitlines()
    assert lines[0].split() == [
        "scene", "status", "cloud", "%", "valid", "%", "uncertainty", "seconds", "error",
    ]  # fmt: skip
    for row, line in zip(rows, lines[1:], strict=False):
        assert line.split()[:2] == [row["name"], row["status"]]
        assert row["error"] in line
    assert f"{float(rows[0]['cloud_percent']):.2f}" in lines[1]
    assert "3 scenes: 2 done, 1 failed" in lines and "Mpx/s" in shown.out

    for row, bands in ((rows[0], ""), (rows[2], "3,2,1")):
        alone = tmp_path / "alone.tif"
        detect(DetectionRequest(row["scene"], alone, bands=bands, model=str(model)))
        values, tags = read_mask(out / f"{row['name']}_mask.tif")
        expected, expected_tags = read_mask(alone)
        assert (values == expected).all() and tags == expected_tags
        assert (out / f"{row['name']}_uncertainty.tif").exists()

    masks = {path: path.stat().st_ino for path in out.glob("x*.tif")}
    assert len(masks) == 4
    write_scene(bad, seed=3)
    assert main([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row["status"] for row in answer["scenes"]] == ["skipped", "done", "skipped"]
    assert answer["scenes"][0]["cloud_percent"] == float(rows[0]["cloud_percent"])
    assert answer["megapixels_done"] == pytest.approx(40 * 40 / 1e6)
    assert {path: path.stat().st_ino for path in masks} == masks
    events = [json.loads(line) for line in (out / "batch.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events] == [
        "begin", "scene", "scene", "scene", "end", "begin", "scene", "end",
    ]  # fmt: skip


def test_table_and_collection_have_the_scenes_of_earlier_batches(tmp_path, model, capsys):
    out = tmp_path / "out"
    for name in ("a", "b"):
        scene = write_scene(tmp_path / f"{name}.tif")
        (tmp_path / "list.txt").write_text(f"{scene}\n")
        options = ("--output", out, "--model", model, "--stac")
        assert main(batch(tmp_path / "list.txt", *options)) == 0
    with (out / "batch.csv").open(newline="") as file:
        rows = [(row["name"], row["status"]) for row in csv.DictReader(file)]
    assert rows == [("b", "done"), ("a", "skipped")]
    links = json.loads((out / "collection.json").read_text())["links"]
    items = [link["href"] for link in links if link["rel"] == "item"]
    assert items == ["./a.stac.json", "./b.stac.json"]


def test_a_collection_goes_with_its_items(tmp_path, model):
    scene = write_scene(tmp_path / "in" / "a.tif")
    out = tmp_path / "out"
    options = ("--output", out, "--model", model, "--quiet")
    assert main(batch(scene.parent, *options, "--stac")) == 0
    assert (out / "collection.json").is_file()
    assert main(batch(scene.parent, *options, "--coarse-threshold", 0.4)) == 0
    assert not list(out.glob("*.stac.json")) and not (out / "collection.json").exists()
    (out / "collection.json").write_text('{"description": "of somebody else"}')
    assert main(batch(scene.parent, *options, "--coarse-threshold", 0.3)) == 0
    assert "somebody else" in (out / "collection.json").read_text()


def test_scenes_that_somebody_has_to_decide_are_no_failures(tmp_path, model, monkeypatch, capsys):
    def undecided(arguments, jobs, progress, stopped):
        yield from (Outcome.of(job, UNDECIDED) for job in jobs)

    monkeypatch.setattr("cloudmamba.commands.batch._run_jobs", undecided)
    scene = write_scene(tmp_path / "in" / "a.tif")
    assert main(batch(scene.parent, "--output", tmp_path / "out", "--model", model)) == 1
    table = tmp_path / "out" / "batch.csv"
    assert capsys.readouterr().err == (
        "cloudmamba: 1 of 1 scenes can be read in several ways: give bands or radiometry; "
        f"'{table}' says why.\n"
    )


def test_threads_are_shared_among_jobs(tmp_path, model, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    scene = write_scene(tmp_path / "in" / "x.tif")
    out = tmp_path / "out"
    arguments = batch(scene.parent, "--output", out, "--model", model, "--quiet", "--jobs", 3)
    assert main([*arguments, "--device", "cpu"]) == 0
    device = json.loads((out / "x.json").read_text())["summary"]["device"]
    assert "2 threads" in device


@POSIX_ONLY
def test_a_death_costs_one_scene(tmp_path, model):
    scenes = [write_scene(tmp_path / f"{i}.tif", 1100 if i == 0 else 40, i) for i in range(3)]
    jobs = jobs_for(scenes, tmp_path / "out", model)

    def kill_the_first(job, share):
        if job.name == "0" and share < 0.5:
            (child,) = multiprocessing.active_children()
            os.kill(child.pid, signal.SIGKILL)

    outcomes = list(run_in_processes(jobs, 1, kill_the_first, lambda: False))
    assert [(one.name, one.status) for one in outcomes] == [("0", FAILED), ("1", DONE), ("2", DONE)]
    assert "process died (signal 9)" in outcomes[0].error
    assert multiprocessing.active_children() == []


def start(arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "cloudmamba", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition, seconds=120):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


@POSIX_ONLY
def test_interrupt_stops_cleanly_and_the_same_command_goes_on(tmp_path, model, capsys):
    write_scene(tmp_path / "in" / "1.tif")
    for name in "23":
        write_scene(tmp_path / "in" / f"{name}.tif", 900)
    out = tmp_path / "out"
    arguments = batch(tmp_path / "in", "--output", out, "--model", model, "--device", "cpu")
    process = start(arguments)
    wait_for(lambda: (out / "1.json").exists() and unfinished(out))
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    shown, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert errors == (
        "cloudmamba: Cancelled: the same command goes on with the scenes that are not done.\n"
    )
    assert "3 scenes: 1 done, 2 cancelled" in shown
    assert sorted(os.listdir(out)) == [
        ".batch.lock", "1.json", "1_mask.qml", "1_mask.tif", "1_mask.tif.aux.xml", "batch.csv",
        "batch.jsonl",
    ]  # fmt: skip
    assert main(arguments) == 0
    assert "3 scenes: 2 done, 1 skipped" in capsys.readouterr().out


@POSIX_ONLY
def test_processes_end_when_the_batch_is_killed(tmp_path, model):
    write_scene(tmp_path / "in" / "1.tif", 900)
    out = tmp_path / "out"
    process = start(batch(tmp_path / "in", "--output", out, "--model", model, "--device", "cpu"))
    wait_for(lambda: out.exists() and unfinished(out))
    process.kill()
    # The pipes end when the last process that could write to them is gone.
    process.communicate(timeout=120)
    assert unfinished(out) == []
    assert not list(out.glob("1*"))


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["none.txt"], 3, "no list or folder"),
        (["{list}", "--model", "none"], 5, "no model 'none'"),
        (["{list}", "--device", "cuda:77"], 6, "cuda:77"),
        (["{list}", "--radiometry", "moonlight"], 3, "moonlight"),
    ],
)
def test_errors_of_the_whole_batch(tmp_path, arguments, status, words, capsys):
    listing = tmp_path / "list.txt"
    listing.write_text(str(write_scene(tmp_path / "x.tif")))
    out = tmp_path / "out"
    filled = [argument.format(list=listing) for argument in arguments]
    assert main(batch(*filled, "--output", out)) == status
    shown = capsys.readouterr()
    assert words in shown.err and shown.err.count("\n") == 1 and shown.out == ""
    assert not out.exists()


def test_cloud_shadow_on_request(tmp_path):
    scene = write_scene(tmp_path / "in" / "x.tif")
    teller = write_model(tmp_path / "teller.safetensors", shadow=True)
    out = tmp_path / "out"
    wanted = ("--shadow", "--shadow-in-mask", "--model", teller, "--quiet")
    assert main(batch(scene.parent, "--output", out, *wanted)) == 0
    with rasterio.open(out / "x_shadow.tif") as dataset:
        probability = dataset.read(1)
    assert probability.min() >= 0 and probability.max() <= 1
    with (out / "batch.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    _, tags = read_mask(out / "x_mask.tif")
    assert float(row["shadow_percent"]) == pytest.approx(float(tags["SHADOW_PERCENT"]), abs=1e-3)
