"""``rnnctl inspect-gradients`` as functions: of a config, or of what a run left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rnnctl.config import Config
from rnnctl.results import Examination
from rnnctl.runs.stored import load_run
from rnnctl.training.build import build
from rnnctl.util.format import counted
from rnnctl.workflows.examine import examine
from rnnctl.workflows.stored_model import restore_weights


def inspect_gradients(
    config: Config,
    *,
    steps: int = 0,
    sequences: int | None = None,
    float64: bool = False,
    values: bool = False,
    try_advice: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Examination:
    """Examines a network's gradients at its initial weights, or after some steps of training.

    ::

        found = rnnctl.inspect_gradients(rnnctl.load_config("configs/vanishing.yaml"))
        print(found.verdict, found.verdicts[0].headline)
        for layer in found.layers:
            print(layer.path, layer.reach_steps, layer.decay_per_step)

    Args:
        config: The whole config.
        steps: Optimizer steps to take first.
        sequences: Sequences to take gradients over; None for a batch (noise: for eight), or as many as memory has room
            for.
        float64: Whether gradients are measured in float64; steps are taken in float32 as ever.
        values: Whether each gradient's elements are given too, as text.
        try_advice: Whether what the verdicts advise is tried out, side by side.
        tell: Is told each of these trials before it begins.

    Returns:
        The findings.

    Raises:
        DataError: The data cannot be used, or has fewer sequences than asked for.
        ConfigError: Model and data do not fit together.
    """
    found = examine(build(config), steps=steps, sequences=sequences, float64=float64, values=values)
    return _tried(config, found, tell) if try_advice else found


def inspect_run(
    path: Path | str,
    overrides: Sequence[str] = (),
    *,
    steps: int = 0,
    sequences: int | None = None,
    float64: bool = False,
    values: bool = False,
    try_advice: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Examination:
    """Examines a network's gradients at the weights that a run came to.

    These are its final weights, or its newest checkpoint's while there are none.

    Args:
        path: The run's folder.
        overrides: ``key=value`` texts that are applied on top of its config.
        steps: As for ``inspect_gradients``, with an optimizer that begins anew.
        sequences: As for ``inspect_gradients``.
        float64: As for ``inspect_gradients``.
        values: As for ``inspect_gradients``.
        try_advice: As for ``inspect_gradients``; what is tried starts from initial weights.
        tell: As for ``inspect_gradients``.

    Returns:
        The findings.

    Raises:
        RunError: The folder is no run, was left half-written, or its weights do not fit its config.
        DataError: The data cannot be used, or has fewer sequences than asked for.
        ConfigError: An override is wrong, or model and data do not fit together.
    """
    run = load_run(Path(path), overrides)
    built = build(run.config)
    restore_weights(built.model, run)
    state = f"run {run.path.resolve().name}" + ("" if run.step is None else f" at its checkpoint of step {run.step}")
    if steps:
        state += f", {counted(steps, 'step')} on"
    found = examine(built, steps=steps, sequences=sequences, float64=float64, values=values, state=state)
    return _tried(run.config, found, tell) if try_advice else found


def _tried(config: Config, found: Examination, tell: Callable[[str], None] | None) -> Examination:
    from rnnctl.workflows.try_advice import try_advice

    return try_advice(config, found, tell=tell)
