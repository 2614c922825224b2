"""An examination of a network's gradients as a function: takes steps, measures, judges. Knows no console."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rnnctl.config import Config
from rnnctl.data import Batch, Signature
from rnnctl.errors import DataError
from rnnctl.model.describe import describe_cells
from rnnctl.results import Examination, NoiseFindings, SelfCheck, VariableFindings
from rnnctl.training.build import Built
from rnnctl.util.format import counted
from rnnctl.workflows.sample import NOISE_BATCHES, affordable, gather, gather_for_noise

FEWEST_SINGLE = 16
"""Sequences whose own gradients noise is measured from at the least, where a batch has fewer."""

CHECKED_SEQUENCES = 4
CHECKED_ELEMENTS = 32
CHECK_SECONDS = 0.8


def examine(
    built: Built,
    *,
    steps: int = 0,
    sequences: int | None = None,
    float64: bool = False,
    values: bool = False,
    state: str | None = None,
    batch: Batch | None = None,
    self_check: bool = True,
) -> Examination:
    """Examines a network's gradients at its initial weights, after some steps, or at weights that it was given.

    ::

        found = examine(build(rnnctl.load_config("configs/vanishing.yaml")))
        print(found.verdict, found.layers[0].reach_steps, found.layers[0].decay_per_step)

    Dropout is off while gradients are measured (steps are taken with it, as training would).

    Args:
        built: What to examine, at its initial weights or at others.
        steps: Optimizer steps to take first.
        sequences: Sequences to take gradients over; None for a batch (noise: some batches), or as many as memory has
            room for.
        float64: Whether gradients are measured in float64; steps are taken in float32 as ever.
        values: Whether each gradient's elements are given too, as text.
        state: What is examined, in words; None says it by the steps.
        batch: The sequences themselves, with a mask if need be; None gathers them from the training split.
        self_check: Whether gradients are compared with difference quotients.

    Returns:
        The findings.

    Raises:
        DataError: The data has fewer sequences than asked for.
    """
    began = time.perf_counter()
    config, schedule, train = built.config, built.schedule, built.dataset.train
    if sequences is not None and sequences > len(train):
        raise DataError(
            f"{config.name}: {sequences} sequences were asked for and the training split has {len(train)}; "
            f"ask for at most {len(train)}"
        )
    from rnnctl.workflows.examined_steps import take_steps

    taken = take_steps(built, steps)
    part = affordable(config, schedule.backward_length)
    more = None
    if batch is None:
        batch = gather(schedule, taken.done, sequences, part)
        if sequences is None:
            wanted = NOISE_BATCHES * config.training.batch_size
            more = gather_for_noise(schedule, wanted, taken.done, len(batch.inputs), part)
    found = _measure(built, taken, batch, more, part, float64=float64, values=values, check=self_check)
    found = _judged(config, replace(found, state=(state or taken.words) + _begun(built)))
    return replace(found, seconds=time.perf_counter() - began)


def _begun(built: Built) -> str:
    """Where the states of what is examined begin, where training has them from time steps before."""
    tail = built.schedule.shape.tail
    if tail is None:
        return ""
    return f", on the last {counted(tail, 'time step')} of each sequence, begun from the model's own first states"


def _measure(
    built: Built,
    taken: Any,
    batch: Batch,
    more: Batch | None,
    part: int,
    *,
    float64: bool,
    values: bool,
    check: bool,
) -> Examination:
    from rnnctl.gradients.backward import cut, impulse_weights, loss_weights, run_in_parts
    from rnnctl.gradients.data_health import examine_data
    from rnnctl.gradients.layers import examine_layers
    from rnnctl.gradients.variables import norm_of_all
    from rnnctl.model.build import float64_copy
    from rnnctl.model.losses import build_loss
    from rnnctl.model.weights import weight_arrays

    config = built.config
    loss, many, weights = build_loss(config.loss), config.model.return_sequences, weight_arrays(built.model)
    twin = float64_copy(config, built.model, built.dataset.signature) if float64 or check else None
    model, dtype = (twin, "float64") if float64 else (built.model, "float32")
    backward = run_in_parts(model, loss, batch, loss_weights(batch, sequences=many), part=part, dtype=dtype)
    sample = cut(batch, slice(0, part))
    impulse = None
    if many:
        impulse = run_in_parts(model, loss, sample, impulse_weights(sample), part=part, dtype=dtype)
    signature = built.dataset.signature
    examined = examine_layers(
        config.model, weights, sample, backward, impulse, count=len(batch.inputs), signature=signature
    )
    _widen(config, signature, model, weights, more, examined.noise, backward.gradients, len(batch.inputs), dtype=dtype)
    variables, clipped = _variables(config, taken, backward.gradients, examined.noise, values=values)
    return Examination(
        name=config.name,
        state=taken.words,
        model=describe_cells(config),
        loss=backward.loss,
        gradient_norm=norm_of_all(backward.gradients),
        clipped_norm=norm_of_all(clipped),
        verdict="healthy",
        verdicts=(),
        layers=examined.layers,
        variables=variables,
        data=examine_data(built.dataset, config.model),
        noise=_noise(config, examined.noise),
        self_check=_check(config, signature, twin, weights, cut(batch, slice(0, CHECKED_SEQUENCES))) if check else None,
        history=taken.history(),
        sequences=len(batch.inputs),
        time_steps=batch.inputs.shape[1],
        dtype=dtype,
        truncated=built.schedule.truncate,
    )


def _variables(
    config: Config, taken: Any, gradients: Any, noise: Any, *, values: bool
) -> tuple[tuple[VariableFindings, ...], Mapping[str, Any]]:
    """The findings on every weight, and the clipped gradients."""
    from rnnctl.gradients.variables import clip, clipped_shares, first_non_finite, update_ratios, variable_findings

    clipped = clip(config.optimizer, gradients)
    found = variable_findings(
        gradients,
        clipped,
        update_ratios(taken.model, taken.optimizer, clipped),
        noise,
        clipped_shares(config.optimizer, taken.records, taken.cut_off),
        first_non_finite(taken.records),
        step=taken.done + 1,
        values=values,
    )
    return found, clipped


def _widen(
    config: Config,
    signature: Signature,
    model: Any,
    weights: Mapping[str, Any],
    more: Batch | None,
    sums: Any,
    gradients: Any,
    count: int,
    *,
    dtype: str,
) -> None:
    """Lets noise be measured over more sequences than those examined, most of them by their mean gradient alone."""
    from rnnctl.gradients.backward import cut, loss_weights, run_backward
    from rnnctl.gradients.layers import add_sequences
    from rnnctl.model.losses import build_loss

    if more is None:
        if count > sums.sequences:
            sums.widen(gradients, count)
        return
    extra = len(more.inputs)
    mean = loss_weights(more, sequences=config.model.return_sequences)
    backward = run_backward(model, build_loss(config.loss), more, mean, dtype=dtype)
    few = cut(more, slice(0, max(0, FEWEST_SINGLE - count)))
    if len(few.inputs):
        add_sequences(config.model, weights, few, backward, sums, count=extra, signature=signature)
    both = {path: (count * one + extra * backward.gradients[path]) / (count + extra) for path, one in gradients.items()}
    sums.widen(both, count + extra)


def _noise(config: Config, sums: Any) -> NoiseFindings | None:
    count = sums.sequences
    return NoiseFindings(count, sums.noise_scale(), config.training.batch_size) if count > 1 else None


def _check(
    config: Config, signature: Signature, twin: Any, weights: Mapping[str, Any], batch: Batch
) -> SelfCheck | None:
    """Compares a float64 twin's gradients with difference quotients, on as much as takes a fraction of a second."""
    from rnnctl.gradients.backward import cut, first_time_steps, last_time_steps, loss_weights, run_backward
    from rnnctl.gradients.self_check import check_gradients
    from rnnctl.model.losses import build_loss

    # A forward pass in NumPy: some microseconds a time step, and what its products take.
    a_time_step = len(config.model.layers) * 4e-5 + sum(weight.size for weight in weights.values()) * 2e-9
    # Each element takes five; of very long sequences the last part is checked (of padded ones the first).
    longest = int(CHECK_SECONDS / (5 * len(weights) * a_time_step)) + 1
    few = cut(batch, slice(0, CHECKED_SEQUENCES))
    small = last_time_steps(few, longest) if batch.mask is None else first_time_steps(few, longest)
    count = int(np.clip(CHECK_SECONDS / (5 * small.inputs.shape[1] * a_time_step), 1, CHECKED_ELEMENTS))
    mean = loss_weights(small, sequences=config.model.return_sequences)
    gradients = run_backward(twin, build_loss(config.loss), small, mean, dtype="float64").gradients
    return check_gradients(config.model, config.loss, weights, gradients, small, mean, count=count, signature=signature)


def _judged(config: Config, found: Examination) -> Examination:
    """Adds the verdicts."""
    from rnnctl.gradients.verdicts import judge

    word, verdicts = judge(
        config,
        layers=found.layers,
        variables=found.variables,
        data=found.data,
        noise=found.noise,
        loss=found.loss,
        gradient_norm=found.gradient_norm,
    )
    return replace(found, verdict=word, verdicts=verdicts)
