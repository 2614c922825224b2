"""The loss of a constant answer."""

from __future__ import annotations

import numpy as np

from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.losses import LOSSES

TINY = 1e-12
"""Share of a class that never comes, whose logarithm is finite."""


def naive_loss(config: Config, dataset: Dataset | None = None) -> float | None:
    """The loss of always giving the same answer, the best that is: mean, median or quantiles of the targets, or shares.

    None where no target is known.
    """
    if dataset is None:
        from rnnctl.config.dataset import load_dataset

        dataset = load_dataset(config)
    train = dataset.train
    targets = train.masked_targets()[train.aims() if train.target_rows is None else np.unique(train.target_rows)]
    values = targets[:, np.isfinite(targets).any(axis=0)].astype(np.float64)
    if dataset.target_kind == "category":
        values = values[np.isfinite(values).all(axis=1)]
    if not values.size:
        return None
    if dataset.target_kind == "category":
        shares = np.bincount(values[:, 0].astype(np.int64)) / len(values)
        answers = [np.log(np.maximum(shares, TINY))]
    elif dataset.target_kind == "boolean":
        shares = np.clip(np.nanmean(values, axis=0), TINY, 1.0 - TINY)
        answers = [np.log(shares / (1.0 - shares))]
    elif config.loss.levels:
        answers = [np.nanquantile(values, config.loss.levels, axis=0).reshape(-1)]
    else:
        answers = [np.nanmean(values, axis=0), np.nanmedian(values, axis=0)]
    value, known = LOSSES[config.loss.kind].value, np.isfinite(values)
    values = np.where(known, values, 0.0)
    every = (np.broadcast_to(answer, (len(values), len(answer))) for answer in answers)
    return min(float(value(config.loss, answer, values, answer)[known].mean()) for answer in every)
