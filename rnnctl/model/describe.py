"""Models and optimizers in words, from the config alone; imports no framework."""

from __future__ import annotations

from rnnctl.config.schema import Config
from rnnctl.errors import ConfigError, Fault
from rnnctl.schema.training import OptimizerBase

_CELL_NAMES = {"simple_rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}


def describe_cells(config: Config) -> str:
    """The recurrent layers in words, such as ``GRU 32 + bidirectional LSTM 16``."""
    return " + ".join(
        f"{'bidirectional ' if layer.bidirectional else ''}{_CELL_NAMES[layer.cell]} {layer.units}"
        for layer in config.model.layers
    )


def describe_optimizer(section: OptimizerBase) -> str:
    """The optimizer in words, such as ``sgd 0.01`` or ``adam cosine from 0.001``."""
    kind = section.model_dump()["kind"]
    rate = section.learning_rate
    if isinstance(rate, float | int):
        return f"{kind} {rate:g}"
    return f"{kind} {rate.kind} from {rate.initial_learning_rate:g}"


def check_outputs(config: Config, outputs: int) -> None:
    """Checks that a model without a head gives as many values as the data has targets.

    Args:
        config: The whole config.
        outputs: Target values (at each time step, where there is a target at each).

    Raises:
        ConfigError: They differ.
    """
    if config.model.head != "none":
        return
    last = config.model.layers[-1]
    given = last.units * (2 if last.bidirectional else 1)
    if given != outputs:
        message = (
            f"the last layer gives {given} values and the data has {outputs} targets; "
            f"set model.head: dense, or make the layer's output {outputs} wide"
        )
        raise ConfigError([Fault(config.name, None, None, "model.head", message)])
