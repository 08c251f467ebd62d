"""Clear-sky composite, in QGIS, with the fake engine where clouds are detected."""

import json

import numpy as np
import pytest
from processing_helpers import Feedback, names, run_algorithm
from raster_files import UTM, corrected_layer, read_raster, tag_raster, write_raster

SHAPE = (20, 30)
AS_LISTED, NEWEST, OLDEST = 1, 2, 3


@pytest.fixture(autouse=True)
def _loaded(plugin):
    """The plugin's algorithms are there."""


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


@pytest.fixture
def inputs(tmp_path):
    """Three scenes of constant values 100, 200, 300, with random masks and uncertainties."""
    random = np.random.default_rng(3)
    masks = random.choice(np.array([0, 1, 255], np.uint8), (3, *SHAPE), p=[0.5, 0.4, 0.1])
    uncertainties = random.random((3, *SHAPE), np.float32)
    scenes = [np.full((2, *SHAPE), 100 * (number + 1), np.uint16) for number in range(3)]
    scenes[0][:, :, :3] = 0  # no data
    given = {
        "SCENES": [write_raster(tmp_path / f"s{n}.tif", v, 0) for n, v in enumerate(scenes)],
        "MASKS": [write_raster(tmp_path / f"m{n}.tif", v, 255) for n, v in enumerate(masks)],
        "UNCERTAINTIES": [
            write_raster(tmp_path / f"u{n}.tif", v, float("nan"))
            for n, v in enumerate(uncertainties)
        ],
    }
    masks[0, :, :3] = 255
    return given, masks, uncertainties


def system_of(epsg):
    """As WKT; empty for none."""
    from osgeo import osr

    system = osr.SpatialReference()
    if epsg:
        system.ImportFromEPSG(epsg)
    return system.ExportToWkt()


def compose(results, feedback=None, **parameters):
    """Pixel by pixel and without a buffer, if nothing else is wanted."""
    paths = {name: str(results / f"{name}.tif") for name in ("OUTPUT", "PROVENANCE")}
    plain = {"PATCH": 0, "BUFFER": 0}
    return run_algorithm("clearskycomposite", {**paths, **plain, **parameters}, feedback)


def expected_scene(masks, uncertainties, fill=True):
    """Pixel by pixel, as the help says it."""
    chosen = np.zeros(SHAPE, int)
    for row, column in np.ndindex(SHAPE):
        mask, uncertainty = masks[:, row, column], uncertainties[:, row, column]
        clear, cloud = np.flatnonzero(mask == 0), np.flatnonzero(mask == 1)
        if len(clear):
            chosen[row, column] = 1 + clear[np.argmin(uncertainty[clear])]
        elif len(cloud) and fill:
            chosen[row, column] = 1 + cloud[np.argmax(uncertainty[cloud])]
    return chosen


@pytest.mark.parametrize("fill", [True, False])
def test_the_clearest_and_surest_pixel(inputs, results, fill):
    from osgeo import gdal

    given, masks, uncertainties = inputs
    found = compose(results, **given, FILL=fill, OBSERVATIONS=str(results / "count.tif"))
    scene = expected_scene(masks, uncertainties, fill)
    assert {0, 1, 2, 3} == set(np.unique(scene))
    provenance = read_raster(found["PROVENANCE"])
    np.testing.assert_array_equal(provenance[0], scene)
    everywhere_cloudy = (masks != 0).all(0) & (scene > 0)
    np.testing.assert_array_equal(provenance[1], everywhere_cloudy)
    np.testing.assert_array_equal(read_raster(found["OUTPUT"]), np.stack([100 * scene] * 2))
    assert gdal.Open(found["OUTPUT"]).GetRasterBand(1).GetNoDataValue() == 0
    count = np.where((masks == 255).all(0), 65535, (masks == 0).sum(0))
    np.testing.assert_array_equal(read_raster(found["OBSERVATIONS"])[0], count)
    assert 65535 in count and found["VALID_PERCENT"] == pytest.approx(100 * np.mean(scene > 0))
    assert found["CLOUD_PERCENT"] == pytest.approx(
        100 * everywhere_cloudy.sum() / (scene > 0).sum()
    )


