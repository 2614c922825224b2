"""Rounds, medians, quartiles and ratios, with contenders whose times are made up."""

from __future__ import annotations

import gc

import pytest

from rnnctl.bench import measure
from rnnctl.bench.contender import Contender, NotComparableError, steps_a_sample
from rnnctl.bench.measure import Entry, compare_losses, race


class Clockwork(Contender):
    """Takes no time, and says it took so many seconds a step."""

    def __init__(self, key, seconds, losses=(1.0, 0.5, 0.25), **more):
        self.key = self.name = key
        self.seconds, self.losses = seconds, losses
        self.calls, self.log = 0, more.pop("log", [])
        vars(self).update(more)

    def prepare(self):
        if isinstance(self.losses, str):
            raise NotComparableError(self.losses)
        return self.losses

    def settle(self):
        self.log.append(f"settle {self.key}")

    def time_step(self, steps):
        self.log.append((self.key, steps, gc.isenabled()))
        self.calls += 1
        return self.seconds


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch):
    monkeypatch.setattr(measure, "_REST", 0.0)


def test_medians_quartiles_and_ratios():
    ours = Entry(Clockwork("ours", 0), (1.0,), steps=40, samples=[0.001, 0.003, 0.002])
    other = Entry(Clockwork("other", 0), (1.0,), samples=[0.004, 0.008, 0.006, 0.010, 0.100])
    row = measure._row(other, ours)
    assert (row.milliseconds, row.low, row.high, row.samples) == (8.0, 6.0, 10.0, 5)
    assert row.ratio == pytest.approx(2.0 / 8.0)
    assert (measure._row(ours, ours).ratio, measure._row(ours, ours).steps) == (1.0, 40)


def test_every_round_gives_everyone_a_sample_settled_first_and_without_garbage_collection():
    log = []
    race([Clockwork("ours", 0.01, log=log), Clockwork("other", 0.02, log=log)], 0)
    samples = [entry for entry in log if isinstance(entry, tuple) and not entry[2]]
    full = [key for key, steps, _ in samples if steps in (4, 2)]
    for first in range(0, len(full), 2):
        assert set(full[first : first + 2]) == {"ours", "other"}
    assert len(full) == 10
    assert gc.isenabled()
    for place, entry in enumerate(log):
        if entry in samples:
            key = next(before for before in reversed(log[:place]) if isinstance(before, str))
            assert key == f"settle {entry[0]}"


def test_a_contender_with_long_steps_takes_part_in_fewer_rounds(monkeypatch):
    clock = iter(range(10_000))
    monkeypatch.setattr(measure.time, "perf_counter", lambda: float(next(clock)))
    slow, quick = Clockwork("slow", 1.2), Clockwork("quick", 0.01)
    rows = race([quick, slow], 100)
    assert rows[0].samples > 4 * rows[1].samples
    assert rows[1].samples >= 5


def test_what_differs_is_said_and_what_cannot_be_compared_is_left_out():
    ours = Clockwork("ours", 0.001)
    told = []
    others = [Clockwork("wrong", 0.001, (1.0, 0.5, 0.3)), Clockwork("absent", 0.0, "no such cell there")]
    rows = race([ours, *others], 0, told.append)
    assert told == ["preparing ours", "preparing wrong", "preparing absent", "measuring for 0 s"]
    assert [row.agrees for row in rows] == [True, False, None]
    assert rows[1].remark == "its loss at step 3 is 0.3 where rnnctl's is 0.25: it does not train the same"
    assert (rows[2].remark, rows[2].milliseconds) == ("no such cell there", None)


def test_losses_are_compared_to_one_in_ten_thousand():
    assert compare_losses((2.0, 1.0001), (2.0, 1.0)) == ""
    assert "step 2" in compare_losses((2.0, 1.0002), (2.0, 1.0))
    assert "step 1" in compare_losses((float("nan"), 1.0), (2.0, 1.0))
    assert "1 first losses where there should be 2" in compare_losses((2.0,), (2.0, 1.0))


def test_a_sample_has_as_many_steps_as_fill_its_time():
    assert steps_a_sample(Clockwork("a", 0.001), 0.04) == 40
    assert steps_a_sample(Clockwork("a", 3.0), 0.04) == 1
    assert steps_a_sample(Clockwork("a", 0.0), 0.04) == 4096
