"""JPEG 2000, which is dear to decode: each block once, whatever windows and tiles need of it."""

import logging
from collections import Counter

import numpy as np
import pytest
import rasterio
import synthetic_products as made_up
from rasterio.windows import Window
from stand_ins import BrightnessModel, load_instead

from cloudmamba.detection import DetectionRequest, detect, pipeline
from cloudmamba.detection.tiles import tile_grid
from cloudmamba.scene.kept_blocks import KeptBlocks
from cloudmamba.scene.reader import Scene

BLOCK_PX, SIZE_PX = 256, 1100
BLOCKS = 5 * 5
BANDS = (1, 2, 3, 4)
TILE_PX, OVERLAP_PX = 160, 32


def windows_of(height, width):
    for tile in tile_grid(height, width, TILE_PX, OVERLAP_PX):
        yield Window(tile.x.start, tile.y.start, tile.shape[1], tile.shape[0])


def pixels(window, values):
    rows, columns = window.toslices()
    part = values[:, rows, columns]
    return part, part[0] % 3 != 0


@pytest.mark.parametrize("size", [(700, 900), (900, 130), (40, 50)])
@pytest.mark.parametrize("block", [(256, 256), (100, 70), (2000, 2000)])
@pytest.mark.parametrize("turned", [False, True])
def test_blocks_are_read_once_and_windows_hold_what_they_would(size, block, turned):
    image = np.random.default_rng(0).integers(0, 9999, (2, *size), np.uint16)
    windows = list(windows_of(*size))
    if turned:
        windows.sort(key=lambda window: (window.col_off, window.row_off))
    read = Counter()

    def read_block(window):
        read[window.row_off, window.col_off] += 1
        return pixels(window, image)

    blocks = KeptBlocks(read_block, size, block, windows)
    for window in windows:
        for found, expected in zip(blocks.read(window), pixels(window, image), strict=True):
            np.testing.assert_array_equal(found, expected)
    assert set(read.values()) == {1}
    assert len(read) == -(-size[0] // block[0]) * -(-size[1] // block[1])


def test_hardly_more_than_a_row_of_blocks_is_kept():
    size, block = (2000, 6000), (256, 256)
    windows = list(windows_of(*size))

    def read_block(window):
        shape = (int(window.height), int(window.width))
        return np.ones((1, *shape), np.uint16), np.ones(shape, bool)

    blocks = KeptBlocks(read_block, size, block, windows)
    most = 0
    for window in windows:
        blocks.read(window)
        most = max(most, sum(values.size for values, _ in blocks._kept.values()))
        assert all(valid.base.size == 1 for _, valid in blocks._kept.values()), "takes no memory"
    assert most < 1.35 * block[0] * size[1]
    assert not blocks._kept


@pytest.fixture
def product(tmp_path, monkeypatch):
    """A Sentinel-2 product of several blocks, whose rows 0 and 1 have no data."""
    monkeypatch.setattr(made_up, "SIZE_PX", SIZE_PX)
    ground = np.random.default_rng(0).uniform(0.4, 5, (SIZE_PX, SIZE_PX))
    monkeypatch.setattr(made_up, "ground", lambda size: ground[:size, :size])
    of_blocks = {"tiled": True, "blockxsize": BLOCK_PX, "blockysize": BLOCK_PX}
    write = made_up.write
    monkeypatch.setattr(
        made_up, "write", lambda *arguments, **options: write(*arguments, **options, **of_blocks)
    )
    return made_up.safe(tmp_path)


@pytest.fixture
def decoded(caplog, capfd):
    """How often blocks were decoded, as OpenJPEG tells in this and in GDAL's own threads."""
    caplog.set_level(logging.DEBUG, "rasterio")

    def count():
        told = caplog.text + capfd.readouterr().err
        caplog.clear()
        return told.count("has been decoded")

    with rasterio.Env(CPL_DEBUG=True):
        yield count


def as_geotiff(product, path):
    with Scene(product) as scene:
        values, _ = scene.read(BANDS, Window(0, 0, SIZE_PX, SIZE_PX))
    options = {"width": SIZE_PX, "height": SIZE_PX, "count": 4, "dtype": "uint16", "nodata": 0}
    with rasterio.open(path, "w", driver="GTiff", **options) as file:
        file.write(values)
        file.scales, file.offsets = (1e-4,) * 4, (-0.1,) * 4
        file.descriptions = ("blue", "green", "red", "nir")
    return path


def test_a_detection_decodes_each_block_once(product, tmp_path, decoded, monkeypatch):
    monkeypatch.setattr(pipeline, "model_path", lambda name: "stand-in.safetensors")
    load_instead(monkeypatch, BrightnessModel().eval(), {"name": "stand-in", "version": "7"})
    # Too little for two rows of blocks, as it is for those of a whole Sentinel-2 product.
    monkeypatch.setattr(pipeline, "GDAL_CACHE_BYTES", 3 << 20)
    geotiff = as_geotiff(product, tmp_path / "image.tif")
    whole = []
    read_stored = Scene._read_stored

    def noted(scene, numbers, window, shape):
        if shape is None:
            whole.append((window.row_off, window.col_off, window.height, window.width))
        return read_stored(scene, numbers, window, shape)

    monkeypatch.setattr(Scene, "_read_stored", noted)
    decoded()
    masks = []
    for path in (product, geotiff):
        mask = tmp_path / f"{path.name}_mask.tif"
        options = {"tile_px": TILE_PX, "overlap_px": OVERLAP_PX, "refined_threshold": 0.15}
        detect(DetectionRequest(str(path), mask, device="cpu", **options))
        with rasterio.open(mask) as file:
            masks.append(file.read(1))
        if path == product:
            # The look before takes a reduced level, a small part of a decoding.
            assert decoded() <= len(BANDS) * 2 * BLOCKS
            assert len(whole) == len(set(whole)) == BLOCKS
    np.testing.assert_array_equal(*masks)
    assert set(np.unique(masks[0])) == {0, 1, 255}


def test_tiles_of_a_virtual_raster_decode_each_block_once(product, tmp_path, decoded):
    """As QGIS builds it from bands that were downloaded."""
    bands = [next(product.rglob(f"*_{band}.jp2")) for band in ("B02", "B03", "B04", "B08")]
    source = '<SourceFilename relativeToVRT="0">{}</SourceFilename><SourceBand>1</SourceBand>'
    path = tmp_path / "stack.vrt"
    path.write_text(
        f'<VRTDataset rasterXSize="{SIZE_PX}" rasterYSize="{SIZE_PX}">'
        "<GeoTransform>500000, 10, 0, 5000000, 0, -10</GeoTransform>"
        + "".join(
            f'<VRTRasterBand dataType="UInt16" band="{number}"><SimpleSource>'
            f"{source.format(band)}</SimpleSource></VRTRasterBand>"
            for number, band in enumerate(bands, start=1)
        )
        + "</VRTDataset>"
    )
    with rasterio.Env(GDAL_CACHEMAX=3 << 20), Scene(path) as scene:
        windows = list(windows_of(SIZE_PX, SIZE_PX))
        read = scene.reader_of(BANDS, windows)
        decoded()
        tiles = [read(window) for window in windows]
        assert decoded() == len(BANDS) * BLOCKS
        for window, tile in zip(windows[::7], tiles[::7], strict=True):
            for found, expected in zip(tile, scene.read(BANDS, window), strict=True):
                np.testing.assert_array_equal(found, expected)


def test_the_look_before_a_detection_decodes_no_block_whole(product, monkeypatch):
    shapes = []
    read_stored = Scene._read_stored

    def noted(scene, numbers, window, shape):
        shapes.append(shape)
        return read_stored(scene, numbers, window, shape)

    monkeypatch.setattr(Scene, "_read_stored", noted)
    with Scene(product) as scene:
        sample = scene.sample(BANDS)
    assert shapes and None not in shapes
    assert sample.shape[1] > 200_000 and (sample > 0).all()


def test_an_image_that_is_turned_has_blocks_too(tmp_path):
    path = tmp_path / "turned.jp2"
    values = np.random.default_rng(0).integers(100, 9000, (3, 90, 70)).astype(np.uint16)
    shape = {"width": 70, "height": 90, "count": 3, "dtype": "uint16", "crs": "EPSG:32633"}
    turned = rasterio.Affine(0, 10, 5e5, -10, 0, 5e6)
    with rasterio.open(
        path, "w", driver="JP2OpenJPEG", transform=turned, reversible=True, quality=100, **shape
    ) as file:
        file.write(values)
    window = Window(0, 0, 70, 90)
    with Scene(path) as scene:
        read, _ = scene.reader_of([1, 2, 3], [window])(window)
    np.testing.assert_array_equal(read, values)