def test_without_uncertainties_the_first_clear_scene_counts(inputs, results):
    given, masks, _ = inputs
    del given["UNCERTAINTIES"]
    found = compose(results, **given, PREFER=AS_LISTED)
    scene = expected_scene(masks, np.zeros((3, *SHAPE)))
    np.testing.assert_array_equal(read_raster(found["PROVENANCE"])[0], scene)


def test_the_scenes_have_names_and_colours(inputs, results):
    from qgis.core import QgsRasterLayer

    given, _, _ = inputs
    layer = QgsRasterLayer(compose(results, **given)["PROVENANCE"])
    classes = layer.renderer().classes()
    assert [entry.label for entry in classes] == ["1: s0.tif", "2: s1.tif", "3: s2.tif"]
    assert len({entry.color.name() for entry in classes}) == 3


REORDERED = (
    "Masks and uncertainties are listed in another order than the scenes: each is taken for the "
    "scene that it was made of."
)


def say_what_they_are_made_of(given, *kinds):
    for kind in kinds:
        for number, path in enumerate(given[kind]):
            tag_raster(path, SOURCE=f"s{number}.tif")


@pytest.mark.parametrize("told", [("MASKS", "UNCERTAINTIES"), ("MASKS",)])
def test_masks_are_taken_for_the_scenes_they_were_made_of(inputs, results, told):
    """Uncertainties that tell nothing go with their masks."""
    given, masks, uncertainties = inputs
    say_what_they_are_made_of(given, *told)
    for kind in ("MASKS", "UNCERTAINTIES"):
        given[kind] = [given[kind][number] for number in (2, 0, 1)]
    feedback = Feedback()
    found = compose(results, feedback, **given)
    assert feedback.warnings[0] == REORDERED
    np.testing.assert_array_equal(
        read_raster(found["PROVENANCE"])[0], expected_scene(masks, uncertainties)
    )


def test_uncertainties_alone_in_another_order(inputs, results):
    given, masks, uncertainties = inputs
    say_what_they_are_made_of(given, "UNCERTAINTIES")
    given["UNCERTAINTIES"].reverse()
    found = compose(results, **given)
    np.testing.assert_array_equal(
        read_raster(found["PROVENANCE"])[0], expected_scene(masks, uncertainties)
    )


def test_a_mask_whose_layer_alone_tells_what_it_was_made_of(inputs, results, project):
    """As one whose thresholds were moved: its file is pixels alone."""
    from cloudmamba_qgis.layers.provenance import describe_layer
    from qgis.core import QgsRasterLayer

    given, masks, _ = inputs
    del given["UNCERTAINTIES"]
    layers = [QgsRasterLayer(path, path) for path in given["MASKS"]]
    for number, layer in enumerate(layers):
        describe_layer(layer, {"SOURCE": f"s{number}.tif"})
        project.addMapLayer(layer)
    given["MASKS"] = [layer.id() for layer in reversed(layers)]
    found = compose(results, **given, PREFER=AS_LISTED)
    scene = expected_scene(masks, np.zeros((3, *SHAPE)))
    np.testing.assert_array_equal(read_raster(found["PROVENANCE"])[0], scene)


def test_two_masks_of_one_scene_stay_as_they_are_listed_and_that_is_told(inputs, results):
    given, masks, uncertainties = inputs
    tag_raster(given["MASKS"][0], SOURCE="s1.tif")
    tag_raster(given["MASKS"][1], SOURCE="s1.tif")
    feedback = Feedback()
    found = compose(results, feedback, **given)
    assert feedback.warnings[0] == "'m0.tif' was made of 's1.tif' and is taken for 's0.tif'."
    np.testing.assert_array_equal(
        read_raster(found["PROVENANCE"])[0], expected_scene(masks, uncertainties)
    )


