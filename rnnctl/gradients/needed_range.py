"""How far back what the targets follow from lies: ridge regression on the last time steps, from few to all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from rnnctl.config.schema import Config
from rnnctl.data import Dataset, Sequences
from rnnctl.results import RangeFindings

Numbers = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEWEST, MOST = 60, 400
"""Targets that a regression is fitted to: fewer tell nothing, more cost time."""

BLOCKS = 5
"""Stretches of the targets, each predicted from the others."""

RIDGES = (1e-3, 3e-2, 1.0)
"""Ridge penalties, as a share of the mean feature's variance; the best of them counts."""

MOST_WIDTH = 64
"""Most columns (of tokens: one for each) and outputs."""

PRODUCTS_OF = 6
"""Most columns whose products, two of one time step each, are features too."""

SAME = 0.9
"""Share of what all time steps explain from which on fewer explain as much."""

LEAST = 0.1
"""Share of the targets' variance below which nothing is explained."""


def range_findings(config: Config, dataset: Dataset | None, reach: int, time_steps: int) -> RangeFindings:
    """A reach beside what is wanted, and what the task needs.

    Args:
        dataset: Asked how far back the task needs the gradient; None asks nothing.
        reach: Time steps back that the gradient comes.
        time_steps: All there are.
    """
    found = RangeFindings(reach, time_steps, math.ceil(config.gradients.thresholds.reach * time_steps))
    both_ends = any(layer.bidirectional for layer in config.model.layers)
    explained = {} if dataset is None else explained_by_range(dataset, reach, both_ends=both_ends)
    best = max(explained.values(), default=0.0)
    if best < LEAST:
        return found
    needed = min(count for count, share in explained.items() if share >= SAME * best)
    within = max(share for count, share in explained.items() if count <= reach)
    return replace(found, needed_steps=needed, explained_within=within, explained=best)


def explained_by_range(dataset: Dataset, reach: int, *, both_ends: bool = False) -> dict[int, float]:
    """Share of the training targets' variance that the last time steps explain, by how many these are.

    Each fifth of up to 400 targets is predicted by ridge regression on the others, from the values of the time steps
    and from products of two of them. The numbers of time steps are the powers of two, ``reach`` and all.

    Args:
        dataset: Its training split is looked at.
        reach: A number of time steps that is wanted.
        both_ends: Whether as many time steps from the other side are seen too, as by a bidirectional network.

    Returns:
        Nothing where the targets are too few, the columns too many, or the answer is text that goes on.
    """
    train = dataset.train
    if _width(dataset) > MOST_WIDTH or dataset.task.continues:
        return {}
    sequence, step, targets = _targets(dataset)
    if len(sequence) < FEWEST:
        return {}
    found: dict[int, float] = {}
    time = int(train.lengths[sequence].max())
    counts = sorted({*(2**power for power in range(time.bit_length())), reach, time})
    counts = [count for count in counts if count <= time]
    kernel, width, done = np.zeros((len(targets), len(targets))), 0, 0
    for count in counts:
        for back in range(done, count):
            for at in _seen(train, sequence, step, back, both_ends=both_ends):
                features = _features(dataset, sequence, at)
                kernel += features @ features.T
                width += features.shape[1]
        done = count
        found[count] = _explained(kernel / max(width, 1), targets)
    return found


def _width(dataset: Dataset) -> int:
    columns = sum(max(1, len(column.tokens)) for column in dataset.inputs)
    return max(columns, len(dataset.classes), dataset.train.outputs)


def _targets(dataset: Dataset) -> tuple[Ints, Ints, Numbers]:
    """Some targets, evenly over all, with their sequence and time step; of classes one-hot.

    Where every time step has one, those of the later half of a sequence count: those before have seen little.
    """
    train = dataset.train
    sequence = np.unique(np.linspace(0, len(train) - 1, min(MOST, len(train))).astype(np.int64))
    lengths = train.lengths[sequence]
    if train.per_step:
        each = -(-MOST // max(1, len(sequence)))
        back = lengths[:, None] // 2 * np.arange(each) // each
        pairs = np.stack([np.repeat(sequence, each), (lengths[:, None] - 1 - back).ravel()])
        sequence, step = np.unique(pairs, axis=1)
        targets = train.targets_at(train.starts[sequence] + step)
    else:
        step = lengths - 1
        targets = train.targets_of(sequence)
    known = np.isfinite(targets).all(axis=1)
    values = targets[known].astype(np.float64)
    if dataset.target_kind == "category":
        values = np.eye(len(dataset.classes))[values[:, 0].astype(np.int64)]
    return sequence[known], step[known], values


def _seen(train: Sequences, sequence: Ints, step: Ints, back: int, *, both_ends: bool) -> Iterator[Ints]:
    """The time steps ``back`` before the target's, and on the other side; −1 where there is none."""
    yield np.maximum(step - back, -1)
    if both_ends and (back or not train.per_step):
        other = step + back if train.per_step else np.full_like(step, back)
        yield np.where(other < train.lengths[sequence], other, -1)


def _features(dataset: Dataset, sequence: Ints, at: Ints) -> Numbers:
    """``[targets, features]``, of mean 0 and deviation 1: what one time step of each sequence shows."""
    train = dataset.train
    rows = train.values[train.starts[sequence] + np.maximum(at, 0)].astype(np.float64)
    rows[at < 0] = 0
    parts = [
        np.eye(len(column.tokens))[rows[:, place].astype(np.int64)] if column.tokens else rows[:, place, None]
        for place, column in enumerate(dataset.inputs)
    ]
    values = np.nan_to_num(np.concatenate(parts, axis=1), posinf=0.0, neginf=0.0)
    if values.shape[1] <= PRODUCTS_OF:
        one, other = np.triu_indices(values.shape[1])
        values = np.concatenate([values, values[:, one] * values[:, other]], axis=1)
    spread = values.std(axis=0)
    still = spread <= 1e-9 * max(1.0, float(spread.max(initial=0.0)))
    return np.asarray((values - values.mean(axis=0)) / np.where(still, np.inf, spread))


def _explained(kernel: Numbers, targets: Numbers) -> float:
    """Share of the targets' variance that is explained where each block is predicted from the others."""
    block = np.arange(len(targets)) * BLOCKS // len(targets)
    left, whole = np.zeros(len(RIDGES)), 0.0
    for number in range(BLOCKS):
        seen, held = np.flatnonzero(block != number), np.flatnonzero(block == number)
        mean = targets[seen].mean(axis=0)
        among, across, goal = kernel[np.ix_(seen, seen)], kernel[np.ix_(held, seen)], targets[seen] - mean
        for place, ridge in enumerate(RIDGES):
            said = across @ np.linalg.solve(among + ridge * np.eye(len(seen)), goal) + mean
            left[place] += np.square(targets[held] - said).sum()
        whole += float(np.square(targets[held] - mean).sum())
    return max(0.0, 1.0 - float(left.min()) / whole) if whole > 0 else 0.0
