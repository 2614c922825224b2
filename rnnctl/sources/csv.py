"""The source ``csv``: tables in CSV files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from rnnctl.schema.data import FileFormat
from rnnctl.sources.table import TableSource

if TYPE_CHECKING:
    from rnnctl.tables.csv_file import CsvFiles


class CsvData(TableSource):
    """A CSV file, gzipped or not, or several: numbers, words and times in columns below a line of names."""

    file_format: ClassVar = FileFormat("csv", "CSV", (".csv", ".csv.gz"))

    kind: Literal["csv"]
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """Character between columns."""
    decimal_comma: bool = False
    """Whether numbers are written 3,14."""

    def open_files(self, block: int) -> CsvFiles:
        """The CSV files."""
        from rnnctl.tables.csv_file import CsvFiles

        return CsvFiles(self.files(), self, block)

    def column_names(self) -> tuple[str, tuple[str, ...]]:
        """The names in the first file's header."""
        from rnnctl.tables.csv_header import read_header

        header = read_header(self.files()[0], self)
        return f"{header.path}: line {header.line}", header.names
