"""Writes the speed figures of the README from ``docs/science/benchmarks.json``.

So that the figures stand in one file; a test compares. Run it after ``benchmarks/run.py``, which
measures them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from measuring.results import OURS, SceneRun, summarise_scenes, table

README = ROOT / "README.md"
RESULTS = ROOT / "docs" / "science" / "benchmarks.json"
PEER = "ukis-csmask"
SMALLEST_SHOWN_PX = 2048

_BLOCK = re.compile(r"(?<=<!-- speed -->\n).*?(?=<!-- end of speed -->)", re.DOTALL)


def speed(results: Mapping[str, Any]) -> str:
    """The block of the README: with what it was measured, and a table."""
    summaries = summarise_scenes([SceneRun(**run) for run in results["scenes"]])
    peers = {summary.size_px: summary for summary in summaries if summary.method == PEER}
    rows = []
    for ours in summaries:
        if ours.method != OURS or ours.size_px < SMALLEST_SHOWN_PX:
            continue
        peer = peers.get(ours.size_px)
        beside = "" if peer is None else f"{peer.seconds:.1f} s, {peer.peak_mb:.0f} MiB"
        size = f"{ours.size_px} x {ours.size_px}"
        rows.append([size, f"{ours.seconds:.1f} s", f"{ours.peak_mb:.0f} MiB", beside])
    costs = results["cost"]["costs"]
    model = f"{costs[0]['model']} {costs[0]['version']}"
    said = (
        f"With {model}, {results['processor']}, on {results['date']}, reading and writing included:"
    )
    return f"{said}\n\n{table(['pixels', 'time', 'memory', PEER], rows)}\n"


def with_speed(readme: str, results: Mapping[str, Any]) -> str:
    """The README with its block made anew.

    Raises:
        ValueError: the README has no such block.
    """
    if not _BLOCK.search(readme):
        raise ValueError("README.md has no block between <!-- speed --> and <!-- end of speed -->.")
    return _BLOCK.sub(lambda _: speed(results), readme)


def main() -> None:
    """Rewrite the block."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    README.write_text(with_speed(README.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main()
