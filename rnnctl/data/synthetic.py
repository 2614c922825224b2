"""Tasks that the literature measures memory with: adding, copy, sine. Knows neither files nor models."""

from __future__ import annotations

import numpy as np

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset
from rnnctl.data.whole import generator, whole_sequences
from rnnctl.schema.data import AddingData, CopyData, SineData


def load_adding(data: AddingData, config: Config) -> Dataset:
    """The adding problem: the sum of the two numbers that a marker points at.

    Feature "number" is drawn from U[0, 1); feature "marker" is 1 at one time step of the first half (the time steps
    before ``length // 2``), at one of the rest, and 0 elsewhere. The target is the sum of the two marked numbers.
    Always answering its mean, 1, gives a mean squared error of 1/6, the variance of the sum of two uniform numbers.

    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory", section 5.4, in the form of Le, Jaitly & Hinton
    2015 (arXiv 1504.00941), section 4.1.

    Args:
        data: The data section.
        config: The whole config, for ``seed``.
    """
    random = generator(config.seed, "adding")
    half, every = data.length // 2, np.arange(data.sequences)
    values = np.zeros((data.sequences, data.length, 2), dtype=np.float32)
    values[:, :, 0] = random.random((data.sequences, data.length), dtype=np.float32)
    first = random.integers(0, half, data.sequences)
    second = random.integers(half, data.length, data.sequences)
    values[every, first, 1] = values[every, second, 1] = 1
    targets = (values[every, first, 0] + values[every, second, 0])[:, None]
    return whole_sequences(
        values, targets, data.split, placement="sequence", feature_names=("number", "marker"), target_names=("sum",)
    )


def load_copy(data: CopyData, config: Config) -> Dataset:
    """The copy memory problem: symbols, a long blank, then the same symbols again.

    Inputs are one-hot over the ``symbols`` symbols, the blank and the delimiter: ``memory`` symbols drawn evenly with
    replacement, ``delay - 1`` blanks, one delimiter, ``memory`` blanks. Targets are one-hot over the symbols and the
    blank (a delimiter is never the answer): ``delay + memory`` blanks, then the symbols in the same order.

    Source: Hochreiter & Schmidhuber 1997, in the form of Arjovsky, Shah & Bengio 2016 (arXiv 1511.06464), section 5.1;
    theirs is ``symbols`` 8, ``memory`` 10, ``delay`` T.

    Args:
        data: The data section.
        config: The whole config, for ``seed``.
    """
    random = generator(config.seed, "copy")
    blank, delimiter = data.symbols, data.symbols + 1
    length = data.delay + 2 * data.memory
    symbols = random.integers(0, data.symbols, (data.sequences, data.memory))
    seen = np.full((data.sequences, length), blank)
    seen[:, : data.memory] = symbols
    seen[:, data.memory + data.delay - 1] = delimiter
    wanted = np.full((data.sequences, length), blank)
    wanted[:, -data.memory :] = symbols
    names = (*(f"symbol_{number}" for number in range(data.symbols)), "blank", "delimiter")
    return whole_sequences(
        np.eye(data.symbols + 2, dtype=np.float32)[seen],
        np.eye(data.symbols + 1, dtype=np.float32)[wanted],
        data.split,
        placement="each",
        feature_names=names,
        target_names=names[:-1],
    )


def load_sine(data: SineData, config: Config) -> Dataset:
    """A sine wave of random phase per sequence: predict its next value.

    x_t = sin(2π t / period + φ) + ε_t, with φ from U[0, 2π) for each sequence and ε_t from N(0, noise²) for each value,
    the predicted one included: no forecast has a root mean squared error below ``noise`` in the long run. An
    elementary forecasting exercise with no one source.

    Args:
        data: The data section.
        config: The whole config, for ``seed`` and ``model.return_sequences``.

    Returns:
        ``length`` time steps a sequence and the value after the last one, or after each one where the model has an
        output at each time step.
    """
    random = generator(config.seed, "sine")
    phase = random.uniform(0, 2 * np.pi, (data.sequences, 1))
    clean = np.sin(2 * np.pi / data.period * np.arange(data.length + 1) + phase)
    noisy = clean + data.noise * random.standard_normal(clean.shape)
    values = noisy.astype(np.float32)[:, :, None]
    return whole_sequences(
        values,
        values,
        data.split,
        placement="each" if config.model.return_sequences else "last",
        horizon=1,
        feature_names=("value",),
        target_names=("value",),
        forecast=True,
    )
