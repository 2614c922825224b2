"""What each column of a sample holds, guessed from its cells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

import polars as pl

from rnnctl.config.dump import flow
from rnnctl.starter.merged_cells import without_merged
from rnnctl.starter.remarks import DOUBTFUL, LEFT_OUT, Remark
from rnnctl.starter.sample import Sample
from rnnctl.tables.cells import bare, parse_times
from rnnctl.tables.combined_columns import EPOCH_WORDS, epoch_of_column, is_time_by_name, name_words, unit_of
from rnnctl.tables.date_form_search import FormSearch
from rnnctl.tables.date_forms import (
    OF_INTERVALS,
    SHORT,
    TIME_LABELS,
    are_intervals,
    like_times,
    names_zones,
    parse_dates,
    within_years,
)
from rnnctl.tables.footnotes import is_sure
from rnnctl.tables.frames import column_of
from rnnctl.tables.number_search import ALMOST_ALL, Written
from rnnctl.tables.numbers import bare_numbers, parse_numbers
from rnnctl.util.format import bound, counted, cut, listed

Kind = Literal["number", "boolean", "category", "words", "characters", "date", "unusable"]


class Found(NamedTuple):
    """What a column holds; see `ColumnGuess`."""

    kind: Kind
    why: str
    values: pl.Series
    at: str = ""
    option: str = ""
    broken: bool = False


YES_NO = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})
LONGEST_NAME = 500
"""Most characters of a column's name: YAML takes no key of more than 1,024."""

LIKE_A_DATE = r"^\d{1,4}(?:[./-]|[年년] ?)\d{1,2}(?:[./-]\d{1,4}\b|[月월])"
"""Dates in numbers."""

DURATION = r"^-?\d{1,4}:\d\d(:\d\d(\.\d+)?)?$"

_POINTED = {"%m.%Y": r"^(0[1-9]|1[0-2])\.(19|20)\d\d$", "%Y.%m": r"^(19|20)\d\d\.(0[1-9]|1[0-2])$"}
_LIKE_A_MONTH = r"^\d{1,4}[-/]\d{1,4}$"
_CODE_WORDS = "id ids code no nr number phone"
_FEWEST_STEPS = 7
_LONGEST_TIME = 32
_OF_ZONES = "leave the zones' names out and set data.time_zone, or write offsets from UTC, such as +01:00"
_LONGEST_STEP = 92
"""Days of a quarter."""
_MOST_TOKENS = 10_000


@dataclass(frozen=True, eq=False)
class ColumnGuess:
    """A column, and what it most likely holds.

    Attributes:
        kind: As ``data.columns``, or ``unusable``.
        why: What it holds, in words.
        values: Its cells, nameless: numbers in float64, dates or datetimes, else text; null where missing.
        unread: How many of them are cells of a column of dates that are no dates.
        whole: Whether all numbers are whole.
        unit: Unit that stands beside the numbers of a column of text; empty where there is none.
        form: Form of dates that could be numbers, and are read as dates where ``data.time_format`` says so; else empty.
        zone: Of times: the zone whose changes of clocks the rows show; else empty.
        at: Of an unusable column: the cells that make it so, and where they are.
        option: Of an unusable column: what a person does to use it.
        doubts: What is doubtful about a column that can be used.
        broken: Whether it holds numbers, and cannot be used since some cannot be read.
    """

    name: str
    kind: Kind
    why: str
    values: pl.Series
    whole: bool = False
    unread: int = 0
    unit: str = ""
    form: str = ""
    at: str = ""
    option: str = ""
    doubts: tuple[Remark, ...] = ()
    zone: str = ""
    broken: bool = False

    @cached_property
    def distinct(self) -> int:
        """Number of different values."""
        return self.values.drop_nulls().n_unique()

    @cached_property
    def missing(self) -> int:
        """Number of missing values."""
        return self.values.null_count()

    @property
    def unusable(self) -> Remark:
        """Why a column cannot be used."""
        return Remark(self.name, LEFT_OUT, self.why, self.at, self.option)

    @property
    def repeats(self) -> bool:
        """Whether names or whole numbers without gaps repeat, so that they may tell series apart."""
        names = self.kind in ("category", "unusable") or self.whole
        return names and not self.missing and 2 <= self.distinct <= self.values.len() / 2

    @property
    def unread_times(self) -> bool:
        """Whether it holds times that are not read: no row tells which number is the day, or no year is named."""
        text = self.kind == "unusable" and self.values.dtype == pl.String and self.missing < self.values.len()
        return text and (like_dates(self.values) or like_times(self.values))


