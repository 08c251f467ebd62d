"""Whatever was downloaded becomes one raster with the right bands, units, time and sun."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
import tarfile
from datetime import datetime, timezone

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import synthetic_products as made_up
from file_server import FileServer
from rasterio.windows import Window
from stand_ins import load_instead

from cloudmamba.batch.plan import result_names
from cloudmamba.batch.scenes import read_scenes
from cloudmamba.classes import BANDS
from cloudmamba.commands.describe import describe
from cloudmamba.data.codes import MaskCodes
from cloudmamba.data.images import read_mask
from cloudmamba.detection import DetectionRequest, detect, pipeline
from cloudmamba.detection.products import with_product_mask
from cloudmamba.errors import InputError, OutputError
from cloudmamba.products import band_set
from cloudmamba.products.as_rasters import products_as_rasters
from cloudmamba.products.quality import KINDS
from cloudmamba.products.searching import product_paths
from cloudmamba.raster.bands import guess_bands
from cloudmamba.raster.radiometry import resolve_radiometry
from cloudmamba.scene.reader import Scene

JULY = datetime(2022, 7, 2, 10, 6, 21, tzinfo=timezone.utc)


def read(path, *further, resolution_m=None):
    """Reflectance by role (height, width), validity, both guesses and the scene, closed."""
    with Scene(path, False, further, resolution_m) as scene:
        roles = guess_bands(scene.metadata, scene.sample)
        numbers = roles.available_numbers
        radiometry = resolve_radiometry("auto", scene.metadata, numbers, scene.sample(numbers))
        whole = Window(0, 0, scene.grid.width, scene.grid.height)
        values, valid = scene.read(numbers, whole)
    bands = dict(zip(roles.available_bands, radiometry.reflectance(values), strict=True))
    return bands, valid, roles, radiometry, scene


def check(path, *further, sure=("certain", "certain"), tolerance=0.004):
    bands, valid, roles, radiometry, scene = read(path, *further)
    assert tuple(bands) == BANDS
    truth = made_up.ground()
    for role, reflectance in bands.items():
        expected = made_up.REFLECTANCE[role] * truth
        assert np.abs(reflectance - expected)[valid].max() < tolerance, role
    assert not valid[:2].any() and valid[2:].all()
    assert (roles.confidence, radiometry.confidence) == sure, (str(roles), str(radiometry))
    return scene, radiometry


FOLDERS = {
    "S2 level 1C": lambda folder: made_up.safe(folder),
    "S2 level 1C before 04.00": lambda folder: made_up.safe(folder, "1C", "02.09", 0),
    "S2 level 2A": lambda folder: made_up.safe(folder, "2A"),
    "S2 level 2A before 04.00": lambda folder: made_up.safe(folder, "2A", "02.12", 0),
    "S2 processed by a user": lambda folder: made_up.safe(folder, "2A", "99.99", 0),
    "S2 of 04.00 processed by a user": lambda folder: made_up.safe(folder, "2A", "99.99", -1000),
    "S2 of 2015": made_up.safe_of_2015,
    "S2 without its product metadata": lambda folder: made_up.safe(folder, product_metadata=False),
    "S2 of 04.00 without its product metadata": lambda folder: made_up.safe(
        folder, "2A", "04.00", product_metadata=False
    ),
    "S2 tile of a bucket": made_up.bare_tile,
    "S2 of MAJA": made_up.maja,
    "Landsat 8 level 1": lambda folder: made_up.landsat(folder),
    "Landsat 9 level 1": lambda folder: made_up.landsat(folder, "LC09"),
    "Landsat 8 level 1 of Collection 1": lambda folder: made_up.landsat(folder, collection=1),
    "Landsat 8 level 2": lambda folder: made_up.landsat(folder, level=2),
    "Landsat 8 level 2 of Collection 1": lambda folder: made_up.landsat(folder, "LC08", 2, 1),
    "Landsat 7 level 2": lambda folder: made_up.landsat(folder, "LE07", 2),
    "Landsat 5 level 2": lambda folder: made_up.landsat(folder, "LT05", 2),
    "HLS S30": made_up.hls,
    "HLS L30": lambda folder: made_up.hls(folder, "L30"),
    "CBERS-4 AWFI": lambda folder: made_up.cbers(folder, "AWFI"),
    "CBERS-4A WFI": lambda folder: made_up.cbers(folder, "WFI"),
    "CBERS-4A WPM": lambda folder: made_up.cbers(folder, "WPM"),
    "Gaofen-1, camera 1": lambda folder: made_up.gaofen(folder, 1),
    "Gaofen-1, camera 2": lambda folder: made_up.gaofen(folder, 2),
    "Gaofen-1, camera 3": made_up.gaofen,
    "Gaofen-1, camera 4": lambda folder: made_up.gaofen(folder, 4),
    "Gaofen-6": made_up.gaofen6,
    "PlanetScope radiance": lambda folder: made_up.planetscope(folder),
    "PlanetScope surface reflectance": lambda folder: made_up.planetscope(folder, surface=True),
    "PlanetScope of eight bands": lambda folder: made_up.planetscope(folder, bands=8),
    "STAC item": made_up.stac_item,
    "STAC item of 04.00": lambda folder: made_up.stac_item(folder, "04.00"),
    "STAC item of the Planetary Computer": made_up.planetary_computer_item,
    "STAC item of Copernicus": made_up.copernicus_item,
    "STAC item of HLS S30": lambda folder: made_up.hls_item(folder, "S30"),
    "STAC item of HLS L30": lambda folder: made_up.hls_item(folder, "L30"),
    "STAC item of level 1 of an LC08": lambda folder: made_up.landsat_item(folder, 1),
    "STAC item of level 2 of an LC08": lambda folder: made_up.landsat_item(folder, 2),
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_products_are_read_with_certain_bands_and_units(kind, tmp_path):
    path = FOLDERS[kind](tmp_path)
    scene, radiometry = check(path)
    assert not radiometry.warnings
    product = scene.product
    assert product.acquired is not None and product.acquired.tzinfo is not None
    if "Landsat" not in kind and "without" not in kind and "MAJA" not in kind:
        assert product.acquired.replace(microsecond=0) == JULY
    assert product.sun_elevation_deg == pytest.approx(62.5)
    assert product.sun_azimuth_deg == pytest.approx(126.8 if "Landsat" in kind else 146.25)


@pytest.mark.parametrize(
    ("sensor", "tolerance"), [("LE07", 0.003), ("LT05", 0.003), ("LT04", 0.003)]
)
def test_eight_bits_of_landsat_tm_are_no_picture(sensor, tolerance, tmp_path):
    check(made_up.landsat(tmp_path, sensor), tolerance=tolerance)


@pytest.mark.parametrize("collection", [1, 2])
def test_analysis_ready_data_of_landsat_is_read(collection, tmp_path):
    scene, _ = check(made_up.landsat_ready(tmp_path, collection))
    assert scene.product.title == f"Landsat 8 level 2 of Collection {collection}"
    assert scene.product.acquired.date().isoformat() == "2022-07-02"
    assert [layer.kind for layer in scene.product.quality] == [
        "pixel_qa" if collection == 1 else "qa_pixel"
    ]


def test_offsets_of_bands_are_their_own(tmp_path):
    root = made_up.safe(tmp_path, "2A", "05.11", -1000)
    xml = root / "MTD_MSIL2A.xml"
    own = {1: "-1100", 2: "-1200", 3: "-1300", 7: "-1400"}
    text = xml.read_text()
    for number, offset in own.items():
        text = text.replace(f'band_id="{number}">-1000<', f'band_id="{number}">{offset}<')
    xml.write_text(text)
    with Scene(root) as scene:
        offsets = [band.offset for band in scene.metadata.bands]
    assert offsets == pytest.approx([-0.11, -0.12, -0.13, -0.14])


def test_baseline_99_99_tells_nothing_of_an_offset(tmp_path):
    for stored, confidence in ((0, "certain"), (-1000, "unsure")):
        folder = tmp_path / str(stored)
        root = made_up.safe(folder, "1C", "99.99", stored, product_metadata=False)
        check(root, sure=("certain", confidence))
    item = made_up.stac_item(tmp_path / "item", "99.99", declared=None, stored_offset=0)
    _, radiometry = check(item, sure=("certain", "likely"))
    assert radiometry.name == "sentinel2" and not radiometry.warnings


def test_a_safe_folder_may_have_another_name(tmp_path):
    root = made_up.safe(tmp_path, "2A")
    renamed = root.rename(tmp_path / root.stem)
    for part in (renamed, renamed / "MTD_MSIL2A.xml", next(renamed.rglob("*_B04_10m.jp2"))):
        scene, _ = check(part)
        assert scene.product.name == root.stem


def test_landsat_of_before_the_collections_is_read(tmp_path):
    scene = "LC80160372014081LGN00"
    for band in (*made_up.OLI, "6"):
        counts = made_up.REFLECTANCE.get(made_up.OLI.get(band), made_up.OTHER) * 1e4
        path = tmp_path / f"{scene}_sr_band{band}.tif"
        made_up.write(path, counts, nodata=-9999, dtype="int16")
    for given in (tmp_path, path):
        found, radiometry = check(given)
        assert (found.product.name, found.product.title) == (scene, "Landsat 8 level 2")
        assert radiometry.reason == "surface reflectance of Landsat before Collection 1"


def test_images_of_one_scene_of_gaofen_6_are_each_given(tmp_path):
    middle = made_up.gaofen6(tmp_path)
    with pytest.raises(InputError, match="holds 3 images .*-1.tiff"):
        Scene(middle.parent)


def test_a_corrected_image_of_gaofen_1_holds_no_counts_whatever_its_metadata_says(tmp_path):
    root = made_up.gaofen(tmp_path)
    corrected = [value * 1e4 for value in made_up.REFLECTANCE.values()]
    made_up.write(root / f"{root.name}.tiff", corrected, pixel_m=16)
    _, radiometry = check(root, sure=("certain", "likely"))
    assert "counts of ten bits" in radiometry.warnings[0]


def test_names_of_planets_catalogue_are_known(tmp_path):
    path = made_up.planetscope(tmp_path)
    path = path.rename(tmp_path / "20220702_100621_34_2423_3B_ortho_analytic_4b.tif")
    next(tmp_path.glob("*.xml")).rename(path.with_name(f"{path.stem}_xml.xml"))
    scene, _ = check(path)
    assert "radiance" in scene.product.title


def test_images_of_one_scene_of_planet_have_coefficients_of_their_own(tmp_path):
    four, eight = made_up.planetscope(tmp_path), made_up.planetscope(tmp_path, bands=8)
    # Each of the eight bands with another coefficient than that of the same number in the other.
    own = tmp_path / f"{eight.stem}_metadata.xml"
    coefficient = re.compile(r"(?<=reflectanceCoefficient>)[\d.e-]+(?=<)")
    own.write_text(coefficient.sub(lambda match: repr(1.5 * float(match[0])), own.read_text()))
    with rasterio.open(eight, "r+") as file:
        file.write((file.read() / 1.5).astype("uint16"))
    for path in (four, eight):
        scene, _ = check(path)
        assert [file.name for file in scene.files if file.suffix == ".xml"] == [
            f"{path.stem}_metadata.xml"
        ]
    clipped = four.rename(four.with_stem(f"{four.stem}_clip"))
    check(clipped)
    (tmp_path / f"{four.stem}_metadata.xml").unlink()
    problem = describe(str(clipped))["problem"]
    assert "radiance needs its coefficients" in problem
    own.rename(tmp_path / f"{eight.stem.partition('_Analytic')[0]}_metadata.xml")
    check(eight)


def test_what_is_no_item_of_a_catalogue_is_told_so(tmp_path):
    path = made_up.stac_item(tmp_path / "item")
    item = path.read_text()
    (tmp_path / "item" / "one.json").write_text(
        f'{{"type": "FeatureCollection", "features": [{item}]}}'
    )
    check(tmp_path / "item" / "one.json")
    (tmp_path / "two.json").write_text(
        f'{{"type": "FeatureCollection", "features": [{item}, {item}]}}'
    )
    (tmp_path / "all.json").write_text('{"type": "Collection", "stac_version": "1.0.0"}')
    for name, kind in (("two.json", "FeatureCollection"), ("all.json", "Collection")):
        problem = describe(str(tmp_path / name))["problem"]
        assert f"a {kind} of STAC: give one item" in problem


def test_items_of_landsat_5_of_level_1_need_the_mtl_file(tmp_path):
    path = made_up.landsat_item(tmp_path, 1)
    made_up.edited_item(path, lambda item: item["properties"].update(platform="landsat-5"))
    with pytest.raises(InputError, match="MTL file"):
        Scene(path)


@pytest.mark.parametrize("nodata", [float("nan"), "NaN", "-inf"])
def test_no_data_of_an_item_may_be_no_number(nodata, tmp_path):
    path = made_up.stac_item(tmp_path)

    def edit(item):
        for role in made_up.REFLECTANCE:
            item["assets"][role]["raster:bands"][0]["nodata"] = nodata

    check(made_up.edited_item(path, edit))


def test_what_an_item_says_in_a_strange_way_is_not_known(tmp_path):
    path = made_up.stac_item(tmp_path, "02.12", stored_offset=0)

    def edit(item):
        item["properties"]["datetime"] = 20220702
        for asset in item["assets"].values():
            asset["raster:bands"] = [None]
        item["assets"]["red"]["roles"] = 5
        item["assets"]["extra"] = {"href": "./extra.tif", "eo:bands": 3, "bands": {"name": "x"}}

    scene, _ = check(made_up.edited_item(path, edit))
    assert scene.product.acquired is None
    made_up.edited_item(path, lambda item: item.update(properties="none"))
    check(path, sure=("certain", "likely"))


def test_assets_of_an_item_may_be_on_a_server(tmp_path):
    path = made_up.stac_item(tmp_path)
    with FileServer(tmp_path) as server:
        made_up.edited_item(
            path,
            lambda item: [
                asset.update(href=asset["href"].replace("./", f"{server.url}/"))
                for asset in item["assets"].values()
            ],
        )
        # In a process of its own: while GDAL waits for the server, Python waits for GDAL.
        command = [sys.executable, "-m", "cloudmamba", "describe", str(path), "--json"]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert told["bands"]["confidence"] == told["radiometry"]["confidence"] == "certain"
    assert told["radiometry"]["offsets"] == pytest.approx([-0.1] * 4)


def test_a_picture_among_the_assets_of_an_item_is_no_band(tmp_path):
    path = made_up.stac_item(tmp_path)
    made_up.write(tmp_path / "TCI.tif", [100, 110, 120], dtype="uint8", pixel_m=10)

    def picture_first(item):
        picture = item["assets"].pop("visual") | {"roles": ["data"]}
        picture["eo:bands"] = [{"common_name": role} for role in ("red", "green", "blue")]
        item["assets"] = {"visual": picture, **item["assets"]}

    made_up.edited_item(path, picture_first)
    check(path)


def test_each_band_of_an_asset_has_a_scale_of_its_own(tmp_path):
    roles = list(made_up.REFLECTANCE)
    scales = [1e-4, 2e-4, 4e-4, 5e-5]
    counts = [value / scale for value, scale in zip(made_up.REFLECTANCE.values(), scales)]
    path = made_up.stac_item(tmp_path)
    made_up.write(tmp_path / "all.tif", counts, nodata=0)
    asset = {
        "href": "./all.tif",
        "roles": ["data"],
        "eo:bands": [{"common_name": role} for role in roles],
        "raster:bands": [{"nodata": 0, "scale": scale, "offset": 0.0} for scale in scales],
    }
    made_up.edited_item(path, lambda item: item.update(assets={"all": asset}))
    *_, radiometry, _ = read(path)
    assert radiometry.scales == pytest.approx(scales)


def test_an_asset_that_is_not_there_is_named(tmp_path):
    path = made_up.stac_item(tmp_path)
    (tmp_path / "B03.tif").unlink()
    with pytest.raises(InputError, match="no file '.*B03.tif'"):
        Scene(path)


def test_eight_bits_of_cbers_are_no_picture(tmp_path):
    check(made_up.cbers(tmp_path, "MUX"), tolerance=0.01)


@pytest.mark.parametrize("kind", ["S2 level 1C", "S2 level 2A", "S2 of 2015", "Landsat 8 level 1"])
def test_zip_files_are_read_in_place(kind, tmp_path):
    folder = FOLDERS[kind](tmp_path / "made")
    archive = made_up.zipped(tmp_path, folder)
    shutil.rmtree(tmp_path / "made")
    scene, _ = check(archive)
    assert archive in scene.files


@pytest.mark.parametrize(
    ("suffix", "mode"),
    [(".tar", "w"), (".tar.gz", "w:gz"), (".tgz", "w:gz"), (".tar.bz2", "w:bz2")],
)
def test_tar_files_are_read(suffix, mode, tmp_path):
    folder = made_up.landsat(tmp_path)
    archive = made_up.tarred(folder, tmp_path / f"{folder.name}{suffix}", mode)
    shutil.rmtree(folder)
    check(archive)


def test_a_tar_of_a_folder_from_within_is_read(tmp_path):
    folder = made_up.landsat(tmp_path)
    archive = tmp_path / f"{folder.name}.tar"
    with tarfile.open(archive, "w") as file:
        file.add(folder, ".")
    shutil.rmtree(folder)
    check(archive)


@pytest.mark.parametrize(
    ("form", "unpacked"),
    [(tarfile.GNU_FORMAT, []), (tarfile.PAX_FORMAT, ["B02", "B03", "B04", "B08", "B8A"])],
)
def test_tars_with_long_names_are_read(form, unpacked, tmp_path, monkeypatch):
    """GDAL itself finds long names of GNU's format and none of the PAX format."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    root = made_up.safe(tmp_path)
    archive = tmp_path / f"{root.name}.tar"
    with tarfile.open(archive, "w", format=form) as file:
        file.add(root, root.name)
    shutil.rmtree(root)
    with Scene(archive) as scene:
        assert scene.product.name == root.stem
        images = (tmp_path / "temporary").rglob("*.jp2")
        assert sorted(path.stem[-3:] for path in images) == unpacked
    check(archive)
    assert not list((tmp_path / "temporary").iterdir())


