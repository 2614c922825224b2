"""Curves as plots of characters: the loss, and the few thousand points that it is kept in."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from rnnctl.util import lazy_modules
from rnnctl.util.format import short

HEIGHT = 12
NARROWEST, WIDTH_MAX = 40, 100
FEWEST = 5
"""Points below which a curve tells less than the lines above it."""

Point = tuple[float, float]

Curve = tuple[Sequence[Point], str]
"""Points and their marker."""


class LossCurve:
    """Means of any number of losses over equally many steps each, ``most`` at most; then neighbours are joined.

    Attributes:
        points: Step (the middle of those joined) and mean loss.
    """

    def __init__(self, most: int = 2000) -> None:
        self._most, self._stride = most, 1
        self.points: list[Point] = []
        self._sum, self._count = 0.0, 0

    def add(self, step: int, loss: float) -> None:
        """Takes the loss of the next step."""
        self._sum += loss
        self._count += 1
        if self._count < self._stride:
            return
        self.points.append((step - (self._stride - 1) / 2, self._sum / self._count))
        self._sum, self._count = 0.0, 0
        if len(self.points) >= self._most:
            self.points = _joined(self.points, self._most // 2)
            self._stride *= 2


def loss_plot(training: Sequence[Point], validation: Sequence[Point], width: int) -> str | None:
    """Draws losses by step, on a log scale where they span more than a factor of 30; None with too few."""
    checks = [point for point in validation if math.isfinite(point[1])]
    curves = [(_joined(training, min(width, WIDTH_MAX)), "braille"), (checks, "●")]
    return _losses(curves, [" ● validation"] if checks else [], width)


MARKERS = "123456789abcdefghijklmnopqrstuvwxyz"


def losses_plot(curves: Sequence[Sequence[Point]], names: Sequence[str], width: int) -> str | None:
    """Draws the losses of several runs over each other, each with a letter of its own; None with too few."""
    chosen = [(_joined(curve, min(width, WIDTH_MAX)), name) for curve, name in zip(curves, names, strict=True)]
    chosen = [(curve, name) for curve, name in chosen if len(curve) >= FEWEST]
    marked = [(curve, marker) for (curve, _), marker in zip(chosen, MARKERS, strict=False)]
    return _losses(marked, [f"  {marker} {name}" for (_, name), marker in zip(chosen, MARKERS, strict=False)], width)


def _losses(curves: Sequence[Curve], legend: Sequence[str], width: int) -> str | None:
    """Losses over their steps, below a title and a legend of several entries."""
    losses = [loss for points, _ in curves for _, loss in points]
    log = min(losses, default=0) > 0 and max(losses) > 30 * min(losses)
    picture = drawn(curves, width, lambda step: f"{step:,.0f}", log=log)
    if picture is None:
        return None
    title = "  loss by step" + (" (log scale)" if log else "")
    one = title + (" ·" + "".join(legend) if legend else "")
    head = [one] if len(one) <= width else [title, *legend]
    return "\n".join([*head, *picture])


def _joined(points: Sequence[Point], most: int) -> list[Point]:
    """The means over equally many neighbours, ``most`` at most, so that an odd small batch does not rule the scale."""
    finite = [point for point in points if math.isfinite(point[1])]
    size = -(-len(finite) // most) or 1
    groups = (zip(*finite[begin : begin + size], strict=True) for begin in range(0, len(finite), size))
    return [(sum(steps) / len(steps), sum(losses) / len(losses)) for steps, losses in groups]


def drawn(
    curves: Sequence[Curve], width: int, below: Callable[[float], str], *, log: bool = False, height: int = HEIGHT
) -> list[str] | None:
    """Draws curves, ``braille`` ones as lines, with five ticks below and five at the left.

    Args:
        below: The text of a place on the axis below.
        log: Whether the axis at the left is logarithmic.

    Returns:
        Lines without escape codes; None with too few points in the first curve, or no room.
    """
    if width < NARROWEST or not curves or len(curves[0][0]) < FEWEST:
        return None
    plotext = _plotext()
    if log:
        curves = [([(x, math.log10(y)) for x, y in points], marker) for points, marker in curves]
    xs, ys = zip(*(point for points, _ in curves for point in points), strict=True)
    across, up = _fifths(xs), _fifths(ys)
    almost_zero = 1e-6 * (up[-1] - up[0])  # 3e-8 is a zero that rounding left
    heights = [short(10**y, 3) if log else short(y if abs(y) > almost_zero else 0.0) for y in up]
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(min(width, WIDTH_MAX), height)
    for points, marker in curves:
        if points:
            signal = figure.signal([x for x, _ in points], [y for _, y in points], marker=marker)
            figure.draw(signal.lines() if marker == "braille" else signal)
    figure.ruler("x", "lower").ticks(across, [below(x) for x in across])
    figure.ruler("y", "left").ticks(up, heights)
    text: str = plotext.uncolorize(figure.build().string())
    figure.clear()
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]


def _plotext() -> Any:
    """Imports plotext; in a process of its own without the interactive help, which takes more than half of the time."""
    left_out = "plotext._doc.doc"
    alone = lazy_modules.own_process and "plotext" not in sys.modules
    if alone:
        sys.modules[left_out] = ModuleType(left_out)
        sys.modules[left_out].docs = None  # type: ignore[attr-defined]
    try:
        return import_module("plotext")
    finally:
        if alone:
            del sys.modules[left_out]


def _fifths(values: Sequence[float]) -> list[float]:
    """Five places from the lowest to the highest value, equally far apart."""
    low, high = min(values), max(values)
    return [low + (high - low) * part / 4 for part in range(5)]
