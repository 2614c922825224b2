"""Records as named numbers, by the words of ``--json``."""

from __future__ import annotations

from rnnctl.results.training import StepRecord


def step_scalars(record: StepRecord) -> dict[str, float]:
    """The numbers of a step.

    Args:
        record: The step.

    Returns:
        ``loss``, ``gradient_norm``, ``clipped_norm``, ``learning_rate``, ``gradient_norms/<weight>``, and the norm of
        the state gradient at the first and last time step, ``state_gradient_norms/<state>/first`` and ``…/last``,
        where the step has those.
    """
    numbers = {
        "loss": record.loss,
        "gradient_norm": record.gradient_norm,
        "clipped_norm": record.clipped_norm,
        "learning_rate": record.learning_rate,
        **{f"gradient_norms/{path}": norm for path, norm in record.gradient_norms.items()},
    }
    for path, norms in (record.state_gradient_norms or {}).items():
        numbers[f"state_gradient_norms/{path}/first"] = norms[0]
        numbers[f"state_gradient_norms/{path}/last"] = norms[-1]
    return numbers
