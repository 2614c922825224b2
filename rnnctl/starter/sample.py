"""The first rows of a file whose form nobody has told: text, CSV of any separator, or Parquet; gzipped or not."""

from __future__ import annotations

import csv
import io
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import polars as pl

from rnnctl.errors import DataError
from rnnctl.sources import file_formats
from rnnctl.sources.csv import CsvData
from rnnctl.starter.forms import JSON, has_decimal_commas, is_prose, separator_of
from rnnctl.tables.csv_header import MAGIC, decoded, is_number
from rnnctl.tables.data_files import Source, find_files, read_head
from rnnctl.tables.frames import places
from rnnctl.tables.parquet_schema import MAGIC as PARQUET

SAMPLE_BYTES = 16 << 20
"""Most bytes of text that are looked at, unpacked."""

SAMPLE_ROWS = 100_000
"""Most rows that are looked at."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a file.

    Attributes:
        kind: What ``data.kind`` is for such a file.
        frame: Columns of text (CSV) or of the types that the file has (Parquet); of a text file none.
        text: What a text file begins with; empty of a table.
        rows: Rows of the file, characters of a text; estimated where ``whole`` is false.
        whole: Whether all of the file was looked at.
        separator: Character between columns of a CSV file.
        decimal_comma: Whether numbers are written 3,14.
        unusable: Why a column cannot be used, by its name.
    """

    kind: Literal["csv", "parquet", "text"]
    frame: pl.DataFrame
    text: str
    rows: int
    whole: bool
    separator: str = ","
    decimal_comma: bool = False
    unusable: tuple[tuple[str, str], ...] = ()


def read_sample(path: Path) -> Sample:
    """Reads the first rows of a file, or of the first of several.

    Args:
        path: A file; a folder, or a pattern such as ``parts/*.csv``.

    Returns:
        The sample: at most `SAMPLE_ROWS` rows, of at most `SAMPLE_BYTES` bytes.

    Raises:
        DataError: There is no such file, it cannot be read, or it holds no rows.
    """
    files = _files(path)
    sample = _of_file(files[0])
    if len(files) == 1:
        return sample
    share = sum(file.stat().st_size for file in files) / max(1, files[0].stat().st_size)
    return replace(sample, rows=round(sample.rows * share), whole=False)


def _files(path: Path) -> tuple[Path, ...]:
    """The files that a path stands for, of whichever kind a folder holds."""
    if not path.is_dir():
        return find_files(path, CsvData.file_format)
    for file_format in file_formats():
        with suppress(DataError):
            return find_files(path, file_format)
    raise DataError(f"{path}: this folder holds no CSV, Parquet or text file; name another one, or a file")


def _of_file(path: Path) -> Sample:
    head, packed, whole, size = _head(path)
    if head.startswith(PARQUET):
        return _parquet(path)
    for magic, what in MAGIC.items():
        if head.startswith(magic):
            raise DataError(f"{path}: expected CSV, Parquet or plain text, found {what}")
    if b"\0" in head:
        raise DataError(
            f"{path}: this is a binary file (byte 0 at position {head.index(0)}); expected CSV, Parquet or text"
        )
    text = _decoded(path, head, whole=whole)
    if JSON.match(text):
        raise DataError(f"{path}: expected CSV, Parquet or plain text, found JSON; save it as CSV or Parquet")
    if "\r" in text and "\n" not in text:
        raise DataError(f"{path}: lines end in a carriage return alone; save the file with line feeds")
    share = 1.0 if whole else packed / size
    separator = separator_of(text)
    if separator is None and is_prose(path, text):
        return Sample("text", pl.DataFrame(), text, round(len(text) / share), whole)
    return _csv(path, text, separator or separator_of(text, least=1) or ",", share, whole=whole)


def _head(path: Path) -> tuple[bytes, int, bool, int]:
    """The first bytes unpacked, how many packed bytes they were, whether that is all, and the file's size."""
    read_head(path, CsvData.file_format.name, 1)  # says what is wrong with a path
    with Source(path) as source:
        head = source.read(SAMPLE_BYTES)
        packed, size = source.position, max(1, path.stat().st_size)
        whole = not source.read(1)
    if not head.strip():
        raise DataError(f"{path}: the file is empty; expected a line of column names with rows below, or text")
    return head, max(1, min(packed, size)), whole, size


def _decoded(path: Path, head: bytes, *, whole: bool) -> str:
    if not whole:  # the last line is cut off, perhaps within a character
        head = head[: head.rfind(b"\n") + 1] or head[:-3]
    return decoded(path, head)


def _csv(path: Path, text: str, separator: str, share: float, *, whole: bool) -> Sample:
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=separator)
    try:
        names = next((row for row in reader if row), [])
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num}: not a line of a CSV file ({error}); correct it") from None
    if all(map(is_number, names)):
        raise DataError(
            f"{path}: line {reader.line_num}: the first line holds numbers ({', '.join(names)[:80]}), not column "
            "names; add a line of column names"
        )
    frame = _frame(path, text, separator)
    columns = frame.get_columns()
    twice = {name: times for name, times in Counter(names).items() if times > 1}
    unusable = [(name, f"{times} columns have this name") for name, times in twice.items()]
    unusable += [("", "the column has no name")] if "" in names and "" not in twice else []
    refused = {"", *twice}
    usable = [place for place, name in enumerate(names) if name not in refused and place < len(columns)]
    frame = pl.DataFrame([columns[place].str.strip_chars().alias(names[place]) for place in usable])
    if frame.height == 0:
        raise DataError(f"{path}: the file holds column names and no rows; expected rows below them")
    seen_all = whole and frame.height < SAMPLE_ROWS
    rows = frame.height if seen_all else _estimated_rows(text, frame.height, share)
    return Sample("csv", frame, "", rows, seen_all, separator, has_decimal_commas(frame, separator), tuple(unusable))


def _frame(path: Path, text: str, separator: str) -> pl.DataFrame:
    """The rows as text, columns named by their places."""
    try:
        frame = pl.scan_csv(
            text.encode(),
            with_column_names=places,
            separator=separator,
            infer_schema=False,
            n_rows=SAMPLE_ROWS,
            truncate_ragged_lines=True,
            raise_if_empty=False,
        ).collect()
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path}: the file cannot be read as CSV: {reason}; correct it") from None
    filled = (~frame.select(pl.all_horizontal(pl.all().is_null())).to_series()).arg_true()
    blank = max(0, text[len(text.rstrip()) :].count("\n") - 1)  # empty lines at the end are no rows
    return frame.head(max(int(filled[-1]) + 1 if len(filled) else 0, frame.height - blank))


def _estimated_rows(text: str, seen: int, share: float) -> int:
    """Rows of a file of which a share was unpacked and ``seen`` rows were read."""
    return max(seen, round(text.count("\n") / share) - 1)


def _parquet(path: Path) -> Sample:
    try:
        lazy = pl.scan_parquet(path, glob=False)
        rows = int(lazy.select(pl.len()).collect().item())
        schema = lazy.collect_schema()
        nested = [name for name, kind in schema.items() if kind.is_nested() or kind in (pl.Binary, pl.Object)]
        frame = lazy.head(SAMPLE_ROWS).collect()
        frame = frame[[name for name in frame.columns if name not in nested]]
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path}: the file cannot be read as Parquet: {reason}; write it again") from None
    if frame.height == 0:
        raise DataError(f"{path}: the file holds columns and no rows")
    unusable = tuple((name, f"it holds {schema[name]}, not single values") for name in nested)
    return Sample("parquet", frame, "", rows, rows <= frame.height, unusable=unusable)
