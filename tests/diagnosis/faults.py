"""Faults that are put into healthy configs, each with the words of the causes that are right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes:
        name: Its name.
        right: Words of causes that are right.
        put: Changes a `Made` in place, given a random generator.
        tasks: Names of tasks that it fits; all where empty.
        factors: Of the task, see `diagnosis.tasks`: what the fault needs to do harm, in the healthy config as well.
        shows: Whether the score on held-out rows shows the harm: not of a leak, nor where the metric is another one.
        mends: Whether a key of the config mends it: where the file is wrong, none does.
        key: Where the score does not show the harm, what a repair must change.
    """

    name: str
    right: tuple[str, ...]
    put: Callable[[Any, np.random.Generator], None]
    tasks: tuple[str, ...] = ()
    factors: Mapping[str, float] = field(default_factory=dict)
    shows: bool = True
    mends: bool = True
    key: str | None = None


LABELLED = ("sensor", "alarm", "dose")
FEATURED = ("sensor", "alarm", "dose", "driven")


def _layer(made, **keys):
    for layer in made.config["model"]["layers"]:
        layer.update(keys)


def _rate(factor):
    def put(made, random):
        made.config["optimizer"]["learning_rate"] *= factor(random)

    return put


def _low(random):
    return 10.0 ** random.uniform(-4.2, -3)


def _high(random):
    return 10.0 ** random.uniform(1.5, 2.3)


def _sgd_low(made, random):
    made.config["optimizer"] = {"kind": "sgd", "learning_rate": float(10.0 ** random.uniform(-5.5, -4.3))}


def _warmup(made, random):
    rate = made.config["optimizer"]["learning_rate"]
    steps = int(10.0 ** random.uniform(3.8, 5))
    made.config["optimizer"]["learning_rate"] = {
        "kind": "constant",
        "initial_learning_rate": rate,
        "warmup_steps": steps,
    }


def _ends_early(made, random):
    rate = made.config["optimizer"]["learning_rate"]
    steps = int(random.integers(4, 14))
    schedule = {"kind": "cosine", "initial_learning_rate": rate, "decay_steps": steps}
    if random.random() < 0.5:
        schedule = {"kind": "exponential", "initial_learning_rate": rate, "decay_steps": 1, "decay_rate": 0.6}
    made.config["optimizer"]["learning_rate"] = schedule


def _sizes(size):
    def put(made, random):
        made.config["data"]["scale"] = "none"
        factor = size(random)
        for name in made.config["data"]["features"]:
            made.columns[name] = made.columns[name] * factor

    return put


def _differ(made, random):
    made.config["data"]["scale"] = "none"
    names = made.config["data"]["features"]
    made.columns[names[-1]] = random.uniform(-1, 1, len(made.columns[names[-1]])) * 10.0 ** random.uniform(2.5, 4)


def _targets(size):
    def put(made, random):
        made.config["data"]["scale"] = "none"
        made.columns["y"] = made.columns["y"] * size(random)

    return put


def _constant(made, random):
    made.config["data"]["scale"] = "none"
    for name in made.config["data"]["features"]:
        made.columns[name] = np.full(len(made.columns[name]), 3.5)
    made.columns["x0"] = np.full(len(made.columns["x0"]), 1.25)


def _labels(made, random):
    """Labels drawn anew for each sequence."""
    name = made.config["data"]["target"][0]
    ids = made.columns["id"]
    _, first = np.unique(ids, return_index=True)
    labels = made.columns[name][first]
    made.columns[name] = random.permutation(labels)[ids]


def _shift_sequences(made, random):
    name = made.config["data"]["target"][0]
    ids = made.columns["id"]
    _, first = np.unique(ids, return_index=True)
    made.columns[name] = np.roll(made.columns[name][first], 1)[ids]


def _shift_rows(made, random):
    count = made.columns["id"].max() + 1
    values = made.columns["y"].reshape(count, -1)
    made.columns["y"] = np.roll(values, -1, axis=1).reshape(-1)


def _order(made, random):
    """Rows in another order within each sequence."""
    columns = made.columns
    names = [name for name in columns if name not in ("id", "t")]
    if "id" not in columns:
        order = random.permutation(len(columns["t"]))
        for name in names:
            columns[name] = columns[name][order]
        return
    for one in np.unique(columns["id"]):
        rows = np.flatnonzero(columns["id"] == one)
        order = random.permutation(rows)
        for name in made.config["data"]["features"]:
            columns[name][rows] = columns[name][order]


