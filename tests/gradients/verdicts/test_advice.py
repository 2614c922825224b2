"""Every advice is a change that the config takes; and each answers its verdict's cause."""

from __future__ import annotations

from itertools import cycle, product

import pytest
from gradients.verdicts.made import GATES, IN_VAIN, column, config, judged, layer, variable

from rnnctl.config import load_config
from rnnctl.config.dump import config_to_yaml
from rnnctl.config.overrides import as_overrides, with_changes
from rnnctl.gradients.verdicts.advice import cell_change, usual_norm
from rnnctl.gradients.verdicts.subject import Findings
from rnnctl.results import GateFindings, NoiseFindings

NAN = float("nan")

SICK = {
    "vanishing": {"layers": (layer(0.5),), "training": IN_VAIN},
    "exploding": {"layers": (layer(1.5, activation="linear", saturation=None),), "norm": 1e6, "loss": 50.0},
    "non-finite": {"loss": NAN, "norm": NAN},
    "saturated": {"layers": (layer(mean_derivative=0.01),)},
    "dead": {"layers": (layer(activation="relu", saturation=None, dead_units=1.0),)},
    "bad data": {
        "columns": [column(non_finite=2), column(std=99.0), column("y", "target")],
        "targets_outside": 1.0,
        "out_of_reach": 1.0,
    },
    "noise-dominated": {"noise": NoiseFindings(64, 50.0, 2)},
}
CSV = {"kind": "csv", "path": "/a.csv", "target": ["y"], "window": {"length": 50}, "scale": "minmax"}
OPTIMIZERS = (
    {"kind": "sgd", "clipnorm": 2.0},
    {"kind": "adam", "learning_rate": {"kind": "cosine", "initial_learning_rate": 0.01}, "global_clipnorm": 3.0},
)
LAYERS = (
    {},
    {"activation": "relu", "recurrent_initializer": {"kind": "orthogonal", "gain": 0.4}, "bias_initializer": "ones"},
    {"bidirectional": True, "kernel_initializer": {"kind": "random_normal", "stddev": 3.0}},
)


MADE_SICK = (
    "activation",
    "saturation",
    "mean_derivative",
    "dead_units",
    "impulse_norms",
    "reach_steps",
    "total_reach_steps",
    "state_gradient_norms",
    "decay_per_step",
)
"""Fields of the sick layers that a layer of any cell gets."""


def verdicts_of(word, where):
    sick = dict(SICK[word])
    layers = sick.pop("layers", (layer(),))
    cell = where.model.layers[0].cell
    made = [
        layer(
            1.0,
            cell=cell,
            **{name: getattr(one, name) for name in MADE_SICK},
        )
        for one in layers
    ]
    return judged(*made, where=where, **sick)[1]


@pytest.mark.parametrize("word", SICK)
def test_every_advice_makes_a_valid_config_that_differs(word, tmp_path):
    advised = 0
    for (cell, one), optimizer in zip(product(GATES, LAYERS), cycle(OPTIMIZERS), strict=False):
        own = {"unit_forget_bias": False} if cell == "lstm" else {"reset_after": False} if cell == "gru" else {}
        where = config(cell, layer=one | own, optimizer=optimizer, training={"batch_size": 2}, data=CSV)
        path = tmp_path / "config.yaml"
        path.write_text(config_to_yaml(where))
        verdicts = verdicts_of(word, where)
        assert word in [verdict.word for verdict in verdicts]
        for advice in [advice for verdict in verdicts for advice in verdict.advice]:
            changed = with_changes(where, advice.changes)
            assert changed != where
            if not any(name.endswith(".cell") for name in advice.changes):
                # The dumped file has every key, among them those that another cell does not know.
                assert load_config(path, ["name=" + where.name, *as_overrides(advice.changes)]) == changed
            advised += 1
    assert advised >= 9


