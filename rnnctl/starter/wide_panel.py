"""Tables with a column of values for each series: sites, shops or meters that are numbered, or perhaps others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from rnnctl.config.dump import flow
from rnnctl.starter.remarks import DOUBTFUL, Remark
from rnnctl.starter.roles import SERIES_WORDS, hints_at
from rnnctl.starter.sample import Sample
from rnnctl.starter.task_choice import TaskGuess
from rnnctl.starter.time_columns import free_name, made_long
from rnnctl.starter.wishes import Wishes
from rnnctl.tables.date_form_search import FormSearch
from rnnctl.tables.frames import column_of

_NUMBERED = re.compile(r"(?P<word>[A-Za-z]+)[ _.-]?(?:\d{1,4}|[A-Z])")
_FEWEST = 3
_MOST_OTHERS = 3
"""Most columns besides the numbered ones, times included."""
_MOST_APART = 30
"""How many times the least median the largest may be, of columns that hold the same thing."""
_MOST_SHOWN = 12


def panel_sample(sample: Sample, wishes: Wishes) -> Sample:
    """The sample with a row for each of the columns that are numbered as series; itself where it has none."""
    groups: dict[str, list[str]] = {}
    for name in sample.frame.columns:
        if (found := _NUMBERED.fullmatch(name)) and hints_at(SERIES_WORDS, found["word"]):
            groups.setdefault(found["word"], []).append(name)
    word, wide = max(groups.items(), key=lambda group: len(group[1]), default=("", []))
    others = [name for name in sample.frame.columns if name not in wide]
    if sample.wide or wishes.target or wishes.series or not len(wide) >= _FEWEST or len(others) > _MOST_OTHERS:
        return sample
    if not any(FormSearch.of(name, column_of(sample.frame, name)).form for name in others):
        return sample
    numbers = dict(sample.numbers_by_name())
    if not set(wide) <= set(numbers) or not _alike([numbers[name] for name in wide]):
        return sample
    return made_long(sample, wide, free_name(others, word.casefold(), "series"), "series", columns=wide)


def on_panel(guess: TaskGuess) -> Iterator[Remark]:
    """That columns of numbers that are alike may hold one thing of several series."""
    time, same = guess.roles.time, [column for column in guess.features if column in (guess.target, *guess.alike)]
    others = [column for column in guess.features if column not in same]
    if time is None or time.kind != "date" or guess.roles.series is not None or others or len(same) < _FEWEST:
        return
    whole = {column.whole for column in same}
    if not guess.task.windowed or len(whole) > 1 or not _alike([column.values for column in same]):
        return
    names = [column.name for column in same]
    value, series = free_name(names, "value"), free_name(names, "series")
    columns = flow(names) if len(names) <= _MOST_SHOWN else f"[{', '.join(map(flow, names[:2]))}, …]"
    yield Remark(
        "",
        DOUBTFUL,
        f"{names[0]!r} to {names[-1]!r} may hold one thing of {len(names):,} series",
        option=f"then set data.wide: {{columns: {columns}, names: {series}, values: {value}}}, data.series: {series} "
        f"and data.target: [{value}], and leave data.features out",
    )


def _alike(columns: Sequence[pl.Series]) -> bool:
    """Whether numbers are of one sign and of about one size."""
    middles = np.array([float(column.median() or 0) for column in columns])  # type: ignore[arg-type]
    sizes = np.abs(middles)
    return bool((middles > 0).all() or (middles < 0).all()) and sizes.max() <= _MOST_APART * sizes.min()
