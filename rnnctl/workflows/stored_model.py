"""The trained model of a run."""

from __future__ import annotations

from typing import Any

from rnnctl import backend
from rnnctl.data import Signature
from rnnctl.runs.trained_run import TrainedRun


def trained_model(run: TrainedRun, signature: Signature) -> Any:
    """Builds the ``keras.Model`` of a run, with its weights, for data that it was not trained on; or its `Ensemble`.

    Args:
        signature: Of the data, prepared like the run's.

    Raises:
        RunError: The weights do not fit the model.
    """
    backend.start(deterministic=run.config.training.deterministic)
    from rnnctl.model.build import build_model
    from rnnctl.model.ensemble import Ensemble
    from rnnctl.model.weights import weight_arrays

    model = build_model(run.config, signature)

    def weights(net: TrainedRun) -> Any:
        restore_weights(model, net)
        return weight_arrays(model)

    chosen = [weights(net) for net in (run, *run.members)]
    if not run.members and not run.refits:
        return model
    found = Ensemble(model, [weights(net) for net in run.refits], chosen) if run.refits else Ensemble(model, chosen)
    found.rest()
    return found


def restore_weights(model: Any, run: TrainedRun) -> None:
    """Assigns a run's weights to a ``keras.Model`` of its config; other variables of a checkpoint are ignored.

    Raises:
        RunError: The weights do not fit the model.
    """
    from rnnctl.model.weights import assign_weights, weight_paths

    arrays = run.weights
    if run.step is not None:
        arrays = {path: arrays[path] for path in weight_paths(model) if path in arrays}
    assign_weights(model, arrays, str(run.path))
