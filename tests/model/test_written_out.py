"""How long compiling is said to take."""

from __future__ import annotations

import pytest

from rnnctl.config.model import Model
from rnnctl.model.written_out import UNROLL_FROM, UNROLL_LIMIT, UNROLL_STEPS, compile_seconds


@pytest.mark.parametrize(
    ("cell", "units", "layers", "bidirectional", "length", "seconds"),
    [
        ("simple_rnn", 64, 1, False, 10, 2.7),
        ("simple_rnn", 64, 1, True, 26, 4.2),
        ("gru", 32, 1, False, 40, 2.65),
        ("gru", 32, 1, False, 13, 9.45),
        ("lstm", 32, 2, False, 40, 3.6),
        ("lstm", 32, 2, False, 13, 17.6),
        ("lstm", 16, 2, True, 29, 5.4),
    ],
)
def test_compiling_is_said_to_take_what_it_took(cell, units, layers, bidirectional, length, seconds):
    layer = {"cell": cell, "units": units, "bidirectional": bidirectional}
    model = Model.model_validate({"layers": [layer] * layers})
    once = compile_seconds(model, [length], UNROLL_STEPS)
    assert once == pytest.approx(seconds, rel=0.25)
    assert compile_seconds(model, [length, length], UNROLL_STEPS) == 2 * once


def test_steps_are_written_out_up_to_a_length_and_from_so_many_units_and_steps_on():
    model = Model.model_validate({"layers": [{"cell": "gru", "units": UNROLL_FROM}]})
    small = Model.model_validate({"layers": [{"cell": "gru", "units": UNROLL_FROM - 1}]})
    looped = compile_seconds(model, [UNROLL_LIMIT + 1], UNROLL_STEPS)
    assert compile_seconds(small, [UNROLL_LIMIT], UNROLL_STEPS) == looped
    assert compile_seconds(model, [UNROLL_LIMIT], UNROLL_STEPS - 1) == looped
    assert compile_seconds(model, [UNROLL_LIMIT], UNROLL_STEPS) > looped
