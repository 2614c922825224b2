"""The source ``dummy``: random numbers, with nothing to learn and everything to measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from rnnctl.schema.base import PositiveInt
from rnnctl.schema.data import DataSection
from rnnctl.schema.split import Split

if TYPE_CHECKING:
    from rnnctl.data.dataset import Dataset

FLOAT32_BYTES = 4


class DummyData(DataSection):
    """Inputs and targets drawn from N(0, 1): nothing to learn, everything to measure."""

    kind: Literal["dummy"]
    sequences: PositiveInt = 32
    """Number of sequences."""
    length: PositiveInt = 10
    """Time steps of each sequence."""
    features: PositiveInt = 32
    """Features at each time step."""
    outputs: PositiveInt = 64
    """Target values of each sequence (of each time step, where model.return_sequences is true)."""
    split: Split = Split()
    """How much is held out for validation and test."""

    @property
    def target_values(self) -> int:
        """Target values of a sequence or time step."""
        return self.outputs

    def bytes_needed(self, *, per_step: bool) -> int:
        """Bytes of inputs and targets."""
        steps = self.sequences * self.length
        return FLOAT32_BYTES * (steps * self.features + (steps if per_step else self.sequences) * self.outputs)

    def load(self, *, seed: int, per_step: bool, **_: Any) -> Dataset:
        """Draws inputs ``[sequences, length, features]`` and targets from N(0, 1), independent of each other.

        Targets are ``[sequences, outputs]``, or ``[sequences, length, outputs]`` where the model has an output at each
        time step. A constant prediction of 0 has a mean squared error of 1.
        """
        import numpy as np

        from rnnctl.data.generated import whole_sequences
        from rnnctl.data.sequences import generator

        random = generator(seed, "dummy")
        inputs = random.standard_normal((self.sequences, self.length, self.features), dtype=np.float32)
        shape = (self.sequences, self.length, self.outputs) if per_step else (self.sequences, self.outputs)
        targets = random.standard_normal(shape, dtype=np.float32)
        return whole_sequences(
            inputs,
            targets,
            self.split,
            placement="each" if per_step else "sequence",
            feature_names=tuple(f"input_{number}" for number in range(self.features)),
            target_names=tuple(f"target_{number}" for number in range(self.outputs)),
        )
