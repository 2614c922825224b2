"""Series continued by a run's network, or by all nets of its ensemble."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.data.sequences import Floats, Ints
from rnnctl.engines.choosing import Engines
from rnnctl.prediction.autoregression import Continuation, continue_series, mean_continuation, questions
from rnnctl.prediction.future_rows import Extended
from rnnctl.runs.trained_run import TrainedRun


def rows_seen(config: Config) -> int | None:
    """Most rows that a model was trained to see of a series; None of all."""
    trained_on = config.data.running_text or (config.data.table and config.data.table.window)
    return trained_on.length if trained_on else None


def continued(
    run: TrainedRun, extended: Extended, steps: int, engines: Engines, *, temperature: float = 0.0, seed: int = 0
) -> Continuation:
    """Continues series by so many rows or tokens; see `continue_series`.

    Raises:
        RunError: The weights do not fit the config.
    """
    seen, signature = rows_seen(run.config), extended.dataset.signature
    if not extended.dataset.task.windowed:  # whose sequences grow
        signature = replace(signature, time_steps=None)
    asked = questions(extended, steps, seen)
    network = engines.load(run, signature, np.full(len(extended.origin), asked.time_steps), asked.times)

    def mean(inputs: Floats, lengths: Ints) -> npt.NDArray[np.float64]:
        outputs = np.stack([predict(inputs, lengths) for predict in network.each()])
        return np.asarray(outputs.mean(axis=0, dtype=np.float64))

    if extended.dataset.target_kind != "number":
        return continue_series(extended, mean, steps, seen=seen, temperature=temperature, seed=seed)
    # Each net goes on from its own forecasts, as it does alone. No net has a part in the naive forecast.
    nets = islice(network.each(), 1 if run.combination.weight == 1 else None)
    alone = [continue_series(extended, net, steps, seen=seen, combination=run.combination) for net in nets]
    return mean_continuation(alone)
