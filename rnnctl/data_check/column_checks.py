"""Columns: missing cells, constants, duplicates, outliers, scales, and shifts between splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints
from rnnctl.data_check.split_rows import own_rows, training_sample
from rnnctl.results.data_check import ColumnFacts, Finding
from rnnctl.schema.table import TableData
from rnnctl.tables.frames import column_of
from rnnctl.util.format import cut, first_few, listed

ALIKE = 0.999
"""Correlation above which two columns are duplicates."""

FAR = 20.0
"""Standard deviations from the mean beyond which a value is an outlier."""

OUTSIDE = 0.25
"""Share of a held-out split's values outside the range of the training rows that is worth a warning."""

MOSTLY_ONE = 0.5
"""Share of the median from which on a column is sparse, and its extremes are events rather than outliers."""

_MOST = 5
_MOST_COLUMNS = 500
_MOST_CELLS = 20_000_000
_MOSTLY = 0.5


def column_facts(data: TableData, frame: pl.DataFrame) -> tuple[ColumnFacts, ...]:
    """What each used column of a table holds, in the data's own units."""
    names = [name for name in dict.fromkeys((*data.seen, *data.target)) if name in frame.columns]
    return tuple(_facts(name, column_of(frame, name), data.column(name).kind) for name in names)


def _facts(name: str, column: pl.Series, kind: str) -> ColumnFacts:
    missing, rows = column.null_count(), column.len()
    if kind != "number" or missing == rows:
        distinct = column.drop_nulls().n_unique() if kind == "category" else None
        return ColumnFacts(name, kind, missing, rows, distinct=distinct)
    numbers: list[Any] = [column.min(), column.max(), column.mean(), column.std(ddof=0)]
    low, high, mean, deviation = map(float, numbers)
    return ColumnFacts(name, kind, missing, rows, low, high, mean, deviation)


def examine_missing(columns: Sequence[ColumnFacts]) -> list[Finding]:
    """Finds columns with missing cells; more than half of them are worth a warning."""
    gaps = [column for column in columns if column.missing]
    many = [column for column in gaps if column.missing > _MOSTLY * column.rows]
    few = [column for column in gaps if column not in many]
    found = [
        Finding(
            "warning",
            "missing",
            f"{_quoted([column.name])} is missing in {_share(column)} of the rows; it may not be worth keeping",
            (column.name,),
        )
        for column in many
    ]
    if few:
        text = first_few((f"{_quoted([column.name])} in {_share(column)}" for column in few), _MOST)
        names = tuple(column.name for column in few)
        found.append(Finding("fact", "missing", f"cells are missing: {text} of the rows", names))
    return found


def _share(column: ColumnFacts) -> str:
    return f"{column.missing:,} ({100 * column.missing / column.rows:.3g} %)"


