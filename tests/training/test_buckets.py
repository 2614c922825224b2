from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.training import buckets as module
from rnnctl.training.bucket_sizes import choose_batch_sizes, choose_padded_lengths
from rnnctl.training.buckets import RUN, BucketEpochs

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=90).map(np.array)


def _batches(epoch):
    return [epoch.members[first:end] for first, end in zip(epoch.first, epoch.end, strict=True)]


def _long_tailed(count, seed=0, kind="lognormal 1.0"):
    random = np.random.default_rng(seed)
    name, _, size = kind.partition(" ")
    lengths = {
        "lognormal": lambda spread: np.exp(random.normal(3.5, spread, count)),
        "pareto": lambda power: np.minimum(10 * (1 + random.pareto(power, count)), 5000),
        "geometric": lambda share: random.geometric(share, count),
        "two": lambda share: np.where(random.random(count) < share, 500, 20),
    }[name](float(size))
    return np.maximum(1, lengths.round()).astype(np.int64)


@settings(deadline=None)
@given(
    lengths=LENGTHS,
    batch=st.integers(1, 12),
    shuffle=st.booleans(),
    seed=st.integers(0, 99),
    worth=st.sampled_from([0.0, 0.02, 1.0]),
)
def test_an_epoch_sees_every_sequence_once_in_batches_that_fit_their_width(lengths, batch, shuffle, seed, worth):
    batch = min(batch, len(lengths))
    made = BucketEpochs(lengths, batch, seed, shuffle=shuffle, worth=worth)
    assert made.padded_lengths == tuple(sorted(set(made.padded_lengths)))
    assert made.padded_lengths[-1] == lengths.max()
    for number in (1, 2, 7):
        epoch = made.epoch(number)
        assert sorted(epoch.members.tolist()) == list(range(len(lengths)))
        groups = _batches(epoch)
        assert len(groups) == made.steps
        full = sorted(map(len, groups))[1:] == [batch] * (len(groups) - 1)
        assert full or 0 < made.steps - -(-len(lengths) // batch) <= 0.5 * made.steps + len(made.padded_lengths)
        if not full:
            for rows, width in zip(made.batch_sizes, made.padded_lengths, strict=True):
                sizes = sorted(
                    len(group) for group, own in zip(groups, epoch.padded_length, strict=True) if own == width
                )
                assert rows in {batch // part for part in (1, 2, 4, 8)}
                assert sizes[1:] == [rows] * (len(sizes) - 1)
                assert sizes[0] <= rows
        for group, width in zip(groups, epoch.padded_length, strict=True):
            longest = lengths[group].max()
            assert width == min(one for one in made.padded_lengths if one >= longest)


@given(lengths=LENGTHS, seed=st.integers(0, 99))
def test_an_epoch_is_a_function_of_lengths_seed_and_its_number_alone(lengths, seed):
    one, other = (BucketEpochs(lengths, min(4, len(lengths)), seed, shuffle=True) for _ in range(2))
    for number in (9, 1, 2, 3, 4, 5, 6):  # more than are remembered
        one.epoch(number)
    for number in (1, 9):
        for first, second in zip(one.epoch(number), other.epoch(number), strict=True):
            np.testing.assert_array_equal(first, second)


def test_epochs_differ_in_what_their_batches_hold_and_in_the_order_of_the_batches():
    made = BucketEpochs(_long_tailed(600), 8, 0, shuffle=True)
    batches = [{frozenset(group.tolist()) for group in _batches(made.epoch(number))} for number in (1, 2, 3)]
    assert all(len(one & other) < 20 for one, other in itertools.pairwise(batches))
    lengths = [made._lengths[group].max() for group in _batches(made.epoch(1))]
    assert abs(np.corrcoef(lengths, np.arange(len(lengths)))[0, 1]) < 0.3


def test_without_shuffling_the_natural_order_stays():
    made = BucketEpochs(np.array([3, 9, 1, 4, 2]), 2, 0, shuffle=False)
    assert [group.tolist() for group in _batches(made.epoch(3))] == [[0, 1], [2, 3], [4]]


MIXES = ["lognormal 0.5", "lognormal 1.0", "lognormal 1.5", "pareto 1.5", "geometric 0.02", "two 0.1", "two 0.02"]


@pytest.mark.parametrize(
    ("kind", "count", "batch"),
    [
        *itertools.product(MIXES, [10_000], [8, 16, 32]),
        *itertools.product(["lognormal 1.0"], [3000, 30_000], [16, 32]),
        ("lognormal 1.5", 100_000, 32),
    ],
)
def test_padding_stays_under_fifteen_percent_on_a_long_tailed_mix(kind, count, batch):
    lengths = _long_tailed(count, kind=kind)
    assert lengths.max() > 4 * np.median(lengths)
    made = BucketEpochs(lengths, batch, 0, shuffle=True)
    for number in (1, 2, 5):
        run = sum(len(group) * lengths[group].max() for group in _batches(made.epoch(number)))
        share = 1 - lengths.sum() / run
        assert share < 0.15
    first = sum(len(group) * lengths[group].max() for group in _batches(made.epoch(1)))
    assert made.padding == pytest.approx(1 - lengths.sum() / first)
    unsorted = np.random.default_rng(0).permutation(count)[: count // batch * batch].reshape(-1, batch)
    assert 1 - lengths[unsorted].sum() / (lengths[unsorted].max(axis=1).sum() * batch) > 0.3  # what it spares


@pytest.mark.parametrize("kind", ["lognormal 1.0", "lognormal 1.5", "pareto 1.5", "geometric 0.02", "two 0.02"])
@pytest.mark.parametrize("batch", [32, 64])
def test_with_few_batches_those_of_long_sequences_hold_fewer_and_pad_less(kind, batch):
    lengths = _long_tailed(500, kind=kind)
    plain, made = (BucketEpochs(lengths, batch, 0, shuffle=True, worth=worth) for worth in (1.0, 0.1))
    assert plain.batch_sizes == (batch,)  # a single width, a single program
    assert plain.steps == -(-500 // batch) < made.steps <= 1.5 * plain.steps + 1
    assert made.batch_sizes[-1] < batch
    assert made.padding < 0.75 * plain.padding
    assert made.padding < 0.15 or (kind, batch) not in {("lognormal 1.0", 32), ("geometric 0.02", 32), ("two 0.02", 64)}
    for number in (1, 2):
        groups = _batches(made.epoch(number))
        assert sum(len(group) * lengths[group].max() for group in groups) == pytest.approx(
            lengths.sum() / (1 - made.padding), rel=0.03
        )


def _share(groups, sizes):
    run = sum(
        len(group[first : first + rows]) * group[first : first + rows].max()
        for group, rows in zip(groups, sizes, strict=True)
        for first in range(0, len(group), rows)
    )
    return 1 - sum(group.sum() for group in groups) / run


@settings(deadline=None)
@given(groups=st.lists(LENGTHS.map(np.sort), min_size=1, max_size=3), batch=st.integers(1, 40))
def test_batches_are_made_smaller_no_further_than_padding_asks_and_only_where_it_takes_less_time(groups, batch):
    def seconds(group, rows):
        return sum(group[first : first + rows].max() * (rows + 2) for first in range(0, len(group), rows))

    found = choose_batch_sizes(groups, batch, 0.15)
    assert all(rows in {batch // part for part in (1, 2, 4, 8)} for rows in found)
    assert all(seconds(group, rows) <= seconds(group, batch) for group, rows in zip(groups, found, strict=True))
    smaller = [place for place, rows in enumerate(found) if rows < min(batch, len(groups[place]))]
    halves = {batch // part: batch // (part // 2) for part in (8, 4, 2)}
    before = [[*found[:place], halves[found[place]], *found[place + 1 :]] for place in smaller]
    assert not before or max(_share(groups, sizes) for sizes in before) > 0.15


def test_lengths_that_hardly_differ_are_not_sorted_at_all():
    lengths = np.random.default_rng(0).integers(95, 101, 500)
    made = BucketEpochs(lengths, 10, 4, shuffle=True)
    order = np.random.default_rng([4, 1]).permutation(500)
    assert {frozenset(group.tolist()) for group in _batches(made.epoch(1))} == {
        frozenset(group.tolist()) for group in order.reshape(-1, 10)
    }


def test_batches_of_one_width_follow_each_other_so_that_a_call_can_take_several():
    made = BucketEpochs(_long_tailed(3000), 16, 0, shuffle=True, worth=0.01)
    assert len(made.padded_lengths) > 2
    widths = made.epoch(1).padded_length
    changes = int((np.diff(widths) != 0).sum()) + 1
    runs = sum(-(-int((widths == width).sum()) // RUN) for width in made.padded_lengths)
    assert changes <= runs
    assert changes > len(made.padded_lengths)  # and they are not simply sorted


@settings(deadline=None)
@given(longest=st.lists(st.integers(1, 9), min_size=1, max_size=30), worth=st.sampled_from([0.0, 0.01, 0.1, 0.5]))
def test_widths_are_the_cheapest_and_each_spares_what_it_is_worth(longest, worth):
    longest = np.array(longest)
    most = int(longest.max())

    def cost(widths):
        return sum(min(width for width in widths if width >= need) for need in longest.tolist())

    found = choose_padded_lengths(longest, most, worth)
    assert found[-1] == most
    for count in range(len(found), 1, -1):
        cheaper, dearer = (
            min(cost((*some, most)) for some in _subsets(np.unique(longest[longest < most]).tolist(), size))
            for size in (count - 1, count - 2)
        )
        assert dearer - cheaper > worth * most * len(longest) - 1e-9
        if count == len(found):
            assert cost(found) == cheaper


def _subsets(values, size):
    from itertools import combinations

    return combinations(values, size)


def test_a_large_split_is_laid_out_in_a_moment(monkeypatch):
    monkeypatch.setattr(module, "_SAMPLE", 5000)
    made = BucketEpochs(_long_tailed(200_000), 64, 0, shuffle=True, worth=0.02)
    assert made.epoch(1).members.shape == (200_000,)
    assert made.padding < 0.15
