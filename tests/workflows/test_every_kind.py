"""What looks at models, on data of every kind: forward, and the examination with its self-check."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_data import made_config, made_dataset

from rnnctl.model.build import build_model
from rnnctl.training.build import Built
from rnnctl.workflows.examine import examine
from rnnctl.workflows.forward import compare

STACK = [{"cell": "lstm", "units": 3, "bidirectional": True, "dropout": 0.3}, {"cell": "gru", "units": 2}]
CASES = {
    "all, a class at each time step": ("all", "category", "each", STACK),
    "tokens, yes or no": ("tokens", "boolean", "sequence", [{"cell": "gru", "units": 3}]),
    "statics, a class": (
        "statics",
        "category",
        "sequence",
        [{"cell": "simple_rnn", "units": 3, "bidirectional": True}],
    ),
    "numbers of different lengths": ("numbers", "number", "each", [{"cell": "lstm", "units": 3}]),
    "quantiles at each time step": ("all", "quantiles", "each", STACK),
    "quantiles": ("numbers", "quantiles", "sequence", [{"cell": "simple_rnn", "units": 3}]),
}
QUANTILES = {"kind": "quantile", "quantiles": [0.1, 0.5, 0.6]}


def _built(columns, target, placement, layers, lengths=(5, 3, 7, 2, 6, 4, 3, 7, 1, 5), **sections):
    sections |= {"loss": QUANTILES} if target == "quantiles" else {}
    target = "number" if target == "quantiles" else target
    config = made_config(target, placement, layers=layers, **sections)
    data = replace(made_dataset(lengths, columns, target, placement), quantiles=config.loss.levels)
    return Built.of(config, data, build_model(config, data.signature))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_plain_numpy_gives_what_keras_gives(case):
    report = compare(_built(*case))
    assert report.relative_difference < 1e-6
    outputs = {"category": 4, "quantiles": 6}.get(case[1], 2)
    assert all(len(step.numpy) == len(step.keras) == outputs for step in report.steps)
    assert len(report.steps) == 3  # the longest of the first batch
    on_head = {"category": "softmax(h_t V + a)", "boolean": "sigmoid(h_t V + a)"}.get(case[1], "h_t V + a")
    assert report.equations["head"][0] == f"y_t = {on_head}"
    assert len(report.equations["head"]) == 1 + (case[1] == "quantiles")
    assert all(any(step.numpy) for step in report.steps)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_gradient_agrees_with_difference_quotients_of_plain_numpy(case):
    built = _built(*case)
    found = examine(built)
    assert found.self_check.checked >= len(found.variables)
    assert found.self_check.largest_relative_error < 1e-7
    for variable in found.variables:
        assert variable.norm > 0, variable.path
    assert np.isfinite(found.loss)


def test_codes_of_tokens_are_not_taken_for_numbers_out_of_scale():
    built = _built(*CASES["tokens, yes or no"])
    built.dataset.train.values[:, 0] = 4.0
    columns = {column.name: column for column in examine(built, self_check=False).data.columns}
    assert columns["word"].constant
    assert not columns["colour"].constant
    assert (columns["word"].mean, columns["word"].largest) == (0.2, 1.0)
    assert columns["word"].std == pytest.approx(np.std([1, 0, 0, 0, 0]))


@pytest.mark.parametrize(("target", "placement"), [("category", "each"), ("category", "sequence")])
def test_an_examination_says_where_training_truncates(target, placement):
    case = ("all", target, placement, [{"cell": "gru", "units": 3}])
    lengths = (5, 9, 7, 6, 6, 4, 8, 7, 5, 5)
    built = _built(*case, lengths, training={"steps": 2, "batch_size": 4, "truncate": 4})
    found = examine(built, steps=2)
    assert (found.truncated, found.time_steps) == (4, 4)
    begun = ", on the last 4 time steps of each sequence, begun from the model's own first states"
    assert found.state == "after 2 steps" + (begun if placement == "sequence" else "")
    assert found.self_check.largest_relative_error < 1e-7
    assert all(layer.time_steps == 4 for layer in found.layers)
    assert all(len(norms) == 4 for steps in found.history.values() for norms in steps)
    assert "where training truncates it" in found.verdicts[0].headline
    built = _built(*case)
    assert examine(built, self_check=False).truncated is None