@pytest.mark.parametrize(
    ("scenes", "images", "expected"),
    [
        (["a", "b", "c"], ["c", "a", "b"], [1, 2, 0]),
        (["a", "b", "c"], ["", "a", ""], [1, 0, 2]),
        (["a", "b"], ["", "of before"], [0, 1]),
        (["a", "b"], ["b", "b"], [0, 1]),
        (["1/a", "2/a"], ["", "a"], [0, 1]),
        (["1/a", "2/a", "c"], ["c", "a", "a"], [2, 1, 0]),
        (["1/a", "2/a"], ["a", "b"], [0, 1]),
        ([], [], []),
    ],
)
def test_the_order_of_masks(scenes, images, expected):
    from cloudmamba_qgis.rasters.scene_files import order_by_image

    assert order_by_image(scenes, ["elsewhere/mask.tif"] * len(images), images) == expected


@pytest.mark.parametrize(
    ("masks", "expected"),
    [
        (["2/m", "1/m"], [1, 0]),
        (["1/m", "2/m"], [0, 1]),
        (["2/m", "elsewhere/m"], [1, 0]),
        (["elsewhere/m", "1/m"], [1, 0]),
        (["1/m", "1/n"], [0, 1]),
    ],
)
def test_of_scenes_of_one_name_a_mask_belongs_to_that_in_its_folder(masks, expected):
    from cloudmamba_qgis.rasters.scene_files import order_by_image

    assert order_by_image(["1/a", "2/a"], masks, ["a", "a"]) == expected


@pytest.mark.parametrize("beside", [True, False])
def test_scenes_of_one_name_never_swap_masks_without_a_word(tmp_path, results, beside):
    """The first one is all cloud; the masks are listed the other way round."""
    scenes, masks = [], []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        scenes.append(write_raster(folder / "scene.tif", np.full((1, *SHAPE), number, np.uint8), 0))
        mask = folder / "mask.tif" if beside else tmp_path / f"mask_{number}.tif"
        masks.append(write_raster(mask, np.full(SHAPE, number % 2, np.uint8), 255))
        tag_raster(mask, SOURCE="scene.tif")
    feedback = Feedback()
    found = compose(results, feedback, SCENES=scenes, MASKS=masks[::-1])
    if beside:
        assert (read_raster(found["OUTPUT"]) == 2).all()
        assert feedback.warnings[0] == REORDERED
    told = [line for line in feedback.warnings if "Several scenes are called 'scene.tif'" in line]
    assert len(told) == (0 if beside else 2)
    assert beside or (masks[1] in told[0] and scenes[0] in told[0])


