"""The column of times: first and last, the usual step, and missing rows; dates that no key names."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from rnnctl.data.frequency import told
from rnnctl.data.pace import Pace, find_far, find_pace
from rnnctl.data.row_order import Order
from rnnctl.data.telling_apart import flow_names, missing_series, other_columns
from rnnctl.results.data_check import Finding, TimeFacts
from rnnctl.schema.column_names import parts_of
from rnnctl.schema.table import TableData
from rnnctl.tables.cells import WORDS, bare
from rnnctl.tables.combined_columns import EPOCH_WORDS, epoch_of_column
from rnnctl.tables.csv_blocks import BLOCK_BYTES
from rnnctl.tables.date_form_search import FormSearch, forms_to_choose
from rnnctl.tables.date_forms import SHORT, clock_form, parse_dates, within_years
from rnnctl.tables.frames import column_of
from rnnctl.tables.table import Table
from rnnctl.tables.time_zones import zone_of_changes
from rnnctl.util.format import counted, first_few

_MOST = 3
_CANDIDATES = 40
_ALMOST_ALL = 0.9


def examine_times(data: TableData | None, order: Order) -> tuple[TimeFacts | None, list[Finding]]:
    """Facts of a table's times, and gaps in them that ``data.frequency`` does not fill."""
    times = order.times
    if data is None or data.time is None or times is None:
        return None, []
    name, counts = data.time, not times.dtype.is_float()
    pace = find_pace(times, order.bounds) if counts else Pace(None, np.zeros(0, dtype=np.int64))
    main = pace.grids.main
    frequency = None if main is None else main.every.removesuffix("i")
    pattern = "" if main is None else main.pattern
    first, last, others = str(times.min()), str(times.max()), len(pace.grids.own)
    facts = TimeFacts(name, first, last, frequency, pace.even, len(pace.odd), pace.missing, pattern, others)
    found = [
        Finding("fact", "times", f"{text} ({name!r})", (name,))
        for text in (told(data, order, pace.grids, found=False) if pace.grids.own and data.frequency is None else ())
    ]
    if (unit := epoch_of_column(name, times, is_time=True)) and data.time_format is None:
        text = f"{name!r}: numbers as of {EPOCH_WORDS[unit]}; data.time_format: {unit} reads them so"
        found.append(Finding("fact", "times", text, (name,)))
    if data.frequency is not None or pace.even or not counts or len(times) == len(order):
        return facts, found
    if frequency is None:
        text = f"the time from row to row differs ({name!r}); the model sees the order alone"
        return facts, [*found, Finding("fact", "times", text, (name,))]
    if (far := find_far(order, pace.grids)) is not None:
        text = f"{name!r}: {far.told(order)}; correct it where it is wrong"
        return facts, [*found, Finding("warning", "times", text, (name,))]
    if zone := zone_of_changes(times, pl.Series(order.series_of(np.arange(len(times))))):
        text = (
            f"{name!r}: clocks are put forward as in {zone}; data.time_zone: {zone}, or the times' own, leaves no gap"
        )
        return facts, [*found, Finding("warning", "times", text, (name,))]
    rows = np.delete(np.arange(len(times)), order.begin)[pace.odd].tolist()
    places = first_few((f"{times[row - 1]} → {times[row]}" for row in rows[:_MOST]), _MOST, len(rows))
    text = f"{counted(len(rows), 'gap')} in {name!r}, where rows are otherwise {pace} apart: {places}"
    if pace.missing:
        every = "auto" if pace.grids.own else pace.frequency
        text += f"; data.frequency: {every} puts in the {counted(pace.missing, 'missing row')}"
    return facts, [*found, Finding("warning", "times", text, (name,))]


