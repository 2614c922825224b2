"""Intervals around the forecasts of a split, in the data's own units, and how good they are.

Errors are measured where they are most alike: in what ``data.transform`` makes of the values (with ``log`` they are
shares), in units of each series' scale where ``data.scale_by`` is ``series``, and of how much the series has moved
lately where the training rows show that this matters (`rnnctl.scoring.volatility`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints
from rnnctl.losses import pinball
from rnnctl.results.evaluation import IntervalScore
from rnnctl.scoring.combination import own_quantiles
from rnnctl.scoring.conformal import Errors, crps, fewest, highest
from rnnctl.scoring.entries import Entries
from rnnctl.scoring.quantiles import around, between, crps as crps_of_quantiles, finite, pairs
from rnnctl.scoring.units import Numbers
from rnnctl.scoring.volatility import Volatility
from rnnctl.util.format import counted

Ends = dict[float, tuple[Numbers, Numbers]]
"""By level, the lower and the upper ends of intervals."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What forecasts were off by, and with that the intervals around others.

    Attributes:
        errors: ``[entries, rows ahead, targets]``.
        volatility: What their size is expected by; None of labels.
        quantiles: The same errors of each quantile that is predicted.
    """

    errors: Errors
    volatility: Volatility | None = None
    quantiles: tuple[Errors, ...] = ()

    @classmethod
    def of(
        cls,
        truth: Numbers,
        forecasts: Numbers,
        dataset: Dataset,
        rows: Ints,
        volatility: Volatility | None,
        quantiles: Numbers | None = None,
    ) -> Calibration:
        """That of forecasts of validation rows, ``[entries, rows ahead, targets]``, in the data's own units.

        Args:
            truth: Likewise; NaN where it is missing.
            forecasts: NaN where there is none.
            dataset: Theirs.
            rows: ``[entries]``, the last row seen before each.
            quantiles: ``[entries, rows ahead, quantiles, targets]``, where any are predicted.
        """
        unit, true = _unit(dataset, rows, volatility), _alike(dataset, truth)
        each = () if quantiles is None else np.moveaxis(_alike(dataset, quantiles), 2, 0)
        of_quantiles = tuple(Errors.of(true, one, unit) for one in each)
        return cls(Errors.of(true, _alike(dataset, forecasts), unit), volatility, of_quantiles)

    @classmethod
    def of_entries(
        cls, entries: Entries, forecasts: Numbers, volatility: Volatility | None, quantiles: Numbers | None = None
    ) -> Calibration:
        """That of forecasts ``[entries, outputs]`` of a split."""
        shape = len(entries), -1, len(entries.dataset.target_names)
        truth, said = entries.truth.reshape(shape), forecasts.reshape(shape)
        return cls.of(truth, said, entries.dataset, entries.row, volatility, quantiles)

    def interval(
        self,
        level: float,
        forecasts: Numbers,
        dataset: Dataset,
        rows: Ints,
        ahead: Ints | None = None,
        quantiles: Numbers | None = None,
    ) -> tuple[Numbers, Numbers]:
        """The ends of intervals around forecasts, in the data's own units; NaN where there is none.

        Args:
            level: In percent.
            forecasts: ``[forecasts, steps, targets]``.
            dataset: Theirs.
            rows: ``[forecasts]``, the last row seen before each.
            ahead: ``[forecasts, steps]``, rows ahead, from 1; None for 1, 2, ….
            quantiles: ``[forecasts, steps, quantiles, targets]``, NaN where there are none. An interval is between two
                of these, moved, where both of its levels are among them, and around the forecast elsewhere.
        """
        steps = np.arange(forecasts.shape[1])[None] if ahead is None else ahead - 1
        unit, middle = _unit(dataset, rows, self.volatility), _alike(dataset, forecasts)
        low, high = (middle + offset[steps] * unit for offset in self.errors.interval(level))
        pair = around(dataset.quantiles, level)
        if pair is not None and quantiles is not None and self.quantiles:
            offsets = self.quantiles[pair[0]].ends(level, self.quantiles[pair[1]])
            steps = np.minimum(steps, len(offsets[0]) - 1)  # beyond, where none is predicted, it does not matter
            lower, upper = (
                _alike(dataset, quantiles[:, :, place]) + offset[steps] * unit
                for place, offset in zip(pair, offsets, strict=True)
            )
            low = np.where(np.isnan(lower), low, np.minimum(lower, middle))
            high = np.where(np.isnan(upper), high, np.maximum(upper, middle))
        return dataset.transform.inverse(low), dataset.transform.inverse(high)

    def none_of(self, level: float) -> bool:
        """Whether validation forecasts are too few for any interval of a level."""
        return bool(np.isnan(self.errors.interval(level)[0]).all())

    def too_few(self, level: float) -> str:
        """What is to be said of the intervals of a level that validation forecasts are too few for; else nothing."""
        least = np.isnan(self.errors.interval(level)[0]).any(axis=1)
        if not least.any():
            return ""
        counts, first = self.errors.counts.min(axis=1), int(np.argmax(least))
        whole = bool(least.all())
        which = "left out" if whole else f"left empty from {first + 1} rows ahead on"
        here = int(counts[first])
        lost = self.errors.lost[first].max() > 0
        why = f"there {'is' if here == 1 else 'are'} {counted(here, 'validation forecast')}"
        why += " so far ahead" if len(counts) > 1 and not whole else ""
        why += f", and it takes {fewest(level)}" + (" of finite numbers" if lost else "")
        lower = f", or ask for --interval {highest(here)} or less" if here and not lost else ""
        return (
            f"--interval {level:g}: {which}: {why}; hold out more rows (data.split.validation) and train again{lower}"
        )

    def crps(self, truth: Numbers, forecasts: Numbers, dataset: Dataset, rows: Ints) -> Numbers:
        """``[forecasts, steps, targets]``: that of the distribution which the intervals of all levels are of."""
        sample, unit = self.errors.sample(), np.broadcast_to(_unit(dataset, rows, self.volatility), forecasts.shape)
        middle, found = _alike(dataset, forecasts), np.full(forecasts.shape, np.nan)
        for place in np.ndindex(forecasts.shape[1:]):  # each has as many distributions as there are forecasts
            at = (slice(None), *place)
            with np.errstate(invalid="ignore"):
                found[at] = crps(truth[at], dataset.transform.inverse(middle[at] + sample[at][:, None] * unit[at]))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Intervals of the levels that are asked for."""

    calibration: Calibration
    levels: tuple[float, ...]

    def around(
        self,
        forecasts: Numbers,
        dataset: Dataset,
        rows: Ints,
        ahead: Ints | None = None,
        quantiles: Numbers | None = None,
    ) -> Ends:
        """The ends of those around forecasts; see `Calibration.interval`. A level that none is of is left out."""
        given = forecasts, dataset, rows, ahead, quantiles
        every = {level: self.calibration.interval(level, *given) for level in self.levels}
        return {level: ends for level, ends in every.items() if not self.calibration.none_of(level)}

    def too_few(self) -> tuple[str, ...]:
        """What is to be said of levels that validation forecasts are too few for."""
        return tuple(filter(None, map(self.calibration.too_few, self.levels)))


