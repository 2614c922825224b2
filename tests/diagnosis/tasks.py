"""Healthy configs: small tasks of all kinds that a network learns in a few hundred steps, each for any seed."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

CONFIGS = Path(__file__).parents[2] / "configs"


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


def _adam(rate=0.01, **more):
    return {"kind": "adam", "learning_rate": rate, "global_clipnorm": 1.0, **more}


def _long(values):
    """``[sequences, time, features]`` as columns of a long table."""
    count, time, features = values.shape
    columns = {"id": np.repeat(np.arange(count), time), "t": np.tile(np.arange(time), count)}
    return columns | {f"x{place}": np.round(values[:, :, place].reshape(-1), 5) for place in range(features)}


def sensor(seed, cell="gru"):
    """Three classes of oscillations, told by their frequency; four channels."""
    random = np.random.default_rng([seed, 1])
    count, time = 180, int(random.integers(18, 32))
    label = random.integers(0, 3, count)
    period = np.array([5.0, 8.0, 13.0])[label] * random.uniform(0.93, 1.07, count)
    phase, at = random.uniform(0, 2 * np.pi, (count, 1)), np.arange(time)
    clean = np.sin(2 * np.pi * at / period[:, None] + phase)
    mix = random.normal(size=4)
    values = clean[:, :, None] * mix + 0.35 * random.normal(size=(count, time, 4))
    scale, shift = random.uniform(0.6, 1.6, 4), random.normal(size=4) * 0.3
    columns = _long(values * scale + shift)
    columns["label"] = np.array(["low", "mid", "high"])[np.repeat(label, time)]
    data = {"kind": "csv", "task": "per_sequence", "series": "id", "time": "t", "target": ["label"]}
    data |= {"features": ["x0", "x1", "x2", "x3"], "columns": {"label": "category"}, "scale": "standard"}
    data["split"] = {"validation": 0.25, "test": 0.2, "shuffle": True}
    model = {"layers": [{"cell": cell, "units": 24}]}
    return Made(
        {
            "seed": seed,
            "data": data,
            "model": model,
            "optimizer": _adam(),
            "training": {"epochs": 30, "batch_size": 16},
        },
        columns,
    )


def alarm(seed, cell="lstm"):
    """Yes or no: whether the sum of a channel exceeds that of another."""
    random = np.random.default_rng([seed, 2])
    count, time = 240, int(random.integers(10, 20))
    values = random.normal(size=(count, time, 3))
    values[:, 1:] = 0.6 * values[:, :-1] + 0.8 * values[:, 1:]
    gap = (values[:, :, 0] - values[:, :, 1]).mean(axis=1)
    columns = _long(values)
    columns["alarm"] = np.repeat((gap + 0.1 * random.normal(size=count) > 0).astype(int), time)
    data = {"kind": "csv", "task": "per_sequence", "series": "id", "time": "t", "target": ["alarm"]}
    data |= {"features": ["x0", "x1", "x2"], "columns": {"alarm": "boolean"}, "scale": "standard"}
    data["split"] = {"validation": 0.25, "test": 0.2, "shuffle": True}
    model = {"layers": [{"cell": cell, "units": 16}]}
    return Made(
        {
            "seed": seed,
            "data": data,
            "model": model,
            "optimizer": _adam(),
            "training": {"epochs": 25, "batch_size": 16},
        },
        columns,
    )


def dose(seed, cell="gru"):
    """A number for each sequence: a decaying sum of one channel, gated by another."""
    random = np.random.default_rng([seed, 3])
    count, time = 240, int(random.integers(12, 24))
    values = random.normal(size=(count, time, 3))
    weights = 0.85 ** np.arange(time)[::-1]
    total = (values[:, :, 0] * weights).sum(axis=1) + 0.8 * np.maximum(values[:, -1, 1], 0)
    columns = _long(values)
    columns["y"] = np.repeat(np.round(total + 0.15 * random.normal(size=count), 4), time)
    data = {"kind": "csv", "task": "per_sequence", "series": "id", "time": "t", "target": ["y"]}
    data |= {"features": ["x0", "x1", "x2"], "scale": "standard"}
    data["split"] = {"validation": 0.25, "test": 0.2, "shuffle": True}
    model = {"layers": [{"cell": cell, "units": 24}]}
    return Made(
        {
            "seed": seed,
            "data": data,
            "model": model,
            "optimizer": _adam(),
            "training": {"epochs": 30, "batch_size": 16},
        },
        columns,
    )


def season(seed, cell="gru"):
    """A seasonal series with an autoregressive rest, one row ahead."""
    random = np.random.default_rng([seed, 4])
    rows, period = int(random.integers(420, 640)), int(random.integers(7, 15))
    rest, noise = np.zeros(rows), random.normal(size=rows)
    for row in range(1, rows):
        rest[row] = 0.7 * rest[row - 1] + 0.3 * noise[row]
    pattern = random.normal(size=period)
    values = 10 + 2.0 * pattern[np.arange(rows) % period] + rest
    columns = {"t": np.arange(rows), "y": np.round(values, 4)}
    data = {"kind": "csv", "time": "t", "target": ["y"], "window": {"length": period + 4}, "scale": "standard"}
    data["split"] = {"validation": 0.2, "test": 0.15}
    model = {"layers": [{"cell": cell, "units": 24}], "return_sequences": True}
    return Made(
        {
            "seed": seed,
            "data": data,
            "model": model,
            "optimizer": _adam(),
            "training": {"epochs": 30, "batch_size": 16},
        },
        columns,
    )


def driven(seed, cell="lstm"):
    """At every time step a filtered input: what a linear system answers."""
    random = np.random.default_rng([seed, 5])
    count, time = 60, int(random.integers(24, 44))
    values = random.normal(size=(count, time, 2))
    state, target = np.zeros(count), np.empty((count, time))
    for at in range(time):
        state = 0.8 * state + values[:, at, 0]
        target[:, at] = np.tanh(0.6 * state) + 0.4 * values[:, at, 1]
    columns = _long(values)
    columns["y"] = np.round(target + 0.05 * random.normal(size=target.shape), 4).reshape(-1)
    data = {"kind": "csv", "task": "per_step", "series": "id", "time": "t", "target": ["y"]}
    data |= {"features": ["x0", "x1"], "scale": "standard"}
    data["split"] = {"validation": 0.25, "test": 0.2, "shuffle": True}
    model = {"layers": [{"cell": cell, "units": 24}]}
    return Made(
        {"seed": seed, "data": data, "model": model, "optimizer": _adam(), "training": {"epochs": 40, "batch_size": 8}},
        columns,
    )


def wave(seed, cell="simple_rnn"):
    """A noisy sine of random phase, one row ahead."""
    random = np.random.default_rng([seed, 6])
    data = {"kind": "sine", "sequences": 300, "length": int(random.integers(16, 30))}
    data |= {
        "period": float(np.round(random.uniform(9, 16), 2)),
        "noise": 0.1,
        "split": {"validation": 0.2, "test": 0.1},
    }
    model = {"layers": [{"cell": cell, "units": 24}]}
    return Made(
        {
            "seed": seed,
            "data": data,
            "model": model,
            "optimizer": _adam(0.005),
            "training": {"epochs": 20, "batch_size": 16},
        }
    )


def recall(seed, cell="lstm"):
    """The adding problem, short."""
    random = np.random.default_rng([seed, 7])
    data = {
        "kind": "adding",
        "sequences": 1500,
        "length": int(random.integers(8, 12)),
        "split": {"validation": 0.1, "test": 0.1},
    }
    model = {"layers": [{"cell": cell, "units": 32}]}
    return Made(
        {"seed": seed, "data": data, "model": model, "optimizer": _adam(), "training": {"epochs": 14, "batch_size": 32}}
    )


def shipped(name, **changes):
    """A shipped config, shortened."""

    def make(seed, cell=None):
        import yaml

        config = yaml.safe_load((CONFIGS / f"{name}.yaml").read_text())
        config["seed"] = seed
        config["data"]["path"] = str((CONFIGS / config["data"]["path"]).resolve())
        config["training"] |= changes
        if cell is not None:
            config["model"]["layers"][0] = {"cell": cell, "units": 32}
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
CELLS = ("simple_rnn", "gru", "lstm")
