"""What a file is guessed to hold, on small tables that have each thing and on ones that have not."""

from __future__ import annotations

import gzip
from dataclasses import fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from rnnctl.data.pace import find_pace
from rnnctl.errors import DataError
from rnnctl.schema.number_form import NumberForm
from rnnctl.starter import sample as sampling
from rnnctl.starter.column_guess import describe_columns
from rnnctl.starter.remarks import DOUBTFUL, LEFT_OUT, grouped
from rnnctl.starter.sample import Sample, read_sample
from rnnctl.starter.sequence_guess import guess_sequences
from rnnctl.starter.task_choice import TaskGuess
from rnnctl.starter.task_guess import guess_task
from rnnctl.starter.window_guess import guess_window, memory
from rnnctl.starter.wishes import Wishes
from rnnctl.starter.yaml_lines import Keys
from rnnctl.tables.combined_columns import name_words
from rnnctl.workflows.init import make_starter


def table(**columns: list) -> Sample:
    frame = pl.DataFrame({name: [str(cell) for cell in cells] for name, cells in columns.items()})
    return Sample("csv", frame, "", frame.height, whole=True)


WISHES = {field.name for field in fields(Wishes)}


class Told(TaskGuess):
    """A guess with what is told of it."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should look at first."""
        return tuple(grouped(remark for remark in self.remarks if remark.use == DOUBTFUL))

    @property
    def left_out(self) -> tuple[tuple[str, str], ...]:
        """Names of unused columns, each with the reason."""
        return tuple((remark.column, remark.text) for remark in self.remarks if remark.use == LEFT_OUT)


def told_of(guess: TaskGuess) -> Told:
    return Told(**{field.name: getattr(guess, field.name) for field in fields(guess)})


def guessed(target: str | None = None, time: str | None = None, series: str | None = None, **more) -> Told:
    """The guess for a table of columns; names of `Wishes` are what is asked for."""
    wishes = {name: more.pop(name) for name in WISHES & more.keys() if not isinstance(more[name], list)}
    return told_of(guess_task(describe_columns(table(**more)), Wishes(target, time, series, **wishes)))


NUMBERS = [round(float(x), 3) for x in np.random.default_rng(1).normal(size=60)]
TOLD = "the red house stood on a hill and nobody knew who lived there or why it was so quiet in winter"


def sentences(count: int) -> list[str]:
    draw = np.random.default_rng(2)
    return [" ".join(draw.choice(TOLD.split(), size=8)) for _ in range(count)]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e4", ""], "number"),
        (["1", "NA", "3", "n/a"], "number"),
        (["1", "0", "1", "1"], "boolean"),
        (["yes", "no", "no", ""], "boolean"),
        (["True", "False", "True", "True"], "boolean"),
        (["2024-01-31", "2024-02-01", "", "2023-05-06"], "date"),
        (["2024-01-31T18:00:00", "2024-02-01T19:00:00"] * 2, "date"),
        (["red", "green", "red", "blue"], "category"),
        ([f"user-{k}" for k in range(12)], "unusable"),
        (sentences(30), "words"),
        (["ACGTTGCATGCA", "TTGACCATGACC", "GATTACAGATTA"] * 9 + ["ACGT" * k for k in range(3, 33)], "characters"),
        ([f"user-{k:07d}x" for k in range(100)], "unusable"),
        (["", "", ""], "unusable"),
        (["31.12.2023", "1.1.2024", "02.01.2024"], "date"),
        (["2023/12/31 10:00", "2024/01/01 11:00"], "date"),
        (["20231231", "20240101", "20240102"], "date"),
        (["01/02/2024", "01/03/2024", "01/04/2024"], "unusable"),
        (["31.12.23", "01.01.24", "02.01.24"], "unusable"),
        ([*map(str, range(50)), "broken"], "unusable"),
        (["1", "inf", "2"], "unusable"),
    ],
)
def test_a_column_is_judged_by_its_cells(cells: list[str], kind: str) -> None:
    (column,) = describe_columns(table(x=cells))
    assert column.kind == kind
    assert column.missing == sum(cell in ("", "NA", "n/a") for cell in cells)


def test_a_cell_that_is_no_number_among_numbers_is_shown() -> None:
    (column,) = describe_columns(table(x=[*range(50), "broken"]))
    assert (column.why, column.at) == ("1 cell of 51 is no number", "'broken' in row 51")


