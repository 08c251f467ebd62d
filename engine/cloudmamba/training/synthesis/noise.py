"""Random fields with a power spectrum, the raw material of clouds and landscapes."""

from __future__ import annotations

import math

import numpy as np


def fractal_field(
    random: np.random.Generator,
    size_px: int,
    slope: float,
    stretch: float = 1.0,
    angle: float = 0.0,
    largest_px: float | None = None,
) -> np.ndarray:
    """A (size, size) float32 field of zero mean and unit deviation.

    Args:
        slope: amplitude falls as frequency^-slope; 1 is rough, 2 smooth.
        stretch: structures are this many times longer along ``angle`` (radians) than across.
        largest_px: structures larger than this are left out; None keeps all.
    """
    fy = np.fft.fftfreq(size_px)[:, None]
    fx = np.fft.rfftfreq(size_px)[None, :]
    along = fx * np.cos(angle) + fy * np.sin(angle)
    across = fy * np.cos(angle) - fx * np.sin(angle)
    frequency = np.hypot(along * stretch, across)
    frequency[0, 0] = np.inf
    amplitude = frequency**-slope
    if largest_px is not None:
        amplitude = amplitude / (1 + (1 / (frequency * largest_px)) ** (slope + 1))
    shape = amplitude.shape
    spectrum = amplitude * (random.standard_normal(shape) + 1j * random.standard_normal(shape))
    field = np.fft.irfft2(spectrum, (size_px, size_px)).astype(np.float32)
    return (field - field.mean()) / (field.std() + 1e-9)


def smooth_step(x: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, smooth between."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def blurred(field: np.ndarray, radius_px: float) -> np.ndarray:
    """A (H, W) float32 field after a Gaussian of this standard deviation, mirrored at its borders."""
    # As far as the Gaussian reaches, so that nothing comes in from the opposite border.
    margin = math.ceil(3 * radius_px)
    field = np.pad(field, margin, mode="symmetric")
    fy = np.fft.fftfreq(field.shape[0])[:, None]
    fx = np.fft.rfftfreq(field.shape[1])[None, :]
    gain = np.exp(-2 * (np.pi * radius_px) ** 2 * (fx**2 + fy**2))
    wide = np.fft.irfft2(np.fft.rfft2(field) * gain, field.shape).astype(np.float32)
    return wide[margin : wide.shape[0] - margin, margin : wide.shape[1] - margin]
