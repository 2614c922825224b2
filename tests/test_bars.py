"""Every kind of sequence has a config that reaches its bar on held-out data; here those that train in a few seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from bars import BARS, BOUND, Bar, counted_words, exact_motifs, measured

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
@pytest.mark.parametrize("bar", [bar for bar in BARS if bar.quick], ids=lambda bar: bar.config)
def test_a_config_reaches_its_bar_on_held_out_data(bar: Bar) -> None:
    metrics, _ = measured(bar.config)
    assert bar.passes(metrics), f"{bar.value(metrics):.4f}, the bar is {bar.required(metrics):.4f}"


def test_a_bar_lies_well_above_what_needs_no_order_of_words_or_no_mutations() -> None:
    limits = {bar.config: bar.limit for bar in BARS}
    assert counted_words() < limits["sentiment"] - 0.1
    assert exact_motifs() < limits["dna"] - 0.05


def test_the_clicks_bar_is_two_per_cent_above_the_entropy_bound_that_the_data_states() -> None:
    (bar,) = [bar for bar in BARS if bar.config == "clicks"]
    assert bar.limit == pytest.approx(1.02 * BOUND)
    assert f"**{BOUND} nats an action**" in (ROOT / "data/README.md").read_text("utf-8")
