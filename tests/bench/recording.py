"""Measures what recording costs: one loop trains on, in turns with a run folder and without, for every benched shape.

Run it on a machine that does nothing else; it takes some fifteen seconds a shape::

    python tests/bench/recording.py
    python tests/bench/recording.py --only lstm --seconds 30

A cost over 5 % of a step is bold, and makes the exit code 1. The writing runs beside training, so that what it costs
depends on whether a core is free.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))  # this repository's package, wherever the script is called from
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.speed_table import SHAPES, Shape

from rnnctl.config import Config, load_config
from rnnctl.results.training import StepRecord
from rnnctl.runs.run_folder import RunFolder
from rnnctl.training.build import build
from rnnctl.workflows.run_writer import RunWriter

MOST = 0.05
"""Of a step's time, what recording it may cost."""

TURN = 0.5
"""Seconds of a turn."""


class Cost(NamedTuple):
    """What was measured.

    Attributes:
        bare: Milliseconds of a step without a run folder, the median over the turns.
        recorded: The same with one.
        share: What recording adds to a step, as a share of it: the median over pairs of turns.
        steps: Steps that were recorded.
    """

    bare: float
    recorded: float
    share: float
    steps: int


def measure(config: Config, out: Path, seconds: float) -> Cost:
    """Trains in turns.

    Args:
        config: What is trained.
        out: Where the run folder is made.
        seconds: How long, beside compiling.
    """
    built = build(config)
    from rnnctl.training.setup import make_loop

    loop = make_loop(built)

    def turn(steps: int, add: Callable[[StepRecord], object]) -> float:
        """Seconds a step."""
        loop.until, loop.stopped = loop.done + steps, "finished"
        began = time.perf_counter()
        for record in loop:
            if isinstance(record, StepRecord):
                add(record)
        return (time.perf_counter() - began) / steps

    turn(500, id)  # compiles, and finds its pace
    steps = max(10, int(TURN / turn(50, id)))
    pairs = []
    with RunWriter.create(RunFolder.create(out, built.config.name), built, {}, lambda step: {}) as writer:
        until = time.monotonic() + seconds
        while len(pairs) < 3 or time.monotonic() < until:
            pairs.append((turn(steps, id), turn(steps, writer.add)))
    bare, recorded = (1000 * median(times) for times in zip(*pairs, strict=True))
    return Cost(bare, recorded, median(after / before - 1 for before, after in pairs), steps * len(pairs))


def config_of(shape: Shape) -> Config:
    """The config of a shape, without an end."""
    return load_config(None, [*shape.overrides[1::2], "training.steps=1000000000"])


def main() -> int:
    """Prints the table; 1 where something costs too much."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=12.0, help="How long each shape is trained.")
    parser.add_argument("--only", default="", help="Measure the shapes whose name holds this.")
    asked = parser.parse_args()
    print("| batch × time × features → units | ms a step | with a run folder | recording |\n|---|---|---|---|")
    worst = 0.0
    for shape in SHAPES:
        if asked.only.lower() in shape.name.lower():
            with tempfile.TemporaryDirectory() as out:
                cost = measure(config_of(shape), Path(out), asked.seconds)
            share = f"{100 * cost.share:+.1f} %"
            marked = f"**{share}**" if cost.share > MOST else share
            print(f"| {shape.name} | {cost.bare:.3g} | {cost.recorded:.3g} | {marked} |", flush=True)
            worst = max(worst, cost.share)
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
