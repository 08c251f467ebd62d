"""The page of the benchmarks: all kinds of processor side by side, then each one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cloudmamba.startup import JOINS_FREED_MEMORY
from measuring.kinds import Result, write_results
from measuring.plot import log_plot
from measuring.results import scan_table, scene_table, side_by_side_table

RESULTS_FILE = "benchmarks.json"


def write_page(results: Mapping[str, Result], folder: Path) -> None:
    """``benchmarks.md``, its plots in ``images``, and ``benchmarks.json`` with every run.

    Args:
        results: by kind of processor.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    write_results(results, folder / RESULTS_FILE)
    for kind, result in results.items():
        for name, svg in _plots(kind, result).items():
            (folder / "images" / name).write_text(svg, encoding="utf-8")
    (folder / "benchmarks.md").write_text(page(results), encoding="utf-8")


def page(results: Mapping[str, Result]) -> str:
    """The text of ``benchmarks.md``."""
    lines = [
        "# Benchmarks",
        "",
        side_by_side_table({kind: result.summaries for kind, result in results.items()}),
        "",
        *(f"- {kind}: {_network(result)}" for kind, result in results.items()),
        "",
        (
            "Medians of runs that took turns, from opening the scene to the closed result, with the "
            "model's loading; `with start` are whole commands. `over ours` is the median of the ratios "
            "within each turn, not the ratio of the medians. unet-mobilenetv2 is the shape of several "
            "published maskers with random weights: its time and memory count, its mask is of no use. "
            "CloudMamba writes the uncertainty as "
            f"well, and runs with `{'='.join(JOINS_FREED_MEMORY)}`, as the plugin starts it."
        ),
    ]
    for kind, result in results.items():
        lines += ["", *_section(kind, result)]
    return "\n".join(lines) + "\n"


def _network(result: Result) -> str:
    refined = [run.refined_share for run in result.scenes if run.refined_share is not None]
    percent = dict.fromkeys(f"{100 * share:.0f}" for share in (min(refined), max(refined)))
    return f"{result.network}, of whose tiles {' to '.join(percent)} percent took the second stage."


def _section(kind: str, result: Result) -> list[str]:
    # Not earlier: what the process of a benchmark holds would count as memory of those it starts.
    from cloudmamba.cost.report import as_text

    versions = ", ".join(f"{name} {version}" for name, version in result.packages.items())
    return [
        f"## {kind}",
        "",
        (
            f"Measured on {result.date}: {result.machine}, {result.threads} threads; {versions}. "
            f"Command: `{result.command}`."
        ),
        "",
        "### Scenes, with reading and writing",
        "",
        scene_table(result.summaries),
        "",
        f"![Speed](images/{_plot_file('speed', kind)})",
        "",
        f"![Peak memory](images/{_plot_file('memory', kind)})",
        "",
        f"### The scans of a tile of {result.tile_px} pixels alone",
        "",
        scan_table(result.scans),
        "",
        "### Stage by stage",
        "",
        "`cloudmamba info --cost --measure`:",
        "",
        "```",
        as_text(_of_this_machine(result.cost)),
        "```",
    ]


def _of_this_machine(report: Mapping[str, Any]) -> dict[str, Any]:
    """The cost without the machines that it knows from data sheets alone."""
    here = {cost["measured_on"] for cost in report["costs"]}

    def stage_here(stage: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **stage,
            "floors": {name: stage["floors"][name] for name in stage["floors"] if name in here},
        }

    return {
        "machines": [machine for machine in report["machines"] if machine["name"] in here],
        "costs": [
            {**cost, "stages": [*map(stage_here, cost["stages"])]} for cost in report["costs"]
        ],
    }


def _plots(kind: str, result: Result) -> dict[str, str]:
    """SVG of speed and memory over the size, by file name."""
    speed: dict[str, list[tuple[float, float]]] = {}
    memory: dict[str, list[tuple[float, float]]] = {}
    for summary in result.summaries:
        speed.setdefault(summary.method, []).append((summary.size_px, summary.megapixels_per_s))
        memory.setdefault(summary.method, []).append((summary.size_px, summary.peak_mb))
    return {
        _plot_file("speed", kind): log_plot(f"{kind}: speed", "Mpx/s", speed),
        _plot_file("memory", kind): log_plot(f"{kind}: peak memory", "MiB", memory),
    }


def _plot_file(what: str, kind: str) -> str:
    return f"benchmarks_{what}_{re.sub(r'[^a-z0-9]+', '-', kind.lower()).strip('-')}.svg"
