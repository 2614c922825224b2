"""A CSV file as typed columns, in the file's order. Knows nothing of windows, splits and scaling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from rnnctl.config.table_schema import CsvData
from rnnctl.data.cells import (
    INTEGER,
    MISSING_WORDS,
    bare,
    parse_booleans,
    parse_dates,
    parse_numbers,
    parse_times,
)
from rnnctl.data.csv_blocks import BLOCK_BYTES, Blocks
from rnnctl.data.csv_faults import BadCells, CellFaults
from rnnctl.data.csv_header import Header
from rnnctl.data.csv_scan import ByteFacts, check_rows, is_regular, line_numbers, open_quote, scan_bytes
from rnnctl.data.table import joined
from rnnctl.errors import DataError

Types = Mapping[str, type[pl.DataType]]


@dataclass(frozen=True, slots=True)
class CsvPart:
    """The rows of a CSV file; see `Part`.

    Attributes:
        header: The file's header.
        rows: How many rows there are.
        sha256: Fingerprint, in hexadecimal.
        quotes: Whether the file holds quote characters.
    """

    header: Header
    rows: int
    sha256: str
    quotes: bool

    def to_json(self) -> dict[str, Any]:
        """As plain values for a JSON file; without the path."""
        header = {"names": self.header.names, "line": self.header.line, "separator": self.header.separator}
        return {"header": header, "rows": self.rows, "sha256": self.sha256, "quotes": self.quotes}

    @classmethod
    def from_json(cls, path: Path, plain: Mapping[str, Any]) -> CsvPart:
        """From what `to_json` gave, of a file of the same content.

        Raises:
            KeyError, TypeError, ValueError: It is not of that form.
        """
        known = plain["header"]
        header = Header(path, str(known["separator"]), tuple(known["names"]), int(known["line"]), ())
        return cls(header, int(plain["rows"]), str(plain["sha256"]), bool(plain["quotes"]))

    @property
    def path(self) -> Path:
        """The file."""
        return self.header.path

    @property
    def word(self) -> str:
        """What a place is called."""
        return "line"

    def places(self, rows: Sequence[int]) -> list[int]:
        """The lines on which some rows begin."""
        return line_numbers(self.header, self.quotes, rows)


class CsvReader:
    """Reads the wanted columns of one CSV file, all at once or block after block.

    Polars parses numbers straight away. Only where that fails are words for missing values and stray spaces
    considered, and only where that fails too is the file gone through row by row to say what is wrong with it.

    Args:
        header: The file's header.
        data: The data section.
        roles: What each wanted column is read as; see `roles`.
        firsts: The first value of columns of times and dates, of the first file that has one; filled as they are met.
        first_file: Name of the file that the first time stands in.
    """

    def __init__(
        self,
        header: Header,
        data: CsvData,
        roles: Mapping[str, str],
        firsts: MutableMapping[str, str],
        first_file: str,
    ) -> None:
        self.header = header
        self.firsts = firsts
        self._data = data
        self._roles = roles
        first = firsts.get(data.time or "", "")
        self._faults = CellFaults(header, data, (first, first_file))
        time = pl.Int64 if INTEGER.fullmatch(first) else pl.String
        known: Types = {"number": pl.Float64, "time": time}
        self._types = {name: known.get(role, pl.String) for name, role in roles.items()}
        self._apart = False
        self._ways: list[Callable[[Path | bytes], pl.DataFrame]] = [
            self._plain,
            self._with_missing_words,
            self._as_text,
        ]

    @property
    def partly(self) -> bool:
        """Whether Polars was not given all columns at once, so that it did not see how long the rows are."""
        return self._apart or len(self._types) < len(self.header.names)

    def frame(self, content: Path | bytes) -> pl.DataFrame:
        """Reads numbers as numbers where that can be done, and all columns as text where it cannot.

        Args:
            content: The file, or the bytes of its header and some rows.

        Raises:
            DataError: The file as a whole is not one of regular rows.
        """
        while True:
            try:
                return self._ways[0](content)
            except pl.exceptions.PolarsError as error:
                if len(self._ways) == 1:
                    raise open_quote(self.header.path, str(error).partition("\n")[0]) from None
            del self._ways[0]  # what one block needs, those after it most often need too
            if len(self._ways) == 1:
                check_rows(self.header)

    def typed(self, frame: pl.DataFrame, offset: int) -> pl.DataFrame:
        """Brings the columns to their kinds, and keeps what cannot be read for `check`.

        Args:
            frame: What `frame` gave.
            offset: Row of the file of the frame's first row.

        Returns:
            The columns as `Table.frame` has them.
        """
        found = pl.DataFrame([self._typed(frame.get_column(name), role, offset) for name, role in self._roles.items()])
        if self._data.time is not None:
            times = found.get_column(self._data.time)
            self._faults.times.add(times.is_null(), frame.get_column(self._data.time), offset)
        if self._data.series is not None:
            series = found.get_column(self._data.series)
            self._faults.series.add(series.is_null(), series, offset)
        return found

    @property
    def faulty(self) -> bool:
        """Whether a cell could not be read."""
        return self._faults.any

    def check(self, rows: int, *, quotes: bool, regular: bool) -> None:
        """Tells what is wrong with a file that was read to its end.

        Args:
            rows: How many rows there were.
            quotes: Whether the file holds quote characters.
            regular: Whether it is known that every row has as many fields as the header.

        Raises:
            DataError: Something is.
        """
        if rows == 0:
            raise DataError(
                f"{self.header.path}: the file holds column names and no rows; expected rows of numbers below them"
            )
        if not regular:
            check_rows(self.header)
        self._faults.raise_any(quotes)

    def _plain(self, content: Path | bytes) -> pl.DataFrame:
        return self._read(content, self._types, ())

    def _with_missing_words(self, content: Path | bytes) -> pl.DataFrame:
        """In columns of text a word for a missing value is a word like others."""
        words = {name: kind for name, kind in self._types.items() if kind == pl.String}
        numbers = {name: kind for name, kind in self._types.items() if name not in words}
        self._apart = bool(numbers and words)
        read = [self._read(content, numbers, MISSING_WORDS)] if numbers else []
        read += [self._read(content, words, ())] if words else []
        return pl.concat(read, how="horizontal")[list(self._types)]

    def _as_text(self, content: Path | bytes) -> pl.DataFrame:
        return self._read(content, dict.fromkeys(self._types, pl.String), ())

    def _read(self, content: Path | bytes, types: Types, missing: tuple[str, ...]) -> pl.DataFrame:
        names = self.header.names
        places = sorted(names.index(name) for name in types)
        frame = pl.read_csv(
            content,
            columns=places if len(places) < len(names) else None,
            separator=self.header.separator,
            schema_overrides=dict(types),
            null_values=list(missing) or None,
            decimal_comma=self._data.decimal_comma,
            infer_schema=False,
            glob=False,
        )
        return frame[list(types)]  # select() would take a column called * for all of them

    def _typed(self, column: pl.Series, role: str, offset: int) -> pl.Series:
        if role == "text":
            return column.set(column == "", None) if (column == "").any() else column
        if role == "time":
            times = parse_times(column, self.firsts.get(column.name, ""))
            return times.fill_nan(None) if times.dtype.is_float() else times
        if column.dtype == pl.Float64:
            return column.fill_nan(None) if column.is_nan().any() else column
        text = bare(column)
        if role == "boolean":
            parsed = parse_booleans(text)
        elif role == "date":
            parsed = parse_dates(text, column.name, self.firsts)
        else:
            parsed = parse_numbers(text, self._data.decimal_comma).fill_nan(None)
        bad = parsed.is_null() & text.is_not_null()
        if bad.any():
            self._faults.unread.setdefault((role, column.name), BadCells()).add(bad, text, offset)
        return parsed


def read_csv_file(reader: CsvReader) -> tuple[pl.DataFrame, CsvPart]:
    """Reads the wanted columns of a CSV file that is not gzipped, at once.

    Args:
        reader: The file's reader.

    Returns:
        The columns, without the empty lines at the end of the file, and where they come from.

    Raises:
        DataError: The file cannot be read as the config asks.
    """
    header = reader.header
    with ThreadPoolExecutor(2) as pool:
        scan = pool.submit(scan_bytes, header.path)
        partly = pool.submit(is_regular, header) if reader.partly else None
        raw = reader.frame(header.path)
        facts = scan.result()
        raw = raw.head(max(0, raw.height - facts.blank_tail))
        frame = reader.typed(raw, 0)
        if partly:
            regular = partly.result()
        else:
            regular = is_regular(header) if reader.partly else _whole_and_regular(header, raw, facts)
        reader.check(frame.height, quotes=facts.quotes, regular=regular)
    return frame, CsvPart(header, frame.height, facts.sha256, facts.quotes)


def _whole_and_regular(header: Header, frame: pl.DataFrame, facts: ByteFacts) -> bool:
    """Whether a file of which all columns were read is regular; it is gone through only where a row may not be.

    Reading all columns, Polars fills up rows that are too short with nulls, and refuses those that are too long, but
    for an empty field at the very end.
    """
    whole = frame.get_column(header.names[-1]).null_count() == 0 and facts.last != header.separator.encode()
    return whole or is_regular(header)


def read_csv_blocks(reader: CsvReader, size: int = BLOCK_BYTES) -> tuple[pl.DataFrame, CsvPart]:
    """Reads the wanted columns of a CSV file block after block, so that it is never unpacked as a whole.

    Args:
        reader: The file's reader.
        size: Bytes that are read at a time.

    Returns:
        As `read_csv_file` does.

    Raises:
        DataError: As `read_csv_file` does.
    """
    blocks = Blocks(reader.header, size)
    frames: list[pl.DataFrame] = []
    rows = 0
    for block in blocks:
        frames.append(reader.typed(reader.frame(block.content), rows))
        rows += frames[-1].height
    reader.check(rows, quotes=blocks.facts.quotes, regular=blocks.regular)
    return joined(frames), CsvPart(reader.header, rows, blocks.facts.sha256, blocks.facts.quotes)
