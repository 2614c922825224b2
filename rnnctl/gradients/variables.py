"""What an examination says of every weight's gradient: before and after clipping, and how far a step moves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.gradients.clipping import clip_gradients
from rnnctl.gradients.noise import NoiseSums
from rnnctl.gradients.norms import global_norm, weight_norms
from rnnctl.optimizers import OptimizerBase
from rnnctl.results import VariableFindings
from rnnctl.results.training import StepRecord

Array = npt.NDArray[np.floating]


def clip(section: OptimizerBase, gradients: Mapping[str, Array]) -> dict[str, Array]:
    """Clips gradients as training would."""
    tensors = [tf.constant(gradient) for gradient in gradients.values()]
    norms = weight_norms(tensors)
    clipped = clip_gradients(section, tensors, norms, global_norm(norms))
    return {path: np.asarray(one) for path, one in zip(gradients, clipped, strict=True)}


def update_ratios(model: keras.Model, optimizer: Any, clipped: Mapping[str, Array]) -> dict[str, float | None]:
    """‖Δw‖ / ‖w‖ by path of the next step of training; the weights are put back, the optimizer's state moves on.

    None for a weight of zeros, and where the step leads out of the finite numbers.
    """
    before = [np.asarray(variable) for variable in model.trainable_variables]
    pairs = zip(clipped.values(), model.trainable_variables, strict=True)
    optimizer.apply_gradients([(tf.constant(gradient, variable.dtype), variable) for gradient, variable in pairs])
    ratios: dict[str, float | None] = {}
    for path, old, variable in zip(clipped, before, model.trainable_variables, strict=True):
        moved, size = norm(np.asarray(variable) - old), norm(old)
        ratios[path] = moved / size if size > 0 and np.isfinite(moved) else None
        variable.assign(old)
    return ratios


def clipped_shares(
    section: OptimizerBase, records: Sequence[StepRecord], cut_off: Mapping[str, int]
) -> dict[str, float]:
    """Share of the steps taken at which clipping changed each weight's gradient, by path; empty without steps.

    With ``clipvalue``, whose effect on a weight is not seen in its norm, ``cut_off`` counts the steps by path.
    """
    if section.clipvalue is not None:
        return {path: count / len(records) for path, count in cut_off.items()} if records else {}

    def was_clipped(record: StepRecord, path: str) -> bool:
        limit = section.clipnorm
        return record.clipped_norm < record.gradient_norm if limit is None else record.gradient_norms[path] > limit

    paths = records[0].gradient_norms if records else ()
    return {path: sum(was_clipped(record, path) for record in records) / len(records) for path in paths}


def first_non_finite(records: Sequence[StepRecord]) -> dict[str, int]:
    """The first step at which each weight's gradient was not finite, by path; weights without one are left out."""
    sizes = ((record.step, *pair) for record in reversed(records) for pair in record.gradient_norms.items())
    return {path: step for step, path, size in sizes if not np.isfinite(size)}


def variable_findings(
    gradients: Mapping[str, Array],
    clipped: Mapping[str, Array],
    ratios: Mapping[str, float | None],
    noise: NoiseSums,
    shares: Mapping[str, float],
    non_finite: Mapping[str, int],
    *,
    step: int,
    values: bool,
) -> tuple[VariableFindings, ...]:
    """Puts every weight's findings together; without ``shares`` of steps, the gradients at hand are the only step."""
    found = []
    with np.errstate(over="ignore", invalid="ignore"):
        for path, gradient in gradients.items():
            doubles = gradient.astype(np.float64)
            now = float(not np.array_equal(gradient, clipped[path], equal_nan=True))
            bad = None if np.isfinite(doubles).all() else step
            found.append(
                VariableFindings(
                    path=path,
                    shape=gradient.shape,
                    norm=norm(gradient),
                    clipped_norm=norm(clipped[path]),
                    clipped_share=shares.get(path, now),
                    update_ratio=ratios[path],
                    mean=float(doubles.mean()),
                    std=float(doubles.std()),
                    largest=float(np.abs(doubles).max(initial=0.0)),
                    zeros=float((gradient == 0).mean()),
                    first_non_finite=non_finite.get(path, bad),
                    signal_to_noise=noise.signal_to_noise(path) if path in noise.sums else None,
                    values=np.array2string(gradient) if values else None,
                )
            )
    return tuple(found)


def norm(array: Array) -> float:
    """L2 norm in float64, where squares of float32 neither over- nor underflow."""
    doubles = array.astype(np.float64).reshape(-1)
    return float(np.sqrt(doubles @ doubles))


def norm_of_all(arrays: Mapping[str, Array]) -> float:
    """L2 norm over all weights."""
    return float(np.sqrt(sum(norm(array) ** 2 for array in arrays.values())))
