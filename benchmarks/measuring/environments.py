"""Environments of the peers: none of their packages ever meets the engine's."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

# On Linux the second brings PyTorch for graphics cards, some GB: what it is built on has no other.
REQUIREMENTS = {
    "ukis-csmask": ("ukis-csmask[cpu]==1.0.0", "rasterio"),
    "unet-mobilenetv2": ("segmentation-models-pytorch==0.6.0", "rasterio"),
}


def peer_python(peer: str, folder: Path) -> Path:
    """Python of the environment of a peer, which is made if there is none yet.

    Args:
        peer: one of ``REQUIREMENTS``.
        folder: for the environments of all peers.

    Raises:
        subprocess.CalledProcessError: something could not be installed.
    """
    home = folder / peer
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    python = home / scripts / "python"
    installed = home / ".installed"
    if not installed.exists():
        print(f"making the environment of {peer} in {home}", file=sys.stderr)
        venv.create(home, clear=True, with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *REQUIREMENTS[peer]],
            check=True,
            stdout=sys.stderr,
        )
        installed.touch()
    return python
