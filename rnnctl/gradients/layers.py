"""Everything that an examination says of the recurrent layers, put together from one backward and one forward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.cells.activations import Doubles
from rnnctl.cells.numpy_cell import Trajectory, linearise
from rnnctl.config.model import Model
from rnnctl.data import Batch, Signature
from rnnctl.gradients.activity import Activity
from rnnctl.gradients.backward import Backward
from rnnctl.gradients.forward_numpy import ForwardPass, forward_numpy, turned
from rnnctl.gradients.jacobians import (
    impulse_norms,
    kernel_spectrum,
    lyapunov_exponents,
    predicted_decay,
    singular_values,
)
from rnnctl.gradients.noise import NoiseSums
from rnnctl.gradients.norms import mean_over_sequences
from rnnctl.gradients.through_time import fit_decay, placement, reach, response, sequence_norms
from rnnctl.results import LayerFindings, Series

Array = npt.NDArray[np.floating]

JACOBIAN_SEQUENCES = 4
"""Sequences whose Jacobians are followed through time; fewer where they are long and wide."""

_GROUP_ELEMENTS = 2**21
"""Elements of one array of a group of sequences that is linearised at once."""


def examine_layers(
    forward: ForwardPass, activities: Sequence[Activity], backward: Backward, impulse: Backward | None = None
) -> tuple[LayerFindings, ...]:
    """Examines every recurrent layer, from input to output.

    Args:
        activities: What the units of each cell do; see ``add_sequences``.
        backward: The backward pass of the batch's mean loss.
        impulse: The backward pass of the loss at the last time step alone, where there are losses at others.
    """
    top = _top(forward) if impulse is None else []
    pairs = zip(forward.trajectories, activities, strict=True)
    # Infinities and NaN are findings here, not faults.
    with np.errstate(all="ignore"):
        return tuple(_layer(one, activity, backward, impulse or backward, whole=one in top) for one, activity in pairs)


def _top(forward: ForwardPass) -> list[Trajectory]:
    """The cells of the last layer: one, or two of a bidirectional one."""
    last = forward.trajectories[-1].path.split("/")[0]
    return [each for each in forward.trajectories if each.path.split("/")[0] == last]


def _layer(
    trajectory: Trajectory, activity: Activity, backward: Backward, impulse: Backward, *, whole: bool
) -> LayerFindings:
    """One cell's findings; ``whole`` where the total state gradient is the response to one impulse."""
    gradients = _in_running_order(trajectory, backward)
    total, immediate = gradients["h"], turned(backward.immediate[trajectory.path], trajectory.backwards)
    sample = slice(0, min(JACOBIAN_SEQUENCES, _group_size(trajectory)))
    linear = linearise(trajectory.select(sample))
    if whole:
        responses, mask = sequence_norms(total), trajectory.mask
    else:
        responses, mask = impulse_norms(linear, immediate[sample].astype(np.float64)), linear.trajectory.mask
    arriving = response(responses, mask)
    decay = fit_decay(arriving, total.dtype.name if whole else "float64")
    at, largest, smallest = singular_values(linear)
    exponents = lyapunov_exponents(linear)
    radius, norm = kernel_spectrum(linear.recurrent_matrix)
    # An LSTM's memory is c: what arrives there has arrived.
    arrived = max(
        reach(response(sequence_norms(impulse.states[f"{trajectory.path}/{name}"]), trajectory.mask))
        for name in trajectory.states
    )
    order = slice(None, None, -1 if trajectory.backwards else 1)
    states = {name: _series(mean_norms(of, trajectory.mask)[order]) for name, of in gradients.items()}
    direct = mean_norms(immediate, trajectory.mask)
    time = immediate.shape[1]
    return LayerFindings(
        path=trajectory.path,
        cell=trajectory.layer.cell,
        units=trajectory.layer.units,
        activation=trajectory.layer.activation,
        time_steps=time,
        state_gradient_norms=states,
        immediate_norms=_series(direct[order]),
        returned_norms=_series(mean_norms(total.astype(np.float64) - immediate, trajectory.mask)[order]),
        decay_per_step=decay.per_step,
        decay_fit=decay.fit,
        half_life=decay.half_life,
        reach_steps=reach(arriving),
        singular_largest=_series(largest[order]),
        singular_smallest=_series(smallest[order]),
        lyapunov=_series(exponents),
        memory_steps=_memory(exponents),
        spectral_radius=radius,
        recurrent_norm=norm,
        predicted_decay=predicted_decay(linear).per_step,
        **activity.findings(),
        loss_placement=_series(placement(direct[order])),
        impulse_norms=_series(arriving),
        singular_at=tuple(((time - at if trajectory.backwards else at + 1)[order]).tolist()),
        total_reach_steps=reach(arriving) if trajectory.backwards else arrived,
        backwards=trajectory.backwards,
    )


