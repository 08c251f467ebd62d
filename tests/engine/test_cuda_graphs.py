"""CUDA graphs of the stages, with a stand-in for the recording, which only a card can do.

The stand-in runs the recorded function again at every launch, on the same tensors, and puts what it
gives into the tensors of the recording: the same to see from outside as a graph.
"""

import contextlib
import gc
import logging
import weakref
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import torch

from cloudmamba import inference
from cloudmamba.compute_options import ComputeOptions
from cloudmamba.inference import CudaModel, cuda_graphs, optimize_for_inference
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.ops.selective_scan import triton as triton_scan

RUNS = cuda_graphs._RUNS_BEFORE_RECORDING


class Recorder:
    """Counts graphs and launches."""

    def __init__(self):
        self.graphs = self.launches = 0
        self.error = None
        self.distortion = 0.0
        self.is_frozen = False

    def record(self, function, device):
        if self.error is not None:
            raise self.error
        self.graphs += 1
        result = function()
        first = [tensor.clone() for tensor in tensors_of(result)]

        def launch():
            self.launches += 1
            news = first if self.is_frozen else tensors_of(function())
            for own, new in zip(tensors_of(result), news, strict=True):
                own.copy_(new + self.distortion)

        for tensor in tensors_of(result):
            tensor.fill_(torch.nan)  # as after a recording, which computes nothing
        return result, launch


def tensors_of(result):
    if isinstance(result, torch.Tensor):
        return [result]
    if result is None or isinstance(result, bool):
        return []
    return [tensor for part in result for tensor in tensors_of(part)]


