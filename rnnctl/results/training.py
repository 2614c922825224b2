"""Training runs: what is known before the first step, each step and validation, checkpoints, the summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt


NOT_BETTER = "not better"
"""How a sentence of a network begins that a baseline equals or beats."""
DIVERGED = "diverged: "
"""How the sentence begins that says why no weights of a run are worth scoring."""


@dataclass(frozen=True, slots=True)
class RunHeader:
    """What is known of a run before its first step.

    Attributes:
        cells: The recurrent layers in words, such as ``SimpleRNN 64`` or ``GRU 32 + GRU 16``.
        optimizer: The optimizer in words, such as ``sgd 0.01``.
        time_steps: Time steps of the longest training sequence.
        outputs: Outputs (at each time step, where there is a target at each).
        weight_paths: Paths of the trainable weights, in the model's order.
        state_paths: Paths of the states whose gradients are recorded, such as ``recurrent_0/h``; empty where none is.
        total_steps: Optimizer steps that training takes unless something stops it.
        truncated: Time steps after which backpropagation is cut, which state gradients are then recorded for; None
            where it reaches through whole sequences.
    """

    name: str
    cells: str
    weights: int
    loss: str
    optimizer: str
    sequences: int
    time_steps: int
    features: int
    outputs: int
    weight_paths: tuple[str, ...]
    state_paths: tuple[str, ...]
    total_steps: int
    clips: bool
    notes: tuple[str, ...] = ()
    truncated: int | None = None

    @property
    def recorded_time_steps(self) -> int:
        """Time steps that state gradients are recorded for."""
        return self.truncated or self.time_steps


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What one optimizer step did.

    Attributes:
        step: 1-based number of the optimizer step.
        epoch: 1-based number of the epoch that the step belongs to.
        loss: Mean loss over the batch, before the update.
        gradient_norm: L2 norm over all trainable weights' gradients, before clipping.
        clipped_norm: The same after clipping; equal to ``gradient_norm`` where nothing was clipped.
        gradient_norms: L2 norm per weight before clipping, by the weight's path (``recurrent_0/kernel``).
        seconds: Wall-clock seconds that the step took (a compiled call's time divided by its steps).
        state_gradient_norms: By layer and state (``recurrent_0/h``; LSTM also ``recurrent_0/c``), for every time
            step up to those of the longest training sequence (or of a piece, where training truncates) the mean over
            the batch of the L2 norms of each sequence's total gradient ∂L/∂h_t, where L is the batch's mean loss. A
            sequence counts as 0 at time steps that it does not have, so that the norms depend on no padding. None
            where they were not asked for at this step.
        update_ratios: By the weight's path, ‖Δw‖ / ‖w‖ of this update: the L2 norm of the change over that of the
            weight before it, infinite where that was all zeros. None at steps where it was not measured.
    """

    step: int
    epoch: int
    loss: float
    gradient_norm: float
    clipped_norm: float
    gradient_norms: Mapping[str, float]
    learning_rate: float
    seconds: float
    state_gradient_norms: Mapping[str, tuple[float, ...]] | None = None
    update_ratios: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class ValidationRecord:
    """The loss over the validation split after an epoch (or at the end of training by steps).

    Attributes:
        step: Optimizer steps taken so far.
        epoch: 1-based number of the epoch that ended.
    """

    step: int
    epoch: int
    loss: float
    is_best: bool


@dataclass(frozen=True, slots=True)
class NetRecord:
    """A further net of a run that was trained.

    Attributes:
        number: Its number in the ensemble, from 1.
        of: Number of nets of the ensemble.
        refit: Whether it was trained anew, on training and validation rows.
        summary: What its training came to; its record is in ``members/<number>``, ``refit`` or
            ``members/<number>/refit`` of the run's folder.
    """

    number: int
    of: int
    refit: bool
    summary: Summary

    @property
    def name(self) -> str:
        """What it is, in words."""
        return name_of_net(self.number, self.of, refit=self.refit)


def name_of_net(number: int, of: int, *, refit: bool) -> str:
    """A net in words; the arguments are fields of `NetRecord`."""
    words = [f"net {number} of {of}"] * (of > 1) + ["refit"] * refit
    return ", ".join(words)


def best_of(validations: Sequence[ValidationRecord]) -> ValidationRecord | None:
    """The best validation: the one whose weights are kept, which a lower loss within ``min_delta`` does not beat."""
    return next((record for record in reversed(validations) if record.is_best), None)


@dataclass(frozen=True, slots=True)
class Stopping:
    """What early stopping knows.

    Attributes:
        loss: Loss of the best validation; None before the first that is finite.
        waited: Validations since then.
        weights: By name, the values that the model's variables had then; None where they are not kept.
    """

    loss: float | None = None
    epoch: int | None = None
    waited: int = 0
    weights: Mapping[str, npt.NDArray[Any]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """All that training needs in order to go on after a step as if it had never stopped.

    The order of the sequences is a function of the seed and the step, so the step alone says where in the data it is.

    Attributes:
        model: Every variable of the model by its name, seed generators' states included.
        optimizer: Every variable of the optimizer by its name.
        stopping: What early stopping knew before the validation that follows this step, if one does; going on begins
            with that validation.
        reasons: Why it was taken: ``due``, ``best`` (lowest validation loss so far), ``last``.
    """

    step: int
    model: Mapping[str, npt.NDArray[Any]]
    optimizer: Mapping[str, npt.NDArray[Any]]
    stopping: Stopping = Stopping()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What a whole training run came to.

    Attributes:
        first_loss: Loss of the first step; None if there was none.
        best_validation_loss: Loss of the best validation (`best_of`); None without a validation split.
        stopped: Why training ended: ``finished``, ``early stopping``, ``interrupted``, ``non-finite`` or ``failed``.
        seconds: Wall-clock seconds of training, compilation included.
        milliseconds_per_step: Median time of a step once compiled.
        metrics: Test metrics in the data's own units, such as ``test_mae`` and ``naive_mae``; empty without a test
            split.
        reason: What went wrong, where training was ``non-finite`` or ``failed``, or why it was ``interrupted``, where
            nobody at the keyboard did that.
        verdict: ``non-finite``, or what the norms through time of the last step that has some came to: ``exploding`` or
            ``vanishing``; None where they are well, or tell nothing of how far a gradient comes.
        reach: How far back the gradient came then, and out of how many time steps; None where they tell nothing.
        input_wait: Share of the steps' time that they waited for their batches, 0 to 1; None where too few were taken.
        worth: What the test says of the network, beside the best baseline, in a sentence; or ``diverged:`` and why,
            where no weights are worth scoring. Empty where nothing says that.
    """

    steps: int
    epochs: int
    first_loss: float | None
    final_loss: float | None
    best_validation_loss: float | None
    best_epoch: int | None
    stopped: str
    seconds: float
    milliseconds_per_step: float | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    reason: str | None = None
    verdict: str | None = None
    reach: tuple[int, int] | None = None
    input_wait: float | None = None
    worth: str = ""

    @property
    def diverged(self) -> bool:
        """Whether no weights of the run are worth scoring."""
        return self.worth.startswith(DIVERGED)
