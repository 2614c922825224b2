"""What `init` refuses: each message says what to do, and doing just that leads to a config whose data can be read."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import polars as pl
import pytest

from rnnctl.errors import DataError
from rnnctl.starter.sample import read_sample
from rnnctl.starter.wishes import Wishes
from rnnctl.tables.limits import COLUMNS
from rnnctl.workflows.init import fault_of, make_starter

DAYS = [str(date(2024, 1, 1) + timedelta(days=k)) for k in range(60)]
X = [(k * k + 3 * k) % 29 / 4 for k in range(60)]
WORDS = ["abc"[k * k % 3] for k in range(60)]
IDS, STEPS = [k // 6 for k in range(60)], [k % 6 for k in range(60)]
TEXTS = [f"the red house stood on a hill and nobody knew {k * 7 % 13} why {k}" for k in range(40)]


def table(separator: str = ",", /, **columns: list[Any]) -> str:
    rows = zip(*columns.values(), strict=True)
    return "\n".join([separator.join(columns), *(separator.join(map(str, row)) for row in rows), ""])


def parquet(**columns: list[Any]) -> bytes:
    content = io.BytesIO()
    pl.DataFrame(columns).write_parquet(content)
    return content.getvalue()


class Case(NamedTuple):
    """A file that is refused as it was asked for; what the message says; and the file and options that it asks for."""

    content: str | bytes
    said: str
    better: str | bytes | None = None
    asked: Mapping[str, Any] = MappingProxyType({})
    then: Mapping[str, Any] = MappingProxyType({})
    name: str = "x.csv"


GOOD = table(day=DAYS, x=X)
SERIES = table(id=IDS, t=STEPS, x=X, z=X[::-1], grade=[k // 6 % 3 for k in range(60)], area=[k // 6 for k in range(60)])
PANEL = table(day=[DAYS[k // 4] for k in range(240)], shop=["a", "a", "b", "b"] * 60, dept=["u", "v"] * 120, x=X * 4)
STILL = {"id": IDS, "t": STEPS, "a": [k // 6 % 5 for k in range(60)], "label": [k // 6 % 3 for k in range(60)]}
TWO = table(id=[k // 30 for k in range(60)], t=[k % 30 for k in range(60)], x=X, label=[k // 30 for k in range(60)])
THREE = table(
    id=[k // 20 for k in range(60)], t=[k % 20 for k in range(60)], x=X, label=[k // 20 % 2 for k in range(60)]
)
LABELLED = table(text=TEXTS, label=["ab"[k % 2] for k in range(40)])
EMPTY = table(day=DAYS, x=X, e=[""] * 60, y=X[::-1])
ROWS = "".join(f"w{k % 3},b{k % 2}\n" for k in range(40))

CASES = {
    "identifiers alone": Case(
        table(day=DAYS, customer_id=[70000 + 7 * (k * k % 31) for k in range(60)]),
        "named like identifiers; name one with --target",
        then={"target": "customer_id"},
    ),
    "JSON": Case('[{"a": 1}]', "found JSON; save it as CSV or Parquet", GOOD),
    "carriage returns": Case(GOOD.replace("\n", "\r"), "save the file with line feeds", GOOD),
    "an empty file": Case("", "expected a line of column names with rows below", GOOD),
    "empty lines": Case("\n\n", "expected a line of column names with rows below", GOOD),
    "numbers for names": Case("1.5,2.5\n" + ROWS, "add a line of column names", "t,x\n" + ROWS),
    "no rows": Case("day,x\n", "expected rows below them", GOOD),
    "no rows of Parquet": Case(parquet(x=[]), "expected rows", parquet(x=X), name="x.parquet"),
    "a column of two uses": Case(
        GOOD, "--series and --time both name 'day', and a column has one use", asked={"time": "day", "series": "day"},
        then={"time": "day"},
    ),
    "dates to predict": Case(
        GOOD, "--target: 'day' cannot be predicted: dates; name another column", asked={"target": "day"},
        then={"target": "x"},
    ),
    "an empty feature": Case(
        EMPTY, "--known: 'e' cannot be seen by the model: it is empty; name another column", asked={"known": ("e",)},
        then={"known": ("x",)},
    ),
    "all columns given": Case(
        EMPTY, "none is left to predict; leave one of 'x', 'y' out", asked={"known": ("x", "y")},
        then={"known": ("x",)},
    ),
    "a label ahead, task": Case(
        table(day=DAYS, x=X, c=WORDS), "--task per_step: --horizon can be said of a forecast alone; leave one out",
        asked={"task": "per_step", "horizon": 3}, then={"task": "per_step"},
    ),
    "a label ahead, horizon": Case(
        table(day=DAYS, x=X, c=WORDS), "leave one out", asked={"task": "per_step", "horizon": 3}, then={"horizon": 3},
    ),
    "labels of no series": Case(
        table(day=DAYS, x=X, c=WORDS), "name it with --series (there are x, c), or use --task per_step",
        asked={"task": "per_sequence"}, then={"task": "per_step"},
    ),
    "series without a label": Case(
        table(id=IDS, t=STEPS, x=X, c=WORDS), "use --task per_step, or name other series",
        asked={"task": "per_sequence"}, then={"task": "per_step"},
    ),
    "a label that changes, name": Case(
        SERIES, "the columns that do not are grade, area; name one with --target",
        asked={"task": "per_sequence", "target": "x"}, then={"task": "per_sequence", "target": "grade"},
    ),
    "a label that changes, task": Case(
        SERIES, "or use --task per_step", asked={"task": "per_sequence", "target": "x"},
        then={"task": "per_step", "target": "x"},
    ),
    "nothing to tell a label from": Case(
        table(**STILL), "add a column that does", table(**STILL, x=X), {"task": "per_sequence", "target": "label"},
        {"task": "per_sequence", "target": "label"},
    ),
    "few rows": Case(
        table(x=X[:6], c=WORDS[:6]), "6 rows are too few to train, validate and test on; expected 10 or more",
        table(x=X[:10], c=WORDS[:10]), {"task": "per_step"}, {"task": "per_step"},
    ),
    "few series": Case(
        TWO, "2 series are too few to train, validate and test on; expected 3 or more", THREE,
        {"series": "id", "task": "per_sequence", "target": "label"},
        {"series": "id", "task": "per_sequence", "target": "label"},
    ),
    "few texts": Case(
        table(text=TEXTS[:2], label=["a", "b"]), "2 rows are few: add some", LABELLED,
    ),
    "texts without a label": Case(
        LABELLED.replace(",a\n", "\n").replace(",b\n", "\n").replace(",label", ""),
        "no column says what the texts of 'text' are; name it with --target", LABELLED, {"task": "per_sequence"},
        {"task": "per_sequence", "target": "label"},
    ),
    "two targets of texts": Case(
        LABELLED, "leave one of them out", asked={"task": "next_step", "target": "label"}, then={"target": "label"},
    ),
    "two targets of texts, task": Case(
        LABELLED, "leave one of them out", asked={"task": "next_step", "target": "label"}, then={"task": "next_step"},
    ),
    "few days": Case(table(day=DAYS[:2], x=X[:2]), "2 rows are few: add some", GOOD),
    "too far ahead": Case(
        GOOD, "a forecast of 19 at most to be trained, validated and tested; ask for fewer",
        asked={"horizon": 50}, then={"horizon": 19},
    ),
    "classes ahead": Case(
        table(day=DAYS, c=WORDS), "leave --horizon out", asked={"target": "c", "horizon": 3}, then={"target": "c"},
    ),
    "nothing changes": Case(table(day=DAYS, e=["x"] * 60), "column 'e': it never changes", GOOD),
    "a label alone": Case(
        table(day=DAYS, c=WORDS), "or use --task next_step", asked={"task": "per_step", "target": "c"},
        then={"task": "next_step", "target": "c"},
    ),
    "static without series": Case(
        table(day=DAYS, x=X, area=[k // 6 for k in range(60)]),
        "--static needs series, and no column tells them apart; name it with --series",
        table(shop=IDS, day=[DAYS[k] for k in STEPS], x=X, area=[k // 6 % 4 for k in range(60)]),
        {"static": ("area",)}, {"static": ("area",), "series": "shop"},
    ),
    "static that tells series apart": Case(
        PANEL, "'shop' is among what tells series apart (--series shop,dept), and a column has one use; leave "
        "'shop' out", asked={"static": ("shop",)}, then={},
    ),
    "known that tell series apart": Case(
        PANEL, "--known: 'dept' and 'shop' are among what tells series apart (--series shop,dept)",
        asked={"known": ("dept,shop",)}, then={},
    ),
    "two targets": Case(
        SERIES, "--target names one column; give --target z: a list in the config predicts several",
        asked={"target": "z, area"}, then={"target": "z"},
    ),
    "static that changes": Case(
        SERIES, "the columns that do not are area, grade; name one of those", asked={"static": ("z",)},
        then={"static": ("area",)},
    ),
    "static that changes, without": Case(SERIES, "or leave --static out", asked={"static": ("z",)}, then={}),
    "nothing to forecast": Case(
        table(**STILL), "name other series with --series", table(**STILL, shop=STEPS), {"task": "forecast"},
        {"task": "forecast", "series": "shop", "time": "id"},
    ),
    "a name that is none": Case(
        GOOD, "the columns are day, x; name one of those with --target", asked={"target": "q"}, then={"target": "x"},
    ),
    "rows without a time": Case(
        GOOD.replace("2024-01-05", ""), "fill it in", GOOD, {"time": "day"}, {"time": "day"},
    ),
    "options of a table for a text": Case(
        "It was a dark night. " * 90, "leave --target out", asked={"target": "x"}, then={}, name="x.txt",
    ),
    "a short text": Case("hello", "expected 20 or more", "It was a dark night. " * 90, name="x.txt"),
    "Latin-1": Case("day,é\n".encode("latin-1") + GOOD[6:].encode(), "save the file as UTF-8", GOOD),
    "UTF-32": Case(GOOD.encode("utf-32"), "save it as UTF-8", GOOD),
    "a workbook": Case(b"PK\x03\x04aaaa", "save it as CSV", GOOD),
    "a cut-off archive": Case(
        gzip.compress(GOOD.encode())[:60], "download or copy it again", gzip.compress(GOOD.encode()), name="x.csv.gz",
    ),
    "a cut-off Parquet file": Case(
        parquet(day=DAYS, x=X)[:200], "write or copy it again", parquet(day=DAYS, x=X), name="x.parquet",
    ),
    "an open quote in the last row": Case(
        GOOD + '2024-03-01,"2\n', "line 62: not a row of a CSV file; is a quote left open? close it",
        GOOD + '2024-03-01,"2"\n',
    ),
    "an open quote in the first row": Case('a,b\n1,"2\n3,4\n', "line 2: not a row of a CSV file; is a quote", GOOD),
}  # fmt: skip


def _made(folder: Path, case: Case, content: str | bytes, wishes: Mapping[str, Any]) -> Path:
    path = folder / case.name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    config = folder / "x.yaml"
    config.write_text(make_starter(path, folder, Wishes(**wishes)).text)
    return config


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_refusal_says_is_done_and_helps(tmp_path: Path, case: Case) -> None:
    with pytest.raises(DataError) as refused:
        _made(tmp_path, case, case.content, case.asked)
    told = str(refused.value)
    assert told.startswith(f"{tmp_path / case.name}: ")
    assert case.said in told
    assert "data." not in told  # there is no config yet
    assert fault_of(_made(tmp_path, case, case.better or case.content, case.then)) is None


def test_too_many_columns_are_taken_where_the_variable_allows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(COLUMNS, "12")
    case = Case(table(**{f"c{k}": X for k in range(20)}), "")
    with pytest.raises(DataError, match=f"it has 20 columns, where 12 are taken.*variable {COLUMNS} to the number"):
        _made(tmp_path, case, case.content, {})
    monkeypatch.setenv(COLUMNS, "20")
    assert fault_of(_made(tmp_path, case, case.content, {})) is None


def test_a_row_that_is_longer_than_all_that_is_looked_at_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnctl.starter.sample.SAMPLE_BYTES", 1000)
    (tmp_path / "long.csv").write_text("a,b\n1," + "x" * 2000 + "\n2,y\n")
    with pytest.raises(DataError, match=r"long\.csv: line 2 is longer than the 1 kB at the file's beginning"):
        read_sample(tmp_path / "long.csv")
