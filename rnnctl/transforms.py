"""The table of transforms that make the spread of a target alike at all of its levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnctl.util.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Transform:
    """A function of a target's values that rises, and its inverse (Box & Cox 1964, An analysis of transformations).

    Attributes:
        word: The value of ``data.transform``.
        description: What is learnt, for the documentation of ``data.transform``.
        forward: From values to what is learnt, elementwise, float64; NaN stays NaN.
        inverse: From there back to values.
        lowest: The values that it is for: those above this number, or from it on where ``closed``; None for all.
        closed: Whether ``lowest`` itself is one of them.
        shares: Whether changes of what is learnt are shares of the values.
    """

    word: str
    description: str
    forward: Callable[[Any], Numbers]
    inverse: Callable[[Any], Numbers]
    lowest: float | None = None
    closed: bool = False
    shares: bool = False

    def outside(self, values: Numbers) -> npt.NDArray[np.bool_]:
        """Whether values are none that it is for; of NaN, no."""
        if self.lowest is None:
            return abs(values) < 0
        return values < self.lowest if self.closed else values <= self.lowest


def _same(values: Any) -> Numbers:
    import numpy as np

    return np.asarray(values, dtype=np.float64)


def _log(values: Any) -> Numbers:
    import numpy as np

    return np.log(_same(values))


def _exp(values: Any) -> Numbers:
    import numpy as np

    with np.errstate(over="ignore"):  # what is infinite is told where forecasts are scored
        return np.exp(_same(values))


def _root(values: Any) -> Numbers:
    import numpy as np

    return np.sqrt(_same(values))


def _square(values: Any) -> Numbers:
    """The square; 0 of what lies below 0, which no root is."""
    import numpy as np

    with np.errstate(over="ignore"):
        return np.square(np.maximum(_same(values), 0.0))


TRANSFORMS: Registry[Transform] = Registry(
    "transform",
    [
        Transform("none", "the values themselves", _same, _same),
        Transform(
            "log", "their logarithms (positive values; changes are then shares)", _log, _exp, lowest=0.0, shares=True
        ),
        Transform("sqrt", "their square roots (counts, zeros among them)", _root, _square, 0.0, closed=True),
    ],
)
"""The transforms by the words of ``data.transform``."""
