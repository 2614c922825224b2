"""Which predictions of a split are scored: one entry a sequence, or one a valid time step."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import UNKNOWN, Dataset
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.scoring.units import Numbers, values_of_rows


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Entries of a split, sequence after sequence.

    Attributes:
        sequences: The split.
        sequence: ``[entries]``, int64, the sequence of the split that an entry belongs to.
        step: ``[entries]``, int64, its time step there, from 0: the last one that the model has seen.
        row: ``[entries]``, int64, the same as a row of the table.
        truth: ``[entries, outputs]``, float64: numbers as the file has them, 0 and 1, or codes of classes. NaN where
            the file has none, and where changes are predicted and the level before them is missing. No entry lacks all.
    """

    dataset: Dataset
    sequences: Sequences
    sequence: Ints
    step: Ints
    row: Ints
    truth: Numbers

    def __len__(self) -> int:
        return len(self.sequence)

    def __getitem__(self, chosen: slice) -> Entries:
        """Some of them."""
        sequence, step, row = (values[chosen] for values in (self.sequence, self.step, self.row))
        return Entries(self.dataset, self.sequences, sequence, step, row, self.truth[chosen])

    @property
    def codes(self) -> Ints:
        """``[entries, outputs]``, int64: the truth where it is codes of classes; −1 where there is none."""
        return np.where(np.isnan(self.truth), -1, self.truth).astype(np.int64)

    @property
    def unknown(self) -> int | None:
        """The code of the unknown token, which is no right answer; None where there is none."""
        classes = self.dataset.classes
        return classes.index(UNKNOWN) if UNKNOWN in classes else None

    def pick(self, predictions: npt.ArrayLike) -> npt.NDArray[np.floating]:
        """``[entries, outputs]``: predictions of the entries.

        Args:
            predictions: ``[sequences, outputs]`` or ``[sequences, time, outputs]``, in the order of the split.
        """
        every = np.asarray(predictions)
        return every[self.sequence] if every.ndim == 2 else every[self.sequence, self.step]

    def once(self) -> tuple[Entries, Ints]:
        """Those of rows that several pieces of a series hold but once: of the piece that sees most rows before.

        Returns:
            They, and their positions.
        """
        kept = seen_most(self.row, self.step)
        found = replace(
            self, sequence=self.sequence[kept], step=self.step[kept], row=self.row[kept], truth=self.truth[kept]
        )
        return found, kept


def seen_most(row: Ints, step: Ints) -> Ints:
    """The positions of each row's last time step, by rising row."""
    order = np.asarray(np.lexsort((step, row)), dtype=np.int64)
    last = np.append(row[order][1:] > row[order][:-1], np.ones(min(1, len(row)), dtype=np.bool_))
    found: Ints = order[last]
    return found


def scores_last_alone(dataset: Dataset) -> bool:
    """Whether only the last time step is scored: the earlier ones of a forecast lie before the test split."""
    return dataset.task.windowed or (dataset.forecast and not dataset.task.continues)


def scored_entries(dataset: Dataset, sequences: Sequences) -> Entries:
    """The entries of a split of a dataset, without those that have no truth to score by."""
    if sequences.per_step and not scores_last_alone(dataset):
        sequence, step = sequences.each_step()
    else:
        sequence, step = np.arange(len(sequences)), sequences.lengths - 1
    row = sequences.starts[sequence] + step
    truth = _truth(dataset, sequences, sequence, row)
    known = (~np.isnan(truth)).any(axis=1)
    return Entries(dataset, sequences, sequence[known], step[known], row[known], truth[known])


def _truth(dataset: Dataset, sequences: Sequences, sequence: Ints, row: Ints) -> Numbers:
    """``[entries, outputs]``; see `Entries`."""
    if sequences.target_rows is not None:
        at = sequences.target_rows[sequence][:, None]
    else:
        ahead = np.arange(1, sequences.horizon + 1) if sequences.horizon else np.zeros(1, dtype=np.int64)
        at = np.minimum(row[:, None] + ahead, len(sequences.targets) - 1)
    if dataset.target_kind == "number":
        truth = values_of_rows(dataset, at)
    else:
        truth = np.where(sequences.targets[at] >= 0, sequences.targets[at], np.nan).astype(np.float64)
    if dataset.absent is not None:
        truth = np.where(dataset.absent[at], np.nan, truth)
    if dataset.levels is not None:
        levels = dataset.levels[dataset.level_rows(row, at.shape[1])]
        truth = np.where(np.isnan(levels), np.nan, truth)
    return truth.reshape(len(row), sequences.outputs)
