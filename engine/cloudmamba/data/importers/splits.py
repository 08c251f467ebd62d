"""Which scenes are for training, validation and test: always whole scenes, never crops."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import PurePath
from typing import Literal

from cloudmamba.errors import InputError

Subset = Literal["train", "validation", "test"]
SUBSETS: tuple[Subset, ...] = ("train", "validation", "test")
_FOLDERS: Mapping[str, Subset] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}


def subset_of_folder(path: PurePath) -> Subset | None:
    """The subset that a folder on the way to a file (relative to the data set) is named after."""
    return next((_FOLDERS[part.lower()] for part in path.parts if part.lower() in _FOLDERS), None)


def split_by_place(
    scenes: Mapping[str, tuple[str, Subset | None]], validation_share: float, test_share: float
) -> dict[str, Subset]:
    """As ``split``, of whole places: all scenes of one are in the same subset.

    Args:
        scenes: name, and place and subset.

    Raises:
        InputError: as ``split``, or the data set gives scenes of one place two subsets.
    """
    places: dict[str, Subset | None] = {}
    for name, (place, subset) in scenes.items():
        if places.setdefault(place, subset) != subset:
            raise InputError(
                f"'{name}' shows the place '{place}', of which another scene is for "
                f"{places[place] or 'no subset'}: scenes of one place must be for the same."
            )
    subsets = split(places, validation_share, test_share)
    return {name: subsets[place] for name, (place, _) in scenes.items()}


def split(
    scenes: Mapping[str, Subset | None], validation_share: float, test_share: float
) -> dict[str, Subset]:
    """The subset of each scene by its name.

    Where the data set has a split of its own, that is kept; if it has no validation scenes,
    they are drawn from its training scenes. Otherwise both are drawn. Drawn are the first
    scenes in the order of the CRC-32 of their names, as many as the share says, but at least
    one as long as one is left for training.

    Args:
        scenes: name, and the subset that the data set gives or None.
        validation_share, test_share: 0 <= share, together below 1.

    Raises:
        InputError: the shares are impossible, or only some scenes have a subset.
    """
    if validation_share < 0 or test_share < 0 or validation_share + test_share >= 1:
        raise InputError(
            f"The shares {validation_share:g} for validation and {test_share:g} for test cannot "
            "be: both are 0 or more, and together less than 1."
        )
    given = set(scenes.values())
    if None in given and len(given) > 1:
        name = next(name for name, subset in scenes.items() if subset is None)
        raise InputError(
            f"Some scenes lie in folders for training, validation or test, but '{name}' does not: "
            "move it into one of them."
        )
    result: dict[str, Subset] = {name: subset or "train" for name, subset in scenes.items()}
    pool = sorted(
        (name for name, subset in result.items() if subset == "train"),
        key=lambda name: (zlib.crc32(name.encode()), name),
    )
    shares: dict[Subset, float] = {
        "validation": 0 if "validation" in given else validation_share,
        "test": 0 if given != {None} else test_share,
    }
    total = len(pool)
    for subset, share in shares.items():
        count = max(round(share * total), 1 if share else 0)
        drawn, pool = pool[: min(count, len(pool) - 1)], pool[min(count, len(pool) - 1) :]
        result |= dict.fromkeys(drawn, subset)
    return result
