"""Labelled images of other layouts become data folders. All copies here are made up and tiny."""

import argparse
import collections
import csv
import itertools
import json
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import from_origin
from rasterio.warp import transform_geom

from cloudmamba.cli import main
from cloudmamba.commands import import_labels
from cloudmamba.data.importers import cloudsen12, gf1_whu, pairs, polygons, sparcs
from cloudmamba.data.importers.class_codes import ClassCodes
from cloudmamba.data.importers.cropping import spans
from cloudmamba.data.importers.importer import ImportRequest, import_scenes
from cloudmamba.data.importers.splits import split, split_by_place
from cloudmamba.data.index import read_index
from cloudmamba.errors import Cancelled, InputError, OutputError
from cloudmamba.raster.grid import Grid
from cloudmamba.raster.ground_distance import ground_sample_distance_m
from cloudmamba.raster.radiometry import parse_radiometry
from cloudmamba.scene.reader import Scene
from cloudmamba.training.sampler import SOURCES, DataConfiguration, TrainingSampler
from cloudmamba.training.targets import CLOUD, CLOUD_WEIGHT

UTM = {"crs": "EPSG:32633", "transform": from_origin(500_000, 5_000_000, 16, 16)}


def write(path, values, **profile):
    """Write (bands, H, W) or (H, W) to a file."""
    values = values if values.ndim == 3 else values[None]
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {"driver": "PNG" if path.suffix == ".png" else "GTiff", **profile}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            count=values.shape[0],
            height=values.shape[1],
            width=values.shape[2],
            dtype=values.dtype,
            **profile,
        ) as file:
            file.write(values)
    return path


def counts(seed, height=64, width=64):
    """10-bit counts (4, H, W) of land, no pixel of which is 0."""
    random = np.random.default_rng(seed)
    return random.integers(80, 700, (4, height, width)).astype(np.uint16)


def quarters(*codes, size=64):
    """A mask with one code in each quarter."""
    mask = np.empty((size, size), np.uint8)
    half = size // 2
    for index, code in enumerate(codes):
        row, column = divmod(index, 2)
        mask[row * half :, column * half :] = code
    return mask


def centres(array):
    """The values in the middle of the four quarters."""
    return [int(array[row, column]) for row in (16, 48) for column in (16, 48)]


@pytest.fixture
def gf1(tmp_path):
    """A copy of GF1_WHU: five scenes with no data, clear, shadow and cloud."""
    folder = tmp_path / "GF1_WHU"
    for index in range(5):
        name = f"GF1_WFV{index % 4 + 1}_E10{index}.1_N2{index}.0_2014052{index}_L2A000035614{index}"
        image = counts(index)
        image[:, :32, :32] = 0
        write(folder / name / f"{name}.tiff", image, **UTM)
        write(folder / f"{name}_ReferenceMask.tif", quarters(0, 1, 128, 255), **UTM)
    return folder


def rows_of(folder):
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_label(folder, record):
    with rasterio.open(record.label_path) as file:
        return file.read(1)


def left_behind(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith((".", "data"))]


# GF1_WHU


def test_gf1_whu(gf1, tmp_path, capsys):
    data = tmp_path / "data"
    assert main(["import", "gf1-whu", str(gf1), "--output", str(data)]) == 0
    records = read_index(data)
    assert collections.Counter(record.folder for record in records) == {
        "manual/train": 3,
        "manual/validation": 1,
        "manual/test": 1,
    }
    scales = parse_radiometry("gaofen1-wfv", 4).scales
    for record in records:
        assert (record.sensor, record.gsd_m, record.available_bands) == (
            "Gaofen-1 WFV",
            16,
            (True,) * 4,
        )
        assert record.scales == scales
        assert centres(read_label(data, record)) == [255, 0, 3, 1]
        image, label = record.read()
        assert centres(label) == [255, 0, 0, 1]
        with rasterio.open(gf1 / record.place / f"{record.place}.tiff") as scene:
            expected = scene.read() * np.array(scales)[:, None, None]
        np.testing.assert_allclose(image, expected, rtol=1e-6)
        assert not image[:, :32, :32].any()
    row = rows_of(data)[0]
    assert (row["licence"], row["source"]) == ("academic use only", "GF1_WHU (Li et al. 2017)")
    assert all(record.shadow_labelled for record in records)
    told = capsys.readouterr().out
    assert "train" in told and "33.33" in told and "gaofen1-wfv" in told


def test_training_reads_an_imported_folder(gf1, tmp_path):
    main(["import", "gf1-whu", str(gf1), "--output", str(tmp_path / "data")])
    shares = dict.fromkeys(set(SOURCES) - {"manual"}, 0.0)
    sampler = TrainingSampler(
        tmp_path / "data", DataConfiguration(crop_px=32, manual=1.0, **shares), 0
    )
    batch = sampler.sample(0, 8)
    assert batch.image.shape == (8, 4, 32, 32)
    # Clear and cloud, and pixels that no label tells, which have no weight.
    assert set(batch.target[:, CLOUD].unique().tolist()) == {0, 1}
    assert set(batch.target[:, CLOUD_WEIGHT].unique().tolist()) == {0, 1}


def test_packed_images_and_folders_without_masks(tmp_path):
    mask = write(tmp_path / "a_ReferenceMask.tif", quarters(0, 1, 128, 255))
    with pytest.raises(InputError, match=r"no image 'a.tiff' .*unpack"):
        gf1_whu.find_scenes(tmp_path, gf1_whu.DATASET.codes)
    mask.unlink()
    with pytest.raises(InputError, match="no masks"):
        gf1_whu.find_scenes(tmp_path, gf1_whu.DATASET.codes)
    with pytest.raises(InputError, match="no folder"):
        gf1_whu.find_scenes(tmp_path / "none", gf1_whu.DATASET.codes)


