"""Measures how long a CSV file takes to become sequences, beside Polars' own reading of the same file, in turns.

Run it on a machine that does nothing else::

    python tests/bench/csv_loading.py
    python tests/bench/csv_loading.py --rows 2000000

Over twice Polars' time is bold, and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))  # this repository's package, wherever the script is called from

from rnnctl.config import load_config
from rnnctl.config.dataset import load_dataset

MOST = 2.0
"""Of Polars' time, what loading may take."""

FEATURES = tuple(f"x{number}" for number in range(8))


class Cost(NamedTuple):
    """Seconds, medians over the turns."""

    ours: float
    polars: float


def measure(folder: Path, rows: int, turns: int) -> Cost:
    """Loads a file of random numbers in turns.

    Args:
        folder: Where the file is made.
        rows: Its rows.
        turns: How often it is read each way.
    """
    table = folder / "table.csv"
    columns = np.random.default_rng(0).standard_normal((rows, len(FEATURES) + 1))
    pl.DataFrame(columns, schema=[*FEATURES, "y"]).write_csv(table)
    asked = f"{{kind: csv, path: {table}, features: [{', '.join(FEATURES)}], target: [y], window: {{length: 100}}}}"
    config = load_config(None, [f"data={asked}", "data.cache=never", "model.head=dense"])
    found = []
    for _ in range(turns):
        began = time.perf_counter()
        pl.read_csv(table)
        read = time.perf_counter()
        load_dataset(config)
        found.append((time.perf_counter() - read, read - began))
    ours, polars = zip(*found, strict=True)
    return Cost(median(ours), median(polars))


def main() -> int:
    """Prints the table; 1 where loading takes too long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=300_000, help="Rows of the file.")
    parser.add_argument("--turns", type=int, default=15, help="How often it is read each way.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cost = measure(Path(folder), asked.rows, asked.turns)
    ratio = cost.ours / cost.polars
    told = f"**{ratio:.2f}**" if ratio > MOST else f"{ratio:.2f}"
    print("| rows | loading, s | Polars alone, s | ratio |\n|---|---|---|---|")
    print(f"| {asked.rows:,} | {cost.ours:.3f} | {cost.polars:.3f} | {told} |")
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
