"""Pictures of 8 bits are masked by the model that the chosen one names for them, everything else is not."""

import dataclasses

import numpy as np
import pytest
import rasterio
import torch

from cloudmamba import model_files
from cloudmamba.cli import main
from cloudmamba.commands.environment import load_masker
from cloudmamba.data.images import read_record
from cloudmamba.data.index import read_index
from cloudmamba.detection import DetectionRequest, detect
from cloudmamba.detection.prediction import Thresholds
from cloudmamba.detection.trial import read_thumbnails, try_readings
from cloudmamba.errors import InputError, ModelError
from cloudmamba.evaluation.maskers import ModelMasker
from cloudmamba.evaluation.probes import probe
from cloudmamba.inference.devices import resolve_device
from cloudmamba.inference.prepared_model import PreparedModel
from cloudmamba.masker import CloudMasker
from cloudmamba.model_files import checksums, load_model, save_model, shipped_models
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.scene.interpretation import interpret
from cloudmamba.scene.reader import Scene

CARD = {"version": "1", "trained_on": "-", "licence": "-"}


def saved(path, bias, **card):
    """A network that answers with its bias alone."""
    network = CloudMamba(ModelConfiguration(widths=(4, 4), state_size=1, mixer="none"))
    with torch.no_grad():
        for head in (network.head, network.refiner.head):
            head.weight.zero_()
            head.bias.fill_(bias)
    save_model(network, path, {**CARD, **card})
    return path


@pytest.fixture
def both(tmp_path, monkeypatch):
    """A model that says clear, and leaves pictures to a shipped one that says cloud."""
    folder = tmp_path / "models"
    folder.mkdir()
    pictures = saved(folder / "cloudy.safetensors", 5.0, name="cloudy")
    monkeypatch.setattr(model_files, "shipped_models", lambda: {"cloudy": pictures})
    return saved(folder / "clear.safetensors", -5.0, name="clear", for_pictures="cloudy")


@pytest.fixture
def picture(write_raster):
    values = np.random.default_rng(1).integers(0, 256, (3, 70, 90), dtype=np.uint8)
    return write_raster(values, "picture.tif", ("red", "green", "blue"))


@pytest.fixture
def image(write_raster):
    values = np.random.default_rng(2).integers(100, 6000, (4, 70, 90), dtype=np.uint16)
    return write_raster(values, "image.tif")


@pytest.mark.parametrize("radiometry", ["auto", "picture"])
def test_a_picture_is_masked_by_the_other_model(both, picture, tmp_path, radiometry):
    mask = tmp_path / "mask.tif"
    summary = detect(
        DetectionRequest(str(picture), mask, radiometry=radiometry, model=str(both), device="cpu")
    )
    assert (summary.model, summary.cloud_percent) == ("cloudy", 100)
    with rasterio.open(mask) as file:
        assert file.tags()["MODEL"] == "cloudy"
        assert file.tags()["MODEL_CHECKSUM"] == load_model("cloudy")[1]["checksum"]


def test_what_is_no_picture_is_masked_by_the_model_itself(both, image, picture, tmp_path):
    mask = tmp_path / "mask.tif"
    for path, radiometry in ((image, "sentinel2"), (picture, "scale:0.002")):
        summary = detect(
            DetectionRequest(str(path), mask, radiometry=radiometry, model=str(both), device="cpu")
        )
        assert (summary.model, summary.cloud_percent) == ("clear", 0)


def test_the_other_model_can_be_named_for_anything(both, image, tmp_path):
    request = DetectionRequest(str(image), tmp_path / "mask.tif", model="cloudy", device="cpu")
    summary = detect(dataclasses.replace(request, radiometry="sentinel2"))
    assert (summary.model, summary.cloud_percent) == ("cloudy", 100)


def test_pictures_in_memory(both):
    masker = CloudMasker.load(both, "cpu")
    image = np.full((3, 40, 40), 90, np.uint8)
    assert (masker.predict(image, radiometry="picture").mask == 1).all()
    assert (masker.predict(image, radiometry="scale:0.002").mask == 0).all()


