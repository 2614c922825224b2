"""Checkpoints of best validations: not too often, and none is lost."""

from __future__ import annotations

import numpy as np
import pytest

from rnnctl.results.training import Snapshot, Stopping
from rnnctl.runs.checkpoints import checkpoint_steps
from rnnctl.workflows import checkpointing
from rnnctl.workflows.checkpointing import BEST_SECONDS, CheckpointWriter


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until a test moves it."""
    now = [100.0]
    monkeypatch.setattr(checkpointing.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def writer(tmp_path, clock):
    made = CheckpointWriter(tmp_path, 2, lambda step: {}, lambda: None, None)
    yield made
    made.close()


def _at(step, *reasons):
    arrays = {"a": np.full(2, step, np.float32)}
    return Snapshot(step, arrays, arrays, Stopping(), reasons)


def _written(writer, tmp_path):
    writer._wait()
    return checkpoint_steps(tmp_path)


def test_a_best_one_that_came_too_soon_is_written_once_its_time_has_come(writer, clock, tmp_path):
    writer.add(_at(3, "best"))
    writer.check()
    assert _written(writer, tmp_path) == []
    clock[0] += BEST_SECONDS
    writer.check()
    assert _written(writer, tmp_path) == [3]
    clock[0] += 5 * BEST_SECONDS
    writer.check()
    assert _written(writer, tmp_path) == [3]


def test_of_several_that_came_too_soon_the_best_is_written(writer, clock, tmp_path):
    writer.add(_at(3, "best"))
    writer.add(_at(5, "best"))
    clock[0] += BEST_SECONDS
    writer.check()
    assert _written(writer, tmp_path) == [5]
    writer.add(_at(6, "best"))
    assert _written(writer, tmp_path) == [5]


def test_a_best_one_that_came_too_soon_is_written_with_the_next_of_any_kind_and_stays(writer, clock, tmp_path):
    writer.add(_at(3, "best"))
    writer.add(_at(10, "due"))
    assert _written(writer, tmp_path) == [3, 10]
    for step in (20, 30, 40):
        writer.add(_at(step, "due"))
    assert _written(writer, tmp_path) == [3, 30, 40]


def test_one_that_is_due_and_best_takes_the_place_of_what_was_best_before(writer, clock, tmp_path):
    writer.add(_at(3, "best"))
    writer.add(_at(10, "due", "best"))
    assert _written(writer, tmp_path) == [10]
    writer.add(_at(11, "best"))
    writer.finish(_at(11, "last"))
    assert _written(writer, tmp_path) == [10, 11]


def test_at_the_end_both_the_best_and_the_last_are_written(writer, clock, tmp_path):
    writer.add(_at(3, "best"))
    writer.finish(_at(9, "last"))
    assert checkpoint_steps(tmp_path) == [3, 9]
