"""Examination of a network's gradients: takes steps, measures, judges."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnctl.data import Batch, Dataset
from rnnctl.diagnosis.naive_loss import naive_loss
from rnnctl.errors import DataError
from rnnctl.gradients.verdicts.short_reach import training_findings
from rnnctl.gradients.verdicts.subject import Findings
from rnnctl.model.describe import describe_cells
from rnnctl.results import Examination, LayerFindings, NoiseFindings, RangeFindings, SelfCheck, TrainingFindings
from rnnctl.training.build import Built
from rnnctl.util.format import counted
from rnnctl.util.progress import lasting
from rnnctl.workflows.examined_steps import NO_PAST, Past, Trained, take_steps
from rnnctl.workflows.sample import NOISE_BATCHES, affordable, gather

if TYPE_CHECKING:
    from rnnctl.gradients.backward import Backward
    from rnnctl.gradients.noise import NoiseSums

FEWEST_SINGLE = 16
"""Least sequences whose own gradients noise is measured from, where a batch has fewer."""

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
    batch: Batch | None = None,
    self_check: bool = True,
    needed: bool = True,
    past: Past = NO_PAST,
) -> Examination:
    """Examines a network's gradients at its present weights, or after some steps.

    ::

        found = examine(build(rnnctl.load_config("configs/vanishing.yaml")))
        print(found.verdict, found.layers[0].reach_steps, found.layers[0].decay_per_step)

    Dropout is off while gradients are measured (steps are taken with it, as training would).

    Args:
        built: What to examine, at any weights; steps change them.
        steps: Optimizer steps to take first.
        sequences: Sequences to take gradients over; None for a batch (noise: some batches), or as many as memory has
            room for.
        float64: Whether gradients are measured in float64; steps are taken in float32 as always.
        values: Whether the findings list each gradient's elements, as text.
        batch: The sequences to examine; None gathers them from the training split.
        self_check: Whether gradients are compared with difference quotients.
        needed: Whether, where the reach is short, the data is asked how far back the task needs it.
        past: What came before, of a run's weights.

    Raises:
        DataError: The data has fewer sequences than asked for.
    """
    from rnnctl.gradients.backward import cut

    began = time.perf_counter()
    config, schedule, train = built.config, built.schedule, built.dataset.train
    if sequences is not None and sequences > len(train):
        raise DataError(
            f"{config.name}: {sequences} sequences were asked for and the training split has {len(train)}; "
            f"ask for at most {len(train)}"
        )
    trained = take_steps(built, steps)
    part = affordable(config, schedule.backward_length)
    more = None
    if batch is None:
        batch = gather(schedule, trained.done, sequences, part)
        if sequences is None:
            count = len(batch.inputs)
            wanted = min(NOISE_BATCHES * config.training.batch_size, len(schedule.sequences), part)
            more = cut(gather(schedule, trained.done, wanted), slice(count, None)) if wanted > count else None
    with lasting(f"measuring the gradients of {counted(len(batch.inputs), 'sequence')}"):
        training = _training(built, trained, past)
        found = _measure(
            built,
            trained,
            training,
            batch,
            more,
            part,
            float64=float64,
            values=values,
            check=self_check,
            needed=needed,
        )
    state = past.state or trained.state
    if (tail := schedule.shape.tail) is not None:  # training has the first states from time steps before
        state += f", on the last {counted(tail, 'time step')} of each sequence, begun from the model's own first states"
    return replace(found, state=state, seconds=time.perf_counter() - began)


def _measure(
    built: Built,
    trained: Trained,
    training: TrainingFindings | None,
    batch: Batch,
    more: Batch | None,
    part: int,
    *,
    float64: bool,
    values: bool,
    check: bool,
    needed: bool,
) -> Examination:
    from rnnctl.gradients.data_health import examine_data
    from rnnctl.gradients.variables import (
        clip,
        clipped_shares,
        first_non_finite,
        norm_of_all,
        update_ratios,
        variable_findings,
    )
    from rnnctl.gradients.verdicts import judge
    from rnnctl.model.build import float64_copy
    from rnnctl.model.weights import weight_arrays

    config, weights = built.config, weight_arrays(built.model)
    precise = float64_copy(config, built.model, built.dataset.signature) if float64 or check else None
    model, dtype = (precise, "float64") if float64 else (built.model, "float32")
    backward, layers, sums = _backward(built, model, weights, batch, more, part, dtype)
    gradients, records = backward.gradients, trained.records
    clipped = clip(config.optimizer, gradients)
    ratios = update_ratios(trained.model, trained.optimizer, clipped)
    shares, bad = clipped_shares(config.optimizer, records, trained.clipped), first_non_finite(records)
    step = trained.done + 1
    variables = variable_findings(gradients, clipped, ratios, sums, shares, bad, step=step, values=values)
    data, noise = examine_data(built.dataset, config.model), None
    if sums.sequences > 1:
        noise = NoiseFindings(sums.sequences, sums.noise_scale(), config.training.batch_size)
    norm = norm_of_all(gradients)
    measured = Findings(config, layers, variables, data, noise, backward.loss, norm, training=training)
    measured = replace(measured, range=_range(measured, built.dataset, needed=needed))
    verdict, verdicts = judge(measured)
    return Examination(
        name=config.name,
        state=trained.state,
        model=describe_cells(config),
        loss=backward.loss,
        gradient_norm=norm,
        clipped_norm=norm_of_all(clipped),
        verdict=verdict,
        verdicts=verdicts,
        layers=layers,
        variables=variables,
        data=data,
        noise=noise,
        self_check=_check(built, precise, weights, batch) if check else None,
        history=trained.history(),
        sequences=len(batch.inputs),
        time_steps=batch.inputs.shape[1],
        dtype=dtype,
        truncated=built.schedule.truncate,
        range=measured.range,
        training=training,
    )


def _training(built: Built, trained: Trained, past: Past) -> TrainingFindings | None:
    """What training came to, before the steps and by them; None at initial weights."""
    records = trained.records[: trained.done]
    losses = [*past.losses, *(record.loss for record in records)]
    if not losses:
        return None
    updates = [*past.updates, *(record.update_ratios for record in records if record.update_ratios)]
    complete = past.complete or len(losses) >= built.schedule.total_steps
    naive = naive_loss(built.config, built.dataset)
    return training_findings(losses, updates, naive, steps=len(losses), complete=complete)


def _range(found: Findings, dataset: Dataset, *, needed: bool) -> RangeFindings:
    """How far back the gradient comes, and where that is not far, how far back the task needs it."""
    from rnnctl.gradients.needed_range import range_findings
    from rnnctl.gradients.verdicts.subject import arrives, length, reach, shortest

    layer = shortest(found.layers)
    asked = dataset if needed and not arrives(found, layer) else None
    return range_findings(found.config, asked, reach(layer), length(layer))


def _backward(
    built: Built, model: Any, weights: Mapping[str, Any], batch: Batch, more: Batch | None, part: int, dtype: str
) -> tuple[Backward, tuple[LayerFindings, ...], NoiseSums]:
    """The backward pass of a batch, what it says of the layers, and the sums that noise is measured by.

    Noise is measured over ``more`` sequences too, over most of them by their mean gradient alone.
    """
    from rnnctl.gradients.backward import cut, impulse_weights, loss_weights, run_backward, run_in_parts
    from rnnctl.gradients.layers import add_sequences, examine_layers
    from rnnctl.gradients.noise import NoiseSums
    from rnnctl.model.losses import build_loss

    config, signature, count = built.config.model, built.dataset.signature, len(batch.inputs)
    loss, many, sample = (
        build_loss(built.config.loss, built.class_weights),
        config.return_sequences,
        cut(batch, slice(0, part)),
    )
    found = run_in_parts(model, loss, batch, loss_weights(batch, sequences=many), part=part, dtype=dtype)
    impulse = run_in_parts(model, loss, sample, impulse_weights(sample), part=part, dtype=dtype) if many else None
    sums = NoiseSums()
    passed = add_sequences(config, weights, sample, found, sums, count=count, signature=signature)
    layers = examine_layers(*passed, found, impulse)
    if more is not None:
        extra, few = len(more.inputs), cut(more, slice(0, max(0, FEWEST_SINGLE - count)))
        beyond = run_backward(model, loss, more, loss_weights(more, sequences=many), dtype=dtype)
        if len(few.inputs):
            add_sequences(config, weights, few, beyond, sums, count=extra, signature=signature)
        mean = {
            path: (count * one + extra * beyond.gradients[path]) / (count + extra)
            for path, one in found.gradients.items()
        }
        sums.widen(mean, count + extra)
    elif count > sums.sequences:
        sums.widen(found.gradients, count)
    return found, layers, sums


def _check(built: Built, precise: Any, weights: Mapping[str, Any], batch: Batch) -> SelfCheck | None:
    """Compares a float64 copy's gradients with difference quotients, on as much as takes a fraction of a second."""
    from rnnctl.gradients.backward import cut, cut_time, loss_weights, run_backward
    from rnnctl.gradients.self_check import check_gradients, numpy_loss
    from rnnctl.model.losses import build_loss

    config, signature = built.config, built.dataset.signature
    # A forward pass in NumPy: some microseconds a time step, and the time of its products.
    a_time_step = len(config.model.layers) * 4e-5 + sum(weight.size for weight in weights.values()) * 2e-9
    # Each element takes five; of very long sequences the last part is checked (of padded ones the first).
    longest = int(CHECK_SECONDS / (5 * len(weights) * a_time_step)) + 1
    few = cut(batch, slice(0, CHECKED_SEQUENCES))
    small = cut_time(few, slice(-longest, None) if batch.mask is None else slice(longest))
    count = int(np.clip(CHECK_SECONDS / (5 * small.inputs.shape[1] * a_time_step), 1, CHECKED_ELEMENTS))
    mean = loss_weights(small, sequences=config.model.return_sequences)
    weighing = built.class_weights
    gradients = run_backward(precise, build_loss(config.loss, weighing), small, mean, dtype="float64").gradients
    loss = partial(numpy_loss, config.model, config.loss, small, mean, signature, class_weights=weighing)
    return check_gradients(loss, weights, gradients, count=count)
