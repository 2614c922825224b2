"""What becomes of each column is told once, by `init` on the terminal and in the config, and by `check` again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rnnctl.cli.console.remarks import MOST_LINES, remark_lines
from rnnctl.cli.console.style import Style
from rnnctl.config.load import load_config
from rnnctl.errors import DataError
from rnnctl.schema.column_names import parts_of
from rnnctl.starter import column_uses
from rnnctl.starter.column_uses import remarks_on_file
from rnnctl.starter.remarks import DOUBTFUL, LEFT_OUT, Remark
from rnnctl.starter.wishes import Wishes
from rnnctl.workflows.init import Starter, fault_of, make_starter

DAYS = [f"2024-{k // 28 + 1:02}-{k % 28 + 1:02}" for k in range(120)]
WHOLE = [(k * k + 3 * k) % 97 for k in range(120)]
SALES = [number / 4 for number in WHOLE]
EIGHTY, WIDE = (Style(width, terminal=True, colour=False) for width in (80, 400))


def started(folder: Path, wishes: Wishes | None = None, **columns: list[Any]) -> Starter:
    """What `init` makes of a file with these columns, written as ``x.yaml`` beside it."""
    rows = zip(*columns.values(), strict=True)
    lines = [";".join(columns), *(";".join(map(str, row)) for row in rows)]
    (folder / "x.csv").write_text("\n".join(lines) + "\n")
    starter = make_starter(folder / "x.csv", folder, wishes or Wishes())
    (folder / "x.yaml").write_text(starter.text)
    return starter


def found(folder: Path, *overrides: str) -> tuple[Remark, ...]:
    """What `check` finds of the same file."""
    table = load_config(folder / "x.yaml", overrides).data.table
    assert table is not None
    return remarks_on_file(table)


def of(remarks: tuple[Remark, ...], *uses: str) -> list[Remark]:
    return sorted((one for one in remarks if one.use in uses), key=lambda one: one.column)


MIXED = [f"{k} {'m' if k % 3 else 'kW'}" for k in range(120)]
BROKEN = [7 * k % 31 if k != 50 else "broken" for k in range(120)]
POINTS = [f"{2 + k % 7}.{100 + 7 * k}" for k in range(120)]
UNCLEAR = [f"0{k * k % 9 + 1}.0{k * 5 % 7 + 1}.{1990 + k * 11 % 17}" for k in range(120)]


def test_each_column_has_one_use_in_init_and_in_check(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {"day": DAYS, "shop_id": [7] * 120, "still": ["x"] * 120, "mixed": MIXED}
    columns |= {"temp": BROKEN, "price": POINTS, "sold": WHOLE, "other": UNCLEAR, "empty": [""] * 120}
    starter = started(tmp_path, **columns)
    said = [one for one in starter.remarks if one.use != DOUBTFUL and one.column]
    assert sorted(one.column for one in said) == sorted(columns)
    uses = {one.column: one.use for one in said}
    assert (uses["sold"], uses["day"], uses["price"]) == ("target", "time", "features")
    again = found(tmp_path)
    assert of(again, LEFT_OUT) == of(starter.remarks, LEFT_OUT)
    assert of(again, DOUBTFUL) == of(starter.remarks, DOUBTFUL)
    assert {one.column: (one.at, one.option) for one in of(again, LEFT_OUT, DOUBTFUL) if one.option} == {
        "mixed": ("", "write all in one"),
        "temp": ("'broken' in line 52", "correct it, or set data.missing_marks to what stands for a missing value"),
        "price": (
            "'2.100' in line 2",
            'if its point stands between thousands, set data.decimal_comma: true and data.thousands: "."',
        ),
        "other": (
            "",
            'set data.time: other and data.time_format: "%d.%m.%Y" or "%m.%d.%Y", or write them as 2024-01-31',
        ),
    }
    text = " ".join(starter.text.replace("#", "").split())
    for one in of(again, LEFT_OUT):
        assert f"{one.text} not used: {one.column}" in text or f"not used: {one.column} {one.text}" in text


def test_what_settles_a_doubt_ends_it(tmp_path: Path) -> None:
    started(tmp_path, day=DAYS, price=POINTS, fault_code=[100 * (k // 7 % 3 + 1) for k in range(120)], sold=WHOLE)
    assert [one.column for one in of(found(tmp_path), DOUBTFUL)] == ["fault_code", "price"]
    settled = ("data.decimal_comma=true", 'data.thousands="."', 'data.columns={"fault_code": "category"}')
    assert of(found(tmp_path, *settled), DOUBTFUL) == []
    numbers = (*settled[:2], 'data.columns={"fault_code": "number"}')
    assert of(found(tmp_path, *numbers), DOUBTFUL) == []
    started(tmp_path, day=DAYS, price=[f"{k % 7}.2" if k == 9 else cell for k, cell in enumerate(POINTS)], sold=SALES)
    assert of(found(tmp_path), DOUBTFUL) == []
    thousands = ["995" if k == 9 else cell for k, cell in enumerate(POINTS)]
    (told,) = of(started(tmp_path, day=DAYS, price=thousands, sold=SALES).remarks, DOUBTFUL)
    assert told.option == "if its point stands between thousands, take it out of these cells"
    assert (
        of(started(tmp_path, day=DAYS, price=[c.replace(".", "") for c in thousands], sold=SALES).remarks, DOUBTFUL)
        == []
    )


@pytest.mark.parametrize("name", ["fault_code", "y"])
def test_codes_by_hundreds_are_a_doubt_of_a_target(tmp_path: Path, name: str) -> None:
    codes = [100 * (k * k // 7 % 3 + 1) for k in range(120)]
    (told,) = of(started(tmp_path, Wishes(target=name), day=DAYS, **{name: codes}).remarks, DOUBTFUL)
    assert (
        told.text == "its 3 whole numbers are taken for numbers with an order; --task next_step takes them for classes"
    )
    (again,) = of(found(tmp_path), DOUBTFUL)
    assert again.option == (
        f"data.columns: {{{name}: category}} with loss: categorical_crossentropy takes them for classes"
    )
    assert of(found(tmp_path, f'data.columns={{"{name}": "number"}}'), DOUBTFUL) == []


def test_the_terminal_says_what_matters_first_and_stays_short(tmp_path: Path) -> None:
    odd = {f"odd{k}": [place if place != 50 else f"broken{k}" for place in range(120)] for k in range(5)}
    units = {f"u{k}": [f"{place} {'abcdef'[k] * (1 + place % 2)}" for place in range(120)] for k in range(5)}
    starter = started(tmp_path, day=DAYS, sold=SALES, visits=SALES[::-1], **odd, **units, still=["x"] * 120)
    still = [Remark(f"still{k}", LEFT_OUT, "it never changes") for k in range(300)]
    lines = remark_lines([*still, *starter.remarks], EIGHTY)
    assert lines[:5] == [
        "  target    'sold': a guess: 'visits' is as likely; --target names another, and",
        "            a list predicts several; numbers, 0 to 23.75",
        "  used      time 'day' · features 'visits'",
        "  left out  'odd0', 'odd1', 'odd2', 'odd3' and 1 more: 1 cell of 120 is no",
        "            number (such as 'broken0' in line 52); correct it, or set",
    ]
    assert len(lines) <= MOST_LINES
    assert lines[-1].startswith("  … and ")
    assert lines[-1].endswith(" more remarks, in the config's comments")
    assert "broken4" in starter.text
    lines = remark_lines([*still, *(one for one in starter.remarks if one.column in ("sold", "day"))], EIGHTY)
    assert lines[-2:] == [
        "  left out  'still0', 'still1', 'still2', 'still3' and 296 more: it never",
        "            changes",
    ]


def test_what_holds_no_single_values_is_told_by_both(tmp_path: Path) -> None:
    frame = pl.DataFrame({"day": DAYS, "pair": [[1, 2]] * 120, "sold": SALES})
    frame.with_columns(pl.col("day").str.to_date()).write_parquet(tmp_path / "x.parquet")
    starter = make_starter(tmp_path / "x.parquet", tmp_path, Wishes())
    (tmp_path / "x.yaml").write_text(starter.text)
    (told,) = of(found(tmp_path), LEFT_OUT)
    assert (told.column, told.text) == ("pair", "it holds List(Int64), not single values")
    assert of(starter.remarks, LEFT_OUT) == [told]


def test_of_many_columns_the_first_unused_ones_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_uses, "MOST_LOOKED_AT", 4)
    started(tmp_path, day=DAYS, sold=SALES, **{f"x{k}": SALES[k:] + SALES[:k] for k in range(1, 6)})
    told = of(found(tmp_path, "data.features=[sold, x1]"), LEFT_OUT)
    assert [(one.column, one.reason) for one in told] == [
        ("x2", column_uses.NOT_CHOSEN),
        ("x3", column_uses.NOT_CHOSEN),
        ("x4", column_uses.UNSEEN),
        ("x5", column_uses.UNSEEN),
    ]


def test_words_of_a_few_kinds_in_parquet_have_no_marks(tmp_path: Path) -> None:
    words = pl.Series([str(k % 7) for k in range(120)], dtype=pl.Categorical)
    pl.DataFrame({"day": range(120), "size": words, "sold": SALES}).write_parquet(tmp_path / "x.parquet")
    assert "kind: parquet" in make_starter(tmp_path / "x.parquet", tmp_path, Wishes()).text


BLOCKS = {
    "words": (["North", "South", "West"], False),
    "codes": ([10, 20, 30], False),
    "two columns": (["a", "b", "c"], True),
}


@pytest.mark.parametrize(("names", "nested"), BLOCKS.values(), ids=BLOCKS)
def test_a_column_that_names_blocks_in_their_first_rows_is_told_and_filled_down_is_the_series(
    names: list[Any], nested: bool, tmp_path: Path
) -> None:
    rows, inner = range(120), 20 if nested else 40
    columns: dict[str, list[Any]] = {"region": [names[k // 40] if k % 40 == 0 else "" for k in rows]}
    if nested:
        columns["shop"] = [f"s{k // 20 % 2}" if k % 20 == 0 else "" for k in rows]
    columns |= {"when": [f"{k % inner % 12 + 1:02}/{2000 + k % inner // 12}" for k in rows], "sold": SALES}
    starter = started(tmp_path, **columns)
    told = {one.column: one.text for one in of(starter.remarks, DOUBTFUL)}
    why = f"filled in 3 of 120 rows: perhaps it holds for the rows below ('{columns['region'][0]}' in line 2)"
    assert told["region"] == f"{why}; if so, fill it down in the file"
    assert [one.text for one in of(found(tmp_path), LEFT_OUT) if one.column == "region"] == [told["region"]]
    with pytest.raises(
        DataError, match=r"--series: column 'region' is empty in 117 rows, .*; fill it down in the file"
    ):
        started(tmp_path, Wishes(series="region"), **columns)
    for name in told:  # the advice
        down = pl.Series([str(cell) or None for cell in columns[name]]).fill_null(strategy="forward")
        columns[name] = down.to_list()
    uses = {one.column: one.use for one in started(tmp_path, **columns).remarks if one.use != DOUBTFUL}
    assert uses["when"] == "time"
    series = next(column for column, use in uses.items() if use == "series")
    assert set(parts_of(series)) <= set(told)


@pytest.mark.parametrize(
    "cells",
    [
        [f"holiday {k}" if k % 30 == 0 else "" for k in range(120)],
        [5 * k if k % 7 == 0 else "" for k in range(120)],
        ["note" if k % 30 == 0 else "" for k in range(120)],
    ],
)
def test_what_is_filled_in_some_rows_of_one_series_names_no_blocks(cells: list[Any], tmp_path: Path) -> None:
    starter = started(tmp_path, day=DAYS, sold=SALES, other=cells)
    assert not of(starter.remarks, DOUBTFUL)


def test_a_mark_in_some_rows_is_said_to_be_one_and_written_as_numbers_is_used(tmp_path: Path) -> None:
    marks = ["meal" if k % 9 in (0, 4, 5) else "" for k in range(120)]
    starter = started(tmp_path, day=DAYS, sold=SALES, note=marks)
    (told,) = of(starter.remarks, LEFT_OUT)
    assert told.text == (
        "one text, empty in 80 rows ('meal'); write 1 in the file where it stands and 0 elsewhere to use it"
    )
    assert of(found(tmp_path), LEFT_OUT) == [told]
    uses = started(tmp_path, day=DAYS, sold=SALES, note=[int(bool(mark)) for mark in marks]).remarks
    assert {one.column: one.use for one in uses}["note"] == "features"


def test_dates_of_which_several_rows_have_one_are_no_time_and_a_number_in_their_place_is_a_doubt(
    tmp_path: Path,
) -> None:
    days = [DAYS[k // 3] for k in range(120)]
    starter = started(tmp_path, order_id=list(range(500, 620)), day=days, sold=SALES)
    (told,) = of(starter.remarks, DOUBTFUL)
    advice = (
        f"(such as {days[0]}); to use it, add up or average the rows of each date in the file, and set data.time to it"
    )
    assert told.column == "day"
    assert told.text == f"several rows have the same date, and so the number 'order_id' orders the rows {advice}"
    assert [one.text for one in of(found(tmp_path), LEFT_OUT)] == [f"several rows have the same date {advice}"]
    once = started(tmp_path, order_id=list(range(500, 540)), day=days[::3], sold=SALES[::3])
    assert {one.column: one.use for one in once.remarks}["day"] == "time"
    two = started(tmp_path, day=DAYS, shipped=[*DAYS[1:], "2024-06-01"], sold=SALES)
    (left,) = of(two.remarks, LEFT_OUT)
    assert left.text == "usable, and not chosen (dates); name it in data.time if it orders the rows"


def test_marks_of_features_that_are_taken_as_missing_are_told_on_the_terminal(tmp_path: Path) -> None:
    temp = ["ERR" if k % 40 == 5 else 20 + k * k % 13 / 8 for k in range(120)]
    rain = [-9999 if k % 30 == 7 else k * 7 % 11 / 4 for k in range(120)]
    sold = ["High" if k in (60, 80) else SALES[k] for k in range(120)]
    text = "ERR in 3 cells of 'temp' (line 7){}; -9999 in 4 cells of 'rain', far from all others"
    for wishes, more in ((Wishes(), ""), (Wishes(target="sold"), "; High in 2 cells of 'sold' (line 62)")):
        remarks = started(tmp_path, wishes, day=DAYS, temp=temp, rain=rain, sold=sold).remarks
        lines = [line.strip() for line in remark_lines(remarks, WIDE)]
        (told,) = [line for line in lines if line.startswith("missing")]
        assert told == f"missing   taken as missing: {text.format(more)}"
        assert lines[0].startswith("target    'sold'")
        assert ("'High' in 2 cells is missing" in lines[0]) is not bool(more)  # it is told once


def test_how_the_file_is_read_is_told_on_the_terminal_as_in_the_config(tmp_path: Path) -> None:
    rows = [f"{day};{1 + k % 3}.{k % 7}1{k % 10},5\n" for k, day in enumerate(DAYS)]
    (tmp_path / "x.csv").write_text("Verkauf\n\nday;umsatz\n" + "".join(rows) + "Quelle: Amt\n")
    starter = make_starter(tmp_path / "x.csv", tmp_path, Wishes())
    (told,) = [line for line in remark_lines(starter.remarks, WIDE) if line.startswith("  read ")]
    entries = {
        "skip_lines": ("2", "lines above the names of the columns, such as 'Verkauf'"),
        "skip_footer": ("1", "below the table, such as 'Quelle: Amt': no row"),
        "decimal_comma": ("true", "'1.010,5' in 'umsatz', line 4"),
        "thousands": ("'.'", "'1.010,5' in 'umsatz', line 4"),
    }
    assert told == "  read      " + " · ".join(f"{key} {value} ({why})" for key, (value, why) in entries.items())
    for key, (value, why) in entries.items():
        (line,) = [line for line in starter.text.splitlines() if line.startswith(f"  {key}: ")]
        assert line.partition(": ")[2].split("#")[0].strip() == value.strip("'")
        assert why in starter.text
    usual = started(tmp_path, day=DAYS, sold=SALES)  # with semicolons
    assert not of(usual.remarks, "read")
    months = {str(month): [12 * year + month for year in range(30)] for month in range(1, 13)}
    (wide,) = of(started(tmp_path, year=list(range(1990, 2020)), **months).remarks, "read")
    assert wide.reason.startswith("wide {names: month, values: value} (a column for each month of the file")


def test_names_that_stand_again_on_each_page_are_told_and_without_them_the_file_passes(tmp_path: Path) -> None:
    days = [cell for k, day in enumerate(DAYS) for cell in (("day", day) if k and k % 50 == 0 else (day,))]
    sold = [cell for k, x in enumerate(SALES) for cell in (("sold", x) if k and k % 50 == 0 else (x,))]
    starter = started(tmp_path, day=days, sold=sold)
    (told,) = of(starter.remarks, DOUBTFUL)
    assert told.text == "the names of the columns stand again in line 52, line 103; remove these lines"
    fault = fault_of(tmp_path / "x.yaml")
    assert fault is not None
    assert "lines 52, 103: found 'day'" in fault
    assert fault.endswith("; the names of the columns stand there again: remove these lines")
    starter = started(tmp_path, day=DAYS, sold=SALES)
    assert {one.column: one.use for one in starter.remarks} == {"day": "time", "sold": "target"}
    assert fault_of(tmp_path / "x.yaml") is None