@pytest.fixture
def two_scenes(tmp_path):
    """A cloudy one, and a clear one that lies 5 pixels further to the right."""
    first = np.full(SHAPE, 1, np.uint8)
    cloudy, clear = np.ones(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    shifted = (UTM[0] + 50, 10, 0, UTM[3], 0, -10)
    return {
        "SCENES": [
            write_raster(tmp_path / "a.tif", first, 0),
            write_raster(tmp_path / "b.tif", 2 * first, 0, shifted),
        ],
        "MASKS": [
            write_raster(tmp_path / "ma.tif", cloudy, 255),
            write_raster(tmp_path / "mb.tif", clear, 255, shifted),
        ],
    }


def test_all_scenes_together_are_covered(two_scenes, results):
    from osgeo import gdal

    found = compose(results, **two_scenes)
    scene = np.full((20, 35), 2)
    scene[:, :5] = 1
    np.testing.assert_array_equal(read_raster(found["PROVENANCE"])[0], scene)
    np.testing.assert_array_equal(read_raster(found["OUTPUT"])[0], scene)
    assert gdal.Open(found["OUTPUT"]).GetGeoTransform() == UTM
    assert found["VALID_PERCENT"] == 100


def test_an_extent_in_any_crs_is_covered(two_scenes, results):
    from osgeo import gdal

    found = compose(results, **two_scenes, EXTENT="500031,500079,4999881,4999899 [EPSG:32633]")
    composite = gdal.Open(found["OUTPUT"])
    assert composite.GetGeoTransform() == (500030, 10, 0, 4999900, 0, -10)
    np.testing.assert_array_equal(composite.ReadAsArray(), [[1, 1, 2, 2, 2]] * 2)


def test_scenes_of_another_zone_are_brought_over(two_scenes, results, tmp_path):
    """The same ground in the next zone, as GDAL warps it: nearly all pixels stay where they are."""
    from osgeo import gdal

    before = read_raster(compose(results, **two_scenes)["OUTPUT"])[0]
    for kind in ("SCENES", "MASKS"):
        path = str(tmp_path / f"zone 34 {kind}.tif")
        gdal.Warp(
            path, two_scenes[kind][1], dstSRS="EPSG:32634", dstNodata=(0, 255)[kind == "MASKS"]
        )
        two_scenes[kind][1] = path
    found = compose(results, **two_scenes, EXTENT="500000,500350,4999800,5000000 [EPSG:32633]")
    composite = read_raster(found["OUTPUT"])[0]
    assert composite.shape == before.shape
    assert np.mean(composite == before) > 0.95


@pytest.mark.parametrize("epsg", [None, 32634])
def test_scenes_lie_where_the_user_has_put_them(two_scenes, results, epsg):
    from osgeo import gdal

    before = read_raster(compose(results, **two_scenes)["OUTPUT"])
    for path in (*two_scenes["SCENES"], *two_scenes["MASKS"]):
        dataset = gdal.Open(path, gdal.GA_Update)
        dataset.SetProjection(system_of(epsg))
        dataset = None
    tag_raster(two_scenes["MASKS"][0], SOURCE="a.tif")
    layers = {kind: [corrected_layer(path) for path in two_scenes[kind]] for kind in two_scenes}
    layers["MASKS"].reverse()
    extent = "500000,500350,4999800,5000000 [EPSG:32633]"
    feedback = Feedback()
    found = compose(results, feedback, **layers, EXTENT=extent)
    np.testing.assert_array_equal(read_raster(found["OUTPUT"]), before)
    assert 'AUTHORITY["EPSG","32633"]' in gdal.Open(found["OUTPUT"]).GetProjection()
    assert any("listed in another order" in warning for warning in feedback.warnings)


@pytest.mark.parametrize("epsg", [None, 32634])
def test_scenes_are_detected_where_the_user_has_put_them(fake_engine, results, tmp_path, epsg):
    """The engine looks into virtual rasters that are called so."""
    from osgeo import gdal

    scene = write_raster(tmp_path / "scene.tif", np.ones((3, *SHAPE), np.uint8), epsg=epsg)
    found = compose(results, SCENES=[corrected_layer(scene)])
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request["input_path"].endswith("scene.vrt")
    assert found["VALID_PERCENT"] == 100
    assert 'AUTHORITY["EPSG","32633"]' in gdal.Open(found["OUTPUT"]).GetProjection()


def test_scenes_far_apart_are_refused(two_scenes, results, tmp_path):
    from qgis.core import QgsProcessingException

    far = (UTM[0] + 50_000, 10, 0, UTM[3], 0, -10)
    two_scenes["SCENES"][1] = write_raster(tmp_path / "far.tif", np.ones(SHAPE, np.uint8), 0, far)
    with pytest.raises(QgsProcessingException, match="lie so far apart"):
        compose(results, **two_scenes)
    assert names(results) == []


def test_an_extent_beside_all_scenes_is_refused(two_scenes, results):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="No scene lies in the extent"):
        compose(results, **two_scenes, EXTENT="0,100,0,100 [EPSG:32633]")


NOISY = (200, 300)


@pytest.fixture
def noisy(tmp_path):
    """Three clear scenes; which one is the surest changes from pixel to pixel. One has a cloud."""
    random = np.random.default_rng(5)
    masks = np.zeros((3, *NOISY), np.uint8)
    masks[0, 60:100, 90:190] = 1
    given = {"SCENES": [], "MASKS": [], "UNCERTAINTIES": []}
    for number, mask in enumerate(masks, 1):
        day = tmp_path / f"scene_2024010{number}.tif"
        image = np.full(NOISY, 100 * number, np.uint16)
        unsure = 0.01 * random.random(NOISY, np.float32)
        given["SCENES"].append(write_raster(day, image, 0))
        given["MASKS"].append(write_raster(tmp_path / f"m{number}.tif", mask, 255))
        given["UNCERTAINTIES"].append(write_raster(tmp_path / f"u{number}.tif", unsure))
    return given


