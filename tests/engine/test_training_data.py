"""Where training samples come from and what their labels mean."""

import csv
import dataclasses

import numpy as np
import pytest
import rasterio
import torch
from synthetic_data import make_data_folder, write_raster

from cloudmamba.data.images import read_record
from cloudmamba.data.index import PICTURE_WHITE, has_data, read_index
from cloudmamba.errors import InputError
from cloudmamba.training import augmentation, pictures, sampler, sensor_faults, targets
from cloudmamba.training.augmentation import brighten
from cloudmamba.training.configuration import read_configuration, shipped_configurations
from cloudmamba.training.sampler import SOURCES, DataConfiguration, TrainingSampler
from cloudmamba.training.synthesis.clouds import (
    HAZE_OPACITY,
    KINDS,
    Sun,
    add_clouds,
    margin_m,
    optical_thickness,
    paste_clouds,
)
from cloudmamba.training.synthesis.ground import SCENES, make_ground
from cloudmamba.training.synthesis.noise import blurred, fractal_field
from cloudmamba.training.synthesis.relief import OZONE_DEPTH, light_on_slopes
from cloudmamba.training.synthesis.winter import lay_snow
from cloudmamba.training.targets import (
    CLOUD,
    CLOUD_WEIGHT,
    SHADOW,
    SHADOW_WEIGHT,
    empty_target,
    margin_of_labels_px,
    target_of,
)
from cloudmamba.training.teachers.labels import SoftLabel, write_soft_label


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_data_folder(tmp_path_factory.mktemp("data"), weakly_labelled=True)


def record_named(folder, name):
    return next(record for record in read_index(folder) if record.name == name)


def only(source, **changes):
    shares = {name: float(name == source) for name in SOURCES}
    return dataclasses.replace(DataConfiguration(crop_px=32), **shares | changes)


def test_numbers_become_reflectance(folder):
    image, _ = record_named(folder, "m0").read()
    assert image.dtype == np.float32
    assert image.min() > 0.02
    assert 0.5 < image.max() < 0.7


def test_label_codes(tmp_path):
    make_data_folder(tmp_path)
    codes = np.zeros((1, 64, 64), np.uint8)
    codes[0, :5] = np.array([0, 1, 2, 3, 255])[:, None]
    write_raster(tmp_path / "manual/train/m0_label.tif", codes)
    _, label = record_named(tmp_path, "m0").read()
    assert label[:5, 0].tolist() == [0, 1, 1, 0, 255]


def test_what_a_label_declares_to_be_no_data_is_not_labelled(tmp_path):
    make_data_folder(tmp_path)
    codes = np.zeros((64, 64), np.float32)
    codes[:4] = np.array([1, 4, np.nan, 99])[:, None]
    path = tmp_path / "manual/train/m0_label.tif"
    write_raster(path, codes[None])
    with rasterio.open(path, "r+") as file:
        file.nodata = 99
    record = record_named(tmp_path, "m0")
    _, label = record.read()
    assert label[:5, 0].tolist() == [1, 0, 255, 255, 0]
    assert (target_of(record, None)[1][CLOUD_WEIGHT, :5, 0] > 0).tolist() == [1, 1, 0, 0, 1]
    # Many files declare 0, which is clear all the same.
    with rasterio.open(path, "r+") as file:
        file.write(np.where(codes == 1, 1, 0)[None])
        file.nodata = 0
    assert record.read()[1][:2, 0].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (np.full((64, 64), 128, np.uint8), "holds the number 128, which is no code"),
        (np.full((64, 64), 0.5, np.float32), "holds the number 0.5"),
        (np.zeros((60, 64), np.uint8), "has 64 x 60 pixels, but .*m0.tif' has 64 x 64"),
        (np.zeros((3, 64, 64), np.uint8), "has 3 bands and a mask has 1: give"),
    ],
)
def test_labels_that_cannot_be_used_are_explained(tmp_path, codes, words):
    make_data_folder(tmp_path)
    write_raster(tmp_path / "manual/train/m0_label.tif", codes.reshape(-1, *codes.shape[-2:]))
    with pytest.raises(InputError, match=f"m0_label.tif' {words}"):
        record_named(tmp_path, "m0").read()


def test_a_label_of_another_place_is_explained(tmp_path):
    make_data_folder(tmp_path)
    record = record_named(tmp_path, "m0")
    place(record.path, 5e5)
    # One without a position lies where its image does.
    assert record.read()[1].shape == (64, 64)
    place(record.label_path, 5e5)
    assert record.read()[1].shape == (64, 64)
    place(record.label_path, 4e5)
    with pytest.raises(InputError, match="m0_label.tif' lies elsewhere than '.*m0.tif'"):
        record.read()


def place(path, x):
    with rasterio.open(path, "r+") as file:
        file.crs, file.transform = "EPSG:32633", rasterio.Affine(20, 0, x, 0, -20, 5e6)


def test_our_masks_are_labels(tmp_path):
    make_data_folder(tmp_path)
    record = record_named(tmp_path, "m0")
    codes = np.zeros((1, 64, 64), np.uint8)
    codes[0, :5] = np.array([0, 1, 2, 4, 255])[:, None]
    write_raster(record.label_path, codes)
    assert record.read()[1][:5, 0].tolist() == [0, 1, 1, 0, 255]
    with rasterio.open(record.label_path, "r+") as file:
        file.update_tags(CLASSES="0 clear, 1 cloud, 2 cloud shadow, 4 snow or ice, 255 no data")
    assert record.read()[1][:5, 0].tolist() == [0, 1, 0, 0, 255]
    assert record.read_codes()[:5, 0].tolist() == [0, 1, 3, 4, 255]
    assert target_of(record, None)[1][SHADOW, :5, 0].tolist() == [0, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("scale", "words"), [(1.0, "reach 6"), (1e-2, "reach 6"), (1e-7, "not exceed 0.0006")]
)
def test_an_image_with_a_wrong_scale_is_explained(tmp_path, scale, words):
    make_data_folder(tmp_path)
    record = dataclasses.replace(record_named(tmp_path, "m0"), scales=(scale,) * 4)
    words = f"m0.tif' cannot be reflectance with the scale {scale:g} and the offset 0 .* {words}"
    with pytest.raises(InputError, match=words):
        record.read()


