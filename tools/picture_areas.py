"""Pictures of the page of areas by date and of a composite, of made-up scenes of one place.

Makes six scenes of the same ground under different clouds with their masks, counts made-up fields
with the page itself, and composes the scenes pixel by pixel and by patches. No window and no
engine are needed. Run it with the Python of QGIS, after the engine's has made the scenes:

    ENGINE_PYTHON tools/picture_areas.py scenes FOLDER
    QGIS_PYTHON tools/picture_areas.py pictures FOLDER
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from stage_plugin import stage

DAYS = ("20240302", "20240317", "20240401", "20240416", "20240511", "20240526")
CLOUD_SEEDS = (15, 3, 21, 8, 30, 12)
SIZE_PX = 512
PAGE_PX = (400, 900)


def make_scenes(folder: Path) -> None:
    """``scene_DAY.tif`` and ``scene_DAY_mask.tif`` for each day; the mask is the made-up truth."""
    import numpy as np
    import rasterio
    from rasterio.transform import from_origin

    from cloudmamba.training.synthesis.clouds import add_clouds
    from cloudmamba.training.synthesis.ground import make_ground
    from cloudmamba.training.targets import CLOUD, CLOUD_WEIGHT
    from make_sample_scene import BANDS, GROUND_SEED, GSD_M, SCALE

    ground = make_ground(np.random.default_rng(GROUND_SEED), SIZE_PX)
    about = {
        "driver": "GTiff",
        "width": SIZE_PX,
        "height": SIZE_PX,
        "crs": "EPSG:32633",
        "transform": from_origin(500_000, 5_300_000, GSD_M, GSD_M),
    }
    for day, seed in zip(DAYS, CLOUD_SEEDS):
        image, target = add_clouds(np.random.default_rng(seed), ground, GSD_M)
        numbers = np.clip(np.round(image / SCALE), 1, 65535).astype(np.uint16)
        # Haze that nobody can outline is cloud here.
        mask = ((target[CLOUD] > 0) | (target[CLOUD_WEIGHT] == 0)).astype(np.uint8)
        path = folder / f"scene_{day}.tif"
        with rasterio.open(path, "w", count=4, dtype="uint16", nodata=0, **about) as file:
            file.write(numbers)
            file.descriptions = BANDS
        path = folder / f"scene_{day}_mask.tif"
        with rasterio.open(path, "w", count=1, dtype="uint8", nodata=255, **about) as file:
            file.write(mask, 1)


def draw(folder: Path, locale: str) -> None:
    """``areas.png`` and ``composite.png``."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(stage(ROOT / "build" / "pictures").parent))
    from qgis.core import QgsApplication
    from qgis.PyQt.QtCore import QLocale

    application = QgsApplication([], True)
    QgsApplication.initQgis()
    QgsApplication.setLocale(QLocale(locale))
    from cloudmamba_qgis.provider import CloudMambaProvider
    from cloudmamba_qgis.translation import load_translation

    translator = load_translation()
    provider = CloudMambaProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    draw_page(application, folder)
    draw_composite(folder)
    del translator
    QgsApplication.exitQgis()


def draw_page(application, folder: Path) -> None:
    """The page after it has counted two fields."""
    from cloudmamba_qgis.gui.areas.page import AreasPage
    from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsRectangle, QgsVectorLayer

    fields = QgsVectorLayer("Polygon?crs=EPSG:32633&field=name:string", "Fields", "memory")
    for name, box in (
        ("Upper field", (500_600, 5_298_300, 501_600, 5_299_300)),
        ("Lower field", (502_600, 5_295_600, 503_700, 5_296_500)),
    ):
        feature = QgsFeature(fields.fields())
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(*box)))
        feature.setAttributes([name])
        fields.dataProvider().addFeature(feature)
    QgsProject.instance().addMapLayer(fields)
    page = AreasPage(None)
    page.resize(*PAGE_PX)
    page.source.setCurrentIndex(1)
    page.folder.setFilePath(str(folder))
    page.names.setField("name")
    page.least_clear.setValue(70)
    page.show()
    page.run_button.click()
    while page.progress.isVisible():
        application.processEvents()
    page.resize(PAGE_PX[0], page.sizeHint().height())
    application.processEvents()
    page.grab().save(str(folder / "areas.png"))
    page.deleteLater()


