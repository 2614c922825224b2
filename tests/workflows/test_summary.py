"""What the end of a run says so that nobody misreads its losses."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from cli.fakes import step

from rnnctl.results.training import Stopping, ValidationRecord
from rnnctl.workflows.summary import SummaryBuilder


def builder(min_delta: float | None = None) -> SummaryBuilder:
    stopping = None if min_delta is None else SimpleNamespace(min_delta=min_delta)
    training = SimpleNamespace(early_stopping=stopping)
    built: Any = SimpleNamespace(config=SimpleNamespace(training=training))
    return SummaryBuilder(built)


def loop(
    *, best: Stopping | None = None, done: int = 9, per_epoch: int = 3, truncate: int | None = None, lengths: int = 1
) -> Any:
    shape = SimpleNamespace(padded_lengths=tuple(range(lengths)))
    schedule = SimpleNamespace(truncate=truncate, shape=shape, steps_per_epoch=per_epoch)
    return SimpleNamespace(best=SimpleNamespace(state=best or Stopping()), schedule=schedule, done=done)


def test_a_lower_loss_that_does_not_count_is_told_with_the_setting_that_makes_it_so() -> None:
    totals = builder(0.05)
    for epoch, loss in enumerate((0.5279, 0.5162, float("nan"), 0.5098, 0.5120), start=1):
        totals.validations.append(ValidationRecord(epoch, epoch, loss, is_best=epoch == 1))
    (remark,) = totals.remarks(loop(best=Stopping(0.5279, 1, 4)))
    assert remark == (
        "the validation loss was lower in epoch 4 (0.5098) than in epoch 1 (0.5279), which counts as the best: it fell "
        "by less than training.early_stopping.min_delta, 0.05; set that to 0 to keep the lowest"
    )
    assert list(totals.remarks(loop(best=Stopping(0.5098, 4, 1)))) == []
    everything = builder()
    everything.validations.extend(totals.validations)
    assert list(everything.remarks(loop(best=Stopping(0.5279, 1, 4)))) == []


@pytest.mark.parametrize("cut", [{"truncate": 5}, {"lengths": 2}])
def test_of_batches_that_differ_the_mean_losses_of_the_first_and_the_last_epoch_are_told(cut: dict[str, int]) -> None:
    totals, losses = builder(), np.random.default_rng(2).random(9)
    for number, loss in enumerate(losses, start=1):
        totals.add(step(number, loss=float(loss), epoch=(number + 2) // 3))
    (remark,) = totals.remarks(loop(**cut))
    assert remark.endswith(f"the mean loss is {losses[:3].mean():.4f} in epoch 1, {losses[6:].mean():.4f} in epoch 3")
    assert list(totals.remarks(loop())) == []  # batches alike
    assert list(totals.remarks(loop(done=3, **cut))) == []  # one epoch


def test_a_run_that_is_resumed_in_its_last_epoch_tells_of_that_one_once() -> None:
    totals = builder()
    totals.add(replace(step(9, loss=0.5), epoch=3))
    (remark,) = totals.remarks(loop(truncate=5))
    assert remark.endswith("the mean loss is 0.5000 in epoch 3")
