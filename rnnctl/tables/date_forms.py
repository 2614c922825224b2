"""Forms of dates and times: the forms that a text may have, parsing a column of one form, and formatting it again.

A form is a format of strptime and strftime as in chrono (``%d.%m.%Y %H:%M``), with the directives of `own_directives`
and ``%^b`` for names in capitals; or `NUMBER`, or one of `EPOCHS`. The forms of several columns that are one time are
joined by `NEXT`.
`NAMES` and names of months may follow; and, where times have offsets (``+01:00``), `ZONE` and a time zone of these.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache

import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.column_kinds import EPOCHS, NEXT
from rnnctl.schema.column_names import parts_of
from rnnctl.tables.epochs import since_epoch
from rnnctl.tables.frames import column_of, concatenated
from rnnctl.tables.month_names import NAMES, PATTERN, in_english, with_names
from rnnctl.tables.own_directives import (
    BEFORE_END,
    DIRECTIVE,
    ORDINALS,
    as_text,
    before_midnight,
    in_plain,
    with_hour_24,
)

NUMBER = "number"
"""The form of times that are numbers."""
COMPACT = "%Y%m%d"
ZONE = "\t"

_CLOCK = re.compile(
    r"(?P<gap>[T _:]|, |)(?P<hour>\d{1,2})(?P<mark>[:.h])\d{2}(?P<second>(?P=mark)\d{2}(?P<fraction>[.,]\d+)?)?"
    r"(?P<half> ?[ap]m)?(?P<word> Uhr)?(?P<zone> ?(?:Z|UTC|GMT|[+-]\d{2}(?P<colon>:?)\d{2}|[+-]\d{2}))?",
    re.IGNORECASE,
)
_FORM_OF_CLOCK = re.compile(r"(?:[T _:]|, |)%-?[HKI].*$")
_ZERO = re.compile("(?:UTC|GMT)$", re.IGNORECASE)
"""Names of the offset zero, at the end of a form as they are written."""
_IN_UTC = re.compile(f"%#z$|{_ZERO.pattern}", re.IGNORECASE)
_NAME_OF_ZONE = r"[ ,]*[\[(]?\pL[\pL_/]{1,31}[\])]?$"
_MIDNIGHT = r"(?:T| |, )0?0[:.h]00(?:[:.]00(?:\.0+)?)?$"
_BETWEEN_ENDS = re.compile(BEFORE_END)
WITH_END = re.compile(r"%\d+[JL]")
"""What a form has for the end of a time."""
_MOST_ENDS = 0.9
_MINUTES = 1440
_LONGEST = 366 * _MINUTES
"""Most minutes from a time to its end."""
_HOUR_ALONE = re.compile(r"(?P<gap>[T _]|, )(?P<hour>\d{1,2})(?P<half> ?[ap]m)?", re.IGNORECASE)
_COMPACT_CLOCK = re.compile(r"(?P<gap>T?)\d{2}(?P<minute>\d{2}(?P<second>\d{2})?)?(?P<zone>Z)?", re.IGNORECASE)
_OF_COMPACT = {"minute": "%M", "second": "%S", "zone": "%#z"}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBER_OF_DAY = {
    "a": {day[:3]: number for number, day in enumerate(_WEEKDAYS, start=1)},
    "A": {day: number for number, day in enumerate(_WEEKDAYS, start=1)},
}
_DAY_IN_US = 86_400_000_000
_DAY_OF_WEEK = re.compile(rf"%-?d.*{NEXT}%[aA]$", re.DOTALL)
"""The form of a date and, in a column of its own, a day of the week that it begins."""
_PARTS = {
    "Y": r"\d{4}",
    "G": r"\d{4}",
    "y": r"\d{2}",
    "m": r"0?[1-9]|1[0-2]",
    "d": r"0?[1-9]|[12]\d|3[01]",
    "q": "[1-4]",
    "Q": "[12]",
    "u": "[1-7]",
    "N": r"\d{4}|\d{2}",
    "V": r"0?[1-9]|[1-4]\d|5[0-3]",
    "j": r"[0-3]\d\d",
    "o": "st|nd|rd|th",
    "c": r"\d\d:\d\d:\d\d(?: UTC| GMT| [+-]\d{4})?",
    "b": rf"(?:{PATTERN})(?:\.(?=[ /-]|$))?",
    "a": "|".join(day[:3] for day in _WEEKDAYS),
    "A": "|".join(_WEEKDAYS),
    **{str(place): marks.replace(" ", "|") for place, marks in enumerate(ORDINALS, start=1)},
}
_DATES = (
    *(mark.join(order) for mark in "-./" for order in ("Ymd", "dmY", "mdY", "dmy", "mdy", "ymd")),
    *(mark.join(order) for mark in "-/" for order in ("Ym", "mY")),  # 2024.12 is a number
    *(mark.join(order) for mark in ("-", " ", "/", ".", "") for order in ("dbY", "dby")),
    *(mark.join(order) for mark in ("-", " ", "/", ".") for order in ("bdY", "Ybd")),
    *("d. b Y", "b d, Y", "do b Y", "b do, Y", "b do Y", "d & b & Y", "b & Y"),  # 1 de enero de 2024
    *(f"{day}{comma} {date}" for day in "aA" for comma in (",", "") for date in ("d b Y", "b d, Y")),
    "a b d c Y",  # of the C library, git and others
    *(mark.join(order) for mark in ("-", " ", "/", ".", "") for order in ("bY", "Yb")),
    *(f"b{mark}y" for mark in ("-", "/", " '")),  # Jun 23 is a day of June
    *("Y~!q", "!q~Y", "!q~y", "q~!~Y", "q~!~y", "Y~$Q", "$Q~Y", "Q~$~Y"),
    *(f"{part}{ending}~{word}~Y" for part, word in ("q!", "Q$") for ending in range(1, 1 + len(ORDINALS))),
    *("G~WV", "WV~G", "V~W~G", "G-V", "G/V", "Y-j", "YMm", "Y-Mm", "Y:m", "y-b"),
    *("G-WV-u", "GWVu", "Y:q", "Y-q", "Y/q"),
    *("Y年m月d日", "Y年m月", "Y년 m월 d일", "Y년m월d일", "Y년 m월"),
    *(f"{prefix}Y{mark}N" for prefix in ("", "F") for mark in "/-–"),
    "FY",
    *(f"{part}~F{year}" for part in ("!q", "q!", "$Q") for year in "Yy"),
    *(f"F{year}~{part}" for part in ("!q", "q!", "$Q") for year in ("Y", "y", "Y/N")),
)
"""Orders of the parts of a date with what stands between them, but for those of digits alone: see `_DIGITS`."""
_WORDS = {
    "!": "quarter|quartal|qtr|trimestre|trimester|trim|kwartaal|kvartal|kwartał",
    "$": "half[ -]?year|half|halbjahr|halvår|hj|hy|semestre|semester|sem",
    "W": "week|woche|kw|cw|wk|semaine|semana|settimana|sem",
    "F": "fy|gj|season|saison",
}
_SHORT_WORDS = {"!": "q|t", "$": "h|s", "W": "w|s", "F": "fy"}
_LITERALS = {word: rf"(?:{names}|{_SHORT_WORDS[word]})\.? ?" for word, names in _WORDS.items()}
_LITERALS |= {"&": "del?", "~": "[-–_ /.:,]{0,2}"}
"""What else than themselves some letters in `_DATES` stand for: words for quarters (!), halves ($), weeks, years."""
_LABELS = "!$WFN"
"""What is in dates that codes may look like, so that not every number is a year of them."""
_DIGITS = {
    "Ymd": r"((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])",
    "Yj": r"((?:19|20)\d{2})([0-3]\d\d)",
    "Ym": r"((?:19|20)\d{2})(0[1-9]|1[0-2])",
    "GV": r"((?:19|20)\d{2})(0[1-9]|[1-4]\d|5[0-3])",
    "Yq": r"((?:19|20)\d{2})([1-4])",
}
SHORT = ("%Y%m", "%G%V", "%Y%q", "%Y%j", "%Y%m%d%H")
"""Forms of digits that other numbers may have by chance."""
_WITH_DAY, _WITH_MONTH, _WITH_CLOCK = set("dejDFxvc+su"), set("mbBhjDFxvc+sVWU"), set("HIklMSTRXrpPfcs+E")
_OLDEST = 1950
"""The first year that two digits mean."""
_WITH_MINUTE = set("MTRXrc+s")
_YEAR = re.compile("%[-_0^]?[YGyFDcxvs+]")


@cache
def _pattern(date: str) -> re.Pattern[str]:
    """What matches a date; compiled when it is first needed, since all of them take an eighth of a second."""
    if date in _DIGITS:
        return re.compile(rf"{_DIGITS[date]}(?!\d)")
    known = {**_PARTS, "d": r" ?\d{1,2}"} if "b" in date else _PARTS  # a month's name leaves no doubt of the day
    if set(date) & set(_LABELS):
        known = {**known, **dict.fromkeys("YG", r"(?:1[5-9]|20|21)\d{2}")}
    parts = (f"({known[char]})" if char in known else _LITERALS.get(char, re.escape(char)) for char in date)
    return re.compile(rf"{''.join(parts)}(?!\d)", re.IGNORECASE)


_MONTH = re.compile(PATTERN, re.IGNORECASE)
_BEGINS = re.compile("|".join([r"\d", *(_PARTS[part] for part in "ba"), *(_LITERALS[word] for word in "!$WF")]), re.I)
"""How every date begins."""
_COMPACT_TIMES = re.compile(_DIGITS["Ymd"])


_YEAR_OR_CLOCK = r"(?:^|\D)(?:19|20)\d{2}(?:\D|$)|\d{1,2}:\d{2}"
_FEW_WORDS = 40
"""Most different words in labels of times."""
_TIME_WORD = "|".join([*_WORDS.values(), "month|monat|mois|mes|day|tag|jour|día|[年月季周日年월분기]", PATTERN])
_NUMBERED = r"[QTHSWMPD]?\d{1,4}[QTHSW]?"
_LIKE_A_TIME = rf"(?i)^(?:(?:{_TIME_WORD})|{_NUMBERED}|[IVX]{{1,4}}\b|[-–_ /.:,'’第度]|(?:st|nd|rd|th|er|e|ème)\b)+$"
_OF_A_YEAR = r"\b(?:19|20)\d{2}[-–_ /.]?[PQHSMWT]\d{1,2}$|^[PQHSMWT]\d{1,2}[-–_ /.]?(?:19|20)\d{2}\b"
_MEASURE = r"^[\d.,]+\s*\p{Latin}+\.?$"
_MOMENT = r"(?:\S{6,12}[T ,]+)?\d{1,2}[:h]\d{2}(?::\d{2})?(?: ?[ap]m)?"
_DAY = r"\d{1,4}([-./])\d{1,2}([-./])\d{1,4}"
_INTERVAL = rf"(?i)^(?:{_MOMENT}{BEFORE_END}{_MOMENT}|{_DAY}(?:\s*[/–—~]\s*|\s+(?:-|to|bis)\s+){_DAY})$"
_HOURS = r"^(\d\d)(?: - | – |-|–)(\d\d)$"
_MOST_OFFSETS = 3
_LOOKED_AT = 200
OF_INTERVALS = "in the file, keep the time at which each begins, such as 00:00 or 2024-01-31, and leave its end out"
"""What to do with a beginning and an end."""
TIME_LABELS = "2024-01-31, 2024-01-31 13:30, 2024-03, 2024-Q1, 2024-H1 or 2024-W10"
"""Dates, and labels of longer times, that are read."""


def like_times(text: pl.Series) -> bool:
    """Whether text, null where missing, is all of labels of times, such as ``Week 1``, which may be of no form."""
    labels = text.drop_nulls().unique()
    if names_zones(text) or are_intervals(text):
        return True
    if 2 * len(labels) > len(text) and (labels.str.contains(_YEAR_OR_CLOCK) & labels.str.contains(r"\pL")).all():
        words = labels.str.to_lowercase().str.extract_all(r"\pL+").explode().unique()
        if len(words) <= min(_FEW_WORDS, len(labels) / 2):
            return True
    if len(labels) < 2 or not labels.str.contains(rf"(?i)(?:{_TIME_WORD}|{_OF_A_YEAR})").all():
        return False
    numbered = labels.str.contains(r"\d|\b[IVX]{1,4}\b") & ~labels.str.contains(_MEASURE)
    return bool((numbered & labels.str.contains(_LIKE_A_TIME)).all())


def are_intervals(text: pl.Series) -> bool:
    """Whether text is all of a beginning and an end: ``00:00 - 01:00``, ``2024-01-01/2024-01-07``, or ``00 - 01``."""
    cells = text.drop_nulls().unique()
    if len(cells) < 2:
        return False
    if cells.str.contains(_INTERVAL).all():  # 00:00-01:00 may be an offset from UTC, of which a file has few
        ends = cells.str.extract(r"\S[-+]((\d\d):\d\d)$", 2).cast(pl.Int64)
        return ends.has_nulls() or bool((ends > 12).any()) or ends.n_unique() > _MOST_OFFSETS
    begin, end = (cells.str.extract(_HOURS, place).cast(pl.Int64) for place in (1, 2))
    return bool((((end - begin) % 24 == 1) & (end <= 24)).fill_null(value=False).all())


def in_fiscal_quarters(form: str) -> bool:
    """Whether a form tells quarters or halves of fiscal years, which may begin in any month."""
    return re.search(rf"(?i)(?:{_LITERALS['F']})%-?[Yy]", form) is not None and re.search("%[qQ]", form) is not None


def ends_fit(text: pl.Series, form: str) -> bool:
    """Whether the ends beside nearly all times of a form are as far from them as it says, so that it tells them."""
    times = parse_dates(text, form)
    again = concatenated((_formatted(times, part, "") for part in form.split(NEXT)), NEXT)
    return int((again == text).sum() or 0) >= _MOST_ENDS * len(text)


def names_zones(text: pl.Series) -> bool:
    """Whether the name of a time zone, such as CET, stands behind each of its times of day."""
    cells = text.drop_nulls().head(_LOOKED_AT)
    times = cells.str.replace(_NAME_OF_ZONE, "")
    named = bool(len(cells)) and bool((times != cells).all())
    return named and all(any(set("HIK") & {*DIRECTIVE.findall(form)} for form in forms_of(time)) for time in times)


def forms_of(text: str) -> tuple[str, ...]:
    """The forms that one date or time may be written in: none of another text, several where it is ambiguous.

    Args:
        text: Without spaces around.
    """
    forms: list[str] = []
    if _BEGINS.match(text) is None:
        return ()
    if forms := _with_end(text):
        return tuple(forms)
    if (found := _COMPACT_TIMES.match(text)) and (clock := _compact_clock(text[found.end() :])):
        forms.append(COMPACT + clock)
    named = _MONTH.search(text) is not None
    for date in (*_DIGITS, *_DATES):
        found = _pattern(date).match(text) if named or "b" not in date else None
        if found is None or ("N" in date and not _follows(found)):
            continue
        clocks = clock_forms(text[found.end() :], alone=True)
        begin = _as_written(text, found, [char for char in date if char in _PARTS])
        forms += [begin + clock for clock in clocks if not clock or not set(date).isdisjoint("dju")]
    return tuple(dict.fromkeys(forms))


def _with_end(text: str) -> list[str]:
    """The forms of a time with its end, which is as many minutes later as here."""
    found = []
    for middle in _BETWEEN_ENDS.finditer(text, len(text) // 2 - 5, len(text) // 2 + 5):
        begin, end = text[: middle.start()], text[middle.end() :]
        if abs(len(begin) - len(end)) > 2 or not {*begin} & {*"0123456789"}:
            continue
        for form in forms_of(begin):
            both = parse_dates(pl.Series([begin, end]), form)
            length = 0 if both.has_nulls() or WITH_END.search(form) else int((both[1] - both[0]).total_seconds()) // 60
            found += [f"{form}{middle[0]}%{length}J"] if 0 < length <= _LONGEST else []
    return found


def _follows(found: re.Match[str]) -> bool:
    """Whether the second of two years, the last part of a date, is the year after the first."""
    year, following = found[1], found[2]
    return str(int(year) + 1)[-len(following) :] == following


def _as_written(text: str, found: re.Match[str], parts: list[str]) -> str:
    """The form of a matched text: a directive for each part, and what stands between them as it is."""
    form, end = "", 0
    for place, part in enumerate(parts, start=1):
        form += text[end : found.start(place)].replace("%", "%%") + padded(part, found[place])
        end = found.end(place)
    return form + text[end : found.end()].replace("%", "%%")


def padded(part: str, text: str) -> str:
    """The directive of a part of a date; a number of one digit has no zero before it, a name may be in capitals."""
    if part.isdigit() or part == "o":
        return f"%{part.strip('o')}O"
    if part == "c":
        return clock_form(text) or ""
    part = "B" if part == "b" and len(text) > len("May") else part
    if part in "aAbB" and text.isupper():
        return f"%^{part}"
    if part == "N" and len(text) == 2:
        return "%2N"
    return f"%-{part}" if len(text) == 1 and part not in "qQu" else f"%{part}"


def clock_forms(text: str, *, alone: bool = False) -> list[str]:
    """The forms of a time of day and the gap before it: none of other text, two where its end may be an offset.

    Args:
        alone: Whether it may be an hour alone.
    """
    found = clock_form(text)
    hour = _HOUR_ALONE.fullmatch(text) if alone and found is None else None
    if hour is not None:
        half = hour["half"] or ""
        name = half[:-2] + ("%p" if half.isupper() else "%P") if half else ""
        return [hour["gap"] + padded("I" if half else "H", hour["hour"]) + name]
    end = _clock_with_end(text) if found is None or "z" in found else None
    return [form for form in (found, end) if form is not None]


def clock_form(text: str) -> str | None:
    """The form of a time of day and the gap before it; empty for no text, None for other text."""
    if not text:
        return ""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return _clock_with_end(text)
    half, mark = found["half"] or "", found["mark"]
    form = found["gap"] + padded("I" if half else "H", found["hour"]) + f"{mark}%M"
    comma = (found["fraction"] or "").startswith(",")  # of whole seconds, a fraction after a point is nothing
    form += "" if not found["second"] else f"{mark}%S,%{len(found['fraction']) - 1}f" if comma else f"{mark}%S%.f"
    form += half[:-2] + (("%p" if half.isupper() else "%P") if half else "") + (found["word"] or "")
    zone = (found["zone"] or "").lstrip()
    gap = " " * (len(found["zone"] or "") - len(zone))
    if not zone:
        return form
    if _ZERO.fullmatch(zone):
        return form + gap + zone
    return form + gap + ("%#z" if zone in "Zz" else "%:z" if found["colon"] else "%z" if len(zone) > 3 else "%:::z")


def _clock_with_end(text: str) -> str | None:
    found = re.fullmatch(rf"(\D*(\d{{1,2}}):(\d\d))({BEFORE_END})(\d{{1,2}}):(\d\d)", text)
    form = None if found is None else clock_form(found[1])
    if found is None or not form:
        return None
    minutes = [60 * int(found[hour]) + int(found[hour + 1]) for hour in (2, 5)]
    return f"{form}{found[4]}%{(minutes[1] - minutes[0]) % _MINUTES}L"


def _compact_clock(text: str) -> str | None:
    found = _COMPACT_CLOCK.fullmatch(text)
    if found is None:
        return None
    minute, second, zone = (part if found[name] else "" for name, part in _OF_COMPACT.items())
    return f"{found['gap']}%H{minute}{second}{zone}"


def parse_dates(text: pl.Series, form: str) -> pl.Series:
    """Parses dates of a form: as datetimes in microseconds where it has a time of day, else as dates.

    A missing day is the first of the month, of the week Monday; a missing month the first of the year. Hour 24 is the
    next day's midnight. Where most cells have a time of day, a date alone is its midnight; where none has one, midnight
    is no other time than the date.

    Args:
        text: Text without spaces around, null where missing.
        form: The form; empty where no cell holds a date.

    Returns:
        Null where a cell is not of that form, or its year is none from 1 to 9999.
    """
    if not form:
        return pl.Series(text.name, [None] * len(text), dtype=pl.Date)
    form, _, zone = form.replace("%^", "%").partition(ZONE)
    text, form = in_english(text, form.partition(NAMES)[0])
    if _DAY_OF_WEEK.search(form):
        return _days_of_weeks(text, form)
    text, form = text.str.replace_all(NEXT, " ", literal=True), form.replace(NEXT, " ")
    times = _parsed(text, form, zone)
    unread = times.is_null() & text.is_not_null()
    return times.scatter(unread.arg_true(), _otherwise(text.filter(unread), form, zone)) if unread.any() else times


def _days_of_weeks(text: pl.Series, form: str) -> pl.Series:
    """The days called so in the weeks that begin at dates."""
    date, _, name = form.rpartition(NEXT)
    parts = text.str.split(NEXT)
    begin = parse_dates(parts.list.slice(0, len(date.split(NEXT))).list.join(NEXT), date)
    day = parts.list.last().str.to_lowercase().replace_strict(_NUMBER_OF_DAY[name[-1]], default=None)
    after = (day.cast(pl.Int64) - begin.dt.weekday().cast(pl.Int64)) % 7
    return (begin.cast(pl.Datetime("us")) + (after * _DAY_IN_US).cast(pl.Duration("us"))).cast(pl.Date)


def _otherwise(text: pl.Series, form: str, zone: str) -> pl.Series:
    """Cells that are not of a form, but of one that goes with it: hour 24, or a date alone beside times."""
    found = _FORM_OF_CLOCK.search(form)
    if found is None:
        midnight = text.str.contains(_MIDNIGHT)
        return _parsed(text.str.replace(_MIDNIGHT, "").set(~midnight, None), form, zone)
    late = _parsed(with_hour_24(text, form), form, zone).dt.offset_by("1d")
    if _YEAR.search(form[: found.start()]) is None:
        return late
    return late.fill_null(_parsed(text, form[: found.start()], "").cast(pl.Datetime("us")).cast(late.dtype))


def _parsed(text: pl.Series, form: str, zone: str) -> pl.Series:
    text, form = in_plain(text, form)
    used = set(DIRECTIVE.findall(form))
    if _ZERO.search(form):
        text, form = text.str.replace(f"(?i){_ZERO.pattern}", "Z"), _ZERO.sub("%#z", form)
        used = {*used, "z"}
    form_read, rest = re.sub(r"%:*#?:*z", "%#z", form).replace("%b", "%B"), ""
    if "V" in used and used & {"a", "A"}:
        used = {*used, "u"}
    if "V" in used and "u" not in used:
        form_read, rest, used = form_read + " %u", rest + " 1", used | {"u"}
    for directive, parts, first in (
        (" %m", _WITH_MONTH, " 01"),
        (" %d", _WITH_DAY, " 01"),
        (" %M", _WITH_MINUTE if used & _WITH_CLOCK else used, " 00"),
    ):
        if not used & parts:
            form_read, rest = form_read + directive, rest + first
    text = text + rest if rest else text
    try:
        if used & _WITH_CLOCK:
            times = text.str.to_datetime(form_read, time_unit="us", strict=False)
            times = _in_century(times, used)
            return within_years(times.dt.convert_time_zone(zone) if zone else times)
        return within_years(_in_century(text.str.to_date(form_read, strict=False), used))
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{form!r} is no form of dates ({reason}); write one such as %d.%m.%Y %H:%M") from None


def _in_century(times: pl.Series, used: Collection[str]) -> pl.Series:
    """Times of years of two digits, of which those from 50 on are of the century before."""
    if "y" not in used:
        return times
    late = (times.dt.year() >= _OLDEST + 100).fill_null(value=False)
    return times.zip_with(~late, times.dt.offset_by(f"-{100}y"))


def directives(form: str) -> str:
    """A form without what may follow it: names of months, and a time zone."""
    return form.partition(ZONE)[0].partition(NAMES)[0]


def within_years(times: pl.Series) -> pl.Series:
    """Dates or datetimes, null where the year is none from 1 to 9999, which nothing else can show."""
    years = times.dt.year()
    return times.set(~years.is_between(1, 9999).fill_null(value=False), None) if len(years) else times


def written(frame: pl.DataFrame, forms: Mapping[str, str]) -> pl.DataFrame:
    """The frame with its dates and times formatted, by the form of each column; one of several parts gives these."""
    found: dict[str, pl.Series] = {}
    for name in frame.columns:
        column, form = column_of(frame, name), forms.get(name)
        parts = next((parts_of(key) for key in forms if key == name), (name,))
        if form is None or not column.dtype.is_temporal():
            found[name] = column
            continue
        if form in EPOCHS:
            found[name] = since_epoch(column, form)
            continue
        if getattr(column.dtype, "time_zone", None) and _IN_UTC.search(directives(form)):
            column = column.dt.convert_time_zone("UTC")
        column = before_midnight(column, form)
        form, _, names = form.partition(ZONE)[0].partition(NAMES)
        texts = form.replace("%#z", "Z").split(NEXT)
        found |= {part: _formatted(column, text, names) for part, text in zip(parts, texts, strict=True)}
    return pl.DataFrame(found)


def _formatted(column: pl.Series, form: str, names: str) -> pl.Series:
    plain = form.replace("%^", "%")
    text = with_names(column, plain, names) if names else as_text(column, plain)
    return text.str.to_uppercase() if "%^" in form else text
