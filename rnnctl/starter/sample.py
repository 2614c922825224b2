"""The first rows of a data file: Parquet, CSV with any separator, or running text; gzipped or not."""

from __future__ import annotations

import csv
import io
import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import polars as pl
from polars.selectors import by_name

from rnnctl.errors import DataError
from rnnctl.schema.column_names import parts_of
from rnnctl.schema.number_form import NumberForm
from rnnctl.schema.table import TableData
from rnnctl.sources import file_formats
from rnnctl.sources.csv import CsvData
from rnnctl.sources.parquet import ParquetData
from rnnctl.sources.text import TextData
from rnnctl.starter.csv_layout import END_CHARACTERS, layout_of
from rnnctl.starter.remarks import DOUBTFUL, Remark
from rnnctl.tables.cells import WORDS, bare, without_nan
from rnnctl.tables.combined_columns import combined_names
from rnnctl.tables.csv_blocks import text_rows
from rnnctl.tables.csv_header import CsvLayout, Header, is_number, kind_of, read_header
from rnnctl.tables.csv_rows import scan_rows
from rnnctl.tables.csv_scan import CsvPart, bytes_below
from rnnctl.tables.data_files import find_files, read_head
from rnnctl.tables.date_form_search import FormSearch
from rnnctl.tables.footnotes import Split, split_notes, tail_of
from rnnctl.tables.frames import column_of, replaced
from rnnctl.tables.limits import MOST_GUESSED, check_columns
from rnnctl.tables.number_search import ALMOST_ALL, Search, Written, search
from rnnctl.tables.numbers import parse_numbers
from rnnctl.tables.parquet_footer import unpacked_bytes
from rnnctl.tables.parquet_scan import check_growth, count_rows, parquet_errors, scan
from rnnctl.tables.parquet_schema import MAGIC as PARQUET, read_schema
from rnnctl.tables.sentinels import SeriesCode, as_mark, sentinels, series_sentinels
from rnnctl.tables.table import Part
from rnnctl.tables.text_reading import decoded
from rnnctl.tables.unpacking import bytes_read, is_packed, unpacked
from rnnctl.util.encoding import UTF8_MARK
from rnnctl.util.format import cut, first_few
from rnnctl.util.memory import in_words

SAMPLE_BYTES = 16 << 20
"""Most bytes of text that are read, unpacked."""

CHECKED_BYTES = 4 << 20
"""The same, where a config is there already."""

SAMPLE_ROWS = 100_000
"""Most rows that are read."""

SAMPLE_CELLS = 5_000_000
"""Most cells that are read of Parquet."""

YEAR = re.compile(r"(19|20)\d{2}")
"""A year, which may name a column."""

JSON = re.compile(r'\s*[\[{]\s*["\[{]')
"""The beginning of a JSON file, or of one with a JSON object a line."""

