from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small import small_config

from rnnctl.config.dataset import load_dataset
from rnnctl.training import feeds
from rnnctl.training.buckets import RUN
from rnnctl.training.feeds import DeviceFeed, HostFeed, choose_feed, mapped
from rnnctl.training.schedule import BatchShape


@pytest.fixture(scope="module")
def split():
    return load_dataset(small_config()).train


@pytest.mark.parametrize("make", [DeviceFeed, lambda split: HostFeed(split, 3)], ids=["device", "host"])
def test_a_part_of_a_batch_is_what_the_table_holds(split, make):
    feed = make(split)
    indices = np.array([[3, 1, 2], [0, 4, 3]], np.int32)
    load = feed.load(indices, np.zeros(2, np.int32), 4)
    inputs, targets, mask = feed.gather(feed.select(load, 1, 1, 3), 4)
    expected = split.gather([4, 3])
    assert mask is None
    np.testing.assert_array_equal(inputs, expected.inputs)
    np.testing.assert_array_equal(targets, expected.targets)


def test_every_load_has_the_same_shapes(split):
    for feed in (DeviceFeed(split), HostFeed(split, 3)):
        steps = (0, 1, feed.steps_a_call)
        loads = [feed.load(np.zeros((count, 3), np.int32), np.zeros(count, np.int32), 4) for count in steps]
        assert len({tuple(tuple(tensor.shape) for tensor in load) for load in loads}) == 1


def test_a_load_from_the_host_is_bounded_in_bytes(split, monkeypatch):
    one = split.gather([0])
    each = 3 * (one.inputs.nbytes + one.targets.nbytes)
    monkeypatch.setattr(feeds, "LARGEST_LOAD", 5 * each + 1)
    assert HostFeed(split, 3).steps_a_call == 5
    monkeypatch.setattr(feeds, "LARGEST_LOAD", 1)
    assert HostFeed(split, 3).steps_a_call == 1


def test_a_table_too_large_for_the_device_is_fed_from_the_host(split, monkeypatch):
    assert choose_feed(split, 3).way == "device"
    monkeypatch.setattr(feeds, "LARGEST_TABLE", split.values.nbytes)
    assert choose_feed(split, 3).way == "host"


def test_a_table_that_is_mapped_into_memory_stays_with_the_host_and_trains_alike(split, tmp_path):
    values = np.memmap(tmp_path / "values", np.float32, "w+", shape=split.values.shape)
    values[:] = split.values
    assert not mapped(split.values)
    # Views too, however they were cut; what was copied out of a map is none.
    for view in (values, values[2:], values[:, :1].T, np.asarray(values)[1:]):
        assert mapped(view)
    assert not mapped(np.array(values))
    kept = replace(split, values=values)
    feed = choose_feed(kept, 3)
    assert feed.way == "host"
    indices, piece = np.array([[3, 1, 2], [0, 4, 3]], np.int32), np.zeros(2, np.int32)
    batch = feed.gather(feed.select(feed.load(indices, piece, 4), 1, 0, 3), 4)
    np.testing.assert_array_equal(batch.inputs, split.gather([0, 4, 3]).inputs)


def test_with_several_padded_lengths_a_load_holds_no_more_steps_than_follow_each_other(split):
    shape = BatchShape((2, 4), masked=True)
    for feed in (DeviceFeed(split, shape), HostFeed(split, 3, shape)):
        assert feed.steps_a_call == RUN
        for length in shape.padded_lengths:
            load = feed.load(np.array([[3, 1, 2]], np.int32), np.zeros(1, np.int32), length)
            inputs, _, mask = feed.gather(feed.select(load, 0, 0, 3), length)
            assert inputs.shape == (3, length, 2)
            assert np.asarray(mask).all()
