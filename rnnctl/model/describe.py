"""Models and optimizers in words, from the config alone; imports no framework."""

from __future__ import annotations

from rnnctl.cells import CELLS
from rnnctl.config.schema import Config
from rnnctl.errors import ConfigError, Fault
from rnnctl.optimizers import OptimizerBase


def describe_cells(config: Config) -> str:
    """The recurrent layers in words, such as ``GRU 32 + bidirectional LSTM 16``, or ``5 × GRU 16`` of an ensemble."""
    layers = [
        f"{'bidirectional ' if layer.bidirectional else ''}{CELLS[layer.cell].title} {layer.units}"
        for layer in config.model.layers
    ]
    members, told = config.training.members, " + ".join(layers)
    if members == 1:
        return told
    return f"{members} × ({told})" if len(layers) > 1 else f"{members} × {told}"


def describe_optimizer(section: OptimizerBase) -> str:
    """The optimizer in words, such as ``sgd 0.01`` or ``adam cosine from 0.001``."""
    kind, rate = section.kind, section.learning_rate
    if isinstance(rate, float | int):
        return f"{kind} {rate:g}"
    return f"{kind} {rate.kind} from {rate.initial_learning_rate:g}"


def check_outputs(config: Config, outputs: int) -> None:
    """Checks that a model without a head gives as many values as the data has targets (at each time step, if at each).

    Raises:
        ConfigError: They differ.
    """
    last = config.model.layers[-1]
    if config.model.head == "none" and last.width != outputs:
        message = (
            f"the last layer gives {last.width} values and the data has {outputs} targets; "
            f"set model.head: dense, or make the layer's output {outputs} wide"
        )
        raise ConfigError([Fault(config.name, None, None, "model.head", message)])