_LOOKED_AT = 1000
_MOST_PLACES = 5
_LINES, _LINES_AROUND = 200, 5
"""Lines that are looked at for columns between spaces, and how many of them may be titles, sources and notes."""
_MOST_VALUES = 0.7
"""Share of the fields that are numbers or dates in such a table."""
_TEXT_ENDINGS = {".txt", ".text", ".md"}


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a file.

    Attributes:
        kind: ``data.kind`` for such a file.
        frame: Columns of text (CSV) or of the file's types (Parquet); none of running text.
        text: The beginning of running text; empty for a table.
        rows: Rows of the file, or characters of running text; estimated where ``whole`` is false.
        whole: Whether all of the file was read.
        layout: How a CSV file is laid out.
        unusable: Names of columns that cannot be used, each with the reason.
        part: The file's rows, to tell their places.
        numbers: How the numbers in columns of text are written.
        marked: Columns of a file with types whose numbers are text with marks or units, which are not read.
        notes: Marks of footnotes beside numbers and dates, with their cells and first row, by column.
        sentinels: Numbers that most likely stand for missing values, and their cells, by column; see `sentinels`.
        series_codes: Those that single series show; see `told_apart`.
        wide: ``data.wide``, where wide columns became rows; else empty.
        wide_what: What each of them is.
        ends: Marks for missing values at the ends of rows of these, which are no rows, each with its reason.
    """

    kind: str
    frame: pl.DataFrame
    text: str
    rows: int
    whole: bool
    layout: CsvLayout = field(default_factory=CsvLayout)
    unusable: tuple[tuple[str, str], ...] = ()
    part: Part | None = None
    wide: Mapping[str, str | bool | list[str]] = field(default_factory=dict)
    wide_what: str = ""
    ends: Mapping[Any, str] = field(default_factory=dict)
    numbers: Search = field(init=False)
    marked: frozenset[str] = field(init=False, default=frozenset())
    notes: dict[str, dict[str, tuple[int, int]]] = field(init=False)
    sentinels: dict[str, dict[float, int]] = field(init=False)
    series_codes: dict[str, dict[float, SeriesCode]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Finds how numbers are written."""
        frame, schema = self.frame, self.frame.schema
        text = {name: column_of(frame, name).cast(pl.String) for name, dtype in schema.items() if dtype in WORDS}
        numbers = search(text)
        if self.kind != CsvData.file_format.kind:  # only CSV files have options for how numbers are written
            plain = {name: column for name, column in numbers.columns.items() if _is_plain(column)}
            object.__setattr__(self, "marked", frozenset(numbers.columns.keys() - plain.keys()))
            numbers = Search(columns=plain)
        object.__setattr__(self, "numbers", numbers)
        notes = {name: column.notes for name, column in numbers.columns.items() if column.notes}
        dates = {name: cells for name, cells in text.items() if name not in numbers.columns}
        dated = {name: split for name, cells in dates.items() if (split := _dates_with_notes(name, cells))}
        if self.kind == CsvData.file_format.kind and dated:
            object.__setattr__(self, "frame", replaced(frame, {name: split.text for name, split in dated.items()}))
            notes |= {name: split.notes for name, split in dated.items()}
        object.__setattr__(self, "notes", {name: _places(text[name], marks) for name, marks in notes.items()})
        found = {name: codes for name, column in self.numbers_by_name() if (codes := sentinels(column))}
        object.__setattr__(self, "sentinels", found)

    def numbers_by_name(self) -> Iterator[tuple[str, pl.Series]]:
        """The columns of numbers with their names; null where a cell is missing or is none."""
        for name, found in self.numbers.columns.items():
            yield name, without_nan(parse_numbers(found.cells, self.numbers.form_of(name)))
        for name, dtype in self.frame.schema.items():
            if dtype.is_numeric():
                yield name, without_nan(column_of(self.frame, name).cast(pl.Float64))

    def told_apart(self, series: str) -> Sample:
        """The sample with the codes for missing values that single series show; itself where there are none.

        Args:
            series: Column, or combination of columns, that tells series apart.
        """
        cells = [column_of(self.frame, part).cast(pl.String) for part in parts_of(series)]
        names = combined_names(cells)
        numbers = ((name, column) for name, column in self.numbers_by_name() if name not in parts_of(series))
        found = {name: codes for name, column in numbers if (codes := series_sentinels(column, names))}
        if not found:
            return self
        told = copy(self)
        object.__setattr__(told, "series_codes", found)
        sure = {
            name: {value: code.cells for value, code in codes.items() if not code.within}
            for name, codes in found.items()
        }
        both = {name: self.sentinels.get(name, {}) | sure.get(name, {}) for name in {**self.sentinels, **sure}}
        object.__setattr__(told, "sentinels", both)
        return told

    def doubts_of_codes(self) -> Iterator[Remark]:
        """What to say of codes for missing values that other series may have as values."""
        for name, codes in self.series_codes.items():
            for value, code in codes.items():
                if code.within:
                    other = repr(cut(code.within[0], 40))
                    why = f"it is {as_mark(value)} {code.words()}, and a value of others such as {other}"
                    todo = "if it stands for a missing value there, leave those cells empty"
                    yield Remark(name, DOUBTFUL, why, option=todo)

    def named_again(self) -> Iterator[Remark]:
        """That rows hold the names of the columns, as at the top of each page."""
        names, schema = self.frame.columns, self.frame.schema
        if not names or set(schema.values()) != {pl.String()}:
            return
        again = pl.all_horizontal([column_of(self.frame, name) == name for name in names])
        rows = self.frame.select(again.fill_null(value=False)).to_series().arg_true().to_list()
        if rows:
            at = first_few([self.place(row) for row in rows], _MOST_PLACES)
            yield Remark("", DOUBTFUL, f"the names of the columns stand again in {at}", option="remove these lines")

    def place(self, row: int) -> str:
        """The place in the file of a row of the frame."""
        if self.part is None:
            return f"row {row + 1}"
        under = f" under {str(column_of(self.frame, str(self.wide['names']))[row])!r}" if self.wide else ""
        return f"{self.part.word} {self.part.places([self.part.in_file([row])[0][0]])[0]}{under}"


def _is_plain(column: Written) -> bool:
    """Whether nothing but numbers such as 1234.5 stands in the cells."""
    return column.plain and parse_numbers(column.cells, NumberForm()).null_count() == column.cells.null_count()


def _places(cells: pl.Series, notes: Counter[str]) -> dict[str, tuple[int, int]]:
    """The number of cells and the first row of each mark."""
    text = cells.str.strip_chars()
    found = {}
    for mark, count in notes.most_common():
        behind = text.str.contains(tail_of(list(notes))) & text.str.contains(mark, literal=True)
        rows = (text.str.starts_with(mark) | behind).fill_null(value=False)
        found[mark] = count, int(rows.arg_max() or 0)
    return found