def seams_percent(scene):
    """Of all pairs of neighbours those of different scenes."""
    pairs = [(scene[1:], scene[:-1]), (scene[:, 1:], scene[:, :-1])]
    return 100 * np.mean(np.concatenate([np.not_equal(*pair).ravel() for pair in pairs]))


def test_scenes_are_chosen_by_patches(noisy, results):
    """The first scene, and one other where that has its cloud and near it."""
    by_pixels = read_raster(compose(results, **noisy)["PROVENANCE"])[0]
    assert seams_percent(by_pixels) > 60
    found = compose(results, **noisy, PATCH=30, BUFFER=3, PREFER=AS_LISTED)
    scene = read_raster(found["PROVENANCE"])[0]
    assert (scene[57:103, 90:190] != 1).all() and len(np.unique(scene[57:103, 90:190])) == 1
    rows, columns = np.nonzero(scene != 1)  # no further than a patch from the cloud
    assert rows.min() >= 24 and rows.max() <= 136 and columns.min() >= 54 and columns.max() <= 226
    assert seams_percent(scene) < 0.6 and found["CLOUD_PERCENT"] == 0


def test_a_pixel_is_the_same_whatever_window_it_lies_in(noisy, results, monkeypatch):
    """Nothing shows where the windows meet."""
    from cloudmamba_qgis.rasters import composite

    cloud = read_raster(noisy["MASKS"][1])[0]
    cloud[::7, ::11] = 1
    write_raster(noisy["MASKS"][1], cloud, 255)
    more = {"PATCH": 20, "BUFFER": 2.5, "FEATHER": 6, "TOLERANCE": 0}
    whole = compose(results, **noisy, **more)
    expected = [read_raster(whole[name]) for name in ("OUTPUT", "PROVENANCE")]
    assert len(np.unique(expected[0])) > 3 and len(np.unique(expected[1][0])) == 2
    monkeypatch.setattr(composite, "_block_px", lambda scenes, margin_px: 64)
    pieces = compose(results, **noisy, **more)
    for name, values in zip(("OUTPUT", "PROVENANCE"), expected):
        np.testing.assert_array_equal(read_raster(pieces[name]), values)


def test_memory_does_not_grow_with_the_number_of_scenes(plugin):
    from cloudmamba_qgis.rasters.composite import _block_px

    assert _block_px(10, 48) == 1024
    for scenes in (10, 100, 300, 800):
        assert 3 * scenes * (_block_px(scenes, 48) + 96) ** 2 < 300 * 2**20


@pytest.mark.parametrize(("prefer", "number"), [(AS_LISTED, 1), (NEWEST, 3), (OLDEST, 1)])
def test_the_preferred_scene_wins(noisy, results, prefer, number):
    for name in noisy:  # not in the order of their days
        noisy[name] = [noisy[name][1], noisy[name][2], noisy[name][0]]
    scene = read_raster(compose(results, **noisy, PATCH=30, PREFER=prefer)["PROVENANCE"])[0]
    expected = {AS_LISTED: 1, NEWEST: 2, OLDEST: 3}[prefer]
    assert scene[0, 0] == expected


def test_date_and_number_of_clear_observations(noisy, results):
    from qgis.core import QgsRasterLayer

    more = {name: str(results / f"{name}.tif") for name in ("DATE", "OBSERVATIONS")}
    found = compose(results, **noisy, **more, PATCH=30, BUFFER=3)
    scene = read_raster(found["PROVENANCE"])[0]
    np.testing.assert_array_equal(read_raster(found["DATE"])[0], 20240100 + scene.astype(int))
    count = read_raster(found["OBSERVATIONS"])[0]
    assert count[80, 140] == 2 and count[0, 0] == 3
    assert (count == 2).sum() >= 40 * 100
    layer = QgsRasterLayer(found["DATE"])  # which the classes live no longer than
    assert [entry.label for entry in layer.renderer().classes()] == [
        "2024-01-01",
        "2024-01-02",
        "2024-01-03",
    ]


