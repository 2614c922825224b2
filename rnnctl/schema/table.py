"""What the ``data`` sections of all tables have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import model_validator

from rnnctl.schema.base import broken_rule
from rnnctl.schema.table_keys import TableKeys
from rnnctl.schema.table_rules import disagreement

if TYPE_CHECKING:
    from rnnctl.tables.table_files import TableFiles


class TableData(TableKeys):
    """Rows of a table in time order, series after series: what CSV and Parquet files have in common."""

    @property
    def file(self) -> Path:
        """File, folder or pattern that the rows are read from."""
        return self.path

    @property
    def table(self) -> TableData:
        """The section itself."""
        return self

    @property
    def target_values(self) -> int | None:
        """Target values of a sequence or time step; None for tokens, whose number only the loaded data tells."""
        if self.target_kind == "category":
            return None
        return len(self.target) * max(self.task_entry.horizon(self.window), 1)

    def open_files(self, block: int) -> TableFiles:
        """Finds the table's files, to be read ``block`` bytes at a time where they are not read at once."""
        raise NotImplementedError(f"{type(self).__name__}.open_files")

    def column_names(self) -> tuple[str, tuple[str, ...]]:
        """Where the first file names its columns, for messages; and their names, in the order of the file.

        Raises:
            DataError: There is no file, or it cannot be read.
        """
        raise NotImplementedError(f"{type(self).__name__}.column_names")

    @model_validator(mode="after")
    def _keys_agree(self) -> TableData:
        if found := disagreement(self, named=not self.patterned):
            raise broken_rule(*found)
        return self
