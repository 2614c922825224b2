"""Converted tables: the same as those read at once, found again, noticed when stale or damaged, gone on with."""

from __future__ import annotations

import datetime
import errno
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import TypeAdapter

from rnnctl.errors import DataError
from rnnctl.sources import Data
from rnnctl.tables import csv_blocks, reading, table_cache
from rnnctl.tables.csv_file import CsvFile
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Table
from rnnctl.util.cache_folder import NAME
from rnnctl.util.progress import silent
from rnnctl.util.sealed_json import read_sealed, write_sealed

DATA: TypeAdapter[Any] = TypeAdapter(Data)
ROWS = "".join(f"{row},{row / 8},{'NA' if row % 7 == 0 else row},c{row % 5}\n" for row in range(200))
TEXT = "t,y,x,c\n" + ROWS
WANTED = {"time": "t", "features": ["x", "c", "y"], "columns": {"c": "category"}}


class Told:
    """Collects what is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.shares: list[float] = []

    def __call__(self, text: str, share: float | None) -> None:
        if share == 0:  # begins, and is shown nowhere but on a terminal
            return
        if not self.texts or self.texts[-1] != text:
            self.texts.append(text)
        if share is not None:
            self.shares.append(share)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache's folder of tables."""
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / NAME / "tables"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of 200 rows."""
    file = tmp_path / "clicks.csv"
    file.write_text(TEXT)
    return file


def section(path: Path, **settings: Any) -> Any:
    base = {"kind": "csv", "path": str(path), "target": ["y"], "window": {"length": 1}, "cache": "always"}
    return DATA.validate_python(base | settings)


def read(path: Path, tell: Callable[[str, float | None], None] = silent, block: int = 300, **more: Any) -> Table:
    return read_table(section(path, **(WANTED | more)), tell, block)


def entries(cache: Path) -> list[str]:
    return sorted(entry.name for entry in cache.iterdir() if (entry / "meta.json").exists())


def same(one: Table, other: Table) -> bool:
    rows = range(one.frame.height)
    return (
        one.frame.schema == other.frame.schema
        and one.frame.equals(other.frame)
        and one.fingerprints == other.fingerprints
        and [one.lines([row]) for row in rows] == [other.lines([row]) for row in rows]
    )


def test_a_converted_table_is_the_one_that_is_read_at_once(path: Path, cache: Path) -> None:
    told = Told()
    converted = read(path, told)
    assert told.texts == ["converting clicks.csv to a binary copy that later runs map into memory"]
    assert told.shares == sorted(told.shares)
    assert told.shares[0] < 0.2
    assert told.shares[-1] == 1
    assert same(converted, read(path, cache="never"))
    assert len(entries(cache)) == 1
    again = Told()
    assert same(read(path, again), converted)
    assert again.texts == []


def test_numbers_without_gaps_are_views_of_the_file(path: Path) -> None:
    table = read(path)
    for name in ("t", "y"):
        column = table.frame.get_column(name)
        assert column.n_chunks() == 1
        assert not column.to_numpy().flags.owndata


def resident(place: Path) -> int:
    """Kilobytes of memory that a file is mapped to and that are resident."""
    found = 0
    with Path("/proc/self/smaps").open() as lines:
        mine = False
        for line in lines:
            if "-" in line.split()[0]:
                mine = str(place) in line
            elif mine and line.startswith("Rss:"):
                found += int(line.split()[1])
    return found


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="needs Linux")
def test_the_memory_of_a_column_rests_and_is_let_go_of(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "long.csv"
    rows = 100_000
    path.write_text("y,x\n" + "".join(f"{row},{'' if row % 3 else row}\n" for row in range(rows)))
    table = read(path, block=1 << 18, features=["x", "y"], columns={}, time=None)
    for name in ("x", "y"):
        begin = resident(cache)
        assert table.frame.get_column(name).sum() == sum(row for row in range(rows) if name == "y" or row % 3 == 0)
        assert resident(cache) >= begin + 8 * rows // 1024 * 0.9
        table.release(name)
        assert resident(cache) <= begin
    assert table.frame.get_column("y").mean() == (rows - 1) / 2
    table.frame.drop_in_place("y")
    table.frame.drop_in_place("x")
    assert resident(cache) == 0
    table.release("y")


def test_a_second_run_does_not_read_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(path)

    def _refuse(*_: object, **__: object) -> None:
        raise AssertionError("the file is read")

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("rnnctl.tables.unpacking.is_gzip", _refuse)
    monkeypatch.setattr("os.utime", read_only)  # a table on such a disk is whole all the same
    again = read(path)
    assert again.frame.equals(first.frame)
    assert again.fingerprints == first.fingerprints


def test_a_change_is_noticed_though_the_file_is_as_large_and_as_old_as_before(path: Path) -> None:
    read(path)
    before = path.stat()
    path.write_text(TEXT.replace("1,0.125", "1,0.625"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert read(path).frame.get_column("y").to_list()[1] == 0.625


def test_a_table_in_which_times_may_be_missing_is_not_taken_where_they_order_the_rows(path: Path) -> None:
    path.write_text("t,s,y\n1,a,1\n,a,2\n3,,3\n")
    read(path, time=None, features=["t", "y"], columns={})
    with pytest.raises(DataError, match="column 't': line 3: found no time"):
        read(path, time="t", features=["t", "y"], columns={})
    read(path, time=None, features=["s", "y"], columns={"s": "category"})
    with pytest.raises(DataError, match="column 's': line 4: no series is named"):
        read(path, time=None, series="s", features=["s", "y"], columns={"s": "category"})


def test_a_file_that_changed_is_noticed_and_one_that_was_only_touched_is_not_converted(path: Path) -> None:
    read(path)
    os.utime(path, ns=(1, 1))
    told = Told()
    read(path, told)
    assert told.texts == []
    path.write_text(TEXT.replace("1,0.125", "1,0.625"))
    assert read(path, told).frame.get_column("y").to_list()[1] == 0.625
    assert told.texts[0] == "clicks.csv has changed since it was converted"
    path.write_text(TEXT + "200,1,1,c1\n")
    assert read(path).frame.height == 201


def test_another_kind_of_column_or_decimal_mark_is_another_table(path: Path, cache: Path) -> None:
    assert read(path).frame.schema["x"] == pl.Float64
    assert read(path, columns={"c": "category", "x": "category"}).frame.schema["x"] == pl.String
    assert len(entries(cache)) == 2


def test_a_copy_elsewhere_shares_the_converted_table(path: Path, cache: Path) -> None:
    read(path)
    copy = path.with_name("copy.csv")
    copy.write_text(TEXT)
    assert list(read(copy).fingerprints) == [str(copy)]
    assert len(entries(cache)) == 1
    assert not list(cache.glob("building-*/"))


def _cut(folder: Path) -> None:
    values = folder / "1.values"
    values.write_bytes(values.read_bytes()[:-8])


def _flip(folder: Path) -> None:
    values = bytearray((folder / "1.values").read_bytes())
    values[100] ^= 1
    (folder / "1.values").write_bytes(values)


def _lose_a_key(folder: Path) -> None:
    meta = read_sealed(folder / "meta.json")
    del meta["parts"][0]["separator"]
    write_sealed(folder / "meta.json", meta)


def _drop_rows(folder: Path) -> None:
    meta = (folder / "meta.json").read_text()
    assert '"rows": 200' in meta
    (folder / "meta.json").write_text(meta.replace('"rows": 200', '"rows": 100'))


def _lose_the_gaps(folder: Path) -> None:
    """Without the file of valid bits, and without its line in meta.json, missing cells would be zeros."""
    gaps = next(folder.glob("*.valid"))
    gaps.unlink()
    meta = json.loads((folder / "meta.json").read_text())
    del meta["content"]["files"][gaps.name]
    (folder / "meta.json").write_text(json.dumps(meta))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut off": (_cut, "is damaged (1.values is cut off)"),
    "a bit flipped": (_flip, "is damaged (1.values is damaged)"),
    "a file lost": (lambda folder: (folder / "2.ends").unlink(), "is damaged (2.ends is cut off)"),
    "rows dropped in meta": (_drop_rows, "is damaged (its meta.json)"),
    "no gaps": (_lose_the_gaps, "is damaged (its meta.json)"),
    "no meta": (lambda folder: (folder / "meta.json").write_text("{"), "is damaged (its meta.json)"),
    "meta of another form": (
        _lose_a_key,
        "is damaged (its meta.json)",
    ),
}


@pytest.mark.parametrize(("harm", "reason"), DAMAGES.values(), ids=DAMAGES)
def test_a_copy_that_is_not_whole_is_noticed_and_made_anew(
    harm: Callable[[Path], object], reason: str, path: Path, cache: Path
) -> None:
    expected = read(path, cache="never").frame
    read(path)
    harm(cache / entries(cache)[0])
    told = Told()
    assert read(path, told).frame.equals(expected)
    assert told.texts == [
        f"the converted copy of clicks.csv {reason}; it is made anew",
        "converting clicks.csv to a binary copy that later runs map into memory",
    ]
    again = Told()
    read(path, again)
    assert again.texts == []


@pytest.mark.parametrize(("harm", "reason"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_copy_is_not_used_for_the_same_file_at_a_second_path(
    harm: Callable[[Path], object], reason: str, path: Path, cache: Path
) -> None:
    expected = read(path, cache="never").frame
    read(path)
    harm(cache / entries(cache)[0])
    second = path.with_name("second.csv")
    second.write_text(TEXT)
    told = Told()
    assert read(second, told).frame.equals(expected)
    assert told.texts[-1] == f"the converted copy of second.csv {reason}; it is made anew"
    again = Told()
    assert read(path, again).frame.equals(expected)
    assert again.texts == []


def test_a_folder_of_tables_that_was_there_before_is_left_alone(path: Path, tmp_path: Path) -> None:
    """Whoever made them, what is old in folders called ``tables`` and ``programs`` is not ours."""
    base = tmp_path / "cache"
    there = [base / "tables" / "results", base / "programs" / ("a" * 32), base / "tables" / "building-a"]
    for folder in there:
        folder.mkdir(parents=True)
        (folder / "thesis.txt").write_text("years of work")
        os.utime(folder / "thesis.txt", (0, 0))
        os.utime(folder, (0, 0))
    read(path)
    assert all((folder / "thesis.txt").read_text() == "years of work" for folder in there)


def test_within_our_folder_only_what_is_named_as_ours_is_deleted(path: Path, cache: Path, tmp_path: Path) -> None:
    read(path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    (cache / "results").mkdir()
    (cache / ("a" * 32)).symlink_to(outside)
    for entry in (cache / "results", outside):
        os.utime(entry, (0, 0))
    os.utime(cache / ("a" * 32), (0, 0), follow_symlinks=False)
    read(path, features=["y"], columns={})
    assert (cache / "results").is_dir()
    assert (outside / "kept").exists()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: folder.chmod(0o777), "others can write to"),
        (lambda folder: (folder.rename(folder.with_name("other")), folder.symlink_to("other")), "is a link"),
        (lambda folder: (folder / "CACHEDIR.TAG").unlink(), "was not made by rnnctl"),
    ],
)
def test_a_cache_that_others_can_write_or_made_is_not_used(
    spoil: Callable[[Path], object], reason: str, path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(path)
    spoil(cache.parent)
    with pytest.raises(DataError, match=reason):
        read(path)
    monkeypatch.setattr(reading, "LARGE", 0)
    told = Told()
    assert read(path, told, cache="auto").frame.height == 200
    assert reason in told.texts[0]


def test_no_link_in_the_cache_is_written_through(path: Path, cache: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    with pytest.raises(KeyboardInterrupt):
        read(path, _stop_at(0.5))
    [building] = cache.glob("building-*/")
    (building / ".state.json.partial").symlink_to(victim)
    read(path)
    assert victim.read_text() == "mine"


def test_a_copy_of_another_version_is_not_used(path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read(path).frame
    before = set(entries(cache))
    monkeypatch.setattr(table_cache, "VERSION", 0)
    told = Told()
    assert read(path, told).frame.equals(expected)
    assert told.texts == ["converting clicks.csv to a binary copy that later runs map into memory"]
    assert len(set(entries(cache)) - before) == 1


@pytest.mark.parametrize("blocks", [1, 2, 5, 9])
def test_a_conversion_that_was_stopped_goes_on_where_it_was(
    blocks: int, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = read(path, cache="never")
    seen = []

    def stop(text: str, share: float | None) -> None:
        if share:
            seen.append(share)
        if len(seen) == blocks:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(path, stop)
    parsed = _count_parsed(monkeypatch)
    told = Told()
    assert same(read(path, told), expected)
    assert told.texts[0] == "going on with the conversion of clicks.csv that was cut off"
    assert len(parsed) == len(told.shares) - blocks


def _count_parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    parsed: list[int] = []
    whole = CsvFile.columns

    def counted(self: CsvFile, content: Path | bytes) -> dict[str, pl.Series]:
        parsed.append(1)
        return whole(self, content)

    monkeypatch.setattr(CsvFile, "columns", counted)
    return parsed


KILLED = """
import os, signal, sys
from pydantic import TypeAdapter
from rnnctl.sources import Data
from rnnctl.tables.reading import read_table

