"""Patterns such as ``p*`` in a config's lists of columns, replaced by the names of a file's columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from rnnctl.errors import ConfigError, DataError, Fault
from rnnctl.schema.column_kinds import Column
from rnnctl.schema.column_names import matching, parts_of
from rnnctl.schema.table import TableData
from rnnctl.tables.cells import key_in_yaml
from rnnctl.util.suggest import named

T = TypeVar("T", bound=TableData)


def with_names(data: T) -> T:
    """The data section with names of columns where it has patterns; itself where it has none.

    A pattern in ``target`` stands for the columns of the file that match it and that are no times, nor tell series or
    splits apart; one in ``features`` for those of them that are no targets, and for targets where it is in ``target``
    too or matches nothing else; one in ``known`` or ``static`` for the features that match; one in ``columns`` for the
    features and targets that match and are not named there. A column that is called like the pattern is that column
    alone.

    Raises:
        DataError: A pattern matches nothing, or the file cannot be read.
        ConfigError: The columns do not go together.
    """
    if not data.patterned:
        return data
    where, names = data.column_names()
    columns = set(names)
    roles = {*parts_of(data.time), *parts_of(data.series), data.split.column}
    free = [name for name in names if name not in roles]
    target = _expanded(data.target, columns, free, f"{where}: no column", "target")
    updates: dict[str, Any] = {"target": target}
    seen = target
    if data.features is not None:
        others = [name for name in free if name not in target]
        again = () if data.task_entry.labels else target
        seen = ()
        for name in data.features:
            choices = free if again and name in data.target else others
            seen += _expanded((name,), columns, choices, f"{where}: no column", "features", again)
        updates["features"] = seen = tuple(dict.fromkeys(seen))
    for key in ("known", "static"):
        asked = getattr(data, key)
        if asked is not None:
            updates[key] = _expanded(asked, columns, seen, f"{where}: no feature", key)
    updates["columns"] = _kinds(data, columns, tuple(dict.fromkeys((*seen, *target))), where)
    named_data = data.model_copy(update=updates)
    for message, *keys in named_data.broken_rules(named=True):
        raise ConfigError([Fault(f"data.{keys[0]}", None, None, "", message)])
    if named_data.target_kind != data.target_kind:
        kind = named_data.column(target[0]).kind
        message = (
            f"the target {data.target[0]!r} stands for {named(target)}, which data.columns says to be {kind}; say it "
            f"of the target as it is written: data.columns: {{{key_in_yaml(data.target[0])}: {kind}}}"
        )
        raise ConfigError([Fault("data.columns", None, None, "", message)])
    return named_data


def _kinds(data: TableData, columns: set[str], used: tuple[str, ...], where: str) -> dict[str, Column]:
    """What columns hold, by names alone."""
    kinds = {name: kind for name, kind in data.columns.items() if _is_name(name, columns)}
    for pattern, kind in data.columns.items():
        if pattern not in kinds:
            for name in _expanded((pattern,), columns, used, f"{where}: no feature or target", "columns"):
                kinds.setdefault(name, kind)
    return kinds


def _is_name(name: str, columns: set[str]) -> bool:
    return name in columns or "*" not in name


def _expanded(
    names: Iterable[str],
    columns: set[str],
    choices: Collection[str],
    where: str,
    key: str,
    otherwise: Collection[str] = (),
) -> tuple[str, ...]:
    """The names that patterns stand for among some choices, or where they match none of those among others."""
    found: dict[str, None] = {}
    for name in names:
        if _is_name(name, columns):
            found[name] = None
            continue
        chosen = matching(name, choices) or matching(name, otherwise)
        if not chosen:
            there = [*choices, *otherwise]
            rest = f"those to choose from are {named(there)}" if there else f"{_NONE[key]}; name columns in data.{key}"
            raise DataError(f"{where} matches {name!r}, which data.{key} asks for; {rest}")
        found |= dict.fromkeys(chosen)
    return tuple(found)


_NONE = {
    "target": "every column is a time, or tells series or splits apart",
    "features": "every other column is a target or a time, or tells series or splits apart",
    "known": "there is no feature",
    "static": "there is no feature",
    "columns": "there is no feature or target",
}
"""Why there is nothing to choose from, by the key that asks for it."""
