"""The benchmarks' own parts: what they run, how they measure, and what they make of it."""

import ast
import json
import platform
import subprocess
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio
import torch

from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.startup import JOINS_FREED_MEMORY

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import gpu_report
import run as benchmark
from measuring.environments import REQUIREMENTS, peer_python
from measuring.kinds import Result, read_results, write_results
from measuring.page import write_page
from measuring.plot import log_plot
from measuring.processes import Finished, run_measured
from measuring.results import (
    OURS,
    ScanRun,
    SceneRun,
    scan_table,
    summarise_scenes,
)
from measuring.scenes import BANDS, make_scene

RUNS = [
    SceneRun(OURS, 1000, 0, 2.0, 3.0, 500, 1.0),
    SceneRun("other", 1000, 0, 6.0, 7.0, 900),
    # A disturbance that hits both must not change the ratio.
    SceneRun(OURS, 1000, 1, 20.0, 21.0, 510, 0.5),
    SceneRun("other", 1000, 1, 60.0, 61.0, 900),
    SceneRun(OURS, 1000, 2, 2.5, 3.5, 500, 1.0),
    SceneRun("other", 1000, 2, 5.0, 6.0, 900),
    SceneRun(OURS, 2000, 0, 10.0, 11.0, 550, 1.0),
]


def options(**changes) -> Namespace:
    values = {"threads": 2, "environment": {}, "environments": Path("envs"), "device": "cpu"}
    values |= {"model": None, "plain_up_to": 512, "peers_up_to": 1024, "peers": ["ukis-csmask"]}
    return Namespace(**values | changes)


def test_medians_and_ratios():
    ours, other, large = summarise_scenes(RUNS)
    assert (ours.method, ours.seconds, ours.ratio, ours.peak_mb) == (OURS, 2.5, 1.0, 500)
    assert ours.megapixels_per_s == pytest.approx(0.4)
    assert (other.method, other.seconds, other.ratio) == ("other", 6.0, 3.0)
    assert (ours.wall_s, ours.wall_ratio) == (3.5, 1.0)
    assert (other.wall_s, other.wall_ratio) == (7.0, 7 / 3)
    assert large.size_px == 2000


def test_scans_beside_each_other():
    runs = [ScanRun("compiled", 0, 0.1), ScanRun("plain", 0, 0.4)]
    runs += [ScanRun("compiled", 1, 0.3), ScanRun("plain", 1, 1.8)]
    assert scan_table(runs).splitlines()[2:] == [
        "| compiled | 200.0 | 1.00 |",
        "| plain | 1100.0 | 5.00 |",
    ]


def test_plot_places_greater_values_higher():
    svg = log_plot("Speed <all>", "Mpx/s", {"a": [(512, 1.0), (2048, 10.0)], "b": [(512, 0.5)]})
    root = ElementTree.fromstring(svg)
    circles = root.findall("{http://www.w3.org/2000/svg}circle")
    (x1, y1), (x2, y2), (x3, y3) = ((float(c.get("cx")), float(c.get("cy"))) for c in circles)
    assert x1 == x3 < x2
    assert y2 < y1 < y3
    assert "Speed &lt;all&gt;" in svg


def test_measured_process():
    program = "import json; block = bytearray(300 << 20); print(json.dumps({'size': len(block)}))"
    finished = run_measured([sys.executable, "-c", program])
    assert finished.answer == {"size": 300 << 20}
    assert finished.peak_mb > 300
    assert finished.wall_s > 0


def test_variables_reach_the_process():
    program = "import json, os; print(json.dumps({'scan': os.environ['CLOUDMAMBA_SCAN']}))"
    finished = run_measured([sys.executable, "-c", program], {"CLOUDMAMBA_SCAN": "plain"})
    assert finished.answer == {"scan": "plain"}


def test_failed_process_is_an_error():
    with pytest.raises(subprocess.CalledProcessError) as error:
        run_measured([sys.executable, "-c", "raise SystemExit(3)"])
    assert error.value.returncode == 3


def test_scene(tmp_path):
    path = tmp_path / "scene.tif"
    make_scene(path, 600)
    with rasterio.open(path) as scene:
        assert (scene.shape, scene.descriptions) == ((600, 600), BANDS)
        values = scene.read()
    assert values.dtype == np.uint16
    assert 300 <= values.min() < 1000
    assert 5000 < values.max() < 6200


def test_methods_that_run():
    assert benchmark.methods_at(512, options()) == [OURS, benchmark.PLAIN_SCAN, "ukis-csmask"]
    assert benchmark.methods_at(1024, options()) == [OURS, "ukis-csmask"]
    assert benchmark.methods_at(8192, options()) == [OURS]


