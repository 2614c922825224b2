"""The floor: the matrix products and activations that a step cannot do without, each timed alone, summed.

What a step does besides (adding, multiplying by slopes, the loss, the optimizer, moving memory) is left out, and so is
every wait between two products: how near a loop comes to the floor says what is left to gain. A product is timed whole,
with the threads that its kernel uses (XLA's has one), so a loop that gives each core a part of the batch can pass it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnnctl.bench.contender import Contender
from rnnctl.bench.stock import let_kernels_choose
from rnnctl.bench.task import Task
from rnnctl.cells import CELLS, LayerBase

_SAMPLE = 0.002  # Seconds for which one product is repeated in a sample.
_TURNS = 2  # Operands that a compiled loop goes through in turn, so that no product can be moved out of it.


@dataclass(frozen=True, slots=True)
class Product:
    """One matrix product, ``[rows, inner] · [inner, columns]``, so many times a step."""

    what: str
    rows: int
    inner: int
    columns: int
    times: int = 1

    @property
    def flops(self) -> int:
        """Multiplications and additions a step."""
        return 2 * self.rows * self.inner * self.columns * self.times


@dataclass(frozen=True, slots=True)
class Elementwise:
    """One activation of ``[rows, columns]`` values, so many times a step, by Keras' name for it."""

    what: str
    rows: int
    columns: int
    times: int = 1


Part = Product | Elementwise


def parts_of_step(task: Task, batch: int | None = None) -> list[Part]:
    """Lists what a step cannot do without, forward and backward.

    For each layer with G gates: x W for all time steps at once and h_{t−1} U at each; backward δ_t Uᵀ at each, and the
    gradients xᵀ δ, hᵀ δ and (above the first layer) δ Wᵀ for all time steps at once; the head likewise.

    Args:
        task: The task.
        batch: Sequences; None for the task's own.

    Returns:
        The parts, from input to output.
    """
    own, time_steps, features = task.inputs.shape
    batch = own if batch is None else batch
    parts: list[Part] = []
    for position, layer in enumerate(task.config.model.layers):
        copies = 2 if layer.bidirectional else 1
        for _ in range(copies):
            parts += _layer_parts(layer, batch, time_steps, features, first=position == 0)
        features = copies * layer.units
    if task.config.model.head == "dense":
        rows = batch * (time_steps if task.config.model.return_sequences else 1)
        outputs = task.targets.shape[-1]
        parts += [
            Product("h V", rows, features, outputs),
            Product("hᵀ e", features, rows, outputs),
            Product("e Vᵀ", rows, outputs, features),
        ]
    return parts


def _layer_parts(layer: LayerBase, batch: int, time_steps: int, features: int, *, first: bool) -> Iterator[Part]:
    units, wide, rows = layer.units, CELLS[layer.cell].blocks * layer.units, batch * time_steps
    yield Product("x W", rows, features, wide)
    yield Product("h U", batch, units, wide, time_steps)
    if gate := getattr(layer, "recurrent_activation", None):
        yield Elementwise(gate, batch, wide - units, time_steps)
    states = len(CELLS[layer.cell].states)  # the candidate's and, for LSTM, the memory's
    yield Elementwise(layer.activation, batch, units, states * time_steps)
    yield Product("δ Uᵀ", batch, wide, units, time_steps)
    yield Product("xᵀ δ", features, rows, wide)
    yield Product("hᵀ δ", units, rows, wide)
    if not first:
        yield Product("δ Wᵀ", rows, wide, features)


