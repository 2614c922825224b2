"""Simple melodies by a grammar: a question of eight notes and an answer of eight, twice.

All notes are of one major scale, whose key the first notes give away. A melody moves mostly by step and goes on in
its direction; after a leap it turns back. A question ends on the fifth; its answer begins like it for four notes and
ends on the tonic. So the next note depends on the key, on the two notes before it, on how many there were, and on
those eight notes ago: the last note alone does not tell much.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from table import DATA, write

MELODIES = 1000
KEYS = (0, 2, 5, 7)
"""The tonics C, D, F and G, in semitones above C."""
SCALE = (0, 2, 4, 5, 7, 9, 11)
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
LOWEST, HIGHEST = -3, 9
"""Range in steps of the scale above the tonic."""
FIFTH = 4


def main(folder: Path = DATA) -> None:
    """Writes ``melodies.csv``."""
    rng = np.random.default_rng(6)
    rows = [
        (melody, place, note) for melody in range(1, MELODIES + 1) for place, note in enumerate(_melody(rng), start=1)
    ]
    write(folder / "melodies.csv", ["melody", "place", "note"], rows)


def _melody(rng: np.random.Generator) -> list[str]:
    """The names of 32 notes."""
    key = KEYS[int(rng.random() * len(KEYS))]
    steps = []
    for _ in range(2):
        question = _phrase(rng, [(0, 2, 4)[int(rng.random() * 3)]], FIFTH)
        steps += question + _phrase(rng, question[:4], 0)
    return [_name(key, step) for step in steps]


def _phrase(rng: np.random.Generator, beginning: list[int], end: int) -> list[int]:
    """Eight steps of the scale that begin as told; the last two go to the end by step."""
    steps = list(beginning)
    while len(steps) < 6:
        steps.append(_following(rng, steps))
    last = steps[-1]
    side = 1 if last > end or (last == end and rng.random() < 0.5) else -1
    return [*steps, end + side, end]


def _following(rng: np.random.Generator, steps: list[int]) -> int:
    """The next step: on in the same direction mostly, back after a leap, within the range."""
    move = steps[-1] - steps[-2] if len(steps) > 1 else 0
    direction = (1 if move > 0 else -1) if move else (1 if rng.random() < 0.5 else -1)
    if abs(move) > 1:
        direction, size = -direction, 1
    else:
        draw = rng.random()
        direction = -direction if draw < 0.1 else direction
        size = 2 if draw > 0.8 else 1
    step = steps[-1] + direction * size
    return step if LOWEST <= step <= HIGHEST else steps[-1] - direction * size


def _name(key: int, step: int) -> str:
    """Note name and octave of a step of the scale above the tonic, such as ``F#4``."""
    octave, degree = divmod(step, len(SCALE))
    semitones = key + SCALE[degree] + 12 * octave
    return f"{NAMES[semitones % 12]}{4 + semitones // 12}"


if __name__ == "__main__":
    main()
