"""Which scene each pixel of a composite is taken from: by patches, not pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# How bad a pixel is at best: a scene with a lower level is always taken before one with a higher.
CLEAR_SKY, NEAR_CLOUD, IN_SHADOW, IN_CLOUD, NOTHING = 0, 1, 2, 3, 255
NO_SCENE = 0

_LOCAL_RADIUS_PX = 2
_VOTE_RADIUS_PX = 6
_VOTES = 3
_SCALE = 50_000  # of a probability in 16 bits
_STEPS = 250  # of a probability whose mean is taken: sums of whole numbers have no rounding, so
# that a pixel is the same whatever window it is worked on in


@dataclass(frozen=True)
class ChoiceSettings:
    """How scenes are chosen.

    Attributes:
        patch_px: radius over which cloud probability is averaged; 0 takes each pixel by itself.
        tie_tolerance: difference of averaged cloud probability, 0..1, up to which the preferred
            scene is taken though another one is clearer.
    """

    patch_px: int = 30
    tie_tolerance: float = 0.01

    @property
    def margin_px(self) -> int:
        """How far around a pixel there is anything that its choice depends on."""
        if not self.patch_px:
            return 0
        return max(self.patch_px, _LOCAL_RADIUS_PX) + _VOTES * _VOTE_RADIUS_PX


@dataclass(frozen=True)
class Candidate:
    """A scene in a window; the first of several is the preferred one.

    Attributes:
        number: of the scene, from 1 on.
        level: (height, width) uint8: ``CLEAR_SKY`` to ``IN_CLOUD``, or ``NOTHING``.
        badness: (height, width) uint16: what ``averaged`` has made of its cloud probability.
    """

    number: int
    level: np.ndarray
    badness: np.ndarray


def averaged(probability: np.ndarray, level: np.ndarray, settings: ChoiceSettings) -> np.ndarray:
    """Cloud probability (height, width), 0..1, as candidates hold it.

    Half of it is of the patch around, which keeps scenes together, and half of the nearest pixels,
    so that a wisp that the mask was unsure of is left out.
    """
    if not settings.patch_px:
        return np.rint(np.clip(probability, 0, 1) * _SCALE).astype(np.uint16)
    valid = (level != NOTHING).astype(np.int32)
    values = np.rint(np.clip(probability, 0, 1) * _STEPS).astype(np.int32) * valid
    total = np.zeros(values.shape, np.float64)
    for radius_px in (settings.patch_px, _LOCAL_RADIUS_PX):
        count = np.maximum(_box_sum(valid, radius_px), 1)
        total += _box_sum(values, radius_px) / count
    return np.rint(total * (_SCALE / _STEPS / 2)).astype(np.uint16)


def choose(candidates: Sequence[Candidate], settings: ChoiceSettings) -> np.ndarray:
    """(height, width) uint16: numbers of scenes, ``NO_SCENE`` where there is none.

    Of the scenes with the lowest level at a pixel that with the lowest cost is taken: by how much
    it is cloudier than the clearest, beyond the tolerance, and how few pixels around are of it.
    The second part makes patches; it is what an iterated conditional mode of a Potts model does.
    """
    shape = candidates[0].level.shape
    lowest = np.minimum.reduce([candidate.level for candidate in candidates])
    least = np.full(shape, np.iinfo(np.uint16).max, np.uint16)
    for candidate in candidates:
        np.minimum(least, candidate.badness, out=least, where=candidate.level == lowest)
    tolerance = round(settings.tie_tolerance * _SCALE) if settings.patch_px else 0
    base = least.astype(np.int32) + tolerance
    labels = _cheapest(candidates, lowest, base, None)
    for _ in range(_VOTES if settings.patch_px else 0):
        if labels.min() == labels.max():
            break
        labels = _cheapest(candidates, lowest, base, labels)
    return labels


def feather_weights(
    labels: np.ndarray, candidates: Sequence[Candidate], radius_px: int
) -> list[np.ndarray]:
    """(height, width) float32 for each candidate: its share where scenes meet; sums are 1 or 0.

    A scene has a share only where it is as clear as the chosen one.
    """
    lowest = np.minimum.reduce([candidate.level for candidate in candidates])
    weights = []
    for candidate in candidates:
        own = (labels == candidate.number).astype(np.int32)
        # Twice: the ramp has no corners.
        weight = _box_sum(_box_sum(own, radius_px), radius_px).astype(np.float32)
        weight[(candidate.level != lowest) | (lowest == NOTHING)] = 0
        weights.append(weight)
    total = np.add.reduce(weights)
    total[total == 0] = 1
    return [weight / total for weight in weights]


def _cheapest(
    candidates: Sequence[Candidate],
    lowest: np.ndarray,
    base: np.ndarray,
    labels: np.ndarray | None,
) -> np.ndarray:
    best = np.full(lowest.shape, np.inf, np.float32)
    chosen = np.full(lowest.shape, NO_SCENE, np.uint16)
    box_px = (2 * _VOTE_RADIUS_PX + 1) ** 2
    for candidate in candidates:
        cost = np.maximum(candidate.badness - base, 0).astype(np.float32)
        if labels is not None:
            own = (labels == candidate.number).astype(np.int32)
            cost += _SCALE - _SCALE / box_px * _box_sum(own, _VOTE_RADIUS_PX)
        better = (cost < best) & (candidate.level == lowest) & (lowest != NOTHING)
        best[better] = cost[better]
        chosen[better] = candidate.number
    return chosen


def _box_sum(values: np.ndarray, radius_px: int) -> np.ndarray:
    """int32: sum over the square around each pixel, as far as it lies in the array."""
    for _ in range(2):
        padded = np.pad(values, ((radius_px + 1, radius_px), (0, 0)))
        sums = np.cumsum(padded, axis=0, dtype=np.int32)
        values = (sums[2 * radius_px + 1 :] - sums[: -2 * radius_px - 1]).T
    return values
