"""The loss of a constant answer."""

from __future__ import annotations

import numpy as np

from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.data.class_weights import class_weights, weights_of
from rnnctl.losses import LOSSES

TINY = 1e-12
"""Share of a class that never comes, whose logarithm is finite."""


def naive_loss(config: Config, dataset: Dataset | None = None) -> float | None:
    """The loss of always giving the same answer, the best that is: mean, median or quantiles of the targets, or shares.

    Of classes that the config weighs it is the weighted loss. None where no target is known.
    """
    if dataset is None:
        from rnnctl.config.dataset import load_dataset

        dataset = load_dataset(config)
    targets, asked = dataset.train.aimed_targets(), config.training.class_weights
    there = np.isfinite(targets).any(axis=0)
    values = targets[:, there].astype(np.float64)
    if dataset.target_kind == "category":
        values = values[np.isfinite(values).all(axis=1)]
    if not values.size:
        return None
    value, known = LOSSES[config.loss.kind].value, np.isfinite(values)
    filled, weights = np.where(known, values, 0.0), known.astype(np.float64)
    if asked is not None:
        weights *= weights_of(filled, class_weights(dataset, asked, config.name)[there])
    if dataset.target_kind == "category":
        shares = np.bincount(filled[:, 0].astype(np.int64), weights[:, 0]) / weights.sum()
        answers = [np.log(np.maximum(shares, TINY))]
    elif dataset.target_kind == "boolean":
        shares = np.clip((filled * weights).sum(axis=0) / weights.sum(axis=0), TINY, 1.0 - TINY)
        answers = [np.log(shares / (1.0 - shares))]
    elif config.loss.levels:
        answers = [np.nanquantile(values, config.loss.levels, axis=0).reshape(-1)]
    else:
        answers = [np.nanmean(values, axis=0), np.nanmedian(values, axis=0)]
    every = (np.broadcast_to(answer, (len(values), len(answer))) for answer in answers)
    losses = (value(config.loss, answer, filled, answer) * weights for answer in every)
    return min(float(loss.sum()) for loss in losses) / int(known.sum())