def test_the_time_of_a_layer_counts_before_the_name_of_its_file(noisy, results, project):
    from qgis.core import QgsDateTimeRange, QgsRasterLayer
    from qgis.PyQt.QtCore import QDateTime, Qt

    layer = QgsRasterLayer(noisy["SCENES"][0], "first")
    temporal = layer.temporalProperties()
    taken = QDateTime.fromString("2021-05-06T10:00:00", Qt.DateFormat.ISODate)
    temporal.setFixedTemporalRange(QgsDateTimeRange(taken, taken))
    temporal.setIsActive(True)
    project.addMapLayer(layer)
    noisy["SCENES"][0] = layer.id()
    feedback = Feedback()
    found = compose(
        results, feedback, **noisy, DATE=str(results / "d.tif"), PREFER=OLDEST, PATCH=30
    )
    assert read_raster(found["DATE"])[0, 0, 0] == 20210506
    assert any("2021-05-06 (says the time of its layer)" in line for line in feedback.info)
    assert any("2024-01-02 (says scene_20240102.tif)" in line for line in feedback.info)


def test_without_days_there_is_no_newest_scene(inputs, results):
    from qgis.core import QgsProcessingException

    given, _, _ = inputs
    with pytest.raises(QgsProcessingException, match="s0.tif, s1.tif, s2.tif have no date"):
        compose(results, **given, PREFER=NEWEST)


