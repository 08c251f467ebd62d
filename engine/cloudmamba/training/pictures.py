"""Images as 8-bit pictures show them: stretched in one of the many ways in which people do it."""

from __future__ import annotations

import numpy as np
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from cloudmamba.data.index import PICTURE_WHITE

# Shares of stretches between fixed reflectances, and between percentiles of all bands together; the
# rest is stretched between those of each band.
FIXED, JOINTLY = 0.3, 0.55
# Share of fixed reflectances that differ by band: those of a scene whose bands were stretched each by
# itself, of which the image is a part. Black is then the haze of the scene, white its clouds or ground.
FIXED_PER_BAND = 0.5
HAZE, HAZE_OF_BANDS = 0.08, np.array([1.0, 0.6, 0.35, 0.12])
WHITE_OF_BANDS = 0.12
# Share of percentiles that QGIS takes where nobody chooses others, and which they are.
CUMULATIVE_CUT, CUT = 0.5, (2, 98)
# Share of whites that are those of a whole scene, of which the image is a part.
OF_A_SCENE = 0.25
# Share of percentiles of a scene with fill around it: the lower one is that of the fill.
WITH_FILL = 0.25
GAMMA, AS_JPEG = 0.2, 0.15
JPEG_QUALITY = (50, 96)
# The narrowest range that is stretched: that of water or of a cloud deck, noise and all.
LEAST_RANGE = 0.004


def like_a_picture(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """What is left of an image (4, H, W) after an 8-bit stretch, scaled as "picture" radiometry is.

    Black and white are fixed reflectances, of all bands together or of each, or percentiles of the
    image, of all bands together or of each; then, at times, a gamma; then 256 steps; then, at times, JPEG.
    """
    kind = random.random()
    black: float | np.ndarray
    white: float | np.ndarray
    if kind < FIXED:
        black, white = random.uniform(0, 0.06), random.uniform(0.22, 0.8)
        if random.random() < FIXED_PER_BAND:
            black = (black + random.uniform(0, HAZE) * HAZE_OF_BANDS)[:, None, None]
            white = black + (white * np.exp(random.normal(0, WHITE_OF_BANDS, 4)))[:, None, None]
    else:
        percentiles = (random.uniform(0, 3), 100 - 10 ** random.uniform(-2, 0.7))
        if random.random() < CUMULATIVE_CUT:
            percentiles = CUT
        if kind < JOINTLY:
            black, white = np.percentile(image[:3], percentiles)
        else:
            black, white = np.percentile(image, percentiles, axis=(1, 2))[:, :, None, None]
        if random.random() < WITH_FILL:
            black = 0 * black
        if random.random() < OF_A_SCENE:
            white = white * np.exp(random.uniform(-0.1, 0.7))
    stretched = np.clip((image - black) / np.maximum(white - black, LEAST_RANGE), 0, 1)
    if random.random() < GAMMA:
        stretched = stretched ** random.uniform(0.5, 1.1)
    steps = np.round(stretched * 255).astype(np.uint8)
    if random.random() < AS_JPEG:
        steps[:3] = _through_jpeg(steps[:3], int(random.integers(*JPEG_QUALITY)))
    return (steps.astype(np.float32) / 255 * PICTURE_WHITE).astype(np.float32)


def _through_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """A picture (3, H, W) uint8 as JPEG leaves it."""
    shape = {"count": 3, "height": picture.shape[1], "width": picture.shape[2]}
    # A place, whichever: rasterio warns of images that have none.
    place = Affine(2, 0, 0, 0, -2, 0)
    with MemoryFile() as file:
        with file.open(
            driver="JPEG", dtype="uint8", quality=quality, transform=place, **shape
        ) as target:
            target.write(picture)
        with file.open() as source:
            return source.read()
