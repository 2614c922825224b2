"""The screen of an evaluation, from results made by hand."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest
from evaluated import classes, evaluation

from rnnctl.cli.console.evaluation_pictures import confusion_text, forecast_plot
from rnnctl.cli.console.style import Style
from rnnctl.cli.evaluate import evaluation_fields, evaluation_text, verdict_text
from rnnctl.results.evaluation import Confusion, Fold, ForecastLine, ForecastPaths, Scores

PLAIN = Style(width=80, terminal=False, colour=False)
NUMBERS = Scores(
    {"mae": 12.36, "rmse": 15.74, "mase": 0.7754, "r2": 0.89},
    {
        "naive": {"mae": 22.45, "rmse": 29.31, "mase": 1.409, "r2": 0.6188},
        "seasonal_naive": {"mae": 25.83, "rmse": 34.82, "mase": 1.621, "r2": 0.4622},
        "mean": {"mae": 42.2, "rmse": 52.71, "mase": 2.648, "r2": -0.2326},
    },
    46,
    {"naive": 46, "seasonal_naive": 40, "mean": 46},
    11,
)
YEARS = tuple(range(1963, 2009))
LINE = ForecastLine(
    "sunspots",
    tuple(80 + 60 * math.sin(year / 1.75) for year in YEARS),
    tuple(75 + 60 * math.sin(year / 1.75) for year in YEARS),
    at=YEARS,
)


FORECAST = evaluation(
    NUMBERS,
    run="sunspots-1",
    model="SimpleRNN 64",
    sequences=46,
    first=1963,
    last=2008,
    results=(LINE,),
    folds=(Fold(1962, 1984, 23, NUMBERS), Fold(1985, 2007, 23, NUMBERS)),
    row="year",
)
CLASS_SCORES = Scores(
    {"accuracy": 0.9, "macro_f1": 0.88, "crossentropy": 0.35},
    {"majority": {"accuracy": 0.92, "macro_f1": 0.3, "crossentropy": 0.6}},
    370,
    {"majority": 370},
)
VOWELS = {
    "run": "vowels-1",
    "model": "LSTM 64",
    "step": 40,
    "sequences": 370,
    "results": Confusion(("one", "two"), ((300, 40), (0, 30))),
}
CLASSES = classes(CLASS_SCORES, **VOWELS)


def test_a_forecast_is_shown_beside_its_baselines_with_folds():
    text = evaluation_text(FORECAST, PLAIN)
    assert (
        text.split("\n  sunspots ·")[0]
        == """\
sunspots-1   SimpleRNN 64 · test split, 1963 to 2008 · 46 forecasts, 1 row ahead
             final weights

                                      MAE   RMSE    MASE       R²
this run                            12.36  15.74  0.7754   0.8900
naive                               22.45  29.31  1.409    0.6188
seasonal naive, 11 rows (40 of 46)  25.83  34.82  1.621    0.4622
mean                                42.20  52.71  2.648   -0.2326

better than every baseline: it beats repeating last year by 45 % (MAE 12.36
instead of 22.45).

rolling origins: the split's forecasts, each made from the rows before it with
the same weights (nothing is trained again), in 2 consecutive stretches of time
last row seen  forecasts    MAE   RMSE  naive MAE  naive RMSE
1962 to 1984          23  12.36  15.74      22.45       29.31
1985 to 2007          23  12.36  15.74      22.45       29.31
"""
    )


def test_classes_are_shown_with_their_confusion_and_an_honest_word():
    assert (
        evaluation_text(CLASSES, PLAIN)
        == """\
vowels-1   LSTM 64 · test split · 370 sequences
           weights of the checkpoint at step 40

                accuracy  macro F1  cross-entropy
this run          0.9000    0.8800         0.3500
majority class    0.9200    0.3000         0.6000

not better than always saying the most frequent class (accuracy 0.9000 instead
of 0.9200). On these rows no network is needed to do as well or better.

