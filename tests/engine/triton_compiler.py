"""Compile the Triton scan for real graphics cards, without one; a program of its own.

It prints a line of JSON for each kernel: registers of a thread, and bytes of local memory,
which are registers that were spilled.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from cloudmamba.network.scan import triton_kernels, triton_scan

TOOLS = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
# Arguments that the launcher passes as integers; all others are pointers to float32.
INTEGERS = {
    "first_direction", "images", "height", "width", "channels", "chunks", "chunk_size",
}  # fmt: skip
# All but the number of chunks are multiples of 16 in the network; pointers are aligned.
DIVISIBLE = INTEGERS - {"first_direction", "images", "chunks"}


def compile_kernel(name: str, architecture: int, warps: int, constants: dict) -> dict[str, int]:
    """Compile to machine code; what the compiler then needs of each thread."""
    kernel = getattr(triton_kernels, name)
    constants = {key: value for key, value in constants.items() if key in kernel.arg_names}
    signature, attributes = {}, {}
    for position, argument in enumerate(kernel.arg_names):
        if argument in constants:
            signature[argument] = "constexpr"
            continue
        signature[argument] = "i32" if argument in INTEGERS else "*fp32"
        if argument not in INTEGERS or argument in DIVISIBLE:
            attributes[(position,)] = [["tt.divisibility", 16]]
    compiled = triton.compile(
        ASTSource(kernel, signature, constexprs=constants, attrs=attributes),
        target=GPUTarget("cuda", architecture, 32),
        options={"num_warps": warps, **triton_scan.OPTIONS},
    )
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(compiled.asm["cubin"])
        file.flush()
        usage = subprocess.run(
            [TOOLS / "cuobjdump", "-res-usage", file.name],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    found = dict(re.findall(r"(REG|STACK|SHARED|LOCAL):(\d+)", usage))
    return {
        "registers": int(found["REG"]),
        "spilled_bytes": int(found["STACK"]) + int(found["LOCAL"]),
        "shared_bytes": compiled.metadata.shared,
    }


def main() -> None:
    for name, case in json.load(sys.stdin).items():
        print(json.dumps({name: compile_kernel(**case)}), flush=True)


if __name__ == "__main__":
    main()
