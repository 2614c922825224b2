"""Totals, means and running totals are told from what they add up; honest columns are not taken for them."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnctl.config.load import load_config
from rnnctl.data_check.sum_checks import examine_sums
from rnnctl.starter.column_uses import remarks_on_file
from rnnctl.starter.remarks import LEFT_OUT
from rnnctl.starter.wishes import Wishes
from rnnctl.tables.reading import read_table
from rnnctl.tables.sums import follows_from_row, running_totals, sums_among
from rnnctl.workflows.init import make_starter

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAYS = [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
draw = random.Random(0)
TABLE = [[round(100 + 30 * math.sin(m / 2) + year + draw.gauss(0, 5), 1) for m in range(12)] for year in range(16)]
ROWS = np.array(TABLE)
BEFORE = [math.nan, *(row[11] for row in TABLE[:-1])]

FOLLOWING: dict[str, tuple[list[float], str]] = {
    "sum": ([round(sum(row), 1) for row in TABLE], "the sum of Jan to Dec"),
    "rounded sum": ([round(sum(row)) for row in TABLE], "the sum of Jan to Dec"),
    "mean": ([round(sum(row) / 12, 1) for row in TABLE], "the mean of Jan to Dec"),
    "mean by days": (
        [round(sum(map(math.prod, zip(row, DAYS, strict=True))) / 365.25, 1) for row in TABLE],
        "the mean of Jan to Dec, by their days",
    ),
    "part year": ([*(round(sum(row), 1) for row in TABLE[:-1]), 300.0], "the sum of Jan to Dec"),
    "spring": ([round(sum(row[2:5]) / 3, 2) for row in TABLE], "the mean of Mar to May"),
    "winter": (
        [(last + row[0] + row[1]) / 3 for last, row in zip(BEFORE, TABLE, strict=True)],
        "the mean of Dec to Feb",
    ),
    "quarter": ([round(sum(row[9:]), 1) for row in TABLE], "the sum of Oct to Dec"),
    "peak": ([max(row) for row in TABLE], "the greatest of Jan to Dec"),
    "low": ([min(row) for row in TABLE], "the least of Jan to Dec"),
    "last year's sum": ([math.nan, *(round(sum(row), 1) for row in TABLE[:-1])], ""),
    "another number": ([round(draw.uniform(900, 1500), 1) for _ in TABLE], ""),
    "a trend": ([1300.0 + 12 * year for year in range(16)], ""),
    "one value": ([1200.0] * 16, ""),
}


@pytest.mark.parametrize(("column", "words"), FOLLOWING.values(), ids=FOLLOWING)
def test_a_column_of_a_wide_table_is_told_from_its_months(column: list[float], words: str) -> None:
    rows = ROWS.copy()
    if words == "the sum of Jan to Dec" and column[-1] == 300.0:
        rows[-1, 5:] = math.nan
    assert follows_from_row(rows, np.array(column), MONTHS) == words


def test_small_counts_add_up_to_nothing_by_chance() -> None:
    for seed in range(12):
        numbers = np.random.default_rng(seed)
        counts = numbers.poisson(3, (12, 12)).astype(np.float64)
        assert not follows_from_row(counts, numbers.poisson(6, 12).astype(np.float64), MONTHS)


def config(path: Path, **wishes: Any) -> dict[str, str]:
    """Writes a starter for a file; the columns that it leaves out, and why."""
    starter = make_starter(path, path.parent, Wishes(**wishes))
    path.with_suffix(".yaml").write_text(starter.text)
    return {remark.column: remark.text for remark in starter.remarks if remark.use == LEFT_OUT}


def findings(path: Path, text: str) -> list[tuple[str, str]]:
    path.with_suffix(".yaml").write_text(text)
    table = load_config(path.with_suffix(".yaml")).data.table
    assert table is not None
    return [(finding.level, finding.message) for finding in examine_sums(read_table(table))]


@pytest.mark.parametrize("name", ["Jahr", "Average"])
def test_a_total_beside_months_is_left_out_and_check_warns_of_it(name: str, tmp_path: Path) -> None:
    share = 12 if name == "Average" else 1
    lines = [[*map(str, row), f"{sum(row) / share:.1f}", str(row[0] * year % 7)] for year, row in enumerate(TABLE)]
    lines[-1][5:12] = [""] * 7
    lines[-1][12] = f"{sum(TABLE[-1][:5]) / share:.1f}"
    path = tmp_path / "x.csv"
    path.write_text(
        f"Year,{','.join(MONTHS)},{name},other\n" + "".join(f"{2000 + y},{','.join(r)}\n" for y, r in enumerate(lines))
    )
    what = "mean" if share > 1 else "sum"
    assert config(path) == {name: f"it is the {what} of Jan to Dec: a row would tell the months after it"}
    text = path.with_suffix(".yaml").read_text()
    assert not findings(path, text)
    data = load_config(path.with_suffix(".yaml")).data.table
    assert data is not None
    told = {remark.column: remark.text for remark in remarks_on_file(read_table(data).data) if remark.use == LEFT_OUT}
    assert told == config(path)  # the same reason
    leaky = text.replace("known: [other]", f"known: [other, {name}]").replace(
        "[value, other]", f"[value, other, {name}]"
    )
    ((level, message),) = findings(path, leaky)
    assert level == "warning"
    assert f"{name!r} is the {what} of Jan to Dec of its row" in message
    assert "take it out of data.features" in message
    assert name not in config(path, known=(name,))


def test_a_running_total_is_left_out_and_check_warns_where_it_is_known(tmp_path: Path) -> None:
    new = [draw.randrange(30) for _ in range(120)]
    total, lines = 0, []
    for row, count in enumerate(new):
        total = count if row == 60 else total + count
        lines.append(f"{date(2023, 11, 2) + timedelta(row)},{count},{total},{(row * 7) % 11}")  # anew with the year
    path = tmp_path / "x.csv"
    path.write_text("date,new,total,temp\n" + "\n".join(lines) + "\n")
    keys = "kind: csv, path: x.csv, time: date, target: [new], features: [new, total, temp], window: {length: 3}"
    ((level, told),) = findings(path, f"data: {{{keys}, known: [total]}}")
    assert (level, told.partition(";")[0]) == (
        "warning",
        "'total' is the running total of 'new', which is to be predicted: the model sees it there",
    )
    ((level, _),) = findings(path, f"data: {{{keys}}}")
    assert level == "fact"
    assert not findings(path, f"data: {{{keys.replace(', total', '')}}}")
    assert config(path)["total"] == "it is the running total of 'new'; name it in data.features to use it"
    assert "total" not in config(path, known=("total",))


def test_levels_and_their_changes_are_no_running_totals() -> None:
    numbers = np.random.default_rng(0)
    change = numbers.normal(size=200)
    close = 100 + change.cumsum()
    still = np.where(np.arange(200) % 10 == 0, 1.0, 0.0)
    values = np.column_stack([close, change, still * 0, np.repeat(np.arange(20.0), 10), numbers.poisson(2, 200)])
    assert not list(running_totals(values, None, None))


def test_sums_and_means_among_columns_are_found_by_name_or_by_their_weights() -> None:
    parts = np.random.default_rng(0).integers(5, 50, (40, 3)).astype(np.float64)
    total, mean = parts.sum(axis=1, keepdims=True), parts.mean(axis=1, keepdims=True).round(1)
    both = list(sums_among(np.hstack([parts, total, mean]), [False] * 3 + [True] * 2))
    assert both == [(3, "sum", (0, 1, 2)), (4, "mean", (0, 1, 2))]
    few = list(sums_among(np.hstack([total[:5], parts[:5]]), [True, False, False, False]))
    assert few == [(0, "sum", (1, 2, 3))]
    noise = np.random.default_rng(1).normal(size=(40, 2))
    assert list(sums_among(np.hstack([noise, parts, total]), [False] * 6)) == [(5, "sum", (2, 3, 4))]
    assert not list(sums_among(np.hstack([noise, parts]), [False] * 4 + [True]))