def test_types_of_a_parquet_file_are_taken_as_they_are(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "at": [datetime(2024, 1, 1) + timedelta(hours=k) for k in range(5)],
            "on": [True, False, True, True, False],
            "size": [1, 2, 3, 4, 5],
            "nested": [[1], [2], [3], [4], [5]],
            "name": pl.Series(["a", "b", "a", "b", "a"], dtype=pl.Categorical),
        }
    )
    frame.write_parquet(tmp_path / "x.parquet")
    sample = read_sample(tmp_path / "x.parquet")
    assert (sample.kind, sample.rows, sample.whole) == ("parquet", 5, True)
    assert sample.unusable == (("nested", "it holds List(Int64), not single values"),)
    kinds = {column.name: column.kind for column in describe_columns(sample)}
    assert kinds == {"at": "date", "on": "boolean", "size": "number", "name": "category"}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("text", "separator", "decimal_comma"),
    [
        ("a,b\n1,2\n3,4\n", ",", False),
        ("a;b\n1,5;2,5\n3;4,25\n", ";", True),
        ("a;b\n1.5;2\n3;4\n", ";", False),
        ("a\tb\tc\n1\t2\t3\n", "\t", False),
        ('"a, or so"|b\n1|2\n', "|", False),
        ("a\n1\n2\n", ",", False),
        ("a\n1,5\n2,5\n\n4\n", ";", True),
    ],
)
def test_separator_and_decimal_comma_are_found(
    tmp_path: Path, text: str, separator: str, decimal_comma: bool, pack
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(pack(text.encode()))
    sample = read_sample(path)
    decimal = "," if decimal_comma else "."
    assert (sample.kind, sample.layout.separator) == ("csv", separator)
    assert sample.numbers.form == NumberForm(decimal)
    assert (sample.rows, sample.whole) == (text.count("\n") - 1, True)
    assert all(column.kind in ("number", "boolean") for column in describe_columns(sample))


def test_of_a_large_file_a_part_is_read_and_its_rows_are_estimated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "SAMPLE_BYTES", 2000)
    text = "a,b\n" + "".join(f"{k % 10},{k % 7}\n" for k in range(5000))
    (tmp_path / "x.csv").write_text(text)
    sample = read_sample(tmp_path / "x.csv")
    assert not sample.whole
    assert sample.frame.height == (2000 - 4) // 4
    assert sample.rows == pytest.approx(5000, rel=0.01)
    with gzip.open(tmp_path / "x.csv.gz", "wt") as file:
        file.write(text)
    assert not read_sample(tmp_path / "x.csv.gz").whole


