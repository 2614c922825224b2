from __future__ import annotations

import numpy as np
import pytest
from small import small_config

from rnnctl.data import load_dataset
from rnnctl.training import feeds
from rnnctl.training.feeds import DeviceFeed, HostFeed, choose_feed


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
