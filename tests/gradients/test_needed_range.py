"""How far back a task needs the gradient: targets that are made of known time steps."""

from __future__ import annotations

import numpy as np
import pytest
from gradients.verdicts.made import config

from rnnctl.data.generated import whole_sequences
from rnnctl.gradients.needed_range import explained_by_range, range_findings
from rnnctl.schema.split import Split

TIME = 24


def made(answer, *, sequences=150, features=2, each=False, noise=0.1):
    """Random sequences, and at each one's end (or at each time step) what follows from them, beside noise."""
    random = np.random.default_rng(7)
    inputs = random.standard_normal((sequences, TIME, features)).astype(np.float32)
    said = answer(inputs)
    said = said + noise * random.standard_normal(said.shape)
    return whole_sequences(
        inputs,
        said[..., None].astype(np.float32),
        Split(),
        placement="each" if each else "sequence",
        feature_names=tuple(f"x{number}" for number in range(features)),
        target_names=("y",),
    )


def back(inputs, lag):
    """Each time step's value of the first feature ``lag`` steps before, 0 before the first."""
    moved = np.zeros_like(inputs[..., 0])
    moved[:, lag:] = inputs[:, : TIME - lag, 0]
    return moved


@pytest.mark.parametrize(
    ("answer", "each", "needed"),
    [
        (lambda x: x[:, -1, 0], False, 1),
        (lambda x: x[:, -2, 0] + x[:, -1, 1], False, 2),
        (lambda x: x[:, -6, 0], False, 8),  # the power of two above 6
        (lambda x: x[:, 0, 0], False, TIME),
        (lambda x: x[:, -6, 0] * x[:, -6, 1], False, 8),  # a product of two values of one time step
        (lambda x: back(x, 1), True, 2),
        (lambda x: back(x, 9), True, 16),
    ],
)
def test_the_fewest_time_steps_that_explain_the_target(answer, each, needed):
    found = range_findings(config(), made(answer, each=each), 5, TIME)
    assert (found.reach_steps, found.time_steps, found.wanted_steps, found.needed_steps) == (5, TIME, 12, needed)
    assert found.explained > 0.8
    assert (found.explained_within > 0.8) == (needed <= 5)


def test_what_is_explained_is_the_share_of_the_variance_that_is_no_noise():
    """y = x + e with var(e) = 1: about half of the variance, as much as a straight line through the points explains."""
    dataset = made(lambda x: x[:, -1, 0], sequences=300, noise=1.0)
    x, y = dataset.train.values[TIME - 1 :: TIME, 0], dataset.train.targets[:, 0]
    line = np.polyval(np.polyfit(x, y, 1), x)
    found = explained_by_range(dataset, 1)
    assert found[1] == pytest.approx(1 - np.var(y - line) / np.var(y), abs=0.03)
    assert sorted(found) == [1, 2, 4, 8, 16, TIME]


def test_nothing_is_concluded_from_noise_from_few_sequences_or_from_many_columns():
    for dataset in (
        made(lambda x: 0 * x[:, 0, 0], noise=1.0),
        made(lambda x: x[:, -1, 0], sequences=20),
        made(lambda x: x[:, -1, 0], features=80),
    ):
        found = range_findings(config(), dataset, 5, TIME)
        assert (found.needed_steps, found.explained, found.explained_within) == (None, None, None)


def test_nothing_within_a_reach_of_nothing():
    found = range_findings(config(), made(lambda x: x[:, -1, 0]), 0, TIME)
    assert (found.needed_steps, found.explained_within) == (1, 0.0)


def test_a_bidirectional_network_sees_both_ends():
    dataset = made(lambda x: x[:, 0, 0] + x[:, -1, 0])
    assert range_findings(config(), dataset, 2, TIME).needed_steps == TIME
    assert range_findings(config(layer={"bidirectional": True}), dataset, 2, TIME).needed_steps == 1


def test_values_that_are_missing_explain_nothing_and_break_nothing():
    dataset = made(lambda x: x[:, -2, 0])
    dataset.train.values[::7] = np.nan
    dataset.train.targets[3] = np.nan
    assert range_findings(config(), dataset, 5, TIME).explained < 1.0