def test_what_no_image_is_does_not_tell_its_scale(tmp_path):
    make_data_folder(tmp_path)
    record = record_named(tmp_path, "m0")
    numbers = np.full((4, 64, 64), 65535, np.uint16)
    numbers[:, :8] = 900
    write_raster(record.path, numbers)
    with rasterio.open(record.path, "r+") as file:
        file.nodata = 65535
    assert has_data(record.read()[0]).sum() == 8 * 64
    write_raster(record.path, np.where(numbers == 65535, 0, numbers))
    assert has_data(record.read()[0]).sum() == 8 * 64
    write_raster(record.path, 0 * numbers)
    assert not has_data(record.read()[0]).any()


def test_open_water_in_a_picture_is_black(tmp_path):
    make_data_folder(tmp_path)
    record = dataclasses.replace(
        record_named(tmp_path, "m0"), scales=(PICTURE_WHITE / 255,) * 4, is_picture=True
    )
    write_raster(record.path, np.full((4, 64, 64), 3, np.uint8))
    assert record.read()[0].max() < 0.01
    write_raster(record.path, np.full((4, 64, 64), 3000, np.uint16))
    with pytest.raises(InputError, match="would reach 4.2"):
        record.read()


def test_what_an_image_declares_to_be_no_data_is_not_trained_on(tmp_path):
    make_data_folder(tmp_path)
    record = record_named(tmp_path, "m0")
    numbers = np.full((4, 64, 64), 900, np.int16)
    numbers[:, :8], numbers[1, 8:16] = -9999, -9999
    write_raster(record.path, numbers)
    with rasterio.open(record.path, "r+") as file:
        file.nodata = -9999
    mask = np.full((64, 64), 255, np.uint8)
    mask[:32] = 0
    masked = record_named(tmp_path, "m1")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(masked.path, "r+") as file:
        file.write_mask(mask)
    for one, missing_rows in ((record, 16), (masked, 32)):
        image, label = one.read()
        assert (label[:missing_rows] == 255).all() and (label[missing_rows:] != 255).all()
        assert not has_data(image)[:missing_rows].any() and has_data(image)[missing_rows:].all()
        assert image.min() >= 0
        assert not target_of(one, None)[1][CLOUD_WEIGHT, :missing_rows].any()
        assert read_record(one).valid.sum() == (64 - missing_rows) * 64


def test_doubtful_weak_labels_are_not_labels(tmp_path):
    make_data_folder(tmp_path)
    codes = np.zeros((1, 64, 64), np.uint8)
    codes[0, :, 32:] = 1
    percent = np.zeros((1, 64, 64), np.uint8)
    percent[0, 8:12] = np.array([15, 16, 39, 40])[:, None]
    percent[0, 32:] = 80
    write_raster(tmp_path / "automatic/a0_label.tif", codes)
    write_raster(tmp_path / "automatic/a0_cloudprob.tif", percent)
    _, label = record_named(tmp_path, "a0").read()
    corners = [label[0, 0], label[-1, -1], label[0, -1], label[-1, 0]]
    assert corners == [0, 1, 255, 255]
    assert label[8:12, 0].tolist() == [0, 255, 255, 255]
    assert label[8:12, -1].tolist() == [255, 255, 255, 1]


def test_no_data_of_weakly_labelled_images(tmp_path):
    make_data_folder(tmp_path)
    numbers = np.full((4, 64, 64), 900, np.uint16)
    numbers[:, :10] = 0
    numbers[0, 20] = 0  # one dark band alone is data
    write_raster(tmp_path / "automatic/a0.tif", numbers)
    write_raster(tmp_path / "automatic/a0_label.tif", np.zeros((1, 64, 64), np.uint8))
    write_raster(tmp_path / "automatic/a0_cloudprob.tif", np.zeros((1, 64, 64), np.uint8))
    _, label = record_named(tmp_path, "a0").read()
    assert (label[:10] == 255).all()
    assert (label[10:] == 0).all()


def test_zero_that_would_be_below_zero_is_no_data(tmp_path):
    make_data_folder(tmp_path)
    numbers = np.full((4, 64, 64), 4000, np.uint16)
    numbers[:, :10] = 0
    write_raster(tmp_path / "manual/train/m0.tif", numbers)
    record = record_named(tmp_path, "m0")
    image, label = record.read()
    assert (label[:10] != 255).any()
    image, label = dataclasses.replace(record, offsets=(-0.2,) * 4).read()
    assert (label[:10] == 255).all() and (label[10:] != 255).all()
    assert (image[:, :10] == 0).all()


def test_no_data_of_images_is_filled_as_in_detection(tmp_path):
    make_data_folder(tmp_path)
    for name in ("m0", "m1"):
        numbers = np.random.default_rng(1).integers(900, 1100, (4, 64, 64)).astype(np.uint16)
        numbers[:, :24] = 0
        write_raster(tmp_path / f"manual/train/{name}.tif", numbers)
    places = TrainingSampler(tmp_path, only("manual"), 0)._places["manual"]
    for image in (image for place in places for image in place):
        missing = image.target[CLOUD_WEIGHT] == 0
        assert missing[:24].all() and not missing[24:].any()
        reflectance = image.reflectance.astype(float)
        known = reflectance[:, 24:]
        assert known.min() <= reflectance[:, :24].min() and reflectance[:, :24].max() <= known.max()


def test_validation_and_held_out_places_are_never_read_for_training(folder, monkeypatch):
    read = []
    original = sampler.ImageRecord.read
    monkeypatch.setattr(
        sampler.ImageRecord, "read", lambda record: read.append(record) or original(record)
    )
    TrainingSampler(folder, DataConfiguration(), 0)
    assert {record.folder for record in read} == {"manual/train", "automatic", "clear"}
    assert not any(record.held_out for record in read if record.folder == "clear")
    kept_out = [r for r in read_index(folder) if r.folder == "clear" and r.held_out]
    assert kept_out
    assert {r.place for r in kept_out}.isdisjoint(r.place for r in read if r.folder == "clear")


def test_images_for_choosing_are_never_read_for_training(tmp_path):
    index = make_data_folder(tmp_path) / "index.csv"
    index.write_text(index.read_text().replace("train/m1", "train/hls_10_m1"))
    assert record_named(tmp_path, "hls_10_m1").purpose == "choose"
    # There is no such file: to read it would be an error.
    assert len(TrainingSampler(tmp_path, only("manual"), 0)._places["manual"]) == 1


