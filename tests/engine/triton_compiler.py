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

from cloudmamba.ops.selective_scan import triton as triton_scan
from cloudmamba.ops.triton import scan as triton_kernels

TOOLS = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"


def compile_kernel(name: str, architecture: int, warps: int, constants: dict) -> dict[str, int]:
    """Compile to machine code; what the compiler then needs of each thread."""
    kernel = getattr(triton_kernels, name)
    constants = {key: value for key, value in constants.items() if key in kernel.arg_names}
    signature, attributes = {}, {}
    for position, argument in enumerate(kernel.arg_names):
        if argument in constants:
            signature[argument] = "constexpr"
            continue
        is_size = argument in (*triton_kernels.SIZES, "channels")
        signature[argument] = "i32" if is_size else "*fp32"
        if argument not in triton_kernels.SIZES:
            # What the launcher finds: aligned arrays, and the network's numbers of channels.
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
