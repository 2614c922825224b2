"""Short clips of a small shape that moves over a screen of 8 × 8 pixels in one of four directions.

The shape moves one pixel a frame and comes in again on the other side, so no single frame, not even the last one,
tells the direction. Pixels are brightnesses from 0 to 9 with noise.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from table import DATA, write

CLIPS = 1000
SIDE = 8
SHORTEST, LONGEST = 8, 12
MOVES = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
SHAPES = {
    "square": ((0, 0), (0, 1), (1, 0), (1, 1)),
    "plus": ((0, 1), (1, 0), (1, 1), (1, 2), (2, 1)),
    "corner": ((0, 0), (1, 0), (2, 0), (2, 1), (2, 2)),
}
"""Pixels (row, column) that are lit."""


def main(folder: Path = DATA) -> None:
    """Writes ``moving_shape.csv.gz``."""
    rng = np.random.default_rng(7)
    names = ["clip", "frame", *(f"p{pixel}" for pixel in range(SIDE * SIDE)), "direction"]
    rows: list[tuple[object, ...]] = []
    for clip in range(1, CLIPS + 1):
        direction, frames = _clip(rng)
        rows += [(clip, number, *frame, direction) for number, frame in enumerate(frames, start=1)]
    write(folder / "moving_shape.csv.gz", names, rows)


def _clip(rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """A direction and brightnesses ``[frames, pixels]``."""
    direction = list(MOVES)[int(rng.random() * len(MOVES))]
    shape = np.array(list(SHAPES.values())[int(rng.random() * len(SHAPES))])
    place = (rng.random(2) * SIDE).astype(np.int64)
    count = SHORTEST + int(rng.random() * (LONGEST - SHORTEST + 1))
    frames = np.zeros((count, SIDE, SIDE), dtype=np.int64)
    for number, frame in enumerate(frames):
        rows, columns = ((shape + place + number * np.array(MOVES[direction])) % SIDE).T
        frame[rows, columns] = 8
    noise = (rng.random(frames.shape) * 3).astype(np.int64) - 1
    return direction, np.clip(frames + noise, 0, 9).reshape(count, -1)


if __name__ == "__main__":
    main()