def left_out(columns: Iterable[ColumnGuess], whys: Mapping[str, str], option: str = "") -> tuple[ColumnGuess, ...]:
    """The columns, of which some cannot be used, by the reason of each.

    Args:
        option: What a person does to use them.
    """
    return tuple(
        replace(one, kind="unusable", why=whys[one.name], at="", option=option) if one.name in whys else one
        for one in columns
    )


def like_dates(text: pl.Series) -> bool:
    """Whether text, null where missing, is all of dates in numbers."""
    return bool(text.drop_nulls().str.contains(LIKE_A_DATE).all())


def describe_columns(sample: Sample) -> tuple[ColumnGuess, ...]:
    """Guesses what every column of a table's sample holds."""
    found = []
    for name in sample.frame.columns:
        column = column_of(sample.frame, name)
        holds = _typed(column, name, sample) or _written(column.cast(pl.String), name, sample)
        kind, why, values, at, option, broken = holds
        form = _form_of_numbers(column, name, values) if kind == "number" else ""
        if form:
            values = parse_times(bare(column) if column.dtype == pl.String else column, form)
            kind, why = "date", EPOCH_WORDS.get(form, "months")
        if (codes := sample.sentinels.get(name)) and values.dtype == pl.Float64:
            values = values.set(values.is_in(list(codes)), None)
            kind, why, values, at, option, broken = _number(values)
        if len(name) > LONGEST_NAME:
            kind, why, at, option = "unusable", f"its name has {len(name):,} characters", "", "give it a short one"
        present = values.drop_nulls()
        numbers = kind in ("number", "boolean") and values.dtype == pl.Float64
        whole = numbers and bool((present == present.floor()).all())
        missing = values.null_count()
        unread = missing - bare(column.cast(pl.String)).null_count() if kind == "date" and missing else 0
        unit = sample.numbers.form_of(name).unit
        doubts = number_doubts(sample, name) if kind == "number" else ()
        more = unit, form, at, option, tuple(doubts)
        found.append(ColumnGuess(name, kind, why, values, whole, unread, *more, broken=broken))
    return without_merged(found, sample.place(0))


def _typed(column: pl.Series, name: str, sample: Sample) -> Found | None:
    """A column of a file with types; None for text."""
    kind = column.dtype
    if kind in (pl.String, pl.Categorical, pl.Enum):
        return None
    if kind in (pl.Date, pl.Datetime):
        times = within_years(column)
        far = times.null_count() > column.null_count() and times.null_count() == len(times)
        return Found("unusable", "its years are none from 1 to 9999", times) if far else _date(times)
    if kind == pl.Boolean:
        return Found("boolean", "true and false", column)
    if kind.is_integer():
        text = column.cast(pl.String)
        if (found := _parsed_dates(text, name, sample) or _codes(text)) is not None:
            return found
    if kind.is_numeric():
        return _number(column.cast(pl.Float64).fill_nan(None))
    return Found("unusable", f"it holds {kind}", column)


