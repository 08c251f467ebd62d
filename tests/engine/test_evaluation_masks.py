"""Existing masks against references: codes, grids, boundaries, and the hard subset."""

import dataclasses
import json
import math

import numpy as np
import pytest
import rasterio
from synthetic_data import make_data_folder, scene, write_raster

from cloudmamba.cli import main
from cloudmamba.data.codes import MaskCodes
from cloudmamba.data.images import read_mask, read_record
from cloudmamba.data.index import read_index
from cloudmamba.errors import InputError
from cloudmamba.evaluation.boundary import BoundaryMatch, dilate
from cloudmamba.evaluation.hard_subset import HardSubset
from cloudmamba.evaluation.maskers import ModelMasker, ThresholdMasker
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.evaluation.scoring import Crop, ImageScore, Settings, pool, score, score_answer
from cloudmamba.masker import CloudMasker

ALL = np.ones((9, 9), bool)


def square(top, left, size=3, shape=(9, 9)):
    mask = np.zeros(shape, bool)
    mask[top : top + size, left : left + size] = True
    return mask


def write_masks(folder, data, change=lambda label: label):
    """The labels of the validation images, changed, as masks of some program."""
    for record in read_index(data):
        if record.folder == "manual/validation":
            _, label = record.read()
            write_raster(folder / f"{record.name}.tif", change(label)[None])
    return folder


def test_dilation_is_a_disc():
    centre = square(4, 4, size=1)
    y, x = np.mgrid[:9, :9]
    distance = np.hypot(y - 4, x - 4)
    for radius in (1, 1.5, 2, 3):
        np.testing.assert_array_equal(dilate(centre, radius), distance <= radius)
    assert dilate(square(0, 0, size=1), 1).sum() == 3  # cut off at the edge of the image


def test_boundary_of_a_square_is_its_rim():
    match = BoundaryMatch.of(square(3, 3), square(3, 3), ALL, 1)
    assert match == BoundaryMatch(8, 8, 8, 8)
    assert match.f1 == 1


def test_boundary_f1_by_hand():
    # One pixel to the right: all but three rim pixels of each have one of the other within 0.5.
    shifted = BoundaryMatch.of(square(3, 4), square(3, 3), ALL, 0.5)
    # Rims share the pixels at (3, 4), (3, 5), (5, 4), (5, 5).
    assert shifted == BoundaryMatch(8, 4, 8, 4)
    assert shifted.f1 == pytest.approx(0.5)
    assert BoundaryMatch.of(square(3, 4), square(3, 3), ALL, 1).f1 == 1
    assert (shifted + shifted).f1 == pytest.approx(0.5)
    assert BoundaryMatch(10, 5, 4, 4).f1 == pytest.approx(2 * 0.5 * 1 / 1.5)


def test_boundary_is_not_defined_without_boundaries_and_zero_with_one():
    assert math.isnan(BoundaryMatch.of(ALL, ALL, ALL, 2).f1)
    assert BoundaryMatch.of(ALL, square(3, 3), ALL, 2).f1 == 0
    assert BoundaryMatch.of(square(0, 0), square(6, 6), ALL, 1).f1 == 0


def test_unlabelled_pixels_make_no_boundary_and_hide_what_is_near():
    labelled = ALL.copy()
    labelled[:, 5:] = False
    cloud = square(0, 3, size=9)
    # Cloud in columns 3 and 4 of the labelled part: boundary in column 3, none at column 4.
    near = BoundaryMatch.of(cloud, cloud, labelled, 1)
    assert near == BoundaryMatch(9, 9, 9, 9)
    # Column 3 is two pixels from column 5, where what it matches could be.
    assert BoundaryMatch.of(cloud, cloud, labelled, 2) == BoundaryMatch()


def test_codes_are_read_and_checked(tmp_path):
    codes = MaskCodes.parse("clear=0,128 cloud=255 no-data=7")
    assert codes == MaskCodes((0, 128), (255,), (7,))
    assert MaskCodes.parse(str(codes)) == codes
    numbers = np.array([[0, 128, 255, 7]])
    assert codes.decode(numbers, tmp_path).tolist() == [[0, 0, 1, 255]]
    with pytest.raises(InputError, match=r"numbers 9, which are none of clear=0,128"):
        codes.decode(np.array([[9]]), tmp_path)
    assert codes.decode(np.array([[9.0, np.nan]]), tmp_path, 9).tolist() == [[255, 255]]
    # What the file declares does not overrule a code: many declare 0.
    assert codes.decode(np.array([[0]]), tmp_path, 0).tolist() == [[0]]


