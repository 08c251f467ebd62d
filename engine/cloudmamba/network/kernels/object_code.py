"""Machine code of kernels: made by Numba at first use, kept on disk, loaded by LLVM alone.

Importing Numba and its first compiled function take half a second, loading object code some
milliseconds; so Numba's own cache is not used, and Numba is imported only to compile.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from llvmlite import binding

from cloudmamba.whole_files import write_bytes

_OPTIMISATION = 3
# Engines own the code that they loaded.
_engines: list[binding.ExecutionEngine] = []


def function_address(module: str, name: str, types: Sequence[str]) -> int:
    """Address of a kernel, compiled now if that was not done before.

    The function takes a place for a result, one for an exception, both pointers, and then the
    kernel's arguments; it returns 0.

    Args:
        module, name: a function of a module of this package.
        types: of its arguments, Numba's names, with ``*`` for pointers.
    """
    specialised = f"{name}-{hashlib.sha256(','.join(types).encode()).hexdigest()[:8]}"
    paths = [folder / f"{module}.{specialised}-{_version()}.o" for folder in _folders()]
    code = next(filter(None, map(_read, paths)), None)
    if code is None:
        code = _compile(module, name, types, specialised)
        for path in paths:
            if _write(path, code):
                break
    return _load(code, specialised)


@lru_cache(maxsize=1)
def _version() -> str:
    """Differs where the kernels, the compiler or the processor do."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    processor = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
    facts = (binding.llvm_version_info, binding.get_process_triple(), *processor)
    digest.update(repr(facts).encode())
    return digest.hexdigest()[:16]


def _folders() -> list[Path]:
    """Where code is kept: with Python's own, or, where that cannot be written, with the user's."""
    folders = [Path(importlib.util.cache_from_source(__file__)).parent]
    with contextlib.suppress(RuntimeError):  # the user has no home
        folders.append(Path.home() / ".cache" / "cloudmamba")
    return folders


def _read(path: Path) -> bytes | None:
    """The code in a file; None if there is none, or not all of it."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, code = content[:32], content[32:]
    return code if hashlib.sha256(code).digest() == digest else None


def _write(path: Path, code: bytes) -> bool:
    """Whether the code could be kept there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, hashlib.sha256(code).digest() + code)
    except OSError:
        return False
    return True


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
    compiled = numba.cfunc(numba_types.void(*arguments), error_model="numpy", boundscheck=False)(
        kernel
    )
    program = binding.parse_assembly(compiled.inspect_llvm())
    # Around the function lies one that reports exceptions with Python's and Numba's functions,
    # which need not be there when the code is loaded.
    wrapper = compiled.native_name
    program.get_function(wrapper).linkage = binding.Linkage.available_externally
    program.get_function(wrapper.removeprefix("cfunc.")).name = symbol
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=_OPTIMISATION,
        codemodel="jitdefault",
        jit=True,
    )
    return machine.emit_object(program)


def _load(code: bytes, symbol: str) -> int:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return engine.get_function_address(symbol)
