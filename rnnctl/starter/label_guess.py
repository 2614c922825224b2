"""Whether a column's values name classes or are numbers, and how a person says otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import polars as pl

from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.remarks import DOUBTFUL, Remark
from rnnctl.starter.roles import CLASS_WORDS, Roles, hints_at
from rnnctl.starter.rows_ahead import rows_in_order
from rnnctl.starter.target_guess import is_identifier, is_label
from rnnctl.tables.cells import key_in_yaml
from rnnctl.tasks import FORECAST, NEXT_STEP, Task

TargetKind = Literal["number", "boolean", "category", "words", "characters"]

MOST_CLASSES = 100
"""Most classes of a label."""

MOST_LABELS = 20
"""Most different whole numbers of a label that may be codes."""

CODE_WORDS = "code codes status state mode type kind level grade stage kategorie klasse typ stufe zustand"
"""Words in names of whole numbers that may stand for classes."""

MOST_CODES = 10
"""Most different whole numbers that are codes of classes where neither a name nor the order of rows says more."""

_ROWS_A_CLASS = 5

_STAYS = 0.8
"""Share of the rows with a value other than zero whose next row has the same, from which on it is a state."""


def could_label(column: ColumnGuess, roles: Roles) -> bool:
    """Whether a column could hold the classes of a classification."""
    if column.kind in ("category", "boolean"):
        return has_few(column) and not is_identifier(column)
    return is_label(column) and _codes(column, roles)


def labels(columns: Sequence[ColumnGuess], roles: Roles) -> list[ColumnGuess]:
    """Columns that could be labels, the likeliest first: by name, then the last in the file."""
    found = [column for column in reversed(columns) if could_label(column, roles)]
    return sorted(found, key=lambda column: not is_label(column))


def target_kind(column: ColumnGuess, roles: Roles, asked: Task | None) -> TargetKind:
    """What a target is under a task that was asked for, or under any."""
    if column.kind != "number":
        return "boolean" if column.kind == "boolean" else "category"
    if asked is FORECAST:
        return "number"
    if is_identifier(column):
        return "category"
    if asked is NEXT_STEP:
        return "category" if has_few(column) and column.whole else "number"
    return "category" if could_label(column, roles) else "number"


def has_few(column: ColumnGuess) -> bool:
    """Whether so few values are there that each has rows to learn it from."""
    return 2 <= column.distinct <= min(MOST_CLASSES, column.values.len() / _ROWS_A_CLASS)


def other_way(
    column: ColumnGuess, kind: TargetKind, task: Task, *, ordered: bool, in_config: bool = False
) -> Iterator[Remark]:
    """What whole numbers that could be either are taken for, and what to type for the other, where it is not clear.

    Args:
        ordered: Whether there is a column of times.
        in_config: Whether a config is there already.
    """
    if column.kind != "number" or not column.whole or not has_few(column):
        return
    if not (is_label(column) or like_codes(column) or (task.labels and column.distinct <= MOST_LABELS)):
        return
    numbers = f"its {column.distinct} whole numbers are taken for"
    if kind == "category":
        keys = f"data.columns: {{{key_in_yaml(column.name)}: number}} with loss: mse"
        number = "--task forecast" if ordered and not task.series_target else keys
        yield Remark(column.name, DOUBTFUL, f"{numbers} codes of classes", option=f"{number} takes them for numbers")
        return
    classes = "--task next_step"
    if task.labels or in_config:
        classes = f"data.columns: {{{key_in_yaml(column.name)}: category}} with loss: categorical_crossentropy"
    yield Remark(column.name, DOUBTFUL, f"{numbers} numbers with an order", option=f"{classes} takes them for classes")


def like_codes(column: ColumnGuess) -> bool:
    """Whether few whole numbers are numbered as codes are, one by one or by tens or hundreds, or are called so."""
    if few_codes(column) or called_codes(column):
        return True
    if not _of_few_whole(column):
        return False
    steps = column.values.drop_nulls().cast(pl.Float64).unique().sort().diff().drop_nulls()
    return column.distinct > 2 and steps.n_unique() == 1


def _codes(column: ColumnGuess, roles: Roles) -> bool:
    """Whether whole numbers in a column called like a label are codes of classes rather than counts.

    Counts are many, or change from time to time; states are few, and most often last for several rows.
    """
    if column.kind != "number" or not column.whole or not has_few(column):
        return False
    if roles.time is None or column.name in roles.constant or hints_at(CLASS_WORDS, column.name):
        return True
    return few_codes(column) and (roles.time.kind != "date" or _stays(column, roles))


def few_codes(column: ColumnGuess) -> bool:
    """Whether whole numbers are few, and numbered one after the other as codes of classes are."""
    if not _of_few_whole(column):
        return False
    present = column.values.drop_nulls().cast(pl.Float64).to_numpy()
    return bool(present.max() - present.min() < 2 * column.distinct)


def _stays(column: ColumnGuess, roles: Roles) -> bool:
    rows, bounds = rows_in_order(column.values.len(), roles)
    values = column.values.cast(pl.Float64).fill_null(float("nan")).to_numpy()[rows]
    within = np.ones(len(values) - 1, dtype=np.bool_)
    within[bounds[1:-1] - 1] = False
    here, there = values[:-1][within], values[1:][within]
    told = (here != 0) & ~np.isnan(here)
    return bool((told & (here == there)).sum() >= _STAYS * max(1, told.sum()))


def called_codes(column: ColumnGuess) -> bool:
    """Whether few whole numbers are called codes."""
    return _of_few_whole(column) and has_few(column) and hints_at(CODE_WORDS, column.name)


def _of_few_whole(column: ColumnGuess) -> bool:
    return column.kind == "number" and column.whole and column.distinct <= MOST_CODES
