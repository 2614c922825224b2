"""What there is to learn, by ridge regression on what a sequence shows: a lower bound that needs no training.

The features of a time step are its own values, those of some steps before, running means of values and of products of
two values, and the states of two random recurrent networks (echo state networks: Jaeger 2001, GMD report 148).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.data import Dataset, Sequences
from rnnctl.diagnosis.skill import skill_of
from rnnctl.scoring.class_predictions import Classified
from rnnctl.scoring.scores import score

Numbers = npt.NDArray[np.float64]

_MOST_SEQUENCES = 1200
_MOST_ENTRIES = 3000
_MOST_COLUMNS = 64
_MOST_VALUES = 4_000_000
_MOST_STEPS = 12_000
_LAGS = 24
_MOST_LAGGED = 160
_PRODUCTS_OF = 6
_PRODUCT_LAGS = 6
_UNITS = 40
_MOST_CLASSES = 20
_RIDGES = (1e-3, 1e-1, 1e1, 1e3)
_SEED = 20


@dataclass(frozen=True, eq=False)
class Sample:
    """Some sequences of a split, and the time steps of them that are predicted at.

    Attributes:
        part: The sequences.
        inputs: ``[sequences, time, columns]``, tokens one-hot; zero where there is no data.
        sequence: ``[entries]``, which sequence an entry is of.
        step: ``[entries]``, its time step.
        targets: ``[entries, outputs]``; of tokens one-hot.
    """

    part: Sequences
    inputs: Numbers
    sequence: npt.NDArray[np.int64]
    step: npt.NDArray[np.int64]
    targets: Numbers


def can_probe(dataset: Dataset) -> bool:
    """Whether the probe fits the data: few columns and classes, and no text to go on with."""
    columns = _columns(dataset)
    outputs = len(dataset.classes) or dataset.train.outputs
    return columns <= _MOST_COLUMNS and outputs <= _MOST_COLUMNS and not dataset.task.continues


def _columns(dataset: Dataset) -> int:
    """Columns of a time step, tokens one-hot."""
    return sum(max(1, len(column.tokens)) for column in dataset.inputs)


def sample(dataset: Dataset, split: Sequences, most: int = _MOST_SEQUENCES) -> Sample:
    """Takes evenly chosen sequences of a split."""
    most = max(2, min(most, _MOST_VALUES // max(1, split.length * _columns(dataset))))
    if split.per_step:
        most = max(2, min(most, _MOST_STEPS // max(1, split.length)))
    chosen = np.unique(np.linspace(0, len(split) - 1, min(most, len(split))).astype(np.int64))
    rows = None if split.target_rows is None else split.target_rows[chosen]
    part = replace(split, starts=split.starts[chosen], lengths=split.lengths[chosen], target_rows=rows)
    batch = part.gather(np.arange(len(part)), part.length)
    inputs = _one_hot(dataset, batch.inputs.astype(np.float64))
    mask = np.ones(inputs.shape[:2], bool) if batch.mask is None else batch.mask
    inputs[~mask] = 0
    inputs = np.nan_to_num(inputs, nan=0.0, posinf=0.0, neginf=0.0)
    if part.per_step:
        sequence, step = part.each_step()
        targets = batch.targets[sequence, step]
    else:
        sequence, step = np.arange(len(part)), part.lengths - 1
        targets = batch.targets
    return Sample(part, inputs, sequence, step, _target_numbers(dataset, targets))


def _one_hot(dataset: Dataset, values: Numbers) -> Numbers:
    if not any(column.tokens for column in dataset.inputs):
        return values
    parts = []
    for place, column in enumerate(dataset.inputs):
        one = values[:, :, place]
        parts.append(np.eye(len(column.tokens))[one.astype(np.int64)] if column.tokens else one[:, :, None])
    return np.concatenate(parts, axis=2)


def _target_numbers(dataset: Dataset, targets: npt.NDArray[Any]) -> Numbers:
    values = np.asarray(targets, np.float64)
    if dataset.target_kind != "category":
        return values
    known = np.isfinite(values[:, 0])
    found = np.full((len(values), len(dataset.classes)), np.nan)
    found[known] = np.eye(len(dataset.classes))[values[known, 0].astype(np.int64)]
    return found


def features(inputs: Numbers, sequence: npt.NDArray[np.int64], step: npt.NDArray[np.int64]) -> Numbers:
    """``[entries, features]``: what a sequence shows up to a time step."""
    _, time, columns = inputs.shape
    parts = [inputs[sequence, step]]
    lags = range(1, min(time, _LAGS, 1 + _MOST_LAGGED // max(1, columns)))
    parts += [np.where((step >= lag)[:, None], inputs[sequence, np.maximum(step - lag, 0)], 0.0) for lag in lags]
    parts.append(inputs[sequence, 0])
    count = np.arange(1, time + 1)[None, :, None]
    parts.append((np.cumsum(inputs, axis=1) / count)[sequence, step])
    if columns <= _PRODUCTS_OF:
        pairs = list(combinations_with_replacement(range(columns), 2))
        products = np.stack([inputs[:, :, one] * inputs[:, :, other] for one, other in pairs], axis=2)
        parts.append((np.cumsum(products, axis=1) / count)[sequence, step])
        # Autocovariances: how fast a column oscillates.
        for lag in range(1, min(_PRODUCT_LAGS, time - 1) + 1):
            later = np.zeros_like(inputs)
            later[:, lag:] = inputs[:, lag:] * inputs[:, :-lag]
            parts.append((np.cumsum(later, axis=1) / count)[sequence, step])
    random = np.random.default_rng(_SEED)
    for leak in (1.0, 0.1):
        parts.append(_reservoir(inputs, leak, random)[sequence, step])
    return np.concatenate(parts, axis=1)


def _reservoir(inputs: Numbers, leak: float, random: np.random.Generator) -> Numbers:
    """``[sequences, time, units]``: states of a random recurrent network of spectral radius 0.9."""
    count, time, columns = inputs.shape
    kernel = random.normal(size=(columns, _UNITS)) / np.sqrt(columns)
    recurrent = random.normal(size=(_UNITS, _UNITS))
    recurrent *= 0.9 / np.abs(np.linalg.eigvals(recurrent)).max()
    bias = random.uniform(-0.3, 0.3, _UNITS)
    spread = inputs.std() or 1.0
    state, states = np.zeros((count, _UNITS)), np.empty((count, time, _UNITS), np.float32)
    for at in range(time):
        new = np.tanh(inputs[:, at] / spread @ kernel + state @ recurrent + bias)
        state = (1 - leak) * state + leak * new
        states[:, at] = state
    return states.astype(np.float64)


def fitted(train: Numbers, targets: Numbers, others: Numbers) -> Numbers:
    """``[others, outputs]``: ridge regression, its strength chosen by leave-one-out errors of the training rows."""
    mean, spread = train.mean(axis=0), train.std(axis=0)
    keep = spread > 1e-9 * max(1.0, float(spread.max(initial=0.0)))
    one = (train[:, keep] - mean[keep]) / spread[keep]
    other = np.clip((others[:, keep] - mean[keep]) / spread[keep], -6, 6)
    center = targets.mean(axis=0)
    goal = targets - center
    u, s, vt = np.linalg.svd(one, full_matrices=False)
    projected = u.T @ goal
    best, found = np.inf, np.zeros((s.size, goal.shape[1]))
    for ridge in _RIDGES:
        shrink = s**2 / (s**2 + ridge * len(one) / max(1, s.size) * 1e-1)
        left = 1 - (u**2) @ shrink - 1 / len(one)
        error = float(np.mean(((goal - u @ (shrink[:, None] * projected)) / np.maximum(left, 1e-8)[:, None]) ** 2))
        if error < best:
            best, found = error, (shrink / np.maximum(s, 1e-12))[:, None] * projected
    return np.asarray(other @ (vt.T @ found) + center)


@dataclass(frozen=True, eq=False)
class Probe:
    """A dataset's samples with their features.

    Attributes:
        train: Sequences to fit on.
        held: Sequences of the validation split.
    """

    dataset: Dataset
    train: Sample
    held: Sample

    @classmethod
    def of(cls, dataset: Dataset) -> Probe | None:
        """The probe of a dataset; None where it does not fit the data, or nothing is held out."""
        if dataset.validation is None or not can_probe(dataset) or len(dataset.train) < 8:
            return None
        return cls(dataset, sample(dataset, dataset.train), sample(dataset, dataset.validation))

    def _entries(self, of: Sample, within: int | None) -> Numbers:
        if within is None:
            return self.train_features if of is self.train else self.held_features
        inputs = of.inputs
        if not of.part.per_step:
            inputs = inputs.copy()
            back = (of.part.lengths - 1)[:, None] - np.arange(inputs.shape[1])
            inputs[back >= within] = 0
        return features(inputs, of.sequence, of.step)

    def _fit(self, within: int | None = None) -> Numbers:
        """``[entries of held, outputs]``."""
        known = np.flatnonzero(np.isfinite(self.train.targets).all(axis=1))
        if len(known) > _MOST_ENTRIES:
            known = known[np.linspace(0, len(known) - 1, _MOST_ENTRIES).astype(np.int64)]
        return fitted(
            self._entries(self.train, within)[known], self.train.targets[known], self._entries(self.held, within)
        )

    def skill(self, within: int | None = None) -> float | None:
        """On the validation sample.

        Args:
            within: Time steps from the end that are seen; None for all.
        """
        held, said = self.held, self._fit(within)
        part = held.part
        if self.dataset.target_kind == "category":
            shape = (len(part), part.length) if part.per_step else (len(part),)
            predicted = np.zeros(shape, np.int32)
            place = (held.sequence, held.step) if part.per_step else (held.sequence,)
            predicted[place] = said.argmax(axis=1)
            return skill_of(score(Classified(predicted), self.dataset, part, self.dataset), accuracy=True)
        if self.dataset.target_kind == "boolean":
            said = np.clip(said, 0.0, 1.0)
        quantiles = max(1, len(self.dataset.quantiles))
        said = np.tile(said, quantiles)
        if part.per_step:
            outputs = np.zeros((len(part), part.length, said.shape[1]))
            outputs[held.sequence, held.step] = said
            return skill_of(score(outputs, self.dataset, part, self.dataset))
        return skill_of(score(said, self.dataset, part, self.dataset))

    def as_classes(self) -> tuple[float, float] | None:
        """Held-out accuracy of the probe for a target of a few whole numbers: told as classes, and as a rounded number.

        None where the target is no such one, or a later value of a series.
        """
        dataset, train, held = self.dataset, self.train.targets, self.held.targets
        if dataset.target_kind != "number" or dataset.own is None or dataset.forecast or train.shape[1] != 1:
            return None
        own = dataset.own[np.isfinite(dataset.own)]
        distinct = np.unique(own)
        if not 2 <= len(distinct) <= _MOST_CLASSES or bool(np.any(distinct != np.round(distinct))):
            return None
        levels = np.unique(train[np.isfinite(train)])
        known, there = np.isfinite(train[:, 0]), np.isfinite(held[:, 0])
        if not 2 <= len(levels) <= _MOST_CLASSES or known.sum() < 5 * len(levels) or there.sum() < 10:
            return None
        rows = np.flatnonzero(known)
        rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_ENTRIES)).astype(np.int64)]
        codes = np.abs(train[rows] - levels).argmin(axis=1)
        said = fitted(
            self.train_features[rows], np.c_[train[rows], np.eye(len(levels))[codes]], self.held_features[there]
        )
        truth = np.abs(held[there] - levels).argmin(axis=1)
        as_number = np.abs(said[:, :1] - levels).argmin(axis=1)
        return float((said[:, 1:].argmax(axis=1) == truth).mean()), float((as_number == truth).mean())

    def explained(self, shift: int) -> float:
        """Share of the held-out targets' variance that is explained, targets moved by so many sequences or steps."""
        return self._explained(*(self._moved(one, shift) for one in (self.train, self.held)))

    def _explained(self, train: Numbers, held: Numbers) -> float:
        known, there = np.isfinite(train).all(axis=1), np.isfinite(held).all(axis=1)
        if known.sum() < 20 or there.sum() < 10:
            return 0.0
        rows = np.flatnonzero(known)
        rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_ENTRIES)).astype(np.int64)]
        said = fitted(self.train_features[rows], train[rows], self.held_features[there])
        left = float(np.square(said - held[there]).sum())
        whole = float(np.square(held[there] - train[rows].mean(axis=0)).sum())
        return 1 - left / whole if whole > 0 else 0.0

    @cached_property
    def train_features(self) -> Numbers:
        """``[entries, features]`` of the training sample."""
        return features(self.train.inputs, self.train.sequence, self.train.step)

    @cached_property
    def held_features(self) -> Numbers:
        """``[entries, features]`` of the validation sample."""
        return features(self.held.inputs, self.held.sequence, self.held.step)

    def _moved(self, of: Sample, shift: int) -> Numbers:
        """The targets of the entries, each that of the one ``shift`` later: NaN beyond a sequence's ends."""
        moved = np.full_like(of.targets, np.nan)
        if of.part.target_rows is not None:  # neighbours in the file, whichever split they are in, but the test's
            every, seen = self._target_rows
            place = np.searchsorted(every, of.part.target_rows) + shift
            there = (place >= 0) & (place < len(every))
            rows = every[np.clip(place, 0, len(every) - 1)]
            there &= np.isin(rows, seen)
            moved[there] = _target_numbers(self.dataset, of.part.targets[rows[there]])
            return moved
        count = len(moved)
        index = np.arange(count) + shift
        inside = (index >= 0) & (index < count)
        if of.part.per_step:
            inside[inside] &= of.sequence[index[inside]] == of.sequence[inside]
        moved[inside] = of.targets[index[inside]]
        return moved

    @cached_property
    def _target_rows(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Rows of all sequences' targets in the order of the file, and those that are trained on or validated with."""

        def rows(splits: Mapping[str, Sequences]) -> npt.NDArray[np.int64]:
            return np.unique(
                np.concatenate([one.target_rows for one in splits.values() if one.target_rows is not None])
            )

        splits = self.dataset.splits
        return rows(splits), rows({name: one for name, one in splits.items() if name != "test"})

    def shifts(self) -> Mapping[str, float]:
        """By how far targets are moved, ``-2`` to ``2``, what is explained; empty of forecasts, whose past is known."""
        if self.dataset.train.horizon:
            return {}
        return {f"{shift:+d}" if shift else "0": self.explained(shift) for shift in (-2, -1, 0, 1, 2)}

    def order(self) -> float | None:
        """Largest autocorrelation over one time step of the columns of numbers, within sequences; None of tokens."""
        inputs, part = self.train.inputs, self.train.part
        if any(column.tokens for column in self.dataset.inputs) or part.length < 4:
            return None
        there = np.arange(part.length)[None, :] < part.lengths[:, None]
        both = there[:, 1:]
        found = []
        for column in range(inputs.shape[2]):
            one = inputs[:, :, column]
            mean = (one * there).sum(axis=1, keepdims=True) / part.lengths[:, None]
            left = np.where(there, one - mean, 0.0)
            power = float(np.square(left).sum())
            if power > 0:
                # Around the mean of T independent values it is about −1 / T.
                bias = float((1.0 / part.lengths).mean())
                found.append(abs(float((left[:, 1:] * left[:, :-1] * both).sum()) / power + bias))
        return max(found, default=None)

    def together(self) -> float:
        """Largest correlation of two columns of numbers at the same time step; 0 of tokens, and of one column."""
        inputs, part = self.train.inputs, self.train.part
        if any(column.tokens for column in self.dataset.inputs) or inputs.shape[2] < 2:
            return 0.0
        values = inputs[np.arange(part.length)[None, :] < part.lengths[:, None]]
        values = values[:, values.std(axis=0) > 0]
        if values.shape[1] < 2:
            return 0.0
        correlation = np.abs(np.corrcoef(values.T))
        np.fill_diagonal(correlation, 0.0)
        return float(correlation.max())