def test_commands():
    scene, folder = Path("scene.tif"), Path("out")
    _, variables = benchmark.command_of(OURS, scene, folder, options())
    started_as_by_the_plugin = {"OMP_NUM_THREADS": "2", **dict([JOINS_FREED_MEMORY])}
    assert variables == started_as_by_the_plugin
    _, variables = benchmark.command_of(benchmark.PLAIN_SCAN, scene, folder, options())
    assert variables == {**started_as_by_the_plugin, "CLOUDMAMBA_SCAN": "plain"}
    known = options(environment={"ukis-csmask": "/peer/python"})
    command, _ = benchmark.command_of("ukis-csmask", scene, folder, known)
    assert command[0] == "/peer/python"
    assert Path(command[1]).is_file()
    assert command[-2:] == ["--threads", "2"]


def test_every_peer_has_program_and_environment(tmp_path):
    assert {*benchmark.PEER_PROGRAMS} == {*REQUIREMENTS}
    for peer, program in benchmark.PEER_PROGRAMS.items():
        tree = ast.parse(program.read_text(encoding="utf-8"))
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        # A program that is called like a package would be found in its place.
        assert program.stem not in {module.partition(".")[0] for module in modules}
        (tmp_path / peer).mkdir()
        (tmp_path / peer / ".installed").touch()
        # Nothing is installed a second time.
        assert peer_python(peer, tmp_path).parent.parent == tmp_path / peer


def test_our_own_run(tmp_path):
    model = tmp_path / "tiny.safetensors"
    card = {"name": "tiny", "version": "0", "trained_on": "nothing", "licence": "none"}
    save_model(CloudMamba(ModelConfiguration(widths=(2, 2), mixer="none")), model, card)
    make_scene(tmp_path / "scene.tif", 64)
    command = benchmark.command_of(
        OURS, tmp_path / "scene.tif", tmp_path, options(model=str(model), threads=1)
    )
    run = benchmark.scene_run(OURS, 64, 0, run_measured(*command))
    assert 0 < run.seconds < run.wall_s
    assert run.refined_share in (0, 1)
    assert (tmp_path / "mask.tif").is_file()


def result(precision: str, slower: float = 1.0) -> Result:
    """Of a kind of processor on which everything takes so many times as long."""
    stage = {"name": "stem", "operations": 10**9, "bytes_least": 1, "bytes_unfused": 2}
    floor = {"compute_s": 1.0, "transfer_s": 2.0, "floor_s": 2.0}
    stage["floors"] = {"abacus": floor, "H200": floor}
    cost = {"model": "m", "version": "1", "tile_px": 512, "measured_on": "abacus"}
    speeds = ("matrix_operations_per_s", "vector_operations_per_s", "bytes_per_s")
    machines = [
        {"name": name, "dtype": precision, "source": "told", **dict.fromkeys(speeds, 1.0)}
        for name in stage["floors"]
    ]
    return Result(
        date="2030-01-02",
        machine="abacus, Linux",
        threads=2,
        model="m",
        model_version="1",
        precision=precision,
        packages={"cloudmamba": "0"},
        command="python benchmarks/run.py",
        tile_px=512,
        scenes=[replace(run, seconds=slower * run.seconds) for run in RUNS],
        scans=[ScanRun("compiled", 1, 0.1)],
        cost={"machines": machines, "costs": [{**cost, "stages": [stage]}]},
    )


