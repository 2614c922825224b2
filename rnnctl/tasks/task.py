"""What a task decides about a table's sequences, their targets and their predictions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from rnnctl.schema.table_keys import TableKeys, Window

Rule = tuple[str, ...]
"""A message, and the keys that it is about."""


@dataclass(frozen=True)
class Task:
    """A task: an entry of `TASKS`.

    Attributes:
        word: The value of ``data.task``.
        description: What is predicted, for the documentation of ``data.task``.
        per_step: Whether every time step has a target; None leaves it to ``model.return_sequences``.
        labels: Whether targets belong to rows that the model sees (labels), rather than to the rows after them. The
            features must then be named, since the target is not one of them, and a target of tokens has classes without
            an unknown one.
        windowed: Whether sequences are windows, split by time, whose inputs may reach back into the split before, and
            whose targets are as many rows as ``data.window.horizon`` says; otherwise they are whole series, or pieces
            of ``data.window.length``.
        series_target: Whether each sequence has one target, the same in all rows of a series.
        continues: Whether predicted tokens are appended to the sequence one by one: texts begin and end with a token of
            their own, predictions are drawn by temperature, and whole sequences are scored besides.
        interpolates: Whether ``data.missing: interpolate`` may fill an input in from later rows.
    """

    word: str
    description: str
    per_step: bool | None = None
    labels: bool = False
    windowed: bool = False
    series_target: bool = False
    continues: bool = False
    interpolates: bool = True

    def horizon(self, window: Window | None) -> int:
        """Rows after the last input that are predicted; 0 where targets are labels."""
        if self.windowed and window is not None:
            return window.horizon
        return 0 if self.labels else 1

    def splits_rows(self, data: TableKeys) -> bool:
        """Whether the rows of each series are split by time; otherwise whole series are split."""
        return self.windowed or (data.series is None and data.text is None)

    def target_rows(
        self, starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64] | None:
        """The row that holds each sequence's one target; None where targets belong to time steps (see `Sequences`).

        Args:
            starts: ``[sequences]``, first rows.
            lengths: ``[sequences]``, time steps.
        """
        return starts if self.series_target else None

    def rules(self, data: TableKeys) -> Iterator[Rule]:
        """Faults between keys that can be found before patterns stand for columns."""
        if self.windowed and data.window is None:
            yield (
                f"a {self.word} needs a window; set data.window: {{length: …}}, or another data.task",
                "task",
                "window",
            )
        if not self.windowed and data.window is not None and data.window.horizon != 1:
            message = f"window.horizon is for a forecast; {self.word} predicts one row at a time: remove it"
            yield message, "task", "window"
        if not self.windowed and data.known is not None:
            yield "data.known is for forecasts; name the columns in data.features alone", "known", "task"
        for name in ("difference", "lags", "season") if self.labels else ():
            if getattr(data, name):
                message = f"data.{name} is for forecasts; {self.word} predicts the target as it is: remove it"
                yield message, "task", name
        if not self.interpolates and data.missing == "interpolate":
            message = (
                f"interpolate draws lines to later rows, and {self.word} is to predict those; set data.missing: "
                "forward, mask or drop"
            )
            yield message, "missing", "task"

    def column_rules(self, data: TableKeys) -> Iterator[Rule]:
        """Faults between keys that need the names of all columns.

        Args:
            data: The data section, its patterns replaced by columns.
        """
        if self.labels and data.features is None:
            yield f"{self.word} needs data.features: the columns that the model sees", "task", "features"
        ahead = () if self.labels else data.known or ()
        if answers := [name for name in data.target if name in (data.features or () if self.labels else ahead)]:
            key = "features" if self.labels else "known"
            message = f"{answers[0]!r} is what is to be predicted, and the model would see the answer; take it out of"
            yield f"{message} data.{key}", key, "target"
        if self.windowed and data.text is not None:
            yield "text is not forecast in windows; set data.task: next_step or per_sequence", "task", "columns"
        if self.series_target and data.series is None and data.text is None:
            message = (
                f"{self.word} needs data.series, the column that tells sequences apart, or a column of text; where one "
                "series has a label in every row, set data.task: per_step"
            )
            yield message, "task", "series"