def test_masks_of_products_that_are_saved_as_floats_are_read(tmp_path, write_raster):
    scl = write_raster(np.array([[[4, 9, np.nan, 0, -9999]]], np.float32), "scl.tif")
    assert read_mask(scl, MaskCodes.parse("scl")).tolist() == [[0, 1, 255, 255, 255]]
    numbers = np.array([[[21824, 22280, 1, np.nan, np.inf, -3.4e38]]], np.float32)
    qa = write_raster(numbers, "qa.tif")
    assert read_mask(qa, MaskCodes.parse("qa_pixel")).tolist() == [[0, 1, 255, 255, 255, 255]]
    # Clear, cloud, and no data in one of the eight bands.
    udm2 = np.zeros((8, 1, 3), np.float32)
    udm2[5, 0, 1], udm2[0, 0, 2] = 1, np.nan
    path = write_raster(udm2, "udm2.tif")
    assert read_mask(path, MaskCodes.parse("udm2")).tolist() == [[0, 1, 255]]
    averaged = write_raster(np.array([[[4, 6.5]]], np.float32), "averaged.tif")
    with pytest.raises(
        InputError, match=r"averaged.tif' holds the number 6.5, but .* scl has whole"
    ):
        read_mask(averaged, MaskCodes.parse("scl"))


@pytest.mark.parametrize("text", ["", "cloud", "cloud=1", "clear=0 cloud=x", "clear=0 fog=1"])
def test_wrong_codes_are_explained(text):
    with pytest.raises(InputError, match=r"mask codes"):
        MaskCodes.parse(text)


def test_a_code_cannot_mean_two_things():
    with pytest.raises(InputError, match="twice"):
        MaskCodes.parse("clear=0,1 cloud=1")


def test_masks_of_a_folder_are_scored(tmp_path, capsys):
    data = make_data_folder(tmp_path / "data")
    right = write_masks(tmp_path / "right", data)
    inverse = write_masks(tmp_path / "inverse", data, lambda label: (4 - 4 * label).astype("uint8"))
    arguments = ["evaluate", str(data), "--masks-only", "--json", str(tmp_path / "scores.json")]
    masks = ["--masks", f"right={right}", "--masks", f"inverse={inverse}"]
    codes = ["--mask-codes", "clear=0 cloud=1", "--mask-codes", "clear=0 cloud=4"]
    assert main([*arguments, *masks, *codes]) == 0
    methods = json.loads((tmp_path / "scores.json").read_text())["methods"]
    assert list(methods) == ["right", "inverse"]
    right, inverse = (methods[name]["pooled"]["all"] for name in methods)
    assert right["overall_accuracy"] == right["boundary_f1"] == 1
    assert inverse["overall_accuracy"] == 0
    assert "uncertainty" not in methods["right"]
    assert " - " not in capsys.readouterr().out.split("right (percent)")[1].split("inverse")[0]


def test_masks_without_data_somewhere_are_scored_elsewhere(tmp_path):
    data = make_data_folder(tmp_path / "data")

    def half(label):
        label = label.copy()
        label[:, :32] = 255
        return label

    masks = write_masks(tmp_path / "masks", data, half)
    result = tmp_path / "scores.json"
    arguments = ["evaluate", str(data), "--masks-only", "--masks", f"half={masks}"]
    assert main([*arguments, "--json", str(result)]) == 0
    pooled = json.loads(result.read_text())["methods"]["half"]["pooled"]["all"]
    assert pooled["unanswered"] == 2 * 64 * 32
    assert pooled["true_positive"] + pooled["true_negative"] == 2 * 64 * 32


def test_single_mask_against_a_single_reference(tmp_path, capsys):
    _, label = scene(3)
    write_raster(tmp_path / "reference.tif", np.where(label == 1, 200, 1).astype(np.uint8)[None])
    write_raster(tmp_path / "mask.tif", label[None])
    arguments = ["evaluate", str(tmp_path / "reference.tif")]
    masks = ["--masks", f"mine={tmp_path / 'mask.tif'}"]
    codes = ["--reference-codes", "clear=1,128 cloud=200 no-data=0"]
    html = tmp_path / "report.html"
    assert main([*arguments, *masks, *codes, "--html", str(html)]) == 0
    assert "100.00" in capsys.readouterr().out
    assert "reference" in html.read_text()
    assert main([*arguments, *masks]) == 3
    assert "--reference-codes" in capsys.readouterr().err
    assert main([*arguments, *codes]) == 3
    assert "nothing to score" in capsys.readouterr().err
    assert main([*arguments, *masks, *codes, "--model", "cloudmamba-base"]) == 3
    assert "no model can run" in capsys.readouterr().err


