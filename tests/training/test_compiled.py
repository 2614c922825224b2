from __future__ import annotations

import re
import threading

import pytest
import tensorflow as tf

from rnnctl import backend, programs
from rnnctl.training.compiled import Compiled

backend.start()


def sums(count):
    """Adds up the numbers below a number, in a loop of the graph."""
    return tf.while_loop(lambda at, _: at < count, lambda at, total: (at + 1, total + at), (0, 0))[1]


def names_in_graph(function, *arguments):
    """The names of a function's own functions: its loop's condition and body."""
    graph = function._function.get_concrete_function(*arguments).graph.as_graph_def()
    return sorted(each.signature.name for each in graph.library.function)


def test_a_program_computes_what_its_function_does_and_is_traced_once_for_each_kind_of_arguments():
    program = Compiled(sums, "sums")
    assert [int(program(tf.constant(count))) for count in (3, 4, 5)] == [3, 6, 10]
    assert program._function.experimental_get_tracing_count() == 1
    program(tf.constant(3, tf.int32)[None][0])
    assert program._function.experimental_get_tracing_count() == 1


def test_names_depend_on_the_programs_own_name_alone(monkeypatch):
    def traced(name):
        monkeypatch.setattr(programs, "_sources", {})
        program = Compiled(sums, name, jit_compile=False)
        program(tf.constant(3))
        return names_in_graph(program, tf.constant(3))

    first = traced("first name")
    assert len(first) == 2
    for _ in range(10):
        tf.function(sums)(tf.constant(3))  # takes numbers of TensorFlow's own
    assert traced("first name") == first
    assert not set(traced("second name")) & set(first)


def test_a_second_program_of_a_name_has_names_of_its_own():
    one, other = Compiled(sums, "twice"), Compiled(sums, "twice")
    one(tf.constant(3))
    other(tf.constant(3))
    assert not set(names_in_graph(one, tf.constant(3))) & set(names_in_graph(other, tf.constant(3)))


def test_what_other_threads_and_the_same_one_trace_otherwise_keeps_tensorflows_own_numbers():
    numbers = []

    def trace_another():
        function = tf.function(sums)
        graph = function.get_concrete_function(tf.constant(3)).graph.as_graph_def()
        numbers.extend(int(re.findall(r"\d+$", each.signature.name)[0]) for each in graph.library.function)

    def body(count):
        thread = threading.Thread(target=trace_another)
        thread.start()
        thread.join()
        return sums(count)

    program = Compiled(body, "with a thread beside")
    program(tf.constant(3))
    trace_another()
    assert len(numbers) == 4
    assert (
        max(numbers)
        < 1 << 60
        <= min(int(re.findall(r"\d+$", name)[0]) for name in names_in_graph(program, tf.constant(3)))
    )


def test_a_name_is_given_back_to_tensorflow_when_tracing_fails():
    def fails(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Compiled(fails, "fails")(tf.constant(3))
    assert programs._SOURCE.get() is None


def test_functions_are_not_rewritten_so_that_a_condition_on_a_tensor_is_an_error_at_once():
    def looks(value):
        return value if value > 0 else -value

    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
        Compiled(looks, "looks")(tf.constant(3))