rows: the truth · columns: what the network says
truth  one  two  right
one    300   40   88 %
two      ·   30  100 %"""
    )


def test_a_metric_that_another_wins_is_named_though_the_ruling_one_is_won():
    scores = replace(NUMBERS, metrics={**NUMBERS.metrics, "r2": 0.5})
    text = verdict_text(evaluation(scores, row="year"), PLAIN)
    assert text.replace("\n", " ") == (
        "better than every baseline: it beats repeating last year by 45 % (MAE 12.36 instead of 22.45). "
        "In R² it is not better than naive."
    )


def test_the_row_before_is_shown_as_what_it_is_and_is_no_match():
    tags = Scores({"accuracy": 0.8}, {"previous": {"accuracy": 0.9}, "majority": {"accuracy": 0.7}}, 370)
    text = evaluation_text(classes(tags, **VOWELS), PLAIN).replace("\n", " ")
    assert "row before: repeats the row before's true value, which the network is not shown" in text
    assert "it beats always saying the most frequent class (accuracy 0.8000 instead of 0.7000)." in text


def test_without_baselines_nothing_is_claimed():
    scores = replace(NUMBERS, baselines={})
    assert verdict_text(evaluation(scores, row="year"), PLAIN) == "There is nothing to compare with on these rows."


def test_a_share_of_exact_sequences_is_shown_where_there_is_one():
    tokens = Scores({"bits": 2.0, "exact": 0.0}, {"markov1": {"bits": 2.5, "exact": 0.0}}, 10)
    assert "exact" not in evaluation_text(classes(tokens), PLAIN)
    some = replace(tokens, baselines={"markov1": {"bits": 2.5, "exact": 0.1}})
    assert "exact sequences" in evaluation_text(classes(some), PLAIN)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("found", [FORECAST, CLASSES])
def test_no_line_is_wider_than_the_terminal(found, width):
    text = evaluation_text(found, Style(width=width, terminal=False, colour=False))
    assert max(map(len, text.split("\n"))) <= width


@pytest.mark.parametrize("found", [FORECAST, CLASSES])
def test_colours_are_all_that_a_terminal_gets_beside(found):
    coloured = evaluation_text(found, replace(PLAIN, terminal=True, colour=True))
    assert re.sub(r"\x1b\[\d+m", "", coloured) == evaluation_text(found, PLAIN)


def test_of_many_classes_the_commonest_mistakes_are_listed():
    names = tuple(f"class {number}" for number in range(30))
    counts = [[0] * 30 for _ in names]
    for number in range(30):
        counts[number][number] = 10
    counts[3][4], counts[7][2] = 5, 8
    assert (
        confusion_text(Confusion(names, tuple(map(tuple, counts))), PLAIN)
        == """\
the commonest mistakes among 30 classes (--json has the whole matrix)
truth    taken for  times  of the class
class 7  class 2        8          44 %
class 3  class 4        5          33 %"""
    )
    for row in counts:
        row[:] = [10 if count == 10 else 0 for count in row]
    assert confusion_text(Confusion(names, tuple(map(tuple, counts))), PLAIN) == "no mistakes among 30 classes"


def test_classes_cannot_steer_the_terminal():
    text = confusion_text(Confusion(("\x1b[2J", "b\nc"), ((1, 0), (0, 1))), PLAIN)
    assert "\x1b" not in text
    assert len(text.split("\n")) == 4


def test_a_picture_needs_a_few_values_and_skips_those_that_are_missing():
    assert forecast_plot((), PLAIN) is None
    assert forecast_plot((ForecastLine("y", (1.0,) * 4, (1.0,) * 4),), PLAIN) is None
    holes = ForecastLine("y", (None, 1.0, 2.0, 3.0, 4.0, 5.0), (1.0, 1.0, 2.0, 3.0, 4.0, None))
    assert forecast_plot((holes,), PLAIN) is not None
    assert forecast_plot((LINE,), Style(width=39, terminal=False, colour=False)) is None


def test_forecasts_of_several_rows_are_dots_where_they_are():
    truth = tuple(float(place) for place in range(12))
    line = ForecastPaths("y", truth, ((3, (0.0, 9.0, None)), (7, (2.0, 5.0, 7.0))), "a", standing="worst")
    picture = forecast_plot((line,), PLAIN)
    assert picture is not None
    title, *rows = picture.split("\n")
    assert title == "  y of series a, the worst one · ● 2 forecasts of 3 rows"
    assert sum(row.count("●") for row in rows) == 5


def test_json_holds_everything_in_one_object():
    fields = json.loads(json.dumps(evaluation_fields(FORECAST)))
    assert fields["metrics"] == NUMBERS.metrics
    assert fields["baselines"]["seasonal_naive"]["mae"] == 25.83
    assert (fields["season"], fields["scored"]["seasonal_naive"], fields["unbeaten"]) == (11, 40, {})
    assert [(fold["first"], fold["forecasts"]) for fold in fields["folds"]] == [(1962, 23), (1985, 23)]
    assert fields["forecast"][0]["at"] == list(YEARS)
    fields = json.loads(json.dumps(evaluation_fields(CLASSES)))
    assert fields["confusion"] == {"classes": ["one", "two"], "counts": [[300, 40], [0, 30]]}
    assert fields["unbeaten"] == {"accuracy": ["majority"]}