def tell(text, share):
    if share is not None and share > 0.5:
        os.kill(os.getpid(), signal.SIGKILL)

read_table(TypeAdapter(Data).validate_json(sys.argv[1]), tell, 300)
"""


def test_a_killed_process_leaves_what_the_next_one_goes_on_with(path: Path, cache: Path) -> None:
    data = section(path, **WANTED)
    ended = subprocess.run([sys.executable, "-c", KILLED, data.model_dump_json()], check=False, cwd=Path.cwd())
    assert ended.returncode == -signal.SIGKILL
    assert entries(cache) == []
    told = Told()
    assert same(read(path, told), read(path, cache="never"))
    assert told.texts[0] == "going on with the conversion of clicks.csv that was cut off"


def _stop_at(limit: float) -> Callable[[str, float | None], None]:
    def tell(text: str, share: float | None) -> None:
        if share is not None and share > limit:
            raise KeyboardInterrupt

    return tell


def _empty_a_piece(building: Path) -> None:
    (building / "0.arrow").write_bytes(b"")


def _flip_a_bit(building: Path) -> None:
    content = bytearray((building / "0.arrow").read_bytes())
    content[500] ^= 1
    (building / "0.arrow").write_bytes(content)


def _forget_pieces(building: Path) -> None:
    (building / "state.json").write_text(json.dumps(read_sealed(building / "state.json") | {"pieces": {}}))


def _drop_rows_of_pieces(building: Path) -> None:
    state = (building / "state.json").read_text()
    assert '"rows": 1' in state
    (building / "state.json").write_text(state.replace('"rows": 1', '"rows": 2'))


def _other_checksum(building: Path) -> None:
    write_sealed(building / "state.json", read_sealed(building / "state.json") | {"crc": 1})


@pytest.mark.parametrize("harm", [_empty_a_piece, _flip_a_bit, _forget_pieces, _drop_rows_of_pieces, _other_checksum])
def test_what_is_left_of_a_conversion_that_cannot_be_gone_on_with_is_begun_again(
    harm: Callable[[Path], None], path: Path, cache: Path
) -> None:
    expected = read(path, cache="never")
    with pytest.raises(KeyboardInterrupt):
        read(path, _stop_at(0.5))
    harm(next(cache.glob("building-*/")))
    assert same(read(path), expected)


def test_several_who_convert_the_same_file_do_not_spoil_each_other(path: Path, cache: Path) -> None:
    expected = read(path, cache="never")
    waits: list[str] = []

    def slowly(text: str, share: float | None) -> None:
        waits.append(text)
        time.sleep(0.02)

    with ThreadPoolExecutor(3) as pool:
        tables = list(pool.map(lambda _: read(path, slowly), range(3)))
    assert all(same(table, expected) for table in tables)
    assert len(entries(cache)) == 1
    assert waits.count("another process converts clicks.csv; waiting for it") == 2


def test_files_of_a_folder_are_one_table_and_one_more_makes_another(tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "a.csv").write_text(TEXT)
    (folder / "b.csv.gz").write_bytes(gzip.compress(b'y,c,t,x\n1,"a\nb",0.5,1\n2,c,1.5,1\n'))
    told = Told()
    table = read(folder, told)
    assert told.texts == ["converting a.csv and 1 more to a binary copy that later runs map into memory"]
    assert same(table, read(folder, cache="never"))
    assert same(table, read(folder))
    assert table.frame.schema["t"] == pl.Float64
    assert table.lines([0, 201]) == "a.csv line 2, b.csv.gz line 4"
    assert table.frame.get_column("y").n_chunks() == 1
    (folder / "c.csv").write_text("t,y,x,c\n1,1,1,1\n")
    assert read(folder).frame.height == 203
    assert len(entries(cache)) == 2


def test_only_large_files_are_converted_unless_asked_for(
    path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = path.with_name("clicks.csv.gz")
    packed.write_bytes(gzip.compress(TEXT.encode()))
    read(path, cache="auto")
    read(path, cache="never")
    assert not cache.exists()
    monkeypatch.setattr(reading, "LARGE", path.stat().st_size)
    read(path, cache="auto")
    monkeypatch.setattr(reading, "LARGE", 4 * packed.stat().st_size)
    read(packed, cache="auto")
    assert not cache.exists()
    monkeypatch.setattr(reading, "LARGE", 4 * packed.stat().st_size - 1)
    read(packed, cache="auto")
    assert len(entries(cache)) == 1


def test_a_cache_that_cannot_be_written_is_told_and_done_without(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(frame: pl.DataFrame, file: Path, **_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(reading, "LARGE", 0)
    monkeypatch.setattr(pl.DataFrame, "write_ipc", full)
    told = Told()
    assert read(path, told, cache="auto").frame.height == 200
    assert told.texts == ["no converted copy of clicks.csv can be kept (No space left on device); it is read as it is"]
    with pytest.raises(DataError) as raised:
        read(path, cache="always")
    assert str(raised.value) == (
        f"{path}: no converted copy of clicks.csv can be kept (No space left on device), as data.cache: "
        f"always asks; set RNNCTL_CACHE to a folder that has room, or set data.cache: never"
    )
    (tmp_path / "file").touch()
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "file"))
    assert read(path, cache="auto").frame.height == 200


@pytest.mark.parametrize("last_written", [None, "0.values", "2.ends"])
def test_a_process_that_is_stopped_while_columns_are_joined_leaves_its_pieces(
    last_written: str | None, path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = read(path, cache="never")
    names: list[str] = []
    opened = Path.open

    def stop(self: Path, *args: Any, **more: Any) -> Any:
        if self.parent.name == "table":
            if last_written in (None, *names):
                raise KeyboardInterrupt
            names.append(self.name)
        return opened(self, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", stop)
        with pytest.raises(KeyboardInterrupt):
            read(path)
    assert entries(cache) == []
    parsed = _count_parsed(monkeypatch)
    assert same(read(path), expected)
    assert parsed == []
    assert not list(cache.glob("building-*/"))


def test_a_disk_that_is_full_when_columns_are_joined_is_told_and_done_without(
    path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, pieces: object) -> None:
        (folder / "0.values").write_bytes(b"0")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(reading, "LARGE", 0)
    monkeypatch.setattr(table_cache, "write_columns", full)
    told = Told()
    assert read(path, told, cache="auto").frame.height == 200
    assert told.texts[-1].endswith("(No space left on device); it is read as it is")
    assert not list(cache.glob("building-*/"))


def test_whole_numbers_become_floats_where_later_rows_are_some(path: Path) -> None:
    path.write_text("t,y,x,c\n" + "".join(f"{row},{row},,c\n" for row in range(60)) + "60.5,1,1,c\n")
    table = read(path)
    assert table.frame.schema["t"] == pl.Float64
    assert same(table, read(path, cache="never"))


def test_a_file_that_changes_while_it_is_read_is_refused(path: Path, cache: Path) -> None:
    def write(text: str, share: float | None) -> None:
        os.utime(path, ns=(1, time.time_ns()))

    with pytest.raises(DataError, match=r"clicks\.csv: the file changed while it was read; try again when it is whole"):
        read(path, write)
    assert entries(cache) == []
    assert not list(cache.glob("building-*/"))


def test_tables_that_nobody_uses_are_deleted_when_another_is_converted(path: Path, cache: Path) -> None:
    read(path)
    with pytest.raises(KeyboardInterrupt):
        read(path, _stop_at(0.5), columns={"c": "category", "x": "category"})
    [kept] = entries(cache)
    [cut_off] = cache.glob("building-*/")
    day = 86400
    os.utime(cut_off, (0, time.time() - 1.5 * day))
    os.utime(cache / kept / "meta.json", (0, time.time() - 29 * day))
    read(path, features=["x"], columns={})
    assert cut_off.exists()
    assert kept in entries(cache)
    os.utime(cut_off, (0, time.time() - 2.5 * day))
    os.utime(cache / kept / "meta.json", (0, time.time() - 31 * day))
    read(path, features=["y"], columns={})
    assert not cut_off.exists()
    assert kept not in entries(cache)


def test_the_lock_of_a_conversion_under_way_is_kept_however_old_its_file_is(path: Path, cache: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        read(path, _stop_at(0.5))
    [lock] = cache.glob("building-*.lock")
    os.utime(lock, (0, time.time() - 3 * 86400))

    def _convert_another(text: str, share: float | None) -> None:
        if share is not None and not list(cache.glob("*/meta.json")):
            read(path, features=["y"], columns={})

    read(path, _convert_another)
    assert lock.exists()


def test_a_table_that_is_used_is_kept(path: Path, cache: Path) -> None:
    read(path)
    meta = cache / entries(cache)[0] / "meta.json"
    os.utime(meta, (0, 0))
    read(path)
    assert time.time() - meta.stat().st_mtime < 60


def every_kind(rows: int) -> pl.DataFrame:
    """A column of each type that Parquet files are read from, with gaps where there may be some."""
    place = pl.int_range(rows)
    hour = pl.datetime(2020, 1, 1, time_unit="ns") + pl.duration(hours=place, time_unit="ns")
    present = {
        "number": place.cast(pl.Float32) / 8,
        "boolean": place % 2 == 0,
        "category": pl.format("c{}", place % 5),
        "date": hour.dt.date(),
        "zoned": hour.dt.cast_time_unit("ms").dt.replace_time_zone("Europe/Berlin"),
    }
    gaps = {name: pl.when(place % 3 != 1).then(column) for name, column in present.items()}
    always = {"time": hour, "series": place % 2, "y": place}
    return pl.select(**gaps, **always)


PARQUET = {
    "kind": "parquet",
    "time": "time",
    "series": "series",
    "features": ["number", "boolean", "category", "date", "zoned"],
    "columns": {"boolean": "boolean", "category": "category", "date": "date", "zoned": "date"},
}


@pytest.mark.parametrize("stopped", [False, True])
def test_parquet_is_converted_to_what_is_read_at_once(stopped: bool, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    frame = every_kind(500)
    frame.head(300).write_parquet(folder / "a.parquet", row_group_size=70)
    frame.tail(200).write_parquet(folder / "b.parquet")
    data = section(folder, **PARQUET)
    if stopped:
        with pytest.raises(KeyboardInterrupt):
            read_table(data, _stop_at(0.7), block=1000)
    told = Told()
    converted = read_table(data, told, block=1000)
    expected = read_table(section(folder, **(PARQUET | {"cache": "never"})))
    assert same(converted, expected)
    assert expected.frame.schema["time"] == pl.Datetime("ns")
    assert expected.frame.schema["zoned"] == pl.Datetime("ms", "Europe/Berlin")
    assert told.texts[0].startswith("going on with" if stopped else "converting a.parquet and 1 more to a binary copy")
    assert len(told.shares) > 8
    again = Told()
    assert same(read_table(data, again), expected)
    assert again.texts == []


def test_what_is_wrong_with_parquet_is_said_alike_of_pieces(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    frame = every_kind(200).with_columns(number=pl.int_range(200), zoned=pl.lit("2020-01-01"))
    for wrong in (
        {"boolean": pl.int_range(200) % 97},
        {"date": pl.when(pl.int_range(200) % 50 == 7).then(pl.lit("Monday")).otherwise(pl.lit("2020-01-01"))},
        {"time": pl.when(pl.int_range(200) % 40 != 9).then("time")},
        {"series": pl.when(pl.int_range(200) % 90 == 9).then(pl.lit("")).otherwise(pl.lit("s"))},
    ):
        frame.with_columns(**wrong).write_parquet(path)
        told = []
        for cache in ("never", "always"):
            with pytest.raises(DataError) as raised:
                read_table(section(path, **(PARQUET | {"cache": cache})), block=300)
            told.append(str(raised.value))
        assert told[0] == told[1]
        assert "row" in told[0]


def test_large_parquet_is_converted_by_what_its_cells_take(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"y": [1.5] * 1000, "z": ["unwanted"] * 1000}).write_parquet(path)
    data = section(path, kind="parquet", cache="auto")
    monkeypatch.setattr(reading, "LARGE", 8000)
    read_table(data)
    assert not cache.exists()
    monkeypatch.setattr(reading, "LARGE", 7999)
    read_table(data)
    assert len(entries(cache)) == 1


@pytest.mark.parametrize("cache", ["never", "always"])
def test_a_quote_left_open_does_not_bring_the_rest_of_the_file_into_memory(
    cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_blocks, "OPEN_BYTES", 1000)
    packed = tmp_path / "p.csv"
    packed.write_bytes(gzip.compress(('y\n1\n"2\n' + "3\n" * 10_000).encode()))
    positions: list[int] = []
    cut = csv_blocks.rows_end
    monkeypatch.setattr(csv_blocks, "rows_end", lambda content: positions.append(len(content)) or cut(content))
    with pytest.raises(DataError) as raised:
        read(packed, features=["y"], columns={}, time=None, cache=cache)
    assert str(raised.value).endswith("cannot be read as CSV: line 3: a quote is opened and never closed; close it")
    assert max(positions) < 1500


# What is read block after block is what is read at once, and so is what is said of what cannot be.

CELLS: dict[str, st.SearchStrategy[str]] = {
    "number": st.integers(-99, 99).map(str)
    | st.floats(-1e6, 1e6).map(str)
    | st.sampled_from(["", "NA", "nan", " 7 ", "1e3", "-0.0"]),
    "boolean": st.sampled_from(["true", "No", "1", "0", "", "NA", " f "]),
    "category": st.sampled_from(
        ["", "a", "01", "NA", "é", '"a,b"', '"a\nb"', '"say ""yes"""', '""', '"\r\n"', "a longer word"]
    ),
    "date": st.dates(datetime.date(1999, 1, 1), datetime.date(2030, 1, 1)).map(str) | st.sampled_from(["", "NA"]),
    "time": st.integers(0, 10**12).map(str),
}
ODD = {
    "number": ["x", "1,5"],
    "boolean": ["maybe"],
    "category": ["1,2", '"', '5" b'],
    "date": ["2020-01-01T10:00", "yesterday"],
    "time": ["0.5", "", "later"],
}


