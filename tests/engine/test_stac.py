"""Results described as STAC, valid by pystac; schemas of extensions are not at hand offline."""

import errno
import hashlib
import json
from pathlib import Path

import pytest
import rasterio
import synthetic_products as made_up
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from stand_ins import land, load_instead

from cloudmamba.detection import DetectionRequest, detect, pipeline, stac
from cloudmamba.detection.products import LAYOUTS
from cloudmamba.detection.stac import write_collection
from cloudmamba.errors import OutputError
from cloudmamba.raster import writer


@pytest.fixture
def stand_in(monkeypatch, brightness_model):
    card = {"name": "stand-in", "version": "1", "checksum": "0" * 64}
    monkeypatch.setattr(pipeline, "model_path", lambda name: "stand-in.safetensors")
    load_instead(monkeypatch, brightness_model, card)


@pytest.fixture
def item_path(stand_in, tmp_path):
    """Of a detection in a Landsat product, as in a batch."""
    path = tmp_path / "scene.stac.json"
    detect(
        DetectionRequest(
            str(made_up.landsat(tmp_path / "archive")),
            tmp_path / "mask.tif",
            uncertainty_path=tmp_path / "uncertainty.tif",
            product_mask_path=tmp_path / "qa.tif",
            device="cpu",
            stac_path=path,
            stac_is_in_batch=True,
        )
    )
    return path


