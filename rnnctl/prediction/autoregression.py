"""Autoregressive prediction: series continued row by row, the model's predictions fed back to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import UNKNOWN, Dataset
from rnnctl.data.input_columns import PRESENT
from rnnctl.data.sequences import Floats, Ints
from rnnctl.data.vocabulary import END, START
from rnnctl.prediction.future_rows import Extended
from rnnctl.results.evaluation import NETWORK, Combination
from rnnctl.scoring.combination import decode_outputs, quantiles_ahead
from rnnctl.scoring.quantiles import point
from rnnctl.scoring.units import Numbers, model_units, table_units

Predict = Callable[[Floats, Ints], npt.NDArray[np.floating]]
"""A model: from columns ``[series, time, columns]``, zero beyond each series' ``lengths [series]``, to its outputs at
the last time step of each, ``[series, outputs]``."""


@dataclass(frozen=True, slots=True, eq=False)
class Continuation:
    """Predictions after the last known row of each series; see `rnnctl.scoring.combination.decode_outputs`.

    Attributes:
        values: ``[series, steps, targets]``, float64; −1 after the end of a text.
        probability: Likewise; NaN after the end of a text.
        quantiles: ``[series, steps, quantiles, targets]``; NaN from where on the model is shown its own predictions,
            which have no quantiles that are known. None where it predicts none.
        spread: ``[series, steps, targets]``, the standard deviation of several nets' values (`spread_outputs`); None
            where one net predicts them.
    """

    values: Numbers
    probability: Numbers
    quantiles: Numbers | None = None
    spread: Numbers | None = None


def mean_continuation(several: Sequence[Continuation]) -> Continuation:
    """The mean of several nets' predictions of numbers, and of their quantiles level by level (Vincent 1912)."""
    spreads = [found.quantiles for found in several if found.quantiles is not None]
    values = np.array([found.values for found in several])
    return replace(
        several[0],
        values=values.mean(axis=0),
        quantiles=np.mean(spreads, axis=0) if spreads else None,
        spread=values.std(axis=0, ddof=1) if len(several) > 1 else None,
    )


class Questions(NamedTuple):
    """How often a model is asked, and of how many time steps each time."""

    times: int
    time_steps: int


def questions(extended: Extended, steps: int, seen: int | None) -> Questions:
    """What `continue_series` asks a model, at most."""
    steps += 0 if extended.lead is None else int(extended.lead.max())
    longest = int((extended.origin - extended.begin).max()) + steps
    return Questions(len(range(0, steps, max(extended.dataset.train.horizon, 1))), min(longest, seen or longest))


def continue_series(
    extended: Extended,
    predict: Predict,
    steps: int,
    *,
    seen: int | None,
    combination: Combination = NETWORK,
    temperature: float = 0.0,
    seed: int = 0,
) -> Continuation:
    """Continues every series; the model sees its own predictions as if they had come true.

    Each prediction is of the next ``horizon`` rows; after these the model predicts again.

    Args:
        extended: The series with future rows; its dataset's arrays are written to.
        seen: Most rows that the model sees; None for all.
        combination: What a forecast of numbers is made of; the model sees the whole of it.
        temperature: Tokens are drawn in proportion to p^(1 / temperature); 0 always takes the likeliest.
        seed: Of the draws.
    """
    dataset, random = extended.dataset, np.random.default_rng(seed)
    horizon, count = max(dataset.train.horizon, 1), len(extended.origin)
    lead = np.zeros(count, dtype=np.int64) if extended.lead is None else extended.lead
    asked, steps = steps, steps + int(lead.max())
    shape = (count, steps + horizon, len(dataset.target_names))
    values, probability, spread = np.full(shape, -1.0), np.full(shape, np.nan), None
    ended, ends = np.zeros(count, dtype=np.bool_), _codes(dataset, END)
    width = questions(extended, asked, seen).time_steps
    for done in range(0, steps, horizon):
        if ended.all():
            break
        row = extended.origin + done
        first = extended.begin if seen is None else np.maximum(extended.begin, row - seen + 1)
        inputs, lengths = _gather(dataset.train.values, first, row, width)
        outputs = predict(dataset.train.scaled_inputs(inputs, row), lengths)
        if dataset.target_kind == "category":
            own, chance = _chosen(outputs.astype(np.float64), dataset, temperature, random)
        else:
            own, chance = decode_outputs(outputs, dataset, row, combination)
        if not done:
            spread = quantiles_ahead(outputs, dataset, row)
        own, chance = (found.reshape(count, horizon, -1) for found in (own, chance))
        # The model sees numbers as it says them: scaled, and changes where it predicts these.
        shown: npt.NDArray[np.floating] = own
        if combination.weight:
            shown = model_units(own.reshape(count, -1), dataset, row)
        elif dataset.target_kind == "number":
            shown = point(outputs, dataset)
        if dataset.train.by_window is not None or dataset.train.added:
            shown = table_units(shown.reshape(count, -1), dataset, row)
        shown = shown.reshape(own.shape)
        at = row[:, None] + 1 + np.arange(horizon)
        _show(dataset, at, shown)
        if dataset.own is not None:  # what later changes are added to
            dataset.own[at] = own
        ended |= np.isin(own, ends).any(axis=(1, 2))
        values[~ended, done : done + horizon] = own[~ended]
        probability[~ended, done : done + horizon] = chance[~ended]
    every, step = np.arange(count)[:, None], lead[:, None] + np.arange(asked)
    if spread is not None:
        spread = np.where((step < horizon)[..., None, None], spread[every, np.minimum(step, horizon - 1)], np.nan)
    return Continuation(values[every, step], probability[every, step], spread)