def test_what_lies_beside_a_file_may_be_many(tmp_path, monkeypatch):
    monkeypatch.setattr("cloudmamba.products.contents._MOST_FILES", 10)
    folder = made_up.landsat(tmp_path)
    for number in range(20):
        (folder / f"other_{number}.jpg").touch()
    check(next(folder.glob("*_MTL.txt")))
    [(_, products, _)] = product_paths(folder, lambda folder: False)
    assert len(products) == 1
    with pytest.raises(InputError, match="holds more than 10 files"):
        Scene(folder)


@pytest.mark.parametrize("way", ["resolution", "zip", "folder"])
def test_near_infrared_of_8_bits_is_no_mask_of_the_other_bands(tmp_path, way):
    path = made_up.write(
        tmp_path / "image" / "image.tif", (60, 70, 50, 90), dtype="uint8", photometric="RGB",
        alpha="yes", size=200,
    )  # fmt: skip
    with rasterio.open(path, "r+") as dataset:
        values = dataset.read()
        values[3, 100:] = 0  # water
        values[:, :2] = 1
        values[3, :100] = np.arange(200) % 90 + 20
        dataset.write(values)
        assert dataset.colorinterp[3].name == "alpha"
    given = {
        "resolution": path,
        "zip": made_up.zipped(tmp_path, path.parent),
        "folder": path.parent,
    }
    with Scene(given[way], resolution_m=60 if way == "resolution" else None) as scene:
        size = scene.grid.width, scene.grid.height
        _, valid = scene.read([1, 2, 3, 4], Window(0, 0, *size))
    assert valid.all()


