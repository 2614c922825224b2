"""A forecast's window, and how to treat its season, trend, gaps and times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from rnnctl.data.known_features import FILLING
from rnnctl.data.missing_values import MOST_DROPPED, ways_to_fill
from rnnctl.data.pace import Pace, find_pace, span
from rnnctl.data.scaling import DROWNED, drowned
from rnnctl.data.sequences import Flags, Ints, Numbers, covered
from rnnctl.data.time_grid import moments
from rnnctl.errors import DataError
from rnnctl.scoring.season import LONGEST, autocorrelation, strongest_lag, usual_seasons
from rnnctl.scoring.training_rows import SERIES
from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.roles import HELD_OUT, SCALE, SPLIT
from rnnctl.starter.rows_ahead import empty_at_end, rows_in_order
from rnnctl.starter.series_form import AS_IT_IS, WAVES, WHY_WAVES, SeriesForm, guess_form
from rnnctl.starter.task_choice import TaskGuess
from rnnctl.starter.yaml_lines import Keys
from rnnctl.transforms import TRANSFORMS
from rnnctl.util.format import counted, listed

_TWO_PERIODS = 48
_SHORTEST, _LONGEST = 8, 64
_TWO_YEARS = 730
_YEARS = 1000, 2200
_NEARLY_ALL = 0.95
_FEWEST_SEEN = 0.5
"""Least share of the windows of each split in which earlier values can stand in for all that are missing."""


@dataclass(frozen=True, slots=True)
class WindowGuess:
    """How rows become windows.

    Attributes:
        keys: Values of keys of ``data`` with their reasons, in the order of a config.
        straight: Features that change by the same at every row, which are no use where changes are learnt.
        note: What is to be said of the times besides.
        sequences: Windows of the training rows.
    """

    keys: Keys
    straight: frozenset[str]
    note: str
    sequences: int


def guess_window(guess: TaskGuess) -> WindowGuess:
    """Chooses a window for a forecast.

    Raises:
        DataError: There are too few rows.
    """
    rows, bounds = rows_in_order(guess.target.values.len(), guess.roles)
    own = _ends_apart(guess, rows, bounds)
    training = _training_rows(guess, rows, bounds, own=own)
    if training.max() < 2:
        raise DataError(
            f"{counted(len(rows), 'row')} in {counted(len(bounds) - 1, 'series', 'series')} are too few to learn a "
            "forecast from; expected three times as many rows of a series as the forecast looks back, four at least"
        )
    sizes = np.diff(bounds)
    horizon, why_horizon = _horizon(guess, sizes)
    split, why_split = _split(guess, horizon, sizes)
    if own:
        split["per_series"], why_split = True, f"{why_split} of each series, since they end at different times"
    if isinstance(split["test"], int):  # whole forecasts are held out
        training = np.minimum(training, np.maximum(0, sizes - split["validation"] - split["test"]).astype(np.int64))
    time = guess.roles.time
    pace, uneven = Pace(None, bounds[:0]), ""
    if time is not None and time.kind == "date":
        pace = find_pace(time.values.gather(rows), bounds)
        if not (pace.even or pace.missing):
            uneven = "; the time from row to row differs, and only their order is looked at"
    parts = list(dict.fromkeys((*_calendar(time, pace), *guess.calendar)))
    straight = _straight(guess, rows, bounds[:-1], training)
    form = AS_IT_IS
    if guess.kind == "number" and guess.target.name not in straight:
        form = _form(guess, rows, bounds, training, pace, horizon, phase=not parts)
    difference = form.difference
    longest = int(np.diff(bounds).argmax())
    target = _numbers(guess.target, rows[bounds[longest] : bounds[longest] + training[longest]])
    length, why_length = _length(target, form, horizon, training, sizes)
    resampled = pace.missing > 0
    keys: Keys = {}
    if parts:
        shown = listed([part.replace("_", " ") for part in parts], "and")
        why = f"rows are {pace.frequency} apart; the model sees the phase of the {shown}"
        keys["calendar"] = parts, why
        keys["harmonics"] = WAVES, WHY_WAVES
    keys["window"] = {"length": length, "horizon": horizon}, why_length + why_horizon
    keys["split"] = split, why_split
    keys |= form.keys
    keys |= _frequency(pace)
    keys["scale"] = SCALE
    if guess.kind == "number" and (why_apart := _why_apart(guess, rows, bounds, training, form)):
        keys["scale_by"] = "series", why_apart
    # The rows of each split, series by series; held-out ones with the rows that their windows reach back to.
    begin, end = bounds[:-1], bounds[1:]
    first = begin + training
    middle = (first + end) // 2
    splits = (begin, first), (np.maximum(begin, first - length), middle), (np.maximum(begin, middle - length), end)
    if missing := _missing(guess, rows, bounds, splits, length + horizon + form.rows_before, resampled=resampled):
        keys["missing"] = missing
    windows = np.maximum(0, training + 1 - length - horizon - form.rows_before).sum()
    return WindowGuess(keys, straight if difference else frozenset(), uneven, int(windows))


def _form(
    guess: TaskGuess, rows: Ints, bounds: Ints, training: Ints, pace: Pace, horizon: int, *, phase: bool
) -> SeriesForm:
    """The form in which the target is learnt, by its training rows."""
    begin, grid, time = bounds[:-1], pace.grids.main, guess.roles.time
    chosen = range(0, len(begin), max(1, len(begin) // SERIES))
    series = [_numbers(guess.target, rows[begin[at] : begin[at] + training[at]]) for at in chosen]
    usual: tuple[int, ...] | None = None if time is None or not _are_times(time) else ()
    if grid is not None and time is not None:
        usual = usual_seasons(grid, int(moments(time.values.gather(rows[:1]), wall=grid.wall)[0]))
    lowest = guess.target.values.cast(pl.Float64).min()
    return guess_form(series, usual, horizon, lowest=lowest if isinstance(lowest, float) else float("nan"), phase=phase)


def _are_times(column: ColumnGuess) -> bool:
    """Whether a column that orders the rows tells times, years among them, rather than places."""
    if column.kind == "date":
        return True
    return bool(column.values.cast(pl.Float64, strict=False).is_between(*_YEARS).fill_null(value=False).all())


def _frequency(pace: Pace) -> Keys:
    """The distance of rows, where some are missing, or what they skip each week is no gap."""
    main = pace.grids.main
    if main is None or not (pace.missing or main.parts or pace.grids.own):
        return {}
    missing = f"; {counted(pace.missing, 'row')} missing: put in without values" if pace.missing else ""
    if pace.grids.own:
        why = f"the usual time from row to row of each series, {main} of most of them"
        return {"frequency": ("auto", why + missing)}
    keys: Keys = {"frequency": (main.every, f"the usual time from row to row{missing}")}
    if main.open:
        keys["open"] = list(main.open), "what rows lie in of each week; other times are no gaps"
    elif main.parts:
        keys["frequency"] = main.every, f"business days: Saturdays and Sundays are no gaps{missing}"
    return keys


def _straight(guess: TaskGuess, rows: Ints, begin: Ints, training: Ints) -> frozenset[str]:
    """Columns of numbers that change by the same from every training row to the next, such as row numbers."""
    inside = covered(len(rows) - 1, begin, begin + np.maximum(training - 1, 0))
    found = []
    for column in (guess.target, *guess.features):
        if column.kind == "number" and column not in guess.static:
            changes = np.diff(_numbers(column, rows))[inside]
            known = changes[~np.isnan(changes)]
            if len(known) == 0 or known.min() == known.max():
                found.append(column.name)
    return frozenset(found)


def _ends_apart(guess: TaskGuess, rows: Ints, bounds: Ints) -> bool:
    """Whether most series have no row where the last ones of all times are held out."""
    if len(bounds) == 2 or guess.roles.time is None:
        return False
    times = guess.roles.time.values
    distinct = times.unique().sort()
    held = max(1, int(HELD_OUT * distinct.len() + 0.5))
    last = times.gather(rows[bounds[1:] - 1])
    return bool((last < distinct[distinct.len() - held]).mean() > 0.5)


def _training_rows(guess: TaskGuess, rows: Ints, bounds: Ints, *, own: bool) -> Ints:
    """``[series]``: rows of each series before the validation split, as `splits` cuts them.

    Args:
        own: Whether each series is split at its own end.
    """
    sizes = np.diff(bounds)
    if own or len(sizes) == 1 or guess.roles.time is None:
        held = 2 * np.maximum(1, (HELD_OUT * sizes + 0.5).astype(np.int64))
        return np.asarray(np.maximum(0, sizes - held))
    times = guess.roles.time.values
    distinct = times.unique().sort()
    first = max(0, distinct.len() - 2 * max(1, int(HELD_OUT * distinct.len() + 0.5)))
    before = (times < distinct[first]).to_numpy()[rows]
    return np.asarray(np.add.reduceat(before, bounds[:-1], dtype=np.int64))


def _numbers(column: ColumnGuess, rows: Ints) -> Numbers:
    """The values of rows; NaN where missing, and of words."""
    return np.asarray(column.values.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()[rows])


def _horizon(guess: TaskGuess, sizes: Ints) -> tuple[int, str]:
    """Rows ahead that are forecast, and why.

    Raises:
        DataError: More were asked for than can be trained, validated and tested on.
    """
    if guess.horizon is None:
        stays = {guess.target.name, *(column.name for column in (*guess.static, *guess.known))}
        fed_back = all(column.name in stays for column in guess.features)
        return (
            1,
            "" if fed_back else "; one row ahead, beyond which other features are unknown: --horizon asks for more",
        )
    usual = int(np.median(sizes))
    most = max(1, (usual - guess.rows_ahead - 2) // 3)
    if guess.horizon <= most:
        return guess.horizon, f"; {guess.reasons['horizon']}"
    if "--horizon" not in guess.reasons["horizon"]:
        return 1, f"; the last {counted(guess.horizon, 'row')} are to be forecast, more than the training rows allow"
    raise DataError(
        f"--horizon {guess.horizon}: a series has {counted(usual, 'row')}, which allow a forecast of {most} at most to "
        "be trained, validated and tested; ask for fewer, or add rows"
    )


def _split(guess: TaskGuess, horizon: int, sizes: Ints) -> tuple[dict[str, Any], str]:
    """Held-out rows: the usual share, or more where a forecast and the rows that are still empty need them."""
    why = "the last rows are held out"
    usual, ahead = int(np.median(sizes)), guess.rows_ahead
    held = max(1, int(HELD_OUT * usual + 0.5))
    if held >= horizon and not ahead:
        return {**SPLIT}, why
    held = max(horizon, 1, int(HELD_OUT * (usual - ahead) + 0.5))
    return {"validation": held, "test": held + ahead}, f"{why}, whole forecasts of them" + (
        f" and the {counted(ahead, 'row')} whose target is still empty" if ahead else ""
    )


def _length(target: Numbers, form: SeriesForm, horizon: int, training: Ints, sizes: Ints) -> tuple[int, str]:
    """Rows that a window looks back over, and why."""
    lag, correlation = strongest_lag([target])
    if form.lags:
        length = _SHORTEST
        why = "what happened a season before is seen besides (lags)"
    elif lag:
        twice = 2 * lag <= _TWO_PERIODS
        length = 2 * lag if twice else lag
        rows = f"{length} rows, twice the {lag}" if twice else f"{length} rows,"
        why = f"{rows} at which the autocorrelation is strongest ({correlation:.2f})"
    else:
        length = min(max(4 * memory(np.diff(target, form.difference)), _SHORTEST), _LONGEST)
        why = "no period stands out in the autocorrelation"
    usual = int(np.median(training[training >= 2]))
    most = max(1, min(usual // 3, usual - horizon - form.rows_before))
    beside = horizon + form.rows_before

    def keeps_half(rows: int) -> bool:
        """Whether windows of so many rows leave half as many as windows of one row would, and nearly all series one."""
        left, every = (np.maximum(0, training + 1 - beside - size).sum() for size in (rows, 1))
        return bool(left >= every / 2 and (sizes >= beside + rows).mean() >= _NEARLY_ALL)

    if len(training) > 1:
        most = max(most, next((rows for rows in range(length, most, -1) if keeps_half(rows)), 1))
    if length > most:
        return most, f"as long as the series' {counted(usual, 'training row')} allow"
    return length, why


def _missing(
    guess: TaskGuess, rows: Ints, bounds: Ints, splits: Iterable[tuple[Ints, Ints]], window: int, *, resampled: bool
) -> tuple[str, str] | None:
    """A value of ``data.missing``, and why; None where no number is missing, in the file or in the rows put in."""
    gaps = np.any([column.values.is_null().to_numpy() for column in (guess.target, *guess.features)], axis=0)[rows]
    count = int(gaps.sum())
    if guess.rows_ahead:  # no window is scored there
        ends = empty_at_end(guess.target, rows, bounds)
        gaps &= ~covered(len(rows), bounds[1:] - ends, bounds[1:])
    if not count and not resampled:
        return None
    why = f"{counted(count, 'row')} of {len(rows):,} miss a value" if count else "the rows put in have no values"
    kept = min(_kept_windows(gaps, begin, end, window) for begin, end in splits)
    if kept >= 1 - MOST_DROPPED and not resampled:
        return "drop", f"{why}; {100 * kept:.0f} % of the windows at least hold none of them and stay"
    unseen = _before_first(guess, rows, bounds)
    seen = min(_kept_windows(unseen, begin, end, window) for begin, end in splits)
    ways = ways_to_fill(guess.task, known=bool(guess.known), per_step=True)
    way = next((way for way in ways if way not in FILLING or seen >= _FEWEST_SEEN), ways[-1])
    why += "" if way == ways[0] else ", most training rows before a column's first one"
    return (
        way,
        f"{why}; {'the last value seen' if way in FILLING else '0, beside a column that says so,'} stands in for them",
    )


def _before_first(guess: TaskGuess, rows: Ints, bounds: Ints) -> Flags:
    """``[rows]``: whether a column has had no value in a series yet, so that no value seen can stand in."""
    at, begin, sizes = np.arange(len(rows)), bounds[:-1], np.diff(bounds)
    found = np.zeros(len(rows), dtype=np.bool_)
    for column in (guess.target, *guess.features):
        there = column.values.is_not_null().to_numpy()[rows]
        first = np.minimum.reduceat(np.where(there, at, len(rows)), begin)
        found |= at < np.repeat(first, sizes)
    return found


def _kept_windows(gaps: Flags, begin: Ints, end: Ints, window: int) -> float:
    """The share of windows without a gap, of all that lie between ``begin`` and ``end`` of a series."""
    before = np.concatenate(([0], np.cumsum(gaps)))
    whole = before[window:] == before[:-window]  # by the window's first row
    after = np.maximum(begin, end + 1 - window)
    kept = [whole[first:last].sum() for first, last in zip(begin, after, strict=True)]
    total = (after - begin).sum()
    return float(sum(kept) / total) if total else 1.0


def _calendar(time: ColumnGuess | None, pace: Pace) -> list[str]:
    """Parts of the time that come round again while the rows go on, where they span them often enough."""
    if time is None or pace.frequency is None:
        return []
    whole, unit = span(time.values), pace.frequency.lstrip("0123456789")
    day, years = unit in ("h", "m", "s"), whole >= timedelta(days=_TWO_YEARS)
    parts = {
        "hour": day and whole >= timedelta(days=2),
        "weekday": (day or pace.frequency in ("1d", "1b")) and whole >= timedelta(days=21),
        "day_of_year": (day or unit in ("d", "b", "w")) and years,
        "month": unit in ("mo", "q") and years and pace.frequency != "12mo",
    }
    return [part for part, seen in parts.items() if seen]


def memory(values: Numbers) -> int:
    """The first lag at which the autocorrelation of ``[rows]`` (NaN where missing) falls below 1/e."""
    lags = max(1, min(len(values) // 3, LONGEST))
    below = np.flatnonzero(autocorrelation([values], lags)[0][: lags + 1] < np.exp(-1))
    return max(1, int(below[0])) if len(below) else lags


def _why_apart(guess: TaskGuess, rows: Ints, bounds: Ints, training: Ints, form: SeriesForm) -> str | None:
    """Why each series should be scaled by itself; None where they need not be.

    Decided by the standard deviations of the target's training rows in the form that is learnt. Changes of logarithms
    are shares, which say the same in large and small series.
    """
    if form.shares:
        return None
    parts = []
    for begin, count in zip(bounds, training, strict=False):
        values = TRANSFORMS[form.transform].forward(_numbers(guess.target, rows[begin : begin + count]))
        values = np.diff(values) if form.difference else values
        parts.append(values[~np.isnan(values)])
    spreads = np.array([part.std() for part in parts if len(part) >= 4 and np.ptp(part) > 0])
    if len(parts) < 2 or not len(spreads):
        return None
    whole = float(np.concatenate(parts).std())
    small = drowned(spreads, whole)
    if not len(small):
        return None
    what = "their changes" if form.difference else "level or spread"
    return (
        f"series differ much in {what}: scaled all together, {len(small):,} of {len(parts):,} would vary by less than "
        f"{DROWNED:g}, and hardly count in the loss"
    )
