"""How much memory training a model will take, told before any of it is allocated; imports no framework."""

from __future__ import annotations

from rnnctl.config.model_schema import Layer
from rnnctl.config.schema import Config
from rnnctl.data.footprint import available_bytes, in_words
from rnnctl.errors import ConfigError, Fault

_FLOAT = 4
_GATES = {"simple_rnn": 1, "gru": 3, "lstm": 4}
_SLOTS = {"sgd": 1, "adam": 2, "adamw": 2, "rmsprop": 2}
"""Numbers that an optimizer keeps per weight, at most."""


def training_bytes(config: Config, features: int, outputs: int, time_steps: int, sequences: int | None = None) -> int:
    """Estimates the memory of one training step: weights, their gradients and optimizer slots, and activations.

    Args:
        config: The whole config.
        features: Features at each time step.
        outputs: Outputs of the head.
        time_steps: Time steps of a sequence.
        sequences: Training sequences, beyond which no batch grows; None where their number is not known.

    Returns:
        Bytes. The estimate counts what must exist at once and is therefore a lower bound.
    """
    weights, activations, width = 0, features, features
    for layer in config.model.layers:
        weights += _weights(layer, width)
        directions = 2 if layer.bidirectional else 1
        # The projected inputs, the states, and the deltas of the backward pass.
        activations += directions * layer.units * (2 * _GATES[layer.cell] + 1)
        width = directions * layer.units
    if config.model.head == "dense":
        weights += (width + 1) * outputs
    copies = 2 + _SLOTS[config.optimizer.kind]
    batch = config.training.batch_size if sequences is None else min(config.training.batch_size, sequences)
    return _FLOAT * (weights * copies + activations * batch * time_steps)


def _weights(layer: Layer, width: int) -> int:
    gates = _GATES[layer.cell]
    return (2 if layer.bidirectional else 1) * gates * layer.units * (width + layer.units + 2)


def check_training_fits(
    config: Config, features: int, outputs: int, time_steps: int, sequences: int | None = None
) -> None:
    """Stops before a model is built that the memory cannot hold.

    Args:
        config: The whole config.
        features: Features at each time step.
        outputs: Outputs of the head.
        time_steps: Time steps of a sequence.
        sequences: Training sequences, beyond which no batch grows; None where their number is not known.

    Raises:
        ConfigError: It does not fit; says how much it needs and how much there is.
    """
    needed, available = training_bytes(config, features, outputs, time_steps, sequences), available_bytes()
    if available is not None and needed > available:
        message = (
            f"training needs at least {in_words(needed)} of memory and {in_words(available)} are available; "
            "lower the layers' units, training.batch_size or the sequences' length"
        )
        raise ConfigError([Fault(config.name, None, None, "model", message)])