def test_what_is_unpacked_of_gaofen_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    folder = made_up.gaofen(tmp_path)
    archive = made_up.tarred(folder, tmp_path / f"{folder.name}.tar.gz", "w:gz")
    with Scene(archive) as scene:
        assert scene.metadata.name == folder.name
        unpacked = [path.name for path in (tmp_path / "temporary").rglob("*.tiff")]
        assert unpacked == [f"{folder.name}.tiff"]
    assert not list((tmp_path / "temporary").iterdir())
    check(archive)


def test_names_in_archives_lead_nowhere(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    folder = made_up.gaofen(tmp_path)
    archive = tmp_path / "GF1_evil.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        for path in sorted(folder.iterdir()):
            file.add(path, f"../../outside/{path.name}")
            # As a way out on Windows.
            file.add(path, f"..\\..\\outside\\{path.name}")
    shutil.rmtree(folder)
    check(archive)
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path.parent / "outside").exists()


def test_any_part_of_a_safe_folder_leads_to_it(tmp_path):
    root = made_up.safe(tmp_path)
    (granule,) = (root / "GRANULE").iterdir()
    image = next(granule.glob("IMG_DATA/*_B04.jp2"))
    for part in (
        root / "MTD_MSIL1C.xml",
        root / "manifest.safe",
        granule,
        granule / "MTD_TL.xml",
        granule / "IMG_DATA",
        image,
    ):
        scene, _ = check(part)
        assert scene.product.name == root.stem and "05.09" in scene.product.title


