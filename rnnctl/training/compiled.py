"""Functions that TensorFlow compiles: traced as they are written, under names that are the same in every process.

TensorFlow's ``autograph`` rewrites the source of all that is called so that ``if`` and ``while`` may look at tensors.
Nothing here does, and the rewriting took 1.3 of the 1.7 seconds that tracing a training step did.

TensorFlow puts a number into the name of every function and loop: how many tensors, functions and other things the
process has made before. So a program's names would depend on all that ran earlier, on timing even, and with them the
key under which a compiled program is found again (``rnnctl.programs``). Here the number is a function of the program's
own name and of how often that name was traced in this process.
"""

from __future__ import annotations

import itertools
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import tensorflow as tf


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
        with _numbered(self._name):
            return self._function(*arguments)

    @property
    def times_traced(self) -> int:
        """How often the function was traced: once for each kind of arguments."""
        return int(self._function.experimental_get_tracing_count())

    def variables(self, *arguments: Any) -> tuple[Any, ...]:
        """The variables that the function reads or writes when it is called with such arguments; traces it."""
        with _numbered(self._name):
            return tuple(self._function.get_concrete_function(*arguments).variables)


class _Numbers(threading.local):
    """Where a thread takes the numbers in names from; None leaves them to TensorFlow."""

    source: Iterator[int] | None = None


_numbers = _Numbers()
_sources: dict[str, Iterator[int]] = {}


@contextmanager
def _numbered(name: str) -> Iterator[None]:
    """Gives what this thread traces in the block numbers of its own."""
    # Far above TensorFlow's own, which begin at 0, and some 17 million for each name.
    first = (1 << 60) + (zlib.crc32(name.encode()) << 24)
    before, _numbers.source = _numbers.source, _sources.setdefault(name, itertools.count(first))
    try:
        yield
    finally:
        _numbers.source = before


def _take_over_numbers() -> None:
    """Has TensorFlow ask here for the numbers in names; it has no public way to do so."""
    ops: Any = import_module("tensorflow.python.framework.ops")
    of_tensorflow = ops.uid

    def uid() -> int:
        return of_tensorflow() if _numbers.source is None else next(_numbers.source)

    ops.uid = uid


_take_over_numbers()
