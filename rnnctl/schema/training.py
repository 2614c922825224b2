"""The sections that say how a model is trained: ``loss``, ``optimizer``, ``training``, ``gradients``."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Discriminator, Field, Tag, model_validator

from rnnctl.schema.base import (
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Section,
    ShortForm,
    broken_rule,
)


class PlainLoss(Section):
    """Mean squared or mean absolute error."""

    kind: Literal["mse", "mae"]


class HuberLoss(Section):
    """Squared near zero, absolute beyond ``delta`` (Huber 1964)."""

    kind: Literal["huber"]
    delta: PositiveFloat = 1.0
    """Error at which the loss turns from squared to absolute."""


class CrossEntropy(Section):
    """Binary cross-entropy for targets that are yes or no, categorical cross-entropy for tokens; in nats."""

    kind: Literal["binary_crossentropy", "categorical_crossentropy"]


Loss = Annotated[Annotated[PlainLoss | HuberLoss | CrossEntropy, Field(discriminator="kind")], ShortForm()]


class Schedule(Section):
    """What every learning-rate schedule has."""

    initial_learning_rate: PositiveFloat
    """Learning rate after warm-up."""
    warmup_steps: NonNegativeInt = 0
    """Steps over which the rate rises evenly from 0 to its initial value; the schedule starts after them."""


class ConstantSchedule(Schedule):
    """The same rate after warm-up."""

    kind: Literal["constant"]


class ExponentialSchedule(Schedule):
    """rate = initial · decay_rate^(step / decay_steps), as Keras' ExponentialDecay."""

    kind: Literal["exponential"]
    decay_steps: PositiveInt
    """Steps over which the rate is multiplied by ``decay_rate`` once."""
    decay_rate: PositiveFloat
    """Factor on the rate."""
    staircase: bool = False
    """Whether step / decay_steps is rounded down."""


class CosineSchedule(Schedule):
    """Half a cosine from the initial rate to alpha times it (Loshchilov & Hutter 2016, arXiv 1608.03983)."""

    kind: Literal["cosine"]
    decay_steps: PositiveInt | None = None
    """Steps until the end of the cosine; the steps of training that remain after warm-up where it is null."""
    alpha: NonNegativeFloat = 0.0
    """Final rate as a share of the initial one."""


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

    clip_options: ClassVar = ("clipnorm", "global_clipnorm", "clipvalue")

    learning_rate: LearningRate = 0.001
    """Step size: a number, or a schedule over the steps of training."""
    clipnorm: PositiveFloat | None = None
    """Each weight's gradient is scaled down to this norm."""
    global_clipnorm: PositiveFloat | None = None
    """All gradients together are scaled down to this norm."""
    clipvalue: PositiveFloat | None = None
    """Each element of a gradient is cut off at plus and minus this value."""

    @model_validator(mode="after")
    def _one_clip_option(self) -> OptimizerBase:
        given = [name for name in self.clip_options if getattr(self, name) is not None]
        if len(given) > 1:
            together = " and ".join(given) + (" are both set" if len(given) == 2 else " are all set")
            raise broken_rule(f"{together}; keep one of them", *given)
        return self


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


Optimizer = Annotated[Annotated[Sgd | Adam | AdamW | RmsProp, Field(discriminator="kind")], ShortForm()]


class EarlyStopping(Section):
    """Stops when the validation loss has not improved for ``patience`` epochs."""

    patience: PositiveInt = 5
    """Epochs without improvement before training stops."""
    min_delta: NonNegativeFloat = 0.0
    """Improvement that counts."""
    restore_best_weights: bool = True
    """Whether the weights of the best epoch are the ones that are kept and tested."""


class Training(Section):
    """How long, in which batches. One of ``steps`` and ``epochs``; 10 epochs where neither is given."""

    lengths: ClassVar = ("steps", "epochs")

    steps: PositiveInt | None = None
    """Optimizer steps."""
    epochs: PositiveInt | None = None
    """Passes over the training split."""
    batch_size: PositiveInt = 32
    """Sequences in a batch; the last batch of an epoch holds what is left."""
    shuffle: bool = True
    """Whether each epoch goes through the sequences in an order of its own, drawn from (seed, epoch)."""
    early_stopping: EarlyStopping | None = None
    """When to stop early on the validation loss; never where it is null."""
    deterministic: bool = True
    """Whether the same config gives the same bits on the same machine; ``--fast`` sets it to false."""
    truncate: PositiveInt | None = None
    """Time steps after which backpropagation through time is cut: longer sequences are trained on piece by piece, the
    state carried from one piece into the next. Never where it is null."""

    @model_validator(mode="after")
    def _steps_or_epochs(self) -> Training:
        if self.steps is not None and self.epochs is not None:
            raise broken_rule("steps and epochs are both set; keep one of them", *self.lengths)
        return self


VerdictWord = Literal[
    "healthy", "vanishing", "exploding", "non-finite", "saturated", "dead", "bad data", "noise-dominated"
]
"""What an examination can find."""


class Thresholds(Section):
    """Limits of the verdicts of ``inspect-gradients``, all scale-free; its ``--explain`` gives the reasons."""

    reach: Fraction = 0.5
    """vanishing: the gradient reaches back over less than this share of the time steps."""
    growth: PositiveFloat = 100.0
    """exploding: the gradient grows by more than this factor from one end of the sequence to the other."""
    depth: PositiveFloat = 1e-3
    """vanishing: a layer gets less than this share of the gradient of the layer above it."""
    slope: Fraction = 0.1
    """saturated: the activation's mean slope is below this share of its largest one."""
    shut: Fraction = 0.9
    """saturated: more than this share of an LSTM's output gates is shut."""
    intake: PositiveFloat = 0.1
    """saturated: a gate lets in less than this much new information over a whole sequence (1: one full time step)."""
    dead: Fraction = 0.5
    """dead: more than this share of the units never has a slope other than zero."""
    large: PositiveFloat = 10.0
    """bad data: a column's root mean square is above this."""
    small: PositiveFloat = 0.01
    """bad data: no input is larger than this."""
    constant: Fraction = 0.5
    """bad data: more than this share of the features, or of the targets, never changes."""
    outside: Fraction = 0.5
    """bad data: more than this share of the targets is out of the network's range."""
    noise: PositiveFloat = 5.0
    """noise-dominated: the gradient noise scale is above this many batches for certain."""


class Gradients(Section):
    """What is recorded of the gradients, and how an examination judges them."""

    through_time: bool = True
    """Whether the norm of ∂L/∂h_t is recorded for every time step."""
    every: PositiveInt = 1
    """Record the norms through time at every so many steps."""
    keep: PositiveInt | None = None
    """Steps of norms through time that are kept on disk; beyond them every second one is dropped, again and again. By
    default 10,000, or as many as fit 64 MB."""
    thresholds: Thresholds = Thresholds()
    """Where the verdicts of ``inspect-gradients`` draw their lines."""
    expect: VerdictWord | None = None
    """The verdict that this config is meant to get; ``smoke`` fails where it gets another."""
