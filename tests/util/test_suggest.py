from __future__ import annotations

import pytest

from rnnctl.util.suggest import nearest, nearest_file, nearest_run


def test_a_misspelt_word_finds_the_one_that_was_meant() -> None:
    assert nearest("lerning_rate", ["momentum", "learning_rate", "clipnorm"]) == "learning_rate"


def test_case_does_not_matter_and_the_known_spelling_comes_back() -> None:
    assert nearest("SIMPLERNN", ["Simple_RNN", "gru"]) == "Simple_RNN"


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    assert nearest("banana", ["momentum", "nesterov"]) is None
    assert nearest("anything", []) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sunspot.yaml", "sunspots.yaml"),
        ("sun-spots.yaml", "sunspots.yaml"),
        ("Sales_Nroth.csv", "sales_north.csv"),
        ("sunspots.csv", "sunspots.csv.gz"),
        ("path_proc.yaml", None),
        ("sales_cairo.csv", None),
        ("nothere.csv", None),
        (".yaml", None),
    ],
)
def test_a_file_that_is_suggested_loses_no_word_and_is_not_near_by_its_ending_alone(
    typed: str, meant: str | None
) -> None:
    known = ["anch.yaml", "sunspots.yaml", "sunspots.csv.gz", "sales.csv", "sales_north.csv", "future.csv", ".x"]
    assert nearest_file(typed, known) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("shop28-9", "shop28-10"),
        ("shop28-2", "shop28-1"),
        ("shop28", "shop28-1"),
        ("shop-3", "shop2-9"),
        ("shp28-40", "shop28-10"),
        ("banana-3", None),
    ],
)
def test_of_runs_the_name_counts_before_the_number(typed: str, meant: str | None) -> None:
    assert nearest_run(typed, ["shop28-1", "shop28-10", "shop2-9"]) == meant
