"""Probes: how far a mask changes where the scene does not, and whether the network leaves a lattice.

They need no labels. A change that leaves the scene as it is (another part of it, mirrored, brighter,
coarser, cut into other tiles) should leave the mask as it is; so should a few bad pixels, elsewhere;
and a map of clouds has no reason to repeat itself every 2, 4 or 8 pixels, as a network that enlarges
its maps may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from cloudmamba.classes import BANDS, CLOUD, NO_DATA
from cloudmamba.data.images import LabelledImage
from cloudmamba.detection.in_memory import predict_array
from cloudmamba.evaluation.disturbance import (
    DISTURBANCES,
    PLACES,
    Reach,
    reach_of,
)
from cloudmamba.evaluation.metrics import ratio
from cloudmamba.masker import CloudMasker

SHIFTS_PX = (16, 64, 100)
GAINS = (0.8, 1.25)
OTHER_TILE_PX = 256
LATTICE_PERIODS_PX = (2, 4, 8)
# Frequencies about one that it is compared with, as a share of it, and how many at least.
_NEIGHBOURHOOD, _FEWEST_NEIGHBOURS = 0.2, 4


@dataclass(frozen=True)
class Change:
    """How many of the pixels that two masks share differ. Add to pool images.

    Attributes:
        pixels: valid in both masks.
        changed: of these, cloud in one alone.
    """

    pixels: int = 0
    changed: int = 0

    @classmethod
    def between(cls, one: np.ndarray, other: np.ndarray) -> Change:
        """Of two masks (H, W) with the codes 0, 1 and 255."""
        both = (one != NO_DATA) & (other != NO_DATA)
        differ = (one == CLOUD) != (other == CLOUD)
        return cls(int(both.sum()), int((both & differ).sum()))

    def __add__(self, other: Change) -> Change:
        return Change(self.pixels + other.pixels, self.changed + other.changed)

    @property
    def percent(self) -> float:
        """NaN without pixels."""
        return 100 * ratio(self.changed, self.pixels)


@dataclass(frozen=True)
class Probes:
    """What the probes found on some images.

    Attributes:
        changes: by the name of the probe, over all images.
        worst: percent changed of the image that changes most, by the name of the probe.
        reaches: what bad pixels changed elsewhere, by their kind and place, over all images.
        lattice: how many times stronger the uncertainty varies at a period (pixels) than at
            periods about it, the mean over the images; 1 where it does not stand out.
    """

    changes: dict[str, Change]
    worst: dict[str, float]
    reaches: dict[tuple[str, str], Reach]
    lattice: dict[int, float]


def probe(model: CloudMasker, images: Iterable[LabelledImage]) -> Probes:
    """Run all probes on images, of which the labels are not looked at."""
    changes: dict[str, Change] = {}
    worst: dict[str, float] = {}
    reaches: dict[tuple[str, str], Reach] = {}
    lattices: list[dict[int, float]] = []
    for image in images:
        order = [BANDS.index(band) for band in model.configuration.bands]
        masked = _Masked(
            model,
            image.pixels[order],
            image.valid,
            [image.available_bands[i] for i in order],
            gsd_m=image.gsd_m,
            is_picture=image.is_picture,
        )
        for name, change in masked.changes():
            changes[name] = changes.get(name, Change()) + change
            percent = change.percent if change.pixels else 0.0
            worst[name] = max(worst.get(name, 0.0), percent)
        for key, reach in masked.reaches(image.name):
            reaches[key] = reaches.get(key, Reach()) + reach
        lattices.append(lattice_strength(masked.uncertainty))
    lattice = {
        period: float(np.nanmean([found[period] for found in lattices]))
        for period in LATTICE_PERIODS_PX
        if any(np.isfinite(found[period]) for found in lattices)
    }
    return Probes(changes, worst, reaches, lattice)


class _Masked:
    """One image and its mask, and the masks of what shows the same scene."""

    def __init__(
        self,
        model: CloudMasker,
        reflectance: np.ndarray,
        valid: np.ndarray,
        available_bands: list[bool],
        **known: Any,
    ):
        self._model, self._available_bands = model, available_bands
        self._reflectance, self._valid = reflectance, valid
        self._known = known
        prediction = predict_array(model.prepared, reflectance, valid, available_bands, **known)
        self.mask = prediction.mask
        self.uncertainty = np.nan_to_num(prediction.uncertainty)

    def changes(self) -> Iterator[tuple[str, Change]]:
        """The name of each probe that fits the image, and what it changed."""
        for shift in SHIFTS_PX:
            if min(self.mask.shape) > 2 * shift or shift == min(SHIFTS_PX):
                part = (slice(shift, None), slice(shift, None))
                mask = self._mask_of(self._reflectance[(slice(None), *part)], self._valid[part])
                yield f"shift by {shift} px", Change.between(self.mask[part], mask)
        mirrored = self._mask_of(self._reflectance[:, :, ::-1], self._valid[:, ::-1])
        yield "mirrored", Change.between(self.mask, mirrored[:, ::-1])
        for gain in GAINS:
            mask = self._mask_of(self._reflectance * np.float32(gain), self._valid)
            yield f"{gain:g} times as bright", Change.between(self.mask, mask)
        yield "half the resolution", self._halved()
        if max(self.mask.shape) > OTHER_TILE_PX:
            mask = self._mask_of(self._reflectance, self._valid, tile_px=OTHER_TILE_PX)
            yield f"tiles of {OTHER_TILE_PX} px", Change.between(self.mask, mask)

    def reaches(self, name: str) -> Iterator[tuple[tuple[str, str], Reach]]:
        """Kind and place of each disturbance, and what it changed elsewhere."""
        bands = self._reflectance[self._available_bands]

        def mask_of(disturbed: np.ndarray, valid: np.ndarray) -> np.ndarray:
            image = self._reflectance.copy()
            image[self._available_bands] = disturbed
            return self._mask_of(image, valid)

        for kind in DISTURBANCES:
            for place in PLACES:
                yield (
                    (kind, place),
                    reach_of(mask_of, bands, self._valid, self.mask, kind, place, name),
                )

    def _halved(self) -> Change:
        height, width = (length // 2 * 2 for length in self.mask.shape)

        def halved(bands: np.ndarray) -> np.ndarray:
            return bands[..., :height, :width].reshape(-1, height // 2, 2, width // 2, 2)

        valid = np.asarray(halved(self._valid[None]).all((2, 4)))[0]
        # Twice the ground sample distance, but labels that reach as far as before.
        coarse = self._mask_of(halved(self._reflectance).mean((2, 4)), valid)
        return Change.between(
            self.mask[:height, :width], coarse.repeat(2, axis=0).repeat(2, axis=1)
        )

    def _mask_of(self, reflectance: np.ndarray, valid: np.ndarray, **tiles: Any) -> np.ndarray:
        image = np.ascontiguousarray(reflectance)
        return predict_array(
            self._model.prepared,
            image,
            np.ascontiguousarray(valid),
            self._available_bands,
            **self._known,
            **tiles,
        ).mask


def lattice_strength(values: np.ndarray) -> dict[int, float]:
    """How far periods of 2, 4 and 8 pixels stand out, along rows or columns, whichever more.

    Args:
        values: (H, W) float, such as uncertainty.

    Returns:
        By period the power there over the median power at frequencies about it; NaN where the
        map is too small or has no variation.
    """
    along = [_stands_out(values), _stands_out(values.T)]
    return {
        period: max(
            (found[period] for found in along if np.isfinite(found[period])), default=np.nan
        )
        for period in LATTICE_PERIODS_PX
    }


def _stands_out(values: np.ndarray) -> dict[int, float]:
    length = values.shape[1] // max(LATTICE_PERIODS_PX) * max(LATTICE_PERIODS_PX)
    if not length:
        return dict.fromkeys(LATTICE_PERIODS_PX, float("nan"))
    rows = values[:, :length].astype(np.float64)
    # Without its ends meeting, a row would have power at every frequency.
    window = np.hanning(length)[None]
    power = (np.abs(np.fft.rfft((rows - rows.mean(1, keepdims=True)) * window)) ** 2).mean(0)
    found = {}
    for period in LATTICE_PERIODS_PX:
        at = length // period
        near = max(_FEWEST_NEIGHBOURS, round(_NEIGHBOURHOOD * at))
        # The window spreads a period over its two neighbours.
        others = [i for i in range(at - near, min(at + near + 1, len(power))) if abs(i - at) > 2]
        if at - near < 1 or not others or (median := np.median(power[others])) <= 0:
            found[period] = float("nan")
        else:
            found[period] = float(power[at] / median)
    return found