def _written(cells: pl.Series, name: str, sample: Sample) -> Found:
    """A column of text: yes or no, dates, numbers, words or characters."""
    text = bare(cells)
    present = text.drop_nulls()
    if present.is_empty():
        return Found("unusable", "it is empty", text)
    found = present.unique(maintain_order=True).head(5).to_list()
    if len(found) == 2 and {value.casefold() for value in found} in YES_NO:
        return Found("boolean", f"{found[0]} or {found[1]}", text)
    known = _parsed_dates(text, name, sample) or _codes(text) or _parsed_numbers(name, sample)
    if known is None and name in sample.marked:
        at = cell(text, text.is_not_null().arg_true()[0], sample)
        why = "its numbers are text with marks or units"
        return Found("unusable", why, text, at, "save them as numbers", broken=True)
    known = known or _text(cells)
    return known if known.kind != "unusable" or known.at or known.option else _unlike(text, known, sample)


def _unlike(text: pl.Series, found: Found, sample: Sample) -> Found:
    """Says of text that is neither numbers nor words by which cells that is so."""
    number = bare_numbers(text, "").cast(pl.Float64, strict=False).is_not_null()
    rows = text.is_not_null().arg_true()
    if 2 * number.sum() >= len(rows):
        return _not_numbers(text, (text.is_not_null() & ~number).arg_true(), sample)
    if 2 * text.str.contains(DURATION).sum() >= len(rows):
        found = found._replace(
            why="durations or times of day are not read", option="write them as numbers, of minutes say"
        )
    return found._replace(at=cell(text, rows[0], sample))


def _codes(text: pl.Series) -> Found | None:
    """Whole numbers of which float64 would make fewer: those beyond 2**53, or 007 beside 7; they are names."""
    present = text.drop_nulls()
    if not present.str.contains(r"^-?\d+$").all():
        return None
    distinct = present.unique()
    if distinct.cast(pl.Float64, strict=False).n_unique() == len(distinct):
        return None
    why = f"{counted(len(distinct), 'different code')} of digits, kept as they are written"
    return _text(text)._replace(why=why)


def _parsed_dates(text: pl.Series, name: str, sample: Sample) -> Found | None:
    """Dates in a form that the column's own cells determine; unusable where they do not."""
    search = FormSearch.of(name, text)
    if search.form:
        times, cells = parse_dates(text, search.form), text.drop_nulls()
        unread = times.null_count() - text.null_count()
        if 2 * unread >= len(cells) or (search.form in SHORT and not _in_a_row(times, name)):
            return None
        why = _date(times).why
        if unread:
            odd = (times.is_null() & text.is_not_null()).arg_true()[0]
            have = "has" if unread == 1 else "have"
            why += f"; {counted(unread, 'cell')} of {len(cells):,} {have} another form: {cell(text, odd, sample)}"
        return Found("date", why, times)
    dates = like_dates(text)
    short = bool((text.str.len_chars() <= _LONGEST_TIME).all())
    parts = is_time_by_name(name) and bool(text.drop_nulls().str.contains(_LIKE_A_MONTH).all())
    if search.form == "" and (like_times(text) or parts or (dates and short)):
        why = f"times such as {text.drop_nulls()[0][:40]!r} are not read"
        return Found("unusable", why, text, option=_way_to_write(text))
    if search.form == "" or not dates:
        return None
    forms = listed([json.dumps(form.replace("%-", "%")) for form in search.choices])
    return Found(
        "unusable",
        f"dates such as {search.first} are not read: no row tells which number is the day",
        text,
        option=f"set data.time: {flow(name)} and data.time_format: {forms}, or write them as 2024-01-31",
    )


def _way_to_write(text: pl.Series) -> str:
    """How to write times that are not read."""
    if are_intervals(text):
        return OF_INTERVALS
    return _OF_ZONES if names_zones(text) else f"write them as {TIME_LABELS}"


def _form_of_numbers(column: pl.Series, name: str, numbers: pl.Series) -> str:
    """The form of numbers that are times; empty of others."""
    words = name_words(name)
    if (pointed := _pointed(column, name) if column.dtype == pl.String else "") or not words.isdisjoint(
        _CODE_WORDS.split()
    ):
        return pointed
    return epoch_of_column(name, numbers)


