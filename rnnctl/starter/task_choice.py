"""What is predicted from what, as a starter config says it; and what a person asked for."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from rnnctl.errors import DataError
from rnnctl.schema.column_names import parts_of
from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.label_guess import TargetKind
from rnnctl.starter.remarks import Remark
from rnnctl.starter.roles import Roles, named, names_in
from rnnctl.starter.wishes import Wishes
from rnnctl.tasks import FORECAST, TASKS, Task

MOST_FEATURES = 200
"""Most features; a config is read by people."""


TEXT_KINDS = ("words", "characters")


@dataclass(frozen=True, slots=True)
class TaskGuess:
    """What is predicted from what.

    Attributes:
        kind: As ``data.columns`` of the target.
        features: The columns that the model sees, static ones last.
        static: Features with one value in all rows of a series.
        reasons: Reasons for ``task`` and ``target``, and for ``known`` and ``horizon`` where there are some.
        known: Features whose future is known.
        horizon: Rows ahead of a forecast; None where nothing says how many.
        rows_ahead: Last rows of each series whose targets are still empty.
        alike: Columns that are as likely to be what is to be predicted.
        calendar: Parts of the time that columns of the file held.
        remarks: What becomes of each column, and what is doubtful.
    """

    task: Task
    target: ColumnGuess
    kind: TargetKind
    features: tuple[ColumnGuess, ...]
    static: tuple[ColumnGuess, ...]
    roles: Roles
    reasons: dict[str, str]
    known: tuple[ColumnGuess, ...] = ()
    horizon: int | None = None
    rows_ahead: int = 0
    alike: tuple[ColumnGuess, ...] = ()
    calendar: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def uses(self) -> dict[str, str]:
        """The key of ``data`` that names a column, by the names of those that are used."""
        keys = {"features": self.features, "known": self.known, "static": self.static, "target": (self.target,)}
        uses = {column.name: key for key, columns in keys.items() for column in columns}
        roles = {"time": self.roles.time, "series": self.roles.series, "split.column": self.roles.split}
        parts = {key: () if column is None else parts_of(column.name) for key, column in roles.items()}
        return uses | {name: key for key, names in parts.items() for name in names}

    @property
    def text(self) -> ColumnGuess | None:
        """The column of text whose cells are the sequences."""
        return next((column for column in (*self.features, self.target) if column.kind in TEXT_KINDS), None)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for, found among the columns."""

    target: ColumnGuess | None
    known: tuple[ColumnGuess, ...]
    static: tuple[ColumnGuess, ...]
    task: Task | None
    horizon: int | None
    series: str | None

    @property
    def columns(self) -> tuple[ColumnGuess, ...]:
        """The target and the features that were asked for."""
        return (*filter(None, (self.target,)), *self.known, *self.static)


def find_asked(columns: Sequence[ColumnGuess], wishes: Wishes) -> Asked:
    """Finds what was asked for, and what does not go together."""
    given: dict[str, tuple[str | None, ...]]
    given = {"--time": (wishes.time,), "--series": (wishes.series,), "--target": (wishes.target,)}
    given |= {"--known": wishes.known, "--static": wishes.static}
    places = {key: [name for one in every if one for name in names_in(columns, one)] for key, every in given.items()}
    targets, known, static = (
        tuple(dict.fromkeys(named(columns, name, option) for name in places[option]))
        for option in ("--target", "--known", "--static")
    )
    if len(targets) > 1:
        one = places["--target"][0]
        raise DataError(
            f"--target names one column; give --target {shlex.quote(one)}: a list in the config predicts several"
        )
    target = next(iter(targets), None)
    task = None if wishes.task is None else TASKS[wishes.task]
    options = list(places)
    for place, option in enumerate(options):
        for other in options[:place]:
            if both := next((name for name in places[option] if name in places[other]), None):
                raise DataError(f"{option} and {other} both name {both!r}, and a column has one use; name another one")
    for option, found in {"--target": (target,), "--known": known, "--static": static}.items():
        wrong = next((one for one in found if one is not None and one.kind in ("date", "unusable")), None)
        if wrong is not None:
            use = "predicted" if option == "--target" else "seen by the model"
            raise DataError(f"{option}: {wrong.name!r} cannot be {use}: {wrong.unusable.text}; name another column")
    if task is not None and not task.windowed and (wishes.horizon or known):
        options = [option for option in wishes.given() if option in ("--horizon", "--known")]
        raise DataError(f"--task {task.word}: {' and '.join(options)} can be said of a forecast alone; leave one out")
    if task is None and (wishes.horizon or known):
        task = FORECAST
    return Asked(target, known, static, task, wishes.horizon, wishes.series)
