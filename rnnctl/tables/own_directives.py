"""Directives of dates that strptime does not have, in terms of those that it has.

``%q`` is a quarter, ``%Q`` a half of the year, ``%N`` (``%2N``: two digits) the year after ``%Y``, as in 1950/51,
``%K`` an hour that is 24 at midnight, ``%E`` hour and minute as one number (930; ``%4E``: 0930), ``%O`` the English
ending of the day before it (1st), ``%1O``, ``%2O``, … the ending of the number before it, as in `ORDINALS`, ``%60J``
what is 60 minutes later, and ``%60L`` its time of day alone; ``%30i`` is the number of a period of 30 minutes in its
day from 1, and ``%30o`` that from 0.
"""

from __future__ import annotations

import re
from datetime import time

import polars as pl

from rnnctl.tables.frames import concatenated

DIRECTIVE = re.compile(r"%[-_0^#:.]*\d*([A-Za-z%+])")
OWN = frozenset("qQNKOEJLio")
PERIODS = (60, 30, 15, 10, 5)
"""Minutes of the periods that days are divided into, the longest first."""
BEFORE_END = r"\s*(?:[-–—~/]|to|bis)\s*"
"""What stands between a time and an end."""
MONTHS_OF = {"q": 3, "Q": 6}
ORDINALS = ("st nd rd th", "er e e e", "er ème ème ème", "er eme eme eme", "er do er to", "ère e e e")
"""What follows 1, 2, 3 and 4."""
_CELLS = {
    **dict.fromkeys("YG", r"\d{4}"),
    **dict.fromkeys("bBaA", r"\pL+\.?"),
    **dict.fromkeys("pP", "[ap]m"),
    "z": r"(?:Z|[+-]\d\d:?(?:\d\d)?)",
    "f": r"(?:\.\d+)?",
    "j": r"\d{1,3}",
    "q": "[1-4]",
    "Q": "[12]",
    "N": r"\d{4}",
    "E": r"\d{1,4}",
    **dict.fromkeys("io", r"\d{1,3}"),
    **dict.fromkeys("JL", ".+"),
}
_TOKEN = re.compile(rf"({DIRECTIVE.pattern.replace('(', '(?:')})")
_MIDNIGHT = time()
_FINER = set("mbBhVUWj")
"""Directives that tell the month, so that a quarter tells nothing more."""


def own_in(form: str) -> set[str]:
    """The directives of a form that strptime does not have, by their letters."""
    return set(DIRECTIVE.findall(form)) & OWN


def _letter(token: str) -> str:
    return token[-1] if _TOKEN.fullmatch(token) else ""


def _tokens(form: str) -> list[str]:
    return [token for token in _TOKEN.split(form) if token]


def _pattern(token: str) -> str:
    letter = _letter(token)
    if letter == "O":
        return "|".join(sorted({*_endings(token).values()}, key=len, reverse=True))
    if token == "%2N":
        return r"\d{2}"
    return _CELLS.get(letter, r"\d{1,2}") if letter else re.escape(token)


def _endings(token: str) -> dict[str, str]:
    """The endings of numbers, by these."""
    marks = ORDINALS[0 if token == "%O" else int(token[1]) - 1].split()
    found = {str(number): mark for number, mark in enumerate(marks, start=1)}
    if token == "%O":
        found = {str(day): found.get(str(0 if 10 < day < 14 else day % 10), marks[-1]) for day in range(1, 32)}
    return found


def split(text: pl.Series, form: str) -> list[tuple[str, pl.Series]]:
    """The directives of a form and what stands between them, each with its cells; null where text is of another."""
    tokens = _tokens(form)
    groups = "".join(f"(?<p{place}>{_pattern(token)})" for place, token in enumerate(tokens))
    found = text.str.extract_groups(f"(?i)^{groups}$").struct
    return [(token, found.field(f"p{place}")) for place, token in enumerate(tokens)]


