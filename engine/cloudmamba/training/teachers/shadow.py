"""Cloud shadow as the teachers see it, as a reference to score against."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from cloudmamba.classes import NO_DATA
from cloudmamba.data.images import TEACHERS, LabelledImage
from cloudmamba.data.index import ImageRecord
from cloudmamba.errors import InputError
from cloudmamba.training.targets import soft_label_of

# Pixels count where the views of an image agree at least that far.
LEAST_AGREEMENT = 0.5


def with_teachers_shadow(
    image: LabelledImage, record: ImageRecord, teachers: Path
) -> LabelledImage:
    """The image with the shadow that teachers see in it, if any of them has looked at it.

    Args:
        record: of the image.
        teachers: folder with labels of teachers, as ``cloudmamba teach`` leaves it.

    Raises InputError if the labels are of an image of another size.
    """
    soft = soft_label_of(record, teachers)
    if soft is None:
        return image
    if soft.shadow.shape != image.label.shape:
        raise InputError(
            f"The teachers' labels of '{record.name}' in '{teachers}' are of an image of another "
            "size: make them anew with cloudmamba teach."
        )
    known = ~np.isnan(soft.shadow) & (soft.agreement >= LEAST_AGREEMENT)
    shadow = np.where(known, np.nan_to_num(soft.shadow) > 0.5, NO_DATA).astype(np.uint8)
    return dataclasses.replace(image, shadows={**image.shadows, TEACHERS: shadow})
