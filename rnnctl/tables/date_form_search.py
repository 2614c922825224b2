"""The form of a column's dates: as the config says, or as the whole column shows. Ambiguous columns are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.column_kinds import NEXT, DateColumn
from rnnctl.schema.column_names import Combined, parts_of
from rnnctl.schema.table import TableData
from rnnctl.tables.cells import MISSING_WORDS, bare, key_in_yaml, parse_times
from rnnctl.tables.combined_columns import combined_forms, combined_times, likely_forms, unit_of
from rnnctl.tables.date_forms import (
    COMPACT,
    NUMBER,
    OF_INTERVALS,
    SHORT,
    WITH_END,
    ZONE,
    are_intervals,
    ends_fit,
    forms_of,
    parse_dates,
)
from rnnctl.tables.even_dates import MOST, likeliest
from rnnctl.tables.month_names import NAMES, NameSearch
from rnnctl.tables.numbers import missing_words
from rnnctl.tables.time_zones import ZoneSearch
from rnnctl.util.format import listed

Columns = Mapping[str, pl.Series]
"""Columns by name; the series themselves have none."""
Cells = Callable[[list[str]], Iterable[tuple[str, Columns]]]
"""Reads columns of text or whole numbers piece by piece, file after file; yields the file's path and some rows."""

_ONE_DIGIT = (
    r"^\d[-./ A-Za-z]|[-./]\d([-./T, ]|$)|[A-Za-z,.] \d(?:[, ]|[snrt][tdh])|[A-Za-z]\d[A-Za-z]"
    r"|[年月년월] ?\d[月日월일]"
)
_HOUR_OF_ONE_DIGIT = r"[T ]\d([:.hH]\d\d|$| ?[APap][Mm]$)|^\d[:.hH]\d\d([:.]\d\d)?( ?[APap][Mm])?$"
_WEEK_OF_ONE_DIGIT = r"[A-Za-z]\.? ?\d(\D|$)|^\d\.? ?[A-Za-z]"
_CLOCK = r"[T ]\d{1,2}[:.hH]\d\d"
_HOUR_24, _HOUR_0 = r"(^|[T ]|^\d{8}T?)24([:.hH]?00)*$", r"(^|[T ]|^\d{8}T?)0?0([:.hH]?00)*$"
_ALONE = r"^\d$"
_FEWEST_SEASONS = 3
_FIRST = 5
"""First cells of which one has to be a date."""
_FOR_INTERVALS = 200
"""First cells that are looked at for a beginning and an end."""
_WITH_OFFSET = re.compile(r"%:*z")
_WITH_NAME = re.compile(r"%\^?[bB]")


class AmbiguousFormError(DataError):
    """The cells of a column can be read in several ways.

    Attributes:
        column: Its name.
    """

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


def configured_forms(data: TableData) -> dict[str, str]:
    """The forms that the config sets, by name of the column."""
    columns = {name: kind.format for name, kind in data.columns.items() if isinstance(kind, DateColumn)}
    if data.time is not None and data.time_format is not None:
        columns[data.time] = data.time_format
    return {name: form for name, form in columns.items() if form is not None}


