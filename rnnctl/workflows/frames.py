"""DataFrames in place of a table's file: written as Parquet, and read like any other file."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from rnnctl.config import Config
from rnnctl.errors import DataError
from rnnctl.runs.run_files import disk_errors, write_file
from rnnctl.runs.run_folder import safe_name
from rnnctl.runs.temporary import ensure_temporary_folder
from rnnctl.tables.parquet_trial import trust

STDIN = "-"
"""Stands for standard input in place of a path."""


def to_polars(frame: Any) -> pl.DataFrame:
    """A pandas or Polars DataFrame as a Polars one; pandas is not imported.

    A named index of pandas becomes a column, and ``NaN``, ``NaT`` and ``NA`` of pandas are missing values.

    Args:
        frame: The DataFrame, or a Polars LazyFrame.

    Raises:
        DataError: It is none of these, or holds values that no table can.
    """
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame
    if type(frame).__module__.partition(".")[0] != "pandas" or not hasattr(frame, "columns"):
        raise DataError(
            f"data: {type(frame).__name__} is no table; give a pandas or Polars DataFrame, or name a file in data.path"
        )
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        raise DataError("data: two columns of the DataFrame have the same name; give each its own")
    return pl.DataFrame([_series(name, frame.iloc[:, place]) for place, name in enumerate(names)])


def _series(name: str, column: Any) -> pl.Series:
    """A column of pandas by its NumPy array where that holds numbers or times, else value by value."""
    values = column.to_numpy()
    if values.dtype.kind in "biufM":
        return pl.Series(name, values, nan_to_null=True)
    missing = column.isna().to_numpy()
    plain = [None if absent else _plain(value) for value, absent in zip(values, missing, strict=True)]
    try:
        return pl.Series(name, plain)
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise DataError(f"data: column {name!r}: its values are of several types ({error}); make them one") from error


def _plain(value: Any) -> Any:
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


def with_frame(config: Config, frame: Any, folder: Path) -> Config:
    """A config that is trained on a DataFrame: written to a folder, under a name that follows from its content.

    Args:
        config: The config, whose ``data`` section describes a table; its ``path`` is replaced.
        folder: The folder; made where it is missing.

    Raises:
        DataError: The config's data is no table, or the frame cannot be used.
        RunError: The folder cannot be written.
    """
    table = config.data.table
    if table is None:
        raise DataError(f"data: a DataFrame takes the place of a table's file, and data.kind is {config.data.kind}")
    buffer = io.BytesIO()
    to_polars(frame).write_parquet(buffer)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()[:12]
    path = Path(os.path.realpath(folder), f"{safe_name(config.name)}-data-{digest}.parquet")
    with disk_errors("create", folder):
        folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        write_file(path, content, shared=True)
    return with_file(config, path)


def with_file(config: Config, path: Path) -> Config:
    """A config whose table is read from another file, split as before."""
    section = config.data.with_file(path).model_copy(update={"split": config.data.split})
    return config.model_copy(update={"data": section})


@contextmanager
def as_file(data: Any) -> Iterator[Path | None]:
    """The path of a file, which a DataFrame, or standard input, is written to for the block.

    Args:
        data: A path (``-`` for standard input), a DataFrame, or None.

    Yields:
        The path; None where there is no data.

    Raises:
        DataError: The data is neither a path nor a DataFrame.
    """
    if data is None or _is_path(data):
        yield None if data is None else Path(data)
        return
    ensure_temporary_folder()
    with tempfile.TemporaryDirectory(prefix="rnnctl-") as folder:
        if isinstance(data, str | Path):
            path = Path(folder, "standard input")
            with path.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        else:
            path = Path(folder, "data.parquet")
            to_polars(data).write_parquet(path)
            trust(path)
        try:
            yield path
        except DataError as error:
            raise DataError(str(error).replace(f"{folder}/", "")) from None


def as_given(data: Any, path: Path | None, texts: Sequence[str]) -> tuple[str, ...]:
    """Sentences about the file of `as_file`, without its temporary folder where it is not the file that was given."""
    if path is None or _is_path(data):
        return tuple(texts)
    return tuple(text.replace(f"{path.parent}/", "") for text in texts)


def _is_path(data: Any) -> bool:
    return isinstance(data, str | Path) and str(data) != STDIN
