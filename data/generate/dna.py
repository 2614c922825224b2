"""DNA with a planted motif, every base tagged as part of it or not.

The background is random. A motif of twelve bases is planted in it, each base replaced by another one with a
probability of 5 %. Decoys look like it in part: its first half alone, its second half alone, or its halves in the
wrong order. So neither a base nor a stretch of six tells what it belongs to, and the first base of a motif can be
told only from those after it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from table import DATA, write

SEQUENCES = 500
SHORTEST, LONGEST = 60, 140
BASES = np.array(list("ACGT"))
MOTIF = np.array([3, 0, 2, 1, 3, 3, 0, 1, 2, 2, 0, 1])
"""TAGCTTACGGAC, as places in ``BASES``."""
MUTATION = 0.05


def main(folder: Path = DATA) -> None:
    """Writes ``dna.csv.gz``."""
    rng = np.random.default_rng(4)
    rows: list[tuple[object, ...]] = []
    for sequence in range(1, SEQUENCES + 1):
        bases, tags = _sequence(rng)
        rows += [
            (sequence, position, BASES[base], "motif" if tag else "background")
            for position, (base, tag) in enumerate(zip(bases, tags, strict=True), start=1)
        ]
    write(folder / "dna.csv.gz", ["sequence", "position", "base", "tag"], rows)


def _sequence(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Bases and tags (1 in a motif), both ``[time]``. Slots of twenty bases hold a motif, a decoy or nothing."""
    length = SHORTEST + int(rng.random() * (LONGEST - SHORTEST + 1))
    bases = (rng.random(length) * 4).astype(np.int64)
    tags = np.zeros(length, dtype=np.int64)
    for slot in range(0, length - 20 + 1, 20):
        planted = _planted(rng)
        start = slot + int(rng.random() * (20 - len(planted) + 1))
        place = slice(start, start + len(planted))
        bases[place] = np.where(rng.random(len(planted)) < MUTATION, _other(rng, planted), planted)
        tags[place] = len(planted) == len(MOTIF) and bool((planted == MOTIF).all())
    return bases, tags


def _planted(rng: np.random.Generator) -> np.ndarray:
    """The motif (in 35 % of the slots), a decoy (in 35 %) or nothing."""
    first, second = MOTIF[:6], MOTIF[6:]
    draw = rng.random()
    if draw < 0.35:
        return MOTIF
    if draw < 0.7:
        return (first, second, np.concatenate([second, first]))[int(rng.random() * 3)]
    return MOTIF[:0]


def _other(rng: np.random.Generator, bases: np.ndarray) -> np.ndarray:
    """For each base one of the three others."""
    return (bases + 1 + (rng.random(len(bases)) * 3).astype(np.int64)) % 4


if __name__ == "__main__":
    main()
