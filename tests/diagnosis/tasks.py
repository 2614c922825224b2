"""Healthy configs: small tasks of all kinds that a network learns in a few hundred steps, each for any seed.

Every task takes three factors: ``size`` of how many sequences or rows there are to learn from, ``noise`` of the noise,
and ``length`` of the sequences. Tests are of ``HELD_OUT`` sequences, so that a score on them says something.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

CONFIGS = Path(__file__).parents[2] / "configs"
CELLS = ("simple_rnn", "gru", "lstm")
HELD_OUT = 200


@dataclass
class Made:
    """A config as plain values, and the table that its file is written from.

    Attributes:
        columns: By name, the file's columns; empty of data that is no file.
    """

    config: dict
    columns: dict = field(default_factory=dict)

    def copy(self):
        """A copy that can be changed."""
        return Made(copy.deepcopy(self.config), {name: np.array(value) for name, value in self.columns.items()})

    def write(self, folder):
        """Writes the file, and returns the config."""
        if not self.columns:
            return self.config
        path = Path(folder) / "data.csv"
        names = list(self.columns)
        with path.open("w") as file:
            file.write(",".join(names) + "\n")
            for row in zip(*self.columns.values(), strict=True):
                file.write(",".join(str(value) for value in row) + "\n")
        return {**self.config, "data": {**self.config["data"], "path": str(path)}}


def _config(seed, cell, data, *, units=24, epochs=30, batch=16, rate=0.01, stops=False):
    training = {"epochs": epochs, "batch_size": batch}
    if stops:  # what is few or noisy is learnt by heart in the end
        training["early_stopping"] = {"patience": 10}
    model = {"layers": [{"cell": cell, "units": units}]}
    optimizer = {"kind": "adam", "learning_rate": rate, "global_clipnorm": 1.0}
    return {"seed": seed, "data": data, "model": model, "optimizer": optimizer, "training": training}


def _counts(size, learning):
    """Sequences to learn from, a quarter of them for validation, and their split."""
    count = round(size * learning)
    return count + HELD_OUT, {"validation": count // 4, "test": HELD_OUT, "shuffle": True}


def _long(values):
    """``[sequences, time, features]`` as columns of a long table."""
    count, time, features = values.shape
    columns = {"id": np.repeat(np.arange(count), time), "t": np.tile(np.arange(time), count)}
    return columns | {f"x{place}": np.round(values[:, :, place].reshape(-1), 5) for place in range(features)}


def _file(task, target, features, split, **more):
    data = {"kind": "csv", "task": task, "series": "id", "time": "t", "target": [target], "scale": "standard"}
    return data | {"features": [f"x{place}" for place in range(features)], "split": split} | more


def sensor(seed, cell="gru", *, size=1.0, noise=1.0, length=1.0):
    """Three classes of oscillations, told by their frequency; four channels."""
    random = np.random.default_rng([seed, 1])
    count, split = _counts(size, 180)
    time = int(length * random.integers(18, 32))
    label = random.integers(0, 3, count)
    period = np.array([5.0, 8.0, 13.0])[label] * random.uniform(0.93, 1.07, count)
    phase, at = random.uniform(0, 2 * np.pi, (count, 1)), np.arange(time)
    clean = np.sin(2 * np.pi * at / period[:, None] + phase)
    mix = random.normal(size=4)
    values = clean[:, :, None] * mix + 0.35 * noise * random.normal(size=(count, time, 4))
    scale, shift = random.uniform(0.6, 1.6, 4), random.normal(size=4) * 0.3
    columns = _long(values * scale + shift)
    columns["label"] = np.array(["low", "mid", "high"])[np.repeat(label, time)]
    data = _file("per_sequence", "label", 4, split, columns={"label": "category"})
    return Made(_config(seed, cell, data, stops=size < 1 or noise > 1), columns)


def alarm(seed, cell="lstm", *, size=1.0, noise=1.0, length=1.0):
    """Yes or no: whether the sum of a channel exceeds that of another."""
    random = np.random.default_rng([seed, 2])
    count, split = _counts(size, 480)
    time = int(length * random.integers(10, 20))
    values = random.normal(size=(count, time, 3))
    values[:, 1:] = 0.6 * values[:, :-1] + 0.8 * values[:, 1:]
    gap = (values[:, :, 0] - values[:, :, 1]).mean(axis=1)
    columns = _long(values)
    columns["alarm"] = np.repeat((gap + 0.1 * noise * random.normal(size=count) > 0).astype(int), time)
    data = _file("per_sequence", "alarm", 3, split, columns={"alarm": "boolean"})
    return Made(_config(seed, cell, data, units=12, epochs=12, stops=size < 1 or noise > 1), columns)


def dose(seed, cell="gru", *, size=1.0, noise=1.0, length=1.0):
    """A number for each sequence: a decaying sum of one channel, gated by another."""
    random = np.random.default_rng([seed, 3])
    count, split = _counts(size, 360)
    time = int(length * random.integers(12, 24))
    values = random.normal(size=(count, time, 3))
    weights = 0.85 ** np.arange(time)[::-1]
    total = (values[:, :, 0] * weights).sum(axis=1) + 0.8 * np.maximum(values[:, -1, 1], 0)
    columns = _long(values)
    columns["y"] = np.repeat(np.round(total + 0.15 * noise * random.normal(size=count), 4), time)
    data = _file("per_sequence", "y", 3, split)
    return Made(_config(seed, cell, data, epochs=20, stops=size < 1 or noise > 1), columns)


def season(seed, cell="gru", *, size=1.0, noise=1.0, length=1.0):
    """A seasonal series with an autoregressive rest, one row ahead."""
    random = np.random.default_rng([seed, 4])
    rows, period = int(size * random.integers(420, 640)), int(length * random.integers(7, 15))
    rows += HELD_OUT
    rest, drawn = np.zeros(rows), random.normal(size=rows)
    for row in range(1, rows):
        rest[row] = 0.7 * rest[row - 1] + 0.3 * noise * drawn[row]
    pattern = random.normal(size=period)
    values = 10 + 2.0 * pattern[np.arange(rows) % period] + rest
    columns = {"t": np.arange(rows), "y": np.round(values, 4)}
    data = {"kind": "csv", "time": "t", "target": ["y"], "window": {"length": period + 4}, "scale": "standard"}
    data["split"] = {"validation": (rows - HELD_OUT) // 5, "test": HELD_OUT}
    config = _config(seed, cell, data, stops=size < 1 or noise > 1)
    config["model"]["return_sequences"] = True
    return Made(config, columns)


def driven(seed, cell="lstm", *, size=1.0, noise=1.0, length=1.0):
    """At every time step a filtered input: what a linear system answers."""
    random = np.random.default_rng([seed, 5])
    count, split = _counts(size, 60)
    time = int(length * random.integers(24, 44))
    values = random.normal(size=(count, time, 2))
    state, target = np.zeros(count), np.empty((count, time))
    for at in range(time):
        state = 0.8 * state + values[:, at, 0]
        target[:, at] = np.tanh(0.6 * state) + 0.4 * values[:, at, 1]
    columns = _long(values)
    columns["y"] = np.round(target + 0.05 * noise * random.normal(size=target.shape), 4).reshape(-1)
    data = _file("per_step", "y", 2, split)
    return Made(_config(seed, cell, data, epochs=40, batch=8, stops=size < 1 or noise > 1), columns)


def wave(seed, cell="simple_rnn", *, size=1.0, noise=1.0, length=1.0):
    """A noisy sine of random phase, one row ahead."""
    random = np.random.default_rng([seed, 6])
    count = round(300 * size)
    data = {"kind": "sine", "sequences": count + HELD_OUT, "length": int(length * random.integers(16, 30))}
    data |= {"period": float(np.round(random.uniform(9, 16), 2)), "noise": 0.1 * noise}
    data["split"] = {"validation": count // 5, "test": HELD_OUT}
    return Made(_config(seed, cell, data, epochs=20, rate=0.005, stops=size < 1 or noise > 1))


def recall(seed, cell="lstm", *, size=1.0, noise=1.0, length=1.0):
    """The adding problem, short; longer sequences take longer to learn. It has no noise."""
    random = np.random.default_rng([seed, 7])
    count = round(1500 * size)
    data = {"kind": "adding", "sequences": count + HELD_OUT, "length": int(length * random.integers(8, 12))}
    data["split"] = {"validation": count // 10, "test": HELD_OUT}
    return Made(_config(seed, cell, data, units=32, epochs=round(14 * max(1.0, length)), batch=32))


def shipped(name, *, sequences=None, **training):
    """A shipped config, shortened; it has its own cell and data, whatever factors are asked for."""

    def make(seed, cell=None, **factors):
        config = yaml.safe_load((CONFIGS / f"{name}.yaml").read_text(encoding="utf-8"))
        config["seed"] = seed
        if "path" in config["data"]:
            config["data"]["path"] = str((CONFIGS / config["data"]["path"]).resolve())
        if sequences is not None:
            config["data"]["sequences"] = sequences
        config["training"] |= training
        return Made(config)

    return make


TASKS = {
    "sensor": sensor,
    "alarm": alarm,
    "dose": dose,
    "season": season,
    "driven": driven,
    "wave": wave,
    "recall": recall,
}
SHIPPED = {
    "sunspots": shipped("sunspots", epochs=60),
    "co2": shipped("co2", epochs=5),
    "vowels": shipped("vowels", epochs=30),
    "digits": shipped("digits", epochs=10),
    "gru": shipped("gru"),
    "adding": shipped("adding", sequences=4000),
}
SUFFICES = ("dose", "season", "driven", "wave")
"""Tasks that a SimpleRNN learns as well."""


def cells_of(task):
    """The cells that learn a task."""
    return CELLS if task in SUFFICES else CELLS[1:]


def slower(made):
    """A quarter of the learning rate, three times as long."""
    made.config["optimizer"]["learning_rate"] /= 4
    made.config["training"]["epochs"] *= 3


VARIANTS = {
    "plain": {},
    "small": {"size": 0.5},
    "noisy": {"noise": 3.0},
    "long": {"length": 2.5},
    "slow": {},
}
"""Of the healthy: factors of their tasks."""
