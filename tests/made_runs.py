"""Run folders made by hand, as training writes them, without training."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from small import small_config

from rnnctl.config.dump import config_to_yaml
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.environment import describe_environment
from rnnctl.runs.run_folder import RunFolder

WEIGHTS = ("recurrent_0/kernel", "recurrent_0/recurrent_kernel", "recurrent_0/bias")


def made_step(number, *, loss=None, time_steps=6, through_time=True, **fields):
    """A step whose loss is 1 / number, clipped from 0.5 to 0.3, with a gradient that halves at each time step back."""
    return StepRecord(
        **{
            **{"step": number, "epoch": 1 + (number - 1) // 4, "loss": 1 / number if loss is None else loss},
            **{"gradient_norm": 0.5, "clipped_norm": 0.3, "gradient_norms": dict.fromkeys(WEIGHTS, 0.25)},
            **{"learning_rate": 0.1 / number, "seconds": 0.0004},
            "state_gradient_norms": {"recurrent_0/h": tuple(0.5**back for back in range(time_steps - 1, -1, -1))}
            if through_time
            else None,
            **fields,
        }
    )


def made_run(parent: Path, steps=8, *, config=None, name="small", stopped="finished", records=None, **summary) -> Path:
    """A run folder; ``stopped=None`` leaves it as a process that was killed leaves it."""
    with open_run(parent, steps, config=config, name=name, records=records) as folder:
        if stopped is not None:
            end = {"first_loss": 1.0, "final_loss": 1 / max(steps, 1), "best_validation_loss": 0.6, "best_epoch": 1}
            none = dict.fromkeys(end)
            made = {"seconds": 2.0, "milliseconds_per_step": 0.4, "verdict": "vanishing", "reach": (4, 6), **summary}
            folder.write_summary(
                Summary(steps=steps, epochs=steps // 4, stopped=stopped, **(end if steps else none), **made)
            )
    return folder.path


def open_run(parent: Path, steps=8, *, config=None, name="small", records=None) -> RunFolder:
    """The same, while it is being written."""
    folder = RunFolder.create(parent, name)
    folder.write_config(config_to_yaml(config or small_config()))
    folder.write_environment(describe_environment(["rnnctl", "train"], seed=3, fingerprints={"a.csv": "0" * 64}))
    written = records or [made_step(number) for number in range(1, steps + 1)]
    if written:
        folder.append_steps(written)
        folder.append_through_time(written, 6)
        for epoch in range(1, steps // 4 + 1):
            folder.append_validation(ValidationRecord(4 * epoch, epoch, 0.6 + 0.1 * (epoch - 1), is_best=epoch == 1))
    return folder


def spoil(path: Path, at: int, line: bytes) -> None:
    """Puts a line of bytes in place of the line at a place."""
    lines = path.read_bytes().split(b"\n")
    lines[at] = line
    path.write_bytes(b"\n".join(lines))


def same(one, other) -> bool:
    """Whether two numbers are equal, NaN being equal to NaN."""
    return one == other or (math.isnan(one) and math.isnan(other)) or bool(np.isclose(one, other, rtol=1e-8))
