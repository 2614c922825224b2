"""The ``data`` section of tables, and the rules between its keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rnnctl.schema.column_kinds import NEXT, TEXTS, TOKENS, DateColumn
from rnnctl.schema.column_names import parts_of
from rnnctl.schema.table_keys import TableKeys
from rnnctl.tasks.task import Rule

if TYPE_CHECKING:
    from rnnctl.tables.table_files import TableFiles


class TableData(TableKeys):
    """Rows of a table in time order, series after series: what CSV and Parquet files have in common."""

    @property
    def table(self) -> TableData:
        """The section itself."""
        return self

    @property
    def target_values(self) -> int | None:
        """Target values of a sequence or time step; None for tokens and patterns, whose number only the file tells."""
        if self.target_kind == "category" or any("*" in name for name in self.target):
            return None
        return len(self.target) * max(self.task_entry.horizon(self.window), 1)

    def open_files(self, block: int) -> TableFiles:
        """Finds the table's files, to be read ``block`` bytes at a time where they are not read at once."""
        raise NotImplementedError(f"{type(self).__name__}.open_files")

    def lost_row(self) -> str | None:
        """What is said of a line of names that is most likely a first row of data; None where there is none."""
        return None

    def lost_footer(self) -> str | None:
        """What is said of lines at the end that are left out and most likely are rows; None where there are none."""
        return None

    def misread_numbers(self) -> Mapping[str, str]:
        """What is said of columns whose numbers are most likely written otherwise than the config says, by name."""
        return {}

    def column_names(self) -> tuple[str, tuple[str, ...]]:
        """Where the first file names its columns, for messages; and their names, in the order of the file.

        Raises:
            DataError: There is no file, or it cannot be read.
        """
        raise NotImplementedError(f"{type(self).__name__}.column_names")

    def broken_rules(self, *, named: bool | None = None) -> Iterator[Rule]:
        """Faults between keys.

        Args:
            named: Whether all columns are named, so that no pattern stands for some; None looks at the names.
        """
        task = self.task_entry
        by_name = (_split, task.column_rules, _text, _columns)
        named = not self.patterned if named is None else named
        for rule in (task.rules, _target, _time, _scale, *(by_name if named else ())):
            yield from rule(self)


def _split(data: TableKeys) -> Iterator[Rule]:
    for key, value in (("column", data.split.column), ("shuffle", data.split.shuffle)):
        if value and data.task_entry.splits_rows(data):
            message = f"split.{key} is for series that are split as wholes; here rows are split by time: remove it"
            yield message, f"split.{key}", "task"
    if data.split.per_series and not (data.series is not None and data.task_entry.splits_rows(data)):
        yield "split.per_series is for forecasts of several series (data.series); remove it", "split.per_series"


def _text(data: TableKeys) -> Iterator[Rule]:
    names = dict.fromkeys((*data.seen, *data.target))
    texts = [name for name in names if isinstance(data.column(name), TEXTS)]
    if len(texts) > 1:
        yield f"{texts[0]!r} and {texts[1]!r} are both text; one column can be the sequence", "columns"
    if texts and data.series is not None:
        message = f"each cell of {texts[0]!r} is a sequence of its own, and data.series tells none apart; remove it"
        yield message, "series", "columns"


def _target(data: TableKeys) -> Iterator[Rule]:
    kinds = {data.column(name).kind for name in data.target}
    if any(isinstance(data.column(name), DateColumn) for name in data.target):
        yield "a date cannot be predicted; name another column in data.target", "target", "columns"
    if len(kinds) > 1:
        yield f"the targets are of different kinds ({', '.join(sorted(kinds))}); name targets of one", "target"
    if len(data.target) > 1 and any(isinstance(data.column(name), TOKENS) for name in data.target):
        yield "one column of tokens can be predicted at a time; name one in data.target", "target", "columns"
    if data.target_kind == "category" and data.window is not None and data.window.horizon > 1:
        yield "tokens are forecast one row ahead; set data.window.horizon: 1", "target", "window"
    for name in ("difference", "transform", "lags", "season"):
        if getattr(data, name) not in (0, (), "none") and data.target_kind != "number":
            yield f"data.{name} is for numbers; remove it", "target", name


def _columns(data: TableKeys) -> Iterator[Rule]:
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
        todo = "add it to data.features or remove it"
        if set("?[{") & set(strangers[0]):
            todo = f"* alone stands for other characters in a pattern; {todo}"
        yield f"{strangers[0]!r} is neither a feature nor a target; {todo}", "columns"


def _scale(data: TableKeys) -> Iterator[Rule]:
    if data.scale_by == "series" and data.series is None:
        yield "data.scale_by: series needs data.series; name the column that tells series apart", "scale_by", "series"
    if data.scale_by != "all" and data.scale == "none":
        message = f"data.scale: none scales nothing by {data.scale_by}; choose another, or remove data.scale_by"
        yield message, "scale_by", "scale"
    if data.scale_by != "window":
        return
    if not data.task_entry.windowed or data.target_kind != "number":
        yield "data.scale_by: window is for forecasts of numbers; remove it", "scale_by", "task"
    if data.missing == "mask":
        message = "data.missing: mask shows 0 where a value is missing, which is none of data.scale_by: window; set "
        yield f"{message}data.missing: forward or drop", "scale_by", "missing"


def _time(data: TableKeys) -> Iterator[Rule]:
    if data.season_phase and not data.season:
        yield (
            "data.season_phase needs data.season; set it to the rows of a season, such as 12",
            "season_phase",
            "season",
        )
    if data.time is not None and data.time in parts_of(data.series):
        yield f"{data.time!r} orders the rows, and tells no series apart; name it once", "time", "series"
    for name in ("calendar", "frequency", "time_format", "time_zone"):
        value = getattr(data, name)
        if value is not None and data.time is None:
            yield f"data.{name} needs data.time; name the column of times", name, "time"
    if not isinstance(data.open, str):
        if data.time is None:
            yield "data.open needs data.time; name the column of times", "open", "time"
        if data.frequency == "1b":
            yield "business days are Mon-Fri; set data.frequency: 1d for other days", "open", "frequency"
    columns, forms = len(parts_of(data.time)), (data.time_format or "").count(NEXT) + 1
    if data.time_format is not None and columns != forms:
        ask = "one form" if columns == 1 else f"a list of {columns} forms, one for each column"
        yield f"data.time_format has {forms} form{'s' * (forms > 1)} for {columns} columns; write {ask}", "time_format"
