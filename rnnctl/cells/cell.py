"""What the table of cells says of each cell, and the config keys that all recurrent layers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Literal, cast

from rnnctl.schema.base import Fraction, PositiveInt, Section
from rnnctl.schema.initializers import Gained, Initializer, Plain

if TYPE_CHECKING:
    from rnnctl.cells.numpy_cell import NumpyCell

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
    cell: str

    @property
    def directions(self) -> int:
        """2 for a bidirectional layer, else 1."""
        return 2 if self.bidirectional else 1

    @property
    def looks_ahead(self) -> bool:
        """Whether an output depends on later time steps than its own, as where a sequence is read backwards too."""
        return self.bidirectional

    @property
    def width(self) -> int:
        """Values that the layer puts out at each time step."""
        return self.directions * self.units


@dataclass(frozen=True)
class Gate:
    """A gate of a cell, and what verdicts conclude from its mean.

    Attributes:
        name: Its name in findings and messages.
        keeps: The state that it carries from one time step to the next; empty for none.
        admits: Whether it decides how much enters the state: its value, or one minus it where it keeps the state.
        exposes: Whether it decides how much of the state is put out.
    """

    name: str
    keeps: str = ""
    admits: bool = False
    exposes: bool = False


Remedy = tuple[Mapping[str, Any], str]
"""Keys of a layer with their new values, and why."""


@dataclass(frozen=True)
class Cell:
    """A recurrent cell.

    Attributes:
        title: Its name in texts; Keras' name where Keras has the cell.
        section: The config's keys of a layer of this cell.
        numpy: Where its mathematics is, ``module:class``: a ``NumpyCell``.
        keras: Where its layer is, ``module:class``: a ``rnnctl.model.recurrent.layer.FusedRecurrence``.
        why: Why one would try it where gradients vanish or explode.
        equations: One time step of a layer as lines of text, in the order in which they are computed.
        states: Names of its states, in Keras' order; the first is the output.
        blocks: Blocks of ``units`` columns side by side in each kernel: gates and candidate.
        candidate: Index of the block that makes the candidate.
        bias_rows: Rows of a layer's bias, 1 or 2.
        diagonal: Whether the recurrent kernel is a vector, so that each unit sees no state but its own.
        remedies: What to change in a layer's own keys so that its gates let the gradient through.
    """

    word: str
    title: str
    section: type[LayerBase]
    numpy: str
    keras: str
    why: str
    equations: Callable[[Any], tuple[str, ...]]
    states: tuple[str, ...] = ("h",)
    blocks: int = 1
    candidate: int = 0
    gates: tuple[Gate, ...] = ()
    bias_rows: Callable[[Any], int] = lambda _: 1
    diagonal: bool = False
    remedies: Callable[[Any], Iterable[Remedy]] = lambda _: ()

    @property
    def mathematics(self) -> type[NumpyCell]:
        """The cell in NumPy."""
        return cast("type[NumpyCell]", resolve_name(self.numpy))

    @property
    def layer_class(self) -> Any:
        """The Keras layer, with its passes in TensorFlow."""
        return resolve_name(self.keras)

    def shapes(self, layer: LayerBase, features: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the weights of one direction of a layer, by name, for inputs of so many features."""
        width, rows = self.blocks * layer.units, self.bias_rows(layer)
        shapes: dict[str, tuple[int, ...]] = {
            "kernel": (features, width),
            "recurrent_kernel": (width,) if self.diagonal else (layer.units, width),
        }
        return shapes | ({"bias": (rows, width) if rows > 1 else (width,)} if layer.use_bias else {})

    def operations(self, layer: LayerBase, features: int, *, first: bool) -> float:
        """Floating-point operations of a layer's matrix products in training, per sequence and time step.

        A product of ``[m, k]`` and ``[k, n]`` counts 2mkn. Each kernel has one in the forward pass, one for its
        gradient, and one for the gradient of what it is multiplied with, which the first layer's inputs do not need.
        """
        products = (2 if first else 3) * features + (0 if self.diagonal else 3 * layer.units)
        return 2.0 * layer.directions * self.blocks * layer.units * products
