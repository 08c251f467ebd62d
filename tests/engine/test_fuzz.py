"""Files of strangers, broken at random: read, or refused with a sentence; nothing else."""

import random
import warnings

import numpy as np
import pytest
import torch

from cloudmamba.batch.scenes import read_scenes
from cloudmamba.data.importers.vector import read_polygons
from cloudmamba.data.index import read_index
from cloudmamba.errors import CloudMambaError
from cloudmamba.model_files import load_model, save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.scene.reader import Scene
from cloudmamba.training.configuration import read_configuration, shipped_configurations

INDEX = b"""image,label,bands,sensor,gsd_m,scale,offset,site,level
manual/train/a.tif,manual/train/a_l.tif,blue green red nir,landsat8,30,0.0001,0,a,toa
clear/b.tif,,blue green red,sentinel2,10,1 1 1,0,b,
"""
TABLE = b'scene,bands,radiometry\n/a/b.tif,"1,2,3",sentinel2\n/a/c.tif,,\nd.tif,,auto\n'
LINES = b"/a/b.tif\n# one\nc d.tif\n\n"
POLYGONS = b"""{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"class": 1},
"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}}]}"""
ITEM = b"""{"type": "Feature", "stac_version": "1.0.0", "id": "a", "properties": {"datetime": null},
"assets": {"blue": {"href": "b.tif", "eo:bands": [{"common_name": "blue"}]}}}"""
ODD = (
    b"\0", b"\xff", b'"', b",", b"\n", b"\r", b"nan", b"inf", b"-1", b"1e999", b"9" * 5000, b"[",
    b"]" * 50, b"[" * 3000, b'{"a":' * 3000, b"=", b"'''", b"\xef\xbb\xbf", b"true", b"null",
    b"x" * 200_000, b"\xed\xa0\x80", b"../../x", b"|", b"#",
)  # fmt: skip


def broken(random, whole):
    content = bytearray(whole)
    for _ in range(random.choice((1, 1, 2, 5))):
        where, way = random.randrange(len(content) + 1), random.random()
        if way < 0.4:
            content[where:where] = random.choice(ODD)
        elif way < 0.6:
            del content[where : where + random.choice((1, 3, 20, 200))]
        elif way < 0.8:
            content[where : where + 1] = bytes([random.randrange(256)])
        elif way < 0.9:
            content[where:where] = content[where // 2 : where // 2 + 30]
        else:
            del content[where:]
    return bytes(content)


def open_item(path):
    with Scene(path):
        pass


@pytest.mark.parametrize(
    ("name", "whole", "read"),
    [
        ("index.csv", INDEX, lambda path: read_index(path.parent)),
        ("list.csv", TABLE, lambda path: read_scenes(str(path), path.parent / "out")),
        ("list.txt", LINES, lambda path: read_scenes(str(path), path.parent / "out")),
        ("base.toml", shipped_configurations()["base"].read_bytes(), read_configuration),
        ("polygons.geojson", POLYGONS, read_polygons),
        ("item.json", ITEM, open_item),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_broken_texts_are_read_or_refused(tmp_path, name, whole, read):
    chance = random.Random(1)
    path = tmp_path / name
    texts = [broken(chance, whole) for _ in range(150)]
    # Each odd piece once on its own: what chance misses.
    texts += [whole[: len(whole) // 2] + odd + whole[len(whole) // 2 :] for odd in ODD]
    refused = 0
    for text in texts:
        path.write_bytes(text)
        try:
            read(path)
        except CloudMambaError as error:
            refused += 1
            assert len(str(error)) < 3000
    assert 0 < refused <= len(texts)


def test_broken_model_files_are_loaded_or_refused(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "tiny.safetensors"
    card = {"name": "tiny", "version": "1", "trained_on": "-", "licence": "-"}
    save_model(CloudMamba(ModelConfiguration(widths=(4, 4), state_size=1)), path, card)
    whole = path.read_bytes()
    header = int.from_bytes(whole[:8], "little") + 8
    chance = random.Random(2)
    for _ in range(80):
        # Mostly what the file says of itself: the weights have a checksum.
        path.write_bytes(broken(chance, whole[:header]) + whole[header:])
        try:
            load_model(path)
        except CloudMambaError:
            continue


def test_broken_rasters_are_read_or_refused(write_raster, tmp_path):
    values = np.random.default_rng(0).integers(1, 3000, (4, 32, 32)).astype(np.uint16)
    whole = write_raster(values, compress="deflate", tiled=True, blockxsize=16, blockysize=16)
    content, path = whole.read_bytes(), tmp_path / "broken.tif"
    chance = random.Random(3)
    for _ in range(80):
        path.write_bytes(broken(chance, content))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                with Scene(path) as scene:
                    scene.sample((1, 2, 3))
            except CloudMambaError:
                continue
