"""What an examination of a network's gradients found: frozen results that verdicts, console, JSON and HTML share.

Knows neither TensorFlow nor Click. The names of the fields are the names of the JSON keys (``SCHEMA_VERSION`` counts
their changes). ``None`` stands for what cannot be computed, such as the decay over a single time step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SCHEMA_VERSION = 1

Series = tuple[float, ...]
"""One number per time step, the first time step first."""


@dataclass(frozen=True, slots=True)
class VariableFindings:
    """The gradient of one weight, over the steps examined.

    Attributes:
        path: The weight's path, such as ``recurrent_0/recurrent_kernel``.
        shape: Its shape.
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
class GateFindings:
    """How a gate stands, over all sequences sampled, unmasked time steps and units.

    Attributes:
        mean: Mean of the gate.
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
        cell: ``simple_rnn``, ``gru`` or ``lstm``.
        units: Size of the state.
        activation: Name of the activation.
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
        singular_smallest: The smallest one.
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
class ColumnFindings:
    """One column of the inputs or targets, as the network sees it (scaled), over the training split's sample.

    Attributes:
        name: The column's name.
        role: ``feature`` or ``target``.
        non_finite: Number of NaN and infinite values.
        constant: Whether all values are the same.
        mean: Mean of the finite values.
        std: Standard deviation of the finite values.
        largest: Largest magnitude.
    """

    name: str
    role: str
    non_finite: int
    constant: bool
    mean: float
    std: float
    largest: float


@dataclass(frozen=True, slots=True)
class DataFindings:
    """The data behind the gradients.

    Attributes:
        sequences: Sequences examined.
        columns: Every feature and target.
        output_range: Smallest and largest value that the network can put out; None where it is unbounded.
        targets_outside: Share of target values outside that range, 0 to 1.
    """

    sequences: int
    columns: tuple[ColumnFindings, ...]
    output_range: tuple[float, float] | None
    targets_outside: float


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
class SelfCheck:
    """The gradients shown, against central differences of the loss in float64.

    Attributes:
        checked: Number of elements of gradients compared.
        largest_relative_error: max |g − d| / max(|g|, |d|, the scale of that weight's gradient); ≤ 1e-7 is good for a
            smooth network (CS231n notes).
        where: Path of the weight with the largest error.
    """

    checked: int
    largest_relative_error: float
    where: str


@dataclass(frozen=True, slots=True)
class Advice:
    """A change to the config that answers a verdict.

    Attributes:
        changes: Config paths and their new values, as ``--set`` takes them.
        why: One sentence.
    """

    changes: Mapping[str, str | int | float | bool | Mapping[str, str | float]]
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that holds of the network, with its cause.

    Attributes:
        word: ``healthy``, ``vanishing``, ``exploding``, ``non-finite``, ``saturated``, ``dead``, ``bad data`` or
            ``noise-dominated``.
        subject: Path of a layer, ``data`` or ``network``.
        headline: One line in words, such as "the gradient reaches 7 of 100 time steps back".
        because: Evidence for the cause, one line each.
        not_because: Causes that were ruled out, with their evidence, one line each.
        advice: What to change, the likeliest help first.
    """

    word: str
    subject: str
    headline: str
    because: tuple[str, ...] = ()
    not_because: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """A change that was tried out.

    Attributes:
        label: The change in words; ``as it is`` for the network examined.
        changes: Config paths and their new values.
        decay_per_step: Of the layer whose reach is shortest, at initialization.
        reach_steps: Of the same layer, at initialization, through all layers.
        first_loss: Loss at the first step.
        final_loss: Loss after the trial's steps, mean over its last steps; NaN where it became non-finite.
        milliseconds_per_step: Median time of a step.
        best: Whether it is the one recommended.
        reach_after: Reach as above after the trial's steps; None where the loss became non-finite.
    """

    label: str
    changes: Mapping[str, object]
    decay_per_step: float | None
    reach_steps: int
    first_loss: float
    final_loss: float
    milliseconds_per_step: float
    best: bool = False
    reach_after: int | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """All that ``inspect-gradients`` found.

    Attributes:
        name: Name of the config.
        state: What was examined, in words: ``at initialization``, ``after 20 steps``, ``run first-step-1``.
        model: The recurrent layers in words.
        loss: Mean loss over the sequences examined.
        gradient_norm: L2 norm over all weights, before clipping.
        clipped_norm: The same after clipping.
        verdict: The overall word: the gravest of ``verdicts``.
        verdicts: All that hold, the gravest first.
        layers: From input to output.
        variables: In the model's order.
        data: The data examined.
        noise: None where there are too few sequences.
        self_check: The gradients against finite differences.
        history: By state path, the norms through time of each step taken before the examination, ``[steps][time]``.
        trials: What was tried; empty without ``--try``.
        recommendation: One sentence on the trials; None without.
        seconds: Seconds that the examination took.
        sequences: Sequences that the gradients were taken over.
        time_steps: Time steps of the longest of them.
        dtype: ``float32``, as training has it, or ``float64``.
        truncated: Time steps after which training cuts backpropagation (``training.truncate``), so that no gradient
            comes back further; None where it reaches through whole sequences.
        schema_version: Version of these keys.
    """

    name: str
    state: str
    model: str
    loss: float
    gradient_norm: float
    clipped_norm: float
    verdict: str
    verdicts: tuple[Verdict, ...]
    layers: tuple[LayerFindings, ...]
    variables: tuple[VariableFindings, ...]
    data: DataFindings
    noise: NoiseFindings | None
    self_check: SelfCheck | None
    history: Mapping[str, tuple[Series, ...]] = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()
    recommendation: str | None = None
    seconds: float = 0.0
    sequences: int = 0
    time_steps: int = 0
    dtype: str = "float32"
    truncated: int | None = None
    schema_version: int = SCHEMA_VERSION
