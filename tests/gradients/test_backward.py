"""One backward pass of the real model, against networks unrolled by hand out of Keras' own cells."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from small import small_config

from rnnctl.data import Batch, Signature
from rnnctl.gradients.backward import cut, cut_time, impulse_weights, loss_weights, run_backward, run_in_parts
from rnnctl.model.build import build_model
from rnnctl.model.losses import build_loss
from rnnctl.model.weights import weight_arrays

TIME, FEATURES, OUTPUTS = 5, 2, 2
CELLS = {
    "simple_rnn": keras.layers.SimpleRNNCell,
    "gru": keras.layers.GRUCell,
    "lstm": keras.layers.LSTMCell,
}
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 0, 1, 0]], bool)
LOSS = build_loss(small_config().loss)


def _model(*cells, sequences=False):
    section = {"layers": [{"cell": cell, "units": 3} for cell in cells], "return_sequences": sequences}
    config = small_config(model=section)
    return config, build_model(config, Signature.of_numbers(FEATURES, OUTPUTS, TIME))


def _batch(sequences=False, mask=None, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(3, TIME, FEATURES)).astype(np.float32)
    targets = rng.normal(size=(3, TIME, OUTPUTS) if sequences else (3, OUTPUTS)).astype(np.float32)
    return Batch(inputs, targets, mask)


def _unrolled(config, model, batch, weights):
    """Total and immediate ∂L/∂h_t of every layer: a perturbation of the state, and one of what is read of it."""
    arrays = weight_arrays(model)
    count = len(batch.inputs)
    totals, direct = {}, {}
    with tf.GradientTape() as tape:
        signal = [tf.constant(batch.inputs[:, t]) for t in range(TIME)]
        for number, section in enumerate(config.model.layers):
            path = f"recurrent_{number}"
            cell = CELLS[section.cell](3)
            cell.build(signal[0].shape)
            cell.set_weights([arrays[f"{path}/{name}"] for name in ("kernel", "recurrent_kernel", "bias")])
            totals[path] = [tf.zeros((count, 3)) for _ in range(TIME)]
            direct[path] = [tf.zeros((count, 3)) for _ in range(TIME)]
            tape.watch([totals[path], direct[path]])
            state, read = [tf.zeros((count, 3))] * (2 if section.cell == "lstm" else 1), []
            for t in range(TIME):
                _, after = cell(signal[t], state)
                after = list(after) if isinstance(after, list | tuple) else [after]
                after[0] = after[0] + totals[path][t]
                state = after
                read.append(after[0] + direct[path][t])
            signal = read
        outputs = [h @ arrays["head/kernel"] + arrays["head/bias"] for h in signal]
        predictions = tf.stack(outputs, axis=1) if config.model.return_sequences else outputs[-1]
        total = tf.reduce_sum(LOSS(tf.constant(batch.targets), predictions) * tf.constant(weights, tf.float32))
    gradients = tape.gradient(total, (totals, direct), unconnected_gradients="zero")
    return [{path: np.stack(each, axis=1) for path, each in one.items()} for one in gradients]


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("cells", [("simple_rnn",), ("gru",), ("lstm",), ("lstm", "simple_rnn", "gru")])
def test_total_and_immediate_gradients_are_those_of_a_network_unrolled_by_hand(cells, sequences):
    config, model = _model(*cells, sequences=sequences)
    batch = _batch(sequences)
    weights = loss_weights(batch, sequences=sequences)
    found = run_backward(model, LOSS, batch, weights)
    totals, direct = _unrolled(config, model, batch, weights)
    for path in totals:
        np.testing.assert_allclose(found.states[f"{path}/h"], totals[path], rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(found.immediate[path], direct[path], rtol=1e-4, atol=1e-7)


def test_the_loss_at_the_last_time_step_alone_reaches_the_top_layer_there_alone():
    _, model = _model("gru", "lstm", sequences=True)
    batch = _batch(sequences=True)
    found = run_backward(model, LOSS, batch, impulse_weights(batch))
    assert not found.immediate["recurrent_1"][:, :-1].any()
    assert found.immediate["recurrent_1"][:, -1].all()
    assert found.immediate["recurrent_0"].all()


def test_a_masked_tail_changes_neither_loss_nor_gradients():
    config, model = _model("lstm", "gru", sequences=True)
    whole = _batch(sequences=True)
    short = Batch(whole.inputs[:, :3], whole.targets[:, :3], None)
    padded = Batch(whole.inputs, whole.targets, np.tile([True] * 3 + [False] * 2, (3, 1)))
    truth = run_backward(
        build_model(config, Signature.of_numbers(FEATURES, OUTPUTS, 3)),
        LOSS,
        short,
        loss_weights(short, sequences=True),
    )
    found = run_backward(model, LOSS, padded, loss_weights(padded, sequences=True))
    assert found.loss == pytest.approx(truth.loss, rel=1e-6)
    for path, gradient in truth.gradients.items():
        np.testing.assert_allclose(found.gradients[path], gradient, rtol=1e-4, atol=1e-6)
    for path, gradient in truth.states.items():
        np.testing.assert_allclose(found.states[path][:, :3], gradient, rtol=1e-4, atol=1e-6)
        assert not found.states[path][:, 3:].any()


def test_weights_of_losses_sum_to_one_and_are_zero_where_masked():
    batch = _batch(sequences=True, mask=MASK)
    weights = loss_weights(batch, sequences=True)
    assert weights.sum() == pytest.approx(1)
    assert (weights > 0).tolist() == MASK.tolist()
    assert impulse_weights(batch).nonzero()[1].tolist() == [2, 4, 3]
    assert impulse_weights(batch).sum() == pytest.approx(1)


def test_a_batch_in_parts_has_the_gradients_of_the_whole():
    _, model = _model("gru")
    batch = _batch()
    weights = loss_weights(batch, sequences=False)
    whole, parts = (run_in_parts(model, LOSS, batch, weights, part=part) for part in (3, 2))
    assert parts.loss == pytest.approx(whole.loss, rel=1e-6)
    for path, gradient in whole.gradients.items():
        np.testing.assert_allclose(parts.gradients[path], gradient, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(parts.states["recurrent_0/h"], whole.states["recurrent_0/h"][:2], rtol=1e-5, atol=1e-7)


def test_a_batch_is_cut_by_sequences_and_by_time():
    batch = _batch(sequences=True, mask=MASK)
    assert cut(batch, slice(1, 3)).targets.tolist() == batch.targets[1:].tolist()
    last = cut_time(batch, slice(-2, None))
    assert last.inputs.tolist() == batch.inputs[:, 3:].tolist()
    assert last.targets.tolist() == batch.targets[:, 3:].tolist()
    assert last.mask.tolist() == MASK[:, 3:].tolist()
    assert cut_time(batch, slice(2)).mask.tolist() == MASK[:, :2].tolist()
    assert cut_time(batch, slice(-99, None)).inputs.shape == batch.inputs.shape
    assert cut_time(_batch(), slice(-2, None)).targets.shape == (3, OUTPUTS)