@st.composite
def csv_texts(draw: st.DrawFn) -> bytes:
    """A CSV file of one column of each kind, with an odd cell, row or byte now and then."""
    kinds = draw(st.permutations(list(CELLS)))
    rows = draw(st.lists(st.tuples(*(CELLS[kind] for kind in kinds)), min_size=1, max_size=12))
    lines = [",".join(row) for row in rows]
    if draw(st.booleans()):
        row, column = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(kinds) - 1))
        cells = list(rows[row])
        cells[column] = draw(st.sampled_from(ODD[kinds[column]]))
        lines[row] = draw(st.sampled_from([",".join(cells), ",".join(cells[:-1]), ",".join(cells) + ",", ""]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join([",".join(kinds), *lines]) + end * draw(st.integers(0, 4))
    mark = draw(st.sampled_from(["", "\ufeff", "\n"]))
    return (mark + text).encode()


def outcome(path: Path, block: int, **settings: Any) -> Any:
    """All that is to be known of a table, or what is said of it."""
    columns = {kind: kind for kind in ("boolean", "category", "date")}
    wanted = {"target": ["number"], "features": ["number", "category", "boolean", "date"], "columns": columns}
    try:
        table = read_table(section(path, **wanted, time="time", **settings), block=block)
    except DataError as error:
        return str(error).replace(str(path), "FILE").replace(path.name, "NAME")
    places = [table.lines([row]) for row in range(table.frame.height)]
    return table.frame.schema, table.frame.rows(), places, table.parts[0].rows


@settings(max_examples=60, deadline=None)
@given(text=csv_texts(), block=st.sampled_from([3, 20, 90]))
def test_blocks_give_what_reading_at_once_gives(
    text: bytes, block: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("blocks")
    plain, packed = folder / "t.csv", folder / "p.csv"
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    expected = outcome(plain, block, cache="never")
    assert outcome(packed, block, cache="never") == expected
    assert outcome(plain, block) == expected
    assert outcome(plain, block) == expected
