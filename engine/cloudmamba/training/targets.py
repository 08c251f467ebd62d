"""What a pixel should be: cloud and cloud shadow as probabilities, each with a weight.

Labels of several origins become one target: hand labels win, automatic ones and teachers share
what is left, and where these contradict each other the weight falls.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from cloudmamba.classes import NO_DATA
from cloudmamba.data.index import CLEAR_FOLDERS, SHADOW_LABEL, ImageRecord, has_data
from cloudmamba.detection.filling import fill_invalid
from cloudmamba.outlines import FINE_GSD_M
from cloudmamba.training.teachers.labels import SoftLabel, read_soft_label

# Layers of a target (4, H, W): float in 0..1.
CLOUD, CLOUD_WEIGHT, SHADOW, SHADOW_WEIGHT = range(4)
# How far labels of a folder are believed; images without cloud are known by eye.
LABEL_WEIGHT = {
    "manual/train": 1.0,
    "manual/validation": 1.0,
    "manual/test": 1.0,
    "shadow": 1.0,
    "semi_automatic": 0.7,
    "automatic": 0.3,
    "clear": 1.0,
    "clear_more": 1.0,
    "clear_rgb": 1.0,
}
# How far a pixel labelled as no shadow is believed, beside images whose labels tell all shadow;
# elsewhere shadow was not looked for.
NO_SHADOW_WEIGHT = {"shadow": 1.0, "automatic": 0.1, "semi_automatic": 0.0}
SHADOW_CODE_WEIGHT = {"manual/train": 1.0, "shadow": 1.0, "automatic": 0.3, "semi_automatic": 0.7}
# Shadow on clear images can only be that of relief.
CLEAR_SHADOW_WEIGHT = 0.7
# Of the second teacher, which sees more bands but no surroundings, in the mean of both.
SECOND_TEACHER_SHARE = 0.35
# It says cloud of single pixels; the first one, as people do, of their surroundings too. Up to this
# distance outside its clouds the two do not contradict each other.
SURROUNDINGS_PX = 6
# How much further than the teachers' clouds labels reach in fine images: together some 100 m, as far as
# the people who outline clouds there go.
TEACHERS_MARGIN_M = 60
# What a contradiction of label and teacher leaves of the weight.
CONTRADICTION = 0.7


def empty_target(size: tuple[int, int], cloud_weight: float = 1.0) -> np.ndarray:
    """A target (4, H, W) float32 of clear pixels without shadow."""
    target = np.zeros((4, *size), np.float32)
    target[CLOUD_WEIGHT] = cloud_weight
    target[SHADOW_WEIGHT] = CLEAR_SHADOW_WEIGHT * cloud_weight
    return target


def target_of(record: ImageRecord, teachers: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Reflectance (4, H, W) float32 of an image and its target (4, H, W) float32.

    Args:
        teachers: folder with labels of teachers, as ``cloudmamba teach`` leaves it; None for none.

    Raises InputError if a file is missing or damaged.
    """
    image, label = record.read()
    codes = record.read_codes()
    soft = None if teachers is None else soft_label_of(record, teachers)
    target = empty_target(label.shape, 0.0)

    known = label != NO_DATA
    label_weight = np.where(known, LABEL_WEIGHT.get(record.folder, 0.0), 0).astype(np.float32)
    if record.label_path is None and record.folder not in CLEAR_FOLDERS:
        label_weight[:] = 0
    value = np.where(known, label, 0).astype(np.float32)
    target[CLOUD], target[CLOUD_WEIGHT] = value, label_weight
    if record.folder in CLEAR_FOLDERS:
        target[SHADOW_WEIGHT] = CLEAR_SHADOW_WEIGHT * known
    elif codes is not None:
        shadow = codes == SHADOW_LABEL
        target[SHADOW] = shadow
        target[SHADOW_WEIGHT] = np.where(
            shadow,
            SHADOW_CODE_WEIGHT.get(record.folder, 0.0),
            NO_SHADOW_WEIGHT.get(record.folder, float(record.shadow_labelled)) * known,
        )
    if soft is not None and record.folder not in CLEAR_FOLDERS:
        soft = _with_margin(soft, margin_of_labels_px(record.gsd_m))
        target = _with_teacher(target, soft)
    target[[CLOUD_WEIGHT, SHADOW_WEIGHT]] *= has_data(image)
    return image, target


