"""One time step of every cell in plain NumPy: the line of code stands below its equation.

Knows neither TensorFlow nor Keras. Weights have Keras' shapes, and gates stand side by side in Keras' order:

- W (``kernel``): ``[features, gates · units]``, from the inputs to every gate.
- U (``recurrent_kernel``): ``[units, gates · units]``, from the state before to every gate.
- b (``bias``): ``[gates · units]``; for a GRU with ``reset_after`` ``[2, gates · units]``, the inputs' bias b above the
  state's bias d.

SimpleRNN has one gate. GRU has z (update), r (reset), n (candidate; Keras' source calls it h). LSTM has i (input),
f (forget), c (candidate), o (output).
"""

# ruff: noqa: N806, PLC2401, SIM108 - names and lines are those of the equations

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnctl.gradients.activations_numpy import ACTIVATIONS
from rnnctl.schema.model import GruLayer, LstmLayer, SimpleRnnLayer

Doubles = npt.NDArray[np.float64]
State = dict[str, Doubles]
"""What a cell hands from one time step to the next, by name: ``h``, and ``c`` for LSTM; each ``[batch, units]``."""


@dataclass(frozen=True, eq=False)
class CellWeights:
    """One cell's weights, shapes as in the module's docstring; ``b`` is zero where the layer has no bias."""

    W: Doubles
    U: Doubles
    b: Doubles


def simple_rnn_step(layer: SimpleRnnLayer, weights: CellWeights, x_t: Doubles, before: State) -> State:
    """One time step of a simple recurrent layer (Elman 1990, doi 10.1207/s15516709cog1402_1).

    ::

        h_t = φ(x_t W + h_{t-1} U + b)

    Args:
        layer: The layer's section of the config; φ is its ``activation``.
        weights: One gate.
        x_t: ``[batch, features]``.
        before: The state after the time step before.

    Returns:
        The state after this time step.
    """
    φ = ACTIVATIONS[layer.activation]
    h = before["h"]
    W, U, b = weights.W, weights.U, weights.b

    h_t = φ(x_t @ W + h @ U + b)
    return {"h": h_t}


def gru_step(layer: GruLayer, weights: CellWeights, x_t: Doubles, before: State) -> State:
    """One time step of a gated recurrent unit (Cho et al. 2014, arXiv 1406.1078).

    ::

        z_t = σ(x_t W_z + h_{t-1} U_z + b_z)                      how much of the state stays
        r_t = σ(x_t W_r + h_{t-1} U_r + b_r)                      how much of it the candidate sees
        n_t = φ(x_t W_n + b_n + r_t ⊙ (h_{t-1} U_n + d_n))        reset_after: true, as in cuDNN
        n_t = φ(x_t W_n + b_n + (r_t ⊙ h_{t-1}) U_n)              reset_after: false, as in the paper's first version
        h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ n_t

    With ``reset_after`` every gate has a second bias d, which stands with the state's product.

    Args:
        layer: The layer's section of the config; φ is its ``activation``, σ its ``recurrent_activation``.
        weights: Gates z, r, n.
        x_t: ``[batch, features]``.
        before: The state after the time step before.

    Returns:
        The state after this time step.
    """
    φ, σ = ACTIVATIONS[layer.activation], ACTIVATIONS[layer.recurrent_activation]
    h = before["h"]
    W_z, W_r, W_n = np.split(weights.W, 3, axis=-1)
    U_z, U_r, U_n = np.split(weights.U, 3, axis=-1)
    b, d = weights.b if layer.reset_after else (weights.b, np.zeros_like(weights.b))
    b_z, b_r, b_n = np.split(b, 3)
    d_z, d_r, d_n = np.split(d, 3)

    z_t = σ(x_t @ W_z + b_z + h @ U_z + d_z)
    r_t = σ(x_t @ W_r + b_r + h @ U_r + d_r)
    if layer.reset_after:
        n_t = φ(x_t @ W_n + b_n + r_t * (h @ U_n + d_n))
    else:
        n_t = φ(x_t @ W_n + b_n + (r_t * h) @ U_n)
    h_t = z_t * h + (1 - z_t) * n_t
    return {"h": h_t}


def lstm_step(layer: LstmLayer, weights: CellWeights, x_t: Doubles, before: State) -> State:
    """One time step of a long short-term memory (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000).

    ::

        i_t = σ(x_t W_i + h_{t-1} U_i + b_i)          how much of the candidate enters the memory
        f_t = σ(x_t W_f + h_{t-1} U_f + b_f)          how much of the memory stays
        g_t = φ(x_t W_c + h_{t-1} U_c + b_c)          the candidate
        o_t = σ(x_t W_o + h_{t-1} U_o + b_o)          how much of the memory shows
        c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t
        h_t = o_t ⊙ φ(c_t)

    Args:
        layer: The layer's section of the config; φ is its ``activation``, σ its ``recurrent_activation``.
        weights: Gates i, f, c, o.
        x_t: ``[batch, features]``.
        before: The state after the time step before.

    Returns:
        The state after this time step.
    """
    φ, σ = ACTIVATIONS[layer.activation], ACTIVATIONS[layer.recurrent_activation]
    h, c = before["h"], before["c"]
    W_i, W_f, W_c, W_o = np.split(weights.W, 4, axis=-1)
    U_i, U_f, U_c, U_o = np.split(weights.U, 4, axis=-1)
    b_i, b_f, b_c, b_o = np.split(weights.b, 4)

    i_t = σ(x_t @ W_i + h @ U_i + b_i)
    f_t = σ(x_t @ W_f + h @ U_f + b_f)
    g_t = φ(x_t @ W_c + h @ U_c + b_c)
    o_t = σ(x_t @ W_o + h @ U_o + b_o)
    c_t = f_t * c + i_t * g_t
    h_t = o_t * φ(c_t)
    return {"h": h_t, "c": c_t}


STEPS: Mapping[str, Callable[..., State]] = {"simple_rnn": simple_rnn_step, "gru": gru_step, "lstm": lstm_step}
"""The step function of every cell that a config can name."""

STATES: Mapping[str, tuple[str, ...]] = {"simple_rnn": ("h",), "gru": ("h",), "lstm": ("h", "c")}
"""The names of every cell's states."""
