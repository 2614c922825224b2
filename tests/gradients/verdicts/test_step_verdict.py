from __future__ import annotations

import math

import pytest

from rnnctl.gradients.verdicts.step_verdict import verdict_of_step
from rnnctl.schema.training import Thresholds

AT = Thresholds()


def falling(factor: float, steps: int = 20) -> tuple[float, ...]:
    return tuple(factor**back for back in range(steps - 1, -1, -1))


@pytest.mark.parametrize(
    ("norms", "word", "reach"),
    [
        ({"recurrent_0/h": falling(0.9)}, None, 20),
        ({"recurrent_0/h": falling(0.3)}, "vanishing", 4),  # 0.3⁴ = 0.0081 is below 1 %
        ({"recurrent_0/h": falling(1.5)}, "exploding", 20),  # 1.5¹⁹ = 2,217
        ({"recurrent_0/h": falling(0.9), "recurrent_1/h": falling(0.3)}, "vanishing", 4),
        ({"recurrent_0/h": falling(0.3), "recurrent_0/c": falling(0.9)}, None, 20),  # an LSTM's memory
        ({"recurrent_0/backward/h": falling(0.3)[::-1]}, "vanishing", 4),
        ({"recurrent_0/h": (0.0,) * 20}, "vanishing", 0),
        # Below another layer a backward half gets its gradient where it begins to read.
        ({"recurrent_0/forward/h": falling(0.9), "recurrent_0/backward/h": falling(0.5), "recurrent_1/h": falling(0.9)},
         None, 20),
        ({"recurrent_0/h": falling(0.9), "recurrent_1/forward/h": falling(0.9), "recurrent_1/backward/h": falling(0.5)},
         "exploding", 20),
    ],
)  # fmt: skip
def test_words_follow_how_far_the_gradient_comes(norms, word, reach) -> None:  # type: ignore[no-untyped-def]
    assert verdict_of_step(norms, AT) == (word, (reach, 20))


@pytest.mark.parametrize(
    "norms", [{}, {"recurrent_0/h": (math.nan, 1.0, 1.0)}, {"recurrent_0/h": (1.0, 1.0)}, {"recurrent_0/h": ()}]
)
def test_nothing_is_said_where_nothing_is_known(norms) -> None:  # type: ignore[no-untyped-def]
    assert verdict_of_step(norms, AT) == (None, None)


def test_the_configs_thresholds_draw_the_lines() -> None:
    norms = {"recurrent_0/h": falling(0.7)}  # 0.7¹² = 0.0138, 0.7¹³ = 0.0097
    assert verdict_of_step(norms, AT) == (None, (13, 20))
    assert verdict_of_step(norms, Thresholds(reach=0.9)) == ("vanishing", (13, 20))
    assert verdict_of_step({"recurrent_0/h": falling(1.1)}, Thresholds(growth=5.0)) == ("exploding", (20, 20))