def interval_scores(
    entries: Entries,
    forecasts: Mapping[str, Numbers],
    calibrations: Mapping[str, Calibration],
    levels: Sequence[float],
    quantiles: Mapping[str, Numbers] | None = None,
) -> tuple[IntervalScore, ...]:
    """How good the intervals of a split are: those of each target over all rows ahead, and of each of several.

    Args:
        entries: Those of the split.
        forecasts: By who makes them, ``[entries, outputs]``, in the data's own units; NaN where there is none.
        calibrations: By who makes them.
        quantiles: By who predicts them; see `Calibration.interval`.
    """
    dataset, shape = entries.dataset, (len(entries), -1, len(entries.dataset.target_names))
    truth = entries.truth.reshape(shape)
    found: list[IntervalScore] = []
    for who in forecasts:
        said, calibration = forecasts[who].reshape(shape), calibrations[who]
        whole = calibration.crps(truth, said, dataset, entries.row)
        for level in levels:
            tail, own = (1 - level / 100) / 2, (quantiles or {}).get(who)
            ends = calibration.interval(level, said, dataset, entries.row, quantiles=own)
            found += _scores(who, level, entries, ends, (tail, 1 - tail), whole)
    return tuple(found)


def scores_between(entries: Entries, quantiles: Mapping[str, Numbers]) -> tuple[IntervalScore, ...]:
    """How good the intervals between quantiles are: the outermost two, the second and the last but one, and so on.

    Args:
        quantiles: By who predicts them, ``[entries, quantiles, outputs]``, in the data's own units.
    """
    levels, shape = entries.dataset.quantiles, (len(entries), -1, len(entries.dataset.target_names))
    found: list[IntervalScore] = []
    for who, said in quantiles.items():
        whole = crps_of_quantiles(entries.truth, said, levels).reshape(shape)
        for pair in pairs(levels):
            ends = said[:, pair[0]].reshape(shape), said[:, pair[1]].reshape(shape)
            tails = levels[pair[0]], levels[pair[1]]
            found += _scores(who, between(levels, pair), entries, ends, tails, whole)
    return tuple(found)


