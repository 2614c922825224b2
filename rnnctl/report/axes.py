"""Axes, numbers and traces as Plotly takes them, for every picture of a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def log_axis(values: Sequence[float | None], **more: Any) -> dict[str, Any]:
    """A log axis with ticks at powers of ten, or between them where the values span little."""
    known = [value for value in values if value is not None]
    low, high = (math.log10(end) for end in (min(known, default=1.0), max(known, default=1.0)))
    exponents = range(math.floor(low), math.ceil(high) + 1)
    if high - low > 2:
        stride = -(-len(exponents) // 8)
        ticks = [(float(f"1e{exponent}"), power(exponent)) for exponent in exponents[::stride]]
    else:
        digits = ("1", "2", "5") if high - low > 0.5 else ("1", "1.2", "1.5", "2", "2.5", "3", "4", "5", "6", "8")
        places = [float(f"{digit}e{exponent}") for exponent in exponents for digit in digits]
        ticks = [(place, f"{place:g}") for place in places]
    ticks = [(place, text) for place, text in ticks if 0 < place < math.inf]
    room = max(0.06 * (high - low), 0.04)
    shown = {"tickvals": [place for place, _ in ticks], "ticktext": [text for _, text in ticks]}
    return {"type": "log", "range": [low - room, high + room], **shown, **more}


def counting_axis(last: int, title: str, **more: Any) -> dict[str, Any]:
    """An axis that counts from 1: whole numbers alone, eight at most."""
    stride = next(step for power in range(20) for step in (10**power, 2 * 10**power, 5 * 10**power) if last <= 8 * step)
    ticks = [1, *range(stride, last + 1, stride)] if stride > 1 else list(range(1, last + 1))
    return {"title": {"text": title}, "tickvals": ticks, **more}


def power(exponent: int) -> str:
    """A power of ten as ``10⁻³``."""
    return "10" + str(exponent).translate(SUPERSCRIPTS)


def positive(value: float) -> float | None:
    """What a log axis can hold; None for all else."""
    return digits(value) if math.isfinite(value) and value > 0 else None


def digits(value: float, count: int = 4) -> float:
    """So many significant digits: a page need not hold seventeen. The very largest floats have no rounder one."""
    shorter = float(f"{value:.{count}g}")
    return shorter if math.isfinite(shorter) else value


BACK_AXIS = {"title": {"text": "time steps back"}, "autorange": "reversed", "rangemode": "nonnegative"}


def scatter(
    x: Sequence[Any], y: Sequence[Any], hover: str, *, color: str, width: float = 2.0, **more: Any
) -> dict[str, Any]:
    """A trace with lines, or with markers alone where it has fewer than three values."""
    few = sum(value is not None for value in y) < 3
    line = {"color": color, "width": width, **more.pop("line", {})}
    trace = {"type": "scatter", "mode": "markers" if few else "lines", "x": list(x), "y": list(y), "line": line}
    return {**trace, "marker": {"color": color, "size": 7}, "hovertemplate": hover, **more}
