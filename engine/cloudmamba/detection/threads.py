"""Shares the processor's threads among tiles that are computed at the same time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import torch


@contextlib.contextmanager
def sharing_threads(parts: int) -> Iterator[Executor]:
    """An executor of ``parts`` threads, in each of which PyTorch uses its share of the threads.

    Leaving it waits for the calls in progress; the calling thread's number stays what it was.
    """
    threads = torch.get_num_threads()
    share = max(1, threads // parts)
    try:
        with ThreadPoolExecutor(parts, "tile", torch.set_num_threads, (share,)) as executor:
            yield executor
    finally:
        # What one thread sets is also the number with which later threads begin.
        torch.set_num_threads(threads)
