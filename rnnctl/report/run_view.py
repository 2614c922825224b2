"""A run as it is looked at: what it left, and what can be said of that in a few words and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rnnctl.runs.run_record import RunRecord


@dataclass(frozen=True, slots=True)
class Profile:
    """The gradient's way back through time: norms at the first step kept, and the median of the last rows kept.

    Attributes:
        first: ``[time]``, at the first step that was kept.
        last: ``[time]``, at the end.
        reach: Time steps back over which the norm stays above 1 % of its largest so far, at the end; None where the
            gradient does not set out at one end of the sequence.
        decay: Factor by which it changes per time step back, at the end; None there too, or where no line can be
            fitted.
        backwards: Whether the layer reads the sequence from its end.
    """

    first: tuple[float, ...]
    last: tuple[float, ...]
    reach: int | None
    decay: float | None
    backwards: bool = False


@dataclass(frozen=True, eq=False)
class RunView:
    """A recorded run, the facts of its training (none where its config is invalid), and its profiles by state."""

    run: RunRecord
    facts: tuple[str, ...] = ()
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    @property
    def read_last(self) -> bool:
        """Whether the loss is read at the last time step alone, so that the norms say how far a gradient comes."""
        if self.run.entry.reach is not None:
            return True
        if self.run.summary is not None or self.run.config is None or self.run.config.model.return_sequences:
            return False
        # Else sequences end at different time steps.
        return all(profile.reach != 0 for profile in self.profiles.values())