def test_running_text_is_told_from_a_table(tmp_path: Path) -> None:
    prose = "It was a cold day.\nNobody, it seems, came.\nThe end, my friend, is near.\n"
    for name, kind in {"x.txt": "text", "x": "text", "x.csv": "csv"}.items():
        (tmp_path / name).write_text(prose)
        assert read_sample(tmp_path / name).kind == kind


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"a,b\n", "no rows"),
        (b"1,2\n3,4\n", "add a line of column names"),
        (b"a,b\n1,\xff\n", "line 2: byte 0xff is not UTF-8"),
        (b"PK\x03\x04rest", "a ZIP archive or an Excel workbook"),
        (b"a\0b", "binary file"),
        (b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n', "found JSON"),
        (b'[{"a": 1}]', "found JSON"),
        (b"a,b\r1,2\r3,4\r", "carriage return alone"),
        (gzip.compress(b"a,b\n1,2\n" * 1000, mtime=0)[:-20], "the gzip file is cut off"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.csv") as caught:
        read_sample(path)
    assert told in str(caught.value)


def test_of_several_files_the_first_is_read(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "c.csv"):
        (tmp_path / name).write_text(f"{name[0]},x\n" + "1,2\n" * 100)
    for path in (tmp_path, tmp_path / "*.csv"):
        sample = read_sample(path)
        assert (sample.frame.columns, sample.rows, sample.whole) == (["a", "x"], 300, False)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no CSV, Parquet or text file"):
        read_sample(tmp_path / "empty")
    with pytest.raises(DataError, match="no file matches this pattern"):
        read_sample(tmp_path / "*.tsv")


def test_a_misspelt_file_is_answered_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"did you mean sales\.csv\?"):
        read_sample(tmp_path / "sale.csv")


def test_names_are_cut_into_words() -> None:
    assert name_words("unique_id") == {"unique", "id"}
    assert name_words("storeName2") == {"store", "name"}
    assert name_words("Größe") == {"grösse"}
    assert name_words("GDPRate") == {"gdp", "rate"}
    assert name_words("42") == {"42"}


def value(keys: Keys, key: str) -> Any:
    return keys[key][0] if key in keys else None


def test_memory_is_the_lag_at_which_an_ar1_has_faded() -> None:
    draw, values = np.random.default_rng(3).normal(size=20_000), np.zeros(20_000)
    for row in range(1, 20_000):
        values[row] = 0.9 * values[row - 1] + draw[row]
    assert memory(values) == pytest.approx(1 / -np.log(0.9), abs=1.6)
    assert memory(draw) == 1


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([date(2024, 1, 1) + timedelta(days=7 * k) for k in range(10)], ("7d", True, 0)),
        ([datetime(2024, 1, 1) + timedelta(minutes=15 * k) for k in range(10)], ("15m", True, 0)),
        ([date(2024, 1, 1) + timedelta(days=k) for k in range(20) if k not in (3, 4, 9)], ("1d", False, 3)),
        ([date(2023 + k // 12, k % 12 + 1, 1) for k in range(20)], ("1mo", True, 0)),
        ([date(2023 + k // 12, k % 12 + 1, 1) for k in range(20) if k != 7], ("1mo", False, 1)),
        ([date(2024, 1, 1) + timedelta(days=k) for k in (0, 1, 2, 3, 4, 6)], ("1d", False, 1)),  # 4 of 5 are enough
        ([date(2024, 1, 1) + timedelta(days=k * k) for k in range(10)], (None, False, 0)),
    ],
)
def test_the_time_from_row_to_row_is_found(times: list, expected: tuple) -> None:
    pace = find_pace(pl.Series(times), np.array([0, len(times)]))
    assert (pace.frequency, pace.even, pace.missing) == expected


def test_a_dated_number_is_forecast() -> None:
    days = [date(2024, 1, 1) + timedelta(days=k) for k in range(60)]
    guess = guessed(day=days, rain=NUMBERS, wind=NUMBERS[::-1], note=["x"] * 60)
    assert (guess.task.word, guess.target.name, guess.kind) == ("forecast", "wind", "number")
    assert [column.name for column in guess.features] == ["wind", "rain"]
    assert guess.roles.time is not None
    assert guess.roles.time.name == "day"
    assert guess.left_out == (("note", "it never changes"),)
    assert guessed(target="rain", day=days, rain=NUMBERS, wind=NUMBERS[::-1]).target.name == "rain"


def test_a_number_is_chosen_by_its_name_before_its_place() -> None:
    days = [date(2024, 1, 1) + timedelta(days=k) for k in range(60)]
    guess = guessed(date=days, open=NUMBERS, close=NUMBERS[::-1], volume=[abs(x) for x in NUMBERS])
    assert guess.target.name == "close"
    assert guess.reasons["target"].startswith("taken for its name")
    assert guessed(date=days, price=NUMBERS, sold=NUMBERS[::-1], other=NUMBERS).target.name == "sold"


def test_dates_in_another_form_order_the_rows() -> None:
    guess = guessed(day=[f"{k % 28 + 1:02}.{k // 28 + 1:02}.2024" for k in range(60)], x=NUMBERS)
    assert guess.roles.time is not None
    assert guess.roles.time.values[59] == date(2024, 3, 4)


def test_dates_that_may_be_read_in_two_ways_are_told() -> None:
    guess = guessed(day=[f"01/0{k * 5 % 7 + 1}/{2000 + k * 11 % 17}" for k in range(60)], x=NUMBERS)
    assert guess.roles.time is None
    (told,) = guess.left_out
    assert told[0] == "day"
    assert "dates such as 01/01/2000 are not read: no row tells which number is the day" in told[1]


def test_times_that_repeat_are_told_apart_by_a_series() -> None:
    days = [date(2024, 1, 1) + timedelta(days=k) for k in range(20)]
    guess = guessed(
        day=[day for day in days for _ in "abc"],
        shop=list("abc") * 20,
        region=["north", "south", "north"] * 20,
        sold=NUMBERS,
    )
    assert guess.roles.series is not None
    assert (guess.task.word, guess.roles.series.name) == ("forecast", "shop")
    assert [column.name for column in guess.static] == ["region"]


def test_a_label_that_is_constant_in_each_series_is_told_from_it() -> None:
    ids, steps = [k // 5 for k in range(60)], [k % 5 for k in range(60)]
    guess = guessed(id=ids, t=steps, x=NUMBERS, label=["abc"[k // 5 % 3] for k in range(60)])
    assert (guess.task.word, guess.target.name, guess.kind) == ("per_sequence", "label", "category")
    assert [column.name for column in guess.features] == ["x"]
    assert "shuffle" not in value(guess_sequences(guess).keys, "split")


def test_labels_in_blocks_are_shuffled() -> None:
    ids = [k // 5 for k in range(60)]
    guess = guessed(id=ids, t=[k % 5 for k in range(60)], x=NUMBERS, label=["a" if k < 30 else "b" for k in range(60)])
    assert guess.task.word == "per_sequence"
    assert value(guess_sequences(guess).keys, "split")["shuffle"]


def test_a_label_that_changes_within_a_series_is_told_at_each_step() -> None:
    ids, steps = [k // 6 for k in range(60)], [k % 6 for k in range(60)]
    tags, bases = (["in", "out", "in"] * 20, list("ACGTAC") * 10)
    guess = guessed(id=ids, step=steps, base=bases, tag=tags)
    assert (guess.task.word, guess.target.name) == ("per_step", "tag")
    assert [column.name for column in guess.features] == ["base"]
    alone = guessed(id=ids, step=steps, base=bases)
    assert (alone.task.word, alone.target.name) == ("next_step", "base")


def test_text_with_a_label_is_classified_and_without_continued() -> None:
    texts = sentences(40)
    guess = guessed(review=texts, feeling=["good", "bad"] * 20)
    assert (guess.task.word, guess.target.name, guess.text and guess.text.name) == ("per_sequence", "feeling", "review")
    alone = guessed(review=texts, size=NUMBERS[:40])
    assert (alone.task.word, alone.target.name, [c.name for c in alone.static]) == ("next_step", "review", ["size"])


def test_a_column_of_splits_is_no_data() -> None:
    guess = guessed(review=sentences(40), feeling=["good", "bad"] * 20, split=["train"] * 30 + ["test"] * 10)
    assert guess.roles.split is not None
    assert guess_sequences(guess).splits == {"train", "test"}
    assert all(column.name != "split" for column in guess.features)


def test_splits_of_rows_are_none_where_series_are_split_as_wholes_or_by_time() -> None:
    rows = {"id": [k // 6 for k in range(60)], "value": NUMBERS, "tag": ["x", "y", "x"] * 20}
    split = ["train", "test"] * 30
    assert guessed(**rows, split=split).roles.split is None
    assert guessed(value=NUMBERS, tag=rows["tag"], split=split).roles.split is None
    whole = guessed(**rows, split=["train"] * 48 + ["test"] * 12)
    assert whole.roles.split is not None
    assert whole.roles.split.name == "split"


def test_a_column_that_counts_rows_is_left_out_where_changes_are_learnt() -> None:
    trend = [k + number for k, number in enumerate(NUMBERS)]
    days = [str(date(2024, 1, 1) + timedelta(days=k)) for k in range(60)]
    window = guess_window(guessed(day=days, noise=NUMBERS, number=list(range(5, 125, 2)), sales=trend))
    assert (value(window.keys, "difference"), window.straight) == (1, {"number"})
    line = guess_window(guessed("sales", day=days, noise=NUMBERS, sales=list(range(60))))
    assert (value(line.keys, "difference"), line.straight) == (None, set())


def test_the_window_is_short_where_lags_show_a_season_and_fits_the_rows() -> None:
    def keys(rows: int, period: int) -> tuple[int, int | None, Any]:
        values = [round(float(np.sin(2 * np.pi * k / period)), 4) for k in range(rows)]
        found = guess_window(guessed(t=list(range(rows)), x=values)).keys
        return value(found, "window")["length"], value(found, "season"), value(found, "lags")

    assert keys(400, 12) == (8, 12, [12])
    assert keys(800, 60) == (8, 60, [60])
    assert keys(30, 9) == (20 // 3, None, None)  # 30 rows less two times five held out: a third of twenty


def test_series_that_end_at_different_times_are_each_split_at_their_own_end() -> None:
    def split(last: list[int]) -> Any:
        rows = [(name, day) for name, end in enumerate(last) for day in range(end - 40, end)]
        ids, days = [f"s{name}" for name, _ in rows], [str(date(2000, 1, 1) + timedelta(days=day)) for _, day in rows]
        values = [round(day % 7 + float(np.sin(day * day)), 3) for _, day in rows]
        return value(guess_window(guessed("y", id=ids, day=days, y=values)).keys, "split")

    assert split([50, 70, 90, 110]) == {"validation": 0.15, "test": 0.15, "per_series": True}
    assert split([90, 110, 110, 110]) == {"validation": 0.15, "test": 0.15}


def test_gaps_that_touch_few_windows_drop_them_and_others_are_filled() -> None:
    def missing(cells: list[str]) -> str | None:
        return value(guess_window(guessed(t=list(range(200)), x=cells)).keys, "missing")

    wave = [str(round(float(np.sin(k)), 3)) for k in range(200)]
    few = [cell if k != 2 else "" for k, cell in enumerate(wave)]  # 3 windows
    more = [cell if k != 100 else "" for k, cell in enumerate(wave)]
    many = [cell if k % 7 else "" for k, cell in enumerate(wave)]
    assert missing(wave) is None
    assert (missing(few), missing(more)) == ("drop", "forward")
    assert missing(many) == "forward"


def test_a_column_without_a_value_in_most_training_rows_is_shown_beside_a_mark_that_says_so() -> None:
    days = [date(2020, 1, 1) + timedelta(day) for day in range(60)]
    late = ["" if day < 40 else NUMBERS[day] for day in range(60)]
    guess = guessed(t=days, y=NUMBERS, x=late)
    value, why = guess_window(guess).keys["missing"]
    assert value == "mask"
    assert "most training rows before a column's first one" in why
    late[:3] = NUMBERS[:3]
    assert guess_window(guessed(t=days, y=NUMBERS, x=late)).keys["missing"][0] == "forward"


def test_a_category_beside_sales_by_date_is_no_label_of_their_series() -> None:
    days = [date(2020, 1, 1) + timedelta(day) for day in range(30)]
    shops = {"shop": ["a"] * 30 + ["b"] * 30 + ["c"] * 30 + ["d"] * 30, "category": (["fresh"] * 30 + ["dry"] * 30) * 2}
    guess = guessed(t=days * 4, qty=NUMBERS * 2, **shops)
    assert (guess.task.word, guess.target.name) == ("forecast", "qty")
    assert guessed(t=days * 4, x=NUMBERS * 2, **shops).target.name == "category"


def test_the_day_of_the_month_is_a_day_and_no_minute() -> None:
    days = [date(2015, 7, 1) + timedelta(day) for day in range(90)]
    parts = {f"arrival_date_{part}": [f"{day:{form}}" for day in days]
             for part, form in (("year", "%Y"), ("month", "%B"), ("day_of_month", "%-d"))}  # fmt: skip
    guess = guessed(**parts, bookings=[*NUMBERS, *NUMBERS[:30]])
    assert guess.roles.time is not None
    assert guess.roles.time.values.to_list() == days


def test_hours_get_a_calendar_and_missing_days_a_frequency() -> None:
    hours = [datetime(2024, 1, 1) + timedelta(hours=k) for k in range(600)]
    keys = guess_window(guessed(at=hours, x=[k % 24 for k in range(600)])).keys
    assert (value(keys, "calendar"), value(keys, "frequency")) == (["hour", "weekday"], None)
    assert (value(keys, "window")["length"], value(keys, "season")) == (8, 24)
    days = [date(2024, 1, 1) + timedelta(days=k) for k in range(60) if k not in (20, 21)]
    keys = guess_window(guessed(at=days, x=NUMBERS[:58])).keys
    assert (value(keys, "frequency"), value(keys, "missing")) == ("1d", "forward")


def test_a_column_that_stands_still_in_training_is_left_out() -> None:
    days = [date(2024, 1, 1) + timedelta(days=k) for k in range(60)]
    guess = guessed(day=days, late=[0] * 50 + [1] * 10, x=NUMBERS)
    assert [column.name for column in guess.features] == ["x"]
    assert guess.left_out == (("late", "it never changes in the rows that come first, which are for training"),)


def test_too_few_sequences_are_told() -> None:
    with pytest.raises(DataError, match="2 series are too few"):
        guess_sequences(guessed(id=[0] * 20 + [1] * 20, t=[*range(20)] * 2, word=["a", "b"] * 20))
    with pytest.raises(DataError, match="6 rows are too few"):
        guess_sequences(guessed(word=["a", "b"] * 3))


def test_pieces_are_short_where_targets_are_missing() -> None:
    words = ["ab"[k * k % 7 > 2] if k % 10 else "" for k in range(200)]
    keys = guess_sequences(guessed(word=words)).keys
    assert (value(keys, "window"), value(keys, "missing")) == ({"length": 5, "stride": 5}, "drop")
    assert "window" not in guess_sequences(guessed(word=[word or "a" for word in words])).keys


def test_text_in_a_table_of_series_is_continued_where_there_is_nothing_else() -> None:
    guess = guessed(id=[k // 5 for k in range(40)], step=[k % 5 for k in range(40)], text=sentences(40))
    assert (guess.task.word, guess.target.name, guess.roles.series) == ("next_step", "text", None)


def test_too_few_rows_for_a_forecast_are_told() -> None:
    with pytest.raises(DataError, match="3 rows in 1 series are too few"):
        guess_window(guessed(t=[1, 2, 3], x=[3, 1, 2]))


@pytest.mark.parametrize("option", ["target", "time", "series"])
def test_a_name_that_is_no_column_is_answered_with_the_nearest(option: str) -> None:
    with pytest.raises(DataError, match=f"--{option}: there is no column 'loud'.*did you mean 'load'"):
        guessed(t=list(range(60)), load=NUMBERS, **{option: "loud"})


def test_a_given_series_and_time_are_taken() -> None:
    guess = guessed(time="b", series="a", a=[k // 10 for k in range(60)], b=[k % 10 for k in range(60)], x=NUMBERS)
    assert guess.roles.series is not None
    assert guess.roles.time is not None
    assert (guess.roles.series.name, guess.roles.time.name) == ("a", "b")


@pytest.mark.parametrize("name", ["pid", "uid", "case", "patient_id", "wafer", "Fall"])
def test_blocks_of_equal_ids_are_series_or_are_told_with_the_option_that_makes_them_so(name: str) -> None:
    ids = [f"p{k // 6}" for k in range(240)]
    outcome = ["dead" if k // 6 % 3 else "well" for k in range(240)]
    columns = {name: ids, "pulse": NUMBERS * 4, "outcome": outcome}
    found = guessed(**columns)
    if name in ("wafer", "Fall"):
        (note,) = (note for note in found.notes if "stands in one block" in note)
        assert note.startswith(f"'{name}': each of its 40 values stands in one block of rows")
        found = guessed(series=note.partition("--series ")[2].split()[0], **columns)
    assert (found.roles.series.name, found.task.word, found.target.name) == (name, "per_sequence", "outcome")
    assert not [note for note in found.notes if "stands in one block" in note]
    mixed = guessed(**columns | {name: [f"p{k % 40}" for k in range(240)]})
    assert not [note for note in mixed.notes if "stands in one block" in note]


def test_twelve_numbers_beside_a_year_may_be_months_and_the_advice_makes_them_so(tmp_path: Path) -> None:
    names = ["urt", "ots", "mar", "api", "mai", "eka", "uzt", "abu", "ira", "urr", "aza", "abe"]
    cells = [[str(row + 1990), *(f"{(7 * row + 5 * place) % 23 / 2}" for place in range(12))] for row in range(30)]
    rows = "".join(",".join(row) + "\n" for row in cells)
    (tmp_path / "a.csv").write_text(",".join(["year", *names]) + "\n" + rows)
    starter = make_starter(tmp_path / "a.csv", tmp_path, Wishes())
    (note,) = (remark for remark in starter.remarks if "may be its months" in remark.text)
    assert (note.column, note.use) == ("year", "doubtful")
    assert "call them 1 to 12 in the file's first line" in note.option
    (tmp_path / "a.csv").write_text(",".join(["year", *map(str, range(1, 13))]) + "\n" + rows)
    followed = make_starter(tmp_path / "a.csv", tmp_path, Wishes())
    assert "time: [year, month]" in followed.text
    assert "may be its months" not in followed.text