@pytest.fixture
def recorder(monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(cuda_graphs, "record", recorder.record)
    return recorder


@pytest.fixture(params=[torch.float32, torch.bfloat16], ids=str)
def pair(request):
    """A network with graphs, and the same without."""
    return network_pair(request.param)


def network_pair(dtype=torch.float32, **values):
    torch.manual_seed(3)
    configuration = ModelConfiguration(widths=(16, 32), **values)
    model = CloudMamba(configuration).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    return CudaModel(model, dtype, graphs=True), CudaModel(model, dtype, graphs=False)


def batch(size=2, side=24):
    return torch.rand(size, 4, side, side + 4)


def assert_same(network, plain, image, **options):
    with torch.inference_mode():
        stages, expected = network(image, **options), plain(image, **options)
    assert torch.equal(stages.coarse_logits, expected.coarse_logits)
    assert torch.equal(stages.refined, expected.refined)
    if expected.refined_logits is None:
        assert stages.refined_logits is None
    else:
        assert torch.equal(stages.refined_logits, expected.refined_logits)
    return stages


def test_shapes_that_come_again_are_recorded_and_launched(pair, recorder):
    for run in range(RUNS + 4):
        assert_same(*pair, batch())
        assert recorder.graphs == (2 if run >= RUNS else 0)
    # Two pairs to look at the results, and one for each batch since.
    assert recorder.launches == 2 * 2 + 2 * 4


def test_results_outlive_the_next_launch(pair, recorder):
    network, plain = pair
    images = [batch() for _ in range(RUNS + 3)]
    with torch.inference_mode():
        results = [network(image) for image in images]
        for stages, image in zip(results, images, strict=True):
            assert torch.equal(stages.refined_logits, plain(image).refined_logits)
            assert torch.equal(stages.coarse_logits, plain(image).coarse_logits)


def test_second_stage_is_launched_only_where_it_is_needed(recorder):
    network, plain = network_pair()
    image = batch()
    with torch.inference_mode():
        largest = plain(image).uncertainty.flatten(1).amax(1)
    for _ in range(RUNS + 1):
        assert_same(network, plain, image)
    for gamma, refined, launches in ((0.0, 2, 2), (1.0, 0, 1), (largest.mean().item(), 1, 1)):
        recorder.launches = 0
        stages = assert_same(
            network, plain, image, refine="where_needed", acceptance_threshold=gamma
        )
        assert (stages.refined.sum(), recorder.launches) == (refined, launches)


def test_a_smaller_last_batch_keeps_the_graphs(recorder):
    pair = network_pair()
    for size in (*[2] * (RUNS + 1), *[1, 2] * (RUNS + 2)):
        assert_same(*pair, batch(size))
    assert recorder.graphs == 2


def test_another_shape_that_comes_again_replaces_them(recorder):
    pair = network_pair()
    for side in (*[24] * (RUNS + 1), *[32] * (RUNS + 2)):
        assert_same(*pair, batch(side=side))
    assert recorder.graphs == 4


def test_network_of_one_stage(recorder):
    pair = network_pair(refinement=False)
    for _ in range(RUNS + 2):
        assert_same(*pair, batch())
    assert recorder.graphs == 1


@pytest.mark.parametrize(
    "error", [RuntimeError("operation not permitted"), torch.OutOfMemoryError("out of memory")]
)
def test_where_recording_fails_the_network_goes_on_without(recorder, caplog, error):
    recorder.error = error
    pair = network_pair()
    with caplog.at_level(logging.WARNING):
        for _ in range(RUNS + 3):
            assert_same(*pair, batch())
    assert [str(error) in record.message for record in caplog.records] == [True]


def test_graphs_that_give_something_else_are_not_used(recorder, caplog):
    recorder.distortion = 0.1
    pair = network_pair()
    with caplog.at_level(logging.WARNING):
        for _ in range(RUNS + 3):
            assert_same(*pair, batch())
    assert "results differ" in caplog.text
    assert recorder.graphs == 2


def test_graphs_that_only_know_the_recorded_image_are_not_used(recorder, caplog):
    # As where a value of the image has become a constant of the recording.
    recorder.is_frozen = True
    pair = network_pair()
    with caplog.at_level(logging.WARNING):
        for _ in range(RUNS + 3):
            assert_same(*pair, batch())
    assert "results differ" in caplog.text


def test_threads_take_turns(recorder):
    network, plain = network_pair()
    images = [batch() for _ in range(12)]

    def run(image):
        with torch.inference_mode():
            return network(image).refined_logits

    with ThreadPoolExecutor(3) as executor:
        results = list(executor.map(run, images))
    with torch.inference_mode():
        for image, refined in zip(images, results, strict=True):
            assert torch.equal(refined, plain(image).refined_logits)
    assert recorder.launches > 0


def test_only_who_asks_for_them_has_them(monkeypatch):
    model = CloudMamba(ModelConfiguration(widths=(4,))).eval()
    monkeypatch.setattr(inference, "precision_for", lambda *_: torch.float32)
    # A device that only says what it is.
    monkeypatch.setattr(
        type(model), "parameters", lambda self, recurse=True: iter([FakeParameter()])
    )
    made = []
    monkeypatch.setattr(inference, "CudaModel", lambda *_, graphs: made.append(graphs))
    optimize_for_inference(model)
    for value in (True, False):
        optimize_for_inference(model, ComputeOptions(cuda_graphs=value))
    assert made == [False, True, False]


class FakeParameter:
    device = torch.device("cuda:0")


class FakeCuda:
    """Notes in which order and on which stream things happen that only a card can do."""

    def __init__(self, monkeypatch):
        self.events, self.stream = [], "main"
        for name in ("device", "Stream", "current_stream", "CUDAGraph"):
            monkeypatch.setattr(torch.cuda, name, getattr(self, name))
        monkeypatch.setattr(torch.cuda, "stream", lambda stream: self.on(stream, "warm"))
        monkeypatch.setattr(
            torch.cuda, "graph", lambda graph, stream, **_: self.on(stream, "capture")
        )

    @contextlib.contextmanager
    def on(self, stream, event):
        before, self.stream = self.stream, stream.name
        self.events.append((event, stream.name))
        yield
        self.stream = before

    def device(self, device):
        return contextlib.nullcontext()

    def Stream(self):
        return FakeStream("side", self.events)

    def current_stream(self):
        return FakeStream(self.stream, self.events)

    def CUDAGraph(self):
        return SimpleNamespace(replay=lambda: self.events.append(("replay", self.stream)))


class FakeStream:
    def __init__(self, name, events):
        self.name, self.events = name, events

    def wait_stream(self, other):
        self.events.append((f"wait for {other.name}", self.name))


def test_recording_warms_up_on_its_stream_and_keeps_kernels_and_function(monkeypatch):
    cuda = FakeCuda(monkeypatch)
    kernels = []

    class Compiled:
        """What Triton gives back for a launch, and takes off the card when it is gone."""

    class Kernel:
        def __getitem__(self, grid):
            def run(*arguments, **options):
                compiled = Compiled()
                kernels.append(weakref.ref(compiled))
                return compiled

            return run

    def function():
        cuda.events.append(("run", cuda.stream))
        triton_scan._launch(Kernel(), (1,))
        return torch.zeros(1)

    kept = weakref.ref(function)
    _, launch = cuda_graphs.record(function, torch.device("cuda:0"))
    assert cuda.events == [
        ("wait for main", "side"),
        ("warm", "side"),
        *[("run", "side")] * cuda_graphs._WARM_UP_RUNS,
        ("wait for side", "main"),
        ("capture", "side"),
        ("run", "side"),
    ]
    del function
    gc.collect()
    assert kept() is not None
    assert [kernel() is not None for kernel in kernels] == [False, False, True]
    launch()
    assert cuda.events[-1] == ("replay", "main")
    del launch
    gc.collect()
    assert kernels[-1]() is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_graphs_of_a_card_give_what_single_operators_give():
    network, plain = (one.cuda() for one in network_pair(torch.bfloat16))
    with torch.inference_mode():
        for _ in range(RUNS + 3):
            image = batch().cuda()
            stages, expected = network(image), plain(image)
            torch.testing.assert_close(
                stages.refined_logits, expected.refined_logits, rtol=0, atol=0.05
            )
    assert network.graphs.are_recorded