def _scores(
    who: str,
    level: float,
    entries: Entries,
    ends: tuple[Numbers, Numbers],
    tails: tuple[float, float],
    whole: Numbers,
) -> Iterator[IntervalScore]:
    """How good intervals are: those of each target over all rows ahead, and of each of several.

    Args:
        ends: ``[entries, rows ahead, targets]`` each, the lower and the upper ones; NaN where there is none.
        tails: The levels of the quantiles that they are.
        whole: Likewise, the CRPS of the whole distribution.
    """
    (low, high), truth = ends, entries.truth.reshape(whole.shape)
    with np.errstate(invalid="ignore"):
        loss = (pinball(truth, low, tails[0]) + pinball(truth, high, tails[1])) / 2
        measures = np.stack(((low <= truth) & (truth <= high), high - low, loss, whole))
    known, steps = ~np.isnan(truth) & ~np.isnan(low), range(whole.shape[1])
    parts = [(None, slice(None)), *((step + 1, slice(step, step + 1)) for step in steps if len(steps) > 1)]
    for (target, name), (ahead, step) in product(enumerate(entries.dataset.target_names), parts):
        chosen = measures[:, :, step, target][:, known[:, step, target]]
        if chosen.size:
            covered, *sizes = chosen.mean(axis=1).tolist()
            yield IntervalScore(who, name, ahead, level, chosen.shape[1], covered, *map(finite, sizes))


def error_quantiles(
    fitted: Entries, fitted_said: Numbers, entries: Entries, said: Numbers, levels: Sequence[float]
) -> Numbers:
    """``[entries, quantiles, values]``: forecasts, and quantiles of what others of the same maker were off by.

    Args:
        fitted: Of the training rows. Each row ahead and target has errors of its own, in units of its series' scale
            where each has one.
        fitted_said: ``[fitted, values]``, what was forecast there; NaN where nothing was.
        said: ``[entries, values]``, likewise.
    """
    targets = len(fitted.dataset.target_names)
    off = (fitted.truth - fitted_said).reshape(len(fitted), -1, targets) / _unit(fitted.dataset, fitted.row, None)
    offsets, some = np.full((len(levels), *off.shape[1:]), np.nan), ~np.isnan(off).all(axis=0)
    offsets[:, some] = np.nanquantile(off[:, some], levels, axis=0)
    unit = _unit(entries.dataset, entries.row, None)[:, None]
    return (said.reshape(len(said), 1, -1, targets) + offsets * unit).reshape(len(said), len(levels), -1)


def ends_between(outputs: npt.ArrayLike, dataset: Dataset, rows: Ints, most: int) -> Ends:
    """The ends of intervals between predicted quantiles, ``[rows, outputs]``, of many evenly chosen ones.

    Args:
        outputs: As `own_quantiles` takes them.
        most: Intervals at most.
    """
    quantiles, levels = own_quantiles(outputs, dataset, rows), dataset.quantiles
    if quantiles is None:
        return {}
    every = pairs(levels)
    chosen = every[:: -(-len(every) // most) or 1]
    return {between(levels, pair): (quantiles[:, pair[0]], quantiles[:, pair[1]]) for pair in chosen}


def _alike(dataset: Dataset, values: Numbers) -> Numbers:
    """Values as their errors are alike at all levels."""
    with np.errstate(divide="ignore", invalid="ignore"):  # what a forecast says may lie outside; its error is infinite
        return dataset.transform.forward(values)


def _unit(dataset: Dataset, rows: Ints, volatility: Volatility | None) -> Numbers:
    """``[rows, 1, targets]``: the unit of errors after each row, which means something beside those of others alone."""
    scaler, size = dataset.target_scaler, np.ones((len(rows), len(dataset.target_names)))
    share = np.zeros(()) if volatility is None else volatility.shares
    if scaler is not None and scaler.by_series:
        size = scaler.scale[dataset.order.series_of(rows)] ** (1 - share)
    if dataset.train.by_window is not None:
        size = size * dataset.train.window_scales(rows)[1, :, dataset.train.features :] ** (1 - share)
    if volatility is not None:
        size = size * volatility.at(dataset, rows)
    return size[:, None]
