"""What can be predicted in a table, and from what. Knows no windows and no models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from rnnctl.errors import DataError
from rnnctl.starter.columns import ColumnGuess
from rnnctl.starter.hints import LABEL_WORDS, SERIES_WORDS, TIME_WORDS, hints_at, value_rank
from rnnctl.starter.roles import Roles, guess_roles, named, still_in_training
from rnnctl.tasks import FORECAST, NEXT_STEP, PER_SEQUENCE, PER_STEP, Task

MOST_FEATURES = 200
"""Features beyond so many are left out: a config is read by people."""

MOST_CLASSES = 100
"""Classes beyond so many are no labels."""

_ROWS_A_CLASS = 5

TEXT_KINDS = ("words", "characters")


@dataclass(frozen=True, slots=True)
class TaskGuess:
    """What is predicted from what.

    Attributes:
        task: The task.
        target: The column to predict.
        kind: How the target is told to be read.
        features: The columns that the model sees, the target among them where it does; static ones last.
        static: Those of them that are the same in all rows of a series.
        roles: Times, series, split.
        reasons: Why, by ``task`` and ``target``, besides those of the roles.
        left_out: Columns that are not used, and why.
    """

    task: Task
    target: ColumnGuess
    kind: Literal["number", "boolean", "category", "words", "characters"]
    features: tuple[ColumnGuess, ...]
    static: tuple[ColumnGuess, ...]
    roles: Roles
    reasons: dict[str, str]
    left_out: tuple[tuple[str, str], ...] = field(default=())

    @property
    def text(self) -> ColumnGuess | None:
        """The column of text whose cells are the sequences."""
        return next((column for column in (*self.features, self.target) if column.kind in TEXT_KINDS), None)


def guess_task(
    columns: Sequence[ColumnGuess], *, target: str | None = None, time: str | None = None, series: str | None = None
) -> TaskGuess:
    """Chooses what to predict.

    Args:
        columns: All columns of a table.
        target: Name of the column to predict, where a person gave it.
        time: Name of the column of times, where a person gave it.
        series: Name of the column that tells series apart, where a person gave it.

    Raises:
        DataError: A given name is not that of a column, or nothing can be predicted.
    """
    roles = guess_roles(columns, time, series)
    chosen = None if target is None else named(columns, target, "--target")
    if chosen is not None and chosen in (roles.time, roles.series, roles.split):
        roles = _without(columns, roles, chosen, time, series)
    if chosen is not None and chosen.kind in ("date", "unusable"):
        raise DataError(f"--target: {chosen.name!r} cannot be predicted: {chosen.why}; name another column")
    taken = (roles.time, roles.series, roles.split)
    usable = [column for column in columns if column not in taken and column.kind not in ("unusable", "date")]
    still = still_in_training(usable, roles)
    moving = [column for column in usable if column.name not in still or column is chosen]
    if not moving:
        raise DataError("no column can be predicted: none holds numbers, words or categories that change")
    text = next((column for column in moving if column.kind in TEXT_KINDS), None)
    only_text = all(column.kind in TEXT_KINDS for column in moving)
    labelled = chosen is None or chosen is text or bool(_labels(moving))
    if text is not None and (only_text or (roles.series is None and labelled)):
        return _of_text(columns, moving, text, chosen, roles)
    roles = _split_as_wholes(roles)
    moving = [column for column in moving if column.kind not in TEXT_KINDS] or moving
    if roles.series is not None and (label := _label_of_series(moving, chosen, roles)) is not None:
        return _per_sequence(columns, moving, label, roles, given=chosen is not None)
    return _of_rows(columns, moving, chosen, roles)


def _without(
    columns: Sequence[ColumnGuess], roles: Roles, chosen: ColumnGuess, time: str | None, series: str | None
) -> Roles:
    """The roles once more, when the column to predict had one of them."""
    if chosen.name in (time, series):
        raise DataError(f"--target: {chosen.name!r} cannot be the times or tell series apart too; name another column")
    return guess_roles([column for column in columns if column is not chosen], time, series)


def _split_as_wholes(roles: Roles) -> Roles:
    """The roles without a column of splits that are not of whole series: rows are split by time."""
    if roles.split is None or roles.split.name in roles.constant:
        return roles
    return replace(roles, split=None, reasons={key: why for key, why in roles.reasons.items() if key != "split"})


def _labels(columns: Sequence[ColumnGuess]) -> list[ColumnGuess]:
    """Columns that could be labels, the likeliest first: by name, then the last in the file."""
    likely = list(enumerate(column for column in columns if _could_label(column)))
    likely.sort(key=lambda pair: (not hints_at(LABEL_WORDS, pair[1].name), -pair[0]))
    return [column for _, column in likely]


def _could_label(column: ColumnGuess) -> bool:
    few = 2 <= column.distinct <= min(MOST_CLASSES, column.values.len() / _ROWS_A_CLASS)
    if column.kind in ("category", "boolean"):
        return few
    return column.kind == "number" and hints_at(LABEL_WORDS, column.name) and column.whole and few


def _of_text(
    columns: Sequence[ColumnGuess],
    moving: Sequence[ColumnGuess],
    text: ColumnGuess,
    chosen: ColumnGuess | None,
    roles: Roles,
) -> TaskGuess:
    """Each cell of a column of text is a sequence; times and series of rows mean nothing then."""
    only_split = Roles(None, None, roles.split, {k: v for k, v in roles.reasons.items() if k == "split"}, frozenset())
    rest = [column for column in moving if column is not text and column.kind not in TEXT_KINDS]
    label = chosen if chosen is not None and chosen is not text else next(iter(_labels(rest)), None)
    if label is not None and chosen is not text:
        told = "each cell of text is a sequence, and a column says what it is"
        reasons = {"task": told, "target": "given with --target" if chosen else label.why, **only_split.reasons}
        guess = TaskGuess(PER_SEQUENCE, label, _target_kind(label), (text,), (), only_split, reasons)
    else:
        numbers = tuple(column for column in rest if column.kind in ("number", "boolean"))[:MOST_FEATURES]
        told = f"each cell is a sequence: what comes next in it{', given the numbers beside it' if numbers else ''}"
        reasons = {"task": told, "target": text.why, **only_split.reasons}
        kind: Literal["words", "characters"] = "words" if text.kind == "words" else "characters"
        guess = TaskGuess(NEXT_STEP, text, kind, (text, *numbers), numbers, only_split, reasons)
    return _with_left_out(guess, columns)


def _label_of_series(moving: Sequence[ColumnGuess], chosen: ColumnGuess | None, roles: Roles) -> ColumnGuess | None:
    """The column that says one thing of each series, where that is what the table is for."""
    if chosen is not None:
        return chosen if chosen.name in roles.constant else None
    series = roles.series
    varying = [column for column in moving if column.name not in roles.constant]
    likely = [
        column
        for column in _labels([column for column in moving if column.name in roles.constant])
        if series is not None and 2 * column.distinct <= series.distinct
    ]
    if not likely or not varying:
        return None
    by_name = hints_at(LABEL_WORDS, likely[0].name)
    dated = roles.time is not None and roles.time.kind == "date"
    return likely[0] if by_name or not dated else None


def _per_sequence(
    columns: Sequence[ColumnGuess], moving: Sequence[ColumnGuess], label: ColumnGuess, roles: Roles, *, given: bool
) -> TaskGuess:
    others = [column for column in moving if column is not label]
    varying = [column for column in others if column.name not in roles.constant][:MOST_FEATURES]
    static = [column for column in others if column.name in roles.constant and column.kind == "number"]
    if not varying:
        raise DataError("no column changes within a series, so there is no sequence to learn from; check --series")
    reasons = {
        "task": "this column is the same in all rows of a series",
        "target": "given with --target" if given else label.why,
        **roles.reasons,
    }
    features = (*varying, *static)
    guess = TaskGuess(PER_SEQUENCE, label, _target_kind(label), features, tuple(static), roles, reasons)
    return _with_left_out(guess, columns)


def _of_rows(
    columns: Sequence[ColumnGuess], moving: Sequence[ColumnGuess], chosen: ColumnGuess | None, roles: Roles
) -> TaskGuess:
    """A forecast of numbers, a label at each row, or what comes next."""
    varying = [column for column in moving if column.name not in roles.constant]
    target = chosen or _row_target(varying, roles)
    static = [column for column in moving if column.name in roles.constant and column is not target]
    others = [column for column in varying if column is not target]
    kind = _target_kind(target)
    reasons = {"target": _why_target(target, varying, given=chosen is not None), **roles.reasons}
    task: Task
    if kind == "number":
        task, reasons["task"] = FORECAST, "there are rows in time order and a number to predict"
    elif others and (chosen is not None or hints_at(LABEL_WORDS, target.name)):
        task, reasons["task"] = PER_STEP, "each row has a label, told from the other columns"
    else:
        task, reasons["task"] = NEXT_STEP, "each row holds one word of a sequence: what comes next"
    seen = others if task.labels else [target, *others]
    seen = seen[:MOST_FEATURES]
    static = static[: MOST_FEATURES - len(seen)] if roles.series is not None else []
    guess = TaskGuess(task, target, kind, (*seen, *static), tuple(static), roles, reasons)
    return _with_left_out(guess, columns)


def _row_target(varying: Sequence[ColumnGuess], roles: Roles) -> ColumnGuess:
    if not varying:
        raise DataError("no column changes from row to row, so there is nothing to predict")
    hinted = [column for column in varying if hints_at(LABEL_WORDS, column.name)]
    if hinted:
        return hinted[-1]
    numbers = [column for column in varying if column.kind == "number" and not _looks_like_a_key(column)]
    ranked = [(rank, place) for place, column in enumerate(numbers) if (rank := value_rank(column.name)) is not None]
    if ranked:
        return numbers[min(ranked)[1]]
    return numbers[-1] if numbers else varying[-1]


def _looks_like_a_key(column: ColumnGuess) -> bool:
    return column.whole and hints_at(SERIES_WORDS | TIME_WORDS, column.name)


def _why_target(target: ColumnGuess, varying: Sequence[ColumnGuess], *, given: bool) -> str:
    if given:
        return "given with --target"
    alike = sum(column.kind == target.kind for column in varying)
    if hints_at(LABEL_WORDS, target.name) or (alike > 1 and value_rank(target.name) is not None):
        return f"taken for its name; --target names another; {target.why}"
    return f"the only such column; {target.why}" if alike == 1 else f"the last of {alike}; --target names another"


def _target_kind(column: ColumnGuess) -> Literal["number", "boolean", "category"]:
    if column.kind == "boolean":
        return "boolean"
    return "number" if column.kind == "number" and not _could_label(column) else "category"


def _with_left_out(guess: TaskGuess, columns: Sequence[ColumnGuess]) -> TaskGuess:
    used = (*guess.features, guess.target, guess.roles.time, guess.roles.series, guess.roles.split)
    still = still_in_training(columns, guess.roles)
    left_out = tuple((column.name, _why_not(column, still)) for column in columns if column not in used)
    return TaskGuess(
        guess.task, guess.target, guess.kind, guess.features, guess.static, guess.roles, guess.reasons, left_out
    )


def _why_not(column: ColumnGuess, still: frozenset[str]) -> str:
    if column.kind == "unusable":
        return column.why
    if column.distinct <= 1:
        return "it never changes"
    if column.name in still:
        return "it never changes in the rows that come first, which are for training"
    return f"not needed ({column.why})"