def _pointed(column: pl.Series, name: str) -> str:
    """The form of months that are written 01.2024, or 2024.01 in a column called so; empty where they are none."""
    present = bare(column).drop_nulls()
    for form, pattern in _POINTED.items():
        if present.str.contains(pattern).all() and (form == "%m.%Y" or unit_of(name) is not None):
            zeros = form == "%Y.%m" or bool(present.str.starts_with("0").any())  # as no number has
            return form if zeros and _in_a_row(parse_dates(present, form), name) else ""
    return ""


def _in_a_row(times: pl.Series, name: str) -> bool:
    """Whether a few digits are dates and no numbers: by the column's name, or most follow one another."""
    steps = times.drop_nulls().unique().sort().diff().drop_nulls().dt.total_days()
    short = int((steps <= _LONGEST_STEP).sum() or 0)
    return unit_of(name) is not None or (len(steps) >= _FEWEST_STEPS and short >= ALMOST_ALL * len(steps))


def _date(values: pl.Series) -> Found:
    return Found("date", "dates" if values.dtype == pl.Date else "dates and times", values)


def _parsed_numbers(name: str, sample: Sample) -> Found | None:
    """Numbers in whichever form; unusable where some cells are none, or are in several units."""
    written, form = sample.numbers.columns.get(name), sample.numbers.form_of(name)
    if written is None:
        return None
    numbers = parse_numbers(written.cells, form)
    odd = (numbers.is_null() & written.cells.is_not_null()).arg_true()
    if not len(odd):
        found = _number(numbers)
        marks = [f"; {word!r} in {counted(count, 'cell')} is missing" for word, count in written.marks.items()]
        unit = f", in {form.unit}" if form.unit else ""
        return found._replace(why=f"{found.why}{unit}{''.join(marks)}{_with_notes(written)}")
    units = [unit for unit in written.units if unit]
    cells = written.cells.len() - written.cells.null_count()
    if len(units) > 1 or (units and not form.unit):
        why = f"its numbers are in several units: {_units(written, sample)}"
        return Found("unusable", why, written.cells, option="write all in one", broken=True)
    if cells - len(odd) < ALMOST_ALL * cells:
        return None
    return _not_numbers(written.cells, odd, sample)


def _not_numbers(cells: pl.Series, odd: pl.Series, sample: Sample) -> Found:
    """A column of numbers, of which some cells ``odd [rows]`` are none."""
    are = "is" if len(odd) == 1 else "are"
    why = f"{counted(len(odd), 'cell')} of {cells.len() - cells.null_count():,} {are} no number"
    todo = f"correct {'it' if len(odd) == 1 else 'them'}, or set data.missing_marks to what stands for a missing value"
    beside = cells.gather(odd).str.extract(r"^([^\w\s.,+-]{1,3})\s*\d").unique()
    if len(beside) == 1 and (mark := beside[0]) is not None:
        todo += f", or data.footnote_marks: {flow([mark])} to read the numbers beside {mark!r}"
    return Found("unusable", why, cells, cell(cells, odd[0], sample), todo, broken=True)


def cell(cells: pl.Series, row: int, sample: Sample, name: str = "") -> str:
    """A cell and where it is: the line, and the column if it is named."""
    column = f"{cut(name, 40)!r}, " if name else ""
    return f"{str(cells[row])[:30]!r} in {column}{sample.place(row)}"


