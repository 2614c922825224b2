from __future__ import annotations

from rnnctl.schema.training import Checkpoints
from rnnctl.training import checkpoint_schedule
from rnnctl.training.checkpoint_schedule import CheckpointSchedule


def test_calls_end_where_a_checkpoint_is_due_by_steps():
    schedule = CheckpointSchedule(Checkpoints(steps=5, minutes=None, best=False))
    assert [schedule.bound(done, 8) for done in (0, 3, 5, 9)] == [5, 2, 5, 1]
    assert [schedule.reasons(done, best=True) for done in (4, 5, 10)] == [(), ("due",), ("due",)]
    assert CheckpointSchedule(Checkpoints(minutes=None)).bound(3, 8) == 8


def test_time_counts_from_the_last_one_that_was_due(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(checkpoint_schedule, "FIRST_SECONDS", 1e9)
    schedule = CheckpointSchedule(Checkpoints(steps=100, minutes=1.0), clock=lambda: now[0])
    now[0] = 59.0
    assert schedule.reasons(1, best=False) == ()
    assert schedule.reasons(2, best=True) == ("best",)
    now[0] = 61.0
    assert schedule.reasons(3, best=True) == ("due", "best")
    now[0] = 120.0
    assert schedule.reasons(4, best=False) == ()
    assert schedule.reasons(100, best=False) == ("due",)
    now[0] = 179.0
    assert schedule.reasons(101, best=False) == ()


def test_the_first_one_is_taken_seconds_after_the_first_steps_however_long_these_took_to_compile():
    now = [0.0]
    schedule = CheckpointSchedule(Checkpoints(), clock=lambda: now[0])
    now[0] = 200.0
    assert schedule.reasons(1, best=False) == ()
    now[0] = 204.0
    assert schedule.reasons(2, best=False) == ()
    now[0] = 205.0
    assert schedule.reasons(3, best=False) == ("due",)
    now[0] = 220.0
    assert schedule.reasons(4, best=False) == ()
    now[0] = 505.0
    assert schedule.reasons(5, best=False) == ("due",)
