"""Measures how long training waits for its batches, at every benched shape, from a small table and from a large one.

Run it on a machine that does nothing else; it takes some fifteen seconds a cell::

    python tests/bench/input_wait.py
    python tests/bench/input_wait.py --only lstm --seconds 30 --megabytes 4000

The small table lies on the device. The large one is a file mapped into memory, from which windows that begin at random
rows are gathered by the host, as they are for data larger than memory. A wait over 5 % of the steps' time is bold, and
makes the exit code 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))  # this repository's package, wherever the script is called from
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.speed_table import SHAPES, Shape

from rnnctl.config import Config, load_config
from rnnctl.data import Dataset, Sequences
from rnnctl.training.build import Built, build

MOST = 0.05
"""Of the steps' time, what waiting for batches may take."""


def config_of(shape: Shape) -> Config:
    """The config of a shape, with a hundred batches where the table is small."""
    return load_config(None, [*shape.overrides[1::2], f"data.sequences={100 * shape.batch}"])


def from_a_file(dataset: Dataset, folder: Path, size: int) -> Dataset:
    """The same dataset with windows of a table in a file, one of them beginning at every row.

    Args:
        dataset: A dataset of one target per sequence.
        folder: Where the file is made.
        size: Bytes of the table, features and targets together.
    """
    train = dataset.train
    rows = size // (4 * (train.features + train.outputs))
    tables = []
    for name, columns in (("values", train.features), ("targets", train.outputs)):
        table = np.memmap(folder / name, np.float32, "w+", shape=(rows, columns))
        some = np.random.default_rng(0).standard_normal((2**16, columns), dtype=np.float32)
        for first in range(0, rows, len(some)):
            table[first : first + len(some)] = some[: rows - first]
        table.flush()
        tables.append(table)
    starts = np.arange(rows - train.length, dtype=np.int64)
    windows = Sequences(*tables, starts, np.full(len(starts), train.length, np.int64), "last", horizon=1)
    return replace(dataset, train=windows)


def measure(config: Config, seconds: float, folder: Path | None = None, size: int = 0) -> tuple[float, float]:
    """Trains for a while.

    Args:
        config: What is trained.
        seconds: How long, beside compiling.
        folder: Where the table's file is made; None leaves the data as the config has it.
        size: Bytes of the table.

    Returns:
        Milliseconds of a step, and the share of the steps' time that they waited.
    """
    built = build(config)
    from rnnctl.bench.waiting import measure_waiting

    if folder is not None:
        built = Built.of(config, from_a_file(built.dataset, folder, size), built.model)
    waiting = measure_waiting(built, seconds)
    if waiting is None:
        sys.exit("training did not stay finite")
    return waiting.milliseconds, waiting.share


def main() -> int:
    """Prints the table; 1 where training waits too long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=12.0, help="How long each cell is trained.")
    parser.add_argument("--megabytes", type=int, default=2000, help="Size of the table in a file.")
    parser.add_argument("--only", default="", help="Measure the shapes whose name holds this.")
    asked = parser.parse_args()
    print("| batch × time × features → units | small table: ms a step | waiting | file: ms a step | waiting |")
    print("|---|---|---|---|---|")
    worst = 0.0
    for shape in SHAPES:
        if asked.only.lower() not in shape.name.lower():
            continue
        cells = [shape.name]
        with tempfile.TemporaryDirectory() as folder:
            for place in (None, Path(folder)):
                step, share = measure(config_of(shape), asked.seconds, place, asked.megabytes * 10**6)
                told = f"{100 * share:.1f} %"
                cells += [f"{step:.3g}", f"**{told}**" if share > MOST else told]
                worst = max(worst, share)
        print(f"| {' | '.join(cells)} |", flush=True)
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
