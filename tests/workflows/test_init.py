"""Starter configs: they load, pass the data's own checks, and name columns as they are, however they are called."""

from __future__ import annotations

import csv
import gzip
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from rnnctl.config import load_config
from rnnctl.config.dataset import load_dataset
from rnnctl.config.first_step import FIRST_STEP
from rnnctl.config.schema import Config
from rnnctl.errors import DataError
from rnnctl.sources.csv import CsvData
from rnnctl.starter import sample as sampling
from rnnctl.starter.model_sections import model_lines, size_for
from rnnctl.starter.yaml_lines import render
from rnnctl.workflows.init import fault_of, starter_config
from tests.suggestions import uncommented


def written(source: Path, folder: Path, **names: Any) -> Config:
    """The starter config as it is loaded; what it suggests in comments passes check too, each suggestion alone."""
    path, text = folder / "starter.yaml", starter_config(source, folder, **names)
    for suggested, changed in uncommented(text):
        path.write_text(changed)
        assert fault_of(path) is None, suggested
    path.write_text(text)
    return load_config(path)


@pytest.mark.parametrize(
    ("name", "task", "target"),
    [
        ("sunspots.csv", "forecast", "sunspots"),
        ("co2.csv", "forecast", "co2"),
        ("japanese_vowels.csv.gz", "per_sequence", "speaker"),
        ("digits.csv.gz", "per_sequence", "digit"),
        ("moving_shape.csv.gz", "per_sequence", "direction"),
        ("sentiment.csv", "per_sequence", "feeling"),
        ("dna.csv.gz", "per_step", "tag"),
        ("clicks.csv.gz", "next_step", "action"),
        ("melodies.csv", "next_step", "note"),
        ("captions.csv.gz", "next_step", "caption"),
    ],
)
def test_shipped_data_is_taken_for_what_it_is(root: Path, tmp_path: Path, name: str, task: str, target: str) -> None:
    data = written(root / "data" / name, tmp_path).data
    assert (data.task, data.target) == (task, (target,))
    assert data.path == root / "data" / name


def test_the_shipped_novel_is_taken_for_text(root: Path, tmp_path: Path) -> None:
    config = written(root / "data" / "persuasion.txt", tmp_path)
    assert (config.data.kind, config.data.level, config.data.length) == ("text", "characters", 100)


def test_windows_follow_the_periods_of_the_shipped_series(root: Path, tmp_path: Path) -> None:
    sunspots = written(root / "data" / "sunspots.csv", tmp_path).data
    assert (sunspots.window.length, sunspots.difference, sunspots.transform) == (22, 1, "sqrt")
    assert (sunspots.season, sunspots.lags, sunspots.missing) == ((), (), "error")  # eleven years are no season
    co2 = written(root / "data" / "co2.csv", tmp_path).data
    assert (co2.window.length, co2.difference, co2.transform) == (8, 1, "none")
    assert (co2.season, co2.lags, co2.missing) == ((52,), (52,), "forward")


def test_the_first_example_is_written_as_it_is_built_in(tmp_path: Path) -> None:
    (tmp_path / "first-step.yaml").write_text(starter_config(None, tmp_path))
    assert load_config(tmp_path / "first-step.yaml") == FIRST_STEP


def test_every_line_stays_within_the_width_and_says_what_was_seen(root: Path, tmp_path: Path) -> None:
    text = starter_config(root / "data" / "moving_shape.csv.gz", tmp_path)
    assert max(map(len, text.splitlines())) <= 110
    assert "its 10,030 rows were looked at" in text


