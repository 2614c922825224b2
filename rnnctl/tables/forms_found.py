"""How the dates of a table's files are written: as the config says, or as the columns tell, read until they do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.column_kinds import DateColumn
from rnnctl.schema.table import TableData
from rnnctl.tables.cells import key_in_yaml
from rnnctl.tables.frames import column_of
from rnnctl.tables.telling import FormSearch, form_at_once

Cells = Callable[[list[str]], Iterable[tuple[str, pl.DataFrame]]]
"""Reads columns of text or whole numbers piece after piece, all files one after the other; gives the file's path, and
some of its rows."""


def told_forms(data: TableData) -> dict[str, str]:
    """The forms that the config tells, by name of the column."""
    columns = {name: kind.format for name, kind in data.columns.items() if isinstance(kind, DateColumn)}
    if data.time is not None and data.time_format is not None:
        columns[data.time] = data.time_format
    return {name: form for name, form in columns.items() if form is not None}


def find_forms(
    data: TableData,
    roles: Mapping[str, str],
    forms: dict[str, str],
    firsts: Mapping[str, str],
    cells: Cells,
) -> None:
    """Fills in how dates and times are written.

    Args:
        data: The data section.
        roles: What each column of text or whole numbers is read as; see `roles`.
        forms: By name of the column; those that are known already stay.
        firsts: The first cells of some columns.
        cells: Reads columns.

    Raises:
        DataError: A column does not tell, or a file cannot be read.
    """
    dated = [name for name, role in roles.items() if role in ("time", "date")]
    forms |= {name: form for name, form in told_forms(data).items() if name in dated and name not in forms}
    for name in (name for name in dated if name not in forms):
        if (form := form_at_once(firsts.get(name, ""), numbers=roles[name] == "time")) is not None:
            forms[name] = form
    searches = {name: FormSearch(numbers=roles[name] == "time") for name in dated if name not in forms}
    if not searches:
        return
    where: dict[str, str] = {}
    for path, frame in cells(list(searches)):
        for name, search in searches.items():
            search.feed(column_of(frame, name))
            if search.first is not None:
                where.setdefault(name, path)
        if all(search.form is not None for search in searches.values()):
            break
    for name, search in searches.items():
        if search.form is None and search.first is not None:
            raise DataError(_untold(data, name, search, f"{where[name]}: column {name!r}"))
        forms[name] = search.form or ""


def _untold(data: TableData, name: str, search: FormSearch, where: str) -> str:
    ways = [_setting(data, name, form) for form in search.choices]
    return (
        f"{where}: the first cell is {search.first!r}, and no row of the column tells which of its numbers is the day, "
        f"which the month and which the year; set {' or '.join(ways)}"
    )


def _setting(data: TableData, name: str, form: str) -> str:
    """How the config says that a column is of a form."""
    text = json.dumps(form.replace("%-", "%"))
    if name == data.time:
        return f"data.time_format: {text}"
    return f"data.columns: {{{key_in_yaml(name)}: {{kind: date, format: {text}}}}}"
