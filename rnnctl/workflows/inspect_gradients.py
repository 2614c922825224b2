"""``rnnctl inspect-gradients`` as a function: of a config, or of what a run left."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rnnctl.config import Config, load_config
from rnnctl.engines.keras_network import restore_weights
from rnnctl.results import Examination
from rnnctl.runs.run_folder import STEPS
from rnnctl.runs.step_history import read_step_history
from rnnctl.runs.trained_run import load_run
from rnnctl.training.build import Built, build
from rnnctl.util.format import counted
from rnnctl.workflows.examine import examine
from rnnctl.workflows.examined_steps import NO_PAST, Past


def inspect_gradients(
    subject: Config | str | os.PathLike[str] | None,
    overrides: Sequence[str] = (),
    *,
    steps: int = 0,
    sequences: int | None = None,
    float64: bool = False,
    values: bool = False,
    try_advice: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Examination:
    """Examines a network's gradients: at a config's initial weights, or at the weights that a run came to.

    ::

        found = rnnctl.inspect_gradients("configs/vanishing.yaml")
        print(found.verdict, found.verdicts[0].headline)
        for layer in found.layers:
            print(layer.path, layer.reach_steps, layer.decay_per_step)

    The weights of a run are its final ones, or those of its newest checkpoint while there are none.

    Args:
        subject: A config, the path of one, a run, or a run's folder; None for the built-in first example.
        overrides: ``key=value`` texts that are applied on top of the config; none where ``subject`` is a `Config`.
        steps: Optimizer steps to take first; at a run's weights with an optimizer that begins anew.
        sequences: Sequences to take gradients over; None for a batch (noise: for eight), or as many as memory has room
            for.
        float64: Whether gradients are measured in float64; steps are taken in float32 as always.
        values: Whether each gradient's elements are given too, as text.
        try_advice: Whether what the verdicts advise is tried out, side by side, each from initial weights.
        tell: Called with a line before each of these trials.

    Returns:
        The findings.

    Raises:
        RunError: The folder is no run, was left half-written, or its weights do not fit its config.
        DataError: The data cannot be used, or has fewer sequences than asked for.
        ConfigError: The config or an override is wrong, or model and data do not fit together.
    """
    built, past = _at_its_weights(subject, overrides, steps)
    found = examine(built, steps=steps, sequences=sequences, float64=float64, values=values, past=past)
    if not try_advice:
        return found
    from rnnctl.gradients.verdicts.rules import GRAVITY
    from rnnctl.workflows.try_advice import run_trials

    trials, recommendation, blown = run_trials(built.config, found.verdicts, tell=tell)
    if blown is not None and found.verdict != blown.word:
        others = (one for one in found.verdicts if one.word != "healthy")
        verdicts = tuple(sorted((blown, *others), key=lambda one: GRAVITY.index(one.word)))
        found = replace(found, verdict=verdicts[0].word, verdicts=verdicts)
    return replace(found, trials=trials, recommendation=recommendation)


def _at_its_weights(
    subject: Config | str | os.PathLike[str] | None, overrides: Sequence[str], steps: int
) -> tuple[Built, Past]:
    """What is examined, and of a run how it came to its weights."""
    if isinstance(subject, Config):
        return build(subject), NO_PAST
    if subject is None or not Path(subject).is_dir():
        return build(load_config(None if subject is None else os.fspath(subject), overrides)), NO_PAST
    run = load_run(Path(subject), overrides)
    built = build(run.config)
    restore_weights(built.model, run)
    state = f"run {run.path.resolve().name}"
    state += "" if run.step is None else f" at its checkpoint of step {run.step}"
    state += " (a newer one is damaged)" if run.notes else ""
    state += f", {counted(steps, 'step')} on" if steps else ""
    history = read_step_history(run.path / STEPS)
    losses, updates = history.until(run.step)
    return built, Past(state, losses, updates, complete=run.step is None)
