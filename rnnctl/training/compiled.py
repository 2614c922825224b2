"""Functions that TensorFlow compiles: traced as written, their names the same in every process (`rnnctl.programs`).

TensorFlow's ``autograph`` rewrites the source of all that is called so that ``if`` and ``while`` may look at tensors.
Nothing here does, and the rewriting took 1.3 of the 1.7 seconds that tracing a training step did.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import tensorflow as tf

from rnnctl.programs import numbered
from rnnctl.training.compiling import Compiling, begin


class Compiled:
    """A function of tensors, traced for each kind of arguments and compiled when it is first called with them.

    Args:
        function: Takes and gives tensors; its loops and conditions are TensorFlow's own, ``tf.while_loop`` for one.
        name: What it computes, for the user; tells it apart from this project's other programs.
        jit_compile: Whether XLA compiles.
        idle: Whether the first call does nothing but compile, and so tells how long that takes.
    """

    def __init__(
        self, function: Callable[..., Any], name: str, *, jit_compile: bool = True, idle: bool = False
    ) -> None:
        self._name, self._idle = name, idle
        self._compiling: Compiling | None = None
        self._traces: dict[tuple[Any, ...], Any] = {}

        @wraps(function)
        def traced(*arguments: Any) -> Any:
            self._compiling = self._compiling or begin(name)
            results = function(*arguments)
            if self._compiling is not None:
                self._compiling.traced(_operations(tf.compat.v1.get_default_graph()))
            return results

        self._function = tf.function(traced, jit_compile=jit_compile, autograph=False)

    def __call__(self, *arguments: Any) -> Any:
        """Runs the function."""
        # TensorFlow takes half a millisecond to find the trace for some arguments, as long as two steps of a small net.
        kinds = _kinds(arguments) if tf.executing_eagerly() else None
        if kinds is not None and (trace := self._traces.get(kinds)) is not None:
            return trace(*arguments)
        done = False
        try:
            with numbered(self._name):
                results = self._function(*arguments)
                if kinds is not None:
                    self._traces[kinds] = self._function.get_concrete_function(*arguments)
            done = True
            return results
        finally:
            self._end(alone=done and self._idle)

    def variables(self, *arguments: Any) -> tuple[Any, ...]:
        """The variables that the function reads or writes when it is called with such arguments, as it is next."""
        try:
            with numbered(self._name):
                return tuple(self._function.get_concrete_function(*arguments).variables)
        except BaseException:
            self._end(alone=False)
            raise

    def _end(self, *, alone: bool) -> None:
        if self._compiling is not None:
            self._compiling.end(alone=alone)
            self._compiling = None


def _kinds(arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """What a trace depends on; None where that is more than the kinds of tensors."""
    leaves = tf.nest.flatten(arguments)
    return tuple((leaf.dtype, leaf.shape) for leaf in leaves) if all(map(tf.is_tensor, leaves)) else None


def _operations(graph: Any) -> int:
    """The number of operations of a graph, those of its loops and other functions included."""
    plain = graph.as_graph_def()
    return len(plain.node) + sum(len(function.node_def) for function in plain.library.function)