def test_a_sensor_can_be_left_out(folder, monkeypatch, tmp_path):
    read = []
    read_target = sampler.filled_image_and_target_of
    monkeypatch.setattr(
        sampler,
        "filled_image_and_target_of",
        lambda r, t: (read.append(r), read_target(r, t))[1],
    )
    taught = folder / "taught"
    # "Landsat 5/7/8" is Landsat 5, too.
    left_out = only("semi_automatic", clear=1.0, leave_out_sensors=("landsat 5",), automatic=1.0)
    with pytest.raises(InputError, match="no images for the source 'clear' once .* to 0"):
        TrainingSampler(folder, left_out, 0, taught)
    left_out = only("manual", automatic=1.0, leave_out_sensors=("Sentinel-2", "Landsat 5"))
    with pytest.raises(InputError, match="no images for the source 'automatic'"):
        TrainingSampler(folder, left_out, 0, taught)
    read.clear()
    TrainingSampler(folder, dataclasses.replace(left_out, automatic=0.0), 0, taught)
    assert {record.sensor for record in read} == {"Landsat 8 OLI"}
    with pytest.raises(InputError, match="no sensor 'Landsat 6' .* Landsat 8 OLI, Sentinel-2 MSI"):
        TrainingSampler(folder, only("manual", leave_out_sensors=("Landsat 6",)), 0)
    path = tmp_path / "without.toml"
    base = shipped_configurations()["base"].read_text(encoding="utf-8")
    path.write_text(
        base.replace("[data]\n", '[data]\nleave_out_sensors = ["Landsat 5"]\n'), encoding="utf-8"
    )
    assert read_configuration(path).data.leave_out_sensors == ("Landsat 5",)


def test_a_fifth_of_the_real_clear_places_is_held_out(shared_data):
    clear = [record for record in read_index(shared_data) if record.folder == "clear"]
    places = {record.place for record in clear}
    held_out = {record.place for record in clear if record.held_out}
    assert 0.15 < len(held_out) / len(places) < 0.25
    for named in ("s2_dolomites", "terramind_609U", "terramind_282D", "eobrowser_s2_aquileia"):
        assert all(record.held_out for record in clear if record.name.startswith(named))
    for place in held_out:
        assert all(record.held_out for record in clear if record.place == place)


def test_same_seed_and_step_same_batch(folder):
    batches = [
        TrainingSampler(folder, DataConfiguration(crop_px=32), seed).sample(step, 4)
        for seed, step in ((1, 7), (1, 7), (1, 8), (2, 7))
    ]
    assert torch.equal(batches[0].image, batches[1].image)
    assert torch.equal(batches[0].target, batches[1].target)
    assert not torch.equal(batches[0].image, batches[2].image)
    assert not torch.equal(batches[0].image, batches[3].image)


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_gives_sound_samples(folder, source):
    batch = TrainingSampler(folder, only(source), 0, folder / "taught").sample(0, 12)
    assert batch.image.shape == (12, 4, 32, 32)
    assert batch.image.dtype == torch.float32
    assert torch.isfinite(batch.image).all()
    assert batch.image.min() >= 0
    assert batch.image.max() <= 2.1
    assert batch.target.shape == (12, 4, 32, 32)
    assert batch.target.min() >= 0 and batch.target.max() <= 1
    cloudy = bool((batch.target[:, CLOUD] == 1).any())
    clear = ("clear", "clear_rgb", "bright_clear", "snow", "procedural")
    assert cloudy == (source not in clear)


def test_snow_waits_for_its_step(folder):
    clear = only("clear", snow=1.0, brightened=1.0, hard_from_step=5)
    sampler = TrainingSampler(folder, clear, 0)
    plain = TrainingSampler(folder, only("clear", brightened=0.0), 0)
    assert torch.equal(sampler.sample(4, 4).image, plain.sample(4, 4).image)
    later = sampler.sample(5, 16).image
    assert not torch.equal(later, plain.sample(5, 16).image)
    assert later.mean() > 1.2 * plain.sample(5, 16).image.mean()


def test_absent_near_infrared_is_said_and_zero(folder):
    batch = TrainingSampler(folder, only("manual", absent_nir=1.0, picture=0.0), 0).sample(0, 4)
    assert batch.available_bands.tolist() == [[True, True, True, False]] * 4
    assert (batch.image[:, 3] == 0).all()
    batch = TrainingSampler(folder, only("manual", absent_nir=0.0, picture=0.0), 0).sample(0, 4)
    assert batch.available_bands.all()
    assert (batch.image[:, 3] > 0).any()


@pytest.mark.parametrize(("gsd_m", "expected"), [(10, 1.0), (20, 1.0), (25, 0.5), (30, 0.0)])
def test_labels_are_said_to_be_those_of_fine_or_coarse_images(folder, monkeypatch, gsd_m, expected):
    monkeypatch.setattr("cloudmamba.training.sampler.UNKNOWN_SCALE", 0.0)
    sampler = TrainingSampler(folder, only("manual"), 0)
    place = sampler._places["manual"][0]
    sampler._places["manual"] = [[dataclasses.replace(place[0], gsd_m=gsd_m)]]
    sampler._chances["manual"] = np.ones(1)
    # However the image is resized.
    assert sampler.sample(0, 16).fineness.tolist() == [expected] * 16
    monkeypatch.setattr("cloudmamba.training.sampler.UNKNOWN_SCALE", 1.0)
    assert sampler.sample(0, 4).fineness.tolist() == [0.5] * 4