def test_a_metadata_file_or_an_image_leads_to_a_landsat_product(tmp_path):
    root = made_up.landsat(tmp_path)
    for suffix in ("_MTL.txt", "_B4.TIF", "_QA_PIXEL.TIF"):
        path = root / f"{root.name}{suffix}"
        if suffix != "_QA_PIXEL.TIF":
            check(path)
    check(root / f"{root.name}_B5.TIF", *(root / f"{root.name}_B{n}.TIF" for n in (4, 3, 2)))


def test_a_mask_given_by_its_name_is_not_its_product(tmp_path):
    made_up.hls(tmp_path)
    with Scene(next(tmp_path.glob("*.Fmask.tif"))) as scene:
        assert scene.product is None and len(scene.metadata.bands) == 1


def test_metadata_of_landsat_is_read_as_xml_and_json_too(tmp_path):
    root = made_up.landsat(tmp_path, level=2)
    text = (root / f"{root.name}_MTL.txt").read_text()
    (root / f"{root.name}_MTL.txt").unlink()
    groups, name = {}, ""
    for line in text.splitlines()[1:-2]:
        key, _, value = (part.strip() for part in line.partition("="))
        if key == "GROUP":
            name = value
        elif key != "END_GROUP":
            groups.setdefault(name, {})[key] = value.strip('"')
    xml = "".join(
        f"<{g}>{''.join(f'<{k}>{v}</{k}>' for k, v in values.items())}</{g}>"
        for g, values in groups.items()
    )
    (root / f"{root.name}_MTL.xml").write_text(
        f"<LANDSAT_METADATA_FILE>{xml}</LANDSAT_METADATA_FILE>"
    )
    scene, _ = check(root)
    assert scene.product.sun_elevation_deg == 62.5


def test_level_2_factors_are_not_those_of_level_1(tmp_path):
    _, radiometry = check(made_up.landsat(tmp_path, level=2))
    assert radiometry.scales == (2.75e-5,) * 4 and radiometry.offsets == (-0.2,) * 4


def test_offsets_of_metadata_beat_the_baseline(tmp_path):
    root = made_up.safe(tmp_path, "1C", "05.09", -1000)
    xml = root / "MTD_MSIL1C.xml"
    xml.write_text(xml.read_text().replace(">-1000<", ">-500<"))
    with Scene(root) as scene:
        assert {band.offset for band in scene.metadata.bands} == {-0.05}


