"""Networks that are healthy by construction, many of which look sick to a rule on absolute sizes."""

from __future__ import annotations

import numpy as np
from verdicts.labels import Case, adding, drawn, linear, loud, put, recent, relu, sampled, spoilt, with_gates
from verdicts.networks import Network
from verdicts.sick import both_ways, seeded, two_layers

HEALTHY: list[Case] = []


def case(name, make):
    HEALTHY.append(Case("healthy", name, make))


def learnable(network):
    """Targets that all sequences agree on, but for a little noise."""
    network.targets[:] = 2.0 + 0.1 * network.targets
    return network


def small_head(seed, cell, factor):
    return with_gates(Network(seed, 20, cell).orthogonal_if_simple().quiet(0.3), 20).head(factor)


for time in (10, 30, 60, 100):
    case(f"tanh, orthogonal, {time} time steps", lambda s, t=time: Network(s, t).quiet().orthogonal(1.0))
    case(f"LSTM with a memory, {time} time steps", lambda s, t=time: with_gates(Network(s, t, "lstm"), t))
    case(f"GRU with a memory, {time} time steps", lambda s, t=time: with_gates(Network(s, t, "gru"), t))
    case(f"ReLU on the identity, {time} time steps", lambda s, t=time: relu(s, t, 0))
for cell in ("simple_rnn", "gru", "lstm"):
    case(f"{cell} at Keras' weights, 6 time steps", lambda s, c=cell: Network(s, 6, c))
    case(f"{cell}, one time step", lambda s, c=cell: Network(s, 1, c))
    case(f"{cell}, two time steps", lambda s, c=cell: Network(s, 2, c))
    case(f"{cell}, a hundred-millionth of a head", lambda s, c=cell: small_head(s, c, 1e-8))
    case(f"{cell}, ten thousand times a head", lambda s, c=cell: small_head(s, c, 1e4))
    case(f"{cell}, learnable in batches of 4", lambda s, c=cell: learnable(with_gates(sampled(s, c), 10)))


case("a mild decay, 0.9 over 20", lambda s: Network(s, 20).quiet().orthogonal(0.9))
case("a mild decay, 0.97 over 100", lambda s: Network(s, 100).quiet().orthogonal(0.97))
case("a mild growth, 1.05 over 50", lambda s: linear(s, 50).orthogonal(1.05))
case("a halving, over 4", lambda s: Network(s, 4).quiet().orthogonal(0.5))
case("many-to-many", lambda s: Network(s, 60, many=True).quiet().orthogonal(0.99))
case("many-to-many LSTM", lambda s: with_gates(Network(s, 60, "lstm", many=True), 60))
case("bidirectional", lambda s: Network(s, 40, layer={"bidirectional": True}).quiet().orthogonal(1.0))
case("two layers", lambda s: Network(s, 40, layers=2).quiet().orthogonal(0.98))
case("three layers", lambda s: Network(s, 20, layers=3).quiet().orthogonal(1.0))
case("masked tails", lambda s: Network(s, 60).quiet().orthogonal(0.98).tails(30))
case("masked tails, LSTM", lambda s: with_gates(Network(s, 60, "lstm"), 60).tails(20))
case("two of 12 ReLU units killed", lambda s: relu(s, 30, 2))
case("LSTM, forget gate open", lambda s: Network(s, 40, "lstm").gate(1, 8.0))
case("one constant feature of three", spoilt(lambda n: put(n.inputs, np.s_[:, 0], 1.0)))
case("features of deviation 3", spoilt(lambda n: put(n.inputs, np.s_[:], 3 * n.inputs)))
case("features of deviation 0.1", spoilt(lambda n: put(n.inputs, np.s_[:], 0.1 * n.inputs)))
case("targets of deviation 5", spoilt(lambda n: put(n.targets, np.s_[:], 5 * n.targets)))
case("targets that tanh can reach", spoilt(lambda n: put(n.targets, np.s_[:], 0.3 * n.targets), head="none"))
case("N(0, 1) targets under tanh", spoilt(lambda n: None, head="none"))
case("units driven half way to their ends", lambda s: loud(Network(s, 4), 1.5))
case("a lower layer that forgets, under one that does not", lambda s: two_layers(s, 0.4, 1.0))
case("LSTM in both directions", lambda s: both_ways(s, 8.0))
case(
    "every step clipped", lambda s: Network(s, 30, optimizer={"kind": "sgd", "clipnorm": 1e-4}).quiet().orthogonal(1.0)
)
case("copy", lambda s: Network(s, 30, data={"kind": "copy", "delay": 20}, many=True).quiet(0.1).orthogonal(1.0))
case("adding", lambda s: Network(s, 50, data={"kind": "adding", "length": 50}).quiet(0.1).orthogonal(1.0))
case("sine", lambda s: Network(s, 30, data={"kind": "sine", "length": 30}).quiet(0.1).orthogonal(1.0))
# Gates that have a slope learn to reach further: an LSTM whose forget gate begins at a half learns the adding problem.
for time in (30, 100, 200):
    case(f"GRU at Keras' weights, {time} time steps", lambda s, t=time: Network(s, t, "gru"))
    case(f"LSTM at Keras' weights, {time} time steps", lambda s, t=time: Network(s, t, "lstm"))
case("LSTM, forget gate half open", lambda s: Network(s, 100, "lstm").gate(1, 0.0))
case("bidirectional GRU at Keras' weights", lambda s: Network(s, 60, "gru", layer={"bidirectional": True}))
case("two GRUs at Keras' weights", lambda s: Network(s, 60, "gru", layers=2))
case("GRU on the adding problem, a few steps on", lambda s: adding(s, 60, "gru", 10))
# A short reach suffices where the answer lies within it, or where the network has learnt it.
case("0.5, the answer among the last time steps", lambda s: recent(s, 40).quiet().orthogonal(0.5))
case("0.5, many-to-many, the answer near", lambda s: recent(s, 40, many=True).quiet().orthogonal(0.5))
case("0.5, trained, and it learns", lambda s: recent(s, 40, sequences=32, steps=60).quiet(0.3).orthogonal(0.5))
for number in range(8):
    case(f"drawn, {number}", seeded(drawn("healthy", 0.7, 1.2, many=number % 2 == 1), number))
