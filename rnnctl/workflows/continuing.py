"""Series continued by a run's network, or by all nets of its ensemble."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.data.sequences import Floats, Ints
from rnnctl.prediction.autoregression import Continuation, continue_series, mean_continuation
from rnnctl.prediction.future_rows import Extended
from rnnctl.runs.trained_run import TrainedRun
from rnnctl.workflows.stored_model import trained_model


def rows_seen(config: Config) -> int | None:
    """Most rows that a model was trained to see of a series; None of all."""
    trained_on = config.data.running_text or (config.data.table and config.data.table.window)
    return trained_on.length if trained_on else None


def continued(
    run: TrainedRun, extended: Extended, steps: int, *, temperature: float = 0.0, seed: int = 0
) -> Continuation:
    """Continues series by so many rows or tokens; see `continue_series`.

    Raises:
        RunError: The weights do not fit the model.
    """
    seen, signature = rows_seen(run.config), extended.dataset.signature
    if not extended.dataset.task.windowed:  # whose sequences grow
        signature = replace(signature, time_steps=None)
    model = trained_model(run, signature)
    from rnnctl.model.ensemble import nets_of, plain_model
    from rnnctl.training.predictor import Predictor

    predictor = Predictor(plain_model(model))

    def mean(inputs: Floats, lengths: Ints) -> npt.NDArray[np.float64]:
        outputs = np.stack([predictor(inputs, lengths) for _ in nets_of(model)])
        return np.asarray(outputs.mean(axis=0, dtype=np.float64))

    if extended.dataset.target_kind != "number":
        return continue_series(extended, mean, steps, seen=seen, temperature=temperature, seed=seed)
    # Each net goes on from its own forecasts, as it does alone. No net has a part in the naive forecast.
    nets = islice(nets_of(model), 1 if run.combination.weight == 1 else None)
    alone = [continue_series(extended, predictor, steps, seen=seen, combination=run.combination) for _ in nets]
    return mean_continuation(alone)