def draw_composite(folder: Path) -> None:
    """Above: three scenes; below: scene of each pixel by pixels and by patches, and the composite."""
    import numpy as np
    from cloudmamba_qgis.rasters.composite import (
        CompositePaths,
        CompositeSettings,
        common_grid,
        compose,
        open_scenes,
    )
    from cloudmamba_qgis.rasters.scene_choice import ChoiceSettings
    from cloudmamba_qgis.rasters.scene_files import scenes_in
    from osgeo import gdal
    from qgis.core import QgsProcessingFeedback
    from qgis.PyQt.QtGui import QImage

    files = [scene for scene in scenes_in(str(folder)) if scene.image]
    grid = common_grid([scene.image for scene in files])
    feedback = QgsProcessingFeedback(False)
    # Masks know no doubt here, so noise stands for the uncertainty that a network has.
    noise = np.random.default_rng(1)
    colours = np.array([[0, 0, 0], [0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167],
                        [86, 180, 233], [213, 94, 0]], np.uint8)  # fmt: skip
    unsure = []
    for number, scene in enumerate(files):
        path = str(folder / f".unsure_{number}.tif")
        dataset = gdal.GetDriverByName("GTiff").Create(
            path, grid.width, grid.height, 1, gdal.GDT_Float32
        )
        grid.apply_to(dataset)
        dataset.GetRasterBand(1).WriteArray(0.01 * noise.random((grid.height, grid.width)))
        dataset = None
        unsure.append(type(scene)(scene.image, scene.mask, path))
    pictures = [_picture(scene.image) for scene in files[:3]]
    for name, settings in (
        ("pixels", CompositeSettings(ChoiceSettings(0))),
        ("patches", CompositeSettings(buffer_px=(3, 3))),
    ):
        paths = CompositePaths(
            str(folder / f".composite_{name}.tif"), str(folder / f".scene_{name}.tif")
        )
        scenes = open_scenes(unsure, [0] * len(unsure), grid, feedback)
        compose(scenes, grid, settings, 0, paths, feedback)
        scene = gdal.Open(paths.scene)
        pictures.append(colours[scene.GetRasterBand(1).ReadAsArray()])
    pictures.append(_picture(paths.composite))
    gap = np.full((SIZE_PX, 8, 3), 255, np.uint8)
    rows = [
        np.concatenate([row[0], gap, row[1], gap, row[2]], axis=1)
        for row in (pictures[:3], pictures[3:])
    ]
    whole = np.concatenate([rows[0], np.full((8, rows[0].shape[1], 3), 255, np.uint8), rows[1]])
    image = QImage(
        whole.tobytes(), whole.shape[1], whole.shape[0], 3 * whole.shape[1],
        QImage.Format.Format_RGB888,
    )  # fmt: skip
    image.save(str(folder / "composite.png"))


def _picture(path: str):
    """(height, width, 3) bytes: red, green, blue up to a reflectance of 0.5."""
    import numpy as np
    from osgeo import gdal

    raster = gdal.Open(path)
    bands = [raster.GetRasterBand(number).ReadAsArray() for number in (3, 2, 1)]
    share = np.clip(np.stack(bands, axis=2) / 5000, 0, 1)
    return np.rint(255 * share ** (1 / 1.6)).astype(np.uint8)


def main() -> None:
    """Make scenes or pictures."""
    parser = argparse.ArgumentParser(description="Take pictures of areas by date and composite.")
    parser.add_argument("what", choices=("scenes", "pictures"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--locale", default="en", help="language of the page")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.what == "scenes":
        make_scenes(arguments.folder)
    else:
        draw(arguments.folder.resolve(), arguments.locale)


if __name__ == "__main__":
    main()
