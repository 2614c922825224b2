"""The ``data`` section of a starter config for a table, key by key with its reasons. Reads no data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rnnctl.config.dump import flow
from rnnctl.starter.columns import ColumnGuess
from rnnctl.starter.sample import Sample
from rnnctl.starter.starter import Line, entry, wrapped_list
from rnnctl.starter.tasks import MOST_CLASSES, TaskGuess
from rnnctl.util.format import counted, cut

_MOST_TOKENS = 1000


def table_lines(path: str, sample: Sample, guess: TaskGuess, reasons: dict[str, str]) -> list[Line]:
    """The data section as far as all tasks share it: file, times, series, task, target, features, columns.

    Args:
        path: The file, relative to the config.
        sample: What was read of it.
        guess: What is predicted, from what.
        reasons: Why, by key.
    """
    lines = [Line("data:"), entry(2, "kind", sample.kind), entry(2, "path", path, "relative to this file")]
    if sample.separator != ",":
        lines.append(entry(2, "separator", sample.separator))
    if sample.decimal_comma:
        lines.append(entry(2, "decimal_comma", value=True, why="numbers are written 3,14"))
    roles = guess.roles
    for key, column in (("time", roles.time), ("series", roles.series)):
        if column is not None:
            lines.append(entry(2, key, column.name, reasons[key]))
    lines.append(entry(2, "task", guess.task.word, reasons["task"]))
    lines.append(entry(2, "target", [guess.target.name], reasons["target"]))
    if tuple(guess.features) != (guess.target,):
        lines += wrapped_list(2, "features", [column.name for column in guess.features], "what the model sees")
    if guess.static:
        told = "features that are the same in all rows of a series: they give the first state"
        lines += wrapped_list(2, "static", [column.name for column in guess.static], told)
    kinds = {
        column.name: _column(column, guess.kind if column is guess.target else column.kind)
        for column in dict.fromkeys((*guess.features, guess.target))
    }
    told_columns = [(name, kind) for name, kind in kinds.items() if kind != "number"]
    if told_columns:
        lines.append(Line("  columns:", "those that hold no numbers"))
        whys = {column.name: column.why for column in (*guess.features, guess.target)}
        lines += [entry(4, name, kind, whys[name]) for name, kind in told_columns]
    left_out = [*guess.left_out, *sample.unusable]
    return [*lines, *_left_out(left_out)]


def _left_out(left_out: Sequence[tuple[str, str]]) -> list[Line]:
    shown = [Line(f"  # not used: {_named(name)}", why) for name, why in left_out[:10]]
    if len(left_out) > len(shown):
        shown.append(Line(f"  # not used: {counted(len(left_out) - len(shown), 'more column')}"))
    return shown


def _named(name: str) -> str:
    return flow(cut(name, 40))


def _column(column: ColumnGuess, kind: str) -> Any:
    """A column's value under ``columns``: one word, or more where there are many tokens."""
    if kind != "category":
        return kind
    spec: dict[str, Any] = {"kind": "category"}
    if column.distinct > _MOST_TOKENS:
        spec["size"] = _MOST_TOKENS
    if column.distinct > 20:
        spec["embedding"] = 16 if column.distinct <= MOST_CLASSES else 32
    return spec if len(spec) > 1 else "category"
