"""Faults of the training split, scaled as for the network, that spoil gradients: not finite, constant, unscaled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.cells import CELLS
from rnnctl.config.model import Model
from rnnctl.data import Dataset
from rnnctl.data.sequences import covered
from rnnctl.results import ColumnFindings, DataFindings

Floats = npt.NDArray[np.float32]


def examine_data(dataset: Dataset, model: Model) -> DataFindings:
    """Examines every row that the training split uses."""
    train = dataset.train
    targets = train.aimed_targets()
    inputs: Floats = train.values[covered(len(train.values), train.starts, train.last_rows() + 1)]
    tokens = [len(column.tokens) for column in dataset.inputs]
    columns = [
        _column(name, "feature", values, count)
        for (name, values), count in zip(_named(dataset.feature_names, inputs), tokens, strict=True)
    ]
    classes = len(dataset.classes)
    for name, values in _named(dataset.target_names, targets):
        known = values if train.valid is None else values[~np.isnan(values)]
        columns.append(_column(name, "target", known, classes))
    bounds = output_range(model)
    return DataFindings(len(train), tuple(columns), bounds, *_outside(targets, bounds))


def output_range(model: Model) -> tuple[float, float] | None:
    """Smallest and largest value that a model can put out, an end infinite where there is none.

    None where both are: a dense head, or an unbounded activation.
    """
    if model.head != "none":
        return None
    last = model.layers[-1]
    low, high = CELLS[last.cell].mathematics.output_range(last)
    return None if np.isinf(low) and np.isinf(high) else (low, high)


def _named(names: tuple[str, ...], values: Floats) -> list[tuple[str, Floats]]:
    """Names the columns; numbers them where the data names fewer than it has."""
    width = values.shape[1]
    known = names if len(names) == width else tuple(f"column {place}" for place in range(1, width + 1))
    return [(name, values[:, place]) for place, name in enumerate(known)]


def _column(name: str, role: str, values: Floats, tokens: int) -> ColumnFindings:
    """What there is to say of one column; of ``tokens`` tokens it is said as they are shown, as zeros and a one."""
    finite = values[np.isfinite(values)].astype(np.float64)
    constant = bool(finite.size and np.ptp(finite) == 0)
    broken = int(values.size - finite.size)
    mean = std = largest = float("nan")
    if tokens:
        mean, std, largest = 1 / tokens, float(np.sqrt((1 - 1 / tokens) / tokens)), 1.0
    elif finite.size:
        mean, std, largest = float(finite.mean()), float(finite.std()), float(np.abs(finite).max())
    return ColumnFindings(name, role, broken, constant, mean, std, largest)


def _outside(targets: Floats, bounds: tuple[float, float] | None) -> tuple[float, float]:
    """The share of targets outside the bounds, of those that are there, and how much of what there is to learn is so.

    The latter is Σ distance from the bounds / Σ distance from the column's median. Distances, unlike their squares, let
    no few outliers decide.
    """
    if bounds is None or not targets.size:
        return 0.0, 0.0
    with np.errstate(invalid="ignore"):
        outside = (targets < bounds[0]) | (targets > bounds[1])
    known = np.where(np.isfinite(targets), targets, np.nan)[:, np.isfinite(targets).any(axis=0)].astype(np.float64)
    beyond = float(np.nansum(np.abs(known - known.clip(*bounds))))
    spread = float(np.nansum(np.abs(known - np.nanmedian(known, axis=0)))) if known.size else 0.0
    share = float(outside.sum()) / max(int((~np.isnan(targets)).sum()), 1)
    return share, beyond / max(beyond, spread) if beyond > 0 else 0.0
