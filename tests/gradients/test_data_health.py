from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rnnctl.config.model import Model
from rnnctl.data import Dataset, Sequences, number_inputs, sequences
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import covered
from rnnctl.gradients.data_health import examine_data, output_range
from rnnctl.schema.training import Thresholds


def _model(cell="simple_rnn", head="none", **layer):
    return Model.model_validate({"layers": [{"cell": cell, "units": 1, **layer}], "head": head})


def _dataset(values, targets, *, placement="last", horizon=1, starts=(0,), length=2, rows=None):
    starts = np.asarray(starts, np.int64)
    train = Sequences(
        np.asarray(values, np.float32),
        np.asarray(targets, np.float32),
        starts,
        np.full(len(starts), length, np.int64),
        placement,
        horizon,
        None if rows is None else np.asarray(rows, np.int64),
    )
    names = tuple("ab"[: train.features]), tuple("yz"[: train.targets.shape[1]])
    return Dataset(train, None, None, number_inputs(names[0]), names[1], order=Order(np.array([0, len(values)])))


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), max_size=6),
)
def test_covered_rows_are_those_of_any_stretch(stretches):
    starts, lengths = (np.array([one[place] for one in stretches], np.int64) for place in (0, 1))
    truth = {row for start, length in stretches for row in range(start, start + length) if row < 25}
    assert np.flatnonzero(covered(25, starts, starts + lengths)).tolist() == sorted(truth)


def test_stretches_are_counted_some_at_a_time(monkeypatch):
    starts = np.arange(0, 30, 6)
    whole = covered(25, starts, starts + 2)
    monkeypatch.setattr(sequences, "_STRETCHES", 2)
    assert covered(25, starts, starts + 2).tolist() == whole.tolist() == [row % 6 < 2 for row in range(25)]


@pytest.mark.parametrize(("placement", "horizon"), [("last", 1), ("last", 3), ("each", 0), ("each", 2)])
def test_target_rows_are_those_that_batches_are_made_of(placement, horizon):
    targets = np.arange(20, dtype=np.float32)[:, None]
    train = _dataset(np.zeros((20, 1)), targets, placement=placement, horizon=horizon, starts=[1, 3, 11]).train
    gathered = np.unique(train.gather(np.arange(3)).targets)
    assert np.flatnonzero(train.aims()).tolist() == gathered.tolist()


def test_columns_are_measured_over_the_rows_that_training_sees():
    values = np.array([[1.0, 5.0], [2.0, 5.0], [np.nan, 5.0], [4.0, 5.0], [1e9, 7.0]])
    found = examine_data(_dataset(values, np.arange(5.0)[:, None], starts=[0, 2]), _model())
    a, b, y = found.columns
    assert (a.name, a.role, a.non_finite, a.constant) == ("a", "feature", 1, False)
    assert (a.mean, a.std, a.largest) == pytest.approx((7 / 3, np.std([1, 2, 4]), 4))
    assert (b.name, b.constant, b.std) == ("b", True, 0)
    assert (y.name, y.role, y.largest) == ("y", "target", 4)
    assert found.sequences == 2


def test_a_column_without_any_finite_value_has_no_mean():
    found = examine_data(_dataset([[np.inf], [np.nan]], [[0.0], [1.0]], placement="each", horizon=0), _model())
    assert found.columns[0].non_finite == 2
    assert not found.columns[0].constant
    assert np.isnan([found.columns[0].mean, found.columns[0].std, found.columns[0].largest]).all()


def test_only_the_targets_of_this_split_count():
    found = examine_data(_dataset(np.zeros((2, 1)), [[0.5], [99.0]], placement="sequence", rows=[0]), _model())
    assert found.columns[1].largest == 0.5
    assert found.targets_outside == 0


