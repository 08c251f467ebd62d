"""The real engine through ``qgis_process``, as on a server without a window."""

import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from loading import load_module
from processing_helpers import names

ROOT = Path(__file__).resolve().parents[2]
REAL_DATA = ROOT.parent / "shared" / "data"
REAL_SCENES = (
    *(
        REAL_DATA / "scenes" / f"{name}.tif"
        for name in (
            "landsat8_LC80200392015216_dn",
            "landsat8_LC80200392015216_toa",
            "sentinel2_100301",
            "sentinel2_101429",
            "sentinel2_101657",
        )
    ),
    *(
        REAL_DATA / "manual" / "validation" / f"sentinel2_oncloudn_{number}.tif"
        for number in (1, 2)
    ),
)


class QgisProcess:
    """``qgis_process`` with the staged plugin and a profile of its own."""

    def __init__(self, plugin_folder, profile, engine):
        self._program = load_module("tools/qgis_process.py").qgis_process()
        self._environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "QGIS_CUSTOM_CONFIG_PATH": str(profile),
            "QGIS_PLUGINPATH": str(plugin_folder.parent),
            "CLOUDMAMBA_ENGINE": engine,
        }

    def start(self, *arguments):
        return subprocess.Popen(
            [self._program, *map(str, arguments)],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments):
        process = self.start(*arguments)
        answers, log = process.communicate(timeout=120)
        return process.returncode, answers, log

    def run(self, algorithm, **parameters):
        """Run an algorithm that must succeed; returns its results."""
        inputs = [f"{name}={value}" for name, value in parameters.items()]
        exit_status, answers, log = self("--json", "run", algorithm, *inputs)
        assert exit_status == 0, log + answers
        return json.loads(answers)["results"]


@pytest.fixture(scope="session")
def qgis_process(staged_plugin, engine, tmp_path_factory):
    qgis_process = QgisProcess(staged_plugin, tmp_path_factory.mktemp("profile"), engine)
    exit_status, answers, log = qgis_process("plugins", "enable", "cloudmamba_qgis")
    assert exit_status == 0, answers + log
    return qgis_process


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results ü"
    folder.mkdir()
    return folder


def read(path):
    from osgeo import gdal

    return gdal.Open(str(path)).ReadAsArray()


def georeferencing(path):
    from osgeo import gdal

    dataset = gdal.Open(str(path))
    return (
        dataset.RasterXSize,
        dataset.RasterYSize,
        dataset.GetGeoTransform(),
        dataset.GetProjection(),
    )


