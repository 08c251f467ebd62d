"""The paper's Figures 4 to 6 as PNG."""

import dataclasses
import itertools

import numpy as np
import pytest
from rasterio.io import MemoryFile
from synthetic_data import make_data_folder

from cloudmamba.classes import NO_DATA
from cloudmamba.cli import main
from cloudmamba.compared import ComparedConfiguration, ComparedModel
from cloudmamba.data.images import read_record
from cloudmamba.data.index import read_index
from cloudmamba.detection.prediction import Thresholds
from cloudmamba.errors import InputError
from cloudmamba.evaluation.maskers import ModelMasker
from cloudmamba.evaluation.report.figures import figure_of_masks, figure_of_stages
from cloudmamba.evaluation.report.pictures import (
    CLEAR_COLOUR,
    CLOUD_COLOUR,
    coarse_mask,
    mask_colours,
    refined_mask,
)
from cloudmamba.evaluation.report.sheet import MASK_OUTLINE, REFERENCE_OUTLINE, ContactSheet
from cloudmamba.masker import CloudMasker
from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba

pytest.importorskip("PIL", reason="figures need Pillow")
CARD = {"name": "n", "version": "1", "trained_on": "t", "licence": "l"}
SUBSET = "manual/validation"


@pytest.fixture
def data(tmp_path):
    return make_data_folder(tmp_path / "data")


def images_of(data):
    return [read_record(record) for record in read_index(data) if record.folder == SUBSET]


def pixels_of(png: bytes) -> np.ndarray:
    with MemoryFile(png) as memory, memory.open() as picture:
        return np.moveaxis(picture.read(), 0, -1)


def panel(picture: np.ndarray, line: int, column: int) -> np.ndarray:
    """One of the panels of 64 x 64, as ``figures`` lays them out."""
    top, left = 40 + line * (64 + 22), 6 + column * (64 + 6)
    return picture[top : top + 64, left : left + 64]


def test_masks_stand_side_by_side(data, brightness_model):
    images = images_of(data)
    masker = ModelMasker("a title that is wider than its panel", CloudMasker.of(brightness_model))

    picture = pixels_of(figure_of_masks(images, [masker, masker]))

    assert picture.shape == (40 + 2 * (64 + 22) + 6, 4 * 64 + 5 * 6, 3)
    for line, image in enumerate(images):
        assert np.array_equal(panel(picture, line, 1), mask_colours(image.label))
        for column in (2, 3):
            assert np.array_equal(panel(picture, line, column), mask_colours(masker(image).mask))
    # There is writing above every panel.
    assert all((picture[:40, 6 + c * 70 : 70 + c * 70] < 128).any() for c in range(4))
    # Without the images all else is where it was, one place further left.
    bare = pixels_of(figure_of_masks(images, [masker, masker], show_image=False))
    for line, column in itertools.product(range(len(images)), range(3)):
        assert np.array_equal(panel(bare, line, column), panel(picture, line, column + 1))


def test_all_nine_stages_are_there(data, brightness_model):
    image = images_of(data)[0]
    masker = ModelMasker("m", CloudMasker.of(brightness_model))

    picture = pixels_of(figure_of_stages([image], masker))

    answer, thresholds = masker(image), masker.thresholds
    prediction = answer.prediction
    assert picture.shape[1] == 9 * 64 + 10 * 6
    for column, mask in (
        (1, image.label),
        (3, coarse_mask(prediction, thresholds)),
        (7, refined_mask(prediction, thresholds)),
        (8, answer.mask),
    ):
        assert np.array_equal(panel(picture, 0, column), mask_colours(mask))
    for column, values in (
        (2, prediction.coarse_probability),
        (5, prediction.accepted),
        (6, prediction.refined_probability),
    ):
        assert np.array_equal(panel(picture, 0, column)[..., 0], (255 * values).astype(np.uint8))


def test_stages_are_thresholded_by_their_own_thresholds(data, brightness_model):
    prediction = ModelMasker("m", CloudMasker.of(brightness_model))(images_of(data)[0]).prediction
    thresholds = Thresholds(coarse=0.3, refined=0.7, acceptance=0.4)

    coarse, refined = coarse_mask(prediction, thresholds), refined_mask(prediction, thresholds)

    assert np.array_equal(coarse == 1, prediction.coarse_probability > 0.3)
    assert np.array_equal(refined == 1, prediction.refined_probability > 0.7)
    assert CLEAR_COLOUR != CLOUD_COLOUR


