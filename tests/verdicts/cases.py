"""The labelled bench: networks whose verdict is known from how they are made, each for any seed.

Truth by construction, with r the factor per time step and T the time steps: *vanishing* where r^(T/3) is below 1 %, so
that less than a third of the time steps is reached; *exploding* where r^T is above 1000; *healthy* where between 4 % and
25-fold arrives at the far end. What lies between has no truth and is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from verdicts.networks import UNITS, Network

ANYTHING = frozenset({"bad data", "non-finite", "exploding", "dead", "saturated", "vanishing", "noise-dominated"})


@dataclass(frozen=True)
class Case:
    """A network with a known verdict.

    Attributes:
        name: What it is.
        truth: The overall verdict.
        make: Builds it from a seed.
    """

    name: str
    truth: str
    make: Callable[[int], Network]


CASES: list[Case] = []


def case(truth, name, make):
    CASES.append(Case(name, truth, make))


# --- vanishing ---------------------------------------------------------------------------------------------------

for gain, time in ((0.5, 20), (0.3, 40), (0.7, 50), (0.85, 100), (0.2, 10)):
    case(
        "vanishing",
        f"tanh, {gain} × orthogonal, {time} time steps",
        lambda s, g=gain, t=time: Network(s, t).quiet().orthogonal(g),
    )
case("vanishing", "random kernel of radius 0.6", lambda s: Network(s, 60).quiet().gaussian(0.6))
case("vanishing", "linear, 0.6", lambda s: Network(s, 40, layer={"activation": "linear"}).orthogonal(0.6))
case("vanishing", "sigmoid at Keras' weights", lambda s: Network(s, 20, layer={"activation": "sigmoid"}))
case("vanishing", "many-to-many, 0.6", lambda s: Network(s, 50, many=True).quiet().orthogonal(0.6))
case("vanishing", "many-to-many, 0.8, long", lambda s: Network(s, 100, many=True).quiet().orthogonal(0.8))
case("vanishing", "bidirectional, 0.5", lambda s: Network(s, 40, layer={"bidirectional": True}).quiet().orthogonal(0.5))
case("vanishing", "two layers, 0.5", lambda s: Network(s, 40, layers=2).quiet().orthogonal(0.5))
case("vanishing", "0.6 under a hundredfold head", lambda s: Network(s, 50).quiet().orthogonal(0.6).head(100.0))
case("vanishing", "masked tails, 0.6", lambda s: Network(s, 60).quiet().orthogonal(0.6).tails(30))
case("vanishing", "masked tails, 0.7, long", lambda s: Network(s, 100).quiet().orthogonal(0.7).tails(50))
case("vanishing", "LSTM, forget gate shut", lambda s: Network(s, 40, "lstm").gate(1, -6.0))
case("vanishing", "LSTM, forget gate shut, short", lambda s: Network(s, 12, "lstm").gate(1, -6.0))
case("vanishing", "LSTM, forget gate half open", lambda s: Network(s, 100, "lstm").gate(1, 0.0))
case("vanishing", "LSTM, forget gate shut, many-to-many", lambda s: Network(s, 40, "lstm", many=True).gate(1, -6.0))
case("vanishing", "GRU, update gate shut, 0.3", lambda s: Network(s, 40, "gru").orthogonal_gru(0.3).gate(0, -6.0))
case("vanishing", "GRU at Keras' weights, 100 time steps", lambda s: Network(s, 100, "gru"))

# --- exploding ---------------------------------------------------------------------------------------------------


def linear(seed, time, **more):
    return Network(seed, time, layer={"activation": "linear"}, **more).quiet(1e-3)


for gain, time in ((1.5, 30), (1.2, 60), (2.5, 12), (1.1, 100)):
    case("exploding", f"linear, {gain}, {time} time steps", lambda s, g=gain, t=time: linear(s, t).orthogonal(g))
case("exploding", "tanh before it saturates", lambda s: Network(s, 25).quiet(1e-7).orthogonal(1.5))
case("exploding", "random kernel of radius 1.4", lambda s: linear(s, 40).gaussian(1.4))
case("exploding", "many-to-many, 1.4", lambda s: linear(s, 40, many=True).orthogonal(1.4))
case("exploding", "masked tails, 1.4", lambda s: linear(s, 60).orthogonal(1.4).tails(40))
case("exploding", "1.4 under a millionth of a head", lambda s: linear(s, 40).orthogonal(1.4).head(1e-6))
case(
    "exploding",
    "ReLU on 1.3 × identity",
    lambda s: (
        Network(s, 40, layer={"activation": "relu"})
        .edit("recurrent_0/kernel", lambda w: 1e-3 * np.abs(w))
        .edit("recurrent_kernel", lambda w: 1.3 * np.eye(UNITS))
        .absolute_inputs()
    ),
)
case("exploding", "two linear layers, 1.3", lambda s: linear(s, 40, layers=2).orthogonal(1.3))
case("exploding", "LSTM, linear, gates open", lambda s: Network(s, 40, "lstm", layer={"activation": "linear"}).growing_lstm())

# --- not finite --------------------------------------------------------------------------------------------------

case("non-finite", "linear, 8, beyond float32", lambda s: Network(s, 100, layer={"activation": "linear"}).orthogonal(8.0))
case("non-finite", "a NaN in a kernel", lambda s: Network(s, 20).edit("recurrent_0/kernel", first_to(np.nan)))
case("non-finite", "an infinite head", lambda s: Network(s, 20).edit("head/kernel", first_to(np.inf)))
case(
    "non-finite",
    "after steps far too large",
    lambda s: Network(s, 8, layer={"activation": "linear"}, steps=6, optimizer={"kind": "sgd", "learning_rate": 1e12}),
)


def first_to(value):
    def change(w):
        w = w.copy()
        w.flat[0] = value
        return w

    return change


# --- saturated ---------------------------------------------------------------------------------------------------

for time in (8, 40, 100):
    case(
        "saturated",
        f"inputs that saturate tanh, {time} time steps",
        lambda s, t=time: Network(s, t).edit("recurrent_0/kernel", lambda w: 100.0 * w),
    )
case("saturated", "a large bias", lambda s: Network(s, 20).edit("recurrent_0/bias", lambda w: w + 5.0).orthogonal(0.5))
case(
    "saturated",
    "inputs that saturate a sigmoid",
    lambda s: Network(s, 20, layer={"activation": "sigmoid"}).edit("recurrent_0/kernel", lambda w: 300.0 * w),
)
case(
    "saturated",
    "inputs that saturate tanh, many-to-many",
    lambda s: Network(s, 30, many=True).edit("recurrent_0/kernel", lambda w: 100.0 * w),
)
case("saturated", "LSTM, output gate shut", lambda s: Network(s, 20, "lstm").gate(3, -9.0))
case("saturated", "LSTM, input gate shut", lambda s: Network(s, 20, "lstm").gate(0, -12.0))
case("saturated", "GRU, update gate stuck open", lambda s: Network(s, 30, "gru").gate(0, 12.0))

# --- dead --------------------------------------------------------------------------------------------------------


def relu(seed, time, killed, **more):
    """ReLU on the identity, in good health but for the first units, which a bias keeps below zero."""
    network = Network(seed, time, layer={"activation": "relu"}, **more)
    network.edit("recurrent_kernel", lambda w: np.eye(UNITS))
    network.edit("recurrent_0/kernel", lambda w: 0.1 * np.abs(w)).absolute_inputs()
    return network.edit("recurrent_0/bias", lambda w: np.where(np.arange(UNITS) < killed, -100.0, 0.0))


for time, killed in ((10, 12), (50, 12), (30, 9), (100, 8)):
    case("dead", f"{killed} of 12 ReLU units killed, {time} time steps", lambda s, t=time, k=killed: relu(s, t, k))
case("dead", "all ReLU units killed, many-to-many", lambda s: relu(s, 30, 12, many=True))

# --- bad data ----------------------------------------------------------------------------------------------------


def spoilt(change, **more):
    def make(seed):
        network = Network(seed, 15, **more).quiet(0.5)
        change(network)
        return network

    return make


def put(table, index, value):
    table[index] = value


case("bad data", "a NaN among the inputs", spoilt(lambda n: put(n.inputs, (7, 1), np.nan)))
case("bad data", "an infinite input", spoilt(lambda n: put(n.inputs, (20, 0), np.inf)))
case("bad data", "a NaN among the targets", spoilt(lambda n: put(n.targets, (3, 0), np.nan)))
case("bad data", "a NaN, many-to-many", spoilt(lambda n: put(n.inputs, (9, 2), np.nan), many=True))
case("bad data", "constant inputs", spoilt(lambda n: put(n.inputs, np.s_[:], 0.7)))
case("bad data", "constant targets", spoilt(lambda n: put(n.targets, np.s_[:], 0.7)))
case("bad data", "inputs in the hundreds", spoilt(lambda n: put(n.inputs, np.s_[:], 300 * n.inputs)))
case("bad data", "one feature in the thousands", spoilt(lambda n: put(n.inputs, np.s_[:, 1], 2000 * n.inputs[:, 1])))
case("bad data", "inputs far from zero", spoilt(lambda n: put(n.inputs, np.s_[:], 400 + n.inputs)))
case("bad data", "targets in the thousands", spoilt(lambda n: put(n.targets, np.s_[:], 1000 + 300 * n.targets)))
case("bad data", "inputs next to nothing", spoilt(lambda n: put(n.inputs, np.s_[:], 1e-5 * n.inputs)))
case("bad data", "targets that tanh cannot reach", spoilt(lambda n: put(n.targets, np.s_[:], 4 + n.targets), head="none"))

# --- noise -------------------------------------------------------------------------------------------------------


def sampled(seed, cell="simple_rnn", batch_size=4):
    network = Network(seed, 10, cell, data={"sequences": 256}, batch_size=batch_size).head(0.05)
    network.sequences = 128
    return network


for cell in ("simple_rnn", "gru", "lstm"):
    case("noise-dominated", f"{cell}, targets of pure noise", lambda s, c=cell: with_gates(sampled(s, c), 10))
case("noise-dominated", "batches of one", lambda s: sampled(s, batch_size=1))

# --- healthy -----------------------------------------------------------------------------------------------------


def with_gates(network, memory):
    """Gates as a memory of so many time steps wants them (chrono initialization, Tallec & Ollivier 2018)."""
    cell, bias = network.config.model.layers[0].cell, float(np.log(3.0 * memory))
    if cell == "lstm":
        return network.gate(1, bias).gate(0, -bias)
    return network.gate(0, bias) if cell == "gru" else network


def learnable(network):
    """Targets that all sequences agree on, but for a little noise."""
    network.targets[:] = 2.0 + 0.1 * network.targets
    return network


for time in (10, 30, 60, 100):
    case("healthy", f"tanh, orthogonal, {time} time steps", lambda s, t=time: Network(s, t).quiet().orthogonal(1.0))
    case("healthy", f"LSTM with a memory, {time} time steps", lambda s, t=time: with_gates(Network(s, t, "lstm"), t))
    case("healthy", f"GRU with a memory, {time} time steps", lambda s, t=time: with_gates(Network(s, t, "gru"), t))
    case("healthy", f"ReLU on the identity, {time} time steps", lambda s, t=time: relu(s, t, 0))
for cell in ("simple_rnn", "gru", "lstm"):
    case("healthy", f"{cell} at Keras' weights, 6 time steps", lambda s, c=cell: Network(s, 6, c))
    case("healthy", f"{cell}, one time step", lambda s, c=cell: Network(s, 1, c))
    case("healthy", f"{cell}, two time steps", lambda s, c=cell: Network(s, 2, c))
    case("healthy", f"{cell}, a hundred-millionth of a head", lambda s, c=cell: small_head(s, c, 1e-8))
    case("healthy", f"{cell}, ten thousand times a head", lambda s, c=cell: small_head(s, c, 1e4))
    case("healthy", f"{cell}, learnable in batches of 4", lambda s, c=cell: learnable(with_gates(sampled(s, c), 10)))


def small_head(seed, cell, factor):
    return with_gates(Network(seed, 20, cell).orthogonal_if_simple().quiet(0.3), 20).head(factor)


case("healthy", "a mild decay, 0.9 over 20", lambda s: Network(s, 20).quiet().orthogonal(0.9))
case("healthy", "a mild decay, 0.97 over 100", lambda s: Network(s, 100).quiet().orthogonal(0.97))
case("healthy", "a mild growth, 1.05 over 50", lambda s: linear(s, 50).orthogonal(1.05))
case("healthy", "a halving, over 4", lambda s: Network(s, 4).quiet().orthogonal(0.5))
case("healthy", "many-to-many", lambda s: Network(s, 60, many=True).quiet().orthogonal(0.99))
case("healthy", "many-to-many LSTM", lambda s: with_gates(Network(s, 60, "lstm", many=True), 60))
case("healthy", "bidirectional", lambda s: Network(s, 40, layer={"bidirectional": True}).quiet().orthogonal(1.0))
case("healthy", "two layers", lambda s: Network(s, 40, layers=2).quiet().orthogonal(0.98))
case("healthy", "three layers", lambda s: Network(s, 20, layers=3).quiet().orthogonal(1.0))
case("healthy", "masked tails", lambda s: Network(s, 60).quiet().orthogonal(0.98).tails(30))
case("healthy", "masked tails, LSTM", lambda s: with_gates(Network(s, 60, "lstm"), 60).tails(20))
case("healthy", "two of 12 ReLU units killed", lambda s: relu(s, 30, 2))
case("healthy", "LSTM, forget gate open", lambda s: Network(s, 40, "lstm").gate(1, 8.0))
case("healthy", "one constant feature of three", spoilt(lambda n: put(n.inputs, np.s_[:, 0], 1.0)))