def test_it_is_loaded_once_and_computes_alike(both, monkeypatch):
    prepared = PreparedModel.load(both, resolve_device("cpu"))
    assert prepared.suited_to(False) is prepared
    other = prepared.suited_to(True)
    assert (other.name, other.device, other.compute) == (
        "cloudy",
        prepared.device,
        prepared.compute,
    )
    monkeypatch.setattr(PreparedModel, "load", None)
    assert prepared.suited_to(True) is other and other.suited_to(True) is other


def test_a_thumbnail_is_masked_as_the_whole_would_be(both, picture):
    prepared = PreparedModel.load(both, resolve_device("cpu"))
    with Scene(str(picture)) as scene:
        found = interpret(scene, "", "picture", lambda: None)
        thumbnails = read_thumbnails(scene, found, lambda: None)
        thresholds = Thresholds.of(prepared.configuration)
        (trial,) = try_readings(found, thumbnails, prepared, thresholds, lambda: None)
    assert trial.cloud_percent == 100


def test_pictures_of_a_data_folder(both, picture, image, tmp_path):
    (tmp_path / "index.csv").write_text(
        "image,label,bands,sensor,level,gsd_m,scale,offset,site\n"
        f"{picture.name},{picture.name},red green blue,-,8-bit picture,30,,,\n"
        f"{image.name},{image.name},blue green red nir,-,L1C,10,0.0001,0,\n"
    )
    for record, name, cloud in zip(read_index(tmp_path), ("picture", "image"), (1, 0), strict=True):
        with rasterio.open(record.label_path) as file:
            shape = file.shape
        label = np.zeros(shape, np.uint8)
        labelled = dataclasses.replace(record, label_path=tmp_path / f"{name}_label.tif")
        with rasterio.open(
            labelled.label_path, "w", "GTiff", shape[1], shape[0], 1, dtype="uint8"
        ) as file:
            file.write(label, 1)
        masker = ModelMasker("both", load_masker(both, "cpu"))
        read = read_record(labelled)
        assert read.is_picture == (name == "picture")
        assert (masker(read).mask == cloud).all()
        assert masker.metadata["for_pictures"] == "cloudy 1"
        assert masker.metadata["for_pictures_checksum"] == load_model("cloudy")[1]["checksum"]
        assert probe(masker.model, [read]).changes["mirrored"].changed == 0


def test_results_of_a_batch_depend_on_both(both, tmp_path):
    first = checksums(both)
    assert first.split() == [load_model(both)[1]["checksum"], load_model("cloudy")[1]["checksum"]]
    saved(shipped("cloudy"), 4.0, name="cloudy")
    assert checksums(both) != first
    assert checksums("cloudy") == load_model("cloudy")[1]["checksum"]


def shipped(name):
    return model_files.shipped_models()[name]


def test_a_model_that_is_not_there_is_one_sentence(both, tmp_path, picture):
    path = saved(tmp_path / "m.safetensors", 0.0, name="lost", for_pictures="../../elsewhere")
    request = DetectionRequest(str(picture), tmp_path / "mask.tif", radiometry="picture")
    with pytest.raises(ModelError, match="'lost' leaves pictures to '../../elsewhere', which"):
        detect(dataclasses.replace(request, model=str(path), device="cpu"))
    assert not (tmp_path / "mask.tif").exists()


def test_shipped_models_that_stand_in_are_of_one_shape():
    pairs = [
        (load_model(path), load_model(other))
        for path in shipped_models().values()
        if (other := model_files.model_for_pictures(load_model(path)[1])) is not None
    ]
    assert pairs
    for (model, card), (other, other_card) in pairs:
        temperatures = {"temperature": model.configuration.temperature}
        assert dataclasses.replace(other.configuration, **temperatures) == model.configuration
        assert model_files.FOR_PICTURES not in other_card and other_card["name"] != card["name"]


def test_calibration_is_of_the_model_that_masks_the_images(both, picture, tmp_path, capsys):
    (tmp_path / "index.csv").write_text(
        "image,label,bands,sensor,level,gsd_m,scale,offset,site\n"
        f"manual/train/{picture.name},,red green blue,-,8-bit picture,30,,,\n"
    )
    output = tmp_path / "calibrated.safetensors"
    arguments = ["--model", str(both), "--subset", "manual/train", "--output", str(output)]
    assert main(["calibrate", str(tmp_path), *arguments]) == InputError.exit_status
    assert "which 'clear' leaves to 'cloudy': calibrate that model" in capsys.readouterr().err
    assert not output.exists()
