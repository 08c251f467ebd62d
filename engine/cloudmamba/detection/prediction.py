"""The network on tiles: filling, batches, fusion, and skipping what need not be computed."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import NamedTuple

import numpy as np
import torch

from cloudmamba.detection import early_certainty
from cloudmamba.detection.blending import Blender, Block
from cloudmamba.detection.filling import fill_invalid
from cloudmamba.detection.prefetch import read_ahead
from cloudmamba.detection.symmetries import IDENTITY, Symmetry
from cloudmamba.detection.threads import sharing_threads
from cloudmamba.detection.tiles import Tile, TileGrid
from cloudmamba.errors import InputError
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.network.refinement import (
    accepted_where,
    decision_margin,
    fuse_probability,
    uncertainty_of,
)
from cloudmamba.outlines import fineness_of

# Beyond this lie saturated and broken pixels only; the network has never seen such values.
_REFLECTANCE_RANGE = (-0.2, 2.0)

# On the CPU a thread for every tile is faster than all threads for one, but every tile in
# progress takes some 0.1 GB. Where there are more threads than this, tiles get several. A graphics
# card computes one batch while another is prepared, or fetched and blended.
_BATCHES_AT_ONCE = {"cpu": 4, "cuda": 2}

# Names of the layers that a tile brings and a block delivers, in this order where they are there.
MARGIN, PROBABILITY, SHADOW_PROBABILITY = "margin", "probability", "shadow probability"
COARSE, REFINED = "coarse probability", "refined probability"


@dataclass(frozen=True)
class Thresholds:
    """tau_c, tau_r and gamma of equations (15) and (20) to (22), each in 0..1."""

    coarse: float
    refined: float
    acceptance: float

    @classmethod
    def of(
        cls,
        configuration: ModelConfiguration,
        coarse: float | None = None,
        refined: float | None = None,
        acceptance: float | None = None,
    ) -> Thresholds:
        """Those given, and those of the model where None is given.

        Raises InputError if one is not in 0..1.
        """
        given = {"coarse": coarse, "refined": refined, "acceptance": acceptance}
        for name, value in given.items():
            if value is not None and not 0 <= value <= 1:
                raise InputError(f"The {name} threshold {value:g} is not in 0 to 1.")
        return cls(
            *(
                getattr(configuration, f"{name}_threshold") if value is None else value
                for name, value in given.items()
            )
        )


@dataclass(frozen=True)
class TilePixels:
    """What is read of one tile.

    Attributes:
        reflectance: (bands, height, width) float32, in the order of the model's bands; any
            value where not valid. The predictor, whose it becomes, changes it.
        valid: (height, width) bool.
    """

    reflectance: np.ndarray
    valid: np.ndarray

    @property
    def around_data(self) -> tuple[slice, slice]:
        """Rows and columns of the smallest rectangle around all valid pixels, of which there are some."""
        rows, columns = (np.flatnonzero(self.valid.any(axis)) for axis in (1, 0))
        return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)

    @property
    def with_data(self) -> TilePixels:
        """That rectangle alone."""
        rows, columns = self.around_data
        return TilePixels(self.reflectance[:, rows, columns], self.valid[rows, columns])


class _Stages(NamedTuple):
    """Pc, Pr and shadow (None without that output) (tiles, 1, height, width), and (tiles,) bool."""

    coarse: torch.Tensor
    refined: torch.Tensor
    shadow: torch.Tensor | None
    was_refined: torch.Tensor


class _TileResult(NamedTuple):
    """Layers (layers, height, width) float32 of a tile, and how they were found."""

    layers: np.ndarray
    was_refined: bool
    was_settled: bool


class OutOfMemory(Exception):
    """The device cannot even hold a single tile of this size."""


def check_batch_size(tiles: int) -> None:
    """Raises InputError for less than one tile, or parts of tiles."""
    if not isinstance(tiles, Integral) or tiles < 1:
        raise InputError(f"A batch of {tiles} tiles cannot be: give a whole number, 1 or more.")


class BatchSize:
    """How many tiles are computed together; the only place that knows, for all threads.

    It only ever shrinks: a thread that is short of memory with a batch from before must not undo
    what another one found out meanwhile.
    """

    def __init__(self, size: int):
        self._size, self._first = size, size
        self._lock = threading.Lock()

    @property
    def current(self) -> int:
        """At least 1."""
        return self._size

    @property
    def was_halved(self) -> bool:
        """Whether memory was short."""
        return self._size < self._first

    def halve(self, failed: int) -> None:
        """After so many tiles together were too many.

        Raises:
            OutOfMemory: one alone was.
        """
        if failed == 1:
            raise OutOfMemory
        with self._lock:
            self._size = min(self._size, failed // 2)


class TilePredictor:
    """Runs a model on tiles and counts what it did.

    The same tiles in the same batches have the same results, bit for bit, on one machine with one
    number of threads. Leaving out the second stage where it cannot matter changes no bit of one
    tile at a time; of several the second stage gets those that need it, another batch, whose
    results differ by the rounding of sums.

    Attributes:
        layers: names of the layers a tile gets: decision margin and fused probability, the
            probability of shadow if the model gives it, with ``stages`` Pc and Pr as well.
        tiles_skipped, tiles_refined, tiles_settled: tiles without a valid pixel, with the second
            stage, and settled by a first look.
    """

    def __init__(
        self,
        model: CloudMamba,
        available_bands: Sequence[bool],
        thresholds: Thresholds,
        device: torch.device,
        batch_size: int = 1,
        stages: bool = False,
        symmetries: Sequence[Symmetry] = (IDENTITY,),
        look_first: bool = False,
        gsd_m: float | None = None,
    ):
        """
        Args:
            model: in evaluation mode, on ``device``; it is not changed.
            available_bands: which of the model's bands the image has.
            stages: deliver Pc and Pr too, for which the refiner runs on every tile.
            symmetries: Pc and Pr are means over these of a tile; all else, the mask too, follows
                from the means as it does from Pc and Pr themselves.
            look_first: leave tiles as a look at a quarter of the resolution has them, where it is
                sure of all of their pixels.
            gsd_m: ground sample distance, on which outlines depend; None if it is not known.
        """
        self._model = model
        self._available_bands = torch.tensor(list(available_bands), device=device)
        self._fineness = torch.tensor([fineness_of(gsd_m)], device=device)
        self._thresholds = thresholds
        self._device = device
        self._batch_size = BatchSize(batch_size)
        self._stages = stages
        self._symmetries = tuple(symmetries)
        self._look_first = look_first
        self.layers = (
            MARGIN,
            PROBABILITY,
            *((SHADOW_PROBABILITY,) if model.configuration.shadow else ()),
            *((COARSE, REFINED) if stages else ()),
        )
        self.tiles_skipped = 0
        self.tiles_refined = 0
        self.tiles_settled = 0

    @property
    def was_short_of_memory(self) -> bool:
        """Whether batches had to be made smaller."""
        return self._batch_size.was_halved

    def predict(
        self, pixels: Iterable[tuple[Tile, TilePixels]], tiles: int
    ) -> Iterator[tuple[Tile, np.ndarray, np.ndarray]]:
        """Each tile with its layers (layers, height, width) float32 and its validity.

        Tiles without a valid pixel are not computed; theirs are zeros. The order is kept.
        Closing the generator waits for the tiles in progress.

        Args:
            tiles: how many ``pixels`` brings.

        Raises:
            OutOfMemory: not even one tile fits.
        """
        batches = self._batches(pixels)
        batches_of_scene = -(-tiles // self._batch_size.current)
        at_once = min(_BATCHES_AT_ONCE.get(self._device.type, 1), batches_of_scene)
        if self._device.type == "cpu":
            at_once = min(at_once, torch.get_num_threads())
        with contextlib.ExitStack() as stack:
            if at_once > 1:
                executor = stack.enter_context(sharing_threads(at_once))
                computed = read_ahead(executor, self._compute_valid, batches, at_once)
                stack.enter_context(contextlib.closing(computed))
            else:
                computed = ((batch, self._compute_valid(batch)) for batch in batches)
            for batch, results in computed:
                yield from self._finish(batch, results)

    def _batches(
        self, pixels: Iterable[tuple[Tile, TilePixels]]
    ) -> Iterator[list[tuple[Tile, TilePixels]]]:
        """Tiles in order, as many together as are computed together."""
        waiting: list[tuple[Tile, TilePixels]] = []
        to_compute = 0
        for tile, tile_pixels in pixels:
            waiting.append((tile, tile_pixels))
            to_compute += bool(tile_pixels.valid.any())
            # It may have become less than what is waiting.
            if to_compute == 0 or to_compute >= self._batch_size.current:
                yield waiting
                waiting, to_compute = [], 0
        if waiting:
            yield waiting

    def _compute_valid(self, batch: Sequence[tuple[Tile, TilePixels]]) -> list[_TileResult]:
        """Of each tile with data what lies around its data: made-up surroundings tell nothing."""
        tiles = [pixels for _, pixels in batch if pixels.valid.any()]
        results: list[_TileResult] = []
        # The network takes several tiles of one size together.
        alike = itertools.groupby((pixels.with_data for pixels in tiles), lambda p: p.valid.shape)
        for _, some in alike:
            results.extend(self._compute_or_halve(list(some)))
        return [
            result._replace(layers=_put_back(result.layers, pixels))
            for result, pixels in zip(results, tiles, strict=True)
        ]

    def _finish(
        self,
        batch: Sequence[tuple[Tile, TilePixels]],
        results: Iterable[_TileResult],
    ) -> Iterator[tuple[Tile, np.ndarray, np.ndarray]]:
        computed = iter(results)
        for tile, tile_pixels in batch:
            if tile_pixels.valid.any():
                layers, was_refined, was_settled = next(computed)
                self.tiles_refined += was_refined
                self.tiles_settled += was_settled
            else:
                self.tiles_skipped += 1
                layers = np.zeros((len(self.layers), *tile_pixels.valid.shape), np.float32)
            yield tile, layers, tile_pixels.valid

    def _compute_or_halve(self, batch: Sequence[TilePixels]) -> list[_TileResult]:
        """As ``_compute`` does it, in smaller batches if memory is short."""
        results: list[_TileResult] = []
        while len(results) < len(batch):
            some = batch[len(results) : len(results) + self._batch_size.current]
            try:
                results.extend(self._compute(some))
                continue
            except RuntimeError as error:
                if not _is_out_of_memory(error):
                    raise
            # Outside the except block, so that the error's frames no longer hold tensors.
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            self._batch_size.halve(len(some))
        return results

    @torch.inference_mode()
    def _compute(self, batch: Sequence[TilePixels]) -> list[_TileResult]:
        filled = [_filled(pixels) for pixels in batch]
        image = torch.from_numpy(np.stack(filled) if len(filled) > 1 else filled[0][None])
        del filled
        if self._device.type == "cuda":
            # From page-locked memory the copy need not wait for the batch in progress.
            image = image.pin_memory()
        image = image.to(self._device, non_blocking=True)
        if self._look_first and early_certainty.can_be_reduced(image):
            stages, settled = self._after_a_look(image)
        else:
            stages, settled = self._mean_stages(image), torch.zeros(len(image), dtype=torch.bool)
        coarse, refined, shadow, was_refined = stages
        gamma = self._thresholds.acceptance
        layers = [
            decision_margin(
                coarse, refined, self._thresholds.coarse, self._thresholds.refined, gamma
            ),
            fuse_probability(coarse, refined, gamma),
        ]
        if shadow is not None:
            layers.append(shadow)
        if self._stages:
            layers += [coarse, refined]
        arrays = torch.cat(layers, 1).cpu().numpy()
        return [
            _TileResult(*result)
            for result in zip(arrays, was_refined.tolist(), settled.tolist(), strict=True)
        ]

    def _after_a_look(self, image: torch.Tensor) -> tuple[_Stages, torch.Tensor]:
        """What a first look says of tiles that it settles, and a full one of the others.

        With it (tiles,) bool: those that the first look settled.
        """
        look = self._mean_stages(early_certainty.reduced(image))
        settled = early_certainty.is_settled(look.coarse)
        size = image.shape[-2:]
        coarse, refined = (
            early_certainty.enlarged(layer, size) for layer in (look.coarse, look.refined)
        )
        shadow = None if look.shadow is None else early_certainty.enlarged(look.shadow, size)
        was_refined = look.was_refined.clone()
        if not settled.all():
            full = self._mean_stages(image[~settled])
            coarse[~settled], refined[~settled] = full.coarse, full.refined
            was_refined[~settled] = full.was_refined
            if shadow is not None:
                shadow[~settled] = full.shadow
        return _Stages(coarse, refined, shadow, was_refined), settled

    def _mean_stages(self, image: torch.Tensor) -> _Stages:
        """Means over the symmetries.

        Where Pr matters (some pixel is not accepted, with U of the mean Pc) it is the mean over
        all symmetries; those whose own Pc gave the network no reason to refine are run again.
        """
        available_bands = self._available_bands.expand(len(image), -1)
        first = [
            self._run(symmetry, image, available_bands, True if self._stages else "where_needed")
            for symmetry in self._symmetries
        ]
        coarse = _mean([run.coarse for run in first])
        shadows = [run.shadow for run in first if run.shadow is not None]
        was_refined = torch.stack([run.was_refined for run in first])
        accepted = accepted_where(uncertainty_of(coarse), self._thresholds.acceptance)
        needed = ~accepted.flatten(1).all(1)
        if not self._model.configuration.refinement:
            needed = torch.zeros_like(needed)
        refined = []
        for symmetry, run in zip(self._symmetries, first, strict=True):
            missing = needed & ~run.was_refined
            if missing.any():
                again = self._run(symmetry, image[missing], available_bands[missing], True)
                run.refined[missing] = again.refined
            refined.append(run.refined)
        shadow = _mean(shadows) if shadows else None
        was_refined = was_refined.any(0) | needed
        return _Stages(coarse, _mean(refined), shadow, was_refined)

    def _run(
        self,
        symmetry: Symmetry,
        image: torch.Tensor,
        available_bands: torch.Tensor,
        refine: bool | str,
    ) -> _Stages:
        """What the network says of one symmetry, turned back."""
        stages = self._model(
            symmetry.apply(image),
            available_bands,
            refine,
            self._thresholds.acceptance,
            fineness=self._fineness.expand(len(image)),
        )
        shadow = stages.shadow_probability
        return _Stages(
            symmetry.undo(stages.coarse_probability),
            symmetry.undo(stages.refined_probability),
            None if shadow is None else symmetry.undo(shadow),
            stages.refined,
        )


def predict_blocks(
    grid: TileGrid, pixels: Iterable[tuple[Tile, TilePixels]], predictor: TilePredictor
) -> Iterator[tuple[Block, np.ndarray]]:
    """The finished blocks of a scene with the validity (height, width) of their pixels.

    Closing the generator waits for the tiles in progress.

    Args:
        grid: the tiles.
        pixels: all of them, in order, with what was read.
    """
    blender = Blender(grid, len(predictor.layers))
    with contextlib.closing(predictor.predict(pixels, len(grid))) as tiles:
        for tile, layers, valid in tiles:
            top, bottom = (position - tile.y.start for position in tile.y.finished)
            left, right = (position - tile.x.start for position in tile.x.finished)
            yield blender.add(tile, layers), valid[top:bottom, left:right]


def _filled(pixels: TilePixels) -> np.ndarray:
    reflectance = pixels.reflectance.clip(*_REFLECTANCE_RANGE, out=pixels.reflectance)
    return fill_invalid(reflectance, pixels.valid)


def _put_back(layers: np.ndarray, pixels: TilePixels) -> np.ndarray:
    """Layers of what lies around a tile's data as those of the tile, 0 beyond."""
    if layers.shape[1:] == pixels.valid.shape:
        return layers
    rows, columns = pixels.around_data
    whole = np.zeros((len(layers), *pixels.valid.shape), np.float32)
    whole[:, rows, columns] = layers
    return whole


def _mean(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Of one tensor exactly that one."""
    return torch.stack(list(tensors)).mean(0)


def _is_out_of_memory(error: RuntimeError) -> bool:
    """On the GPU PyTorch has an error of its own for it, on the CPU only words."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
