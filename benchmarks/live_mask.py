"""How long a mask of 2048 x 2048 pixels takes to be decided again, as a slider asks for it.

Run it with the Python of QGIS: ``python3 benchmarks/live_mask.py``. Stages of smooth clouds with
a rough edge are made up; each line is the median of several runs, once by the clock and once in
processor time, which a busy machine does not lengthen.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from cloudmamba_qgis.rasters.stage_levels import MaskSettings, StageLevels

SIZE_PX = 2048
RUNS = 9


def smooth_noise(random: np.random.Generator, exponent: float) -> np.ndarray:
    """(SIZE_PX, SIZE_PX), of standard deviation 1; rougher with a smaller exponent."""
    spectrum = np.fft.rfft2(random.normal(size=(SIZE_PX, SIZE_PX)))
    frequency = np.hypot(np.fft.fftfreq(SIZE_PX)[:, None], np.fft.rfftfreq(SIZE_PX)[None])
    noise = np.fft.irfft2(spectrum / (1e-3 + frequency) ** exponent)
    return (noise - noise.mean()) / noise.std()


def synthetic_levels() -> StageLevels:
    """Levels of two stages that differ in their details."""
    random = np.random.default_rng(0)
    clouds = smooth_noise(random, 1.7)
    coarse = 1 / (1 + np.exp(-6 * clouds))
    refined = 1 / (1 + np.exp(-6 * clouds - smooth_noise(random, 0.8)))
    uncertainty = 1 - 2 * np.abs(coarse - 0.5)
    return StageLevels(
        *(np.ceil(100 * one).astype(np.uint8) for one in (coarse, refined, uncertainty))
    )


def medians_ms(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and in processor time."""
    clock, processor = [], []
    for _ in range(RUNS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        clock.append(1000 * (time.perf_counter() - wall))
        processor.append(1000 * (time.process_time() - cpu))
    return statistics.median(clock), statistics.median(processor)


def main() -> None:
    """Print the table."""
    levels = synthetic_levels()
    print(f"{SIZE_PX} x {SIZE_PX} pixels, load average {os.getloadavg()[0]:.1f}")
    print(f"{'':38} {'clock':>8} {'processor':>10}")
    for name, settings in (
        ("thresholds", MaskSettings(45, 60, 40)),
        ("and smallest cloud 20 px", MaskSettings(45, 60, 40, 0, 20, 0)),
        ("and smallest hole 20 px", MaskSettings(45, 60, 40, 0, 20, 20)),
        ("and buffer 3 px", MaskSettings(45, 60, 40, 3, 20, 20)),
        ("and buffer 20 px", MaskSettings(45, 60, 40, 20, 20, 20)),
    ):
        clock_ms, processor_ms = medians_ms(lambda settings=settings: levels.decide(settings))
        print(f"{name:38} {clock_ms:5.0f} ms {processor_ms:7.0f} ms")
    clock_ms, processor_ms = medians_ms(lambda: levels.histograms(MaskSettings()))
    print(f"{'histogram':38} {clock_ms:5.1f} ms {processor_ms:7.1f} ms")


if __name__ == "__main__":
    main()
