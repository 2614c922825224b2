"""What a run's network, as it was chosen, said of the validation rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.results.evaluation import NETWORK, Combination
from rnnctl.scoring.combination import HeldOut, choose, held_out
from rnnctl.training.build import Built


def validation_outputs(config: Config, dataset: Dataset, model: Any) -> npt.NDArray[np.floating]:
    """The network's outputs for the validation rows, of which its weights know nothing: scaled, as `predict_split`.

    They are computed anew from the weights: where these have learnt from the validation rows since (`training.refit`),
    from those of before.
    """
    from rnnctl.model.ensemble import as_chosen
    from rnnctl.training.setup import predict_split

    found = predict_split(config, dataset, as_chosen(model), dataset.splits["validation"])
    return np.asarray(found)


def chosen_combination(built: Built) -> Combination:
    """What forecasts of a trained model are to be made of, as ``training.naive_weight`` asks for.

    Where there are no validation rows, the training rows say which naive forecast is the better one.
    """
    from rnnctl.training.setup import predict_split

    config, dataset, model = built.config, built.dataset, built.model
    weight = config.training.naive_weight
    if not weight:
        return NETWORK
    given = None if weight == "auto" else weight
    if dataset.validation is None:
        return choose(given, np.asarray(predict_split(config, dataset, model, dataset.train)), dataset, dataset.train)
    return choose(given, validation_outputs(config, dataset, model), dataset, dataset.validation)


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
        None without a validation split, where it is trained on, and where no numbers are predicted.
    """
    if config.training.with_validation or dataset.validation is None or dataset.target_kind != "number":
        return None
    return held_out(validation_outputs(config, dataset, model), dataset, dataset.validation, combination)
