"""Kernels for the CPU: what runs over maps between PyTorch's operators, and how it is called.

``scan`` and ``pointwise`` hold the kernels, written for Numba with the vectors of ``simd``.
They are not imported to call them: ``compiler`` keeps what Numba made of them at first use, and
a process that finds it there does without Numba.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import torch

from cloudmamba.ops.numba.compiler import function_address

# What a kernel takes: for a tensor a pointer to its first number, those of bfloat16 as their bits.
_POINTERS = {torch.float32: "float32*", torch.float64: "float64*", torch.bfloat16: "uint16*"}
_C_TYPES = {"int64": ctypes.c_int64, "float32": ctypes.c_float}

_of_thread = threading.local()


class Kernel:
    """One kernel of this package, for every combination of argument types compiled by itself."""

    def __init__(self, module: str, name: str):
        """``name`` of a function in the module ``module`` of this package.

        It takes the first task, the one after the last, a pointer to float32 numbers of its own
        that hold anything, and the arguments given to ``run``. It must not raise.
        """
        self._module, self._name = module, name
        self._functions: dict[tuple[str, ...], Callable[..., int]] = {}
        self._lock = threading.Lock()

    def run(self, tasks: int, *arguments: torch.Tensor | float, scratch_size: int = 0) -> None:
        """Do all tasks on as many threads as PyTorch uses.

        They are plain Python threads without the interpreter's lock, so that several threads may
        run kernels at once.

        Args:
            arguments: tensors on the CPU, contiguous in memory: float32, float64 or bfloat16.
            scratch_size: float32 numbers that each thread needs for itself.
        """
        types, values = zip(*map(_typed, arguments), strict=True)
        function = self._functions.get(types) or self._load(types)
        threads = min(torch.get_num_threads(), tasks)
        mine, *others = itertools.pairwise(tasks * i // threads for i in range(threads + 1))
        runs = [
            _executor().submit(_run, function, bounds, scratch_size, values) for bounds in others
        ]
        _run(function, mine, scratch_size, values)
        for run in runs:
            run.result()

    def _load(self, types: tuple[str, ...]) -> Callable[..., int]:
        with self._lock:
            if types not in self._functions:
                every = ("int64", "int64", "float32*", *types)
                address = function_address(self._module, self._name, every)
                c_types: list[Any] = [_C_TYPES.get(name, ctypes.c_void_p) for name in every]
                # Numba's functions have room for a result and an exception before the arguments.
                prototype = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 2, *c_types)
                self._functions[types] = prototype(address)
            return self._functions[types]


def _typed(argument: torch.Tensor | float) -> tuple[str, int | float]:
    if isinstance(argument, torch.Tensor):
        if not argument.is_contiguous():
            raise ValueError("A kernel got a tensor that is not contiguous.")
        return _POINTERS[argument.dtype], argument.data_ptr()
    return ("float32" if isinstance(argument, float) else "int64"), argument


def _run(
    function: Callable[..., int],
    bounds: tuple[int, int],
    scratch_size: int,
    values: tuple[int | float, ...],
) -> None:
    scratch = _scratch(scratch_size)
    result, exception = ctypes.c_void_p(), ctypes.c_void_p()
    status = function(
        ctypes.addressof(result), ctypes.addressof(exception), *bounds, scratch.data_ptr(), *values
    )
    if status:
        raise RuntimeError(f"A kernel failed with status {status}.")


def _scratch(size: int) -> torch.Tensor:
    """Kept by the thread: small pieces that come and go would cut the freed memory into holes."""
    kept = getattr(_of_thread, "scratch", None)
    if kept is None or len(kept) < size:
        kept = _of_thread.scratch = torch.empty(size)
    return kept


@lru_cache(maxsize=1)
def _executor() -> ThreadPoolExecutor:
    """One for all kernels; a thread is begun when it is first needed."""
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="cloudmamba-kernel")
