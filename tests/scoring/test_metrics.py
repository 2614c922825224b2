"""Each formula against loops over plain Python numbers, or against a case that can be worked out by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.scoring.metrics import (
    class_metrics,
    confusion_counts,
    exact_share,
    grouped_classes,
    measure_numbers,
    nats,
    number_metrics,
    of_a_language,
)

pairs = st.lists(st.tuples(*[st.integers(-30, 30).map(float)] * 2), min_size=1, max_size=20)
codes = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30)


def column(values):
    return np.array(values, dtype=np.float64)[:, None]


@settings(max_examples=100, deadline=None)
@given(pairs)
def test_errors_of_numbers_are_those_of_their_textbook_sums(drawn):
    truth, said = zip(*drawn, strict=True)
    found = number_metrics(column(truth), column(said), np.full((len(drawn), 1), 4.0))
    errors = [b - a for a, b in drawn]
    mean = sum(truth) / len(truth)
    assert found["mae"] == pytest.approx(sum(map(abs, errors)) / len(errors))
    assert found["rmse"] == pytest.approx(math.sqrt(sum(e * e for e in errors) / len(errors)))
    assert found["mase"] == pytest.approx(found["mae"] / 4)
    spread = sum((y - mean) ** 2 for y in truth)
    assert ("r2" in found) == (len(set(truth)) > 1)
    if "r2" in found:
        assert found["r2"] == pytest.approx(1 - sum(e * e for e in errors) / spread)


def test_always_saying_the_mean_explains_nothing_and_saying_the_truth_everything():
    truth = np.array([[1.0, 10.0], [2.0, 40.0], [6.0, 10.0]])
    assert number_metrics(truth, np.tile(truth.mean(axis=0), (3, 1)), targets=2)["r2"] == pytest.approx(0)
    assert number_metrics(truth, np.full_like(truth, truth.mean()))["r2"] == pytest.approx(0)
    assert number_metrics(truth, truth) == {"mae": 0, "rmse": 0, "r2": 1}


def test_what_is_not_known_is_left_out_of_each_sum():
    truth = np.array([[1.0, np.nan], [3.0, 5.0], [5.0, 9.0]])
    said = np.array([[2.0, 7.0], [np.nan, 6.0], [5.0, 6.0]])
    scale = np.array([[2.0, 1.0], [2.0, 1.0], [np.nan, 1.0]])
    found = number_metrics(truth, said, scale)
    assert found["mae"] == pytest.approx((1 + 0 + 1 + 3) / 4)
    assert found["rmse"] == pytest.approx(math.sqrt((1 + 1 + 9) / 4))
    assert found["mase"] == pytest.approx((1 / 2 + 1 + 3) / 3)
    y = np.array([1.0, 5, 5, 9])
    assert found["r2"] == pytest.approx(1 - 11 / np.square(y - y.mean()).sum())
    apart = number_metrics(truth, said, scale, targets=2)
    assert apart["r2"] == pytest.approx(((1 - 1 / 8) + (1 - 10 / 8)) / 2)
    assert {name: found[name] for name in ("mae", "rmse", "mase")} == {
        name: apart[name] for name in ("mae", "rmse", "mase")
    }
    assert set(number_metrics(truth, said, scale, targets=2, units=2)) == {"mase", "r2"}
    assert number_metrics(truth, np.full_like(truth, np.nan)) == {}


@settings(max_examples=100, deadline=None)
@given(codes)
def test_macro_f1_is_the_mean_of_each_class_f1_from_precision_and_recall(drawn):
    scores = []
    for code in {code for pair in drawn for code in pair}:
        hits = sum(a == b == code for a, b in drawn)
        said, true = sum(b == code for _, b in drawn), sum(a == code for a, _ in drawn)
        precision = Fraction(hits, said) if said else Fraction(0)
        recall = Fraction(hits, true) if true else Fraction(0)
        scores.append(2 * precision * recall / (precision + recall) if hits else Fraction(0))
    truth, predicted = (np.array(part) for part in zip(*drawn, strict=True))
    found = class_metrics(truth[:, None], predicted[:, None])
    assert found["macro_f1"] == pytest.approx(float(sum(scores) / len(scores)))


@settings(max_examples=50, deadline=None)
@given(codes)
def test_a_confusion_matrix_counts_every_pair_once(drawn):
    truth, predicted = (np.array(part) for part in zip(*drawn, strict=True))
    counts = confusion_counts(truth, predicted, 5)
    assert counts.tolist() == [[drawn.count((a, b)) for b in range(5)] for a in range(5)]
    assert class_metrics(truth[:, None], predicted[:, None])["accuracy"] == pytest.approx(
        np.trace(counts) / counts.sum()
    )


def test_a_cross_entropy_is_in_nats_and_a_probability_of_zero_is_no_infinity():
    assert nats(np.array([0.5, 0.25])) == pytest.approx([math.log(2), math.log(4)])
    assert nats(np.array([0.0, 1.0])) == pytest.approx([7 * math.log(10), 0])


def test_an_even_guess_among_eight_tokens_has_a_perplexity_of_eight_and_three_bits():
    assert of_a_language(math.log(8)) == pytest.approx({"perplexity": 8, "bits": 3})


def test_entries_of_which_nothing_is_said_are_left_out():
    truth, predicted = np.array([[0], [1], [1]]), np.array([[0], [-1], [0]])
    assert class_metrics(truth, predicted) == pytest.approx({"accuracy": 1 / 2, "macro_f1": (2 / 3 + 0) / 2})
    assert class_metrics(truth, np.full_like(truth, -1)) == {}


def test_several_outputs_share_the_accuracy_and_each_has_an_f1():
    truth, predicted = np.array([[0, 1], [1, 1], [1, 0]]), np.array([[0, 1], [1, 1], [1, 1]])
    found = class_metrics(truth, predicted, np.array([[1, 1], [1, 1], [1, 0.5]]), targets=2)
    assert found["accuracy"] == pytest.approx(5 / 6)
    assert found["macro_f1"] == pytest.approx((1 + (4 / 5 + 0) / 2) / 2)
    assert found["crossentropy"] == pytest.approx(math.log(2) / 6)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), *[st.integers(-9, 9).map(float)] * 2), min_size=1, max_size=30))
def test_each_group_of_numbers_has_the_metrics_that_it_has_alone(drawn):
    group, truth, said = (np.array(part) for part in zip(*drawn, strict=True))
    found = measure_numbers(truth, said, np.full(len(drawn), 2.0))(group, 4)
    for place in range(4):
        mine = group == place
        alone = number_metrics(truth[mine, None], said[mine, None], np.full((mine.sum(), 1), 2.0)) if mine.any() else {}
        told = {name: values[place] for name, values in found.items() if not np.isnan(values[place])}
        assert told == pytest.approx(alone)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=30))
def test_each_group_of_classes_has_the_metrics_that_it_has_alone(drawn):
    group, truth, said = (np.array(part) for part in zip(*drawn, strict=True))
    probability = 1 / (1.0 + truth)
    found = grouped_classes(truth, said, probability, group, 4, 0)
    for place in range(4):
        mine = group == place
        alone = class_metrics(*(values[mine, None] for values in (truth, said, probability)), unknown=0)
        told = {name: values[place] for name, values in found.items() if not np.isnan(values[place])}
        assert told == pytest.approx(alone)


def test_the_share_explained_is_of_all_steps_ahead_together_as_scikit_learn_has_it_for_the_flattened_values():
    # Eleven forecasts of four rows; within one row ahead the truth hardly changes.
    truth = 10.0 * np.arange(4) + np.linspace(0, 1, 11)[:, None]
    said = truth + np.array([1.0, -1, 1, -1])
    pooled = 1 - 44 / np.square(truth - truth.mean()).sum()
    assert number_metrics(truth, said)["r2"] == pytest.approx(pooled)
    by_step = measure_numbers(truth, said)(np.tile(np.arange(4), 11), 4)["r2"]
    assert by_step == pytest.approx(1 - 11 / np.square(np.linspace(-0.5, 0.5, 11)).sum() * np.ones(4))
    assert by_step.max() < 0
    assert pooled > 0.99


def test_an_unknown_token_is_no_right_answer():
    truth, said = np.array([0] * 7 + [1, 2, 1])[:, None], np.array([0] * 10)[:, None]
    found = class_metrics(truth, said, np.full((10, 1), 0.9), unknown=0)
    assert found["accuracy"] == 0
    assert found["macro_f1"] == 0
    apart = class_metrics(truth, np.where(truth == 0, 1, truth), np.where(truth == 0, 1e-9, 0.5), unknown=0)
    assert apart["accuracy"] == pytest.approx(0.3)
    assert apart["crossentropy"] == pytest.approx(math.log(2))
    assert class_metrics(truth, said)["accuracy"] == 0.7


def test_an_answer_that_is_no_number_is_a_wrong_class_of_no_probability():
    truth, said, chance = np.array([[0], [1], [0]]), np.array([[0], [1], [0]]), np.array([[0.5], [0.25], [np.nan]])
    found = class_metrics(truth, said, chance)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["macro_f1"] == pytest.approx((2 / 4 + 1) / 2)
    assert found["crossentropy"] == pytest.approx((math.log(2) + math.log(4) + 7 * math.log(10)) / 3)


def test_a_network_that_has_diverged_has_errors_that_say_so():
    found = number_metrics(column([1.0, 2.0]), column([math.inf, 1e200]), np.ones((2, 1)))
    assert found["mae"] == found["rmse"] == found["mase"] == math.inf


def test_a_sequence_is_exact_where_its_every_step_is_right():
    right = np.array([True, True, False, True, True])
    assert exact_share(right, np.array([4, 4, 7, 7, 9])) == pytest.approx(2 / 3)
