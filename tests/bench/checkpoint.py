"""Measures what a checkpoint of a large net costs beyond the disk's own time: in turns with the same bytes bare.

Run it on a machine that does nothing else::

    python tests/bench/checkpoint.py
    python tests/bench/checkpoint.py --folder /somewhere/else --turns 15

A turn copies the variables out of TensorFlow and writes a whole checkpoint, as training does between two calls and
beside them; and, before or after it, writes and syncs as many bytes into as many files with nothing computed. A
cost over half a second is bold, and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))  # this repository's package, wherever the script is called from

from rnnctl.config import Config, load_config
from rnnctl.runs.checkpoints import checkpoint_steps, keep_newest, write_checkpoint, write_synced
from rnnctl.runs.run_files import remove_tree
from rnnctl.training.build import build
from rnnctl.util.atomic import sync_folder

MOST = 0.5
"""Seconds that a checkpoint may cost beyond the disk's own time."""

UNITS = 3161
"""Units of a SimpleRNN of one feature and one output: 10.0 million weights."""

OPTIMIZERS = ("sgd", "adam")


class Cost(NamedTuple):
    """What was measured, in seconds, medians over the turns.

    Attributes:
        copied: Copying the variables, while training waits.
        written: Writing the checkpoint, beside training.
        disk: Writing and syncing the same bytes bare.
        beyond: ``copied + written - disk`` of the same turn.
        size: Bytes of the checkpoint.
    """

    copied: float
    written: float
    disk: float
    beyond: float
    size: int


def config_of(optimizer: str, units: int = UNITS) -> Config:
    """A net of ten million weights, and an optimizer."""
    asked = {
        "data.sequences": 4,
        "data.length": 2,
        "data.features": 1,
        "data.outputs": 1,
        "model.layers.0.units": units,
        "model.head": "dense",
        # An orthogonal matrix of that size takes a minute to make.
        "model.layers.0.recurrent_initializer": "glorot_uniform",
        "optimizer.kind": optimizer,
    }
    return load_config(None, [f"{key}={value}" for key, value in asked.items()])


def measure(config: Config, folder: Path, turns: int) -> Cost:
    """Takes checkpoints in turns with bare writing.

    Args:
        config: Whose checkpoint.
        folder: An empty folder on the disk in question.
        turns: How often.
    """
    built = build(config)
    from rnnctl.training.setup import make_loop

    loop = make_loop(built)
    found = []
    for turn in range(1, turns + 1):
        loop.done = turn
        disk = _bare(folder, sizes) if (sizes := _sizes(folder)) and turn % 2 else None
        began = time.perf_counter()
        snapshot = loop.snapshot("due")
        copied = time.perf_counter() - began
        write_checkpoint(folder, snapshot, {})
        written = time.perf_counter() - began - copied
        keep_newest(folder, 1, None)
        if disk is None:
            disk = _bare(folder, _sizes(folder))
        found.append((copied, written, disk, copied + written - disk))
    return Cost(*(median(values) for values in zip(*found, strict=True)), sum(_sizes(folder)))


def _sizes(folder: Path) -> list[int]:
    steps = checkpoint_steps(folder)
    return [path.stat().st_size for path in (folder / "checkpoints" / f"step-{steps[-1]}").iterdir()] if steps else []


def _bare(folder: Path, sizes: list[int]) -> float:
    """Seconds to write and sync files of these sizes, in a folder of their own that is renamed and synced too."""
    contents = [os.urandom(min(size, 2**20)) * -(-size // 2**20) for size in sizes]
    beside, place = folder / "bare.partial", folder / "bare"
    began = time.perf_counter()
    beside.mkdir()
    for number, (content, size) in enumerate(zip(contents, sizes, strict=True)):
        write_synced(beside / str(number), content[:size])
    sync_folder(beside)
    beside.rename(place)
    sync_folder(folder)
    taken = time.perf_counter() - began
    remove_tree(place)
    return taken


def main() -> int:
    """Prints the table; 1 where a checkpoint costs too much."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=11, help="Checkpoints of each optimizer.")
    parser.add_argument("--folder", type=Path, default=None, help="Where the disk in question is; default: temporary.")
    asked = parser.parse_args()
    print("| 10 M weights | MB | copying, s | writing, s | the disk alone, s | beyond it, s |")
    print("|---|---|---|---|---|---|")
    worst = 0.0
    for optimizer in OPTIMIZERS:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            cost = measure(config_of(optimizer), Path(folder), asked.turns)
        beyond = f"{cost.beyond:.2f}"
        marked = f"**{beyond}**" if cost.beyond > MOST else beyond
        sizes = f"{cost.size / 1e6:.0f} | {cost.copied:.2f} | {cost.written:.2f} | {cost.disk:.2f}"
        print(f"| {optimizer} | {sizes} | {marked} |", flush=True)
        worst = max(worst, cost.beyond)
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
