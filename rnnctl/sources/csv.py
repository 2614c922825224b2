"""The source ``csv``: tables in CSV files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from rnnctl.schema.base import NonNegativeInt
from rnnctl.schema.column_names import first_twice
from rnnctl.schema.data import FileFormat
from rnnctl.schema.number_form import NumberForm
from rnnctl.sources.table import TableSource
from rnnctl.tasks.task import Rule
from rnnctl.util.format import first_few

if TYPE_CHECKING:
    from rnnctl.tables.csv_file import CsvFiles
    from rnnctl.tables.csv_header import CsvLayout

MOST_FOOTER = 1000
"""Most lines that ``skip_footer`` leaves out."""
_COMMENT = r"^[^\s\"\x00]{1,8}$"
_Header = Annotated[tuple[str, ...], Field(strict=False, min_length=1, json_schema_extra={"uniqueItems": True})]


class CsvData(TableSource):
    """A CSV file, gzipped or not, or several: numbers, words and times in columns below a line of names."""

    file_format: ClassVar = FileFormat("csv", "CSV", (".csv", ".csv.gz"))

    kind: Literal["csv"]
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """Character between columns."""
    decimal_comma: bool = False
    """Whether numbers are written 3,14. A point is then never a decimal point."""
    skip_lines: NonNegativeInt = 0
    """Lines at the top that are no part of the table, such as titles. A first line ``sep=;``, as Excel writes it, is
    always left out."""
    skip_footer: Annotated[int, Field(ge=0, le=MOST_FOOTER)] = 0
    """Lines at the end that are no part of the table, such as a source or a total; empty ones are not counted."""
    comment: Annotated[str, Field(min_length=1, max_length=8, json_schema_extra={"pattern": _COMMENT})] | None = None
    """What lines begin with that are left out, such as ``"#"``."""
    header: bool | _Header = True
    """Whether the first line names the columns. Where it does not, they are ``column_1``, ``column_2`` and so on, or as
    a list names them from the first to the last; with ``skip_lines: 1`` that list stands in for the file's own names.
    A column whose name is empty is ``column_`` and its place too."""
    thousands: Literal[",", ".", "'", " "] | None = None
    """Mark between thousands: ``","`` for 1,234.5; ``"."`` for 1.234,5 (with ``decimal_comma``); an apostrophe; or a
    space, of any width."""

    def broken_rules(self, *, named: bool | None = None) -> Iterator[Rule]:
        """Faults between keys."""
        yield from super().broken_rules(named=named)
        if self.comment is not None and re.fullmatch(_COMMENT, self.comment) is None:
            yield "a comment begins with signs such as # or //, without quotes; correct it", "comment"
        if isinstance(self.header, tuple) and (twice := first_twice(self.header)) is not None:
            yield f"header names {twice!r} twice; give each column a name of its own", "header"
        decimal = self.number_form("").decimal
        if self.thousands == decimal:
            todo = "set decimal_comma: true" if decimal == "." else "remove decimal_comma, or set another mark"
            yield f"{decimal!r} cannot be the decimal mark and stand between thousands; {todo}", "thousands"

    def number_form(self, name: str) -> NumberForm:
        """How the numbers of a column are written."""
        return (
            super()
            .number_form(name)
            ._replace(decimal="," if self.decimal_comma else ".", thousands=self.thousands or "")
        )

    @property
    def layout(self) -> CsvLayout:
        """How the files are laid out."""
        from rnnctl.tables.csv_header import CsvLayout

        return CsvLayout(self.separator, self.skip_lines, self.skip_footer, self.comment, self.header)

    def open_files(self, block: int) -> CsvFiles:
        """The CSV files."""
        from rnnctl.tables.csv_file import CsvFiles

        return CsvFiles(self.files(), self.resolved(), block)

    def lost_row(self) -> str | None:
        """What is said of a line of names that is most likely a first row of data; None where there is none."""
        from rnnctl.tables.csv_header import read_header

        header = read_header(self.files()[0], self.layout)
        if not header.like_data:
            return None
        names = ", ".join(header.names)[:80]
        return (
            f"line {header.line} names the columns {names}, which look like data: that row is not read; set "
            f"data.header: false (the columns are then column_1, column_2 and so on), or to a list of names"
        )

    def lost_footer(self) -> str | None:
        """What is said of lines at the end that are left out and most likely are rows; None where there are none."""
        from rnnctl.tables.csv_scan import rows_of_footer

        if not self.skip_footer:
            return None
        lost = [
            f"{path}: line {line} {cells[:40]!r}"
            for path in self.files()
            for line, cells in rows_of_footer(path, self.layout)
        ]
        if not lost:
            return None
        return (
            f"{first_few(lost, 3)}: left out by data.skip_footer: {self.skip_footer}, but looks like a row; correct "
            f"data.skip_footer if it is one"
        )

    def misread_numbers(self) -> Mapping[str, str]:
        """What is said of columns whose decimal marks most likely stand between thousands, by name."""
        from rnnctl.tables.thousands_check import misread_thousands

        return misread_thousands(self.resolved())

    def file_columns(self) -> tuple[str, tuple[str, ...]]:
        """The names in the first file's header."""
        from rnnctl.tables.csv_header import read_header

        header = read_header(self.files()[0], self.layout)
        return f"{header.path}: line {header.line}", header.names