def test_an_undeclared_code_stops_and_is_named(gf1, tmp_path, capsys):
    mask = sorted(gf1.glob("*_ReferenceMask.tif"))[2]
    write(mask, quarters(0, 1, 7, 255), **UTM)
    arguments = ["import", "gf1-whu", str(gf1), "--output", str(tmp_path / "data")]
    assert main(arguments) == 3
    said = capsys.readouterr().err
    assert f"'{mask}' has the code '7'" in said and "--cloud-shadow" in said
    assert len(said.splitlines()) == 1
    assert left_behind(tmp_path) == []
    assert main([*arguments, "--cloud-shadow", "7", "128"]) == 0


# Levir_CS


@pytest.mark.parametrize(("folder", "cloud", "snow"), [("label_0_1_2", 1, 2), ("mask", 128, 255)])
def test_levir_cs(tmp_path, folder, cloud, snow):
    source = tmp_path / "Levir_CS"
    for subset, count in (("train", 5), ("test", 2)):
        for index in range(count):
            name = f"GF1_WFV1_E{index}.0_N1.0_2018010{index}_L1A000{len(subset)}{index}"
            write(source / subset / "mss" / f"{name}_mss.tiff", counts(index, 60, 66))
            write(source / subset / "dem" / f"{name}_dem.tiff", counts(index, 60, 66)[:1])
            mask = np.zeros((60, 66), np.uint8)
            mask[:20], mask[20:40] = cloud, snow
            write(source / subset / folder / f"{name}_roiMap.tif", mask)
    data = tmp_path / "data"
    assert main(["import", "levir-cs", str(source), "--output", str(data), "--crop-px", "32"]) == 0
    records = read_index(data)
    scenes = {subset: {r.place for r in records if r.folder == f"manual/{subset}"}
              for subset in ("train", "validation", "test")}  # fmt: skip
    assert {subset: len(names) for subset, names in scenes.items()} == {
        "train": 4,
        "validation": 1,
        "test": 2,
    }
    assert all("L1A0004" in name for name in scenes["test"])
    assert {record.gsd_m for record in records} == {160}
    whole = next(iter(sorted(scenes["train"])))
    for record in records:
        if record.place == whole:
            row = int(record.name.split("_r")[1].split("_")[0])
            image, label = record.read()
            assert image.shape == (4, 32, 32)
            expected = (np.arange(row, row + 32) < 20).astype(np.uint8)
            assert (label == expected[:, None]).all()


# SPARCS


@pytest.fixture
def sparcs_copy(tmp_path):
    """Five parts of scenes in ten bands, with masks as palette pictures and one sun each."""
    folder = tmp_path / "sending"
    random = np.random.default_rng(0)
    for index in range(5):
        name = f"LC8001081201336{index}LGN00_1{index}"
        image = random.integers(7000, 30000, (10, 64, 64)).astype(np.uint16)
        # Which band is which.
        image[:, 0, 0] = 10_000 + np.arange(10)
        write(folder / f"{name}_data.tif", image, crs="EPSG:32633", transform=UTM["transform"])
        mask = write(folder / f"{name}_mask.png", quarters(5, 3, 0, 1))
        with rasterio.open(mask, "r+") as file:
            file.write_colormap(1, {code: (code * 40, 0, 255, 255) for code in range(7)})
        metadata = f"GROUP = IMAGE_ATTRIBUTES\n  SUN_ELEVATION = {30 + 10 * index}\nEND_GROUP\n"
        (folder / f"{name[:-3]}_MTL.txt").write_text(metadata, encoding="utf-8")
        write(folder / f"{name}_photo.png", quarters(1, 2, 3, 4))
    return folder


def test_sparcs(sparcs_copy, tmp_path, capsys):
    data = tmp_path / "data"
    assert main(["import", "sparcs", str(sparcs_copy), "--output", str(data)]) == 0
    records = read_index(data)
    assert len(records) == 5
    for record in records:
        assert (record.sensor, record.gsd_m, record.available_bands) == (
            "Landsat 8 OLI",
            16,
            (True,) * 4,
        )
        # Cloud, snow, shadow on land and on water.
        assert centres(read_label(data, record)) == [1, 0, 3, 3]
        # Bands 2 to 5, under the sun of the scene.
        index = int(record.place[15])
        height = np.sin(np.radians(30 + 10 * index))
        expected = (2e-5 * (10_000 + np.arange(1, 5)) - 0.1) / height
        np.testing.assert_allclose(record.read()[0][:, 0, 0], expected, rtol=1e-5)
    assert rows_of(data)[0]["licence"] == "public domain (USGS)"
    told = capsys.readouterr().out
    assert "of each scene by its metadata, 5 scenes" in told and "Warning" not in told


def test_sparcs_without_the_sun_says_so_and_a_given_radiometry_wins(sparcs_copy, tmp_path, capsys):
    # As Oregon State University packs it: masks as GeoTIFF.
    for mask in sparcs_copy.glob("*_mask.png"):
        write(mask.with_name(mask.name.replace("_mask.png", "_labels.tif")), quarters(2, 4, 6, 5))
        mask.unlink()
    for metadata in sorted(sparcs_copy.glob("*_MTL.txt"))[1:]:
        metadata.unlink()
    arguments = ["import", "sparcs", str(sparcs_copy), "--output"]
    assert main([*arguments, str(tmp_path / "data")]) == 0
    told = capsys.readouterr().out
    assert "4 scenes have no metadata NAME_mtl.txt" in told
    assert "landsat-collection2-level1" in told and "4 scenes\n" in told
    scales = [record.scales[0] for record in read_index(tmp_path / "data")]
    assert sorted(scales) == pytest.approx([2e-5, 2e-5, 2e-5, 2e-5, 4e-5])
    assert main([*arguments, str(tmp_path / "own"), "--radiometry", "scale:3e-5"]) == 0
    assert {record.scales[0] for record in read_index(tmp_path / "own")} == {3e-5}
    # Water, land and flooded land.
    assert centres(read_label(tmp_path, read_index(tmp_path / "own")[0])) == [0, 0, 0, 1]


