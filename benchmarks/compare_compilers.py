"""The fused form of the network beside what general compilers make of its modules, on the CPU.

One tile, both stages, all candidates by turns in one process: the whole network with the scan as
the operator ``cloudmamba::selective_scan_2d``, then the network without its scans, whose place an
elementwise stand-in takes, because ONNX has no such operator. Run it with the engine's Python and
a C++ compiler. ONNX Runtime is no dependency of CloudMamba; without it its rows say so::

    .venv/engine/bin/python -m pip install --target onnx -c constraints.txt onnx onnxruntime
    PYTHONPATH=onnx .venv/engine/bin/python benchmarks/compare_compilers.py --threads 1

Prints a table in Markdown. Candidates are compiled one after the other, without worker processes,
and with an empty cache, so that the processor time of the C++ compiler counts.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import io
import os
import resource
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import rasterio
import torch
from measuring.scenes import make_scene
from torch import nn

from cloudmamba.inference import fused_for_cpu
from cloudmamba.model_files import load_model
from cloudmamba.network import ss2d
from cloudmamba.network.model import CloudMamba
from cloudmamba.network.refinement import uncertainty_of
from cloudmamba.ops.selective_scan import cpu as compiled_scan

Run = Callable[[torch.Tensor], torch.Tensor]
# Weights are constants: they are laid out for the processor once.
INDUCTOR_OPTIONS = {"freezing": True}
OURS = "fused, bfloat16"
WHOLE, WITHOUT_SCANS = PARTS = ("whole", "without-scans")


class BothStages(nn.Module):
    """A network's own parts without its choice of images to refine, which no exporter follows."""

    def __init__(self, network: CloudMamba):
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(1, bands, H, W), H and W multiples of the network's, to Pc and Pr (2, H, W) float32."""
        network = self.network
        encoded, skips = network.encoder(image)
        decoded = network.decoder(encoded, skips)
        coarse = network.head(decoded[0]).float().sigmoid()
        refined = network.refiner(encoded, skips, decoded, uncertainty_of(coarse))
        return torch.cat([coarse, refined.float().sigmoid()], 1)[0]


