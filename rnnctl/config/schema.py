"""The whole config: the one class that all other rooms receive."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from rnnctl.config.base import Section
from rnnctl.config.data_schema import CopyData, Data
from rnnctl.config.model_schema import Model
from rnnctl.config.training_schema import Gradients, Loss, Optimizer, PlainLoss, Sgd, Training


class Config(Section):
    """A training run, described. Everything but ``data`` has a default."""

    name: Annotated[str, Field(min_length=1, max_length=100)] = "run"
    """Name of the run and of its folder; the file's name where it is not given."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Seed of everything random: initial weights, data, order, dropout."""
    data: Data
    model: Model = Model()
    loss: Loss = PlainLoss(kind="mse")
    optimizer: Optimizer = Sgd(kind="sgd")
    training: Training = Training()
    gradients: Gradients = Gradients()

    @model_validator(mode="after")
    def _sections_agree(self) -> Config:
        if isinstance(self.data, CopyData) and not self.model.return_sequences:
            raise ValueError(
                "data.kind is copy, which has a target at every time step; set model.return_sequences: true"
            )
        if self.training.early_stopping is not None and self.data.split.validation == 0:
            raise ValueError(
                "training.early_stopping needs a validation split; set data.split.validation, such as 0.15"
            )
        return self
