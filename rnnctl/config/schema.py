"""The whole config."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from rnnctl.config.model import Model
from rnnctl.losses import LOSSES, AnyLoss, PlainLoss, losses_for
from rnnctl.optimizers import AnyOptimizer, Sgd
from rnnctl.schema.base import Section
from rnnctl.schema.training import Checkpoints, Gradients, Training
from rnnctl.sources import Data
from rnnctl.tasks.task import Rule
from rnnctl.util.format import listed

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
        raise ValueError(f"{fault}; write a plain name, such as my-run")
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
    loss: AnyLoss = PlainLoss(kind="mse")
    """What is made small; mean squared error, or the cross-entropy that goes with the targets where it is not given."""
    optimizer: AnyOptimizer = Sgd(kind="sgd")
    """How the weights are updated."""
    training: Training = Training()
    """How long, in which batches."""
    gradients: Gradients = Gradients()
    """What is recorded of the gradients."""
    checkpoints: Checkpoints = Checkpoints()
    """When the state of training is kept."""

    @property
    def net_seed(self) -> int:
        """Seed of initial weights, order and dropout: ``seed``, or one drawn from it for a later member's net.

        All else, such as how data is split or made, is drawn from ``seed`` alone: members share their data.
        """
        if self.training.member == 1:
            return self.seed
        import numpy as np

        return int(np.random.SeedSequence(self.seed, spawn_key=(self.training.member,)).generate_state(1)[0])

    def member(self, number: int) -> Config:
        """The config of one net of an ensemble, which alone is combined with nothing."""
        alone = {"naive_weight": 0.0, "smoothing": False}
        training = self.training.model_copy(update={"members": 1, "member": number, **alone})
        return self.model_copy(update={"training": training})

    def refitted(self, steps: int, total: int) -> Config:
        """The config of one net that is trained anew on training and validation rows.

        Args:
            steps: For how many steps.
            total: Steps that the first training was to take; a cosine that ended with them still does.
        """
        changed = {"steps": steps, "epochs": None, "early_stopping": None, "refit": False, "with_validation": True}
        training = self.training.model_copy(update=changed)
        return self.model_copy(update={"training": training, "optimizer": self.optimizer.for_length(total)})

    def model_post_init(self, _: Any) -> None:
        """Fills in, where they were not written, the loss that goes with the targets and where outputs stand."""
        if "loss" not in self.model_fields_set:
            default = LOSSES[losses_for(self.data.target_kind)[0]]
            self.__dict__["loss"] = default.section(kind=default.word)  # a frozen section is only being made here
        if "return_sequences" not in self.model.model_fields_set and self.data.target_per_step:
            self.__dict__["model"] = self.model.model_copy(update={"return_sequences": True})

    def broken_rules(self) -> Iterator[Rule]:
        """Faults between sections."""
        data, model, kind = self.data, self.model, WORD_OF[self.data.target_kind]
        per_step, last = data.target_per_step, model.layers[-1]
        if per_step is not None and per_step != model.return_sequences:
            where = "at every time step" if per_step else "for each sequence, none at every time step"
            message = f"{data.task_name} has a target {where}; set model.return_sequences: {str(per_step).lower()}"
            yield f"{message}, or leave it out", "model.return_sequences", "data"
        if LOSSES[self.loss.kind].targets != data.target_kind:
            message = (
                f"{self.loss.kind} is not for these targets ({kind}); set loss: {listed(losses_for(data.target_kind))}"
            )
            yield f"{message}, or say in data.columns what the targets are", "loss", "data"
        if data.target_kind != "number" and model.head == "none":
            message = f"targets that are {kind} need a head that gives probabilities; set model.head: dense"
            yield message, "model.head", "data"
        if self.loss.levels and model.head == "none":
            yield (
                "several quantiles of a value need a head that gives each; set model.head: dense",
                "model.head",
                "loss",
            )
        if data.table is not None and data.table.scale_by == "window" and model.return_sequences:
            message = (
                "at each time step the model would be told, by the scale of its window, of the rows after it; set "
                "model.return_sequences: false, or another data.scale_by"
            )
            yield message, "data.scale_by", "model.return_sequences"
        looks_ahead = any(layer.looks_ahead for layer in model.layers)
        if model.return_sequences and data.target_ahead and looks_ahead:
            message = (
                f"{data.task_name} predicts a later row at every time step, and a bidirectional layer has read that "
                "row: the model would copy the answer, and fail in use; remove bidirectional"
            )
            last_only = "" if per_step else ", or set model.return_sequences: false to predict from the last row alone"
            yield message + last_only, "model.layers", "data"
        if self.training.truncate is not None and looks_ahead:
            message = "a bidirectional layer reads each sequence to its end, so it cannot be trained piece by piece"
            yield f"{message}; remove training.truncate or bidirectional", "training.truncate", "model.layers"
        if self.training.class_weights is not None and data.target_kind == "number":
            message = "class weights are for classes, and these targets are numbers; remove training.class_weights"
            if data.table is not None:
                name = json.dumps(data.table.target[0], ensure_ascii=False)
                message += f", or, where they name classes, set data.columns: {{{name}: category}} and leave loss out"
            yield message, "training.class_weights", "data"
        yield from self._rules_of_held_out_rows()
        if model.head == "none" and data.target_values not in (None, last.width):
            directions = f" (two directions of {last.units})" if last.bidirectional else ""
            message = (
                f"without a head the last layer's {last.width} outputs{directions} are compared with the data's "
                f"{data.target_values} target values, and the numbers differ; set head: dense, or make them the same"
            )
            yield message, "model.head", "model.layers", "data"

    def _rules_of_held_out_rows(self) -> Iterator[Rule]:
        """What of ``training`` needs a validation split, or a naive forecast."""
        data, training = self.data, self.training
        if training.naive_weight and (data.target_kind != "number" or not data.target_ahead):
            message = (
                f"{data.task_name} forecasts no numbers, so there is no naive forecast to combine the network with"
            )
            yield f"{message}; remove training.naive_weight", "training.naive_weight", "data"
            return
        if training.naive_weight and self.loss.levels:
            shares = "training.naive_weight" + (" and training.smoothing" if training.smoothing else "")
            message = (
                "the naive forecast is one value, and quantiles that are drawn towards it by a share lie too close "
                f"together; remove {shares}, or set another loss (rnnctl predict --interval gives calibrated "
                "intervals of either)"
            )
            yield message, "training.naive_weight", "loss"
        if data.split.validation != 0 or data.split.column is not None:
            return
        held = "set data.split.validation, such as 0.15"
        if training.early_stopping is not None:
            message = f"early stopping needs a validation split; {held}"
            yield message, "training.early_stopping", "data.split.validation"
        if training.refit:
            message = f"a refit trains on the validation rows too, and there are none; {held}, or remove training.refit"
            yield message, "training.refit", "data.split.validation"
        if training.naive_weight == "auto":
            message = f"auto is chosen on the validation rows, and there are none; {held}, or a number from 0 to 1 here"
            yield message, "training.naive_weight", "data.split.validation"


WORD_OF = {"number": "numbers", "boolean": "yes or no", "category": "tokens of a vocabulary"}
