"""Into how many parts a batch is split so that several cores work on it, decided once from the shapes."""

from __future__ import annotations

from rnnctl import backend
from rnnctl.cells import CELLS
from rnnctl.config import Config
from rnnctl.runs.environment import usable_cpus

HEAVY = 2e8
"""Floating-point operations a step from which splitting pays. Measured on two cores, in ms a step, whole → halves:
LSTM 64×100×16→128 (2.7e9) 28.5 → 17.7, GRU (2.0e9) 18.7 → 12.5, SimpleRNN (0.7e9) 4.7 → 3.6, SimpleRNN
32×500×1→64 (0.4e9) 4.4 → 4.0, SimpleRNN 32×10×32→64 (1e7) 0.11 → 0.27."""

FEWEST = 16
"""Sequences that a part must have: products with fewer rows use a core badly."""


def choose_parts(config: Config, features: int, time_steps: int, batch_size: int) -> int:
    """Chooses the number of parts of a batch.

    Args:
        features: Features at each time step.
        time_steps: Time steps of a sequence.
        batch_size: Sequences in a batch.

    Returns:
        1 where splitting does not pay, on a GPU, and with dropout, whose masks are drawn for whole batches.
    """
    layers = config.model.layers
    if backend.device_name() != "CPU" or any(layer.dropout or layer.recurrent_dropout for layer in layers):
        return 1
    if step_operations(config, features, time_steps, batch_size) < HEAVY:
        return 1
    return max(1, min(usable_cpus() or 1, batch_size // FEWEST))


def step_operations(config: Config, features: int, time_steps: int, batch_size: int) -> float:
    """Floating-point operations of the recurrent layers' matrix products in one training step."""
    total, width = 0.0, features
    for position, layer in enumerate(config.model.layers):
        total += CELLS[layer.cell].operations(layer, width, first=position == 0) * time_steps * batch_size
        width = layer.width
    return total
