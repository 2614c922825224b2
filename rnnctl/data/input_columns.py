"""The input columns that each column of a file becomes."""

from __future__ import annotations

from collections.abc import Container, Sequence

from rnnctl.data.calendar import part_names, season_names
from rnnctl.data.dataset import InputColumn
from rnnctl.schema.column_kinds import DateColumn
from rnnctl.schema.table import TableData

PRESENT = " (present)"
"""Ending of the name of a column that says where another one has a value."""


def planned_inputs(data: TableData, missing: Container[str]) -> tuple[InputColumn, ...]:
    """The input columns, without vocabularies: phases of the calendar and seasons, features, earlier values of targets.

    Args:
        missing: Columns in which cells of training rows are missing.
    """
    planned: list[InputColumn] = []
    if data.calendar is not None and data.time is not None:
        planned += [
            InputColumn(name, source=data.time) for name in part_names(data.time, data.calendar, data.harmonics)
        ]
    planned += [InputColumn(name) for name in season_names(data.seasons_seen, data.harmonics)]
    for name in data.seen:
        embedding = getattr(data.column(name), "embedding", None)
        static = name in (data.static or ())
        planned += [InputColumn(one, (), embedding, static, name) for one in _names(data, name, missing)]
    horizon = data.task_entry.horizon(data.window)
    for name in data.target:
        for lag in data.lags:
            for lead in range(1, 1 + min(lag, horizon)):
                planned.append(InputColumn(f"{name} ({lag} before {lead} ahead)", source=name, back=lag - lead))
    return tuple(planned)


def _names(data: TableData, name: str, missing: Container[str]) -> tuple[str, ...]:
    """Names of the input columns that a column of the file becomes."""
    column = data.column(name)
    if isinstance(column, DateColumn):
        return part_names(name, column.parts)
    names = (name, *(f"{name} ({lead} ahead)" for lead in range(1, 1 + leads(data, name))))
    if data.missing == "mask" and column.kind in ("number", "boolean") and name in missing:
        return (*names, *(f"{one}{PRESENT}" for one in names))
    return names


def leads(data: TableData, name: str) -> int:
    """Rows ahead that the model sees of a column: those of the forecast where its future is known."""
    return data.windowed.horizon if name in (data.known or ()) else 0


def target_of(column: InputColumn, targets: Sequence[str]) -> int:
    """Which target's values an input column holds, at its own row or an earlier one; −1 of none."""
    own = column.name == column.source or column.back is not None
    return targets.index(column.source) if own and column.source in targets else -1
