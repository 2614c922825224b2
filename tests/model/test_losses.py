from __future__ import annotations

import numpy as np
import pytest
from pydantic import TypeAdapter
from reference.rnn_reference import _loss

from rnnctl.config.training_schema import HuberLoss, Loss, PlainLoss
from rnnctl.model.losses import LOSSES, build_loss

SHAPES = [(5, 3), (5, 4, 3), (1, 1), (2, 3, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("section", ["mse", "mae", "huber", {"kind": "huber", "delta": 0.25}])
def test_a_loss_is_its_formula_averaged_over_the_outputs(section, shape):
    rng = np.random.default_rng(1)
    targets, predictions = rng.normal(size=(2, *shape))
    parsed = TypeAdapter(Loss).validate_python(section)
    losses = np.asarray(build_loss(parsed)(targets, predictions))
    assert losses.shape == shape[:-1]
    for place in np.ndindex(losses.shape):
        error = predictions[place] - targets[place]
        expected, _ = _loss(parsed.kind, getattr(parsed, "delta", 1.0), error)
        assert losses[place] == pytest.approx(expected, rel=1e-6)


def test_every_loss_of_the_config_is_in_the_table():
    kinds = [kind for section in (PlainLoss, HuberLoss) for kind in section.model_fields["kind"].annotation.__args__]
    assert set(kinds) == set(LOSSES)
