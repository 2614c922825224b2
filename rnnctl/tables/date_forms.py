"""How dates and times are written: which form a text has, reading a column of one form, and writing it again.

A form is what strptime and strftime take, as chrono has them (``%d.%m.%Y %H:%M``), or `NUMBER`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import polars as pl

from rnnctl.errors import DataError
from rnnctl.tables.frames import column_of, replaced

NUMBER = "number"
"""The form of times that are numbers."""
COMPACT = "%Y%m%d"

Parse = Callable[[pl.Series], pl.Series]
"""From a column of text, without spaces around and null where missing, to values; null where one cannot be read."""

_CLOCK = re.compile(
    r"(?P<gap>T| |, )(?P<hour>\d{1,2}):\d{2}(?P<second>:\d{2}(?:\.\d+)?)?(?P<half> ?[ap]m)?"
    r"(?P<zone>Z|[+-]\d{2}(?P<colon>:?)\d{2})?",
    re.IGNORECASE,
)
_DIRECTIVE = re.compile(r"%[-_0#:.]*\d?([A-Za-z%+])")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_WITH_DAY, _WITH_MONTH, _WITH_CLOCK = set("dejDFxvc+s"), set("mbBhjDFxvc+s"), set("HIklMSTRXrpPfcs+")


def forms_of(text: str) -> tuple[str, ...]:
    """The forms that one date or time may be written in: none of another text, several where it does not tell.

    Args:
        text: Without spaces around.
    """
    for pattern, orders in _DATES:
        if (found := pattern.match(text)) is not None:
            clock = _clock_form(text[found.end() :])
            forms = () if clock is None else tuple(orders(found))
            return tuple(form + (clock or "") for form in forms if not clock or "d" in form)
    return ()


def _compact(found: re.Match[str]) -> Iterator[str]:
    if _is_month(found[1]) and _is_day(found[2]):
        yield COMPACT


def _in_numbers(found: re.Match[str]) -> Iterator[str]:
    numbers = [number for number in (found[1], found[3], found[4]) if number is not None]
    yield from (found[2].join(parts) for parts in _orders(numbers, found[2]))


def _day_first(found: re.Match[str]) -> Iterator[str]:
    if month := _month_form(found[3]):
        yield found[2].join((_padded("d", found[1]), month, "%Y"))


def _month_first(found: re.Match[str]) -> Iterator[str]:
    if month := _month_form(found[1]):
        yield f"{month} {_padded('d', found[2])}, %Y"


_DATES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[str]]], ...] = (
    (re.compile(r"(?:19|20)\d{2}(\d{2})(\d{2})(?!\d)"), _compact),
    (re.compile(r"(\d{1,4})([-./])(\d{1,4})(?:\2(\d{1,4}))?(?!\d)"), _in_numbers),
    (re.compile(r"(\d{1,2})([- ])([A-Za-z]{3,9})\2\d{4}(?!\d)"), _day_first),
    (re.compile(r"([A-Za-z]{3,9}) (\d{1,2}), \d{4}(?!\d)"), _month_first),
)
"""What a date may look like, and the forms that it may be of then."""


def _orders(numbers: list[str], mark: str) -> Iterator[tuple[str, ...]]:
    """The orders that year, month and day may stand in, as directives."""
    orders = {
        (4, 2): ["Ym"] if mark != "." else [],  # 2024.12 is a number
        (2, 4): ["mY"] if mark != "." else [],
        (4, 2, 2): ["Ymd"],
        (2, 2, 4): ["dmY", "mdY"],
        (2, 2, 2): ["dmy", "mdy", "ymd"],
    }
    widths = tuple(4 if len(number) > 2 else 2 for number in numbers)
    for order in orders.get(widths, ()):
        if all(_FITS[part](number) for part, number in zip(order, numbers, strict=True)):
            yield tuple(_padded(part, number) for part, number in zip(order, numbers, strict=True))


def _is_month(number: str) -> bool:
    return len(number) <= 2 and 1 <= int(number) <= 12


def _is_day(number: str) -> bool:
    return len(number) <= 2 and 1 <= int(number) <= 31


_FITS: dict[str, Callable[[str], bool]] = {
    "Y": lambda number: len(number) == 4,
    "y": lambda number: len(number) == 2,
    "m": _is_month,
    "d": _is_day,
}


def _padded(part: str, text: str) -> str:
    return f"%-{part}" if len(text) == 1 else f"%{part}"


def _month_form(word: str) -> str | None:
    whole = word.lower()
    if whole in _MONTHS and len(whole) > 3:
        return "%B"
    return "%b" if len(whole) == 3 and any(month.startswith(whole) for month in _MONTHS) else None


def _clock_form(text: str) -> str | None:
    """The form of a time of day with what stands before it; empty of none, None of another text."""
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


def parser_of(form: str) -> Parse:
    """How to read dates of a form: datetimes in microseconds where it has a time of day, dates where it has none.

    A month without a day is its first, a year without a month its first.
    """
    used = set(_DIRECTIVE.findall(form))
    more = [(" %m", " 01")] * (not used & _WITH_MONTH) + [(" %d", " 01")] * (not used & _WITH_DAY)
    whole = re.sub(r"%[:#]?z", "%#z", form).replace("%b", "%B") + "".join(directive for directive, _ in more)
    rest = "".join(number for _, number in more)

    def parse(text: pl.Series) -> pl.Series:
        text = text + rest if rest else text
        try:
            if used & _WITH_CLOCK:
                return text.str.to_datetime(whole, time_unit="us", strict=False)
            return text.str.to_date(whole, strict=False)
        except pl.exceptions.PolarsError as error:
            reason = str(error).partition("\n")[0]
            raise DataError(f"{form!r} is no form of dates ({reason}); write one such as %d.%m.%Y %H:%M") from None

    return parse


def written(frame: pl.DataFrame, forms: Mapping[str, str]) -> pl.DataFrame:
    """The frame with its dates and times as text, each in its column's form.

    Args:
        frame: The frame.
        forms: By name of the column; what is no date or time stays as it is.
    """
    dated = {name: form for name, form in forms.items() if name in frame.columns and frame.schema[name].is_temporal()}
    return replaced(frame, {name: _as_text(column_of(frame, name), form) for name, form in dated.items()})


def _as_text(times: pl.Series, form: str) -> pl.Series:
    return times.dt.to_string(form.replace("%#z", "Z"))
