"""Sequences of tasks other than forecasts: how long, how many, and which are held out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.sequences import Ints
from rnnctl.data.splits import SPLITS, WORDS, share_count
from rnnctl.errors import DataError
from rnnctl.starter.roles import HELD_OUT, SCALE, SPLIT
from rnnctl.starter.task_choice import TaskGuess
from rnnctl.starter.yaml_lines import Keys
from rnnctl.util.format import counted

_LONG = 500
_PIECE = 64
_MANY_LOST = 0.5
"""Missing targets a sequence, on average, beyond which sequences are cut into pieces."""

_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class SequenceGuess:
    """How rows or cells become sequences.

    Attributes:
        sequences: Sequences of the sample.
        splits: Splits with sequences.
        keys: Values of keys of ``data`` with their reasons, in the order of a config.
    """

    sequences: int
    splits: frozenset[str]
    keys: Keys


def guess_sequences(guess: TaskGuess) -> SequenceGuess:
    """Chooses the sequences of a task other than a forecast."""
    lengths = _lengths(guess)
    sequences, splits = len(lengths), frozenset(SPLITS)
    keys: Keys = {}
    if piece := _piece(guess, lengths):
        window, why = piece
        keys["window"] = {"length": window, "stride": window}, why
        sequences = max(1, guess.target.values.len() // window)
    if (split := guess.roles.split) is not None:
        splits = frozenset(WORDS[word.casefold()] for word in split.values.unique().to_list())
        keys["split"] = {"column": split.name}, guess.roles.reasons["split"]
    else:
        _check_enough(guess, lengths)
        rows = "rows" if guess.text is None and guess.roles.series is None else "sequences"
        keys["split"] = SPLIT, f"the last {rows} are held out"
        if guess.task.series_target and _label_in_blocks(guess):
            why = "the file is in the order of the labels; the last sequences would be of some alone"
            keys["split"] = {**SPLIT, "shuffle": True}, why
    kinds = {column: column.kind for column in guess.features} | {guess.target: guess.kind}
    if "number" in kinds.values():
        keys["scale"] = SCALE
    if missing := _missing(guess):
        keys["missing"] = missing
    return SequenceGuess(sequences, splits, keys)


def _missing(guess: TaskGuess) -> tuple[str, str] | None:
    """``drop`` where targets or texts are missing, for which nothing stands in; ``mask`` for other numbers."""
    if guess.text is not None and guess.text.missing:
        return (
            "drop",
            f"{counted(guess.text.missing, 'empty text')} {'is' if guess.text.missing == 1 else 'are'} left out",
        )
    dropped = bool(guess.target.missing) and not guess.task.series_target
    columns = [column for column in (*guess.features, guess.target) if not (dropped and column is guess.target)]
    masked = any(column.missing for column in columns)
    whys = [f"pieces with a missing {guess.target.name[:40]!r} are left out"] * dropped
    whys += ["a number that is missing is shown as 0, beside a column that says so"] * masked
    return ("mask" if masked else "drop", "; ".join(whys)) if whys else None


def _piece(guess: TaskGuess, lengths: Ints) -> tuple[int, str] | None:
    """Time steps of a piece, and why; where whole series are too long or would be dropped for a missing target."""
    if guess.text is not None or guess.task.series_target:
        return None
    usual, longest = int(np.median(lengths)), int(lengths.max())
    missing = guess.target.missing / guess.target.values.len()
    if missing * usual > _MANY_LOST:
        why = f"short pieces: those with a missing {guess.target.name[:40]!r} are left out"
        return _unbroken(guess, max(1, min(_PIECE, int(_MANY_LOST / missing)))), why
    if longest <= _LONG:
        return None
    held = max(1, int(HELD_OUT * usual))
    why = f"series of up to {counted(longest, 'row')} are read piece by piece"
    return max(1, min(_PIECE, held // 2, usual // 4)), why


def _unbroken(guess: TaskGuess, most: int) -> int:
    """The longest piece, up to ``most``, with one in each split of a lone series that misses no target."""
    gaps = guess.target.values.is_null().to_numpy()
    held, ahead = share_count(HELD_OUT, len(gaps)), guess.task.horizon(None)
    parts = np.split(gaps, [len(gaps) - 2 * held, len(gaps) - held])

    def whole(part: npt.NDArray[np.bool_], length: int) -> bool:
        starts = {*range(0, len(part) - length - ahead + 1, length), max(0, len(part) - length - ahead)}
        return any(not part[start : start + length + ahead].any() for start in starts)

    lengths = range(most, 1, -1) if guess.roles.series is None else ()
    return next((length for length in lengths if all(whole(part, length) for part in parts)), 1 if lengths else most)


def _check_enough(guess: TaskGuess, lengths: Ints) -> None:
    """Raises where a split would have no sequence."""
    few = "are too few to train, validate and test on"
    if guess.text is None and guess.roles.series is None:
        if round(HELD_OUT * int(lengths[0])) < _SHORTEST:
            expected = next(rows for rows in count(1) if round(HELD_OUT * rows) >= _SHORTEST)
            raise DataError(f"{counted(int(lengths[0]), 'row')} {few}; expected {expected} or more")
    elif len(lengths) < len(SPLITS):
        what = "series" if guess.text is None else "texts"
        raise DataError(f"{len(lengths)} {what} {few}; expected {len(SPLITS)} or more")


def _lengths(guess: TaskGuess) -> Ints:
    """Time steps of each sequence: words or characters of a cell, rows of a series."""
    text, series = guess.text, guess.roles.series
    if text is not None:
        cells = text.values.drop_nulls()
        counts = cells.str.count_matches(r"\w+|[^\w\s]") if text.kind == "words" else cells.str.len_chars()
        return counts.to_numpy()
    if series is None:
        return np.array([guess.target.values.len()])
    return series.values.value_counts().get_column("count").to_numpy()


def _label_in_blocks(guess: TaskGuess) -> bool:
    """Whether sequences of a label are adjacent, or the last ones, which are held out, have a label of their own.

    In random order the label changes with probability 1 − Σ pᵢ² from one sequence to the next; below half of that,
    labels count as adjacent.
    """
    if guess.kind == "number":
        return False
    labels = guess.target.values.drop_nulls()
    if guess.roles.series is not None:
        frame = pl.DataFrame({"series": guess.roles.series.values, "label": guess.target.values})
        labels = frame.group_by("series", maintain_order=True).first().get_column("label")
    counts = labels.value_counts().get_column("count").to_numpy()
    changes = int((labels != labels.shift()).sum() or 0)
    if 2 * changes < labels.len() * (1 - ((counts / labels.len()) ** 2).sum()):
        return True
    held = 2 * max(1, round(HELD_OUT * labels.len()))
    return not set(labels.tail(held).to_list()) <= set(labels.head(max(0, labels.len() - held)).to_list())