def test_20_m_bands_serve_where_10_m_bands_are_missing(tmp_path):
    root = made_up.safe(tmp_path, "2A")
    shutil.rmtree(next(root.glob("GRANULE/*/IMG_DATA/R10m")))
    with Scene(root) as scene:
        assert (scene.grid.width, scene.grid.transform.a) == (made_up.SIZE_PX // 2, 20)
        assert scene.metadata.image_bands[3].wavelength_um == pytest.approx(0.865, abs=0.001)


@pytest.mark.parametrize(
    ("applied", "declared", "stored"),
    [(None, -0.1, -1000), (None, None, -1000), (True, -0.1, 0), (False, -0.1, -1000)],
)
def test_declared_offsets_of_catalogues_are_believed_with_care(applied, declared, stored, tmp_path):
    check(made_up.stac_item(tmp_path, "05.09", applied, declared, stored))


def test_old_baselines_of_catalogues_have_no_offset(tmp_path):
    check(made_up.stac_item(tmp_path, "02.12", None, -0.1, 0))


def test_loose_bands_and_archives_of_one_raster_are_read(tmp_path):
    folder = made_up.loose_bands(tmp_path / "bands")
    check(folder, sure=("certain", "likely"))
    paths = [folder / f"site_2022_{role}.tif" for role in ("nir", "red", "blue", "green")]
    check(*paths, sure=("certain", "likely"))
    one = tmp_path / "one" / "sub dir"
    made_up.write(one / "scene.tif", [value * 1e4 for value in made_up.REFLECTANCE.values()])
    archive = made_up.zipped(tmp_path, tmp_path / "one")
    with Scene(archive) as scene:
        assert len(scene.metadata.bands) == 4 and scene.metadata.name == "scene"


def virtual(path, bands, band_xml=""):
    """A virtual raster of sources by band, as ``gdalbuildvrt`` writes it, named relative to it."""
    with rasterio.open(bands[0][0]) as first:
        size = {"rasterXSize": str(first.width), "rasterYSize": str(first.height)}
        crs = first.crs.to_wkt().replace("<", "&lt;")
        geotransform = ", ".join(map(repr, first.transform.to_gdal()))
    inside = "".join(
        f'<VRTRasterBand dataType="UInt16" band="{number}">{band_xml}'
        + "".join(
            "<ComplexSource>"
            f'<SourceFilename relativeToVRT="1">{source.relative_to(path.parent)}</SourceFilename>'
            "<SourceBand>1</SourceBand></ComplexSource>"
            for source in sources
        )
        + "</VRTRasterBand>"
        for number, sources in enumerate(bands, start=1)
    )
    attributes = " ".join(f'{key}="{value}"' for key, value in size.items())
    path.write_text(
        f"<VRTDataset {attributes}><SRS>{crs}</SRS><GeoTransform>{geotransform}</GeoTransform>"
        f"{inside}</VRTDataset>"
    )
    return path


def test_sources_of_a_virtual_raster_tell_bands_and_units(tmp_path):
    """As QGIS builds them from bands that were downloaded, in any order."""
    root = made_up.safe(tmp_path)
    images = [next(root.rglob(f"*_{band}.jp2")) for band in ("B08", "B04", "B03", "B02")]
    path = virtual(tmp_path / "stack.vrt", [[image] for image in images])
    _, _, roles, radiometry, scene = read(path)
    assert roles.numbers == (4, 3, 2, 1)
    assert roles.confidence == radiometry.confidence == "certain"
    assert scene.product.sun_elevation_deg == 62.5 and set(images) <= set(scene.files)
    mosaic = virtual(tmp_path / "mosaic.vrt", [[image, image] for image in images])
    assert read(mosaic)[2].numbers == (4, 3, 2, 1)


def test_a_virtual_raster_that_changes_numbers_is_no_product(tmp_path):
    root = made_up.safe(tmp_path)
    images = [next(root.rglob(f"*_{band}.jp2")) for band in ("B04", "B03", "B02")]
    path = virtual(tmp_path / "stack.vrt", [[i] for i in images])
    path.write_text(path.read_text().replace("<SourceBand>", "<LUT>0:0,1:9</LUT><SourceBand>"))
    with Scene(path) as scene:
        assert not scene.is_product
        assert guess_bands(scene.metadata, scene.sample).numbers == (3, 2, 1, None)
    path = virtual(tmp_path / "scaled.vrt", [[i] for i in images], "<Scale>2e-4</Scale>")
    with Scene(path) as scene:
        assert scene.is_product and {band.scale for band in scene.metadata.bands} == {2e-4}


def test_the_virtual_raster_of_a_product_is_the_product(tmp_path):
    root = made_up.safe(tmp_path, "2A")
    (told,) = products_as_rasters(root, tmp_path / "rasters")["scenes"]
    scene, _ = check(told["raster"])
    assert scene.product.name == root.stem
    assert {layer.kind for layer in scene.product.quality} == {"scl", "cldprb"}


def test_names_of_the_sources_tell_bands_where_no_product_is_known(tmp_path):
    names = {"nir": "nahes_Infrarot", "red": "Rot", "green": "Gr\u00fcn", "blue": "Blau"}
    images = [
        made_up.write(tmp_path / f"Feld_{name}_2022.tif", made_up.REFLECTANCE[role] * 1e4)
        for role, name in names.items()
    ]
    path = virtual(tmp_path / "stack.vrt", [[image] for image in images])
    _, _, roles, _, _ = read(path)
    assert (roles.numbers, roles.confidence) == ((4, 3, 2, 1), "certain")


@pytest.mark.parametrize(
    ("names", "of_roles"),
    [
        (["temperature", "B0", "B0", "B0", "swir", "SCL", "quality", "B0"], (2, 3, 4, 8)),
        (["bleu_", "vert_", "rouge_", "pir_"], (1, 2, 3, 4)),
    ],
)
def test_a_variable_for_each_band_is_an_image(names, of_roles, tmp_path):
    of_numbers = dict(zip(of_roles, made_up.REFLECTANCE.values(), strict=True))
    values = [of_numbers.get(number, 0.9) * 1e4 for number in range(1, len(names) + 1)]
    image = made_up.write(tmp_path / "image.tif", values, nodata=0)
    with rasterio.open(image, "r+") as file:
        file.scales = (1e-4,) * file.count
        for number, name in enumerate(names, start=1):
            # GDAL puts the number of the band behind it.
            file.update_tags(number, NETCDF_VARNAME=name)
    path = tmp_path / "cube.nc"
    rasterio.shutil.copy(image, path, driver="netCDF")
    bands, _, roles, radiometry, scene = read(path)
    assert roles.numbers == (1, 2, 3, 4)
    for role, reflectance in bands.items():
        expected = made_up.REFLECTANCE[role] * made_up.ground()
        assert np.abs(reflectance - expected)[2:].max() < 1e-3
    assert radiometry.confidence == "certain" and path in scene.files


def test_variables_of_several_dates_are_told_so(monkeypatch):
    monkeypatch.setattr(
        band_set, "subdatasets_of", lambda path: [f"netcdf:{path}:B0{n}" for n in (2, 3, 4)]
    )
    monkeypatch.setattr(band_set, "shape_of", lambda source: (3, 60, 60))
    with pytest.raises(InputError, match="'B02' .* has 3 layers.*one date"):
        band_set.of_variables("cube.nc")


def test_a_coarser_resolution_keeps_what_the_raster_says(tmp_path):
    path = made_up.write(tmp_path / "scene.tif", [900, 1000, 1100, 2000], pixel_m=10)
    with rasterio.open(path, "r+") as file:
        file.descriptions = ("nir", "red", "green", "blue")
        file.scales = (2e-4,) * 4
    with Scene(path, resolution_m=20) as scene:
        assert guess_bands(scene.metadata, scene.sample).numbers == (4, 3, 2, 1)
        assert {band.scale for band in scene.metadata.bands} == {2e-4}


def test_units_of_sentinel2_without_metadata_are_told_by_its_values(tmp_path):
    for stored, confidence in ((0, "certain"), (-1000, "unsure")):
        root = made_up.safe(tmp_path / str(stored), "1C", "05.09", stored, product_metadata=False)
        images = tmp_path / f"images{stored}"
        shutil.move(next(root.glob("GRANULE/*/IMG_DATA")), images)
        check(images, sure=("certain", confidence))


def test_radiance_of_planetscope_without_coefficients_is_no_reflectance(tmp_path):
    facts = describe(str(made_up.planetscope(tmp_path, xml=False)))
    assert facts["bands"]["confidence"] == "certain" and facts["bands"]["blue"] == 1
    assert facts["radiometry"] is None and "radiance" in facts["problem"]


def test_band_numbers_of_one_file_products_stay(tmp_path):
    _, _, roles, _, _ = read(made_up.planetscope(tmp_path, bands=8))
    assert roles.numbers == (2, 4, 6, 8)


def test_surface_reflectance_is_preferred_and_a_named_file_is_taken(tmp_path):
    radiance = made_up.planetscope(tmp_path)
    made_up.planetscope(tmp_path, surface=True)
    with Scene(tmp_path) as scene:
        assert "surface" in scene.product.title
    with Scene(radiance) as scene:
        assert "radiance" in scene.product.title


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("*_B03.jp2", "no band B03 .green"),
        ("*_B0[234].jp2", "no band B02 .blue., B03 .green., B04 .red"),
        ("*.jp2", "not whole: .*'MTD_TL.xml'|'manifest.safe'|'MTD_MSIL1C.xml'"),
    ],
)
def test_half_products_are_told_what_is_missing(missing, words, tmp_path):
    root = made_up.safe(tmp_path)
    for path in root.rglob(missing):
        path.unlink()
    with pytest.raises(InputError, match=words) as error:
        Scene(root)
    assert str(error.value).count(". ") <= 1