def test_sparcs_that_is_not_whole(sparcs_copy, tmp_path):
    codes = sparcs.DATASET.codes
    metadata = min(sparcs_copy.glob("*_MTL.txt"))
    metadata.write_text("GROUP = A\n SUN_ELEVATION = -3\n", encoding="utf-8")
    with pytest.raises(InputError, match="no reflectance by night"):
        sparcs.find_scenes(sparcs_copy, codes)
    min(sparcs_copy.glob("*_mask.png")).unlink()
    with pytest.raises(InputError, match=r"no mask 'LC80010812013360LGN00_10_mask.png' or "):
        sparcs.find_scenes(sparcs_copy, codes)
    with pytest.raises(InputError, match=r"no images called NAME_data.tif"):
        sparcs.find_scenes(write(tmp_path / "x" / "a.tif", counts(0)).parent, codes)


# CloudSEN12


@pytest.fixture
def chips(tmp_path):
    """Four places with three dates each, in thirteen and twelve bands, padded at the left."""
    folder = tmp_path / "cloudSEN12" / "high"
    random = np.random.default_rng(0)
    for place in range(4):
        for date in range(3):
            scene = folder / f"ROI_000{place}" / f"2020021{date}T082021_20200215T084629_T34JCP"
            for level, bands in (("S2L1C", 13), ("S2L2A", 12)):
                image = random.integers(300, 6000, (bands, 64, 64)).astype(np.uint16)
                image[:, 0, 40] = 1000 * (1 + (level == "S2L2A")) + np.arange(bands)
                image[:, :, :3] = 0
                write(scene / f"{level}.tif", image, **UTM)
            write(scene / "labels" / "manual_hq.tif", quarters(0, 1, 2, 3))
            write(scene / "labels" / "sen2cor.tif", quarters(4, 5, 6, 7))
    # A place with scribbles alone.
    other = folder.parent / "scribble" / "ROI_0009" / "20200101T082021_20200215T084629_T34JCP"
    write(other / "S2L1C.tif", counts(0), **UTM)
    write(other / "labels" / "manual_sc.tif", quarters(0, 1, 5, 6))
    return folder.parent


@pytest.mark.parametrize(("level", "first"), [("L1C", 1000), ("L2A", 2000)])
def test_cloudsen12(chips, tmp_path, level, first):
    data = tmp_path / "data"
    arguments = ["import", "cloudsen12", str(chips), "--output", str(data)]
    assert main([*arguments, *(["--level", level] if level == "L2A" else [])]) == 0
    records = read_index(data)
    assert len(records) == 12
    for record in records:
        assert (record.sensor, record.available_bands) == ("Sentinel-2 MSI", (True,) * 4)
        assert centres(read_label(data, record)) == [0, 1, 2, 3]
        image, label = record.read()
        bands = np.array([1, 2, 3, 7])
        np.testing.assert_allclose(image[:, 0, 40], 1e-4 * (first + bands), rtol=1e-5)
        assert (label[:, :3] == 255).all() and (label[:, 3:] != 255).all()
    assert {row["level"] for row in rows_of(data)} == {level}
    assert "CC0" in rows_of(data)[0]["licence"]


def test_all_dates_of_a_place_are_in_one_subset(chips, tmp_path):
    main(["import", "cloudsen12", str(chips), "--output", str(tmp_path / "data")])
    folders = {}
    for record in read_index(tmp_path / "data"):
        folders.setdefault(record.place, set()).add(record.folder)
    assert sorted(folders) == [f"ROI_000{place}" for place in range(4)]
    assert all(len(of_place) == 1 for of_place in folders.values())
    assert len(set.union(*folders.values())) == 3


