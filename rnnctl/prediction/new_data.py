"""Another file in the form that a run was trained on; nothing is learnt from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset, Preparation
from rnnctl.data.tokens import tokenise
from rnnctl.schema.column_kinds import BooleanColumn, CharactersColumn, NumberColumn, WordsColumn
from rnnctl.schema.table import TableData
from rnnctl.tables.frames import column_of, replaced
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Table
from rnnctl.util.format import first_few

SHOWN = 5
"""Unknown tokens of a column that are named."""


def load_new_data(config: Config, path: Path, known: Preparation) -> Dataset:
    """Another file as a dataset whose test split holds all of it, targets included.

    Args:
        known: What was learnt from the run's training rows.

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
        column, tokens = data.column(name), known.vocabularies.get(name)
        if tokens is None:
            continue
        cells, whose = column_of(table.frame, name), "cell"
        if isinstance(column, WordsColumn | CharactersColumn):
            whose = column.kind.removesuffix("s")
            lists = tokenise(cells, column.kind, lowercase=column.lowercase)
            strange = lists.list.eval(~pl.element().is_in(list(tokens))).list.any().fill_null(value=False)
            found = lists.filter(strange).list.explode().unique(maintain_order=True)
            found = found.filter(~found.is_in(list(tokens)))
        else:
            strange = (~cells.is_in(list(tokens))).fill_null(value=False)
            found = cells.filter(strange).unique(maintain_order=True)
        if strange.any():
            shown = first_few(map(repr, found.head(SHOWN).to_list()), SHOWN, len(found))
            notes.append(
                f"{data.path}: column {name!r}: {table.lines(strange.arg_true().to_list())}: the run's training rows "
                f"hold no {whose} {shown}; shown to the network as unknown"
            )
    return tuple(notes)


def read_unlabelled(data: TableData) -> Table:
    """Reads a table whose targets may be absent: a column of nulls stands in for each.

    So may a column of text that is generated from nothing.

    Raises:
        DataError: The file cannot be read as the config asks.
    """
    _, names = data.column_names()
    absent = {name for name in data.target if name not in names and (name not in data.seen or name == data.text)}
    if not absent or not {*data.seen, *data.target} - absent:  # read_table names what is missing
        return read_table(data)
    kept = tuple(name for name in data.target if name not in absent)
    features = tuple(name for name in (data.features or data.target) if name not in absent)
    columns = {name: column for name, column in data.columns.items() if name not in absent}
    table = read_table(data.model_copy(update={"target": kept, "features": features, "columns": columns}))
    empty = {name: _empty(table.frame.height, _dtype(data, name)) for name in data.target if name in absent}
    return replace(table, data=data, frame=replaced(table.frame, empty))


def without_targets(table: Table) -> Table:
    """The table with empty target columns, so that no label in them can be at fault; features are kept."""
    names = [name for name in table.data.target if name not in table.data.seen]
    empty = {name: _empty(table.frame.height, table.frame.schema[name]) for name in names}
    return replace(table, frame=replaced(table.frame, empty))


def _empty(rows: int, dtype: pl.DataType) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, rows)


def _dtype(data: TableData, name: str) -> pl.DataType:
    column = data.column(name)
    if isinstance(column, NumberColumn):
        return pl.Float64()
    return pl.Boolean() if isinstance(column, BooleanColumn) else pl.String()
