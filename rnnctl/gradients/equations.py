"""The equations of a model's layers as lines of text, with the config's own functions in them. Computes nothing."""

from __future__ import annotations

from rnnctl.schema.model import GruLayer, Layer, LstmLayer, Model, SimpleRnnLayer


def model_equations(model: Model, activation: str = "linear") -> dict[str, tuple[str, ...]]:
    """Writes down one time step of every layer.

    Args:
        model: The config's ``model`` section.
        activation: What stands on the head: ``linear``, ``sigmoid`` or ``softmax``.

    Returns:
        Lines of text by layer name, from input to output: ``{"recurrent_0": ("h_t = tanh(x_t W + h_{t-1} U + b)",)}``.
        In a stack, x_t is the output of the layer below.
    """
    lines = {f"recurrent_{number}": layer_equations(layer) for number, layer in enumerate(model.layers)}
    if model.head == "dense":
        lines["head"] = ("y_t = h_t V + a" if activation == "linear" else f"y_t = {activation}(h_t V + a)",)
    return lines


def layer_equations(layer: Layer) -> tuple[str, ...]:
    """Writes down one time step of one layer.

    Args:
        layer: The layer's section of the config.

    Returns:
        The equations, in the order in which they are computed.
    """
    if isinstance(layer, SimpleRnnLayer):
        lines = _simple_rnn(layer)
    elif isinstance(layer, GruLayer):
        lines = _gru(layer)
    else:
        lines = _lstm(layer)
    if layer.bidirectional:
        lines += ("the same from the end of the sequence, with weights of its own; both outputs side by side",)
    return lines


def _gate(name: str, function: str, layer: Layer) -> str:
    biases = f" + b_{name}" if layer.use_bias else ""
    if layer.use_bias and isinstance(layer, GruLayer) and layer.reset_after:
        biases += f" + d_{name}"
    return f"{name}_t = {function}(x_t W_{name} + h_{{t-1}} U_{name}{biases})"


def _simple_rnn(layer: SimpleRnnLayer) -> tuple[str, ...]:
    bias = " + b" if layer.use_bias else ""
    return (f"h_t = {layer.activation}(x_t W + h_{{t-1}} U{bias})",)


def _gru(layer: GruLayer) -> tuple[str, ...]:
    if layer.reset_after:
        state = "r_t ⊙ (h_{t-1} U_n + d_n)" if layer.use_bias else "r_t ⊙ (h_{t-1} U_n)"
    else:
        state = "(r_t ⊙ h_{t-1}) U_n"
    bias = " + b_n" if layer.use_bias else ""
    return (
        _gate("z", layer.recurrent_activation, layer),
        _gate("r", layer.recurrent_activation, layer),
        f"n_t = {layer.activation}(x_t W_n{bias} + {state})",
        "h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ n_t",
    )


def _lstm(layer: LstmLayer) -> tuple[str, ...]:
    return (
        _gate("i", layer.recurrent_activation, layer),
        _gate("f", layer.recurrent_activation, layer),
        _gate("c", layer.activation, layer).replace("c_t =", "g_t ="),
        _gate("o", layer.recurrent_activation, layer),
        "c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t",
        f"h_t = o_t ⊙ {layer.activation}(c_t)",
    )
