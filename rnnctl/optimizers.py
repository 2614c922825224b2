"""The table of optimizers, and the learning-rate schedules that they follow; names are Keras'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from rnnctl.schema.base import (
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    OneOf,
    PositiveFloat,
    PositiveInt,
    Section,
    ShortForm,
)
from rnnctl.util.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Doubles = npt.NDArray[np.float64]


class Schedule(Section):
    """What every learning-rate schedule has."""

    initial_learning_rate: PositiveFloat
    """Learning rate after warm-up."""
    warmup_steps: NonNegativeInt = 0
    """Steps over which the rate rises evenly from 0 to its initial value; the schedule starts after them."""

    def for_length(self, total: int) -> Schedule:
        """The schedule as it is for a training of so many steps, whatever its length."""
        return self

    def factors(self, later: Doubles) -> Doubles:
        """What the initial rate is multiplied by, so many steps after warm-up."""
        raise NotImplementedError

    def rates(self, total: int) -> Doubles:
        """``[total]``: the learning rate of each step of a training of so many steps."""
        import numpy as np

        step = np.arange(total, dtype=np.float64)
        warm = np.minimum((step + 1) / self.warmup_steps, 1.0) if self.warmup_steps else 1.0
        later = np.maximum(step - self.warmup_steps, 0.0)
        return np.asarray(self.initial_learning_rate * warm * self.for_length(total).factors(later))


class ConstantSchedule(Schedule):
    """The same rate after warm-up."""

    kind: Literal["constant"]

    def factors(self, later: Doubles) -> Doubles:
        """See `Schedule`."""
        import numpy as np

        return np.ones_like(later)


class ExponentialSchedule(Schedule):
    """rate = initial · decay_rate^(step / decay_steps), as Keras' ExponentialDecay."""

    kind: Literal["exponential"]
    decay_steps: PositiveInt
    """Steps over which the rate is multiplied by ``decay_rate`` once."""
    decay_rate: PositiveFloat
    """Factor on the rate."""
    staircase: bool = False
    """Whether step / decay_steps is rounded down."""

    def factors(self, later: Doubles) -> Doubles:
        """See `Schedule`."""
        import numpy as np

        power = later / self.decay_steps
        return np.asarray(self.decay_rate ** (np.floor(power) if self.staircase else power))


class CosineSchedule(Schedule):
    """Half a cosine from the initial rate to alpha times it (Loshchilov & Hutter 2016, arXiv 1608.03983)."""

    kind: Literal["cosine"]
    decay_steps: PositiveInt | None = None
    """Steps until the end of the cosine; the steps of training that remain after warm-up where it is null."""
    alpha: NonNegativeFloat = 0.0
    """Final rate as a share of the initial one."""

    def for_length(self, total: int) -> Schedule:
        """See `Schedule`."""
        steps = self.decay_steps or max(total - self.warmup_steps, 1)
        return self.model_copy(update={"decay_steps": steps})

    def factors(self, later: Doubles) -> Doubles:
        """See `Schedule`."""
        import numpy as np

        share = np.minimum(later / (self.decay_steps or 1), 1.0)
        return np.asarray(self.alpha + (1 - self.alpha) * 0.5 * (1 + np.cos(np.pi * share)))


def _number_or_schedule(value: Any) -> str:
    return "schedule" if isinstance(value, dict | BaseModel) else "number"


LearningRate = Annotated[
    Annotated[PositiveFloat, Tag("number")]
    | Annotated[
        Annotated[ConstantSchedule | ExponentialSchedule | CosineSchedule, Field(discriminator="kind")], Tag("schedule")
    ],
    # The choice is by the value's form, so that a wrong value is told once and not once per branch.
    Discriminator(_number_or_schedule),
]


class OptimizerBase(Section):
    """What every optimizer has; names are Keras'. At most one of the three clip options."""

    exclusive: ClassVar = ("clipnorm", "global_clipnorm", "clipvalue")

    learning_rate: LearningRate = 0.001
    """Step size: a number, or a schedule over the steps of training."""
    clipnorm: PositiveFloat | None = None
    """Each weight's gradient is scaled down to this norm."""
    global_clipnorm: PositiveFloat | None = None
    """All gradients together are scaled down to this norm."""
    clipvalue: PositiveFloat | None = None
    """Each element of a gradient is cut off at plus and minus this value."""
    kind: str

    def for_length(self, total: int) -> OptimizerBase:
        """The optimizer as it is for a training of so many steps, whatever its length."""
        rate = self.learning_rate
        if isinstance(rate, Schedule):
            return self.model_copy(update={"learning_rate": rate.for_length(total)})
        return self

    @property
    def clips(self) -> bool:
        """Whether gradients are clipped."""
        return any(getattr(self, name) is not None for name in self.exclusive)


class Sgd(OptimizerBase):
    """θ ← θ − learning_rate · g, with momentum where asked for."""

    kind: Literal["sgd"]
    learning_rate: LearningRate = 0.01
    """Step size: a number, or a schedule over the steps of training."""
    momentum: Fraction = 0.0
    """Share of the last update that is added to the next one."""
    nesterov: bool = False
    """Whether momentum looks ahead (Nesterov 1983)."""


class Adam(OptimizerBase):
    """Adam (Kingma & Ba 2014, arXiv 1412.6980)."""

    kind: Literal["adam"]
    beta_1: Fraction = 0.9
    """Decay of the running mean of the gradients."""
    beta_2: Fraction = 0.999
    """Decay of the running mean of their squares."""
    epsilon: PositiveFloat = 1e-7
    """Added to the denominator."""
    amsgrad: bool = False
    """Whether the largest running square so far is used (Reddi et al. 2018, arXiv 1904.09237)."""


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2017, arXiv 1711.05101)."""

    kind: Literal["adamw"]  # type: ignore[assignment]
    weight_decay: NonNegativeFloat = 0.004
    """Share of each weight taken off at a step, times the learning rate."""


class RmsProp(OptimizerBase):
    """RMSprop (Tieleman & Hinton 2012)."""

    kind: Literal["rmsprop"]
    rho: Fraction = 0.9
    """Decay of the running mean of the squared gradients."""
    momentum: Fraction = 0.0
    """Share of the last update that is added to the next one."""
    epsilon: PositiveFloat = 1e-7
    """Added to the denominator."""
    centered: bool = False
    """Whether the squares are taken around the running mean."""


@dataclass(frozen=True)
class Optimizer:
    """An optimizer.

    Attributes:
        section: Its keys in the config; but for ``kind`` they are arguments of ``keras``.
        keras: Where its class is, ``module:class``: a ``keras.optimizers.Optimizer``.
        slots: Numbers that it keeps per weight, at most.
        usual_rate: A learning rate that suits most recurrent networks on scaled data.
    """

    word: str
    section: type[OptimizerBase]
    keras: str
    slots: int
    usual_rate: float = 0.003


OPTIMIZERS: Registry[Optimizer] = Registry(
    "optimizer",
    [
        Optimizer("sgd", Sgd, "keras.optimizers:SGD", slots=1, usual_rate=0.03),
        Optimizer("adam", Adam, "keras.optimizers:Adam", slots=2),
        Optimizer("adamw", AdamW, "keras.optimizers:AdamW", slots=2),
        Optimizer("rmsprop", RmsProp, "keras.optimizers:RMSprop", slots=2),
    ],
)

AnyOptimizer = Annotated[OptimizerBase, OneOf(OPTIMIZERS), ShortForm()]
"""An optimizer's section of the config, chosen by the word ``kind``."""