def _failing(tmp_path, capsys, *arguments):
    data = tmp_path / "data"
    if not data.exists():
        make_data_folder(data)
    result = tmp_path / "scores.json"
    assert main(["evaluate", str(data), "--masks-only", "--json", str(result), *arguments]) == 3
    assert not result.exists()
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    return message


def test_a_mask_of_another_size_is_explained(tmp_path, capsys):
    data = make_data_folder(tmp_path / "data")
    masks = write_masks(tmp_path / "masks", data, lambda label: label[:60])
    message = _failing(tmp_path, capsys, "--masks", f"small={masks}")
    assert "64 x 60 pixels" in message
    assert "64 x 64" in message


def test_a_missing_mask_is_named(tmp_path, capsys):
    data = make_data_folder(tmp_path / "data")
    masks = write_masks(tmp_path / "masks", data)
    (masks / "v1.tif").unlink()
    assert "v1.tif" in _failing(tmp_path, capsys, "--masks", f"some={masks}")
    assert "one mask for 2 images" in _failing(tmp_path, capsys, "--masks", f"a={masks / 'v0.tif'}")
    two = ["--masks", f"a={masks}", "--masks", f"a={masks}"]
    assert "different names" in _failing(tmp_path, capsys, *two)
    assert "once for all" in _failing(
        tmp_path, capsys, *two, *["--mask-codes", "clear=0 cloud=1"] * 3
    )


def test_cloud_shadow_of_our_masks_is_no_cloud(tmp_path, write_raster):
    values = np.array([[[0, 1, 2, 4, 255]]], np.uint8)
    ours, others = (write_raster(values, name) for name in ("ours.tif", "others.tif"))
    with rasterio.open(ours, "r+") as file:
        file.update_tags(CLASSES="0 clear, 1 cloud, 2 cloud shadow, 255 no data")
    assert read_mask(ours, None).tolist() == [[0, 1, 0, 0, 255]]
    with pytest.raises(InputError, match="holds the numbers 4"):
        read_mask(others, None)
    other = write_raster(np.where(values == 4, 3, values), "other.tif")
    assert read_mask(other, None).tolist() == [[0, 1, 1, 0, 255]]


def test_a_mask_elsewhere_is_explained(tmp_path, write_raster):
    place = rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)
    values = np.zeros((1, 8, 8), np.uint8)
    here = write_raster(values, "here.tif", transform=place)
    there = write_raster(values, "there.tif", transform=place @ rasterio.Affine.translation(1, 0))
    assert read_mask(here, MaskCodes(), like=here).shape == (8, 8)
    with pytest.raises(InputError, match="lies elsewhere"):
        read_mask(there, MaskCodes(), like=here)
    two_bands = write_raster(np.zeros((2, 8, 8), np.uint8), "two.tif", transform=place)
    with pytest.raises(InputError, match="2 bands"):
        read_mask(two_bands, MaskCodes(), like=here)


def test_missing_pixels_are_no_data_to_the_network(tmp_path, brightness_model):
    data = make_data_folder(tmp_path)
    record = next(r for r in read_index(data) if r.name == "a0")
    with rasterio.open(record.path, "r+") as file:
        numbers = file.read()
        numbers[:, :10] = 0
        file.write(numbers)
    image = read_record(record)
    assert not image.valid[:10].any()
    assert image.valid[10:].all()
    answer = ModelMasker("test", CloudMasker.of(brightness_model))(image)
    assert (answer.mask[:10] == 255).all()
    # Filled from the neighbours, not black.
    assert brightness_model.images_seen[0].min() > 0
    assert (ThresholdMasker(0.2)(image).mask[:10] == 255).all()


def test_bands_that_the_image_lacks_are_told_to_the_network(tmp_path, brightness_model):
    image = read_record(read_index(make_data_folder(tmp_path))[0])
    dark = image.reflectance.copy()
    dark[3] = 0
    image = dataclasses.replace(image, reflectance=dark, available_bands=(True, True, True, False))
    ModelMasker("test", CloudMasker.of(brightness_model))(image)
    assert brightness_model.available_bands_seen == [[[True, True, True, False]]]
    # The absent band is not taken for a dark one by the threshold either.
    assert (ThresholdMasker(0.3)(image).mask == 1).any()


