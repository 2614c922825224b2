"""Training where batches of long sequences hold fewer of them, because full ones would be padding for the most part."""

from __future__ import annotations

import numpy as np
import pytest
from made_data import made_config, made_dataset

from rnnctl.model.build import build_model
from rnnctl.model.weights import weight_arrays
from rnnctl.results.training import StepRecord
from rnnctl.training import schedule, setup
from rnnctl.training.build import Built
from rnnctl.workflows.check import training_cost

LENGTHS = (2, 3, 2, 4, 3, 2, 5, 3, 4, 2, 3, 2, 4, 3, 2, 30, 3, 2, 4, 3, 25, 17, 5, 28, 2, 3, 4, 5, 20, 8, 9, 10)


@pytest.fixture(autouse=True)
def _programs_cost_nothing(monkeypatch):
    monkeypatch.setattr(schedule, "COMPILING", 0.05)
    monkeypatch.setattr(schedule, "_SPEED", 1e6)


def _made():
    rate = {"kind": "cosine", "initial_learning_rate": 0.1}
    optimizer = {"kind": "adam", "learning_rate": rate}
    config = made_config("number", "sequence", training={"epochs": 3, "batch_size": 8}, optimizer=optimizer)
    dataset = made_dataset(LENGTHS, "numbers", "number", "sequence")
    built = Built.of(config, dataset, build_model(config, dataset.signature))
    return built, setup.make_loop(built)


def _trained(loop, until=None):
    loop.until, loop.stopped = until, "finished"
    return [event.loss for event in loop if isinstance(event, StepRecord)]


def test_it_is_told_and_counted_wherever_steps_are():
    built, loop = _made()
    buckets = loop.schedule.epochs
    assert min(buckets.batch_sizes) < 8
    assert buckets.steps == loop.schedule.steps_per_epoch > 3
    assert loop.schedule.total_steps == 3 * buckets.steps == training_cost(built).steps
    assert not loop.schedule.even
    header = setup.make_header(built, loop)
    assert header.total_steps == loop.schedule.total_steps
    (note,) = (note for note in header.notes if "hold fewer than 8 sequences" in note)
    for longer, rows in zip((0, *buckets.padded_lengths), buckets.batch_sizes, strict=False):
        assert (f"{rows} for those of more than {longer} time steps" in note) == (rows < 8)
    assert setup.describe_loop(built.config, loop)["sequences_of_each_width"] == list(buckets.batch_sizes)


def test_every_sequence_is_seen_once_an_epoch():
    made = _made()[-1].schedule
    for epoch in range(3):
        indices, sizes = made.batches(epoch * made.steps_per_epoch, made.steps_per_epoch)
        seen = [member for row, size in zip(indices, sizes, strict=True) for member in row[:size]]
        assert sorted(seen) == list(range(len(LENGTHS)))


def test_stopping_within_an_epoch_and_going_on_gives_the_same_bits():
    built, loop = _made()
    begin = loop.snapshot("begin")
    losses = _trained(loop)
    assert len(losses) == loop.schedule.total_steps
    whole = {name: np.array(array) for name, array in weight_arrays(built.model).items()}
    # The same loop again and again: every other one would compile each width anew.
    loop.restore(begin)
    before = _trained(loop, until=loop.schedule.steps_per_epoch + 2)
    snapshot = loop.snapshot("interrupted")
    assert _trained(loop, until=loop.schedule.steps_per_epoch + 5) == losses[len(before) :][:3]
    loop.restore(snapshot)
    assert before + _trained(loop) == losses
    for one, two in zip(whole.values(), weight_arrays(built.model).values(), strict=True):
        np.testing.assert_array_equal(one, two)