class Autocast(nn.Module):
    """A module whose convolutions and matrix products are bfloat16."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return self.module(image)


class ModulationOfOneType(nn.Module):
    def forward(self, x: torch.Tensor, uncertainty: torch.Tensor) -> torch.Tensor:
        return x * uncertainty.to(x.dtype)


class InBfloat16(nn.Module):
    """The whole network in bfloat16, as an exporter wants it."""

    def __init__(self, network: CloudMamba):
        super().__init__()
        network = copy.deepcopy(network).bfloat16()
        network.refiner.modulation = ModulationOfOneType()
        self.module = BothStages(network)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.module(image.bfloat16())


@dataclass
class Candidate:
    """One way to run the network.

    Attributes:
        prepare: makes it ready for images like the one given; what it raises is its row's remark.
        run: what ``prepare`` gave.
        first_wall_s, first_cpu_s: preparing and the first run, compilers' processor time included.
        again_s: wall time of preparing once more and the first run, from the compiler's cache.
        difference: greatest difference of Pc and Pr from the modules in float32.
        remark: why there is nothing to measure, or what else is to say.
        wall_s, cpu_s: of each run that counts.
    """

    name: str
    prepare: Callable[[torch.Tensor], Run]
    cached: bool = False
    run: Run | None = None
    first_wall_s: float = 0
    first_cpu_s: float = 0
    again_s: float | None = None
    difference: float = 0
    remark: str = ""
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)


def _by_inductor(module: nn.Module) -> Callable[[torch.Tensor], Run]:
    def prepare(image: torch.Tensor) -> Run:
        return torch.compile(copy.deepcopy(module), options=INDUCTOR_OPTIONS, dynamic=False)

    return prepare


def _ahead_of_time(module: nn.Module, package: Path) -> Callable[[torch.Tensor], Run]:
    def prepare(image: torch.Tensor) -> Run:
        if not package.exists():
            torch._inductor.aoti_compile_and_package(
                torch.export.export(module, (image,)),
                package_path=str(package),
                inductor_configs=INDUCTOR_OPTIONS,
            )
        return torch._inductor.aoti_load_package(str(package))

    return prepare


def _by_onnx_runtime(module: nn.Module, threads: int) -> Callable[[torch.Tensor], Run]:
    def prepare(image: torch.Tensor) -> Run:
        missing = [p for p in ("onnx", "onnxruntime") if importlib.util.find_spec(p) is None]
        if missing:
            raise ImportError(f"not installed: {' and '.join(missing)}")
        import onnxruntime

        exported = io.BytesIO()
        # The exporter that needs no further package.
        torch.onnx.export(module, (image,), exported, dynamo=False, opset_version=17)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(
            exported.getvalue(), options, providers=["CPUExecutionProvider"]
        )
        name = session.get_inputs()[0].name
        return lambda image: torch.from_numpy(session.run(None, {name: image.numpy()})[0])

    return prepare


def whole_network(network: CloudMamba, folder: Path) -> list[Candidate]:
    """Candidates with the scan; the first one's results are the measure of the others'."""
    modules = BothStages(network)
    fused = BothStages(fused_for_cpu(network, torch.bfloat16))
    return [
        Candidate("modules, float32", lambda image: modules),
        Candidate("modules, bfloat16 autocast", lambda image: Autocast(modules)),
        Candidate(
            "fused, float32", lambda image: BothStages(fused_for_cpu(network, torch.float32))
        ),
        Candidate(OURS, lambda image: BothStages(fused_for_cpu(network, torch.bfloat16))),
        Candidate("`torch.compile`, float32", _by_inductor(modules), cached=True),
        Candidate(
            "`torch.compile`, bfloat16 autocast", _by_inductor(Autocast(modules)), cached=True
        ),
        Candidate("`torch.compile` of fused, bfloat16", _by_inductor(fused), cached=True),
        Candidate(
            "AOTInductor, float32", _ahead_of_time(modules, folder / "float32.pt2"), cached=True
        ),
        Candidate(
            "AOTInductor, bfloat16 autocast",
            _ahead_of_time(Autocast(modules), folder / "autocast.pt2"),
            cached=True,
        ),
    ]


def without_scans(network: CloudMamba, folder: Path, threads: int) -> list[Candidate]:
    """Candidates without the scan; to be prepared and run under ``scans_replaced``."""
    modules = BothStages(network)
    return [
        Candidate("modules, float32", lambda image: modules),
        Candidate(
            "fused, float32", lambda image: BothStages(fused_for_cpu(network, torch.float32))
        ),
        Candidate(OURS, lambda image: BothStages(fused_for_cpu(network, torch.bfloat16))),
        Candidate(
            "AOTInductor, bfloat16 autocast",
            _ahead_of_time(Autocast(modules), folder / "without_scans.pt2"),
        ),
        Candidate("ONNX Runtime, float32", _by_onnx_runtime(modules, threads)),
        Candidate("ONNX Runtime, bfloat16", _by_onnx_runtime(InBfloat16(network), threads)),
    ]


@contextmanager
def scans_replaced() -> Iterator[None]:
    """One multiplication and one addition a number stand in for the four scans."""

    def of_modules(x, parameters, *weights):
        return x + x * parameters[..., 0, :1]

    def of_fused(x, parameters, *weights):
        return (x + x * parameters[..., 0, :1])[None]

    with (
        mock.patch.object(ss2d, "selective_scan_2d", of_modules),
        mock.patch.object(compiled_scan, "forward_terms", of_fused),
    ):
        yield


def _processor_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure(candidates: list[Candidate], image: torch.Tensor, repeats: int) -> None:
    """Prepare all candidates, then run those that work by turns."""
    expected = None
    for candidate in candidates:
        torch._dynamo.utils.counters.clear()
        wall_s, cpu_s = time.perf_counter(), _processor_s()
        try:
            candidate.run = candidate.prepare(image)
            result = candidate.run(image)
        except Exception as error:  # noqa: BLE001 - compilers raise anything; the table says what
            candidate.run = None
            candidate.remark = f"{type(error).__name__}: {error}".strip().partition("\n")[0]
            continue
        candidate.first_wall_s = time.perf_counter() - wall_s
        candidate.first_cpu_s = _processor_s() - cpu_s
        expected = result if expected is None else expected
        candidate.difference = float((result - expected).abs().max())
        breaks = sum(torch._dynamo.utils.counters["graph_break"].values())
        candidate.remark = f"{breaks} reasons to break the graph" if breaks else ""
    for candidate in candidates:
        if candidate.run is not None and candidate.cached:
            started = time.perf_counter()
            candidate.run = candidate.prepare(image)
            candidate.run(image)
            candidate.again_s = time.perf_counter() - started
    working = [candidate for candidate in candidates if candidate.run is not None]
    for repeat in range(repeats + 1):
        for candidate in working:
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            candidate.run(image)
            wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
            if repeat:
                candidate.wall_s.append(wall_s)
                candidate.cpu_s.append(cpu_s)


def table(title: str, candidates: list[Candidate]) -> str:
    """Medians as a table in Markdown; ratios are medians of the ratios of each turn."""
    lines = [
        (
            f"| {title} | CPU s | wall s | CPU, against {OURS} | first use: CPU s, wall s | again: "
            "wall s | greatest difference | remark |"
        ),
        "|---|---|---|---|---|---|---|---|",
    ]
    base = next(candidate for candidate in candidates if candidate.name == OURS)
    for candidate in candidates:
        if candidate.run is None:
            lines.append(f"| {candidate.name} | - | - | - | - | - | - | {candidate.remark} |")
            continue
        pairs = zip(candidate.cpu_s, base.cpu_s, strict=True)
        ratio = statistics.median(own / other for own, other in pairs)
        again = "" if candidate.again_s is None else f"{candidate.again_s:.1f}"
        lines.append(
            f"| {candidate.name} | {statistics.median(candidate.cpu_s):.2f} "
            f"| {statistics.median(candidate.wall_s):.2f} | {ratio:.2f} "
            f"| {candidate.first_cpu_s:.1f}, {candidate.first_wall_s:.1f} | {again} "
            f"| {candidate.difference:.1e} | {candidate.remark} |"
        )
    return "\n".join(lines)


def read_tile(tile_px: int) -> torch.Tensor:
    """(1, 4, H, W) reflectance of a made-up scene, channels last."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.tif"
        make_scene(path, tile_px)
        with rasterio.open(path) as scene:
            image = torch.from_numpy(scene.read() / 10000).float()[None]
    return image.contiguous(memory_format=torch.channels_last)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tile", type=int, default=512, metavar="PX", help="default: %(default)s")
    parser.add_argument("--model")
    parser.add_argument("--threads", type=int, default=1, help="default: %(default)s")
    parser.add_argument("--repeats", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    arguments = parser.parse_args()
    network, _ = load_model(arguments.model)
    if arguments.tile % network.multiple:
        parser.error(f"--tile must be a multiple of {network.multiple}")
    torch.set_num_threads(arguments.threads)
    warnings.simplefilter("ignore")  # the exporters' advice
    image = read_tile(arguments.tile)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        torch._inductor.config.compile_threads = 1
        if WHOLE in arguments.parts:
            candidates = whole_network(network, Path(folder))
            measure(candidates, image, arguments.repeats)
            print(f"{table('whole network', candidates)}\n", flush=True)
        if WITHOUT_SCANS in arguments.parts:
            with scans_replaced():
                candidates = without_scans(network, Path(folder), arguments.threads)
                measure(candidates, image, arguments.repeats)
            print(table("all but the scans", candidates))


if __name__ == "__main__":
    main()
