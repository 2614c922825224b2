"""The data behind the gradients."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ColumnFindings:
    """One column of the inputs or targets, as the network sees it (scaled), over the training split's sample.

    Attributes:
        name: The column's name.
        role: ``feature`` or ``target``.
        non_finite: Number of NaN and infinite values.
        constant: Whether all values are the same.
        mean: Mean of the finite values.
        std: Standard deviation of the finite values.
        largest: Largest magnitude.
    """

    name: str
    role: str
    non_finite: int
    constant: bool
    mean: float
    std: float
    largest: float


@dataclass(frozen=True, slots=True)
class DataFindings:
    """The data behind the gradients.

    Attributes:
        sequences: Sequences examined.
        columns: Every feature and target.
        output_range: Smallest and largest value that the network can put out; None where it is unbounded.
        targets_outside: Share of target values outside that range, 0 to 1.
    """

    sequences: int
    columns: tuple[ColumnFindings, ...]
    output_range: tuple[float, float] | None
    targets_outside: float