def filled_image_and_target_of(
    record: ImageRecord, teachers: Path | None
) -> tuple[np.ndarray, np.ndarray]:
    """As ``target_of``, with no data of the image filled as detection fills it.

    Black there would tell of the folder, not of the ground.
    """
    image, target = target_of(record, teachers)
    return fill_invalid(image, has_data(image)), target


def soft_label_of(record: ImageRecord, teachers: Path) -> SoftLabel | None:
    """What the teachers say of an image together; None where none has looked at it."""
    folder = teachers / record.folder
    first = folder / f"{record.name}_ukis-csmask.tif"
    if not first.is_file():
        return None
    label = read_soft_label(first)
    second = folder / f"{record.name}_s2cloudless.tif"
    if not second.is_file():
        return label
    other = read_soft_label(second).cloud
    share = SECOND_TEACHER_SHARE
    nearest = np.clip(label.cloud, other, widened(other, SURROUNDINGS_PX))
    cloud = (1 - share) * label.cloud + share * nearest
    agreement = label.agreement * (1 - np.abs(label.cloud - nearest))
    return SoftLabel(cloud, label.shadow, agreement)


def margin_of_labels_px(gsd_m: float) -> int:
    """How far labels reach beyond a cloud, in pixels of an image of this ground sample distance."""
    return round(TEACHERS_MARGIN_M / gsd_m) if gsd_m <= FINE_GSD_M else 0


def widened(cloud: np.ndarray, distance_px: int) -> np.ndarray:
    """The greatest value within a distance of each pixel; NaN stays NaN."""
    known = torch.from_numpy(np.nan_to_num(cloud, nan=-1.0))[None, None]
    size = 2 * distance_px + 1
    greatest = functional.max_pool2d(known, size, stride=1, padding=distance_px)[0, 0].numpy()
    return np.where(np.isnan(cloud), np.nan, greatest).astype(np.float32)


def _with_margin(soft: SoftLabel, margin_px: int) -> SoftLabel:
    """With what is cloud reaching further, as sure there as of the cloud itself.

    What hardly may be cloud stays where it is.
    """
    is_cloud = ~(soft.cloud < 0.5)
    cloud = np.fmax(soft.cloud, widened(np.where(is_cloud, soft.cloud, 0), margin_px))
    beside = cloud > soft.cloud
    sureness = widened(np.where(is_cloud, soft.agreement, 0), margin_px)
    return dataclasses.replace(
        soft, cloud=cloud, agreement=np.where(beside, sureness, soft.agreement)
    )


def _with_teacher(target: np.ndarray, soft: SoftLabel) -> np.ndarray:
    """The target where labels of weight below 1 leave room for a teacher."""
    unknown = np.isnan(soft.cloud)
    cloud, agreement = np.nan_to_num(soft.cloud), np.nan_to_num(soft.agreement)
    room = 1 - target[CLOUD_WEIGHT]
    weight = np.where(unknown, 0, agreement**2 * room)
    total = target[CLOUD_WEIGHT] + weight
    contradiction = np.abs(target[CLOUD] - cloud) * (target[CLOUD_WEIGHT] > 0) * (weight > 0)
    mixed = (target[CLOUD_WEIGHT] * target[CLOUD] + weight * cloud) / np.maximum(total, 1e-6)
    shadow_unknown = np.isnan(soft.shadow)
    shadow = np.nan_to_num(soft.shadow)
    shadow_room = 1 - target[SHADOW_WEIGHT]
    shadow_weight = np.where(shadow_unknown, 0, 0.6 * agreement**2 * shadow_room)
    shadow_total = target[SHADOW_WEIGHT] + shadow_weight
    return np.stack(
        [
            mixed,
            total * (1 - CONTRADICTION * contradiction),
            (target[SHADOW_WEIGHT] * target[SHADOW] + shadow_weight * shadow)
            / np.maximum(shadow_total, 1e-6),
            shadow_total,
        ]
    ).astype(np.float32)
