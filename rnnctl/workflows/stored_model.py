"""A model with the weights that a run came to."""

from __future__ import annotations

from typing import Any

from rnnctl.runs.stored import StoredRun


def restore_weights(model: Any, run: StoredRun) -> None:
    """Gives a model a run's weights; a checkpoint's other variables (dropout's seeds) are of no matter here.

    Args:
        model: A ``keras.Model`` of the run's config.
        run: The run.

    Raises:
        RunError: The weights do not fit the model.
    """
    from rnnctl.model.weights import assign_weights, weight_paths

    arrays = run.weights
    if run.step is not None:
        arrays = {path: arrays[path] for path in weight_paths(model) if path in arrays}
    assign_weights(model, arrays, str(run.path))
