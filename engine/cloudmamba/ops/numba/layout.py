"""What kernels and those who call them have to agree on."""

from __future__ import annotations

import math

# Of the vectors.
CHANNELS = 32
HALF_CHANNELS = 16

AXES = 2
# What no step has to wait for is computed for so many pixels before their states are, which keeps
# the processor's arithmetic units busier. More would push the lines of a column's pixels, which
# share few places in the first-level cache, out of it before their second use.
PIXELS_AT_ONCE = 8
# Steps whose states the backward pass keeps at a time: 64 x 4 states x 32 channels fit the
# first-level cache.
CHUNK = 64

# Decays between bfloat16 maps, whose own rounding is 0.004: exp(x) is about (s^2 + 1 - v^2)^4 with
# s = max(v + slope x, 0), within 0.0115; the relative error of 1 - exp(x) is 0.0121 at most. The
# square of v has few enough digits that no step at all, x = 0, gives one exactly.
SHORT_DECAY_VERTEX = 0.8203125
_SHORT_DECAY_SLOPE = 0.99 / (8 * SHORT_DECAY_VERTEX)


def decay_unit(is_bfloat16: bool) -> float:
    """By what the rates of ``simd.decay`` have to be multiplied beforehand."""
    return _SHORT_DECAY_SLOPE if is_bfloat16 else 1 / math.log(2)
