"""What a run's network, as it was chosen, said of the validation rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.data import Dataset
from rnnctl.engines.choosing import trained_network
from rnnctl.engines.network import Network
from rnnctl.results.evaluation import NETWORK, Combination
from rnnctl.runs.trained_run import TrainedRun
from rnnctl.scoring.combination import HeldOut, choose, held_out
from rnnctl.training.build import Built


def validation_outputs(dataset: Dataset, network: Network) -> npt.NDArray[np.floating]:
    """The network's outputs for the validation rows, of which its weights know nothing: scaled, as `Network.said`.

    They are computed anew from the weights: where these have learnt from the validation rows since (`training.refit`),
    from those of before.
    """
    return np.asarray(network.as_chosen().said(dataset, dataset.splits["validation"]))


def chosen_combination(built: Built) -> Combination:
    """What forecasts of a trained model are to be made of, as ``training.naive_weight`` asks for.

    Where there are no validation rows, the training rows say which simple forecast is the better one.
    """
    weight, dataset = built.config.training.naive_weight, built.dataset
    if not weight:
        return NETWORK
    given, held = None if weight == "auto" else weight, dataset.validation
    rows = dataset.train if held is None else held
    network = trained_network(built, rows)
    outputs = np.asarray(network.said(dataset, rows)) if held is None else validation_outputs(dataset, network)
    return choose(given, outputs, dataset, rows, smoothing=built.config.training.smoothing)


def validation_forecasts(run: TrainedRun, dataset: Dataset, network: Network) -> HeldOut | None:
    """Truth and forecasts of the validation rows, ``[windows, horizon, targets]`` in the data's own units.

    Args:
        dataset: The run's own.
        network: The run's.

    Returns:
        None without a validation split, where it is trained on, and where no numbers are predicted.
    """
    if run.config.training.with_validation or dataset.validation is None or dataset.target_kind != "number":
        return None
    return held_out(validation_outputs(dataset, network), dataset, dataset.validation, run.combination)
