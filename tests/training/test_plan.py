from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnctl.data import epoch_order
from rnnctl.schema.training import Training
from rnnctl.training.plan import DEFAULT_EPOCHS, Plan, make_plan

PLANS = st.builds(
    Plan,
    sequences=st.integers(1, 40),
    batch_size=st.integers(1, 40),
    total_steps=st.integers(0, 200),
    seed=st.integers(0, 2**32 - 1),
    shuffle=st.booleans(),
).filter(lambda plan: plan.batch_size <= plan.sequences)


def _members(plan, done, count):
    indices, sizes = plan.batches(done, count)
    return [row[:size].tolist() for row, size in zip(indices, sizes, strict=True)]


@settings(deadline=None)
@given(plan=PLANS, epoch=st.integers(1, 50))
def test_an_epoch_sees_every_sequence_exactly_once_in_the_order_of_seed_and_epoch(plan, epoch):
    batches = _members(plan, (epoch - 1) * plan.steps_per_epoch, plan.steps_per_epoch)
    assert [len(batch) for batch in batches[:-1]] == [plan.batch_size] * (len(batches) - 1)
    seen = [member for batch in batches for member in batch]
    assert sorted(seen) == list(range(plan.sequences))
    shuffled = plan.shuffle and len(batches) > 1
    assert seen == epoch_order(plan.sequences, plan.seed, epoch, shuffle=shuffled).tolist()


@settings(deadline=None)
@given(plan=PLANS, done=st.integers(0, 100), cuts=st.lists(st.integers(1, 9), max_size=5))
def test_the_batch_of_a_step_depends_on_the_steps_number_alone(plan, done, cuts):
    pieces, at = [], done
    for cut in cuts:
        pieces += _members(plan, at, cut)
        at += cut
    assert pieces == _members(plan, done, sum(cuts))
    assert pieces == [_members(plan, done + step, 1)[0] for step in range(sum(cuts))]


@settings(deadline=None)
@given(plan=PLANS, done=st.integers(0, 100))
def test_what_fills_up_the_last_batch_is_in_it_anyway(plan, done):
    indices, sizes = plan.batches(done, plan.steps_per_epoch)
    assert indices.dtype == sizes.dtype == np.int32
    for row, size in zip(indices, sizes, strict=True):
        assert set(row[size:]) <= set(row[:size])
    assert plan.even == (sizes == plan.batch_size).all()


@settings(deadline=None)
@given(plan=PLANS, done=st.integers(0, 100))
def test_epochs_are_counted_from_one_and_end_where_the_next_begins(plan, done):
    left = plan.steps_left_in_epoch(done)
    assert 1 <= left <= plan.steps_per_epoch
    assert len({plan.epoch(step) for step in range(done + 1, done + left + 1)}) == 1
    assert plan.epoch(done + left + 1) == plan.epoch(done + 1) + 1
    assert plan.epoch(1) == 1


def test_epochs_and_seeds_have_orders_of_their_own():
    plans = [Plan(30, 7, 100, seed, shuffle=True) for seed in range(4)]
    assert len({str(_members(plan, epoch * 5, 5)) for plan in plans for epoch in range(4)}) == 16


def test_no_steps_have_no_batches():
    indices, sizes = Plan(3, 2, 5, 0, shuffle=True).batches(0, 0)
    assert indices.shape == (0, 2)
    assert sizes.shape == (0,)


@pytest.mark.parametrize(
    ("section", "total"), [({"steps": 7}, 7), ({"epochs": 4}, 12), ({}, 3 * DEFAULT_EPOCHS), ({"steps": 1}, 1)]
)
def test_training_is_as_long_as_the_config_says(section, total):
    plan = make_plan(Training(batch_size=4, **section), 10, seed=5)
    assert plan == Plan(10, 4, total, 5, shuffle=True)


def test_a_batch_is_never_larger_than_the_data():
    plan = make_plan(Training(batch_size=100, epochs=2, shuffle=False), 10, seed=5)
    assert (plan.batch_size, plan.steps_per_epoch, plan.total_steps, plan.even) == (10, 1, 2, True)
