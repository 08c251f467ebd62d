"""The real engine from inside QGIS: stopped, killed, over and over, on odd rasters."""

import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from processing_helpers import Feedback, names, run, run_algorithm


@pytest.fixture(autouse=True)
def _loaded(plugin, engine):
    """The plugin is loaded and there is an engine."""


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


def child_processes():
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state_and_parent = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(state_and_parent[1]) == os.getpid() and state_and_parent[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def read(path):
    from osgeo import gdal

    return gdal.Open(str(path)).ReadAsArray()


def test_batch(tiny_model, make_image, results):
    image = make_image()
    masks = []
    for number in range(2):
        found = run(
            {
                "INPUT": str(image),
                "MODEL": str(tiny_model),
                "OUTPUT": str(results / f"mask_{number}.tif"),
            }
        )
        masks.append(read(found["OUTPUT"]))
    np.testing.assert_array_equal(*masks)
    assert len(child_processes()) == 1, "one engine serves all runs"


UNDECIDED = """
import sys, torch
from cloudmamba.model_files import load_model, save_model

model, card = load_model(sys.argv[1])
with torch.no_grad():
    model.head.weight.zero_()
    model.head.bias.zero_()
save_model(model, sys.argv[2], card)
"""


@pytest.mark.parametrize("acceptance", [1.0, 0.9999])
def test_a_first_stage_at_one_half_is_adjusted_as_it_was_detected(
    engine, tiny_model, make_image, results, acceptance
):
    undecided = results / "undecided.safetensors"
    subprocess.run([engine, "-c", UNDECIDED, str(tiny_model), str(undecided)], check=True)
    thresholds = {
        "COARSE_THRESHOLD": 0.4,
        "REFINED_THRESHOLD": 0.6,
        "ACCEPTANCE_THRESHOLD": acceptance,
    }
    detected = run(
        {
            "INPUT": str(make_image()),
            "MODEL": str(undecided),
            "STAGES": str(results / "stages.tif"),
            "OUTPUT": str(results / "mask.tif"),
            **thresholds,
        }
    )
    again = {"STAGES": detected["STAGES"], "OUTPUT": str(results / "again.tif"), **thresholds}
    adjusted = run_algorithm("rethreshold", again)
    first, uncertainty, accepted, second = read(detected["STAGES"])
    assert (first == 0.5).all() and (uncertainty == 1).all()
    assert (accepted == (acceptance == 1)).all()
    expected = first > 0.4 if acceptance == 1 else second > np.float32(0.6)
    np.testing.assert_array_equal(read(detected["OUTPUT"]), expected)
    np.testing.assert_array_equal(read(adjusted["OUTPUT"]), expected)


def test_cancel_mid_run(tiny_model, make_image, results):
    from qgis.core import QgsProcessingException

    mask = results / "mask.tif"
    mask.write_bytes(b"of yesterday")
    feedback = Feedback(cancel_at=5)
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run(
            {
                "INPUT": str(make_image(width=2500, height=2500)),
                "MODEL": str(tiny_model),
                "OUTPUT": str(mask),
                "UNCERTAINTY": str(results / "uncertainty.tif"),
            },
            feedback,
        )
    assert 5 <= max(feedback.progress) < 100
    assert names(results) == ["mask.tif"]
    assert mask.read_bytes() == b"of yesterday"
    assert len(child_processes()) == 1, "the engine stays for the next run"


def test_engine_killed_mid_run(tiny_model, make_image, results):
    from qgis.core import QgsProcessingException

    feedback = Feedback()
    unfinished = []

    def kill_engine(progress):
        if not unfinished:
            unfinished.extend(names(results))
            (engine,) = child_processes()
            os.kill(engine, signal.SIGKILL)

    feedback.qgis.progressChanged.connect(kill_engine)
    with pytest.raises(QgsProcessingException, match="killed or crashed before it finished"):
        run(
            {
                "INPUT": str(make_image(width=2500, height=2500)),
                "MODEL": str(tiny_model),
                "OUTPUT": str(results / "mask.tif"),
                "UNCERTAINTY": str(results / "uncertainty.tif"),
            },
            feedback,
        )
    assert len([name for name in unfinished if name.endswith(".part.tif")]) == 2
    assert names(results) == []


@pytest.mark.parametrize(
    "oddity",
    [
        {"width": 90, "height": 1},
        {"geotransform": (500000, 8, 6, 5000000, 6, -8)},
        {"epsg": None},
        {"epsg": None, "geotransform": ()},
    ],
    ids=["one row", "rotated", "no CRS", "not georeferenced"],
)
def test_odd_rasters(tiny_model, make_image, results, oddity):
    from osgeo import gdal

    image = make_image("Bild – №1 ☁.tif", **oddity)
    found = run(
        {"INPUT": str(image), "MODEL": str(tiny_model), "OUTPUT": str(results / "Maske ☁.tif")}
    )
    source, mask = gdal.Open(str(image)), gdal.Open(found["OUTPUT"])
    assert (mask.RasterXSize, mask.RasterYSize) == (source.RasterXSize, source.RasterYSize)
    assert mask.GetGeoTransform() == source.GetGeoTransform()
    assert mask.GetProjection() == source.GetProjection()


def test_mask_band_has_names_and_colours(tiny_model, make_image, results):
    from osgeo import gdal

    found = run(
        {
            "INPUT": str(make_image()),
            "MODEL": str(tiny_model),
            "OUTPUT": str(results / "mask.tif"),
        }
    )
    dataset = gdal.Open(found["OUTPUT"])
    band = dataset.GetRasterBand(1)
    assert band.GetNoDataValue() == 255
    assert [name.lower() for name in band.GetCategoryNames()][:2] == ["clear", "cloud"]
    assert band.GetColorTable() is not None
