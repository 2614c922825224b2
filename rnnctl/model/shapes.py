"""The weights that a config and its data make, by their paths, and what of arrays does not fit them.

Imports no framework.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from rnnctl.cells import CELLS
from rnnctl.config.model import Model
from rnnctl.data import Signature
from rnnctl.errors import RunError
from rnnctl.model.embeddings import embedding_numbers, state_layers
from rnnctl.util.format import first_few

Shape = Sequence[int]


def weight_shapes(model: Model, signature: Signature) -> dict[str, Shape]:
    """The shape of every weight of a model, by its path (see `rnnctl.model.weights.weight_paths`)."""
    found: dict[str, Shape] = {}
    for number, column in zip(embedding_numbers(signature.inputs), signature.inputs, strict=True):
        if number is not None and column.embedding is not None:
            found[f"embedding_{number}/embeddings"] = (len(column.tokens), column.embedding)
    first, static = model.layers[0], sum(column.width for column in signature.inputs if column.static)
    if static:
        for name in state_layers(first):
            found |= {f"{name}/kernel": (static, first.units), f"{name}/bias": (first.units,)}
    width = signature.features
    for number, layer in enumerate(model.layers):
        for side in ("forward/", "backward/") if layer.bidirectional else ("",):
            shapes = CELLS[layer.cell].shapes(layer, width)
            found |= {f"recurrent_{number}/{side}{name}": shape for name, shape in shapes.items()}
        width = layer.width
    if model.head == "dense":
        found |= {"head/kernel": (width, signature.outputs), "head/bias": (signature.outputs,)}
    return found


def differences(
    expected: Mapping[str, tuple[str, Shape]], arrays: Mapping[str, npt.NDArray[Any]], kind: str = ""
) -> list[str]:
    """What of arrays does not fit what is expected, by name: missing, unexpected, or of another shape or dtype.

    Args:
        expected: The name of the dtype, and the shape, of each.
        kind: What they are, before their names.
    """
    faults = [f"{kind}{name} is missing" for name in expected if name not in arrays]
    faults += [f"{kind}{name} is not one of the config's" for name in arrays if name not in expected]
    for name in set(expected) & set(arrays):
        array, (dtype, shape) = arrays[name], expected[name]
        found, wanted = f"{array.dtype.name} {list(array.shape)}", f"{dtype} {list(shape)}"
        if found != wanted:
            faults.append(f"{kind}{name} is {found} where the config makes {wanted}")
    return sorted(faults)


def misfit(source: str, faults: Sequence[str]) -> RunError:
    """The error of weights that are not those of a run's config; ``source`` is where they are from."""
    return RunError(f"{source}: these weights do not fit the run's config: {first_few(faults, 5, separator='; ')}")
