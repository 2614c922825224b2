"""Columns: missing cells, constants, duplicates, outliers, scales, and shifts between splits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Numbers
from rnnctl.data_check.split_rows import own_rows, training_sample
from rnnctl.results.data_check import ColumnFacts, Finding
from rnnctl.schema.table import TableData
from rnnctl.tables.frames import column_of
from rnnctl.util.format import cut, first_few, listed, percent

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
_NEARLY_ALL = 0.9


def column_facts(data: TableData, frame: pl.DataFrame) -> tuple[ColumnFacts, ...]:
    """What each used column of a table holds, in the data's own units."""
    there = set(frame.columns)
    names = [name for name in dict.fromkeys((*data.seen, *data.target)) if name in there]
    return tuple(_facts(name, column_of(frame, name), data.column(name).kind) for name in names)


def _facts(name: str, column: pl.Series, kind: str) -> ColumnFacts:
    missing, rows = column.null_count(), column.len()
    if kind != "number" or missing == rows:
        distinct = column.drop_nulls().n_unique() if kind == "category" else None
        return ColumnFacts(name, kind, missing, rows, distinct=distinct)
    numbers: list[Any] = [column.min(), column.max(), column.mean(), column.std(ddof=0)]
    low, high, mean, deviation = map(float, numbers)
    return ColumnFacts(name, kind, missing, rows, low, high, mean, deviation)


def examine_missing(columns: Sequence[ColumnFacts]) -> Iterator[Finding]:
    """Finds columns with missing cells; more than half of them are worth a warning."""
    few = {}
    for column in columns:
        name, share = _quoted([column.name]), f"{column.missing:,} ({percent(column.missing, column.rows)})"
        if column.missing > _MOSTLY * column.rows:
            message = f"{name} is missing in {share} of the rows; it may not be worth keeping"
            yield Finding("warning", "missing", message, (column.name,))
        elif column.missing:
            few[column.name] = f"{name} in {share}"
    if few:
        message = f"cells are missing: {first_few(few.values(), _MOST)} of the rows"
        yield Finding("fact", "missing", message, tuple(few))


