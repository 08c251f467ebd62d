"""Fixtures for the tests of detection."""

import warnings

import pytest
import rasterio
import torch
from rasterio.errors import NotGeoreferencedWarning
from stand_ins import BrightnessModel

from cloudmamba.commands.environment import compute_options
from cloudmamba.inference import precision, precision_for
from cloudmamba.inference.devices import instruction_sets, processor_name


def pytest_report_header(config):
    """Which processor the tests saw, and what of it they used."""
    asked = compute_options().precision
    used = str(precision_for(torch.device("cpu"), asked)).removeprefix("torch.")
    return f"processor: {processor_name()}; {instruction_sets()}; {used}"


@pytest.fixture(autouse=True)
def in_the_precision_that_is_asked_for(monkeypatch):
    """``CLOUDMAMBA_PRECISION=bfloat16``, which commands read, holds for what stands below them, too."""
    if compute_options().precision == "bfloat16":
        monkeypatch.setattr(precision, "_multiplies_bfloat16", lambda device: True)


@pytest.fixture
def brightness_model():
    return BrightnessModel().eval()


@pytest.fixture
def narrow(monkeypatch):
    """The compared networks made meanwhile have few channels: no layer is missing, none is slow."""
    from cloudmamba.compared import (
        boundary_nets,
        cloud_unet,
        dcnet,
        deeplabv3plus,
        umamba,
        unet,
        vm_unet,
    )

    for module, widths in (
        (unet, (8, 16, 32, 64, 128)),
        (deeplabv3plus, (8, 8, 8, 8, 8)),
        (dcnet, (8, 16, 32, 64, 128)),
        (boundary_nets, (8, 16, 16, 24, 24, 24)),
        (cloud_unet, (8, 16, 32, 64, 128)),
        (vm_unet, (8, 16, 32, 64)),
    ):
        monkeypatch.setattr(module, "WIDTHS", widths)
    monkeypatch.setattr(deeplabv3plus, "_CHANNELS", 16)
    monkeypatch.setattr(deeplabv3plus, "_LOW_CHANNELS", 8)
    monkeypatch.setattr(umamba, "_FIRST_WIDTH", 4)
    monkeypatch.setattr(umamba, "_LARGEST_WIDTH", 16)


@pytest.fixture
def write_raster(tmp_path):
    """Write (bands, height, width) to a file in the test's folder and give its path."""

    def write(values, name="scene.tif", descriptions=("blue", "green", "red", "nir"), **profile):
        path = tmp_path / name
        before_closing = profile.pop("before_closing", None)
        profile = {"driver": "GTiff", "crs": "EPSG:32633", **profile}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(
                path,
                "w",
                count=values.shape[0],
                height=values.shape[1],
                width=values.shape[2],
                dtype=values.dtype,
                **profile,
            ) as dataset:
                dataset.write(values)
                for number, description in enumerate(descriptions[: len(values)], start=1):
                    dataset.set_band_description(number, description)
                if before_closing:
                    before_closing(dataset)
        return path

    return write
