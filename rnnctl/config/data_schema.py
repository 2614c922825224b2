"""The ``data`` section: one class per kind of data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from rnnctl.config.base import (
    LARGEST_INT,
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Section,
    ShortForm,
    broken_rule,
)


def _rows_or_fraction(value: Any) -> str:
    return "rows" if isinstance(value, int) and not isinstance(value, bool) else "fraction"


Share = Annotated[
    Annotated[Fraction, Tag("fraction")] | Annotated[NonNegativeInt, Tag("rows")],
    Discriminator(_rows_or_fraction),
    # 0 is both; JSON Schema's oneOf, which pydantic would write, would refuse it.
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
                {"type": "integer", "minimum": 0, "maximum": LARGEST_INT},
            ]
        }
    ),
]
"""A share of the rows as a fraction below 1, or a number of rows as a whole number."""


def _differ(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise PydanticCustomError("text", "{message}", {"message": f"holds {twice!r} twice; name each column once"})
    return names


Names = Annotated[
    tuple[str, ...], Field(strict=False, min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(_differ)
]
"""Names of columns, at least one."""

AtLeastTwo = Annotated[int, Field(ge=2, le=LARGEST_INT)]


def _names_a_file(path: Path) -> Path:
    if path == Path() or "\0" in str(path):
        raise PydanticCustomError("text", "names no file; write the path of one, relative to the config file")
    return path


class Split(Section):
    """How much of the data is held out. The training split comes first in time, then validation, then test."""

    validation: Share = 0.0
    """Share of the rows (below 1) or number of rows (whole number) for validation."""
    test: Share = 0.0
    """Share of the rows (below 1) or number of rows (whole number) for the test."""

    @model_validator(mode="after")
    def _something_is_left_to_train_on(self) -> Split:
        if isinstance(self.validation, float) and isinstance(self.test, float) and self.validation + self.test >= 1:
            raise broken_rule(
                f"validation ({self.validation:g}) and test ({self.test:g}) leave nothing to train on; "
                "together they must stay below 1",
                "validation",
                "test",
            )
        return self


class Window(Section):
    """How training sequences are cut from a series."""

    length: PositiveInt
    """Time steps the model sees."""
    horizon: PositiveInt = 1
    """Time steps ahead that are predicted: the next 1, 2, … horizon values."""
    stride: PositiveInt = 1
    """Rows from one window's start to the next one's."""


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


class CsvData(Section):
    """One or several series from a CSV file, cut into windows to forecast what comes next."""

    kind: Literal["csv"]
    path: Annotated[Path, Field(strict=False), AfterValidator(_names_a_file)]
    """The file, relative to the config file."""
    time: str | None = None
    """Column that orders the rows; the file's own order where it is null."""
    series: str | None = None
    """Column that tells series apart; one series where it is null."""
    target: Names
    """Columns to forecast."""
    features: Names | None = None
    """Columns the model sees; the targets where it is null."""
    window: Window
    """How training sequences are cut from a series."""
    split: Split = Split(validation=0.15, test=0.15)
    """How much is held out for validation and test, at the end of each series."""
    difference: Annotated[int, Field(ge=0, le=1)] = 0
    """1: the model sees and predicts the change from one row to the next (ARIMA's d), for series with a trend."""
    scale: Literal["standard", "minmax", "robust", "none"] = "standard"
    """How columns (their changes, with difference) are scaled; the statistics come from the training split alone."""
    missing: Literal["error", "drop"] = "error"
    """What a missing value does: stop with its rows, or drop every window that holds one."""
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """Character between columns."""
    decimal_comma: bool = False
    """Whether numbers are written 3,14."""


Data = Annotated[
    Annotated[DummyData | AddingData | CopyData | SineData | CsvData, Field(discriminator="kind")], ShortForm()
]

__all__ = ["AddingData", "CopyData", "CsvData", "Data", "DummyData", "SineData", "Split", "Window"]