def test_landsat_without_its_factors_is_refused(tmp_path):
    with pytest.raises(InputError, match="_MTL.txt"):
        Scene(made_up.landsat(tmp_path, "LT05", with_mtl=False))
    root = made_up.landsat(tmp_path, "LC08", with_mtl=False)
    _, _, _, radiometry, _ = read(root)
    assert radiometry.confidence == "likely" and "MTL" in radiometry.warnings[0]


def test_several_products_in_one_folder_are_named(tmp_path):
    made_up.landsat(tmp_path)
    made_up.safe(tmp_path)
    with pytest.raises(InputError, match="holds 2 images .*LC08_L1TP.*batch"):
        Scene(tmp_path)


@pytest.mark.parametrize("name", ["notes.zip", "empty.tar.gz", "cut.zip", "packed.7z"])
def test_archives_without_an_image_are_one_sentence(name, tmp_path):
    path = tmp_path / name
    if name in ("cut.zip", "packed.7z"):
        path.write_bytes(b"PK\x03\x04 cut")
    else:
        (tmp_path / "notes").mkdir()
        (tmp_path / "notes" / "notes.txt").write_text("nothing")
        if name.endswith("zip"):
            made_up.zipped(tmp_path, tmp_path / "notes")
        else:
            made_up.tarred(tmp_path / "notes", path, "w:gz")
    problem = describe(str(path))["problem"]
    assert problem.endswith(".") and name in problem and "\n" not in problem


