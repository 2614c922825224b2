"""How much of the data is held out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Discriminator, Tag, WithJsonSchema

from rnnctl.schema.base import LARGEST_INT, Fraction, NonNegativeInt, Section
from rnnctl.tasks.task import Rule

Share = Annotated[
    Annotated[Fraction, Tag("fraction")] | Annotated[NonNegativeInt, Tag("rows")],
    Discriminator(lambda value: "rows" if isinstance(value, int) and not isinstance(value, bool) else "fraction"),
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
"""A share as a fraction below 1, or a number (of rows, or of sequences) as a whole number."""


class Split(Section):
    """How much of the data is held out. The training split comes first in time, then validation, then test."""

    validation: Share = 0.0
    """Share (below 1) or number (whole number) of the rows or sequences for validation."""
    test: Share = 0.0
    """Share (below 1) or number (whole number) of the rows or sequences for the test."""
    column: str | None = None
    """Column that says of each sequence where it belongs: train, validation or test."""
    per_series: bool = False
    """Whether rows of each series are held out at its own end, for series that end at different times. Otherwise all
    are split at the same times, so that nothing is learnt from what was not known yet where another is tested."""
    shuffle: bool = False
    """Whether sequences are drawn (by the seed) rather than the last ones taken; not for rows, which go by time."""

    def broken_rules(self) -> Iterator[Rule]:
        """Something is left to train on."""
        if isinstance(self.validation, float) and isinstance(self.test, float) and self.validation + self.test >= 1:
            message = f"validation ({self.validation:g}) and test ({self.test:g}) leave nothing to train on"
            yield f"{message}; together they must stay below 1", "validation", "test"