def _leak(made, random):
    name = made.config["data"]["target"][0]
    target = made.columns[name]
    if target.dtype.kind in "US":
        _, target = np.unique(target, return_inverse=True)
    made.columns["score"] = np.round(target * 1.7 + 0.3, 5)
    made.config["data"]["features"] = [*made.config["data"]["features"], "score"]


def _initial(**sections):
    """Two layers: a single one that begins so is often mended by its head."""

    def put(made, random):
        made.config["model"]["layers"] = [dict(layer) for layer in made.config["model"]["layers"] * 2]
        _layer(made, **sections)

    return put


def _radius(gain):
    def put(made, random):
        _layer(made, recurrent_initializer={"kind": "orthogonal", "gain": float(gain(random))})

    return put


def _large_kernel(made, random):
    _layer(made, kernel_initializer={"kind": "random_normal", "stddev": float(10.0 ** random.uniform(1, 1.8))})


def _headless(activation):
    def put(made, random):
        _layer(made, cell="simple_rnn", activation=activation, units=1)
        made.config["model"]["head"] = "none"

    return put


def _dead(made, random):
    _layer(made, cell="simple_rnn", activation="relu", bias_initializer={"kind": "constant", "value": -12.0})


def _exploding(made, random):
    _layer(made, cell="simple_rnn", activation="linear", recurrent_initializer={"kind": "orthogonal", "gain": 1.9})
    made.config["optimizer"] = {"kind": "sgd", "learning_rate": 0.01}


def _clip(made, random):
    made.config["optimizer"] = {
        "kind": "sgd",
        "learning_rate": 0.1,
        "global_clipnorm": float(10.0 ** random.uniform(-5.5, -4)),
    }


def _batch(made, random):
    made.config["training"] = {"epochs": int(random.integers(6, 12)), "batch_size": 1024}


def _units(made, random):
    _layer(made, units=1)


def _steps(made, random):
    made.config["training"] = {"steps": int(random.integers(4, 10)), "batch_size": 16}


def _stopping(made, random):
    made.config["training"] |= {"early_stopping": {"patience": 1, "min_delta": 0.05}, "epochs": 200}


def _overfit(made, random):
    """A large network and a long training on few noisy rows."""
    _layer(made, units=96)
    made.config["training"] = {"epochs": 150, "batch_size": 16}


def _dropout(made, random):
    _layer(made, dropout=float(random.uniform(0.85, 0.95)))


def _decay(made, random):
    optimizer = made.config["optimizer"]
    made.config["optimizer"] = {**optimizer, "kind": "adamw", "weight_decay": float(random.uniform(5, 20))}


def _window(made, random):
    made.config["data"]["window"] = {"length": 2}


def _padding(made, random):
    """Sequences of different lengths, filled up with zero rows to one length."""
    ids, names = made.columns["id"], made.config["data"]["features"]
    count, time = int(ids.max()) + 1, int((ids == 0).sum())
    extra = time * 3
    length = random.integers(4, time, count)
    at = np.tile(np.arange(time + extra), count)
    columns = {"id": np.repeat(np.arange(count), time + extra), "t": at}
    target = made.config["data"]["target"][0]
    for name in (*names, target):
        values = made.columns[name].reshape(count, time)
        if name == target:
            columns[name] = np.repeat(values[:, 0], time + extra)
            continue
        full = np.zeros((count, time + extra))
        for one in range(count):
            full[one, : length[one]] = values[one, time - length[one] :]
        columns[name] = full.reshape(-1)
    made.columns = columns


def _imbalance(made, random):
    """All but a few are of one class, and nothing tells them well."""
    ids = made.columns["id"]
    count = int(ids.max()) + 1
    rare = random.random(count) < 0.06
    made.columns["alarm"] = rare[ids].astype(int)
    shift = 0.35 * rare[ids]
    made.columns["x0"] = made.columns["x0"] + shift


def _numbers(made, random):
    _, codes = np.unique(made.columns["label"], return_inverse=True)
    made.columns["label"] = np.array([1, 0, 2])[codes]  # in no order
    made.config["data"]["columns"] = {"label": "number"}


