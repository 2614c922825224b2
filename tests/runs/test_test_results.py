from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.errors import RunError
from rnnctl.results.evaluation import Confusion, ForecastLine, ForecastPaths
from rnnctl.runs.test_results import read_test, write_test

VALUES = st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=3, max_size=3).map(tuple)
LINES = st.builds(
    ForecastLine,
    output=st.text(),
    truth=VALUES,
    forecast=VALUES,
    series=st.none() | st.text(),
    at=st.none() | st.lists(st.text() | st.integers(0, 3000), min_size=3, max_size=3).map(tuple),
    naive=st.none() | VALUES,
    standing=st.none() | st.sampled_from(["worst", "best"]),
)
PATHS = st.builds(
    ForecastPaths,
    output=st.text(),
    truth=VALUES,
    paths=st.lists(st.tuples(st.integers(0, 1), st.tuples(st.floats(-1, 1), st.none())), max_size=2).map(tuple),
    series=st.none() | st.text(),
    at=st.none() | st.just(("a", 2, 3.5)),
    standing=st.none() | st.sampled_from(["worst", "best"]),
)


@settings(max_examples=40, deadline=None)
@given(results=st.lists(LINES | PATHS, max_size=3).map(tuple))
def test_forecasts_come_back_as_they_were_written(results, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    run = tmp_path_factory.mktemp("run")
    write_test(run, results)
    assert read_test(run) == results


def test_classes_come_back_as_they_were_written(tmp_path: Path) -> None:
    assert read_test(tmp_path) is None
    results = Confusion(("a", "<b>"), ((31, 2), (4, 27)))
    write_test(tmp_path, results)
    assert read_test(tmp_path) == results


def test_values_that_are_not_finite_are_missing(tmp_path: Path) -> None:
    write_test(tmp_path, [ForecastLine("y", (1.0, float("nan")), (float("inf"), 2.0))])
    assert read_test(tmp_path) == (ForecastLine("y", (1.0, None), (None, 2.0)),)


LINE = {"output": "y", "truth": [1, 2], "forecast": [1, 2]}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"format": 2}, "format 2"),
        ({}, "format None"),
        ({"format": 1}, "kind"),
        ({"format": 1, "kind": "forecast"}, "lines is missing"),
        ({"format": 1, "kind": "forecast", "lines": [{**LINE, "forecast": [1]}]}, "1 values beside 2"),
        ({"format": 1, "kind": "forecast", "lines": [{**LINE, "at": [1]}]}, "1 values beside 2"),
        (
            {"format": 1, "kind": "forecast", "lines": [{**LINE, "truth": ["x", 1]}]},
            'truth.0: found "x", expected',
        ),
        ({"format": 1, "kind": "forecast", "lines": 7}, "lines: found 7, expected a list"),
        ({"format": 1, "kind": "forecast", "lines": [{**LINE, "paths": [[1, [1, 2]]]}]}, "outside the truth"),
        ({"format": 1, "kind": "forecast", "lines": [{**LINE, "paths": [], "at": [1]}]}, "1 places beside 2"),
        ({"format": 1, "kind": "classes", "classes": ["a", "b"], "counts": [[1, 2]]}, "counts of another shape"),
        ({"format": 1, "kind": "classes", "classes": [], "counts": []}, "counts of another shape"),
        ({"format": 1, "kind": "classes", "classes": ["a"], "counts": [[-1]]}, "counts.0.0: found -1, expected"),
    ],
)
def test_what_was_edited_by_hand_is_told(tmp_path: Path, fields: dict[str, object], told: str) -> None:
    (tmp_path / "test.json").write_text(json.dumps(fields))
    with pytest.raises(RunError, match=told):
        read_test(tmp_path)
