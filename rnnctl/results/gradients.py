"""Gradients of an examined network: per weight, through time per recurrent layer, their noise, the self-check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Series = tuple[float, ...]
"""One number per time step, the first time step first."""


@dataclass(frozen=True, slots=True)
class GateFindings:
    """How a gate stands, over all sequences sampled, unmasked time steps and units.

    Attributes:
        shut: Share below 0.01.
        open: Share above 0.99.
    """

    mean: float
    shut: float
    open: float


@dataclass(frozen=True, slots=True)
class LayerFindings:
    """One recurrent layer (or one direction of a bidirectional one), through time.

    Attributes:
        path: The layer's path, such as ``recurrent_0`` or ``recurrent_1/backward``.
        time_steps: Time steps of the sequences examined; the truncated horizon where training truncates.
        state_gradient_norms: By state (``h``; LSTM also ``c``), mean over sequences of ‖∂L/∂h_t‖ at each time step.
        immediate_norms: The part of ∂L/∂h_t that comes from the loss at t itself (for a lower layer: from the layer
            above at t), not through h_{t+1}: mean norm at each time step.
        returned_norms: The part that came back through the recurrence: mean norm at each time step.
        decay_per_step: Factor by which the norm of ``impulse_norms`` changes per time step back, from a straight line
            fitted to its logarithm; below 1 vanishes, above 1 explodes. None for fewer than three usable time steps.
        decay_fit: R² of that line.
        half_life: Time steps over which the norm halves (ln ½ / ln decay); None where it does not decay.
        reach_steps: How many time steps, from the last one back, the norm of ``impulse_norms`` stays above 1 % of its
            largest so far; the last one counts, so that ``time_steps`` is all.
        singular_largest: Largest singular value of the step Jacobian ∂s_t/∂s_{t−1}, mean over sequences, at the time
            steps of ``singular_at``; s is h, for an LSTM (h, c).
        lyapunov: Lyapunov exponents, natural log per time step, largest first; all or the first few.
        memory_steps: −1/λ₁ time steps; None where λ₁ ≥ 0.
        spectral_radius: Largest |eigenvalue| of the recurrent kernel; per gate the candidate's for gated cells.
        recurrent_norm: Largest singular value of the recurrent kernel.
        predicted_decay: The decay that the forward pass predicts: exp of the mean log growth of a gradient vector
            sent back through the Jacobians (for a linear net: the spectral radius), to be set beside
            ``decay_per_step``.
        saturation: Share of |h| > 0.99 (tanh and the like), 0 to 1; None for unbounded activations.
        mean_derivative: Mean φ′ over units, time steps and sequences.
        gates: By gate name (LSTM: input, forget, output; GRU: update, reset).
        dead_units: Share of units whose state's derivative is zero at every time step of every sequence sampled.
        effective_rank: exp of the entropy of the normalised singular values of the states (Roy & Vetterli 2007).
        loss_placement: Share of the immediate gradient that each time step gets; sums to 1.
        impulse_norms: The gradient that this layer's last time step (of its own running order) gets, sent back
            through the layer's own recurrence alone: mean norm at each unmasked time step, that last one last. For
            the top layer under a loss at the last time step, this is the state gradient itself.
        singular_at: The 1-based time steps of ``singular_largest``: all, unless the state is too large for it.
        total_reach_steps: Reach of the total state gradient of the loss's last time step, through all layers; of an
            LSTM that of h or c, whichever comes further.
        backwards: Whether the layer reads the sequence from its end. All series stand in the inputs' time order
            nevertheless, but for ``impulse_norms``.
    """

    path: str
    cell: str
    units: int
    activation: str
    time_steps: int
    state_gradient_norms: Mapping[str, Series]
    immediate_norms: Series
    returned_norms: Series
    decay_per_step: float | None
    decay_fit: float | None
    half_life: float | None
    reach_steps: int
    singular_largest: Series
    singular_smallest: Series
    lyapunov: Series
    memory_steps: float | None
    spectral_radius: float
    recurrent_norm: float
    predicted_decay: float | None
    saturation: float | None
    mean_derivative: float
    gates: Mapping[str, GateFindings]
    dead_units: float
    effective_rank: float
    loss_placement: Series
    impulse_norms: Series = ()
    singular_at: tuple[int, ...] = ()
    total_reach_steps: int = 0
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class VariableFindings:
    """The gradient of one weight, over the steps examined.

    Attributes:
        path: The weight's path, such as ``recurrent_0/recurrent_kernel``.
        norm: L2 norm of the gradient before clipping, at the last step examined.
        clipped_norm: The same after clipping.
        clipped_share: Share of the steps examined at which clipping changed this gradient, 0 to 1.
        update_ratio: ‖Δw‖ / ‖w‖ of the last step examined (CS231n notes: around 1e-3 is usual); None for ‖w‖ = 0.
        mean: Mean of the gradient's elements.
        std: Population standard deviation of the gradient's elements.
        largest: Largest magnitude.
        zeros: Share of elements that are exactly zero, 0 to 1.
        first_non_finite: First step at which the gradient held NaN or infinity; None for never.
        signal_to_noise: ‖mean gradient‖ / √(tr Σ), over per-sequence gradients; None where not measured.
        values: The gradient's elements as NumPy prints them, where asked for.
    """

    path: str
    shape: tuple[int, ...]
    norm: float
    clipped_norm: float
    clipped_share: float
    update_ratio: float | None
    mean: float
    std: float
    largest: float
    zeros: float
    first_non_finite: int | None = None
    signal_to_noise: float | None = None
    values: str | None = None


@dataclass(frozen=True, slots=True)
class NoiseFindings:
    """How much of the gradient is noise (McCandlish et al. 2018, arXiv 1812.06162).

    Attributes:
        sequences: Sequences that G is the mean gradient of; Σ is that of the first of them, at least 16 if there are.
        noise_scale: B = tr Σ / |G|², in sequences: the batch size at which noise and signal are equal.
        batch_size: The config's batch size, to set beside it.
    """

    sequences: int
    noise_scale: float
    batch_size: int


@dataclass(frozen=True, slots=True)
class RangeFindings:
    """How far back the gradient comes, beside how far back it should; the layer whose reach is shortest counts.

    A regression tells how far back the task's answer lies (`rnnctl.gradients.needed_range`). It is fitted where the
    reach is short, and None stands for what it does not tell.

    Attributes:
        reach_steps: Time steps back that the gradient comes, by the layer's own recurrence or through others.
        time_steps: Time steps that there are.
        wanted_steps: Reach from which on it is long enough, whatever the task needs (``gradients.thresholds.reach``).
        needed_steps: The fewest last time steps that explain the targets as well as all.
        explained_within: Share of the targets' variance that the time steps within reach explain.
        explained: Share that all time steps explain, or the best of fewer.
    """

    reach_steps: int
    time_steps: int
    wanted_steps: int
    needed_steps: int | None = None
    explained_within: float | None = None
    explained: float | None = None


@dataclass(frozen=True, slots=True)
class TrainingFindings:
    """What training came to before the examination.

    Attributes:
        steps: Optimizer steps taken.
        complete: Whether training has no more steps to take.
        loss: Mean loss over the last tenth of the steps; NaN of fewer than five steps.
        error: Two standard errors of that mean.
        naive_loss: Loss of always giving the same answer, the best that is; None where no target is known.
        moved: How far the kernels have come at most, in units of their size: the steps times the mean of ‖Δw‖ / ‖w‖.
            None where no update was measured.
    """

    steps: int
    complete: bool
    loss: float
    error: float
    naive_loss: float | None
    moved: float | None = None


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The gradients shown, against central differences of the loss in float64.

    Attributes:
        largest_relative_error: max |g − d| / max(|g|, |d|, the scale of that weight's gradient); ≤ 1e-7 is good for a
            smooth network (CS231n notes).
    """

    checked: int
    largest_relative_error: float
    where: str
