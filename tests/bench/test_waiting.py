from __future__ import annotations

import time

import pytest
from small import small_config

from rnnctl.bench.waiting import measure_waiting
from rnnctl.training.build import build
from rnnctl.training.program import TrainingProgram


def measured(**sections):
    config = small_config(**sections)
    built = build(config)
    return measure_waiting(built, 0.2)


@pytest.mark.parametrize("slow", [0.0, 0.02], ids=["batches at once", "batches that take long"])
def test_waiting_is_told_whatever_the_length_of_the_config(slow, monkeypatch):
    prepare = TrainingProgram.prepare

    def slowly(self, *given, **named):
        time.sleep(slow)
        return prepare(self, *given, **named)

    monkeypatch.setattr(TrainingProgram, "prepare", slowly)
    waiting = measured(training={"steps": 2, "batch_size": 4})
    assert waiting.way == "device"
    assert waiting.milliseconds > 0
    assert (0.5 if slow else 0.0) <= waiting.share < 1.0


def test_training_that_does_not_stay_finite_says_nothing_of_waiting():
    assert measured(optimizer={"kind": "sgd", "learning_rate": 1e6}) is None
