"""Numbers as the sentences of verdicts write them. Knows nothing of what they mean."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """Three digits: ``0.62``, ``1.5e+05``."""
    return f"{value:.3g}"


def percent(share: float) -> str:
    """A share in percent, ``<1 %`` where it would round to nothing."""
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def round_value(value: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten, as a person would write a setting."""
    if not math.isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    step = min((1.0, 2.0, 5.0, 10.0), key=lambda choice: abs(math.log(choice * power / value)))
    return float(f"{step * power:.0e}")
