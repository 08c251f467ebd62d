"""Which build of PyTorch fits this computer."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cloudmamba_qgis.engine_client.search_path import program_in, search_folders
from cloudmamba_qgis.translation import tr

REQUIREMENT = "torch>=2.13"  # as in the engine's pyproject.toml

# PyTorch publishes its builds here, a folder a build. The builds of pip's default index are
# others on each system (with 3 GB of CUDA libraries on Linux, without CUDA on Windows), so
# there is no other way to say which one is wanted.
BUILDS_URL = "https://download.pytorch.org/whl/"

# The order of the fields is the one that ``read_gpus`` expects.
NVIDIA_SMI_ARGUMENTS = (
    "--query-gpu=driver_version,compute_cap,name",
    "--format=csv,noheader",
)


@dataclass(frozen=True)
class Gpu:
    """An NVIDIA graphics card."""

    name: str
    driver: float
    capability: float


@dataclass(frozen=True)
class Build:
    """A build of PyTorch; without a folder it is the one of pip's own package index."""

    name: str
    folder: str
    disk_gb: float

    @property
    def index_url(self) -> str:
        """The package index that has it, empty for pip's own."""
        return BUILDS_URL + self.folder if self.folder else ""


@dataclass(frozen=True)
class Recommendation:
    """The build for this computer, and why."""

    build: Build
    reason: str


def builds(platform: str = sys.platform) -> list[Build]:
    """All that can be chosen. The disk space is that while installing, downloads included."""
    default = Build(tr("From my pip index"), "", 2.5 if platform != "linux" else 9.0)
    if platform == "darwin":
        return [default]
    return [
        Build(tr("CPU"), "cpu", 2.5),
        Build("CUDA 12.6", "cu126", 9.0),
        Build("CUDA 13.0", "cu130", 9.0),
        default,
    ]


def nvidia_smi(environment: Mapping[str, str]) -> str:
    """The program that comes with every NVIDIA driver; empty where there is no driver."""
    windows = environment.get("SYSTEMROOT")
    drivers = os.path.join(windows, "System32") if windows else "/usr/lib/wsl/lib"
    return program_in([*search_folders(environment), drivers], "nvidia-smi")


def read_gpus(output: str) -> list[Gpu]:
    """The cards in the answer of nvidia-smi; lines that tell of none are passed over."""
    gpus = []
    for line in output.splitlines():
        driver, _, rest = line.partition(",")
        capability, _, name = rest.partition(",")
        try:
            major_driver = float(".".join(driver.strip().split(".")[:2]))
            gpus.append(Gpu(name.strip(), major_driver, float(capability)))
        except ValueError:
            continue
    return gpus


def recommend(gpus: Iterable[Gpu], platform: str = sys.platform) -> Recommendation:
    """The fastest build that runs on the newest of these cards.

    CUDA 13 needs driver 580 and a Turing card (7.5) or a newer one; CUDA 12.6 has no code for
    Blackwell (10.0 and up), but runs with drivers from 528 on and on cards from Maxwell (5.0)
    on. With a build that does not fit, PyTorch fails only when the first image is computed.
    """
    by_folder = {build.folder: build for build in builds(platform)}
    if platform == "darwin":
        return Recommendation(by_folder[""], tr("the only one for macOS"))
    gpu = max(gpus, key=lambda gpu: gpu.capability, default=None)
    if gpu is None:
        return Recommendation(by_folder["cpu"], tr("no NVIDIA graphics card with a driver found"))
    facts = tr("{name}, driver {driver:.0f}").format(name=gpu.name, driver=gpu.driver)
    if gpu.capability >= 7.5 and gpu.driver >= 580:
        return Recommendation(by_folder["cu130"], facts)
    if 5.0 <= gpu.capability < 10.0 and gpu.driver >= 528:
        return Recommendation(by_folder["cu126"], facts)
    if gpu.capability < 5.0:
        reason = tr("{facts}: PyTorch no longer supports this card").format(facts=facts)
        return Recommendation(by_folder["cpu"], reason)
    needed = 580 if gpu.capability >= 10.0 else 528
    reason = tr(
        "{facts}: to use this card, update its driver to {needed} or newer and set up again"
    ).format(facts=facts, needed=needed)
    return Recommendation(by_folder["cpu"], reason)
