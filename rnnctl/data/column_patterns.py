"""Patterns such as ``p*`` in a config's lists of columns, replaced by the names of a file's columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from rnnctl.errors import ConfigError, DataError, Fault
from rnnctl.schema.column_names import parts_of
from rnnctl.schema.table import TableData
from rnnctl.util.suggest import named

T = TypeVar("T", bound=TableData)


def with_names(data: T) -> T:
    """The data section with names of columns where it has patterns; itself where it has none.

    A pattern in ``features`` stands for the columns of the file that match it and that are neither targets nor times,
    nor tell series or splits apart; one in ``known`` or ``static`` for the features that match. A column that is called
    like the pattern is that column alone.

    Raises:
        DataError: A pattern matches nothing, or the file cannot be read.
        ConfigError: The columns do not go together.
    """
    if not data.patterned:
        return data
    where, columns = data.column_names()
    others = {*parts_of(data.time), *parts_of(data.series), data.split.column, *data.target}
    free = [name for name in columns if name not in others]
    seen = _expanded(data.features or data.target, set(columns), free, f"{where}: no column", "features")
    updates = {"features": None if data.features is None else seen}
    for key in ("known", "static"):
        names = getattr(data, key)
        if names is not None:
            updates[key] = _expanded(names, {*columns}, seen, f"{where}: no feature", key)
    named_data = data.model_copy(update=updates)
    for message, *keys in named_data.broken_rules(named=True):
        raise ConfigError([Fault(f"data.{keys[0]}", None, None, "", message)])
    return named_data


def _expanded(names: Iterable[str], columns: set[str], choices: Iterable[str], where: str, key: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in names:
        if name in columns or "*" not in name:
            found[name] = None
            continue
        form = re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
        matching = dict.fromkeys(choice for choice in choices if form.fullmatch(choice))
        if not matching:
            raise DataError(
                f"{where} matches {name!r}, which data.{key} asks for; those to choose from are {named(choices)}"
            )
        found |= matching
    return tuple(found)
