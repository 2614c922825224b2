"""A table of text: aligned, no rules, with fewer columns where the terminal is narrow."""

from __future__ import annotations

from collections.abc import Sequence

from rnnctl.cli.console.style import Style
from rnnctl.util.format import aligned

GAP = "  "


def table(
    titles: Sequence[str], rows: Sequence[Sequence[str]], style: Style, *, left: int = 1, leaving: Sequence[int] = ()
) -> str:
    """Draws a table; the first ``left`` columns are aligned at the left, the others hold numbers.

    Where it is too wide, the columns of ``leaving`` go first, in that order; then the others, from the right.
    """
    rows = list(
        zip(
            *(column if place < left else aligned(column) for place, column in enumerate(zip(*rows, strict=True))),
            strict=True,
        )
    )
    sizes = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    shown = [*range(len(sizes))]
    others = (place for place in range(len(sizes) - 1, 0, -1) if place not in leaving)
    for place in (*leaving, *others):
        if sum(sizes[column] + len(GAP) for column in shown) - len(GAP) > style.width:
            shown.remove(place)

    def line(cells: Sequence[str]) -> str:
        aligned = (f"{cells[at]:<{sizes[at]}}" if at < left else f"{cells[at]:>{sizes[at]}}" for at in shown)
        return GAP.join(aligned).rstrip()

    return "\n".join([style.dim(line(titles)), *map(line, rows)])
