"""The sections ``training``, ``gradients`` and ``checkpoints``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from rnnctl.schema.base import (
    LARGEST_INT,
    Fraction,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    Section,
)
from rnnctl.tasks.task import Rule


class EarlyStopping(Section):
    """Stops when the validation loss has not improved for ``patience`` epochs."""

    patience: PositiveInt = 5
    """Epochs without improvement before training stops."""
    min_delta: NonNegativeFloat = 0.0
    """Improvement that counts: smaller ones are no best validation either, and their weights are not kept."""
    restore_best_weights: bool = True
    """Whether the weights of the best epoch are the ones that are kept and tested."""


MOST_MEMBERS = 1000

_Weight = Annotated[float, Field(gt=1e-6, lt=1e6)]
_Weights = Annotated[dict[str, _Weight], Tag("weights")]
ClassWeights = Annotated[
    Annotated[Literal["balanced"], Tag("word")] | _Weights,
    Discriminator(lambda value: "weights" if isinstance(value, dict) else "word"),
]
"""``balanced``, or a weight by label."""


class Training(Section):
    """How long, in which batches. One of ``steps`` and ``epochs``; 10 epochs where neither is given."""

    exclusive: ClassVar = ("steps", "epochs")

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
    class_weights: ClassWeights | None = None
    """What the training loss of each class is multiplied by: ``{yes: 5, no: 1}`` by label as the file has it (1 for one
    that is not named), or ``balanced``, so that rare classes weigh as much as frequent ones: n / (classes · n_c) by the
    training rows. The mean is over targets, not weights, as of Keras' ``class_weight``. Null weighs all alike.
    Validation and metrics never weigh."""
    naive_weight: Literal["auto"] | Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the naive forecast in what is forecast: (1 − share) · network + share · naive, in the data's own units,
    with the last value or the one a season before, whichever is better on the validation rows. ``auto`` takes the best
    of 0, ¼, ½, ¾ and 1 there (Bates & Granger 1969); where the network is no better, the forecast is the naive one."""
    smoothing: bool = False
    """Whether exponential smoothing, fitted to the training rows (Hyndman et al. 2008), is one of the forecasts that
    ``naive_weight`` gives a share to: then the best of them on the validation rows has it."""
    truncate: PositiveInt | None = None
    """Time steps after which backpropagation through time is cut: longer sequences are trained on piece by piece, the
    state carried from one piece into the next. Never where it is null."""
    members: Annotated[int, Field(ge=1, le=MOST_MEMBERS)] = 1
    """Nets that are trained on the same data, one after the other, each from weights, in an order and with dropout of
    its own; the mean of their predictions is what is predicted (Hansen & Salamon 1990, Neural network ensembles)."""
    member: Annotated[int, Field(ge=1, le=MOST_MEMBERS)] = 1
    """Which of such nets this is: the first is drawn from ``seed`` itself. Set in the config of a member's own folder,
    ``members/2`` in the run's."""
    refit: bool = False
    """Whether each net is trained anew, from its initial weights, on training and validation rows, once early stopping
    or the length has said for how many steps: as many. What it then predicts counts; the record stays that of before
    (Goodfellow, Bengio & Courville 2016, Deep Learning, section 7.8)."""
    with_validation: bool = False
    """Whether the validation rows are trained on too, and nothing is validated. Set in the config of the folder
    ``refit`` of a run."""

    def broken_rules(self) -> Iterator[Rule]:
        """See `Section`."""
        yield from super().broken_rules()
        auto = self.naive_weight == "auto"
        needs = {"refit": self.refit, "early_stopping": self.early_stopping is not None, "naive_weight: auto": auto}
        for what in (word for word, asked in needs.items() if asked and self.with_validation):
            message = f"{what} needs validation rows that are not trained on; remove it, or with_validation"
            yield message, what.partition(":")[0], "with_validation"
        if self.smoothing and not self.naive_weight:
            message = "smoothing has no share in what is forecast while naive_weight is 0; set naive_weight: auto"
            yield f"{message}, or remove smoothing", "smoothing"
        if self.members > 1 and self.member > 1:
            yield (
                f"member {self.member} is one net, and members asks for {self.members}; remove one of them",
                *("members", "member"),
            )


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
    outside: Fraction = 0.35
    """bad data: more than this share of what varies in the targets is out of the network's range."""
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


class Checkpoints(Section):
    """When the whole state of training is kept, so that a run can go on; always at its end, interrupted or not."""

    steps: PositiveInt | None = None
    """At every so many steps; never by steps where it is null."""
    minutes: PositiveFloat | None = 5.0
    """At every so many minutes; never by time where it is null."""
    keep: Annotated[int, Field(ge=2, le=LARGEST_INT)] = 2
    """How many are kept, beside the best one; at least two, since one may turn out to be damaged."""
    best: bool = True
    """Whether the one of the lowest validation loss is kept as well."""
