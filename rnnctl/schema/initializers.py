"""Keras' weight initializers, by Keras' names and with Keras' arguments, so that a file is checked without Keras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from rnnctl.schema.base import PositiveFloat, Section, ShortForm
from rnnctl.tasks.task import Rule


class Plain(Section):
    """Initializers without arguments."""

    kind: Literal[
        "zeros", "ones", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"
    ]


class Constant(Section):
    """Every weight the same."""

    kind: Literal["constant"]
    value: float = 0.0
    """The value of every weight."""


class Normal(Section):
    """Drawn from a normal distribution; ``truncated_normal`` redraws beyond two standard deviations."""

    kind: Literal["random_normal", "truncated_normal"]
    mean: float = 0.0
    """Mean of the weights."""
    stddev: PositiveFloat = 0.05
    """Standard deviation of the weights (of ``truncated_normal`` before it is cut)."""


class Uniform(Section):
    """Drawn evenly from an interval."""

    kind: Literal["random_uniform"]
    minval: float = -0.05
    """Smallest weight."""
    maxval: float = 0.05
    """Largest weight."""

    def broken_rules(self) -> Iterator[Rule]:
        """The interval is not empty."""
        if self.minval >= self.maxval:
            yield "minval is not below maxval; set a smaller minval or a larger maxval", "minval", "maxval"


class VarianceScaling(Section):
    """Variance set from the number of inputs or outputs."""

    kind: Literal["variance_scaling"]
    scale: PositiveFloat = 1.0
    """Factor on the variance."""
    mode: Literal["fan_in", "fan_out", "fan_avg"] = "fan_in"
    """What the variance is divided by: the number of inputs, of outputs, or their mean."""
    distribution: Literal["truncated_normal", "untruncated_normal", "uniform"] = "truncated_normal"
    """Distribution that the weights are drawn from."""


class Gained(Section):
    """A random orthogonal matrix (Saxe et al. 2013, arXiv 1312.6120) or the identity, times a gain."""

    kind: Literal["orthogonal", "identity"]
    gain: float = 1.0
    """Factor on the matrix; it is the spectral radius at the start."""


Initializer = Annotated[
    Annotated[Plain | Constant | Normal | Uniform | VarianceScaling | Gained, Field(discriminator="kind")], ShortForm()
]