@pytest.mark.parametrize(
    ("numbers", "validation"), [("0012", "ROI_0002"), ("0001", None)], ids=["three", "two"]
)
def test_the_table_of_cloudsen12_has_its_split(chips, numbers, validation):
    scenes = cloudsen12.find_scenes(chips, cloudsen12.DATASET.codes, "L1C")
    assert {scene.subset for scene in scenes} == {None}
    rows = ["roi_id,s2_id_gee,test"]
    for scene in scenes:
        rows.append(f"{scene.place},{scene.path.parent.name},{numbers[int(scene.place[-1])]}")
    table = chips / "cloudsen12_metadata.csv"
    table.write_text("\n".join(rows), encoding="utf-8")
    found = {
        scene.place: scene.subset
        for scene in cloudsen12.find_scenes(chips, cloudsen12.DATASET.codes, "L1C")
    }
    assert found["ROI_0000"] == "train" and found["ROI_0003"] == "test"
    assert [place for place, subset in found.items() if subset == "validation"] == (
        [validation] if validation else []
    )
    table.write_text("\n".join(rows[:-1]), encoding="utf-8")
    with pytest.raises(InputError, match="no row for 'ROI_0003/"):
        cloudsen12.find_scenes(chips, cloudsen12.DATASET.codes, "L1C")
    table.write_text("\n".join([*rows[:-1], rows[-1][:-1] + "x"]), encoding="utf-8")
    with pytest.raises(InputError, match="'x' in the column test"):
        cloudsen12.find_scenes(chips, cloudsen12.DATASET.codes, "L1C")
    table.write_text("roi_id,test\nROI_0000,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="needs the columns"):
        cloudsen12.find_scenes(chips, cloudsen12.DATASET.codes, "L1C")


def test_cloudsen12_that_is_not_unpacked_or_not_whole(chips, tmp_path):
    codes = cloudsen12.DATASET.codes
    with pytest.raises(InputError, match="use L1C or L2A"):
        cloudsen12.find_scenes(chips, codes, "L1")
    next(iter(sorted(chips.rglob("S2L2A.tif")))).unlink()
    with pytest.raises(InputError, match=r"no image 'S2L2A.tif' in .*ROI_0000"):
        cloudsen12.find_scenes(chips, codes, "L2A")
    packed = tmp_path / "packed"
    packed.mkdir()
    (packed / "cloudsen12-l1c.0000.part.taco").write_bytes(b"")
    with pytest.raises(InputError, match="unpack .taco and .mlstac"):
        cloudsen12.find_scenes(packed, codes, "L1C")


def test_scenes_of_one_place_cannot_be_for_training_and_for_test():
    with pytest.raises(InputError, match="'b' shows the place 'here', of which another"):
        split_by_place({"a": ("here", "train"), "b": ("here", "test")}, 0.1, 0.1)


# Pairs


def test_pairs_of_pictures(tmp_path):
    images, masks = tmp_path / "images", tmp_path / "masks"
    picture = np.random.default_rng(0).integers(1, 255, (3, 64, 64)).astype(np.uint8)
    for name in ("a", "b", "c"):
        write(images / f"{name}.png", picture)
        write(masks / f"{name}_mask.png", quarters(0, 0, 255, 255))
    write(images / "alone.png", picture)
    arguments = ["import", "pairs", str(images), "--masks", str(masks), "--output"]
    arguments += [str(tmp_path / "data"), "--gsd-m", "5", "--cloud", "255"]
    assert main([*arguments, "--level", "quicklook"]) == 0
    records = read_index(tmp_path / "data")
    assert len(records) == 3
    for record in records:
        assert record.available_bands == (True, True, True, False)
        image, label = record.read()
        white = parse_radiometry("picture", 3).scales[0]
        # A picture is red, green, blue; the index is blue, green, red.
        np.testing.assert_allclose(image[:3], picture[::-1] * white, rtol=1e-5)
        assert not image[3].any()
        assert centres(label) == [0, 0, 1, 1]
        with rasterio.open(record.path) as file:
            assert file.dtypes == ("uint8",) * 3
            # Else detection would take the crop for something better known than a picture.
            assert file.scales == (1,) * 3
        assert record.is_picture
    with (tmp_path / "data" / "index.csv").open(encoding="utf-8") as file:
        assert {(row["level"], row["scale"]) for row in csv.DictReader(file)} == {
            ("8-bit picture, quicklook", "")
        }


def test_pairs_in_one_folder_and_what_has_no_partner(tmp_path):
    for name in ("a", "b"):
        write(tmp_path / "in" / "sub" / f"{name}.tif", counts(0))
        write(tmp_path / "in" / "sub" / f"{name}_label.tif", quarters(0, 0, 1, 1))
    write(tmp_path / "in" / "c.tif", counts(0))
    write(tmp_path / "in" / "d_mask.tif", quarters(0, 0, 1, 1))
    scenes, told = pairs.find_scenes(tmp_path / "in", tmp_path / "in", pairs.DATASET.codes)
    assert [scene.name for scene in scenes] == ["sub_a", "sub_b"]
    assert "c.tif" in told[0] and "d_mask.tif" in told[1]
    write(tmp_path / "in" / "sub" / "a_mask.tif", quarters(0, 0, 1, 1))
    with pytest.raises(InputError, match="masks of one image"):
        pairs.find_scenes(tmp_path / "in", tmp_path / "in", pairs.DATASET.codes)


def test_a_mask_is_not_given_to_a_preview_in_place_of_its_image(tmp_path):
    folder = tmp_path / "in"
    for name in ("a.png", "a.tif"):
        write(folder / name, counts(0)[:3].clip(0, 255).astype(np.uint8))
    write(folder / "b.tif", counts(0))
    write(folder / "b_mask.tif", quarters(0, 0, 1, 1))
    # Without a mask there is nothing to confuse.
    scenes, _ = pairs.find_scenes(folder, folder, pairs.DATASET.codes)
    assert [scene.name for scene in scenes] == ["b"]
    write(folder / "a_mask.tif", quarters(0, 0, 1, 1))
    with pytest.raises(InputError, match="a.png' and '.*a.tif' are images of one mask"):
        pairs.find_scenes(folder, folder, pairs.DATASET.codes)


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.zeros((3, 64, 64), np.uint8), "has 3 bands"),
        (np.zeros((64, 60), np.uint8), "60 x 64 pixels and its image 64 x 64"),
        (np.full((64, 64), 0.5, np.float32), "the code '0.5'"),
        (np.full((64, 64), 255, np.uint8), "the code '255'"),
    ],
)
def test_masks_that_do_not_fit(tmp_path, mask, words):
    write(tmp_path / "in" / "a.tif", counts(0), **UTM)
    write(tmp_path / "in" / "a_mask.tif", mask)
    scenes, _ = pairs.find_scenes(tmp_path / "in", tmp_path / "in", pairs.DATASET.codes)
    with pytest.raises(InputError, match=words):
        import_scenes(scenes, ImportRequest(tmp_path / "data"))
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    "moved",
    [
        {"transform": UTM["transform"] @ rasterio.Affine.translation(3, 0)},
        {"crs": CRS.from_epsg(32719)},
    ],
)
def test_masks_that_lie_elsewhere_are_refused(tmp_path, moved):
    write(tmp_path / "in" / "a.tif", counts(0), **UTM)
    write(tmp_path / "in" / "a_mask.tif", np.zeros((64, 64), np.uint8), **(UTM | moved))
    scenes, _ = pairs.find_scenes(tmp_path / "in", tmp_path / "in", pairs.DATASET.codes)
    with pytest.raises(InputError, match="lies elsewhere than its image"):
        import_scenes(scenes, ImportRequest(tmp_path / "data"))
    assert left_behind(tmp_path) == []


def test_georeferencing_or_a_distance_is_needed(tmp_path):
    write(tmp_path / "in" / "a.tif", counts(0))
    write(tmp_path / "in" / "a_mask.tif", quarters(0, 0, 1, 1))
    scenes, _ = pairs.find_scenes(tmp_path / "in", tmp_path / "in", pairs.DATASET.codes)
    with pytest.raises(InputError, match="--gsd-m"):
        import_scenes(scenes, ImportRequest(tmp_path / "data"))
    import_scenes(scenes, ImportRequest(tmp_path / "data", gsd_m=12.5))
    assert read_index(tmp_path / "data")[0].gsd_m == 12.5


