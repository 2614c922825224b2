"""The time zone of times that are written with their offset from UTC (``+01:00``)."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Literal

import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.column_kinds import EPOCHS, EXCEL
from rnnctl.schema.zone import is_region
from rnnctl.tables.date_forms import ZONE, directives, in_fiscal_quarters, parse_dates
from rnnctl.tables.frames import column_of, replaced
from rnnctl.tables.month_names import note_on_months
from rnnctl.tables.own_directives import own_in
from rnnctl.tables.table import Table
from rnnctl.util.suggest import nearest

OFFSET = r"([+-])(\d{2}):?(\d{2})?$"
_USUAL = (
    *("Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York", "America/Chicago", "America/Denver"),
    *("America/Los_Angeles", "Australia/Sydney", "Asia/Kolkata", "Asia/Tehran", "Asia/Kathmandu"),
    *("Pacific/Auckland", "America/Santiago", "America/Sao_Paulo"),
)
"""Zones that are tried first: several have the same offsets over the times of a file."""
_HOUR = timedelta(hours=1)
_MOST_CHANGES = 1000
_FIXED = {
    330: "Asia/Kolkata",
    345: "Asia/Kathmandu",
    270: "Asia/Kabul",
    390: "Asia/Yangon",
    570: "Australia/Darwin",
    -570: "Pacific/Marquesas",
}
"""Zones by their minutes, which have been theirs since 1986 at the latest."""


def zone_of(minutes: int) -> str | None:
    """The zone that always has an offset from UTC, in minutes; None where none is known."""
    hours, rest = divmod(minutes, 60)
    if rest or not -12 <= hours <= 14:
        return _FIXED.get(minutes)
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def notes_on_form(form: str) -> Iterator[str]:
    """What to say of the months' language, the hours, and the zone that times of a form are taken for."""
    yield from filter(None, (note_on_months(form.partition(ZONE)[0]), _note_on_zone(form)))
    if form == EXCEL:
        yield f"numbers are read as days as spreadsheets count them ({form}): 45292 is 2024-01-01"
    elif form in EPOCHS:
        yield f"numbers are read as times that count from 1970 ({form}), in UTC"
    if in_fiscal_quarters(directives(form)):
        yield "quarters and halves of fiscal years are taken as those of the calendar year of the same number"
    if "K" in own_in(directives(form)):
        yield f"midnight is written {'24:00' if '%M' in form else 'as hour 24'}: it is 00:00 of the next day"


def _note_on_zone(form: str) -> str | None:
    """None where their offset is always the same."""
    _, offsets, zone = form.partition(ZONE)
    if not offsets or zone == "UTC" or zone.startswith("Etc/"):
        return None
    if zone:
        return f"the times' offsets from UTC are those of {zone}, which says what they are later on"
    return "no time zone has the times' offsets from UTC; hours, and the times of forecasts, are those of UTC"


@cache
def _zones() -> tuple[str, ...]:
    """All zones that Polars knows, the usual ones first."""
    return tuple(dict.fromkeys((*_USUAL, *sorted(filter(is_region, zoneinfo.available_timezones())))))


class ZoneSearch:
    """Reads a column's cells, in any order, and finds the zone whose offsets they have.

    Args:
        form: The form of the times.
    """

    def __init__(self, form: str) -> None:
        self._form = form
        self._seen = pl.DataFrame(schema={"time": pl.Datetime("us", "UTC"), "offset": pl.Int64})

    def feed(self, text: pl.Series) -> None:
        """Reads the next cells, but for those of more changes than any zone has."""
        if self._seen.height > _MOST_CHANGES:
            return
        times = parse_dates(text, self._form)
        parts = text.str.extract_groups(OFFSET).struct
        minutes = parts.field("2").cast(pl.Int64, strict=False) * 60
        minutes = minutes + parts.field("3").cast(pl.Int64, strict=False).fill_null(0)
        minutes = minutes * (parts.field("1") == "-").replace_strict({True: -1, False: 1}, return_dtype=pl.Int64)
        new = pl.DataFrame({"time": times, "offset": minutes.fill_null(0)}).drop_nulls()
        rows = pl.concat([self._seen, new]).sort("time")
        offset = rows.get_column("offset")
        ends = offset.ne_missing(offset.shift(1)) | offset.ne_missing(offset.shift(-1))
        self._seen = rows.filter(ends)

    def zone(self) -> str | None:
        """The zone; None where no zone has these offsets at these times."""
        offsets = self._seen.get_column("offset").unique().to_list()
        if len(offsets) == 1 and not offsets[0] % 60 and (zone := zone_of(offsets[0])) is not None:
            return zone
        if not offsets or self._seen.height > _MOST_CHANGES:
            return None
        checked = pl.concat([self._seen, self._between()])
        return next((name for name in _zones() if _fits(name, checked)), None)

    def _between(self) -> pl.DataFrame:
        """Times between those at which offsets change, a week apart."""
        rows = self._seen.with_columns(end=pl.col("time").shift(-1), after=pl.col("offset").shift(-1))
        weeks = pl.datetime_ranges("time", "end", interval="1w")
        same = rows.filter(pl.col("offset") == pl.col("after"))
        return same.select(weeks.alias("time"), "offset").explode("time").drop_nulls()


def _fits(name: str, checked: pl.DataFrame) -> bool:
    times = checked.get_column("time")
    try:
        local = times.dt.convert_time_zone(name)
    except pl.exceptions.PolarsError:  # a zone that Polars does not know
        return False
    offsets = (local.dt.base_utc_offset() + local.dt.dst_offset()).dt.total_minutes()
    return bool((offsets == checked.get_column("offset")).all())


