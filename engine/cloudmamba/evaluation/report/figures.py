"""The paper's Figures 4 to 6 as PNG: images in lines, what was made of them in columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cloudmamba.data.images import LabelledImage
from cloudmamba.detection.in_memory import Prediction
from cloudmamba.detection.prediction import Thresholds
from cloudmamba.errors import InputError
from cloudmamba.evaluation.maskers import ModelMasker
from cloudmamba.evaluation.report.page import FONT_PX, Page
from cloudmamba.evaluation.report.pictures import (
    coarse_mask,
    grey,
    mask_colours,
    refined_mask,
    true_colour,
    uncertainty_colours,
)

_GAP_PX, _TITLE_PX, _NAME_PX = 6, 40, 22


@dataclass(frozen=True)
class Line:
    """One image and its panels, each (H, W, 3) uint8."""

    name: str
    panels: Sequence[np.ndarray]


# What to show of a prediction of a model with these thresholds.
_STAGES: tuple[tuple[str, Callable[[Prediction, Thresholds], np.ndarray]], ...] = (
    ("(c) Pc", lambda said, _: grey(said.stage("coarse_probability"))),
    ("(d) coarse mask", lambda said, t: mask_colours(coarse_mask(said, t))),
    ("(e) U", lambda said, _: uncertainty_colours(said.stage("coarse_uncertainty"))),
    ("(f) M", lambda said, _: grey(said.stage("accepted"))),
    ("(g) Pr", lambda said, _: grey(said.stage("refined_probability"))),
    ("(h) refined mask", lambda said, t: mask_colours(refined_mask(said, t))),
    ("(i) output mask", lambda said, _: mask_colours(said.mask)),
)


def figure_of_masks(
    images: Iterable[LabelledImage], maskers: Sequence[ModelMasker], show_image: bool = True
) -> bytes:
    """Figures 4 and 5 as a PNG: image, ground truth, and the mask of every masker.

    Args:
        show_image: False leaves the first of these out.

    Raises InputError without Pillow.
    """

    def line(image: LabelledImage) -> Line:
        masks = [image.label, *(masker(image).mask for masker in maskers)]
        pictured = [true_colour(image.pixels, image.valid)] if show_image else []
        return Line(image.name, [*pictured, *map(mask_colours, masks)])

    titles = ["Ground truth", *(masker.name for masker in maskers)]
    return _png(["Image", *titles] if show_image else titles, [line(image) for image in images])


def figure_of_stages(images: Iterable[LabelledImage], masker: ModelMasker) -> bytes:
    """Figure 6 as a PNG: its nine panels of every image, from the image to the output mask.

    Raises InputError without Pillow, or if the model has a single stage.
    """
    if not masker.model.configuration.refinement:
        raise InputError(f"The model '{masker.name}' has one stage: there are no stages to show.")

    def line(image: LabelledImage) -> Line:
        prediction = masker.predict(image)
        return Line(
            image.name,
            [
                true_colour(image.pixels, image.valid),
                mask_colours(image.label),
                *(show(prediction, masker.thresholds) for _, show in _STAGES),
            ],
        )

    titles = ["(a) image", "(b) ground truth", *(title for title, _ in _STAGES)]
    return _png(titles, [line(image) for image in images])


def _png(titles: Sequence[str], lines: Sequence[Line]) -> bytes:
    """Panels under their titles; a line is as high and its panels are as wide as its image."""
    widths = [max(line.panels[column].shape[1] for line in lines) for column in range(len(titles))]
    heights = [line.panels[0].shape[0] + _NAME_PX for line in lines]
    width_px = sum(widths) + _GAP_PX * (len(widths) + 1)
    page = Page(width_px, _TITLE_PX + sum(heights) + _GAP_PX)
    left = _GAP_PX
    for column, (title, width) in enumerate(zip(titles, widths, strict=True)):
        page.write(title, left, (_TITLE_PX - FONT_PX) / 2, width, centred=True)
        top = _TITLE_PX
        for line, height in zip(lines, heights, strict=True):
            page.paste(line.panels[column], left, top)
            top += height
        left += width + _GAP_PX
    top = _TITLE_PX
    for line, height in zip(lines, heights, strict=True):
        page.write(line.name, _GAP_PX, top + height - _NAME_PX + 1, width_px - 2 * _GAP_PX)
        top += height
    return page.png()
