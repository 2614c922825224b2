"""Examinations of tiny networks whose fault is known: the first verdict names it, and its first advice mends it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from rnnctl.config.overrides import with_changes
from rnnctl.config.schema import Config
from rnnctl.training.build import build
from rnnctl.workflows.examine import examine

DEAD = {"activation": "relu", "bias_initializer": {"kind": "constant", "value": -6.0}}


@pytest.fixture
def made(tmp_path):
    """Makes a config of one small layer that learns a mirrored target, times ``size`` and moved by ``offset``."""

    def make(layer, head="dense", size=1.0, offset=0.0, **data):
        draw = np.random.default_rng(0)
        table = {"x": draw.normal(size=120), "y": size * draw.normal(size=120) + offset}
        pl.DataFrame(table).write_csv(tmp_path / "x.csv")
        source = {"kind": "csv", "path": str(tmp_path / "x.csv"), "target": ["y"], "features": ["x"]}
        units = 4 if head == "dense" else 1
        return Config.model_validate(
            {
                "data": {**source, "window": {"length": 6}, **data},
                "model": {"layers": [{"cell": "simple_rnn", "units": units, **layer}], "head": head},
                "optimizer": {"kind": "sgd", "learning_rate": 0.01},
                "training": {"batch_size": 8, "steps": 5},
            }
        )

    return make


def examined(config, weights=None):
    built = build(config)
    for variable in built.model.trainable_variables if weights is not None else ():
        variable.assign(np.full(variable.shape, weights))
    return examine(built, self_check=False)


@pytest.mark.parametrize("layer", [{}, {"activation": "relu"}, {"cell": "lstm"}, {"cell": "gru"}])
def test_a_kernel_of_zeros(made, layer):
    config = made({**layer, "kernel_initializer": "zeros"})
    first = examined(config).verdicts[0]
    assert (first.word, first.headline) == ("dead", "the kernel is all zeros: the input has no effect")
    mended = examined(with_changes(config, first.advice[0].changes))
    assert not any("all zeros" in verdict.headline for verdict in mended.verdicts)


@pytest.mark.parametrize("head", ["dense", "none"])
def test_units_of_relu_that_never_respond(made, head):
    config = made(DEAD, head)
    first = examined(config).verdicts[0]
    assert first.word == "dead"
    assert "100 % of the units have no slope at any time step: their pre-activations are negative everywhere" in (
        first.because
    )
    mended = examined(with_changes(config, first.advice[0].changes))
    assert "dead" not in [verdict.word for verdict in mended.verdicts]


def test_a_target_in_the_hundred_thousands(made):
    config = made({}, size=5e4, offset=3e5, scale="none")
    found = examined(config)
    first = found.verdicts[0]
    assert (found.verdict, first.headline[:24]) == ("bad data", "not scaled: target y, ro")
    assert first.because[-1].startswith("the target's size dominates the loss (")
    assert dict(first.advice[0].changes) == {"data.scale": "standard"}
    mended = examined(with_changes(config, first.advice[0].changes))
    assert mended.verdict != "bad data"


@pytest.mark.parametrize(("layer", "head"), [({}, "dense"), ({"activation": "relu"}, "dense"), (DEAD, "none")])
def test_weights_that_are_nan(made, layer, head):
    words = [verdict.word for verdict in examined(made(layer, head), np.nan).verdicts]
    assert words[0] == "non-finite"
    assert "dead" not in words
