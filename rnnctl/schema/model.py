"""The ``model`` section: a stack of recurrent layers and a head."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rnnctl.schema.base import Fraction, PositiveInt, Section, ShortForm
from rnnctl.schema.initializers import Gained, Initializer, Plain

Activation = Literal[
    "linear",
    "tanh",
    "sigmoid",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "softplus",
    "softsign",
    "hard_sigmoid",
    "hard_tanh",
    "exponential",
    "mish",
]


class LayerBase(Section):
    """What every recurrent layer has; names and defaults are Keras'."""

    units: PositiveInt = 64
    """Size of the state."""
    activation: Activation = "tanh"
    """Activation of the state."""
    use_bias: bool = True
    """Whether there is a bias vector."""
    kernel_initializer: Initializer = Plain(kind="glorot_uniform")
    """Initializer of the input-to-hidden weights."""
    recurrent_initializer: Initializer = Gained(kind="orthogonal")
    """Initializer of the hidden-to-hidden weights."""
    bias_initializer: Initializer = Plain(kind="zeros")
    """Initializer of the bias vector."""
    dropout: Fraction = 0.0
    """Share of the inputs dropped in training."""
    recurrent_dropout: Fraction = 0.0
    """Share of the state dropped in training."""
    bidirectional: bool = False
    """Whether a second copy reads the sequence backwards; the two outputs are concatenated."""


class SimpleRnnLayer(LayerBase):
    """h_t = activation(x_t W + h_{t-1} U + b)."""

    cell: Literal["simple_rnn"]


class GruLayer(LayerBase):
    """Gated recurrent unit (Cho et al. 2014, arXiv 1406.1078)."""

    cell: Literal["gru"]
    recurrent_activation: Activation = "sigmoid"
    """Activation of the gates."""
    reset_after: bool = True
    """Whether the reset gate acts after the recurrent product (as in cuDNN) or before it."""


class LstmLayer(LayerBase):
    """Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000)."""

    cell: Literal["lstm"]
    recurrent_activation: Activation = "sigmoid"
    """Activation of the gates."""
    unit_forget_bias: bool = True
    """Whether the forget gate's bias starts at 1 (Jozefowicz et al. 2015)."""


Layer = Annotated[Annotated[SimpleRnnLayer | GruLayer | LstmLayer, Field(discriminator="cell")], ShortForm("cell")]


class Model(Section):
    """Recurrent layers from input to output, and what stands on top of them."""

    layers: Annotated[tuple[Layer, ...], Field(strict=False, min_length=1)] = (SimpleRnnLayer(cell="simple_rnn"),)
    """Recurrent layers, the one that reads the data first."""
    head: Literal["none", "dense"] = "dense"
    """The hidden-to-output layer: a linear dense layer, or none (the last layer's output is the prediction)."""
    return_sequences: bool = False
    """Whether there is an output at every time step (many-to-many) or only at the last (many-to-one)."""
