"""Verdicts on findings made by hand: each rule, on both sides of its line, and the traps."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from gradients.verdicts.made import IN_VAIN, column, config, judged, layer, variable
from hypothesis import given, strategies as st

from rnnctl.gradients.verdicts import GRAVITY, RULES
from rnnctl.results import GateFindings, NoiseFindings, RangeFindings

NAN = float("nan")


def test_a_flat_gradient_is_healthy_and_stands_alone():
    word, verdicts = judged()
    assert word == "healthy"
    assert [verdict.subject for verdict in verdicts] == ["network"]
    assert verdicts[0].headline == "the gradient reaches all 50 time steps back"
    assert verdicts[0].advice == ()


@pytest.mark.parametrize(
    ("factor", "time", "word"),
    [
        (0.9, 20, "healthy"),  # 13 % arrives
        (0.9, 100, "vanishing"),  # 44 of 100
        (0.5, 5, "healthy"),  # the same decay as the next one, over fewer time steps
        (0.5, 50, "vanishing"),
        (1.05, 50, "healthy"),  # 11-fold
        (1.2, 50, "exploding"),
        (1.2, 10, "healthy"),  # 5-fold
    ],
)
def test_decay_counts_by_what_it_does_over_the_sequence(factor, time, word):
    assert judged(layer(factor, time))[0] == word


@given(st.floats(1e-12, 1e12), st.sampled_from([0.5, 0.95, 1.0, 1.3]), st.integers(3, 100))
def test_the_scale_of_the_loss_changes_no_verdict(scale, factor, time):
    made = layer(factor, time)
    scaled = replace(
        made,
        impulse_norms=tuple(scale * norm for norm in made.impulse_norms),
        state_gradient_norms={"h": tuple(scale * norm for norm in made.state_gradient_norms["h"])},
    )
    assert judged(scaled, loss=scale, norm=scale)[0] == judged(made)[0]


def test_an_immediate_gradient_everywhere_hides_no_decay():
    flat = {"h": (1.0,) * 50}
    assert judged(layer(0.5, state_gradient_norms=flat))[0] == "vanishing"


def test_an_lstm_that_carries_in_c_is_healthy_though_h_is_not():
    carried = layer(0.3, cell="lstm", state_gradient_norms={"h": layer(0.3).impulse_norms, "c": (1.0,) * 50})
    assert judged(carried)[0] == "healthy"
    lost = replace(carried, state_gradient_norms={"h": (1.0,) * 50})
    assert judged(lost, training=IN_VAIN)[0] == "vanishing"


SHUT = {"update": GateFindings(0.003, 0.9, 0.0), "reset": GateFindings(0.5, 0.0, 0.0)}
HALF = {"update": GateFindings(0.5, 0.0, 0.0), "reset": GateFindings(0.5, 0.0, 0.0)}
NEAR = RangeFindings(7, 50, 25, needed_steps=2, explained_within=0.8, explained=0.85)
FAR = RangeFindings(7, 50, 25, needed_steps=32, explained_within=0.2, explained=0.6)
LEARNT = replace(IN_VAIN, loss=0.5)


@pytest.mark.parametrize(
    ("cell", "gates", "known", "said"),
    [
        # At initial weights: gates that have a slope, and tasks whose answer lies near, need no mending.
        ("gru", HALF, {}, "gates usually learn to reach further: see --steps"),
        ("gru", HALF, {"range": FAR}, "gates usually learn to reach further: see --steps"),
        ("gru", HALF, {"range": NEAR}, "the task needs no more than the last 2"),
        ("gru", SHUT, {}, None),
        ("simple_rnn", {}, {"range": NEAR}, "the task needs no more than the last 2"),
        ("simple_rnn", {}, {"range": FAR}, None),
        ("simple_rnn", {}, {}, None),
        # During training gates go on learning; after it, or where the answer lies further back, the loss decides.
        ("gru", HALF, {"training": replace(IN_VAIN, complete=False)}, "take more --steps"),
        ("gru", HALF, {"training": replace(IN_VAIN, moved=0.008)}, "the weights have moved by 0.8 % at most"),
        ("gru", HALF, {"training": IN_VAIN}, None),
        ("gru", HALF, {"training": LEARNT}, "the network learns all the same"),
        ("simple_rnn", {}, {"training": LEARNT}, "the network learns all the same"),
        ("simple_rnn", {}, {"training": replace(LEARNT, complete=False)}, "the network learns all the same"),
        ("simple_rnn", {}, {"training": replace(LEARNT, error=0.6)}, None),  # by chance
        ("simple_rnn", {}, {"training": replace(LEARNT, naive_loss=None)}, None),
        ("gru", HALF, {"training": replace(LEARNT, loss=0.4), "range": FAR}, "the network learns all the same"),
        ("gru", HALF, {"training": replace(LEARNT, loss=0.7), "range": FAR}, None),  # no more than lies within reach
        ("gru", HALF, {"training": replace(IN_VAIN, loss=NAN), "range": FAR}, None),
    ],
)
def test_a_short_reach_is_a_fault_only_where_nothing_mends_it(cell, gates, known, said):
    word, verdicts = judged(layer(0.5, cell=cell, gates=gates), **known)
    if said is None:
        assert word == "vanishing"
    else:
        assert word == "healthy"
        assert verdicts[0].headline.startswith("the gradient reaches 7 of 50 time steps back")
        assert verdicts[0].headline.endswith(said)
        assert (" at initialization; " in verdicts[0].headline) == ("training" not in known)
    because = " · ".join(verdicts[0].because)
    assert ("it matters where the task needs what lies more than 7 time steps back" in because) == (
        "range" not in known
    )
    assert ("a regression explains" in because) == ("range" in known)
    assert ("always giving the same answer has 1" in because) == (
        "training" in known and known["training"].naive_loss is not None and math.isfinite(known["training"].loss)
    )


def test_a_lower_layer_whose_gradient_comes_through_the_one_above_is_healthy():
    below = layer(0.4, total_reach_steps=50)
    assert judged(below, layer(1.0, path="recurrent_1"))[0] == "healthy"


def test_padding_does_not_count_as_time():
    padded = layer(0.8, 30, time_steps=100)  # 30 unmasked time steps, of which 21 are reached
    assert judged(padded)[0] == "healthy"


@pytest.mark.parametrize("time", [1, 2])
def test_a_way_too_short_for_a_decay_is_said_to_be_so(time):
    word, (verdict,) = judged(layer(0.001, time, reach_steps=1, total_reach_steps=1))
    assert word == "healthy"
    assert ("no decay" if time == 1 else "too few") in " ".join([verdict.headline, *verdict.because])


def test_what_overflowed_explodes_by_the_predicted_growth():
    gone = layer(1.0, impulse_norms=(math.inf,) * 49 + (1.0,), decay_per_step=None, predicted_decay=8.0)
    word, verdicts = judged(gone, loss=math.inf, norm=math.inf)
    assert word == "non-finite"
    assert "exploding" in [verdict.word for verdict in verdicts]


def test_saturation_is_told_by_the_slope_relative_to_the_largest():
    assert judged(layer(mean_derivative=0.02))[0] == "saturated"
    assert judged(layer(activation="sigmoid", mean_derivative=0.2))[0] == "healthy"  # of at most 0.25
    assert judged(layer(activation="relu", saturation=None, mean_derivative=0.02))[0] == "healthy"


@pytest.mark.parametrize(
    ("cell", "gate", "stands"),
    [
        ("lstm", "output", GateFindings(0.001, 1.0, 0.0)),
        ("lstm", "input", GateFindings(1e-4, 1.0, 0.0)),
        ("gru", "update", GateFindings(0.9999, 0.0, 1.0)),
    ],
)
def test_a_gate_that_lets_nothing_through_saturates(cell, gate, stands):
    made = layer(cell=cell)
    assert judged(made)[0] == "healthy"
    assert judged(replace(made, gates={**made.gates, gate: stands}))[0] == "saturated"


def test_a_gate_right_for_a_long_memory_is_no_fault():
    made = layer(cell="gru", time=100)
    assert judged(replace(made, gates={"update": GateFindings(0.99, 0.0, 0.6)}))[0] == "healthy"


def test_dead_units_are_those_of_activations_without_ends():
    assert judged(layer(activation="relu", saturation=None, dead_units=0.75))[0] == "dead"
    assert judged(layer(activation="relu", saturation=None, dead_units=0.25))[0] == "healthy"


def test_a_kernel_of_zeros_is_named_alone_and_answered():
    zeros = variable(update_ratio=None)
    where = config(layer={"kernel_initializer": "zeros"})
    for made in (layer(), layer(0.1, activation="relu", saturation=None, dead_units=1.0, effective_rank=0.0)):
        word, (verdict,) = judged(made, where=where, variables=(zeros,))
        assert (word, verdict.subject) == ("dead", "recurrent_0")
        assert verdict.headline == "the kernel is all zeros: the input has no effect"
        assert [dict(advice.changes) for advice in verdict.advice] == [
            {"model.layers.0.kernel_initializer": "glorot_uniform"}
        ]
    assert judged(variables=(zeros,), loss=NAN, norm=NAN)[0] == "non-finite"
    assert judged(variables=(variable("recurrent_0/bias", update_ratio=None),))[0] == "healthy"


def test_dead_units_come_before_targets_that_they_cannot_reach():
    dead = layer(activation="relu", saturation=None, dead_units=1.0)
    reach = {"targets_outside": 0.5, "out_of_reach": 0.5, "output_range": (0.0, math.inf)}
    where = config(layer={"activation": "relu", "bias_initializer": {"kind": "constant", "value": -6.0}})
    word, (first, second) = judged(dead, where=where, **reach)
    assert (word, second.word) == ("dead", "bad data")
    assert any("their pre-activations are negative everywhere" in line for line in first.because)
    assert dict(first.advice[0].changes) == {"model.layers.0.bias_initializer": "zeros"}
    words = [verdict.word for verdict in judged(layer(0.1), columns=[column(std=99.0)], **reach)[1]]
    assert words == ["bad data", "bad data", "vanishing"]


def test_states_that_are_not_finite_are_not_dead():
    gone = layer(activation="relu", saturation=None, dead_units=1.0, effective_rank=NAN)
    reach = {"targets_outside": 0.5, "out_of_reach": 0.5, "output_range": (0.0, math.inf)}
    words = [verdict.word for verdict in judged(gone, loss=NAN, norm=NAN, **reach)[1]]
    assert words == ["non-finite", "bad data"]


def test_a_target_that_is_not_scaled_is_said_to_dominate_the_loss():
    where = config(data={"kind": "csv", "path": "a.csv", "target": ["y"], "window": {"length": 50}, "scale": "none"})
    big = column("y", "target", mean=3e5, std=5e4, largest=4e5)
    word, (verdict,) = judged(where=where, columns=[column(), big], loss=9.8e10)
    assert word == "bad data"
    assert verdict.headline.startswith("not scaled: target y")
    assert verdict.because[-1] == "the target's size dominates the loss (9.8e+10) and every gradient"
    assert [dict(advice.changes) for advice in verdict.advice] == [{"data.scale": "standard"}]


def test_gradients_vanish_over_depth_too():
    below = layer(1.0, state_gradient_norms={"h": (1e-5,) * 50})
    word, (verdict,) = judged(below, layer(1.0, path="recurrent_1"))
    assert (word, verdict.subject) == ("vanishing", "recurrent_0")
    assert "layer above" in verdict.headline


@pytest.mark.parametrize(
    "wrong",
    [
        column(non_finite=1),
        column(constant=True, std=0.0),
        column(std=50.0, largest=200.0),
        column(mean=400.0, largest=402.0),
        column(std=1e-5, largest=1e-4),
        column("y", "target", std=900.0, largest=2000.0),
    ],
)
def test_data_that_spoils_gradients_is_bad_data(wrong):
    right = column("y", "target") if wrong.role == "feature" else column()
    word, verdicts = judged(columns=[wrong, right])
    assert word == "bad data"
    assert wrong.name in " ".join([verdicts[0].headline, *verdicts[0].because])


def test_a_few_constant_columns_are_no_fault():
    assert judged(columns=[column(constant=True), column("b"), column("c"), column("y", "target")])[0] == "healthy"


def test_bad_data_is_told_from_an_explosion():
    word, verdicts = judged(columns=[column(non_finite=3), column("y", "target")], loss=NAN, norm=NAN)
    assert word == "bad data"
    assert [verdict.word for verdict in verdicts] == ["bad data", "non-finite"]
    assert verdicts[1].because == ("the data holds NaN or infinity: x",)
    assert judged(loss=NAN, norm=NAN)[1][0].not_because == ("data (finite)",)


def test_targets_beyond_the_range_are_bad_data():
    word, (verdict,) = judged(targets_outside=0.5, out_of_reach=0.4, output_range=(-1.0, 1.0))
    assert word == "bad data"
    assert verdict.headline == (
        "50 % of the targets lie outside -1 to 1, the range of the output: 40 % of what varies is lost"
    )
    word, (verdict,) = judged(targets_outside=0.5, out_of_reach=0.3, output_range=(-1.0, 1.0))
    assert word == "healthy"
    assert "50 % of the targets lie outside -1 to 1, the range of the output: 30 % of what varies" in verdict.headline


def test_an_earlier_step_that_was_not_finite_is_remembered():
    word, (verdict,) = judged(variables=(variable(first_non_finite=7),))
    assert word == "non-finite"
    assert "step 7" in verdict.headline


@pytest.mark.parametrize(
    ("scale", "sample", "batch", "word"),
    [
        (math.inf, 64, 2, "noise-dominated"),
        (math.inf, 4, 4, "healthy"),  # one batch cannot tell
        (8.0, 64, 4, "healthy"),  # two batches are usual
        (math.inf, 64, 64, "healthy"),  # a batch of all the data
        (NAN, 64, 2, "healthy"),
    ],
)
def test_noise_is_accused_only_where_the_sample_can_tell(scale, sample, batch, word):
    assert judged(noise=NoiseFindings(sample, scale, batch))[0] == word


def test_verdicts_stand_the_gravest_first():
    words = [verdict.word for verdict in judged(layer(0.1, mean_derivative=0.01), columns=[column(std=99.0)])[1]]
    assert words == ["bad data", "saturated", "vanishing"]


def test_each_threshold_is_set_by_the_config():
    strict = config(gradients={"thresholds": {"reach": 0.99, "growth": 2.0}})
    assert judged(layer(0.9, 50))[0] == judged(layer(1.05, 50))[0] == "healthy"
    assert judged(layer(0.9, 50), where=strict)[0] == "vanishing"
    assert judged(layer(1.05, 50), where=strict)[0] == "exploding"


def test_the_table_names_every_word_and_every_threshold():
    from rnnctl.schema.training import Thresholds

    assert {rule.word for rule in RULES} == set(GRAVITY)
    assert {rule.threshold for rule in RULES} - {None} == set(Thresholds.model_fields)
    assert [rule.word for rule in RULES] == sorted((rule.word for rule in RULES), key=GRAVITY.index)
    for rule in RULES:
        assert (rule.key is None) == (rule.default is None) == ("{}" not in rule.holds)


@pytest.mark.parametrize(("ratio", "told"), [(0.9, False), (16.6, True), (None, False)])
def test_a_healthy_network_whose_next_step_is_larger_than_a_kernel_is_told_of_it(ratio, told):
    one = variable("recurrent_0/recurrent_kernel", update_ratio=ratio)
    word, (verdict,) = judged(variables=(one, variable("recurrent_0/bias", update_ratio=99.0)))
    assert word == "healthy"
    step = "but the next step changes recurrent_0/recurrent_kernel by 16.6 times its norm"
    assert (step in verdict.headline) is told
