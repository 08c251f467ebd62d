"""From raster to mask: right values, no seams, no data, skipping, errors, cancelling."""

import copy
import dataclasses
import errno
import json
import os

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import torch
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.transform import Affine
from stand_ins import BrightnessModel, ShadowModel, land, load_instead, predict_array

from cloudmamba.detection import DetectionRequest, detect, pipeline
from cloudmamba.detection.prediction import MARGIN, PROBABILITY, Thresholds
from cloudmamba.detection.products import products_of
from cloudmamba.detection.tiles import tile_grid
from cloudmamba.errors import Cancelled, DeviceError, InputError, ModelError, OutputError
from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.raster.grid import Grid
from cloudmamba.raster.ground_distance import ground_sample_distance_m
from cloudmamba.raster.writer import ResultFile

CARD = {"name": "stand-in", "version": "7", "trained_on": "-", "licence": "-", "checksum": "c0ffee"}
KINDS = ("mask", "uncertainty", "probability", "stages")


@pytest.fixture
def use_model(monkeypatch):
    """Have ``detect`` load this model."""

    def use(model):
        monkeypatch.setattr(pipeline, "model_path", lambda name: "stand-in.safetensors")
        load_instead(monkeypatch, model, CARD)
        return model

    return use


@pytest.fixture
def stand_in(use_model, brightness_model):
    return use_model(brightness_model)


def request_for(path, kinds=("mask", "uncertainty"), folder=None, **options):
    folder = folder or path.parent / "out"
    folder.mkdir(exist_ok=True)
    outputs = {f"{kind}_path": folder / f"{kind}.tif" for kind in kinds}
    return DetectionRequest(input_path=str(path), **outputs, **{"device": "cpu", **options})


def results_of(request):
    """What the output files hold, (height, width) or (bands, height, width) for the stages."""
    results = {}
    for kind in KINDS:
        path = getattr(request, f"{kind}_path")
        if path is not None:
            with rasterio.open(path) as dataset:
                values = dataset.read()
            results[kind] = values if kind == "stages" else values[0]
    return results


