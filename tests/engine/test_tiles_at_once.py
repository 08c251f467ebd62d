"""Tiles computed at once on the CPU: same result, threads shared, bounded, errors told."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from stand_ins import BrightnessModel, land, predict_array

from cloudmamba.detection.prediction import (
    BatchSize,
    OutOfMemory,
    Thresholds,
    TilePixels,
    TilePredictor,
)
from cloudmamba.detection.tiles import tile_grid
from cloudmamba.inference import optimize_for_inference
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba

TILES = {"tile_px": 32, "overlap_px": 8}


@pytest.fixture
def use_threads():
    """Set how many threads PyTorch uses, for the time of a test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


class Watched(BrightnessModel):
    """Notes the threads that it runs in, and how many calls overlap.

    With a meeting, each call waits until so many have begun, as they only do at once.
    """

    def __init__(self, meeting: int = 1, fails: Callable[[int], bool] = lambda call: False):
        super().__init__()
        self.meeting = threading.Barrier(meeting, timeout=20)
        self.fails = fails
        self.lock = threading.Lock()
        # One of each for all copies of the model.
        self.running: list[str] = []
        self.overlaps: list[int] = []
        self.intra_op_threads: list[int] = []
        self.names: set[str] = set()

    def forward(self, image, *options, **keywords):
        name = threading.current_thread().name
        with self.lock:
            self.running.append(name)
            self.names.add(name)
            self.overlaps.append(len(self.running))
            self.intra_op_threads.append(torch.get_num_threads())
            call = len(self.overlaps)
        try:
            self.meeting.wait()
            if self.fails(call):
                raise ValueError("broken on purpose")
            return super().forward(image, *options, **keywords)
        finally:
            with self.lock:
                self.running.remove(name)


def predict(model, image, **options):
    return predict_array(model, image, np.ones(image.shape[1:], bool), [True] * 4, **options)


@pytest.mark.parametrize(("threads", "at_once", "share"), [(2, 2, 1), (3, 3, 1), (8, 4, 2)])
def test_as_many_tiles_at_once_as_threads_up_to_a_bound(use_threads, threads, at_once, share):
    use_threads(threads)
    model = Watched(meeting=at_once)
    result = predict(model, land(104, 80), stages=True, **TILES)
    assert result.tiles_refined == 12
    assert max(model.overlaps) == at_once
    assert model.intra_op_threads == [share] * 12
    assert torch.get_num_threads() == threads


def test_a_single_tile_gets_all_threads(use_threads):
    use_threads(3)
    model = Watched()
    predict(model, land(30, 30), **TILES)
    assert model.intra_op_threads == [3]
    assert model.names == {threading.current_thread().name}


def test_threads_begun_later_get_all_threads(use_threads):
    use_threads(2)
    predict(Watched(), land(104, 80), **TILES)
    numbers = []
    later = threading.Thread(target=lambda: numbers.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert numbers == [2]


def test_result_is_that_of_one_tile_after_the_other(use_threads):
    torch.manual_seed(0)
    configuration = ModelConfiguration(widths=(32, 32, 32, 32, 32))
    model = optimize_for_inference(CloudMamba(configuration).eval())
    image = np.random.default_rng(1).random((4, 150, 170), np.float32)
    results = []
    for threads in (1, 3):
        use_threads(threads)
        results.append(predict(model, image, stages=True, tile_px=64, overlap_px=16))
    one, many = results
    assert np.ptp(one.probability) > 0
    for name in ("mask", "probability", "uncertainty", "coarse_probability", "refined_probability"):
        assert np.array_equal(getattr(one, name), getattr(many, name)), name
    assert one.tiles_refined == many.tiles_refined


def test_an_error_ends_the_run_with_no_tile_in_progress(use_threads):
    use_threads(2)
    model = Watched(fails=lambda call: call == 3)
    with pytest.raises(ValueError, match="broken on purpose"):
        predict(model, land(200, 200), **TILES)
    assert not model.running
    assert 3 <= len(model.overlaps) < 10
    assert torch.get_num_threads() == 2
    assert not [t for t in threading.enumerate() if t.name.startswith("tile")]


class ShortOfMemory(BrightnessModel):
    """Holds two tiles at most, and takes its time to say so."""

    def __init__(self):
        super().__init__()
        self.may_fail = threading.Event()

    def forward(self, image, *options, **keywords):
        if len(image) > 2:
            assert self.may_fail.wait(20)
            raise torch.OutOfMemoryError("out of memory")
        return super().forward(image, *options, **keywords)


def test_a_batch_that_shrinks_while_tiles_wait_keeps_few_of_them(use_threads):
    use_threads(2)
    model = ShortOfMemory().eval()
    grid = tile_grid(32, 24 * 40, **TILES)
    predictor = TilePredictor(
        model, [True] * 4, Thresholds(0.5, 0.5, 0.4), torch.device("cpu"), batch_size=4
    )
    held = most_held = 0

    def pixels():
        nonlocal held, most_held
        for number, tile in enumerate(grid):
            if number == 7:
                # Four tiles are in progress and three waiting: more than a batch is from now on.
                model.may_fail.set()
                while not predictor.was_short_of_memory:
                    time.sleep(0.001)
            held += 1
            most_held = max(most_held, held)
            yield tile, TilePixels(land(*tile.shape), np.ones(tile.shape, bool))

    done = 0
    for _ in predictor.predict(pixels(), len(grid)):
        held -= 1
        done += 1
    assert done == len(grid) > 30
    # The batches in progress, and the one that is gathered.
    assert most_held <= 12


def test_a_batch_size_never_grows_again():
    size = BatchSize(8)
    assert (size.current, size.was_halved) == (8, False)
    size.halve(8)
    size.halve(2)
    size.halve(8)  # of a thread that began before the others ended
    assert (size.current, size.was_halved) == (1, True)
    with pytest.raises(OutOfMemory):
        size.halve(1)
