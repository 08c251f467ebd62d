"""Compiles kernels with Numba at first use and runs their tasks on several threads.

Tasks run on plain Python threads with the interpreter lock released, which, unlike Numba's
own thread pool, may be entered from several threads at once.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numba
import numpy as np
import torch


def compile_kernel(kernel: Callable) -> Callable:
    """Compile at first use, and keep the result on disk where a folder for it can be written.

    A division by zero gives what IEEE 754 says: the check for one costs more than the division.
    """
    options = {"nogil": True, "boundscheck": False, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(kernel)
    except RuntimeError:  # neither the package's folder nor the user's cache is writable
        return numba.njit(**options)(kernel)


def run_kernel(kernel: Callable, tasks: int, *arguments: object) -> None:
    """Call ``kernel(first_task, last_task, *arguments)`` on as many threads as PyTorch uses."""
    threads = min(torch.get_num_threads(), tasks)
    bounds = itertools.pairwise(tasks * i // threads for i in range(threads + 1))
    mine, *others = bounds
    runs = [_executor().submit(kernel, *bound, *arguments) for bound in others]
    kernel(*mine, *arguments)
    for run in runs:
        run.result()


def flat(tensor: torch.Tensor) -> np.ndarray:
    """The numbers of a contiguous tensor, not copied; those of bfloat16 as their bits, uint16."""
    tensor = tensor.detach().view(-1)
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(np.uint16)
    return tensor.numpy()


@lru_cache(maxsize=1)
def _executor() -> ThreadPoolExecutor:
    """One for all that call ``run_kernel``; a thread is begun when it is first needed."""
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="cloudmamba-kernel")
