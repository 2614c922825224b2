"""The section that says how often a run's state is kept: ``checkpoints``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rnnctl.schema.base import LARGEST_INT, PositiveFloat, PositiveInt, Section


class Checkpoints(Section):
    """When the whole state of training is kept, so that a run can go on; always at its end, interrupted or not."""

    steps: PositiveInt | None = None
    """At every so many steps; never by steps where it is null."""
    minutes: PositiveFloat | None = 5.0
    """At every so many minutes; never by time where it is null."""
    keep: Annotated[int, Field(ge=2, le=LARGEST_INT)] = 2
    """How many are kept, beside the best one; at least two, since one may turn out to be damaged."""
    best: bool = True
    """Whether the one of the lowest validation loss is kept as well."""
