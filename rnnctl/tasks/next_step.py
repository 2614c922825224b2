"""The task ``next_step``: at every row the target column of the next one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnnctl.tasks.task import Rule, Task

if TYPE_CHECKING:
    from rnnctl.schema.table_keys import TableKeys


class _NextStep(Task):
    def rules(self, data: TableKeys) -> Iterator[Rule]:
        yield from super().rules(data)
        if data.missing == "interpolate":
            message = (
                "interpolate draws lines to later rows, and next_step is to predict those; set data.missing: forward, "
                "mask or drop"
            )
            yield message, "missing", "task"


NEXT_STEP = _NextStep(
    "next_step", "at every row the target column of the next one", per_step=True, continues=True, interpolates=False
)
