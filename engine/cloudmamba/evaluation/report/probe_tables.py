"""What probes found, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from cloudmamba.evaluation.disturbance import DISTURBANCES, DISTURBED_SHARE, PLACES
from cloudmamba.evaluation.probes import LATTICE_PERIODS_PX, Probes
from cloudmamba.evaluation.report.tables import Column, Table


def probe_tables(results: Sequence[tuple[str, Probes]]) -> list[Table]:
    """What changed, and the lattice, of models by their names."""
    names = list(dict.fromkeys(name for _, result in results for name in result.changes))
    changed = Table(
        "Pixels whose mask changes where the scene does not (percent)",
        [Column(name, -1, "number") for name in names],
        [
            row
            for title, result in results
            for row in (
                (title, [result.changes[name].percent for name in names]),
                (f"{title}, worst image", [result.worst[name] for name in names]),
            )
        ],
    )
    disturbed = Table(
        f"Pixels whose mask changes where others are bad, {100 * DISTURBED_SHARE:g} % of them or one",
        [Column(f"{kind} {place}", -1, "number") for kind in DISTURBANCES for place in PLACES],
        [
            row
            for title, result in results
            for row in (
                (f"{title}, percent", [reach.percent for reach in result.reaches.values()]),
                (f"{title}, farthest (px)", [r.farthest_px for r in result.reaches.values()]),
            )
        ],
        note="Dead: 0 in one band; black: 0 in every band; saturated: 2 in one band. Farthest: from "
        "the rectangle around the bad ones.",
    )
    periods = [
        period for period in LATTICE_PERIODS_PX if all(period in r.lattice for _, r in results)
    ]
    lattice = Table(
        "Lattice: variation of uncertainty at a period against that at periods about it",
        [Column(f"{period} px", -1, "number") for period in periods],
        [(title, [result.lattice[period] for period in periods]) for title, result in results],
        note="1 where it does not stand out.",
    )
    return [changed, disturbed, lattice]
