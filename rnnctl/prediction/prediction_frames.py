"""Predictions as a table: in the data's own units, labels and times. Knows no models."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.dataset import Dataset
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.data.text_dataset import COLUMN
from rnnctl.data.tokens import join, tokenise
from rnnctl.prediction.autoregression import Continuation
from rnnctl.prediction.future_rows import Ahead
from rnnctl.schema.table import TableData
from rnnctl.scoring.measures import by_name
from rnnctl.scoring.scores import THRESHOLD
from rnnctl.scoring.units import Numbers, own_units
from rnnctl.tables.frames import named_apart

PROBABILITY = "{}: probability"
"""Name of the column that says how probable what is told is; of yes and no, how probable yes is."""

EACH = 20
"""Classes up to which each has a column of its probabilities."""


def continuation_frame(data: TableData, ahead: Ahead, found: Continuation) -> pl.DataFrame:
    """The rows that follow each series: series, time (or how many rows ahead), and what is predicted.

    Args:
        data: The data section.
        ahead: The series.
        found: What follows.
    """
    dataset = ahead.dataset
    told = found.numbers if found.numbers is not None else found.codes
    if told is None:
        raise ValueError("nothing was predicted")
    count, steps = told.shape[:2]
    rows = (ahead.origin[:, None] + 1 + np.arange(steps)).reshape(-1)
    columns = _places(data, _order(dataset), rows, np.repeat(ahead.series, steps), np.tile(np.arange(steps), count) + 1)
    if found.codes is not None and found.probability is not None:
        columns += _labels(dataset, found.codes.reshape(-1), found.probability.reshape(-1))
    elif found.numbers is not None:
        likely = None if found.probability is None else found.probability.reshape(count * steps, -1)
        columns += _values(dataset, found.numbers.reshape(count * steps, -1), likely)
    return named_apart(columns)


def text_frame(dataset: Dataset, found: Continuation) -> pl.DataFrame:
    """The tokens that follow one text, a row each."""
    if found.codes is None or found.probability is None:
        raise ValueError("a text is gone on with by tokens")
    codes = found.codes.reshape(-1)
    step = pl.Series("ahead", np.arange(1, len(codes) + 1))
    return named_apart([step, *_labels(dataset, codes, found.probability.reshape(-1))])


def texts_frame(data: TableData, texts: pl.Series, ahead: Ahead, found: Continuation) -> pl.DataFrame:
    """Each text of a column as it stands after it was gone on with.

    Args:
        data: The data section; its column of text is the target.
        texts: The texts.
        ahead: The same, with room.
        found: What follows.
    """
    name = str(data.text)
    column = data.column(name)
    if found.codes is None:
        raise ValueError("a text is gone on with by tokens")
    classes, level = ahead.dataset.classes, column.kind
    lowercase = bool(getattr(column, "lowercase", False))
    before = tokenise(texts, level, lowercase=lowercase).to_list()
    whole = [
        join([*tokens, *(classes[code] for code in codes if code >= 0)], level)
        for tokens, codes in zip(before, found.codes.tolist(), strict=True)
    ]
    return named_apart([pl.Series("row", np.arange(1, len(whole) + 1)), pl.Series(name, whole, pl.String)])


def split_frame(data: TableData, dataset: Dataset, sequences: Sequences, predictions: npt.ArrayLike) -> pl.DataFrame:
    """What is told of every sequence, or of every row.

    Args:
        data: The data section; its task predicts labels.
        dataset: The dataset.
        sequences: The split.
        predictions: ``[sequences, outputs]`` or ``[sequences, time, outputs]``, as the model gives them.
    """
    given = np.asarray(predictions)
    row = sequences.starts
    if given.ndim == 3:
        sequence, step = sequences.each_step()
        row, given = _once(sequences.starts[sequence] + step, step, given[sequence, step])
    order = _order(dataset)
    series = np.searchsorted(order.bounds, row, side="right") - 1
    columns = _places(data, order, row, series, row - order.bounds[series] + 1)
    if sequences.per_sequence:
        columns = columns[:1]  # the series, or the row of the text
    if dataset.target_kind == "category":
        return named_apart([*columns, *_classes(dataset, given)])
    if dataset.target_kind == "boolean":
        told = (given >= THRESHOLD).astype(np.float64)
        return named_apart([*columns, *_values(dataset, told, given.astype(np.float64))])
    return named_apart([*columns, *_values(dataset, own_units(given, dataset, row), None)])


def _once(row: Ints, step: Ints, given: npt.NDArray[np.floating]) -> tuple[Ints, npt.NDArray[np.floating]]:
    """Rows that several pieces of a series hold, once each: as the piece tells that has seen most of what is before."""
    order = np.lexsort((step, row))
    last = np.append(np.diff(row[order]) > 0, True)
    return row[order][last], given[order][last]


def _order(dataset: Dataset) -> Order:
    if dataset.order is None:
        raise ValueError("a file's rows are in order")
    return dataset.order


def _places(data: TableData, order: Order, rows: Ints, series: Ints, step: Ints) -> list[pl.Series]:
    """Columns that say where each prediction belongs: series (or row of the file's text), time (or step)."""
    found = []
    if data.text is not None:
        found.append(pl.Series("row", series + 1))
    elif data.series is not None:
        found.append(pl.Series("", order.names, pl.String).gather(series).alias(data.series))
    if order.times is not None and data.time is not None:
        return [*found, order.times.gather(rows).alias(data.time)]
    name = "step" if data.task_entry.labels else "ahead"
    return [*found, pl.Series(name, step)]


def _values(dataset: Dataset, values: Numbers, likely: Numbers | None) -> list[pl.Series]:
    """A column for each target: numbers, or yes and no with the probability of yes."""
    found = []
    for place, name in enumerate(dataset.target_names):
        if likely is None:
            found.append(pl.Series(name, values[:, place]))
        else:
            found.append(pl.Series(name, values[:, place] == 1))
            found.append(pl.Series(PROBABILITY.format(name), likely[:, place]))
    return found


def _labels(dataset: Dataset, codes: Ints, likely: Numbers) -> list[pl.Series]:
    name = dataset.target_names[0] if dataset.target_names[0] != COLUMN else "token"
    labels = [dataset.classes[code] if code >= 0 else None for code in codes.tolist()]
    return [pl.Series(name, labels, pl.String), pl.Series(PROBABILITY.format(name), likely)]


def _classes(dataset: Dataset, given: npt.NDArray[np.floating]) -> list[pl.Series]:
    """The likeliest class, its probability, and where there are few classes that of each."""
    codes = given.argmax(axis=1)
    found = _labels(dataset, codes, given[np.arange(len(given)), codes].astype(np.float64))
    if len(dataset.classes) <= EACH:
        name = dataset.target_names[0]
        found += [
            pl.Series(f"{name}: {dataset.classes[code]}", given[:, code].astype(np.float64))
            for code in sorted(range(len(dataset.classes)), key=lambda code: by_name(dataset.classes[code]))
        ]
    return found
