"""The form of a column's dates: as the config says, or as the whole column shows. Ambiguous columns are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping

import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.column_kinds import DateColumn
from rnnctl.schema.table import TableData
from rnnctl.tables.cells import MISSING_WORDS, bare, key_in_yaml
from rnnctl.tables.date_forms import COMPACT, NUMBER, forms_of, parse_dates

Columns = Mapping[str, pl.Series]
"""Columns by name; the series themselves have none."""
Cells = Callable[[list[str]], Iterable[tuple[str, Columns]]]
"""Reads columns of text or whole numbers piece by piece, file after file; yields the file's path and some rows."""

_ONE_DIGIT = r"^\d[-./ ]|[-./]\d([-./T, ]|$)|^[A-Za-z]+ \d,"
_ISO_WITH_ZEROS = re.compile(r"\d{4}-(0\d(-\d\d)?|\d\d-0\d)($|[T ]0)")
_HOUR_OF_ONE_DIGIT = r"[T ]\d:"


def configured_forms(data: TableData) -> dict[str, str]:
    """The forms that the config sets, by name of the column."""
    columns = {name: kind.format for name, kind in data.columns.items() if isinstance(kind, DateColumn)}
    if data.time is not None and data.time_format is not None:
        columns[data.time] = data.time_format
    return {name: form for name, form in columns.items() if form is not None}


def find_forms(
    data: TableData, roles: Mapping[str, str], forms: dict[str, str], firsts: Mapping[str, str], cells: Cells
) -> None:
    """Fills in the forms of dates and times.

    Args:
        roles: Roles of the columns of text or whole numbers; see `roles`.
        forms: By name of the column; known ones stay.
        firsts: The first cells of some columns.
        cells: Reads columns.

    Raises:
        DataError: A column is ambiguous, or a file cannot be read.
    """
    configured, searches = configured_forms(data), {}
    for name, role in roles.items():
        if role not in ("time", "date") or name in forms:
            continue
        numbers = role == "time"
        form = configured.get(name) or _form_of_first(firsts.get(name, ""), numbers=numbers)
        if form is None:
            searches[name] = FormSearch(numbers=numbers)
        else:
            forms[name] = form
    if not searches:
        return
    where: dict[str, str] = {}
    for path, columns in cells(list(searches)):
        for name, search in searches.items():
            search.feed(columns[name])
            if search.first is not None:
                where.setdefault(name, path)
        if all(search.form is not None for search in searches.values()):
            break
    for name, search in searches.items():
        if search.form is None and search.first is not None:
            raise DataError(f"{where[name]}: column {name!r}: {_ambiguous(data, name, search)}")
        forms[name] = search.form or ""


def _form_of_first(cell: str, *, numbers: bool) -> str | None:
    """The form where the first cell alone decides it: ISO 8601 with zeros before digits, or a number."""
    text = cell.strip()
    if text in ("", *MISSING_WORDS):
        return None
    forms = forms_of(text)
    if not forms:
        return NUMBER if numbers else None
    return forms[0] if _ISO_WITH_ZEROS.match(text) or forms[0] == COMPACT else None


def _ambiguous(data: TableData, name: str, search: FormSearch) -> str:
    def setting(form: str) -> str:
        text = json.dumps(form.replace("%-", "%"))
        if name == data.time:
            return f"data.time_format: {text}"
        return f"data.columns: {{{key_in_yaml(name)}: {{kind: date, format: {text}}}}}"

    return (
        f"the first cell is {search.first!r}, and no row of the column tells which of its numbers is the day, which "
        f"the month and which the year; set {' or '.join(map(setting, search.choices))}"
    )


class FormSearch:
    """Reads a column's cells, in order, until they decide the form of its dates.

    Args:
        numbers: Whether cells that are no dates are numbers.

    Attributes:
        form: The form once it is decided; empty where the column holds no dates.
        first: The first cell that is not missing; None where there is none.
        choices: The forms that the cells so far may be in.
    """

    def __init__(self, *, numbers: bool) -> None:
        self.form: str | None = None
        self.first: str | None = None
        self.choices: tuple[str, ...] = ()
        self._otherwise = NUMBER if numbers else ""

    def feed(self, cells: pl.Series) -> None:
        """Reads the next cells, text or whole numbers."""
        present = bare(cells.cast(pl.String)).drop_nulls()
        if self.form is not None or not len(present):
            return
        if self.first is None:
            self.first = present[0]
            self.choices = forms_of(present[0])
        if len(self.choices) > 1:
            unread = {form: parse_dates(present, form).null_count() for form in self.choices}
            self.choices = tuple(form for form in self.choices if unread[form] == min(unread.values()))
        if not self.choices:
            self.form = self._otherwise
        elif len(self.choices) == 1:
            self.form = _with_padding(self.choices[0], present)


def _with_padding(form: str, present: pl.Series) -> str:
    """The form for writing: numbers of one digit have a zero before them unless a cell shows otherwise."""
    wide = form.replace("%-", "%")
    if "%b" in form and present.str.contains("[A-Za-z]{4}").any():  # May is short for nothing
        wide = wide.replace("%b", "%B")
    for pattern, parts in ((_ONE_DIGIT, "dm"), (_HOUR_OF_ONE_DIGIT, "HI")):
        if present.str.contains(pattern).any():
            for part in parts:
                wide = wide.replace(f"%{part}", f"%-{part}")
    return wide
