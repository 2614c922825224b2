from __future__ import annotations

from rnnctl.util.suggest import nearest


def test_a_misspelt_word_finds_the_one_that_was_meant() -> None:
    assert nearest("lerning_rate", ["momentum", "learning_rate", "clipnorm"]) == "learning_rate"


def test_case_does_not_matter_and_the_known_spelling_comes_back() -> None:
    assert nearest("SIMPLERNN", ["Simple_RNN", "gru"]) == "Simple_RNN"


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    assert nearest("banana", ["momentum", "nesterov"]) is None
    assert nearest("anything", []) is None
