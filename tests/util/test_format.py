"""Numbers as people read them."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from rnnctl.util.format import aligned, bound, command, counted, cut, duration, first_few, listed, short


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.4158, "1.416"), (6208.0, "6208"), (3.1e-9, "3.100e-09"), (0.5, "0.5000"), (1e12, "1.000e+12"), (None, "–"),
     (9999.4, "9999"), (9999.6, "10,000"), (-95203.4, "-95,203"), (999_999_999, "999,999,999"), (1e9, "1.000e+09")],
)  # fmt: skip
def test_running_text_shows_four_significant_digits(value: float | None, text: str) -> None:
    assert short(value) == text


def test_one_thing_is_not_many() -> None:
    assert [counted(n, "step") for n in (0, 1, 2, 6208)] == ["0 steps", "1 step", "2 steps", "6,208 steps"]
    assert counted(2, "series", "series") == "2 series"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0002, "0.2 ms"),
        (0.00021, "0.21 ms"),
        (0.099, "99 ms"),
        (0.123, "123 ms"),
        (8.13, "8.1 s"),
        (59.97, "1 min 0 s"),
        (185, "3 min 5 s"),
        (7800, "2 h 10 min"),
        (float("inf"), "–"),
        (float("nan"), "–"),
    ],
)
def test_durations_are_told_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_list_ends_in_its_last_word() -> None:
    assert [listed(list(words)) for words in ("", "a", "ab", "abc")] == ["", "a", "a or b", "a, b or c"]
    assert listed(["a", "b", "c"], "and") == "a, b and c"


def test_a_long_list_ends_in_the_number_of_the_others() -> None:
    assert (first_few("ab", 3), first_few("abcde", 3)) == ("a, b", "a, b, c and 2 more")
    assert first_few("abc", 3, total=2003, separator="; ") == "a; b; c; and 2,000 more"


def test_text_is_cut_to_a_width() -> None:
    assert [cut("abcd", width) for width in (4, 3, 1, 0)] == ["abcd", "ab…", "…", "…"]


def test_decimal_points_stand_below_each_other_at_the_right() -> None:
    cells = aligned(["79.72", "146.4", "–", "-1,000", "3.5e-05", "0.25 %"])
    assert cells == ["79.72", "146.4 ", "–", "-1,000   ", "3.5e-05", "0.25 %"]
    places = {len(cell) - cell.index(".") for cell in cells[:2]}
    assert places == {3}
    assert aligned(["1", "22"]) == ["1", "22"]
    assert aligned(["1.5", "2"], "_") == ["1.5", "2__"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(90.25, "90.25"), (1900, "1900"), (-1.6e6, "-1600000"), (1234567.8, "1234568"), (2e9, "2e+09"), (3e-7, "3e-07")],
)
def test_bounds_are_written_out(value, text):
    assert bound(value) == text


@pytest.mark.parametrize("name", ["plain", "my runs/a-1", "it's $(here)", "größe", "-x/config.yaml"])
def test_a_command_is_typed_as_it_stands(name: str) -> None:
    first, *rest, path = shlex.split(command("resume", "--force", Path(name)))
    assert [first, *rest] == ["rnnctl", "resume", "--force"]
    assert Path(path) == Path(name)
    assert not path.startswith("-")