def test_a_sheet_outlines_the_mask_over_each_image(data, brightness_model):
    # So bright that the first stage is sure.
    images = [dataclasses.replace(i, reflectance=1.7 * i.reflectance) for i in images_of(data)]
    images[1] = dataclasses.replace(images[1], label=np.full_like(images[1].label, NO_DATA))
    masker = ModelMasker("m", CloudMasker.of(brightness_model))
    sheet = ContactSheet(masker, 3, columns=2)
    for image in (*images, images[0]):
        sheet.add(image)
    picture = pixels_of(sheet.png())

    assert picture.shape == (22 + 6 + 2 * (256 + 22), 2 * 256 + 3 * 6, 3)
    for number, image in enumerate((*images, images[0])):
        line, column = divmod(number, 2)
        top, left = 28 + line * 278, 6 + column * 262
        cell = picture[top : top + 256, left : left + 256]
        # Images of 64 pixels are shown four times as large.
        cloud = np.kron(masker(image).mask == 1, np.ones((4, 4), bool))
        inner = cloud.copy()
        for axis in (0, 1):
            for step in (1, -1):
                inner &= np.roll(cloud, step, axis)
        outlined = (cell == MASK_OUTLINE).all(-1)
        assert outlined.any() and np.array_equal(outlined, cloud & ~inner)
        # The reference lies where the mask does, or is not there.
        assert not (cell == REFERENCE_OUTLINE).all(-1).any()


def test_the_sheet_of_a_subset(data, tmp_path, capsys):
    weights = tmp_path / "m.safetensors"
    save_model(CloudMamba(ModelConfiguration(widths=(4, 8), state_size=1)), weights, CARD)
    output = tmp_path / "sheet.png"
    arguments = ["figure", "sheet", str(data), "--output", str(output), "--model", str(weights)]
    # Of eight images every second one.
    assert main([*arguments, "--subset", "clear", "--count", "4", "--columns", "3"]) == 0
    assert pixels_of(output.read_bytes()).shape == (28 + 2 * 278, 3 * 262 + 6, 3)
    output.unlink()
    assert main([*arguments, "--subset", "clear", "--images", "c3"]) == 0
    assert pixels_of(output.read_bytes()).shape == (28 + 278, 268, 3)
    output.unlink()
    assert main([*arguments, "--subset", "nowhere"]) == 3
    assert "no images in 'nowhere'" in capsys.readouterr().err


def test_commands(data, tmp_path, capsys):
    single, double = tmp_path / "single.safetensors", tmp_path / "double.safetensors"
    save_model(ComparedModel(ComparedConfiguration("cloudsegnet")), single, CARD)
    save_model(CloudMamba(ModelConfiguration(widths=(4, 8), state_size=1)), double, CARD)
    output = tmp_path / "figure.png"

    def figure(kind, *options):
        arguments = ["figure", kind, str(data), "--subset", SUBSET, "--images", "v1", "v0"]
        return main([*arguments, "--output", str(output), "--model", *map(str, options)])

    assert figure("masks", single, f"mine={double}") == 0
    assert pixels_of(output.read_bytes()).shape == (40 + 2 * 86 + 6, 4 * 64 + 30, 3)
    output.unlink()
    assert figure("masks", single, "--without-image") == 0
    assert pixels_of(output.read_bytes()).shape[1] == 2 * 64 + 18
    assert figure("stages", double) == 4
    assert "exists" in capsys.readouterr().err
    output.unlink()
    assert figure("stages", double) == 0
    assert pixels_of(output.read_bytes()).shape[1] == 9 * 64 + 60
    output.unlink()
    assert figure("stages", single) == 3
    assert "'CloudSegNet' has one stage" in capsys.readouterr().err
    assert main(["figure", "masks", str(data), "--output", str(output), "--images", "v0",
                 "--model", str(single)]) == 3  # fmt: skip
    assert "no images in 'manual/test'" in capsys.readouterr().err
    assert not output.exists()


def test_without_pillow_the_way_out_is_named(data, brightness_model, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)

    with pytest.raises(InputError, match=r"pip install .\.\[figures\]"):
        figure_of_masks(images_of(data)[:1], [ModelMasker("m", CloudMasker.of(brightness_model))])
