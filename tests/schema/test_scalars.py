from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from rnnctl.schema.scalars import plain_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1.5e5", 1.5e5),
        (".5", 0.5),
        ("5.", 5.0),
        ("+2", 2),
        ("010", 10),
        ("10_000", 10_000),
        ("0x1F", 31),
        ("0o17", 15),
        ("TRUE", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("-.inf", -math.inf),
        ("1e999", math.inf),
    ],
)
def test_numbers_booleans_and_null_are_what_a_person_means(text: str, value: object) -> None:
    assert plain_value(text) == value
    assert type(plain_value(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    ["no", "on", "Yes", "off", "1:30", "2024-01-01", "1_0", "1,5", "nan", "inf", "e5", ".", "-", "=", "1.2.3", "tRue"],
)
def test_everything_else_stays_the_word_it_is(text: str) -> None:
    assert plain_value(text) == text


def test_nan_is_read_so_that_it_can_be_refused() -> None:
    value = plain_value(".NaN")
    assert isinstance(value, float)
    assert math.isnan(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_that_python_prints_is_read_back(number: float) -> None:
    assert plain_value(repr(number)) == number


@given(st.integers())
def test_every_whole_number_is_read_back(number: int) -> None:
    assert plain_value(str(number)) == number


@given(st.text(alphabet="0123456789+-._eExo:", max_size=12))
def test_no_scalar_makes_the_reader_fail(text: str) -> None:
    plain_value(text)


def test_a_number_of_a_million_digits_is_not_converted() -> None:
    assert plain_value("9" * 1_000_000) == math.inf
