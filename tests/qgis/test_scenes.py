"""Folders and lists of products, as algorithms of many scenes take them."""

import numpy as np
import pytest
from processing_helpers import Feedback, run_algorithm
from raster_files import UTM, read_raster, write_raster
from vector_files import features, zones_layer


@pytest.fixture(autouse=True)
def _loaded(plugin, fake_engine):
    """The plugin's algorithms and a made-up engine are there."""
    fake_engine("normal")


@pytest.fixture
def archive(tmp_path):
    """Two products, one of which has its mask beside it, an ordinary image, and a damaged one."""
    folder = tmp_path / "archive"
    for name, value in (("A.SAFE", 100), ("B.SAFE", 200), ("damaged.SAFE", 300)):
        (folder / name).mkdir(parents=True)
        write_raster(folder / name / "image.tif", np.full((3, 20, 30), value, np.uint16), 0)
    plain = np.full((3, 20, 30), 400, np.uint16)
    write_raster(folder / "plain_20240507.tif", plain, 0)
    clear = np.zeros((20, 30), np.uint8)
    write_raster(folder / "A_mask.tif", clear, 255)
    return folder


def test_a_composite_of_products_and_images(archive, tmp_path):
    feedback = Feedback()
    found = run_algorithm(
        "clearskycomposite",
        {
            "FOLDER": str(archive),
            "OUTPUT": str(tmp_path / "composite.tif"),
            "PROVENANCE": str(tmp_path / "scene.tif"),
            "PREFER": 1,
        },
        feedback,
    )
    # The made-up engine masks everything as cloud; A has a mask that says clear.
    assert (read_raster(found["OUTPUT"]) == 100).all()
    assert (read_raster(found["PROVENANCE"])[0] == 1).all()
    assert "'damaged' is left out: A band is missing." in feedback.warnings
    assert sum(line.startswith("Product: ") for line in feedback.info) == 2
    assert any("'A.vrt' was taken on 2024-05-06" in line for line in feedback.info)
    assert not list(archive.rglob("*.vrt")), "nothing is written into the archive"


@pytest.mark.parametrize("kind", ["folder", "list"])
def test_areas_in_products(archive, tmp_path, kind):
    x, y = UTM[0], UTM[3]
    area = f"Polygon(({x} {y}, {x + 50} {y}, {x + 50} {y - 50}, {x} {y - 50}, {x} {y}))"
    listed = tmp_path / "list.txt"
    listed.write_text("archive/A.SAFE\narchive/plain_20240507.tif\n")
    given = {"FOLDER": str(archive)} if kind == "folder" else {"LIST": str(listed)}
    found = run_algorithm(
        "areasbydate",
        {
            "AREAS": zones_layer(area),
            "NAME_FIELD": "name",
            "OUTPUT": str(tmp_path / "by_date.gpkg"),
            **given,
        },
    )
    days = {row["date"].toPyDate().isoformat(): row for row, _ in features(found["OUTPUT"])}
    assert set(days) == {"2024-05-06", "2024-05-07"}
    assert days["2024-05-07"]["cloud_percent"] == 100


def test_without_an_engine_the_images_of_a_folder_remain(archive, tmp_path, monkeypatch):
    from cloudmamba_qgis.algorithms import product_scenes as scenes
    from cloudmamba_qgis.engine_client.locate import EngineNotFound
    from qgis.core import QgsProcessingFeedback

    def nothing():
        raise EngineNotFound("There is no engine yet.")

    monkeypatch.setattr(scenes, "find_engine", nothing)
    feedback = QgsProcessingFeedback()
    found = scenes.scenes_of_folder(str(archive), str(tmp_path), feedback)
    assert [scene.name for scene in found] == ["A_mask.tif", "plain_20240507.tif"]
    said = "Folders and archives of products are left out: There is no engine yet."
    assert said in feedback.textLog()


def test_the_list_of_products_goes_once_it_is_read(archive, tmp_path):
    from cloudmamba_qgis.algorithms import product_scenes as scenes
    from qgis.core import QgsProcessingFeedback

    found = scenes.scenes_of_folder(str(archive), str(tmp_path), QgsProcessingFeedback())
    assert any(scene.image.endswith(".vrt") for scene in found)
    assert not [*tmp_path.rglob("products.json")]


def test_an_engine_that_lists_products_otherwise_is_said(fake_engine, archive, tmp_path):
    from cloudmamba_qgis.algorithms import product_scenes as scenes
    from qgis.core import QgsProcessingException, QgsProcessingFeedback

    fake_engine("old")
    with pytest.raises(QgsProcessingException, match="does not understand: set the engine up"):
        scenes.scenes_of_folder(str(archive), str(tmp_path), QgsProcessingFeedback())


def test_ordinary_folders_need_no_engine(archive, tmp_path, monkeypatch):
    import shutil

    from cloudmamba_qgis.algorithms import product_scenes as scenes

    for folder in archive.glob("*.SAFE"):
        shutil.rmtree(folder)
    (archive / "plain_20240507.tif.aux.xml").write_text("<PAMDataset/>")
    monkeypatch.setattr(scenes, "find_engine", lambda: pytest.fail("asked for an engine"))
    found = scenes.scenes_of_folder(str(archive), str(tmp_path), Feedback())
    assert [scene.name for scene in found] == ["A_mask.tif", "plain_20240507.tif"]


def test_images_that_differ_only_in_their_endings_are_different_scenes(plugin):
    """They share a mask; of two masks the other one stands alone."""
    from pathlib import Path

    from cloudmamba_qgis.rasters.scene_files import ProductRaster, SceneFiles, scenes_of

    names = [
        "A.jp2",
        "A.tif",
        "A_mask.tif",
        "A_uncertainty.tif",
        "B.tif",
        "P_mask.tif",
        "Q_mask.tif",
    ]
    files = [Path("/d", name) for name in [*names, "Q_mask.vrt", "Q_uncertainty.tif"]]
    found = scenes_of(files, [ProductRaster("P", "/d/P.SAFE", "/t/P.vrt")])
    mask, uncertainty = "/d/A_mask.tif", "/d/A_uncertainty.tif"
    assert found == [
        SceneFiles("/t/P.vrt", "/d/P_mask.tif"),
        SceneFiles("/d/A.jp2", mask, uncertainty),
        SceneFiles("/d/A.tif", mask, uncertainty),
        SceneFiles("/d/B.tif"),
        SceneFiles("", "/d/Q_mask.tif", "/d/Q_uncertainty.tif"),
        SceneFiles("", "/d/Q_mask.vrt", "/d/Q_uncertainty.tif"),
    ]
