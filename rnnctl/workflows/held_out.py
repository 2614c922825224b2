"""What a run's network, as it was chosen, said of the validation rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.results.evaluation import NETWORK, Combination
from rnnctl.scoring.combination import HeldOut, held_out


def validation_outputs(config: Config, dataset: Dataset, model: Any) -> npt.NDArray[np.floating]:
    """The network's outputs for the validation rows, of which its weights know nothing: scaled, as `predict_split`.

    They are computed anew from the weights: where these have learnt from the validation rows since (`training.refit`),
    from those of before.
    """
    from rnnctl.model.ensemble import as_chosen
    from rnnctl.training.setup import predict_split

    found = predict_split(config, dataset, as_chosen(model), dataset.splits["validation"])
    return np.asarray(found)


def validation_forecasts(
    config: Config, dataset: Dataset, model: Any, combination: Combination = NETWORK
) -> HeldOut | None:
    """Truth and forecasts of the validation rows, ``[windows, horizon, targets]`` in the data's own units.

    Args:
        config: The run's.
        dataset: The run's own data.
        model: Its trained model, from ``Built.model`` or ``rnnctl.workflows.stored_model.trained_model``.
        combination: The run's: ``TrainedRun.combination``, or what was chosen at the end of training.

    Returns:
        None without a validation split, and where no numbers are predicted.
    """
    if dataset.validation is None or dataset.target_kind != "number":
        return None
    return held_out(validation_outputs(config, dataset, model), dataset, dataset.validation, combination)
