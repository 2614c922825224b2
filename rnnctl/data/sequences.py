"""The data model: one float32 table of rows, and sequences as (start, length) views of it."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Placement = Literal["sequence", "last", "each"]
"""Where targets stand; see `Sequences`."""


FLATTEST = 0.1
"""Least spread that a window is scaled by, in units of ``data.scale``: one that hardly moves tells none, and what comes
after it would be any multiple of that."""


class Batch(NamedTuple):
    """Sequences gathered from the table.

    Attributes:
        inputs: ``[batch, time, features]``, float32; zero where masked.
        targets: ``[batch, outputs]``, or ``[batch, time, outputs]`` for a target at each time step; float32. NaN where
            it is not learnt from.
        mask: ``[batch, time]``, bool, True where there is data; None where all sequences have the same length.
    """

    inputs: Floats
    targets: Floats
    mask: npt.NDArray[np.bool_] | None


@dataclass(frozen=True, eq=False)
class Sequences:
    """One split of the data: views of a table that all splits share.

    Attributes:
        values: ``[rows, features]``, float32, in time order, series after series; scaled.
        targets: ``[rows, targets]`` (``placement`` "last" or "each") or ``[sequences of all splits, outputs]``
            (``placement`` "sequence"), float32; scaled.
        starts: ``[sequences]``, int64: row at which a sequence begins.
        lengths: ``[sequences]``, int64: time steps of a sequence.
        placement: Where a target stands. "sequence": one row of ``targets`` per sequence, at ``target_rows``.
            "last": the ``horizon`` rows after the sequence's last row, side by side. "each": the same after
            every row of the sequence; with ``horizon`` 0 the row itself.
        horizon: Number of rows after the last input that are predicted; 0 for a target at the row itself.
        target_rows: ``[sequences]``, int64, for placement "sequence"; None otherwise.
        valid: As ``targets``, bool, whether a target is learnt from; None where all that the sequences have are.
            Targets that are not are NaN in what is gathered.
        by_window: With ``data.scale_by: window``, for each column of ``values`` the target whose values it holds, −1
            of others: these columns and the targets are scaled by each window itself (Kim et al. 2022, Reversible
            instance normalization; without its affine part). None where windows are not.
        added: Rows that the changes are over that are targets, where what is learnt is not each of them but their sum
            since the last input: the change of each row ahead from a row that is known. 0 elsewhere.
    """

    values: Floats
    targets: Floats
    starts: Ints
    lengths: Ints
    placement: Placement
    horizon: int = 0
    target_rows: Ints | None = None
    valid: npt.NDArray[np.bool_] | None = None
    by_window: tuple[int, ...] | None = None
    added: int = 0

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def features(self) -> int:
        """Number of features at each time step."""
        return int(self.values.shape[1])

    @property
    def outputs(self) -> int:
        """Number of target values of a sequence, or of a time step."""
        return int(self.targets.shape[1]) * max(self.horizon, 1)

    @property
    def length(self) -> int:
        """Time steps of the longest sequence; 0 if there is none."""
        return int(self.lengths.max(initial=0))

    @property
    def per_step(self) -> bool:
        """Whether there is a target at each time step."""
        return self.placement == "each"

    @property
    def per_sequence(self) -> bool:
        """Whether each sequence has one target of its own, at ``target_rows``."""
        return self.placement == "sequence"

    @property
    def uniform(self) -> bool:
        """Whether all sequences have the same length, so that no mask is needed."""
        return bool((self.lengths == self.length).all())

    def gather(
        self, indices: npt.ArrayLike, time_steps: int | None = None, first: Any = 0, *, masked: bool | None = None
    ) -> Batch:
        """Copies sequences out of the table, padded with zeros at the end or cut.

        Args:
            indices: ``[batch]``, positions of sequences.
            time_steps: Time steps of the batch; None for those of the longest.
            first: Time step of the sequences that the batch begins with, a number or ``[batch]``.
            masked: Whether a mask is wanted; without one every sequence must be as long. None for one where it is
                needed.
        """
        index = np.asarray(indices, dtype=np.int64)
        starts, lengths = self.starts[index], self.lengths[index]
        count = int(lengths.max(initial=0)) if time_steps is None else time_steps
        if masked is False:
            return self._gather_whole(index, starts + np.reshape(first, -1), count)
        steps = np.reshape(first, (-1, 1)) + np.arange(count)
        mask = np.ascontiguousarray(np.broadcast_to(steps < lengths[:, None], (len(index), count)))
        rows = np.where(mask, starts[:, None] + steps, starts[:, None])
        inputs = self.scaled_inputs(np.asarray(self.values[rows]), starts + lengths - 1)
        inputs[~mask] = 0
        targets = np.asarray(self.targets_at(rows) if self.per_step else self.targets_of(index))
        if self.per_step:
            targets[~mask] = 0
        return Batch(inputs, targets, None if masked is None and mask.all() else mask)

    def _gather_whole(self, index: Ints, begin: Ints, time_steps: int) -> Batch:
        """Copies so many rows from ``begin [batch]`` on, and the targets; nothing is masked."""
        if not self.per_step:
            targets = self.targets_of(index)
        elif self.horizon <= 1 and self.valid is None:
            targets = _stretches(self.targets, begin + self.horizon, time_steps)
        else:
            targets = self.targets_at(begin[:, None] + np.arange(time_steps))
        inputs = self.scaled_inputs(_stretches(self.values, begin, time_steps), self.last_rows()[index])
        return Batch(inputs, targets, None)

    def rest(self) -> None:
        """Lets the system release the memory of a mapped table until it is read again."""
        for array in (self.values, self.targets):
            if isinstance(array, np.memmap) and hasattr(mmap, "MADV_DONTNEED"):
                # NumPy keeps the map to itself; what was written stays in the file.
                array._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]

    def each_step(self) -> tuple[Ints, Ints]:
        """``[time steps]`` each, sequence after sequence: the sequence of a time step, and its number in it, from 0."""
        sequence = np.repeat(np.arange(len(self), dtype=np.int64), self.lengths)
        before = np.cumsum(self.lengths) - self.lengths
        return sequence, np.arange(len(sequence), dtype=np.int64) - before[sequence]

    def last_rows(self) -> Ints:
        """``[sequences]``, int64: the row at each sequence's last time step."""
        return self.starts + self.lengths - 1

    def last_targets(self) -> Floats:
        """``[sequences, outputs]``: the target of each sequence, or the one at its last time step."""
        return self.targets_of(np.arange(len(self)))

    def targets_of(self, indices: Ints) -> Floats:
        """``[batch, outputs]``: the target of some sequences, or the one at their last time step."""
        if self.per_sequence:
            if self.target_rows is None:
                raise ValueError("placement 'sequence' needs target_rows")
            return self._valid_targets(self.target_rows[indices])
        return self.targets_at(self.starts[indices] + self.lengths[indices] - 1)

    def aims(self) -> npt.NDArray[np.bool_]:
        """``[rows]``: whether a row is the target of a sequence or time step (not for "sequence")."""
        ahead = min(self.horizon, 1)  # with a horizon, the row itself is no target
        first = self.starts if self.per_step else self.last_rows()
        return covered(len(self.targets), first + ahead, self.last_rows() + ahead + max(self.horizon, 1))

    def aimed_targets(self) -> Floats:
        """``[rows, targets]``: the targets of all sequences, each row once; NaN where they are not learnt from."""
        return self.masked_targets()[self.aims() if self.target_rows is None else np.unique(self.target_rows)]

    def targets_at(self, rows: Ints) -> Floats:
        """``[…, outputs]``: the targets of time steps at ``rows […]`` (not for "sequence")."""
        leads = np.arange(1, self.horizon + 1) if self.horizon else np.zeros(1, dtype=np.int64)
        wanted = np.minimum(rows[..., None] + leads, len(self.targets) - 1)
        found = self._valid_targets(wanted)
        if self.by_window is not None:
            center, spread = self.window_scales(rows)[..., None, self.features :]
            found = (found - center) / spread
        for lead in range(self.added, self.horizon if self.added else 0):
            found[..., lead, :] += found[..., lead - self.added, :]
        return found.reshape(*rows.shape, self.outputs)

    def window_scales(self, last: Ints) -> Floats:
        """Center and spread of the windows that end with rows ``last``, ``[2, …, columns + targets]``.

        They are the mean and the standard deviation of a target in the window's rows, `FLATTEST` at least; 0 and 1 of
        columns that hold no target's values.
        """
        flat, some = last.reshape(-1), max(1, _STRETCHES // self.length)
        found = np.empty((2, len(flat), self.targets.shape[1]))
        for first in range(0, len(flat), some):
            rows = flat[first : first + some, None] + np.arange(1 - self.length, 1)
            window = self.targets[np.maximum(rows, 0)].astype(np.float64)
            known = ~np.isnan(window)
            count = np.maximum(known.sum(axis=1), 1)
            center = np.where(known, window, 0).sum(axis=1) / count
            off = np.where(known, window - center[:, None], 0)
            found[:, first : first + some] = center, np.maximum(np.sqrt(np.square(off).sum(axis=1) / count), FLATTEST)
        none = np.broadcast_to(np.array([0.0, 1.0])[:, None, None], (2, len(flat), 1))
        places = [*(self.by_window or ()), *range(self.targets.shape[1])]
        scales = np.concatenate((found, none), axis=2)[..., places].astype(np.float32)
        return scales.reshape(2, *last.shape, len(places))

    def scaled_inputs(self, inputs: Floats, last: Ints) -> Floats:
        """Inputs ``[batch, time, columns]`` of windows that end with rows ``last [batch]``, scaled by these."""
        if self.by_window is None:
            return inputs
        center, spread = self.window_scales(last)[:, :, None, : self.features]
        scaled: Floats = (inputs - center) / spread
        return scaled

    def _valid_targets(self, rows: Ints) -> Floats:
        """``[…, targets]``: rows of the targets, NaN where they are not learnt from."""
        found: Floats = self.targets[rows]
        return found if self.valid is None else np.where(self.valid[rows], found, np.float32(np.nan))

    def masked_targets(self) -> Floats:
        """``[rows, targets]``: all rows of the targets, NaN where they are not learnt from."""
        return self.targets if self.valid is None else np.where(self.valid, self.targets, np.float32(np.nan))


_STRETCHES = 1 << 18
"""Stretches counted at a time: there may be many millions of windows."""


def covered(rows: int, begin: Ints, end: Ints) -> npt.NDArray[np.bool_]:
    """``[rows]``: whether a row lies in one of the stretches ``begin`` to before ``end``, which may overlap."""
    steps = np.zeros(rows + 1, dtype=np.int32)
    for first in range(0, len(begin), _STRETCHES):
        some = slice(first, first + _STRETCHES)
        np.add.at(steps, np.minimum(begin[some], rows), np.int32(1))
        np.add.at(steps, np.minimum(end[some], rows), np.int32(-1))
    return np.asarray(np.cumsum(steps[:-1], dtype=np.int32, out=steps[:-1]) > 0)


def _stretches(table: Floats, starts: Ints, length: int) -> Floats:
    """``[batch, length, columns]``: the rows from each start on; each stretch is copied in one piece."""
    rows, columns = table.shape
    step, item = table.strides
    every = np.lib.stride_tricks.as_strided(table, (rows - length + 1, length, columns), (step, step, item))
    found: Floats = every[starts]
    return found


def epoch_order(sequences: int, seed: int, epoch: int, *, shuffle: bool = True) -> npt.NDArray[np.int32]:
    """The order in which an epoch goes through the sequences, a function of (seed, epoch) alone.

    Args:
        epoch: 1-based number of the epoch.
        shuffle: False gives the natural order.

    Returns:
        ``[sequences]``, int32 (there may be many, and no more than its largest), a permutation.
    """
    order = np.arange(sequences, dtype=np.int32)
    if shuffle:
        np.random.default_rng([seed, epoch]).shuffle(order)
    return order


def generator(seed: int, stream: str) -> np.random.Generator:
    """A random generator for one purpose, such as a kind of data, independent of the generators of all others.

    The order of the epochs is drawn from ``[seed, epoch]``, apart from these.
    """
    return np.random.default_rng([seed, *stream.encode()])
