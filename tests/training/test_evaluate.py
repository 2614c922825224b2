from __future__ import annotations

import keras
import numpy as np
import pytest
from made_data import made_config, made_dataset
from small import small_config

from rnnctl.config.dataset import load_dataset
from rnnctl.data import Signature
from rnnctl.model.build import build_model
from rnnctl.model.ensemble import Ensemble
from rnnctl.model.losses import build_loss
from rnnctl.model.weights import assign_weights, weight_arrays
from rnnctl.scoring.scores import score
from rnnctl.training import evaluate, piecewise
from rnnctl.training.evaluate import Evaluator
from rnnctl.workflows.prediction_summary import summarize_predictions


def _evaluator(monkeypatch, *, batch, loss="mse", each=False):
    monkeypatch.setattr(evaluate, "BATCH", batch)
    layer = {"cell": "simple_rnn", "units": 3, "dropout": 0.5}
    config = small_config(model={"layers": [layer], "return_sequences": each}, loss=loss)
    split = load_dataset(config).train
    model = build_model(config, Signature.of_numbers(2, 2, 4))
    return Evaluator(model, build_loss(config.loss), split), model, split.gather(range(len(split)))


@pytest.mark.parametrize("batch", [1, 4, 256])
def test_the_loss_is_the_mean_over_all_sequences_however_they_are_batched(monkeypatch, batch):
    evaluator, model, everything = _evaluator(monkeypatch, batch=batch, loss="mae")
    outputs = np.asarray(model(everything.inputs, training=False), np.float64)
    assert evaluator.loss() == pytest.approx(np.abs(outputs - everything.targets).mean(), rel=1e-6)


@pytest.mark.parametrize("each", [False, True], ids=["last time step", "each time step"])
def test_predictions_stand_in_the_order_of_the_split_and_dropout_is_off(monkeypatch, each):
    evaluator, model, everything = _evaluator(monkeypatch, batch=4, each=each)
    predictions = evaluator.predict()
    assert predictions.shape == ((10, 4, 2) if each else (10, 2))
    np.testing.assert_allclose(predictions, model(everything.inputs, training=False), rtol=1e-5, atol=1e-6)
    expected = np.square(predictions.astype(np.float64) - everything.targets).mean()
    assert evaluator.loss() == pytest.approx(expected, rel=1e-6)


def test_only_the_last_time_step_counts_where_that_is_asked_for(monkeypatch):
    _, model, everything = _evaluator(monkeypatch, batch=4, each=True)
    split = load_dataset(small_config(model={"return_sequences": True})).train
    wanted = np.square(np.asarray(model(everything.inputs), np.float64) - everything.targets)[:, -1].mean()
    found = Evaluator(model, build_loss(small_config().loss), split, last_only=True).loss()
    assert found == pytest.approx(wanted, rel=1e-6)


def test_the_weights_of_the_moment_are_used_and_none_is_changed(monkeypatch):
    evaluator, model, everything = _evaluator(monkeypatch, batch=4)
    first = evaluator.loss()
    model.get_layer("head").kernel.assign(np.zeros((3, 2)))
    model.get_layer("head").bias.assign([1.0, 2.0])
    weights = model.get_weights()
    assert evaluator.loss() == pytest.approx(np.square(everything.targets - [1.0, 2.0]).mean(), rel=1e-6)
    assert evaluator.loss() != first
    np.testing.assert_array_equal(evaluator.predict(), np.tile(np.float32([1, 2]), (10, 1)))
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_many_batches_are_added_up_without_losing_digits(monkeypatch):
    monkeypatch.setattr(evaluate, "BATCH", 1)
    data = {"kind": "dummy", "sequences": 20_000, "length": 1, "features": 1, "outputs": 1}
    config = small_config(data=data, model={"layers": [{"cell": "simple_rnn", "units": 1}]})
    split = load_dataset(config).train
    model = keras.Sequential([keras.Input((1, 1)), keras.layers.Flatten()])
    everything = split.gather(range(len(split)))
    expected = np.square(everything.inputs[:, :, 0].astype(np.float64) - everything.targets).mean()
    found = Evaluator(model, build_loss(config.loss), split).loss()
    assert found == pytest.approx(expected, rel=1e-7)


CLASSIFIED = {
    "a class at each of as many time steps": ("each", 1, (4,) * 10),
    "a class at each of some time steps": ("each", 0, (5, 3, 7, 2, 6, 4, 3, 7, 1, 5)),
    "a class of each sequence": ("sequence", 0, (5, 3, 7, 2, 6, 4, 3, 7, 1, 5)),
}


@pytest.mark.parametrize(("placement", "horizon", "lengths"), CLASSIFIED.values(), ids=CLASSIFIED)
def test_classes_are_scored_batch_by_batch_as_they_are_all_at_once(monkeypatch, placement, horizon, lengths):
    most = 70 if placement == "each" else 9  # two sequences of seven time steps and four classes, or of one; and more
    monkeypatch.setattr(piecewise, "OUTPUTS", most)
    dataset = made_dataset(lengths, "all", "category", placement, horizon=horizon, test=6)
    first = dataset.test.starts if placement == "each" else dataset.test.target_rows
    dataset.test.targets[first[0]] = np.nan  # what is missing is not scored
    config = made_config("category", placement, horizon=horizon, loss="categorical_crossentropy")
    model = build_model(config, dataset.signature)
    evaluator = Evaluator(model, build_loss(config.loss), dataset.test)
    sizes = []
    outputs = evaluator._runner.outputs
    monkeypatch.setattr(evaluator._runner, "outputs", lambda: (sizes.append(a.outputs.size) or a for a in outputs()))
    kept, whole = evaluator.classify(), evaluator.predict()
    assert max(sizes) <= most < whole.size
    there = ~np.isnan(whole[..., 0])
    np.testing.assert_array_equal(kept.predicted[there], whole[there].argmax(axis=-1))
    for scored in (dataset, None):
        one, other = (score(said, dataset, dataset.test, scored) for said in (kept, whole))
        assert one.metrics == other.metrics
        assert one.baselines == other.baselines
    assert summarize_predictions(kept, dataset, dataset.test) == summarize_predictions(whole, dataset, dataset.test)
    nets = [weight_arrays(model), {path: -array for path, array in weight_arrays(model).items()}]
    assign_weights(model, nets[1], "the other net")
    mean = (whole + evaluator.predict().astype(np.float64)) / 2
    both = Evaluator(Ensemble(model, nets), build_loss(config.loss), dataset.test)
    np.testing.assert_allclose(both.predict(), mean, rtol=1e-6)
    np.testing.assert_array_equal(both.classify().predicted[there], mean[there].argmax(axis=-1))
    np.testing.assert_array_equal(evaluator.predict(), whole)  # the model has the first net's weights again
    some = np.array([2, 0])
    np.testing.assert_array_equal(kept[some].probability, kept.probability[some])
