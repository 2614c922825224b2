"""What training makes of its data: whole sequences or pieces of them, batch after batch. Knows no framework."""

from __future__ import annotations

from typing import NamedTuple

from rnnctl.config import Config
from rnnctl.data import Dataset, Sequences
from rnnctl.training.parts import step_operations
from rnnctl.training.pieces import in_streams
from rnnctl.training.plan import Plan, make_plan, truncates

COMPILING = 2.0
"""Seconds that one more program takes to compile."""

_STEPS, _SPEED, _SPARED = 1000, 3e10, 0.5
"""Steps over which a program must pay for itself, operations a second, and how much of a step's time goes with the time
steps that are padded to: the recurrence itself runs to a batch's longest sequence alone."""


class Shape(NamedTuple):
    """How batches are laid out over time.

    Attributes:
        widths: Time steps that batches are padded to, the smallest first.
        masked: Whether a batch has a mask.
        length: Time steps of a piece, where sequences are trained on piece by piece; None where they are not.
        tail: Time steps at the end of each sequence that gradients come back over; None for all.
        rows: Most sequences in a batch of each width; empty where that is the batch size everywhere.
    """

    widths: tuple[int, ...]
    masked: bool
    length: int | None = None
    tail: int | None = None
    rows: tuple[int, ...] = ()

    @property
    def recorded(self) -> int:
        """Time steps that state gradients are recorded for."""
        return min(self.widths[-1], self.tail or self.widths[-1])

    @property
    def time_steps(self) -> int:
        """The largest width."""
        return self.widths[-1]


def training_sequences(config: Config, dataset: Dataset) -> Sequences:
    """The training split as it is trained on: cut into streams where it is trained on piece by piece.

    Args:
        config: The whole config.
        dataset: The data, split.
    """
    if not truncates(config.training, dataset.train):
        return dataset.train
    return in_streams(dataset.train, config.training.batch_size, config.training.truncate or 1)


def horizon(config: Config, dataset: Dataset) -> int | None:
    """Time steps after which backpropagation is cut; None where it reaches through whole sequences.

    Args:
        config: The whole config.
        dataset: The data, split.
    """
    length = config.training.truncate
    return length if length is not None and dataset.train.length > length else None


def training_plan(config: Config, dataset: Dataset) -> Plan:
    """The whole course of training, as ``make_loop`` takes it.

    Args:
        config: The whole config.
        dataset: The data, split.
    """
    sequences = training_sequences(config, dataset)
    batch = min(config.training.batch_size, len(sequences))
    spared = _SPARED * step_operations(config, dataset.signature.features, sequences.length, batch) / _SPEED
    return make_plan(config.training, sequences, config.seed, worth=min(1.0, COMPILING / (_STEPS * spared)))


def batch_shape(config: Config, dataset: Dataset, plan: Plan) -> Shape:
    """How the batches of training are laid out over time.

    Args:
        config: The whole config.
        dataset: The data, split.
        plan: From ``training_plan``.
    """
    if plan.pieces is not None:
        length = config.training.truncate or 0
        sequences = training_sequences(config, dataset)
        # Where lengths differ, some of a batch's sequences are over before others, whole pieces or not.
        return Shape((length,), masked=not sequences.uniform or bool(sequences.length % length), length=length)
    tail = horizon(config, dataset)
    if plan.buckets is not None:
        return Shape(plan.buckets.widths, masked=True, tail=tail, rows=plan.buckets.rows)
    return Shape((dataset.train.length,), dataset.signature.masked, tail=tail)
