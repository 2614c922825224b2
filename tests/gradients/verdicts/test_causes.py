"""The evidence beside a verdict: what is to blame, in numbers, and what is not."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from gradients.verdicts.made import GATES, IN_VAIN, column, config, judged, layer, variable

from rnnctl.gradients.verdicts.advice import round_value
from rnnctl.gradients.verdicts.subject import number
from rnnctl.results import GateFindings


def test_a_shrinking_kernel_is_blamed_with_prediction_beside_measurement():
    (verdict,) = judged(layer(0.6, predicted_decay=0.61, spectral_radius=0.62))[1]
    line, matters = verdict.because
    assert matters == "it matters where the task needs what lies more than 10 time steps back"
    for part in ("spectral radius 0.62", "measured 0.6 a time step", "R² 1", "predicts 0.61"):
        assert part in line
    assert verdict.not_because == ("saturation (mean φ′ 0.97)", "clipping (0 % of steps)", "data (finite, scaled)")


def test_small_slopes_are_blamed_where_the_kernel_is_orthogonal():
    (verdict,) = judged(layer(0.6, spectral_radius=1.0, mean_derivative=0.55, saturation=0.2))[1]
    assert "tanh's slope is 0.55 in the mean, 20 % of the states at its ends" in verdict.because
    assert "the recurrent kernel (spectral radius 1)" in verdict.not_because
    assert not any(line.startswith("saturation") for line in verdict.not_because)


def test_gates_are_blamed_with_their_means():
    gates = GATES["gru"] | {"update": GateFindings(0.31, 0.25, 0.0)}
    (verdict,) = judged(layer(0.5, cell="gru", gates=gates), training=IN_VAIN)[1]
    assert "the update gate keeps 0.31 of h a time step (shut 25 %)" in verdict.because


def test_where_every_time_step_has_a_loss_it_is_said():
    (verdict,) = judged(layer(0.5), where=config().model_copy(update={"model": many()}))[1]
    assert any(line.startswith("every time step has a loss of its own") for line in verdict.because)


def many():
    return config().model.model_copy(update={"return_sequences": True})


def test_clipping_and_data_are_ruled_out_only_where_they_are_innocent():
    _, verdicts = judged(layer(0.5), variables=(variable(clipped_share=0.4),), columns=[column(std=99.0)])
    (vanishing,) = [verdict for verdict in verdicts if verdict.word == "vanishing"]
    assert not any(line.startswith(("clipping", "data")) for line in vanishing.not_because)


def test_what_is_not_finite_is_traced_to_a_layer_that_explodes():
    gone = layer(impulse_norms=(math.inf,) * 50, decay_per_step=None, predicted_decay=9.0)
    verdict = judged(gone, loss=math.inf, norm=math.inf)[1][0]
    assert verdict.because[0].startswith("recurrent_0 multiplies gradients by 5.73e+46")
    assert verdict.not_because == ("data (finite)",)


def test_large_steps_are_named_where_a_gradient_is_not_finite():
    (verdict,) = judged(variables=(variable(update_ratio=3.0, first_non_finite=4),))[1]
    assert any("an update moves a weight by 3 of its size" in line for line in verdict.because)


def test_a_loss_between_layers_is_not_blamed_on_time():
    below = layer(state_gradient_norms={"h": (1e-6,) * 50})
    where = config(layers=2, layer={"kernel_initializer": {"kind": "random_normal", "stddev": 1e-6}})
    (verdict,) = judged(below, layer(path="recurrent_1"), where=where)[1]
    assert verdict.because == ("through time it fares well: it reaches 50 of 50 time steps back",)
    assert [dict(advice.changes) for advice in verdict.advice] == [
        {"model.layers.1.kernel_initializer": "glorot_uniform"}
    ]


def test_each_direction_of_a_bidirectional_layer_is_judged():
    both = (layer(0.5, path="recurrent_0/forward"), replace(layer(1.0, path="recurrent_0/backward"), backwards=True))
    (verdict,) = judged(*both, where=config(layer={"bidirectional": True}))[1]
    assert verdict.subject == "recurrent_0/forward"


@pytest.mark.parametrize(
    ("value", "wanted"), [(22.3, 20.0), (3.2, 5.0), (0.0007, 0.0005), (9.1, 10.0), (math.nan, 1.0)]
)
def test_a_setting_is_rounded_as_a_person_would(value, wanted):
    assert round_value(value) == wanted


def test_numbers_are_written_short():
    assert (number(0.61803), number(1.5e5)) == ("0.618", "1.5e+05")
