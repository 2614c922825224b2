"""The source ``parquet``: tables in Parquet files."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rnnctl.schema.data import FileFormat
from rnnctl.sources.table import TableSource

if TYPE_CHECKING:
    from rnnctl.tables.parquet_file import ParquetFiles

_PIECE_BLOCKS = 4
"""Blocks of memory that the rows take that are converted at a time; smaller pieces are slower to find."""


class ParquetData(TableSource):
    """A Parquet file or several."""

    file_format: ClassVar = FileFormat("parquet", "Parquet", (".parquet",))

    kind: Literal["parquet"]

    def open_files(self, block: int) -> ParquetFiles:
        """The Parquet files."""
        from rnnctl.tables.parquet_file import ParquetFiles

        return ParquetFiles(self.files(), self.resolved(), _PIECE_BLOCKS * block)

    def file_columns(self) -> tuple[str, tuple[str, ...]]:
        """The names in the first file's schema."""
        from rnnctl.tables.parquet_schema import read_schema

        path = self.files()[0]
        return str(path), tuple(read_schema(path))
