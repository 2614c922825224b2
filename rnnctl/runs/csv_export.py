"""Tables for users: CSV that a spreadsheet opens safely, or Parquet; an existing file is never overwritten unasked."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import polars as pl

from rnnctl.errors import RunError
from rnnctl.runs.run_files import check_output, write_output
from rnnctl.tables.frames import named_apart

ENDINGS = (".csv", ".parquet")

_BEGINNING = r"^([=+\-@\t\r])"
"""What a text cell begins with that spreadsheets take for a formula (OWASP, "CSV injection")."""

_NUMBER = r"^-[\d.,]*\d$"
"""Text that is a number below zero, as cells of a file are that come through as they are."""


def csv_text(frame: pl.DataFrame) -> str:
    """A table as CSV; text that a spreadsheet would take for a formula has an apostrophe before it, as have such names.

    Numbers stay numbers.
    """
    text = pl.col(pl.String)
    guarded = text.str.replace(_BEGINNING, "'${1}")
    columns = frame.with_columns(pl.when(text.str.contains(_NUMBER)).then(text).otherwise(guarded)).get_columns()
    return named_apart([column.alias(re.sub(_BEGINNING, r"'\1", column.name)) for column in columns]).write_csv()


def check_free(path: Path, *, force: bool) -> None:
    """Checks that a file may be written; with ``force`` also over an existing one.

    Raises:
        RunError: There is one, the path is a folder, its folder is missing, or nothing can be written there.
    """
    if os.path.isdir(path):  # noqa: PTH112 - False, too, where a name is too long, which the last check tells
        raise RunError(f"{path}: this is a folder; give the name of a file with -o")
    if not os.path.isdir(path.parent):  # noqa: PTH112
        raise RunError(f"{path}: there is no folder {path.parent}; make it, or give another name with -o")
    if os.path.exists(path) and not force:  # noqa: PTH110
        raise RunError(
            f"{path}: there is such a file already; give another name with -o, or write over it with --force"
        )
    check_output(path)


def write_table(path: Path, frame: pl.DataFrame, *, force: bool = False) -> None:
    """Writes a table as Parquet or CSV, by the file's ending; with ``force`` also over an existing file.

    Raises:
        RunError: The file is there, or the disk says no.
    """
    check_free(path, force=force)
    if path.suffix.lower() == ".parquet":
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        write_output(path, buffer.getvalue())
    else:
        write_output(path, csv_text(frame).encode())