def test_xml_with_entities_is_refused(tmp_path):
    root = made_up.safe(tmp_path)
    (root / "MTD_MSIL1C.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(InputError, match="entities"):
        Scene(root)


def test_a_band_that_ends_early_is_refused(tmp_path):
    for role in ("blue", "green", "red"):
        made_up.write(tmp_path / f"{role}.tif", 1000, size=100)
    made_up.write(tmp_path / "nir.tif", 2000, size=98)
    with pytest.raises(InputError, match="not cover the same ground"):
        Scene(
            tmp_path / "red.tif", False, [tmp_path / f"{r}.tif" for r in ("green", "blue", "nir")]
        )


def test_bands_without_a_place_have_one_size(tmp_path):
    for role, size in (("blue", 50), ("green", 100), ("red", 100)):
        with rasterio.open(
            tmp_path / f"{role}.tif", "w", driver="GTiff", width=size, height=size, count=1,
            dtype="uint16",
        ) as dataset:  # fmt: skip
            dataset.write(np.full((1, size, size), 1000, np.uint16))
    with pytest.raises(InputError, match="nothing says where they lie"):
        Scene(tmp_path / "red.tif", False, [tmp_path / "green.tif", tmp_path / "blue.tif"])


@pytest.mark.parametrize("masked", [("red",), ("red", "blue"), ("blue", "green", "red")])
def test_bands_in_files_keep_their_own_masks(tmp_path, masked):
    for place, role in enumerate(("blue", "green", "red")):
        path = made_up.write(tmp_path / f"{role}.tif", 1000, nodata=None, size=60)
        if role in masked:
            with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as dataset:
                valid = np.full(dataset.shape, 255, np.uint8)
                valid[10 * place : 10 * place + 10] = 0
                dataset.write_mask(valid)
    with Scene(
        tmp_path / "red.tif", False, [tmp_path / "green.tif", tmp_path / "blue.tif"]
    ) as scene:
        _, valid = scene.read([1, 2, 3], Window(0, 0, 60, 60))
    rows = [10 * place for place, role in enumerate(("blue", "green", "red")) if role in masked]
    assert sorted(np.flatnonzero(~valid.any(1))) == [
        y for row in rows for y in range(row, row + 10)
    ]


def test_bands_of_another_place_are_refused(tmp_path):
    for number, role in enumerate(("blue", "green", "red")):
        made_up.write(tmp_path / f"{role}.tif", 1000, west=500_000 + 900 * number)
    with pytest.raises(InputError, match="not cover the same ground"):
        Scene(tmp_path)


def test_a_coarser_resolution_is_read_where_asked_for(tmp_path):
    bands, valid, _, _, scene = read(made_up.safe(tmp_path), resolution_m=20)
    assert (scene.grid.width, scene.grid.transform.a) == (made_up.SIZE_PX // 2, 20)
    truth = made_up.ground().reshape(30, 2, 30, 2).mean((1, 3))
    assert np.abs(bands["red"] - made_up.REFLECTANCE["red"] * truth)[valid].max() < 0.01
    assert valid[2:].all()
    with pytest.raises(InputError, match="working resolution"):
        Scene(made_up.landsat(tmp_path), resolution_m=5)


def test_real_products_are_certain(shared_data):
    for name in (
        "LC08_L1TP_016037_20170813_20170814_01_RT",
        "LC08_L2SP_008059_20191201_20200825_02_T1",
        "S2_L1C_T31TDH_20150726_IMG_DATA",
    ):
        facts = describe(str(shared_data / "products" / name))
        assert not facts["problem"]
        assert [facts["bands"][role] for role in BANDS] == [1, 2, 3, 4]
        assert facts["bands"]["confidence"] == facts["radiometry"]["confidence"] == "certain"


def test_description_names_the_product(tmp_path):
    facts = describe(str(made_up.safe(tmp_path, "2A")))
    assert facts["product"]["title"] == "Sentinel-2 level 2A, baseline 05.09"
    assert facts["product"]["acquired"].startswith("2022-07-02T10:06:21")
    assert facts["product"]["sun_elevation_deg"] == 62.5
    assert set(facts["product"]["masks"]) == {"scl", "cldprb"}


def test_a_folder_of_products_is_searched_for_products_alone(tmp_path):
    """Never true colour pictures, masks, or the bands one by one."""
    folder, output = tmp_path / "archive", tmp_path / "results"
    made_up.safe(folder, "2A")
    made_up.hls(folder / "flat", "S30")
    made_up.hls(folder / "flat", "L30")
    made_up.landsat(folder / "landsat")
    made_up.planetscope(folder / "planet")
    made_up.planetscope(folder / "planet", surface=True)
    gaofen = made_up.gaofen(tmp_path)
    made_up.tarred(gaofen, folder / f"{gaofen.name}.tar.gz", "w:gz")
    made_up.write(folder / "plain" / "scene.tif", [1000, 1100, 1200, 2000])
    (folder / "notes.json").write_text("{}")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.txt").write_text("no product")
    made_up.zipped(folder, tmp_path / "notes")
    made_up.stac_item(folder / "item")
    made_up.loose_bands(folder / "bands")
    item = tmp_path / "item"
    (folder / "item.json").write_text(
        made_up.stac_item(item).read_text().replace('"./', f'"{item.as_posix()}/')
    )
    scenes = [scene.path for scene in read_scenes(str(folder), output)]
    assert sorted(result_names(scenes, output)) == [
        "20220702_100621_34_2423_3B_AnalyticMS_SR",
        "GF1_WFV3_E113.0_N34.0_20220702_L1A0006547030",
        "HLS.L30.T33TUL.2022183T100559.v2.0",
        "HLS.S30.T33TUL.2022183T100559.v2.0",
        "LC08_L1TP_016037_20170713_20200814_02_T1",
        "S2A_33TUL_20220702_0_L2A",
        "S2A_MSIL2A_20220702T100559_N0509_R022_T33TUL_20220702T134009",
        "bands",
        "item",
        "scene",
    ]
    for path in scenes:
        assert describe(path)["problem"] == ""


@pytest.fixture
def stand_in(monkeypatch, brightness_model):
    card = {"name": "stand-in", "version": "1", "checksum": "0" * 64}
    monkeypatch.setattr(pipeline, "model_path", lambda name: "stand-in.safetensors")
    load_instead(monkeypatch, brightness_model, card)


def test_detection_takes_a_product_and_tells_of_it(stand_in, tmp_path):
    mask = tmp_path / "mask.tif"
    request = DetectionRequest(str(made_up.landsat(tmp_path)), mask, device="cpu")
    summary = detect(request)
    assert summary.product["title"] == "Landsat 8 level 1 of Collection 2"
    assert summary.bands["confidence"] == summary.radiometry["confidence"] == "certain"
    with rasterio.open(mask) as file:
        tags = file.tags()
    assert tags["ACQUIRED"].startswith("2017-07-13T15:54:15")
    assert (tags["SUN_ELEVATION_DEG"], tags["SUN_AZIMUTH_DEG"]) == ("62.5", "126.8")
    coarse = dataclasses.replace(request, resolution_m=60.0)
    assert detect(coarse).width == made_up.SIZE_PX // 2


def test_bands_of_a_product_are_no_place_for_results(stand_in, tmp_path):
    root = made_up.landsat(tmp_path)
    band = root / f"{root.name}_B3.TIF"
    before = band.read_bytes()
    with pytest.raises(OutputError):
        detect(DetectionRequest(str(root), band, device="cpu"))
    assert band.read_bytes() == before


def test_masks_of_products_are_decoded():
    def codes(kind, *numbers):
        stored = np.array(numbers)
        return (
            KINDS[kind]
            .codes(stored.T[:, None] if stored.ndim > 1 else stored[None, None])
            .tolist()[0]
        )

    assert codes("scl", 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 99) == [
        255, 255, 0, 2, 0, 0, 0, 1, 1, 1, 4, 255,
    ]  # fmt: skip
    # Clear with water, cloud, dilated cloud, cirrus, shadow, snow, fill: as in the handbook.
    assert codes("qa_pixel", 21952, 22280, 21826, 54596, 23888, 30048, 1) == [0, 1, 1, 1, 2, 4, 255]
    assert codes("bqa", 2720, 2800, 2976, 3744, 6816, 1) == [0, 1, 2, 4, 1, 255]
    assert codes("pixel_qa", 322, 352, 328, 336, 1) == [0, 1, 2, 4, 255]
    assert codes("fmask", 64, 2, 1, 8, 16, 32, 4, 255) == [0, 1, 1, 2, 4, 0, 0, 255]
    assert codes("cldprb", 0, 49, 50, 100, 255) == [0, 0, 1, 1, 255]
    clear = [1, 0, 0, 0, 0, 0, 90, 0]
    for position, code in ((1, 4), (2, 2), (3, 0), (4, 1), (5, 1), (7, 255)):
        udm2 = [0] * 8
        udm2[position] = 1
        assert codes("udm2", clear, udm2) == [0, code]
    assert codes("classi", [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]) == [0, 1, 1, 4]


def test_a_products_own_mask_and_classes_are_delivered(stand_in, tmp_path):
    root = made_up.safe(tmp_path, "2A")
    request = DetectionRequest(
        str(root), tmp_path / "mask.tif", device="cpu", product_mask_path=tmp_path / "scl.tif"
    )
    detect(request)
    with rasterio.open(tmp_path / "scl.tif") as file:
        own, tags = file.read(1), file.tags()
    with rasterio.open(tmp_path / "mask.tif") as file:
        mask = file.read(1)
    assert set(np.unique(mask)) == {0, 255}
    assert tags["MASK_OF_PRODUCT"].startswith("scene classification") and "MODEL" not in tags
    # Of 20 m, on the grid of 10 m.
    assert (own[2:40, :30] == 0).all() and (own[4:40, 30:] == 1).all()
    assert (own[40:42] == 2).all() and (own[44:46] == 4).all() and (own[:2] == 255).all()
    detect(dataclasses.replace(request, add_product_classes=True, product_mask_path=None))
    with rasterio.open(tmp_path / "mask.tif") as file:
        joined, tags = file.read(1), file.tags()
    assert (joined[40:42] == 2).all() and (joined[44:46] == 4).all()
    assert (joined[2:40] == 0).all() and "2 cloud shadow" in tags["CLASSES"]
    summary = detect(dataclasses.replace(request, add_product_shadow=True, product_mask_path=None))
    with rasterio.open(tmp_path / "mask.tif") as file:
        with_shadow, tags = file.read(1), file.tags()
    assert (with_shadow[40:42] == 2).all() and (with_shadow[44:46] == 0).all()
    assert "2 cloud shadow" in tags["CLASSES"] and "snow" not in tags["CLASSES"]
    assert summary.shadow_percent == pytest.approx(
        100 * (with_shadow == 2).sum() / (with_shadow < 255).sum()
    )
    detect(dataclasses.replace(request, product_mask_kind="cldprb"))
    with rasterio.open(tmp_path / "scl.tif") as file:
        assert (file.read(1)[4:] == 1).all() and "probability" in file.tags()["MASK_OF_PRODUCT"]
    with pytest.raises(InputError, match="no mask 'fmask': choose one of scl, cldprb"):
        detect(dataclasses.replace(request, product_mask_kind="fmask"))
    plain = made_up.write(tmp_path / "plain.tif", [1000, 1100, 1200, 2000])
    with pytest.raises(InputError, match="brings no mask of its own"):
        detect(dataclasses.replace(request, input_path=str(plain)))


def test_classes_of_a_product_never_replace_cloud_or_no_data():
    mask, codes = np.array([[[0, 1, 255]]], np.uint8), np.array([[4, 4, 4]], np.uint8)
    assert with_product_mask({"mask": mask}, codes, (2, 4))["mask"].tolist() == [[[4, 1, 255]]]


def test_masks_of_products_are_scored_as_masks(tmp_path):
    path = tmp_path / "T33TUL_SCL_20m.jp2"
    made_up.write_scl(path)
    mask = read_mask(path, MaskCodes.parse("scl"))
    assert mask[5, 2] == 0 and mask[5, -2] == 1 and mask[20, 2] == 0 and mask[0, 0] == 255
    with pytest.raises(InputError, match="udm2 has 8"):
        read_mask(path, MaskCodes.parse("udm2"))
