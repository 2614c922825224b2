from __future__ import annotations

from rnnctl.training.due import Due


def test_calls_end_where_a_checkpoint_is_due_by_steps():
    due = Due(steps=5)
    assert [due.bound(done, 8) for done in (0, 3, 5, 9)] == [5, 2, 5, 1]
    assert [due.reasons(done, best=True) for done in (4, 5, 10)] == [(), ("due",), ("due",)]
    assert Due().bound(3, 8) == 8


def test_time_counts_from_the_last_one_that_was_due():
    now = [0.0]
    due = Due(steps=100, seconds=60.0, best=True, clock=lambda: now[0])
    now[0] = 59.0
    assert due.reasons(1, best=False) == ()
    assert due.reasons(2, best=True) == ("best",)
    now[0] = 61.0
    assert due.reasons(3, best=True) == ("due", "best")
    now[0] = 120.0
    assert due.reasons(4, best=False) == ()
    assert due.reasons(100, best=False) == ("due",)
    now[0] = 179.0
    assert due.reasons(101, best=False) == ()
