from __future__ import annotations

import json

from small import small_config

from rnnctl.trackers.flat import flat


def test_a_config_becomes_dotted_paths_with_plain_values():
    values = flat(small_config(cell="lstm").model_dump(mode="json"))
    assert values["model.layers.0.cell"] == "lstm"
    assert values["model.layers.0.units"] == "3"
    assert values["optimizer.learning_rate"] == "0.1"
    assert values["training.steps"] == "null"
    assert values["checkpoints.best"] == "true"


def test_lists_of_plain_values_and_keys_of_the_users_own_are_json():
    values = flat({"target": ["a", "b"], "none": [], "columns": {"<script>/../\n": {"kind": "number"}}, "x": {}})
    assert values == {
        "target": '["a", "b"]',
        "none": "[]",
        "columns": json.dumps({"<script>/../\n": {"kind": "number"}}),
        "x": "{}",
    }
