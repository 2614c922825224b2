"""Predictions as a table: in the data's own units, labels and times."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.dataset import Dataset
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.data.tokens import join, text_tokens
from rnnctl.prediction.autoregression import Continuation
from rnnctl.prediction.future_rows import Extended
from rnnctl.prediction.given_columns import of_rows
from rnnctl.schema.column_names import parts_of
from rnnctl.schema.table import TableData
from rnnctl.scoring.combination import decode_outputs, own_quantiles
from rnnctl.scoring.entries import seen_most
from rnnctl.scoring.intervals import Ends, Intervals
from rnnctl.scoring.measures import by_name
from rnnctl.scoring.quantiles import level_word
from rnnctl.scoring.units import Numbers
from rnnctl.tables.combined_columns import parts_of_names
from rnnctl.tables.frames import named_apart

EACH = 20
"""Most classes for which each has a column of its probabilities."""


def continuation_frame(
    data: TableData,
    extended: Extended,
    found: Continuation,
    given: pl.DataFrame | None = None,
    intervals: Intervals | None = None,
    *,
    spread: bool = False,
) -> pl.DataFrame:
    """The rows that follow each series: series, time (or number of rows ahead), given columns and predictions.

    Args:
        given: Other columns of the file, as `given_columns` reads them.
        intervals: Those around each prediction; None for none.
        spread: Whether the standard deviation of several nets' predictions has a column of its own.
    """
    count, steps, targets = found.values.shape
    rows = (extended.before[:, None] + 1 + np.arange(steps)).reshape(-1)
    series, step = np.repeat(extended.series, steps), np.tile(np.arange(steps), count) + 1
    values, probability = found.values.reshape(-1, targets), found.probability.reshape(-1, targets)
    places = _places(data, extended.dataset.order, rows, series, step)
    quantiles = None if found.quantiles is None else found.quantiles.reshape(len(values), -1, targets)
    ends: Ends = {}
    if intervals is not None:
        ahead = (extended.before - extended.origin)[:, None] + 1 + np.arange(steps)
        ends = intervals.around(found.values, extended.dataset, extended.origin, ahead, found.quantiles)
    predicted = _predicted(extended.dataset, values, probability, quantiles, ends)
    if spread:  # nets that have no part in a forecast do not differ in it
        apart = np.zeros_like(values) if found.spread is None else found.spread.reshape(-1, targets)
        predicted += [pl.Series(f"{name}_spread", apart[:, n]) for n, name in enumerate(extended.dataset.target_names)]
    return _beside(places, _given(extended.dataset, given, rows), predicted)


def text_frame(dataset: Dataset, found: Continuation) -> pl.DataFrame:
    """The tokens that follow one text, a row each."""
    step = pl.Series("ahead", np.arange(found.values.shape[1]) + 1)
    return _beside([step], [], _predicted(dataset, found.values[0], found.probability[0]))


def texts_frame(
    data: TableData, texts: pl.Series, extended: Extended, found: Continuation, given: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Each text of a column, its continuation appended; and the given columns of its row."""
    name, classes = str(data.text), extended.dataset.classes
    before, codes = text_tokens(data, texts).to_list(), found.values[:, :, 0].astype(np.int64).tolist()
    whole = [
        join([*tokens, *(classes[code] for code in following if code >= 0)], data.column(name).kind)
        for tokens, following in zip(before, codes, strict=True)
    ]
    others = [] if given is None else [column for column in given.get_columns() if column.name != name]
    return _beside([pl.Series("row", np.arange(1, len(whole) + 1))], others, [pl.Series(name, whole, pl.String)])


def split_frame(
    data: TableData,
    dataset: Dataset,
    sequences: Sequences,
    predictions: npt.ArrayLike,
    given: pl.DataFrame | None = None,
    lacking: npt.NDArray[np.bool_] | None = None,
    intervals: Intervals | None = None,
) -> pl.DataFrame:
    """The label of every sequence or row: ``predictions [sequences, outputs]`` or ``[sequences, time, outputs]``.

    A sequence or row that is in none of the sequences has an empty label.

    Args:
        given: Other columns of the file, as `given_columns` reads them.
        lacking: ``[rows of the table]``, whether a row's label is left empty.
        intervals: Those around each label; None for none.
    """
    outputs = np.asarray(predictions)
    row = sequences.starts
    if outputs.ndim == 3:
        sequence, step = sequences.each_step()
        row, outputs = sequences.starts[sequence] + step, outputs[sequence, step]
        kept = seen_most(row, step)
        row, outputs = row[kept], outputs[kept]
    if lacking is not None and dataset.table_rows is not None:
        kept = ~np.append(lacking, False)[dataset.table_rows[row]]
        row, outputs = row[kept], outputs[kept]
    order, whole = dataset.order, sequences.per_sequence
    left = order.begin[~np.isin(np.arange(len(order)), order.series_of(row))]
    left = left if whole else np.setdiff1d(np.arange(order.bounds[-1]), row)
    values, probability = decode_outputs(outputs, dataset, row)
    quantiles = own_quantiles(outputs, dataset, row)
    ahead = None if quantiles is None else quantiles[:, None]
    ends = {} if intervals is None else intervals.around(values[:, None], dataset, row, quantiles=ahead)
    predicted = _predicted(dataset, values, probability, quantiles, ends)
    if len(dataset.classes) <= EACH:
        for token in sorted(dataset.classes, key=by_name):
            chances = outputs[:, dataset.classes.index(token)].astype(np.float64)
            predicted.append(pl.Series(f"p({dataset.target_names[0]}={token})", chances))
    if len(left):
        at = np.argsort(np.append(row, left), kind="stable")
        row = np.append(row, left)[at]
        none = pl.Series(at >= len(at) - len(left))
        predicted = [column.gather(pl.Series(at).set(none, None)) for column in predicted]
    series = order.series_of(row)
    places = _places(data, order, row, series, row - order.begin[series] + 1)
    if whole:
        places = places[: max(1, len(parts_of(data.series)))]  # the series, or the row of the text
    return _beside(places, _given(dataset, given, row, own=not whole or data.text is not None), predicted)


