"""Decay and reach of a state gradient on its way back through time, in NumPy.

Everything is in *running order*: the layer's first time step first, whichever end of the sequence that is. Masks are
``[batch, time]``, False at padding, or None.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnctl.cells.activations import Doubles

REACH = 0.01
"""A gradient counts as arrived while it is above this share of its largest norm so far."""

FEWEST = 3
"""Usable time steps below which no line is fitted: two points always lie on one."""

SMALLEST = {"float32": 1e-30, "float64": 1e-290}
"""Norms below this are not fitted: numbers of that size lose digits, and then become zero."""


@dataclass(frozen=True, slots=True)
class Decay:
    """A straight line through the logarithms of the norms.

    Attributes:
        per_step: Factor per time step back; None for fewer than ``FEWEST`` usable time steps.
        fit: R², 0 to 1; 1 where the norms do not change at all.
        half_life: Time steps over which the norm halves; None where it does not decay.
    """

    per_step: float | None
    fit: float | None
    half_life: float | None


def from_one_end(states: Collection[str]) -> list[str]:
    """Paths of those states whose gradient sets out at the time step that their layer reads last.

    A backward half below another recurrent layer gets its gradient at every time step, most of it where it begins to
    read: how its norms change says nothing of how far a gradient comes.
    """
    last = [path.split("/")[0] for path in states][-1:]
    return [path for path in states if path.split("/")[:1] == last or not reads_backwards(path)]


def reads_backwards(state: str) -> bool:
    """Whether a state is of a layer's backward half: ``recurrent_0/backward/h``."""
    return "backward" in state.split("/")[1:-1]


def sequence_norms(gradients: npt.NDArray[np.floating]) -> Doubles:
    """L2 norms ``[batch, time]`` of gradients ``[batch, time, units]``, squared in float64 lest small ones vanish."""
    with np.errstate(over="ignore", invalid="ignore"):
        doubles = np.asarray(gradients, np.float64)
        return np.asarray(np.sqrt(np.einsum("btu,btu->bt", doubles, doubles)))


def aligned_mean(values: Doubles, mask: npt.NDArray[np.bool_] | None) -> Doubles:
    """Mean ``[time]`` of values ``[batch, time]`` over sequences lined up at their last unmasked time step.

    A masked time step copies the state and changes no gradient; it is left out, so that time counts data only. The mean
    is as short as the longest sequence has data.
    """
    if mask is None:
        return np.asarray(values.mean(axis=0))
    lined, real = _lined_up(values, mask)
    counts = real.sum(axis=0)
    return np.asarray(np.where(real, lined, 0.0).sum(axis=0)[counts > 0] / counts[counts > 0])


def _lined_up(values: Doubles, mask: npt.NDArray[np.bool_]) -> tuple[Doubles, npt.NDArray[np.bool_]]:
    """Values and mask ``[batch, time]`` with each sequence's masked time steps first, the others in their order."""
    order = np.argsort(mask, axis=1, kind="stable")
    return np.take_along_axis(values, order, axis=1), np.take_along_axis(mask, order, axis=1)


def response(norms: Doubles, mask: npt.NDArray[np.bool_] | None) -> Doubles:
    """Mean ``[time]`` of norms ``[batch, time]``, each sequence counted from its own last unmasked time step.

    With a mask, the mean is of each sequence's norms relative to its last one, so that it does not jump where a short
    sequence ends; it is brought back to the mean size at the end.
    """
    if mask is None:
        return aligned_mean(norms, None)
    lined, real = _lined_up(norms, mask)
    starts = lined[:, -1]
    known = (starts > 0) & real[:, -1]
    if not known.any():
        return aligned_mean(norms, mask)
    return np.asarray(aligned_mean(norms[known] / starts[known, None], mask[known]) * starts.mean())


def fit_decay(norms: Doubles, dtype: str = "float32") -> Decay:
    """Fits ln ‖g_t‖ = a + (T − t) · ln(decay) by least squares to norms ``[time]`` of a gradient computed in ``dtype``.

    The gradient is that which one impulse at the last time step sends back. Zero, tiny and non-finite norms are left
    out.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return fit_logs(np.where(norms > SMALLEST[dtype], np.log(norms), np.nan))


def fit_sequences(logs: Doubles, mask: npt.NDArray[np.bool_] | None) -> Decay:
    """Fits one line to the logarithms of several sequences' norms, ``[batch, time]``.

    Each is taken relative to its own last unmasked one, so that the mean does not jump where a short sequence ends.
    """
    lined, real = _lined_up(logs, np.ones(logs.shape, np.bool_) if mask is None else mask)
    starts = lined[:, -1]
    known = np.isfinite(starts) & real[:, -1]
    if not known.any():
        return Decay(None, None, None)
    return fit_logs(aligned_mean(lined[known] - starts[known, None], real[known]))


def fit_logs(logs: Doubles) -> Decay:
    """Fits the line of ``fit_decay`` to logarithms ``[time]``; what is not finite is left out."""
    usable = np.isfinite(logs)
    if usable.sum() < FEWEST:
        return Decay(None, None, None)
    back, heights = -np.flatnonzero(usable).astype(np.float64), logs[usable]
    back, heights = back - back.mean(), heights - heights.mean()
    slope = float(back @ heights / (back @ back))
    spread = float(heights @ heights)
    # Rounding alone makes a spread out of equal norms; a line explains that perfectly well.
    flat = spread <= len(heights) * 1e-12
    fit = 1.0 if flat else 1.0 - float(((heights - slope * back) ** 2).sum()) / spread
    factor = math.exp(slope) if slope < 700 else math.inf
    return Decay(factor, fit, math.log(0.5) / slope if slope < -1e-12 else None)


def reach(norms: Doubles) -> int:
    """How many time steps, from the last one back, the norm stays above ``REACH`` of the largest so far.

    The last time step itself counts, so that a gradient that arrives everywhere reaches T of T time steps. The largest
    *so far* (on the way back), because a gradient that explodes is largest at the far end, and does arrive. 0 where
    there is no gradient at the last time step, or one that is not finite.
    """
    back = norms[::-1]
    if not back.size or not np.isfinite(back[0]) or back[0] == 0:
        return 0
    with np.errstate(invalid="ignore"):
        lost = np.flatnonzero(~(back > REACH * np.maximum.accumulate(back)))
    return int(lost[0]) if lost.size else len(back)


def placement(immediate: Doubles) -> Doubles:
    """Share of the immediate gradient that each time step gets, ``[time]``; zeros where there is none at all."""
    whole = immediate.sum()
    return immediate / whole if np.isfinite(whole) and whole > 0 else np.zeros_like(immediate)
