"""What a person asks of a starter config, rather than leaving it to guesses."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of ``rnnctl init`` about a data file; None and () leave it to a guess.

    Attributes:
        target: The column to predict.
        time: The column of times.
        series: The column that tells series apart.
        task: A word of `TASKS`.
        horizon: Rows ahead that are forecast.
        known: Features whose future is known.
        static: Features that are the same in all rows of a series.
    """

    target: str | None = None
    time: str | None = None
    series: str | None = None
    task: str | None = None
    horizon: int | None = None
    known: tuple[str, ...] = ()
    static: tuple[str, ...] = ()

    def given(self) -> tuple[str, ...]:
        """The options that were given, as they are typed."""
        return tuple(f"--{field.name}" for field in fields(self) if getattr(self, field.name))