@pytest.mark.parametrize(("shadow_is_cloud", "expected"), [(True, [2, 2]), (False, [1, 2])])
def test_cloud_shadow_is_left_out_if_wanted(tmp_path, results, shadow_is_cloud, expected):
    """Shadow left, cloud right; of the rest the other scene is no better."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[:, :5], mask[:, 25:] = 2, 1
    clear = np.zeros(SHAPE, np.uint8)
    image = np.full(SHAPE, 7, np.uint8)
    found = compose(
        results,
        SCENES=[write_raster(tmp_path / f"s{n}.tif", image, 0) for n in range(2)],
        MASKS=[write_raster(tmp_path / f"m{n}.tif", m, 255) for n, m in enumerate((mask, clear))],
        SHADOW=shadow_is_cloud,
        PREFER=AS_LISTED,
    )
    scene = read_raster(found["PROVENANCE"])[0]
    assert [scene[0, 0], scene[0, 29]] == expected and scene[0, 15] == 1


def test_shadow_fills_before_cloud_does(tmp_path, results):
    values = ([1, 2, 1], [2, 2, 1])
    found = compose(
        results,
        SCENES=[
            write_raster(tmp_path / f"s{n}.tif", np.full((1, 3), n + 1, np.uint8), 0)
            for n in range(2)
        ],
        MASKS=[
            write_raster(tmp_path / f"m{n}.tif", np.array([row], np.uint8), 255)
            for n, row in enumerate(values)
        ],
        PREFER=AS_LISTED,
    )
    scene, shows = read_raster(found["PROVENANCE"])
    assert scene.tolist() == [[2, 1, 1]] and shows.tolist() == [[2, 2, 1]]


def test_seams_are_feathered(noisy, results):
    """Between values of both scenes, and copied elsewhere."""
    sharp = compose(results, **noisy, PATCH=30, BUFFER=10, PREFER=AS_LISTED)
    line = read_raster(sharp["OUTPUT"])[0, 80].astype(int)
    assert np.abs(np.diff(line)).max() == 100
    soft = compose(results, **noisy, PATCH=30, BUFFER=10, PREFER=AS_LISTED, FEATHER=8)
    line = read_raster(soft["OUTPUT"])[0, 80].astype(int)
    assert np.abs(np.diff(line)).max() < 60
    # Nothing of the cloud, nor of what is near it, is mixed in: the other scene is whole there.
    assert (line[80:200] == 200).all() and (line[:30] == 100).all()
    close = compose(results, **noisy, PATCH=1, PREFER=AS_LISTED, FEATHER=8)
    assert (read_raster(close["OUTPUT"])[0, 60:100, 90:190] >= 200).all(), "a seam at the cloud"


@pytest.mark.parametrize(
    ("declared", "second", "expected", "is_used"),
    [
        (None, [0, 9], 255, False),
        (0, [0, 9], 255, False),
        (5, [0, 255], 5, False),
        (0, [0, 255], 0, True),
    ],
)
def test_no_scene_has_the_no_data_value_as_a_valid_one(
    tmp_path, results, declared, second, expected, is_used
):
    """The one that the first scene declares, if it can be; of the second one all is clear."""
    from osgeo import gdal

    masks = ([1, 1, 255], [0, 0, 255])
    feedback = Feedback()
    found = compose(
        results,
        feedback,
        SCENES=[
            write_raster(tmp_path / "a.tif", np.full((1, 3), 7, np.uint8), declared),
            write_raster(tmp_path / "b.tif", np.array([[*second, 7]], np.uint8)),
        ],
        MASKS=[
            write_raster(tmp_path / f"m{n}.tif", np.array([row], np.uint8), 255)
            for n, row in enumerate(masks)
        ],
    )
    assert read_raster(found["OUTPUT"])[0].tolist() == [[*second, expected]]
    assert gdal.Open(found["OUTPUT"]).GetRasterBand(1).GetNoDataValue() == expected
    assert f"No-data value: {expected}" in feedback.info
    assert any("even where they are valid" in text for text in feedback.warnings) == is_used


def test_the_same_bands_in_another_order_are_refused(inputs, results):
    from osgeo import gdal
    from qgis.core import QgsProcessingException

    given, _, _ = inputs
    for path, bands in zip(given["SCENES"], (("red", "nir"), ("Red", "NIR"), ("nir", "red"))):
        dataset = gdal.Open(path, gdal.GA_Update)
        for number, name in enumerate(bands, 1):
            dataset.GetRasterBand(number).SetDescription(name)
        dataset = None
    with pytest.raises(QgsProcessingException, match="s2.tif' has the bands of .* another order"):
        compose(results, **given)


def test_a_raster_that_is_no_mask_is_refused(inputs, results):
    from qgis.core import QgsProcessingException

    given, _, _ = inputs
    given["MASKS"][1] = given["SCENES"][1]
    with pytest.raises(QgsProcessingException, match="values other than 0"):
        compose(results, **given)
    assert names(results) == []


def test_an_uncertainty_in_percent_is_refused(inputs, results, tmp_path):
    from qgis.core import QgsProcessingException

    given, _, uncertainties = inputs
    given["UNCERTAINTIES"][1] = write_raster(tmp_path / "percent.tif", 100 * uncertainties[1])
    with pytest.raises(QgsProcessingException, match="and a probability or uncertainty of 0 to 1"):
        compose(results, **given)
    assert names(results) == []


def test_an_uncertainty_may_declare_any_no_data(inputs, results, tmp_path):
    """Nothing is known there: as good as unsure."""
    given, masks, uncertainties = inputs
    uncertainties[1, :5] = -9999
    given["UNCERTAINTIES"][1] = write_raster(tmp_path / "own.tif", uncertainties[1], -9999)
    found = compose(results, **given)
    uncertainties[1, :5] = 1
    np.testing.assert_array_equal(
        read_raster(found["PROVENANCE"])[0], expected_scene(masks, uncertainties)
    )


def test_masks_of_a_batch_are_found_in_the_folder(fake_engine, noisy, results, tmp_path):
    """One scene has its mask; the other one is detected, which makes all of it cloud."""
    import shutil

    folder = tmp_path / "archive"
    folder.mkdir()
    for number in range(2):
        shutil.copy(noisy["SCENES"][number], folder / f"x{number}.tif")
    shutil.copy(noisy["MASKS"][2], folder / "x1_mask.tif")
    shutil.copy(noisy["MASKS"][2], folder / "gone_mask.tif")
    feedback = Feedback()
    found = compose(results, feedback, FOLDER=str(folder))
    assert (read_raster(found["OUTPUT"]) == 200).all()
    assert any("gone_mask.tif' is left out" in warning for warning in feedback.warnings)


def test_uncertainty_counts_for_all_scenes_or_for_none(noisy, results, tmp_path):
    import shutil

    folder = tmp_path / "archive"
    folder.mkdir()
    for number in range(2):
        shutil.copy(noisy["SCENES"][number], folder / f"x{number}.tif")
        shutil.copy(noisy["MASKS"][number], folder / f"x{number}_mask.tif")
    shutil.copy(noisy["UNCERTAINTIES"][1], folder / "x1_uncertainty.tif")
    feedback = Feedback()
    mixed = read_raster(compose(results, feedback, FOLDER=str(folder))["OUTPUT"])
    assert any(w.endswith("these scenes have none: x0.tif.") for w in feedback.warnings)
    (folder / "x1_uncertainty.tif").unlink()
    feedback = Feedback()
    without = read_raster(compose(results, feedback, FOLDER=str(folder))["OUTPUT"])
    assert np.array_equal(mixed, without)
    assert not any("Uncertainty" in warning for warning in feedback.warnings)


def test_a_folder_of_scenes_is_detected_first(fake_engine, image, results, tmp_path):
    from osgeo import gdal

    folder = image.parent
    (folder / "notes.txt").write_text("no scene")
    gdal.Translate(str(folder / "Another.tif"), str(image), noData=0)
    gdal.Translate(str(folder / "Wölkchen.tif"), gdal.Open(str(folder / "Another.tif")))
    feedback = Feedback()
    found = compose(results, feedback, FOLDER=str(folder), RADIOMETRY="picture")
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request["input_path"] == str(image) and request["radiometry"] == "picture"
    assert "1. Scene 1: Another.tif (mask_0.tif)" in feedback.info
    assert "2. Scene 2: Wölkchen.tif (mask_1.tif)" in feedback.info
    # The fake engine calls all of both cloud and is as sure of the one as of the other.
    assert (read_raster(found["PROVENANCE"]) == 1).all()
    np.testing.assert_array_equal(read_raster(found["OUTPUT"]), read_raster(image))
    assert found["CLOUD_PERCENT"] == 100
    assert names(results) == ["OUTPUT.tif", "PROVENANCE.qml", "PROVENANCE.tif"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SCENES": []}, "either scenes or a folder"),
        ({"FOLDER": "."}, "either scenes or a folder"),
        ({"MASKS": 1}, "as many masks as scenes"),
        ({"UNCERTAINTIES": 2}, "as many uncertainties as masks"),
    ],
)
def test_what_does_not_go_together_is_refused(inputs, results, change, sentence):
    from qgis.core import QgsApplication, QgsProcessingContext

    given, _, _ = inputs
    for name, value in change.items():
        given[name] = given[name][:value] if isinstance(value, int) else value
    algorithm = QgsApplication.processingRegistry().algorithmById("cloudmamba:clearskycomposite")
    given["OUTPUT"] = str(results / "composite.tif")
    accepted, message = algorithm.checkParameterValues(given, QgsProcessingContext())
    assert not accepted and sentence in message


def test_scenes_of_other_bands_are_refused(inputs, results, tmp_path):
    from qgis.core import QgsProcessingException

    given, _, _ = inputs
    given["SCENES"][2] = write_raster(tmp_path / "f.tif", np.zeros((2, *SHAPE), np.float32))
    with pytest.raises(QgsProcessingException, match="differ in the number, data type"):
        compose(results, **given)
    assert names(results) == []


def test_a_failed_detection_leaves_nothing(fake_engine, image, results):
    from qgis.core import QgsProcessingException

    fake_engine("refuses")
    with pytest.raises(QgsProcessingException, match="The raster has 1 band"):
        compose(results, SCENES=[str(image)])
    assert names(results) == []


def test_the_composite_never_replaces_a_scene(fake_engine, image, results):
    from qgis.core import QgsProcessingException

    before = image.read_bytes()
    with pytest.raises(QgsProcessingException, match="is an input or another output"):
        compose(results, FOLDER=str(image.parent), OUTPUT=str(image))
    assert image.read_bytes() == before


def test_two_results_in_one_file_are_refused(inputs, results):
    from qgis.core import QgsProcessingException

    given, _, _ = inputs
    with pytest.raises(QgsProcessingException, match="is an input or another output"):
        compose(results, **given, PROVENANCE=str(results / "OUTPUT.tif"))
    assert names(results) == []
