"""The hard subset of the paper's Table V: the parts of the images that the network finds hardest."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.evaluation.scoring import Crop, ImageScore, Settings


@dataclass(frozen=True)
class HardSubset:
    """The crops with the greatest mean uncertainty of one model's first stage.

    The paper takes the top tenth of 512 x 512 crops; where images are few or of several sizes,
    smaller crops of them take that part. Every mask is scored on the same crops.

    Attributes:
        chosen_by: name of the model.
        crops: index of the image and of the crop in it, hardest first.
        of: how many crops there were to choose from.
        lowest_uncertainty: mean uncertainty of the least hard of them.
    """

    chosen_by: str
    crops: tuple[tuple[int, int], ...]
    of: int
    lowest_uncertainty: float

    @classmethod
    def chosen(cls, name: str, scores: Sequence[ImageScore], settings: Settings) -> HardSubset:
        """Choose by the scores of a model; crops without a labelled pixel are no candidates."""
        ranked = sorted(
            (
                (-crop.mean_uncertainty, image, position)
                for image, item in enumerate(scores)
                for position, crop in enumerate(item.crops)
                if crop.counts.pixels
            ),
        )
        kept = ranked[: math.ceil(settings.hard_share * len(ranked))]
        return cls(
            name,
            tuple((image, position) for _, image, position in kept),
            len(ranked),
            -kept[-1][0] if kept else math.nan,
        )

    def counts(
        self,
        scores: Sequence[ImageScore],
        of: Callable[[Crop], Confusion] = attrgetter("counts"),
    ) -> Confusion:
        """Pooled counts of a masker on these crops."""
        return _sum(of(scores[image].crops[position]) for image, position in self.crops)


def _sum(counts: Iterable[Confusion]) -> Confusion:
    return sum(counts, Confusion())
