"""CloudSEN12 and CloudSEN12+: chips of Sentinel-2, five dates a place, with masks of cloud and shadow.

A scene is the folder ``ROI/DATE`` with ``S2L1C.tif`` and ``S2L2A.tif`` and, among others,
``labels/manual_hq.tif``, in any folder. Scribbles (``manual_sc.tif``) and masks of other programs
are left alone. C. Aybar et al.: CloudSEN12, a global dataset for semantic understanding of cloud
and cloud shadow in Sentinel-2. Scientific Data 9 (2022), 782, doi:10.1038/s41597-022-01878-2;
CloudSEN12+: the largest dataset of expert-labeled pixels for cloud and cloud shadow detection in
Sentinel-2. Data in Brief (2024), pii S2352340924008163.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from cloudmamba.data.importers.class_codes import ClassCodes
from cloudmamba.data.importers.scenes import (
    DatasetMetadata,
    LabelledScene,
    checked,
    masked_by,
    raster_files,
)
from cloudmamba.data.importers.splits import Subset, subset_of_folder
from cloudmamba.errors import InputError

DATASET = DatasetMetadata(
    codes=ClassCodes({"clear": (0,), "cloud": (1,), "thin-cloud": (2,), "cloud-shadow": (3,)}),
    sensor="Sentinel-2 MSI",
    # B2, B3, B4 and B8: in both levels the bands begin B1 to B8.
    bands="2,3,4,8",
    # The dates are of 2018 to 2020, when there was no offset.
    radiometry="sentinel2",
    gsd_m=10,
    level="L1C",
    shadow_labelled=True,
    licence="CloudSEN12+: CC0 1.0; CloudSEN12: CC BY-NC 4.0",
    source="CloudSEN12 (Aybar et al. 2022, 2024)",
)
LEVELS = ("L1C", "L2A")
_MASK = ("labels", "manual_hq")
_METADATA = "cloudsen12_metadata.csv"


def find_scenes(source: Path, codes: ClassCodes, level: str) -> list[LabelledScene]:
    """All scenes of a copy of the data set whose labels are of high quality.

    Args:
        level: of ``LEVELS``.

    Raises InputError if it has none, or if the image of a mask is missing.
    """
    if level not in LEVELS:
        raise InputError(f"The level '{level}' is none of CloudSEN12: use {' or '.join(LEVELS)}.")
    files = raster_files(source)
    images = {path.parent: path for path in files if path.stem.lower() == f"s2{level}".lower()}
    own_split = _own_split(source)
    scenes = []
    for mask in files:
        if (mask.parent.name.lower(), mask.stem.lower()) != _MASK:
            continue
        folder = mask.parent.parent
        image = images.get(folder)
        if image is None:
            raise InputError(f"There is no image 'S2{level}.tif' in '{folder}' for its mask.")
        place, date = folder.parent.name, folder.name
        subset = subset_of_folder(mask.relative_to(source).parent)
        if subset is None and own_split is not None:
            subset = own_split.get((place, date))
            if subset is None:
                raise InputError(
                    f"'{_METADATA}' has no row for '{place}/{date}': complete or remove it."
                )
        scenes.append(
            LabelledScene(f"{place}_{date}", image, masked_by(mask, codes), subset, place)
        )
    return checked(
        scenes,
        f"'{source}' has no masks called labels/manual_hq.tif: unpack .taco and .mlstac files "
        "into such folders first, as the page on data sets says.",
    )


def _own_split(source: Path) -> Mapping[tuple[str, str], Subset] | None:
    """The subset of each place and date as the table of the data set has it; None without it.

    Of its column ``test`` there are two kinds: 0 for training and 1 for test, and with 1 for
    validation and 2 for test.
    """
    table = next(iter(sorted(source.rglob(_METADATA))), None)
    if table is None:
        return None
    try:
        with table.open(newline="", encoding="utf-8") as file:
            found = {
                (row["roi_id"], row["s2_id_gee"]): row["test"].strip()
                for row in csv.DictReader(file)
            }
    except (KeyError, AttributeError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"'{table}' cannot be used: it needs the columns roi_id, s2_id_gee and test."
        ) from error
    names: dict[str, Subset] = (
        {"0": "train", "1": "validation", "2": "test"}
        if "2" in found.values()
        else {"0": "train", "1": "test"}
    )
    if unknown := set(found.values()) - set(names):
        raise InputError(
            f"'{table}' has '{min(unknown)}' in the column test, which should be 0, 1 or 2."
        )
    return {key: names[value] for key, value in found.items()}
