"""How long training waits for its batches, in the loop of ``rnnctl train``."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from rnnctl.training.build import Built
from rnnctl.training.setup import make_loop

SETTLED = 0.5
"""Seconds of training after which calls are as long as they become."""

SECONDS = 1.0
"""How long it is measured where nothing else is asked for."""


class Waiting(NamedTuple):
    """Milliseconds of a step, the share of it that was waiting, and where batches are gathered (device or host)."""

    milliseconds: float
    share: float
    way: str


def measure_waiting(built: Built, seconds: float = SECONDS) -> Waiting | None:
    """Trains for some seconds, epoch after epoch and without validating; None where training did not stay finite."""
    training = built.config.training.model_copy(update={"early_stopping": None})
    config = built.config.model_copy(update={"training": training})
    loop = make_loop(replace(built, config=config, schedule=replace(built.schedule, total_steps=10**9)))
    loop.validate = None
    loop.stop = lambda: loop.waited + loop.worked > SETTLED
    list(loop)
    begin = loop.done
    if loop.stopped == "interrupted":
        loop.waited, loop.worked, loop.stopped = 0.0, 0.0, "finished"
        loop.stop = lambda: loop.waited + loop.worked > seconds
        for _ in loop:
            pass
    if loop.stopped != "interrupted":
        return None
    whole = loop.waited + loop.worked
    return Waiting(1000 * whole / (loop.done - begin), loop.waited / whole, loop.program.feed.way)
