"""Errors of a forecast in the data's own units, beside the naive forecast's. Knows no models."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Sequences

Numbers = npt.NDArray[np.float64]


def forecast_metrics(predictions: npt.ArrayLike, dataset: Dataset, sequences: Sequences) -> dict[str, float]:
    """Mean absolute and root mean squared error over all sequences, horizons and targets, in the data's own units.

    Of forecasts at each time step only those at the last are scored: the earlier ones of a test window lie in the rows
    before the test split.

    Args:
        predictions: ``[sequences, outputs]``, or ``[sequences, time, outputs]`` for targets at each time step; scaled,
            in the order of ``sequences``.
        dataset: The dataset, for its scaler and levels.
        sequences: One of its splits.

    Returns:
        ``test_mae`` and ``test_rmse``, and for forecasts ``naive_mae`` and ``naive_rmse``: those of the last value
        seen, repeated over the horizon, over the sequences whose last row has one. With ``data.missing: drop`` it may
        be missing where the target is no feature; where it always is, there are no naive errors.
    """
    scored = np.asarray(predictions, dtype=np.float64)
    if dataset.forecast or sequences.placement != "each":
        wanted = sequences.last_targets()
        scored = scored[:, -1] if scored.ndim == 3 else scored
    else:
        wanted = sequences.gather(np.arange(len(sequences))).targets
    if scored.shape != wanted.shape:
        raise ValueError(f"predictions have shape {scored.shape}, and their targets {wanted.shape}")
    rows = sequences.last_rows()
    actual = own_units(wanted, dataset, rows)
    mae, rmse = _errors(own_units(scored, dataset, rows) - actual)
    metrics = {"test_mae": mae, "test_rmse": rmse}
    if dataset.forecast:
        difference = naive_forecast(dataset, sequences) - actual
        known = difference[~np.isnan(difference)]
        if known.size:
            metrics["naive_mae"], metrics["naive_rmse"] = _errors(known)
    return metrics


def own_units(values: npt.ArrayLike, dataset: Dataset, rows: Ints | None = None) -> Numbers:
    """Brings scaled targets or predictions back to the data's own units.

    Where the model predicts changes, ŷ_{t+k} = y_t + Σ_{j=1…k} Δŷ_{t+j}: the level at the last row seen, plus the
    changes up to the horizon k.

    Args:
        values: ``[..., outputs]``, the targets of one horizon after those of another.
        dataset: The dataset, for its scaler and levels.
        rows: ``[...]``, int64, the last row seen before each forecast; needed where the dataset has levels.

    Returns:
        ``[..., outputs]``, float64.
    """
    scaled = np.asarray(values, dtype=np.float64)
    by_horizon = scaled.reshape(*scaled.shape[:-1], -1, len(dataset.target_names))
    if dataset.target_scaler is not None:
        by_horizon = dataset.target_scaler.inverse(by_horizon)
    if dataset.levels is not None:
        if rows is None:
            raise ValueError("changes are brought back to levels from the last rows seen; pass rows")
        by_horizon = dataset.levels[rows][..., None, :] + np.cumsum(by_horizon, axis=-2)
    return by_horizon.reshape(scaled.shape)


def naive_forecast(dataset: Dataset, sequences: Sequences) -> Numbers:
    """The last value seen of each target, repeated over the horizon.

    Args:
        dataset: The dataset, for its scaler and levels.
        sequences: One of its splits.

    Returns:
        ``[sequences, outputs]``, float64, in the data's own units.
    """
    if dataset.levels is None:
        seen = own_units(sequences.last_seen(), dataset)
    else:
        seen = dataset.levels[sequences.last_rows()]
    return np.tile(seen, max(sequences.horizon, 1))


def _errors(difference: Numbers) -> tuple[float, float]:
    return float(np.abs(difference).mean()), float(np.sqrt(np.square(difference).mean()))
