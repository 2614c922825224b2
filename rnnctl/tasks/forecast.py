"""The task ``forecast``: the rows after a window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnnctl.tasks.task import Rule, Task

if TYPE_CHECKING:
    from rnnctl.schema.table_keys import TableKeys, Window


class _Forecast(Task):
    def horizon(self, window: Window | None) -> int:
        return 1 if window is None else window.horizon

    def splits_rows(self, data: TableKeys) -> bool:
        return True

    def rules(self, data: TableKeys) -> Iterator[Rule]:
        if data.window is None:
            yield "a forecast needs a window; set data.window: {length: …}, or another data.task", "task", "window"
        yield from super().rules(data)

    def column_rules(self, data: TableKeys) -> Iterator[Rule]:
        yield from super().column_rules(data)
        if data.text is not None:
            yield "text is not forecast in windows; set data.task: next_step or per_sequence", "task", "columns"


FORECAST = _Forecast("forecast", "the rows after a window", windowed=True)
