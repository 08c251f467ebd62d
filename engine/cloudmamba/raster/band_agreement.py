"""Whether the bands of an image fit one another: each filled, and all in one unit.

What is judged of all bands together says nothing of a single one, and clouds would be missed
without a word.
"""

from __future__ import annotations

import numpy as np

from cloudmamba.classes import BANDS
from cloudmamba.errors import InterpretationError
from cloudmamba.raster.bands import ROLE_WORDS

# Units differ by a hundred or more. Of 600 images none comes near: where the brighter one is bright
# (below) blue, green and red keep within a half of their neighbour, near infrared within a seventh.
_LEAST_SHARE = 1 / 50
# Deep water is black in red and more so in near infrared, after a correction also clipped to zero;
# shallows are brighter, but not as bright as the second.
_BRIGHT, _BRIGHTER_THAN_WATER = 0.1, 0.25


def only_zeros(numbers: np.ndarray) -> list[int]:
    """Positions of the bands (bands, n) that hold nothing but zeros while others hold more.

    An image is not black in one colour: such a band was not filled, or another one is meant.
    """
    black = [position for position, values in enumerate(numbers) if not values.any()]
    return black if len(black) < len(numbers) else []


def check_in_one_unit(brightest: np.ndarray, radiometry: str) -> None:
    """Raises InterpretationError where the bands cannot be in one unit.

    Args:
        brightest: reflectance that the brightest hundredth comes to in blue, green, red and, if
            there is one, near infrared.
        radiometry: as what the numbers were read.
    """
    if _agree(brightest):
        return
    names = [ROLE_WORDS[band] for band in BANDS[: len(brightest)]]
    orders = np.log(brightest.clip(1e-9))
    odd = names[np.abs(orders - np.median(orders)).argmax()]
    listed = ", ".join(
        f"{value:.2g} in {name}" for name, value in zip(names, brightest, strict=True)
    )
    raise InterpretationError(
        f"The bands are not in one unit, or one was hardly filled: read as '{radiometry}' the "
        f"brightest reflectance is {listed}. Bring {odd} to the unit of the others, or name "
        "another band for it."
    )


def _agree(brightest: np.ndarray) -> bool:
    blue, green, red = brightest[:3]
    visible = max(blue, green, red)
    # Darker and brighter, and from which reflectance of the brighter on.
    compared = [(*sorted(pair), _BRIGHT) for pair in ((blue, green), (green, red))]
    if len(brightest) > 3:
        nir = brightest[3]
        # No plant or ground is so much brighter in near infrared, however dark it is.
        compared += [(nir, visible, _BRIGHTER_THAN_WATER), (visible, nir, 0.0)]
    return not any(
        brighter >= bright and darker < _LEAST_SHARE * brighter
        for darker, brighter, bright in compared
    )
