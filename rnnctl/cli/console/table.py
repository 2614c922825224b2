"""A table of text: aligned, no lines, columns dropped from the right where the terminal is narrow."""

from __future__ import annotations

from collections.abc import Sequence

from rnnctl.cli.console.style import Style

GAP = "  "


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], style: Style, *, left: int = 1) -> str:
    """Draws a table; the first ``left`` columns are aligned at the left, the others hold numbers."""
    sizes = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    shown, used = 0, 0
    for size in sizes:
        used += size + (len(GAP) if shown else 0)
        if used > style.width and shown:
            break
        shown += 1

    def line(cells: Sequence[str]) -> str:
        dressed = (
            f"{cell:<{size}}" if position < left else f"{cell:>{size}}"
            for position, (cell, size) in enumerate(zip(cells[:shown], sizes[:shown], strict=True))
        )
        return GAP.join(dressed).rstrip()

    return "\n".join([style.dim(line(titles)), *map(line, rows)])
