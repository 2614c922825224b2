from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.errors import RunError
from rnnctl.results.evaluation import Band, Confusion, ForecastLine, ForecastPaths, IntervalScore, Part, Scores
from rnnctl.runs import run_files, test_results
from rnnctl.runs.test_results import read_test, write_test

VALUES = st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=3, max_size=3).map(tuple)
BANDS = st.lists(st.builds(Band, level=st.floats(1, 99), low=VALUES, high=VALUES), max_size=2).map(tuple)
LINES = st.builds(
    ForecastLine,
    output=st.text(),
    truth=VALUES,
    forecast=VALUES,
    series=st.none() | st.text(),
    at=st.none() | st.lists(st.text() | st.integers(0, 3000), min_size=3, max_size=3).map(tuple),
    naive=st.none() | VALUES,
    standing=st.none() | st.sampled_from(["worst", "best"]),
    bands=BANDS,
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
    assert read_test(run)[1] == results


def test_classes_come_back_as_they_were_written(tmp_path: Path) -> None:
    assert read_test(tmp_path) is None
    results = Confusion(("a", "<b>"), ((31, 2), (4, 27)))
    write_test(tmp_path, results)
    assert read_test(tmp_path)[1] == results


def test_values_that_are_not_finite_are_missing(tmp_path: Path) -> None:
    write_test(tmp_path, [ForecastLine("y", (1.0, float("nan")), (float("inf"), 2.0))])
    assert read_test(tmp_path)[1] == (ForecastLine("y", (1.0, None), (None, 2.0)),)


def test_scores_and_those_of_the_parts_come_back_as_they_were_written(tmp_path: Path) -> None:
    baselines = {"naive": {"mae": 2.0, "mase": 1.0}}
    parts = tuple(Part(f"s{place}", "y", None, 4, {"mae": 1.5 + place}, baselines) for place in range(3))
    intervals = (IntervalScore("model", "y", None, 80.0, 8, 0.75, 3.5, 0.25, None),)
    more = {"by_series": parts, "intervals": intervals}
    scores = Scores({"mae": 1.5}, baselines, 8, {"naive": 7}, 12, "8 forecasts", 1, 2, **more)
    write_test(tmp_path, Confusion(("a",), ((1,),)), scores)
    kept, _ = read_test(tmp_path)
    assert asdict(kept) == asdict(scores)
    write_test(tmp_path, Confusion(("a",), ((1,),)), Scores({"mae": math.inf, "mase": 1.0}, {"new": {}}, 8))
    kept, _ = read_test(tmp_path)
    assert (kept.metrics, kept.baselines) == ({"mase": 1.0}, {})


def test_a_file_of_an_earlier_version_has_no_parts(tmp_path: Path) -> None:
    fields = {"format": 1, "kind": "classes", "classes": ["a"], "counts": [[1]]}
    for more, metrics in (({}, {}), ({"metrics": {"accuracy": 1}, "baselines": {}}, {"accuracy": 1.0})):
        (tmp_path / "test.json").write_text(json.dumps(fields | more))
        kept, results = read_test(tmp_path)
        assert (kept.metrics, kept.by_series, results) == (metrics, (), Confusion(("a",), ((1,),)))


def test_more_series_than_can_be_read_again_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = tuple(Part(f"s{place}", "y", None, 4, {"mae": 1.5}, {}) for place in range(9))
    for module in (test_results, run_files):
        monkeypatch.setattr(module, "MOST_JSON", 700)
    intervals = tuple(IntervalScore("model", "y", ahead, 80.0, 8, 0.75, 3.5, 0.25, 1.0) for ahead in (None, 1, 2, 3))
    scores = Scores({"mae": 1.5}, {}, 8, by_series=parts, intervals=intervals)
    write_test(tmp_path, Confusion(("a",), ((1,),)), scores)
    kept, _ = read_test(tmp_path)
    assert (kept.by_series, kept.intervals, kept.metrics) == ((), intervals[:1], {"mae": 1.5})


LINE = {"output": "y", "truth": [1, 2], "forecast": [1, 2]}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"format": 2}, "format 2"),
        ({}, "format None"),
        ({"format": 1}, "lines is missing"),
        ({"format": 1, "kind": "forecast"}, "lines is missing"),
        ({"format": 1, "kind": "forecast", "lines": [{**LINE, "forecast": [1]}]}, "1 values beside 2"),
        ({"format": 1, "kind": "forecast", "lines": [{**LINE, "at": [1]}]}, "1 values beside 2"),
        (
            {"format": 1, "kind": "forecast", "lines": [{**LINE, "truth": ["x", 1]}]},
            'truth.0: found "x", expected',
        ),
        ({"format": 1, "kind": "forecast", "lines": 7}, "lines: found 7, expected a list"),
        ({"format": 1, "kind": "forecast", "lines": [{**LINE, "paths": [[1, [1, 2]]]}]}, "outside the truth"),
        ({"format": 1, "kind": "forecast", "lines": [{**LINE, "paths": [], "at": [1]}]}, "1 values beside 2"),
        (
            {
                "format": 1,
                "kind": "forecast",
                "lines": [{**LINE, "bands": [{"level": 80, "low": [1, 2], "high": [3]}]}],
            },
            "1 ends of intervals for 2 values",
        ),
        ({"format": 1, "kind": "classes", "classes": ["a", "b"], "counts": [[1, 2]]}, "counts of another shape"),
        ({"format": 1, "kind": "classes", "classes": [], "counts": []}, "counts of another shape"),
        (
            {"format": 1, "kind": "classes", "by_series": [{"values": 1, "series": 2}]},
            "by_series.0.series: found 2, exp",
        ),
        ({"format": 1, "kind": "classes", "classes": ["a"], "counts": [[-1]]}, "a count below zero"),
    ],
)
def test_what_was_edited_by_hand_is_told(tmp_path: Path, fields: dict[str, object], told: str) -> None:
    (tmp_path / "test.json").write_text(json.dumps(fields))
    with pytest.raises(RunError, match=told):
        read_test(tmp_path)
