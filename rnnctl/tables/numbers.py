"""Cells of text as numbers: signs, decimals, marks between thousands, units, and values that stand for missing ones.

A sign may be ``-``, ``+``, or one of `MINUS`; it stands before the number, or a minus after it (``1.2-``), or round
brackets stand for a minus (``(1.2)``). Groups of digits are of three, or the last of three and those before it of two
(``12,34,567``); the first may be shorter. Anything else is no number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

import polars as pl

from rnnctl.schema.number_form import NumberForm
from rnnctl.tables.footnotes import without_notes
from rnnctl.tables.units import multiples_of

MINUS = "\u2212\u2013\ufe63\uff0d"
"""Characters that stand for a minus before a number."""
SPACES = " \u00a0\u2009\u202f"
APOSTROPHES = "'\u2019"
THOUSANDS = (",", ".", "'", " ")
"""Marks between thousands. An apostrophe stands for a typographic one too, a space for one that is thin or fixed."""
MULTIPLIERS = {*"kKMBTmb", *("bn", "mn", "bln", "mln", "mld", "mia", "Mio", "Mio.", "Mrd", "Mrd.", "Tsd", "Tsd.")}
"""Units that multiply: beside these a number without a unit is another amount."""

_EXPONENT = r"(?:[eE][+-]?\d+)?"
_PLAIN = rf"^[+-]?(?:\d+\.?\d*|\.\d+){_EXPONENT}$"
_SIGN = "[-+(]"


def marks_of(thousands: str) -> str:
    """The characters that a mark between thousands stands for."""
    return next((family for family in (SPACES, APOSTROPHES) if thousands and thousands in family), thousands)


def grouped(thousands: str) -> str:
    """The pattern of a whole number with at least one mark between its digits."""
    mark = f"[{re.escape(marks_of(thousands))}]"
    return rf"(?:[1-9]\d{{0,2}}(?:{mark}\d{{3}})+|[1-9]\d?(?:{mark}\d{{2}})+{mark}\d{{3}})"


def parse_numbers(text: pl.Series, form: NumberForm) -> pl.Series:
    """Parses numbers as float64.

    Args:
        text: Without spaces around, null where missing.

    Returns:
        Null where a cell is no number of that form.
    """
    if form._replace(notes=()) != NumberForm():
        return _parsed(text, form)
    numbers = text.cast(pl.Float64, strict=False)
    odd = (numbers.is_null() & text.is_not_null()).arg_true()
    return numbers.scatter(odd, _parsed(text.gather(odd), form)) if len(odd) else numbers


def _parsed(text: pl.Series, form: NumberForm) -> pl.Series:
    family = multiples_of(form.unit)
    form = form._replace(notes=tuple(note for note in form.notes if note not in family))  # a unit is none
    numbers = _plain(text, form).cast(pl.Float64, strict=False)
    odd = (numbers.is_null() & text.is_not_null()).arg_true()
    if not len(odd) or not family:
        return numbers
    return numbers.scatter(odd, _converted(text.gather(odd), form))


def _converted(text: pl.Series, form: NumberForm) -> pl.Series:
    """Cells in other units of the family as numbers in that of the form, exactly as if the decimal mark was moved."""
    powers = multiples_of(form.unit)
    words = "|".join(sorted(map(re.escape, powers), key=len, reverse=True))
    units = without_notes(with_minus(text), form.notes).str.extract(rf"[\d.,)]\s*({words})\s*[-)]?$")
    found = pl.Series([None], dtype=pl.Float64).new_from_index(0, len(text))
    for unit in units.drop_nulls().unique():
        rows = units.eq(unit).fill_null(value=False).arg_true()
        plain = _plain(text.gather(rows), form._replace(unit=unit))
        exact = (plain + f"e{powers[unit]}").cast(pl.Float64, strict=False)
        found = found.scatter(rows, exact.fill_null(plain.cast(pl.Float64, strict=False) * 10.0 ** powers[unit]))
    return found


def _plain(text: pl.Series, form: NumberForm) -> pl.Series:
    """The numbers as Python writes them; null where a cell is none."""
    text = bare_numbers(text, form.unit)
    if form.notes:
        text = bare_numbers(without_notes(text, form.notes), form.unit)
    return parse_bare(text, form)


def parse_bare(text: pl.Series, form: NumberForm) -> pl.Series:
    """Cells that `bare_numbers` gave as Python writes numbers; null where a cell is none."""
    if form.thousands:
        decimals = rf"(?:{re.escape(form.decimal)}\d*)?{_EXPONENT}"
        marks = f"[{re.escape(marks_of(form.thousands))}]"
        marked = text.str.contains(marks)
        right = text.str.contains(rf"^[+-]?{grouped(form.thousands)}{decimals}$")
        text = text.str.replace_all(marks, "").set(marked & ~right, None)
    if form.decimal != ".":
        text = text.set(text.str.contains(".", literal=True), None).str.replace(form.decimal, ".", literal=True)
    return text.set(~text.str.contains(_PLAIN), None)


def bare_numbers(text: pl.Series, unit: str) -> pl.Series:
    """Cells with a plain sign and without the unit."""
    return with_minus(without_unit(with_minus(text), unit))


def with_minus(text: pl.Series) -> pl.Series:
    """Cells with a plain sign before the number, whichever way a negative one is written."""
    text = text.str.replace_all(rf"[{MINUS}]", "-")
    text = text.str.replace(r"^\(\s*([^-+()]+?)\s*\)$", "-$1")
    text = text.str.replace(r"^([^-+()]*[\d.,])\s*-$", "-$1")
    return text.str.replace(r"^([-+])\s+", "$1")


def without_unit(text: pl.Series, unit: str) -> pl.Series:
    """Cells without the unit before or after the number, where there is one."""
    if not unit:
        return text
    unit = re.escape(re.sub(f"[{MINUS}]", "-", unit))
    before = rf"^({_SIGN}?)\s*{unit}\s*({_SIGN}?)"
    after = rf"\s*{unit}\s*([-)]?)$"
    begins = text.str.contains(before)
    return text.set(begins, None).str.replace(after, "$1").fill_null(text.str.replace(before, "$1$2"))


def missing_words(marks: Sequence[str | float]) -> list[str]:
    """Marks for missing values as cells are written."""
    return [str(mark) for mark in marks]


def missing_values(marks: Sequence[str | float]) -> list[float]:
    """The numbers among marks for missing values."""
    values = []
    for mark in marks:
        with suppress(ValueError):
            values.append(float(mark))
    return values