# Polygons


def square(west, south, size):
    """A polygon in the map projection of the rasters."""
    east, north = west + size, south + size
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {"type": "Polygon", "coordinates": [ring]}


def write_geojson(path, *features, crs="EPSG:4326"):
    """Write polygons of the map projection of the rasters in another reference system."""
    content = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": transform_geom(UTM["crs"], crs, geometry),
            }
            for geometry, properties in features
        ],
    }
    if crs != "EPSG:4326":
        name = f"urn:ogc:def:crs:{crs.replace(':', '::')}"
        content["crs"] = {"type": "name", "properties": {"name": name}}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def raster(tmp_path):
    """64 x 64 pixels of 16 m; its quarters are 512 m."""
    return write(tmp_path / "in" / "scene.tif", counts(0), **UTM)


# Lower left corners of the quarters, in the order of ``centres``.
CORNERS = [(500_000, 4_999_488), (500_512, 4_999_488), (500_000, 4_998_976), (500_512, 4_998_976)]


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32633"])
def test_polygons_are_reprojected(raster, tmp_path, crs):
    file = write_geojson(tmp_path / "clouds.geojson", (square(*CORNERS[1], 512), {}), crs=crs)
    arguments = ["import", "polygons", str(raster), "--polygons", str(file), "--radiometry"]
    arguments += ["gaofen1-wfv", "--bands", "1,2,3,4", "--output", str(tmp_path / "data")]
    assert main(arguments) == 0
    (record,) = read_index(tmp_path / "data")
    _, label = record.read()
    expected = np.zeros((64, 64), np.uint8)
    expected[:32, 32:] = 1
    # A straight edge in another projection is off by a fraction of a pixel.
    assert (label != expected).sum() <= 32
    assert centres(label) == [0, 1, 0, 0]


def test_classes_of_polygons_and_the_labelled_area(raster, tmp_path):
    clouds = write_geojson(
        tmp_path / "all.geojson",
        (square(*CORNERS[0], 512), {"what": "cloud shadow"}),
        (square(*CORNERS[1], 512), {"what": "thin-cloud"}),
        (square(*CORNERS[2], 512), {"what": "glacier"}),
    )
    area = write_geojson(tmp_path / "seen.geojson", (square(500_000, 4_999_000, 1024), {}))
    codes = polygons.DATASET.codes
    with pytest.raises(InputError, match="code 'glacier'"):
        polygons.find_scenes(raster.parent, clouds, codes, "what")
    codes = codes.replaced({"snow": ["glacier"]})
    scenes, told = polygons.find_scenes(raster.parent, clouds, codes, "what", area)
    assert told == []
    import_scenes(scenes, ImportRequest(tmp_path / "data", radiometry="gaofen1-wfv"))
    (record,) = read_index(tmp_path / "data")
    label = read_label(tmp_path / "data", record)
    assert centres(label) == [3, 2, 0, 0]
    # The last 24 of 1024 m were not looked at: a pixel counts by its centre.
    assert (label[-1] == 255).all() and (label[-3] != 255).all()
    with pytest.raises(InputError, match=r"attribute 'kind': it has what"):
        polygons.find_scenes(raster.parent, clouds, codes, "kind")


def test_later_polygons_count_where_they_overlap(raster, tmp_path):
    clouds = write_geojson(
        tmp_path / "all.geojson",
        (square(500_000, 4_998_976, 1024), {"what": 1}),
        (square(*CORNERS[3], 512), {"what": 0.0}),
    )
    codes = ClassCodes({"clear": (0,), "cloud": (1,)})
    scenes, _ = polygons.find_scenes(raster, clouds, codes, "what")
    import_scenes(scenes, ImportRequest(tmp_path / "data", radiometry="gaofen1-wfv"))
    assert centres(read_index(tmp_path / "data")[0].read()[1]) == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read as GeoJSON"),
        ('{"type": "FeatureCollection", "features": []}', "has no polygon"),
        (
            '{"features": [{"geometry": {"type": "Point", "coordinates": [15, 45]}}]}',
            "has a Point",
        ),
        (
            '{"features": [{"geometry": {"type": "Polygon", "coordinates": []}}]}',
            "proper coordinates",
        ),
    ],
)
def test_damaged_polygons(raster, tmp_path, content, words):
    file = tmp_path / "clouds.geojson"
    file.write_text(content)
    with pytest.raises(InputError, match=words):
        polygons.find_scenes(raster, file, polygons.DATASET.codes)


def test_polygons_elsewhere_and_rasters_nowhere(raster, tmp_path):
    file = write_geojson(tmp_path / "clouds.geojson", (square(700_000, 4_999_000, 512), {}))
    with pytest.raises(InputError, match="No polygon of"):
        polygons.find_scenes(raster, file, polygons.DATASET.codes)
    near = write_geojson(tmp_path / "near.geojson", (square(*CORNERS[0], 512), {}))
    write(
        raster.with_name("far.tif"), counts(1), crs="EPSG:32633", transform=from_origin(0, 0, 1, 1)
    )
    _, told = polygons.find_scenes(raster.parent, near, polygons.DATASET.codes)
    assert "1 rasters have no polygon" in told[0]
    bare = write(tmp_path / "bare.tif", counts(0))
    with pytest.raises(InputError, match="not georeferenced"):
        polygons.find_scenes(bare, near, polygons.DATASET.codes)


