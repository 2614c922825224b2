from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from small import plain_schedule, small_config

from rnnctl.config.dataset import load_dataset
from rnnctl.data import epoch_order
from rnnctl.training.epochs import Epochs
from rnnctl.training.schedule import DEFAULT_EPOCHS, make_schedule

SCHEDULES = st.builds(
    lambda sequences, batch_size, *rest, shuffle: plain_schedule(
        sequences, min(batch_size, sequences), *rest, shuffle=shuffle
    ),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 200),
    st.integers(0, 2**32 - 1),
    shuffle=st.booleans(),
)


def _members(schedule, done, count):
    indices, sizes = schedule.batches(done, count)
    return [row[:size].tolist() for row, size in zip(indices, sizes, strict=True)]


@settings(deadline=None)
@given(schedule=SCHEDULES, epoch=st.integers(1, 50))
def test_an_epoch_sees_every_sequence_exactly_once(schedule, epoch):
    batches = _members(schedule, (epoch - 1) * schedule.steps_per_epoch, schedule.steps_per_epoch)
    assert [len(batch) for batch in batches[:-1]] == [schedule.batch_size] * (len(batches) - 1)
    seen = [member for batch in batches for member in batch]
    assert sorted(seen) == list(range(len(schedule.sequences)))


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), shuffle=st.booleans(), batch_size=st.integers(1, 12), epoch=st.integers(1, 9))
def test_the_order_is_that_of_seed_and_epoch(seed, shuffle, batch_size, epoch):
    schedule = plain_schedule(12, batch_size, 99, seed, shuffle=shuffle)
    count = schedule.steps_per_epoch
    seen = [member for batch in _members(schedule, (epoch - 1) * count, count) for member in batch]
    # The order within a single batch means nothing.
    assert seen == epoch_order(12, seed, epoch, shuffle=shuffle and count > 1).tolist()


@settings(deadline=None)
@given(schedule=SCHEDULES, done=st.integers(0, 100), cuts=st.lists(st.integers(1, 9), max_size=5))
def test_the_batch_of_a_step_depends_on_the_steps_number_alone(schedule, done, cuts):
    pieces, at = [], done
    for cut in cuts:
        pieces += _members(schedule, at, cut)
        at += cut
    assert pieces == _members(schedule, done, sum(cuts))
    assert pieces == [_members(schedule, done + step, 1)[0] for step in range(sum(cuts))]


@settings(deadline=None)
@given(schedule=SCHEDULES, done=st.integers(0, 100))
def test_what_fills_up_the_last_batch_is_in_it_anyway(schedule, done):
    indices, sizes = schedule.batches(done, schedule.steps_per_epoch)
    assert indices.dtype == sizes.dtype == np.int32
    for row, size in zip(indices, sizes, strict=True):
        assert set(row[size:]) <= set(row[:size])
    assert schedule.even == (sizes == schedule.batch_size).all()


@settings(deadline=None)
@given(schedule=SCHEDULES, done=st.integers(0, 100))
def test_epochs_are_counted_from_one_and_end_where_the_next_begins(schedule, done):
    left = schedule.steps_left_in_epoch(done)
    assert 1 <= left <= schedule.steps_per_epoch
    assert len({schedule.epoch(step) for step in range(done + 1, done + left + 1)}) == 1
    assert schedule.epoch(done + left + 1) == schedule.epoch(done + 1) + 1
    assert schedule.epoch(1) == 1


def test_epochs_and_seeds_have_orders_of_their_own():
    schedules = [plain_schedule(30, 7, 100, seed, shuffle=True) for seed in range(4)]
    assert len({str(_members(schedule, epoch * 5, 5)) for schedule in schedules for epoch in range(4)}) == 16


def test_no_steps_have_no_batches():
    indices, sizes = plain_schedule(3, 2, 5, 0, shuffle=True).batches(0, 0)
    assert indices.shape == (0, 2)
    assert sizes.shape == (0,)


@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_is_laid_out_once_and_all_alike_only_once_at_all(shuffle, monkeypatch):
    made = []
    order = Epochs._order
    monkeypatch.setattr(Epochs, "_order", lambda self, epoch: made.append(epoch) or order(self, epoch))
    epochs = plain_schedule(6, 2, 9, 0, shuffle=shuffle).epochs
    found = [epochs.epoch(number) for number in (3, 3, 2, 3, 2)]
    assert made == ([3, 2] if shuffle else [1])
    assert found[0] is found[1] is found[3]


def _schedule(**training):
    config = small_config(training=training)
    return make_schedule(config, load_dataset(config))


@pytest.mark.parametrize(
    ("section", "total"), [({"steps": 7}, 7), ({"epochs": 4}, 12), ({}, 3 * DEFAULT_EPOCHS), ({"steps": 1}, 1)]
)
def test_training_is_as_long_as_the_config_says(section, total):
    schedule = _schedule(batch_size=4, **section)
    assert (len(schedule.sequences), schedule.batch_size, schedule.total_steps) == (10, 4, total)
    assert _members(schedule, 3, 3) == _members(plain_schedule(10, 4, total, 3, shuffle=True), 3, 3)


def test_a_batch_is_never_larger_than_the_data():
    schedule = _schedule(batch_size=100, epochs=2, shuffle=False)
    assert (schedule.batch_size, schedule.steps_per_epoch, schedule.total_steps, schedule.even) == (10, 1, 2, True)
