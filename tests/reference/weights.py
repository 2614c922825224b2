"""Random weights of Keras' shapes for a model section, without Keras."""

from __future__ import annotations

GATES = {"simple_rnn": 1, "gru": 3, "lstm": 4}


def random_weights(model, features, outputs, rng, scale=0.5):
    """Weights by path; biases are not zero, so that a test sees them."""
    weights = {}
    width = features
    for number, layer in enumerate(model.layers):
        sides = ("forward/", "backward/") if layer.bidirectional else ("",)
        gates = GATES[layer.cell] * layer.units
        for side in sides:
            path = f"recurrent_{number}/{side}"
            weights[f"{path}kernel"] = rng.normal(scale=scale, size=(width, gates))
            weights[f"{path}recurrent_kernel"] = rng.normal(scale=scale, size=(layer.units, gates))
            if layer.use_bias:
                doubled = layer.cell == "gru" and layer.reset_after
                weights[f"{path}bias"] = rng.normal(scale=scale, size=(2, gates) if doubled else gates)
        width = layer.units * len(sides)
    if model.head == "dense":
        weights["head/kernel"] = rng.normal(scale=scale, size=(width, outputs))
        weights["head/bias"] = rng.normal(scale=scale, size=outputs)
    return weights
