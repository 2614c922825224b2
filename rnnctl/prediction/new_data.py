"""Another file in the form that a run was trained on, and the values that predictions from it need."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset, Preparation
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints, covered
from rnnctl.data.tokens import text_tokens
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.tables.frames import column_of, replaced
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Table
from rnnctl.util.format import first_few

_DTYPES: dict[str, pl.DataType] = {"number": pl.Float64(), "boolean": pl.Boolean()}
SHOWN = 5
"""Unknown tokens of a column that are named."""


def load_new_data(config: Config, path: Path, known: Preparation) -> Dataset:
    """Another file as a dataset whose test split holds all of it, targets included.

    Raises:
        DataError: The file cannot be used as the config asks.
    """
    notes: list[str] = []
    dataset = config.data.with_file(path).load(
        seed=config.seed,
        per_step=config.model.return_sequences,
        known=known,
        inspect=lambda table: notes.extend(unknown_token_notes(table, known)),
    )
    return replace(dataset, notes=(*notes, *dataset.notes))


def unknown_token_notes(table: Table, known: Preparation) -> tuple[str, ...]:
    """Notes about features with tokens that are in none of the run's training rows."""
    data, notes = table.data, []
    for name in data.seen:
        tokens = known.vocabularies.get(name)
        if tokens is None:
            continue
        words, cells = name == data.text, column_of(table.frame, name)
        shown = pl.DataFrame({"row": np.arange(len(cells)), "token": text_tokens(data, cells) if words else cells})
        shown = (shown.explode("token") if words else shown).drop_nulls()
        strange = shown.filter(~shown["token"].is_in(list(tokens)))
        if strange.height:
            whose = data.column(name).kind.removesuffix("s") if words else "cell"
            first = first_few(map(repr, strange["token"].unique(maintain_order=True).to_list()), SHOWN)
            notes.append(
                f"{data.path}: column {name!r}: {table.lines(strange['row'].unique().sort().to_list())}: the run's "
                f"training rows hold no {whose} {first}; shown to the network as unknown"
            )
    return tuple(notes)


def read_unlabelled(data: TableData) -> Table:
    """Reads a table whose targets may be absent: a column of nulls stands in for each.

    So may a column of text that is generated from nothing.

    Raises:
        DataError: The file cannot be read as the config asks.
    """
    _, names = data.column_names()
    absent = [name for name in data.target if name not in names and (name not in data.seen or name == data.text)]
    if not absent or not {*data.seen, *data.target}.difference(absent):  # read_table names what is missing
        return read_table(data)
    kept = tuple(name for name in data.target if name not in absent)
    features = tuple(name for name in (data.features or data.target) if name not in absent)
    columns = {name: column for name, column in data.columns.items() if name not in absent}
    table = read_table(data.model_copy(update={"target": kept, "features": features, "columns": columns}))
    empty = {name: _empty(table, _DTYPES.get(data.column(name).kind, pl.String())) for name in absent}
    return replace(table, data=data, frame=replaced(table.frame, empty))


def without_targets(table: Table) -> Table:
    """The table with empty target columns, so that no label in them can be at fault; features are kept."""
    names = [name for name in table.data.target if name not in table.data.seen]
    empty = {name: _empty(table, table.frame.schema[name]) for name in names}
    return replace(table, frame=replaced(table.frame, empty))


def _empty(table: Table, dtype: pl.DataType) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, table.frame.height)


def check_known(table: Table, order: Order, last: Ints, needed: int, horizon: int) -> None:
    """Checks that the file holds all that the model sees of future rows.

    Features whose future is known are needed for all of them; others, where predictions are fed back, for all but the
    last ``horizon``.

    Args:
        last: ``[series]``, the last known row of each series; −1 where none is.
        needed: Number of future rows.

    Raises:
        DataError: A value is missing.
    """
    data = table.data
    own = {*data.target, *(data.static or ())}
    others = [name for name in data.seen if name not in own and name not in (data.known or ())]
    for names, rows in ((data.known or (), needed), (others, needed - horizon)):
        for name in names:
            there = order.take(column_of(table.frame, name).is_not_null().to_numpy())
            for place in np.flatnonzero(last >= 0):
                first, stop = int(last[place]) + 1, int(order.end[place])
                absent = int(np.argmin(np.append(there[first : min(stop, first + rows)], False)))
                if absent < rows:
                    raise DataError(_unknown(table, order, name, int(place), absent, rows, horizon))


def _unknown(table: Table, order: Order, name: str, place: int, absent: int, rows: int, horizon: int) -> str:
    data = table.data
    from_when = f"{absent + 1} rows after the last one that is known" if absent else "right after the last known row"
    if order.times is not None:
        from_when += f" (the file's rows end at {order.times[int(order.end[place]) - 1]})"
    why, todo = "its future must be known (data.known)", "add rows with it filled in and the target left empty"
    if name not in (data.known or ()):
        why = f"predictions beyond data.window.horizon {horizon} are fed back, and the other features with them"
        todo += ", or predict fewer rows"
    return (
        f"{data.path}: column {name!r}{order.whose(place)}: {rows} rows to come are needed, because {why}; "
        f"missing from {from_when}: {todo}"
    )


def check_seen(dataset: Dataset, begin: Ints, end: Ints, where: str) -> None:
    """Checks that no value is missing in the rows that the model is about to see.

    Args:
        begin: ``[stretches]``, int64, first row of each stretch of rows.
        end: ``[stretches]``, int64, the row after its last.

    Raises:
        DataError: One is.
    """
    rows = np.flatnonzero(covered(len(dataset.train.values), begin, end))
    missing = np.argwhere(np.isnan(dataset.train.values[rows]))
    if len(missing):
        row, column = int(rows[missing[0][0]]), dataset.inputs[missing[0][1]]
        raise DataError(
            f"{where}: column {column.source!r}: a value is missing among the last rows, which the network is shown, "
            f"at {dataset.order.where(row)}; fill it in"
        )