def test_the_same_as_the_command_line(qgis_process, engine, tiny_model, make_image, results):
    image = make_image(no_data=True)
    found = qgis_process.run(
        "cloudmamba:detectclouds",
        INPUT=image,
        MODEL=tiny_model,
        RADIOMETRY="scale:0.0001",
        BANDS="1,2,3,4",
        OUTPUT=results / "mask.tif",
        UNCERTAINTY=results / "uncertainty.tif",
        PROBABILITY=results / "probability.tif",
        STAGES=results / "stages.tif",
    )
    kinds = ("mask", "uncertainty", "probability", "stages")
    command = [engine, "-m", "cloudmamba", "detect", str(image), "--model", str(tiny_model)]
    command += ["--radiometry", "scale:0.0001", "--bands", "1,2,3,4", "--json", "--quiet"]
    for kind in kinds:
        command += [f"--{kind}", str(results / f"cli_{kind}.tif")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    summary = json.loads(printed)
    for kind in kinds:
        ours, theirs = results / f"{kind}.tif", results / f"cli_{kind}.tif"
        np.testing.assert_array_equal(read(ours), read(theirs))
        assert georeferencing(ours) == georeferencing(theirs) == georeferencing(image)

    mask, uncertainty = read(results / "mask.tif"), read(results / "uncertainty.tif")
    assert set(np.unique(mask)) == {0, 1, 255}
    np.testing.assert_array_equal(mask == 255, np.isnan(uncertainty))
    np.testing.assert_array_equal(mask == 255, np.arange(150)[None] < np.full((110, 1), 30))
    valid = mask != 255
    assert found["VALID_PERCENT"] == pytest.approx(80)
    assert found["CLOUD_PERCENT"] == pytest.approx(100 * (mask == 1).sum() / valid.sum())
    assert found["MEAN_UNCERTAINTY"] == pytest.approx(uncertainty[valid].mean(), abs=1e-5)
    assert found["CLOUD_PERCENT"] == pytest.approx(summary["cloud_percent"])
    assert found["DEVICE"]


def test_a_chain_in_a_model(qgis_process, qgis_app, plugin, tiny_model, make_image, results):
    from qgis.core import (
        QgsProcessingModelAlgorithm,
        QgsProcessingModelChildAlgorithm,
        QgsProcessingModelChildParameterSource,
        QgsProcessingModelOutput,
        QgsProcessingModelParameter,
        QgsProcessingParameterRasterLayer,
    )

    def source_of(value):
        return [QgsProcessingModelChildParameterSource.fromStaticValue(value)]

    model = QgsProcessingModelAlgorithm("Detect and reclassify", "tests")
    model.addModelParameter(
        QgsProcessingParameterRasterLayer("image", "Image"), QgsProcessingModelParameter("image")
    )
    detect = QgsProcessingModelChildAlgorithm("cloudmamba:detectclouds")
    detect.setChildId("detect")
    detect.addParameterSources(
        "INPUT", [QgsProcessingModelChildParameterSource.fromModelParameter("image")]
    )
    detect.addParameterSources("MODEL", source_of(str(tiny_model)))
    model.addChildAlgorithm(detect)
    reclassify = QgsProcessingModelChildAlgorithm("native:reclassifybytable")
    reclassify.setChildId("reclassify")
    reclassify.addParameterSources(
        "INPUT_RASTER", [QgsProcessingModelChildParameterSource.fromChildOutput("detect", "OUTPUT")]
    )
    reclassify.addParameterSources("RASTER_BAND", source_of(1))
    reclassify.addParameterSources("TABLE", source_of(["0", "0", "10", "1", "1", "20"]))
    reclassify.addParameterSources("RANGE_BOUNDARIES", source_of(2))
    output = QgsProcessingModelOutput("result", "Result")
    output.setChildId("reclassify")
    output.setChildOutputName("OUTPUT")
    reclassify.setModelOutputs({"result": output})
    model.addChildAlgorithm(reclassify)
    path = results / "detect and reclassify.model3"
    assert model.toFile(str(path))

    image, target = make_image(), results / "classes.tif"
    exit_status, answers, log = qgis_process(
        "run", path, f"image={image}", f"reclassify:result={target}", f"result={target}"
    )
    assert exit_status == 0, answers + log
    mask = results / "mask.tif"
    qgis_process.run("cloudmamba:detectclouds", INPUT=image, MODEL=tiny_model, OUTPUT=mask)
    np.testing.assert_array_equal(read(target), np.where(read(mask) == 1, 20, 10))


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"INPUT": "text.tif"}, "text.tif"),
        ({"INPUT": "missing.tif"}, "missing.tif"),
        ({"BANDS": "1,2,9"}, "There is no band 9: the raster has bands 1 to 4."),
        ({"RADIOMETRY": "reflectance"}, "The values cannot be 'reflectance'"),
        ({"MODEL": "text.tif"}, "cannot be read as a model file"),
        ({"OUTPUT": "mask.img"}, "is no name for a GeoTIFF"),
        ({"OUTPUT": "scene.tif"}, "is an input as well"),
        ({"OUTPUT": "/proc/mask.tif"}, "cannot be written"),
    ],
)
def test_bad_input_is_one_sentence(
    qgis_process, tiny_model, make_image, results, parameters, sentence
):
    image = make_image()
    (image.parent / "text.tif").write_text("no raster")
    before = {path.name: path.read_bytes() for path in image.parent.iterdir()}
    given = {"INPUT": "scene.tif", "OUTPUT": "mask.tif", "MODEL": tiny_model, **parameters}
    for name in ("INPUT", "OUTPUT", "MODEL"):
        given[name] = image.parent / given[name]
    exit_status, answers, log = qgis_process(
        "run", "cloudmamba:detectclouds", *(f"{name}={value}" for name, value in given.items())
    )
    assert exit_status != 0
    assert sentence in answers + log
    assert "Traceback" not in answers + log
    left = {path.name: path.read_bytes() for path in image.parent.iterdir()}
    left.pop("scene.tif.aux.xml", None)  # statistics that QGIS keeps beside what it opens
    assert left == before
    assert names(results) == []


