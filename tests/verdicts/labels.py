"""What a labelled network is, and the makings that sick and healthy ones share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from verdicts.networks import UNITS, Network


@dataclass(frozen=True)
class Case:
    """A network with a known verdict.

    Attributes:
        truth: The overall verdict.
        name: What it is.
        make: Builds it from a seed.
    """

    truth: str
    name: str
    make: Callable[[int], Network]


def linear(seed, time, **more):
    """No activation, and small states."""
    return Network(seed, time, layer={"activation": "linear"}, **more).quiet(1e-3)


def relu(seed, time, killed, **more):
    """ReLU on the identity, in good health but for the first units, which a bias keeps below zero."""
    network = Network(seed, time, layer={"activation": "relu"}, **more)
    network.edit("recurrent_kernel", lambda w: np.eye(UNITS))
    network.edit("recurrent_0/kernel", lambda w: 0.1 * np.abs(w)).absolute_inputs()
    return network.edit("recurrent_0/bias", lambda w: np.where(np.arange(UNITS) < killed, -100.0, 0.0))


def loud(network, factor=100.0):
    """Inputs that drive the units to the ends of their activation."""
    return network.edit("recurrent_0/kernel", lambda w: factor * w)


def with_gates(network, memory):
    """Gates as a memory of so many time steps wants them (chrono initialization, Tallec & Ollivier 2018)."""
    cell, bias = network.config.model.layers[0].cell, float(np.log(3.0 * memory))
    if cell == "lstm":
        return network.gate(1, bias).gate(0, -bias)
    return network.gate(0, bias) if cell == "gru" else network


def sampled(seed, cell="simple_rnn", batch_size=4):
    """More sequences than a batch has, under a head so small that the targets alone make the gradient."""
    network = Network(seed, 10, cell, data={"sequences": 256}, batch_size=batch_size).head(0.05)
    network.sequences = 128
    return network


def adding(seed, time, cell, steps, rate=0.005):
    """The adding problem, some steps of training on: 100 are the whole training."""
    return Network(
        seed,
        time,
        cell,
        data={"kind": "adding", "length": time, "sequences": 400},
        steps=steps,
        optimizer={"kind": "adam", "learning_rate": rate},
    )


def recent(seed, time, *, sequences=200, **more):
    """Targets that follow from the last three time steps alone."""
    network = Network(
        seed, time, data={"sequences": sequences}, optimizer={"kind": "adam", "learning_rate": 0.01}, **more
    )
    train = network.built.dataset.train
    rows = np.arange(len(train.values)) if train.per_step else train.last_rows()
    said = sum(weight * train.values[np.maximum(rows - back, 0)] for back, weight in enumerate((1.0, 0.5, 0.25)))
    network.targets[:] = said[:, :1] * [1.0, -0.5] + 0.1 * network.targets
    return network


def spoilt(change, **more):
    """A healthy network whose data is changed."""

    def make(seed):
        network = Network(seed, 15, **more).quiet(0.5)
        change(network)
        return network

    return make


def put(table, index, value):
    """``table[index] = value``, for lambdas."""
    table[index] = value


def first_to(value):
    """A change of a weight: its first element becomes this."""

    def change(w):
        w = w.copy()
        w.flat[0] = value
        return w

    return change


def drawn(truth, low, high, **more):
    """A linear network of random length and a random factor, drawn again until the truth is what it should be."""

    def make(seed):
        random = np.random.default_rng([seed, len(truth), int(100 * high)])
        while True:
            time, gain = int(random.integers(8, 101)), float(random.uniform(low, high))
            if truth_of(gain, time) == truth:
                return linear(seed, time, **more).orthogonal(gain)

    return make


def truth_of(factor, time):
    """What a factor per time step means over a sequence; None in between, where there is no truth to tell."""
    if factor ** (time / 3) < 0.01:
        return "vanishing"
    if factor ** (time - 1) > 1000:
        return "exploding"
    return "healthy" if 0.04 < factor ** (time - 1) < 25 else None
