"""What each quantity of an examination is and where it comes from: the one table behind ``--explain``, docs and page.

The names are those of ``rnnctl.results``, which are the keys of the JSON.
"""

from __future__ import annotations

from typing import NamedTuple


class Quantity(NamedTuple):
    """Keys of the JSON, the definition with its formula, and the paper or handbook that it is from."""

    name: str
    definition: str
    source: str = ""


CONVENTION = (
    "h_t = φ(x_t W + h_{t−1} U + b); g_t = ∂L/∂h_t is the total derivative of the mean loss, through all later time "
    "steps. Norms are L2; over time they are means over the sequences examined. ln is the natural logarithm."
)

QUANTITIES: dict[str, tuple[Quantity, ...]] = {
    "per weight": (
        Quantity("norm, clipped_norm", "‖∂L/∂w‖ before and after the optimizer's clipping"),
        Quantity("clipped_share", "share of the steps examined at which clipping changed this gradient"),
        Quantity("update_ratio", "‖Δw‖ / ‖w‖ of the last step; around 1e-3 is usual", "CS231n notes"),
        Quantity("mean, std, largest", "of the gradient's elements; std over the population, largest magnitude"),
        Quantity("zeros", "share of the gradient's elements that are exactly zero"),
        Quantity("first_non_finite", "first step at which the gradient held NaN or infinity"),
        Quantity("signal_to_noise", "‖G‖ / √(tr Σ), over gradients of single sequences", "arXiv 1812.06162"),
    ),
    "through time, per layer": (
        Quantity("state_gradient_norms", "‖g_t‖ at every time step; for an LSTM ‖∂L/∂c_t‖ too"),
        Quantity("immediate_norms", "the part of g_t that the loss (or the layer above) at t itself gives"),
        Quantity("returned_norms", "the part that came back through the recurrence: (g_{t+1} ⊙ φ′(z_{t+1})) Uᵀ"),
        Quantity("impulse_norms", "the gradient of the last time step alone, sent back through the layer's recurrence"),
        Quantity(
            "decay_per_step",
            "factor by which ‖impulse‖ changes per time step back: exp of the slope of a straight line through its "
            "logarithm over unmasked time steps; below 1 vanishes, above 1 explodes",
            "arXiv 1211.5063",
        ),
        Quantity("decay_fit", "R² of that line: 1 is a pure exponential"),
        Quantity("half_life", "ln ½ / ln decay: time steps over which it halves"),
        Quantity("reach_steps", "time steps back over which ‖impulse‖ stays above 1 % of its largest so far"),
        Quantity("total_reach_steps", "the same for the loss's last time step, through all layers"),
        Quantity("loss_placement", "share of the immediate gradient that each time step gets"),
    ),
    "range": (
        Quantity(
            "wanted_steps, needed_steps",
            "the reach that is long enough whatever the task needs; the fewest last time steps that explain nine "
            "tenths of what is explained, by ridge regression on values and products of two",
        ),
        Quantity("explained, explained_within", "share of the targets' variance, on held-out blocks; within the reach"),
    ),
    "training before": (
        Quantity("loss, error, naive_loss", "mean over the last tenth of the steps, two standard errors; a constant's"),
        Quantity("moved", "steps · mean ‖Δw‖ / ‖w‖ of the kernels: how far they have come at most"),
        Quantity("steps, complete", "optimizer steps taken; whether there are no more to take"),
    ),
    "forward": (
        Quantity(
            "singular_largest, singular_smallest",
            "of the step Jacobian J_t = ∂s_t/∂s_{t−1} (J_t = diag φ′(z_t) Uᵀ; for an LSTM s = (h, c))",
            "arXiv 1211.5063",
        ),
        Quantity(
            "lyapunov",
            "λ_i = (1/T) Σ ln |R_ii|, by QR of the running product of the Jacobians",
            "arXiv 2006.14123, 2312.17306",
        ),
        Quantity("memory_steps", "τ = −1/λ₁, where λ₁ < 0", "arXiv 2006.14123"),
        Quantity("spectral_radius", "largest |eigenvalue| of the recurrent kernel U; of a gated cell, the candidate's"),
        Quantity(
            "recurrent_norm",
            "σ₁(U); σ₁ < 1 is sufficient for tanh to vanish, σ₁ > 1 necessary to explode",
            "arXiv 1211.5063",
        ),
        Quantity("predicted_decay", "exp of the mean log growth of a gradient sent back through the Jacobians"),
    ),
    "causes": (
        Quantity("saturation", "share of |h| > 0.99, where the activation is bounded", "AISTATS 2010, Glorot & Bengio"),
        Quantity("mean_derivative", "mean φ′(z) over units, time steps and sequences"),
        Quantity("gates", "mean of each gate, share below 0.01 (shut) and above 0.99 (open)"),
        Quantity("dead_units", "share of units with φ′ = 0 at every time step of every sequence"),
        Quantity(
            "effective_rank",
            "exp of the entropy of the states' normalised singular values",
            "EUSIPCO 2007, Roy & Vetterli",
        ),
    ),
    "noise and data": (
        Quantity(
            "noise_scale",
            "B = tr Σ / |G|², G over eight batches: the batch size at which noise and signal are equal",
            "arXiv 1812.06162",
        ),
        Quantity("columns", "non-finite and constant values, mean, std and largest magnitude as the network sees them"),
        Quantity("targets_outside", "share of targets that the output's activation cannot reach"),
        Quantity("out_of_reach", "Σ |y − nearest value in reach| / Σ |y − median|, at most 1"),
    ),
    "self-check": (
        Quantity(
            "largest_relative_error",
            "max |g − d| / max(|g|, |d|, the gradient's scale), d: central differences of the loss in float64; "
            "≤ 1e-7 is good for a smooth network, > 1e-4 wrong",
            "CS231n notes",
        ),
    ),
}
"""By group, in the order of the screen."""
