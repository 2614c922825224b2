"""Errors of a forecast in the data's own units, beside the naive forecast's. Knows no models."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.data.sequences import Dataset, Sequences

Numbers = npt.NDArray[np.float64]


def forecast_metrics(predictions: npt.ArrayLike, dataset: Dataset, sequences: Sequences) -> dict[str, float]:
    """Mean absolute and root mean squared error over all sequences, horizons and targets, in the data's own units.

    Of forecasts at each time step only those at the last are scored: the earlier ones of a test window lie in the rows
    before the test split.

    Args:
        predictions: ``[sequences, outputs]``, or ``[sequences, time, outputs]`` for targets at each time step; scaled,
            in the order of ``sequences``.
        dataset: The dataset, for its scaler.
        sequences: One of its splits.

    Returns:
        ``test_mae`` and ``test_rmse``, and for forecasts ``naive_mae`` and ``naive_rmse``: those of the last value
        seen, repeated over the horizon.
    """
    scored = np.asarray(predictions, dtype=np.float64)
    if dataset.forecast or sequences.placement != "each":
        wanted = sequences.last_targets()
        scored = scored[:, -1] if scored.ndim == 3 else scored
    else:
        wanted = sequences.gather(np.arange(len(sequences))).targets
    if scored.shape != wanted.shape:
        raise ValueError(f"predictions have shape {scored.shape}, and their targets {wanted.shape}")
    actual = own_units(wanted, dataset)
    mae, rmse = _errors(own_units(scored, dataset) - actual)
    metrics = {"test_mae": mae, "test_rmse": rmse}
    if dataset.forecast:
        last = np.tile(sequences.last_seen(), max(sequences.horizon, 1))
        metrics["naive_mae"], metrics["naive_rmse"] = _errors(own_units(last, dataset) - actual)
    return metrics


def own_units(values: npt.ArrayLike, dataset: Dataset) -> Numbers:
    """Brings scaled targets or predictions back to the data's own units.

    Args:
        values: ``[..., outputs]``, the targets of one horizon after those of another.
        dataset: The dataset, for its scaler.

    Returns:
        ``[..., outputs]``, float64.
    """
    scaled = np.asarray(values, dtype=np.float64)
    if dataset.target_scaler is None:
        return scaled
    targets = len(dataset.target_names)
    return dataset.target_scaler.inverse(scaled.reshape(*scaled.shape[:-1], -1, targets)).reshape(scaled.shape)


def _errors(difference: Numbers) -> tuple[float, float]:
    return float(np.abs(difference).mean()), float(np.sqrt(np.square(difference).mean()))
