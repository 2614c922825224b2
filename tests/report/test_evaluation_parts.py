"""Sentences and tables of the parts of an evaluation."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import pytest
from evaluated import classes, evaluation, part

from rnnctl.cli.console.style import Style
from rnnctl.cli.evaluate import evaluation_fields, evaluation_text
from rnnctl.report.evaluation import evaluation_page
from rnnctl.report.evaluation_parts import part_tables
from rnnctl.report.evaluation_words import evaluation_facts, forecast_sentence, made_of, verdict, worth
from rnnctl.results.evaluation import Combination, Fold, Part, Scores, Smoothing
from rnnctl.scoring.measures import BASELINES
from rnnctl.workflows.scores_frame import scores_frame

PLAIN = Style(width=100, terminal=False, colour=False)


SERIES = tuple(part(f"store {at}", mine=0.5 + at / 100) for at in range(17))
WORSE = (part("Islet", mine=2.1, theirs=1.0), part("Cove", mine=1.2, theirs=1.0))
FOUND = evaluation(
    Scores(
        {"mae": 10.9, "mase": 0.6}, {"naive": {"mae": 19.8, "mase": 1.1}}, 133, {"naive": 133},
        over="133 forecasts of 2 rows each", by_target=(part(),),
        by_step=(part(ahead=1), part(ahead=2, mine=1.5)), by_series=(*SERIES[:9], *WORSE, *SERIES[9:]),
    ),
    horizon=2,
)  # fmt: skip


def test_the_sentence_names_the_worst_series_and_how_many_are_better():
    assert verdict(FOUND).sentence == (
        "better than every baseline in 17 of 19 series; worst: 'Islet', "
        "whose error is 2.1 times that of naive (MASE 2.100 instead of 1.000). "
        "Over all it beats repeating the last value by 45 % (MAE 10.90 instead of 19.80)."
    )


@pytest.mark.parametrize(
    ("row", "horizon", "season", "best", "doing"),
    [
        ("year", 1, None, "naive", "repeating last year"),
        ("day", 1, None, "naive", "repeating the day before"),
        ("year", 3, None, "naive", "repeating the last value"),
        ("", 1, None, "naive", "repeating the last value"),
        ("day", 7, 7, "seasonal_naive", "repeating last week"),
        ("month", 3, 12, "seasonal_naive", "repeating last year"),
        ("day", 7, 11, "seasonal_naive", "repeating the values of 11 rows before"),
        ("day", 7, None, "mean", "always saying the mean"),
    ],
)
def test_a_baseline_is_told_as_what_one_would_do_without_a_network(row, horizon, season, best, doing):
    scores = Scores({"mae": 10.9}, {best: {"mae": 19.8}}, 9, season=season)
    found = replace(FOUND, row=row, horizon=horizon, scores=scores)
    assert verdict(found).sentence == (
        f"better than every baseline: it beats {doing} by 45 % (MAE 10.90 instead of 19.80)."
    )


def test_of_many_series_the_worst_the_median_and_the_best_are_shown_and_json_and_files_have_all():
    text = evaluation_text(FOUND, PLAIN)
    for told in ("Islet (worst)", "store 0 (best)", "(median)", "7 of 19 rows of this table; all are in --json and -o"):
        assert told in text
    assert "store 7 " not in text
    page = unescape(evaluation_page(FOUND))
    assert page.index("Islet (worst)") < page.index("(median)") < page.index("store 0 (best)")
    fields = evaluation_fields(FOUND)
    assert [one["series"] for one in fields["by_series"]] == [one.series for one in FOUND.scores.by_series]
    assert fields["by_step"][1]["metrics"] == {"mae": 15.0, "mase": 1.5}
    frame = scores_frame(FOUND)
    assert frame.filter(part="series", series="Islet", who="model").select("mae", "mase", "values").rows() == [
        (21.0, 2.1, 7)
    ]
    assert frame.height == 2 + 3 * (1 + 2 + 19)


def test_steps_are_evenly_chosen_and_the_same_of_each_target():
    steps = tuple(part(target=name, ahead=ahead) for ahead in range(1, 29) for name in ("flow", "level"))
    two = (part(target="flow"), part(target="level"))
    found = replace(FOUND, horizon=28, scores=replace(FOUND.scores, by_target=two, by_step=steps, by_series=()))
    tables = {one.heading: one for one in part_tables(found.scores)}
    assert [row[0] for row in tables["By rows ahead"].rows] == [
        f"{ahead} ({name})" for ahead in (1, 10, 19, 28) for name in ("flow", "level")
    ]
    assert len(tables["By target"].rows) == 2


def test_a_target_in_which_a_baseline_is_better_is_named_and_no_error_is_a_mean_of_targets():
    scores = Scores(
        {"mase": 0.8, "r2": 0.5}, {"naive": {"mase": 1.2, "r2": 0.1}}, 9,
        by_target=(part(target="flow"), part(target="level", mine=1.3, theirs=1.0)),
    )  # fmt: skip
    assert verdict(replace(FOUND, scores=scores)).sentence == (
        "better than every baseline: it beats repeating the last value by 33 % (MASE 0.8000 instead of 1.200, over "
        "2 targets). It is not better for 'level', MASE 1.300 instead of 1.000 (naive)."
    )


NAIVE = {"naive": {"mae": 22.45}, "mean": {"mae": 42.2}}
TOKENS = {f"markov{order}": {"bits": bits} for order, bits in enumerate((4.1, 3.3, 2.695))}


@pytest.mark.parametrize(
    ("metrics", "baselines", "said"),
    [
        ({"mae": 12.36}, NAIVE, "beats repeating last year by 45 % (MAE 12.36 instead of 22.45)"),
        ({"mae": 0.0}, NAIVE, "beats repeating last year by 100 % (MAE 0.000 instead of 22.45)"),
        ({"mae": 30.0}, NAIVE, "not better than repeating last year (MAE 30.00 instead of 22.45)"),
        (
            {"mae": 60.0},
            NAIVE,
            "not better than repeating last year (MAE 60.00 instead of 22.45), nor than always saying the mean",
        ),
        ({"mae": 22.45}, NAIVE, "not better than repeating last year (both MAE 22.45)"),
        ({"mae": 12.36}, {}, ""),
        ({}, NAIVE, ""),
        (
            {"accuracy": 0.9},
            {"previous": {"accuracy": 0.95}, "majority": {"accuracy": 0.7}},
            "beats always saying the most frequent class (accuracy 0.9000 instead of 0.7000)",
        ),
        ({"accuracy": 0.9}, {"previous": {"accuracy": 0.95}}, ""),
        (
            {"bits": 2.007},
            TOKENS,
            "beats guessing from the last two tokens alone by 26 % (bits a token 2.007 instead of 2.695)",
        ),
    ],
)
def test_what_a_network_is_worth_is_said_beside_the_best_that_needs_none(metrics, baselines, said):
    found = evaluation(Scores(metrics, baselines, 9), row="year")
    assert worth(found.scores, row="year", horizon=1) == said
    word, _, rest = verdict(found).sentence.partition(f"{said}." if said else "nothing")
    if not said:
        assert verdict(found).sentence == "There is nothing to compare with on these rows."
    elif said.startswith("beats"):
        assert (word, rest) == ("better than every baseline: it ", "")
    else:
        assert (word, rest) == ("", " On these rows no network is needed to do as well or better.")


BEATS = "beats repeating the last value by 50 % (MAE 2.000 instead of 4.000"
NO_BETTER = (
    "not better than repeating the last value on the validation rows: the network's share is 0, so this forecast is "
    "the naive one"
)
GIVEN = "training.naive_weight is 1: the network has no share, and this forecast is the naive one, repeating last year"
SMOOTHED = Smoothing(12, 0.5, 0.1, 0.1, 0.9)
NO_SMOOTHER = (
    "not better than exponential smoothing on the validation rows: the network's share is 0, so this forecast is "
    "exponential smoothing"
)
SMOOTH_GIVEN = "training.naive_weight is 1: the network has no share, and this forecast is exponential smoothing"


@pytest.mark.parametrize(
    ("combination", "mae", "made", "ahead", "said"),
    [
        (Combination(0, 12, chosen=True), 2.0, "", "", f"{BEATS})"),
        (
            Combination(0.25, 12, chosen=True), 2.0, "¾ network and ¼ seasonal naive of 12 rows",
            "the forecast is ¾ network and ¼ seasonal naive of 12 rows (chosen on the validation rows)",
            f"{BEATS}; ¾ network and ¼ seasonal naive of 12 rows)",
        ),
        (
            Combination(0.3), 6.0, "70 % network and 30 % naive",
            "the forecast is 70 % network and 30 % naive (training.naive_weight)",
            "not better than repeating the last value (MAE 6.000 instead of 4.000; 70 % network and 30 % naive)",
        ),
        (
            Combination(1, None, chosen=True), 4.0, "naive forecast alone",
            f"the network is {NO_BETTER}", f"{NO_BETTER} (MAE 4.000)",
        ),
        (
            Combination(0.75, chosen=True, smoothing=(SMOOTHED,)), 3.0, "¼ network and ¾ exponential smoothing",
            "the forecast is ¼ network and ¾ exponential smoothing (chosen on the validation rows)",
            "beats repeating the last value by 25 % (MAE 3.000 instead of 4.000; ¼ network and ¾ exponential "
            "smoothing)",
        ),
        (
            Combination(1, chosen=True, smoothing=(SMOOTHED,)), 3.0, "exponential smoothing alone",
            f"the network is {NO_SMOOTHER}", f"{NO_SMOOTHER} (MAE 3.000)",
        ),
        (
            Combination(1, smoothing=(SMOOTHED,)), 9.0, "exponential smoothing alone", SMOOTH_GIVEN,
            f"{SMOOTH_GIVEN} (MAE 9.000, repeating the last value has 4.000)",
        ),
        (
            Combination(1, 12), 9.0, "seasonal naive forecast of 12 rows alone",
            GIVEN, f"{GIVEN} (MAE 9.000, repeating the last value has 4.000)",
        ),
    ],
)  # fmt: skip
def test_what_a_forecast_is_made_of_is_said_wherever_it_is_shown(combination, mae, made, ahead, said):
    baselines = {"naive": {"mae": 4.0}, "mean": {"mae": 10.0}}
    scores = Scores({"mae": mae}, baselines, 9, {"naive": 9}, combination=combination)
    assert made_of(combination) == made
    assert forecast_sentence(combination, row="month", horizon=2) == ahead
    assert worth(scores, row="month", horizon=2) == said
    found = evaluation(scores, row="month", horizon=2)
    assert said in verdict(found).sentence
    assert verdict(found).sentence.startswith(verdict(found).word)
    assert (made in evaluation_facts(found)) is bool(made)
    if combination.simple == "naive" and combination.weight == 1:  # the baseline knows fewer rows than the forecast
        part = replace(scores, scored={"naive": 8}, metrics={"mae": 5.0})
        assert worth(part, row="month", horizon=2) == said.replace("4.000", "5.000")


def test_a_baseline_that_leaves_some_out_is_told_as_one():
    scores = Scores({"mae": 12.0}, {"seasonal_naive": {"mae": 15.0}}, 46, {"seasonal_naive": 40}, season=7)
    assert worth(scores, row="day") == (
        "beats repeating last week by 20 % (MAE 12.00 instead of 15.00, which is of 40 of 46 alone)"
    )


def test_every_baseline_that_is_compared_with_has_words_for_a_sentence():
    assert {word for word in BASELINES if not BASELINES[word].doing} == {"previous"}


def test_series_in_which_it_is_worse_are_said_after_training_too_and_most_of_them_are_no_good_news():
    assert worth(FOUND.scores) == (
        "beats repeating the last value by 45 % (MAE 10.90 instead of 19.80). Better than every baseline in 17 of 19 "
        "series; worst: 'Islet', whose error is 2.1 times that of naive (MASE 2.100 instead of 1.000)"
    )
    assert (verdict(FOUND).word, verdict(FOUND).tone) == ("better", "good")
    few = evaluation(replace(FOUND.scores, by_series=(part("big"), *WORSE)))
    assert (verdict(few).word, verdict(few).tone) == ("better", "worrying")
    assert verdict(few).sentence.startswith(
        "better than every baseline in 1 of 3 series; worst: 'Islet', whose error is"
    )


def test_a_value_of_another_metric_than_its_column_says_so():
    still = Part("still", "sales", None, 7, {"mae": 3.0}, {"naive": {"mae": 4.0}})  # never changes: no MASE
    series = (part("Islet", mine=2.1, theirs=1.0), part("Cove", mine=0.5, theirs=1.0), still)
    (*_, table) = part_tables(replace(FOUND.scores, by_series=series))
    assert table.titles == ["series", "MAE", "MASE", "best baseline's MASE", "baseline"]
    assert table.rows == [
        ["Islet (worst)", "21.00", "2.100", "1.000", "naive"],
        ["still", "3.000", "–", "4.000 (MAE)", "naive"],
        ["Cove (best)", "5.000", "0.5000", "1.000", "naive"],
    ]


def test_a_file_of_scores_holds_stretches_of_time_too():
    fold = Scores({"mae": 3.0}, {"naive": {"mae": 4.0}}, 5)
    frame = scores_frame(replace(FOUND, folds=(Fold(1962, 1984, 5, fold), Fold(1985, 2007, 4, fold))))
    assert frame.filter(part="fold").select("first", "last", "who", "values", "mae").rows() == [
        (first, last, who, values, mae)
        for first, last, values in (("1962", "1984", 5), ("1985", "2007", 4))
        for who, mae in (("model", 3.0), ("naive", 4.0))
    ]
    assert frame.filter(part="series")["first"].null_count() == 3 * 19


def test_a_run_that_diverged_is_worth_no_comparison():
    said = verdict(replace(FOUND, diverged="the validation loss was never finite"))
    assert (said.word, said.tone) == ("diverged", "worrying")
    assert said.sentence == "diverged: the validation loss was never finite"


def test_unknown_tokens_are_told():
    tokens = Scores({"bits": 2.0}, {"markov1": {"bits": 3.0}}, 100, over="100 time steps", unknown=70)
    text = evaluation_text(classes(tokens), PLAIN).replace("\n", " ")
    assert "70 (70 %) have a token as their truth that is not in the vocabulary: no answer to these is right" in text


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_of_parts_is_wider_than_the_terminal(width):
    text = evaluation_text(FOUND, Style(width=width, terminal=False, colour=False))
    assert max(map(len, text.split("\n"))) <= width
    for titles in (line for line in text.split("\n") if "best baseline's MASE" in line):
        assert "MASE" in titles.replace("best baseline's MASE", "")
