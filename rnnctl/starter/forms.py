"""In which form a text is: running text or a table, of which separator, with which numbers. Reads no files."""

from __future__ import annotations

import csv
import io
import re
from itertools import islice
from pathlib import Path

import polars as pl

from rnnctl.tables.csv_header import SEPARATORS

JSON = re.compile(r'\s*[\[{]\s*["\[{]')
"""How a file of JSON, or of a JSON object a line, begins."""

_LINES = 20
_TEXT_ENDINGS = {".txt", ".text", ".md"}


def separator_of(text: str, *, least: int = 2) -> str | None:
    """The character that cuts the first lines into the same, largest number of fields; None where none does.

    Args:
        text: The text.
        least: Fewest fields.
    """
    best: tuple[int, str] | None = None
    for separator in (",", *SEPARATORS):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            rows = [row for row in islice(reader, _LINES) if row]
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        # A decimal comma cuts the numbers and not the names, so that the header has another width.
        even = all(len(row) == width for row in rows)
        if even and width >= least and (best is None or width > best[0]):
            best = (width, separator)
    return best[1] if best else None


def is_prose(path: Path, text: str) -> bool:
    """Whether a text of lines with no common separator is running text rather than a table of one column.

    Args:
        path: The file, for its ending.
        text: What it begins with.
    """
    endings = {suffix.lower() for suffix in path.suffixes}
    if endings & _TEXT_ENDINGS:
        return True
    if endings & {".csv", ".tsv"}:
        return False
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    return sum(len(line.split()) for line in lines) > 2 * len(lines)


def has_decimal_commas(frame: pl.DataFrame, separator: str) -> bool:
    """Whether the numbers in columns of text are written 3,14.

    Args:
        frame: Columns of text.
        separator: What stands between columns.
    """
    if separator == ",":
        return False
    with_comma = r"^[-+]?\d*,\d+([eE][-+]?\d+)?$"
    with_point = r"^[-+]?\d*\.\d+([eE][-+]?\d+)?$"
    head = frame.head(1000)
    commas, points = (
        sum(int(column.alias("").str.contains(form).sum() or 0) for column in head) for form in (with_comma, with_point)
    )
    return commas > points
