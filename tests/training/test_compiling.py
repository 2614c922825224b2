"""What is heard while a program compiles, by whoever waits for it or calls it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import tensorflow as tf

from rnnctl import backend, programs
from rnnctl.training import compile_times, compiling
from rnnctl.training.compiled import Compiled
from rnnctl.training.compiling import patiently
from rnnctl.util.progress import listening

backend.start()


@pytest.fixture
def heard(monkeypatch):
    """Messages; compiling is watched closely."""
    monkeypatch.setattr(compiling, "POLL_SECONDS", 0.01)
    messages = []

    def hear(text, share, seconds=None):
        messages.append((text, share, seconds))

    with listening(hear):
        yield messages


def slow(number):
    """Takes a while to trace, and so to compile, and none to run."""
    time.sleep(0.1)
    return number + 1


def on_another_thread(function, *arguments):
    with ThreadPoolExecutor(1) as pool:
        return patiently(pool.submit(function, *arguments))


CALLS = pytest.mark.parametrize("call", [lambda function, *arguments: function(*arguments), on_another_thread])


@CALLS
def test_a_first_call_is_heard_of_until_it_ends_and_a_second_one_is_not(heard, call):
    program = Compiled(slow, "a sum")
    assert int(call(program, tf.constant(3))) == 4
    assert len(heard) > 3
    assert {text.partition(",")[0] for text, _, _ in heard} == {"compiling a sum"}
    assert [share for _, share, _ in heard] == [None] * (len(heard) - 1) + [1.0]
    seconds = [seconds for _, _, seconds in heard]
    assert seconds == sorted(seconds)
    assert 0.1 <= seconds[-1] < 5
    heard.clear()
    assert int(call(program, tf.constant(4))) == 5
    assert heard == []


def test_what_is_compiled_within_another_program_is_part_of_that(heard):
    inner = Compiled(slow, "the inner one")
    assert int(Compiled(lambda number: inner(number) + 1, "the outer one", jit_compile=False)(tf.constant(3))) == 5
    assert {text.partition(",")[0] for text, _, _ in heard} == {"compiling the outer one"}


def test_one_that_is_traced_before_its_first_call_is_heard_of_until_that_ends(heard):
    program = Compiled(slow, "a sum")
    program.variables(tf.constant(3))
    assert heard[-1][1] is None
    program(tf.constant(3))
    assert [share for _, share, _ in heard if share is not None] == [1.0]


@pytest.mark.parametrize("method", ["variables", "__call__"])
def test_after_a_failure_another_program_is_heard_of(heard, method):
    def fails(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        getattr(Compiled(fails, "fails"), method)(tf.constant(3))
    heard.clear()
    Compiled(slow, "a sum")(tf.constant(3))
    assert heard[-1][0].startswith("compiling a sum")
    assert heard[-1][1] == 1.0


@CALLS
def test_a_listener_that_is_gone_does_no_harm(monkeypatch, capsys, call):
    def gone(text, share, seconds=None):
        raise BrokenPipeError

    monkeypatch.setattr(compiling, "POLL_SECONDS", 0.01)
    with listening(gone):
        assert int(call(Compiled(slow, "a sum"), tf.constant(3))) == 4
    assert capsys.readouterr().err == ""


def test_how_long_it_usually_takes_is_said_once_its_size_is_known(heard, monkeypatch):
    asked = []
    monkeypatch.setattr(compile_times, "usual_seconds", lambda *known: asked.append(known) or 41.2)
    program = Compiled(slow, "a sum")
    program.variables(tf.constant(3))
    time.sleep(0.05)
    program(tf.constant(3))
    assert heard[0][0] == "compiling a sum"
    assert heard[-1][0] == "compiling a sum, usually about 41 s"
    ((operations, tracing),) = asked
    graph = program._function.get_concrete_function(tf.constant(3)).graph
    assert abs(operations - len(graph.get_operations())) <= 1  # all but the one that gives the result
    assert 0.1 <= tracing <= heard[-1][2]
    monkeypatch.setattr(backend, "device_name", lambda: "a GPU")
    Compiled(slow, "another sum")(tf.constant(3))
    assert asked[1][1] is None
    monkeypatch.setattr(compile_times, "usual_seconds", lambda *_: None)
    Compiled(slow, "a third sum")(tf.constant(3))
    assert heard[-1][0] == "compiling a third sum"


def test_what_is_kept_for_later_is_the_time_of_programs_that_were_compiled_alone_and_now(heard, monkeypatch):
    noted, kept = [], ["key", 0]
    monkeypatch.setattr(compile_times, "note", lambda operations, seconds: noted.append(seconds))
    monkeypatch.setattr(programs, "kept", lambda: tuple(kept))

    def compiles(number):
        kept[1] += 1  # as TensorFlow writes a file
        return slow(number)

    Compiled(compiles, "a step", idle=True)(tf.constant(3))
    assert len(noted) == 1
    assert 0.1 <= noted[0] <= 5
    Compiled(compiles, "a validation")(tf.constant(3))
    Compiled(slow, "a step that is found", idle=True)(tf.constant(3))
    with pytest.raises(ZeroDivisionError):
        Compiled(lambda number: compiles(number) / (1 // 0), "a fault", idle=True)(tf.constant(3))
    assert len(noted) == 1
