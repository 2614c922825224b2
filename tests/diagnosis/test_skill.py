"""Skill against its definition."""

from __future__ import annotations

import math

import pytest

from rnnctl.diagnosis.skill import skill_of
from rnnctl.results.evaluation import Scores


@pytest.mark.parametrize(
    ("metrics", "baselines", "skill"),
    [
        ({"mae": 1.0, "rmse": 2.0}, {"naive": {"mae": 4.0}, "mean": {"mae": 5.0}}, 0.75),
        ({"mae": 6.0}, {"naive": {"mae": 4.0}}, -0.5),
        ({"mae": 60.0}, {"naive": {"mae": 4.0}}, -1.0),
        ({"mae": 1.0}, {"previous": {"mae": 0.1}, "mean": {"mae": 2.0}}, 0.5),  # the row before sees the truth
        ({"accuracy": 0.9}, {"majority": {"accuracy": 0.6}}, 0.75),
        ({"bits": 1.5, "accuracy": 0.5}, {"markov1": {"bits": 3.0, "accuracy": 0.4}}, 0.5),
        ({"mae": math.inf}, {"mean": {"mae": 2.0}}, -1.0),
        ({"mae": 1.0}, {}, None),
        ({}, {"mean": {"mae": 2.0}}, None),
        ({"accuracy": 1.0}, {"majority": {"accuracy": 1.0}}, None),
    ],
)
def test_skill_is_the_gain_over_the_best_baseline(metrics, baselines, skill):
    found = skill_of(Scores(metrics, baselines, 10))
    assert found is None if skill is None else found == pytest.approx(skill)
