"""Which form a column's dates are written in, told by the whole column: nothing is guessed. Reads no files."""

from __future__ import annotations

import re

import polars as pl

from rnnctl.tables.cells import MISSING_WORDS, bare
from rnnctl.tables.date_forms import COMPACT, NUMBER, forms_of

_DAY_FIRST = r"^(1[3-9]|[23]\d)[-./]\d"
_MONTH_FIRST = r"^\d{1,2}[-./](1[3-9]|[23]\d)[-./]"
_ONE_DIGIT = r"^\d[-./ ]|[-./]\d([-./T, ]|$)|^[A-Za-z]+ \d,"
_ISO_WITH_ZEROS = re.compile(r"\d{4}-(0\d(-\d\d)?|\d\d-0\d)($|[T ]0)")
_HOUR_OF_ONE_DIGIT = r"[T ]\d:"


def form_at_once(cell: str, *, numbers: bool) -> str | None:
    """The form of a column whose first cell tells all of it: ISO 8601 with zeros before digits, or a number.

    None of another one.

    Args:
        cell: The first cell, as it is written.
        numbers: Whether what is no date is a number.
    """
    text = cell.strip()
    forms = forms_of(text)
    if text in ("", *MISSING_WORDS):
        return None
    if not forms:
        return NUMBER if numbers else None
    return forms[0] if _ISO_WITH_ZEROS.match(text) or forms[0] == COMPACT else None


class FormSearch:
    """Looks through a column's cells, some after the other, until they tell how its dates are written.

    Args:
        numbers: Whether what is no date is a number.

    Attributes:
        form: The form, once it is told; empty where the column holds no dates.
        first: The first cell that is not missing; None where there was none.
        row: Its row, from 0.
        choices: The forms that the cells seen so far may be in.
    """

    def __init__(self, *, numbers: bool) -> None:
        self.form: str | None = None
        self.first: str | None = None
        self.row = 0
        self.choices: tuple[str, ...] = ()
        self._otherwise = NUMBER if numbers else ""

    def feed(self, cells: pl.Series) -> bool:
        """Takes the next cells, text or whole numbers; True once the form is told."""
        if self.form is not None:
            return True
        text = bare(cells.cast(pl.String))
        present = text.drop_nulls()
        if self.first is None:
            if not len(present):
                self.row += len(text)
                return False
            self.row += int(text.is_not_null().arg_true()[0])
            self.first = present[0]
            self.choices = forms_of(present[0])
        if not self.choices:
            self.form = self._otherwise
        elif len(self.choices) == 1:
            self.form = _with_padding(self.choices[0], present)
        elif (told := _telling(present)) is not None:
            self.form = _with_padding(forms_of(told)[0], present)
        return self.form is not None


def _telling(present: pl.Series) -> str | None:
    """The first date whose day is no month."""
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        for cell in present.filter(present.str.contains(pattern)).head(1):
            if len(forms_of(cell)) == 1:
                return str(cell)
    return None


def _with_padding(form: str, present: pl.Series) -> str:
    """A form as it is written: numbers of one digit have a zero before them, unless a cell shows otherwise."""
    wide = form.replace("%-", "%")
    if "%b" in form and present.str.contains("[A-Za-z]{4}").any():  # May is short for nothing
        wide = wide.replace("%b", "%B")
    for pattern, parts in ((_ONE_DIGIT, "dm"), (_HOUR_OF_ONE_DIGIT, "HI")):
        if present.str.contains(pattern).any():
            for part in parts:
                wide = wide.replace(f"%{part}", f"%-{part}")
    return wide
