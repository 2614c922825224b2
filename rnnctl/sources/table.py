"""What the sources of tables have in common: reading, patterns of column names, another file in place of theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rnnctl.schema.data import FileFormat
from rnnctl.schema.split import Split
from rnnctl.schema.table import TableData

if TYPE_CHECKING:
    from typing import Self

    from rnnctl.data.dataset import Dataset, Preparation
    from rnnctl.tables.table import Table


class TableSource(TableData):
    """A table that is read from files."""

    file_format: ClassVar[FileFormat]

    def with_names(self) -> Self:
        """The section with the names of columns in place of patterns; itself where it has none."""
        from rnnctl.data.column_patterns import with_names

        return with_names(self)

    def file_columns(self) -> tuple[str, tuple[str, ...]]:
        """Where the first file names its columns, for messages; and their names, in the order of the file.

        Raises:
            DataError: There is no file, or it cannot be read.
        """
        raise NotImplementedError(f"{type(self).__name__}.file_columns")

    def column_names(self) -> tuple[str, tuple[str, ...]]:
        """The file's columns; names and values in place of wide ones."""
        from rnnctl.tables.wide_columns import long_names

        where, names = self.file_columns()
        return where, long_names(self.resolved(), names)

    def resolved(self) -> Self:
        """The section with the file's own columns in ``wide``; itself where no column is wide."""
        from rnnctl.tables.wide_columns import resolved

        return self if self.wide is None else resolved(self, *self.file_columns())

    def files(self) -> tuple[Path, ...]:
        """The files."""
        from rnnctl.sources import find_files

        return find_files(self.path, self.file_format)

    def with_file(self, path: Path) -> TableData:
        """The section with another file, all of which is for the test; it may be of another source of tables."""
        from rnnctl.sources import SOURCES

        changes: dict[str, Any] = {"path": path, "split": Split()}
        for section in (source.section for source in SOURCES.values()):
            own = section is type(self) or path == self.path
            if not own and issubclass(section, TableSource) and section.file_format.matches(path):
                common = {name: getattr(self, name) for name in TableData.model_fields}
                return section.model_construct(kind=section.file_format.kind, **common | changes)
        return self.model_copy(update=changes)

    def load(
        self,
        *,
        seed: int,
        per_step: bool,
        known: Preparation | None = None,
        inspect: Callable[[Table], None] | None = None,
    ) -> Dataset:
        """Reads the table and makes sequences of it.

        Memory is that of the table in float32 and of its targets in float64 (`Dataset.own`), and while loading of the
        file's columns.
        """
        from rnnctl.data.table_dataset import make_dataset
        from rnnctl.tables.reading import read_table

        table = read_table(self)
        if inspect is not None:
            inspect(table)
        return make_dataset(table, seed=seed, per_step=per_step, known=known)
