"""The Markov models against their formula, written out with dictionaries."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.scoring import markov
from rnnctl.scoring.markov import Markov


def contexts_of(tokens, order):
    return np.array([[tokens[at - back] if at >= back else -1 for back in range(order)] for at in range(len(tokens))])


def by_hand(tokens, order, classes):
    """P(w | h) for any h, by the recursion itself."""
    followers = [defaultdict(Counter) for _ in range(order + 1)]
    for at in range(len(tokens) - 1):
        for length in range(order + 1):
            if at + 1 >= length:
                followers[length][tuple(tokens[at + 1 - length : at + 1])][tokens[at + 1]] += 1

    def probability(word, context):
        shorter = probability(word, context[1:]) if context else 1 / classes
        seen = followers[len(context)].get(tuple(context))
        if not seen:
            return shorter
        return (seen[word] + len(seen) * shorter) / (seen.total() + len(seen))

    return probability


@settings(max_examples=60, deadline=None)
@given(
    tokens=st.lists(st.integers(0, 3), min_size=2, max_size=40),
    new=st.lists(st.integers(0, 4), min_size=1, max_size=10),
    order=st.integers(0, 2),
)
def test_probabilities_follow_witten_and_bell_and_add_up_to_one(tokens, new, order):
    classes = 5
    model = Markov(contexts_of(tokens[:-1], order), np.array(tokens[1:]), classes)
    wanted = by_hand(tokens, order, classes)
    found = model.probabilities(contexts_of(new, order))
    for at in range(len(new)):
        context = new[max(0, at + 1 - order) : at + 1]
        assert found[at] == pytest.approx([wanted(word, context) for word in range(classes)])
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found > 0).all()


def test_the_likeliest_token_and_the_truth_are_told_however_few_are_held_at_a_time(monkeypatch):
    random = np.random.default_rng(0)
    tokens = random.integers(0, 6, 300)
    model = Markov(contexts_of(tokens[:-1], 2), tokens[1:], 6)
    new, truth = contexts_of(random.integers(0, 6, 80), 2), random.integers(0, 6, 80)
    table = model.probabilities(new)
    for cells in (1, 50, 10_000):
        monkeypatch.setattr(markov, "CELLS", cells)
        predicted, probability = model.predict(new, truth)
        assert (predicted == table.argmax(axis=1)).all()
        np.testing.assert_array_equal(probability, table[np.arange(80), truth])


def test_a_sequence_that_follows_a_rule_of_two_tokens_needs_order_two():
    tokens = np.tile([0, 0, 1, 1], 100)
    truth = tokens[1:]
    right = [
        (Markov(found, truth, 2).predict(found, truth)[0] == truth).mean()
        for found in (contexts_of(tokens[:-1], order) for order in (0, 1, 2))
    ]
    assert right[0] == pytest.approx(0.5, abs=0.01)
    assert right[1] == pytest.approx(0.5, abs=0.01)
    assert right[2] > 0.99
