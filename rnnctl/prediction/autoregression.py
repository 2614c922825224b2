"""Autoregressive prediction: series continued row by row, the model's predictions fed back to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import UNKNOWN, Dataset
from rnnctl.data.input_columns import PRESENT
from rnnctl.data.sequences import Floats, Ints
from rnnctl.data.vocabulary import END, START
from rnnctl.prediction.future_rows import Extended
from rnnctl.scoring.scores import THRESHOLD
from rnnctl.scoring.units import Numbers, own_units

Predict = Callable[[Floats, Ints], npt.NDArray[np.floating]]
"""A model: from columns ``[series, time, columns]``, zero beyond each series' ``lengths [series]``, to its outputs at
the last time step of each, ``[series, outputs]``."""


@dataclass(frozen=True, slots=True, eq=False)
class Continuation:
    """Predictions after the last known row of each series.

    Attributes:
        numbers: ``[series, steps, targets]``, float64, in the data's own units; 0 and 1 of yes and no; None of tokens.
        codes: ``[series, steps]``, int64, of tokens; −1 after the end of a text. None of numbers.
        probability: ``[series, steps, targets]``, the model's probability of the predicted token, or of yes. None of
            numbers.
    """

    numbers: Numbers | None = None
    codes: Ints | None = None
    probability: Numbers | None = None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a token is chosen.

    Attributes:
        temperature: Tokens are drawn in proportion to p^(1 / temperature); 0 always takes the likeliest.
        seed: Of the draws.
    """

    temperature: float = 0.0
    seed: int = 0


def continue_series(
    extended: Extended, predict: Predict, steps: int, *, seen: int | None, sampling: Sampling | None = None
) -> Continuation:
    """Continues every series; the model sees its own predictions as if they had come true.

    Each prediction is of the next ``horizon`` rows; after these the model predicts again.

    Args:
        extended: The series with future rows; its dataset's arrays are written to.
        seen: Most rows that the model sees; None for all.
    """
    writer = _Writer(extended, steps, sampling or Sampling())
    horizon = max(extended.dataset.train.horizon, 1)
    width = int((extended.origin - extended.begin).max()) + steps
    width = min(width, seen) if seen is not None else width
    for done in range(0, steps, horizon):
        if writer.ended.all():
            break
        row = extended.origin + done
        first = extended.begin if seen is None else np.maximum(extended.begin, row - seen + 1)
        inputs, lengths = _gather(extended.dataset.train.values, first, row, width)
        writer.write(row, done, predict(inputs, lengths))
    return writer.found


def _gather(values: Floats, first: Ints, last: Ints, width: int) -> tuple[Floats, Ints]:
    """Rows first to last of each series, zeros after them, ``[series, width, columns]``; and the number of rows."""
    lengths = last - first + 1
    step = np.arange(width)
    inside = step < lengths[:, None]
    inputs = values[np.where(inside, first[:, None] + step, first[:, None])]
    inputs[~inside] = 0
    return inputs, lengths


class _Writer:
    """Decodes predictions, keeps them, and writes them to the rows that the model will see."""

    def __init__(self, extended: Extended, steps: int, sampling: Sampling) -> None:
        dataset = extended.dataset
        self._dataset, self._steps, self._sampling = dataset, steps, sampling
        self._random = np.random.default_rng(sampling.seed)
        self._columns = [_columns_of(dataset, name) for name in dataset.target_names]
        shape = (len(extended.origin), steps)
        tokens = dataset.target_kind == "category"
        numbers = None if tokens else np.full((*shape, len(self._columns)), np.nan)
        probability = None if dataset.target_kind == "number" else np.full((*shape, len(self._columns)), np.nan)
        self.found = Continuation(numbers, np.full(shape, -1, dtype=np.int64) if tokens else None, probability)
        self.ended = np.zeros(shape[0], dtype=np.bool_)
        self._end = dataset.classes.index(END) if END in dataset.classes else None
        self._never = [code for code, token in enumerate(dataset.classes) if token in {UNKNOWN, START}]

    def write(self, row: Ints, done: int, outputs: npt.NDArray[np.floating]) -> None:
        """Takes the model's outputs after rows ``row [series]``, ``done`` steps after the last known ones."""
        if self._dataset.target_kind == "category":
            self._write_token(row, done, outputs)
            return
        by_step = outputs.reshape(len(row), -1, len(self._columns))
        own = own_units(outputs, self._dataset, row).reshape(by_step.shape)
        if self._dataset.target_kind == "boolean":
            own = (by_step >= THRESHOLD).astype(np.float64)
        fed = own if self._dataset.target_kind == "boolean" else by_step
        for step in range(by_step.shape[1]):
            at = row + 1 + step
            self._feed(at, fed[:, step])
            if self._dataset.levels is not None:
                self._dataset.levels[at] = own[:, step]
            if done + step < self._steps and self.found.numbers is not None:
                self.found.numbers[:, done + step] = own[:, step]
                if self.found.probability is not None:
                    self.found.probability[:, done + step] = by_step[:, step]

    def _write_token(self, row: Ints, done: int, outputs: npt.NDArray[np.floating]) -> None:
        codes, probability = self._chosen(outputs.astype(np.float64))
        self._feed(row + 1, codes[:, None])
        if self._end is not None:
            self.ended |= codes == self._end
        if self.found.codes is not None and self.found.probability is not None:
            self.found.codes[:, done] = np.where(self.ended, -1, codes)
            self.found.probability[:, done, 0] = np.where(self.ended, np.nan, probability)

    def _chosen(self, outputs: Numbers) -> tuple[Ints, Numbers]:
        allowed = outputs.copy()
        if self._dataset.task.continues:
            allowed[:, self._never] = 0
        if self._sampling.temperature == 0:
            codes = allowed.argmax(axis=1)
        else:
            with np.errstate(divide="ignore"):
                logits = np.log(allowed) / self._sampling.temperature
            weights = np.exp(logits - logits.max(axis=1, keepdims=True))
            heights = np.cumsum(weights, axis=1)
            drawn = self._random.random(len(outputs)) * heights[:, -1]
            codes = (heights <= drawn[:, None]).sum(axis=1)
        return codes.astype(np.int64), outputs[np.arange(len(outputs)), codes]

    def _feed(self, at: Ints, values: npt.NDArray[np.number]) -> None:
        for target, (own, present) in enumerate(self._columns):
            self._dataset.train.values[at[:, None], own] = values[:, target, None]
            self._dataset.train.values[at[:, None], present] = 1


def _columns_of(dataset: Dataset, name: str) -> tuple[Ints, Ints]:
    """Input columns that hold a target itself, and those that say whether it is present."""
    places = {column.name: place for place, column in enumerate(dataset.inputs) if column.source == name}
    own, present = ([places[key]] if key in places else [] for key in (name, f"{name}{PRESENT}"))
    return np.array(own, dtype=np.int64), np.array(present, dtype=np.int64)
