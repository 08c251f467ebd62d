"""Whatever was downloaded: the same mask from the command line, Python, a batch and QGIS."""

import csv
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from test_qgis_process import DETECT_ALL, ROOT, qgis_process, read  # noqa: F401

REAL_PRODUCTS = ROOT.parent / "shared" / "data" / "products"
REAL = (
    "LC08_L1TP_016037_20170813_20170814_01_RT",
    "LC08_L2SP_008059_20191201_20200825_02_T1",
    "S2_L1C_T31TDH_20150726_IMG_DATA",
)
# Written by the engine's Python, which has what they are written with.
MAKE = """
import json, shutil, sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import synthetic_products as made_up

folder = Path(sys.argv[2])
landsat = made_up.landsat(folder / "made" / "landsat")
gaofen = made_up.gaofen(folder / "made" / "gaofen")
safe = made_up.safe(folder / "made" / "safe")
packed = folder / "packed"
packed.mkdir()
paths = {
    "Sentinel-2 level 1C, zip": made_up.zipped(packed, safe),
    "Sentinel-2 level 2A": made_up.safe(folder / "level2", "2A"),
    "Landsat level 1, tar": made_up.tarred(landsat, packed / f"{landsat.name}.tar"),
    "Landsat level 2": made_up.landsat(folder / "landsat", "LE07", 2),
    "HLS": made_up.hls(folder / "hls"),
    "PlanetScope": made_up.planetscope(folder / "planetscope").parent,
    "Gaofen-1, tar.gz": made_up.tarred(gaofen, packed / f"{gaofen.name}.tar.gz", "w:gz"),
    "CBERS-4A": made_up.cbers(folder / "cbers", "WPM"),
    "STAC item": made_up.stac_item(folder / "item"),
    "single bands": made_up.loose_bands(folder / "bands"),
}
shutil.rmtree(folder / "made")
print(json.dumps({name: str(path) for name, path in paths.items()}))
"""
MADE_UP = (
    "Sentinel-2 level 1C, zip", "Sentinel-2 level 2A", "Landsat level 1, tar", "Landsat level 2",
    "HLS", "PlanetScope", "Gaofen-1, tar.gz", "CBERS-4A", "STAC item", "single bands",
)  # fmt: skip


@pytest.fixture(scope="module")
def products(engine, tmp_path_factory):
    """Path by name; QGIS and GDAL write beside what they open, so the real ones are linked."""
    folder = tmp_path_factory.mktemp("products")
    tests = ROOT / "tests" / "engine"
    made = subprocess.run(
        [engine, "-W", "ignore", "-c", MAKE, str(tests), str(folder)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    paths = {name: Path(path) for name, path in json.loads(made.stdout).items()}
    for name in REAL:
        if (REAL_PRODUCTS / name).is_dir():
            paths[name] = folder / name
            paths[name].mkdir()
            for file in (REAL_PRODUCTS / name).iterdir():
                (paths[name] / file.name).symlink_to(file)
    return paths


@pytest.fixture(scope="module")
def masks_of_python(engine, products, tmp_path_factory):
    folder = tmp_path_factory.mktemp("python")
    masks = {name: folder / f"{number}.tif" for number, name in enumerate(products)}
    requests = [
        {"input_path": str(products[name]), "mask_path": str(mask)} for name, mask in masks.items()
    ]
    subprocess.run([engine, "-c", DETECT_ALL, json.dumps(requests)], check=True)
    return masks


@pytest.fixture(scope="module")
def masks_of_batch(engine, products, tmp_path_factory):
    """All products of a folder in one go, and nothing else that lies there."""
    folder = next(iter(products.values())).parents[1]
    output = tmp_path_factory.mktemp("batch")
    command = [engine, "-m", "cloudmamba", "batch", str(folder), "--output", str(output)]
    finished = subprocess.run([*command, "--quiet"], capture_output=True, text=True)
    with (output / "batch.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert finished.returncode == 0, rows
    masks = {}
    for row in rows:
        scene = Path(row["scene"])
        inside = [name for name, path in products.items() if path in (scene, *scene.parents)]
        assert len(inside) == 1, f"{scene} is no scene of its own"
        masks[inside[0]] = output / f"{row['name']}_mask.tif"
    assert set(masks) == set(products)
    return masks


@pytest.mark.parametrize("name", [*REAL, *MADE_UP])
def test_every_way_gives_the_same_mask(
    name,
    qgis_process,  # noqa: F811  the fixture that is imported
    engine,
    products,
    masks_of_python,
    masks_of_batch,
    tmp_path,
):
    if name not in products:
        pytest.skip(f"the real product {name} (../shared/data) is not on this machine")
    product, mask = str(products[name]), tmp_path / "command_line.tif"
    command = [engine, "-m", "cloudmamba", "detect", product, "--mask", str(mask), "--json"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    summary = json.loads(printed)
    assert summary["bands"]["confidence"] == "certain"
    if name != "single bands":  # of which only the values tell the units
        assert summary["radiometry"]["confidence"] == "certain"
        assert summary["product"]["acquired"]
    np.testing.assert_array_equal(read(mask), read(masks_of_batch[name]))
    np.testing.assert_array_equal(read(mask), read(masks_of_python[name]))
    ours = tmp_path / "qgis.tif"
    found = qgis_process.run("cloudmamba:detectclouds", PRODUCT=product, OUTPUT=ours)
    np.testing.assert_array_equal(read(mask), read(ours))
    assert found["CLOUD_PERCENT"] == pytest.approx(summary["cloud_percent"])
