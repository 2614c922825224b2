"""The task ``per_sequence``: one target for a whole series."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnnctl.tasks.task import Rule, Task

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from rnnctl.schema.table_keys import TableKeys


class _PerSequence(Task):
    def target_rows(self, starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return starts

    def column_rules(self, data: TableKeys) -> Iterator[Rule]:
        yield from super().column_rules(data)
        if data.series is None and data.text is None:
            message = (
                "per_sequence needs data.series, the column that tells sequences apart, or a column of text; where one "
                "series has a label in every row, set data.task: per_step"
            )
            yield message, "task", "series"


PER_SEQUENCE = _PerSequence(
    "per_sequence", "one target for a whole series", per_step=False, labels=True, series_target=True
)