def test_a_shrinking_kernel_is_answered_by_an_orthogonal_one_first():
    where = config(layer={"recurrent_initializer": {"kind": "orthogonal", "gain": 0.5}})
    (verdict,) = judged(layer(0.5), where=where)[1]
    assert verdict.advice[0].changes == {"model.layers.0.recurrent_initializer": {"kind": "orthogonal", "gain": 1.0}}
    assert "spectral radius 0.5" in verdict.because[0]
    assert any(line.startswith("saturation") for line in verdict.not_because)


def test_what_the_config_has_already_is_not_advised():
    (verdict,) = judged(layer(0.5))[1]
    assert not any("orthogonal" in str(advice.changes) for advice in verdict.advice)


def test_a_forget_gate_that_is_shut_is_named_and_answered():
    gates = GATES["lstm"] | {"forget": GateFindings(0.002, 1.0, 0.0)}
    where = config("lstm", layer={"unit_forget_bias": False})
    (verdict,) = judged(layer(0.1, cell="lstm", gates=gates), where=where)[1]
    assert any("forget gate keeps 0.002 of c" in line for line in verdict.because)
    assert verdict.advice[0].changes == {"model.layers.0.unit_forget_bias": True}


def test_a_cell_with_keys_of_its_own_is_replaced_whole():
    where = config("lstm", layer={"unit_forget_bias": True})
    (verdict,) = judged(layer(0.1, cell="lstm"), where=where, training=IN_VAIN)[1]
    gru = next(advice.changes for advice in verdict.advice if advice.why.startswith("gru"))
    assert gru == {"model.layers.0": {"cell": "gru", "units": 8}}


def test_the_advice_of_another_cell_names_what_is_not_by_default_alone(tmp_path):
    own = {"unit_forget_bias": True, "units": 64, "recurrent_activation": "hard_sigmoid"}
    where = config("lstm", layer=own)
    path = tmp_path / "whole.yaml"
    path.write_text(config_to_yaml(where))  # every key is written down
    full = load_config(path)
    for one in (where, full):
        changes = cell_change(one.model.layers[0], 0, "gru")
        assert changes == {"model.layers.0": {"cell": "gru", "recurrent_activation": "hard_sigmoid"}}
        assert cell_change(one.model.layers[0], 0, "simple_rnn") == {"model.layers.0": "simple_rnn"}
        for advised in (changes, {"model.layers.0": "simple_rnn"}):
            changed = with_changes(one, advised)
            assert load_config(path, as_overrides(advised)).model.layers == changed.model.layers
    assert with_changes(full, changes).model.layers[0].recurrent_activation == "hard_sigmoid"


def test_a_csv_window_is_shortened_to_what_is_reached_and_unscaled_columns_are_scaled():
    data = {"kind": "csv", "path": "a.csv", "target": ["y"], "window": {"length": 50}, "scale": "none"}
    where = config(data=data)
    (verdict,) = judged(layer(0.5), where=where)[1]
    assert {"data.window.length": 14} in [advice.changes for advice in verdict.advice]
    (verdict,) = judged(where=where, columns=[column(std=99.0), column("y", "target")])[1]
    assert [advice.changes for advice in verdict.advice] == [{"data.scale": "standard"}]


def test_the_clipping_limit_is_what_the_norm_would_be_without_growth():
    made = layer(1.3, 40)
    columns = (column("y", "target"),)
    found = Findings(config(), (made,), (variable(),), None, None, 1.0, 1e6)
    from rnnctl.results import DataFindings

    rms = (sum(norm**2 for norm in made.impulse_norms) / 40) ** 0.5
    here = Findings(found.config, found.layers, found.variables, DataFindings(64, columns, None, 0.0), None, 1.0, 1e6)
    assert usual_norm(here, made) == pytest.approx(1e6 / rms)
    large = Findings(here.config, here.layers, here.variables, here.data, None, 1e8, 1e6)
    assert usual_norm(large, made) == pytest.approx(min(1e6 * 1e-8, 1e6 * 1e-4 / rms))