def _vanish(made, random):
    made.config["model"]["layers"] = [
        {"cell": "simple_rnn", "units": 32, "recurrent_initializer": {"kind": "orthogonal", "gain": 0.6}}
    ]


def _noise(made, random):
    made.columns["y"] = np.round(np.cumsum(random.normal(size=len(made.columns["y"]))), 4)
    made.config["data"]["difference"] = 1


FAULTS = (
    Fault("rate low", ("learning rate too low",), _rate(_low)),
    Fault("rate low sgd", ("learning rate too low",), _sgd_low),
    Fault("rate high", ("learning rate too high",), _rate(_high)),
    Fault("warm-up", ("warm-up too long",), _warmup),
    Fault("ends early", ("schedule ends early",), _ends_early),
    Fault(
        "inputs large",
        ("inputs unscaled",),
        _sizes(lambda r: 10.0 ** r.uniform(2, 4)),
        FEATURED,
    ),
    Fault(
        "inputs small",
        ("inputs unscaled",),
        _sizes(lambda r: 10.0 ** r.uniform(-5, -3.5)),
        FEATURED,
    ),
    Fault("inputs differ", ("inputs unscaled",), _differ, FEATURED),
    Fault("targets large", ("targets unscaled",), _targets(lambda r: 10.0 ** r.uniform(3, 5)), ("dose", "driven")),
    Fault("targets small", ("targets unscaled",), _targets(lambda r: 10.0 ** r.uniform(-6, -4.5)), ("dose", "driven")),
    Fault("constant", ("constant features",), _constant, ("sensor", "alarm", "dose"), mends=False),
    Fault("labels", ("labels are noise",), _labels, LABELLED, mends=False),
    Fault("shift sequences", ("targets shifted",), _shift_sequences, LABELLED, mends=False),
    Fault("shift rows", ("targets shifted",), _shift_rows, ("driven",), mends=False),
    Fault("order", ("time order shuffled", "labels are noise"), _order, ("sensor", "season"), mends=False),
    Fault("leak", ("leaking feature",), _leak, FEATURED, shows=False, key="data.features"),
    Fault("kernel zero", ("initial weights",), _initial(kernel_initializer="zeros", recurrent_initializer="zeros")),
    Fault(
        "kernel constant",
        ("initial weights",),
        _initial(
            kernel_initializer={"kind": "constant", "value": 0.3},
            recurrent_initializer={"kind": "constant", "value": 0.05},
        ),
    ),
    Fault("kernel large", ("initial weights", "saturated"), _large_kernel),
    Fault("radius large", ("initial weights", "exploding", "saturated"), _radius(lambda r: r.uniform(6, 15))),
    Fault("head relu", ("output out of range",), _headless("relu"), ("dose", "season", "driven")),
    Fault("head tanh", ("output out of range",), _headless("tanh"), ("dose", "season")),
    Fault("dead", ("dead units", "initial weights"), _dead),
    Fault(
        "exploding",
        ("exploding", "exploding activation", "clipping missing"),
        _exploding,
        ("dose", "alarm", "sensor", "wave", "season"),
    ),
    Fault("clip tight", ("clipping too tight",), _clip),
    Fault("batch large", ("batch too large", "too few steps"), _batch, ("sensor", "alarm", "dose", "driven", "season")),
    Fault("one unit", ("too few units",), _units, ("sensor", "driven", "season", "recall")),
    Fault("few steps", ("too few steps",), _steps),
    Fault("stopping", ("early stopping on noise",), _stopping, ("sensor", "dose", "driven", "season")),
    Fault("overfit", ("overfitting",), _overfit, ("dose", "season", "sensor"), factors={"size": 0.8, "noise": 3.0}),
    Fault("dropout", ("dropout too strong",), _dropout, ("sensor", "alarm", "dose", "driven", "season")),
    Fault("decay", ("weight decay too strong",), _decay),
    Fault("window", ("window too short",), _window, ("season",)),
    Fault("padding", ("padding not masked",), _padding, ("dose",), mends=False),
    Fault("imbalance", ("class imbalance",), _imbalance, ("alarm",), mends=False),
    Fault("class numbers", ("classes as numbers",), _numbers, ("sensor",), shows=False, key="data.columns.label"),
    Fault("vanishing", ("vanishing",), _vanish, ("recall",), factors={"length": 2.5}),
    Fault("random walk", ("noise floor",), _noise, ("season",), mends=False),
)
