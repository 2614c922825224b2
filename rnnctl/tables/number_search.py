"""How a file's numbers are written, as its cells show: decimals, thousands, units, and marks for missing values.

What the cells leave open is said (`Search.doubts`), never guessed in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from rnnctl.schema.number_form import NumberForm
from rnnctl.tables.cells import bare
from rnnctl.tables.footnotes import are_notes, split_notes
from rnnctl.tables.numbers import (
    APOSTROPHES,
    MULTIPLIERS,
    SPACES,
    THOUSANDS,
    bare_numbers,
    marks_of,
    parse_bare,
    parse_numbers,
    with_minus,
)
from rnnctl.tables.units import multiples_of

FORMS = (
    NumberForm(".", ""),
    NumberForm(",", ""),
    NumberForm(".", ","),
    NumberForm(",", "."),
    NumberForm(".", "'"),
    NumberForm(".", " "),
    NumberForm(",", " "),
    NumberForm(",", "'"),
)
"""The forms without a unit, the plainest first."""

KNOWN_MARKS = {
    *"-–—−.:?*/xX",
    *("--", "---", "..", "...", "…", "??", "**", "***", "-.-", "n.a.", "N.A.", "n. a.", "k.A.", "k. A.", "n/d", "N/D"),
    *("nd", "ND", "n.d.", "s.d.", "tbd", "TBD", "nil", "NIL", "void", "missing", "Missing", "MISSING", "unknown"),
    *("Unknown", "UNKNOWN", "no data", "No data", "NoData", "nodata", "NODATA", "not available", "<NA>", "(null)"),
    *("NaT", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NULL!", "#NAME?", "#NV", "blank", "empty", "\\N"),
}
"""Texts that often stand for a missing value, besides the words for it."""

_SIGN = r"[-+(]?\s*"
_BODY = rf"(?:\d[\d.,{APOSTROPHES}{SPACES}]*|[.,]\d+)(?:[eE][+-]?\d+)?"
_CURRENCY = (
    r"(?:[A-Z]{0,3}\p{Sc}|Rs\.?|[kK]r\.?|[fF]r\.?|zł|Kč|USD|EUR|GBP|JPY|CHF|SEK|NOK|DKK|CNY|RMB|INR|AUD|CAD|NZD|BRL|"
    r"MXN|PLN|CZK|HUF|RUB|TRY|ZAR|KRW|SGD|HKD|THB|IDR|ILS|AED|SAR|EGP|NGN|ARS|CLP|COP|PEN|UAH|RON|BGN|ISK)"
)
_AFTER = r"[^\d\s.,:;/+()'\"-][^();:\"]{0,19}?"
NUMBER = rf"^{_SIGN}({_CURRENCY}?)\s*{_SIGN}{_BODY}\s*(?:-\s*({_CURRENCY})?|({_AFTER}))?\s*\)?$"
"""A number with what may stand beside it."""
NO_UNITS = {"st", "nd", "rd", "th", "am", "pm", "a.m.", "p.m.", "AM", "PM", "e", "E"}
ALMOST_ALL = 0.9
_MOST_MARKS = 5
_MOST_UNITS = 5
_MOST_BARE = 4
_LOOKED_AT = 1000


@dataclass(frozen=True, eq=False, slots=True)
class Written:
    """How the cells of one column are written.

    Attributes:
        cells: Text without spaces around, null where missing or a mark for it.
        units: Number of cells by unit; the empty one of numbers without.
        marks: Marks for missing values and their numbers of cells.
        notes: Marks of footnotes, which the cells are without, and their numbers of cells.
        number: Whether nearly all cells are numbers.
    """

    cells: pl.Series
    units: Counter[str] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    number: bool = False

    @property
    def plain(self) -> bool:
        """Whether nothing but numbers stands in the cells."""
        return not (self.unit or self.marks or self.notes)

    @property
    def unit(self) -> str:
        """The unit of nearly all numbers, or the most frequent one of a family; empty where there is none."""
        unit, count = next(iter(self.units.most_common(1)), ("", 0))
        if not unit and len(self.units) > 1:  # where most are 0 without a unit
            unit, count = self.units.most_common(2)[1]
        same = {unit, "", *(multiples_of(unit) if not self.units[""] else ())}
        if unit in NO_UNITS or set(self.units) - same or (unit in MULTIPLIERS and self.units[""]):
            return ""
        return unit if self.units[""] <= _MOST_BARE * count else ""


def look(cells: pl.Series) -> Written:
    """Looks at a column of text: which of its cells are numbers, with which units, and what the others are."""
    text = bare(cells)
    present = text.drop_nulls()
    if len(present) and not present.cast(pl.Float64, strict=False).null_count():
        return Written(text, Counter({"": len(present)}), number=True)
    if not len(present) or not present.head(_LOOKED_AT).str.contains(r"^\D{0,8}\d").any():
        return Written(text)
    for sure in (False, True):
        split = split_notes(text, sure=sure)
        found = _units_of(split.text) if split.notes else Written(text)
        if found.number and are_notes(split, _read(found).abs()):
            return replace(found, notes=split.notes)
    return _units_of(text)


def _read(column: Written) -> pl.Series:
    """The cells as numbers, in the form in which most can be read."""
    every = (parse_numbers(column.cells, form._replace(unit=column.unit)) for form in FORMS)
    return min(every, key=pl.Series.null_count)


def _units_of(text: pl.Series) -> Written:
    """The numbers, units and marks for missing values of cells as `bare` gives them."""
    present = text.drop_nulls()
    signed = with_minus(present)
    groups, matched = signed.str.extract_groups(NUMBER), signed.str.contains(NUMBER)
    marks: Counter[str] = Counter()
    others = present.filter(~matched)
    if len(others):
        found = Counter({str(word): int(count) for word, count in others.value_counts().iter_rows()})
        few = len(found) <= _MOST_MARKS
        for word, count in found.items():
            if word in KNOWN_MARKS or (few and count > 1 and not re.search(r"\d", word) and len(word) <= 20):
                marks[word] = count
    numbers = len(present) - len(others)
    left = len(present) - sum(marks.values())
    if not numbers or numbers < ALMOST_ALL * left or sum(marks.values()) > numbers:
        return Written(text)
    frame = groups.filter(matched).struct.unnest()
    before, behind, after = (column.fill_null("") for column in frame.get_columns())
    units = Counter(map(str, (before + behind + after).str.strip_chars().to_list()))
    if len(units) > _MOST_UNITS or (len(units) > 2 and len(units) > numbers / _MOST_UNITS):  # 12 Main Street
        return Written(text)
    return Written(text.set(text.is_in(list(marks)), None), units, marks, number=True)


@dataclass(slots=True)
class Search:
    """How the numbers of a file are written.

    Attributes:
        form: Decimals and thousands of all columns; None where the cells leave open whether commas stand between
            thousands or before decimals.
        columns: The columns that hold numbers, by name.
        doubts: A cell that can be read in two ways, by name of the column.
        mixed: Whether other cells of the file show that its decimal mark is one.
    """

    form: NumberForm | None = FORMS[0]
    columns: dict[str, Written] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    mixed: bool = False

    def form_of(self, name: str) -> NumberForm:
        """The form of a column; where it is open, its commas stand between thousands."""
        form = NumberForm(".", ",") if self.form is None else self.form
        return form._replace(unit=self.columns[name].unit if name in self.columns else "")


def search(columns: Mapping[str, pl.Series]) -> Search:
    """Finds how the numbers of a file are written.

    Args:
        columns: Columns of text, by name.
    """
    written = {name: look(cells) for name, cells in columns.items()}
    found = Search(columns={name: column for name, column in written.items() if column.number})
    marked = [column for column in found.columns.values() if _has_marks(column)]
    fails = np.sum([_unread(column) for column in marked], axis=0) if marked else np.zeros(len(FORMS))
    best = [form for form, count in zip(FORMS, fails, strict=True) if count == fails.min()]
    found.form = best[0]
    mark = found.form.decimal
    if found.form.thousands:
        return found
    other = NumberForm("." if mark == "," else ",", mark)
    told = {name: thousands(column.cells, column.unit, mark) for name, column in found.columns.items()}
    shown = [name for name, says in told.items() if says]
    found.mixed = other not in best
    if shown and not found.mixed:
        found.form = other
        return found
    open_names = shown or [name for name, says in told.items() if says is None and not found.mixed]
    found.doubts = {name: _example(found.columns[name].cells, mark) for name in open_names}
    if open_names and mark == "," and not shown:
        found.form = None
    return found


def _unread(column: Written) -> list[int]:
    """How many cells are no numbers of each of `FORMS`; forms whose marks stand in no cell are alike."""
    bare, missing = bare_numbers(column.cells, column.unit), column.cells.null_count()
    there = [mark for mark in THOUSANDS if bare.str.contains(f"[{re.escape(marks_of(mark))}]").any()]
    plain = parse_numbers(column.cells, FORMS[0]._replace(unit=column.unit)).null_count() - missing
    alike = [form if form.thousands in there else form._replace(thousands="") for form in FORMS[1:]]
    found = {form: parse_bare(bare, form).null_count() - missing for form in dict.fromkeys(alike)}
    return [plain, *(found[form] for form in alike)]


def _has_marks(column: Written) -> bool:
    every = "".join(map(marks_of, THOUSANDS))
    return bool(column.cells.str.contains(rf"[{re.escape(every)}]\d|\d[.,]").any())


def _example(cells: pl.Series, mark: str) -> str:
    return str(cells.filter(cells.str.contains(mark, literal=True))[0])


def thousands(cells: pl.Series, unit: str, mark: str) -> bool | None:
    """Whether a mark that could stand before decimals stands between thousands.

    It does where each one stands before exactly three digits, beside whole numbers without any that are too small for
    one: below 1000, or below 10,000 where all those with a mark are larger.

    Returns:
        None where each one stands before three digits, and no number without one tells more.
    """
    text = bare_numbers(cells, unit).drop_nulls()
    marked = text.str.contains(mark, literal=True)
    large, small = text.filter(marked), text.filter(~marked)
    if not len(large) or not large.str.contains(rf"^[-+]?[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}$").all():
        return False
    digits = 4 if large.str.contains(rf"\d\d{re.escape(mark)}").all() else 3
    fits = small.str.contains(rf"^[-+]?(0|[1-9]\d{{0,{digits - 1}}})$").all()
    return True if len(small) and fits else None
