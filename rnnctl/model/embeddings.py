"""Which columns share an embedding, and the names of the layers beside the recurrent ones. Imports no framework."""

from __future__ import annotations

from collections.abc import Sequence

from rnnctl.cells import CELLS, LayerBase
from rnnctl.data import InputColumn


def embedding_numbers(columns: Sequence[InputColumn]) -> tuple[int | None, ...]:
    """The embedding of each column, numbered in order; None for numbers and for one-hot tokens.

    Columns that were made of one column of a file share an embedding.
    """
    found: dict[tuple[str, tuple[str, ...], int | None], int] = {}
    numbers: list[int | None] = []
    for column in columns:
        key = column.source or column.name, column.tokens, column.embedding
        embedded = column.tokens and column.embedding is not None
        numbers.append(found.setdefault(key, len(found)) if embedded else None)
    return tuple(numbers)


def state_layers(layer: LayerBase) -> dict[str, str]:
    """Names of the dense layers that make a first recurrent layer's initial states, each with its state.

    In the order in which Keras takes them; the states are ``h``, ``c``, ``forward/h``, ``backward/h``, ….
    """
    sides = {"state_": "forward/", "state_backward_": "backward/"} if layer.bidirectional else {"state_": ""}
    states = CELLS[layer.cell].states
    return {f"{name}{state}": f"{side}{state}" for name, side in sides.items() for state in states}
