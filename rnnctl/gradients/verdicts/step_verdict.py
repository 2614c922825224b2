"""The verdict on a training step from its norms through time alone; an examination (``judge``) sees more, at a cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rnnctl.gradients.through_time import from_one_end, reach, reads_backwards
from rnnctl.schema.training import Thresholds, VerdictWord


def verdict_of_step(
    state_gradient_norms: Mapping[str, Sequence[float]], at: Thresholds
) -> tuple[VerdictWord | None, tuple[int, int] | None]:
    """Judges how far the gradient of the last time step's loss comes, and how it grows on its way.

    Only for a loss that is read at the last time step: with one at every time step, the norms say how much gradient
    there is, and not how far it came.

    Returns:
        ``exploding``, ``vanishing``, or None where neither holds; and the least reach of a layer's h with its time
        steps, None where a norm is missing or not finite. An LSTM's c counts for its layer where it reaches further.
    """
    layers: dict[str, int] = {}
    growth, time_steps = 1.0, 0
    for path in from_one_end(state_gradient_norms):
        norms = state_gradient_norms[path]
        layer = path.rsplit("/", 1)[0]
        running = np.asarray(norms[::-1] if reads_backwards(path) else norms, np.float64)
        if not len(running) or not np.isfinite(running).all():
            return None, None
        time_steps = len(running)
        layers[layer] = max(layers.get(layer, 0), reach(running))
        if running[-1] > 0:
            growth = max(growth, float(running.max() / running[-1]))
    if not layers or time_steps < 3:
        return None, None
    least = min(layers.values())
    vanishing: VerdictWord | None = "vanishing" if least < at.reach * time_steps else None
    word = "exploding" if growth > at.growth else vanishing
    return word, (least, time_steps)