def in_zone(table: Table) -> Table:
    """The table with its times in ``data.time_zone``; itself where that is not set.

    Raises:
        DataError: The column holds no times of day.
    """
    data = table.data
    if data.time_zone is None or data.time is None:
        return table
    if data.time_zone not in _zones():
        near = nearest(data.time_zone, _zones())
        hint = f"did you mean {near}?" if near else "write one such as Europe/Berlin"
        raise DataError(f"data.time_zone: {data.time_zone!r} is no time zone that is known here; {hint}")
    times = column_of(table.frame, data.time)
    if not isinstance(times.dtype, pl.Datetime):
        held = "dates alone" if times.dtype == pl.Date else "numbers"
        raise DataError(
            f"{data.path}: column {data.time!r}: data.time_zone is for times of day, and this column holds {held}; "
            f"leave it out"
        )
    since_1970 = table.forms.get(data.time) in {*EPOCHS} - {EXCEL}
    if since_1970 or times.dtype.time_zone is not None:
        times = times.dt.replace_time_zone("UTC") if since_1970 else times
        return replace(table, frame=replaced(table.frame, {data.time: times.dt.convert_time_zone(data.time_zone)}))
    series = times.is_null() if data.series is None else column_of(table.frame, data.series)
    return replace(table, frame=replaced(table.frame, {data.time: localised(times, series, data.time_zone)}))


def localised(times: pl.Series, series: pl.Series, zone: str) -> pl.Series:
    """Times on the wall of a zone: what stands twice where clocks are put back is told apart by the order of rows.

    An hour that the clock leaves out is an hour later.

    Args:
        times: Datetimes without a zone.
        series: What tells series apart.
    """
    frame = pl.DataFrame({"time": times, "series": series}).with_columns(
        nth=pl.int_range(pl.len()).over("series", "time"),
        count=pl.len().over("series", "time"),
        step=pl.col("time").diff().over("series").dt.total_microseconds().sign(),
    )
    down = (frame.get_column("step").sum() or 0) < 0
    first, last = _on_wall(times, zone, "earliest"), _on_wall(times, zone, "latest")
    ends = times.dt.offset_by("-1us")  # a row may stand at the end of its hour
    later = last - first
    later = later.zip_with(
        later.dt.total_seconds() > 0, _on_wall(ends, zone, "latest") - _on_wall(ends, zone, "earliest")
    )
    once = frame.get_column("count") != 2
    second = frame.get_column("nth") == (0 if down else 1)
    return first.zip_with(once | (later.dt.total_seconds() == 0), last.zip_with(second, last - later))


def _on_wall(times: pl.Series, zone: str, which: Literal["earliest", "latest"]) -> pl.Series:
    local, after = (
        some.dt.replace_time_zone(zone, ambiguous=which, non_existent="null")
        for some in (times, times.dt.offset_by("1h"))
    )
    return local.fill_null(after)


def zone_of_changes(times: pl.Series, series: pl.Series) -> str | None:
    """The zone whose changes of clocks explain all times that a series holds twice, and hours that are left out.

    Several zones have the same clocks; None where nothing is changed, or no zone changes it then.

    Args:
        times: Without nulls.
        series: What tells series apart.
    """
    if not isinstance(times.dtype, pl.Datetime) or times.dtype.time_zone is not None or times.is_empty():
        return None
    counts = pl.DataFrame({"time": times, "series": series}).group_by("series", "time").len().sort("series", "time")
    twice = counts.filter(pl.col("len") > 1)
    if (twice.get_column("len") > 2).any():
        return None
    steps = counts.select("time", step=pl.col("time").shift(-1).over("series") - pl.col("time")).drop_nulls()
    usual = steps.get_column("step").value_counts(sort=True).get_column("step")
    if usual.is_empty() or usual[0] > _HOUR:
        return None
    gaps = steps.filter(pl.col("step") == usual[0] + _HOUR).select(pl.col("time") + usual[0]).to_series().unique()
    again = twice.get_column("time").unique()
    if not len(again) + len(gaps) or max(len(again), len(gaps)) > _MOST_CHANGES:
        return None
    ends = times.to_frame("").select(pl.datetime_range(pl.all().min().dt.truncate("1h"), pl.all().max(), "1h"))
    hours = ends.to_series()
    return next((zone for zone in _zones() if _changes(zone, again, gaps, hours)), None)


def _changes(zone: str, again: pl.Series, gaps: pl.Series, hours: pl.Series) -> bool:
    """Whether a zone's clocks are put back at all times that stand twice, and its hours left out are gaps."""
    try:
        if not _at_change(again, zone, back=True).all():
            return False
        forward = _at_change(gaps, zone, back=False)
        if again.is_empty() and not forward.any():
            return False
        skipped = hours.filter(_left_out(hours, zone)).dt.date().unique()
        return set(skipped) == set(gaps.filter(forward).dt.date())
    except pl.exceptions.PolarsError:  # a zone that Polars does not know
        return False


def _at_change(times: pl.Series, zone: str, *, back: bool) -> pl.Series:
    """Which times lie in an hour that stands twice, or that is left out, its end included."""
    found = pl.Series([False] * len(times), dtype=pl.Boolean)
    for some in (times, times.dt.offset_by("-1us")):
        out = _left_out(some, zone)
        found |= (
            some.dt.replace_time_zone(zone, ambiguous="null", non_existent="null").is_null() & ~out if back else out
        )
    return found


def _left_out(times: pl.Series, zone: str) -> pl.Series:
    return times.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").is_null()
