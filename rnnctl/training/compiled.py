"""Functions that TensorFlow compiles: traced as written, their names the same in every process (`rnnctl.programs`).

TensorFlow's ``autograph`` rewrites the source of all that is called so that ``if`` and ``while`` may look at tensors.
Nothing here does, and the rewriting took 1.3 of the 1.7 seconds that tracing a training step did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from rnnctl.programs import numbered


class Compiled:
    """A function of tensors, traced for each kind of arguments and compiled when it is first called with them.

    Args:
        function: Takes and gives tensors; its loops and conditions are TensorFlow's own, ``tf.while_loop`` for one.
        name: Tells it apart from this project's other programs.
        jit_compile: Whether XLA compiles.
    """

    def __init__(self, function: Callable[..., Any], name: str, *, jit_compile: bool = True) -> None:
        self._function = tf.function(function, jit_compile=jit_compile, autograph=False)
        self._name = name

    def __call__(self, *arguments: Any) -> Any:
        """Runs the function."""
        with numbered(self._name):
            return self._function(*arguments)

    def variables(self, *arguments: Any) -> tuple[Any, ...]:
        """The variables that the function reads or writes when it is called with such arguments; traces it."""
        with numbered(self._name):
            return tuple(self._function.get_concrete_function(*arguments).variables)
