"""The page of an evaluation: what the console says, pictures, and nothing that can be taken for markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from evaluated import classes, evaluation

from rnnctl.report.evaluation import evaluation_page
from rnnctl.results.evaluation import Band, Confusion, Fold, ForecastLine, ForecastPaths, IntervalScore, Scores

HOSTILE = "</script><img src=x onerror=alert(1)>"
SCORES = Scores({"mae": 1.5, "rmse": 2.0}, {"naive": {"mae": 3.0, "rmse": 4.0}}, 9, {"naive": 9})
FOUND = evaluation(
    SCORES,
    run="sales-1",
    results=(ForecastLine(HOSTILE, (1.0, None, 3.0), (1.5, 2.0, None), HOSTILE, (1, 2, 3), (None, 1.0, 1.0)),),
    folds=(Fold(0, 4, 5, SCORES), Fold(5, 8, 4, SCORES)),
    notes=(HOSTILE,),
)


class Words(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.words, self.tags, self._skip = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._skip = tag in {"script", "style"}

    def handle_data(self, data):
        if not self._skip:
            self.words.append(data)


def figures_of(text):
    return json.loads(re.search(r'<script type="application/json" id="figures">(.*?)</script>', text)[1])


def test_the_page_says_what_the_console_says_and_draws_the_forecast():
    text = evaluation_page(FOUND)
    words = " ".join(Words(text).words)
    for told in (
        "sales-1",
        "GRU 8",
        "than every baseline: it beats repeating the last value by 50 % (MAE 1.500 instead of 3.000).",
    ):
        assert told in words
    assert "in 2 consecutive stretches of time" in words
    traces = figures_of(text)["answers-0"]["traces"]
    assert [trace["y"] for trace in traces] == [[1.0, None, 3.0], [None, 1.0, 1.0], [1.5, 2.0, None]]


def test_intervals_are_a_table_and_a_fan_the_narrower_over_the_wider():
    rows = [
        ("model", 80, 0.825, 4.0, 0.5, 1.25),
        ("naive", 80, 0.5, None, None, 2.5),
        ("model", 95, 0.96, 6, 0.2, 1.25),
    ]
    intervals = tuple(IntervalScore(who, "y", None, level, 9, *values) for who, level, *values in rows)
    line = ForecastLine("y", (1.0, 2.0, 3.0), (1.5, 2.0, 2.5), None, (1, 2, 3))
    wide, narrow = Band(95, (0.0, None, 0.5), (3.0, None, 4.0)), Band(80, (0.5, 1.0, 1.5), (2.5, 3.0, 3.5))
    paths = ForecastPaths("y", (1.0, 2.0, 3.0, 4.0), ((0, (1.5, 2.0)), (3, (2.5,))), bands=(narrow,))
    found = replace(
        FOUND, scores=replace(SCORES, intervals=intervals), results=(replace(line, bands=(narrow, wide)), paths)
    )
    text = evaluation_page(found)
    words = " ".join(Words(text).words)
    for told in ("80 %: this run 82.5 % 4.000 0.5000", "80 %: naive 50.0 % – –", "this run 1.250, naive 2.500"):
        assert told in words
    figures = figures_of(text)
    only, *_ = figures["answers-0"]["traces"]  # the wider has no two neighbours to draw
    assert (only["name"], only["y"]) == ("80 %", [0.5, 1.0, 1.5, 3.5, 3.0, 2.5, None])
    fan, *_ = figures["answers-1"]["traces"]
    assert fan["x"] == [1, 2, 2, 1, None, 3, 4, 4, 3, None]
    assert fan["y"] == [0.5, 1.0, 3.0, 2.5, None, 3.0, 1.5, 3.5, 3.0, None]


def test_classes_are_drawn_as_a_matrix():
    scores = Scores({"accuracy": 0.1}, {"majority": {"accuracy": 0.5}}, 8)
    text = evaluation_page(classes(scores, results=Confusion(("a", HOSTILE), ((3, 1), (0, 4)))))
    assert "7 of 8 answers right" in " ".join(Words(text).words)
    assert figures_of(text)["answers"]["traces"][0]["z"] == [[0.75, 0.25], [0, 1]]
    told = "Not better than always saying the most frequent class (accuracy 0.1000 instead of 0.5000)."
    assert told in " ".join(Words(text).words)


def test_nothing_from_the_data_becomes_markup():
    for results in (FOUND.results, Confusion((HOSTILE, "b"), ((1, 0), (0, 1)))):
        text = evaluation_page(replace(FOUND, run=HOSTILE, data=HOSTILE, results=results))
        assert "img" not in Words(text).tags
        assert "<img" not in text
