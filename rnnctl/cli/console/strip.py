"""The gradient's way back through time as a strip of bars, the last time step on the right.

The scale is logarithmic to base 2 and relative to the strip's largest norm: ``█`` is at least half of the largest, and
each level lower is another factor of two. The lowest, ``▁``, is below 1/128 of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

BARS = "▁▂▃▄▅▆▇█"
_LEVELS = "".join(BARS[min(max(level.bit_length() - 1, 0), 7)] for level in range(257))
"""The bar for a norm that is ``level / 256`` of the largest."""


def strip(norms: Sequence[float], width: int) -> str:
    """Draws norms ‖∂L/∂h_t‖ over time as ``min(width, len(norms))`` bars, each showing the largest norm of its bin.

    A NaN or infinite norm is a ``!``, and where all are zero all are ``▁``.
    """
    shown = binned(norms, width)
    largest = max([norm for norm in shown if norm < math.inf], default=0.0) or 1.0
    return "".join([_LEVELS[int(norm / largest * 256)] if norm < math.inf else "!" for norm in shown])


def binned(norms: Sequence[float], bins: int) -> Sequence[float]:
    """The largest norm of each of so many stretches, infinite where one is NaN; the norms themselves where they fit."""
    steps = len(norms)
    if steps <= bins:
        return norms
    if (total := sum(norms)) - total != 0.0:  # max() would hide a NaN within a bin
        norms = [norm if norm < math.inf else math.inf for norm in norms]
    edges = [position * steps // bins for position in range(bins + 1)]
    return [max(norms[begin:end]) for begin, end in pairwise(edges)]
