"""The whole config: the one class that all other rooms receive."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from rnnctl.config.base import Section, broken_rule
from rnnctl.config.checkpoint_schema import Checkpoints
from rnnctl.config.data_schema import AddingData, CopyData, CsvData, Data, DummyData
from rnnctl.config.model_schema import Model
from rnnctl.config.training_schema import Gradients, Loss, Optimizer, PlainLoss, Sgd, Training

NAME_LENGTH = 100
"""Most characters of a run's name."""

_NAME_BYTES = 200  # A folder's name may have 255 bytes on common file systems, and the run's number comes on top.


def name_fault(name: str) -> str | None:
    """Why a name cannot be a folder's; None where it can."""
    if name.startswith((".", "-")) or name != name.strip():
        return "starts with a dot or dash, or has a space at an end, which a run folder's name cannot have"
    if "/" in name or "\\" in name or not name.isprintable():
        return "has a slash or an unprintable character, which a run folder's name cannot have"
    if len(name.encode()) > _NAME_BYTES:
        return f"takes {len(name.encode())} bytes; a run folder's name can have {_NAME_BYTES}"
    return None


def _is_a_folder_name(name: str) -> str:
    if fault := name_fault(name):
        raise PydanticCustomError("text", "{fault}; write a plain name, such as my-run", {"fault": fault})
    return name


class Config(Section):
    """A training run, described. Everything but ``data`` has a default."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH), AfterValidator(_is_a_folder_name)] = "run"
    """Name of the run and of its folder; the file's name where it is not given."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Seed of everything random: initial weights, data, order, dropout."""
    data: Data
    """What the model is trained on."""
    model: Model = Model()
    """Recurrent layers, and what stands on top of them."""
    loss: Loss = PlainLoss(kind="mse")
    """What is made small."""
    optimizer: Optimizer = Sgd(kind="sgd")
    """How the weights are updated."""
    training: Training = Training()
    """How long, in which batches."""
    gradients: Gradients = Gradients()
    """What is recorded of the gradients."""
    checkpoints: Checkpoints = Checkpoints()
    """When the state of training is kept."""

    @model_validator(mode="after")
    def _sections_agree(self) -> Config:
        if isinstance(self.data, CopyData) and not self.model.return_sequences:
            raise broken_rule(
                "copy has a target at every time step; set model.return_sequences: true",
                "data.kind",
                "model.return_sequences",
            )
        if isinstance(self.data, AddingData) and self.model.return_sequences:
            raise broken_rule(
                "adding has one target for each sequence, none at every time step; set model.return_sequences: false",
                "data.kind",
                "model.return_sequences",
            )
        if self.training.early_stopping is not None and self.data.split.validation == 0:
            raise broken_rule(
                "early stopping needs a validation split; set data.split.validation, such as 0.15",
                "training.early_stopping",
                "data.split.validation",
            )
        return self

    @model_validator(mode="after")
    def _outputs_fit_the_targets(self) -> Config:
        outputs = _outputs(self.data)
        last = self.model.layers[-1]
        units = last.units * (2 if last.bidirectional else 1)
        if self.model.head == "none" and outputs is not None and units != outputs:
            wide = f"{units} outputs" + (f" (two directions of {last.units})" if last.bidirectional else "")
            raise broken_rule(
                f"without a head the last layer's {wide} are compared with the data's {outputs} target values, and "
                "the numbers differ; set head: dense, or make them the same",
                "model.head",
                "model.layers",
                "data",
            )
        return self


def _outputs(data: Data) -> int | None:
    """Target values of a sequence or time step; None where only the data room knows."""
    if isinstance(data, DummyData):
        return data.outputs
    if isinstance(data, CsvData):
        return len(data.target) * data.window.horizon
    return None if isinstance(data, CopyData) else 1