def test_made_clouds_are_outlined_as_their_scale_wants(folder, monkeypatch):
    monkeypatch.setattr("cloudmamba.training.sampler.UNKNOWN_SCALE", 0.0)
    monkeypatch.setattr("cloudmamba.training.sampler.PROCEDURAL_GSD_M", (10, 30))
    sampler = TrainingSampler(folder, only("cloud_on_procedural"), 0)
    assert set(sampler.sample(0, 16).fineness.tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(("gsd_m", "expected"), [(20, 1.0), (30, 0.0)])
@pytest.mark.parametrize("source", ["cloud_pasted", "pasted_on_procedural"])
def test_pasted_clouds_are_outlined_as_in_the_image_they_come_from(
    folder, monkeypatch, source, gsd_m, expected
):
    monkeypatch.setattr("cloudmamba.training.sampler.UNKNOWN_SCALE", 0.0)
    sampler = TrainingSampler(folder, only(source), 0)
    sampler._cloudy = [dataclasses.replace(sampler._cloudy[0], gsd_m=gsd_m)]
    assert sampler.sample(0, 12).fineness.tolist() == [expected] * 12


@pytest.mark.parametrize("source", ["cloud_on_clear", "cloud_pasted"])
def test_clouds_over_what_has_no_data_teach_nothing(tmp_path, source):
    for image in (make_data_folder(tmp_path) / "clear").glob("*.tif"):
        numbers = np.full((4, 64, 64), 900, np.uint16)
        numbers[:, :40] = 0
        write_raster(image, numbers)
    whole = only(source, crop_px=64, zoomed=0.0, picture=0.0)
    target = TrainingSampler(tmp_path, whole, 0).sample(0, 8).target
    without = (target[:, [CLOUD_WEIGHT, SHADOW_WEIGHT]] == 0).all(1)
    assert (without.float().mean((1, 2)) >= 40 / 64).all()


def test_samples_are_of_several_sizes_but_each_batch_of_one(folder):
    several = only("manual", crop_px=32, other_crops_px=(16, 48), two_views=0.5)
    sampler = TrainingSampler(folder, several, 0)
    sizes = [tuple(sampler.sample(step, 2).image.shape) for step in range(24)]
    assert {size[2:] for size in sizes} == {(16, 16), (32, 32), (48, 48)}
    # Processes that share a step draw the same size.
    assert [tuple(sampler.sample(step, 2, slice(0, 1)).image.shape[2:]) for step in range(6)] == [
        size[2:] for size in sizes[:6]
    ]


def test_a_picture_that_is_nearly_all_white_teaches_nothing(folder, monkeypatch):
    sampler = TrainingSampler(folder, only("manual", picture=1.0), 0)
    assert sampler.sample(0, 8).target[:, CLOUD_WEIGHT].any()
    monkeypatch.setattr("cloudmamba.training.sampler.ALL_BUT_WHITE", -1.0)
    assert not sampler.sample(0, 8).target[:, [CLOUD_WEIGHT, SHADOW_WEIGHT]].any()


def test_some_pictures_have_near_infrared(folder):
    sampler = TrainingSampler(folder, only("manual", absent_nir=0.0, picture=1.0), 0)
    available = sampler.sample(0, 100).available_bands[:, 3]
    assert 0.05 < available.float().mean() < 0.3


def test_two_views_show_the_same_where_they_overlap(folder):
    sampler = TrainingSampler(folder, only("manual", two_views=1.0), 0)
    batch = sampler.sample(0, 8)
    assert batch.image.shape == (8, 4, 32, 32) and len(batch.apart_px) == 4
    assert len(set(batch.apart_px)) > 1
    for i, (rows, columns) in enumerate(batch.apart_px):
        first = np.s_[max(0, rows) : 32 + min(0, rows), max(0, columns) : 32 + min(0, columns)]
        second = np.s_[max(0, -rows) : 32 - max(0, rows), max(0, -columns) : 32 - max(0, columns)]
        for tensor in (batch.image, batch.target):
            assert torch.equal(
                tensor[i][:, first[0], first[1]], tensor[4 + i][:, second[0], second[1]]
            )
        assert torch.equal(batch.available_bands[i], batch.available_bands[4 + i])
    # Two processes have both views of a half of the scenes each.
    parts = [sampler.sample(0, 8, slice(rank, None, 2)) for rank in (0, 1)]
    assert [part.apart_px for part in parts] == [batch.apart_px[0::2], batch.apart_px[1::2]]
    assert torch.equal(parts[1].image, batch.image[[1, 3, 5, 7]])


def test_some_steps_have_two_views(folder):
    sampler = TrainingSampler(folder, only("clear", two_views=0.5), 0)
    with_views = [sampler.sample(step, 2).apart_px is not None for step in range(30)]
    assert 5 < sum(with_views) < 25
    assert TrainingSampler(folder, only("clear"), 0).sample(0, 2).apart_px is None


def test_whether_there_are_two_views_says_nothing_of_what_they_show(folder, monkeypatch):
    configuration = dataclasses.replace(only("manual", two_views=0.5), clear=1.0)
    sampler = TrainingSampler(folder, configuration, 0)
    drawn, choose = [], sampler._source
    monkeypatch.setattr(
        sampler, "_source", lambda *asked: drawn.append(choose(*asked)) or drawn[-1]
    )
    first = {True: set(), False: set()}
    for step in range(30):
        drawn.clear()
        views = sampler.sample(step, 2).apart_px is not None
        first[views].add(drawn[0])
    assert first == {True: {"manual", "clear"}, False: {"manual", "clear"}}


@pytest.mark.parametrize(("picture", "absent_nir"), [(1.0, 0.0), (0.0, 1.0)])
def test_without_near_infrared_ice_sheets_are_rarer(folder, monkeypatch, picture, absent_nir):
    asked = []

    def ground(random, size_px, ice_sheet):
        asked.append(ice_sheet)
        return np.full((4, size_px, size_px), 0.1, np.float32)

    monkeypatch.setattr("cloudmamba.training.sampler.make_ground", ground)
    for source in ("procedural", "cloud_on_procedural"):
        for shares in (
            {"picture": 0.0, "absent_nir": 0.0},
            {"picture": picture, "absent_nir": absent_nir},
        ):
            TrainingSampler(folder, only(source, **shares), 0).sample(0, 1)
    assert asked[1] < asked[0] and asked[3] < asked[2]


def test_data_folder_without_index(tmp_path):
    with pytest.raises(InputError, match="no index.csv"):
        read_index(tmp_path)


def test_images_that_the_index_does_not_tell_enough_of_are_named(tmp_path, caplog):
    make_data_folder(tmp_path)
    index = tmp_path / "index.csv"
    every = len(read_index(tmp_path))
    text = index.read_text().replace("blue green red nir", "Blue Green Red NIR", 1)
    index.write_text(text, encoding="utf-8-sig")
    assert len(read_index(tmp_path)) == every
    assert not caplog.text
    index.write_text(text.replace("Blue Green Red NIR", "pan", 1))
    assert len(read_index(tmp_path)) == len(read_index(tmp_path)) == every - 1
    assert caplog.text.count(f"1 of the {every} images") == 1


def test_index_without_columns_and_missing_images(tmp_path):
    (tmp_path / "index.csv").write_text("image,label\na.tif,\n")
    with pytest.raises(InputError, match="needs the columns"):
        read_index(tmp_path)
    make_data_folder(tmp_path)
    (tmp_path / "manual/train/m0.tif").unlink()
    with pytest.raises(InputError, match="There is no file .*m0.tif'"):
        record_named(tmp_path, "m0").read()


def test_data_folder_without_a_source(tmp_path):
    make_data_folder(tmp_path)
    index = tmp_path / "index.csv"
    rows = [row for row in csv.reader(index.open()) if not row[0].startswith("automatic")]
    with index.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(InputError, match="no images for the source 'automatic'"):
        TrainingSampler(tmp_path, DataConfiguration(), 0)


def clear_and_cloud(target):
    """Where a target is sure of clear sky, and where of cloud."""
    sure = target[CLOUD_WEIGHT] == 1
    return sure & (target[CLOUD] == 0), sure & (target[CLOUD] == 1)


def test_clouds_brighten_what_they_are_labelled_on():
    random = np.random.default_rng(0)
    ground = np.full((4, 64, 64), 0.08, np.float32)
    seen = np.zeros(3, int)
    for _ in range(20):
        image, target = add_clouds(random, ground, gsd_m=60)
        clear, cloud = clear_and_cloud(target)
        seen += [clear.sum(), cloud.sum(), (target[CLOUD_WEIGHT] == 0).sum()]
        if cloud.any():
            assert image[:, cloud].mean() > 0.09
        if clear.any():
            # Shadow and faint haze: darker, or at most as bright as haze can make it.
            assert image[:, clear].max() < 0.08 + 1.6 * HAZE_OPACITY + 0.06
    assert (seen > 0).all()


def test_labels_have_a_margin_of_metres():
    ground = np.full((4, 96, 96), 0.08, np.float32)
    shares = {}
    for gsd_m in (10, 30, 1000):
        random = np.random.default_rng(7)
        # One and the same sun and height, or other fields would be drawn.
        shares[gsd_m] = np.mean(
            [(add_clouds(random, ground, gsd_m)[1][CLOUD] == 1).mean() for _ in range(30)]
        )
    assert min(shares.values()) > 0
    # Outlines are more generous where more can be seen.
    assert [margin_m(gsd_m) for gsd_m in (3, 10, 20, 30, 120)] == [80, 80, 40, 0, 0]


def test_shadow_is_dark_clear_and_labelled():
    random = np.random.default_rng(1)
    ground = np.full((4, 96, 96), 0.3, np.float32)
    darkness = []
    for _ in range(20):
        image, target = add_clouds(random, ground, gsd_m=30)
        shadow = (target[SHADOW] == 1) & (target[SHADOW_WEIGHT] > 0)
        assert not (target[CLOUD][shadow] == 1).any()
        light = (target[SHADOW] == 0) & (target[SHADOW_WEIGHT] > 0) & (target[CLOUD] == 0)
        if shadow.sum() > 50 and light.sum() > 50:
            darkness.append(image[3][shadow].mean() / image[3][light].mean())
    assert len(darkness) > 3
    assert max(darkness) < 0.95


def test_sun_puts_shadows_where_it_says():
    assert Sun(45, 0).shift_px(1000, 10) == (0, 100)
    assert Sun(45, 90).shift_px(1000, 10) == (100, 0)
    assert Sun(30, 180).shift_px(1000, 10) == (0, -173)


def test_pasted_clouds_keep_their_pixels_and_labels():
    random = np.random.default_rng(1)
    ground, cloudy = np.full((4, 64, 64), 0.1, np.float32), np.full((4, 64, 64), 0.7, np.float32)
    cloud = np.zeros((64, 64), np.float32)
    cloud[20:40, 20:40] = 1
    image, target = paste_clouds(random, ground, cloudy, cloud, np.ones_like(cloud), gsd_m=30)
    # The ground's light that passes the cloud twice adds next to nothing.
    assert np.allclose(image[:, 25:35, 25:35], 0.7, atol=0.02)
    assert image[:, 50:, :10].max() <= 0.1001
    assert np.array_equal(target[CLOUD], cloud)


def test_clouds_over_ice_are_no_dark_patches():
    ice, grey = np.full((4, 64, 64), 0.85, np.float32), np.full((4, 64, 64), 0.4, np.float32)
    cloud = np.zeros((64, 64), np.float32)
    cloud[20:40, 20:40] = 1
    image, _ = paste_clouds(np.random.default_rng(1), ice, grey, cloud, np.ones_like(cloud), 30)
    assert image[:, 25:35, 25:35].min() > 0.6
    dark = [
        np.percentile(image[:, target[CLOUD] > 0.9], 5)
        for seed in range(12)
        for image, target in [add_clouds(np.random.default_rng(seed), ice, 30)]
        if (target[CLOUD] > 0.9).any()
    ]
    # Their dark sides, and the ice in shadow that shows through thin ones, are darker.
    assert np.median(dark) > 0.5


def test_manual_labels_win_over_teachers_and_weak_ones_share(tmp_path):
    make_data_folder(tmp_path)
    size = (64, 64)
    teacher = SoftLabel(np.ones(size, "f4"), np.zeros(size, "f4"), np.ones(size, "f4"))
    for folder, name in (("manual/train", "m0"), ("automatic", "a0")):
        label = np.zeros((1, *size), np.uint8)
        label[0, :8] = 255
        write_raster(tmp_path / folder / f"{name}_label.tif", label)
        write_soft_label(tmp_path / "taught" / folder / f"{name}_ukis-csmask.tif", teacher)
    _, manual = target_of(record_named(tmp_path, "m0"), tmp_path / "taught")
    assert (manual[CLOUD][8:] == 0).all()
    assert (manual[CLOUD][:8] == 1).all()
    assert (manual[CLOUD_WEIGHT] == 1).all()
    _, weak = target_of(record_named(tmp_path, "a0"), tmp_path / "taught")
    _, label = record_named(tmp_path, "a0").read()
    assert np.allclose(weak[CLOUD][label == 0], 1 - targets.LABEL_WEIGHT["automatic"])
    # They contradict each other, so that neither is believed much.
    assert weak[CLOUD_WEIGHT][label == 0].max() < 0.5
    _, alone = target_of(record_named(tmp_path, "m0"), None)
    assert (alone[CLOUD_WEIGHT][:8] == 0).all()


def test_only_what_teachers_call_cloud_reaches_further_in_fine_images(tmp_path):
    make_data_folder(tmp_path)
    size = (64, 64)
    cloud = np.full(size, 0.05, "f4")
    cloud[10:20, 10:20], cloud[40, 40] = 0.9, 0.4
    cloud[63, 63] = np.nan
    agreement = np.full(size, 0.5, "f4")
    agreement[10:20, 10:20] = 0.9
    teacher = SoftLabel(cloud, np.zeros(size, "f4"), agreement)
    write_raster(tmp_path / "manual/train/m0_label.tif", np.full((1, *size), 255, np.uint8))
    write_soft_label(tmp_path / "taught/manual/train/m0_ukis-csmask.tif", teacher)
    record = dataclasses.replace(record_named(tmp_path, "m0"), gsd_m=10)
    _, target = target_of(record, tmp_path / "taught")
    expected = np.nan_to_num(cloud)
    expected[4:26, 4:26] = 0.9
    np.testing.assert_allclose(target[CLOUD], expected, atol=0.01)
    assert target[CLOUD_WEIGHT][63, 63] == 0
    # What lies beside the cloud is as sure as the cloud.
    assert target[CLOUD_WEIGHT][5, 5] == pytest.approx(0.9**2, abs=0.02)
    assert target[CLOUD_WEIGHT][30, 30] == pytest.approx(0.5**2, abs=0.02)
    coarse = dataclasses.replace(record, gsd_m=30)
    assert target_of(coarse, tmp_path / "taught")[1][CLOUD][5, 5] < 0.1


def test_labels_reach_beyond_clouds_in_images_of_up_to_20_m():
    assert [margin_of_labels_px(gsd_m) for gsd_m in (10, 20, 20.1, 30)] == [6, 3, 0, 0]


def test_of_labels_that_reach_further_than_clouds_the_clouds_alone_are_cut_out():
    ground = np.full((4, 64, 64), 0.1, np.float32)
    theirs = np.full((4, 64, 64), 0.3, np.float32)
    theirs[:, 26:38, 26:38] = 0.9
    label = np.zeros((64, 64), np.float32)
    label[20:44, 20:44] = 1
    pasted = {
        margin_px: paste_clouds(
            np.random.default_rng(1), ground, theirs, label, np.ones_like(label), 10, margin_px
        )
        for margin_px in (0, 6)
    }
    for image, target in pasted.values():
        assert np.array_equal(target[CLOUD], label)
        assert image[:, 30:34, 30:34].min() > 0.85
    # Ground beside the cloud is that which was there, or its shadow.
    ring = np.s_[:, 21:24, 21:43]
    assert pasted[0][0][ring].min() > 0.25
    assert pasted[6][0][ring].max() < 0.15


def test_snow_is_white_and_lies_around_water_and_trees():
    random = np.random.default_rng(4)
    meadow, forest, water = (
        (0.06, 0.10, 0.09, 0.25),
        (0.02, 0.03, 0.02, 0.28),
        (0.05, 0.04, 0.02, 0.01),
    )
    ground = np.zeros((4, 96, 96), np.float32)
    for place, colour in enumerate((meadow, forest, water)):
        ground[:, :, place * 32 : (place + 1) * 32] = np.array(colour)[:, None, None]
    images = np.stack([lay_snow(random, ground) for _ in range(40)])
    assert images.dtype == np.float32
    assert np.isfinite(images).all()
    on_meadow, on_forest, on_water = (
        images[..., place * 32 : (place + 1) * 32] for place in range(3)
    )
    brightest = on_meadow.min(1).max((1, 2))
    assert np.quantile(brightest, 0.8) > 0.5  # a brightness threshold would call it cloud
    assert on_meadow.mean() > 1.2 * on_forest.mean()
    # Some waters freeze, others stay open.
    open_water = np.array([np.allclose(image, 0.02) for image in on_water[:, 2]])
    assert 0.2 < open_water.mean() < 0.9


def test_snow_reflects_less_near_infrared_than_cloud():
    random = np.random.default_rng(5)
    ground = np.full((4, 64, 64), 0.1, np.float32)

    def ratio(images):
        bright = [image[:, image[2] > 0.4] for image in images]
        return np.mean([pixels[3].mean() / pixels[2].mean() for pixels in bright if pixels.size])

    snow = ratio([lay_snow(random, ground) for _ in range(60)])
    cloud = ratio([add_clouds(random, ground, gsd_m=20)[0] for _ in range(60)])
    assert snow < 0.97
    assert cloud > 1


def test_low_sun_takes_green_out_of_the_light():
    white = np.full((4, 8, 8), 0.8, np.float32)

    def greens(share):
        draws = [np.random.default_rng(i) for i in range(60)]
        images = [augmentation.vary_light(random, white, share) for random in draws]
        return [image[1].mean() / image[3].mean() for image in images]

    assert np.mean(greens(1.0)) < 0.92 * np.mean(greens(0.0))


def test_without_the_air_ground_is_darker_and_cloud_brighter():
    levels = np.array([0.05, 0.12, 0.6, 0.9], np.float32)
    image = np.broadcast_to(levels, (4, 2, 4))
    taken = [augmentation.take_out_air(np.random.default_rng(i), image) for i in range(60)]
    blue, nir = np.mean(taken, axis=(0, 2))[[0, 3]]
    # The air's own light is mostly blue; of what the ground sends it lets through the less of it.
    assert blue[0] < 0.3 * levels[0] and blue[1] < 0.75 * levels[1]
    assert nir[0] > 0.5 * levels[0]
    assert (blue[2:] > 1.05 * levels[2:]).all() and (nir[2:] > 1.05 * levels[2:]).all()
    assert np.min(taken) == 0
    assert all((np.diff(one, axis=2) >= 0).all() for one in taken)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("L1C", True), ("L1 TOA", True), ("L1C/TOA?", True), ("S2 L1C TOA", True),
        ("TOA without sun-angle correction", True), ("L2A", False), ("L2A or L1C", False),
        ("Landsat SR", False), ("Collection 2 L2 SR, thinned", False), ("", False),
    ],
)  # fmt: skip
def test_only_images_with_air_in_between_lose_it(tmp_path, monkeypatch, level, expected):
    make_data_folder(tmp_path)
    index = tmp_path / "index.csv"
    header, *rows = index.read_text().splitlines()
    index.write_text("\n".join([f"{header},level", *(f'{row},"{level}"' for row in rows)]))
    monkeypatch.setattr(sampler, "take_out_air", lambda random, image: np.full_like(image, 1.8))
    configuration = only("manual", at_surface=0.5, absent_nir=0.0, picture=0.0)
    images = TrainingSampler(tmp_path, configuration, 3).sample(0, 40).image.mean((1, 2, 3))
    without_air = (images > 0.9).float().mean()
    assert 0.2 < without_air < 0.8 if expected else without_air == 0


