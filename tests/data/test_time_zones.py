"""Offsets from UTC that change are told: the zone that has them, or that none has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rnnctl.errors import DataError

CLOCKS = ("00:00", "02:00", "02:00", "03:00")  # 2023-10-29: summer time ends at 03:00


@pytest.mark.parametrize(
    ("offsets", "told"),
    [
        (
            ("+02:00", "+02:00", "+01:00", "+01:00"),
            "the times' offsets from UTC are those of Europe/Berlin",
        ),
        (
            ("+02:00", "+07:00", "+02:00", "+02:00"),
            "no time zone has the times' offsets from UTC; hours",
        ),
    ],
)
def test_what_is_made_of_changing_offsets_is_told(load, offsets, told):
    times = [f"2023-10-29T{clock}:00{offset}" for clock, offset in zip(CLOCKS, offsets, strict=True)]
    notes = load("t,y\n" + "".join(f"{time},{at}\n" for at, time in enumerate(times)), time="t").notes
    assert any(f"column 't': {told}" in note for note in notes)


def test_an_offset_that_never_changes_is_not(load):
    assert not load("t,y\n" + "".join(f"2023-10-29T0{hour}:00:00+02:00,{hour}\n" for hour in range(4)), time="t").notes


def walls(zone: str, minutes: int, *, ends: bool = False) -> tuple[list[datetime], list[str]]:
    """Moments of half a year around the changes of clocks, and what the clock on the wall says at or after each."""
    moments = [
        datetime(2023, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes * row) for row in range(260 * 1440 // minutes)
    ]
    local = [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in moments]
    return moments, [str(clock + timedelta(minutes=minutes * ends)) for clock in local]


@pytest.mark.parametrize(
    ("zone", "minutes", "way"),
    [
        ("Europe/Berlin", 60, "rising"),
        ("America/New_York", 15, "falling"),
        ("Australia/Sydney", 30, "two series"),
        ("Europe/London", 60, "two series, row by row"),
    ],
)
def test_an_hour_that_stands_twice_is_two_hours_of_its_zone(load, zone, minutes, way):
    moments, clocks = walls(zone, minutes)
    rows = [f"{clock},{place},s" for place, clock in enumerate(clocks)]
    if way == "two series":
        rows += [row.replace("s", "r") for row in rows]
    elif way == "two series, row by row":
        rows = [row.replace("s", name) for row in rows for name in "sr"]
    text = "t,y,s\n" + "\n".join(reversed(rows) if way == "falling" else rows)
    settings = {"time": "t", "series": "s"} if "series" in way else {"time": "t"}
    with pytest.raises(DataError, match=f"have the same time.* set data.time_zone: {zone}, or the zone"):
        load(text, **settings)
    dataset = load(text, **settings, time_zone=zone, scale="none", split={"validation": 0, "test": 0})
    order = dataset.order  # what the message says
    assert order.times.dt.convert_time_zone("UTC").to_list() == moments * len(order)
    assert dataset.train.values[:, 0].tolist() == [*range(len(moments))] * len(order)


@pytest.mark.parametrize("minutes", [60, 15])
def test_rows_at_the_end_of_their_hour_are_as_far_apart_where_clocks_are_changed(load, minutes):
    _, clocks = walls("Europe/Berlin", minutes, ends=True)
    text = "t,y\n" + "\n".join(f"{clock},{place}" for place, clock in enumerate(clocks))
    times = load(text, time="t", time_zone="Europe/Berlin").order.times
    assert set(times.diff().drop_nulls().to_list()) == {timedelta(minutes=minutes)}


@pytest.mark.parametrize(
    "more",
    ["2023-03-20 10:00:00", "2023-10-29 02:00:00", "2023-03-26 02:00:00"],
    ids=["another hour twice", "an hour three times", "the hour that is left out in spring"],
)
def test_rows_that_no_change_of_clocks_explains_are_no_such_change(load, more):
    _, clocks = walls("Europe/Berlin", 60)
    text = "t,y\n" + "\n".join(f"{clock},{place}" for place, clock in enumerate([*clocks, more]))
    with pytest.raises(DataError, match="keep one row for each time"):
        load(text, time="t")


def test_times_since_1970_and_offsets_are_told_in_the_zone_that_the_config_names(load):
    stamps = ("2023-10-29T00:00Z", "2023-10-29T01:00Z", "2023-10-29T02:00Z")
    for cells, form in ((("1698537600", "1698541200", "1698544800"), "epoch_s"), (stamps, None)):
        text = "t,y\n" + "\n".join(f"{cell},{place}" for place, cell in enumerate(cells))
        times = load(text, time="t", time_format=form, time_zone="Europe/Berlin").order.times
        assert [str(time) for time in times[:2]] == ["2023-10-29 02:00:00+02:00", "2023-10-29 02:00:00+01:00"]


@pytest.mark.parametrize(("cells", "held"), [(("2023-01-01", "2023-01-02"), "dates alone"), (("1", "2"), "numbers")])
def test_a_zone_is_of_times_of_day(load, cells, held):
    with pytest.raises(DataError, match=f"'t': data.time_zone is for times of day, and this column holds {held}"):
        load("t,y\n" + "".join(f"{cell},1\n" for cell in cells), time="t", time_zone="Europe/Berlin")


def test_a_zone_that_is_not_known_is_refused_with_the_nearest(load):
    with pytest.raises(
        DataError, match=r"'Europe/Berln' is no time zone that is known here; did you mean Europe/Berlin"
    ):
        load("t,y\n2023-01-01T00:00,1\n", time="t", time_zone="Europe/Berln")
