"""Characters as numbers are the characters as strings."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, strategies as st

from rnnctl.data.characters import Characters
from rnnctl.data.tokens import tokenise
from rnnctl.data.vocabulary import encode, make_vocabulary, vocabulary_of


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80),
    count=st.integers(1, 80),
    size=st.none() | st.integers(1, 5),
)
def test_vocabulary_and_codes_are_those_of_strings(text: str, count: int, size: int | None) -> None:
    tokens = tokenise(pl.Series([text]), "characters", lowercase=False)[0]
    characters = Characters(text)
    assert len(characters) == len(tokens) == len(text)
    expected = make_vocabulary(tokens.head(count), size)
    vocabulary = vocabulary_of(characters.counts(count), size)
    assert vocabulary == expected
    np.testing.assert_array_equal(characters.encode(vocabulary), encode(tokens, expected))
