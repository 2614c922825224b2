"""Small files that grow large, wide tables, Parquet at which Polars panics: told, within bounds that can be raised."""

from __future__ import annotations

import base64
import datetime
import gzip
import re
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from pydantic import TypeAdapter

from rnnctl.data_check.time_checks import examine_dates
from rnnctl.errors import DataError
from rnnctl.sources import Data
from rnnctl.starter import sample
from rnnctl.starter.sample import read_sample
from rnnctl.tables import limits, parquet_scan
from rnnctl.tables.parquet_footer import unpacked_bytes
from rnnctl.tables.parquet_schema import read_schema
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import asked_columns

DATA = TypeAdapter(Data)


def read(path: Path, kind: str = "csv", **more: object) -> pl.DataFrame:
    section = {"kind": kind, "path": str(path), "target": ["y"], "window": {"length": 1}, "cache": "never"}
    return read_table(DATA.validate_python(section | more)).frame


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that small files pass."""
    monkeypatch.setattr(limits, "PLAIN_BYTES", 10_000)
    monkeypatch.delenv(limits.UNPACKED, raising=False)
    monkeypatch.delenv(limits.COLUMNS, raising=False)


@pytest.mark.usefixtures("small")
def test_a_gzip_bomb_is_told_and_read_once_it_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.csv.gz"
    path.write_bytes(gzip.compress(b"t,y\n" + b"1,2\n" * 50_000))
    with pytest.raises(DataError, match=r"b\.csv\.gz: it holds more than .* RNNCTL_MAX_UNPACKED_MB"):
        read(path)
    with pytest.raises(DataError, match="RNNCTL_MAX_UNPACKED_MB"):
        read_sample(path)
    monkeypatch.setenv(limits.UNPACKED, "1")
    assert read(path).height == 50_000


@pytest.mark.usefixtures("small")
def test_one_endless_line_is_no_way_round(tmp_path: Path) -> None:
    path = tmp_path / "b.csv.gz"
    path.write_bytes(gzip.compress(b"t,y\n" + b"0" * 1_000_000))
    with pytest.raises(DataError, match="RNNCTL_MAX_UNPACKED_MB"):
        read(path)


@pytest.mark.usefixtures("small")
def test_packed_data_that_are_not_many_times_their_size_are_read(tmp_path: Path) -> None:
    path = tmp_path / "b.csv.gz"
    path.write_bytes(gzip.compress(b"t,y\n" + b"".join(b"%d,%d\n" % (i, i * 7919 % 10007) for i in range(50_000))))
    assert read(path).height == 50_000


@pytest.mark.usefixtures("small")
def test_parquet_of_more_rows_than_memory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.parquet"
    pl.select(y=pl.repeat(1.0, 5_000_000)).write_parquet(path)
    with pytest.raises(DataError, match="RNNCTL_MAX_UNPACKED_MB"):
        read(path, "parquet")
    with pytest.raises(DataError, match="RNNCTL_MAX_UNPACKED_MB"):
        read_sample(path)
    monkeypatch.setenv(limits.UNPACKED, "100")
    assert read(path, "parquet").height == 5_000_000


def test_a_table_of_too_many_columns_is_told_and_read_once_it_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.csv"
    assert limits.MOST_GUESSED == sample.MOST_GUESSED == 1500
    monkeypatch.setattr(sample, "MOST_GUESSED", 150)
    names = ["y", *(f"c{i}" for i in range(160))]
    path.write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")
    with pytest.raises(DataError, match=r"it has 161 columns, where 150 are taken; .* RNNCTL_MAX_COLUMNS"):
        read_sample(path)
    assert read(path).height == 1
    monkeypatch.setenv(limits.COLUMNS, "100")
    with pytest.raises(DataError, match="it has 161 columns, where 100 are taken"):
        read(path)
    monkeypatch.setenv(limits.COLUMNS, "161")
    assert read_sample(path).frame.width == 161


def test_three_megabytes_of_commas_are_told(tmp_path: Path) -> None:
    path = tmp_path / "commas.csv"
    path.write_text("," * 3_000_000 + "\n")
    with pytest.raises(DataError, match="3,000,001 columns"):
        read_sample(path)


def fixed_offset(path: Path, zone: bytes = b"+05:30\0") -> None:
    """A Parquet file as other programs write it, with a column whose zone is an offset."""
    hours = pl.datetime_range(datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 5), "1d", eager=True)
    pl.DataFrame({"t": hours.dt.replace_time_zone("Etc/UTC"), "y": [1.0, 2, 3, 4, 5]}).write_parquet(path)
    content = path.read_bytes()
    schema = re.search(rb"[A-Za-z0-9+/=]{200,}", content)
    assert schema is not None
    raw = bytearray(base64.b64decode(schema[0]))
    at = raw.index(b"Etc/UTC")
    raw[at : at + 7] = zone
    raw[at - 4] = len(zone.rstrip(b"\0"))  # the length of the text
    path.write_bytes(content.replace(schema[0], base64.b64encode(bytes(raw))))


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("+05:30", "2020-01-01T05:30:00.000000+0530"),
        ("-09:30", "2019-12-31T14:30:00.000000-0930"),
        ("+05:00", "2020-01-01T05:00:00.000000+0500"),
        ("-11:00", "2019-12-31T13:00:00.000000-1100"),
        ("+05:17", "2020-01-01T05:17:00.000000"),  # no zone has it
    ],
)
def test_a_zone_that_is_an_offset_keeps_it(
    zone: str, text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "o.parquet"
    fixed_offset(path, zone.encode() + b"\0")
    assert read(path, "parquet").get_column("y").to_list() == [1, 2, 3, 4, 5]  # the column is not even wanted
    for frame in (read(path, "parquet", time="t"), read_sample(path).frame):
        assert frame.select("t").write_csv().splitlines()[1] == text
        days = [moment.toordinal() for moment in frame.get_column("t")]
        assert days == list(range(days[0], days[0] + 5))
    assert "panicked" not in capfd.readouterr().err


def test_text_that_grows_is_refused_before_it_fills_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, count = tmp_path / "s.parquet", 400
    words = ["x" * 1000] * count
    pl.DataFrame({"y": [1.0] * count, "s": words}).write_parquet(path, compression="zstd")
    section = {"kind": "parquet", "path": str(path), "target": ["y"], "window": {"length": 1}}
    wanted = {"columns": {"s": "category"}, "features": ["s", "y"]}
    file = DATA.validate_python(section | wanted).open_files(5000).open({})[0]
    assert [piece.end for piece in file.pieces()] == [*range(19, count, 19), count]  # of 4 · 5000 bytes
    monkeypatch.setattr(limits, "PLAIN_BYTES", 300_000)
    monkeypatch.setattr(parquet_scan, "PARQUET_RATIO", 1)
    with pytest.raises(DataError, match=r"s\.parquet: it holds more than 0 MB once it is unpacked"):
        file.read()
    monkeypatch.setenv("RNNCTL_MAX_UNPACKED_MB", "1")
    assert file.read()[0].get_column("s").to_list() == words


@pytest.mark.parametrize("begin", [0.3, 0.6, 0.8, 0.9])
def test_a_damaged_footer_is_told_and_nothing_of_a_panic_is_written(
    begin: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "d.parquet"
    fixed_offset(path)
    whole = path.read_bytes()
    for value in (0, 0x7F, 0xFF):
        for at in range(int(begin * len(whole)), len(whole) - 8, 41):
            path.write_bytes(whole[:at] + bytes([value]) + whole[at + 1 :])
            for function in (lambda: read(path, "parquet"), lambda: read_sample(path), lambda: read_schema(path)):
                with suppress(DataError):
                    function()
    told = capfd.readouterr().err
    assert "panicked" not in told
    assert "backtrace" not in told


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_of_very_many_names_that_a_file_lacks_the_first_are_told(kind: str, tmp_path: Path) -> None:
    frame, path = pl.DataFrame({f"sensor_{place}": [1.0, 2.0] for place in range(300)}), tmp_path / f"w.{kind}"
    (frame.write_csv if kind == "csv" else frame.write_parquet)(path)
    with pytest.raises(DataError) as told:
        read(path, kind, target=["sensor_1", *(f"senso_{place}" for place in range(300))])
    lines = str(told.value).split("\n")
    assert len(lines) == 21
    assert lines[0].endswith("did you mean 'sensor_0'?")
    assert lines[-1] == f"{path}: 280 more columns that the config names cannot be found"


def test_bytes_that_are_no_text_are_not_taken_for_dates(tmp_path: Path) -> None:
    path = tmp_path / "b.parquet"
    pl.DataFrame({"y": [1.0, 2.0], "b": [b"\xff", b"\xfe"]}).write_parquet(path)
    section = {"kind": "parquet", "path": str(path), "target": ["y"], "window": {"length": 1}}
    assert list(examine_dates(read_table(DATA.validate_python(section)))) == []


def test_long_lists_of_names_take_linear_time() -> None:
    names = [f"c{place}" for place in range(8000)]
    section = {"kind": "csv", "path": "x.csv", "target": names, "window": {"length": 1}}
    data = DATA.validate_python(section)
    assert list(asked_columns(data)) == names


def test_one_huge_cell_of_parquet_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.parquet"
    pl.DataFrame({"y": [1.0, 2, 3], "s": ["a" * 3_000_000, "b", "c"]}).write_parquet(path, compression="zstd")
    assert unpacked_bytes(path, {"s"}) == pytest.approx(3_000_000, rel=1e-3)
    assert unpacked_bytes(path, {"y"}) < 200
    monkeypatch.setattr(limits, "PLAIN_BYTES", 2_000_000)
    monkeypatch.setattr(parquet_scan, "PARQUET_RATIO", 1)
    section = {"kind": "parquet", "path": str(path), "target": ["y"], "window": {"length": 1}}
    assert read_table(DATA.validate_python(section)).frame.height == 3
    worded = DATA.validate_python({**section, "features": ["y", "s"], "columns": {"s": "category"}})
    with pytest.raises(DataError, match=r"it holds more than 1 MB once it is unpacked.* RNNCTL_MAX_UNPACKED_MB"):
        read_table(worded)
    with pytest.raises(DataError, match="RNNCTL_MAX_UNPACKED_MB"):
        read_sample(path)
    monkeypatch.setenv("RNNCTL_MAX_UNPACKED_MB", "4")
    assert read_table(worded).frame.height == 3
    damaged = bytearray(path.read_bytes())
    for place in range(len(damaged) - 40, len(damaged) - 8):
        damaged[place] = 255
    path.write_bytes(damaged)
    assert unpacked_bytes(path, {"s"}) in (0, pytest.approx(3_000_000, rel=1e-3))
