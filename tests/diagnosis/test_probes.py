"""What there is to learn: ridge regression against its closed form, and planted dependencies."""

from __future__ import annotations

import numpy as np
import pytest

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.diagnosis.probes import Probe, features, fitted

RANDOM = np.random.default_rng(7)


def written(tmp_path, rows, **data):
    """The dataset of rows ``id, t, x, z, y``."""
    path = tmp_path / "table.csv"
    path.write_text("id,t,x,z,y\n" + "\n".join(",".join(map(str, row)) for row in rows))
    section = {"kind": "csv", "path": str(path), "series": "id", "time": "t", "features": ["x", "z"], "target": ["y"]}
    section |= {"task": "per_sequence", "scale": "standard", "split": {"validation": 0.3}} | data
    return load_dataset(Config.model_validate({"data": section}))


def test_ridge_chosen_by_leave_one_out_is_the_closed_form():
    train, goal = RANDOM.normal(size=(40, 6)), RANDOM.normal(size=(40, 2))
    train[:, 0] *= 50.0
    others = RANDOM.normal(size=(9, 6)) * train.std(axis=0)
    said = fitted(train, goal, others)

    mean, spread = train.mean(axis=0), train.std(axis=0)
    one, other = (train - mean) / spread, (others - mean) / spread

    def ridge(rows, targets, strength, at):
        middle = targets.mean(axis=0)
        inner = rows.T @ rows + strength * np.eye(6)
        return at @ np.linalg.solve(inner, rows.T @ (targets - middle)) + middle

    strengths = [0.1 * r * 40 / 6 for r in (1e-3, 1e-1, 1e1, 1e3)]
    every = {strength: ridge(one, goal, strength, other) for strength in strengths}
    assert any(np.allclose(said, value, atol=1e-9) for value in every.values())

    def left_out(strength):
        errors = []
        for row in range(40):
            keep = np.arange(40) != row
            # The mean of the rows that stay is that of all but one, as the hat matrix has it.
            middle = goal[keep].mean(axis=0)
            inner = one[keep].T @ (one[keep] - one[keep].mean(axis=0)) + strength * np.eye(6)
            weights = np.linalg.solve(inner, one[keep].T @ (goal[keep] - middle))
            errors.append(goal[row] - (one[row] - one[keep].mean(axis=0)) @ weights - middle)
        return np.square(errors).mean()

    best = min(strengths, key=left_out)
    np.testing.assert_allclose(said, every[best], atol=1e-9)


def test_features_of_a_step_see_nothing_after_it():
    inputs = RANDOM.normal(size=(5, 9, 3))
    changed = inputs.copy()
    changed[:, 6:] = changed[:, 6:][:, ::-1]  # the deviation of all inputs, which sets a scale, stays
    sequence, step = np.arange(5), np.full(5, 5)
    np.testing.assert_allclose(features(changed, sequence, step), features(inputs, sequence, step))
    assert not np.allclose(features(changed, sequence, step + 1), features(inputs, sequence, step + 1))


def rows_of(count, time, target):
    """Rows of sequences of random numbers, each with its target."""
    values = RANDOM.normal(size=(count, time, 2))
    return [
        (one, at, *np.round(values[one, at], 4), np.round(target(values, one), 4))
        for one in range(count)
        for at in range(time)
    ]


def test_what_lies_far_back_is_found_and_not_near(tmp_path):
    rows = rows_of(150, 12, lambda values, one: values[one, 1, 0])
    probe = Probe.of(written(tmp_path, rows))
    assert probe.skill() > 0.8
    assert probe.skill(within=5) < 0.2


def test_a_product_of_two_columns_is_found(tmp_path):
    rows = rows_of(200, 8, lambda values, one: (values[one, :, 0] * values[one, :, 1]).sum())
    assert Probe.of(written(tmp_path, rows)).skill() > 0.8


def test_targets_of_the_next_sequence_are_found_where_they_are(tmp_path):
    values = RANDOM.normal(size=(160, 6, 2))
    totals = values[:, :, 0].sum(axis=1)
    moved = np.roll(totals, 1)
    rows = [(one, at, *values[one, at], moved[one]) for one in range(160) for at in range(6)]
    for shuffle in (False, True):
        dataset = written(tmp_path, rows, split={"validation": 0.3, "test": 0.1, "shuffle": shuffle})
        shifts = Probe.of(dataset).shifts()
        assert max(shifts, key=shifts.get) == "+1"
        assert shifts["+1"] > 0.8
        assert shifts["0"] < 0.2


def test_noise_has_no_skill(tmp_path):
    noise = RANDOM.normal(size=200)
    rows = rows_of(200, 8, lambda values, one: noise[one])
    assert Probe.of(written(tmp_path, rows)).skill() < 0.1


@pytest.mark.parametrize(("smooth", "low", "high"), [(True, 0.5, 1.0), (False, 0.0, 0.08)])
def test_order_is_the_autocorrelation_within_sequences(tmp_path, smooth, low, high):
    values = RANDOM.normal(size=(80, 20, 2))
    if smooth:
        values = np.cumsum(values, axis=1)
    rows = [(one, at, *values[one, at], one % 2) for one in range(80) for at in range(20)]
    assert low <= Probe.of(written(tmp_path, rows)).order() <= high


def test_columns_that_move_together(tmp_path):
    values = RANDOM.normal(size=(80, 10, 1)) + 0.1 * RANDOM.normal(size=(80, 10, 2))
    rows = [(one, at, *values[one, at], one % 2) for one in range(80) for at in range(10)]
    expected = abs(np.corrcoef(values.reshape(-1, 2).T)[0, 1])
    assert Probe.of(written(tmp_path, rows, split={"validation": 0.01})).together() == pytest.approx(expected, abs=0.01)
