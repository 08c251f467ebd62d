"""Procedural ground without cloud: mosaics of surfaces, with relief, texture and bright things.

Real clear images are few and hold little snow, sand, surf or town; these fill the gap, so
that bright does not come to mean cloud.
"""

from __future__ import annotations

import itertools

import numpy as np

from cloudmamba.training.synthesis.noise import fractal_field, smooth_step
from cloudmamba.training.synthesis.relief import RIDGED, light_on_slopes

# Typical reflectance of blue, green, red and near infrared: darkest and brightest member.
SURFACES = {
    "deep water": ((0.01, 0.01, 0.005, 0.002), (0.07, 0.06, 0.04, 0.03)),
    "turbid water": ((0.05, 0.07, 0.06, 0.02), (0.14, 0.18, 0.17, 0.09)),
    "forest": ((0.01, 0.02, 0.015, 0.15), (0.04, 0.06, 0.05, 0.35)),
    "crops": ((0.02, 0.05, 0.03, 0.25), (0.08, 0.12, 0.10, 0.55)),
    "dry grass": ((0.05, 0.08, 0.10, 0.18), (0.12, 0.17, 0.22, 0.35)),
    "soil": ((0.04, 0.06, 0.08, 0.12), (0.15, 0.20, 0.27, 0.36)),
    "sand": ((0.12, 0.20, 0.28, 0.35), (0.28, 0.40, 0.52, 0.62)),
    "white sand": ((0.24, 0.29, 0.32, 0.35), (0.46, 0.53, 0.58, 0.64)),
    "salt": ((0.35, 0.40, 0.42, 0.42), (0.70, 0.72, 0.74, 0.72)),
    "rock": ((0.06, 0.07, 0.08, 0.10), (0.22, 0.24, 0.26, 0.28)),
    "pale rock": ((0.18, 0.20, 0.22, 0.26), (0.38, 0.42, 0.46, 0.54)),
    "snow": ((0.55, 0.55, 0.54, 0.49), (1.00, 0.995, 0.985, 0.93)),
    "old snow": ((0.35, 0.355, 0.355, 0.30), (0.70, 0.70, 0.69, 0.60)),
    "bare ice": ((0.24, 0.23, 0.21, 0.14), (0.56, 0.54, 0.50, 0.40)),
    "dirty ice": ((0.18, 0.18, 0.175, 0.13), (0.46, 0.455, 0.45, 0.38)),
    "town": ((0.06, 0.07, 0.08, 0.12), (0.20, 0.21, 0.22, 0.26)),
}
# From the sea inland; the beach is the bright strip between.
COAST = ("deep water", "turbid water", "sand", "dry grass", "forest")
WHITE_COAST = ("deep water", "turbid water", "white sand", "dry grass", "forest")
COASTS = (COAST, WHITE_COAST)
# Half of them fresh snow, as the great ice sheets are, and nearest to the colour of cloud.
ICE_SHEETS = (("snow",), ("snow",), ("old snow",), ("bare ice",), ("dirty ice", "bare ice"))
# Share of scenes that are ice sheets beside those that come by chance: few real images show one.
# Under cloud they are rarer: where both are as frequent, a smooth white field is called cloud.
ICE_SHEET, ICE_SHEET_UNDER_CLOUD = 0.50, 0.20
# What is left of these shares where near infrared is missing: without it little tells a smooth white
# field from cloud, and the network goes by how often it has met each.
ICE_SHEET_WITHOUT_NIR = 0.7
SCENES = (
    ("forest", "crops", "soil", "dry grass"),
    ("crops", "soil", "town", "forest"),
    ("sand", "rock", "soil"),
    ("sand", "salt", "soil"),
    ("sand",),  # dunes
    ("white sand", "sand"),
    ("pale rock", "forest", "snow"),
    ("pale rock", "dry grass", "white sand"),
    ("deep water",),
    ("deep water", "turbid water"),
    ("deep water", "sand", "crops", "town"),
    ("deep water", "forest", "rock"),
    ("snow", "rock", "forest"),
    ("snow", "old snow", "rock"),
    ("snow", "deep water", "old snow"),
    ("snow",),
    ("old snow",),
    ("bare ice",),
    ("bare ice", "snow"),
    ("bare ice", "rock", "deep water"),
    ("dirty ice",),
    ("dirty ice", "bare ice", "old snow"),
    ("dirty ice", "old snow", "rock"),
    ("snow", "old snow"),
    ("salt",),
    ("salt", "turbid water", "sand"),
    ("town", "soil", "sand"),
    ("town", "crops", "turbid water"),
    COAST,
    WHITE_COAST,
)
# How much the colour of a surface varies, as a share. That of snow and ice hardly does but in near
# infrared, which grows darker with the grains: where a smooth field has no texture to go by, its
# colour alone tells it from cloud.
TINT, WHITE_TINT = (0.06, 0.06, 0.06, 0.06), (0.008, 0.004, 0.004, 0.012)
WHITE = {"snow", "old snow", "bare ice", "dirty ice"}
# How much a surface varies, as a share of its range; an ice sheet can be the same for miles.
UNEVEN, EVEN = (0.05, 0.3), (0.0, 0.03)
ICE_CONTRAST = (0.001, 0.12)
HILLY = {"bare ice", "dirty ice", "snow", "rock", "pale rock", "sand", "forest"}
LARGEST_ROOF_PX = 12