class Floor(Contender):
    """The parts, each timed alone the way it is fastest here.

    In a loop that XLA compiles, in one that TensorFlow's own kernels run, or (products) in NumPy's BLAS.

    Args:
        task: The task.
    """

    key = "floor"
    name = "floor"
    computes = "products and activations alone"
    checked = False

    def __init__(self, task: Task) -> None:
        self.parts = parts_of_step(task)
        self._runs: list[tuple[Callable[[int], Any], int, int]] = []

    def prepare(self) -> tuple[float, ...]:
        """Compiles every part, and chooses each one's fastest way."""
        self.settle()
        random = np.random.default_rng(0)
        chosen = {"XLA": 0, "TensorFlow": 0, "BLAS": 0}
        for part in self.parts:
            ways = [loop_of(part, random), loop_of(part, random, jit_compile=False)]
            if isinstance(part, Product):
                ways.append(blas_loop(part, random))
            timed = [(min(_seconds(way, 1) for _ in range(3)), place) for place, way in enumerate(ways)]
            repeats = max(1, round(_SAMPLE / max(min(timed)[0], 1e-9)))
            timed = [(min(_seconds(way, repeats) for _ in range(3)), place) for place, way in enumerate(ways)]
            each, place = min(timed)
            chosen[list(chosen)[place]] += 1
            self._runs.append((ways[place], max(1, round(_SAMPLE / max(each, 1e-9))), part.times))
        flops = sum(part.flops for part in self.parts if isinstance(part, Product))
        by = ", ".join(f"{count} by {way}" for way, count in chosen.items() if count)
        self.settings = f"{flops / 1e6:,.1f} MFLOP a step; parts timed {by}"
        return ()

    def settle(self) -> None:
        """Lets TensorFlow choose its kernels."""
        let_kernels_choose()

    def time_step(self, steps: int) -> float:
        """Times each part alone, and sums them up as often as a step has each; ``steps`` changes nothing."""
        return sum(_seconds(run, repeats) * times for run, repeats, times in self._runs)


def _seconds(run: Callable[[int], Any], repeats: int) -> float:
    began = time.perf_counter()
    run(repeats)
    return (time.perf_counter() - began) / repeats


def loop_of(part: Part, random: np.random.Generator, *, jit_compile: bool = True) -> Callable[[int], Any]:
    """Compiles a loop that does nothing but one part, again and again.

    Args:
        part: The part.
        random: Draws the operands.
        jit_compile: Whether XLA compiles it; otherwise TensorFlow's own kernels run, with threads of their own.

    Returns:
        A function of the number of repeats; gives the part's result.
    """
    if isinstance(part, Product):
        left, right = (random.standard_normal(shape, dtype=np.float32) for shape in _shapes(part))
        # The smaller operand is the one that changes from turn to turn: fetching it costs least.
        small_left = left.size <= right.size
        turning, fixed = (left, right) if small_left else (right, left)
        function = tf.matmul if small_left else (lambda a, b: tf.matmul(b, a))
        width = part.columns
    else:
        turning, fixed = random.standard_normal((part.rows, part.columns), dtype=np.float32), np.zeros(1, np.float32)
        activation = keras.activations.get(part.what)
        function, width = (lambda a, _: activation(a)), part.columns
    operands = tf.constant(np.stack([turning] * _TURNS)), tf.constant(fixed)

    def loop(turning: Any, fixed: Any, count: Any) -> Any:
        return tf.while_loop(
            lambda turn, _: turn < count,
            lambda turn, _: (turn + 1, function(turning[turn % _TURNS], fixed)),
            (tf.constant(0), tf.zeros([part.rows, width])),
            parallel_iterations=1,
        )[1]

    compiled = tf.function(loop, jit_compile=jit_compile)
    compiled(*operands, tf.constant(1))

    def run(repeats: int) -> Any:
        return compiled(*operands, tf.constant(repeats)).numpy()

    return run


def blas_loop(part: Product, random: np.random.Generator) -> Callable[[int], Any]:
    """The same for a product by NumPy, which hands it to its BLAS."""
    left, right = (random.standard_normal(shape, dtype=np.float32) for shape in _shapes(part))
    out = np.empty((part.rows, part.columns), np.float32)

    def run(repeats: int) -> Any:
        for _ in range(repeats):
            np.matmul(left, right, out=out)
        return out

    return run


def _shapes(part: Product) -> tuple[tuple[int, int], tuple[int, int]]:
    return (part.rows, part.inner), (part.inner, part.columns)
