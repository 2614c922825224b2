"""Rows of tables whose file has a column for each time: each value becomes a row of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.tables.cells import bare, without_nan
from rnnctl.tables.numbers import missing_values, missing_words
from rnnctl.tables.wide_columns import labels_of

if TYPE_CHECKING:
    from rnnctl.schema.table import TableData

Spans = npt.NDArray[np.int64]
"""``[rows of the file, 2]``: the first of its wide columns that is a row of the table, and how many are."""


def long_columns(data: TableData, columns: Mapping[str, pl.Series]) -> Mapping[str, pl.Series]:
    """A file's columns with a row for each of its wide ones: those of the first row, then those of the second."""
    if data.wide is None or data.wide.columns is None or not set(data.wide.columns) <= set(columns):
        return columns
    return unpivoted(columns, data.wide.columns, data.wide.names, data.wide.values, ragged_spans(data, columns))


def ragged_spans(data: TableData, columns: Mapping[str, pl.Series]) -> Spans | None:
    """Which of the wide columns are rows, for each row of a file, as `Part.spans` has it; None where all are."""
    wide = data.wide
    if wide is None or not wide.ragged or wide.columns is None or not set(wide.columns) <= set(columns):
        return None
    marks, numbers = missing_words(data.missing_marks), missing_values(data.missing_marks)
    return spans_of([_is_there(columns[name], marks, numbers) for name in wide.columns])


def _is_there(cells: pl.Series, marks: Sequence[str], numbers: Sequence[float]) -> npt.NDArray[np.bool_]:
    """``[rows]``: whether cells hold something."""
    column = without_nan(cells) if cells.dtype.is_float() else cells
    text = bare(column.cast(pl.String), marks)
    if numbers:
        text = text.set(text.cast(pl.Float64, strict=False).is_in(numbers).fill_null(value=False), None)
    return text.is_not_null().to_numpy()


def spans_of(there: Sequence[npt.NDArray[np.bool_]]) -> Spans:
    """``[rows, 2]``: the first column of each row that holds something, and how many there are up to the last one.

    Args:
        there: ``[rows]`` of each column.
    """
    found = np.column_stack(there)
    first, after = found.argmax(axis=1), found.shape[1] - found[:, ::-1].argmax(axis=1)
    return np.column_stack((first, np.where(found.any(axis=1), after - first, 0)))


def unpivoted(
    columns: Mapping[str, pl.Series],
    wide: Sequence[str],
    names: str,
    values_name: str,
    spans: Spans | None = None,
) -> dict[str, pl.Series]:
    """Columns with a row for each of some wide ones, whose names and values become columns.

    Args:
        spans: See `Part`; None where each wide column is one in each row.
    """
    height, count = len(columns[wide[0]]), len(wide)
    values = pl.concat([pl.DataFrame({"": columns[name]}) for name in wide], how="vertical_relaxed").to_series()
    row, column = (place.ravel() for place in np.indices((height, count)))
    if spans is not None:
        first, after = spans[row, 0], spans.sum(axis=1)[row]
        row, column = (place[(first <= column) & (column < after)] for place in (row, column))
    found = {name: cells.gather(row) for name, cells in columns.items() if name not in wide}
    found[names] = pl.Series(labels_of(wide), dtype=pl.String).gather(column)
    found[values_name] = values.gather(column * height + row)
    return found
