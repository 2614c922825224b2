"""Equal programs are compiled once a process: what one test compiled, no other one compiles anew.

XLA looks for what it compiled by a function's name and the kinds of its arguments, and TensorFlow gives each trace a
name of its own, so that it compiles each of them. Every trace is made here as ever; but where its graph is that of an
earlier one, bit for bit but for the numbers in names, it is called by the earlier one's name. Variables and data are
arguments of a graph, and all else that it computes with stands in it: equal graphs are one program.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FIRST = 10**18
"""Numbers in names get 19 digits, as those of ``rnnctl.programs.numbered`` have, so that they are told from others."""

_NUMBER = re.compile(rb"1\d{18}")

_known: dict[bytes, Any] = {}
"""The first function that was traced of each graph, by the graph's digest; never deleted from TensorFlow."""


@contextmanager
def compiled_anew() -> Iterator[None]:
    """In the block, nothing is used that was compiled before it."""
    before = dict(_known)
    _known.clear()
    try:
        yield
    finally:
        _known.update(before)


def share_programs() -> None:
    """Begins to share programs once TensorFlow and Keras are imported; a further call does nothing."""
    functions: Any = sys.modules.get("tensorflow.python.eager.polymorphic_function.atomic_function")
    optimizers: Any = sys.modules.get("keras.src.optimizers.base_optimizer")
    if functions is None or optimizers is None or functions.from_func_graph.__module__ == __name__:
        return
    from keras.src.utils.naming import to_snake_case
    from tensorflow.python import pywrap_tfe

    uid, traced = pywrap_tfe.TFE_Py_UID, functions.from_func_graph

    def kept(function: Any) -> Any:
        """A function and those that it calls, without their graphs."""
        children = [kept(child) for child in function.children]
        return functions.AtomicFunction(function.name, function._bound_context, function.function_type, children)

    def from_func_graph(name: Any, graph: Any, attrs: Any, function_type: Any = None, overwrite: bool = False) -> Any:
        function = traced(name, graph, attrs, function_type, overwrite)
        if not attrs or not attrs.get("_XlaMustCompile"):
            return function
        digest = _digest(name, graph, attrs)
        if digest not in _known:
            _known[digest] = kept(function)
            return function
        first, context, options = _known[digest], function._bound_context, function.call_options
        return functions.AtomicFunction(first.name, context, function.function_type, first.children, options, graph)

    pywrap_tfe.TFE_Py_UID = lambda: FIRST + uid()
    # Keras calls the second optimizer of a process sgd_1, which stands in the names of all that it does.
    optimizers.auto_name = to_snake_case
    functions.from_func_graph = from_func_graph


def _digest(name: Any, graph: Any, attrs: Any) -> bytes:
    """A digest of all that a function computes, in which numbers in names count by their order alone."""
    places: dict[bytes, bytes] = {}
    digest = hashlib.blake2b()

    def add(data: bytes) -> None:
        data = _NUMBER.sub(lambda number: places.setdefault(number[0], b"%019d" % len(places)), data)
        digest.update(b"%d:" % len(data) + data)

    def place(function: str) -> tuple[list[bytes], str]:
        return [places.get(number, number) for number in _NUMBER.findall(function.encode())], function

    plain = graph.as_graph_def()
    add(name if isinstance(name, bytes) else name.encode())
    ends = [[tensor.name for tensor in tensors] for tensors in (graph.inputs, graph.outputs)]
    effects = sorted(operation.name for operation in graph.control_outputs)
    add(repr([sorted((key, str(value)) for key, value in attrs.items()), ends, effects]).encode())
    for node in plain.node:
        add(node.SerializeToString(deterministic=True))
    left = {function.signature.name: function for function in plain.library.function}
    while left:  # in the order in which they are called
        add(left.pop(min(left, key=place)).SerializeToString(deterministic=True))
    add(repr(sorted((pair.function_name, pair.gradient_func) for pair in plain.library.gradient)).encode())
    return digest.digest()
