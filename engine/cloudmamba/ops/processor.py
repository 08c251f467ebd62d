"""The processor that code is made for: the one of this machine, or an older one to try that out."""

from __future__ import annotations

import os
from dataclasses import dataclass

from llvmlite import binding

# Numba's own variables, with Numba's meaning, so that both make code for the same processor.
NAME_VARIABLE = "NUMBA_CPU_NAME"
FEATURES_VARIABLE = "NUMBA_CPU_FEATURES"
# What decides how fast the network runs, oldest first; not all of it is one of LLVM's vectors.
_TOLD = (
    "sse4.2",
    "avx",
    "avx2",
    "fma",
    "f16c",
    "avx512f",
    "avx512bf16",
    "amx-bf16",
    "neon",
    "bf16",
)
# What sets kinds of processors apart in speed, best first, as their makers write it.
_INSTRUCTION_SETS = {
    "amx-bf16": "AMX",
    "avx512bf16": "AVX-512 BF16",
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "neon": "NEON",
}


@dataclass(frozen=True)
class Processor:
    """What LLVM makes code for.

    Attributes:
        name: LLVM's name of the kind, such as ``haswell`` or ``znver4``.
        features: what it has and has not beyond what the name says: ``+avx2,-avx512f``.
    """

    name: str
    features: str

    def has(self, feature: str) -> bool:
        """Whether ``features`` says so; what only follows from the name counts as missing."""
        return f"+{feature}" in self.features.split(",")

    @property
    def instruction_set(self) -> str:
        """The best one, such as ``AMX`` or ``AVX2``; the name where none is told."""
        told = (name for feature, name in _INSTRUCTION_SETS.items() if self.has(feature))
        return next(told, self.name)

    def __str__(self) -> str:
        """For people: the name, and what of its instructions matters to the network."""
        told = [feature for feature in _TOLD if self.has(feature)]
        return f"{self.name} ({', '.join(told) or self.features or 'as its name says'})"


def target_processor() -> Processor:
    """The processor of this machine, unless ``NUMBA_CPU_NAME`` or ``_FEATURES`` say otherwise."""
    name, features = os.environ.get(NAME_VARIABLE), os.environ.get(FEATURES_VARIABLE)
    if features is None:
        features = "" if name == "generic" else binding.get_host_cpu_features().flatten()
    return Processor(name or binding.get_host_cpu_name(), features)
