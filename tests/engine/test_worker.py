"""The worker as its owner sees it: a process with three standard streams."""

import contextlib
import json
import os
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from cloudmamba.commands.worker import Requested
from cloudmamba.inference.devices import resolve_device
from cloudmamba.inference.prepared_model import PreparedModel
from cloudmamba.model_files import model_path, save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.worker.channel import read_lines
from cloudmamba.worker.conversion import build_parameters
from cloudmamba.worker.protocol import (
    Cancel,
    Detect,
    LogMessage,
    RequestError,
    Shutdown,
    decode_request,
    encode,
)

ANSWER_WITHIN_S = 60

# The real server with a stand-in for the detection, so that these tests need no PyTorch.
STAND_IN = """
import ctypes, logging, os, subprocess, sys, time
from cloudmamba.errors import Cancelled, InputError
from cloudmamba.worker.channel import claim_standard_streams
from cloudmamba.worker.inventory import hello
from cloudmamba.worker.protocol import Device, Ready
from cloudmamba.worker.server import Server, Work

def get_ready():
    if "broken" in sys.argv:
        raise ImportError("libtorch is missing")
    return Ready([Device("cpu", "test", None)], [])

def detect(parameters, report_progress, is_cancelled):
    print("garbage from Python")
    sys.stdout.write('{"type": "result", "id": 1, "summary": {}}\\n')
    os.write(1, b"garbage from a descriptor\\n")
    libc = ctypes.CDLL(None)
    libc.puts(b"garbage from C")
    libc.fflush(None)
    subprocess.run([sys.executable, "-c", "import sys; print('child', sys.stdin.read())"])
    logging.getLogger("cloudmamba.test").warning(parameters.get("warning", "only three bands"))
    if parameters.get("fail"):
        raise InputError("The image has one band.")
    if parameters.get("bug"):
        raise KeyError("oops")
    steps = parameters.get("steps", 2)
    for step in range(steps):
        if is_cancelled():
            with open(parameters["trace"], "w") as trace:
                trace.write("cancelled")
            raise Cancelled("Cancelled; nothing was written.")
        report_progress(step + 1, steps, "tile")
        time.sleep(parameters.get("seconds", 0))
    return {"cloud_percent": 12.5, "text": "Wölkchen" * parameters.get("words", 1)}

def describe(parameters, report_progress, is_cancelled):
    return {"described": parameters["path"]}

def warm_up():
    raise RuntimeError("there is no default model")

requests_fd, answers_fd = claim_standard_streams()
work = Work(hello, get_ready, detect, describe, warm_up)
sys.exit(Server(work, requests_fd, answers_fd, float(sys.argv[1])).serve())
"""


