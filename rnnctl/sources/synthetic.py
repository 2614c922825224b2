"""The sources ``adding``, ``copy`` and ``sine``: problems that the literature measures memory with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from rnnctl.schema.base import LARGEST_INT, NonNegativeFloat, PositiveFloat, PositiveInt
from rnnctl.schema.data import DataSection
from rnnctl.schema.split import Split
from rnnctl.sources.dummy import FLOAT32_BYTES

if TYPE_CHECKING:
    from rnnctl.data.dataset import Dataset

AtLeastTwo = Annotated[int, Field(ge=2, le=LARGEST_INT)]


class AddingData(DataSection):
    """The adding problem: the sum of the two numbers that a marker points at.

    Hochreiter & Schmidhuber 1997, in the form of Le, Jaitly & Hinton 2015 (arXiv 1504.00941): a number in [0, 1] and a
    marker at each time step, one marker in each half. Always answering 1 gives a mean squared error of 1/6 ≈ 0.167.
    """

    target_per_step: ClassVar = False
    target_values: ClassVar = 1

    kind: Literal["adding"]
    sequences: PositiveInt = 1000
    """Number of sequences, all splits together."""
    length: AtLeastTwo = 50
    """Time steps of each sequence."""
    split: Split = Split(validation=0.1, test=0.1)
    """How much is held out for validation and test."""

    def bytes_needed(self, *, per_step: bool) -> int:
        """Bytes of inputs and targets."""
        return FLOAT32_BYTES * self.sequences * (2 * self.length + 1)

    def load(self, *, seed: int, **_: Any) -> Dataset:
        """Draws sequences ``[sequences, length, 2]`` and their targets ``[sequences, 1]``.

        Feature "number" is drawn from U[0, 1); feature "marker" is 1 at one time step before ``length // 2``, at one of
        the rest, and 0 elsewhere. The target is the sum of the two marked numbers (section 5.4 of Hochreiter &
        Schmidhuber, section 4.1 of Le et al.); 1/6 is the variance of the sum of two uniform numbers.
        """
        import numpy as np

        from rnnctl.data.generated import whole_sequences
        from rnnctl.data.sequences import generator

        random = generator(seed, "adding")
        half, every = self.length // 2, np.arange(self.sequences)
        values = np.zeros((self.sequences, self.length, 2), dtype=np.float32)
        values[:, :, 0] = random.random((self.sequences, self.length), dtype=np.float32)
        first = random.integers(0, half, self.sequences)
        second = random.integers(half, self.length, self.sequences)
        values[every, first, 1] = values[every, second, 1] = 1
        targets = (values[every, first, 0] + values[every, second, 0])[:, None]
        return whole_sequences(
            values, targets, self.split, placement="sequence", feature_names=("number", "marker"), target_names=("sum",)
        )


class CopyData(DataSection):
    """The copy memory problem: symbols, a long blank, then the symbols again.

    Hochreiter & Schmidhuber 1997; Arjovsky, Shah & Bengio 2016 (arXiv 1511.06464). Inputs and targets are one-hot;
    sequences have delay + 2 × memory time steps. Needs model.return_sequences: true.
    """

    target_per_step: ClassVar = True

    kind: Literal["copy"]
    sequences: PositiveInt = 1000
    """Number of sequences, all splits together."""
    symbols: AtLeastTwo = 8
    """Number of different symbols; a blank and a delimiter come on top."""
    memory: PositiveInt = 5
    """Symbols to remember."""
    delay: PositiveInt = 20
    """Time steps from the last symbol to the delimiter that asks for them, the delimiter included."""
    split: Split = Split(validation=0.1, test=0.1)
    """How much is held out for validation and test."""

    @property
    def length(self) -> int:
        """Time steps of each sequence."""
        return self.delay + 2 * self.memory

    def bytes_needed(self, *, per_step: bool) -> int:
        """Bytes of one-hot inputs and targets; targets have no delimiter."""
        return FLOAT32_BYTES * self.sequences * self.length * (2 * self.symbols + 3)

    def load(self, *, seed: int, **_: Any) -> Dataset:
        """Draws one-hot inputs ``[sequences, length, symbols + 2]`` and targets ``[sequences, length, symbols + 1]``.

        Inputs are ``memory`` symbols drawn evenly with replacement, ``delay - 1`` blanks, one delimiter, ``memory``
        blanks. Targets are ``delay + memory`` blanks, then the symbols in the same order; they have no delimiter.
        Arjovsky et al. (section 5.1) have ``symbols`` 8, ``memory`` 10, ``delay`` T.
        """
        import numpy as np

        from rnnctl.data.generated import whole_sequences
        from rnnctl.data.sequences import generator

        random = generator(seed, "copy")
        blank, delimiter = self.symbols, self.symbols + 1
        symbols = random.integers(0, self.symbols, (self.sequences, self.memory))
        inputs = np.full((self.sequences, self.length), blank)
        inputs[:, : self.memory] = symbols
        inputs[:, self.memory + self.delay - 1] = delimiter
        targets = np.full((self.sequences, self.length), blank)
        targets[:, -self.memory :] = symbols
        names = (*(f"symbol_{number}" for number in range(self.symbols)), "blank", "delimiter")
        return whole_sequences(
            np.eye(self.symbols + 2, dtype=np.float32)[inputs],
            np.eye(self.symbols + 1, dtype=np.float32)[targets],
            self.split,
            placement="each",
            feature_names=names,
            target_names=names[:-1],
        )


class SineData(DataSection):
    """A sine wave of random phase and noise per sequence: predict its next value."""

    target_ahead: ClassVar = True
    target_values: ClassVar = 1

    kind: Literal["sine"]
    sequences: PositiveInt = 500
    """Number of sequences, all splits together."""
    length: PositiveInt = 40
    """Time steps of each sequence."""
    period: PositiveFloat = 20.0
    """Time steps of one full wave."""
    noise: NonNegativeFloat = 0.05
    """Standard deviation of the noise added to every value."""
    split: Split = Split(validation=0.1, test=0.1)
    """How much is held out for validation and test."""

    def bytes_needed(self, *, per_step: bool) -> int:
        """Bytes of inputs and targets."""
        return FLOAT32_BYTES * self.sequences * (self.length + 1) * 2

    def load(self, *, seed: int, per_step: bool, **_: Any) -> Dataset:
        """Draws waves ``[sequences, length + 1, 1]``; the target is the value after the last time step, or after each.

        x_t = sin(2π t / period + φ) + ε_t, with φ from U[0, 2π) for each sequence and ε_t from N(0, noise²) for each
        value, the predicted one included: no forecast has a root mean squared error below ``noise`` in the long run.
        """
        import numpy as np

        from rnnctl.data.generated import whole_sequences
        from rnnctl.data.sequences import generator

        random = generator(seed, "sine")
        phase = random.uniform(0, 2 * np.pi, (self.sequences, 1))
        clean = np.sin(2 * np.pi / self.period * np.arange(self.length + 1) + phase)
        noisy = clean + self.noise * random.standard_normal(clean.shape)
        values = noisy.astype(np.float32)[:, :, None]
        return whole_sequences(
            values,
            values,
            self.split,
            placement="each" if per_step else "last",
            horizon=1,
            feature_names=("value",),
            target_names=("value",),
            forecast=True,
        )
