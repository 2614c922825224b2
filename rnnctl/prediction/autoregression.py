"""Series gone on with row by row: what a model is shown, and its answers fed back. Knows no models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import UNKNOWN, Dataset
from rnnctl.data.input_columns import PRESENT
from rnnctl.data.sequences import Floats, Ints
from rnnctl.data.vocabulary import END, START
from rnnctl.prediction.future_rows import Ahead
from rnnctl.scoring.scores import THRESHOLD
from rnnctl.scoring.units import Numbers, own_units

Answer = Callable[[Floats, Ints], npt.NDArray[np.floating]]
"""A model: from columns ``[series, time, columns]``, zero beyond each series' ``lengths [series]``, to what it says
after the last time step of each, ``[series, outputs]``."""


@dataclass(frozen=True, slots=True, eq=False)
class Continuation:
    """What follows the last known row of each series.

    Attributes:
        numbers: ``[series, steps, targets]``, float64, in the data's own units; 0 and 1 of yes and no; None of tokens.
        codes: ``[series, steps]``, int64, of tokens; −1 after the end of a text. None of numbers.
        probability: ``[series, steps, targets]``, what the model gave to what it says: to yes of yes and no. None of
            numbers.
    """

    numbers: Numbers | None = None
    codes: Ints | None = None
    probability: Numbers | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """How a token is chosen.

    Attributes:
        temperature: Probabilities are drawn from in proportion to p^(1 / temperature): 1 as they are, less the likelier
            ones more often; 0 always takes the likeliest.
        seed: Of the draws.
    """

    temperature: float = 0.0
    seed: int = 0


def continue_series(
    ahead: Ahead, answer: Answer, steps: int, *, seen: int | None, choice: Choice | None = None
) -> Continuation:
    """Goes on with every series, showing the model its own answers as if they had come true.

    Each answer is about the next ``horizon`` rows; after these the model is asked again.

    Args:
        ahead: The series, and rows to write answers to; its dataset's arrays are written to.
        answer: The model.
        steps: Rows to predict.
        seen: Most rows that the model is shown; None for all.
        choice: How tokens are chosen.
    """
    writer = _Writer(ahead, steps, choice or Choice())
    horizon = max(ahead.dataset.train.horizon, 1)
    width = int((ahead.origin - ahead.begin).max()) + 1 + steps - 1
    width = min(width, seen) if seen is not None else width
    for done in range(0, steps, horizon):
        if writer.all_ended:
            break
        row = ahead.origin + done
        first = ahead.begin if seen is None else np.maximum(ahead.begin, row - seen + 1)
        inputs, lengths = _gather(ahead.dataset.train.values, first, row, width)
        writer.write(row, done, answer(inputs, lengths))
    return writer.found


def _gather(values: Floats, first: Ints, last: Ints, width: int) -> tuple[Floats, Ints]:
    """Rows first to last of each series, zeros after them; ``[series, width, columns]`` and how many are real."""
    lengths = last - first + 1
    step = np.arange(width)
    inside = step < lengths[:, None]
    inputs = values[np.where(inside, first[:, None] + step, first[:, None])]
    inputs[~inside] = 0
    return inputs, lengths


class _Writer:
    """Takes answers apart, keeps them, and writes them where the model will see them."""

    def __init__(self, ahead: Ahead, steps: int, choice: Choice) -> None:
        dataset = ahead.dataset
        self._dataset, self._steps, self._choice = dataset, steps, choice
        self._random = np.random.default_rng(choice.seed)
        self._columns = [_columns_of(dataset, name) for name in dataset.target_names]
        shape = (len(ahead.origin), steps)
        tokens = dataset.target_kind == "category"
        numbers = None if tokens else np.full((*shape, len(self._columns)), np.nan)
        likely = None if dataset.target_kind == "number" else np.full((*shape, len(self._columns)), np.nan)
        self.found = Continuation(numbers, np.full(shape, -1, dtype=np.int64) if tokens else None, likely)
        self._ended = np.zeros(shape[0], dtype=np.bool_)
        self._end = dataset.classes.index(END) if END in dataset.classes else None
        self._never = [code for code, token in enumerate(dataset.classes) if token in {UNKNOWN, START}]

    @property
    def all_ended(self) -> bool:
        """Whether every text has come to its end."""
        return bool(self._ended.all())

    def write(self, row: Ints, done: int, given: npt.NDArray[np.floating]) -> None:
        """Takes what the model says after rows ``row [series]``, ``done`` steps after the last known ones."""
        if self._dataset.target_kind == "category":
            self._token(row, done, given)
            return
        by_step = given.reshape(len(row), -1, len(self._columns))
        own = own_units(given, self._dataset, row).reshape(by_step.shape)
        if self._dataset.target_kind == "boolean":
            own = (by_step >= THRESHOLD).astype(np.float64)
        fed = own if self._dataset.target_kind == "boolean" else by_step
        for ahead in range(by_step.shape[1]):
            at = row + 1 + ahead
            self._feed(at, fed[:, ahead])
            if self._dataset.levels is not None:
                self._dataset.levels[at] = own[:, ahead]
            if done + ahead < self._steps and self.found.numbers is not None:
                self.found.numbers[:, done + ahead] = own[:, ahead]
                if self.found.probability is not None:
                    self.found.probability[:, done + ahead] = by_step[:, ahead]

    def _token(self, row: Ints, done: int, given: npt.NDArray[np.floating]) -> None:
        codes, probability = self._chosen(given.astype(np.float64))
        self._feed(row + 1, codes[:, None])
        if self._end is not None:
            self._ended |= codes == self._end
        if self.found.codes is not None and self.found.probability is not None:
            self.found.codes[:, done] = np.where(self._ended, -1, codes)
            self.found.probability[:, done, 0] = np.where(self._ended, np.nan, probability)

    def _chosen(self, given: Numbers) -> tuple[Ints, Numbers]:
        allowed = given.copy()
        if self._dataset.task.continues:
            allowed[:, self._never] = 0
        if self._choice.temperature == 0:
            codes = allowed.argmax(axis=1)
        else:
            with np.errstate(divide="ignore"):
                logits = np.log(allowed) / self._choice.temperature
            weights = np.exp(logits - logits.max(axis=1, keepdims=True))
            heights = np.cumsum(weights, axis=1)
            drawn = self._random.random(len(given)) * heights[:, -1]
            codes = (heights <= drawn[:, None]).sum(axis=1)
        return codes.astype(np.int64), given[np.arange(len(given)), codes]

    def _feed(self, at: Ints, values: npt.NDArray[np.number]) -> None:
        for target, (own, present) in enumerate(self._columns):
            self._dataset.train.values[at[:, None], own] = values[:, target, None]
            self._dataset.train.values[at[:, None], present] = 1


def _columns_of(dataset: Dataset, name: str) -> tuple[Ints, Ints]:
    """The model's columns that show a target itself, and those that say whether it is there."""
    shown = [(place, column.name) for place, column in enumerate(dataset.inputs) if column.source == name]
    own = [place for place, column in shown if column == name]
    present = [place for place, column in shown if column == f"{name}{PRESENT}"]
    return np.array(own, dtype=np.int64), np.array(present, dtype=np.int64)