def test_colour_alone_tells_made_ice_from_cloud():
    random = np.random.default_rng(12)
    _, green_depth, red_depth, nir_depth = OZONE_DEPTH

    def darker_in_near_infrared(image, where):
        """How much darker than in red, whatever ozone has taken."""
        lit = augmentation.vary_light(random, image, augmentation.LOW_SUN_OVER_WHAT_IS_MADE)
        _, green, red, nir = np.log(lit[:, where].mean(1))
        return red - nir + (red - green) * (red_depth - nir_depth) / (green_depth - red_depth)

    everywhere = np.ones((32, 32), bool)
    ice = [
        darker_in_near_infrared(make_ground(random, 32, ice_sheet=1.0), everywhere)
        for _ in range(150)
    ]
    dark = np.full((4, 32, 32), 0.05, np.float32)
    cloud = []
    for _ in range(300):
        image = add_clouds(random, dark, gsd_m=30)[0]
        thick = image[:3].min(0) > 0.5
        if thick.mean() > 0.2:
            cloud.append(darker_in_near_infrared(image, thick))
    assert len(cloud) > 50
    ordered = np.array(ice)[:, None] > np.array(cloud)
    # With noise of one percent in each band it is 0.92, with two 0.84.
    assert ordered.mean() > 0.94