def _given(dataset: Dataset, given: pl.DataFrame | None, rows: Ints, *, own: bool = True) -> list[pl.Series]:
    if given is None or dataset.table_rows is None:
        return []
    return of_rows(given, dataset.order, dataset.table_rows, rows, own=own)


def _beside(places: list[pl.Series], given: list[pl.Series], predicted: list[pl.Series]) -> pl.DataFrame:
    """Places, given columns and predictions, in this order.

    What is given keeps its name: a prediction of the same name is called ``predicted NAME``.
    """
    names = {column.name for column in given}
    predicted = [one.alias(f"predicted {one.name}") if one.name in names else one for one in predicted]
    named = named_apart([*places, *predicted, *given]).get_columns()
    first, last = len(places), len(places) + len(predicted)
    return pl.DataFrame([*named[:first], *named[last:], *named[first:last]])


def _places(data: TableData, order: Order, rows: Ints, series: Ints, step: Ints) -> list[pl.Series]:
    """Columns that say where each prediction belongs: series (or row of the file's text), time (or step)."""
    found = []
    if data.text is not None:
        found.append(pl.Series("row", series + 1))
    elif data.series is not None:
        parts = parts_of(data.series)
        values = parts_of_names(order.names, len(parts)) if len(parts) > 1 else [order.names]
        found += [
            pl.Series("", cells, pl.String).gather(series).alias(name)
            for name, cells in zip(parts, values, strict=True)
        ]
    if order.times is not None and data.time is not None:
        return [*found, order.times.gather(rows).alias(data.time)]
    name = "step" if data.task_entry.labels else "ahead"
    return [*found, pl.Series(name, step)]


def _predicted(
    dataset: Dataset,
    values: Numbers,
    probability: Numbers,
    quantiles: Numbers | None = None,
    ends: Ends | None = None,
) -> list[pl.Series]:
    """A column for each target, and of what is no number one of its probability; of yes and no, that of yes.

    Yes and no are spelt as in the file: as booleans where it has true and false, as numbers where it has 1 and 0.

    Args:
        quantiles: ``[rows, quantiles, targets]``, a column each, NaN where empty; None without any.
        ends: ``[predictions, steps, targets]``, those of intervals by their level: two more columns each.
    """
    found = []
    for target, (name, column, chance) in enumerate(zip(dataset.target_names, values.T, probability.T, strict=True)):
        if dataset.target_kind == "category":
            words = [dataset.classes[int(code)] if code >= 0 else None for code in column]
            found.append(pl.Series(name, words, pl.String))
        elif dataset.target_kind == "boolean":
            found.append(_spelt(name, column == 1, dataset))
        else:
            found.append(pl.Series(name, column))
        for level, said in zip(dataset.quantiles, () if quantiles is None else quantiles[..., target].T, strict=False):
            found.append(pl.Series(f"{name}_q{level_word(level)}", said).fill_nan(None))
        for percent, both in (ends or {}).items():
            for end, numbers in zip(("low", "high"), both, strict=True):
                at = numbers[:, :, target].reshape(-1)
                found.append(pl.Series(f"{name}_{end}_{percent:g}", at, nan_to_null=True))
        if dataset.target_kind != "number":
            found.append(pl.Series(f"p({name})", chance))
    return found


def _spelt(name: str, yes: npt.NDArray[np.bool_], dataset: Dataset) -> pl.Series:
    words = dataset.spelling(name)
    if words == ("false", "true"):
        return pl.Series(name, yes)
    if words == ("0", "1"):
        return pl.Series(name, yes.astype(np.int64))
    return pl.Series(name, [words[int(one)] for one in yes], pl.String)
