"""Which columns share an embedding, and the names of the layers beside the recurrent ones. Imports no framework."""

from __future__ import annotations

from collections.abc import Sequence

from rnnctl.cells import CELLS, LayerBase
from rnnctl.data import InputColumn


def embedding_numbers(columns: Sequence[InputColumn]) -> tuple[int | None, ...]:
    """The embedding of each column, numbered in order; None for numbers and for one-hot tokens.

    Columns that were made of one column of a file share an embedding.
    """
    found: dict[tuple[str, tuple[str, ...], int], int] = {}
    numbers: list[int | None] = []
    for column in columns:
        if not column.tokens or column.embedding is None:
            numbers.append(None)
            continue
        key = column.source or column.name, column.tokens, column.embedding
        numbers.append(found.setdefault(key, len(found)))
    return tuple(numbers)


def state_layers(layer: LayerBase) -> dict[str, str]:
    """Names of the dense layers that make a first recurrent layer's initial states, each with its state.

    In the order in which Keras takes them; the states are ``h``, ``c``, ``forward/h``, ``backward/h``, ….
    """
    states = CELLS[layer.cell].states
    if not layer.bidirectional:
        return {f"state_{state}": state for state in states}
    return {f"state_{state}": f"forward/{state}" for state in states} | {
        f"state_backward_{state}": f"backward/{state}" for state in states
    }
