"""Tokens and vocabularies."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, strategies as st

from rnnctl.data.calendar import PARTS, part_names, phases, season_names, season_phases
from rnnctl.data.dataset import UNKNOWN
from rnnctl.data.tokens import END, START, between_ends, explode, join, tokenise
from rnnctl.data.vocabulary import encode, make_vocabulary

words = st.lists(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=12)


@given(st.text(max_size=12))
def test_characters_are_all_that_stand_in_the_text(text):
    assert "".join(tokenise(pl.Series([text]), "characters", lowercase=False)[0].to_list()) == text


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't stop!", ["Don't", "stop", "!"]),
        ("a well-known 2nd  try…", ["a", "well-known", "2nd", "try", "…"]),
        ("œuf, naïve\nline", ["œuf", ",", "naïve", "line"]),
        ("   ", []),
    ],
)
def test_words_keep_apostrophes_and_hyphens_and_marks_stand_alone(text, tokens):
    assert tokenise(pl.Series([text]), "words", lowercase=False)[0].to_list() == tokens


def test_case_can_be_left_out_and_a_missing_text_has_no_tokens():
    found = tokenise(pl.Series(["A b", None]), "words", lowercase=True)
    assert found.to_list() == [["a", "b"], []]


@given(words)
def test_a_vocabulary_holds_tokens_by_how_often_they_come_then_by_name(tokens):
    counts = Counter(tokens)
    expected = sorted(counts, key=lambda token: (-counts[token], token))
    assert make_vocabulary(pl.Series(tokens), None) == (UNKNOWN, *expected)
    assert make_vocabulary(pl.Series(tokens), 2) == (UNKNOWN, *expected[:2])


@given(words, words)
def test_a_code_stands_for_its_token_and_zero_for_what_is_not_in_the_vocabulary(known, seen):
    vocabulary = make_vocabulary(pl.Series(known), None)
    codes = encode(pl.Series([*seen, None], dtype=pl.String), vocabulary)
    expected = [vocabulary.index(token) if token in known else 0 for token in seen] + [0]
    assert codes.tolist() == expected


def test_each_token_becomes_a_row_and_the_other_columns_are_repeated():
    frame = pl.DataFrame({"text": ["a b", "c"], "label": ["x", "y"]})
    tokens = between_ends(tokenise(frame.get_column("text"), "words", lowercase=False))
    longer, origin = explode(frame, "text", tokens)
    assert longer.get_column("text").to_list() == [START, "a", "b", END, START, "c", END]
    assert longer.get_column("label").to_list() == ["x"] * 4 + ["y"] * 3
    assert origin.tolist() == [0, 0, 0, 0, 1, 1, 1]


def test_words_are_joined_as_people_write_them():
    assert join(["Yes", ",", "(", "no", ")", "!"], "words") == "Yes, (no)!"
    assert join(["a", " ", "b"], "characters") == "a b"


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_a_date_comes_round_without_a_jump(part):
    times = pl.Series(
        [
            f"2024-{month:02d}-{day:02d} {hour:02d}:{day:02d}"
            for month in range(1, 13)
            for day in (1, 28)
            for hour in (0, 23)
        ]
    ).str.to_datetime("%Y-%m-%d %H:%M")
    found = phases(times, [part])
    np.testing.assert_allclose(np.hypot(*found.T), 1)
    assert part_names("t", [part]) == (f"t: {part} (sine)", f"t: {part} (cosine)")


def test_harmonics_are_waves_of_shares_of_the_period_and_come_before_the_next_part() -> None:
    times = pl.Series([f"2024-{month:02d}-10" for month in range(1, 13)]).str.to_date()
    found = phases(times, ["month", "weekday"], 3)
    angle = 2 * np.pi * np.arange(12) / 12
    expected = [wave(harmonic * angle) for harmonic in (1, 2, 3) for wave in (np.sin, np.cos)]
    np.testing.assert_allclose(found[:, :6], np.stack(expected, axis=1), atol=1e-12)
    np.testing.assert_allclose(found[:, 6:8], phases(times, ["weekday"]), atol=1e-12)
    assert part_names("t", ["month"], 2) == tuple(
        f"t: month ({wave})" for wave in ("sine", "cosine", "sine 2", "cosine 2")
    )
    assert len(part_names("t", ["month", "weekday"], 3)) == found.shape[1]


@pytest.mark.parametrize(
    ("seasons", "waves"),
    [
        ((12,), ["sine", "cosine", "sine 2", "cosine 2", "sine 3", "cosine 3"]),
        ((4,), ["sine", "cosine", "cosine 2"]),  # sin(π k) is 0, and cos(3 π k / 2) is cos(π k / 2)
        ((2, 5), ["cosine", "sine", "cosine", "sine 2", "cosine 2"]),
    ],
)
def test_waves_of_a_season_of_rows_are_those_that_differ_at_its_rows(seasons, waves) -> None:
    places = np.arange(100_000_000, 100_000_050)
    found, names = season_phases(places, seasons, 3), season_names(seasons, 3)
    assert [name.partition("(")[2].rstrip(")") for name in names] == waves
    assert np.linalg.matrix_rank(found) == len(names)
    for column, name in zip(found.T, names, strict=True):
        rows, wave, harmonic = re.fullmatch(r"season of (\d+) \((\w+) ?(\d*)\)", name).groups()
        angle = 2 * np.pi * int(harmonic or 1) / int(rows) * (places % int(rows))
        np.testing.assert_allclose(column, {"sine": np.sin, "cosine": np.cos}[wave](angle), atol=1e-12)


def test_the_phase_of_a_month_is_a_twelfth_of_the_round():
    times = pl.Series(["2024-01-15", "2024-04-01", "2024-12-31", None]).str.to_date()
    sine, cosine = phases(times, ["month"]).T
    angle = 2 * np.pi / 12 * np.array([0, 3, 11])
    np.testing.assert_allclose(sine[:3], np.sin(angle), atol=1e-12)
    np.testing.assert_allclose(cosine[:3], np.cos(angle), atol=1e-12)
    assert np.isnan(sine[3])