def _gather(values: Floats, first: Ints, last: Ints, width: int) -> tuple[Floats, Ints]:
    """Rows first to last of each series, zeros after them, ``[series, width, columns]``; and the number of rows."""
    lengths = last - first + 1
    step = np.arange(width)
    inside = step < lengths[:, None]
    inputs = values[np.where(inside, first[:, None] + step, first[:, None])]
    inputs[~inside] = 0
    return inputs, lengths


def _codes(dataset: Dataset, *tokens: str) -> list[int]:
    return [code for code, token in enumerate(dataset.classes) if token in tokens]


def _chosen(
    chances: Numbers, dataset: Dataset, temperature: float, random: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """``[series, 1]`` each: the codes of tokens drawn by their ``chances [series, classes]``, and their chances."""
    allowed = chances.copy()
    if dataset.task.continues:
        allowed[:, _codes(dataset, UNKNOWN, START)] = 0
    codes = allowed.argmax(axis=1)
    if temperature > 0:
        with np.errstate(divide="ignore"):
            logits = np.log(allowed) / temperature
        heights = np.cumsum(np.exp(logits - logits.max(axis=1, keepdims=True)), axis=1)
        drawn = random.random(len(chances)) * heights[:, -1]
        codes = (heights <= drawn[:, None]).sum(axis=1)
    return codes[:, None].astype(np.float64), np.take_along_axis(chances, codes[:, None], axis=1)


def _show(dataset: Dataset, at: Ints, values: npt.NDArray[np.floating]) -> None:
    """Writes ``values [series, steps, targets]`` to rows ``at [series, steps]`` of the input columns that hold targets.

    Those that say whether a target is there hold 1, and those of earlier values hold it so many rows later. The targets
    themselves tell the scale of later windows.
    """
    if dataset.train.by_window is not None:
        dataset.train.targets[at] = values
    for target, name in enumerate(dataset.target_names):
        for place, column in enumerate(dataset.inputs):
            if column.source == name and column.name in (name, f"{name}{PRESENT}"):
                dataset.train.values[at, place] = values[:, :, target] if column.name == name else 1
            elif column.source == name and column.back is not None:
                _show_later(dataset, at, values[:, :, target], place, column.back)


def _show_later(dataset: Dataset, at: Ints, values: npt.NDArray[np.floating], place: int, back: int) -> None:
    """Writes ``values [series, steps]`` to an input column, so many rows after ``at``, where their series goes on."""
    order = dataset.order
    inside = at + back < order.end[order.series_of(at)]
    dataset.train.values[at[inside] + back, place] = values[inside]
