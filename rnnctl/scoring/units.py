"""Targets and predictions in the data's own units."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints

Numbers = npt.NDArray[np.float64]

THRESHOLD = 0.5
"""The probability from which on yes is predicted."""


def own_units(values: npt.ArrayLike, dataset: Dataset, rows: Ints | None = None) -> Numbers:
    """Converts scaled targets or predictions to the data's own units.

    Where the model predicts changes over d rows, x̂_{t+k} = x̂_{t+k−d} + Δx̂_{t+k}, with x the known level up to the last
    row seen, t; the forecast is then what x was transformed from.

    Args:
        values: ``[..., outputs]``, the targets of one horizon after those of another.
        dataset: The dataset, for its scaler and levels.
        rows: ``[...]``, int64, the last row seen before each forecast; needed where the dataset has levels, or a
            scale for each series or window.

    Returns:
        ``[..., outputs]``, float64.
    """
    scaled = np.asarray(values, dtype=np.float64)
    by_horizon = _of_table(scaled, dataset, rows)
    if dataset.target_scaler is not None:
        series = None if rows is None else dataset.order.series_of(rows)[..., None]
        by_horizon = dataset.target_scaler.inverse(by_horizon, series)
    if dataset.levels is not None:
        if rows is None:
            raise ValueError("changes are brought back to levels from the last rows seen; pass rows")
        bases = dataset.levels[dataset.level_rows(rows, min(dataset.difference, by_horizon.shape[-2]))]
        by_horizon = _added_up(by_horizon, dataset.transform.forward(bases), dataset.difference)
    return dataset.transform.inverse(by_horizon).reshape(scaled.shape)


def table_units(values: npt.ArrayLike, dataset: Dataset, rows: Ints) -> Numbers:
    """A model's outputs ``[…, outputs]`` as the dataset's own arrays hold such values, in which it is shown them.

    Args:
        rows: ``[…]``, the last row seen before each.
    """
    scaled = np.asarray(values, dtype=np.float64)
    return _of_table(scaled, dataset, rows).reshape(scaled.shape)


def _of_table(values: Numbers, dataset: Dataset, rows: Ints | None) -> Numbers:
    """The same by rows ahead, ``[…, horizon, targets]``."""
    targets, added = len(dataset.target_names), dataset.train.added
    found = values.reshape(*values.shape[:-1], values.shape[-1] // targets, targets)
    if added:
        found = found - np.concatenate((np.zeros_like(found[..., :added, :]), found[..., :-added, :]), axis=-2)
    if dataset.train.by_window is not None:
        center, spread = _of_windows(dataset, rows)
        found = found * spread + center
    return found


def _of_windows(dataset: Dataset, rows: Ints | None) -> tuple[Numbers, Numbers]:
    """Center and spread of the windows that end with rows, ``[…, 1, targets]`` each."""
    if rows is None:
        raise ValueError("each window has a scale of its own; pass the last rows seen")
    center, spread = dataset.train.window_scales(rows)[..., None, dataset.train.features :].astype(np.float64)
    return center, spread


def model_units(values: npt.ArrayLike, dataset: Dataset, rows: Ints) -> Numbers:
    """What `own_units` makes these values of: its inverse, with the same arguments."""
    own = np.asarray(values, dtype=np.float64)
    targets = len(dataset.target_names)
    with np.errstate(divide="ignore", invalid="ignore"):  # what is not finite is told where forecasts are scored
        levels = dataset.transform.forward(own.reshape(*own.shape[:-1], own.shape[-1] // targets, targets))
        if dataset.levels is not None:
            lag, horizon = dataset.difference, levels.shape[-2]
            bases = dataset.transform.forward(dataset.levels[dataset.level_rows(rows, min(lag, horizon))])
            before = levels[..., np.maximum(np.arange(horizon) - lag, 0), :]
            before[..., :lag, :] = bases
            levels = levels - before
    if dataset.target_scaler is not None:
        levels = dataset.target_scaler.forward(levels, dataset.order.series_of(rows)[..., None])
    if dataset.train.by_window is not None:
        center, spread = _of_windows(dataset, rows)
        levels = (levels - center) / spread
    if dataset.train.added:
        levels = _added_up(levels, np.zeros_like(levels[..., : dataset.train.added, :]), dataset.train.added)
    return levels.reshape(own.shape)


def mean_outputs(outputs: npt.NDArray[np.floating], dataset: Dataset, rows: Ints) -> Numbers:
    """The mean of several nets' outputs; of numbers, of what these are in the data's own units.

    Args:
        outputs: ``[nets, …, outputs]``; where quantiles are predicted, all values of one after those of another.
        rows: ``[…]``, the last row seen before each.

    Returns:
        ``[…, outputs]``, scaled as each net's are.
    """
    if dataset.target_kind != "number":
        return np.asarray(outputs.mean(axis=0, dtype=np.float64))
    mean = _own_outputs(outputs, dataset, rows).mean(axis=0)
    return model_units(mean, dataset, rows[..., None]).reshape(outputs.shape[1:])


def spread_outputs(outputs: npt.NDArray[np.floating], dataset: Dataset, rows: Ints) -> Numbers:
    """The standard deviation of several nets' outputs, of numbers in the data's own units; as `mean_outputs`.

    Nets are a sample of those that might have been drawn: squares are divided by their number less 1.
    """
    spread: Numbers = np.std(_own_outputs(outputs, dataset, rows), axis=0, ddof=1)
    return spread.reshape(outputs.shape[1:])


def _own_outputs(outputs: npt.NDArray[np.floating], dataset: Dataset, rows: Ints) -> Numbers:
    """``[nets, …, quantiles, outputs]``: several nets' outputs in the data's own units."""
    each = outputs.reshape(*outputs.shape[:-1], -1, dataset.train.outputs)
    return own_units(each, dataset, rows[None, ..., None])


def _added_up(changes: Numbers, bases: Numbers, lag: int) -> Numbers:
    """``[..., horizon, targets]``: levels of changes over ``lag`` rows, of the same shape.

    Args:
        bases: ``[..., least of horizon and lag, targets]``, the known levels that the first changes are counted from.
    """
    levels = np.empty_like(changes)
    for first in range(bases.shape[-2]):
        levels[..., first::lag, :] = bases[..., first, None, :] + np.cumsum(changes[..., first::lag, :], axis=-2)
    return levels


def values_of_rows(dataset: Dataset, rows: Ints) -> Numbers:
    """``[..., targets]``: the target columns in the data's own units, as the file has them; NaN where missing.

    Args:
        dataset: A dataset whose targets belong to rows, not to whole sequences.
        rows: ``[...]``, int64.
    """
    return own_units(dataset.train.targets[rows], dataset) if dataset.own is None else dataset.own[rows]
