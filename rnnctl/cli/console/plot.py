"""Curves as plots of characters: the loss, and the few thousand points that it is kept in."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rnnctl.util.format import short

HEIGHT = 12
WIDTH_MAX = 100
FEWEST = 5
"""Points below which a curve tells less than the lines above it."""

Point = tuple[float, float]

Ticks = Sequence[tuple[float, str]]
"""Places on an axis, and the text at each."""


class LossCurve:
    """Means of any number of losses over equally many steps each, ``most`` at most; then neighbours are joined."""

    def __init__(self, most: int = 2000) -> None:
        self._most, self._stride = most, 1
        self._points: list[Point] = []
        self._sum, self._count = 0.0, 0

    def add(self, step: int, loss: float) -> None:
        """Takes the loss of the next step."""
        self._sum += loss
        self._count += 1
        if self._count < self._stride:
            return
        self._points.append((step - (self._stride - 1) / 2, self._sum / self._count))
        self._sum, self._count = 0.0, 0
        if len(self._points) >= self._most:
            self._points = _joined(self._points, self._most // 2)
            self._stride *= 2

    @property
    def points(self) -> list[Point]:
        """Step (the middle of those joined) and mean loss."""
        return self._points


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


def _losses(curves: Sequence[tuple[Sequence[Point], str]], legend: Sequence[str], width: int) -> str | None:
    """Losses over their steps, below a title and a legend of several entries; None where the first curve is short."""
    if width < 40 or not curves or len(curves[0][0]) < FEWEST:
        return None
    steps, losses = zip(*(point for points, _ in curves for point in points), strict=True)
    low, high = min(losses), max(losses)
    log = low > 0 and high / low > 30
    if log:
        curves = [([(step, math.log10(loss)) for step, loss in points], marker) for points, marker in curves]
        low, high = math.log10(low), math.log10(high)
    below = [(step, f"{step:,.0f}") for step in fifths(min(steps), max(steps))]
    beside = [(place, short(10**place if log else place)) for place in fifths(low, high)]
    title = "  loss by step" + (" (log scale)" if log else "")
    one = title + (" ·" + "".join(legend) if legend else "")
    head = [one] if len(one) <= width else [title, *legend]
    return "\n".join([*head, *drawn(curves, below, beside, width=width)])


def _joined(points: Sequence[Point], most: int) -> list[Point]:
    """The means over equally many neighbours, ``most`` at most, so that an odd small batch does not rule the scale."""
    finite = [point for point in points if math.isfinite(point[1])]
    size = -(-len(finite) // most) or 1
    groups = (zip(*finite[begin : begin + size], strict=True) for begin in range(0, len(finite), size))
    return [(sum(steps) / len(steps), sum(losses) / len(losses)) for steps, losses in groups]


def fifths(first: float, last: float) -> list[float]:
    """Five places from the first to the last, equally far apart."""
    return [first + (last - first) * part / 4 for part in range(5)]


def drawn(
    curves: Sequence[tuple[Sequence[Point], str]], below: Ticks, beside: Ticks, *, width: int, height: int = HEIGHT
) -> list[str]:
    """Draws curves, ``braille`` ones as lines, with ticks below and at the left; lines without escape codes."""
    import plotext

    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(min(width, WIDTH_MAX), height)
    for points, marker in curves:
        if points:
            signal = figure.signal([x for x, _ in points], [y for _, y in points], marker=marker)
            figure.draw(signal.lines() if marker == "braille" else signal)
    for side, ticks in ((("x", "lower"), below), (("y", "left"), beside)):
        figure.ruler(*side).ticks([place for place, _ in ticks], [text for _, text in ticks])
    text: str = plotext.uncolorize(figure.build().string())
    figure.clear()
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]
