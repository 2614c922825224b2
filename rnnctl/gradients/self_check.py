"""Gradients against difference quotients of a loss that shares no code with them: ``forward_numpy``, in float64.

The quotients are central differences at two step sizes, extrapolated (Richardson), so that both the curvature's error
and rounding's stay far below 1e-7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from rnnctl.cells.activations import Doubles
from rnnctl.config.model import Model
from rnnctl.data import Batch, Signature
from rnnctl.data.class_weights import weights_of
from rnnctl.gradients.forward_numpy import forward_numpy
from rnnctl.losses import LOSSES, LossBase
from rnnctl.results import SelfCheck

Array = npt.NDArray[np.floating]
Loss = Callable[[Mapping[str, Array]], float]

STEP = 2e-4
"""First step size, relative to an element of size 1."""

_ROUNDING, _LOST = 1e-15, 1e-8


def numpy_loss(
    model: Model,
    loss: LossBase,
    batch: Batch,
    loss_weights: Doubles,
    signature: Signature | None,
    weights: Mapping[str, Array],
    *,
    class_weights: Doubles | None = None,
) -> float:
    """The weighted sum of a batch's losses, weights ``[batch]`` or ``[batch, time]``, in plain NumPy, float64.

    Args:
        class_weights: See `rnnctl.data.class_weights`.
    """
    forward = forward_numpy(model, weights, batch.inputs, batch.mask, signature)
    with np.errstate(over="ignore", invalid="ignore"):
        missing = np.isnan(batch.targets)
        targets = np.where(missing, 0.0, np.asarray(batch.targets, np.float64))
        losses = LOSSES[loss.kind].value(loss, forward.prediction, targets, forward.logits)
        if class_weights is not None:
            losses = losses * weights_of(targets, class_weights)
        return float((np.where(missing, 0.0, losses).mean(axis=-1) * loss_weights).sum())


def difference_quotient(function: Callable[[float], float], at: float, scale: float = 0.0) -> float | None:
    """The derivative of a function of one number; ``scale`` is the size that an error is measured against.

    None where a quotient cannot give it: the function is not finite there; or has a kink nearby (ReLU, the absolute
    error), so that its one-sided differences disagree however small the step is; or is so large that rounding drowns
    the difference.
    """
    middle = function(at)
    step = STEP * max(1.0, abs(at))
    for _ in range(3):
        near, far = [(function(at + h), function(at - h)) for h in (step / 2, step)]
        narrow, wide = (near[0] - near[1]) / step, (far[0] - far[1]) / (2 * step)
        gaps = [abs(a - 2 * middle + b) / h for (a, b), h in ((near, step / 2), (far, step))]
        if not np.isfinite([narrow, wide, *gaps]).all():
            return None
        size = max(abs(narrow), abs(wide))
        if _ROUNDING * abs(middle) / step > _LOST * max(size, scale):
            return None
        # Smooth functions' gaps between one-sided differences halve with the step; a kink's stays as it is.
        kinked = gaps[0] > 0.75 * gaps[1] and gaps[0] > 1e-6 * size
        if not kinked and abs(narrow - wide) <= 1e-4 * size + 1e-12 * abs(middle) / step:
            return (4 * narrow - wide) / 3
        step /= 8
    return None


def check_gradients(
    loss: Loss, weights: Mapping[str, Array], gradients: Mapping[str, Array], *, count: int
) -> SelfCheck | None:
    """Compares a sample of gradients' elements, float64, with difference quotients.

    Args:
        loss: The loss of weights, such as ``numpy_loss``.
        count: Elements to compare, spread over all weights; at least one of each.

    Returns:
        None where nothing could be compared, because the loss is not finite or all is kinks.
    """
    doubles = {path: np.array(weight, np.float64) for path, weight in weights.items()}
    random = np.random.default_rng(2)
    worst, where, checked = 0.0, "", 0
    for path, gradient in gradients.items():
        flat = gradient.reshape(-1)
        scale = float(np.abs(flat).max(initial=0.0))
        for place in random.choice(flat.size, min(flat.size, -(-count // len(gradients))), replace=False):
            quotient = _quotient(doubles, path, int(place), loss, scale)
            if quotient is None or not np.isfinite(flat[place]):
                continue
            checked += 1
            size = max(scale, abs(quotient))
            error = abs(float(flat[place]) - quotient) / size if size > 0 else 0.0
            if error >= worst:
                worst, where = error, path
    return SelfCheck(checked, worst, where) if checked else None


def _quotient(weights: dict[str, Doubles], path: str, place: int, loss: Loss, scale: float) -> float | None:
    """The derivative of the loss by one element of one weight, which is put back afterwards."""
    elements = weights[path].reshape(-1)
    before = float(elements[place])

    def moved(value: float) -> float:
        elements[place] = value
        return loss(weights)

    try:
        return difference_quotient(moved, before, scale)
    finally:
        elements[place] = before
