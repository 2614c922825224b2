from __future__ import annotations

import numpy as np
from bench.input_wait import config_of, from_a_file, measure
from bench.speed_table import SHAPES
from small import small_config

from rnnctl.config.dataset import load_dataset
from rnnctl.training.feeds import mapped


def small():
    return small_config(training={"steps": 10**9, "batch_size": 4})


def test_a_large_table_is_a_file_with_a_window_at_every_row(tmp_path):
    before = load_dataset(small())
    after = from_a_file(before, tmp_path, size=16_000).train
    assert mapped(after.values)
    assert mapped(after.targets)
    assert len(after.values) == 16_000 // (4 * (before.train.features + before.train.outputs))
    assert after.starts.tolist() == list(range(len(after.values) - 4))
    batch = after.gather([0, len(after) - 1])
    assert batch.inputs.shape == (2, 4, 2)
    assert np.array_equal(batch.inputs[1], after.values[-5:-1])
    assert np.array_equal(batch.targets[1], after.targets[-1])


def test_both_ways_train_and_say_how_long_they_waited(tmp_path):
    for folder in (None, tmp_path):
        step, share = measure(small(), 0.05, folder, 16_000)
        assert step > 0
        assert 0 <= share < 1


def test_a_small_table_has_a_hundred_batches():
    config = config_of(SHAPES[0])
    assert (config.data.sequences, config.training.batch_size) == (3200, 32)
