from __future__ import annotations

import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from small import plain_schedule

from rnnctl.results.training import StepRecord, ValidationRecord
from rnnctl.schema.training import EarlyStopping
from rnnctl.training.feeds import STEPS_A_CALL
from rnnctl.training.loop import BestWeights, TrainingLoop
from rnnctl.training.step_results import ResultLayout
from rnnctl.training.steps_per_execution import SECONDS_A_CALL, StepsPerExecution

LAYOUT = ResultLayout(("a", "b"), ("r/h", "r/c"), 3)


class Model:
    """A model whose one weight is the number of steps that it has been trained for."""

    def __init__(self):
        self.steps = 0

    def get_weights(self):
        return [np.array(self.steps)]

    def set_weights(self, weights):
        self.steps = int(weights[0])


class Program:
    """Takes steps on ``Model``; the loss is the step's number."""

    layout = LAYOUT
    feed = SimpleNamespace(steps_a_call=STEPS_A_CALL)

    def __init__(self, model, *, bad_step=None, failing_step=None, seconds=0.0):
        self.model, self.bad_step, self.failing_step, self.seconds = model, bad_step, failing_step, seconds
        self.calls, self.warm = [], False
        self.running = threading.Lock()

    def warm_up(self):
        self.warm = True

    def prepare(self, indices, sizes, piece, time_steps):
        assert len(indices) == len(sizes) == len(piece) > 0
        assert time_steps == 1
        return indices

    def run(self, indices):
        assert self.warm
        assert self.running.acquire(blocking=False), "two calls at once"
        try:
            time.sleep(self.seconds)
            rows = []
            for _ in range(len(indices)):
                self.model.steps += 1
                if self.model.steps == self.failing_step:
                    raise RuntimeError("the device is gone")
                bad = self.model.steps == self.bad_step
                rows.append(np.full(LAYOUT.width, np.nan if bad else self.model.steps, np.float32))
                if bad:
                    break
            self.calls.append(len(rows))
            return np.array(rows)
        finally:
            self.running.release()


