"""All benchmarks in one go: tables, plots and the figures behind them.

Speed with reading and writing, peak memory and growth with the size of the scene, beside
ukis-csmask, a U-Net with MobileNetV2 encoder and the same network with the plain scan; the scans
alone; stage by stage. Run it with the engine's Python::

    python benchmarks/run.py                                # quick: scenes of 512 and 1024 pixels
    python benchmarks/run.py --sizes 512 2048 8192 16384    # all that the page shows

Methods take turns, so that what else the machine does hits all alike; tables give medians, and
ratios of times that were measured next to each other. Peers get environments of their own, made
at first use. The result takes the place of an older one of the same kind of processor; those of
other kinds stay on the page.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from measuring.environments import REQUIREMENTS, peer_python
from measuring.kinds import Result, read_results
from measuring.page import RESULTS_FILE, page, write_page
from measuring.processes import Finished, run_measured
from measuring.results import OURS, ScanRun, SceneRun
from measuring.scenes import make_scene

from cloudmamba.startup import JOINS_FREED_MEMORY

HERE = Path(__file__).resolve().parent
PLAIN_SCAN = "cloudmamba, plain scan"
PEER_PROGRAMS = {
    "ukis-csmask": HERE / "peers/with_ukis_csmask.py",
    "unet-mobilenetv2": HERE / "peers/with_unet_mobilenetv2.py",
}


def command_of(
    method: str, scene: Path, folder: Path, options: argparse.Namespace
) -> tuple[list[str], dict[str, str]]:
    """Command line of a method on a scene, and variables for its environment."""
    threads = str(options.threads)
    variables = {"OMP_NUM_THREADS": threads}
    mask = str(folder / "mask.tif")
    if method in PEER_PROGRAMS:
        python = options.environment.get(method) or peer_python(method, options.environments)
        program = str(PEER_PROGRAMS[method])
        return [str(python), program, str(scene), mask, "--threads", threads], variables
    # As the plugin starts the engine.
    variables.update([JOINS_FREED_MEMORY])
    if method == PLAIN_SCAN:
        variables["CLOUDMAMBA_SCAN"] = "plain"
    command = [sys.executable, "-m", "cloudmamba", "detect", str(scene), "--mask", mask]
    command += ["--uncertainty", str(folder / "uncertainty.tif"), "--device", options.device]
    command += ["--model", options.model] if options.model else []
    return [*command, "--json"], variables


def scene_run(method: str, size_px: int, repeat: int, finished: Finished) -> SceneRun:
    """What is kept of a run."""
    answer = finished.answer
    refined = None
    if "tiles_refined" in answer:
        refined = answer["tiles_refined"] / answer["tiles"]
    return SceneRun(
        method, size_px, repeat, answer["seconds"], finished.wall_s, finished.peak_mb, refined
    )


def methods_at(size_px: int, options: argparse.Namespace) -> list[str]:
    """What runs on scenes of a size: slow methods, and those that hold a scene, on small ones."""
    methods = [OURS]
    if size_px <= options.plain_up_to:
        methods.append(PLAIN_SCAN)
    if size_px <= options.peers_up_to:
        methods += options.peers
    return methods


def measure_scenes(
    options: argparse.Namespace,
) -> tuple[list[SceneRun], dict[str, str], dict[str, Any]]:
    """All methods on scenes of all sizes, versions of the peers' packages, our last answer."""
    runs, packages, ours = [], {}, {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene = folder / "scene.tif"
        for size_px in sorted(options.sizes):
            make_scene(scene, size_px)
            for repeat in range(options.repeats if size_px < options.once_from else 1):
                for method in methods_at(size_px, options):
                    finished = run_measured(*command_of(method, scene, folder, options))
                    run = scene_run(method, size_px, repeat, finished)
                    runs.append(run)
                    if method == OURS:
                        ours = finished.answer
                    for name, version in finished.answer.get("packages", {}).items():
                        packages[f"{name} of {method}"] = version
                    print(
                        f"{size_px} x {size_px}, {method}: {run.seconds:.2f} s, "
                        f"{run.peak_mb:.0f} MiB",
                        file=sys.stderr,
                    )
    return runs, packages, ours


def engine_says(arguments: Sequence[str], options: argparse.Namespace) -> dict[str, Any]:
    """JSON that a program in the engine's Python prints."""
    threads = {"OMP_NUM_THREADS": str(options.threads)}
    return run_measured([sys.executable, *arguments], threads).answer


def _portable(arguments: Sequence[str]) -> list[str]:
    """Arguments without where the peers' environments lie on this machine."""
    kept = list(arguments)
    for option in ("--environment", "--environments"):
        while option in kept:
            where = kept.index(option)
            del kept[where : where + 2]
    return kept


def main() -> None:
    """Measure, and write the page with the result in the place of an older one of its kind."""
    options = parse_options()
    file = options.output / RESULTS_FILE
    try:
        results = read_results(file) if file.exists() else {}
    except ValueError as error:
        raise SystemExit(str(error)) from error
    facts = engine_says(["-m", "cloudmamba", "info", "--json"], options)
    scenes, packages, ours = measure_scenes(options)
    device = next(device for device in facts["devices"] if device["name"] == ours["device"])
    machine = dict.fromkeys([device["name"], facts["devices"][0]["name"], platform.system()])
    model = ["--model", options.model] if options.model else []
    common = ["--tile", str(options.tile), "--device", options.device, *model]
    scan = [str(HERE / "scan_alone.py"), "--repeats", str(options.repeats), *common]
    scans = engine_says(scan, options)["scans"]
    cost = ["-m", "cloudmamba", "info", "--cost", "--measure", "--json", *common]
    results[device["kind"]] = Result(
        date=date.today().isoformat(),
        machine=", ".join(machine),
        threads=options.threads,
        model=ours["model"],
        model_version=ours["version"],
        precision=device["precision"],
        packages={"cloudmamba": facts["cloudmamba"], **facts["packages"], **packages},
        command=" ".join(["python", "benchmarks/run.py", *_portable(sys.argv[1:])]),
        tile_px=options.tile,
        scenes=scenes,
        scans=[ScanRun(**run) for run in scans],
        cost=engine_says(cost, options),
    )
    write_page(results, options.output)
    print(page(results))


def parse_options() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024], metavar="PX")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--once-from", type=int, default=16384, metavar="PX", help="scenes that run only once"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="of CloudMamba; peers run on the CPU")
    parser.add_argument("--model", help="model file or name (default: the default model)")
    parser.add_argument("--tile", type=int, default=512, metavar="PX", help="of scans and stages")
    parser.add_argument(
        "--peers", nargs="*", default=list(PEER_PROGRAMS), choices=list(PEER_PROGRAMS)
    )
    parser.add_argument(
        "--peers-up-to", type=int, default=2048, metavar="PX", help="greatest scene for peers"
    )
    parser.add_argument(
        "--plain-up-to", type=int, default=512, metavar="PX", help="greatest scene for plain scan"
    )
    parser.add_argument(
        "--environment",
        action="append",
        default=[],
        metavar="PEER=PYTHON",
        help=f"Python of an environment that exists; peers: {', '.join(REQUIREMENTS)}",
    )
    parser.add_argument(
        "--environments", type=Path, default=HERE.parent / "build/peers", help="where peers live"
    )
    parser.add_argument("--output", type=Path, default=HERE.parent / "build/benchmarks")
    options = parser.parse_args()
    pairs = [text.partition("=") for text in options.environment]
    if any(peer not in PEER_PROGRAMS or not python for peer, _, python in pairs):
        parser.error(f"--environment wants PEER=PYTHON with a peer of {', '.join(PEER_PROGRAMS)}.")
    options.environment = {peer: python for peer, _, python in pairs}
    return options


if __name__ == "__main__":
    main()
