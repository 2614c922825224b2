"""The time zone of times that are written with their offset from UTC (``+01:00``)."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator

import polars as pl

from rnnctl.schema.column_kinds import EPOCHS
from rnnctl.tables.date_forms import ZONE, directives, parse_dates
from rnnctl.tables.month_names import note_on_months
from rnnctl.tables.own_directives import own_in

OFFSET = r"([+-])(\d{2}):?(\d{2})?$"
_USUAL = (
    *("Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York", "America/Chicago", "America/Denver"),
    *("America/Los_Angeles", "Australia/Sydney", "Asia/Kolkata", "Asia/Tehran", "Asia/Kathmandu"),
)
"""Zones that are tried first: several have the same offsets over the times of a file."""
_REGIONS = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
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
    if form in EPOCHS:
        yield f"numbers are read as times that count from 1970 ({form}); hours are those of UTC"
    if "K" in own_in(directives(form)):
        yield "hours go from 1 to 24, and each row stands at the end of its hour: 24 is 00:00 of the next day"


def _note_on_zone(form: str) -> str | None:
    """None where their offset is always the same."""
    _, offsets, zone = form.partition(ZONE)
    if not offsets or zone == "UTC" or zone.startswith("Etc/"):
        return None
    if zone:
        return f"the times' offsets from UTC are those of {zone}, which says what they are later on"
    return "no time zone has the times' offsets from UTC; hours, and the times of forecasts, are those of UTC"


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
        # Polars panics where it does not know a name such as localtime.
        names = (*_USUAL, *sorted(name for name in zoneinfo.available_timezones() if name.startswith(_REGIONS)))
        return next((name for name in dict.fromkeys(names) if _fits(name, checked)), None)

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
