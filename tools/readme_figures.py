"""Writes the speed figures of the README from ``docs/science/benchmarks.json``.

So that the figures stand in one file; a test compares. Run it after ``benchmarks/run.py``, which
measures them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from measuring.kinds import Result, read_results
from measuring.results import OURS, table

README = ROOT / "README.md"
RESULTS = ROOT / "docs" / "science" / "benchmarks.json"
PEER = "ukis-csmask"
SMALLEST_SHOWN_PX = 2048

_BLOCK = re.compile(r"(?<=<!-- speed -->\n).*?(?=<!-- end of speed -->)", re.DOTALL)


def speed(results: Mapping[str, Result]) -> str:
    """The block of the README: with what each kind of processor was measured, and a table."""
    rows = [row for kind, result in results.items() for row in _rows(kind, result)]
    measured = [
        f"{kind}: {result.network}, {result.threads} threads, on {result.date}."
        for kind, result in results.items()
    ]
    said = "\n".join(["Reading and writing included.", *measured])
    return f"{said}\n\n{table(['processor', 'pixels', 'time', 'memory', PEER], rows)}\n"


def _rows(kind: str, result: Result) -> list[list[str]]:
    by_method = {(summary.method, summary.size_px): summary for summary in result.summaries}
    rows = []
    for (method, size_px), ours in by_method.items():
        if method != OURS or size_px < SMALLEST_SHOWN_PX:
            continue
        peer = by_method.get((PEER, size_px))
        beside = "" if peer is None else f"{peer.seconds:.1f} s, {peer.peak_mb:.0f} MiB"
        size = f"{size_px} x {size_px}"
        rows.append([kind, size, f"{ours.seconds:.1f} s", f"{ours.peak_mb:.0f} MiB", beside])
    return rows


def with_speed(readme: str, results: Mapping[str, Result]) -> str:
    """The README with its block made anew.

    Raises:
        ValueError: the README has no such block.
    """
    if not _BLOCK.search(readme):
        raise ValueError("README.md has no block between <!-- speed --> and <!-- end of speed -->.")
    return _BLOCK.sub(lambda _: speed(results), readme)


def main() -> None:
    """Rewrite the block."""
    try:
        readme = with_speed(README.read_text(encoding="utf-8"), read_results(RESULTS))
    except ValueError as error:
        raise SystemExit(str(error)) from error
    README.write_text(readme, encoding="utf-8")


if __name__ == "__main__":
    main()
