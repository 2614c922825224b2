"""The ``data`` section: one class per kind of data. Here those that are made up; tables are in ``table_schema``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rnnctl.schema.base import LARGEST_INT, NonNegativeFloat, PositiveFloat, PositiveInt, Section, ShortForm
from rnnctl.schema.split import Split
from rnnctl.schema.table import CsvData, ParquetData, TextData

AtLeastTwo = Annotated[int, Field(ge=2, le=LARGEST_INT)]


class DummyData(Section):
    """Inputs and targets drawn from N(0, 1): nothing to learn, everything to measure."""

    kind: Literal["dummy"]
    sequences: PositiveInt = 32
    """Number of sequences."""
    length: PositiveInt = 10
    """Time steps of each sequence."""
    features: PositiveInt = 32
    """Features at each time step."""
    outputs: PositiveInt = 64
    """Target values of each sequence (of each time step, where model.return_sequences is true)."""
    split: Split = Split()
    """How much is held out for validation and test."""


class AddingData(Section):
    """The adding problem: the sum of the two numbers that a marker points at.

    Hochreiter & Schmidhuber 1997, in the form of Le, Jaitly & Hinton 2015 (arXiv 1504.00941): a number in [0, 1] and a
    marker at each time step, one marker in each half. Always answering 1 gives a mean squared error of 1/6 ≈ 0.167.
    """

    kind: Literal["adding"]
    sequences: PositiveInt = 1000
    """Number of sequences, all splits together."""
    length: AtLeastTwo = 50
    """Time steps of each sequence."""
    split: Split = Split(validation=0.1, test=0.1)
    """How much is held out for validation and test."""


class CopyData(Section):
    """The copy memory problem: symbols, a long blank, then the symbols again.

    Hochreiter & Schmidhuber 1997; Arjovsky, Shah & Bengio 2016 (arXiv 1511.06464). Inputs and targets are one-hot;
    sequences have delay + 2 × memory time steps. Needs model.return_sequences: true.
    """

    kind: Literal["copy"]
    sequences: PositiveInt = 1000
    """Number of sequences, all splits together."""
    symbols: AtLeastTwo = 8
    """Number of different symbols; a blank and a delimiter come on top."""
    memory: PositiveInt = 5
    """Symbols to remember."""
    delay: PositiveInt = 20
    """Time steps from the last symbol to the delimiter that asks for them, the delimiter included."""
    split: Split = Split(validation=0.1, test=0.1)
    """How much is held out for validation and test."""


class SineData(Section):
    """A sine wave of random phase and noise per sequence: predict its next value."""

    kind: Literal["sine"]
    sequences: PositiveInt = 500
    """Number of sequences, all splits together."""
    length: PositiveInt = 40
    """Time steps of each sequence."""
    period: PositiveFloat = 20.0
    """Time steps of one full wave."""
    noise: NonNegativeFloat = 0.05
    """Standard deviation of the noise added to every value."""
    split: Split = Split(validation=0.1, test=0.1)
    """How much is held out for validation and test."""


Data = Annotated[
    Annotated[
        DummyData | AddingData | CopyData | SineData | CsvData | ParquetData | TextData, Field(discriminator="kind")
    ],
    ShortForm(),
]
