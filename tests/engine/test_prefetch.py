"""Reading ahead and writing behind: order, bounds, errors, and stopping."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloudmamba.detection.prefetch import WriteBehind, read_ahead


@pytest.fixture
def executor():
    with ThreadPoolExecutor(1) as executor:
        yield executor


def test_reading_ahead_keeps_the_order_and_the_bound(executor):
    begun = []

    def read(item):
        begun.append(item)
        return item * 10

    for item, result in read_ahead(executor, read, range(20), depth=3):
        assert result == item * 10
        assert len(begun) <= item + 1 + 3
    assert begun == list(range(20))


def test_reading_happens_while_the_consumer_works(executor):
    reads = threading.Semaphore(0)

    def read(item):
        reads.release()
        return threading.current_thread()

    pairs = read_ahead(executor, read, range(5), depth=2)
    _, thread = next(pairs)
    assert thread is not threading.current_thread()
    # The first is due, and two more are read while nothing is asked for.
    assert all(reads.acquire(timeout=5) for _ in range(3))
    assert not reads.acquire(timeout=0.05)
    pairs.close()


def test_error_in_reading_is_raised_where_it_is_due(executor):
    def read(item):
        if item == 2:
            raise ValueError("item 2")
        return item

    pairs = read_ahead(executor, read, range(9), depth=4)
    assert [next(pairs)[0], next(pairs)[0]] == [0, 1]
    with pytest.raises(ValueError, match="item 2"):
        next(pairs)


def test_closing_early_reads_no_further(executor):
    begun = []

    def read(item):
        begun.append(item)
        time.sleep(0.01)

    pairs = read_ahead(executor, read, range(1000), depth=5)
    next(pairs)
    pairs.close()
    count = len(begun)
    assert count <= 7
    time.sleep(0.05)
    assert len(begun) == count


def test_writing_behind_keeps_the_order_and_finishes_all():
    written = []
    with WriteBehind(depth=2) as writer:
        for item in range(50):
            writer.submit(written.append, item)
    assert written == list(range(50))


def test_writing_behind_holds_the_producer_back():
    free = threading.Event()
    submitted = []

    def produce():
        with WriteBehind(depth=2) as writer:
            for item in range(6):
                writer.submit(free.wait)
                submitted.append(item)

    thread = threading.Thread(target=produce)
    thread.start()
    time.sleep(0.1)
    assert len(submitted) == 2
    free.set()
    thread.join(5)
    assert len(submitted) == 6


def test_error_in_writing_reaches_the_producer():
    def fail():
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), WriteBehind(depth=2) as writer:
        for _ in range(100):
            writer.submit(fail)
            time.sleep(0.001)
        pytest.fail("the producer was not told")


def test_error_in_the_last_write_is_raised_on_leaving():
    def fail():
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), WriteBehind(depth=9) as writer:
        writer.submit(time.sleep, 0.05)
        writer.submit(fail)


def test_after_an_error_waiting_writes_are_dropped():
    written = []
    with pytest.raises(KeyboardInterrupt), WriteBehind(depth=99) as writer:
        writer.submit(time.sleep, 0.05)
        for item in range(50):
            writer.submit(written.append, item)
        raise KeyboardInterrupt
    assert written == []
