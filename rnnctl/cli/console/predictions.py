"""The screen of ``rnnctl predict``: the first rows of a table."""

from __future__ import annotations

import polars as pl

from rnnctl.cli.console.style import Style, one_line
from rnnctl.cli.console.table import table
from rnnctl.util.format import counted, cut, short

ROWS = 20
TEXT = 60
"""Characters of a text cell at most."""


def predictions_text(frame: pl.DataFrame, style: Style) -> str:
    """The first rows, texts at the left.

    Args:
        frame: The predictions.
        style: Width of a line, and how text is dressed.
    """
    shown = frame.head(ROWS)
    rows = [[_cell(value) for value in row] for row in shown.iter_rows()]
    left = 0
    while left < frame.width and not frame.dtypes[left].is_numeric():
        left += 1
    text = table([cut(one_line(name), TEXT) for name in frame.columns], rows, style, left=left)
    if frame.height <= ROWS:
        return text
    return text + "\n" + style.dim(f"… {counted(frame.height - ROWS, 'more row')}; -o FILE writes them all")


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return short(value, 5)
    return cut(one_line(str(value)), TEXT)
