"""Undeclared fill at the edges, saturated cloud that is none, and dead lines."""

import numpy as np
import pytest
from rasterio.windows import Window
from stand_ins import land

from cloudmamba.scene.reader import Scene

BANDS = (1, 2, 3, 4)


def counts(height=120, width=150, dtype=np.uint16):
    scale = 255 / 0.6 if dtype == np.uint8 else 1e4
    return (
        np.round(land(height, width) * scale + 5).clip(5, 250 if scale < 1e3 else 6e4).astype(dtype)
    )


def coast(height, width):
    """Outside of a wavy polygon that leaves a rim all around."""
    rows, columns = np.mgrid[:height, :width]
    away = np.hypot((rows - height / 2) / height, (columns - width / 2) / width)
    return away > 0.35 + 0.05 * np.sin(9 * np.arctan2(rows - height / 2, columns - width / 2))


def read_after_sampling(path, keep_fill=False, numbers=BANDS):
    with Scene(path, keep_fill) as scene:
        scene.sample(numbers)
        whole = Window(0, 0, scene.grid.width, scene.grid.height)
        valid = scene.reader_of(numbers, [whole])(whole)[1]
        return valid, scene.fill_warnings(numbers), scene.has_dead_lines


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (np.uint8, 255), (np.uint16, 65535), (np.uint16, 1), (np.uint16, 255), (np.int16, -9999),
        (np.float32, -1), (np.float32, 1e20),
    ],
)  # fmt: skip
def test_fill_around_a_polygon_is_no_data_and_told_and_can_be_kept(write_raster, dtype, value):
    values = counts(dtype=dtype)
    filled = coast(120, 150)
    values[:, filled] = value
    values[:, 60, 70:75] = value  # the same value inside is no fill
    path = write_raster(values)
    valid, warnings, _ = read_after_sampling(path)
    assert (valid == ~filled).all()
    assert len(warnings) == 1 and "touches the edge" in warnings[0] and "--keep-fill" in warnings[0]
    valid, warnings, _ = read_after_sampling(path, keep_fill=True)
    assert valid.all() and not warnings


def test_zeros_at_the_edge_count_though_another_value_is_declared(write_raster):
    values = counts()
    values[:, :40] = 0
    values[:, 80, 80] = 0
    valid, warnings, dead = read_after_sampling(write_raster(values, nodata=65535))
    assert not valid[:40].any() and valid[40:].all()
    assert "value 0 in every band" in warnings[0] and not dead


def test_black_of_a_picture_is_image_but_for_what_fills_its_edge(write_raster):
    values = counts(dtype=np.uint8).clip(30, 220)
    values[:, :40] = 0
    shadow = np.zeros(values.shape[1:], bool)
    shadow[70:74, 20:60] = True
    values[:, shadow] = 0
    with Scene(write_raster(values)) as scene:
        scene.sample(BANDS)
        _, valid = scene.read(BANDS, Window(0, 0, 150, 120))
        assert not valid[:40].any() and valid[40:].all()
        assert "touches the edge" in scene.fill_warnings(BANDS)[0]
        assert not scene.has_undeclared_nodata


@pytest.mark.parametrize("base", [0, 252])
def test_lossy_collars_are_fill(write_raster, base):
    values = counts(dtype=np.uint8).clip(30, 220)
    noise = np.random.default_rng(0).integers(0, 4, values[:, :30].shape)
    values[:, :30] = base + noise
    valid, warnings, _ = read_after_sampling(write_raster(values, nodata=7))
    assert not valid[:30].any() and valid[30:].all() and warnings


def test_saturated_cloud_at_the_edge_is_image(write_raster):
    rows, columns = np.mgrid[:120, :150]
    cloud = 400 - 5 * np.hypot(rows - 20, columns - 30) + 8 * land(120, 150)[0] * 30
    values = np.maximum(counts(dtype=np.uint8), cloud.clip(0, 255)).astype(np.uint8)
    assert (values == 255).all(0)[0].sum() > 20
    valid, warnings, _ = read_after_sampling(write_raster(values))
    assert valid.all()
    assert not any("for no data, though" in warning for warning in warnings)


def test_a_scene_of_nothing_but_saturated_cloud_is_image(write_raster):
    values = np.full((4, 120, 150), 65535, np.uint16)
    values[:, 50:62, 60:75] = counts(12, 15)  # the one hole in it
    valid, warnings, _ = read_after_sampling(write_raster(values))
    assert valid.all()
    assert len(warnings) == 1 and "It was taken for image" in warnings[0]


@pytest.mark.parametrize("numbers", [BANDS, (3, 2, 1, 4), (4, 3, 2)])
def test_fill_of_a_value_for_each_band_is_found_in_any_order_of_the_bands(write_raster, numbers):
    values = counts()
    filled = coast(120, 150)
    values[:, filled] = np.array([[10], [20], [30], [40]])
    valid, _, _ = read_after_sampling(write_raster(values), numbers=numbers)
    assert (valid == ~filled).all()