def _loop(*, steps=10, per_epoch=3, losses=None, stopping=None, every=1, pace=None, **program):
    """A loop; ``losses`` are the validation losses of epochs 1, 2, …."""
    model = Model()
    loop = TrainingLoop(
        Program(model, **program),
        plain_schedule(per_epoch, 1, steps, 0, shuffle=False),
        BestWeights(model, stopping, ["steps"]),
        None,
        every=every,
    )
    if pace is not None:
        loop.calls = pace
    if losses is not None:

        def validate():
            assert loop.program.running.acquire(blocking=False), "validated during a call"
            loop.program.running.release()
            assert model.steps == loop.done, "validated other weights than those of the epoch's end"
            return losses[(loop.done - 1) // per_epoch]

        loop.validate = validate
    return loop


class FixedPace(StepsPerExecution):
    """Gives every call the same number of steps."""

    def __init__(self, fixed):
        super().__init__(steps=fixed)
        self._fixed = fixed

    def note(self, steps, seconds):
        each = super().note(steps, seconds)
        self.steps = self._fixed
        return each


def _told_until_error(loop, message):
    """The steps that are told before an error comes."""
    told = []
    with pytest.raises(RuntimeError, match=message):
        told.extend(_noted(loop, told))
    return told


def _noted(loop, told):
    for record in loop:
        told.append(record.step)
    return ()


@settings(deadline=None, max_examples=60)
@given(
    steps=st.integers(1, 60),
    per_epoch=st.integers(1, 9),
    call=st.integers(1, 20),
    validating=st.booleans(),
)
def test_every_step_is_told_once_in_order_and_every_epoch_is_validated_once(steps, per_epoch, call, validating):
    losses = [1.0 / (epoch + 1) for epoch in range(60)] if validating else None
    loop = _loop(steps=steps, per_epoch=per_epoch, losses=losses, pace=FixedPace(call))
    events = list(loop)
    records = [event for event in events if isinstance(event, StepRecord)]
    assert [record.step for record in records] == list(range(1, steps + 1))
    assert [record.loss for record in records] == list(range(1, steps + 1))
    assert [record.epoch for record in records] == [(step - 1) // per_epoch + 1 for step in range(1, steps + 1)]
    assert (loop.done, loop.stopped, loop.last) == (steps, "finished", records[-1])
    ends = [step for step in range(1, steps + 1) if step % per_epoch == 0 or step == steps]
    told = [event.step for event in events if isinstance(event, ValidationRecord)]
    assert told == (ends if validating else [])
    for place, event in enumerate(events):
        if isinstance(event, ValidationRecord):
            assert events[place - 1].step == event.step
    if not validating:
        assert set(loop.program.calls[:-1]) <= {call}


@settings(deadline=None, max_examples=40)
@given(
    losses=st.lists(st.sampled_from([0.1, 0.2, 0.3, math.nan]), min_size=12, max_size=12),
    patience=st.integers(1, 4),
    min_delta=st.sampled_from([0.0, 0.15]),
    call=st.integers(1, 9),
)
def test_early_stopping_ends_at_the_exact_epoch_and_gives_back_the_best_weights(losses, patience, min_delta, call):
    best, best_epoch, waited, end = math.inf, None, 0, 12
    for epoch, loss in enumerate(losses, start=1):
        if loss < best - min_delta:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
        if waited >= patience:
            end = epoch
            break
    stopping = EarlyStopping(patience=patience, min_delta=min_delta)
    loop = _loop(steps=36, per_epoch=3, losses=losses, stopping=stopping, pace=FixedPace(call))
    events = list(loop)
    assert loop.done == loop.program.model.steps == 3 * end
    assert loop.stopped == ("early stopping" if end < 12 else "finished")
    assert loop.best.state.epoch == best_epoch
    assert loop.best.state.loss == (None if best_epoch is None else best)
    validations = [event for event in events if isinstance(event, ValidationRecord)]
    assert [event.epoch for event in validations] == list(range(1, end + 1))
    assert [event.epoch for event in validations if event.is_best][-1:] == ([best_epoch] if best_epoch else [])
    loop.best.restore()
    assert loop.program.model.steps == (3 * best_epoch if best_epoch else 3 * end)


def test_weights_are_left_alone_where_the_best_are_not_asked_for():
    for stopping in (None, EarlyStopping(patience=5, restore_best_weights=False)):
        loop = _loop(steps=6, losses=[1.0, 2.0], stopping=stopping)
        list(loop)
        loop.best.restore()
        assert loop.program.model.steps == 6
        assert (loop.best.state.loss, loop.best.state.epoch) == (1.0, 1)


@pytest.mark.parametrize("bad_step", [1, 2, 7, 10])
@pytest.mark.parametrize("call", [1, 4, 100])
def test_the_step_that_is_not_finite_is_the_last_one_told_and_nothing_is_validated_after_it(bad_step, call):
    loop = _loop(per_epoch=10, losses=[1.0], bad_step=bad_step, pace=FixedPace(call))
    records = list(loop)
    assert [record.step for record in records] == list(range(1, bad_step + 1))
    assert math.isnan(records[-1].loss)
    assert loop.stopped == "non-finite"
    assert loop.program.model.steps == bad_step
    assert loop.norm_before == (None if bad_step == 1 else bad_step - 1)


def test_norms_through_time_are_told_at_every_so_many_steps_and_where_training_breaks():
    def told(loop):
        return [record.step for record in loop if record.state_gradient_norms is not None]

    assert told(_loop(steps=10, every=4)) == [1, 5, 9]
    assert told(_loop(steps=10, every=1)) == list(range(1, 11))
    assert told(_loop(steps=10, every=4, bad_step=7)) == [1, 5, 7]


@pytest.mark.parametrize("call", [1, 3, 50])
def test_a_request_to_stop_ends_training_after_the_call_and_tells_all_that_was_done(call):
    loop = _loop(steps=1000, pace=FixedPace(call))
    asked = []
    loop.stop = lambda: bool(asked)
    told = []
    for record in loop:
        told.append(record.step)
        if record.step == 5:
            asked.append(True)
    assert loop.stopped == "interrupted"
    assert told == list(range(1, loop.done + 1))
    assert loop.program.model.steps == loop.done < 5 + 3 * call


def test_a_request_before_the_first_step_takes_none():
    loop = _loop()
    loop.stop = lambda: True
    assert list(loop) == []
    assert (loop.done, loop.stopped, loop.calls.median) == (0, "interrupted", None)


def test_a_request_after_the_last_step_comes_too_late_to_interrupt():
    loop = _loop(steps=2, pace=FixedPace(2))
    loop.stop = lambda: loop.done == 2
    assert len(list(loop)) == 2
    assert loop.stopped == "finished"


def test_who_leaves_the_loop_does_not_hang_and_leaves_no_thread():
    before = threading.active_count()
    loop = _loop(steps=10_000, seconds=0.05, pace=FixedPace(10))
    for record in loop:
        if record.step == 3:
            break
    assert threading.active_count() == before
    assert loop.program.model.steps <= 20


@pytest.mark.parametrize(("failing_step", "told"), [(1, 0), (3, 0), (4, 3), (8, 6), (12, 9)])
def test_an_error_while_training_is_raised_after_all_calls_before_it_are_told(failing_step, told):
    before = threading.active_count()
    loop = _loop(steps=12, pace=FixedPace(3), failing_step=failing_step)
    assert _told_until_error(loop, "the device is gone") == list(range(1, told + 1))
    assert threading.active_count() == before


def test_an_error_while_validating_is_raised_after_the_epoch_is_told():
    loop = _loop(steps=12)

    def validate():
        raise RuntimeError("no memory")

    loop.validate = validate
    assert _told_until_error(loop, "no memory") == [1, 2, 3]


def test_the_next_call_runs_while_the_records_of_the_last_are_told():
    loop = _loop(steps=3, pace=FixedPace(1))
    run, started = loop.program.run, threading.Semaphore(0)

    def noticed(*batches):
        started.release()
        return run(*batches)

    loop.program.run = noticed
    assert started.acquire(blocking=False) is False
    first = next(iter(loop))
    assert first.step == 1
    assert all(started.acquire(timeout=10) for _ in range(2)), "the second step waits for the first one's record"


def test_batches_of_two_more_calls_are_prepared_while_one_runs():
    loop = _loop(steps=9, pace=FixedPace(2))
    prepare, run, prepared, go_on = loop.program.prepare, loop.program.run, threading.Semaphore(0), threading.Event()

    def noticed(*given):
        prepared.release()
        return prepare(*given)

    def waiting(*batches):
        assert go_on.wait(timeout=10)
        return run(*batches)

    loop.program.prepare, loop.program.run = noticed, waiting
    with ThreadPoolExecutor(1) as reader:
        told = reader.submit(list, loop)
        try:
            assert all(prepared.acquire(timeout=10) for _ in range(3))
            assert prepared.acquire(timeout=0.1) is False, "batches pile up"
        finally:
            go_on.set()
        assert [record.step for record in told.result()] == list(range(1, 10))


def test_calls_grow_to_the_time_they_should_take_and_no_faster_than_eightfold():
    pace = StepsPerExecution()
    assert pace.steps == 1
    assert pace.note(1, 1e-6) == 1e-6
    assert pace.steps == 8
    pace.note(8, 8 * SECONDS_A_CALL / 20)
    assert pace.steps == 20
    pace.note(20, 20 * 1e-9)
    assert pace.steps == 160
    pace.note(160, 0.0)
    assert pace.steps == STEPS_A_CALL
    pace.note(512, 512 * 60.0)
    assert pace.steps == 1


def test_the_median_is_that_of_the_calls_seconds_a_step():
    pace = StepsPerExecution()
    for seconds in (0.3, 0.1, 0.2):
        pace.note(1, seconds)
    assert pace.median == pytest.approx(0.2)


def test_a_record_names_every_number_of_its_row():
    row = [0.5, 5.0, 2.5, float(np.float32(0.01)), 3.0, 4.0, *range(6)]
    record = LAYOUT.record(row, step=4, epoch=2, seconds=0.25, every=3)
    assert record == StepRecord(
        step=4,
        epoch=2,
        loss=0.5,
        gradient_norm=5.0,
        clipped_norm=2.5,
        gradient_norms={"a": 3.0, "b": 4.0},
        learning_rate=0.01,
        seconds=0.25,
        state_gradient_norms={"r/h": (0, 1, 2), "r/c": (3, 4, 5)},
    )
    assert LAYOUT.record(row, step=5, epoch=2, seconds=0.25, every=3).state_gradient_norms is None


@settings(deadline=None)
@given(rate=st.floats(2.0**-100, 2.0**20, width=32))
def test_a_rate_is_told_with_the_fewest_digits_that_give_the_same_float32(rate):
    row = [0.0, 0.0, 0.0, rate, *[0.0] * 8]
    told = LAYOUT.record(row, step=1, epoch=1, seconds=0.0, every=1).learning_rate
    assert np.float32(told) == np.float32(rate)
    assert len(repr(told)) <= len(repr(rate))


def test_without_states_nothing_is_told_of_them():
    layout = ResultLayout(("a",), (), 3)
    assert layout.record([1.0] * 5, step=1, epoch=1, seconds=0.0, every=1).state_gradient_norms is None


@pytest.mark.parametrize(("preparing", "stepping"), [(0.02, 0.0), (0.0, 0.02)], ids=["slow batches", "slow steps"])
def test_how_long_steps_waited_for_their_batches_is_measured(preparing, stepping):
    loop = _loop(steps=12, pace=FixedPace(1), seconds=stepping)
    prepare = loop.program.prepare

    def slowly(*given):
        time.sleep(preparing)
        return prepare(*given)

    loop.program.prepare = slowly
    assert loop.input_wait is None
    list(loop)
    assert 0 <= loop.input_wait <= 1
    assert (loop.input_wait > 0.5) == (preparing > stepping)
