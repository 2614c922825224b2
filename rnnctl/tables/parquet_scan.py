"""Parquet files as Polars reads them: the one boundary at which its errors and panics become errors of ours.

A panic of Polars is a `BaseException`, and is written to the process's standard error before it is raised.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from rnnctl.errors import DataError, panic_error
from rnnctl.tables.limits import PARQUET_RATIO, check_columns, most_unpacked, too_large
from rnnctl.tables.parquet_footer import unpacked_bytes
from rnnctl.tables.parquet_trial import check_readable
from rnnctl.tables.time_zones import zone_of

CELL_BYTES = 8
"""Bytes of memory of a cell, about."""

# Without it, a column with a fixed offset for a time zone makes Polars panic, wanted or not.
os.environ.setdefault("POLARS_IGNORE_TIMEZONE_PARSE_ERROR", "1")

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_DIGITS, _MOST_DIGITS = 18, 38
"""Of whole numbers that Int64 holds, and that Polars reads at most."""
_holding = threading.RLock()


@contextmanager
def parquet_errors(path: Path) -> Iterator[None]:
    """Turns what Polars raises in the block into a `DataError` that names the file."""
    try:
        with _panics_unwritten():
            yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = " ".join(str(error).partition("\n")[0].split())[:200]
        raise DataError(f"{path}: the Parquet file is damaged ({reason}); write or copy it again") from None


@contextmanager
def panics_told(what: str) -> Iterator[None]:
    """Turns a panic of Polars in the block into a `DataError` about ``what``; nothing else is shown meanwhile."""
    try:
        with _panics_unwritten():
            yield
    except pl.exceptions.PanicException as error:
        raise panic_error(what, error) from None


def scan(path: Path) -> pl.LazyFrame:
    """A file's rows. Times of a zone that is a fixed offset, such as ``+05:30``, are those of a zone that has it.

    Where no zone is known that always has it, they are local times without a zone. Numbers with a fixed count of
    decimals, as databases write them, are the nearest ones of float64; without decimals, whole numbers, as codes are.

    To be called, and collected, within `parquet_errors`.
    """
    rows = pl.scan_parquet(path, glob=False)
    local: list[pl.Expr] = []
    for name, dtype in rows.collect_schema().items():
        if isinstance(dtype, pl.Decimal):
            whole = pl.Int128 if (dtype.precision or _MOST_DIGITS) > _DIGITS else pl.Int64
            local.append(pl.col(f"^{re.escape(name)}$").cast(pl.Float64 if dtype.scale else whole))
        found = _OFFSET.fullmatch(getattr(dtype, "time_zone", None) or "")
        if found is not None and isinstance(dtype, pl.Datetime):
            minutes = int(found[1] + "1") * (60 * int(found[2]) + int(found[3]))
            column = pl.col(f"^{re.escape(name)}$").to_physical().cast(pl.Datetime(dtype.time_unit, "UTC"))
            zone = zone_of(minutes)
            moved = (column + pl.duration(minutes=minutes)).dt.replace_time_zone(None)
            local.append(moved if zone is None else column.dt.convert_time_zone(zone))
    return rows.with_columns(local) if local else rows


def read_checked_schema(path: Path) -> pl.Schema:
    """Names and types of a file's columns.

    Raises:
        DataError: It is damaged, or has too many columns.
    """
    with parquet_errors(path):
        schema = scan(path).collect_schema()
    check_columns(path, len(schema))
    return schema


def count_rows(path: Path, columns: Collection[str]) -> int:
    """Number of rows, from the file's metadata.

    Args:
        columns: Names of those that are to be read.

    Raises:
        DataError: It is damaged, or those columns take far more memory than the file is large.
    """
    with parquet_errors(path):
        rows = int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
    check_growth(path, max(unpacked_bytes(path, set(columns)), rows * len(columns) * CELL_BYTES))
    check_readable(path)
    return rows


def check_growth(path: Path, memory: int) -> None:
    """Raises DataError where so many bytes of memory are far more than the file is large."""
    limit = most_unpacked(path.stat().st_size, PARQUET_RATIO)
    if memory > limit:
        raise DataError(f"{path}: {too_large(limit)}")


@contextmanager
def _panics_unwritten() -> Iterator[None]:
    """Holds back what is written to standard error in the block, and drops it where Polars panics."""
    if not hasattr(os, "memfd_create"):
        yield
        return
    with _holding:
        try:
            real = os.dup(2)
        except OSError:  # standard error is closed
            yield
            return
        held = os.memfd_create("rnnctl")
        os.dup2(held, 2)
        panicked = False
        try:
            yield
        except pl.exceptions.PanicException:
            panicked = True
            raise
        finally:
            os.dup2(real, 2)
            if not panicked and (size := os.fstat(held).st_size):
                os.write(2, os.pread(held, size, 0))
            os.close(held)
            os.close(real)
