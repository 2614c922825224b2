"""What two records of one step, or two sets of arrays, differ in, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.results.checks import Difference
from rnnctl.results.training import StepRecord


def step_differences(then: StepRecord, now: StepRecord) -> list[Difference]:
    """Every number of a step that is another one now, but its seconds and update ratios.

    Norms through time are compared where both records have some: by state, at the last time step that differs.
    """
    pairs = {
        "loss": (then.loss, now.loss),
        "gradient norm": (then.gradient_norm, now.gradient_norm),
        "clipped norm": (then.clipped_norm, now.clipped_norm),
        # A record that is read back has seven digits of it.
        "learning rate": (float(f"{then.learning_rate:.7g}"), float(f"{now.learning_rate:.7g}")),
    }
    nothing = float("nan")
    for path in dict.fromkeys((*then.gradient_norms, *now.gradient_norms)):
        norms = then.gradient_norms.get(path, nothing), now.gradient_norms.get(path, nothing)
        pairs[f"gradient norm of {path}"] = norms
    recorded, computed = then.state_gradient_norms, now.state_gradient_norms
    if recorded is not None and computed is not None:
        for state, values in recorded.items():
            before = np.asarray(values, np.float32)
            again = np.asarray(computed.get(state, np.full_like(before, np.nan)), np.float32)
            if len(before) != len(again):  # other data, with a longer longest sequence or a shorter one
                pairs[f"number of time steps of {state}"] = len(before), len(again)
            elif (places := np.flatnonzero(_differ(before, again))).size:
                last = int(places[-1])
                pairs[f"∂L/∂ norm of {state} at time step {last + 1}"] = float(before[last]), float(again[last])
    return [Difference(name, *pair) for name, pair in pairs.items() if _differ(*map(np.float32, pair))]


def different_arrays(then: Mapping[str, npt.NDArray[Any]], now: Mapping[str, npt.NDArray[Any]]) -> tuple[str, ...]:
    """Names of the arrays that differ, or are there only once."""
    both = [name for name in now if name in then and then[name].shape == now[name].shape]
    same = {name for name in both if not _differ(then[name], now[name]).any()}
    return tuple(name for name in dict.fromkeys((*now, *then)) if name not in same)


def _differ(one: Any, other: Any) -> Any:
    """Element by element, whether two arrays or numbers have other bits, all NaN taken for the same."""
    same = (one == other) & (np.signbit(one) == np.signbit(other))
    return ~(same | (np.isnan(one) & np.isnan(other)))
