"""Tables of series with one label each: whether one is, which, and what it is told from."""

from __future__ import annotations

from collections.abc import Sequence

from rnnctl.errors import DataError
from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.label_guess import labels, target_kind
from rnnctl.starter.roles import Roles
from rnnctl.starter.target_guess import is_forecast, is_label, why_target
from rnnctl.starter.task_choice import MOST_FEATURES, Asked, TaskGuess
from rnnctl.tasks import PER_SEQUENCE, PER_STEP
from rnnctl.util.suggest import named as name_list


def check_of_series(moving: Sequence[ColumnGuess], asked: Asked, roles: Roles) -> None:
    """Raises where there is no label for each whole series."""
    what = f"--task {PER_SEQUENCE.word}"
    if roles.series is None:
        every = name_list(column.name for column in moving if column is not asked.target)
        raise DataError(
            f"{what} needs a column that tells series apart; name it with --series (there are {every}), or use --task "
            f"{PER_STEP.word}"
        )
    constant = [column.name for column in moving if column.name in roles.constant]
    if not constant:
        raise DataError(
            f"{what} needs a column that is the same in all rows of a series, and none is in the series of "
            f"{roles.series.name!r}; use --task {PER_STEP.word}, or name other series with --series"
        )
    if asked.target is not None and asked.target.name not in constant:
        raise DataError(
            f"{what}: {asked.target.name!r} changes within the series of {roles.series.name!r}; the columns that do "
            f"not are {name_list(constant)}; name one with --target, or use --task {PER_STEP.word}"
        )


def last_constant(moving: Sequence[ColumnGuess], roles: Roles) -> ColumnGuess:
    """The last column that is the same in all rows of a series."""
    return [column for column in moving if column.name in roles.constant][-1]


def label_of_series(
    moving: Sequence[ColumnGuess], chosen: ColumnGuess | None, roles: Roles, *, wide: bool
) -> ColumnGuess | None:
    """The column with one label a series, where that is what the table is for.

    Args:
        wide: Whether the file has a column for each time, so that it is about what these hold.
    """
    if chosen is not None or roles.series is None:
        return chosen if chosen is not None and chosen.name in roles.constant else None
    constant = [column for column in moving if column.name in roles.constant]
    dated = wide or (roles.time is not None and roles.time.kind == "date")
    if dated and any(is_forecast(column.name) for column in moving if column.name not in roles.constant):
        return None
    likely = [column for column in labels(constant, roles) if 2 * column.distinct <= roles.series.distinct]
    likely += [column for column in constant if column.kind == "number" and is_label(column) and not dated]
    if not likely or len(constant) == len(moving):
        return None
    return likely[0] if is_label(likely[0]) or not dated else None


def of_series(moving: Sequence[ColumnGuess], label: ColumnGuess, roles: Roles, *, given: bool) -> TaskGuess:
    """A label told from the rows of its series."""
    others = [column for column in moving if column is not label]
    varying = [column for column in others if column.name not in roles.constant][:MOST_FEATURES]
    static = tuple(column for column in others if column.name in roles.constant and column.kind == "number")
    if not varying:
        of = "" if roles.series is None else f" of {roles.series.name!r}"
        raise DataError(
            f"no column but the label changes within the series{of}, so there is no sequence to tell it from; add a "
            "column that does, or name other series with --series"
        )
    why = "this column is the same in all rows of a series"
    found = [column for column in labels(others, roles) if column.name in roles.constant and not given]
    alike = tuple(column for column in found if is_label(column) == is_label(label))
    reasons = {"task": why, "target": "given with --target" if given else why_target(label, alike, [label, *found])}
    kind = target_kind(label, roles, PER_SEQUENCE)
    return TaskGuess(PER_SEQUENCE, label, kind, (*varying, *static), static, roles, reasons, alike=alike)
