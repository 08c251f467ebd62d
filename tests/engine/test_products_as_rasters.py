"""Products of a folder as virtual rasters that outlive the request."""

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
import synthetic_products as made_up

from cloudmamba.detection.description import DescriptionRequest, describe
from cloudmamba.errors import InputError


def rasters_of(path, folder):
    answer = describe(DescriptionRequest(str(path), virtual_rasters=folder))
    return json.loads(Path(answer.pop("products")).read_text(encoding="utf-8"))


def test_the_answer_is_as_short_for_a_folder_of_many_files(tmp_path):
    folder, rasters = tmp_path / "二〇二四年航空攝影", tmp_path / "rasters"
    (folder / "unterordner").mkdir(parents=True)
    names = [f"二〇二四年航空攝影測量成果影像第{number:06d}號.jpg" for number in range(300)]
    for name in names:
        (folder / name).touch()
    request = DescriptionRequest(str(folder), virtual_rasters=rasters)
    assert describe(request) == {"products": str(rasters / "products.json")}
    found = rasters_of(folder, rasters)
    assert found["scenes"] == [] and sorted(found["others"]) == names


def test_every_product_of_a_folder_is_a_raster_in_reflectance(tmp_path):
    archive = tmp_path / "archive"
    safe = made_up.safe(archive / "s2", "2A")
    landsat = made_up.landsat(archive / "landsat")
    plain = made_up.write(archive / "plain.tif", [1000, 1100, 1200, 2000])
    found = rasters_of(archive, tmp_path / "rasters")
    assert found["others"] == [plain.name]
    scenes = {scene["name"]: scene for scene in found["scenes"]}
    assert set(scenes) == {safe.stem, landsat.name}
    for scene in scenes.values():
        assert scene["problem"] == ""
        with rasterio.open(scene["raster"]) as file:
            assert file.name.endswith(f"{scene['name']}.vrt")
            assert file.descriptions == ("blue", "green", "red", "nir")
            assert file.tags()["ACQUISITIONDATETIME"][:10] in ("2022-07-02", "2017-07-13")
            values = file.read(masked=True).astype(float)
            scales, offsets = np.array(file.scales), np.array(file.offsets)
            means = values.mean((1, 2)) * scales + offsets
        np.testing.assert_allclose(means, list(made_up.REFLECTANCE.values()), rtol=0.1)


def test_a_product_alone_and_one_that_is_not_whole(tmp_path):
    safe = made_up.safe(tmp_path / "whole", "1C")
    (scene,) = rasters_of(safe, tmp_path / "rasters")["scenes"]
    assert scene["name"] == safe.stem and scene["raster"]
    for band in safe.rglob("*_B03*.jp2"):
        band.unlink()
    (scene,) = rasters_of(safe, tmp_path / "others")["scenes"]
    assert scene["raster"] == "" and "B03" in scene["problem"]
    with pytest.raises(InputError, match="does not exist"):
        rasters_of(tmp_path / "nowhere", tmp_path / "rasters")


def test_archives_are_read_in_place_and_compressed_ones_refused(tmp_path):
    folder = tmp_path / "archives"
    landsat = made_up.landsat(tmp_path / "unpacked")
    folder.mkdir()
    made_up.zipped(folder, made_up.safe(tmp_path / "s2", "2A"))
    made_up.tarred(landsat, folder / f"{landsat.name}.tar.gz", "w:gz")
    long_names = made_up.landsat(tmp_path / "unpacked", "LC09")
    with tarfile.open(folder / f"{long_names.name}.tar", "w", format=tarfile.PAX_FORMAT) as file:
        file.add(long_names, f"{'long' * 25}/{long_names.name}")
    found = {scene["name"]: scene for scene in rasters_of(folder, tmp_path / "rasters")["scenes"]}
    for name in (landsat.name, long_names.name):
        assert "unpack it" in found[name]["problem"]
    (other,) = set(found) - {landsat.name, long_names.name}
    with rasterio.open(found[other]["raster"]) as file:
        assert file.read(1).any()