def _in_running_order(trajectory: Trajectory, backward: Backward) -> dict[str, Array]:
    """The total gradient by state, ``[batch, time, units]`` each."""
    every = {name: backward.states[f"{trajectory.path}/{name}"] for name in trajectory.states}
    return {name: turned(gradient, trajectory.backwards) for name, gradient in every.items()}


def mean_norms(gradients: Array, mask: npt.NDArray[np.bool_] | None) -> Doubles:
    """Mean ``[time]`` of the norms of gradients ``[batch, time, units]``, as training takes it."""
    return np.asarray(mean_over_sequences(sequence_norms(gradients).T, len(gradients), mask))


def _activity_and_noise(trajectory: Trajectory, backward: Backward, noise: NoiseSums, count: int) -> Activity:
    """Goes through all sequences, a group at a time: what the units do, and each sequence's weight gradients."""
    activity = Activity(trajectory.layer.activation, trajectory.layer.units)
    gradients, size, here = _in_running_order(trajectory, backward), _group_size(trajectory), len(trajectory.inputs)
    for first in range(0, here, size):
        group = slice(first, min(first + size, here))  # the backward pass may be of more sequences
        linear = linearise(trajectory.select(group))
        activity.add(linear)
        # The backward pass is of the mean loss: times the number of sequences it is each sequence's own.
        each = {name: count * gradient[group].astype(np.float64) for name, gradient in gradients.items()}
        own = linear.weight_gradients(each)
        noise.add(
            {f"{trajectory.path}/{name}": own[name] for name in own if name != "bias" or trajectory.layer.use_bias}
        )
    return activity


def add_sequences(
    model: Model,
    weights: Mapping[str, Array],
    batch: Batch,
    backward: Backward,
    noise: NoiseSums,
    *,
    count: int,
    signature: Signature | None,
) -> tuple[ForwardPass, list[Activity]]:
    """Adds each sequence's own weight gradients to the sums; gives what the units of each cell do.

    Args:
        backward: The backward pass of the mean loss of ``count`` sequences, those of the batch first.
    """
    with np.errstate(all="ignore"):
        forward = forward_numpy(model, weights, batch.inputs, batch.mask, signature)
        activities = [_activity_and_noise(trajectory, backward, noise, count) for trajectory in forward.trajectories]
        if model.head == "dense":
            own = count * backward.predictions[: len(forward.outputs)].astype(np.float64)
            noise.add(_head_gradients(_top(forward), own, sequences=model.return_sequences))
    return forward, activities


def _head_gradients(sides: Sequence[Trajectory], own: Doubles, *, sequences: bool) -> dict[str, Doubles]:
    """Each sequence's gradient of the dense head: Σ h_tᵀ ∂L/∂y_t over its outputs, from its own ∂L/∂y, ``own``.

    With a softmax or sigmoid y stands before it.
    """
    if sequences:
        outputs = [side.states["h"][:, ::-1] if side.backwards else side.states["h"] for side in sides]
        return {"head/kernel": np.swapaxes(np.concatenate(outputs, axis=-1), 1, 2) @ own, "head/bias": own.sum(axis=1)}
    last = np.concatenate([side.states["h"][:, -1] for side in sides], axis=-1)
    return {"head/kernel": last[:, :, None] * own[:, None, :], "head/bias": own}


def _group_size(trajectory: Trajectory) -> int:
    """Sequences that are linearised at once, so that neither their states nor their weight gradients fill memory."""
    weights = trajectory.weights
    over_time = trajectory.inputs.shape[1] * max(weights.U.shape[-1], trajectory.inputs.shape[2])
    return int(max(1, _GROUP_ELEMENTS // max(weights.U.size, over_time, weights.W.size)))


def _memory(exponents: Doubles) -> float | None:
    """−1 / λ₁ time steps; None where the leading exponent is not below zero."""
    leading = float(exponents[0]) if exponents.size else np.nan
    return float(-1.0 / leading) if leading < 0 else None


def _series(values: npt.NDArray[Any]) -> Series:
    return tuple(values.tolist())