@pytest.mark.parametrize(("gsd_m", "fineness"), [(10, 1.0), (25, 0.5), (30, 0.0)])
def test_the_scale_of_an_image_is_told_to_the_network(tmp_path, brightness_model, gsd_m, fineness):
    image = read_record(read_index(make_data_folder(tmp_path))[0])
    ModelMasker("test", CloudMasker.of(brightness_model))(dataclasses.replace(image, gsd_m=gsd_m))
    assert brightness_model.fineness_seen == [[fineness]]


def test_unlabelled_images_are_not_scored_as_clear(tmp_path):
    record = next(r for r in read_index(make_data_folder(tmp_path)) if r.name == "c0")
    assert not read_record(record).label.any()
    with pytest.raises(InputError, match="no labels"):
        read_record(dataclasses.replace(record, folder="unlabelled"))


def test_crops_cover_the_image_and_sum_up(tmp_path, brightness_model):
    records = [r for r in read_index(make_data_folder(tmp_path)) if r.name == "v0"]
    masker = ModelMasker("test", CloudMasker.of(brightness_model))
    [item] = score(masker, records, Settings(hard_crop_px=25))
    assert {(crop.height, crop.width) for crop in item.crops} <= {(21, 21), (21, 22), (22, 21)} | {
        (22, 22)
    }
    assert len(item.crops) == 9
    assert sum((crop.counts for crop in item.crops), Confusion()) == item.counts
    single = sum((crop.single_stage for crop in item.crops), Confusion())
    assert single == item.single_stage != item.counts
    [whole] = score(masker, records, Settings(hard_crop_px=64))[0].crops
    prediction = masker(read_record(records[0])).prediction
    assert whole.mean_uncertainty == pytest.approx(prediction.coarse_uncertainty.mean())


def test_single_stage_is_the_coarse_probability_alone(tmp_path, brightness_model):
    record = next(r for r in read_index(make_data_folder(tmp_path)) if r.name == "v0")
    image = read_record(record)
    masker = ModelMasker("test", CloudMasker.of(brightness_model))
    item = score_answer(masker, image, masker(image), Settings())
    coarse = image.reflectance[:3].mean(0) > 0.5
    assert item.single_stage == Confusion.of(coarse, image.label == 1, image.labelled)
    brightness_model.configuration = dataclasses.replace(
        brightness_model.configuration, refinement=False
    )
    assert score_answer(masker, image, masker(image), Settings()).single_stage is None


def _scores(*uncertainties):
    """One image each, a crop for each uncertainty; its number is its count of right pixels."""
    number = iter(range(1, 100))
    return [
        ImageScore(
            "x",
            "S",
            Confusion(),
            crops=tuple(Crop(0, 0, 1, 1, u, Confusion(next(number)), None) for u in of_image),
        )
        for of_image in uncertainties
    ]


def test_hard_subset_is_the_top_share_of_the_crops():
    scores = _scores([0.1, 0.5, 0.2], [0.9, 0.3])
    hard = HardSubset.chosen("m", scores, Settings(hard_share=0.4))
    assert hard.crops == ((1, 0), (0, 1))
    assert hard.of == 5
    assert hard.lowest_uncertainty == 0.5
    assert hard.counts(scores).true_positive == 4 + 2
    # At least one, also of few.
    assert HardSubset.chosen("m", scores, Settings(hard_share=0.01)).crops == ((1, 0),)


def test_crops_without_labels_are_not_hard():
    scores = _scores([0.1, 0.5])
    empty = dataclasses.replace(scores[0].crops[1], counts=Confusion(), mean_uncertainty=math.nan)
    scores = [dataclasses.replace(scores[0], crops=(scores[0].crops[0], empty))]
    hard = HardSubset.chosen("m", scores, Settings(hard_share=1))
    assert hard.crops == ((0, 0),)


def test_uncertainty_is_measured_where_the_mask_is_scored(tmp_path, brightness_model):
    records = [r for r in read_index(make_data_folder(tmp_path)) if r.folder == "manual/validation"]
    scores = score(ModelMasker("test", CloudMasker.of(brightness_model)), records)
    ranking = pool(scores, lambda item: item.ranking)["all"]
    counts = pool(scores)["all"]
    assert ranking.pixels == counts.pixels == 2 * 64 * 64
    assert ranking.errors == counts.false_positive + counts.false_negative
    reliability = pool(scores, lambda item: item.reliability)["all"]
    assert reliability.clouds.sum() == counts.true_positive + counts.false_negative
