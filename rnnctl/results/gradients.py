"""The gradient of each weight, how much of it is noise, and whether it is true."""

from __future__ import annotations

from dataclasses import dataclass


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