def test_item_tells_time_place_sun_classes_and_checksums(item_path):
    item = json.loads(item_path.read_text())
    assert item["id"] == "LC08_L1TP_016037_20170713_20200814_02_T1"
    properties = item["properties"]
    assert properties["datetime"].startswith("2017-07-13T15:54:15")
    assert (properties["view:sun_elevation"], properties["view:sun_azimuth"]) == (62.5, 126.8)
    assert properties["processing:software"]["stand-in"] == "1"
    west, south, east, north = item["bbox"]
    assert 14.99 < west < east < 15.03 and 45.1 < south < north < 45.17
    ring = item["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1] and len(ring) > 30
    assert set(item["assets"]) == {"mask", "uncertainty", "product_mask"}
    for asset in item["assets"].values():
        content = (item_path.parent / asset["href"]).read_bytes()
        assert asset["file:size"] == len(content)
        assert asset["file:checksum"] == "1220" + hashlib.sha256(content).hexdigest()
    classes = item["assets"]["mask"]["classification:classes"]
    assert [one["value"] for one in classes] == [0, 1, 255]
    of_product = item["assets"]["product_mask"]["classification:classes"]
    assert [one["name"] for one in of_product] == [
        "clear", "cloud", "cloud_shadow", "snow_or_ice", "no_data",
    ]  # fmt: skip


def test_an_image_placed_by_control_points_has_a_footprint(stand_in, write_raster, tmp_path):
    def place(dataset):
        points = [
            GroundControlPoint(row, column, 12 + column * 1e-4, 48 - row * 1e-4)
            for row, column in ((0, 0), (0, 60), (40, 0))
        ]
        dataset.gcps = (points, CRS.from_epsg(4326))

    image = write_raster(land(40, 60), crs=None, before_closing=place)
    path = tmp_path / "scene.json"
    summary = detect(
        DetectionRequest(
            str(image), tmp_path / "mask.tif", radiometry="reflectance", stac_path=path
        )
    )
    assert 7 < summary.gsd_m < 11.2
    item = json.loads(path.read_text())
    assert item["bbox"] == pytest.approx([12, 47.996, 12.006, 48], abs=1e-6)
    assert len(item["geometry"]["coordinates"][0]) > 30


def test_every_result_has_a_title():
    assert set(stac._TITLES) == set(LAYOUTS)


def test_item_and_collection_are_valid(item_path):
    pystac = pytest.importorskip("pystac")
    pytest.importorskip("jsonschema")
    write_collection(item_path.parent, [item_path])
    for path, kind in (
        (item_path, pystac.Item),
        (item_path.parent / "collection.json", pystac.Collection),
    ):
        document = json.loads(path.read_text())
        document["stac_extensions"] = []
        kind.from_dict(document).validate()
    collection = pystac.Collection.from_file(str(item_path.parent / "collection.json"))
    assert [item.id for item in collection.get_items()] == [json.loads(item_path.read_text())["id"]]


def test_a_collection_reaches_from_the_first_item_to_the_last(tmp_path):
    items = []
    for day, bbox in ((3, [10, 40, 12, 41]), (1, [8, 43, 9, 44]), (2, [9, 39, 11, 42])):
        items.append(tmp_path / f"{day}.stac.json")
        time = f"2022-07-0{day}T10:00:00Z"
        items[-1].write_text(json.dumps({"bbox": bbox, "properties": {"datetime": time}}))
    write_collection(tmp_path, items)
    extent = json.loads((tmp_path / "collection.json").read_text())["extent"]
    assert extent["spatial"]["bbox"] == [[8, 39, 12, 44]]
    assert extent["temporal"]["interval"] == [["2022-07-01T10:00:00Z", "2022-07-03T10:00:00Z"]]


def test_item_that_would_replace_an_input_is_refused_before_anything(stand_in, tmp_path):
    source = made_up.stac_item(tmp_path)
    before = source.read_bytes()
    mask = tmp_path / "mask.tif"
    with pytest.raises(OutputError, match="input as well"):
        detect(DetectionRequest(str(source), mask, device="cpu", stac_path=source))
    assert source.read_bytes() == before and not mask.exists()


@pytest.mark.parametrize("cannot", ["be written", "get its name"])
def test_without_its_item_no_result_is_replaced(stand_in, tmp_path, monkeypatch, cannot):
    plain = made_up.write(tmp_path / "plain.tif", [1000, 1100, 1200, 2000])
    (tmp_path / "out").mkdir()
    (tmp_path / "items").mkdir()
    mask, path = tmp_path / "out" / "mask.tif", tmp_path / "items" / "item.json"
    mask.write_bytes(b"older mask")
    path.write_bytes(b"older item")
    write_bytes, move_forward = Path.write_bytes, writer.move_forward

    def refuse_to_write(self, content):
        if "item.json" in self.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(self, content)

    def refuse_to_move(folder, move):
        if move.target == "item.json":
            raise PermissionError("in use")
        move_forward(folder, move)

    if cannot == "be written":
        monkeypatch.setattr(Path, "write_bytes", refuse_to_write)
    else:
        monkeypatch.setattr(writer, "move_forward", refuse_to_move)
    with pytest.raises(OutputError, match=r"item\.json' cannot be"):
        detect(DetectionRequest(str(plain), mask, device="cpu", stac_path=path))
    assert [file.name for file in mask.parent.iterdir()] == ["mask.tif"]
    assert [file.name for file in path.parent.iterdir()] == ["item.json"]
    assert (mask.read_bytes(), path.read_bytes()) == (b"older mask", b"older item")


def test_image_without_a_time_says_so(stand_in, tmp_path):
    plain = made_up.write(tmp_path / "plain.tif", [1000, 1100, 1200, 2000])
    path = tmp_path / "item.json"
    detect(DetectionRequest(str(plain), tmp_path / "mask.tif", device="cpu", stac_path=path))
    properties = json.loads(path.read_text())["properties"]
    assert "processing" in properties["description"] and "view:sun_elevation" not in properties


def test_a_map_that_lies_nowhere_has_no_footprint(stand_in, tmp_path):
    plain = made_up.write(tmp_path / "plain.tif", [1000, 1100, 1200, 2000])
    with rasterio.open(plain, "r+") as dataset:
        dataset.crs = rasterio.crs.CRS.from_wkt('LOCAL_CS["site",UNIT["metre",1]]')
    path = tmp_path / "item.json"
    detect(DetectionRequest(str(plain), tmp_path / "mask.tif", device="cpu", stac_path=path))
    item = json.loads(path.read_text())
    assert item["geometry"] is None and "bbox" not in item


def test_a_path_that_no_item_can_have_is_refused_before_anything(stand_in, tmp_path):
    plain = made_up.write(tmp_path / "plain.tif", [1000, 1100, 1200, 2000])
    path, mask = tmp_path / "item.json", tmp_path / "mask.tif"
    path.mkdir()
    with pytest.raises(OutputError, match="not a file"):
        detect(DetectionRequest(str(plain), mask, device="cpu", stac_path=path))
    assert not mask.exists()


@pytest.mark.parametrize(
    ("west", "bbox", "kind"),
    [
        (10.0, [10.0, 11.0], "Polygon"),
        (179.5, [179.5, -179.5], "MultiPolygon"),
        (190.0, [-170.0, -169.0], "Polygon"),
        (-181.0, [179.0, -180.0 + 360], "Polygon"),
        (float("nan"), None, None),
    ],
)
def test_longitudes_stay_within_180_degrees(stand_in, tmp_path, west, bbox, kind):
    plain = made_up.write(tmp_path / "plain.tif", [1000, 1100, 1200, 2000])
    with rasterio.open(plain, "r+") as dataset:
        dataset.crs = "EPSG:4326"
        dataset.transform = rasterio.Affine(1 / dataset.width, 0, west, 0, -0.001, 5)
    path = tmp_path / "item.json"
    # A text is a path, too, as for the other files.
    detect(DetectionRequest(str(plain), tmp_path / "mask.tif", device="cpu", stac_path=str(path)))
    item = json.loads(path.read_text())
    if bbox is None:
        assert item["geometry"] is None
        return
    assert [item["bbox"][0], item["bbox"][2]] == pytest.approx(bbox)
    assert item["geometry"]["type"] == kind
    parts = item["geometry"]["coordinates"]
    rings = parts if kind == "Polygon" else [part[0] for part in parts]
    assert all(-180 <= longitude <= 180 for ring in rings for longitude, _ in ring)


def test_a_collection_over_the_date_line_goes_around_the_earth(tmp_path):
    items = []
    for number, bbox in enumerate(([179, 40, -179, 41], [8, 43, 9, 44])):
        items.append(tmp_path / f"{number}.stac.json")
        time = "2022-07-01T10:00:00Z"
        items[-1].write_text(json.dumps({"bbox": bbox, "properties": {"datetime": time}}))
    write_collection(tmp_path, items)
    extent = json.loads((tmp_path / "collection.json").read_text())["extent"]
    assert extent["spatial"]["bbox"] == [[-180, 40, 180, 44]]
