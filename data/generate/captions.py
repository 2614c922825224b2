"""Pictures of one shape each, with a caption, such as "a red ring at the top left".

A picture has 6 × 6 points. What a model sees of it are 39 numbers: the brightness of every point, and the picture's
mean red, green and blue. Validation and test show pairs of colour and shape that are not in training: whoever has
seen red rings and blue squares, and nothing else, has to caption red squares.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from table import DATA, write

PICTURES = 10
"""Pictures of each colour, shape and place."""
COLOURS = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "purple": (1, 0, 1),
    "cyan": (0, 1, 1),
    "white": (1, 1, 1),
}
SHAPES = {
    "square": ("###", "###", "###"),
    "ring": ("###", "#.#", "###"),
    "plus": (".#.", "###", ".#."),
    "cross": ("#.#", ".#.", "#.#"),
    "bar": ("...", "###", "..."),
    "pole": (".#.", ".#.", ".#."),
    "corner": ("#..", "#..", "###"),
}
PLACES = {"top left": (0, 0), "top right": (0, 3), "bottom left": (3, 0), "bottom right": (3, 3)}
NOISE = 0.1


def main(folder: Path = DATA) -> None:
    """Writes ``captions.csv.gz``, in random order."""
    rng = np.random.default_rng(8)
    rows = [
        (*_seen(rng, colour, shape, place), f"a {colour} {shape} at the {place}", _split(colour, shape))
        for colour in COLOURS
        for shape in SHAPES
        for place in PLACES
        for _ in range(PICTURES)
    ]
    order = np.argsort(rng.random(len(rows)))
    names = [*(f"p{point}" for point in range(36)), "red", "green", "blue", "caption", "split"]
    write(folder / "captions.csv.gz", names, [rows[place] for place in order])


def _split(colour: str, shape: str) -> str:
    """Which split shows a pair. Each colour and each shape is held out once in validation and once in test."""
    distance = (list(COLOURS).index(colour) - list(SHAPES).index(shape)) % len(SHAPES)
    return {0: "test", 3: "validation"}.get(distance, "train")


def _seen(rng: np.random.Generator, colour: str, shape: str, place: str) -> list[str]:
    """The 39 numbers, to two decimals: 36 brightnesses (of a point's brightest channel) and three means."""
    lit = np.array([[mark == "#" for mark in row] for row in SHAPES[shape]])
    strength = 0.7 + 0.3 * rng.random()
    picture = NOISE * rng.random((6, 6, 3))
    row, column = PLACES[place]
    picture[row : row + 3, column : column + 3] += strength * lit[:, :, None] * np.array(COLOURS[colour])
    return [f"{value:.2f}" for value in (*picture.max(axis=2).ravel(), *picture.mean(axis=(0, 1)))]


if __name__ == "__main__":
    main()
