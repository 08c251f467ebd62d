"""Several processes that train one network together, each on a part of every batch.

On the CPU a process with one thread computes a step of half the samples in little more than half
the time, while two threads of one process wait for each other between any two operators. The
processes keep equal weights, since all take the same steps with the mean of their gradients, which
they exchange in shared memory. Each counts by its samples, of which one process may have more.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from threading import BrokenBarrierError

import torch

from cloudmamba.errors import CloudMambaError


class Workers:
    """Processes that exchange gradients. Processes are forked, which Linux and macOS can do.

    Args:
        count: of processes, this one among them.
        parameters: how many numbers a gradient has.
    """

    def __init__(self, count: int, parameters: int):
        self.count = count
        context = multiprocessing.get_context("fork")
        self._process = context.Process
        self._gradients = torch.zeros(count, parameters).share_memory_()
        self._samples = torch.zeros(count).share_memory_()
        self._barrier = context.Barrier(count)

    def start(self, work: Callable[[int], None]) -> None:
        """Start ``work(rank)`` in all processes but this one, whose rank is 0.

        They end with this process.
        """
        for rank in range(1, self.count):
            self._process(target=self._guarded, args=(work, rank), daemon=True).start()

    def exchange(self, rank: int, parameters: Iterable[torch.nn.Parameter], samples: int) -> None:
        """Put the mean over the samples of all processes in the place of each gradient.

        Parameters that took no part have none, in all processes alike.

        Args:
            samples: of which the gradients of this process are the mean.

        Raises CloudMambaError if another process has failed.
        """
        parameters = [parameter for parameter in parameters if parameter.grad is not None]
        own = self._gradients[rank]
        self._samples[rank] = samples
        start = 0
        for gradient in [grad for one in parameters if (grad := one.grad) is not None]:
            end = start + gradient.numel()
            own[start:end] = gradient.flatten()
            start = end
        self._meet()
        mean = (self._samples / self._samples.sum().clamp(min=1)) @ self._gradients
        # Nobody may write the next gradient before all have read this one.
        self._meet()
        start = 0
        for parameter in parameters:
            end = start + parameter.numel()
            parameter.grad = mean[start:end].view(parameter.shape).clone()
            start = end

    def stop(self) -> None:
        """Let no process wait for one that has ended."""
        self._barrier.abort()

    def _meet(self) -> None:
        try:
            self._barrier.wait()
        except BrokenBarrierError as error:
            raise CloudMambaError("Another process of this training has failed.") from error

    def _guarded(self, work: Callable[[int], None], rank: int) -> None:
        try:
            work(rank)
        except BaseException:
            self.stop()
            raise
