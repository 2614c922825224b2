"""What a model does before its first recurrent layer and after its head, in plain NumPy. Knows no framework.

::

    e_t = E[k_t]                 an embedded token: the row of its code k
    e_t = (0, …, 1, …, 0)        a token that is shown one-hot
    h_0 = tanh(s V + a)          the first layer's initial state, from the static columns s (an LSTM's c_0 likewise)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from rnnctl.data import Signature
from rnnctl.gradients.cells_numpy import Doubles
from rnnctl.model.embeddings import embedding_numbers, state_layers
from rnnctl.schema.model import Model


def _softmax(logits: Doubles) -> Doubles:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    found: Doubles = powers / powers.sum(axis=-1, keepdims=True)
    return found


def _sigmoid(logits: Doubles) -> Doubles:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)))


PROBABILITIES: dict[str, Callable[[Doubles], Doubles]] = {
    "linear": lambda logits: logits,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
}
"""What stands on the head, by the signature's word."""


def shown_numpy(
    model: Model, weights: Mapping[str, Doubles], inputs: Doubles, signature: Signature | None
) -> tuple[Doubles, dict[str, Doubles]]:
    """Lays the columns out as the first layer sees them.

    Args:
        model: The config's ``model`` section.
        weights: Every weight by its path, float64.
        inputs: ``[batch, time, columns]``, float64.
        signature: What the columns are; None where all are numbers.

    Returns:
        ``[batch, time, features]``, and the first layer's initial states ``[batch, units]`` by their paths, such as
        ``recurrent_0/h``; none where no column is static.
    """
    if signature is None or signature.plain:
        return inputs, {}
    numbers = embedding_numbers(signature.inputs)
    seen: list[Doubles] = []
    static: list[Doubles] = []
    for place, column in enumerate(signature.inputs):
        values = inputs[..., place]
        if column.tokens:
            number = numbers[place]
            table = np.eye(len(column.tokens)) if number is None else weights[f"embedding_{number}/embeddings"]
            shown = table[values.astype(np.int64)]
        else:
            shown = values[..., None]
        (static if column.static else seen).append(shown)
    initial = {}
    if static:
        known = np.concatenate(static, axis=-1)[:, 0]
        for name, state in state_layers(model.layers[0]).items():
            initial[f"recurrent_0/{state}"] = np.tanh(known @ weights[f"{name}/kernel"] + weights[f"{name}/bias"])
    return np.concatenate(seen, axis=-1), initial
