"""The labelled bench: networks whose verdict is known from how they are made, each for any seed.

Truth by construction, with r the factor per time step and T the time steps: *vanishing* where r^(T/3) is below 1 %, so
that less than a third of the time steps is reached; *exploding* where r^(T-1) is above 1000; *healthy* where between
4 % and 25-fold arrives at the far end. What lies between has no truth and is left out.
"""

from __future__ import annotations

from verdicts.healthy import HEALTHY
from verdicts.labels import Case
from verdicts.sick import SICK

CASES: tuple[Case, ...] = (*HEALTHY, *SICK)
