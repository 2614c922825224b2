"""The first lines of a CSV file: can it be read at all, and are the wanted columns there. Parses no numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from rnnctl.config.table_schema import CsvData
from rnnctl.errors import DataError
from rnnctl.words import nearest

HEAD_BYTES = 1 << 20
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}
MAGIC = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook; save it as CSV",
    b"\x1f\x8b": "gzip; unpack it first",
    b"PAR1": "Parquet; save it as CSV",
    b"\xff\xfe": "text in UTF-16; save it as UTF-8",
    b"\xfe\xff": "text in UTF-16; save it as UTF-8",
}


@dataclass(frozen=True, slots=True)
class Header:
    """What the first lines say.

    Attributes:
        names: Column names, in the order of the file.
        line: 1-based line of the last line of the header; the data begins on the next one.
        first: Fields of the first row of data; empty where there is none.
    """

    names: tuple[str, ...]
    line: int
    first: tuple[str, ...]

    def first_value(self, name: str) -> str:
        """The first row's field in a column; empty where there is none."""
        place = self.names.index(name)
        return self.first[place] if place < len(self.first) else ""


def read_header(data: CsvData) -> Header:
    """Reads column names and the first row of data.

    Args:
        data: The data section.

    Raises:
        DataError: There is no such file, or it is a folder, empty, or not text in UTF-8.
    """
    if not data.separator.isascii() or data.separator in '"\r\n\0':
        raise DataError(f"data.separator: {data.separator!r} cannot separate columns; use one such as ',' or ';'")
    text = _decode(data.path, _read_head(data.path))
    if "\r" in text and "\n" not in text:
        raise DataError(
            f"{data.path}: lines end in a carriage return alone; save the file with line feeds (Unix or Windows)"
        )
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=data.separator)
    try:
        names = next((row for row in rows if row), None)
        line = rows.line_num
        first = next(rows, [])
    except csv.Error as error:
        raise DataError(f"{data.path}: line {rows.line_num}: not a line of a CSV file ({error}); correct it") from None
    if names is None:
        raise DataError(f"{data.path}: the file is empty; expected a line of column names, then rows of numbers")
    return Header(tuple(names), line, tuple(first))


def check_columns(header: Header, data: CsvData) -> None:
    """Checks that every column that the config names stands in the header, once.

    Raises:
        DataError: A column is missing or stands twice, or tells series apart and is a number too.
    """
    if data.series in (*data.target, *(data.features or ())):
        raise DataError(
            f"data.series: {data.series!r} tells series apart and cannot be a feature or target too; remove it from "
            f"data.features and data.target"
        )
    wanted = [("time", data.time), ("series", data.series)]
    wanted += [("target", name) for name in data.target] + [("features", name) for name in data.features or ()]
    faults: dict[str, str] = {}
    for key, name in wanted:
        if name is None or name in faults:
            continue
        times = header.names.count(name)
        if times == 0:
            faults[name] = _missing_column(header, data, key, name)
            if len(header.names) == 1 or all(map(_is_number, header.names)):
                break  # the whole line is not what was expected, and that is told with the first name
        elif times > 1:
            faults[name] = (
                f"{data.path}: line {header.line}: {times} columns are named {name!r}, which data.{key} asks for; "
                f"give each a name of its own"
            )
    if faults:
        raise DataError("\n".join(faults.values()))


def _read_head(path: Path) -> bytes:
    if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe can be read once, and a CSV file is read twice
        raise DataError(f"{path}: this is a pipe or a device; save the data to a file, and set data.path to that")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise DataError(_no_file(path)) from None
    except IsADirectoryError:
        raise DataError(f"{path}: this is a folder; expected a CSV file; set data.path to a file in it") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path}: the file cannot be read ({reason}); correct data.path or its permissions") from None
    if not head:
        raise DataError(f"{path}: the file is empty; expected a line of column names, then rows of numbers")
    for magic, what in MAGIC.items():
        if head.startswith(magic):
            raise DataError(f"{path}: this is not a CSV file but {what}")
    if b"\0" in head:
        raise DataError(
            f"{path}: this is a binary file (byte 0 at position {head.index(0)}); expected a CSV file in UTF-8"
        )
    return head


def _no_file(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"{path}: there is no folder {path.parent}; correct data.path"
    near = nearest(path.name, names)
    return f"{path}: there is no such file; " + (f"did you mean {near}?" if near else "correct data.path")


def _decode(path: Path, head: bytes) -> str:
    """Decodes the head; a last line that is cut off is left away unless it is the only one."""
    whole = head if len(head) < HEAD_BYTES else head[: head.rfind(b"\n") + 1] or head
    try:
        return whole.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(not_utf8(path, whole.count(b"\n", 0, error.start) + 1, whole[error.start])) from None


def not_utf8(path: Path, line: int, byte: int) -> str:
    """The message for a byte that is not UTF-8."""
    return f"{path}: line {line}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"


def _missing_column(header: Header, data: CsvData, key: str, name: str) -> str:
    where = f"{data.path}: line {header.line}"
    if len(header.names) == 1:
        only = header.names[0]
        for separator, word in SEPARATORS.items():
            if separator != data.separator and separator in only:
                written = "\\t" if separator == "\t" else separator
                return (
                    f"{where}: one column {only[:80]!r} was found, with {word} in it, where data.{key} asks for "
                    f'{name!r}; if the columns are separated by {word}, set data.separator: "{written}"'
                )
    if all(_is_number(field) for field in header.names):
        return (
            f"{where}: the first line holds numbers ({', '.join(header.names)[:80]}), not column names, where "
            f"data.{key} asks for {name!r}; add a line of column names"
        )
    near = nearest(name, header.names)
    listed = ", ".join(header.names[:20]) + (", …" if len(header.names) > 20 else "")
    meant = f"; did you mean {near!r}?" if near else f"; correct data.{key}"
    return f"{where}: there is no column {name!r}, which data.{key} asks for; the columns are {listed}{meant}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
