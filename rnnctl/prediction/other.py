"""Another file brought to the form that a run was trained on: nothing is learnt from it. Knows no models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset, Preparation
from rnnctl.data.tables import make_dataset
from rnnctl.data.text import tokenise
from rnnctl.data.text_file import text_dataset
from rnnctl.errors import DataError
from rnnctl.schema.columns import BooleanColumn, CharactersColumn, NumberColumn, WordsColumn
from rnnctl.schema.split import Split
from rnnctl.schema.table import CsvData, ParquetData, TableData, TextData
from rnnctl.tables.columns import file_columns
from rnnctl.tables.frames import column_of, replaced
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Table
from rnnctl.tables.text_reading import read_text
from rnnctl.util.format import first_few

SHOWN = 5
"""Strange tokens of a column that are named."""


def load_other(config: Config, path: Path, known: Preparation) -> Dataset:
    """Another file as a dataset whose test split holds all of it, truth included.

    Args:
        config: The run's config.
        path: The file.
        known: What was learnt from the run's training rows.

    Raises:
        DataError: The file cannot be used as the config asks.
    """
    data = other_data(config, path)
    if isinstance(data, TextData):
        return text_dataset(data, *read_text(data), known=known)
    table = read_table(data)
    notes = strange_notes(table, known)
    dataset = make_dataset(table, per_step=config.model.return_sequences, known=known)
    return replace(dataset, notes=(*notes, *dataset.notes))


def strange_notes(table: Table, known: Preparation) -> tuple[str, ...]:
    """Says which features hold tokens that the run's training rows did not, and where.

    Args:
        table: The table, its columns not taken yet.
        known: The run's vocabularies.
    """
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


def other_data(config: Config, path: Path) -> TableData | TextData:
    """A config's data section with another file, which needs no column that names splits.

    A table may be CSV where the run's own is Parquet, or the other way round.

    Raises:
        DataError: The run's data is made up.
    """
    data = config.data
    if isinstance(data, TextData):
        return data.model_copy(update={"path": path, "split": Split()})
    if not isinstance(data, TableData):
        raise DataError(f"the data of this run is made up (data.kind: {data.kind}), so no file can take its place")
    if path == data.path:
        return data.model_copy(update={"split": Split()})
    section: dict[str, Any] = {name: getattr(data, name) for name in TableData.model_fields}
    section |= {"path": path, "split": Split()}
    ending = path.name.lower()
    if ending.endswith(".parquet") and isinstance(data, CsvData):
        return ParquetData.model_construct(kind="parquet", **section)
    if ending.endswith((".csv", ".csv.gz")) and isinstance(data, ParquetData):
        return CsvData.model_construct(kind="csv", **section)
    return data.model_copy(update={"path": path, "split": Split()})


def read_unlabelled(data: TableData) -> Table:
    """Reads a table whose targets may be absent: a column of nulls stands in for each.

    So may a column of text that is to be written rather than gone on with.

    Args:
        data: The data section.

    Raises:
        DataError: The file cannot be read as the config asks.
    """
    _, names = file_columns(data)
    absent = {name for name in data.target if name not in names and (name not in data.seen or name == data.text)}
    if not absent or not {*data.seen, *data.target} - absent:  # the last one missing is told of
        return read_table(data)
    kept = tuple(name for name in data.target if name not in absent)
    features = tuple(name for name in (data.features or data.target) if name not in absent)
    columns = {name: column for name, column in data.columns.items() if name not in absent}
    table = read_table(data.model_copy(update={"target": kept, "features": features, "columns": columns}))
    empty = {name: _empty(table.frame.height, _dtype(data, name)) for name in data.target if name in absent}
    return replace(table, data=data, frame=replaced(table.frame, empty))


def without_targets(table: Table) -> Table:
    """The table with nothing in the columns that are told for it, so that no label in them can be in the way."""
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
