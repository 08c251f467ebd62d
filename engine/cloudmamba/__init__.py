"""CloudMamba: uncertainty-guided, dual-scale Mamba cloud detection for satellite images.

>>> from cloudmamba import CloudMasker
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloudmamba.detection import DetectionRequest, detect
    from cloudmamba.masker import CloudMasker
    from cloudmamba.model_files import load_model

__version__ = "0.1.0"

# Loaded when first used: they bring PyTorch, which `cloudmamba --help` does without.
_HOMES = {
    "CloudMasker": "cloudmamba.masker",
    "DetectionRequest": "cloudmamba.detection",
    "detect": "cloudmamba.detection",
    "load_model": "cloudmamba.model_files",
}

__all__ = ["CloudMasker", "DetectionRequest", "__version__", "detect", "load_model"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'cloudmamba' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
