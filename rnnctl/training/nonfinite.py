"""The error where training became NaN or infinite: the step, the weights, and whether the data is the cause."""

from __future__ import annotations

import math

import numpy as np

from rnnctl.data import Sequences
from rnnctl.errors import NonFiniteError
from rnnctl.gradients.through_time import reads_backwards
from rnnctl.results.training import StepRecord
from rnnctl.training.loop import TrainingLoop


def explain(loop: TrainingLoop, sequences: Sequences) -> NonFiniteError:
    """Makes the error of a loop that stopped at a step that is not finite.

    Args:
        loop: The loop, stopped.
        sequences: The training split.
    """
    record = loop.last
    if record is None:
        raise ValueError("the loop has taken no step")
    indices, sizes = loop.schedule.batches(record.step - 1, 1)
    batch = sequences.gather(indices[0, : sizes[0]])
    targets = batch.targets if sequences.valid is None else batch.targets[~np.isnan(batch.targets)]
    data_finite = bool(np.isfinite(batch.inputs).all() and np.isfinite(targets).all())
    bad = ", ".join(path for path, norm in record.gradient_norms.items() if not math.isfinite(norm))
    what = f"the loss is {record.loss:.6g}" + (f" and the gradient of {bad} is not finite" if bad else "")
    cause = _cause(loop, record, data_finite=data_finite)
    return NonFiniteError(f"step {record.step}: {what}{_where(record)}; {cause}")


def _where(record: StepRecord) -> str:
    """Names the time step at which a state gradient first stops being finite on its way back from the loss.

    The gradient reaches the last layer first, and in a layer its last time step; a layer that reads the sequence
    backwards ends at time step 1.
    """
    for path, norms in reversed(list((record.state_gradient_norms or {}).items())):
        bad = [time for time, norm in enumerate(norms, start=1) if not math.isfinite(norm)]
        if bad:
            layer, state = path.rsplit("/", 1)
            where = f"{min(bad)} on" if reads_backwards(path) else f"{max(bad)} back"
            return f" (∂L/∂{state} of {layer} from time step {where})"
    return ""


def _cause(loop: TrainingLoop, record: StepRecord, *, data_finite: bool) -> str:
    if not data_finite:
        return "the batch's data holds NaN or infinity; clean the data"
    if loop.norm_before is None:
        return (
            "the batch's data is finite, so the initial weights or the scale of the data are to blame; make "
            "recurrent_initializer smaller, or scale the data (for a CSV file data.scale)"
        )
    return (
        f"the batch's data is finite, and the gradient norm at the step before was {loop.norm_before:.4g}; "
        f"lower optimizer.learning_rate ({record.learning_rate:g}) or set optimizer.global_clipnorm"
    )