def make_ground(
    random: np.random.Generator, size_px: int, ice_sheet: float = ICE_SHEET
) -> np.ndarray:
    """A (4, size, size) float32 reflectance image of ground without cloud.

    Args:
        ice_sheet: share of scenes that are ice sheets beside those that come by chance.
    """
    scenes = ICE_SHEETS if random.random() < ice_sheet else SCENES
    scene = scenes[random.integers(len(scenes))]
    if scene in COASTS:
        regions = _coast(random, size_px)
    elif random.random() < 0.5:
        regions = _smooth_regions(random, size_px, len(scene))
    else:
        regions = _fields(random, size_px, len(scene))
    image = np.zeros((4, size_px, size_px), np.float32)
    surfaces = scene if scene in COASTS else random.permutation(list(scene))
    for surface, share in zip(surfaces, regions, strict=True):
        variation = EVEN if scene in ICE_SHEETS else UNEVEN
        image += share * _surface(random, size_px, surface, variation)
    if scene in ICE_SHEETS:
        image *= _ice_sheet(random, size_px)
    elif HILLY & set(scene):
        image *= light_on_slopes(random, size_px, contrast=(0, 0.45), ridged=RIDGED)
    if scene == ("deep water",):
        image = _with_noise(random, image)
    if "town" in scene:
        image = _with_roofs(random, image)
    if "deep water" in scene and random.random() < 0.4:
        image = _with_surf(random, image)
    return np.clip(image, 0, 1.3)


def _surface(random, size_px: int, name: str, variation: tuple[float, float]) -> np.ndarray:
    low, high = (np.array(bound, np.float32) for bound in SURFACES[name])
    level = random.uniform(0.15, 0.85)
    field = fractal_field(random, size_px, random.uniform(0.6, 1.6))
    mixing = np.clip(level + random.uniform(*variation) * field, -0.1, 1.2)[None]
    tint = (1 + random.normal(0, WHITE_TINT if name in WHITE else TINT))[:, None, None]
    return ((low[:, None, None] + (high - low)[:, None, None] * mixing) * tint).astype(np.float32)


def _smooth_regions(random, size_px: int, count: int) -> np.ndarray:
    """(count, size, size) shares that sum to one, with winding borders."""
    fields = [fractal_field(random, size_px, random.uniform(1.3, 2.2)) for _ in range(count)]
    sharp = np.exp(random.uniform(4, 20) * np.stack(fields))
    sharp = np.minimum(sharp, 1e30)
    return sharp / sharp.sum(0)


def _coast(random, size_px: int) -> np.ndarray:
    """Shares of the surfaces of ``COAST``: strips along the lines of equal height."""
    height = fractal_field(random, size_px, random.uniform(1.6, 2.4))
    shore = random.uniform(-1, 1)
    widths = random.uniform((0.02, 0.05, 0.05), (0.25, 0.5, 0.6))
    edges = [-np.inf, *(shore + np.cumsum([0, *widths])), np.inf]
    return np.stack(
        [(low <= height) & (height < high) for low, high in itertools.pairwise(edges)]
    ).astype(np.float32)


def _fields(random, size_px: int, count: int) -> np.ndarray:
    """Shares in a pattern of parcels, as of farmland or a town."""
    angle = random.uniform(0, np.pi)
    y, x = np.mgrid[:size_px, :size_px] - size_px / 2
    u = x * np.cos(angle) + y * np.sin(angle)
    v = y * np.cos(angle) - x * np.sin(angle)
    u_edges = np.sort(random.uniform(-size_px, size_px, random.integers(6, 50)))
    v_edges = np.sort(random.uniform(-size_px, size_px, random.integers(6, 50)))
    cells = random.integers(0, count, (len(u_edges) + 1, len(v_edges) + 1))
    kinds = cells[np.searchsorted(u_edges, u), np.searchsorted(v_edges, v)]
    return np.stack([kinds == k for k in range(count)]).astype(np.float32)


def _ice_sheet(random, size_px: int) -> np.ndarray:
    """Light on snow that wind has drawn into ridges, over gentle undulations; (4, size, size)."""
    contrast = np.exp(random.uniform(*np.log(ICE_CONTRAST)))
    ridges = light_on_slopes(
        random, size_px, (contrast, contrast), slope=(0.8, 1.6), stretch=random.uniform(1, 8)
    )
    return ridges * light_on_slopes(random, size_px, (0, contrast), slope=(1.8, 2.4))


def _with_noise(random, image: np.ndarray) -> np.ndarray:
    """What a stretch of dark water shows: noise of the detector, and swell."""
    size = image.shape[1]
    noise = random.normal(0, random.uniform(0.0003, 0.003), image.shape)
    swell = fractal_field(random, size, random.uniform(0.5, 1.2), random.uniform(1, 6))
    return image + noise + random.uniform(0, 0.003) * swell


def _with_roofs(random, image: np.ndarray) -> np.ndarray:
    """Small bright rectangles: greenhouses, halls, ships."""
    size = image.shape[1]
    for _ in range(random.integers(5, 60)):
        height, width = random.integers(1, min(max(2, size // 12), LARGEST_ROOF_PX), 2)
        top, left = random.integers(0, size - 1, 2)
        colour = random.uniform(0.2, 0.9) * (1 + random.normal(0, 0.06, 4))
        image[:, top : top + height, left : left + width] = colour[:, None, None]
    return image


def _with_surf(random, image: np.ndarray) -> np.ndarray:
    """White lines and glints on dark water."""
    field = fractal_field(random, image.shape[1], 1.0, random.uniform(2, 6), random.uniform(0, 3))
    foam = smooth_step((field - random.uniform(1.8, 2.8)) / 0.5) * (image[3] < 0.12)
    return image + foam * random.uniform(0.1, 0.6)
