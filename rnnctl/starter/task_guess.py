"""What can be predicted in a table, and from which columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rnnctl.errors import DataError
from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.roles import (
    LABEL_WORDS,
    SERIES_WORDS,
    TIME_WORDS,
    Roles,
    guess_roles,
    hints_at,
    named,
    still_in_training,
    value_rank,
)
from rnnctl.tasks import FORECAST, NEXT_STEP, PER_SEQUENCE, PER_STEP, Task

MOST_FEATURES = 200
"""Most features; a config is read by people."""

MOST_CLASSES = 100
"""Most classes of a label."""

_ROWS_A_CLASS = 5

TEXT_KINDS = ("words", "characters")

TargetKind = Literal["number", "boolean", "category", "words", "characters"]


@dataclass(frozen=True, slots=True)
class TaskGuess:
    """What is predicted from what.

    Attributes:
        kind: As ``data.columns`` of the target.
        features: The columns that the model sees, static ones last.
        static: Features with one value in all rows of a series.
        reasons: Reasons for ``task`` and ``target``.
        left_out: Names of unused columns, each with the reason.
    """

    task: Task
    target: ColumnGuess
    kind: TargetKind
    features: tuple[ColumnGuess, ...]
    static: tuple[ColumnGuess, ...]
    roles: Roles
    reasons: dict[str, str]
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> ColumnGuess | None:
        """The column of text whose cells are the sequences."""
        return next((column for column in (*self.features, self.target) if column.kind in TEXT_KINDS), None)


def guess_task(
    columns: Sequence[ColumnGuess], *, target: str | None = None, time: str | None = None, series: str | None = None
) -> TaskGuess:
    """Chooses what to predict; ``target``, ``time`` and ``series`` are names of columns from options.

    Raises:
        DataError: A name is not that of a column, or nothing can be predicted.
    """
    roles = guess_roles(columns, time, series)
    chosen = None if target is None else named(columns, target, "--target")
    if chosen is not None and roles.take(chosen):
        if target in (time, series):
            raise DataError(f"--target: {target!r} cannot be the times or tell series apart too; name another column")
        roles = guess_roles([column for column in columns if column is not chosen], time, series)
    if chosen is not None and chosen.kind in ("date", "unusable"):
        raise DataError(f"--target: {target!r} cannot be predicted: {chosen.why}; name another column")
    guess = _guess(columns, chosen, roles)
    used = (*guess.features, guess.target)
    left = [column for column in columns if column not in used and not guess.roles.take(column)]
    still = still_in_training(columns, guess.roles)
    return replace(guess, left_out=tuple((column.name, _why_not(column, still)) for column in left))


def _guess(columns: Sequence[ColumnGuess], chosen: ColumnGuess | None, roles: Roles) -> TaskGuess:
    usable = [column for column in columns if not roles.take(column) and column.kind not in ("unusable", "date")]
    still = still_in_training(usable, roles)
    moving = [column for column in usable if column.name not in still or column is chosen]
    if not moving:
        raise DataError("no column can be predicted: none holds numbers, words or categories that change")
    no_text = [column for column in moving if column.kind not in TEXT_KINDS]
    text = next((column for column in moving if column.kind in TEXT_KINDS), None)
    labelled = chosen is None or chosen is text or bool(_labels(moving))
    if text is not None and (not no_text or (roles.series is None and labelled)):
        return _of_text(no_text, text, chosen, roles)
    if roles.split is not None and roles.split.name not in roles.constant:  # not of whole series: split by time instead
        roles = replace(roles, split=None)
    moving = no_text or moving
    if (label := _label_of_series(moving, chosen, roles)) is not None:
        return _of_series(moving, label, roles, given=chosen is not None)
    return _of_rows(moving, chosen, roles)


def _labels(columns: Sequence[ColumnGuess]) -> list[ColumnGuess]:
    """Columns that could be labels, the likeliest first: by name, then the last in the file."""
    return sorted(filter(_could_label, reversed(columns)), key=lambda column: not hints_at(LABEL_WORDS, column.name))


def _could_label(column: ColumnGuess) -> bool:
    few = 2 <= column.distinct <= min(MOST_CLASSES, column.values.len() / _ROWS_A_CLASS)
    if column.kind in ("category", "boolean"):
        return few
    return column.kind == "number" and hints_at(LABEL_WORDS, column.name) and column.whole and few


def _of_text(others: Sequence[ColumnGuess], text: ColumnGuess, chosen: ColumnGuess | None, roles: Roles) -> TaskGuess:
    """Each cell of a column of text is a sequence; times and series of rows have no meaning then."""
    roles = replace(roles, time=None, series=None, constant=frozenset())
    label = chosen if chosen is not None and chosen is not text else next(iter(_labels(others)), None)
    if label is not None and chosen is not text:
        why = "each cell of text is a sequence, and a column says what it is"
        reasons = {"task": why, "target": "given with --target" if chosen else label.why}
        return TaskGuess(PER_SEQUENCE, label, _target_kind(label), (text,), (), roles, reasons)
    numbers = tuple(column for column in others if column.kind in ("number", "boolean"))[:MOST_FEATURES]
    why = f"each cell is a sequence: what comes next in it{', given the numbers beside it' if numbers else ''}"
    reasons = {"task": why, "target": text.why}
    kind: TargetKind = "words" if text.kind == "words" else "characters"
    return TaskGuess(NEXT_STEP, text, kind, (text, *numbers), numbers, roles, reasons)


def _label_of_series(moving: Sequence[ColumnGuess], chosen: ColumnGuess | None, roles: Roles) -> ColumnGuess | None:
    """The column with one label a series, where that is what the table is for."""
    if chosen is not None or roles.series is None:
        return chosen if chosen is not None and chosen.name in roles.constant else None
    constant = [column for column in moving if column.name in roles.constant]
    likely = [column for column in _labels(constant) if 2 * column.distinct <= roles.series.distinct]
    if not likely or len(constant) == len(moving):
        return None
    dated = roles.time is not None and roles.time.kind == "date"
    return likely[0] if hints_at(LABEL_WORDS, likely[0].name) or not dated else None


def _of_series(moving: Sequence[ColumnGuess], label: ColumnGuess, roles: Roles, *, given: bool) -> TaskGuess:
    others = [column for column in moving if column is not label]
    varying = [column for column in others if column.name not in roles.constant][:MOST_FEATURES]
    static = tuple(column for column in others if column.name in roles.constant and column.kind == "number")
    if not varying:
        raise DataError("no column changes within a series, so there is no sequence to learn from; check --series")
    why = "this column is the same in all rows of a series"
    reasons = {"task": why, "target": "given with --target" if given else label.why}
    return TaskGuess(PER_SEQUENCE, label, _target_kind(label), (*varying, *static), static, roles, reasons)


def _of_rows(moving: Sequence[ColumnGuess], chosen: ColumnGuess | None, roles: Roles) -> TaskGuess:
    """A forecast of numbers, a label at each row, or what comes next."""
    varying = [column for column in moving if column.name not in roles.constant]
    target = chosen or _row_target(varying)
    others = [column for column in varying if column is not target]
    kind = _target_kind(target)
    task: Task
    if kind == "number":
        task, why = FORECAST, "there are rows in time order and a number to predict"
    elif others and (chosen is not None or hints_at(LABEL_WORDS, target.name)):
        task, why = PER_STEP, "each row has a label, told from the other columns"
    else:
        task, why = NEXT_STEP, "each row holds one word of a sequence: what comes next"
    seen = (others if task.labels else [target, *others])[:MOST_FEATURES]
    static = [column for column in moving if column.name in roles.constant and column is not target]
    static = static[: MOST_FEATURES - len(seen)] if roles.series is not None else []
    reasons = {"task": why, "target": _why_target(target, varying, given=chosen is not None)}
    return TaskGuess(task, target, kind, (*seen, *static), tuple(static), roles, reasons)


def _row_target(varying: Sequence[ColumnGuess]) -> ColumnGuess:
    if not varying:
        raise DataError("no column changes from row to row, so there is nothing to predict")
    labels = [column for column in varying if hints_at(LABEL_WORDS, column.name)]
    if labels:
        return labels[-1]
    numbers = [
        column
        for column in varying
        if column.kind == "number" and not (column.whole and hints_at(f"{SERIES_WORDS} {TIME_WORDS}", column.name))
    ]
    ranked = [(rank, place) for place, column in enumerate(numbers) if (rank := value_rank(column.name)) is not None]
    return numbers[min(ranked)[1]] if ranked else (numbers or varying)[-1]


def _why_target(target: ColumnGuess, varying: Sequence[ColumnGuess], *, given: bool) -> str:
    if given:
        return "given with --target"
    alike = sum(column.kind == target.kind for column in varying)
    if hints_at(LABEL_WORDS, target.name) or (alike > 1 and value_rank(target.name) is not None):
        return f"taken for its name; --target names another; {target.why}"
    return f"the only such column; {target.why}" if alike == 1 else f"the last of {alike}; --target names another"


def _target_kind(column: ColumnGuess) -> TargetKind:
    if column.kind == "boolean":
        return "boolean"
    return "number" if column.kind == "number" and not _could_label(column) else "category"


def _why_not(column: ColumnGuess, still: frozenset[str]) -> str:
    if column.kind == "unusable":
        return column.why
    if column.distinct <= 1:
        return "it never changes"
    if column.name in still:
        return "it never changes in the rows that come first, which are for training"
    return f"not needed ({column.why})"