def test_ice_sheets_can_be_the_same_for_miles():
    random = np.random.default_rng(10)
    grounds = [make_ground(random, 64) for _ in range(150)]
    even = [g for g in grounds if g[2].min() > 0.2 and g[2].std() < 0.02]
    assert len(even) > 4


def test_mountains_have_sharp_ridges():
    def steepness_of_edges(ridged):
        light = light_on_slopes(np.random.default_rng(7), 64, (0.3, 0.3), (2.5, 2.5), ridged=ridged)
        return np.abs(np.diff(light[3])).max()

    assert steepness_of_edges(1.0) > 1.5 * steepness_of_edges(0.0)


def test_what_lies_outside_a_scene_is_filled_and_has_no_label():
    random = np.random.default_rng(13)
    image = random.uniform(0.1, 0.2, (4, 64, 64)).astype(np.float32)
    shares = []
    for _ in range(40):
        filled, target = sensor_faults.lose_outside(random, image, empty_target((64, 64)))
        outside = target[CLOUD_WEIGHT] == 0
        shares.append(outside.mean())
        assert not outside.all() and (target[SHADOW_WEIGHT][outside] == 0).all()
        assert np.array_equal(filled[:, ~outside], image[:, ~outside])
        assert filled.min() >= 0.1 and filled.max() <= 0.2
        assert not np.array_equal(filled, image) or not outside.any()
    assert 0.1 < np.mean(shares) < 0.6