def examine_columns(dataset: Dataset, *, large: float, scale: str) -> Iterator[Finding]:
    """Checks the training rows of the columns of numbers, as the model sees them.

    Args:
        large: Root mean square above which a column counts as unscaled.
        scale: ``data.scale``.
    """
    inputs = list(enumerate(dataset.inputs))
    # Numbers of the file, rather than codes or phases of a calendar.
    places = [place for place, column in inputs if not column.tokens and column.name == column.source][:_MOST_COLUMNS]
    rows = training_sample(dataset, _MOST_CELLS // max(1, len(places)))
    if not places or len(rows) < 2:
        return
    values = dataset.train.values[rows][:, places].astype(np.float64)
    known = np.flatnonzero(np.isfinite(values).any(axis=0))
    numbers = _Numbers(dataset, rows, np.asarray(places)[known], values[:, known])
    yield from numbers.constants()
    yield from numbers.duplicates()
    if scale == "none":
        yield from numbers.unscaled(large)
    yield from numbers.outliers(scale)
    yield from numbers.shifts()


class _Numbers:
    """Values of the columns of numbers in training rows, ``[rows, columns]``."""

    def __init__(self, dataset: Dataset, rows: Ints, places: Ints, values: Numbers) -> None:
        self.dataset = dataset
        self.rows = rows
        self.places = places
        self.values = values
        self.names = [dataset.inputs[place].name for place in places]
        self.low, self.high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)

    def _finding(self, check: str, message: str, columns: Iterable[int]) -> Finding:
        return Finding("warning", check, message, tuple(self.names[column] for column in columns))

    def constants(self) -> Iterator[Finding]:
        still = np.flatnonzero(self.low == self.high).tolist()
        if still:
            names = _quoted([self.names[column] for column in still])
            message = f"nothing can be learnt from columns that never change in the training rows: {names}; take them"
            yield self._finding("constant", f"{message} out of data.features", still)

    def duplicates(self) -> Iterator[Finding]:
        """Pairs of columns that are nearly linear functions of each other."""
        moving = np.flatnonzero(self.high > self.low)
        complete = self.values[:, moving][np.isfinite(self.values[:, moving]).all(axis=1)]
        if len(moving) < 2 or len(complete) < 3:
            return
        with np.errstate(invalid="ignore", divide="ignore"):
            table = np.abs(np.corrcoef(complete, rowvar=False))
        pairs = moving[np.argwhere(np.triu(np.nan_to_num(table) > ALIKE, 1))]
        if len(pairs):
            names = [_quoted([self.names[one], self.names[two]]) for one, two in pairs[:_MOST]]
            text = first_few(names, _MOST, len(pairs), "; ")
            message = f"columns say nearly the same (|r| > {ALIKE}): {text}; one of each is enough"
            yield self._finding("duplicate", message, dict.fromkeys(pairs.ravel().tolist()))

    def unscaled(self, large: float) -> Iterator[Finding]:
        sizes = np.sqrt(np.nanmean(self.values**2, axis=0))
        huge = np.flatnonzero(sizes > large).tolist()
        if huge:
            text = first_few((f"{_quoted([self.names[c]])} (root mean square {sizes[c]:.4g})" for c in huge), _MOST)
            message = f"large numbers reach the model as they are: {text}; set data.scale: standard"
            yield self._finding("unscaled", message, huge)

    def outliers(self, scale: str) -> Iterator[Finding]:
        """Values far from all others; where they do not move the scale, that is no more than a fact."""
        values = self.values
        deviation = np.nanstd(values, axis=0)
        spread_out = (values == np.nanmedian(values, axis=0)).mean(axis=0) < MOSTLY_ONE
        moving = np.flatnonzero((deviation > 0) & spread_out)
        if not len(moving):
            return
        away = np.nan_to_num(np.abs(values[:, moving] - np.nanmean(values, axis=0)[moving]) / deviation[moving])
        worst, farthest = away.argmax(axis=0), away.max(axis=0)
        far = sorted(np.flatnonzero(farthest > FAR).tolist(), key=lambda place: -farthest[place])
        if far:
            distances = (
                f"{_quoted([self.names[moving[place]]])} by {farthest[place]:.0f} standard deviations"
                f", at {self.dataset.order.where(int(self.rows[worst[place]]))}"
                for place in far
            )
            text = first_few(distances, _MOST, separator="; ")
            message = f"values lie far from the mean: {text}; see whether they are mistakes"
            if scale == "robust":
                yield replace(self._finding("outlier", message, moving[far].tolist()), level="fact")
            else:
                yield self._finding("outlier", f"{message}, or set data.scale: robust", moving[far].tolist())

    def shifts(self) -> Iterator[Finding]:
        """Columns whose held-out values leave the range of the training rows."""
        dataset = self.dataset
        for split in dataset.splits:
            if split == "train":
                continue
            rows = np.flatnonzero(own_rows(dataset, split))
            values = dataset.train.values[rows[:: max(1, len(rows) // 50_000)]][:, self.places]
            outside = ((values < self.low) | (values > self.high)).mean(axis=0)
            away = np.flatnonzero((outside > OUTSIDE) & (self.high > self.low)).tolist()
            if counting := [column for column in away if self._counts(column)]:
                names = _quoted([self.names[column] for column in counting])
                message = (
                    f"{names} in the {split} split lie outside of all training values, as numbers of rows do: they"
                )
                message += " change by the same at each row; take them out of data.features"
                yield self._finding("shift", message, counting)
            away = [column for column in away if column not in counting]
            if away:
                text = first_few((f"{100 * outside[c]:.0f} % of {_quoted([self.names[c]])}" for c in away), _MOST)
                message = f"{text} in the {split} split lie outside of all training values"
                if dataset.forecast:
                    message += self._way_back(rows, away)
                yield self._finding("shift", message, away)

    def _way_back(self, rows: Ints, away: Sequence[int]) -> str:
        """What brings values of a split back into the range of training: their changes, where those are inside."""
        known, new = (
            np.diff(self.dataset.train.values[part][:, self.places[away]], axis=0)[np.diff(part) == 1]
            for part in (self.rows, rows)
        )
        growth = self._way_to_growth(away)
        if self.dataset.levels is not None:
            return growth and f"; {growth}"
        if not len(known) or not len(new):
            return ""
        outside = (new < np.nanmin(known, axis=0)) | (new > np.nanmax(known, axis=0))
        if (outside.mean(axis=0) <= OUTSIDE).all():
            return "; data.difference: 1 learns changes instead"
        return growth and f"; so do their changes: {growth}"

    def _way_to_growth(self, away: Sequence[int]) -> str:
        """How to learn growth rates in place of values, or of changes, that leave the range; empty if that is done."""
        if not {self.names[column] for column in away} <= set(self.dataset.target_names):
            return "put growth rates or logarithms into the file"  # data.transform is for targets alone
        if self.dataset.transform.word != "none":
            return ""
        keys = "data.transform: log" + (" and data.difference: 1 learn" if self.dataset.levels is None else " learns")
        return f"{keys} growth rates, where all values are above 0"

    def _counts(self, place: int) -> bool:
        """Whether a feature changes by the same from row to row, as numbers of rows do."""
        if self.names[place] in self.dataset.target_names:
            return False
        neighbours = np.diff(self.rows) == 1
        steps = np.diff(self.values[:, place])[neighbours]
        usual = np.median(steps[np.isfinite(steps)]) if np.isfinite(steps).any() else 0.0
        return bool(usual and np.isclose(steps, usual, rtol=1e-2).mean() > _NEARLY_ALL)


def _quoted(names: Sequence[str]) -> str:
    quoted = [repr(cut(name, 40)) for name in names]
    return listed(quoted, "and") if len(quoted) <= _MOST else first_few(quoted, _MOST)
