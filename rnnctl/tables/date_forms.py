"""Forms of dates and times: the forms that a text may have, parsing a column of one form, and formatting it again.

A form is a format of strptime and strftime as in chrono (``%d.%m.%Y %H:%M``), or `NUMBER`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from rnnctl.errors import DataError
from rnnctl.tables.frames import column_of, replaced

NUMBER = "number"
"""The form of times that are numbers."""
COMPACT = "%Y%m%d"

_CLOCK = re.compile(
    r"(?P<gap>T| |, )(?P<hour>\d{1,2}):\d{2}(?P<second>:\d{2}(?:\.\d+)?)?(?P<half> ?[ap]m)?"
    r"(?P<zone>Z|[+-]\d{2}(?P<colon>:?)\d{2})?",
    re.IGNORECASE,
)
_DIRECTIVE = re.compile(r"%[-_0#:.]*\d?([A-Za-z%+])")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_PARTS = {
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "m": r"0?[1-9]|1[0-2]",
    "d": r"0?[1-9]|[12]\d|3[01]",
    "b": "|".join(month[:3] for month in _MONTHS),
    "B": "|".join(month for month in _MONTHS if len(month) > 3),
}
_DATES = (
    *(mark.join(order) for mark in "-./" for order in ("Ymd", "dmY", "mdY", "dmy", "mdy", "ymd")),
    *(mark.join(order) for mark in "-/" for order in ("Ym", "mY")),  # 2024.12 is a number
    *(mark.join(order) for mark in "- " for order in ("dbY", "dBY")),
    *("b d, Y", "B d, Y"),
)
"""Orders of year, month and day with what stands between them, but for `COMPACT`."""
_WITH_DAY, _WITH_MONTH, _WITH_CLOCK = set("dejDFxvc+s"), set("mbBhjDFxvc+s"), set("HIklMSTRXrpPfcs+")


def _pattern(date: str) -> re.Pattern[str]:
    known = {**_PARTS, "d": r"\d{1,2}"} if "b" in date.lower() else _PARTS  # a month's name leaves no doubt of the day
    parts = (f"({known[char]})" if char in known else re.escape(char) for char in date)
    return re.compile(rf"{''.join(parts)}(?!\d)", re.IGNORECASE)


_PATTERNS = [(re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)"), "Ymd")]
_PATTERNS += [(_pattern(date), date) for date in _DATES]


def forms_of(text: str) -> tuple[str, ...]:
    """The forms that one date or time may be written in: none of another text, several where it is ambiguous.

    Args:
        text: Without spaces around.
    """
    forms = []
    for pattern, date in _PATTERNS:
        found = pattern.match(text)
        clock = None if found is None else _clock_form(text[found.end() :])
        if found is None or clock is None or (clock and "d" not in date):
            continue
        groups = iter(found.groups())
        forms.append("".join(_padded(char, next(groups)) if char in _PARTS else char for char in date) + clock)
    return tuple(forms)


def _padded(part: str, text: str) -> str:
    return f"%-{part}" if len(text) == 1 else f"%{part}"


def _clock_form(text: str) -> str | None:
    """The form of a time of day and the gap before it; empty for no text, None for other text."""
    if not text:
        return ""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    half = found["half"] or ""
    form = found["gap"] + _padded("I" if half else "H", found["hour"]) + ":%M"
    form += ":%S%.f" if found["second"] else ""  # of whole seconds, the fraction is nothing
    form += half[:-2] + (("%p" if half.isupper() else "%P") if half else "")
    zone = found["zone"]
    return form + ("" if zone is None else "%#z" if zone in "Zz" else "%:z" if found["colon"] else "%z")


def parse_dates(text: pl.Series, form: str) -> pl.Series:
    """Parses dates of a form: as datetimes in microseconds where it has a time of day, else as dates.

    A missing day is the first of the month, a missing month the first of the year.

    Args:
        text: Text without spaces around, null where missing.
        form: The form; empty where no cell holds a date.

    Returns:
        Null where a cell is not of that form.
    """
    if not form:
        return pl.Series(text.name, [None] * len(text), dtype=pl.Date)
    used = set(_DIRECTIVE.findall(form))
    form_read, rest = re.sub(r"%[:#]?z", "%#z", form).replace("%b", "%B"), ""
    for directive, parts in ((" %m", _WITH_MONTH), (" %d", _WITH_DAY)):
        if not used & parts:
            form_read, rest = form_read + directive, rest + " 01"
    text = text + rest if rest else text
    try:
        if used & _WITH_CLOCK:
            return text.str.to_datetime(form_read, time_unit="us", strict=False)
        return text.str.to_date(form_read, strict=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{form!r} is no form of dates ({reason}); write one such as %d.%m.%Y %H:%M") from None


def written(frame: pl.DataFrame, forms: Mapping[str, str]) -> pl.DataFrame:
    """The frame with its dates and times formatted, by the form of each column."""
    return replaced(
        frame,
        {
            name: column_of(frame, name).dt.to_string(form.replace("%#z", "Z"))
            for name, form in forms.items()
            if name in frame.columns and frame.schema[name].is_temporal()
        },
    )
