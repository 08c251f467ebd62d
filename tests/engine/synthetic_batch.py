"""Scenes, a model and jobs for the tests of batches."""

import os
from pathlib import Path

import numpy as np
import rasterio
import torch
from stand_ins import land

from cloudmamba.batch.plan import plan_jobs
from cloudmamba.batch.scenes import ListedScene
from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba

OPTIONS = {
    "bands": "",
    "radiometry": "auto",
    "device": "cpu",
    "model": None,
    "coarse_threshold": None,
    "refined_threshold": None,
    "acceptance_threshold": None,
    "augment": "none",
}


def write_model(path: Path, seed: int = 0, shadow: bool = False) -> Path:
    """A tiny network with random weights."""
    torch.manual_seed(seed)
    model = CloudMamba(ModelConfiguration(widths=(4, 8, 8), state_size=2, shadow=shadow))
    save_model(model, path, {"name": "tiny", "version": "3", "trained_on": "-", "licence": "-"})
    return path


def write_scene(path: Path, size_px: int = 40, seed: int = 0) -> Path:
    """Invented land as reflectance times 10000, its folder made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.round(land(size_px, size_px, seed) * 1e4).astype(np.uint16)
    profile = {"driver": "GTiff", "count": 4, "dtype": "uint16", "crs": "EPSG:32633"}
    profile |= {"transform": rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)}
    with rasterio.open(path, "w", width=size_px, height=size_px, **profile) as dataset:
        dataset.write(values)
        for number, name in enumerate(("blue", "green", "red", "nir"), start=1):
            dataset.set_band_description(number, name)
    return path


def jobs_for(scenes, folder, model, kinds=(), **options):
    """Jobs with results in ``folder``, which is made; one thread each."""
    folder.mkdir(exist_ok=True)
    listed = [ListedScene(str(scene)) for scene in scenes]
    return plan_jobs(listed, folder, kinds, OPTIONS | {"model": str(model)} | options, threads=1)


def unfinished(folder: Path) -> list[str]:
    """What no run may leave."""
    return [name for name in os.listdir(folder) if ".part" in name]