def examine_columns(dataset: Dataset, thresholds: Mapping[str, float], *, scaled: bool) -> list[Finding]:
    """Checks the training rows of the columns of numbers, as the model sees them.

    Columns that are not ``scaled`` are large where their root mean square is above ``thresholds["large"]``.
    """
    numbers = [place for place, column in enumerate(dataset.inputs) if _is_number(dataset, place)]
    numbers = numbers[:_MOST_COLUMNS]
    rows = training_sample(dataset, _MOST_CELLS // max(1, len(numbers)))
    if not numbers or len(rows) < 2:
        return []
    values = dataset.train.values[rows][:, numbers].astype(np.float64)
    known = np.flatnonzero(np.isfinite(values).any(axis=0))
    values, numbers = values[:, known], [numbers[place] for place in known.tolist()]
    names = [dataset.inputs[place].name for place in numbers]
    moving = np.nanmax(values, axis=0, initial=-np.inf) > np.nanmin(values, axis=0, initial=np.inf)
    return [
        *_constant(names, moving),
        *_alike(names, values, moving),
        *_unscaled(names, values, thresholds["large"], scaled=scaled),
        *_outliers(dataset, names, values, rows),
        *_shifted(dataset, names, numbers, values),
    ]


def _is_number(dataset: Dataset, place: int) -> bool:
    """Whether a column holds numbers of the file, rather than codes or phases of a calendar."""
    column = dataset.inputs[place]
    return not column.tokens and column.name == column.source


def _constant(names: Sequence[str], moving: np.ndarray) -> list[Finding]:
    still = [name for name, moves in zip(names, moving, strict=True) if not moves]
    if not still:
        return []
    changes, it = ("never changes", "it") if len(still) == 1 else ("never change", "them")
    message = (
        f"{_quoted(still)} {changes} in the training rows: the model learns nothing from {it}; "
        f"take {it} out of data.features"
    )
    return [Finding("warning", "constant", message, tuple(still))]


def _alike(names: Sequence[str], values: np.ndarray, moving: np.ndarray) -> list[Finding]:
    """Pairs of columns that are nearly straight lines of each other."""
    places = np.flatnonzero(moving)
    if len(places) < 2:
        return []
    complete = values[:, places][np.isfinite(values[:, places]).all(axis=1)]
    if len(complete) < 3:
        return []
    with np.errstate(invalid="ignore", divide="ignore"):
        table = np.abs(np.corrcoef(complete, rowvar=False))
    pairs = np.argwhere(np.triu(np.nan_to_num(table) > ALIKE, 1))
    if not len(pairs):
        return []
    pairs_named = (_quoted([names[places[one]], names[places[two]]]) for one, two in pairs[:_MOST])
    text = first_few(pairs_named, _MOST, len(pairs), "; ")
    columns = tuple(dict.fromkeys(names[places[place]] for place in pairs.ravel()))
    message = f"columns say the same (|r| > {ALIKE}): {text}; one of each is enough"
    return [Finding("warning", "duplicate", message, columns)]


def _unscaled(names: Sequence[str], values: np.ndarray, large: float, *, scaled: bool) -> list[Finding]:
    if scaled:
        return []
    sizes = np.sqrt(np.nanmean(values**2, axis=0))
    huge = [place for place, size in enumerate(sizes) if size > large]
    if not huge:
        return []
    text = first_few((f"{_quoted([names[place]])} (root mean square {sizes[place]:.4g})" for place in huge), _MOST)
    message = f"large numbers reach the model as they are: {text}; set data.scale: standard"
    return [Finding("warning", "unscaled", message, tuple(names[place] for place in huge))]


def _outliers(dataset: Dataset, names: Sequence[str], values: np.ndarray, rows: Ints) -> list[Finding]:
    center, size = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    spread_out = (values == np.nanmedian(values, axis=0)).mean(axis=0) < MOSTLY_ONE
    moving = np.flatnonzero((size > 0) & spread_out)
    if not len(moving):
        return []
    away = np.nan_to_num(np.abs(values[:, moving] - center[moving]) / size[moving])
    worst, farthest = away.argmax(axis=0), away.max(axis=0)
    far = sorted(np.flatnonzero(farthest > FAR).tolist(), key=lambda place: -farthest[place])
    if not far:
        return []
    columns = [names[moving[place]] for place in far]
    distances = (
        f"{_quoted([name])} by {farthest[place]:.0f} standard deviations{_at(dataset, int(rows[worst[place]]))}"
        for name, place in zip(columns, far, strict=True)
    )
    text = first_few(distances, _MOST, separator="; ")
    message = f"values lie far from the mean: {text}; see whether they are mistakes, or set data.scale: robust"
    return [Finding("warning", "outlier", message, tuple(columns))]


def _at(dataset: Dataset, row: int) -> str:
    order = dataset.order
    if order is None or order.times is None or row >= len(order.times):
        return ""
    series = order.names[int(np.searchsorted(order.bounds, row, side="right")) - 1]
    return f", at {order.times[row]}" + (f" of series {series!r}" if series else "")


def _shifted(dataset: Dataset, names: Sequence[str], numbers: Sequence[int], training: np.ndarray) -> list[Finding]:
    """Columns whose held-out values leave the range of the training rows."""
    low, high = np.nanmin(training, axis=0), np.nanmax(training, axis=0)
    found = []
    for split_name in ("validation", "test"):
        if split_name not in dataset.splits:
            continue
        rows = np.flatnonzero(own_rows(dataset, split_name))
        values = dataset.train.values[rows[:: max(1, len(rows) // 50_000)]][:, numbers]
        outside = ((values < low) | (values > high)).mean(axis=0)
        away = [place for place in np.flatnonzero(outside > OUTSIDE).tolist() if high[place] > low[place]]
        if away:
            text = first_few((f"{100 * outside[place]:.0f} % of {_quoted([names[place]])}" for place in away), _MOST)
            message = f"{text} in the {split_name} split lie outside of all training values"
            todo = "; data.difference: 1 learns changes instead" if dataset.forecast and dataset.levels is None else ""
            found.append(Finding("warning", "shift", message + todo, tuple(names[place] for place in away)))
    return found


def _quoted(names: Sequence[str]) -> str:
    text = [repr(cut(name, 40)) for name in names]
    return listed(text, "and") if len(text) <= _MOST else first_few(text, _MOST)