def test_outlines_are_straight_edges_or_irregular():
    random = np.random.default_rng(2)
    edges = []
    for _ in range(60):
        outside = sensor_faults._outside_swath(random, 128)
        edges.append((outside[:, 1:] != outside[:, :-1]).sum(1).max())
    # Two straight edges cross a row twice at most.
    assert 15 < sum(each > 2 for each in edges) < 45


def test_a_blur_brings_nothing_in_from_the_opposite_border():
    field = np.zeros((40, 50), np.float32)
    field[:4] = 1
    soft = blurred(field, 3.0)
    assert soft.shape == field.shape and soft[0].min() > 0.8
    assert abs(soft[20:]).max() < 1e-4


def test_shaded_slopes_are_bluish():
    light = light_on_slopes(np.random.default_rng(7), 64, contrast=(0.3, 0.3))
    assert light.shape == (4, 64, 64)
    assert light.mean() == pytest.approx(1, abs=0.1)
    shaded, sunny = light[3] < 0.7, light[3] > 1.3
    assert light[0, shaded].mean() > 1.1 * light[3, shaded].mean()
    assert light[0, sunny].mean() < light[3, sunny].mean()


def test_brightened_ground_keeps_its_colour():
    random = np.random.default_rng(6)
    ground = np.full((4, 8, 8), 0.1, np.float32) * np.array([1, 2, 3, 4])[:, None, None]
    brighter = [brighten(random, ground) for _ in range(20)]
    assert all((image >= ground - 1e-6).all() and image.max() <= 1 for image in brighter)
    assert max(image[0].mean() for image in brighter) > 0.18
    assert np.allclose(brighter[0][0] * 2, brighter[0][1])


@pytest.mark.parametrize("kind", KINDS)
def test_cover_of_a_cloud_kind(kind):
    random = np.random.default_rng(2)
    low, high = KINDS[kind].cover
    for _ in range(5):
        thickness = optical_thickness(random, 64, KINDS[kind])
        assert thickness.min() >= 0
        assert low - 0.02 <= (thickness > 0).mean() <= high + 0.02


def test_ground_has_bright_things_and_all_scenes():
    random = np.random.default_rng(3)
    brightest = [make_ground(random, 32).min(0).max() for _ in range(40)]
    assert max(brightest) > 0.6  # a brightness threshold would call it cloud
    assert min(brightest) < 0.3
    assert len(SCENES) == len(set(SCENES))


def test_fractal_field_is_standardised_and_stretched():
    random = np.random.default_rng(4)
    field = fractal_field(random, 128, 1.5, stretch=8, angle=0.0)
    assert abs(field.mean()) < 1e-5
    assert field.std() == pytest.approx(1, abs=1e-3)
    along, across = np.diff(field, axis=1).std(), np.diff(field, axis=0).std()
    assert across > 2 * along


@pytest.mark.parametrize(
    "gsd_m, finest_m, coarsest_m", [(10, 5, 20), (20, 10, 20), (30, 20, 60), (120, 60, 240)]
)
def test_fine_images_stay_fine_and_coarse_ones_coarse(folder, gsd_m, finest_m, coarsest_m):
    configuration = only("manual", zoomed=1.0, smallest_zoom=0.5, largest_zoom=2.0)
    training = TrainingSampler(folder, configuration, 0)
    image = dataclasses.replace(training._places["manual"][0][0], gsd_m=gsd_m)
    random = np.random.default_rng(3)
    distances = [training._crop(random, image, configuration)[2] for _ in range(200)]
    assert min(distances) == pytest.approx(finest_m, rel=0.05)
    assert max(distances) == pytest.approx(coarsest_m, rel=0.05)
    assert finest_m <= min(distances) + 1e-9
    assert max(distances) <= coarsest_m + 1e-9
    # Of a range that lies on the other side, what is nearest.
    far = (6.5, 7.0) if gsd_m > 20 else (0.3, 0.4)
    narrow = dataclasses.replace(configuration, smallest_zoom=far[0], largest_zoom=far[1])
    nearest = far[0] if gsd_m > 20 else far[1]
    assert training._crop(random, image, narrow)[2] == pytest.approx(gsd_m / nearest)


