"""Machine code of kernels: made by Numba at first use, kept on disk, linked by LLVM alone.

Importing Numba and its first compiled function take half a second, linking object code some
milliseconds; so Numba is imported only to compile. Its own cache is not used: it needs Numba, and
its files are pickles.
"""

from __future__ import annotations

import hashlib
import importlib
import itertools
from collections.abc import Sequence
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from llvmlite import binding

from cloudmamba.errors import DeviceError
from cloudmamba.ops.numba import compile_cache
from cloudmamba.ops.processor import target_processor

_OPTIMISATION = 3
# LLVM unloads code whose tracker is gone.
_linked: list[binding.ResourceTracker] = []
_library_numbers = itertools.count()


def function_address(module: str, name: str, types: Sequence[str]) -> int:
    """Address of a kernel, compiled now if that was not done before.

    The function takes a place for a result, one for an exception, both pointers, and then the
    kernel's arguments; it returns 0.

    Args:
        module, name: a function of a module of this package.
        types: of its arguments, Numba's names, with ``*`` for pointers.

    Raises:
        DeviceError: the code needs a function that is not there.
    """
    symbol = f"{name}-{hashlib.sha256(','.join(types).encode()).hexdigest()[:8]}"
    label = f"{module}.{symbol}-{_version()}"
    code = compile_cache.read(label)
    if code is not None:
        return _link(code, symbol)
    code = _compile(module, name, types, symbol)
    address = _link(code, symbol)
    compile_cache.keep(label, code)
    return address


@lru_cache(maxsize=1)
def _version() -> str:
    """Differs where the kernels, the compiler or the processor do."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    compiler = metadata.version("numba"), binding.llvm_version_info, binding.get_process_triple()
    digest.update(repr((*compiler, target_processor())).encode())
    return digest.hexdigest()[:16]


def _compile(module: str, name: str, types: Sequence[str], symbol: str) -> bytes:
    import numba
    from numba import types as numba_types

    kernel = getattr(importlib.import_module(f"{__package__}.{module}"), name)
    arguments = [
        numba_types.CPointer(getattr(numba_types, kind[:-1]))
        if kind.endswith("*")
        else getattr(numba_types, kind)
        for kind in types
    ]
    # A division by zero gives what IEEE 754 says: the check for one costs more than the division.
    options: dict[str, Any] = {"error_model": "numpy", "boundscheck": False}
    compiled = numba.cfunc(numba_types.void(*arguments), **options)(kernel)
    program = binding.parse_assembly(compiled.inspect_llvm())
    # Around the function lies one that reports exceptions with Python's and Numba's functions,
    # which need not be there when the code is linked.
    wrapper = compiled.native_name
    program.get_function(wrapper).linkage = binding.Linkage.available_externally
    program.get_function(wrapper.removeprefix("cfunc.")).name = symbol
    processor = target_processor()
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=processor.name,
        features=processor.features,
        opt=_OPTIMISATION,
        codemodel="jitdefault",
        jit=True,
    )
    return machine.emit_object(program)


def _link(code: bytes, symbol: str) -> int:
    """The address of a function in object code, of which every symbol has been found.

    LLVM's older interface (MCJIT) leaves what it does not find at address zero.
    """
    library = binding.JITLibraryBuilder().add_object_img(code).export_symbol(symbol)
    try:
        linked = library.link(_linker(), f"kernel-{next(_library_numbers)}")
    except RuntimeError as error:
        raise DeviceError(
            f"The kernel {symbol} cannot be used on this processor, {target_processor()}: it needs "
            "a function that is not there. Set CLOUDMAMBA_SCAN=plain to compute without kernels."
        ) from error
    _linked.append(linked)
    return linked[symbol]


@lru_cache(maxsize=1)
def _linker() -> binding.LLJIT:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.create_lljit_compiler()
