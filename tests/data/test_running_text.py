"""Tokens of a long text as numbers are the tokens as strings."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, strategies as st

from rnnctl.data import running_text
from rnnctl.data.running_text import Characters, Words
from rnnctl.data.tokens import tokenise
from rnnctl.data.vocabulary import encode, make_vocabulary, vocabulary_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
WORDS = st.text(st.sampled_from("ab’'-.\n\t\x1c  ΣσAéЖ"), min_size=1, max_size=80)


@given(text=TEXT | WORDS, count=st.integers(1, 80), size=st.none() | st.integers(1, 5), chunk=st.integers(1, 20))
def test_vocabulary_and_codes_are_those_of_strings(text: str, count: int, size: int | None, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running_text, "CHUNK", chunk)
        for level, found in (
            ("characters", Characters(text)),
            ("words", Words(text, lowercase=False, chunk=chunk)),
        ):
            tokens = tokenise(pl.Series([text]), level, lowercase=False)[0]
            assert len(found) == len(tokens)
            expected = make_vocabulary(tokens.head(count), size)
            assert vocabulary_of(found.counts(count), size) == expected
            codes = [code for codes in found.codes(expected) for code in codes.tolist()]
            np.testing.assert_array_equal(codes, encode(tokens, expected))


@given(text=WORDS, chunk=st.integers(1, 20))
def test_words_in_small_letters_are_those_of_the_whole_text(text: str, chunk: int) -> None:
    tokens = tokenise(pl.Series([text]), "words", lowercase=True)[0]
    vocabulary = ("<unknown>", *tokens.unique().to_list())
    codes = [code for codes in Words(text, lowercase=True, chunk=chunk).codes(vocabulary) for code in codes.tolist()]
    assert [vocabulary[code] for code in codes] == tokens.to_list()
