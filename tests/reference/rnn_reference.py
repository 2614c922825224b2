"""Recurrent networks in float64 NumPy, differentiated by hand: the truth that the tests hold rnnctl against.

Forward pass, backpropagation through time, losses. It shares no code with rnnctl (only the config's classes say what to
compute) and knows no TensorFlow; ``test_rnn_reference.py`` checks every derivative by central differences.

Conventions: rows are sequences, x_t ``[batch, features]``, h_t ``[batch, units]``; dX stands for ∂L/∂X.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from reference.activation_reference import ACTIVATIONS

from rnnctl.cells.table import GruLayer, LstmLayer, SimpleRnnLayer
from rnnctl.config.model import Model


@dataclass
class Truth:
    """What one backward pass gives.

    Attributes:
        loss: Mean over all elements of the batch.
        outputs: What the model predicts.
        gradients: ∂L/∂weight by path.
        state_gradients: Total ∂L/∂h_t (and ∂L/∂c_t) by path, ``[batch, time, units]``, in the inputs' time order.
    """

    loss: float
    outputs: np.ndarray
    gradients: dict[str, np.ndarray]
    state_gradients: dict[str, np.ndarray]

    def norms(self):
        """L2 norm of each weight's gradient, by path."""
        return {path: float(np.sqrt((gradient**2).sum())) for path, gradient in self.gradients.items()}

    def norm(self):
        """L2 norm over all weights."""
        return float(np.sqrt(sum((gradient**2).sum() for gradient in self.gradients.values())))

    def state_norms(self):
        """Mean over the batch of each sequence's norm, at every time step, by path."""
        return {path: np.sqrt((g**2).sum(-1)).mean(0) for path, g in self.state_gradients.items()}


# Each cell gives the state after a step, and a function from ∂L/∂(that state) backwards. `push` is what is added to
# each state before anything reads it (to c_t before h_t does).
#
# The function takes dh (total ∂L/∂h_t) and, for LSTM, dc (∂L/∂c_t through c_{t+1} alone). It gives dx, the gradients of
# the weights at this step, ∂L/∂(the state before) through this step, and the total ∂L/∂(this state).


