"""A config with some keys changed is what loading it with the same overrides gives."""

from __future__ import annotations

import pytest

from rnnctl.config import FIRST_STEP, load_config
from rnnctl.config.overrides import as_overrides, with_changes
from rnnctl.errors import ConfigError


@pytest.mark.parametrize(
    "changes",
    [
        {"model.layers.0.cell": "gru"},
        {"model.layers.0.recurrent_initializer": {"kind": "identity", "gain": 0.5}},
        {"optimizer.learning_rate": 1e-7, "optimizer.global_clipnorm": 5.0},
        {"training.batch_size": 8, "training.shuffle": False},
        {"gradients.thresholds.reach": 0.25, "gradients.expect": "bad data"},
    ],
)
def test_changes_do_what_overrides_do(changes):
    changed = with_changes(FIRST_STEP, changes)
    assert changed == load_config(None, as_overrides(changes))
    assert changed != FIRST_STEP


def test_no_change_gives_the_same_config():
    assert with_changes(FIRST_STEP, {}) == FIRST_STEP


def test_one_clip_option_takes_the_place_of_another():
    clipped = with_changes(FIRST_STEP, {"optimizer.clipnorm": 1.0})
    assert with_changes(clipped, {"optimizer.global_clipnorm": 2.0}).optimizer.clipnorm is None


def test_a_path_that_cannot_be_written_to_is_told():
    with pytest.raises(ConfigError, match="beyond"):
        with_changes(FIRST_STEP, {"model.layers.7.units": 3})
