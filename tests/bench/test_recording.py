from __future__ import annotations

from itertools import pairwise

from bench.recording import config_of, measure
from bench.speed_table import SHAPES
from small import small_config

from rnnctl.runs.jsonl import read_steps


def test_both_ways_are_timed_and_every_second_turn_is_on_disk(tmp_path):
    cost = measure(small_config(training={"steps": 10**9, "batch_size": 4}), tmp_path, seconds=0.0)
    (run,) = tmp_path.iterdir()
    steps = [line.step for line in read_steps(run / "steps.jsonl")]
    assert len(steps) == cost.steps
    gaps = [after - before for before, after in pairwise(steps) if after != before + 1]
    assert gaps == [cost.steps // 3 + 1] * 2
    assert cost.bare > 0
    assert cost.recorded > 0
    assert cost.share > -1


def test_a_shape_is_trained_without_an_end():
    config = config_of(SHAPES[-1])
    assert (config.model.layers[0].cell, config.training.batch_size, config.data.length) == ("lstm", 64, 100)
    assert config.training.steps == 10**9
