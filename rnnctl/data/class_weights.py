"""Weights of classes in the training loss (``training.class_weights``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Floats, Numbers
from rnnctl.errors import ConfigError, Fault
from rnnctl.tables.cells import NO, YES
from rnnctl.util.format import cut, first_few, short
from rnnctl.util.suggest import nearest

KEY = "training.class_weights"

_SHOWN, _NAMED, _WIDTH = 20, 6, 20
"""Most labels that a fault lists, most classes whose weights are told, and characters of their names."""


def class_weights(dataset: Dataset, asked: Literal["balanced"] | Mapping[str, float] | None, name: str) -> Numbers:
    """The weight of each class in the training loss, ``[targets, classes]``.

    ``balanced`` gives n / (k · n_c) to a class of n_c of a target's n training rows that hold k classes, as
    scikit-learn's ``compute_class_weight`` does; a class of no training row has 1.

    Args:
        asked: What the config asks for; None gives every class 1.
        name: The config's name, for messages.

    Raises:
        ConfigError: A label is no class, or two are the same one.
    """
    if asked == "balanced":
        columns = dataset.train.aimed_targets().T
        return np.stack([_balanced(column, len(dataset.class_names)) for column in columns])
    places: dict[int, str] = {}
    faults = []
    weights = np.ones((len(dataset.target_names), len(dataset.class_names)))
    for label, weight in (asked or {}).items():
        place = _place(dataset, label)
        if place is None or place in places:
            message = _unknown(dataset, label) if place is None else f"is the class of {places[place]!r} too; keep one"
            faults.append(Fault(name, None, None, f"{KEY}.{label}", message))
        else:
            places[place], weights[:, place] = label, weight
    if faults:
        raise ConfigError(faults)
    return weights


def described(dataset: Dataset, weights: Numbers) -> str:
    """The weights as a sentence; what is not named has 1."""
    every = []
    for target, row in zip(dataset.target_names, weights, strict=True):
        names = dataset.spelling(target) if dataset.target_kind == "boolean" else dataset.classes
        heaviest = sorted(zip(row.tolist(), names, strict=True), key=lambda one: -one[0])
        named = [f"{cut(repr(name), _WIDTH)} × {short(weight)}" for weight, name in heaviest if weight != 1]
        text = first_few(named, _NAMED) or "all classes × 1"
        every.append(text if len(weights) == 1 else f"of {target!r} {text}")
    return f"training.class_weights: {'; '.join(every)} in the training loss; validation and metrics count all alike"


def weights_of(targets: Numbers, weights: Numbers) -> Numbers:
    """The weight of each of ``targets […, outputs]``, of which none is missing.

    Args:
        weights: From `class_weights`; the outputs are the targets, time after time.
    """
    outputs = np.arange(targets.shape[-1]) % len(weights)
    return np.asarray(weights[outputs, targets.astype(np.int64)])


def _balanced(codes: Floats, classes: int) -> Numbers:
    counts = np.bincount(codes[np.isfinite(codes)].astype(np.int64), minlength=classes)
    there = counts > 0
    return np.where(there, counts.sum() / (max(1, there.sum()) * np.maximum(counts, 1)), 1.0)


def _place(dataset: Dataset, label: str) -> int | None:
    """The code of a class: by its name as the file spells it, or of yes and no by any word for these."""
    if dataset.target_kind != "boolean":
        return dataset.classes.index(label) if label in dataset.classes else None
    word = label.strip().lower()
    return next((place for place, words in enumerate((NO, YES)) if word in words), None)


def _unknown(dataset: Dataset, label: str) -> str:
    names: Sequence[str] = dataset.class_names
    near = nearest(label, names)
    hint = f"; did you mean {near!r}?" if near else "; correct the label, or remove it"
    column = dataset.target_names[0]
    return f"no training row has this label in {column!r}; labels: {first_few(map(repr, names), _SHOWN)}{hint}"
