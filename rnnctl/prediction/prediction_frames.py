"""Predictions as a table: in the data's own units, labels and times."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.dataset import Dataset
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.data.tokens import join, tokenise
from rnnctl.prediction.autoregression import Continuation
from rnnctl.prediction.future_rows import Extended
from rnnctl.schema.table import TableData
from rnnctl.scoring.measures import by_name
from rnnctl.scoring.scores import THRESHOLD
from rnnctl.scoring.units import Numbers, own_units
from rnnctl.tables.frames import named_apart

PROBABILITY = "{}: probability"
"""Name of the column of a prediction's probability; of yes and no, that of yes."""

EACH = 20
"""Most classes for which each has a column of its probabilities."""


def continuation_frame(data: TableData, extended: Extended, found: Continuation) -> pl.DataFrame:
    """The rows that follow each series: series, time (or number of rows ahead), and predictions."""
    dataset = extended.dataset
    predicted = found.numbers if found.numbers is not None else found.codes
    if predicted is None:
        raise ValueError("nothing was predicted")
    count, steps = predicted.shape[:2]
    rows = (extended.origin[:, None] + 1 + np.arange(steps)).reshape(-1)
    series, step = np.repeat(extended.series, steps), np.tile(np.arange(steps), count) + 1
    columns = _places(data, dataset.order, rows, series, step)
    if found.codes is not None and found.probability is not None:
        columns += _labels(dataset, found.codes.reshape(-1), found.probability.reshape(-1))
    elif found.numbers is not None:
        probability = None if found.probability is None else found.probability.reshape(count * steps, -1)
        columns += _values(dataset, found.numbers.reshape(count * steps, -1), probability)
    return named_apart(columns)


def text_frame(dataset: Dataset, found: Continuation) -> pl.DataFrame:
    """The tokens that follow one text, a row each."""
    if found.codes is None or found.probability is None:
        raise ValueError("a text is continued by tokens")
    codes = found.codes.reshape(-1)
    step = pl.Series("ahead", np.arange(1, len(codes) + 1))
    return named_apart([step, *_labels(dataset, codes, found.probability.reshape(-1))])


def texts_frame(data: TableData, texts: pl.Series, extended: Extended, found: Continuation) -> pl.DataFrame:
    """Each text of a column, its continuation appended."""
    name = str(data.text)
    column = data.column(name)
    if found.codes is None:
        raise ValueError("a text is continued by tokens")
    classes, level = extended.dataset.classes, column.kind
    lowercase = bool(getattr(column, "lowercase", False))
    before = tokenise(texts, level, lowercase=lowercase).to_list()
    whole = [
        join([*tokens, *(classes[code] for code in codes if code >= 0)], level)
        for tokens, codes in zip(before, found.codes.tolist(), strict=True)
    ]
    return named_apart([pl.Series("row", np.arange(1, len(whole) + 1)), pl.Series(name, whole, pl.String)])


def split_frame(data: TableData, dataset: Dataset, sequences: Sequences, predictions: npt.ArrayLike) -> pl.DataFrame:
    """The label of every sequence or row: ``predictions [sequences, outputs]`` or ``[sequences, time, outputs]``."""
    outputs = np.asarray(predictions)
    row = sequences.starts
    if outputs.ndim == 3:
        sequence, step = sequences.each_step()
        row, outputs = _once(sequences.starts[sequence] + step, step, outputs[sequence, step])
    order = dataset.order
    series = order.series_of(row)
    columns = _places(data, order, row, series, row - order.begin[series] + 1)
    if sequences.per_sequence:
        columns = columns[:1]  # the series, or the row of the text
    if dataset.target_kind == "category":
        return named_apart([*columns, *_classes(dataset, outputs)])
    if dataset.target_kind == "boolean":
        labels = (outputs >= THRESHOLD).astype(np.float64)
        return named_apart([*columns, *_values(dataset, labels, outputs.astype(np.float64))])
    return named_apart([*columns, *_values(dataset, own_units(outputs, dataset, row), None)])


def _once(row: Ints, step: Ints, outputs: npt.NDArray[np.floating]) -> tuple[Ints, npt.NDArray[np.floating]]:
    """Rows that several pieces of a series hold, once each: as predicted by the piece that sees most rows before."""
    order = np.lexsort((step, row))
    last = np.append(np.diff(row[order]) > 0, True)
    return row[order][last], outputs[order][last]


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


def _values(dataset: Dataset, values: Numbers, probability: Numbers | None) -> list[pl.Series]:
    """A column for each target: numbers, or yes and no with the probability of yes."""
    found = []
    for place, name in enumerate(dataset.target_names):
        if probability is None:
            found.append(pl.Series(name, values[:, place]))
        else:
            found.append(pl.Series(name, values[:, place] == 1))
            found.append(pl.Series(PROBABILITY.format(name), probability[:, place]))
    return found


def _labels(dataset: Dataset, codes: Ints, probability: Numbers) -> list[pl.Series]:
    name = dataset.target_names[0]
    labels = [dataset.classes[code] if code >= 0 else None for code in codes.tolist()]
    return [pl.Series(name, labels, pl.String), pl.Series(PROBABILITY.format(name), probability)]


def _classes(dataset: Dataset, outputs: npt.NDArray[np.floating]) -> list[pl.Series]:
    """The likeliest class and its probability; of few classes that of each."""
    codes = outputs.argmax(axis=1)
    found = _labels(dataset, codes, outputs[np.arange(len(outputs)), codes].astype(np.float64))
    if len(dataset.classes) <= EACH:
        name = dataset.target_names[0]
        found += [
            pl.Series(f"{name}: {dataset.classes[code]}", outputs[:, code].astype(np.float64))
            for code in sorted(range(len(dataset.classes)), key=lambda code: by_name(dataset.classes[code]))
        ]
    return found
