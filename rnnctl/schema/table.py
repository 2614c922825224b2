"""What the ``data`` sections of all tables have in common."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from rnnctl.schema.base import PositiveInt, Section, broken_rule
from rnnctl.schema.columns import TEXTS, TOKENS, BooleanColumn, Column, NumberColumn, Parts, TimeForm
from rnnctl.schema.data import DataPath, DataSection, TargetKind
from rnnctl.schema.split import Split

if TYPE_CHECKING:
    from rnnctl.tables.reading import TableFiles

Task = Literal["forecast", "per_sequence", "per_step", "next_step"]
"""What is predicted: the rows after a window, one thing for a whole sequence, one at each of its time steps, or at each
time step what comes next."""


def _differ(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise PydanticCustomError("text", "{message}", {"message": f"holds {twice!r} twice; name each column once"})
    return names


Names = Annotated[
    tuple[str, ...], Field(strict=False, min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(_differ)
]
"""Names of columns, at least one."""


EVERY = re.compile(r"auto|[1-9]\d*(y|q|mo|w|d|h|m|s|ms|us|i)")
"""A distance in time as Polars writes it; ``i`` counts whole numbers."""


def _is_a_distance(text: str) -> str:
    if EVERY.fullmatch(text) is None:
        told = "is no distance in time; write auto, or a number and a unit, such as 1d, 15m, 1mo or 1i"
        raise PydanticCustomError("text", "{message}", {"message": told})
    return text


Distance = Annotated[str, AfterValidator(_is_a_distance), Field(json_schema_extra={"pattern": f"^({EVERY.pattern})$"})]
"""A distance in time, or ``auto``."""


class Window(Section):
    """How sequences are cut from a series."""

    length: PositiveInt
    """Time steps the model sees."""
    horizon: PositiveInt = 1
    """Time steps ahead that are predicted: the next 1, 2, … horizon values."""
    stride: PositiveInt = 1
    """Rows from one window's start to the next one's."""


class TableData(DataSection):
    """Rows of a table in time order, series after series: what CSV and Parquet files have in common."""

    path: DataPath
    """The file, relative to the config file; or a folder, or a pattern such as ``parts/*.csv``, whose files are read in
    the order of their names."""
    time: str | None = None
    """Column that orders the rows; the file's own order where it is null."""
    time_format: TimeForm | None = None
    """How ``time`` is written, as for strptime (``%d/%m/%Y %H:%M``), or ``number``; null reads what the column itself
    tells: ISO 8601, and other forms in which no cell can be read in two ways."""
    series: str | None = None
    """Column that tells series (sequences) apart; one series where it is null."""
    task: Task = "forecast"
    """What is predicted: ``forecast`` the rows after a window, ``per_sequence`` one target for a whole series,
    ``per_step`` the target column at every row, ``next_step`` at every row the target column of the next one."""
    target: Names
    """Columns to predict. Numbers, yes or no, or one column of tokens; see ``columns``."""
    features: Names | None = None
    """Columns the model sees; the targets where it is null (for ``per_sequence`` and ``per_step`` it must be given). A
    pattern such as ``p*`` stands for all columns of the file that match it, in their order, but for targets, times, and
    those that tell series and splits apart."""
    columns: dict[str, Column] = Field(default_factory=dict)
    """What the columns hold, by name, where that is not a number: ``{colour: category, review: {kind: words}}``."""
    known: Names | None = None
    """Features whose future is known (a holiday, a planned price): for a forecast the model sees them ``horizon`` rows
    ahead as well. A pattern stands for the features that match it."""
    static: Names | None = None
    """Features that are the same in all rows of a series: they give the first layer its initial state. A pattern stands
    for the features that match it."""
    calendar: Parts | None = None
    """Parts of the ``time`` column that the model sees too, such as ``[month, weekday]``."""
    window: Window | None = None
    """How sequences are cut from a series; needed for a forecast. Elsewhere a series is one sequence where it is
    null."""
    split: Split = Split(validation=0.15, test=0.15)
    """How much is held out for validation and test: rows at the end of each series for a forecast or a single series,
    else whole series, the last ones first."""
    difference: Annotated[int, Field(ge=0, le=1)] = 0
    """1: the model sees and predicts the change from one row to the next (ARIMA's d), for series with a trend."""
    scale: Literal["standard", "minmax", "robust", "none"] = "standard"
    """How numbers (their changes, with difference) are scaled; the statistics come from the training split alone."""
    missing: Literal["error", "drop", "forward", "interpolate", "mask"] = "error"
    """What a missing value does: stop with its rows; drop every window or sequence that holds one; repeat the last
    value seen; draw a straight line between the numbers around it (within a split only, and not for ``next_step``); or
    be shown as 0 beside a column that says which were there. An empty text can be dropped alone: nothing stands in
    for it."""
    frequency: Distance | None = None
    """Time from one row to the next, such as ``1d``, ``15m``, ``1mo`` (``1i`` for whole numbers): rows
    that are missing are put in, their values missing. ``auto`` takes the most common difference; null looks at
    the order alone."""
    cache: Literal["auto", "always", "never"] = "auto"
    """Whether the file is converted once to a binary copy that later runs map into memory; ``auto`` does so where
    the file is large."""

    @property
    def windowed(self) -> Window:
        """The window of a forecast."""
        if self.window is None:
            raise ValueError(f"a {self.task} has no window")
        return self.window

    @property
    def patterned(self) -> bool:
        """Whether a name may be a pattern, so that the file must tell which columns there are."""
        return any("*" in name for names in (self.features, self.known, self.static) for name in names or ())

    @property
    def seen(self) -> tuple[str, ...]:
        """The columns that the model sees at each time step or as its initial state, static ones last."""
        static = self.static or ()
        features = self.features if self.features is not None else self.target
        return (*(name for name in features if name not in static), *static)

    def column(self, name: str) -> Column:
        """What a column holds."""
        return self.columns.get(name) or NumberColumn(kind="number")

    @property
    def text(self) -> str | None:
        """The column of text whose cells are the sequences; None where rows are time steps."""
        return next((name for name in (*self.seen, *self.target) if isinstance(self.column(name), TEXTS)), None)

    @property
    def file(self) -> Path:
        """File, folder or pattern that the rows are read from."""
        return self.path

    @property
    def table(self) -> TableData:
        """The section itself."""
        return self

    @property
    def task_name(self) -> str:
        """The task."""
        return self.task

    @property
    def target_per_step(self) -> bool | None:
        """Whether there is a target at every time step; None for a forecast, where the model decides."""
        return None if self.task == "forecast" else self.task != "per_sequence"

    @property
    def target_values(self) -> int | None:
        """Target values of a sequence or time step; None for tokens, whose number only the loaded data tells."""
        if self.target_kind == "category":
            return None
        return len(self.target) * (self.window.horizon if self.window and self.task == "forecast" else 1)

    def open_files(self, block: int) -> TableFiles:
        """Finds the table's files, to be read ``block`` bytes at a time where they are not read at once."""
        raise NotImplementedError(f"{type(self).__name__}.open_files")

    def column_names(self) -> tuple[str, tuple[str, ...]]:
        """Where the first file names its columns, for messages; and their names, in the order of the file.

        Raises:
            DataError: There is no file, or it cannot be read.
        """
        raise NotImplementedError(f"{type(self).__name__}.column_names")

    @property
    def target_kind(self) -> TargetKind:
        """What the targets are."""
        first = self.column(self.target[0])
        if isinstance(first, TOKENS):
            return "category"
        return "boolean" if isinstance(first, BooleanColumn) else "number"

    @model_validator(mode="after")
    def _keys_agree(self) -> TableData:
        from rnnctl.schema.table_rules import disagreement

        if found := disagreement(self, named=not self.patterned):
            raise broken_rule(*found)
        return self
