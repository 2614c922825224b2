"""The table of cells: config keys, equations as text, gates. Free of NumPy, so that ``rnnctl schema`` stays quick."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from rnnctl.cells.cell import Activation, Cell, Gate, LayerBase, Remedy
from rnnctl.schema.base import OneOf, ShortForm
from rnnctl.util.registry import Registry


class SimpleRnnLayer(LayerBase):
    """h_t = activation(x_t W + h_{t-1} U + b)."""

    cell: Literal["simple_rnn"]


class GruLayer(LayerBase):
    """Gated recurrent unit (Cho et al. 2014, arXiv 1406.1078)."""

    cell: Literal["gru"]
    recurrent_activation: Activation = "sigmoid"
    """Activation of the gates."""
    reset_after: bool = True
    """Whether the reset gate acts after the recurrent product (as in cuDNN) or before it."""


class LstmLayer(LayerBase):
    """Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000)."""

    cell: Literal["lstm"]
    recurrent_activation: Activation = "sigmoid"
    """Activation of the gates."""
    unit_forget_bias: bool = True
    """Whether the forget gate's bias starts at 1 (Jozefowicz et al. 2015)."""


def _block(name: str, block: str, function: str, biases: str) -> str:
    return f"{name}_t = {function}(x_t W_{block} + h_{{t-1}} U_{block}{biases.format(block)})"


def _simple_rnn_equations(layer: SimpleRnnLayer) -> tuple[str, ...]:
    bias = " + b" if layer.use_bias else ""
    return (f"h_t = {layer.activation}(x_t W + h_{{t-1}} U{bias})",)


def _gru_equations(layer: GruLayer) -> tuple[str, ...]:
    biases = (" + b_{0} + d_{0}" if layer.reset_after else " + b_{0}") if layer.use_bias else ""
    if layer.reset_after:
        state = "r_t ⊙ (h_{t-1} U_n + d_n)" if layer.use_bias else "r_t ⊙ (h_{t-1} U_n)"
    else:
        state = "(r_t ⊙ h_{t-1}) U_n"
    bias = " + b_n" if layer.use_bias else ""
    return (
        *(_block(gate, gate, layer.recurrent_activation, biases) for gate in "zr"),
        f"n_t = {layer.activation}(x_t W_n{bias} + {state})",
        "h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ n_t",
    )


def _lstm_equations(layer: LstmLayer) -> tuple[str, ...]:
    biases = " + b_{0}" if layer.use_bias else ""
    return (
        *(_block(gate, gate, layer.recurrent_activation, biases) for gate in "if"),
        _block("g", "c", layer.activation, biases),
        _block("o", "o", layer.recurrent_activation, biases),
        "c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t",
        f"h_t = o_t ⊙ {layer.activation}(c_t)",
    )


def _gru_remedies(layer: GruLayer) -> Iterator[Remedy]:
    if layer.bias_initializer.kind != "zeros":
        yield {"bias_initializer": "zeros"}, "gates that start half open can still move"


def _lstm_remedies(layer: LstmLayer) -> Iterator[Remedy]:
    if not layer.unit_forget_bias:
        bias = {} if layer.bias_initializer.kind == "zeros" else {"bias_initializer": "zeros"}
        why = "a forget gate that starts open lets c carry the gradient (Jozefowicz et al. 2015)"
        yield {"unit_forget_bias": True, **bias}, why


CELLS: Registry[Cell] = Registry(
    "cell",
    [
        Cell(
            word="simple_rnn",
            title="SimpleRNN",
            section=SimpleRnnLayer,
            numpy="rnnctl.cells.simple_rnn:NumpySimpleRnn",
            keras="rnnctl.model.recurrent.simple_rnn:SimpleRNN",
            why="with an orthogonal kernel and few gates in the way, a gradient may come further at the start",
            equations=_simple_rnn_equations,
        ),
        Cell(
            word="gru",
            title="GRU",
            section=GruLayer,
            numpy="rnnctl.cells.gru:NumpyGru",
            keras="rnnctl.model.recurrent.gru:GRU",
            why="its update gate can carry the state over many time steps unchanged",
            equations=_gru_equations,
            blocks=3,
            candidate=2,
            gates=(Gate("update", keeps="h", admits=True), Gate("reset")),
            bias_rows=lambda layer: 2 if layer.reset_after else 1,
            remedies=_gru_remedies,
        ),
        Cell(
            word="lstm",
            title="LSTM",
            section=LstmLayer,
            numpy="rnnctl.cells.lstm:NumpyLstm",
            keras="rnnctl.model.recurrent.lstm:LSTM",
            why="its cell state is carried by a gate of its own, past the activation",
            equations=_lstm_equations,
            states=("h", "c"),
            blocks=4,
            candidate=2,
            gates=(Gate("input", admits=True), Gate("forget", keeps="c"), Gate("output", exposes=True)),
            remedies=_lstm_remedies,
        ),
    ],
)


def other_cells(word: str) -> list[Cell]:
    """All cells but one, gated ones first."""
    return sorted((cell for cell in CELLS.values() if cell.word != word), key=lambda cell: not cell.gates)


AnyLayer = Annotated[LayerBase, OneOf(CELLS, "cell"), ShortForm("cell")]
"""A recurrent layer's section of the config, chosen by the word ``cell``."""
