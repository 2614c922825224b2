"""Networks that are sick by construction. See ``cases`` for what is called what."""

from __future__ import annotations

import numpy as np
from verdicts.labels import Case, adding, drawn, first_to, linear, loud, put, relu, sampled, spoilt, with_gates
from verdicts.networks import UNITS, Network

SICK: list[Case] = []


def case(truth, name, make):
    SICK.append(Case(truth, name, make))


def seeded(make, number):
    """The same making with other seeds for every number."""
    return lambda seed: make(100_000 * (number + 1) + seed)


def two_layers(seed, lower, upper):
    """Two layers that change the gradient by different factors per time step."""
    network = Network(seed, 40, layers=2).quiet()
    for number, gain in enumerate((lower, upper)):
        network.edit(f"recurrent_{number}/recurrent_kernel", lambda w, gain=gain: gain * np.linalg.qr(w)[0])
    return network


def both_ways(seed, forget):
    """An LSTM in both directions, its forget gates fixed; what comes back through h is little."""
    network = Network(seed, 40, "lstm", layer={"bidirectional": True})
    bias = np.where(np.arange(4 * UNITS) // UNITS == 1, forget, 0.0)
    network.edit("bias", lambda w: bias if w.size == 4 * UNITS else w)
    return network.edit("recurrent_kernel", lambda w: 0.1 * w)


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
case("vanishing", "LSTM, forget gate nearly shut", lambda s: Network(s, 100, "lstm").gate(1, -5.0))
case("vanishing", "LSTM, forget gate shut, many-to-many", lambda s: Network(s, 40, "lstm", many=True).gate(1, -6.0))
case("vanishing", "GRU, update gate shut, 0.3", lambda s: Network(s, 40, "gru").orthogonal_gru(0.3).gate(0, -6.0))
case(
    "vanishing", "GRU, update gate nearly shut, 0.3", lambda s: Network(s, 60, "gru").orthogonal_gru(0.3).gate(0, -5.0)
)
case("vanishing", "0.5, trained in vain", lambda s: adding(s, 60, "simple_rnn", 20, rate=1e-4).quiet().orthogonal(0.5))
case("vanishing", "upper of two layers, 0.4", lambda s: two_layers(s, 1.0, 0.4))
case(
    "vanishing",
    "a layer that the one above shuts out",
    lambda s: Network(s, 15, layers=2).quiet().orthogonal(1.0).edit("recurrent_1/kernel", lambda w: 1e-5 * w),
)
case("vanishing", "bidirectional LSTM, forget gates shut", lambda s: both_ways(s, -6.0))
for number in range(6):
    case("vanishing", f"drawn, {number}", seeded(drawn("vanishing", 0.1, 1.0, many=number % 2 == 1), number))

# --- exploding ---------------------------------------------------------------------------------------------------


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
case(
    "exploding",
    "LSTM, linear, gates open",
    lambda s: Network(s, 40, "lstm", layer={"activation": "linear"}).growing_lstm(),
)

case(
    "exploding",
    "1.4, clipped",
    lambda s: linear(s, 40, optimizer={"kind": "sgd", "global_clipnorm": 0.01}).orthogonal(1.4),
)
for number in range(6):
    case("exploding", f"drawn, {number}", seeded(drawn("exploding", 1.0, 2.0, many=number % 2 == 1), number))

# --- not finite --------------------------------------------------------------------------------------------------

case(
    "non-finite", "linear, 8, beyond float32", lambda s: Network(s, 100, layer={"activation": "linear"}).orthogonal(8.0)
)
case("non-finite", "a NaN in a kernel", lambda s: Network(s, 20).edit("recurrent_0/kernel", first_to(np.nan)))
case("non-finite", "an infinite head", lambda s: Network(s, 20).edit("head/kernel", first_to(np.inf)))
case(
    "non-finite",
    "after steps far too large",
    lambda s: Network(s, 8, layer={"activation": "linear"}, steps=6, optimizer={"kind": "sgd", "learning_rate": 1e12}),
)


# --- saturated ---------------------------------------------------------------------------------------------------

for time in (8, 40, 100):
    case(
        "saturated",
        f"inputs that saturate tanh, {time} time steps",
        lambda s, t=time: loud(Network(s, t)),
    )
case("saturated", "a large bias", lambda s: Network(s, 20).edit("recurrent_0/bias", lambda w: w + 5.0).orthogonal(0.5))
case(
    "saturated",
    "inputs that saturate a sigmoid",
    lambda s: loud(Network(s, 20, layer={"activation": "sigmoid"}), 300.0),
)
case(
    "saturated",
    "inputs that saturate tanh, many-to-many",
    lambda s: loud(Network(s, 30, many=True)),
)
case("saturated", "LSTM, output gate shut", lambda s: Network(s, 20, "lstm").gate(3, -9.0))
case("saturated", "LSTM, input gate shut", lambda s: Network(s, 20, "lstm").gate(0, -12.0))
case("saturated", "GRU, update gate stuck open", lambda s: Network(s, 30, "gru").gate(0, 12.0))

case("saturated", "GRU, inputs that saturate it", lambda s: loud(Network(s, 20, "gru"), 300.0))

# --- dead --------------------------------------------------------------------------------------------------------


for time, killed in ((10, 12), (50, 12), (30, 9), (100, 8)):
    case("dead", f"{killed} of 12 ReLU units killed, {time} time steps", lambda s, t=time, k=killed: relu(s, t, k))
case("dead", "all ReLU units killed, many-to-many", lambda s: relu(s, 30, 12, many=True))

# --- bad data ----------------------------------------------------------------------------------------------------


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
case(
    "bad data", "targets that tanh cannot reach", spoilt(lambda n: put(n.targets, np.s_[:], 4 + n.targets), head="none")
)

# --- noise -------------------------------------------------------------------------------------------------------


for cell in ("simple_rnn", "gru", "lstm"):
    case("noise-dominated", f"{cell}, targets of pure noise", lambda s, c=cell: with_gates(sampled(s, c), 10))
case("noise-dominated", "batches of one", lambda s: sampled(s, batch_size=1))