def patches(height, width, seed=0):
    """Reflectance (4, height, width) float32 of uniform patches, dark to bright."""
    rng = np.random.default_rng(seed)
    levels = np.array([0.05, 0.1, 0.45, 0.55, 0.9, 0.95], np.float32)
    coarse = levels[rng.integers(0, 6, (-(-height // 8), -(-width // 8)))]
    image = coarse.repeat(8, 0).repeat(8, 1)[:height, :width]
    return np.broadcast_to(image, (4, height, width)).copy()


def clouds(height, width, seed=0):
    """Smooth reflectance (4, height, width) float32 in 0..1."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    image = sum(
        np.sin(x * rng.uniform(0.02, 0.1) + y * rng.uniform(-0.1, 0.1) + rng.uniform(0, 6))
        for _ in range(5)
    )
    image = 0.4 + 0.15 * image
    return np.stack([image * factor for factor in (1, 0.95, 0.9, 1.05)]).astype(np.float32)


def expected_of(image):
    """Mask, probability, uncertainty by hand: the second stage halves what is uncertain."""
    coarse = image[:3].astype(np.float64).mean(0)
    uncertain = 1 - 2 * np.abs(coarse - 0.5) >= 0.4
    probability = np.where(uncertain, coarse / 2, coarse)
    return probability > 0.5, probability, 1 - 2 * np.abs(probability - 0.5)


def network():
    """A small network of random weights."""
    torch.manual_seed(0)
    model = CloudMamba(ModelConfiguration(widths=(4, 8, 8), state_size=2))
    return model.eval().requires_grad_(False)


# --- values ---------------------------------------------------------------------------------


def test_mask_uncertainty_and_probability_by_hand(write_raster, stand_in):
    image = patches(150, 170)
    request = request_for(write_raster(image), KINDS[:3], tile_px=64, overlap_px=16)
    summary = detect(request)
    found = results_of(request)
    cloud, probability, uncertainty = expected_of(image)
    assert found["mask"].dtype == np.uint8
    assert np.array_equal(found["mask"], cloud)
    assert found["probability"] == pytest.approx(probability, abs=1e-6)
    # It has steps of 1/4096.
    assert found["uncertainty"] == pytest.approx(uncertainty, abs=0.5 / 4096 + 2e-6)
    assert np.array_equal(found["uncertainty"] * 4096, np.rint(found["uncertainty"] * 4096))
    assert summary.cloud_percent == pytest.approx(100 * cloud.mean())
    assert summary.valid_percent == 100
    assert summary.mean_uncertainty == pytest.approx(uncertainty.mean(), abs=1e-4)


def test_stages(write_raster, stand_in):
    image = patches(100, 90)
    request = request_for(write_raster(image), KINDS, tile_px=64, overlap_px=16)
    summary = detect(request)
    coarse_probability, uncertainty, accepted, refined = results_of(request)["stages"]
    coarse = image[:3].mean(0)
    assert coarse_probability == pytest.approx(coarse, abs=1e-6)
    assert uncertainty == pytest.approx(1 - 2 * np.abs(coarse - 0.5), abs=2e-6)
    assert np.array_equal(accepted, np.abs(coarse - 0.5) > 0.3)
    assert refined == pytest.approx(coarse / 2, abs=1e-6), "the second stage ran everywhere"
    assert summary.tiles_refined == summary.tiles
    assert np.array_equal(results_of(request)["mask"], expected_of(image)[0])


def test_summary_is_json_and_complete(write_raster, stand_in):
    request = request_for(write_raster(patches(100, 90)), tile_px=64, overlap_px=16)
    summary = json.loads(json.dumps(dataclasses.asdict(detect(request))))
    assert (summary["width"], summary["height"], summary["tiles"]) == (90, 100, 4)
    assert (summary["model"], summary["version"]) == ("stand-in", "7")
    assert summary["thresholds"] == {"coarse": 0.5, "refined": 0.5, "acceptance": 0.4}
    assert summary["bands"]["nir"] == 4 and summary["bands"]["confidence"] == "certain"
    assert summary["radiometry"]["name"] == "reflectance"
    assert summary["outputs"] == {
        kind: str(getattr(request, f"{kind}_path")) for kind in ("mask", "uncertainty")
    }
    assert summary["seconds"] > 0 and "CPU" in summary["device"]
    assert summary["warnings"] == []


def test_files_tell_how_they_were_made(write_raster, stand_in):
    image = patches(700, 600)
    request = request_for(write_raster(image))
    detect(request)
    with rasterio.open(request.mask_path) as dataset:
        tags = dataset.tags()
        assert dataset.dtypes == ("uint8",) and dataset.nodata == 255
        assert dataset.overviews(1) == [2]
        assert dataset.block_shapes == [(256, 256)]
        assert dataset.compression.name == "deflate"
    cloud_percent = 100 * expected_of(image)[0].mean()
    assert float(tags["CLOUD_PERCENT"]) == pytest.approx(cloud_percent, abs=1e-4)
    assert float(tags["VALID_PERCENT"]) == 100
    assert (tags["MODEL"], tags["MODEL_VERSION"]) == ("stand-in", "7")
    assert (tags["COARSE_THRESHOLD"], tags["ACCEPTANCE_THRESHOLD"]) == ("0.5", "0.4")
    assert tags["SOURCE"] == "scene.tif"
    with rasterio.open(request.uncertainty_path) as dataset:
        assert dataset.dtypes == ("float32",) and np.isnan(dataset.nodata)


def test_thresholds_that_are_asked_for(write_raster, stand_in):
    image = patches(64, 64)
    path = write_raster(image)
    coarse = image[:3].mean(0)
    # gamma 0: nothing is accepted, so the halved probability decides everywhere.
    request = request_for(path, acceptance_threshold=0.0, refined_threshold=0.25)
    summary = detect(request)
    assert np.array_equal(results_of(request)["mask"], coarse / 2 > 0.25)
    # gamma 1: everything is accepted.
    request = request_for(path, acceptance_threshold=1.0, coarse_threshold=0.92)
    summary = detect(request)
    assert np.array_equal(results_of(request)["mask"], coarse > 0.92)
    assert summary.thresholds == {"coarse": 0.92, "refined": 0.5, "acceptance": 1.0}
    assert stand_in.configuration == ModelConfiguration(), "the model itself stays as it is"


@pytest.mark.parametrize("stages", [False, True])
def test_a_gamma_of_1_leaves_the_second_stage_off_even_at_one_half(brightness_model, stages):
    image, valid = np.full((4, 40, 60), 0.5, np.float32), np.ones((40, 60), bool)

    def found_with(gamma):
        thresholds = Thresholds(0.4, 0.4, gamma)
        return predict_array(
            brightness_model, image, valid, [True] * 4, thresholds=thresholds, stages=stages
        )

    off, on = found_with(1.0), found_with(0.9999)
    assert (off.probability == 0.5).all() and (off.mask == 1).all()
    assert (on.probability == 0.25).all() and (on.mask == 0).all()
    if stages:
        assert (off.coarse_uncertainty == 1).all()
        assert off.accepted.all() and not on.accepted.any()
    else:
        assert (off.tiles_refined, on.tiles_refined) == (0, 1)


def metres(pixel_m):
    """Where pixels of so many metres lie."""
    return {"crs": "EPSG:32633", "transform": Affine(pixel_m, 0, 5e5, 0, -pixel_m, 5e6)}


@pytest.mark.parametrize(
    ("place", "gsd_m", "expected"),
    [
        (metres(10), None, 1.0),
        (metres(25), None, 0.5),
        (metres(30), None, 0.0),
        ({}, None, 0.5),
        ({}, 10, 1.0),
        (metres(10), 30, 0.0),
    ],
)
def test_outlines_are_those_of_the_scale(write_raster, use_model, place, gsd_m, expected):
    stand_in = use_model(BrightnessModel())
    path = write_raster(land(40, 60), **place)
    detect(request_for(path, radiometry="reflectance", gsd_m=gsd_m))
    assert stand_in.fineness_seen[-1] == pytest.approx([expected], abs=0.01)


# At 60 degrees north Mercator's map shows everything twice as large: 10 m on the ground.
IN_THE_NORTH = Affine(20, 0, 0, 0, -20, 8_399_738)


@pytest.mark.parametrize(
    ("place", "resolution_m", "crs", "expected"),
    [
        ({"crs": None, "transform": IN_THE_NORTH}, None, "EPSG:3857", 10),
        ({"crs": None, "transform": IN_THE_NORTH}, 40, "EPSG:3857", 20),
        (
            {"crs": None, "transform": IN_THE_NORTH},
            None,
            CRS.from_epsg(3857).to_wkt(version="WKT2_2019"),
            10,
        ),
        ({"crs": None, "transform": IN_THE_NORTH}, None, None, None),
        ({"crs": None}, None, "EPSG:3857", None),
        # The file knows better.
        (metres(30), None, "EPSG:3857", 30),
    ],
    ids=["code", "resolution", "WKT", "none", "no place", "file"],
)
def test_a_map_may_be_told_whose_name_a_file_lacks(
    write_raster, use_model, place, resolution_m, crs, expected
):
    use_model(BrightnessModel())
    path = write_raster(land(40, 60), **place)
    request = request_for(path, radiometry="reflectance", crs=crs, resolution_m=resolution_m)
    summary = detect(request)
    assert summary.gsd_m == (None if expected is None else pytest.approx(expected, rel=0.01))
    own = place.get("crs")
    with rasterio.open(request.mask_path) as mask:
        told = own or crs
        assert mask.crs == (None if told is None else CRS.from_user_input(told))
        assert mask.transform.a == pytest.approx(
            resolution_m or place.get("transform", Affine.identity()).a
        )


@pytest.mark.parametrize(
    ("crs", "pixel_m", "left", "top", "expected"),
    [
        # The middle is the pole, where map and ground differ by 3 %.
        ("EPSG:3031", 10_000, -320_000, 320_000, 10_300),
        # The date line goes through the middle: Mercator's map at the equator.
        ("EPSG:3832", 10, 3_339_584 - 320, 320, 10),
        ("EPSG:4326", 1e-4, 180 - 32e-4, 32e-4, 11.1),
    ],
    ids=["pole", "date line", "degrees"],
)
def test_ground_is_measured_at_the_pole_and_across_the_date_line(crs, pixel_m, left, top, expected):
    place = Affine(pixel_m, 0, left, 0, -pixel_m, top)
    grid = Grid(64, 64, CRS.from_user_input(crs), place)
    assert ground_sample_distance_m(grid) == pytest.approx(expected, rel=0.01)


def control_points(left, top, pixel, places=((0, 0), (0, 60), (40, 0), (40, 60))):
    """Of a raster 60 wide and 40 high, whose corner and pixels are so large."""
    return [GroundControlPoint(y, x, left + x * pixel, top - y * pixel) for y, x in places]


@pytest.mark.parametrize(
    ("points", "crs", "expected"),
    [
        (control_points(5e5, 5e6, 10), "EPSG:32633", 10),
        (control_points(10, 0, 1e-4), "EPSG:4326", 11.1),
        (control_points(5e5, 5e6, 10), None, None),
        # They tell no transform: too few, in a line, on both sides of the date line.
        (control_points(5e5, 5e6, 10, ((0, 0),)), "EPSG:32633", None),
        (control_points(5e5, 5e6, 10, ((0, 0), (0, 30), (0, 60))), "EPSG:32633", None),
        ([*control_points(179.999, 0, 1e-4)[:3], GroundControlPoint(40, 60, -179.995, -0.004)],
         "EPSG:4326", None),
    ],
    ids=["metres", "degrees", "no map", "one point", "a line", "date line"],
)  # fmt: skip
def test_control_points_tell_the_ground_sample_distance(points, crs, expected):
    grid = Grid(60, 40, gcps=tuple(points), gcps_crs=crs and CRS.from_user_input(crs))
    found = ground_sample_distance_m(grid)
    assert found == (expected and pytest.approx(expected, rel=0.01))


@pytest.mark.parametrize(
    ("place", "gsd_m", "is_told"),
    [({}, None, True), ({}, 10, False), (metres(10), None, False)],
    ids=["nothing", "given", "map"],
)
def test_a_ground_sample_distance_that_nobody_knows_is_told(
    write_raster, use_model, place, gsd_m, is_told
):
    stand_in = use_model(BrightnessModel())
    request = request_for(
        write_raster(land(40, 60), **place), radiometry="reflectance", gsd_m=gsd_m
    )
    assert not any("--gsd-m" in warning for warning in detect(request).warnings)
    # Only of a model whose outlines depend on it.
    stand_in.configuration = dataclasses.replace(stand_in.configuration, fine_outlines=True)
    warned = [warning for warning in detect(request).warnings if "--gsd-m" in warning]
    assert len(warned) == is_told


def test_ground_of_a_tall_raster_is_measured_in_its_middle():
    # From 80 to 40 degrees north; at 60 a hundredth of a degree is 1114 m by 558 m.
    grid = Grid(10, 4000, CRS.from_epsg(4326), Affine(0.01, 0, 10, 0, -0.01, 80))
    assert ground_sample_distance_m(grid) == pytest.approx(789, rel=0.01)


def test_a_map_that_does_not_exist_is_refused(write_raster, use_model):
    use_model(BrightnessModel())
    with pytest.raises(InputError, match=r"'EPSG:1' is no coordinate reference system"):
        detect(request_for(write_raster(land(40, 60)), radiometry="reflectance", crs="EPSG:1"))


@pytest.mark.parametrize("gsd_m", [0, -10, float("nan"), float("inf")])
def test_a_ground_sample_distance_that_cannot_be_is_refused(write_raster, use_model, gsd_m):
    use_model(BrightnessModel())
    with pytest.raises(InputError, match="ground sample distance"):
        detect(request_for(write_raster(land(40, 60)), radiometry="reflectance", gsd_m=gsd_m))


def test_cloud_shadow_is_a_class_of_the_mask_where_it_was_asked_for(write_raster, use_model):
    use_model(ShadowModel())
    # No constant areas, which would pass for fill.
    image = np.full((4, 40, 60), 0.05, np.float32) + np.linspace(0, 0.03, 60, dtype=np.float32)
    image[3, :, 20:] += 0.25  # the rest is shadow
    image[:3, :, 10:30] += 0.9  # cloud, above part of it
    path = write_raster(image)
    request = request_for(path, ("mask", "shadow"), shadow_in_mask=True, radiometry="reflectance")
    summary = detect(request)
    expected = np.zeros((40, 60), np.uint8)
    expected[:, :20] = 2
    expected[:, 10:30] = 1
    with rasterio.open(request.mask_path) as mask:
        assert np.array_equal(mask.read(1), expected)
        assert mask.tags()["CLASSES"] == "0 clear, 1 cloud, 2 cloud shadow, 255 no data"
        assert mask.colormap(1)[2][3] == 255
    assert summary.shadow_percent == pytest.approx(100 * 10 / 60)
    with rasterio.open(request.shadow_path) as shadow:
        assert (shadow.read(1)[:, :20] > 0.9).all()
        assert (shadow.read(1)[:, 20:] < 0.1).all()
    plain = request_for(path, ("mask",), path.parent / "plain", radiometry="reflectance")
    assert detect(plain).shadow_percent is None
    with rasterio.open(plain.mask_path) as mask:
        assert set(np.unique(mask.read(1))) == {0, 1}


def test_a_model_without_shadow_cannot_be_asked_for_it(write_raster, stand_in):
    path = write_raster(patches(20, 20))
    for kinds, options in ((("mask",), {"shadow_in_mask": True}), (("mask", "shadow"), {})):
        with pytest.raises(ModelError, match="does not tell cloud shadow"):
            detect(request_for(path, kinds, radiometry="reflectance", **options))
    assert list((path.parent / "out").iterdir()) == []


def test_a_pixel_exactly_at_the_threshold_is_clear():
    margin = np.array([[-0.1, 0, 0.1]], np.float32)
    layers = {MARGIN: margin, PROBABILITY: margin + 0.5}
    products = products_of(layers, np.ones((1, 3), bool), Thresholds(0.5, 0.5, 0.6))
    assert products["mask"].tolist() == [[[0, 0, 1]]]


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan")])
def test_threshold_out_of_range_is_refused(write_raster, stand_in, value):
    with pytest.raises(InputError, match="threshold .* is not in 0 to 1"):
        detect(request_for(write_raster(patches(8, 8)), refined_threshold=value))


def test_absent_near_infrared_is_told_to_the_network(write_raster, stand_in):
    detect(request_for(write_raster(patches(8, 8)[:3])))
    assert stand_in.available_bands_seen == [[[True, True, True, False]]]


def test_saturated_pixels_are_shown_to_the_network_no_brighter_than_it_knows(
    write_raster, stand_in
):
    values = as_counts(patches(64, 64))
    values[:, 3, 3] = 28000
    detect(request_for(write_raster(values)))
    assert stand_in.images_seen[0].max() == 2.0


@pytest.mark.parametrize(("reflectance", "seen"), [(-0.15, -0.15), (-0.25, -0.2)])
def test_pixels_below_zero_are_shown_to_the_network_as_far_as_it_knows(
    brightness_model, reflectance, seen
):
    image = patches(64, 64)
    image[:, 3, 3] = reflectance
    predict_array(brightness_model, image, np.ones((64, 64), bool), [True] * 4)
    assert brightness_model.images_seen[0].min() == pytest.approx(seen)


def test_bands_are_put_in_order(write_raster, stand_in):
    image = land(40, 40)
    order = [3, 2, 0, 1]
    path = write_raster(image[order], descriptions=("nir", "red", "blue", "green"))
    one = request_for(path, ("mask", "probability"))
    detect(one)
    expected = expected_of(image)[1]
    assert results_of(one)["probability"] == pytest.approx(expected, abs=1e-6)


# --- no seams -------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 3])
def test_tiled_equals_whole_for_a_pixelwise_predictor(write_raster, stand_in, batch_size):
    image = clouds(210, 190)
    path = write_raster(image)
    whole = request_for(path, KINDS[:3], path.parent / "whole")
    tiled = request_for(
        path, KINDS[:3], path.parent / "tiled", tile_px=64, overlap_px=16, batch_size=batch_size
    )
    assert detect(whole).tiles == 1
    assert detect(tiled).tiles == 20
    found, expected = results_of(tiled), results_of(whole)
    assert np.array_equal(found["mask"], expected["mask"])
    for kind in KINDS[1:3]:
        assert found[kind] == pytest.approx(expected[kind], abs=1e-6)


def test_no_visible_jump_at_tile_borders_with_the_real_network():
    """What tiling changes must not change abruptly where one tile follows another."""
    model = network()
    image = clouds(96, 700)
    valid = np.ones(image.shape[1:], bool)

    def predict(tile_px, overlap_px):
        return predict_array(
            model, image, valid, [True] * 4, tile_px=tile_px, overlap_px=overlap_px
        ).probability

    def greatest_jump(overlap_px):
        change = predict(160, overlap_px) - whole
        jumps = np.abs(np.diff(change, axis=1)).mean(0)
        columns = tile_grid(*valid.shape, 160, overlap_px).columns
        assert len(columns) > 4
        return max(jumps[c.fade_in[0] - 1 : c.fade_in[1] + 1].max() for c in columns[1:])

    whole = predict(704, 0)
    usual_step = np.abs(np.diff(whole, axis=1)).mean()
    assert greatest_jump(0) > usual_step, "without blending the tiles show"
    assert greatest_jump(48) < usual_step / 4


def test_array_and_file_give_the_same(write_raster, use_model):
    """Evaluation runs on arrays; it must score exactly what detection delivers."""
    model = use_model(network())
    image = clouds(150, 130)
    image[:, 20:50, 60:90] = np.nan
    request = request_for(write_raster(image), KINDS, tile_px=64, overlap_px=16)
    detect(request)
    in_file = results_of(request)
    valid = np.isfinite(image).all(0)
    in_memory = predict_array(
        model, image, valid, [True] * 4, tile_px=64, overlap_px=16, stages=True
    )
    for kind in KINDS[:3]:
        assert np.array_equal(getattr(in_memory, kind), in_file[kind], equal_nan=True), kind
    assert np.array_equal(in_memory.coarse_probability, in_file["stages"][0], equal_nan=True)
    assert np.array_equal(in_memory.refined_probability, in_file["stages"][3], equal_nan=True)


# --- skipping -------------------------------------------------------------------------------


# Of probabilities in float32, whose sums a batch of another size forms in another order.
ROUNDING = 1e-5


def test_refiner_is_skipped_where_it_cannot_matter_with_the_same_bits():
    everywhere, where_needed = with_refiner_everywhere_and_where_needed(batch_size=1)
    assert np.array_equal(where_needed.mask, everywhere.mask)
    assert np.array_equal(where_needed.probability, everywhere.probability)


def test_refiner_of_a_part_of_a_batch_gives_the_same_but_for_rounding():
    # The refiner gets the tiles that need it, fewer than the batch.
    everywhere, where_needed = with_refiner_everywhere_and_where_needed(batch_size=4)
    difference = np.abs(where_needed.probability - everywhere.probability)
    assert difference.max() <= ROUNDING
    is_clearly_one = np.abs(everywhere.probability - 0.5) > ROUNDING
    assert is_clearly_one.mean() > 0.99
    assert np.array_equal(where_needed.mask[is_clearly_one], everywhere.mask[is_clearly_one])


@pytest.mark.parametrize("batch_size", [1, 4])
def test_the_same_batches_give_the_same_bits_again(batch_size):
    _, first = with_refiner_everywhere_and_where_needed(batch_size)
    _, again = with_refiner_everywhere_and_where_needed(batch_size)
    for name in ("mask", "probability", "uncertainty"):
        assert np.array_equal(getattr(again, name), getattr(first, name)), name


def with_refiner_everywhere_and_where_needed(batch_size):
    """Predictions of a scene half of which is cloud, with gamma such that only some tiles reach it."""
    model = network()
    image = clouds(200, 330)
    valid = np.ones(image.shape[1:], bool)
    options = {"tile_px": 64, "overlap_px": 16, "batch_size": batch_size}

    def predict(gamma, stages):
        thresholds = Thresholds(0.5, 0.5, gamma)
        return predict_array(
            model, image, valid, [True] * 4, thresholds=thresholds, stages=stages, **options
        )

    coarse = predict(1.0, stages=True).coarse_probability
    with torch.no_grad():
        model.head.bias -= float(np.median(np.log(coarse / (1 - coarse))))
    everywhere, where_needed = predict(0.9999, stages=True), predict(0.9999, stages=False)
    assert everywhere.tiles_refined == 28
    assert 4 <= where_needed.tiles_refined <= 24
    assert 0.2 < where_needed.mask.mean() < 0.8
    return everywhere, where_needed


def test_tiles_without_valid_pixels_are_skipped(write_raster, stand_in):
    image = patches(64, 300)
    image[:, :, 140:] = np.nan
    request = request_for(write_raster(image), tile_px=64, overlap_px=16)
    summary = detect(request)
    assert (summary.tiles, summary.tiles_skipped) == (6, 3)
    assert sum(len(images) for images in stand_in.images_seen) == 3
    assert (results_of(request)["mask"][:, 140:] == 255).all()


# --- no data --------------------------------------------------------------------------------


def hole_in(shape):
    valid = np.ones(shape, bool)
    valid[10:70, 30:95] = False
    valid[0, 0] = False
    return valid


def as_counts(image):
    return np.round(image * 1e4).astype(np.uint16)


def with_declared_value(write_raster, image, valid):
    return write_raster(np.where(valid, as_counts(image), 0).astype(np.uint16), nodata=0)


def with_nan(write_raster, image, valid):
    return write_raster(np.where(valid, image, np.nan).astype(np.float32))


def with_mask_band(write_raster, image, valid):
    values = np.where(valid, as_counts(image), 60000).astype(np.uint16)
    return write_raster(values, before_closing=lambda dataset: dataset.write_mask(valid))


def with_alpha_band(write_raster, image, valid):
    picture = np.round(image[:3] / 0.36 * 255).clip(1, 255) * valid
    values = np.concatenate([picture, 255 * valid[None]]).astype(np.uint8)
    return write_raster(values, descriptions=(), photometric="RGB", alpha="YES")


@pytest.mark.parametrize("write", [with_declared_value, with_nan, with_mask_band, with_alpha_band])
def test_no_data_is_marked_left_out_and_kept_from_its_neighbours(write_raster, stand_in, write):
    image = patches(100, 130)
    if write is with_alpha_band:
        image *= 0.36
    valid = hole_in((100, 130))
    request = request_for(write(write_raster, image, valid), KINDS, tile_px=64, overlap_px=16)
    summary = detect(request)
    found = results_of(request)
    assert np.array_equal(found["mask"] == 255, ~valid)
    for kind in KINDS[1:]:
        assert np.array_equal(np.isnan(found[kind]), np.broadcast_to(~valid, found[kind].shape))
    cloud, probability, uncertainty = expected_of(image)
    assert found["probability"][valid] == pytest.approx(probability[valid], abs=1e-3)
    assert summary.valid_percent == pytest.approx(100 * valid.mean())
    assert summary.cloud_percent == pytest.approx(100 * cloud[valid].mean())
    assert summary.mean_uncertainty == pytest.approx(uncertainty[valid].mean(), abs=1e-3)
    # Nothing but continuations of valid pixels was shown to the network.
    seen = torch.stack(stand_in.images_seen)
    assert seen[:, :, :3].min() >= image[:3].min() - 1e-3
    assert seen.max() <= image.max() + 1e-3


def test_what_is_stored_under_no_data_changes_no_bit_of_the_result(write_raster, use_model):
    use_model(network())
    image = clouds(100, 130).clip(0.01)
    valid = hole_in((100, 130))
    masks = []
    for index, fill in enumerate((0, 1, 65535)):
        values = np.where(valid, as_counts(image), fill).astype(np.uint16)
        path = write_raster(
            values, f"{index}.tif", before_closing=lambda dataset: dataset.write_mask(valid)
        )
        request = request_for(path, KINDS[:3], tile_px=64, overlap_px=16)
        detect(request)
        masks.append(results_of(request))
    for other in masks[1:]:
        for kind in KINDS[:3]:
            assert np.array_equal(masks[0][kind], other[kind], equal_nan=True)


def test_undeclared_zeros_are_warned_of(write_raster, stand_in):
    values = as_counts(patches(64, 64))
    values[:, :20] = 0
    request = request_for(write_raster(values))
    summary = detect(request)
    assert (results_of(request)["mask"][:20] == 255).all()
    assert any("0 in every band were" in warning for warning in summary.warnings)


# --- inputs of every shape ------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 200), (200, 1), (1, 1), (5, 7), (33, 64), (65, 64)])
def test_small_and_thin_rasters(write_raster, use_model, shape):
    use_model(network())
    request = request_for(write_raster(clouds(*shape)), KINDS, tile_px=64, overlap_px=16)
    summary = detect(request)
    found = results_of(request)
    assert found["mask"].shape == shape
    assert set(np.unique(found["mask"])) <= {0, 1}
    assert summary.valid_percent == 100
    assert np.isfinite(found["stages"]).all()


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        (None, rasterio.Affine.identity()),
        (None, rasterio.Affine(2, 0, 10, 0, -2, 20)),
        ("EPSG:4326", rasterio.Affine(1e-4, 2e-5, 12, 3e-5, -1e-4, 45)),
        ("EPSG:3857", rasterio.Affine(10, 0, 0, 0, 10, 0)),
    ],
)
def test_outputs_lie_on_the_grid_of_the_input(write_raster, stand_in, crs, transform):
    path = write_raster(patches(20, 30), crs=crs, transform=transform)
    request = request_for(path, KINDS)
    detect(request)
    with rasterio.open(path) as scene:
        for kind in KINDS:
            with rasterio.open(getattr(request, f"{kind}_path")) as result:
                assert result.transform == scene.transform
                assert result.crs == scene.crs
                assert result.shape == scene.shape


def test_path_with_spaces_and_letters_of_the_world(write_raster, stand_in, tmp_path):
    folder = tmp_path / "Wolken über São Paulo 雲"
    path = write_raster(patches(20, 30), "Bild no. 1 (ç).tif")
    summary = detect(request_for(path, folder=folder))
    assert sorted(file.name for file in folder.iterdir()) == [
        "mask.tif", "mask.tif.aux.xml", "uncertainty.tif",
    ]  # fmt: skip
    assert summary.outputs["mask"] == str(folder / "mask.tif")


def test_scale_and_offset_of_the_file(write_raster, stand_in):
    image = patches(40, 50)

    def describe(dataset):
        dataset.scales, dataset.offsets = (2e-4,) * 4, (-0.05,) * 4

    values = np.round((image + 0.05) / 2e-4).astype(np.uint16)
    request = request_for(write_raster(values, before_closing=describe), KINDS[:3])
    summary = detect(request)
    assert summary.radiometry["name"] == "file"
    assert results_of(request)["probability"] == pytest.approx(expected_of(image)[1], abs=1e-4)


def test_vrt_with_relative_path(write_raster, stand_in, tmp_path):
    image = patches(40, 50)
    source = write_raster(as_counts(image), nodata=0)
    bands = "".join(
        f'<VRTRasterBand dataType="UInt16" band="{n}"><Description>{name}</Description>'
        f'<SimpleSource><SourceFilename relativeToVRT="1">{source.name}</SourceFilename>'
        f"<SourceBand>{n}</SourceBand></SimpleSource></VRTRasterBand>"
        for n, name in enumerate(("blue", "green", "red", "nir"), start=1)
    )
    path = tmp_path / "scene.vrt"
    path.write_text(f'<VRTDataset rasterXSize="50" rasterYSize="40">{bands}</VRTDataset>')
    request = request_for(path)
    detect(request)
    assert np.array_equal(results_of(request)["mask"], expected_of(image)[0])
    with pytest.raises(OutputError, match="is an input as well"):
        detect(dataclasses.replace(request, mask_path=source))


def test_geopackage_picture(write_raster, stand_in):
    image = patches(40, 50) * 0.36
    picture = np.round(image[:3] / 0.36 * 255).astype(np.uint8)
    transform = rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)
    path = write_raster(
        picture, "scene.gpkg", (), driver="GPKG", transform=transform, tile_format="PNG"
    )
    request = request_for(path, KINDS[:3])
    summary = detect(request)
    assert summary.radiometry["name"] == "picture"
    assert summary.bands["nir"] is None
    assert results_of(request)["probability"][:40, :50] == pytest.approx(
        expected_of(image)[1], abs=2e-3
    )


def test_real_scenes(shared_data, stand_in, tmp_path):
    """Every real scene, as it is: recognised, on its grid, with sensible figures."""
    scenes = sorted(shared_data.glob("scenes/*.tif"))
    scenes += sorted(shared_data.glob("manual/validation/sentinel2_oncloudn_?.tif"))
    assert len(scenes) == 7
    for path in scenes:
        request = request_for(path, folder=tmp_path / path.stem)
        summary = detect(request)
        mask = results_of(request)["mask"]
        with rasterio.open(path) as scene, rasterio.open(request.mask_path) as result:
            assert (result.transform, result.crs) == (scene.transform, scene.crs)
            assert mask.shape == scene.shape
        assert summary.cloud_percent == pytest.approx(100 * (mask == 1).sum() / (mask < 2).sum())
        assert summary.valid_percent == pytest.approx(100 * (mask < 2).mean())
        assert summary.bands["confidence"] == "certain"
        assert summary.radiometry["confidence"] != "unsure"


# --- what goes wrong ------------------------------------------------------------------------


def existing_outputs(request):
    """Put something under every output name and remember the whole folder."""
    for kind in KINDS:
        path = getattr(request, f"{kind}_path")
        if path is not None:
            path.write_bytes(f"earlier {kind}".encode())
    return contents(request.mask_path.parent)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def truncated(write_raster):
    values = np.random.default_rng(0).integers(500, 9000, (4, 300, 300)).astype(np.uint16)
    path = write_raster(values, descriptions=(), tiled=True, blockxsize=64, blockysize=64)
    os.truncate(path, path.stat().st_size * 9 // 10)
    return path


def text_file(write_raster):
    path = write_raster(patches(8, 8))
    path.write_text("not an image")
    return path


def missing(write_raster):
    return write_raster(patches(8, 8)).with_name("gone.tif")


@pytest.mark.parametrize(
    ("make", "options", "error", "words"),
    [
        (missing, {}, InputError, "There is no file"),
        (text_file, {}, InputError, "not a raster of a kind"),
        (truncated, {"bands": "1,2,3,4"}, InputError, "damaged or incomplete"),
        (lambda w: w(patches(8, 8)[:1]), {}, InputError, "only 1 image band"),
        (lambda w: w(patches(8, 8) * np.nan), {}, InputError, "no valid pixel"),
        (lambda w: w(as_counts(patches(8, 8)) * 0, nodata=0), {}, InputError, "no valid pixel"),
        (lambda w: w(as_counts(patches(8, 8))), {"radiometry": "reflectance"}, InputError,
         "cannot be 'reflectance'"),
        (lambda w: w(patches(8, 8)), {"radiometry": "furlongs"}, InputError, "is unknown"),
        (lambda w: w(patches(8, 8)), {"bands": "1,2,3,9"}, InputError, "no band 9"),
        (lambda w: w(patches(8, 8)), {"device": "cuda:99"}, DeviceError, "cuda:99"),
        (lambda w: w(patches(8, 8)), {"tile_px": 64, "overlap_px": 60}, InputError, "overlap"),
        (lambda w: w(patches(8, 8)), {"batch_size": 0}, InputError, "batch of 0"),
    ],
)  # fmt: skip
def test_bad_input_gives_a_sentence_and_leaves_nothing(
    write_raster, stand_in, make, options, error, words
):
    request = request_for(make(write_raster), KINDS, **options)
    before = existing_outputs(request)
    with pytest.raises(error, match=words) as raised:
        detect(request)
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")
    assert contents(request.mask_path.parent) == before


def test_truncation_that_the_sample_does_not_meet_leaves_nothing(
    write_raster, stand_in, monkeypatch
):
    """Damage found by a tile in the middle of the run, read in the other thread."""
    request = request_for(truncated(write_raster), KINDS, bands="1,2,3,4", tile_px=64,
                          overlap_px=16)  # fmt: skip
    before = existing_outputs(request)
    monkeypatch.setattr(
        pipeline.Scene, "sample", lambda self, numbers, check: np.full((4, 9), 3000)
    )
    with pytest.raises(InputError, match=r"at row \d+, column \d+.*incomplete"):
        detect(request)
    assert stand_in.images_seen, "it had begun to predict"
    assert contents(request.mask_path.parent) == before


def test_damaged_and_foreign_weights_are_refused(write_raster, tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(network(), path, {"name": "m", "version": "1", "trained_on": "-", "licence": "-"})
    scene = write_raster(patches(40, 40))
    detect(request_for(scene, model=str(path), folder=tmp_path / "good"))
    whole = path.read_bytes()
    broken = bytearray(whole)
    broken[-100] ^= 0xFF
    for weights in (bytes(broken), whole[:-50], b"PK\x03\x04 something else", b""):
        path.write_bytes(weights)
        request = request_for(scene, KINDS, model=str(path))
        before = existing_outputs(request)
        with pytest.raises(ModelError, match=r"model\.safetensors"):
            detect(request)
        assert contents(request.mask_path.parent) == before
    with pytest.raises(ModelError, match="There is no model 'nothing'"):
        detect(request_for(scene, model="nothing"))


def test_model_of_other_bands_is_refused(write_raster, use_model):
    use_model(BrightnessModel()).configuration = ModelConfiguration(bands=("red", "swir"))
    with pytest.raises(ModelError, match="wants the bands red, swir"):
        detect(request_for(write_raster(patches(8, 8))))


def test_output_that_is_the_input_is_refused_also_through_links(write_raster, stand_in):
    path = write_raster(patches(40, 40))
    before = path.read_bytes()
    request = request_for(path)
    link = request.mask_path.parent / "link.tif"
    link.symlink_to(path)
    for name in (path, link):
        for kind in ("mask", "stages"):
            with pytest.raises(OutputError, match="is an input as well"):
                detect(dataclasses.replace(request, **{f"{kind}_path": name}))
    with pytest.raises(OutputError, match="Two outputs"):
        detect(dataclasses.replace(request, uncertainty_path=request.mask_path))
    assert path.read_bytes() == before
    assert contents(request.mask_path.parent) == {"link.tif": before}


def test_output_that_the_input_is_read_from_is_refused(write_raster, stand_in, tmp_path):
    path = write_raster(patches(40, 40))
    before = path.read_bytes()
    rasterio.shutil.copy(path, tmp_path / "a.vrt", driver="VRT")
    outer = (tmp_path / "a.vrt").read_text().replace(">scene.tif<", ">a.vrt<")
    (tmp_path / "b.vrt").write_text(outer)
    request = request_for(path)
    for name in (tmp_path / "b.vrt", f"/vsisubfile/0_1000000,{path}"):
        with pytest.raises(OutputError, match="is an input as well"):
            detect(dataclasses.replace(request, input_path=name, mask_path=path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("failing_write", [0, 3, 8])
def test_error_in_writing_leaves_nothing(write_raster, stand_in, monkeypatch, failing_write):
    request = request_for(write_raster(patches(150, 170)), KINDS, tile_px=64, overlap_px=16)
    before = existing_outputs(request)
    writes = iter(range(10**6))
    write = rasterio.io.DatasetWriter.write

    def fail_once(self, *arguments, **keywords):
        if next(writes) == failing_write:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, *arguments, **keywords)

    monkeypatch.setattr(ResultFile, "__init__", _wrapping_dataset(ResultFile.__init__, fail_once))
    with pytest.raises(OutputError, match="the disk is full"):
        detect(request)
    assert contents(request.mask_path.parent) == before


def _wrapping_dataset(create, write):
    """A ResultFile.__init__ whose dataset writes through ``write``."""

    class Dataset:
        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        def write(self, *arguments, **keywords):
            return write(self._inner, *arguments, **keywords)

    def wrapped(self, *arguments):
        create(self, *arguments)
        self._dataset = Dataset(self._dataset)

    return wrapped


def test_error_in_the_network_is_raised_and_leaves_nothing(write_raster, use_model):
    class Broken(BrightnessModel):
        def forward(self, *arguments, **keywords):
            if len(self.images_seen) >= 3:  # two threads may count past it
                raise ZeroDivisionError("a fault of ours")
            return super().forward(*arguments, **keywords)

    use_model(Broken().eval())
    request = request_for(write_raster(patches(150, 170)), KINDS, tile_px=64, overlap_px=16)
    before = existing_outputs(request)
    with pytest.raises(ZeroDivisionError, match="a fault of ours"):
        detect(request)
    assert contents(request.mask_path.parent) == before


def test_cancelling_at_any_moment_leaves_nothing(write_raster, stand_in):
    """Every single time that the run asks, it is told to stop."""
    request = request_for(write_raster(patches(150, 170)), KINDS, tile_px=64, overlap_px=16)
    before = existing_outputs(request)
    asked = 0

    def count():
        nonlocal asked
        asked += 1
        return False

    detect(dataclasses.replace(request, **request_for_copies(request)), cancelled=count)
    assert asked > 20
    for moment in range(asked):
        answers = iter([False] * moment + [True] * 9)
        with pytest.raises(Cancelled, match="nothing was written"):
            detect(request, cancelled=lambda a=answers: next(a))
        assert {
            k: v for k, v in contents(request.mask_path.parent).items() if k in before
        } == before
        assert not list(request.mask_path.parent.glob(".*")), moment


def request_for_copies(request):
    """The outputs of ``request`` in a folder of their own."""
    folder = request.mask_path.parent.with_name("uncancelled")
    folder.mkdir()
    return {f"{kind}_path": folder / f"{kind}.tif" for kind in KINDS}


def test_cancelling_is_prompt(write_raster, stand_in):
    request = request_for(write_raster(patches(64, 1000)), tile_px=64, overlap_px=16)
    with pytest.raises(Cancelled):
        detect(request, cancelled=lambda: len(stand_in.images_seen) >= 3)
    # Of 21 tiles; those in progress are finished.
    assert 3 <= len(stand_in.images_seen) <= 5


def test_success_replaces_what_was_there(write_raster, stand_in):
    image = patches(40, 50)
    request = request_for(write_raster(image))
    existing_outputs(request)
    stale = request.uncertainty_path.with_name("uncertainty.tif.aux.xml")
    stale.write_text("statistics of the earlier file")
    detect(request)
    assert np.array_equal(results_of(request)["mask"], expected_of(image)[0])
    assert not stale.exists()
    assert sorted(contents(request.mask_path.parent)) == [
        "mask.tif", "mask.tif.aux.xml", "uncertainty.tif",
    ]  # fmt: skip


def test_an_input_that_is_written_to_while_it_is_read_is_told(write_raster, stand_in, tmp_path):
    path = write_raster(patches(100, 120))
    mask = tmp_path / "mask.tif"

    def write_to(progress):
        os.utime(path, (1, 1))

    with pytest.raises(InputError, match="was changed while it was read"):
        detect(DetectionRequest(path, mask), write_to)
    assert not mask.exists()
    # Statistics that QGIS keeps beside it change no pixel.
    statistics = path.with_name(f"{path.name}.aux.xml")
    statistics.write_text("<PAMDataset/>")
    detect(DetectionRequest(path, mask), lambda progress: statistics.write_text("<PAMDataset />"))
    # One that is gone by then was read to its end.
    detect(DetectionRequest(path, mask), lambda progress: path.unlink(missing_ok=True))
    assert mask.exists()


def test_checking_the_results_is_told_and_cancelled_block_by_block(
    write_raster, stand_in, monkeypatch
):
    monkeypatch.setattr("cloudmamba.raster.writer._READ_BACK_PX", (512, 512))
    request = request_for(write_raster(patches(600, 1030)), tile_px=512, overlap_px=64)
    steps = []
    detect(request, steps.append)
    checks = [step for step in steps if step.message == "Checking the results"]
    assert len(checks) == 2 * (2 * 3 + 2 + 1)
    assert [step.done for step in steps] == list(range(1, steps[0].total + 1))
    before = contents(request.mask_path.parent)
    seen = []
    with pytest.raises(Cancelled):
        detect(request, seen.append, cancelled=lambda: len(seen) == len(steps) - 3)
    assert len(seen) == len(steps) - 3
    assert contents(request.mask_path.parent) == before


def test_progress_rises_to_its_total(write_raster, stand_in):
    steps = []
    request = request_for(write_raster(patches(150, 170)), tile_px=64, overlap_px=16)
    summary = detect(request, steps.append)
    assert [step.done for step in steps] == list(range(1, summary.tiles + 3))
    assert {step.total for step in steps} == {summary.tiles + 2}
    assert steps[0].message != steps[-1].message


# --- memory ---------------------------------------------------------------------------------


class Hungry(BrightnessModel):
    """Runs out of memory beyond so many pixels at a time."""

    def __init__(self, most_pixels):
        super().__init__()
        self.most_pixels = most_pixels

    def forward(self, image, *arguments, **keywords):
        if image.shape[0] * image.shape[2] * image.shape[3] > self.most_pixels:
            raise torch.OutOfMemoryError("out of memory")
        return super().forward(image, *arguments, **keywords)


def test_batch_is_halved_where_memory_is_short(write_raster, use_model):
    model = use_model(Hungry(2 * 64 * 64).eval())
    image = patches(200, 200)
    request = request_for(write_raster(image), tile_px=64, overlap_px=16, batch_size=8)
    summary = detect(request)
    assert max(len(images) for images in model.images_seen) == 2
    assert np.array_equal(results_of(request)["mask"], expected_of(image)[0])
    assert any("fewer tiles" in warning for warning in summary.warnings)


def test_tiles_are_halved_where_even_one_is_too_large(write_raster, use_model):
    use_model(Hungry(200 * 200).eval())
    image = patches(600, 600)
    request = request_for(write_raster(image))
    summary = detect(request)
    assert any("tiles of 128 pixels" in warning for warning in summary.warnings)
    assert np.array_equal(results_of(request)["mask"], expected_of(image)[0])


def test_no_memory_at_all_is_said_and_leaves_nothing(write_raster, use_model):
    use_model(Hungry(10).eval())
    request = request_for(write_raster(patches(600, 600)))
    before = existing_outputs(request)
    with pytest.raises(DeviceError, match="too little free memory even for tiles of 128"):
        detect(request)
    assert contents(request.mask_path.parent) == before


def test_model_given_to_predict_array_is_not_changed(brightness_model):
    before = copy.deepcopy(brightness_model.configuration)
    image = patches(20, 20)
    thresholds = Thresholds(0.1, 0.2, 0.3)
    predict_array(brightness_model, image, image[0] > 0, [True] * 4, thresholds=thresholds)
    assert brightness_model.configuration == before


def test_network_that_gives_no_numbers_is_refused(write_raster, use_model):
    class Broken(BrightnessModel):
        def forward(self, image, *options, **keywords):
            stages = super().forward(image, *options, **keywords)
            for logits in (stages.coarse_logits, stages.refined_logits):
                logits[..., 3, 4] = float("nan")
            return stages

    use_model(Broken())
    request = request_for(write_raster(patches(40, 40)))
    before = contents(request.mask_path.parent)
    with pytest.raises(ModelError, match="no finite numbers"):
        detect(request)
    assert contents(request.mask_path.parent) == before


# --- damaged pixels -------------------------------------------------------------------------


def test_numbers_that_cannot_be_reflectance_are_no_data_and_told(write_raster, stand_in):
    values = as_counts(patches(64, 64)).astype(np.int16)
    values[:, 10, 10:20], values[1, 40, 40] = -9999, 32767
    one = request_for(write_raster(values))
    summary = detect(one)
    expected = np.ones((64, 64), bool)
    expected[10, 10:20] = expected[40, 40] = False
    assert ((results_of(one)["mask"] != 255) == expected).all()
    assert any("such as 32767" in warning for warning in summary.warnings)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_surroundings_without_data_change_nothing(batch_size):
    """A scene that ends inside its raster has the mask of the scene alone."""
    torch.manual_seed(0)
    model = CloudMamba(ModelConfiguration(widths=(32, 32), state_size=4)).eval()
    image = patches(96, 128)
    valid = np.zeros(image.shape[1:], bool)
    valid[20:, 30:] = True
    valid[40:50, 60:64] = False
    bands = (True,) * len(image)
    inside = (slice(20, None), slice(30, None))
    around, alone = (
        predict_array(model, pixels, known, bands, batch_size=batch_size)
        for pixels, known in ((image, valid), (image[:, 20:, 30:], valid[inside]))
    )
    assert np.array_equal(around.probability[inside], alone.probability, equal_nan=True)
    tiled, one_by_one = (
        predict_array(model, image, valid, bands, batch_size=size, tile_px=64, overlap_px=8)
        for size in (batch_size, 1)
    )
    assert np.isnan(tiled.probability[~valid]).all()
    assert np.allclose(tiled.probability[valid], one_by_one.probability[valid], rtol=0, atol=1e-5)