def test_the_folder_of_the_config_itself_may_hold_the_data(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("t,x\n" + "".join(f"{k},{k * k % 11}\n" for k in range(60)))
    assert written(tmp_path, tmp_path).data.file == tmp_path


def test_a_column_of_times_with_gaps_is_refused(tmp_path: Path) -> None:
    rows = [f"{k if k % 9 else ''},{k // 5},{k * k % 11}\n" for k in range(60)]
    (tmp_path / "x.csv").write_text("when,s,x\n" + "".join(rows))
    with pytest.raises(DataError, match="--time: column 'when' is empty in 7 rows, and rows without a time cannot"):
        starter_config(tmp_path / "x.csv", tmp_path, time="when", series="s")


def test_names_of_many_columns_stand_whole_on_a_line(tmp_path: Path) -> None:
    names = [f"number {place} of  all, or none" for place in range(12)]
    header = ",".join(f'"{name}"' for name in names)
    rows = [",".join(str((row * 7 + place * row) % 31) for place in range(12)) for row in range(60)]
    (tmp_path / "x.csv").write_text("\n".join([header, *rows]) + "\n")
    text = starter_config(tmp_path / "x.csv", tmp_path)
    assert max(map(len, text.splitlines())) <= 110
    assert all(f"'{name}'" in text for name in names)
    (tmp_path / "x.yaml").write_text(text)
    config = load_config(tmp_path / "x.yaml")
    assert isinstance(config.data, CsvData)
    assert set(config.data.seen) == set(names)


def test_of_a_large_file_it_is_said_that_a_part_was_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "SAMPLE_ROWS", 500)
    (tmp_path / "x.csv").write_text("t,x\n" + "".join(f"{k},{k % 9}\n" for k in range(3000)))
    text = starter_config(tmp_path / "x.csv", tmp_path)
    assert "the first part of its about 3,000 rows were looked at" in text


def panel() -> pl.DataFrame:
    days = [date(2023, 1, 1) + timedelta(days=k) for k in range(120)]
    draw = np.random.default_rng(4)
    sold = [round(float(10 + 3 * np.sin(2 * np.pi * k / 7) + draw.normal()), 2) for k in range(120) for _ in "ab"]
    return pl.DataFrame({"day": [day for day in days for _ in "ab"], "shop": ["a", "b"] * 120, "sold": sold})


@pytest.mark.parametrize("form", ["csv", "semicolons.csv", "csv.gz", "parquet"])
def test_a_panel_passes_the_checks_of_its_data_in_every_form(tmp_path: Path, form: str) -> None:
    frame, path = panel(), tmp_path / f"sales.{form}"
    if form == "parquet":
        frame.write_parquet(path)
    elif form == "csv.gz":
        path.write_bytes(gzip.compress(frame.write_csv().encode()))
    else:
        semicolons = form == "semicolons.csv"
        frame.write_csv(path, separator=";" if semicolons else ",", decimal_comma=semicolons)
    config = written(path, tmp_path)
    assert config.data.kind == ("parquet" if form == "parquet" else "csv")
    assert (config.data.time, config.data.series, config.data.target) == ("day", "shop", ("sold",))
    assert (config.data.window.length, config.data.season, config.data.lags) == (8, (7,), (7,))
    dataset = load_dataset(config)
    assert dataset.facts["series"] == 2
    assert set(dataset.splits) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    "name",
    ["japanese_vowels.csv.gz", "digits.csv.gz", "sentiment.csv", "dna.csv.gz", "captions.csv.gz", "persuasion.txt"],
)
def test_starters_of_shipped_data_of_every_task_pass_check(root: Path, tmp_path: Path, name: str) -> None:
    written(root / "data" / name, tmp_path)
    assert fault_of(tmp_path / "starter.yaml") is None


def test_shipped_series_pass_the_checks_of_their_data(root: Path, tmp_path: Path) -> None:
    for name in ("sunspots", "co2"):
        assert set(load_dataset(written(root / "data" / f"{name}.csv", tmp_path)).splits) == {
            "train",
            "validation",
            "test",
        }


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30).filter(
    lambda name: name != "date"
)


