"""Step Jacobians through time: singular values, Lyapunov exponents, and the decay that they predict.

Jacobians are streamed: one time step's stand in memory at a time, and only where singular values are asked for.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.cells.activations import Doubles
from rnnctl.cells.numpy_cell import NumpyCell, linearise
from rnnctl.gradients.through_time import Decay, fit_sequences

EXPONENTS = 16
"""Lyapunov exponents computed; each costs a vector pushed through every time step."""

VECTORS = 4
"""Random gradient vectors sent back, per sequence, for the predicted decay."""

_SVD_WORK = 1e8
"""Sum of size³ over all SVDs; some tenths of a second. Sequences are left out first, then time steps."""

_FEWEST_SVDS = 4


def singular_values(linear: NumpyCell) -> tuple[npt.NDArray[np.int64], Doubles, Doubles]:
    """Largest and smallest singular value of J_t over time.

    Returns:
        The 0-based time steps, in running order, that were measured: all, unless the state is large; and means over
        sequences of the largest and of the smallest value there, ``[measured]`` each. NaN where a Jacobian is not
        finite, or all is masked.
    """
    time = linear.trajectory.inputs.shape[1]
    affordable = max(_FEWEST_SVDS, int(_SVD_WORK / linear.size**3))
    linear = linearise(linear.trajectory.select(slice(0, max(1, affordable // time))))
    at = np.unique(np.linspace(0, time - 1, min(time, affordable)).round().astype(np.int64))
    ends = np.full((len(at), 2), np.nan)
    for place, t in enumerate(at):
        chosen = linear.trajectory.unmasked[:, t]
        with np.errstate(over="ignore", invalid="ignore"):
            jacobians = linear.jacobians(int(t))[chosen]
        if len(jacobians) and np.isfinite(jacobians).all():
            values = np.linalg.svd(jacobians, compute_uv=False)
            ends[place] = values[:, 0].mean(), values[:, -1].mean()
    return at, ends[:, 0], ends[:, 1]


def lyapunov_exponents(linear: NumpyCell, count: int = EXPONENTS) -> Doubles:
    """Lyapunov exponents by QR (Benettin et al. 1980; for RNNs Vogt et al. 2020, arXiv 2006.14123).

    ::

        Q_t R_t = J_t Q_{t−1},    λ_i = mean over t of ln |R_t[i, i]|

    The first fifth of the time steps only turns Q into the right directions and is not counted.

    Returns:
        ``[count]`` (at most the size of the state), natural logarithm per unmasked time step, largest first, means over
        sequences; −inf for a direction that is lost altogether; NaN where a Jacobian is not finite.
    """
    batch, time = linear.trajectory.inputs.shape[:2]
    count = min(count, linear.size)
    columns = np.linalg.qr(np.random.default_rng(0).normal(size=(batch, linear.size, count)))[0]
    sums, counted = np.zeros((batch, count)), np.zeros(batch)
    for t in range(time):
        with np.errstate(over="ignore", invalid="ignore"):
            pushed = linear.forward(t, np.swapaxes(columns, 1, 2))
        if not np.isfinite(pushed).all():
            return np.full(count, np.nan)
        columns, upper = np.linalg.qr(np.swapaxes(pushed, 1, 2))
        if t >= time // 5:
            with np.errstate(divide="ignore"):
                logs = np.log(np.abs(np.diagonal(upper, axis1=1, axis2=2)))
            unmasked = linear.trajectory.unmasked[:, t]
            sums += np.where(unmasked[:, None], logs, 0.0)
            counted += unmasked
    seen = counted > 0
    if not seen.any():
        return np.full(count, np.nan)
    return np.asarray(np.sort((sums[seen] / counted[seen, None]).mean(axis=0))[::-1])


def sent_back(linear: NumpyCell, start: Doubles) -> Doubles:
    """Sends gradients of h at the last time step back through the cell's own recurrence alone, ``g_{t−1} = J_tᵀ g_t``.

    Args:
        start: ``[batch, vectors, units]``.

    Returns:
        ln ‖∂L/∂h_t‖, ``[batch, vectors, time]``; −inf where the gradient is zero, NaN where it is not finite.
        Logarithms, because norms leave float64's range within some thousand time steps.
    """
    time, units = linear.trajectory.inputs.shape[1], linear.trajectory.layer.units
    rows = np.zeros((*start.shape[:2], linear.size))
    rows[..., :units] = start
    scale, logs = np.zeros(start.shape[:2]), np.empty((*start.shape[:2], time))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for t in range(time - 1, -1, -1):
            logs[..., t] = scale + np.log(np.linalg.norm(rows[..., :units], axis=-1))
            sizes = np.linalg.norm(rows, axis=-1)
            sizes = np.where(sizes > 0, sizes, 1.0)
            scale += np.log(sizes)
            if t:
                rows = linear.back(t, rows / sizes[..., None])
    return logs


def predicted_decay(linear: NumpyCell) -> Decay:
    """The decay that the forward pass predicts for a gradient of any direction.

    Random vectors are sent back from the last time step, and a line is fitted to the mean logarithm of their norms,
    as it is to the measured gradient.
    """
    shape = (len(linear.trajectory.inputs), VECTORS, linear.trajectory.layer.units)
    logs = sent_back(linear, np.random.default_rng(1).normal(size=shape))
    return fit_sequences(logs.mean(axis=1), linear.trajectory.mask)


def impulse_norms(linear: NumpyCell, immediate: Doubles) -> Doubles:
    """How much of the gradient of the last time step alone arrives at each one before, ``[batch, time]``.

    Where every time step gets gradient of its own (many-to-many, lower layers), the total gradient does not fall off at
    all, however little comes back; this does. The immediate part of ∂L/∂h_t is ``[batch, time, units]``, in running
    order.
    """
    time = immediate.shape[1]
    last = time - 1 - linear.trajectory.unmasked[:, ::-1].argmax(axis=1)
    # A state copied through masked time steps carries what was given to it there as well.
    later = np.arange(time) >= last[:, None]
    start = np.where(later[..., None], immediate, 0.0).sum(axis=1)
    with np.errstate(under="ignore", over="ignore"):
        return np.asarray(np.exp(sent_back(linear, start[:, None])[:, 0]))


def kernel_spectrum(kernel: Doubles) -> tuple[float, float]:
    """Spectral radius (largest |eigenvalue|) and norm (largest singular value) of a kernel; NaN if not finite."""
    if not np.isfinite(kernel).all():
        return float("nan"), float("nan")
    return float(np.abs(np.linalg.eigvals(kernel)).max()), float(np.linalg.norm(kernel, 2))
