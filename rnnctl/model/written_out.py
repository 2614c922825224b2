"""Which layers have their time steps written out one by one in a compiled program, and what compiling then takes."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar

from rnnctl.cells import CELLS
from rnnctl.config.model import Model

# Sequences of a static length up to this many time steps are written out step by step in the graph instead of
# looped over. It bounds the time that compiling takes, which grows with the steps written out and not with the length
# of the sequences.
UNROLL_LIMIT = 16

# Units from which on that is done. Below, compiling costs more than it brings: of 16 units and 13 time steps a training
# step took 13 s (GRU), 15 s (LSTM) and 7 s (SimpleRNN) to compile written out and 2 to 3 s looped, and after that 0.9,
# 2.5 and 0.12 ms written out and 0.3, 0.5 and 0.22 ms looped (two busy cores).
UNROLL_FROM = 32

# Steps of a training from which on that is done. Layers of 64 units and 10 time steps took 2.2 s (SimpleRNN), 3.1 s
# (GRU) and 4.0 s (LSTM) of CPU to compile written out and 1.1, 1.4 and 1.5 s looped, and then 0.05, 0.09 and 0.25 ms
# less a training step: that pays from 22,000, 19,000 and 10,000 steps on.
UNROLL_STEPS = 10_000

LOOPS_ONLY: ContextVar[bool] = ContextVar("rnnctl_loops_only", default=False)
"""Whether what is traced now has loops only, since it will run for fewer than `UNROLL_STEPS`."""

# Seconds of CPU to compile a training step: in any case, for each layer and direction that is looped over, and for each
# block of a cell at each time step written out. Measured and estimated: SimpleRNN(64) × 10 steps 2.7 and 3.2, GRU(32)
# × 40 2.7 and 2.5, two LSTM(32) × 40 3.6 and 3.5, two in both directions 5.4 and 5.5, GRU(32) × 13 9.5 and 8.1, two
# LSTM(32) × 13 17.6 and 19.2.
_ANY, _LOOPED, _BLOCK = 1.5, 1.0, 0.17


def compile_seconds(model: Model, lengths: Iterable[int], steps: int) -> float:
    """Seconds that the training steps of batches of such lengths take to compile, one program each; very roughly.

    Args:
        steps: Of the whole training.
    """

    def one(length: int) -> float:
        seconds = _ANY
        for layer in model.layers:
            out = length <= UNROLL_LIMIT and layer.units >= UNROLL_FROM and steps >= UNROLL_STEPS
            seconds += layer.directions * (_BLOCK * CELLS[layer.cell].blocks * length if out else _LOOPED)
        return seconds

    return sum(map(one, lengths))
