"""Images as 8-bit pictures show them: stretched in one of the many ways in which people do it."""

from __future__ import annotations

import numpy as np

from cloudmamba.data.index import PICTURE_WHITE


def like_a_picture(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """What is left of an image (4, H, W) after an 8-bit stretch, scaled as "picture" radiometry is.

    Black and white are fixed reflectances, or percentiles of the image, of all bands together or of
    each; then, at times, a gamma; then 256 steps.
    """
    kind = random.random()
    if kind < 0.4:
        black, white = random.uniform(0, 0.06), random.uniform(0.22, 0.8)
    else:
        percentiles = (random.uniform(0, 3), 100 - 10 ** random.uniform(-2, 0.7))
        if kind < 0.7:
            black, white = np.percentile(image[:3], percentiles)
        else:
            black, white = np.percentile(image, percentiles, axis=(1, 2))[:, :, None, None]
        # Percentiles are those of a whole scene, of which this is a part.
        white = white * np.exp(random.uniform(-0.1, 0.7))
    stretched = np.clip((image - black) / np.maximum(white - black, 0.05), 0, 1)
    if random.random() < 0.3:
        stretched = stretched ** random.uniform(0.5, 1.1)
    return (np.round(stretched * 255) / 255 * PICTURE_WHITE).astype(np.float32)
