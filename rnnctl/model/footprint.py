"""The memory that training a model needs at least, estimated before any is allocated. Imports no framework."""

from __future__ import annotations

from math import prod

from rnnctl.cells import CELLS
from rnnctl.config.schema import Config
from rnnctl.data import Signature
from rnnctl.errors import ConfigError, Fault
from rnnctl.model.shapes import weight_shapes
from rnnctl.optimizers import OPTIMIZERS
from rnnctl.util.memory import available_bytes, in_words

_FLOAT = 4


def training_bytes(config: Config, signature: Signature, time_steps: int, sequences: int | None = None) -> int:
    """Estimates the memory of one training step: weights, their gradients and optimizer slots, and activations.

    A lower bound: it counts what must exist at once. No batch is larger than the number of training ``sequences``,
    where that is known.
    """
    weights = sum(map(prod, weight_shapes(config.model, signature).values()))
    # The projected inputs, the states, and the deltas of the backward pass.
    activations = signature.features + sum(
        layer.width * (2 * CELLS[layer.cell].blocks + 1) for layer in config.model.layers
    )
    if config.model.head == "dense" and config.model.return_sequences and signature.activation != "linear":
        activations += 2 * signature.outputs  # the logits, and what they become
    copies = 2 + OPTIMIZERS[config.optimizer.kind].slots
    batch = config.training.batch_size if sequences is None else min(config.training.batch_size, sequences)
    return _FLOAT * (weights * copies + activations * batch * time_steps)


def check_training_fits(config: Config, signature: Signature, time_steps: int, sequences: int | None = None) -> None:
    """Stops before a model is built that the memory cannot hold.

    Raises:
        ConfigError: It does not fit; says how much it needs and how much there is.
    """
    needed, available = training_bytes(config, signature, time_steps, sequences), available_bytes()
    if available is not None and needed > available:
        message = (
            f"training needs at least {in_words(needed)} of memory and {in_words(available)} are available; "
            "lower the layers' units, training.batch_size or the sequences' length"
        )
        raise ConfigError([Fault(config.name, None, None, "model", message)])