def test_page_shows_kinds_of_processor_side_by_side(tmp_path):
    scenes = result("bfloat16").scenes
    without_other = [run for run in scenes if run.method == OURS]
    fast = replace(result("bfloat16"), scenes=without_other)
    write_page({"Slow, AVX2": result("float32", slower=10), "Fast (R), AMX": fast}, tmp_path)
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    beginning, slow, fast = page.split("\n## ")
    assert beginning.splitlines()[2:7] == [
        "| pixels | method | Slow, AVX2: s | over ours | Fast (R), AMX: s | over ours |",
        "| --- | --- | --- | --- | --- | --- |",
        f"| 1000 x 1000 | {OURS} | 25.00 | 1.00 | 2.50 | 1.00 |",
        "| 1000 x 1000 | other | 60.00 | 3.00 | - | - |",
        f"| 2000 x 2000 | {OURS} | 100.00 | 1.00 | 10.00 | 1.00 |",
    ]
    assert "- Fast (R), AMX: m 1 in bfloat16, of whose tiles 50 to 100 percent" in beginning
    assert slow.startswith("Slow, AVX2\n") and fast.startswith("Fast (R), AMX\n")
    assert "| 1000 x 1000 | other | 60.00 | 0.02 | 3.00 | 7.00 | 2.33 | 900 |" in slow
    assert "other" not in fast
    for section, kind in ((slow, "slow-avx2"), (fast, "fast-r-amx")):
        stages = section.partition("### Stage by stage")[2]
        assert "ms on abacus" in stages and "H200" not in stages
        for what in ("speed", "memory"):
            plot = f"benchmarks_{what}_{kind}.svg"
            assert f"(images/{plot})" in section
            ElementTree.parse(tmp_path / "images" / plot)


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Runs the program on a machine of a kind on which everything takes so many seconds."""

    def measure(kind, seconds):
        ours = {"device": "abacus (CPU)", "model": "m", "version": "1"}
        ours |= {"seconds": seconds, "tiles": 4, "tiles_refined": 1}
        facts = {"cloudmamba": "0", "packages": {"torch": "2"}}
        facts["devices"] = [{"name": "abacus (CPU)", "kind": kind, "precision": "float32"}]
        answers = {
            "detect": ours,
            "--cost": result("float32").cost,
            "info": facts,
            "--repeats": {"scans": [vars(ScanRun("compiled", 1, 0.1))]},
        }

        def run(command, variables=None):
            answer = next(answers[word] for word in answers if word in command)
            return Finished(answer, 2 * seconds, seconds, 100.0)

        monkeypatch.setattr(benchmark, "run_measured", run)
        words = ["--sizes", "64", "--repeats", "1", "--peers", "--plain-up-to", "0"]
        monkeypatch.setattr(sys, "argv", ["run.py", *words, "--output", str(tmp_path)])
        benchmark.main()
        return read_results(tmp_path / "benchmarks.json")

    return measure


def test_a_run_replaces_the_result_of_its_kind_and_keeps_the_others(measured):
    (slow,) = measured("Slow, AVX2", 9.0).values()
    first = measured("Fast, AMX", 3.0)
    again = measured("Fast, AMX", 2.0)
    assert [*first] == [*again] == ["Slow, AVX2", "Fast, AMX"]
    assert first["Slow, AVX2"] == again["Slow, AVX2"] == slow
    assert [run.seconds for run in slow.scenes] == [9.0]
    assert [run.seconds for run in first["Fast, AMX"].scenes] == [3.0]
    assert [run.seconds for run in again["Fast, AMX"].scenes] == [2.0]
    assert (slow.network, slow.machine) == ("m 1 in float32", f"abacus (CPU), {platform.system()}")


def test_results_are_read_as_they_were_written(tmp_path):
    results = {"Slow, AVX2": result("float32", 10), "Fast, AMX": result("bfloat16")}
    write_results(results, tmp_path / "benchmarks.json")
    assert read_results(tmp_path / "benchmarks.json") == results


def broken(text: str) -> dict[str, str]:
    """Ways in which the text of a file of results may not be one, by name."""
    (values,) = json.loads(text).values()
    return {
        "cut off": text[:-20],
        "one kind alone": json.dumps(values),
        "a list": json.dumps([values]),
        "a field less": json.dumps({"A": {k: v for k, v in values.items() if k != "precision"}}),
        "a field more": json.dumps({"A": {**values, "mood": "good"}}),
        "a run without method": json.dumps({"A": {**values, "scenes": [{"size_px": 1}]}}),
    }


def test_a_file_of_another_shape_is_a_sentence_before_anything_is_measured(measured, tmp_path):
    file = tmp_path / "benchmarks.json"
    write_results({"A": result("float32")}, file)
    for name, text in broken(file.read_text(encoding="utf-8")).items():
        file.write_text(text, encoding="utf-8")
        with pytest.raises(SystemExit) as stopped:
            measured("A", 1.0)
        assert stopped.value.code == (
            f"'{file}' does not hold results by kind of processor: "
            "restore it, or remove it to begin anew."
        ), name
        assert file.read_text(encoding="utf-8") == text


def test_report_of_a_card_tried_out_on_the_processor(tmp_path):
    # All but the scenes, which are whole detections: their figures come from the same request.
    sizes = ["--device", "cpu", "--tile", "32", "--scene", "64"]
    parts = {
        name: gpu_report.run_part(name, sizes, 300) for name in gpu_report.PARTS if name != "scenes"
    }
    assert not [part["failure"] for part in parts.values() if "failure" in part]
    scan, masks, batches = (parts[name]["rows"] for name in ("scan", "masks", "batches"))
    assert [row["of"] for row in scan][:2] == ["output", "gradient of x"] and len(scan) == 7
    assert all(row["relative difference"] == 0 and row["the same bits again"] for row in scan)
    assert [(row["precision"], row["graphs"]) for row in masks] == [
        ("float32", "off"), ("float32", "on"), ("bfloat16", "off"), ("bfloat16", "on"),
    ]  # fmt: skip
    assert masks[0]["pixels of the mask that differ, %"] < 1
    assert all(row["ms a batch"] > 0 and not row["recorded"] for row in batches)
    page = gpu_report.page({"date": "today", "command": "it", "parts": parts})
    assert "| gradient of skip | 0 | yes |" in page


def test_report_of_a_card_tells_what_failed(tmp_path):
    sizes = ["--device", "cuda:77", "--tile", "32", "--scene", "64"]
    failed = gpu_report.run_part("batches", sizes, 120)
    late = gpu_report.run_part("scan", sizes, 0)
    assert failed["failure"] and late == {"failure": "no time was left for it"}
    page = gpu_report.page(
        {"date": "today", "command": "it", "parts": {"batches": failed, "scan": late}}
    )
    assert page.count("**Failed**") == 2 and failed["failure"] in page


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_report_of_a_card_without_one_is_a_sentence(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["gpu_report.py", "--output", str(tmp_path / "report")])
    assert gpu_report.main() == 6
    assert "--device cpu" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()