@given(names=st.lists(NAMES, min_size=3, max_size=5, unique=True))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_columns_are_called_the_config_names_them(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "x.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["date", *names])
        for k in range(30):
            writer.writerow(
                [
                    date(2024, 1, 1) + timedelta(days=k),
                    *(round(np.cos(k * place), 3) for place in range(1, len(names))),
                    "ab"[k % 2],
                ]
            )
    config = written(path, tmp_path)
    # A name such as "y" or "class" is taken for a label; every column is still there under its own name.
    assert {*config.data.seen, *config.data.target} == {*names}
    assert fault_of(tmp_path / "starter.yaml") is None
    assert config.data.columns[names[-1]].kind == "category"


@given(
    layout=st.sampled_from(["series", "panel", "sequences"]),
    kinds=st.lists(st.sampled_from(["noise", "walk", "trend", "counts", "words", "yes"]), min_size=1, max_size=4),
    gaps=st.sampled_from([0.0, 0.02, 0.2]),
    more=st.sets(st.sampled_from(["number", "split"])),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_starters_of_tables_of_all_kinds_pass_check(
    tmp_path: Path, layout: str, kinds: list[str], gaps: float, more: set[str], seed: int
) -> None:
    rows, draw = 240, np.random.default_rng(seed)
    days = [date(2024, 1, 1) + timedelta(days=k) for k in range(rows)]
    columns: dict[str, list] = {
        "series": {"day": days},
        "panel": {"day": [day for day in days[:80] for _ in "abc"], "shop": list("abc") * 80},
        "sequences": {"id": [k // 6 for k in range(rows)], "step": [k % 6 for k in range(rows)]},
    }[layout]
    made = {
        "noise": lambda: draw.normal(size=rows).round(3),
        "walk": lambda: draw.normal(size=rows).cumsum().round(3),
        "trend": lambda: (np.arange(rows) + draw.normal(size=rows)).round(3),
        "counts": lambda: draw.integers(0, 30, size=rows),
        "words": lambda: draw.choice(["red", "green", "blue"], size=rows),
        "yes": lambda: draw.choice(["yes", "no"], size=rows),
    }
    for place, kind in enumerate(kinds):
        cells = made[kind]().tolist()
        # What a model is to learn from must be there; what it is shown beside it may be missing.
        missing = draw.random(rows) < (gaps if place == 0 and len(kinds) > 1 and kind != "words" else 0)
        columns[f"c{place}"] = [None if gone else cell for gone, cell in zip(missing, cells, strict=True)]
    # A column that counts rows, and splits that are of rows rather than of series.
    others = {"number": list(range(rows)), "split": draw.choice(["train", "test"], size=rows).tolist()}
    columns |= {name: others[name] for name in sorted(more)}
    pl.DataFrame(columns).write_csv(tmp_path / "x.csv")
    written(tmp_path / "x.csv", tmp_path)
    assert fault_of(tmp_path / "starter.yaml") is None


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_columns_named_like_a_pattern_of_polars_are_used(tmp_path: Path, ending: str) -> None:
    days = [date(2024, 1, 1) + timedelta(days=k) for k in range(60)]
    numbers = np.cos(np.arange(60)).round(3).tolist()
    frame = pl.DataFrame({"day": days, "*": numbers, "^d.*$": numbers[::-1], "dx": numbers[5:] + numbers[:5]})
    path = tmp_path / f"x.{ending}"
    frame.write_csv(path) if ending == "csv" else frame.write_parquet(path)
    (tmp_path / "x.yaml").write_text(starter_config(path, tmp_path))
    assert fault_of(tmp_path / "x.yaml") is None
    assert set(load_config(tmp_path / "x.yaml").data.seen) == {"*", "^d.*$", "dx"}


def test_hostile_names_of_files_stay_one_path(tmp_path: Path) -> None:
    for name in ("a: b.csv", "#x.csv", "[x].csv", "'.csv", "a\nb.csv", "- x.csv", "~"):
        path = tmp_path / name
        path.write_text("t,x\n" + "".join(f"{k},{k % 5}\n" for k in range(60)))
        assert written(path, tmp_path).data.path == path


def test_options_rule_over_guesses(tmp_path: Path) -> None:
    frame = panel().with_columns((pl.col("sold") * 2).alias("earned"))
    frame.write_csv(tmp_path / "sales.csv")
    assert written(tmp_path / "sales.csv", tmp_path).data.target == ("sold",)
    config = written(tmp_path / "sales.csv", tmp_path, target="earned", time="day", series="shop")
    assert (config.data.target, config.data.features) == (("earned",), ("earned", "sold"))


def test_columns_of_text_and_names_given_for_it_do_not_go_together(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="running text and has no columns"):
        starter_config(root / "data" / "persuasion.txt", tmp_path, target="x")


@pytest.mark.parametrize(
    ("text", "told"),
    [("t,x\n1,5\n2,6\n3,5\n", "3 rows"), ("a,b\n1,x\n1,x\n", "no column can be predicted"), ("short", "5 characters")],
)
def test_what_cannot_be_predicted_is_said_with_the_file(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / ("x.csv" if "," in text else "x.txt")
    path.write_text(text)
    with pytest.raises(DataError, match=told) as caught:
        starter_config(path, tmp_path)
    assert str(path) in str(caught.value)


def test_labels_and_numbers_that_are_missing_here_and_there_leave_something_of_every_split(tmp_path: Path) -> None:
    """80 rows of which each split has a piece that misses no label, where pieces are short enough."""
    draw = np.random.default_rng(3)
    gone = {3, 9, 14, 22, 27, 33, 41, 46, 57, 63, 66, 69, 72, 75, 78}  # every third row of the test, so pieces of two
    rows = [(f"{draw.random():.3f}" if k % 4 else "", "" if k in gone else "abc"[k * k % 3]) for k in range(80)]
    (tmp_path / "gappy.csv").write_text("x,label\n" + "".join(f"{x},{label}\n" for x, label in rows))
    data = written(tmp_path / "gappy.csv", tmp_path).data
    assert (data.task, data.window.length, data.missing) == ("per_step", 2, "mask")
    assert fault_of(tmp_path / "starter.yaml") is None


def test_a_last_row_with_nothing_in_it_is_left_out(tmp_path: Path) -> None:
    lines = [f"{k},{(k * 7) % 11}" for k in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b", *lines, ",", "", ""]))
    assert written(tmp_path / "t.csv", tmp_path).data.skip_footer == 1
    assert fault_of(tmp_path / "starter.yaml") is None


def test_what_is_known_can_be_named_as_it_is_suggested(tmp_path: Path) -> None:
    panel().with_columns(pl.col("sold").reverse().alias("price")).write_csv(tmp_path / "sales.csv")
    text = starter_config(tmp_path / "sales.csv", tmp_path)
    ((suggested, changed),) = uncommented(text)
    assert suggested == "known: [price]"
    (tmp_path / "known.yaml").write_text(changed)
    assert load_config(tmp_path / "known.yaml").data.known == ("price",)
    assert written(tmp_path / "sales.csv", tmp_path).data.known is None


def test_rows_that_are_still_to_come_pass_check(tmp_path: Path) -> None:
    draw = np.random.default_rng(6)
    frame = panel().with_columns(
        sold=pl.when(pl.col("day") > date(2023, 4, 16)).then(None).otherwise("sold"),
        price=pl.Series(draw.choice([1.5, 2.5, 3.0], size=240)),
        holiday=pl.Series(draw.choice([0, 1], size=240)),
    )
    frame.write_csv(tmp_path / "sales.csv")
    data = written(tmp_path / "sales.csv", tmp_path).data
    assert (data.target, data.known, data.window.horizon) == (("sold",), ("price", "holiday"), 14)
    assert fault_of(tmp_path / "starter.yaml") is None


@pytest.mark.parametrize(
    "wishes",
    [
        {"task": "forecast", "horizon": 9, "known": ("sold",), "target": "price"},
        {"task": "per_step", "target": "price"},
        {"task": "per_step", "target": "shop"},
        {"task": "next_step", "target": "price"},
        {"task": "per_sequence", "series": "day", "target": "week"},
        {"static": ("kind",), "horizon": 8},
    ],
)
def test_whatever_is_asked_for_passes_check(tmp_path: Path, wishes: dict[str, Any]) -> None:
    draw = np.random.default_rng(7)
    panel().with_columns(
        pl.Series("shop", list("abcd") * 60),
        pl.Series("day", [date(2023, 1, 1) + timedelta(days=k // 4) for k in range(240)]),
        pl.Series("price", draw.normal(size=240).round(3)),
        pl.Series("kind", ["x", "y", "y", "x"] * 60),
        pl.Series("week", [k // 28 % 5 for k in range(240)]),
    ).write_csv(tmp_path / "sales.csv")
    data = written(tmp_path / "sales.csv", tmp_path, **wishes).data
    assert data.task == wishes.get("task", "forecast")
    if "horizon" in wishes:
        assert data.window.horizon == wishes["horizon"]
    for key in ("known", "static"):
        if key in wishes:
            assert getattr(data, key) == wishes[key]
    assert fault_of(tmp_path / "starter.yaml") is None


@pytest.mark.parametrize("ahead", [False, True])
def test_epochs_leave_room_for_patience(ahead: bool) -> None:
    for sequences in (1, 10, 31, 500, 5_000, 20_000, 100_000, 300_000, 2_000_000):
        size = size_for(sequences, numbers_ahead=ahead)
        told = render(model_lines(size, "number", per_step=True, ahead=ahead))
        patience = re.search(r"patience: (\d+)", told)
        assert (patience is None) == (size.epochs < 3)
        assert patience is None or 1 <= int(patience[1]) <= size.epochs / 3
        assert size.batch_size <= sequences
