from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st

from rnnctl.data import Sequences
from rnnctl.training.device_data import DeviceSequences


@st.composite
def sequences(draw):
    """A table, and views of it of one length that leave room for their horizon."""
    placement = draw(st.sampled_from(["sequence", "last", "each"]))
    horizon = 0 if placement == "sequence" else draw(st.integers(0, 3))
    length, count = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    rows = length + horizon + draw(st.integers(0, 8))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    values = rng.normal(size=(rows, draw(st.integers(1, 3)))).astype(np.float32)
    spare = draw(st.integers(0, 3))
    targets = rng.normal(size=(count + spare if placement == "sequence" else rows, draw(st.integers(1, 3))))
    starts = rng.integers(0, rows - length - horizon + 1, size=count)
    target_rows = rng.permutation(count + spare)[:count] if placement == "sequence" else None
    lengths = np.full(count, length)
    return Sequences(values, targets.astype(np.float32), starts, lengths, placement, horizon, target_rows)


@settings(deadline=None, max_examples=150)
@given(split=sequences(), data=st.data())
def test_the_device_gathers_what_the_table_does(split, data):
    indices = data.draw(st.lists(st.integers(0, len(split) - 1), min_size=1, max_size=6))
    device = DeviceSequences(split)
    inputs, targets, mask = device.gather(device.tensors, tf.constant(indices, tf.int32))
    assert mask is None
    expected = split.gather(indices)
    np.testing.assert_array_equal(inputs, expected.inputs)
    np.testing.assert_array_equal(targets, expected.targets)
    assert targets.shape[-1] == split.outputs
    assert inputs.shape[1] == split.length


@pytest.mark.parametrize("placement", ["sequence", "last", "each"])
@pytest.mark.parametrize("batch", [3, None], ids=["known batch size", "unknown batch size"])
def test_the_same_is_gathered_in_a_graph(placement, batch):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(20, 2)).astype(np.float32)
    rows = np.arange(4)
    horizon = 0 if placement == "sequence" else 2
    split = Sequences(values, values, rows * 3, np.full(4, 5), placement, horizon, rows + 9)
    device = DeviceSequences(split)
    gather = tf.function(lambda *given: device.gather(*given)[:2], jit_compile=batch is not None, reduce_retracing=True)
    signature = gather.get_concrete_function(device.tensors, tf.TensorSpec([batch], tf.int32))
    assert signature.output_shapes[0].as_list() == [batch, 5, 2]
    assert signature.output_shapes[1].rank == (3 if placement == "each" else 2)
    inputs, targets = signature(device.tensors, tf.constant([2, 0, 3], tf.int32))
    expected = split.gather([2, 0, 3])
    np.testing.assert_array_equal(inputs, expected.inputs)
    np.testing.assert_array_equal(targets, expected.targets)


@st.composite
def uneven(draw):
    """A table, and views of it of different lengths, and how a batch of them is laid out."""
    placement = draw(st.sampled_from(["sequence", "last", "each"]))
    horizon = 0 if placement == "sequence" else draw(st.integers(0, 2))
    lengths = np.array(draw(st.lists(st.integers(1, 7), min_size=1, max_size=5)))
    rows = int(lengths.max()) + horizon + draw(st.integers(0, 8))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    starts = rng.integers(0, rows - lengths - horizon + 1)
    target_rows = rng.permutation(len(lengths)) if placement == "sequence" else None
    values = rng.normal(size=(rows, 2)).astype(np.float32)
    targets = rng.normal(size=(len(lengths) if placement == "sequence" else rows, 2)).astype(np.float32)
    return Sequences(values, targets, starts, lengths, placement, horizon, target_rows)


@settings(deadline=None, max_examples=100)
@given(split=uneven(), data=st.data())
def test_padding_and_pieces_are_gathered_alike_on_the_device_and_on_the_host(split, data):
    indices = np.array(data.draw(st.lists(st.integers(0, len(split) - 1), min_size=1, max_size=6)))
    width, first = data.draw(st.integers(1, 9)), data.draw(st.integers(0, 7))
    device = DeviceSequences(split, masked=True)
    found = device.gather(device.tensors, tf.constant(indices, tf.int32), width, first)
    whole = split.gather(indices)
    for batch in (found, split.gather(indices, width, first, masked=True)):
        inputs, targets, mask = map(np.asarray, batch)
        assert inputs.shape == (len(indices), width, 2)
        for row, index in enumerate(indices):
            count = max(0, min(width, split.lengths[index] - first))
            assert mask[row].tolist() == [True] * count + [False] * (width - count)
            np.testing.assert_array_equal(inputs[row, :count], whole.inputs[row, first : first + count])
            assert not inputs[row, count:].any()
            if split.placement == "each":
                np.testing.assert_array_equal(targets[row, :count], whole.targets[row, first : first + count])
                assert not targets[row, count:].any()
        if split.placement != "each":
            np.testing.assert_array_equal(targets, whole.targets)


@settings(deadline=None, max_examples=60)
@given(split=sequences(), data=st.data())
def test_whole_stretches_are_what_the_table_holds(split, data):
    indices = np.array(data.draw(st.lists(st.integers(0, len(split) - 1), min_size=1, max_size=6)))
    found, expected = split.gather(indices, split.length, masked=False), split.gather(indices)
    np.testing.assert_array_equal(found.inputs, expected.inputs)
    np.testing.assert_array_equal(found.targets, expected.targets)
    assert found.mask is None
    first = data.draw(st.integers(0, split.length - 1))
    later = split.gather(indices, split.length - first, np.full(len(indices), first), masked=False)
    np.testing.assert_array_equal(later.inputs, expected.inputs[:, first:])
    if split.placement == "each":
        np.testing.assert_array_equal(later.targets, expected.targets[:, first:])


def test_sequences_of_different_lengths_are_never_gathered_without_a_mask():
    values = np.zeros((9, 1), np.float32)
    split = Sequences(values, values, np.array([0, 3]), np.array([3, 2]), "last", 1)
    assert DeviceSequences(split).masked
    with pytest.raises(ValueError, match="need a mask"):
        DeviceSequences(split, masked=False)
