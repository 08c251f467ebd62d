"""SPARCS: 80 parts of 1000 x 1000 pixels of Landsat 8 scenes with masks of cloud, shadow, snow, water.

A scene is ``NAME_data.tif``, the bands 1 to 7 and 9 to 11 as level 1 stores them, with
``NAME_mask.png`` (as the U.S. Geological Survey packs it) or ``NAME_labels.tif`` (as Oregon State
University does) and the metadata of the whole Landsat scene, ``..._mtl.txt``. M. J. Hughes, R. E.
Kennedy: High-quality cloud masking of Landsat 8 imagery using convolutional neural networks.
Remote Sensing 11 (2019), 2591, doi:10.3390/rs11212591.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from cloudmamba.data.importers.class_codes import ClassCodes
from cloudmamba.data.importers.scenes import (
    DatasetMetadata,
    LabelledScene,
    checked,
    files_ending,
    masked_by,
    raster_files,
)
from cloudmamba.data.importers.splits import subset_of_folder
from cloudmamba.errors import InputError
from cloudmamba.products.contents import Contents
from cloudmamba.products.landsat import OLI_LEVEL1
from cloudmamba.products.metadata import checked_sun, finite_number, read_mtl

DATASET = DatasetMetadata(
    codes=ClassCodes(
        {
            # Water, land and flooded land.
            "clear": (2, 4, 6),
            "cloud": (5,),
            # On land and on water.
            "cloud-shadow": (0, 1),
            "snow": (3,),
        }
    ),
    sensor="Landsat 8 OLI",
    bands="2,3,4,5",
    radiometry="landsat-collection2-level1",
    gsd_m=30,
    level="L1 TOA",
    shadow_labelled=True,
    licence="public domain (USGS)",
    source="SPARCS (Hughes and Kennedy 2019)",
)
_IMAGE_ENDING = "_data"
_MASK_ENDINGS = ("_mask", "_labels")


def find_scenes(source: Path, codes: ClassCodes) -> tuple[list[LabelledScene], list[str]]:
    """All scenes of a copy of the data set, and warnings on those whose sun is not known.

    Raises InputError if it has none, or if the mask of an image is missing.
    """
    files = raster_files(source)
    masks = {
        path.with_name(name.lower()): path for path, name in files_ending(files, *_MASK_ENDINGS)
    }
    scenes, sunless = [], []
    for image, name in files_ending(files, _IMAGE_ENDING):
        mask = masks.get(image.with_name(name.lower()))
        if mask is None:
            raise InputError(
                f"There is no mask '{name}_mask.png' or '{name}_labels.tif' for the image "
                f"'{image}'."
            )
        # The name of a part is that of the Landsat scene and a number.
        whole = re.sub(r"_\d+$", "", name)
        radiometry = _radiometry(image.parent, name, whole)
        if radiometry is None:
            sunless.append(name)
        subset = subset_of_folder(image.relative_to(source).parent)
        scenes.append(
            LabelledScene(
                name, image, masked_by(mask, codes), subset, place=whole, radiometry=radiometry
            )
        )
    warnings = []
    if sunless:
        warnings.append(
            f"{len(sunless)} scenes have no metadata NAME_mtl.txt, such as {sunless[0]}: without "
            "the elevation of the sun in it, their reflectance comes out too low."
        )
    return checked(scenes, f"'{source}' has no images called NAME_data.tif."), warnings


def _radiometry(folder: Path, name: str, whole: str) -> str | None:
    """From counts to reflectance under the sun of the scene; None where no file tells its height."""
    # Copies differ in whether the metadata are called like the part or like the whole scene.
    wanted = {f"{part}_mtl.txt".lower() for part in (name, whole)}
    found = sorted(path.name for path in folder.iterdir() if path.name.lower() in wanted)
    if not found:
        return None
    groups = read_mtl(Contents(folder, found), found[0])
    told = {key: value for group in groups.values() for key, value in group.items()}
    elevation = told.get("SUN_ELEVATION")
    what = f"scene '{name}'"
    height_deg = None if elevation is None else finite_number(elevation, f"sun elevation of {what}")
    height = math.sin(math.radians(checked_sun(height_deg, f"The {what}")))
    scale, offset = (factor / height for factor in OLI_LEVEL1)
    return f"scale:{scale:.9g},{offset:.9g}"
