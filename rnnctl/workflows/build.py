"""What every workflow begins with: data, TensorFlow, model, checked against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rnnctl import backend
from rnnctl.config import Config
from rnnctl.config.dataset import load_dataset
from rnnctl.data import Dataset
from rnnctl.model.describe import check_outputs
from rnnctl.model.footprint import check_training_fits
from rnnctl.training.course import horizon, training_sequences


@dataclass(frozen=True, eq=False)
class Built:
    """A dataset and the model that fits it.

    Attributes:
        dataset: The data, split.
        model: The ``keras.Model``, at its initial weights.
        time_steps: Time steps of the longest training sequence.
    """

    dataset: Dataset
    model: Any
    time_steps: int


def build(config: Config) -> Built:
    """Loads the data and builds the model for it.

    Args:
        config: The whole config.

    Returns:
        Both.

    Raises:
        DataError: The data cannot be used.
        ConfigError: Model and data do not fit together.
    """
    dataset = load_dataset(config)
    signature, longest = dataset.signature, dataset.train.length
    check_outputs(config, signature.outputs)
    check_training_fits(
        config, signature, horizon(config, dataset) or longest, len(training_sequences(config, dataset))
    )
    backend.start(deterministic=config.training.deterministic)
    from rnnctl.model.build import build_model

    return Built(dataset, build_model(config, signature), longest)
