"""Runs side by side as text: a column for each, as many beside each other as fit, and their losses as a plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnnctl.cli.console.plot import Point, losses_plot
from rnnctl.cli.console.style import Style
from rnnctl.cli.console.table import GAP
from rnnctl.report.comparing import Comparison, Row
from rnnctl.report.curves import thinned
from rnnctl.report.run_view import RunView
from rnnctl.util.format import cut
from rnnctl.util.printing import printable

LONGEST_NAME, LONGEST_CELL = 34, 24
BEST = " *"


def comparison_text(found: Comparison, views: Sequence[RunView], style: Style) -> str:
    """Draws a comparison."""
    blocks = list(_blocks(found, style))
    if "config" not in found.groups:
        blocks.insert(0, style.dim("the configs are the same in every key"))
    plot = losses_plot([_points(view) for view in views], [printable(name) for name in found.runs], style.width)
    if any(row.best() for rows in found.groups.values() for row in rows):
        blocks.append(style.dim("* the best of these runs"))
    if plot:
        blocks.append(plot)
    return "\n\n".join(blocks)


def _blocks(found: Comparison, style: Style) -> Iterator[str]:
    """A block for as many runs as fit beside each other, and so on."""
    first = min(max(len(printable(row.name)) for rows in found.groups.values() for row in rows), LONGEST_NAME)
    first = min(max(first, *map(len, found.groups)) + 2, max(style.width // 2, 12))
    longest = min(
        LONGEST_CELL, max((style.width - first) // 2 - len(GAP) - len(BEST), 10)
    )  # two runs beside each other
    lines = [("", [_short(name, longest) for name in found.runs])]
    for title, rows in found.groups.items():
        lines.append((title, []))
        worth_a_line = [row for row in rows if any(value is not None for value in row.values)]
        lines += [("  " + printable(row.name), _marked(row, longest)) for row in worth_a_line]
    sizes = [max(map(len, column)) for column in zip(*(cells for _, cells in lines if cells), strict=True)]
    begin = 0
    while begin < len(sizes):
        end, used = begin, first
        while end < len(sizes) and (end == begin or used + len(GAP) + sizes[end] <= style.width):
            used += len(GAP) + sizes[end]
            end += 1
        block = []
        for title, cells in lines:
            if not cells:
                block.append(style.dim(title))
                continue
            values = "".join(f"{GAP}{cells[place]:>{sizes[place]}}" for place in range(begin, end))
            line = f"{_end_of(title, first):<{first}}{values}".rstrip()
            block.append(line if title else style.bold(line))
        yield "\n".join(block)
        begin = end


def _marked(row: Row, longest: int) -> list[str]:
    """The cells, a star after the best; a space after the others where there is one, so that numbers stay aligned."""
    best, cells = row.best(), [_short(cell, longest) for cell in row.cells()]
    return [cell + (BEST if place in best else " " * len(BEST)) for place, cell in enumerate(cells)] if best else cells


def _end_of(title: str, width: int) -> str:
    """A name cut at its left: the end of a dotted path tells more than its beginning."""
    indent = title[: len(title) - len(title.lstrip())]
    return title if len(title) <= width else f"{indent}…{title[len(title) - width + len(indent) + 1 :]}"


def _short(text: str, longest: int) -> str:
    """A cell in one line; of a path its end is left."""
    shown = printable(" ".join(text.split()))
    return _end_of(shown, longest) if "/" in shown else cut(shown, longest)


def _points(view: RunView) -> list[Point]:
    curve = thinned(view.run.steps.step, view.run.steps.loss, 200)
    return list(zip(curve.x.tolist(), curve.mean.tolist(), strict=True))