def test_a_map_of_flat_colours_has_no_fill(write_raster):
    values = np.random.default_rng(0).integers(1, 5, (4, 8, 10)).astype(np.uint16) * 1000
    values = values.repeat(16, 1).repeat(16, 2)
    values[:, :50] = 7000
    valid, warnings, _ = read_after_sampling(write_raster(values))
    assert valid.all() and not warnings


def test_fill_of_a_large_raster_is_exact_in_its_value_whatever_is_read(write_raster):
    values = np.tile(counts(100, 100), (1, 24, 15))
    filled = np.zeros(values.shape[1:], bool)
    filled[:, :211] = filled[1900:, :700] = True
    values[:, filled] = 65535
    values[:, 500, 1000] = 65535
    with Scene(write_raster(values, tiled=True)) as scene:
        scene.sample(BANDS)
        for window in (Window(0, 0, 1500, 2400), Window(150, 1850, 600, 300)):
            part = window.toslices()
            assert (scene.read(BANDS, window)[1] == ~filled[part]).all()


def valid_in_large(path, numbers=BANDS):
    return read_after_sampling(path, numbers=numbers)[:2]


@pytest.mark.parametrize("width", [1, 7])
@pytest.mark.parametrize("side", ["top", "left"])
def test_a_collar_thinner_than_a_pixel_of_the_reduced_raster_is_no_data(write_raster, width, side):
    values = np.tile(counts(100, 100), (1, 34, 4))
    filled = np.zeros(values.shape[1:], bool)
    # Not all along: that would be dead lines.
    (filled[:width, 60:] if side == "top" else filled[900:, :width])[...] = True
    values[:, filled] = 65535
    values[:, 1000, 100] = 65535  # far inside it is no fill
    valid, warnings = valid_in_large(write_raster(values))
    assert (valid == ~filled).all()
    assert "65535" in warnings[0]


def test_fill_that_reaches_the_edge_between_corners_is_found(write_raster):
    values = np.tile(counts(100, 100), (1, 32, 3))
    rows, columns = np.mgrid[:3200, :300]
    filled = (columns < 150) & (np.abs(rows - 1150) < 160 - columns)
    values[:, filled] = 1
    valid, _ = valid_in_large(write_raster(values))
    assert (valid == ~filled).all()


def test_saturated_cloud_of_a_large_raster_is_image(write_raster):
    rows, columns = np.mgrid[:3200, :300]
    texture = np.tile(land(100, 100)[0], (32, 3)) * 60
    cloud = 420 - 2.5 * np.hypot(rows - 900, columns - 20) + texture
    ground = np.tile(counts(100, 100, np.uint8), (1, 32, 3))
    values = np.maximum(ground, cloud.clip(0, 255)).astype(np.uint8)
    assert (values == 255).all(0)[:, 0].sum() > 100
    valid, warnings = valid_in_large(write_raster(values))
    assert valid.all()
    assert not any("for no data, though" in warning for warning in warnings)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("value", [0, 30000])
def test_dead_lines_of_one_band_are_no_data(write_raster, turned, value):
    values = counts()
    lines = values.transpose(0, 2, 1) if turned else values
    lines[0, 50:53] = value
    lines[2, 90] = value
    valid, _, dead = read_after_sampling(write_raster(values))
    valid = valid.T if turned else valid
    expected = np.ones(valid.shape, bool)
    expected[50:53] = expected[90] = False
    assert dead and (valid == expected).all()


def test_water_of_one_value_and_gradients_are_no_dead_lines(write_raster):
    values = counts()
    values[3, 40:80] = 3
    values[3, [39, 80], ::3] = 3
    _, _, dead = read_after_sampling(write_raster(values))
    assert not dead
    # The first column of a wave is of one value, like its neighbours on average.
    rows, columns = np.mgrid[:120, :150]
    wave = 1000 + 200 * np.sin(columns / 20) * np.cos(rows / 10) * np.ones((4, 1, 1))
    assert not read_after_sampling(write_raster(wave.astype(np.uint16)))[2]
    gradient = np.broadcast_to(np.arange(10, 130, dtype=np.uint16)[:, None], (4, 120, 150))
    assert not read_after_sampling(write_raster(np.ascontiguousarray(gradient)))[2]


def test_a_line_of_one_value_in_what_is_sampled_alone_is_not_dead(write_raster):
    values = counts(512, 512).clip(100)
    values[0, 100, 64:128] = 5
    path = write_raster(values)
    with Scene(path) as scene:
        scene.sample(BANDS)
        assert not scene.has_dead_lines
    valid, _, dead = read_after_sampling(path)
    assert valid.all() and not dead


def test_smooth_water_along_a_bright_coast_is_no_dead_line(write_raster):
    values = counts()
    values[3, 40:50] = 30
    values[3, 50:70] = np.random.default_rng(0).integers(20, 41, (20, 150))
    assert (values[3, 39] > 30).all()
    assert not read_after_sampling(write_raster(values))[2]
