"""Tiles computed at once on the CPU: same result, threads shared, bounded, errors told."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from stand_ins import BrightnessModel, land

from cloudmamba.detection import predict_array
from cloudmamba.network.inference import inference_form
from cloudmamba.network.model import CloudMamba, ModelConfiguration

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

    def forward(self, image, present=None, refine=True):
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
            return super().forward(image, present, refine)
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
    model = inference_form(CloudMamba(configuration).eval())
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