@pytest.mark.parametrize(
    ("model", "bounds"),
    [
        (_model(), (-1, 1)),
        (_model(activation="sigmoid"), (0, 1)),
        (_model(activation="relu"), (0, np.inf)),
        (_model(activation="linear"), None),
        (_model(head="dense"), None),
        (_model("gru"), (-1, 1)),
        (_model("gru", recurrent_activation="relu"), None),
        (_model("lstm"), (-1, 1)),
        (_model("lstm", activation="sigmoid"), (0, 1)),
        (_model("lstm", activation="elu"), (-1, np.inf)),
    ],
)
def test_the_output_range_follows_from_head_cell_and_activation(model, bounds):
    assert output_range(model) == bounds


@pytest.mark.parametrize("cell", ["simple_rnn", "gru", "lstm"])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "elu", "softplus", "relu6"])
def test_no_network_leaves_its_output_range(cell, activation):
    from rnnctl.gradients.forward_numpy import forward_numpy

    rng, gates = np.random.default_rng(0), {"simple_rnn": 1, "gru": 3, "lstm": 4}[cell]
    model = _model(cell, activation=activation, use_bias=False)
    weights = {
        "recurrent_0/kernel": rng.normal(scale=3, size=(2, gates)),
        "recurrent_0/recurrent_kernel": rng.normal(scale=1, size=(1, gates)),
    }
    outputs = forward_numpy(model, weights, rng.normal(size=(50, 6, 2))).outputs
    low, high = output_range(model)
    assert low <= outputs.min()
    assert outputs.max() <= high


def test_targets_outside_of_the_range_are_counted():
    targets = [[0.5], [-1.5], [2.0], [1.0]]
    found = examine_data(_dataset(np.zeros((4, 1)), targets, placement="each", horizon=0, length=4), _model())
    assert found.output_range == (-1, 1)
    assert found.targets_outside == 0.5


def test_targets_that_are_missing_are_neither_inside_nor_outside():
    targets = [[0.5], [-1.5], [9.0], [1.0], [0.0]]
    data = _dataset(np.zeros((5, 1)), targets, placement="each", horizon=0, length=5)
    valid = np.array([[True], [True], [False], [True], [False]])
    found = examine_data(replace(data, train=replace(data.train, valid=valid)), _model())
    assert found.targets_outside == pytest.approx(1 / 3)
    assert found.out_of_reach == pytest.approx(0.5 / (0 + 2.0 + 0.5))  # median 0.5


def _out_of_reach(targets, **layer):
    data = _dataset(np.zeros((len(targets), 1)), targets[:, None], placement="each", horizon=0, length=len(targets))
    return examine_data(data, _model(**layer)).out_of_reach


def test_how_much_is_out_of_reach_is_measured_by_distance():
    targets = [[0.5], [-1.5], [2.0], [1.0]]
    found = examine_data(_dataset(np.zeros((4, 1)), targets, placement="each", horizon=0, length=4), _model())
    assert found.out_of_reach == pytest.approx((0.5 + 1.0) / (0.25 + 2.25 + 1.25 + 0.25))  # median 0.75
    draw = np.random.default_rng(0).normal(size=4000)
    assert _out_of_reach(draw) == pytest.approx(0.209, abs=0.01)  # 2 (φ(1) − Φ(−1)) / √(2/π)
    assert _out_of_reach(draw + 4) == 1  # farther from the range than from each other
    assert _out_of_reach(np.tanh(draw)) == 0


@pytest.mark.parametrize("kind", ["wave", "normal", "heavy"])
def test_a_mirrored_series_is_judged_alike(kind):
    draw = np.random.default_rng(1)
    series = {"wave": np.sin(np.arange(500) / 7), "normal": draw.normal(size=500), "heavy": draw.standard_t(3, 500)}
    values = series[kind] - np.quantile(series[kind], 0.48)
    assert (values < 0).mean() == pytest.approx(0.48, abs=0.005)
    both = [_out_of_reach(sign * values, activation="relu") > Thresholds().outside for sign in (1, -1)]
    assert both == [True, True]


def test_a_few_outliers_are_no_bad_data_under_tanh():
    values = np.random.default_rng(2).normal(size=500)
    values[::100] = 40.0
    values = (values - values.mean()) / values.std()
    assert 0 < _out_of_reach(values) < Thresholds().outside
