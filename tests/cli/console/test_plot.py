"""The loss curve."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise

import pytest

from rnnctl.cli.console.plot import LossCurve, drawn, loss_plot


def test_a_curve_keeps_the_mean_of_every_stretch() -> None:
    curve = LossCurve(most=8)
    for step in range(1, 101):
        curve.add(step, float(step))
    points = curve.points
    assert len(points) < 8
    # With the loss equal to the step, a mean over a stretch is the stretch's middle.
    assert all(loss == pytest.approx(step) for step, loss in points)
    gaps = {round(b[0] - a[0], 6) for a, b in pairwise(points)}
    assert len(gaps) == 1


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_plot_fits_and_holds_no_escape_codes(width: int) -> None:
    text = loss_plot([(step, 1 / step) for step in range(1, 21)], [(10, 0.5)], width)
    assert text is not None
    assert "\x1b" not in text
    lines = text.split("\n")
    assert all(len(line) <= width for line in lines)
    assert "loss by step · ● validation" in lines[0]
    assert "1.000" in text
    assert "0.05000" in text


def test_the_curve_falls_from_the_upper_left_to_the_lower_right() -> None:
    text = loss_plot([(step, 20.0 - step) for step in range(1, 20)], [], 60)
    assert text is not None
    canvas = [line.partition("│")[2] or line.partition("┤")[2] for line in text.split("\n")[2:-2]]
    marked = [[place for place, char in enumerate(line) if "⠀" < char <= "⣿"] for line in canvas]
    assert min(marked[0]) < 5
    assert max(marked[-1]) > 40
    assert max(marked[0]) < min(marked[-1])


def test_an_odd_small_batch_does_not_rule_the_scale() -> None:
    text = loss_plot([(step, 1e-9 if step % 13 == 0 else 1.0) for step in range(1, 1001)], [], 60)
    assert text is not None
    assert "log" not in text


def test_losses_that_span_decades_are_drawn_on_a_log_scale() -> None:
    text = loss_plot([(step, 10.0**-step) for step in range(1, 8)], [], 60)
    assert text is not None
    assert "log scale" in text


def test_too_little_to_draw_is_no_plot() -> None:
    assert loss_plot([(1, 1.0), (2, 0.5)], [], 80) is None
    assert loss_plot([(step, math.nan) for step in range(20)], [], 80) is None
    assert loss_plot([(step, 1.0) for step in range(20)], [], 30) is None


def test_a_constant_loss_is_drawn_too() -> None:
    text = loss_plot([(step, 0.25) for step in range(20)], [], 60)
    assert text is not None
    assert "0.2500" in text


@pytest.mark.parametrize("own", [True, False])
def test_a_process_of_its_own_draws_the_same_without_the_help_of_plotext(own: bool) -> None:
    code = f"""
import sys
from rnnctl.cli.console.plot import drawn
from rnnctl.util import lazy_modules
lazy_modules.own_process = {own}
print("\\n".join(drawn([([(x, x * x) for x in range(30)], "braille")], 60, str)))
print("plotext._doc.doc" in sys.modules)
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = drawn([([(x, x * x) for x in range(30)], "braille")], 60, str)
    assert here is not None
    assert printed.splitlines() == [*here, str(not own)]
