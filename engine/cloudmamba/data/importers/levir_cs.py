"""Levir_CS: 4168 Gaofen-1 WFV scenes at 160 m with masks of cloud and snow.

A scene is ``mss/NAME_mss.tiff`` and a mask called ``NAME_roiMap.tif``, in folders ``train`` and
``test``. X. Wu, Z. Shi, Z. Zou: A geographic information-driven method and a new large scale
dataset for remote sensing cloud/snow detection. ISPRS Journal of Photogrammetry and Remote
Sensing 174 (2021), 87-104, doi:10.1016/j.isprsjprs.2021.01.023.
"""

from __future__ import annotations

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

DATASET = DatasetMetadata(
    # The masks come as 0, 128, 255 and, in the folder label_0_1_2, as 0, 1, 2.
    codes=ClassCodes({"clear": (0,), "cloud": (1, 128), "snow": (2, 255)}),
    sensor="Gaofen-1 WFV",
    bands="1,2,3,4",
    radiometry="gaofen1-wfv",
    gsd_m=160,
    # Its own split: 1100 of the 4168 scenes.
    test_share=1100 / 4168,
    source="Levir_CS (Wu, Shi and Zou 2021)",
)
_IMAGE_ENDING = "_mss"
_MASK_ENDINGS = ("_roimap", "_label", "_mask")


def find_scenes(source: Path, codes: ClassCodes) -> list[LabelledScene]:
    """All scenes of a copy of the data set, with its own split if it is in folders.

    Raises InputError if it has none, or if the mask of an image is missing.
    """
    files = raster_files(source)
    masks = {
        name.lower(): path
        # A copy may hold the masks in both codings: reversed, so that the first folder counts.
        for path, name in files_ending(reversed(files), *_MASK_ENDINGS)
    }
    scenes = []
    for image, name in files_ending(files, _IMAGE_ENDING):
        mask = masks.get(name.lower())
        if mask is None:
            raise InputError(f"There is no mask '{name}_roiMap.tif' for the image '{image}'.")
        subset = subset_of_folder(image.relative_to(source).parent)
        scenes.append(LabelledScene(name, image, masked_by(mask, codes), subset))
    return checked(scenes, f"'{source}' has no images called NAME_mss.tiff.")