def in_plain(text: pl.Series, form: str) -> tuple[pl.Series, str]:
    """Dates of a form in which all directives are those of strptime, and that form; null where text is of another."""
    letters = set(DIRECTIVE.findall(form))
    if not letters & OWN:
        return text, form
    parts, plain, year = [], "", None
    for token, cells in split(text, form):
        letter = _letter(token)
        if letter == "N" and year is not None:
            following = year.cast(pl.Int64) + 1
            wrong = following % (100 if token == "%2N" else 10_000) != cells.cast(pl.Int64)
            parts.append(cells.str.head(0).set(wrong, None))
        elif letter in {*"OJL"} or (letter in MONTHS_OF and letters & _FINER):
            continue
        elif letter in MONTHS_OF:
            month = MONTHS_OF[letter] * (cells.cast(pl.Int64) - 1) + 1
            parts.append(month.cast(pl.String).str.zfill(2))
            plain += "%m"
        elif letter in ("i", "o"):
            parts.append(_begin_of_period(cells, token))
            plain += "%H%M"
        elif letter == "E":
            parts.append(cells.str.zfill(4))
            plain += "%H%M"
        else:
            year = cells if letter == "Y" else year
            parts.append(cells)
            plain += token.replace("K", "H") if letter == "K" else token
    return concatenated(parts).alias(text.name), plain


def _begin_of_period(cells: pl.Series, token: str) -> pl.Series:
    """The time of day, in four digits, at which numbered periods begin; null where a day has no such period."""
    minutes = (cells.cast(pl.Int64) - int(token[-1] == "i")) * int(token[1:-1])
    minutes = minutes.set(~minutes.is_between(0, 1439).fill_null(value=False), None)
    return (minutes // 60 * 100 + minutes % 60).cast(pl.String).str.zfill(4)


def with_hour_24(text: pl.Series, form: str) -> pl.Series:
    """Text of a form in which hour 24 is 00; null where it is another hour, or not the whole one."""
    parts = []
    for token, cells in split(text, form):
        zero = {"H": "24", "K": "24", "M": "00", "S": "00"}.get(_letter(token))
        of_24 = None if zero is None else cells.replace_strict({zero: "00"}, default=None, return_dtype=pl.String)
        parts.append(cells if of_24 is None else of_24)
    return concatenated(parts).alias(text.name)


def as_text(column: pl.Series, form: str) -> pl.Series:
    """Dates as text in a form; of its own directives, too."""
    if not own_in(form) - {"q"}:
        return column.dt.to_string(form)
    parts: list[pl.Series] = []
    for token in _tokens(form):
        ending = _endings(token) if _letter(token) == "O" else None
        number = None if ending is None else parts[-1].str.strip_chars_start("0")
        if _letter(token) in ("J", "L"):
            parts.append(_end(column, form, token))
        else:
            parts.append(_token_text(column, token) if number is None else number.replace_strict(ending))
    return concatenated(parts).alias(column.name)


def _end(column: pl.Series, form: str, token: str) -> pl.Series:
    """The end that stands after each time of a form."""
    begin = re.sub(f"{BEFORE_END}$", "", form[: form.index(token)])
    clock = re.search("%-?[HKI].*", begin)
    return as_text(column.dt.offset_by(f"{token[1:-1]}m"), clock[0] if clock and token[-1] == "L" else begin)


def _token_text(column: pl.Series, token: str) -> pl.Series:
    letter = _letter(token)
    if letter == "N":
        return (column.dt.year() + 1).cast(pl.String).str.tail(2 if token == "%2N" else 4)
    if letter == "E":
        clock = column.dt.to_string("%H%M")
        return clock if token == "%4E" else clock.str.replace(r"^0{1,3}", "")
    if letter in ("i", "o"):
        minutes = column.dt.hour().cast(pl.Int64) * 60 + column.dt.minute()
        return (minutes // int(token[1:-1]) + int(letter == "i")).cast(pl.String)
    if letter == "Q":
        return ((column.dt.month() - 1) // 6 + 1).cast(pl.String)
    if letter == "K":
        hours = column.dt.hour().cast(pl.Int64).set(column.dt.time() == _MIDNIGHT, 24).cast(pl.String)
        return hours if token == "%-K" else hours.str.zfill(2)
    return column.dt.to_string(token)


def before_midnight(column: pl.Series, form: str) -> pl.Series:
    """Times whose midnight is hour 24 of the day before, where a form has hours up to 24; 00:15 stays as it is."""
    if "K" not in own_in(form):
        return column
    return column.zip_with(column.dt.time() != _MIDNIGHT, column.dt.offset_by("-1d"))