def test_of_bright_clear_places_the_brightest_come_most_often(tmp_path):
    make_data_folder(tmp_path)
    for name, rows in (("m0", 64), ("m1", 16)):
        pixels = np.full((4, 64, 64), 1000, np.uint16)
        pixels[:, :rows] = 6000
        write_raster(tmp_path / f"manual/train/{name}.tif", pixels)
        write_raster(tmp_path / f"manual/train/{name}_label.tif", np.zeros((1, 64, 64), np.uint8))
    configuration = only("bright_clear", zoomed=0.0, recalibrated=0.0, picture=0.0)
    training = TrainingSampler(tmp_path, configuration, 0)
    batch = training.sample(0, 60)
    wholly_bright = [image[:3].min() > 0.3 for image in batch.image.numpy()]
    # A place that is bright all over is drawn four times as often as one of which a quarter is.
    assert 0.7 < np.mean(wholly_bright) < 0.98


def test_crop_zoom_and_reflection():
    random = np.random.default_rng(5)
    image = np.arange(4 * 40 * 40, dtype=np.float32).reshape(4, 40, 40)
    target = (np.arange(40) % 2 * np.ones((1, 40, 1))).astype(np.float32)
    same, same_target = augmentation.random_crop(random, image, target, 40, 1.0)
    assert np.array_equal(same, image)
    assert np.array_equal(same_target, target)
    larger, _ = augmentation.random_crop(random, image, target, 64, 1.0)
    assert larger.shape == (4, 64, 64)
    enlarged, enlarged_target = augmentation.random_crop(random, image, target, 32, 2.0)
    assert enlarged.shape == (4, 32, 32)
    assert set(np.unique(enlarged_target)) <= {0, 1}
    assert np.array_equal(enlarged_target[0, 0, ::2], enlarged_target[0, 0, 1::2])


def test_symmetries_move_image_and_target_together():
    for seed in range(16):
        random = np.random.default_rng(seed)
        image = np.arange(4 * 36, dtype=np.float32).reshape(4, 6, 6)
        moved, moved_target = augmentation.flip_and_rotate(random, image, image.copy())
        assert np.array_equal(moved, moved_target)


def test_picture_is_an_eight_bit_stretch():
    image = np.linspace(0, 1.2, 4 * 32 * 32, dtype=np.float32).reshape(4, 32, 32)
    whites = []
    for seed in range(20):
        picture = pictures.like_a_picture(np.random.default_rng(seed), image)
        steps = picture / pictures.PICTURE_WHITE * 255
        assert np.abs(steps - np.round(steps)).max() < 1e-3
        assert picture.max() <= pictures.PICTURE_WHITE + 1e-6
        whites.append((picture >= pictures.PICTURE_WHITE - 1e-6).mean())
    # People stretch in many ways: from no white at all to most of the picture.
    assert max(whites) - min(whites) > 0.2


def test_fixed_reflectances_of_a_picture_may_differ_by_band(monkeypatch):
    monkeypatch.setattr(pictures, "FIXED", 1.0)
    monkeypatch.setattr(pictures, "AS_JPEG", 0.0)
    grey = np.full((4, 8, 8), 0.25, np.float32)

    def colours(per_band):
        monkeypatch.setattr(pictures, "FIXED_PER_BAND", per_band)
        made = [pictures.like_a_picture(np.random.default_rng(seed), grey) for seed in range(24)]
        return [float(np.ptp(picture[:3], axis=0).max()) for picture in made]

    assert max(colours(0.0)) == 0
    assert np.median(colours(1.0)) > 0.05 * pictures.PICTURE_WHITE


def test_pictures_with_fill_around_are_black_at_zero(monkeypatch):
    monkeypatch.setattr(pictures, "FIXED", 0.0)
    monkeypatch.setattr(pictures, "AS_JPEG", 0.0)
    pale = np.random.default_rng(8).uniform(0.3, 0.4, (4, 64, 64)).astype(np.float32)

    def darkest(with_fill):
        monkeypatch.setattr(pictures, "WITH_FILL", with_fill)
        made = [pictures.like_a_picture(np.random.default_rng(seed), pale) for seed in range(12)]
        return [picture[:3].min() / pictures.PICTURE_WHITE for picture in made]

    assert max(darkest(0.0)) < 0.05
    assert min(darkest(1.0)) > 0.2


def test_picture_of_dark_water_shows_its_noise(monkeypatch):
    monkeypatch.setattr(pictures, "WITH_FILL", 0.0)
    random = np.random.default_rng(8)
    water = 0.02 + random.normal(0, 0.002, (4, 64, 64)).astype(np.float32)
    contrasts = [
        np.ptp(np.percentile(pictures.like_a_picture(random, water)[:3], (2, 98)))
        for _ in range(200)
    ]
    # Most stretches go by percentiles, and reach from black to white.
    assert np.median(contrasts) > 0.4 * pictures.PICTURE_WHITE
    assert min(contrasts) < 0.1 * pictures.PICTURE_WHITE


def test_jpeg_leaves_a_picture_much_as_it_was():
    picture = np.random.default_rng(9).integers(0, 40, (3, 64, 64)).astype(np.uint8)
    picture[:, :, 32:] += 150
    stored = pictures._through_jpeg(picture, 75)
    assert stored.shape == picture.shape
    assert stored.dtype == np.uint8
    assert not np.array_equal(stored, picture)
    assert abs(stored.astype(float) - picture).mean() < 15


def test_bands_in_another_order_and_pictures_without_scale(tmp_path):
    numbers = np.stack([np.full((8, 8), value, np.uint8) for value in (30, 20, 10)])
    write_raster(tmp_path / "pictures" / "p.tif", numbers)
    (tmp_path / "index.csv").write_text(
        "image,label,bands,sensor,level,gsd_m,scale,offset,site\n"
        'pictures/p.tif,,red green blue,camera,"8-bit picture, stretched",30,,,\n'
        "pictures/unknown.tif,,red green blue,camera,L1,30,,,\n"
    )
    (record,) = read_index(tmp_path)
    image, _ = record.read()
    assert record.available_bands == (True, True, True, False)
    assert np.allclose(image[:, 0, 0], [10 * 0.36 / 255, 20 * 0.36 / 255, 30 * 0.36 / 255, 0])
