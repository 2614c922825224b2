"""The gradient norm that a network would have if nothing grew in it, from one whose gradient explodes."""

from __future__ import annotations

import math

from rnnctl.gradients.verdicts.subject import Findings
from rnnctl.results import LayerFindings


def usual_norm(found: Findings, layer: LayerFindings) -> float:
    """Scales the observed norm down to where clipping should begin.

    A weight's gradient is a sum of products of states and state gradients. The latter grow on their way back; where the
    former grow too, the loss does with their square, and so does the gradient that sets out. Half to ten times the
    usual norm is a good limit (Pascanu et al. 2013), so the order of magnitude is enough::

        usual = observed · min(L₀ / L, √(L₀ / L) · ‖g_T‖ / rms ‖g_t‖),    L₀ = the loss of always answering 0, at most L

    Args:
        found: The findings.
        layer: The layer whose gradient explodes.

    Returns:
        The norm; 1 where the observed one is not finite, or there is none.
    """
    norms, observed = layer.impulse_norms, found.gradient_norm
    largest = max(norms, default=0.0)
    if not all(map(math.isfinite, (observed, found.loss, *norms))) or not (largest > 0 and observed > 0):
        return 1.0
    rms = math.sqrt(sum((norm / largest) ** 2 for norm in norms) / len(norms))
    errors = min(1.0, _zero_loss(found) / found.loss) if found.loss > 0 else 1.0
    usual = observed * min(errors, math.sqrt(errors) * norms[-1] / largest / rms)
    return usual if usual > 0 else 1.0


def _zero_loss(found: Findings) -> float:
    """The loss of always answering 0, near enough."""
    targets = [column for column in found.data.columns if column.role == "target"]
    power = sum(column.mean**2 + column.std**2 for column in targets) / max(len(targets), 1)
    return power if found.config.loss.kind == "mse" else math.sqrt(power)