def _dates_with_notes(name: str, cells: pl.Series) -> Split | None:
    """Dates beside which marks of footnotes stand."""
    text = bare(cells)
    if not text.head(_LOOKED_AT).str.contains(r"^\W{0,3}\d").any():
        return None
    split = split_notes(text, sure=True)
    return split if split.notes and FormSearch.of(name, split.text).form else None


def read_sample(path: Path) -> Sample:
    """Reads at most `SAMPLE_ROWS` rows, of at most `SAMPLE_BYTES` bytes, of the first file that a path stands for.

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
    """The files that a path stands for, in whichever format a folder holds."""
    if not path.is_dir():
        return find_files(path, CsvData.file_format)
    for file_format in file_formats():
        with suppress(DataError):
            return find_files(path, file_format)
    raise DataError(f"{path}: this folder holds no CSV, Parquet or text file; name another one, or a file")


def sample_of(data: TableData, names: Collection[str]) -> Sample:
    """Reads the first rows of some columns of a config's first file, which is laid out as the config says.

    Raises:
        DataError: It cannot be read, or has too many columns.
    """
    path, wanted = data.files()[0], None if data.wide is not None else names
    if data.kind == ParquetData.file_format.kind:
        return _parquet(path, wanted)
    head, share, whole = _head(path, CHECKED_BYTES)
    layout = cast("CsvData", data).layout
    return _csv(path, _text_of(path, head, whole=whole), layout, share, whole=whole, wanted=wanted)


def _text_of(path: Path, head: bytes, *, whole: bool) -> str:
    if not whole:  # the last line is cut off, perhaps within a character
        head = head[: head.rfind(b"\n") + 1] or head[:-3]
    return decoded(path, head, "CSV, Parquet or text")


def _of_file(path: Path) -> Sample:
    head, share, whole = _head(path, SAMPLE_BYTES)
    if head.startswith(PARQUET):
        return _parquet(path)
    text = _text_of(path, head, whole=whole)
    if JSON.match(text):
        raise DataError(f"{path}: expected CSV, Parquet or plain text, found JSON; save it as CSV or Parquet")
    if "\r" in text and "\n" not in text:
        raise DataError(f"{path}: lines end in a carriage return alone; save the file with line feeds")
    end = text if whole else _end(path)
    layout = layout_of(text, end)
    by_spaces = 0 if layout is not None else _columns_by_spaces(text)
    if by_spaces > 1:
        raise DataError(
            f"{path}: {by_spaces} values a line with spaces between them; expected commas, semicolons, tabs or bars; "
            f"write commas: sed 's/^ *//; s/ *$//; s/  */,/g' {shlex.quote(str(path))} > "
            f"{shlex.quote(str(path.with_name(f'{path.stem}_commas.csv')))}"
        )
    if layout is None and not by_spaces and is_prose(path, text):
        return Sample(TextData.file_format.kind, pl.DataFrame(), text, round(len(text) / share), whole)
    return _csv(path, text, layout or layout_of(text, end, least=1) or CsvLayout(), share, whole=whole)


def _end(path: Path) -> str:
    """The last characters of a large file; empty where all of it would have to be unpacked."""
    if is_packed(path):
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - END_CHARACTERS))
        return file.read().decode(errors="replace")


def _head(path: Path, most: int) -> tuple[bytes, float, bool]:
    """The first bytes unpacked, at most so many, their share of the file, and whether that is all."""
    read_head(path, CsvData.file_format.name, 1)  # says what is wrong with a path
    with unpacked(path) as file:
        head = file.read(most)
        share = min(1.0, max(1, bytes_read(file)) / max(1, path.stat().st_size))
        whole = not file.read(1)
    if not head.removeprefix(UTF8_MARK).strip():
        raise DataError(f"{path}: the file is empty; expected a line of column names with rows below, or text")
    return head, 1.0 if whole else share, whole


def _csv(
    path: Path, text: str, layout: CsvLayout, share: float, *, whole: bool, wanted: Collection[str] | None = None
) -> Sample:
    with suppress(csv.Error):  # said where the header is read
        first = next(csv.reader([text.partition("\n")[0]], delimiter=layout.separator), [])
        check_columns(path, len(first), MOST_GUESSED)
    header = read_header(path, layout)
    check_columns(path, len(header.names), MOST_GUESSED)
    names = header.names
    numbered = [int(name) for name in names if name.isdecimal() and len(name) < 5]
    if all(map(is_number, names)) and (numbered != [*range(len(names))] and not all(map(YEAR.fullmatch, names))):
        raise DataError(
            f"{path}: line {header.line}: the first line holds numbers ({', '.join(names)[:80]}), not column names; "
            f"add a line of column names"
        )
    frame = _frame(path, text, header)
    unusable = {name: f"{times} columns have this name" for name, times in Counter(names).items() if times > 1}
    if "" in names:
        unusable.setdefault("", "the column has no name")
    most, wanted = (SAMPLE_BYTES, names) if wanted is None else (CHECKED_BYTES, wanted)
    usable = [place for place, name in enumerate(names) if name not in unusable and name in wanted]
    columns = frame.get_columns()
    frame = pl.DataFrame([columns[place].str.strip_chars().alias(names[place]) for place in usable])
    if frame.height == 0 and not whole:
        raise DataError(
            f"{path}: line {header.line + 1} is longer than the {in_words(most)} at the file's beginning that are "
            f"looked at; shorten its longest cell, or leave out that column"
        )
    if frame.height == 0:
        raise DataError(f"{path}: the file holds column names and no rows; expected rows below them")
    seen_all = whole and frame.height < SAMPLE_ROWS
    rows = frame.height if seen_all else max(frame.height, round(text.count("\n") / share) - header.line)
    part = CsvPart.below(header, frame.height, quotes='"' in text)
    return Sample(CsvData.file_format.kind, frame, "", rows, seen_all, layout, tuple(unusable.items()), part)


def _frame(path: Path, text: str, header: Header) -> pl.DataFrame:
    """The rows as text, columns named by their places."""
    rows = b"".join(bytes_below(io.BytesIO(text.encode()), header, SAMPLE_BYTES))
    try:
        frame = text_rows(header, rows, SAMPLE_ROWS)
    except pl.exceptions.PolarsError:
        raise _open_quote(path, header) from None
    if frame.height == 0 and '"' in text:
        raise _open_quote(path, header)
    filled = (~frame.select(pl.all_horizontal(pl.all().is_null())).to_series()).arg_true()
    blank = max(0, rows[len(rows.rstrip()) :].count(b"\n") - 1)  # empty lines at the end are no rows
    return frame.head(max(int(filled[-1]) + 1 if len(filled) else 0, frame.height - blank))


def _open_quote(path: Path, header: Header) -> DataError:
    """The fault of rows that cannot be read, the last of which goes on to the end of the file."""
    line = header.line
    for line, _ in scan_rows(path, header.separator, header.line, header.comment):  # noqa: B007
        pass
    return DataError(f"{path}: line {line}: not a row of a CSV file; is a quote left open? close it, or take it out")


def _parquet(path: Path, names: Collection[str] | None = None) -> Sample:
    schema = read_schema(path)
    check_columns(path, len(schema), MOST_GUESSED)
    rows = count_rows(path, list(schema)[:1])
    nested = [name for name, kind in schema.items() if kind.is_nested() or kind in (pl.Binary, pl.Object)]
    unusable = tuple((name, f"it holds {schema[name]}, not single values") for name in nested)
    if rows and len(nested) == len(schema):
        whys = "".join(f"\n  column {cut(name, 40)!r}: {why}" for name, why in unusable[:_MOST_PLACES])
        raise DataError(f"{path}: no column holds single values; write one number, word or category in a cell{whys}")
    wanted = [name for name in schema if name not in nested and (names is None or name in names)]
    check_growth(path, unpacked_bytes(path, set(wanted)))
    with parquet_errors(path):
        # Fewer rows of a wide table: a cell takes as much memory as in a narrow one.
        most = min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, len(wanted)))
        frame = scan(path).select(by_name(*wanted)).head(most).collect()
    if frame.height == 0:
        raise DataError(f"{path}: the file holds columns and no rows; expected rows")
    return Sample(ParquetData.file_format.kind, frame, "", rows, rows <= frame.height, unusable=unusable)


def _columns_by_spaces(text: str) -> int:
    """Fields of nearly every line where they are numbers or dates, but for those above and below; 0 of other text."""
    lines = [fields for line in text.splitlines()[:_LINES] if (fields := line.split()) and fields[0][0] not in "#%"]
    width, count = Counter(map(len, lines)).most_common(1)[0] if lines else (0, 0)
    cells = [cell.strip('"') for fields in lines if len(fields) == width for cell in fields]
    values = sum(kind_of(cell) != "word" for cell in cells)
    return width if count >= ALMOST_ALL * (len(lines) - _LINES_AROUND) and values >= _MOST_VALUES * len(cells) else 0


def is_prose(path: Path, text: str) -> bool:
    """Whether lines without a common separator are running text rather than a table of one column."""
    endings = {suffix.lower() for suffix in path.suffixes}
    if endings & _TEXT_ENDINGS:
        return True
    if endings & {".csv", ".tsv"}:
        return False
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    return sum(len(line.split()) for line in lines) > 2 * len(lines)
