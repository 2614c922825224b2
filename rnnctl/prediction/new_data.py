"""Another file in the form that a run was trained on, and the values that predictions from it need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset, Preparation
from rnnctl.data.row_order import Order, order_rows
from rnnctl.data.sequence_cutting import any_between
from rnnctl.data.sequences import Ints
from rnnctl.data.tokens import text_tokens
from rnnctl.errors import DataError
from rnnctl.schema.column_kinds import NEXT
from rnnctl.schema.data import DataSection
from rnnctl.schema.table import TableData
from rnnctl.tables.date_form_search import AmbiguousFormError, with_form
from rnnctl.tables.date_forms import directives
from rnnctl.tables.frames import column_of, replaced
from rnnctl.tables.reading import read_leniently
from rnnctl.tables.table import Table
from rnnctl.util.format import counted, first_few, listed

T = TypeVar("T")

_DTYPES: dict[str, pl.DataType] = {"number": pl.Float64(), "boolean": pl.Boolean()}
SHOWN = 5
"""Unknown tokens of a column that are named."""


def read_as_trained(data: TableData, known: Preparation, read: Callable[[TableData], T]) -> tuple[T, tuple[str, ...]]:
    """What ``read`` makes of a table; where a column's dates can be read in two ways, they are as the run's own were.

    Returns:
        That, and a sentence about each such column.

    Raises:
        DataError: The file cannot be used.
    """
    try:
        return read(data), ()
    except AmbiguousFormError as error:
        form = known.forms.get(error.column)
        if not form:  # of runs that keep none
            raise
        found, notes = read_as_trained(with_form(data, error.column, form), known, read)
        written = directives(form).replace(NEXT, " ")
        told = f"{data.path}: column {error.column!r}: read as {written}, as in the run's own file; other forms fit too"
        return found, (told, *notes)


def load_new_data(config: Config, path: Path, known: Preparation) -> Dataset:
    """Another file as a dataset whose test split holds all of it, targets included.

    Raises:
        DataError: The file cannot be used as the config asks.
    """
    notes: list[str] = []

    def load(section: DataSection) -> Dataset:
        found = section.load(
            seed=config.seed,
            per_step=config.model.return_sequences,
            known=known,
            inspect=lambda table: notes.extend(unknown_token_notes(table, known)),
        )
        return found.with_quantiles(config.loss.levels)

    section = config.data.with_file(path)
    if section.table is None:
        dataset = load(section)
        return replace(dataset, notes=(*notes, *dataset.notes))
    dataset, told = read_as_trained(section.table, known, load)
    return replace(dataset, notes=(*told, *notes, *phase_notes(section.table, known), *dataset.notes))


def phase_notes(data: TableData, known: Preparation) -> Iterator[str]:
    """What is to be said of another file whose seasons no time tells the phase of."""
    if data.seasons_seen and not known.grids:
        seasons = listed([str(rows) for rows in data.seasons_seen], "and")
        yield (
            f"{data.path}: the network sees each row's place in its season of {seasons} rows, counted from the first "
            f"row of each series, since no times tell it (data.season_phase): let each begin at the same place of its "
            f"season as in the run's own file"
        )


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


def no_prediction_notes(table: Table) -> tuple[str, ...]:
    """Notes about cells without which a sequence or row cannot be labelled: where they are, and what that costs.

    These are texts without a token; and, where nothing stands in for a missing value, cells without one.
    """
    data, notes = table.data, []
    costs = "no value; the sequences that hold it are not predicted"
    if not data.task_entry.series_target:
        costs = "no value; not predicted; for later rows the value before stands in, or the first one of the series"
    for name in data.seen:
        cells = column_of(table.frame, name)
        if name == data.text:
            lacking = text_tokens(data, cells).list.len() == 0
            what = f"no {data.column(name).kind.removesuffix('s')} in the text; no label is predicted for it"
        elif data.missing in ("error", "drop"):
            lacking, what = cells.is_null(), costs
        else:
            continue
        if lacking.any():
            notes.append(f"{data.path}: column {name!r}: {table.lines(lacking.arg_true().to_list())}: {what}")
    return tuple(notes)


def read_unlabelled(data: TableData) -> tuple[Table, list[str]]:
    """Reads a table whose targets may be absent: a column of nulls stands in for each.

    So may a column of text that is generated from nothing. Cells that cannot be read are missing.

    Returns:
        The table, and a sentence about each column that holds cells that cannot be read.

    Raises:
        DataError: The file cannot be read as the config asks.
    """
    _, names = data.column_names()
    absent = [name for name in data.target if name not in names and (name not in data.seen or name == data.text)]
    if not absent or not {*data.seen, *data.target}.difference(absent):  # the reader names what is missing
        return read_leniently(data)
    kept = tuple(name for name in data.target if name not in absent)
    features = tuple(name for name in (data.features or data.target) if name not in absent)
    columns = {name: column for name, column in data.columns.items() if name not in absent}
    table, notes = read_leniently(data.model_copy(update={"target": kept, "features": features, "columns": columns}))
    empty = {name: _empty(table, _DTYPES.get(data.column(name).kind, pl.String())) for name in absent}
    return replace(table, data=data, frame=replaced(table.frame, empty)), notes


def without_targets(table: Table) -> Table:
    """The table with empty target columns, so that no label in them can be at fault; features are kept."""
    names = [name for name in table.data.target if name not in table.data.seen]
    empty = {name: _empty(table, table.frame.schema[name]) for name in names}
    return replace(table, frame=replaced(table.frame, empty))


def _empty(table: Table, dtype: pl.DataType) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, table.frame.height)


def check_known(table: Table, order: Order, before: Ints, needed: int, horizon: int, masked: tuple[str, ...]) -> None:
    """Checks that the file holds all that the model sees of future rows.

    Features whose future is known are needed for all of them; others, where predictions are fed back, for all but the
    last ``horizon``.

    Args:
        before: ``[series]``, the row before the first one that is asked for; −1 where none is known.
        needed: Number of future rows.
        masked: Columns of which the model sees where there is no value: cells of known ones may be empty.

    Raises:
        DataError: A value is missing.
    """
    data = table.data
    own = {*data.target, *(data.static or ())}
    others = [name for name in data.seen if name not in own and name not in (data.known or ())]
    for names, rows in ((data.known or (), needed), (others, needed - horizon)):
        for name in names if rows > 0 else ():
            shown = name in masked and name in (data.known or ())
            there = order.take((column_of(table.frame, name).is_not_null() | shown).to_numpy())
            for place in np.flatnonzero(before >= 0):
                first, stop = int(before[place]) + 1, int(order.end[place])
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
        todo = (
            f"set data.window.horizon: {rows + horizon} in the config and train again (rnnctl init --horizon "
            f"{rows + horizon} writes one), for which no row of it is needed; add rows with all such columns filled in "
            f"and the target left empty; or predict at most {horizon}"
        )
    return (
        f"{data.path}: column {name!r}{order.whose(place)}: {rows} future rows are needed, because {why}; "
        f"missing from {from_when}: {todo}"
    )


def wholly_seen(dataset: Dataset, begin: Ints, end: Ints, where: str) -> tuple[npt.NDArray[np.bool_], tuple[str, ...]]:
    """Finds the series whose last rows, which the model is about to see, miss no value.

    Args:
        begin: ``[stretches]``, int64, first row of each stretch of rows.
        end: ``[stretches]``, int64, the row after its last.

    Returns:
        ``[stretches]``, whether nothing is missing; and a note that names those where something is.

    Raises:
        DataError: Something is missing in all of them.
    """
    order, unseen = dataset.order, dataset.unseen
    gaps = any_between(unseen, begin, end)
    if unseen is None or not gaps.any():
        return ~gaps, ()
    found = [int(first + np.argmax(unseen[first:stop])) for first, stop in zip(begin[gaps], end[gaps], strict=True)]
    places = (_missing_input(dataset, row) for row in found[:SHOWN])
    names = (f"column {name!r} at {order.where(row)}" for name, row in places)
    what = f"{where}: a value is missing among the last rows, which the network is shown: "
    what += first_few(names, SHOWN, len(found), "; ")
    if gaps.all():
        raise DataError(f"{what}; fill it in")
    return ~gaps, (f"{what}; {counted(len(found), 'series', 'series')} not predicted; fill it in to predict there too",)


def _missing_input(dataset: Dataset, row: int) -> tuple[str, int]:
    """The column without a value that a row's inputs need, and the row that it is missing at, which may lie ahead.

    Numbers are NaN there; tokens are 0, as unknown ones are.
    """
    values, inputs = dataset.train.values[row].tolist(), dataset.inputs
    lacking = [one for one, value in zip(inputs, values, strict=True) if np.isnan(value)]
    lacking += [one for one, value in zip(inputs, values, strict=True) if one.tokens and value == 0]
    if not lacking:
        return "", row
    same = [one for one in inputs if one.source == lacking[0].source]
    return lacking[0].source, row + same.index(lacking[0])


def begun(table: Table) -> Table:
    """The table with a value in each series' first row where a later row has one, so that no row lacks one before it.

    What is predicted at the row that the value is of, or later, then knows of no later row.
    """
    order, frame = order_rows(table), table.frame
    rows = np.arange(frame.height) if order.rows is None else order.rows
    for name in table.data.seen:
        column = column_of(frame, name)
        there = order.take(column.is_not_null().to_numpy())
        first = np.minimum.reduceat(np.where(there, np.arange(len(there)), len(there)), order.begin)
        late = (first > order.begin) & (first < order.end)
        if late.any():
            filled = column.clone().scatter(rows[order.begin[late]], column.gather(rows[first[late]]))
            frame = replaced(frame, {name: filled})
    return replace(table, frame=frame)


def rows_without_a_value(table: Table) -> npt.NDArray[np.bool_]:
    """``[rows]``: whether a column that the model sees has no value."""
    flags = np.zeros(table.frame.height, dtype=np.bool_)
    for name in table.data.seen:
        flags |= column_of(table.frame, name).is_null().to_numpy()
    return flags
