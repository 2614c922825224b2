"""Offsets from UTC that change are told: the zone that has them, or that none has."""

from __future__ import annotations

import pytest

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
