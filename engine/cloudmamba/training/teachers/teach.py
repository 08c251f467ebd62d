"""Teachers' labels for every image of a data folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio

from cloudmamba.classes import BANDS
from cloudmamba.data.index import ImageRecord, has_data, read_index
from cloudmamba.detection.filling import fill_invalid
from cloudmamba.errors import InputError
from cloudmamba.training.teachers.known import Teacher
from cloudmamba.training.teachers.labels import (
    View,
    consensus,
    seen,
    unseen,
    views,
    write_soft_label,
)
from cloudmamba.training.teachers.runner import Task, ask

SWIR = {"swir16": "swir16", "swir1": "swir16", "swir22": "swir22", "swir2": "swir22"}
# Files beside an image that hold further bands of it, on its grid and in its units.
COMPANIONS = ("_extra", "_swir", "_swir_cirrus")
IMAGES_AT_ONCE = 8


def label_path(output: Path, data: Path, record: ImageRecord, teacher: str) -> Path:
    """Where a teacher's label of an image lies below the folder of labels."""
    relative = record.path.relative_to(data)
    return output / relative.parent / f"{record.name}_{teacher}.tif"


def teach(
    data: Path,
    output: Path,
    teacher: Teacher,
    python: Path,
    threads: int,
    folders: Sequence[str] = (),
) -> tuple[int, int]:
    """Write soft labels for the images of a data folder that have none yet.

    Args:
        data: folder with ``index.csv``; four-band images of it are looked at.
        output: gets the labels, in folders named as those of the images.
        python: interpreter of the teacher's environment.
        folders: of the index, whose images are looked at; empty for all.

    Returns:
        How many labels were written, and how many images the teacher cannot look at.

    Raises:
        InputError: no usable index, a folder that it does not know, an image that cannot be read, or a teacher that fails.
    """
    records = read_index(data)
    known = {record.folder for record in records}
    for folder in folders:
        if folder not in known:
            raise InputError(
                f"No image of '{data}' is in a folder '{folder}': its index knows "
                f"{', '.join(sorted(known))}."
            )
    skipped = 0
    waiting: list[_Question] = []
    for record in records:
        if folders and record.folder not in folders:
            continue
        path = label_path(output, data, record, teacher.name)
        if not all(record.available_bands) or path.exists():
            continue
        question = _Question.of(record, path, teacher)
        if question is None:
            skipped += 1
        else:
            waiting.append(question)
    # Several images at a time, so that the teacher is started and loaded seldom.
    for first in range(0, len(waiting), IMAGES_AT_ONCE):
        asked = [(one, *one.read()) for one in waiting[first : first + IMAGES_AT_ONCE]]
        tasks = [task for _, tasks, _ in asked for task in tasks]
        answers = ask(teacher.name, python, tasks, threads)
        for question, _, valid in asked:
            mapped = [unseen(next(answers), valid.shape, view) for view in question.views]
            write_soft_label(question.path, consensus(mapped, valid))
    return len(waiting), skipped


@dataclass(frozen=True)
class _Question:
    """One image, and how a teacher is to see it; read only when its turn comes.

    Attributes:
        path: where the teacher's label goes.
        bands: that the teacher gets, the first four being blue, green, red and near infrared.
        views: at which resolutions and brightness.
    """

    record: ImageRecord
    path: Path
    bands: tuple[str, ...]
    views: list[View]

    @classmethod
    def of(cls, record: ImageRecord, path: Path, teacher: Teacher) -> _Question | None:
        """None where the image lacks a band that the teacher needs."""
        extra = companion_bands(record)
        if not set(teacher.wants) <= set(extra):
            return None
        used = teacher.wants or (teacher.takes if set(teacher.takes) <= set(extra) else ())
        seen_as = [View(teacher.levels[0], 1.0, False)]
        if not teacher.by_pixel:
            seen_as = views(record.gsd_m, teacher.levels)
        return cls(record, path, (*BANDS, *used), seen_as)

    def read(self) -> tuple[list[Task], np.ndarray]:
        """What the teacher is asked, and validity (H, W): what cannot be read is 0 in all bands."""
        image, _ = self.record.read()
        valid = has_data(image)
        extra = companion_bands(self.record)
        further = [extra[band][None] for band in self.bands[len(BANDS) :]]
        stacked = np.concatenate([image, *further])
        if valid.any():
            # Black beside them would change what the teacher says of the pixels that count.
            stacked = fill_invalid(stacked, valid)
        return [seen(stacked, self.bands, view) for view in self.views], valid


def companion_bands(record: ImageRecord) -> dict[str, np.ndarray]:
    """Further bands that lie beside an image, (H, W) float32 reflectance each, by name.

    Only where one scale holds for the whole image, which then is that of its companions too.
    """
    if len(set(record.scales)) > 1 or len(set(record.offsets)) > 1:
        return {}
    bands = {}
    for suffix in COMPANIONS:
        path = record.path.with_name(f"{record.name}{suffix}.tif")
        if not path.is_file():
            continue
        with rasterio.open(path) as source:
            numbers = source.read().astype(np.float32)
            names = source.descriptions
        if numbers.shape[1:] != _size_of(record):
            raise InputError(f"'{path}' is not on the grid of its image.")
        for name, band in zip(names, numbers, strict=True):
            bands[SWIR.get(name, name)] = band * record.scales[0] + record.offsets[0]
    return bands


def _size_of(record: ImageRecord) -> tuple[int, int]:
    with rasterio.open(record.path) as source:
        return source.shape