class Owner:
    """Starts a worker and talks to it."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def send(self, **message) -> None:
        self.send_line(json.dumps(message).encode())

    def send_line(self, line: bytes) -> None:
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self) -> dict:
        line = self.process.stdout.readline()
        assert line, "the worker closed its answers"
        return json.loads(line)

    def receive_until(self, *types: str) -> dict:
        while (message := self.receive())["type"] not in types:
            pass
        return message

    def leave(self) -> tuple[int, bytes, bytes]:
        """Close the requests; returns exit status, remaining answers and the log."""
        answers, log = self.process.communicate(timeout=ANSWER_WITHIN_S)
        return self.process.returncode, answers, log


@contextlib.contextmanager
def owner_of(*command: str):
    owner = Owner(*command)
    try:
        yield owner
    finally:
        if owner.process.poll() is None:
            owner.process.kill()
        owner.process.communicate()


@pytest.fixture
def stand_in(tmp_path):
    script = tmp_path / "stand_in.py"
    script.write_text(textwrap.dedent(STAND_IN), encoding="utf-8")
    return str(script)


@pytest.fixture
def owner(stand_in):
    with owner_of(stand_in, "60") as owner:
        yield owner


def test_says_hello_then_ready(owner):
    hello = owner.receive()
    assert (hello["type"], hello["protocol"]) == ("hello", 2)
    assert set(hello["packages"]) >= {"torch", "rasterio"}
    assert owner.receive() == {
        "type": "ready",
        "devices": [{"id": "cpu", "name": "test", "memory_free_mb": None}],
        "models": [],
    }


def test_describes_between_detections(owner):
    owner.send(type="detect", id="a")
    owner.send(type="describe", id="b", path="scene.tif")
    assert owner.receive_until("result")["id"] == "a"
    result = owner.receive_until("result")
    assert (result["id"], result["summary"]) == ("b", {"described": "scene.tif"})


def test_prints_of_any_kind_go_to_the_log_and_never_to_the_answers(owner):
    owner.send(type="detect", id="a")
    owner.receive_until("ready")
    messages = [owner.receive() for _ in range(4)]
    assert [message["type"] for message in messages] == ["log", "progress", "progress", "result"]
    assert messages[0]["level"] == "warning" and messages[0]["message"] == "only three bands"
    assert messages[1] == {"type": "progress", "id": "a", "done": 1, "total": 2, "message": "tile"}
    assert messages[3]["summary"] == {"cloud_percent": 12.5, "text": "Wölkchen"}
    exit_status, answers, log = owner.leave()
    assert (exit_status, answers) == (0, b"")
    for origin in (b"Python", b"a descriptor", b"C"):
        assert b"garbage from " + origin in log
    assert b"child \n" in log, "a child process must find an empty standard input"


def test_requests_are_answered_in_order(owner):
    owner.send(type="detect", id=1)
    owner.send(type="detect", id=2)
    assert owner.receive_until("result")["id"] == 1
    assert owner.receive_until("result")["id"] == 2


def test_an_id_is_free_again_once_answered(owner):
    for _ in range(2):
        owner.send(type="detect", id="same")
        assert owner.receive_until("result", "error")["type"] == "result"


def test_cancel_stops_a_run_and_the_next_one_works(owner, tmp_path):
    trace = tmp_path / "trace"
    owner.send(type="detect", id=1, steps=1_000, seconds=0.01, trace=str(trace))
    owner.receive_until("progress")
    owner.send(type="cancel", id=1)
    failure = owner.receive_until("error", "result")
    assert (failure["id"], failure["code"]) == (1, "cancelled")
    assert trace.read_text() == "cancelled"
    owner.send(type="detect", id=2)
    assert owner.receive_until("error", "result")["type"] == "result"


def test_cancel_of_a_waiting_request_leaves_the_running_one_alone(owner):
    owner.send(type="detect", id=1, steps=20, seconds=0.01)
    owner.send(type="detect", id=2, steps=20)
    owner.send(type="cancel", id=2)
    assert owner.receive_until("result", "error")["id"] == 1
    second = owner.receive_until("result", "error")
    assert (second["id"], second["code"]) == (2, "cancelled")


def test_cancel_of_an_answered_request_is_nothing(owner):
    owner.send(type="detect", id=1)
    owner.receive_until("result")
    owner.send(type="cancel", id=1)
    owner.send(type="detect", id=2)
    assert owner.receive_until("result", "error")["type"] == "result"


@pytest.mark.parametrize("how", ["end of input", "shutdown", "terminate"])
def test_leaves_mid_run_and_cancels_first(owner, tmp_path, how):
    trace = tmp_path / "trace"
    owner.send(type="detect", id=1, steps=1_000, seconds=0.01, trace=str(trace))
    owner.receive_until("progress")
    if how == "shutdown":
        owner.send(type="shutdown")
        owner.process.wait(ANSWER_WITHIN_S)
    elif how == "terminate":
        owner.process.terminate()
        owner.process.wait(ANSWER_WITHIN_S)
    exit_status, answers, _log = owner.leave()
    assert exit_status == 0
    assert json.loads(answers.splitlines()[-1])["code"] == "cancelled"
    assert trace.read_text() == "cancelled"


def test_leaves_when_nobody_reads_the_answers(owner, tmp_path):
    trace = tmp_path / "trace"
    owner.send(type="detect", id=1, steps=1_000, seconds=0.01, trace=str(trace))
    owner.receive_until("progress")
    owner.process.stdout.close()
    owner.process.wait(ANSWER_WITHIN_S)
    assert trace.read_text() == "cancelled"


def test_leaves_after_idling(stand_in):
    with owner_of(stand_in, "0.2") as owner:
        started = time.monotonic()
        assert owner.process.wait(ANSWER_WITHIN_S) == 0
        assert time.monotonic() - started >= 0.2


def test_a_broken_installation_is_said_in_a_sentence(stand_in):
    with owner_of(stand_in, "60", "broken") as owner:
        owner.receive_until("hello")
        failure = owner.receive()
        assert failure["type"] == "error" and failure["id"] is None
        assert failure["message"] == "The engine cannot start: libtorch is missing"
        assert owner.process.wait(ANSWER_WITHIN_S) == 1


def test_errors_of_the_engine_keep_code_and_sentence(owner):
    owner.send(type="detect", id=7, fail=True)
    assert owner.receive_until("error", "result") == {
        "type": "error",
        "id": 7,
        "code": "bad-input",
        "message": "The image has one band.",
    }


def test_a_bug_is_reported_with_its_traceback_in_the_log_and_is_survived(owner):
    owner.send(type="detect", id=7, bug=True)
    failure = owner.receive_until("error", "result")
    assert failure["code"] == "failed" and "KeyError" in failure["message"]
    owner.send(type="detect", id=8)
    assert owner.receive_until("error", "result")["type"] == "result"
    assert b"Traceback" in owner.leave()[2]


@pytest.mark.parametrize(
    ("line", "request_id"),
    [
        (b"not json", None),
        (b"\xff\xfe", None),
        ('{"type": "shutdown"}'.encode("utf-16-le"), None),
        (b"[" * 200_000, None),
        (b'{"type": "detect", "id": 1, "bands": "' + b"1" * 1_000_000 + b'"}', None),
        (b"[1]", None),
        (b'{"id": 1}', None),
        (b'{"type": "explode", "id": 1}', None),
        (b'{"type": "detect"}', None),
        (b'{"type": "detect", "id": true}', None),
        (b'{"type": "cancel", "id": "a", "colour": 1}', "a"),
    ],
)
def test_bad_requests_are_refused_and_survived(owner, line, request_id):
    owner.send_line(line)
    failure = owner.receive_until("error")
    assert (failure["code"], failure["id"]) == ("bad-request", request_id)
    owner.send(type="detect", id=2)
    assert owner.receive_until("error", "result")["type"] == "result"


def test_leaves_at_the_end_of_the_input_after_bad_requests(owner):
    owner.send_line(b"[" * 200_000)
    assert owner.receive_until("error")["code"] == "bad-request"
    assert owner.leave()[0] == 0


def test_half_a_surrogate_pair_is_survived(owner):
    owner.send_line(b'{"type": "detect", "id": "\\ud800", "steps": 1}')
    assert owner.receive_until("error", "result")["id"] == "\ud800"
    owner.send(type="detect", id=2)
    assert owner.receive_until("error", "result")["type"] == "result"


def test_an_answer_that_is_too_long_to_be_sent_is_an_error(owner):
    owner.send(type="detect", id=1, words=100_000)
    failure = owner.receive_until("error", "result")
    assert (failure["code"], failure["id"]) == ("failed", 1)
    assert "more than 1000000 bytes and cannot be sent" in failure["message"]
    owner.send(type="detect", id=2, warning="so many files " * 60_000)
    warning = owner.receive_until("log")["message"]
    assert len(warning) < 3000 and " ... " in warning
    assert owner.receive_until("error", "result")["type"] == "result"


def test_lines_come_whole_or_cut_off_from_any_pieces():
    requests_fd, answers_fd = os.pipe()
    with os.fdopen(requests_fd), os.fdopen(answers_fd, "wb", buffering=0) as pipe:
        lines = read_lines(requests_fd, 5)
        pipe.write(b"12")
        pipe.write(b"345\n\nab")
        assert [next(lines), next(lines)] == [b"12345", b""]
        pipe.write(b"cdefgh")
        pipe.write(b"ij\nk\nno line feed")
        assert [next(lines), next(lines)] == [b"abcdef", b"k"]
        pipe.close()
        assert list(lines) == []


def test_an_id_in_use_is_refused(owner):
    owner.send(type="detect", id=1, steps=20, seconds=0.01)
    owner.send(type="detect", id=1)
    assert owner.receive_until("error", "result")["code"] == "bad-request"
    assert owner.receive_until("error", "result")["type"] == "result"


def test_decode_request():
    assert decode_request(b'{"type": "detect", "id": 1, "bands": ""}') == Detect(1, {"bands": ""})
    assert decode_request(b'{"type": "cancel", "id": "a"}') == Cancel("a")
    assert decode_request(b'{"type": "shutdown"}') == Shutdown()
    assert decode_request(b'{"type": "shutdown"}'.ljust(1_000_000)) == Shutdown()
    with pytest.raises(RequestError, match="1000000 bytes at most"):
        decode_request(b'{"type": "shutdown"}'.ljust(1_000_001))
    with pytest.raises(RequestError, match="nested too deeply"):
        decode_request(b"[" * 200_000)
    with pytest.raises(RequestError, match="detect, describe, cancel and shutdown"):
        decode_request(b"{}")


def test_encode_keeps_to_one_line():
    line = encode(LogMessage(1, "info", "two\nlines of Ümläüt"))
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert json.loads(line)["message"] == "two\nlines of Ümläüt"


@dataclass(frozen=True)
class Parameters:
    path: Path
    name: str
    other_path: Path | None = None
    share: float | None = None
    size_px: int = 512


def test_parameters_are_converted_and_checked():
    built = build_parameters(
        Parameters, {"path": "/a b/c.tif", "name": "x", "share": 1, "other_path": None}
    )
    assert built == Parameters(Path("/a b/c.tif"), "x", None, 1.0, 512)
    assert isinstance(built.share, float)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"path": "a"}, "needs the field 'name'"),
        ({"path": "a", "name": "x", "colour": 1}, "has no field 'colour'"),
        ({"path": "a", "name": None}, "'name' cannot be None"),
        ({"path": "", "name": "x"}, "'path' cannot be ''"),
        ({"path": "a", "name": "x", "share": "1"}, "'share' cannot be '1'"),
        ({"path": "a", "name": "x", "size_px": True}, "'size_px' cannot be True"),
        ({"path": "a", "name": "x", "size_px": 1.5}, "'size_px' cannot be 1.5"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(values, sentence):
    with pytest.raises(RequestError, match=sentence):
        build_parameters(Parameters, values)


@pytest.fixture(scope="module")
def real_owner():
    with owner_of("-m", "cloudmamba", "worker") as owner:
        assert owner.receive()["type"] == "hello"
        ready = owner.receive()
        assert ready["type"] == "ready" and ready["devices"][0]["id"] == "cpu"
        yield owner


@pytest.fixture
def scene(tmp_path):
    path = tmp_path / "scene.tif"
    values = np.random.default_rng(0).uniform(0.02, 0.6, (4, 40, 50)).astype(np.float32)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=50,
        height=40,
        count=4,
        dtype="float32",
        transform=from_origin(500000, 5000000, 10, 10),
    ) as dataset:
        dataset.write(values)
    return path


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.safetensors"
    network = CloudMamba(ModelConfiguration(widths=(4, 8), state_size=1))
    card = {"name": "tiny", "version": "0", "trained_on": "nothing", "licence": "none"}
    save_model(network, path, card)
    return path


def test_what_the_first_detection_waits_for_is_there_ahead(monkeypatch):
    requested = Requested()
    requested.warm_up()
    monkeypatch.setattr(PreparedModel, "load", None)
    with pytest.raises(TypeError):
        Requested()._load(model_path(), resolve_device("cpu"))
    assert requested._load(model_path(), resolve_device("auto")).name == "cloudmamba-base"


def test_a_real_detection(real_owner, scene, model, tmp_path):
    mask, uncertainty = tmp_path / "Maske ü.tif", tmp_path / "uncertainty.tif"
    request = {
        "input_path": str(scene),
        "mask_path": str(mask),
        "uncertainty_path": str(uncertainty),
        "bands": "1,2,3,4",
        "model": str(model),
        "device": "cpu",
    }
    real_owner.send(type="detect", id="real", **request)
    messages = [real_owner.receive()]
    while messages[-1]["type"] not in ("result", "error"):
        messages.append(real_owner.receive())
    *progress, result = messages
    assert result["type"] == "result", result
    assert "input_files" not in result["summary"], "there may be thousands"
    steps = [message for message in progress if message["type"] == "progress"]
    assert steps[-1]["done"] == steps[-1]["total"] == 3
    with rasterio.open(mask) as dataset:
        values = dataset.read(1)
    assert values.shape == (40, 50)
    assert result["summary"]["cloud_percent"] == pytest.approx(100 * (values == 1).mean())
    assert uncertainty.is_file()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"input_path": "/nowhere.tif"}, "bad-input"),
        ({"bands": "1,2,9"}, "bad-interpretation"),
        ({"radiometry": "percent"}, "bad-interpretation"),
        ({"mask_path": "/nowhere/mask.tif"}, "bad-output"),
        ({"model": "/nowhere.safetensors"}, "bad-model"),
        ({"device": "cuda:99"}, "bad-device"),
        ({"colour": "blue"}, "bad-request"),
        ({"tile_px": "512"}, "bad-request"),
    ],
)
def test_what_a_detection_cannot_use(real_owner, scene, model, tmp_path, change, code):
    request = {
        "input_path": str(scene),
        "mask_path": str(tmp_path / "mask.tif"),
        "model": str(model),
        **change,
    }
    before = sorted(tmp_path.iterdir())
    real_owner.send(type="detect", id="bad", **request)
    failure = real_owner.receive_until("error", "result")
    assert failure["code"] == code, failure
    assert sorted(tmp_path.iterdir()) == before