def _simple_rnn(section, w, x, state, push):
    (h,) = state
    y, slope = ACTIVATIONS[section.activation](x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"])

    def backward(dstate):
        dz = dstate[0] * slope
        grads = {"kernel": x.T @ dz, "recurrent_kernel": h.T @ dz, "bias": dz.sum(0)}
        return dz @ w["kernel"].T, grads, (dz @ w["recurrent_kernel"].T,), dstate

    return (y + push[0],), backward


def _gru(section, w, x, state, push):
    (h,) = state
    u = section.units
    W, U = w["kernel"], w["recurrent_kernel"]
    gate, candidate = ACTIVATIONS[section.recurrent_activation], ACTIVATIONS[section.activation]
    b, d = w["bias"] if section.reset_after else (w["bias"], np.zeros(3 * u))
    a = x @ W + b
    z, z_slope = gate(a[:, :u] + h @ U[:, :u] + d[:u])
    r, r_slope = gate(a[:, u : 2 * u] + h @ U[:, u : 2 * u] + d[u : 2 * u])
    inner = h @ U[:, 2 * u :] + d[2 * u :] if section.reset_after else r * h
    n, n_slope = candidate(a[:, 2 * u :] + (r * inner if section.reset_after else inner @ U[:, 2 * u :]))

    def backward(dstate):
        (dh,) = dstate
        dz = dh * (h - n) * z_slope
        dn = dh * (1 - z) * n_slope
        if section.reset_after:
            dinner = dn * r
            dr = dn * inner * r_slope
            dU_n, dd_n, through = h.T @ dinner, dinner.sum(0), dinner @ U[:, 2 * u :].T
        else:
            dinner = dn @ U[:, 2 * u :].T
            dr = dinner * h * r_slope
            dU_n, dd_n, through = inner.T @ dn, np.zeros(u), dinner * r
        da = np.concatenate([dz, dr, dn], axis=1)
        before = dh * z + dz @ U[:, :u].T + dr @ U[:, u : 2 * u].T + through
        db, dd = da.sum(0), np.concatenate([dz.sum(0), dr.sum(0), dd_n])
        grads = {
            "kernel": x.T @ da,
            "recurrent_kernel": np.concatenate([h.T @ dz, h.T @ dr, dU_n], axis=1),
            "bias": np.stack([db, dd]) if section.reset_after else db,
        }
        return da @ W.T, grads, (before,), dstate

    return (z * h + (1 - z) * n + push[0],), backward


def _lstm(section, w, x, state, push):
    h, c = state
    gate, squash = ACTIVATIONS[section.recurrent_activation], ACTIVATIONS[section.activation]
    pre = np.split(x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"], 4, axis=1)
    (i, i_slope), (f, f_slope), (g, g_slope), (o, o_slope) = gate(pre[0]), gate(pre[1]), squash(pre[2]), gate(pre[3])
    c_new = f * c + i * g + push[1]
    shown, shown_slope = squash(c_new)

    def backward(dstate):
        dh, dc_later = dstate
        dc = dc_later + dh * o * shown_slope
        da = np.concatenate(
            [dc * g * i_slope, dc * c * f_slope, dc * i * g_slope, dh * shown * o_slope],
            axis=1,
        )
        grads = {"kernel": x.T @ da, "recurrent_kernel": h.T @ da, "bias": da.sum(0)}
        return da @ w["kernel"].T, grads, (da @ w["recurrent_kernel"].T, dc * f), (dh, dc)

    return (o * shown + push[0], c_new), backward


CELLS = {SimpleRnnLayer: (_simple_rnn, "h"), GruLayer: (_gru, "h"), LstmLayer: (_lstm, "hc")}


def _direction(section, where, weights, inputs, pushes, *, reverse):
    """One cell over time; gives h over time, and a function from its gradient to (dinputs, gradients, states')."""
    cell, names = CELLS[type(section)]
    w = {name: weights[f"{where}/{name}"] for name in ("kernel", "recurrent_kernel")}
    has_bias = f"{where}/bias" in weights
    doubled = isinstance(section, GruLayer) and section.reset_after
    width = w["kernel"].shape[1]
    w["bias"] = weights[f"{where}/bias"] if has_bias else np.zeros((2, width) if doubled else width)
    batch, time, _ = inputs.shape
    order = list(range(time))[::-1] if reverse else list(range(time))
    state = tuple(np.zeros((batch, section.units)) for _ in names)
    h, backs = np.zeros((batch, time, section.units)), {}
    for t in order:
        push = [pushes[f"{where}/{name}"][:, t] if f"{where}/{name}" in pushes else 0.0 for name in names]
        state, backs[t] = cell(section, w, inputs[:, t], state, push)
        h[:, t] = state[0]

    def backward(dh):
        dinputs = np.zeros_like(inputs)
        gradients = {name: np.zeros_like(value) for name, value in w.items()}
        totals = {name: np.zeros((batch, time, section.units)) for name in names}
        carried = tuple(np.zeros((batch, section.units)) for _ in names)
        for t in order[::-1]:
            arriving = (carried[0] + dh[:, t], *carried[1:])
            dinputs[:, t], at_step, carried, total = backs[t](arriving)
            for name, gradient in at_step.items():
                gradients[name] += gradient
            for name, value in zip(names, total, strict=True):
                totals[name][:, t] = value
        if not has_bias:
            del gradients["bias"]
        return (
            dinputs,
            {f"{where}/{name}": value for name, value in gradients.items()},
            {f"{where}/{name}": value for name, value in totals.items()},
        )

    return h, backward


def _layer(section, path, weights, inputs, pushes):
    """One layer; gives its output at every step and a function from its gradient backwards."""
    ways = [(f"{path}/forward", False), (f"{path}/backward", True)] if section.bidirectional else [(path, False)]
    parts = [_direction(section, where, weights, inputs, pushes, reverse=reverse) for where, reverse in ways]

    def backward(dout):
        dinputs, gradients, totals = 0, {}, {}
        for (_, back), share in zip(parts, np.split(dout, len(parts), axis=-1), strict=True):
            dx, grads, states = back(share)
            dinputs = dinputs + dx
            gradients |= grads
            totals |= states
        return dinputs, gradients, totals

    return np.concatenate([h for h, _ in parts], axis=-1), backward


def _loss(kind, delta, error):
    """Mean loss over all elements, and ∂L/∂error."""
    if kind == "mse":
        return (error**2).mean(), 2 * error / error.size
    if kind == "mae":
        return np.abs(error).mean(), np.sign(error) / error.size
    small = np.abs(error) <= delta
    values = np.where(small, error**2 / 2, delta * (np.abs(error) - delta / 2))
    return values.mean(), np.where(small, error, delta * np.sign(error)) / error.size


def differentiate(
    model: Model,
    weights: Mapping[str, np.ndarray],
    inputs: np.ndarray,
    targets: np.ndarray,
    *,
    loss: str = "mse",
    delta: float = 1.0,
    pushes: Mapping[str, np.ndarray] | None = None,
) -> Truth:
    """Runs a model forwards and backwards.

    Args:
        model: The config's ``model`` section; dropout is taken as 0.
        weights: By path, Keras' shapes.
        inputs: ``[batch, time, features]``.
        targets: ``[batch, outputs]``, or ``[batch, time, outputs]`` where the model returns sequences.
        loss: ``mse``, ``mae`` or ``huber``.
        delta: Where Huber's loss turns from squared to absolute.
        pushes: What is added to states, by path such as ``recurrent_0/h``, ``[batch, time, units]``: the total
            gradient of a state is the derivative with respect to its push.

    Returns:
        Loss and gradients, all float64.
    """
    weights = {path: np.asarray(weight, np.float64) for path, weight in weights.items()}
    signal, backs = np.asarray(inputs, np.float64), []
    for number, section in enumerate(model.layers):
        signal, back = _layer(section, f"recurrent_{number}", weights, signal, pushes or {})
        backs.append(back)
    top = signal if model.return_sequences else _final(signal, model.layers[-1])
    outputs = top @ weights["head/kernel"] + weights["head/bias"] if model.head == "dense" else top
    value, dout = _loss(loss, delta, outputs - np.asarray(targets, np.float64))

    gradients: dict[str, np.ndarray] = {}
    states: dict[str, np.ndarray] = {}
    if model.head == "dense":
        gradients["head/kernel"] = top.reshape(-1, top.shape[-1]).T @ dout.reshape(-1, dout.shape[-1])
        gradients["head/bias"] = dout.reshape(-1, dout.shape[-1]).sum(0)
        dout = dout @ weights["head/kernel"].T
    if not model.return_sequences:
        dout = _place_final(dout, signal.shape, model.layers[-1])
    for back in reversed(backs):
        dout, grads, totals = back(dout)
        gradients |= grads
        states |= totals
    return Truth(float(value), outputs, gradients, states)


def _final(signal, section):
    if not section.bidirectional:
        return signal[:, -1]
    return np.concatenate([signal[:, -1, : section.units], signal[:, 0, section.units :]], axis=-1)


def _place_final(dout, shape, section):
    placed = np.zeros(shape)
    placed[:, -1, : section.units] = dout[:, : section.units]
    placed[:, 0 if section.bidirectional else -1, section.units :] = dout[:, section.units :]
    return placed