def test_other_vector_formats(raster, tmp_path):
    pyogrio = pytest.importorskip("pyogrio", reason="the extra 'vector' is not installed")
    shapely = pytest.importorskip("shapely", reason="the extra 'vector' is not installed")
    for name in ("clouds.gpkg", "clouds.shp"):
        shapes = [shapely.geometry.shape(square(*corner, 512)) for corner in CORNERS[1:3]]
        pyogrio.raw.write(
            tmp_path / name,
            np.array(shapely.to_wkb(shapes)),
            [np.array(["cloud", "snow"], object)],
            ["what"],
            geometry_type="Polygon",
            crs=UTM["crs"],
        )
        scenes, _ = polygons.find_scenes(raster, tmp_path / name, polygons.DATASET.codes, "what")
        data = tmp_path / f"data_{name}"
        import_scenes(scenes, ImportRequest(data, radiometry="gaofen1-wfv"))
        assert centres(read_index(data)[0].read()[1]) == [0, 1, 0, 0]
    (tmp_path / "broken.gpkg").write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read"):
        polygons.find_scenes(raster, tmp_path / "broken.gpkg", polygons.DATASET.codes)


def test_without_the_extra_the_way_out_is_named(raster, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyogrio", None)
    (tmp_path / "clouds.gpkg").write_bytes(b"nothing")
    with pytest.raises(InputError, match="extra 'vector'"):
        polygons.find_scenes(raster, tmp_path / "clouds.gpkg", polygons.DATASET.codes)


# Codes, crops, split, files


def test_codes_of_two_classes():
    codes = ClassCodes({"clear": (0,), "cloud": (1,)})
    with pytest.raises(InputError, match="0 cannot be both clear and cloud: give --clear"):
        codes.replaced({"cloud": ["0"]})
    assert codes.replaced({"cloud": ["0"], "clear": ["1"]}).label(
        np.array([[0, 1]]), "x"
    ).tolist() == [[1, 0]]
    numbers = np.array([[0, 1, np.nan]], np.float32)
    assert codes.label(numbers, "x").tolist() == [[0, 1, 255]]
    with pytest.raises(InputError, match="'haze' is no code of a mask: --thin-cloud"):
        codes.replaced({"thin-cloud": ["haze"]}).label(np.array([[0]]), "x")


@pytest.mark.parametrize("length_px", [1, 31, 32, 33, 64, 65, 100, 1320, 17001])
@pytest.mark.parametrize("crop_px", [32, 512])
def test_crops_cover_every_pixel_and_own_it_once(length_px, crop_px):
    owners = np.zeros(length_px, int)
    found = spans(length_px, crop_px)
    for span in found:
        assert span.start_px >= 0
        assert span.start_px + span.size_px <= length_px
        assert span.size_px == min(crop_px, length_px)
        owners[span.start_px + span.own.start : span.start_px + span.own.stop] += 1
        assert 0 <= span.own.start < span.own.stop <= span.size_px
    assert (owners == 1).all()
    assert len(found) == -(-length_px // crop_px)
    for left, right in itertools.pairwise(found):
        # Neighbours share what they overlap: nobody owns pixels at the very edge of a crop.
        before = left.size_px - left.own.stop
        assert abs(before - right.own.start) <= 1


def test_levir_scenes_give_as_many_crops_as_in_the_paper():
    assert len(spans(1320, 512)) * len(spans(1200, 512)) == 9900 / 1100
    with pytest.raises(InputError, match="too small"):
        spans(100, 8)


def test_split_is_of_names_alone():
    names = [f"scene_{index}" for index in range(108)]
    result = split(dict.fromkeys(names), 0.1, 22 / 108)
    assert collections.Counter(result.values()) == {"train": 75, "validation": 11, "test": 22}
    assert split(dict.fromkeys(reversed(names)), 0.1, 22 / 108) == result
    assert split(dict.fromkeys(names), 0, 0) == dict.fromkeys(names, "train")
    # Names, not their order, decide: pinned, so that it stays.
    few = split(dict.fromkeys("abcdef"), 0.2, 0.2)
    assert [few[name] for name in "abcdef"] == [
        "train", "test", "validation", "train", "train", "train",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "subsets"), [(1, (1, 0, 0)), (2, (1, 1, 0)), (3, (1, 1, 1)), (4, (2, 1, 1))]
)
def test_few_scenes_train_before_they_validate_and_test(count, subsets):
    found = collections.Counter(split(dict.fromkeys("abcd"[:count]), 0.1, 0.1).values())
    assert (found["train"], found["validation"], found["test"]) == subsets


def test_a_split_of_the_data_set_is_kept():
    named = {f"t{index}": "train" for index in range(10)} | {"x": "test"}
    result = split(named, 0.2, 0.5)
    assert result["x"] == "test"
    assert collections.Counter(result.values()) == {"train": 8, "validation": 2, "test": 1}
    complete = {"a": "train", "b": "train", "c": "validation"}
    assert split(complete, 0.3, 0.5) == complete
    with pytest.raises(InputError, match="'b' does not"):
        split({"a": "train", "b": None}, 0.1, 0.1)
    with pytest.raises(InputError, match="together less than 1"):
        split({"a": None}, 0.5, 0.5)


def test_no_scene_is_in_two_subsets_and_labels_count_once(tmp_path):
    for index in range(6):
        write(tmp_path / "in" / f"s{index}.tif", counts(index, 100, 130), **UTM)
        mask = np.random.default_rng(index).integers(0, 2, (100, 130)).astype(np.uint8)
        write(tmp_path / "in" / f"s{index}_mask.tif", mask)
    scenes, _ = pairs.find_scenes(tmp_path / "in", tmp_path / "in", pairs.DATASET.codes)
    request = ImportRequest(
        tmp_path / "data", radiometry="gaofen1-wfv", crop_px=64,
        validation_share=0.3, test_share=0.3,
    )  # fmt: skip
    summary = import_scenes(scenes, request)
    of = collections.defaultdict(set)
    labelled, cloudy = collections.Counter(), collections.Counter()
    for record in read_index(tmp_path / "data"):
        image, label = record.read()
        assert image.shape == (4, 64, 64)
        of[record.place].add(record.folder)
        labelled[record.place] += int((label != 255).sum())
        cloudy[record.place] += int((label == 1).sum())
    assert len(of) == 6
    for place, folders in of.items():
        (folder,) = folders
        if folder == "manual/train":
            # 2 x 3 crops of 64 x 64, overlaps labelled in each.
            assert labelled[place] == 6 * 64 * 64
        else:
            assert labelled[place] == 100 * 130
            with rasterio.open(tmp_path / "in" / f"{place}_mask.tif") as mask:
                assert cloudy[place] == mask.read(1).sum()
    for part in summary.subsets.values():
        assert (part.scenes, part.crops) == (2, 12)
        assert sum(part.pixels.values()) == 2 * 100 * 130


def test_crops_lie_where_they_lay(tmp_path):
    image = write(tmp_path / "in" / "a.tif", counts(0, 70, 100), **UTM)
    write(tmp_path / "in" / "a_mask.tif", np.zeros((70, 100), np.uint8))
    scenes, _ = pairs.find_scenes(tmp_path / "in", tmp_path / "in", pairs.DATASET.codes)
    import_scenes(scenes, ImportRequest(tmp_path / "data", crop_px=64, radiometry="gaofen1-wfv"))
    records = read_index(tmp_path / "data")
    assert len(records) == 4
    with rasterio.open(image) as scene:
        for record in records:
            for path in (record.path, record.label_path):
                with rasterio.open(path) as crop:
                    assert crop.crs == CRS.from_epsg(32633)
                    window = rasterio.windows.from_bounds(*crop.bounds, scene.transform)
            window = window.round_offsets().round_lengths()
            with rasterio.open(record.path) as crop:
                assert np.array_equal(crop.read(), scene.read(window=window))
                # Also for programs that know nothing of the index.
                assert crop.scales == record.scales
                assert crop.descriptions == ("blue", "green", "red", "nir")


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "float64", "int32"])
def test_numbers_are_kept_and_no_data_stays_no_data(tmp_path, dtype):
    values = (counts(0) // 4).astype(dtype)
    values[2, 10:20] = 200
    nodata = 200
    profile = {"photometric": "minisblack", "alpha": "no"} if dtype == "uint8" else {}
    write(tmp_path / "in" / "a.tif", values, nodata=nodata, **profile, **UTM)
    write(tmp_path / "in" / "a_mask.tif", quarters(1, 1, 0, 0))
    scenes, _ = pairs.find_scenes(tmp_path / "in", tmp_path / "in", pairs.DATASET.codes)
    request = ImportRequest(tmp_path / "data", bands="1,2,3,4", radiometry="scale:0.002,0.05")
    import_scenes(scenes, request)
    (record,) = read_index(tmp_path / "data")
    missing = (values == nodata).any(0)
    with rasterio.open(record.path) as crop:
        assert rasterio.enums.ColorInterp.alpha not in crop.colorinterp
    with Scene(record.path) as crop:
        kept = dtype if dtype in ("uint8", "int16", "uint16") else "float32"
        assert {band.dtype for band in crop.metadata.bands} == {kept}
        numbers, valid = crop.read([1, 2, 3, 4], rasterio.windows.Window(0, 0, 64, 64))
    # Black of 8 bits may be image; that this is none stands in the label.
    assert np.array_equal(valid, np.ones_like(missing) if dtype == "uint8" else ~missing)
    assert np.array_equal(numbers[:, ~missing], values[:, ~missing])
    image, label = record.read()
    assert (label[missing] == 255).all() and (label[~missing] != 255).all()
    np.testing.assert_allclose(image[:, ~missing], values[:, ~missing] * 0.002 + 0.05, rtol=1e-5)
    assert not image[:, missing].any()


def test_crops_without_a_label_are_left_out(tmp_path):
    image = counts(0, 64, 128)
    image[:, :, :64] = 0
    mask = np.zeros((64, 128), np.uint8)
    write(tmp_path / "in" / "a.tif", image, **UTM)
    write(tmp_path / "in" / "a_mask.tif", mask)
    scenes, _ = pairs.find_scenes(tmp_path / "in", tmp_path / "in", pairs.DATASET.codes)
    request = ImportRequest(tmp_path / "data", crop_px=64, radiometry="gaofen1-wfv")
    summary = import_scenes(scenes, request)
    assert [record.name for record in read_index(tmp_path / "data")] == ["a_r0_c64"]
    assert any("No pixel is labelled cloud" in sentence for sentence in summary.warnings)
    assert any("nothing to validate on" in sentence for sentence in summary.warnings)
    write(tmp_path / "in" / "a_mask.tif", mask + 9)
    scenes, _ = pairs.find_scenes(
        tmp_path / "in", tmp_path / "in", pairs.DATASET.codes.replaced({"no-data": ["9"]})
    )
    with pytest.raises(InputError, match="No pixel of any scene is labelled"):
        import_scenes(scenes, ImportRequest(tmp_path / "none", radiometry="gaofen1-wfv"))


def test_mostly_empty_crops_are_left_out_where_that_is_wanted(tmp_path, capsys):
    # Four crops of 32 pixels: labelled in full, to a half, to a quarter, and not at all.
    label = np.full((64, 64), 9, np.uint8)
    label[:32, :32] = 1
    label[:32, 32:48] = 0
    label[32:48, :16] = 1
    for name in ("a", "b", "c"):
        write(tmp_path / "images" / f"{name}.tif", counts(1), **UTM)
        write(tmp_path / "masks" / f"{name}.tif", label)

    def crops(output: str, *options: str) -> int:
        arguments = [
            "import",
            "pairs",
            str(tmp_path / "images"),
            "--masks",
            str(tmp_path / "masks"),
        ]
        arguments += ["--no-data", "9", "--radiometry", "gaofen1-wfv", "--bands", "1,2,3,4"]
        arguments += ["--crop-px", "32", "--output", str(tmp_path / output)]
        assert main([*arguments, *options]) == 0
        return len(read_index(tmp_path / output))

    assert crops("all") == 3 * 3
    assert "left out" not in capsys.readouterr().out
    assert crops("half", "--least-labelled", "0.5") == 3 * 2
    # 256 of 1,792 pixels a scene.
    assert (
        "3 crops of which less than 50 % is labelled were left out, with 14.3 % of the labelled"
        in capsys.readouterr().out
    )
    assert crops("full", "--least-labelled", "1") == 3
    arguments = ["import", "pairs", str(tmp_path / "images"), "--output", str(tmp_path / "none")]
    assert main([*arguments, "--least-labelled", "2"]) == 3
    assert gf1_whu.DATASET.least_labelled == 0.5


def test_ground_sample_distance():
    def distance(crs, size, x, y):
        transform = from_origin(x, y, size, size)
        return ground_sample_distance_m(Grid(100, 100, CRS.from_user_input(crs), transform))

    assert distance("EPSG:32633", 30, 500_000, 5_000_000) == 30
    # A hundredth of a degree at 60 degrees north: 1114 m by 558 m.
    assert distance("EPSG:4326", 0.01, 10, 60.5) == pytest.approx(789, rel=0.01)
    # Mercator's projection doubles lengths at 60 degrees north.
    assert distance("EPSG:3857", 20, 0, 8_399_738) == pytest.approx(10, rel=0.01)
    assert distance("EPSG:2263", 100, 1_000_000, 200_000) == pytest.approx(30.5, rel=0.01)
    assert ground_sample_distance_m(Grid(100, 100)) is None
    # Neither an engineer's map nor space lies on earth.
    assert distance('LOCAL_CS["site",UNIT["metre",1]]', 1, 0, 0) is None
    assert distance("+proj=geos +h=35785831 +lon_0=0", 3000, 5_600_000, 5_600_000) is None
    assert distance("+proj=geos +h=35785831 +lon_0=0", 3000, 0, 0) == pytest.approx(3000, rel=0.02)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_import_leaves_nothing(gf1, tmp_path, error):
    scenes = gf1_whu.find_scenes(gf1, gf1_whu.DATASET.codes)
    request = ImportRequest(tmp_path / "data", radiometry="gaofen1-wfv")
    before = sorted(tmp_path.rglob("*"))
    done = []

    def progress(name):
        done.append(name)
        assert list(tmp_path.glob(".data.*.part/manual/*/*.tif"))
        if len(done) == 3:
            raise error

    with pytest.raises(error):
        import_scenes(scenes, request, progress)
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(Cancelled):
        import_scenes(scenes, request, cancelled=lambda: len(done) > 2)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_terminated_command_leaves_nothing(tmp_path):
    for index in range(200):
        write(tmp_path / "in" / f"s{index}.tif", counts(index), **UTM)
        write(tmp_path / "in" / f"s{index}_mask.tif", quarters(0, 0, 1, 1))
    command = [sys.executable, "-m", "cloudmamba", "import", "pairs", str(tmp_path / "in")]
    command += ["--output", str(tmp_path / "data"), "--crop-px", "32"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        while not list(tmp_path.glob(".data.*.part/manual/*/*.tif")):
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == Cancelled.exit_status
        assert "Cancelled" in running.stderr.read()
    assert left_behind(tmp_path) == []


def test_existing_folders_are_refused(gf1, tmp_path):
    scenes = gf1_whu.find_scenes(gf1, gf1_whu.DATASET.codes)
    data = tmp_path / "data"
    data.mkdir()
    # Before hours of work, not after them.
    done = []
    with pytest.raises(OutputError, match="exists"):
        import_scenes(scenes, ImportRequest(data, radiometry="gaofen1-wfv"), done.append)
    assert done == []
    with pytest.raises(OutputError, match="create it first"):
        import_scenes(scenes, ImportRequest(data / "deeper" / "still"))
    assert list(data.iterdir()) == []


def test_values_that_cannot_be_reflectance_name_the_scene(gf1, tmp_path):
    scenes = gf1_whu.find_scenes(gf1, gf1_whu.DATASET.codes)
    with pytest.raises(InputError, match=r"GF1_WFV.*: The values cannot be 'reflectance'"):
        import_scenes(scenes, ImportRequest(tmp_path / "data", radiometry="reflectance"))
    assert left_behind(tmp_path) == []


def test_ground_control_points_move_with_the_crop(tmp_path):
    points = [
        rasterio.control.GroundControlPoint(row=row, col=col, x=15 + col / 1e4, y=45 - row / 1e4)
        for row in (0, 64) for col in (0, 64)
    ]  # fmt: skip
    write(tmp_path / "in" / "a.tif", counts(0), gcps=points, crs="EPSG:4326")
    write(tmp_path / "in" / "a_mask.tif", quarters(0, 0, 1, 1))
    scenes, _ = pairs.find_scenes(tmp_path / "in", tmp_path / "in", pairs.DATASET.codes)
    request = ImportRequest(tmp_path / "data", crop_px=32, radiometry="gaofen1-wfv", gsd_m=10)
    import_scenes(scenes, request)
    record = next(r for r in read_index(tmp_path / "data") if r.name == "a_r32_c0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(record.path) as crop:
            moved, crs = crop.gcps
    assert crs == CRS.from_epsg(4326)
    assert [(p.row, p.col, p.x, p.y) for p in moved] == [
        (p.row - 32, p.col, p.x, p.y) for p in points
    ]


def test_the_page_on_data_sets_names_every_kind():
    page = Path(__file__).parents[2] / "docs" / "science" / "datasets.md"
    text = page.read_text(encoding="utf-8")
    parser = argparse.ArgumentParser()
    import_labels.add_arguments(parser)
    (kinds,) = (action for action in parser._actions if action.dest == "kind")
    assert len(kinds.choices) > 5
    assert [kind for kind in kinds.choices if f"| `{kind}` |" not in text] == []
