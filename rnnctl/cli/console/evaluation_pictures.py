"""Pictures of characters: a forecast beside what came true, and which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence

from rnnctl.cli.console.plot import FEWEST, drawn
from rnnctl.cli.console.style import Style
from rnnctl.cli.console.table import GAP, table
from rnnctl.results.evaluation import Confusion, ForecastLine, ForecastPaths
from rnnctl.util.format import counted, cut, percent
from rnnctl.util.printing import printable, visible

Line = ForecastLine | ForecastPaths

POINTS = 120
"""Values drawn at most: the last ones."""

MATRIX = 12
"""Classes of a matrix that is shown whole; of more, the commonest mistakes are listed."""

MISTAKES = 10
NAME = 20
"""Characters of a class's name at most."""


def forecast_plot(lines: Sequence[Line], style: Style) -> str | None:
    """The first line of a forecast: truth as a curve, predictions as dots; None with too little to draw or no room."""
    if not lines:
        return None
    line = lines[0]
    before = max(0, len(line.truth) - POINTS)
    said = _said(line)
    points = [
        [(float(x - before), y) for x, y in values if x >= before and y is not None]
        for values in (enumerate(line.truth), said)
    ]
    picture = drawn([(points[0], "braille"), (points[1], "●")], style.width, lambda x: _place(line, before + round(x)))
    if picture is None or len(points[1]) < FEWEST:
        return None
    whose = f" of series {line.series}" if line.series is not None else ""
    whose += f", the {line.standing} one" if line.standing else ""
    shown = f", the last {POINTS} of {len(line.truth):,}" if before else ""
    dots = "what is forecast"
    if isinstance(line, ForecastPaths):
        ahead = max((len(values) for _, values in line.paths), default=0)
        dots = f"{counted(len(line.paths), 'forecast')} of {counted(ahead, 'row')}"
    return "\n".join([cut(printable(f"  {line.output}{whose}{shown} · ● {dots}"), style.width), *picture])


def _said(line: Line) -> list[tuple[int, float | None]]:
    """Positions and values of what is predicted."""
    if isinstance(line, ForecastLine):
        return list(enumerate(line.forecast))
    return [(first + place, value) for first, values in line.paths for place, value in enumerate(values)]


def _place(line: Line, position: int) -> str:
    if line.at is None:
        return f"{position + 1:,}"
    at = line.at[position]
    return f"{at:g}" if isinstance(at, float) else printable(str(at))


def confusion_text(found: Confusion, style: Style) -> str:
    """Which classes are taken for which: a matrix, or the commonest mistakes where it would not fit."""
    names = [_shown(name) for name in found.classes]
    columns = zip(*found.counts, strict=True)
    sizes = [max(len(name), len(str(max(column)))) for name, column in zip(names, columns, strict=True)]
    width = max(map(len, ["truth", *names])) + sum(len(GAP) + size for size in sizes) + len(GAP) + len("right")
    if len(names) > MATRIX or width > style.width:
        return _mistakes(found, names, style)
    rows = [
        [name, *(str(count) if count else "·" for count in row), percent(row[place], sum(row))]
        for place, (name, row) in enumerate(zip(names, found.counts, strict=True))
    ]
    title = style.dim(cut("rows: the truth · columns: what the network says", style.width))
    return title + "\n" + table(["truth", *names, "right"], rows, style)


def _shown(name: str) -> str:
    """A class's name in one line."""
    return cut(visible(name), NAME)


def _mistakes(found: Confusion, names: list[str], style: Style) -> str:
    wrong = [
        (count, truth, said)
        for truth, row in enumerate(found.counts)
        for said, count in enumerate(row)
        if count and truth != said
    ]
    if not wrong:
        return style.dim(f"no mistakes among {counted(len(names), 'class', 'classes')}")
    chosen = sorted(wrong, key=lambda one: (-one[0], one[1], one[2]))[:MISTAKES]
    rows = [
        [names[truth], names[said], f"{count:,}", percent(count, sum(found.counts[truth]))]
        for count, truth, said in chosen
    ]
    title = f"the commonest mistakes among {counted(len(names), 'class', 'classes')} (--json has the whole matrix)"
    mistakes = table(["truth", "taken for", "times", "of the class"], rows, style, left=2)
    return f"{style.dim(cut(title, style.width))}\n{mistakes}"
