from __future__ import annotations

import os
import signal
import threading

import pytest

from rnnctl.workflows import interrupts
from rnnctl.workflows.interrupts import StopRequest, stop_on_signals

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def a_hangup_is_not_ignored():
    """Under ``nohup`` it is, and stays so; these tests are of signals that end a process."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def _handlers():
    return [signal.getsignal(number) for number in SIGNALS]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_asks_and_the_second_interrupts_at_once(number):
    with stop_on_signals() as request:
        assert not request()
        os.kill(os.getpid(), number)
        assert request()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_interrupt_is_held_back_to_the_end_of_what_must_not_be_done_by_halves(number):
    done = []
    with stop_on_signals() as request:
        os.kill(os.getpid(), number)

        def both():
            with request:
                os.kill(os.getpid(), number)
                done.append("the other half")

        with pytest.raises(KeyboardInterrupt):
            both()
    assert done == ["the other half"]


@pytest.mark.parametrize("impatient", ["a third signal", "time"])
def test_what_hangs_does_not_hold_the_interrupt_back_for_ever(monkeypatch, impatient):
    done = []

    def hang(request):
        with request:
            if impatient == "time":
                now = interrupts.time.monotonic()
                monkeypatch.setattr(interrupts.time, "monotonic", lambda: now + interrupts.PATIENCE)
            else:
                os.kill(os.getpid(), signal.SIGINT)
            done.append("held back so far")
            os.kill(os.getpid(), signal.SIGINT)
            done.append("not reached")

    with stop_on_signals() as request:
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            hang(request)
    assert done == ["held back so far"]


def test_an_error_is_not_hidden_by_an_interrupt_that_was_held_back():
    def fail(request):
        with request:
            os.kill(os.getpid(), signal.SIGINT)
            raise OSError("disk")

    with stop_on_signals() as request:
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(OSError, match="disk"):
            fail(request)


def test_the_handlers_of_before_are_put_back():
    before = _handlers()
    with stop_on_signals():
        assert _handlers() != before
    assert _handlers() == before


def test_a_handler_that_python_knows_nothing_of_becomes_the_default_one(monkeypatch):
    real, seen = signal.signal, []

    def foreign(number, handler):
        seen.append((number, handler))
        real(number, handler)

    before = _handlers()
    monkeypatch.setattr(signal, "signal", foreign)  # gives None for the handler before, as for one set in C
    try:
        with stop_on_signals():
            pass
        assert seen[len(SIGNALS) :] == [(number, signal.SIG_DFL) for number in SIGNALS]
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            real(number, handler)


def test_in_another_thread_signals_are_left_alone():
    before, found = _handlers(), []

    def work():
        with stop_on_signals() as request:
            found.extend([request(), _handlers() == before])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False, True]


def test_nobody_has_asked_at_first():
    assert StopRequest()() is False
