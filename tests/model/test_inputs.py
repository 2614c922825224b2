"""Models for columns of every kind, held against the same thing written out in NumPy, and saved as Keras' own."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from made_data import COLUMNS, KINDS, made_config, made_dataset

from rnnctl.data import Signature
from rnnctl.model.build import build_model
from rnnctl.model.recurrent import to_stock
from rnnctl.model.weights import state_paths, weight_arrays, weight_paths

# Keras saves arrays in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LAYERS = {
    "simple_rnn": [{"cell": "simple_rnn", "units": 3}],
    "gru, two layers": [{"cell": "gru", "units": 3}, {"cell": "lstm", "units": 2}],
    "lstm": [{"cell": "lstm", "units": 3}],
    "both directions": [{"cell": "lstm", "units": 3, "bidirectional": True}],
}


def _made(columns, layers="simple_rnn", target="category", placement="each", **more):
    data = made_dataset(columns=columns, target=target, placement=placement)
    return data, build_model(made_config(target, placement, layers=LAYERS[layers], **more), data.signature)


def _batch(data, members=(2, 0, 8, 3)):
    batch = data.train.gather(np.array(members))
    return [batch.inputs, batch.mask]


def _shown(columns, batch, weights):
    """Columns as the first layer sees them, and the static ones, by hand."""
    inputs = batch[0]
    seen, static = [], []
    tables = {"word": "embedding_0", "next word": "embedding_0", "owner": "embedding_0"}
    if "word" in KINDS[columns] and "owner" in KINDS[columns]:
        first = min(KINDS[columns].index("word"), KINDS[columns].index("owner"))
        other = "owner" if KINDS[columns][first] == "word" else "word"
        tables |= {other: "embedding_1"} | ({"next word": "embedding_1"} if other == "word" else {})
    for place, name in enumerate(KINDS[columns]):
        column, values = COLUMNS[name], inputs[..., place]
        if not column.tokens:
            shown = values[..., None]
        elif column.embedding:
            shown = weights[f"{tables[name]}/embeddings"][values.astype(int)]
        else:
            shown = np.eye(len(column.tokens))[values.astype(int)]
        (static if column.static else seen).append(shown)
    return np.concatenate(seen, -1), np.concatenate([each[:, 0] for each in static], -1) if static else None


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("columns", KINDS)
def test_columns_of_every_kind_reach_the_layers_as_what_they_are(columns, layers):
    data, model = _made(columns, layers)
    batch, weights = _batch(data), weight_arrays(model)
    seen, static = _shown(columns, batch, weights)
    hidden = seen.astype(np.float32)
    first = True
    for place, section in enumerate(LAYERS[layers]):
        stock = {"simple_rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
        layer = stock[section["cell"]](section["units"], return_sequences=True)
        both = section.get("bidirectional", False)
        layer = keras.layers.Bidirectional(layer) if both else layer
        layer.build(hidden.shape)
        layer.set_weights([values for path, values in weights.items() if path.startswith(f"recurrent_{place}/")])
        names = ["state_h", "state_c"] if section["cell"] == "lstm" else ["state_h"]
        names += ["state_backward_h", "state_backward_c"] if both else []
        initial = None
        if static is not None and first:
            initial = [np.tanh(static @ weights[f"{name}/kernel"] + weights[f"{name}/bias"]) for name in names]
            initial = [state.astype(np.float32) for state in initial]
        hidden = np.asarray(layer(hidden, mask=batch[1], initial_state=initial))
        first = False
    logits = hidden @ weights["head/kernel"] + weights["head/bias"]
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    expected = shifted / shifted.sum(axis=-1, keepdims=True)
    found = np.asarray(model(batch))
    np.testing.assert_allclose(found[batch[1]], expected[batch[1]], rtol=1e-5, atol=1e-6)
    assert data.signature.features == seen.shape[-1]


@pytest.mark.parametrize(
    ("columns", "layers"), [("all", "both directions"), ("statics", "lstm"), ("tokens", "gru, two layers")]
)
def test_what_a_user_takes_away_is_kerass_own_and_gives_the_same_outputs(columns, layers, tmp_path):
    data, model = _made(columns, layers)
    batch = _batch(data)
    to_stock(model).save(tmp_path / "model.keras")
    with keras.saving.custom_object_scope({}):
        loaded = keras.models.load_model(tmp_path / "model.keras")
    assert all(type(layer).__module__.startswith("keras.") for layer in loaded.layers)
    np.testing.assert_allclose(loaded(batch), model(batch), rtol=1e-6, atol=1e-7)


def test_weights_and_states_are_named_by_what_they_are_for():
    _, model = _made("all", "lstm")
    assert weight_paths(model) == (
        "embedding_1/embeddings",
        "embedding_0/embeddings",
        "state_h/kernel",
        "state_h/bias",
        "state_c/kernel",
        "state_c/bias",
        "recurrent_0/kernel",
        "recurrent_0/recurrent_kernel",
        "recurrent_0/bias",
        "head/kernel",
        "head/bias",
    )
    for path, variable in zip(weight_paths(model), model.trainable_variables, strict=True):
        assert path.split("/")[-1] == variable.name
        assert variable.path.startswith(path.split("/")[0])
    assert state_paths(model) == ("recurrent_0/h", "recurrent_0/c")


def test_weights_of_a_seed_are_the_same_ones_again_and_differ_from_each_other():
    arrays = [weight_arrays(_made("all", "lstm", seed=seed)[1]) for seed in (5, 5, 6)]
    for path, first in arrays[0].items():
        np.testing.assert_array_equal(first, arrays[1][path])
        if not path.endswith("bias"):
            assert not np.array_equal(first, arrays[2][path])
    assert not np.array_equal(arrays[0]["state_h/kernel"], arrays[0]["state_c/kernel"])


@pytest.mark.parametrize(
    ("target", "activation"), [("number", "linear"), ("boolean", "sigmoid"), ("category", "softmax")]
)
def test_the_head_gives_what_the_targets_are(target, activation):
    _data, model = _made("numbers", target=target)
    assert model.get_layer("head").activation.__name__ == activation
    assert model.output_shape == (None, None, 4 if target == "category" else 2)


def test_data_of_plain_numbers_of_one_length_gets_a_plain_model():
    config = made_config()
    model = build_model(config, Signature.of_numbers(2, 2, 4))
    assert [layer.name for layer in model.layers] == ["inputs", "recurrent_0", "head"]
    assert model.input_shape == (None, 4, 2)