def with_form(data: TableData, name: str, form: str) -> TableData:
    """A section that says how a column's dates or times are written, as a `Table.forms` has it."""
    written = form.partition(ZONE)[0]
    if name == data.time:
        return data.model_copy(update={"time_format": written})
    column = data.column(name).model_copy(update={"format": written})
    return data.model_copy(update={"columns": {**data.columns, name: column}})


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
        AmbiguousFormError: A column is ambiguous.
        DataError: A file cannot be read.
    """
    configured, searches = configured_forms(data), dict[str, FormSearch]()
    marks = missing_words(data.missing_marks)
    times = [name for name, role in roles.items() if role in ("time", "date")]
    for name in (*times, data.time) if isinstance(data.time, Combined) else times:
        if name in forms:
            continue
        if name in configured:
            forms[name] = configured[name]
        elif isinstance(name, Combined):
            searches[name] = FormSearch(name, marks, numbers=False)
        elif (form := _form_of_first(firsts.get(name, ""), marks, numbers=roles[name] == "time")) is not None:
            forms[name] = form
        else:
            searches[name] = FormSearch(name, marks, numbers=roles[name] == "time")
    if searches:
        forms |= _found(data, searches, cells)
    _complete(forms, cells)


def _found(data: TableData, searches: Mapping[str, FormSearch], cells: Cells) -> dict[str, str]:
    """The forms that columns show."""
    where: dict[str, str] = {}
    for path, columns in cells([part for name in searches for part in parts_of(name)]):
        for name, search in searches.items():
            search.feed(cells_of(name, columns))
            if search.first is not None:
                where.setdefault(name, path)
        if all(search.form is not None for search in searches.values()):
            break
    for name, search in searches.items():
        search.finish()
        if search.form is None and search.first is not None:
            raise AmbiguousFormError(name, f"{where[name]}: column {name!r}: {_ambiguous(data, name, search)}")
    return {name: search.form or "" for name, search in searches.items()}


def _complete(forms: dict[str, str], cells: Cells) -> None:
    """Adds the names of months to forms with these, and their time zone to forms with offsets."""
    open_forms = {name: form for name, form in forms.items() if ZONE not in form and NAMES not in form}
    months = {name: NameSearch() for name, form in open_forms.items() if _WITH_NAME.search(form)}
    zones = {name: ZoneSearch(form) for name, form in open_forms.items() if _WITH_OFFSET.search(form)}
    if not months and not zones:
        return
    for _, columns in cells([part for name in {**months, **zones} for part in parts_of(name)]):
        for found in (months, zones):
            for name, search in found.items():
                search.feed(cells_of(name, columns).cast(pl.String))
        if not zones and all(names.sure for names in months.values()):
            break
    for name, names in months.items():
        forms[name] += names.names()
    for name, zone in zones.items():
        forms[name] += ZONE + (zone.zone() or "")


def cells_of(name: str, columns: Columns) -> pl.Series:
    """The cells of a column, which may be combined of others."""
    if isinstance(name, Combined):
        return combined_times([columns[part] for part in name.parts])
    return columns[name]


def _form_of_first(cell: str, marks: Sequence[str], *, numbers: bool) -> str | None:
    """The form where the first cell alone decides it: a number, or a date of eight digits."""
    text = cell.strip()
    if text in ("", *MISSING_WORDS, *marks):
        return None
    forms = forms_of(text)
    if not forms:
        return NUMBER if numbers and not parse_times(pl.Series([text]), NUMBER).null_count() else None
    return COMPACT if forms == (COMPACT,) else None


def _ambiguous(data: TableData, name: str, search: FormSearch) -> str:
    first = f"the first cell is {str(search.first).replace(NEXT, ' ')!r}, and "
    if search.intervals:
        return f"{first}it has a beginning and an end; {OF_INTERVALS}"
    if not search.choices:
        forms, unread = likely_forms(parts_of(name), str(search.first))
        what = f"{listed([repr(part) for part in unread], 'and')} {'is' if len(unread) == 1 else 'are'}"
        return (
            f"{first}nothing tells how {what if unread else 'its parts are'} written; say it part by part, such as "
            f"data.time_format: {json.dumps(forms, ensure_ascii=False)}"
            + (" (%m is a month; %q a quarter, %V a week)" if "%m" in forms else "")
        )

    def setting(form: str) -> str:
        text = _in_config(form)
        if name == data.time:
            return f"data.time_format: {text}"
        return f"data.columns: {{{key_in_yaml(name)}: {{kind: date, format: {text}}}}}"

    which = "which of its numbers is the day, which the month and which the year"
    if any("%V" in form.replace("-", "") for form in search.choices):
        which = "whether its numbers are months or weeks"
    return f"{first}no row of the column tells {which}; set {' or '.join(map(setting, search.choices))}"


def _in_config(form: str) -> str:
    """A form, or the forms of several columns, as a config has them."""
    parts = form.replace("%-", "%").split(NEXT)
    return json.dumps(parts[0] if len(parts) == 1 else parts, ensure_ascii=False)


def forms_to_choose(columns: Sequence[pl.Series], names: Sequence[str]) -> str:
    """The forms that a time of one or several columns may be in, as a config has them."""
    alone = len(columns) == 1
    cells = columns[0] if alone else combined_times(columns)
    search = FormSearch.of(names[0] if alone else Combined(names), cells)
    return listed([_in_config(form) for form in search.choices or [search.form or ""]])


class FormSearch:
    """Reads a column's cells, in order, until they decide the form of its dates.

    Args:
        name: The column's name: what it says of weeks and months decides between them.
        marks: Cells that are missing, besides empty ones and words for it.
        numbers: Whether cells that are no dates are numbers.

    Attributes:
        form: The form once it is decided; empty where the column holds no dates.
        first: The first cell that is not missing; None where there is none.
        choices: The forms that the cells so far may be in.
        intervals: Whether the cells have a beginning and an end.
    """

    def __init__(self, name: str, marks: Sequence[str] = (), *, numbers: bool) -> None:
        self.form: str | None = None
        self.first: str | None = None
        self.choices: tuple[str, ...] = ()
        self.intervals = False
        self._name, self._years = name, 0
        self._different = pl.Series(dtype=pl.String)
        self._marks = marks
        self._otherwise = NUMBER if numbers else ""

    @classmethod
    def of(cls, name: str, cells: pl.Series) -> FormSearch:
        """The search of all cells of a column, in which those that are no dates are none."""
        search = cls(name, numbers=False)
        search.feed(cells)
        search.finish()
        return search

    def feed(self, cells: pl.Series) -> None:
        """Reads the next cells, text or whole numbers."""
        present = bare(cells.cast(pl.String), self._marks).drop_nulls()
        if self.form is not None or not len(present):
            return
        if self.first is None:
            self.first, self.choices = self._first_of(present)
            self.choices = _with_clock(self.choices, present)
        short = set(self.choices) & set(SHORT)
        if short:  # which a number may have by chance: all have to
            digits = present.filter(present.str.contains(r"^\d+$"))
            self.choices = tuple(form for form in self.choices if not parse_dates(digits, form).null_count())
            self._years = max(self._years, digits.str.head(4).n_unique())
        elif len(self.choices) > 1:
            unread = {form: parse_dates(present, form).null_count() for form in self.choices}
            self.choices = tuple(form for form in self.choices if unread[form] == min(unread.values()))
            if len(self._different) < MOST:
                self._different = self._different.append(present).unique(maintain_order=True).head(MOST)
        if not self.choices:
            self.form = None if isinstance(self._name, Combined) else self._otherwise
        elif len(self.choices) == 1 and not short:
            self.form = _with_padding(self.choices[0], present)

    def finish(self) -> None:
        """Decides, once all cells are read, between forms that all of them have."""
        if self.form is not None or not self.choices:
            return
        unit = unit_of(self._name)
        seasons = [form for form in self.choices if "N" in form]
        if seasons and len(seasons) < len(self.choices):  # 2001-02, 2002-03, … are seldom months, nor weeks
            many = len(self._different) >= _FEWEST_SEASONS
            self.choices = tuple(form for form in self.choices if (form in seasons) == many)
        weeks = [form for form in self.choices if "V" in form]
        months = [form for form in self.choices if form not in weeks]
        if weeks and months:
            sure = unit == "m" or self._years > 1 or "-" in months[0] or "Q" in months[0]
            said = weeks if unit == "V" else months if sure else []
            self.choices = tuple(said or self.choices)
        if len(self.choices) == 1:
            self.form = self.choices[0]
        elif (found := likeliest(self._different, self.choices)) is not None:
            self.form = _with_padding(found, self._different)

    def _first_of(self, present: pl.Series) -> tuple[str, tuple[str, ...]]:
        """The first cell that has forms, and these; else the first cell."""
        name = self._name
        cells = present.head(_FIRST).to_list()
        first = present.head(_FOR_INTERVALS).str.split(NEXT)
        if any(are_intervals(first.list.get(place)) for place in range(len(parts_of(name)))):
            forms = combined_forms(name.parts, cells[0]) if isinstance(name, Combined) else forms_of(cells[0])
            told = present.head(_FOR_INTERVALS)
            forms = tuple(form for form in forms if WITH_END.search(form) and ends_fit(told, form))
            self.intervals = not forms
            return cells[0], forms
        for cell in cells:
            if forms := combined_forms(name.parts, cell) if isinstance(name, Combined) else forms_of(cell):
                kept = [form for form in forms if _has_minutes(present, form) and _runs_by_months(present, form)]
                kept = [form for form in kept if _has_periods(present, form)]
                return cell, tuple(form for form in kept if not WITH_END.search(form)) or tuple(kept)
        return cells[0], ()


def _has_minutes(present: pl.Series, form: str) -> bool:
    """Whether numbers of hours and minutes, if a form has any, are more than hours."""
    if "%E" not in form:
        return True
    place = form.split(NEXT).index("%E")
    return bool(present.str.split(NEXT).list.get(place).str.contains(r"^\d{3}").any())


def _runs_by_months(present: pl.Series, form: str) -> bool:
    """Whether two digits and a month, if a form has such, are months of years, and no days: most follow one another."""
    if re.match("%y-%.?[bB]$", form) is None:
        return True
    months = parse_dates(present.head(_FOR_INTERVALS), form).drop_nulls()
    steps = (months.dt.year().cast(pl.Int64) * 12 + months.dt.month()).diff().drop_nulls()
    return len(steps) > 0 and 2 * int(steps.is_in([0, 1, -1]).sum()) > len(steps)


def _has_periods(present: pl.Series, form: str) -> bool:
    """Whether most days have as many periods as a form, if it has any, says."""
    parts = form.split(NEXT)
    found = next(((place, part) for place, part in enumerate(parts) if part[-1] in "io" and part[1:-1].isdigit()), None)
    if found is None:
        return True
    place, part = found
    numbers = present.str.split(NEXT).list.get(place).cast(pl.Int64, strict=False)
    days = pl.DataFrame({"day": present.str.replace(r"\v?\d+$", ""), "number": numbers}).group_by("day")
    last = days.agg(pl.col("number").max()).get_column("number").mode()
    first = int(part[-1] == "i")
    return numbers.min() == first and last.max() == 1440 // int(part[1:-1]) - 1 + first


def _with_clock(forms: tuple[str, ...], present: pl.Series) -> tuple[str, ...]:
    """The forms with that of the first other time than midnight, where dates alone stand beside times."""
    if not forms or any("%H" in form or "%I" in form or NEXT in form for form in forms):
        return forms
    times = present.filter(present.str.contains(_CLOCK))
    for date in forms if len(times) else ():
        unread = times.filter(parse_dates(times, date).is_null())
        for form in forms_of(unread[0]) if len(unread) else ():
            clock = re.search("(T| |, )%.*[HI].*", form)
            if clock and form[: clock.start()].replace("%-", "%") == date.replace("%-", "%"):
                return tuple(one + clock[0] for one in forms)
    return forms


def _with_padding(form: str, present: pl.Series) -> str:
    """The form for writing: numbers of one digit have a zero before them unless a cell shows otherwise."""
    if NEXT in form:
        parts = form.split(NEXT)
        cells = [present.str.split(NEXT).list.get(place) for place in range(len(parts))]
        return NEXT.join(map(_with_padding, parts, cells))
    wide = form.replace("%-", "%")
    if wide == "%E" and present.str.contains("^0..").any():
        wide = "%4E"
    if (
        "%H" in wide
        and not WITH_END.search(form)
        and present.str.contains(_HOUR_24).any()
        and not present.str.contains(_HOUR_0).any()
    ):
        wide = wide.replace("%H", "%K")
    if "b" in form and present.str.contains("[A-Za-z]{4}").any():  # May is short for nothing
        wide = wide.replace("%b", "%B").replace("%^b", "%^B")
    patterns = ((_ONE_DIGIT, "dm"), (_HOUR_OF_ONE_DIGIT, "HKI"), (_WEEK_OF_ONE_DIGIT, "V"), (_ALONE, "dmHKMSVj"))
    for pattern, parts_of_form in patterns:
        if present.str.contains(pattern).any():
            for part in parts_of_form:
                wide = wide.replace(f"%{part}", f"%-{part}")
    return wide
