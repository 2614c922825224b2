"""What of a table's keys does not go together, in words. Each rule looks at values that are right on their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnnctl.schema.columns import TEXTS, TOKENS, DateColumn

if TYPE_CHECKING:
    from rnnctl.schema.table import TableData

Rule = tuple[str, ...]
"""A message, and the keys that it is about."""


def disagreement(data: TableData, *, named: bool = True) -> Rule | None:
    """The first thing that does not go together, with the keys that it is about; None where all does.

    Args:
        data: The data section, each of its values right on its own.
        named: Whether all columns are named, and no pattern stands for some.
    """
    rules = (_window, _target, _difference, _missing, _time)
    by_name = (_split, _sequences, _text, _columns) if named else ()
    return next((found for rule in (*rules, *by_name) for found in rule(data)), None)


def _window(data: TableData) -> Iterator[Rule]:
    if data.task == "forecast" and data.window is None:
        yield "a forecast needs a window; set data.window: {length: …}, or another data.task", "task", "window"
    if data.task != "forecast" and data.window is not None and data.window.horizon != 1:
        told = f"window.horizon is for a forecast; {data.task} predicts one row at a time: remove it"
        yield told, "task", "window"
    if data.known is not None and data.task != "forecast":
        yield "data.known is for forecasts; name the columns in data.features alone", "known", "task"


def _split(data: TableData) -> Iterator[Rule]:
    by_time = data.task == "forecast" or (data.series is None and data.text is None)
    for key, value in (("column", data.split.column), ("shuffle", data.split.shuffle)):
        if by_time and value:
            told = f"split.{key} is for series that are split as wholes; here rows are split by time: remove it"
            yield told, f"split.{key}", "task"


def _sequences(data: TableData) -> Iterator[Rule]:
    if data.task in ("per_sequence", "per_step") and data.features is None:
        yield f"{data.task} needs data.features: the columns that the model sees", "task", "features"
    if data.task == "per_sequence" and data.series is None and data.text is None:
        told = (
            "per_sequence needs data.series, the column that tells sequences apart, or a column of text; where one "
            "series has a label in every row, set data.task: per_step"
        )
        yield told, "task", "series"


def _text(data: TableData) -> Iterator[Rule]:
    names = dict.fromkeys((*data.seen, *data.target))
    texts = [name for name in names if isinstance(data.column(name), TEXTS)]
    if len(texts) > 1:
        yield f"{texts[0]!r} and {texts[1]!r} are both text; one column can be the sequence", "columns"
    if texts and data.series is not None:
        told = f"each cell of {texts[0]!r} is a sequence of its own, and data.series tells none apart; remove it"
        yield told, "series", "columns"
    if texts and data.task == "forecast":
        yield "text is not forecast in windows; set data.task: next_step or per_sequence", "task", "columns"


def _target(data: TableData) -> Iterator[Rule]:
    kinds = {data.column(name).kind for name in data.target}
    if any(isinstance(data.column(name), DateColumn) for name in data.target):
        yield "a date cannot be predicted; name another column in data.target", "target", "columns"
    if len(kinds) > 1:
        yield f"the targets are of different kinds ({', '.join(sorted(kinds))}); name targets of one", "target"
    if len(data.target) > 1 and any(isinstance(data.column(name), TOKENS) for name in data.target):
        yield "one column of tokens can be predicted at a time; name one in data.target", "target", "columns"
    if data.target_kind == "category" and data.window is not None and data.window.horizon > 1:
        yield "tokens are forecast one row ahead; set data.window.horizon: 1", "target", "window"


def _difference(data: TableData) -> Iterator[Rule]:
    if data.difference and data.target_kind != "number":
        yield "data.difference is for numbers; remove it", "target", "difference"
    if data.difference and data.task in ("per_sequence", "per_step"):
        told = f"data.difference is for forecasts; {data.task} predicts the target as it is: remove it"
        yield told, "task", "difference"


def _missing(data: TableData) -> Iterator[Rule]:
    if data.missing == "interpolate" and data.task == "next_step":
        told = (
            "interpolate draws lines to later rows, and next_step is to predict those; set data.missing: forward, mask "
            "or drop"
        )
        yield told, "missing", "task"


def _columns(data: TableData) -> Iterator[Rule]:
    static = set(data.static or ())
    if static - set(data.features or ()):
        yield "data.static names some of data.features; name the column there too", "static", "features"
    if static and static >= set(data.seen):
        yield "all of data.features are static; leave one that changes over time", "static", "features"
    if set(data.known or ()) - set(data.seen):
        yield "data.known names some of data.features; name the column there too", "known", "features"
    for name in data.known or ():
        if isinstance(data.column(name), DateColumn):
            yield f"{name!r} is a date, of which the model sees the row's own; take it out of data.known", "known"
    used = {*data.seen, *data.target}
    if strangers := [name for name in data.columns if name not in used]:
        yield f"{strangers[0]!r} is neither a feature nor a target; add it to data.features or remove it", "columns"


def _time(data: TableData) -> Iterator[Rule]:
    for name in ("calendar", "frequency", "time_format"):
        value = getattr(data, name)
        if value is not None and data.time is None:
            yield f"data.{name} needs data.time; name the column of times", name, "time"
