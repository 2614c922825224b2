"""Trials: same data, same steps; the best is the one with the lowest measured loss, or there is none."""

from __future__ import annotations

import math

import pytest
from small import small_config

from rnnctl.config.overrides import with_changes
from rnnctl.results import Advice, Trial, Verdict
from rnnctl.training.build import build
from rnnctl.workflows.examine import examine
from rnnctl.workflows.train import train_steps
from rnnctl.workflows.try_advice import _Run, label, run_trials

CONFIG = small_config(
    data={"kind": "dummy", "sequences": 8, "length": 6, "features": 2, "outputs": 2},
    optimizer="sgd",
    training={"batch_size": 4},
)


def advised(*changes):
    return (Verdict("vanishing", "recurrent_0", "so", advice=tuple(Advice(one, "why") for one in changes)),)


@pytest.fixture(scope="module")
def tried():
    return run_trials(
        CONFIG,
        advised({"optimizer.learning_rate": 0.2}, {"optimizer.learning_rate": 1e30}, {"data.length": 3}),
        steps=12,
    )


def test_the_network_as_it_is_comes_first_and_the_other_cells_last(tried):
    assert [trial.label for trial in tried[0]] == [
        "as it is",
        "optimizer.learning_rate: 0.2",
        "optimizer.learning_rate: 1e+30",
        "cell: gru",
        "cell: lstm",
    ]


def test_a_trial_has_the_losses_that_training_has(tried):
    changed = with_changes(CONFIG, {"optimizer.learning_rate": 0.2})
    losses = [record.loss for record in train_steps(changed)][:12]
    trial = tried[0][1]
    assert trial.first_loss == pytest.approx(losses[0], rel=1e-6)
    assert trial.final_loss == pytest.approx(sum(losses[-5:]) / 5, rel=1e-5)


def test_a_trial_says_how_far_its_gradient_comes_before_and_after(tried):
    changed = with_changes(CONFIG, {"optimizer.learning_rate": 0.2})
    before, after = (examine(build(changed), steps=steps, sequences=4, self_check=False).layers[0] for steps in (0, 12))
    assert (tried[0][1].reach_steps, tried[0][1].reach_after) == (before.total_reach_steps, after.total_reach_steps)
    assert tried[0][2].reach_after is None


def test_each_trial_is_told_before_it_begins(monkeypatch):
    monkeypatch.setattr("rnnctl.workflows.try_advice.CELLS", ("gru",))
    monkeypatch.setattr("rnnctl.workflows.try_advice._run", lambda name, *_: _Run(Trial(name, {}, 1, 1, 1, 1, 1), (1,)))
    told: list[str] = []
    run_trials(CONFIG, advised({"optimizer.learning_rate": 0.2}), steps=2, tell=told.append)
    assert told == ["trial 1 of 3: as it is", "trial 2 of 3: optimizer.learning_rate: 0.2", "trial 3 of 3: cell: gru"]


def test_the_lowest_loss_is_recommended_and_what_is_not_finite_never(tried):
    trials, sentence = tried
    assert math.isnan(trials[2].final_loss)
    best = min((trial for trial in trials if math.isfinite(trial.final_loss)), key=lambda trial: trial.final_loss)
    assert best.best
    assert sum(trial.best for trial in trials) == 1
    assert sentence.startswith(f"{best.label}: after 12 steps the loss is")


def test_where_nothing_helps_it_is_said(monkeypatch):
    monkeypatch.setattr("rnnctl.workflows.try_advice.CELLS", ("simple_rnn",))
    trials, sentence = run_trials(CONFIG, advised({"optimizer.learning_rate": 1e-9}), steps=8)
    assert not any(trial.best for trial in trials)
    assert sentence.startswith("none of these lowers the loss after 8 steps")
    _, sentence = run_trials(CONFIG, advised({"data.length": 3}), steps=2)
    assert sentence.startswith("there is nothing to try")


@pytest.mark.parametrize(
    ("layers", "changes", "words"),
    [
        (1, {"model.layers.0.cell": "gru"}, "cell: gru"),
        (2, {"model.layers.0.cell": "gru"}, "0.cell: gru"),
        (2, {"model.layers.0.cell": "gru", "model.layers.1.cell": "gru"}, "every cell: gru"),
        (1, {"model.layers.0": {"cell": "gru", "units": 3}}, "cell: gru"),
        (
            1,
            {"model.layers.0.recurrent_initializer": {"kind": "orthogonal", "gain": 1.0}},
            "recurrent_initializer: orthogonal",
        ),
        (1, {"optimizer.global_clipnorm": 0.5}, "optimizer.global_clipnorm: 0.5"),
    ],
)
def test_changes_are_named_in_few_words(layers, changes, words):
    config = small_config(model={"layers": [{"cell": "simple_rnn", "units": 3}] * layers})
    assert label(changes, config) == words
