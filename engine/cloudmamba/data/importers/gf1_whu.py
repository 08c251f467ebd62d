"""GF1_WHU: 108 Gaofen-1 WFV scenes at 16 m with masks of cloud and cloud shadow.

A scene is ``NAME.tiff`` (unpacked from ``NAME.tar.gz``) and ``NAME_ReferenceMask.tif``, in any
folders. Z. Li, H. Shen, H. Li, G. Xia, P. Gamba, L. Zhang: Multi-feature combined cloud and
cloud shadow detection in GaoFen-1 wide field of view imagery. Remote Sensing of Environment
191 (2017), 342-358.
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
    codes=ClassCodes({"no-data": (0,), "clear": (1,), "cloud-shadow": (128,), "cloud": (255,)}),
    sensor="Gaofen-1 WFV",
    bands="1,2,3,4",
    radiometry="gaofen1-wfv",
    gsd_m=16,
    # A scene lies askew in its frame. The paper has 614 and 633 crops a scene, and 12,000 x 13,400
    # pixels, the usual size of what a WFV camera sees, are 613 crops: about as many as are at
    # least half full.
    least_labelled=0.5,
    # The paper tests on 22 of the 108 scenes.
    test_share=22 / 108,
    shadow_labelled=True,
    licence="academic use only",
    source="GF1_WHU (Li et al. 2017)",
)
_MASK_ENDING = "_referencemask"


def find_scenes(source: Path, codes: ClassCodes) -> list[LabelledScene]:
    """All scenes of a copy of the data set.

    Raises InputError if it has none, or if the image of a mask is missing.
    """
    files = raster_files(source)
    images = {path.stem.lower(): path for path in files if path.suffix.lower() != ".jpg"}
    scenes = []
    for mask, name in files_ending(files, _MASK_ENDING):
        image = images.get(name.lower())
        if image is None:
            raise InputError(
                f"There is no image '{name}.tiff' for the mask '{mask}': unpack the images "
                "(NAME.tar.gz) into the same folder."
            )
        subset = subset_of_folder(mask.relative_to(source).parent)
        scenes.append(LabelledScene(name, image, masked_by(mask, codes), subset))
    return checked(scenes, f"'{source}' has no masks called NAME_ReferenceMask.tif.")