def number_doubts(sample: Sample, name: str) -> Iterator[Remark]:
    """What is doubtful about how the numbers of a column are written: units, footnotes, marks between thousands."""
    written = sample.numbers.columns.get(name)
    if written is not None and written.unit and len(written.units) > 1 and not written.units[""]:
        why = f"its numbers are in several units: {_units(written, sample)}; all are read in {written.unit}"
        yield Remark(name, DOUBTFUL, why, option="correct the cells if that is wrong")
    for mark, (count, row) in sample.notes.get(name, {}).items():
        if not is_sure(mark):
            why = f"{mark!r} beside {counted(count, 'number')} is taken for a mark of a footnote"
            at = cell(column_of(sample.frame, name), row, sample)
            yield Remark(name, DOUBTFUL, why, at, "correct those cells if it changes the number")
    doubted = sample.numbers.doubts.get(name)
    if doubted is None:
        return
    cells, form = sample.numbers.columns[name].cells, sample.numbers.form
    at = cell(cells, cells.eq(doubted).fill_null(value=False).arg_true()[0], sample)
    if form is None:
        why = "no cell tells whether a comma stands between thousands or before decimals"
        yield Remark(name, DOUBTFUL, why, at, 'set data.thousands: "," or data.decimal_comma: true')
        return
    mark, keys = (
        ("point", 'true and data.thousands: "."') if form.decimal == "." else ("comma", 'false and data.thousands: ","')
    )
    todo = "take it out of these cells" if sample.numbers.mixed else f"set data.decimal_comma: {keys}"
    yield Remark(name, DOUBTFUL, "read as decimal numbers", at, f"if its {mark} stands between thousands, {todo}")


def _with_notes(written: Written) -> str:
    return f"; {counted(sum(written.notes.values()), 'mark')} of footnotes taken off" if written.notes else ""


def _units(written: Written, sample: Sample) -> str:
    return listed([_of_unit(written, unit, sample) for unit in written.units], "and")


def _of_unit(written: Written, unit: str, sample: Sample) -> str:
    row = written.cells.str.contains(rf"\d\s*{re.escape(unit)}" if unit else r"\d\s*$").fill_null(value=False)
    row = row | written.cells.str.starts_with(unit).fill_null(value=False) if unit else row
    at = f" ({sample.place(row.arg_true()[0])})" if row.any() else ""
    return f"{counted(written.units[unit], 'cell')} {f'in {unit!r}' if unit else 'without one'}{at}"


def _number(numbers: pl.Series) -> Found:
    present = numbers.drop_nulls()
    if present.is_empty():
        return Found("unusable", "it is empty", numbers)
    if not present.is_finite().all():
        return Found("unusable", "it holds infinite numbers", numbers, option="correct them to use it")
    if set(present.unique().head(3).to_list()) == {0.0, 1.0}:
        return Found("boolean", "1 or 0", numbers)
    whole = (present == present.floor()).all()
    low, high = present.to_numpy().min(), present.to_numpy().max()
    return Found("number", f"{'whole numbers' if whole else 'numbers'}, {bound(low)} to {bound(high)}", numbers)


def _text(cells: pl.Series) -> Found:
    text = cells.set(cells == "", None)  # NA may be a word here
    present = text.drop_nulls()
    words = float(present.str.count_matches(r"\S+").mean() or 0)  # type: ignore[arg-type]
    length = float(present.str.len_chars().mean() or 0)  # type: ignore[arg-type]
    distinct, count = present.n_unique(), present.len()
    if (words >= 3 and distinct > count / 2) or (words >= 4 and distinct > 50):
        return Found("words", f"text of {words:.0f} words a cell", text)
    if distinct <= max(count / 2, min(20, 0.8 * count)) and distinct <= _MOST_TOKENS:
        return Found("category", f"{counted(distinct, 'different word')}", text)
    # DNA and proteins are made of few different characters, identifiers are not.
    few = len(set("".join(present.head(200).to_list()))) <= 30 and not present.head(50).str.contains(r"\d").any()
    if words < 1.5 and length >= 12 and few:
        return Found("characters", f"strings of {length:.0f} characters", text)
    if words >= 2:
        return Found("words", f"text of {words:.0f} words a cell", text)
    return Found("unusable", "nearly every row has a text of its own", text)
