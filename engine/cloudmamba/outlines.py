"""How far out clouds are outlined: people go further beyond a cloud in fine images than in coarse ones.

What they draw is some hundred metres wide of the cloud at 10 m, where haze and fragments around it can
be seen, and at its edge at 30 m. A network that sees no scale could only learn something between.
"""

from __future__ import annotations

# Ground sample distances up to which images are fine, and from which on they are coarse.
FINE_GSD_M, COARSE_GSD_M = 20, 30
# Of images whose ground sample distance nobody knows.
UNKNOWN_FINENESS = 0.5


def fineness_of(gsd_m: float | None) -> float:
    """Which outlines suit an image, from those of coarse images (0) to those of fine ones (1).

    Args:
        gsd_m: ground sample distance; None if it is not known.
    """
    if gsd_m is None:
        return UNKNOWN_FINENESS
    share = (COARSE_GSD_M - gsd_m) / (COARSE_GSD_M - FINE_GSD_M)
    return min(1.0, max(0.0, share))
