from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from small import small_config

from rnnctl.trackers.records import flat_parameters, is_sampled, sampling_note


@given(st.integers(1, 300), st.integers(1, 6))
def test_all_steps_are_told_at_first_and_then_every_second_fourth_eighth(whole, doublings):
    told = [step for step in range(1, whole * 2 ** (doublings + 1)) if is_sampled(step, whole)]
    assert told[: 2 * whole - 1] == list(range(1, 2 * whole))
    for power in range(1, doublings + 1):
        of_these = [step for step in told if whole * 2**power <= step < whole * 2 ** (power + 1)]
        assert abs(len(of_these) - whole) <= 1
        assert {after - before for before, after in pairwise(of_these)} <= {2**power}


def test_a_million_steps_are_some_ten_thousand():
    assert sum(is_sampled(step, 1000) for step in range(1, 10**6 + 1)) == pytest.approx(10_977, rel=0.01)


def test_the_rule_is_told_in_words_that_agree_with_it():
    assert (
        "steps all up to 500 are here, every second up to 1,000, every fourth up to 2,000, and so on"
        in sampling_note(250)
    )


def test_a_config_becomes_dotted_paths_with_plain_values():
    values = flat_parameters(small_config(cell="lstm").model_dump(mode="json"))
    assert values["model.layers.0.cell"] == "lstm"
    assert values["model.layers.0.units"] == "3"
    assert values["optimizer.learning_rate"] == "0.1"
    assert values["training.steps"] == "null"
    assert values["checkpoints.best"] == "true"


def test_lists_of_plain_values_and_keys_of_the_users_own_are_json():
    values = flat_parameters(
        {"target": ["a", "b"], "none": [], "columns": {"<script>/../\n": {"kind": "number"}}, "x": {}}
    )
    assert values == {
        "target": '["a", "b"]',
        "none": "[]",
        "columns": json.dumps({"<script>/../\n": {"kind": "number"}}),
        "x": "{}",
    }