def test_qgis_killed_mid_run_takes_the_engine_with_it(
    qgis_process, tiny_model, make_image, results
):
    image = make_image(width=3000, height=3000)
    process = qgis_process.start(
        "run", "cloudmamba:detectclouds", f"INPUT={image}", f"OUTPUT={results / 'mask.tif'}",
        f"MODEL={tiny_model}",
    )  # fmt: skip
    wait_for(lambda: any(name.endswith(".part.tif") for name in names(results)))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not names(results))


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


def test_relative_paths_are_those_of_the_shell(
    qgis_process, tiny_model, make_image, results, monkeypatch
):
    image = make_image()
    monkeypatch.chdir(image.parent)
    mask = os.path.join(os.pardir, results.name, "mask.tif")
    model = os.path.relpath(tiny_model)
    qgis_process.run("cloudmamba:detectclouds", INPUT=image.name, OUTPUT=mask, MODEL=model)
    assert {"mask.qml", "mask.tif"} <= set(names(results))
    assert georeferencing(results / "mask.tif") == georeferencing(image)


@pytest.mark.parametrize("name", ["pi|pe.tif", "scene.zip"])
def test_bars_in_names_and_relative_archives(
    qgis_process, tiny_model, make_image, results, monkeypatch, name
):
    image = make_image()
    monkeypatch.chdir(image.parent)
    if name.endswith(".zip"):
        with zipfile.ZipFile(name, "w") as archive:
            archive.write(image.name, f"sub dir/{image.name}")
    else:
        image.rename(name)
    mask = results / "mask.tif"
    qgis_process.run("cloudmamba:detectclouds", INPUT=name, OUTPUT=mask, MODEL=tiny_model)
    assert set(np.unique(read(mask))) == {0, 1}


DETECT_ALL = """
import json, sys
from cloudmamba.detection.pipeline import detect
from cloudmamba.detection.request import DetectionRequest

for arguments in json.loads(sys.argv[1]):
    detect(DetectionRequest(**arguments))
"""


@pytest.fixture(scope="module")
def real_model(engine, tiny_model):
    """The parameter that chooses the shipped default model, or an untrained one without it."""
    shipped = (ROOT / "engine" / "cloudmamba" / "weights").glob("*.safetensors")
    return {} if any(shipped) else {"MODEL": tiny_model}


@pytest.fixture(scope="module")
def real_scenes(tmp_path_factory):
    """Copies of the real scenes that are there: QGIS keeps statistics beside what it opens."""
    folder = tmp_path_factory.mktemp("scenes")
    return {
        path: shutil.copyfile(path, folder / path.name) for path in REAL_SCENES if path.exists()
    }


@pytest.fixture(scope="module")
def masks_of_the_engine(engine, real_model, real_scenes, tmp_path_factory):
    """Masks of all scenes by the engine without QGIS, in one process to load it once."""
    folder = tmp_path_factory.mktemp("engine")
    masks = {path: folder / copy.name for path, copy in real_scenes.items()}
    model = {name.lower(): str(value) for name, value in real_model.items()}
    requests = [
        {"input_path": str(real_scenes[path]), "mask_path": str(mask), **model}
        for path, mask in masks.items()
    ]
    subprocess.run([engine, "-c", DETECT_ALL, json.dumps(requests)], check=True)
    return masks


@pytest.mark.parametrize("path", REAL_SCENES, ids=lambda path: path.stem)
def test_real_scenes(qgis_process, masks_of_the_engine, real_scenes, real_model, results, path):
    if path not in real_scenes:
        pytest.skip(f"the real image {path.name} (../shared/data) is not on this machine")
    scene, mask = real_scenes[path], results / "mask.tif"
    found = qgis_process.run("cloudmamba:detectclouds", INPUT=scene, OUTPUT=mask, **real_model)
    assert georeferencing(mask) == georeferencing(scene)
    values = read(mask)
    assert set(np.unique(values)) <= {0, 1, 255}
    np.testing.assert_array_equal(values, read(masks_of_the_engine[path]))
    valid = values != 255
    assert valid.any()
    assert found["VALID_PERCENT"] == pytest.approx(100 * valid.mean())
    assert found["CLOUD_PERCENT"] == pytest.approx(100 * (values[valid] == 1).mean())
