"""The ``model`` section: a stack of recurrent layers and a head."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rnnctl.cells import AnyLayer
from rnnctl.cells.table import SimpleRnnLayer
from rnnctl.schema.base import Section


class Model(Section):
    """Recurrent layers from input to output, and what stands on top of them."""

    layers: Annotated[tuple[AnyLayer, ...], Field(strict=False, min_length=1)] = (SimpleRnnLayer(cell="simple_rnn"),)
    """Recurrent layers, the one that reads the data first."""
    head: Literal["none", "dense"] = "dense"
    """The hidden-to-output layer: a linear dense layer, or none (the last layer's output is the prediction)."""
    return_sequences: bool = False
    """Whether there is an output at every time step (many-to-many) or only at the last (many-to-one)."""
