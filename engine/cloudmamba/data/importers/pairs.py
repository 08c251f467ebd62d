"""Images and masks in folders of your own: one mask for each image, called like it."""

from __future__ import annotations

from pathlib import Path

from cloudmamba.data.importers.class_codes import ClassCodes
from cloudmamba.data.importers.scenes import (
    DatasetMetadata,
    LabelledScene,
    checked,
    masked_by,
    raster_files,
    scene_name,
)
from cloudmamba.data.importers.splits import subset_of_folder
from cloudmamba.errors import InputError

# 255 means cloud in one half of the world and no data in the other: only the user knows.
DATASET = DatasetMetadata(codes=ClassCodes({"clear": (0,), "cloud": (1,)}))
_MASK_ENDINGS = ("_mask", "_label")


def find_scenes(
    images_folder: Path, masks_folder: Path, codes: ClassCodes
) -> tuple[list[LabelledScene], list[str]]:
    """All images that have a mask, and warnings on those that have none.

    A mask has the name of its image, with or without ``_mask`` or ``_label`` at the end, in the
    same folder below ``masks_folder`` as the image below ``images_folder``. Where both are one
    folder, masks must have the ending.

    Raises InputError if nothing fits, or if an image has two masks or a mask two images.
    """
    together = masks_folder.resolve() == images_folder.resolve()
    masks: dict[Path, Path] = {}
    for path in raster_files(masks_folder):
        relative = path.relative_to(masks_folder).with_suffix("")
        if (key := _without_ending(relative)) == relative and together:
            continue
        if key in masks:
            raise InputError(f"'{masks[key]}' and '{path}' are masks of one image: remove one.")
        masks[key] = path
    scenes, alone = [], []
    images: dict[Path, Path] = {}
    for path in raster_files(images_folder):
        relative = path.relative_to(images_folder)
        key = relative.with_suffix("")
        if together and _without_ending(key) != key:
            continue
        if key in images:
            raise InputError(
                f"'{images[key]}' and '{path}' are images of one mask: remove one, such as a preview."
            )
        mask = masks.pop(key, None)
        if mask is None:
            alone.append(path.name)
            continue
        images[key] = path
        subset = subset_of_folder(relative.parent)
        scenes.append(LabelledScene(scene_name(relative), path, masked_by(mask, codes), subset))
    found = checked(
        scenes,
        f"No image in '{images_folder}' has a mask in '{masks_folder}': a mask is called like its "
        "image, or like it with _mask or _label at the end.",
    )
    warnings = []
    if alone:
        warnings.append(f"{len(alone)} images without a mask were left out, such as {alone[0]}.")
    if masks:
        name = next(iter(masks.values())).name
        warnings.append(f"{len(masks)} masks without an image were left out, such as {name}.")
    return found, warnings


def _without_ending(path: Path) -> Path:
    ending = next((end for end in _MASK_ENDINGS if path.name.lower().endswith(end)), "")
    return path.with_name(path.name[: len(path.name) - len(ending)]) if ending else path
