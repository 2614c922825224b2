"""A config that suits most data, to compare with: what a network can learn of it within a few hundred steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rnnctl.config import Config
from rnnctl.data import Dataset, Sequences

REFERENCE_RATE = 0.005
REFERENCE_UNITS = 32
HELD_OUT = 0.15
"""Share of the training sequences that is held out where a config holds out nothing."""


def reference_changes(config: Config) -> dict[str, Any]:
    """A GRU of 32 units with a dense head, Adam at 0.005 along half a cosine, clipped at 1, on scaled data."""
    layer: dict[str, Any] = {"cell": "gru", "units": REFERENCE_UNITS}
    if any(one.bidirectional for one in config.model.layers):
        layer["bidirectional"] = True
    changes: dict[str, Any] = {
        "model.layers": [layer],
        "model.head": "dense",
        "optimizer": {
            "kind": "adam",
            "learning_rate": {"kind": "cosine", "initial_learning_rate": REFERENCE_RATE, "warmup_steps": 10},
            "global_clipnorm": 1.0,
        },
        "training.truncate": None,
        "gradients.through_time": False,
    }
    table = config.data.table
    if table is not None and table.scale != "standard":
        changes["data.scale"] = "standard"
    return changes


def holds_out(dataset: Dataset) -> tuple[Dataset, str]:
    """The dataset with validation rows, and what was done for that; empty where it has some.

    Of forecasts the last windows are held out, those that overlap them left out; else sequences drawn evenly.
    """
    if dataset.validation is not None and len(dataset.validation):
        return dataset, ""
    train, count = dataset.train, len(dataset.train)
    if count < 8:
        return dataset, ""
    wanted = max(2, round(HELD_OUT * count))
    every = np.arange(count)
    if dataset.forecast or dataset.task.windowed:
        first = np.sort(train.starts)[count - wanted]
        held = train.starts >= first
        kept = train.starts + train.lengths + train.horizon <= first + train.lengths
        if kept.sum() < 4:
            return dataset, ""
    else:
        held = np.zeros(count, bool)
        held[np.random.default_rng(0).permutation(count)[:wanted]] = True
        kept = ~held
    words = f"{wanted} of {count} training sequences are held out for this, since the config holds out none"
    return replace(dataset, train=_some(train, every[kept]), validation=_some(train, every[held])), words


def _some(split: Sequences, chosen: np.ndarray[Any, Any]) -> Sequences:
    rows = None if split.target_rows is None else split.target_rows[chosen]
    return replace(split, starts=split.starts[chosen], lengths=split.lengths[chosen], target_rows=rows)
