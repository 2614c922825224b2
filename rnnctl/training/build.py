"""From a config to data, schedule and model, each derived once and checked against the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rnnctl import backend
from rnnctl.config import Config
from rnnctl.config.dataset import load_dataset
from rnnctl.data import Dataset
from rnnctl.data.class_weights import class_weights
from rnnctl.data.sequences import Numbers
from rnnctl.errors import DataError
from rnnctl.model.describe import check_outputs
from rnnctl.model.footprint import check_training_fits
from rnnctl.training.schedule import Schedule, make_schedule

if TYPE_CHECKING:
    from rnnctl.tables.table import Table


@dataclass(frozen=True, eq=False)
class Built:
    """A config and all that is derived from it before training.

    Attributes:
        config: The whole config, with names of columns in place of patterns.
        schedule: Which sequences each optimizer step sees.
        model: The ``keras.Model``, at its initial weights; None before it is built.
    """

    config: Config
    dataset: Dataset
    schedule: Schedule
    model: Any = None

    @classmethod
    def of(cls, config: Config, dataset: Dataset, model: Any = None) -> Built:
        """Lays out training on a dataset that is there already."""
        return cls(config, dataset, make_schedule(config, dataset), model)

    @cached_property
    def class_weights(self) -> Numbers | None:
        """The weight of each class in the training loss, ``[targets, classes]``; None where all count alike.

        Raises:
            ConfigError: A label is none of the data's.
        """
        asked = self.config.training.class_weights
        return None if asked is None else class_weights(self.dataset, asked, self.config.name)


def prepare(config: Config, inspect: Callable[[Table], None] | None = None, dataset: Dataset | None = None) -> Built:
    """Loads the data and lays out training; builds no model and does not start TensorFlow.

    Args:
        inspect: See ``load_dataset``.
        dataset: The data where they are loaded already.

    Raises:
        DataError: The data cannot be used.
        ConfigError: Model and data do not fit together.
    """
    config = config.model_copy(update={"data": config.data.with_names()})
    dataset = load_dataset(config, inspect) if dataset is None else dataset
    check_outputs(config, dataset.signature.outputs)
    if config.training.naive_weight == "auto" and dataset.validation is None:
        raise DataError(
            "training.naive_weight: auto is chosen on the validation rows, and there are none; hold some out "
            "(data.split), or set training.naive_weight to a number from 0 to 1"
        )
    built = Built.of(config, dataset)
    _ = built.class_weights  # a label may be none of the data's
    return built


def build(config: Config, dataset: Dataset | None = None) -> Built:
    """Loads the data, lays out training and builds the model.

    Args:
        dataset: The data where they are loaded already.

    Raises:
        DataError: The data cannot be used.
        ConfigError: Model and data do not fit together, or memory does not hold them.
    """
    prepared = prepare(config, dataset=dataset)
    config, signature, schedule = prepared.config, prepared.dataset.signature, prepared.schedule
    check_training_fits(config, signature, schedule.backward_length, len(schedule.sequences))
    backend.start(deterministic=config.training.deterministic)
    from rnnctl.model.build import build_model

    return replace(prepared, model=build_model(config, signature))
