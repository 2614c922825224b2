"""All variables that training changes, as arrays under names that are the same in every process.

Weights, dropout's seed generators and the optimizer's slots: without any of these in a checkpoint, a resumed run would
differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from rnnctl.errors import RunError
from rnnctl.model.weights import differences, weight_paths
from rnnctl.results.training import Snapshot, Stopping
from rnnctl.util.format import first_few

Arrays = Mapping[str, npt.NDArray[Any]]


def model_variables(model: keras.Model) -> dict[str, Any]:
    """Names every variable of a model.

    Args:
        model: A built model.

    Returns:
        Trainable weights by their path (``recurrent_0/kernel``), then the rest by their layer and place in it
        (``recurrent_0/seed_generator_state/0``); Keras numbers those anew with every model built in a process.
    """
    named = dict(zip(weight_paths(model), model.trainable_variables, strict=True))
    for layer in model.layers:
        others = [variable for variable in layer.variables if not variable.trainable]
        named |= {f"{layer.name}/{variable.name}/{place}": variable for place, variable in enumerate(others)}
    if {id(variable) for variable in named.values()} != {id(variable) for variable in model.variables}:
        raise RuntimeError("the model has variables that belong to none of its layers")
    return named


def optimizer_variables(model: keras.Model, optimizer: Any) -> dict[str, Any]:
    """Names every variable of an optimizer.

    Args:
        model: The model that it updates.
        optimizer: A Keras optimizer, built for the model's trainable variables.

    Returns:
        Slots by the weight that they belong to (``recurrent_0/kernel/momentum``), the rest by their own name
        (``iteration``, ``learning_rate``).
    """
    # Keras puts the weight's path, its slashes replaced, before the slot's name.
    prefixes = {
        variable.path.replace("/", "_") + "_": path
        for path, variable in zip(weight_paths(model), model.trainable_variables, strict=True)
    }
    named: dict[str, Any] = {}
    for variable in optimizer.variables:
        name = variable.name
        prefix = max((prefix for prefix in prefixes if name.startswith(prefix)), key=len, default=None)
        key = name if prefix is None else f"{prefixes[prefix]}/{name.removeprefix(prefix)}"
        if key in named:
            raise RuntimeError(f"two variables of the optimizer are called {key}")
        named[key] = variable
    return named


class TrainingState:
    """The variables of a model and its optimizer: copied into snapshots, and restored from them.

    Args:
        model: A built model.
        optimizer: Its optimizer, built.
        carried: Further variables of the model by name: the states that one piece of a sequence leaves to the next.

    Attributes:
        weight_names: Names of ``model.get_weights()``.
    """

    def __init__(self, model: keras.Model, optimizer: Any, carried: Mapping[str, Any] | None = None) -> None:
        own = model_variables(model)
        self._model = own | dict(carried or {})
        self._optimizer = optimizer_variables(model, optimizer)
        names = {id(variable): name for name, variable in own.items()}
        self._best = {names[id(variable)]: variable for variable in model.weights}
        self.weight_names = tuple(self._best)

    def take(self, step: int, stopping: Stopping, *reasons: str) -> Snapshot:
        """Copies everything; must not run beside a step."""
        return Snapshot(step, copies(self._model), copies(self._optimizer), stopping, reasons)

    def check(self, snapshot: Snapshot, what: str) -> None:
        """Checks that a snapshot is one of this model and optimizer.

        Args:
            snapshot: What ``put`` would write.
            what: Where it comes from, for the message.

        Raises:
            RunError: It is not; the message names the differences.
        """
        best = snapshot.stopping.weights
        faults = [
            *differences(self._model, snapshot.model),
            *differences(self._optimizer, snapshot.optimizer, "optimizer "),
            *([] if best is None else differences(self._best, best, "best ")),
        ]
        if faults:
            shown = first_few(faults, 10, separator="; ")
            raise RunError(f"{what}: its arrays and config.yaml do not describe the same training: {shown}")

    def put(self, snapshot: Snapshot) -> None:
        """Assigns the values of a snapshot that ``check`` found to fit."""
        for variables, arrays in ((self._model, snapshot.model), (self._optimizer, snapshot.optimizer)):
            for name, variable in variables.items():
                variable.assign(arrays[name])


def copies(variables: Mapping[str, Any]) -> Arrays:
    """Values of variables by name, in memory of their own."""
    # Keras' own __array__ may give a view of the very memory that the next step writes to; TensorFlow's numpy() copies.
    values = {name: one.value if isinstance(one, keras.Variable) else one.value() for name, one in variables.items()}
    return {name: np.asarray(value.numpy()) for name, value in values.items()}
