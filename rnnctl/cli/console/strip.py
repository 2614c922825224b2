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
    steps = len(norms)
    if steps > width:
        if (total := sum(norms)) - total != 0.0:  # max() would hide a NaN within a bin
            norms = [norm if norm - norm == 0.0 else math.inf for norm in norms]
        edges = [position * steps // width for position in range(width + 1)]
        norms = [max(norms[begin:end]) for begin, end in pairwise(edges)]
    try:
        scale = 256.0 / max(norms)
        return "".join([_LEVELS[int(norm * scale)] for norm in norms])
    except (ValueError, OverflowError, ZeroDivisionError, IndexError):
        return _careful_strip(norms)


def _careful_strip(norms: Sequence[float]) -> str:
    """The same for norms that hold a NaN, an infinity, nothing but zeros, or too small numbers to divide by."""
    finite = [norm for norm in norms if math.isfinite(norm)]
    largest = max(finite, default=0.0)
    if largest == 0.0:
        return "".join(BARS[0] if math.isfinite(norm) else "!" for norm in norms)
    return "".join(
        _LEVELS[max(0, min(256, int(norm / largest * 256)))] if math.isfinite(norm) else "!" for norm in norms
    )
