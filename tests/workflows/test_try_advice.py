"""Trials: same data, same steps; the best is the one with the lowest measured loss, or there is none."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from small import small_config

from rnnctl.config import load_config
from rnnctl.config.dataset import load_dataset
from rnnctl.config.overrides import with_changes
from rnnctl.diagnosis.naive_loss import naive_loss
from rnnctl.diagnosis.naming import label
from rnnctl.results import Advice, Trial, Verdict
from rnnctl.training.build import build
from rnnctl.workflows.examine import examine
from rnnctl.workflows.train import train_steps
from rnnctl.workflows.try_advice import _Run, run_trials

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
    monkeypatch.setattr(
        "rnnctl.workflows.try_advice._run", lambda name, *_, **__: _Run(Trial(name, {}, 1, 1, 1, 1, 1), (1,))
    )
    told: list[str] = []
    run_trials(CONFIG, advised({"optimizer.learning_rate": 0.2}), steps=2, tell=told.append)
    assert told == ["trial 1 of 3: as it is", "trial 2 of 3: optimizer.learning_rate: 0.2", "trial 3 of 3: cell: gru"]


def test_the_lowest_loss_is_recommended_and_what_is_not_finite_never(tried):
    trials, sentence, _ = tried
    assert math.isnan(trials[2].final_loss)
    best = min((trial for trial in trials if math.isfinite(trial.final_loss)), key=lambda trial: trial.final_loss)
    assert best.best
    assert sum(trial.best for trial in trials) == 1
    assert sentence.startswith(f"{best.label}: after 12 steps the loss is")


@pytest.fixture
def trial_of(monkeypatch):
    """Has trials of one advised change have the losses given: of the network as it is, and with the change."""
    monkeypatch.setattr("rnnctl.workflows.try_advice.CELLS", ("simple_rnn",))

    def tried_out(before, after, naive=None, reach=1, skills=(None, None), change=None, other_seed=None):
        def run(name, config, changes, *_, **__):
            shown = other_seed if other_seed and config.training.member == 2 else (before, after, *skills)
            own, skill = tuple(shown[bool(changes)]), shown[2:][bool(changes)]
            held_out = "" if skill is None else f"MAE {1 - skill:.2g}, mean 1"
            known = {"skill": skill, "held_out": held_out}
            return _Run(Trial(name, changes, 1, reach if changes else 1, own[0], sum(own[-5:]) / 5, 1, **known), own)

        monkeypatch.setattr("rnnctl.workflows.try_advice._run", run)
        monkeypatch.setattr("rnnctl.workflows.try_advice.naive_loss", lambda _: naive)
        where = CONFIG if skills[0] is None else with_changes(CONFIG, {"data.split.validation": 2})
        trials, sentence, _ = run_trials(where, advised(change or {"optimizer.learning_rate": 0.2}), steps=20)
        return trials[1].best, sentence

    return tried_out


FALLS = np.linspace(1.0, 0.5, 20)


def test_where_nothing_helps_it_is_said_in_the_words_that_hold(trial_of):
    change = "optimizer.learning_rate: 0.2"
    helps = (
        f"{change}: after 20 steps the loss is 0.3316, as it is 0.5526; over two seeds: {change} loss 0.3316 and "
        "0.3316, as it is 0.5526 and 0.5526"
    )
    assert trial_of(FALLS, 0.6 * FALLS) == (True, helps)
    assert trial_of(FALLS, 1.2 * FALLS, naive=0.1) == (False, "none of these lowers the loss after 20 steps")
    further = f"; {change} brings the gradient furthest back, 4 time steps"
    assert trial_of(FALLS, 1.2 * FALLS, reach=4)[1].endswith(further)
    by_chance = FALLS - 0.05 + np.where(np.arange(20) % 2, -0.3, 0.3)
    assert trial_of(FALLS, by_chance, naive=9.0) == (
        False,
        f"none of these lowers the loss after 20 steps by more than chance: the lowest loss is 0.4426 ({change}), as "
        "it is 0.5526",
    )
    for naive in (0.485, 0.2):  # what is less than one part in a hundred below is no gain
        assert trial_of(FALLS, FALLS - 0.07, naive=naive) == (
            False,
            f"none of these learns anything after 20 steps: the lowest loss is 0.4826 ({change}), and always giving "
            f"one and the same answer has {naive:.4f}",
        )
    assert trial_of(FALLS, FALLS - 0.07, naive=0.5)[0]
    assert not trial_of(FALLS, np.full(20, 0.3))[0]  # lower, but no lower than where it began
    assert trial_of(FALLS, np.full(20, np.nan)) == (False, "none of these helps: after 20 steps no loss is finite")


def test_nothing_is_recommended_that_validation_rows_speak_against(trial_of):
    change = "optimizer.learning_rate: 0.2"
    helps = (
        f"{change}: after 20 steps the loss is 0.3316, as it is 0.5526; validation MAE 0.6, mean 1; as it is MAE 0.9, "
        f"mean 1; over two seeds: {change} skill 0.40 and 0.40, as it is 0.10 and 0.10"
    )
    assert trial_of(FALLS, 0.6 * FALLS, skills=(0.1, 0.4)) == (True, helps)
    for skills in ((-0.3, -0.2), (-0.3, 0.0), (0.4, 0.4), (0.4, 0.1)):  # no better than the mean, or than as it is
        best, sentence = trial_of(FALLS, 0.6 * FALLS, skills=skills)
        assert not best
        shown = [f"MAE {1 - skill:.2g}, mean 1" for skill in skills]
        assert sentence == (
            f"none of these helps after 20 steps: the lowest loss is 0.3316 ({change}), as it is 0.5526, but on "
            f"validation rows {shown[1]}; as it is {shown[0]}"
        )


def test_what_changes_the_data_is_compared_on_validation_rows_alone(trial_of):
    change = {"data.length": 3}
    best, said = trial_of(FALLS, 100 * FALLS, skills=(0.1, 0.4), change=change)
    assert best
    assert said.startswith("data.length: 3: after 20 steps validation MAE 0.6, mean 1; as it is MAE 0.9, mean 1; over ")
    assert not trial_of(FALLS, 0.01 * FALLS, skills=(0.4, 0.1), change=change)[0]


def test_nothing_is_recommended_that_gains_less_than_seeds_differ(trial_of):
    change, lower = "optimizer.learning_rate: 0.2", 0.6 * FALLS
    none = "none of these helps by more than seeds differ after 20 steps: "
    seed = (FALLS, lower, 0.1, 0.3)  # gains of 0.3 and 0.2, deviations of 0 and 0.07
    assert trial_of(FALLS, lower, skills=(0.1, 0.4), other_seed=seed)[0]
    seed = (FALLS, lower, 0.1, 0.12)  # gains of 0.3 and 0.02, deviations of 0 and 0.2
    said = f"{none}{change} skill 0.40 and 0.12, as it is 0.10 and 0.10"
    assert trial_of(FALLS, lower, skills=(0.1, 0.4), other_seed=seed) == (False, said)
    assert not trial_of(FALLS, lower, skills=(0.1, 0.4), other_seed=(FALLS, lower, -0.1, 0.0))[0]  # the baseline's
    seed = (0.4 * FALLS, 0.5 * FALLS, None, None)
    said = f"{none}{change} loss 0.3316 and 0.2763, as it is 0.5526 and 0.2211"
    assert trial_of(FALLS, lower, other_seed=seed) == (False, said)
    seed = (np.full(20, np.nan), lower, 0.0, 0.35)
    best, said = trial_of(FALLS, lower, skills=(0.1, 0.4), other_seed=seed)
    assert best
    assert said.endswith("skill 0.40 and 0.35, as it is 0.10 and not finite")


def test_what_is_advised_and_not_tried_is_named_with_the_reason(monkeypatch):
    monkeypatch.setattr("rnnctl.workflows.try_advice.CELLS", ("simple_rnn",))
    monkeypatch.setattr(
        "rnnctl.workflows.try_advice._run",
        lambda name, config, changes, *_, **__: _Run(Trial(name, changes, 1, 1, 1, 1, 1), (1,)),
    )
    rates = [{"optimizer.learning_rate": 10.0**-power} for power in range(1, 7)]
    trials, sentence, _ = run_trials(CONFIG, advised({"data.length": 3}, *rates, {"data.scale": "standard"}), steps=2)
    assert [trial.changes for trial in trials] == [{}, *rates[:5]]
    held_out = "its loss cannot be compared, and no rows are held out; see rnnctl diagnose --try"
    assert sentence.endswith(
        f"; not tried: data.length: 3 ({held_out}), optimizer.learning_rate: 1e-06 (only 5 are; see rnnctl diagnose "
        f"--try), data.scale: standard ({held_out})"
    )
    held = with_changes(CONFIG, {"data.split.validation": 2})
    trials, sentence, _ = run_trials(held, advised({"data.length": 3}, {"model.layers.7.cell": "gru"}), steps=2)
    assert [trial.changes for trial in trials] == [{}, {"data.length": 3}]
    assert sentence.startswith(
        "none of these helps after 1 step, on validation rows; not tried: model.layers.7.cell: gru ("
    )


def test_what_changes_the_data_is_not_tried(monkeypatch):
    monkeypatch.setattr("rnnctl.workflows.try_advice.CELLS", ("simple_rnn",))
    monkeypatch.setattr(
        "rnnctl.workflows.try_advice._run", lambda name, *_, **__: _Run(Trial(name, {}, 1, 1, 1, 1, 1), (1,))
    )
    assert run_trials(CONFIG, advised({"data.length": 3}), steps=2)[1].startswith("there is nothing to try")


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


BLOWS_UP = small_config(
    data={"kind": "sine", "sequences": 40, "length": 12, "noise": 0.0, "split": {}},
    model={"layers": [{"cell": "simple_rnn", "units": 4, "activation": "linear"}]},
    optimizer={"kind": "sgd", "learning_rate": 1e20},
    training={"steps": 60, "batch_size": 8},
)


def test_every_trial_takes_all_steps_where_the_network_as_it_is_blows_up(monkeypatch):
    monkeypatch.setattr("rnnctl.workflows.try_advice.CELLS", ("simple_rnn",))
    change = {"optimizer.learning_rate": 0.1}
    trials, sentence, blown = run_trials(BLOWS_UP, advised(change), steps=60)
    assert [trial.label for trial in trials] == [
        "as it is",
        "optimizer.global_clipnorm: 1",
        "optimizer.learning_rate: 1e+19",
        "optimizer.learning_rate: 0.1",
    ]
    assert math.isnan(trials[0].final_loss)
    assert (blown.word, blown.headline) == ("non-finite", "training as it is becomes NaN or infinite within 2 steps")
    losses = [record.loss for record in train_steps(with_changes(BLOWS_UP, change))]
    assert trials[-1].final_loss == pytest.approx(sum(losses[-6:]) / 6, rel=1e-5)
    assert trials[-1].best
    assert sentence.startswith("optimizer.learning_rate: 0.1: after 60 steps the loss is")


def test_the_naive_answer_is_the_best_constant():
    for loss, constant in (("mse", np.mean), ("mae", np.median)):
        config = small_config(loss=loss)
        targets = load_dataset(config).train.targets.astype(np.float64)
        errors = targets - constant(targets, axis=0)
        expected = (errors**2).mean() if loss == "mse" else np.abs(errors).mean()
        assert naive_loss(config) == pytest.approx(expected, rel=1e-6)
    config = small_config(loss={"kind": "quantile", "quantiles": [0.2, 0.5]}, model={"head": "dense"})
    low = targets - np.quantile(targets, 0.2, axis=0)
    expected = (np.where(low > 0, 0.2 * low, -0.8 * low) + 0.5 * np.abs(errors)).mean() / 2
    assert naive_loss(config) == pytest.approx(expected, rel=1e-6)


def test_the_naive_answer_counts_no_target_that_is_missing_whatever_was_filled_in(monkeypatch):
    config = small_config(loss="mae")
    data = load_dataset(config)
    targets = data.train.targets
    valid = np.random.default_rng(3).random(targets.shape) > 0.4
    targets[~valid & (np.arange(len(valid)) % 2 == 0)[:, None]] = np.nan
    targets[~valid & (np.arange(len(valid)) % 2 == 1)[:, None]] = 1e6
    monkeypatch.setattr(
        "rnnctl.config.dataset.load_dataset", lambda _: replace(data, train=replace(data.train, valid=valid))
    )
    columns = [column[there].astype(np.float64) for column, there in zip(targets.T, valid.T, strict=True)]
    expected = np.concatenate([np.abs(column - np.median(column)) for column in columns]).mean()
    assert naive_loss(config) == pytest.approx(expected, rel=1e-6)


def test_the_naive_answer_of_classes_is_their_entropy(tmp_path):
    (tmp_path / "a.csv").write_text("x,c\n" + "".join(f"{n},{'aab'[n % 3]}\n" for n in range(60)))
    (tmp_path / "c.yaml").write_text(
        "data: {kind: csv, path: a.csv, target: [c], features: [x], task: per_step, split: {}, "
        "columns: {c: category}}\n"
    )
    assert naive_loss(load_config(tmp_path / "c.yaml")) == pytest.approx(-2 / 3 * math.log(2 / 3) - math.log(1 / 3) / 3)
    text = (tmp_path / "c.yaml").read_text().replace("category", "boolean")
    (tmp_path / "c.yaml").write_text(text)
    (tmp_path / "a.csv").write_text("x,c\n" + "".join(f"{n},{int(n % 4 == 0)}\n" for n in range(60)))
    expected = -0.25 * math.log(0.25) - 0.75 * math.log(0.75)
    assert naive_loss(load_config(tmp_path / "c.yaml")) == pytest.approx(expected)