def examine_dates(table: Table) -> Iterator[Finding]:
    """Finds dates in a file of which no key says that they order the rows."""
    data = table.data
    if data.time is not None or data.text is not None:
        return
    used = {*data.seen, *data.target, *parts_of(data.series), data.split.column}
    free = other_columns(data, used)[:_CANDIDATES]
    cells = next(data.open_files(BLOCK_BYTES).text(free), {}) if free else {}
    found = {name: times for name, column in cells.items() if (times := _dates(name, column)) is not None}
    name = max(found, key=lambda name: (_mostly(found[name]), found[name].n_unique()), default=None)
    if name is None:
        return
    clock = next((other for other, column in cells.items() if other != name and _is_clock(column)), None)
    seen = [other for other in data.seen if other not in data.target and other not in cells]
    if clock is None and seen:
        features = next(data.open_files(BLOCK_BYTES).text(seen[:_CANDIDATES]), {})
        clock = next((other for other, column in features.items() if _is_clock(column)), None)
        cells = {**cells, **features}
    parts_of_time = [name] if clock is None else [name, clock]
    no_feature = f", and leave {clock!r} out of what the model sees" if clock in seen else ""
    key = flow_names(parts_of_time)
    if found[name].dtype == pl.String:  # no row tells which number is the day
        text = f"{name!r} holds dates, and data.time is not set: rows are taken in the order of the file"
        forms = forms_to_choose([cells[part] for part in parts_of_time], parts_of_time)
        yield Finding(
            "warning", "times", f"{text}; set data.time: {key}, and data.time_format: {forms}{no_feature}", (name,)
        )
        return
    times = found[name]
    series = column_of(table.frame, data.series).head(len(times)) if data.series is not None else times.is_null()
    rows = pl.DataFrame({"time": times, "series": series}).drop_nulls("time")
    steps = rows.select(pl.col("time").diff().over("series")).to_series()
    earlier, later = (
        int(found.sum() or 0) for found in (steps.dt.total_microseconds() < 0, steps.dt.total_microseconds() > 0)
    )
    clock = next((other for other, column in cells.items() if other != name and _is_clock(column)), None)
    key = flow_names([name] if clock is None else [name, clock])
    twice = clock is None and bool(rows.is_duplicated().any())
    parts = missing_series(table, times) if twice else None
    if earlier and not later:
        order = "from the newest to the oldest, so that the past is predicted from the future"
    elif earlier:
        order = f"in which {counted(earlier, 'row')} {'is' if earlier == 1 else 'are'} earlier than the one before"
    else:
        order = "in which they rise"
    bad = times.is_null().arg_true()
    but = f" but for {counted(len(bad), 'cell')} ({table.lines(bad)})" if len(bad) else ""
    text = f"{name!r} holds dates{but}, and data.time is not set: rows are taken in the order of the file, {order}"
    todo = f"set data.time: {key}{no_feature}"
    if parts is not None:
        text += f", and those of one time {'in one series ' if data.series else ''}follow one another as if in time"
        todo += f" and data.series: {flow_names(parts)}"
    elif twice:
        text += ", and several have one time"
        todo = f"make it one row for each time, or fill in a column that tells them apart for data.series; then {todo}"
    elif len(bad):
        todo = f"correct or remove these rows, and {todo}"
    yield Finding("warning", "times", f"{text}; {todo}", (name,))


def _dates(name: str, column: pl.Series) -> pl.Series | None:
    """A column that is filled, mostly by dates, as these, or as text where their form is not decided; else None."""
    cells = column
    kind = column.dtype.base_type()
    if kind not in (pl.Date, pl.Datetime):
        if kind not in WORDS and not kind.is_integer():
            return None
        search = FormSearch.of(name, column)
        if search.form is None and search.choices and not set(search.choices) & set(SHORT):
            return column.cast(pl.String)
        if not search.form or search.form in SHORT:
            return None
        cells = bare(column.cast(pl.String))
        column = parse_dates(cells, search.form)
    else:
        column = within_years(column)
    filled, known = len(cells) - cells.null_count(), len(column) - column.null_count()
    enough = 2 * known > filled >= _ALMOST_ALL * len(column)
    return column if enough and column.drop_nulls().n_unique() > 2 else None


def _mostly(times: pl.Series) -> bool:
    """Whether almost all cells are dates, as those of a column that orders rows are."""
    return len(times) - times.null_count() >= _ALMOST_ALL * len(times)


def _is_clock(column: pl.Series) -> bool:
    cells = column.drop_nulls().head(20) if column.dtype == pl.String else column.clear()
    return bool(len(cells)) and all(map(clock_form, cells.str.strip_chars().to_list()))
