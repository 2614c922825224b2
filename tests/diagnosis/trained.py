"""Trains a config as its user would, whole, and keeps its score on test rows and what published rules see of it."""

from __future__ import annotations

import numpy as np
from diagnosis.published import Seen
from verdicts.published import gradients_of_batch

from rnnctl.diagnosis.courses import Trainer, peak_rate, skill_at
from rnnctl.diagnosis.evidence import prepared
from rnnctl.diagnosis.naive_loss import naive_loss
from rnnctl.gradients.forward_numpy import forward_numpy
from rnnctl.model.weights import weight_arrays
from rnnctl.workflows.sample import gather

LEAST = -1.0
"""Skill of a network whose training did not stay finite, or that cannot be scored."""


def score_of(config):
    """The skill on test rows of the config, trained whole."""
    return _trained(prepared(config)[0])[1]


def seen_of(config):
    """The same, and what rules see."""
    built, _ = prepared(config)
    batch = gather(built.schedule, 0, built.schedule.batch_size)
    first = _looked_at(built, batch)
    course, skill = _trained(built)
    last = _looked_at(built, batch)
    weights, states, gradients = zip(first, last, strict=True)
    steps, ratios = built.schedule.steps_per_epoch, course.update_ratios.values()
    shares = _shares(built.dataset)
    layers = enumerate(built.config.model.layers)
    return skill, Seen(
        losses=course.losses,
        epochs=np.array([course.losses[at : at + steps].mean() for at in range(0, course.steps, steps)]),
        validations=np.array([one.loss for one in course.validations]),
        naive=naive_loss(built.config, built.dataset) or 1.0,
        rate=peak_rate(built.config),
        gradients=gradients,
        weights=weights,
        states=states,
        activations={f"recurrent_{place}": (layer.activation, layer.cell != "simple_rnn") for place, layer in layers},
        update_ratios=np.concatenate([np.ravel(one) for one in ratios]) if ratios else np.empty(0),
        inputs=(float(np.nanmin(batch.inputs)), float(np.nanmax(batch.inputs))),
        shares=shares,
        head=built.config.model.head != "none",
        dropout=max(layer.dropout for layer in built.config.model.layers),
        # Skill of classes is by accuracy, over that of the most frequent one.
        accuracy=1 - (1 - course.skill) * (1 - shares.max()) if shares.size and course.skill is not None else None,
    )


def _trained(built):
    course = Trainer(built).train("", built.schedule.total_steps)
    skill = None if course.stopped == "non-finite" else skill_at(built, "test")[0]
    return course, LEAST if skill is None else float(skill)


def _looked_at(built, batch):
    """Weights, states and gradients of a batch, as they are."""
    weights = {path: np.array(value) for path, value in weight_arrays(built.model).items()}
    with np.errstate(all="ignore"):
        found = forward_numpy(built.config.model, weights, batch.inputs, batch.mask, built.dataset.signature)
    return weights, dict(found.states), gradients_of_batch(built.config, built.model, batch)


def _shares(dataset):
    if dataset.target_kind == "number":
        return np.empty(0)
    codes = dataset.train.aimed_targets()
    counts = np.unique(codes[np.isfinite(codes)].astype(np.int64), return_counts=True)[1]
    return counts / counts.sum()
