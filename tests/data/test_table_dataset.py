"""Tables of every task as sequences."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from data.tabled import make, settings_of, shown, words

from rnnctl.config.dataset import load_dataset
from rnnctl.data_check.class_checks import class_facts
from rnnctl.errors import DataError
from rnnctl.prediction.future_rows import add_future_rows
from rnnctl.prediction.new_data import read_unlabelled
from rnnctl.prediction.prediction_frames import split_frame
from rnnctl.results.evaluation import Confusion
from rnnctl.workflows.prediction_summary import summarize_predictions

LONG = "id,x,label\na,1,up\na,2,up\nb,5,down\nb,4,down\nb,3,down\nc,1,up\n"


def test_each_series_is_a_sequence_with_one_class(tmp_path):
    dataset = make(
        tmp_path,
        LONG,
        task="per_sequence",
        series="id",
        features=["x"],
        target=["label"],
        columns={"label": "category"},
    )
    assert dataset.classes == ("down", "up")
    assert shown(dataset.train) == [([[1], [2]], [1]), ([[5], [4], [3]], [0]), ([[1]], [1])]
    assert dataset.signature.outputs == 2
    assert dataset.signature.activation == "softmax"
    assert dataset.signature.time_steps is None


def test_each_row_has_a_class_of_its_own(tmp_path):
    text = "id,base,tag\na,A,0\na,C,1\nb,A,1\nb,G,0\nb,A,0\n"
    dataset = make(
        tmp_path, text, task="per_step", series="id", features=["base"], target=["tag"],
        columns={"base": {"kind": "category", "embedding": 3}, "tag": "boolean"},
    )  # fmt: skip
    (base,) = dataset.inputs
    assert base.tokens == ("<unknown>", "A", "C", "G")
    assert base.embedding == 3
    assert shown(dataset.train) == [([[1], [2]], [[0], [1]]), ([[1], [3], [1]], [[1], [0], [0]])]
    assert dataset.signature.activation == "sigmoid"


@pytest.mark.parametrize(
    ("cells", "names", "predicted"),
    [
        ([0, 1], ("0", "1"), [0, 1]),
        (["Yes", "No"], ("No", "Yes"), ["No", "Yes"]),
        (["F", "T"], ("F", "T"), ["F", "T"]),
        (["TRUE", "FALSE"], ("FALSE", "TRUE"), ["FALSE", "TRUE"]),
        ([False, True], ("false", "true"), [False, True]),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_yes_and_no_are_spelt_as_in_the_file_by_all(tmp_path, cells, names, predicted, kind) -> None:
    path = tmp_path / f"x.{kind}"
    frame = pl.DataFrame({"id": [*"aabbb"], "x": [1, 2, 3, 4, 5], "tag": [cells[k % 2] for k in range(5)]})
    (frame.write_csv if kind == "csv" else frame.write_parquet)(path)
    data = {"task": "per_step", "series": "id", "features": ["x"], "target": ["tag"], "columns": {"tag": "boolean"}}
    config = settings_of(path, kind=kind, **data)
    dataset = load_dataset(config)
    assert dataset.class_names == names
    assert {fact.name for fact in class_facts(dataset)} == set(names)
    outputs = np.array([[[0.2], [0.9], [0.5]]] * 2)
    results = summarize_predictions(outputs, dataset, dataset.train)
    assert isinstance(results, Confusion)
    assert set(results.classes) == set(names)
    table = config.data.table
    assert table is not None
    assert split_frame(table, dataset, dataset.train, outputs)["tag"].to_list()[:2] == predicted


def test_the_next_token_is_the_target_of_each_row_and_the_last_row_is_a_target_only(tmp_path):
    text = "id,action\na,open\na,read\na,close\nb,open\nb,close\n"
    dataset = make(tmp_path, text, task="next_step", series="id", target=["action"], columns={"action": "category"})
    assert [(words(i, dataset.classes), words(t, dataset.classes)) for i, t in shown(dataset.train)] == [
        (["open", "read"], ["read", "close"]),
        (["open"], ["close"]),
    ]


def test_a_text_is_a_sequence_of_words_and_its_row_the_label(tmp_path):
    text = 'review,label\n"Good, good film",1\nbad,0\n'
    dataset = make(
        tmp_path, text, task="per_sequence", features=["review"], target=["label"],
        columns={"review": "words", "label": "boolean"},
    )  # fmt: skip
    tokens = dataset.inputs[0].tokens
    found = [(words(i, tokens), t) for i, t in shown(dataset.train)]
    assert found == [(["good", ",", "good", "film"], [1]), (["bad"], [0])]


def test_a_caption_is_told_from_what_is_the_same_in_all_of_its_rows(tmp_path):
    text = "red,caption\n1,a red one\n0,a blue one\n"
    dataset = make(
        tmp_path, text, task="next_step", features=["caption", "red"], static=["red"], target=["caption"],
        columns={"caption": {"kind": "words", "embedding": None}},
    )  # fmt: skip
    word, red = dataset.inputs
    assert red.static
    assert not word.static
    inputs, targets = shown(dataset.train)[0]
    assert words([row[0] for row in inputs], word.tokens) == ["<start>", "a", "red", "one"]
    assert words(targets, dataset.classes) == ["a", "red", "one", "<end>"]
    assert [row[1] for row in inputs] == [1, 1, 1, 1]


def test_pieces_of_a_lone_series_are_cut_by_the_window(tmp_path):
    text = "x,y\n" + "".join(f"{row},{row % 2}\n" for row in range(7))
    dataset = make(
        tmp_path, text, task="per_step", features=["x"], target=["y"], window={"length": 2, "stride": 2},
        columns={"y": "boolean"}, split={"validation": 0, "test": 3},
    )  # fmt: skip
    assert shown(dataset.train) == [([[0], [1]], [[0], [1]]), ([[2], [3]], [[0], [1]])]
    assert shown(dataset.test) == [([[4], [5]], [[0], [1]]), ([[5], [6]], [[1], [0]])]  # no row is left over


def test_a_row_that_several_pieces_hold_is_told_once_by_the_one_that_has_seen_most(tmp_path):
    text = "id,t,x,y\n" + "".join(
        f"{name},{row},{row},{row}\n" for name, rows in (("a", 5), ("b", 2)) for row in range(rows)
    )
    settings = {"task": "per_step", "series": "id", "features": ["x"], "target": ["y"], "window": {"length": 3}}
    dataset = make(tmp_path, text, time="t", **settings)
    told = np.zeros((len(dataset.train), 3, 1))
    for place, start in enumerate(dataset.train.starts):
        told[place, :, 0] = 10 * start + np.arange(3)  # where the piece begins, and the time step
    data = settings_of(tmp_path / "table.csv", time="t", **settings).data
    assert split_frame(data, dataset, dataset.train, told).rows() == [
        ("a", 0, 0), ("a", 1, 1), ("a", 2, 2), ("a", 3, 12), ("a", 4, 22), ("b", 0, 50), ("b", 1, 51),
    ]  # fmt: skip


def test_what_is_known_of_the_future_is_seen_ahead_and_never_across_series(tmp_path):
    text = "id,y,sale\n" + "".join(f"a,{row},{row * 10}\n" for row in range(5)) + "b,7,70\nb,8,80\nb,9,90\n"
    dataset = make(
        tmp_path, text, series="id", target=["y"], features=["y", "sale"], known=["sale"],
        window={"length": 2, "horizon": 1},
    )  # fmt: skip
    assert dataset.feature_names == ("y", "sale", "sale (1 ahead)")
    assert shown(dataset.train)[0] == ([[0, 0, 10], [1, 10, 20]], [2])
    assert shown(dataset.train)[-1] == ([[7, 70, 80], [8, 80, 90]], [9])
    assert dataset.train.values[4].tolist() == [4, 40, 0]


def test_calendar_parts_stand_beside_the_columns(tmp_path):
    text = "day,y\n" + "".join(f"2024-01-{day:02d},{day}\n" for day in range(1, 10))
    dataset = make(tmp_path, text, time="day", target=["y"], calendar=["weekday"], window={"length": 3})
    assert dataset.feature_names == ("day: weekday (sine)", "day: weekday (cosine)", "y")
    assert dataset.train.values[0, :2].tolist() == pytest.approx([0, 1])  # a Monday
    np.testing.assert_allclose(dataset.train.values[7], dataset.train.values[0] + [0, 0, 7], atol=1e-6)


def test_series_are_drawn_for_the_splits_by_the_seed_or_named_by_a_column(tmp_path):
    rows = [f"s{place},{place},{place % 2}" for place in range(20)]
    text = "id,x,y\n" + "\n".join(rows) + "\n"
    common = {"task": "per_sequence", "series": "id", "features": ["x"], "target": ["y"], "columns": {"y": "boolean"}}
    last = make(tmp_path, text, split={"validation": 2, "test": 3}, **common)
    assert [int(i[0][0]) for i, _ in shown(last.test)] == [17, 18, 19]
    assert [int(i[0][0]) for i, _ in shown(last.validation)] == [15, 16]
    drawn = make(tmp_path, text, split={"validation": 2, "test": 3, "shuffle": True}, **common)
    members = [sorted(int(i[0][0]) for i, _ in shown(split)) for split in drawn.splits.values()]
    assert sorted(one for part in members for one in part) == list(range(20))
    assert members[2] != [17, 18, 19]
    named = "id,x,y,part\n" + "\n".join(f"{row},{'Test' if row[1] == '4' else 'train'}" for row in rows) + "\n"
    by_column = make(tmp_path, named, split={"column": "part"}, **common)
    assert [int(i[0][0]) for i, _ in shown(by_column.test)] == [4]
    assert by_column.validation is None


def test_missing_numbers_are_shown_as_zero_beside_a_column_that_says_so(tmp_path):
    dataset = make(
        tmp_path, "x,y\n4,1\n,2\n6,3\n8,4\n,5\n", target=["y"], features=["x"], window={"length": 2}, missing="mask",
        scale="standard",
    )  # fmt: skip
    assert dataset.feature_names == ("x", "x (present)")
    center, scale = 6, np.sqrt(8 / 3)
    seen = [[(4 - center) / scale, 1], [0, 0], [0, 1], [(8 - center) / scale, 1], [0, 0]]
    np.testing.assert_allclose(dataset.train.values, seen, atol=1e-6)
    assert len(dataset.train) == 3


@pytest.mark.parametrize(
    ("missing", "seen", "sequences"),
    [
        ("forward", [[1, 1], [2, 1], [2, 1], [2, 0]], 2),
        ("interpolate", [[1, 1], [2, 1], [2, 1], [2, 0]], 2),
        ("mask", [[1, 1, 1], [2, 0, 0], [0, 1, 1], [2, 0, 1]], 2),
        ("drop", [[1, 1], [2, np.nan], [0, 1], [2, 0]], 1),
    ],
)
def test_a_missing_token_is_the_last_one_seen_or_unknown_and_yes_and_no_are_not_mixed(
    missing, seen, sequences, tmp_path
):
    text = "id,word,flag,y\na,u,yes,1\na,v,,2\na,,yes,3\na,v,no,4\nb,u,no,5\n"
    dataset = make(
        tmp_path, text, task="per_step", series="id", features=["word", "flag"], target=["y"], missing=missing,
        columns={"word": "category", "flag": "boolean"},
    )  # fmt: skip
    np.testing.assert_array_equal(dataset.train.values[:4], seen)
    assert len(dataset.train) == sequences
    assert dataset.inputs[0].tokens == ("<unknown>", "u", "v")


def test_a_filled_in_target_scores_no_forecast_and_none_begins_at_a_row_that_borrows_from_later(tmp_path):
    text = "y\n1\n2\n\n4\n5\n6\n"
    forward = make(tmp_path, text, target=["y"], window={"length": 2}, missing="forward")
    assert shown(forward.train) == [([[2], [2]], [4]), ([[2], [4]], [5]), ([[4], [5]], [6])]
    drawn = make(tmp_path, text, target=["y"], window={"length": 2}, missing="interpolate")
    assert shown(drawn.train) == [([[3], [4]], [5]), ([[4], [5]], [6])]


def test_no_forecast_begins_at_a_target_that_borrows_from_later_though_the_model_does_not_see_it(tmp_path):
    text = "x,y\n" + "".join(f"{row},{'' if row == 6 else row * row}\n" for row in range(10))
    for difference, starts in ((0, [0, 1, 2, 3, 6, 7]), (1, [1, 2, 3, 6, 7])):
        dataset = make(
            tmp_path, text, target=["y"], features=["x"], window={"length": 2}, difference=difference,
            missing="interpolate",
        )  # fmt: skip
        assert dataset.train.starts.tolist() == starts


def test_rows_that_are_missing_from_regular_times_are_put_in_and_told(tmp_path):
    text = "day,id,y\n2024-01-01,a,1\n2024-01-02,a,2\n2024-01-05,a,5\n2024-01-06,a,6\n2024-03-01,b,1\n2024-03-02,b,2\n"
    dataset = make(
        tmp_path, text, time="day", series="id", target=["y"], window={"length": 1}, frequency="auto",
        missing="interpolate",
    )  # fmt: skip
    assert dataset.train.values[:, 0].tolist() == [1, 2, 3, 4, 5, 6, 1, 2]
    assert dataset.preparation.frequency == "1d"
    assert dataset.notes[0].endswith("the time from row to row is 1d")
    assert dataset.notes[1].endswith(
        "2 rows are missing in 1 gap and were put in without values: 2024-01-03 to 2024-01-04 after line 3"
    )


@pytest.mark.parametrize(
    ("times", "every", "line", "rows"),
    [
        (["2000-01-01 00:00", "2020-01-01 00:00", "2020-01-02 00:00"], "1ms", "line 2: time 2000-01-01 00:00:00",
         631151999999),
        (["2020-01-01 00:00", "2020-01-01 01:00", "9999-12-31 00:00"], "1h", "line 4: time 9999-12-31 00:00:00",
         69951214),
        ([*range(20), 10**9], "auto", "line 22: time 1000000000", 999999980),
        ([-9 * 10**18, 0, 9 * 10**18], "1i", "line 2: time -9000000000000000000", 9 * 10**18),
    ],
)  # fmt: skip
def test_a_time_that_makes_the_span_a_thousand_times_longer_is_named(times, every, line, rows, tmp_path):
    text = "t,y\n" + "".join(f"{time},{place**2}\n" for place, time in enumerate(times))
    with pytest.raises(
        DataError,
        match=f"column 't': {line} is far from the next one in time: .* apart, {rows:,} rows would lie between it and ",
    ):
        make(tmp_path, text, time="t", target=["y"], window={"length": 1}, frequency=every, missing="forward")


def test_rows_that_would_be_put_in_are_counted_series_by_series(tmp_path, monkeypatch):
    text = "t,id,y\n" + "".join(f"2024-01-{day:02d} 00:00,{name},{day**2}\n" for name in "ab" for day in (1, 2, 5))
    common = {"time": "t", "series": "id", "target": ["y"], "window": {"length": 1}, "missing": "forward"}
    for available, enough in ((2 * 97 * 8 * 4, True), (2 * 97 * 8 * 4 - 1, False)):
        monkeypatch.setattr("rnnctl.data.frequency.available_bytes", lambda available=available: available)
        if enough:
            assert len(make(tmp_path, text, frequency="1h", **common).train.values) == 2 * 97
            continue
        with pytest.raises(DataError) as raised:
            make(tmp_path, text, frequency="1h", **common)
        assert str(raised.value).endswith(
            "column 't': 1h apart, from 2024-01-01 00:00:00 to 2024-01-05 00:00:00, the file's 6 rows would be 194, "
            "which need 6.21 kB of memory, and 6.21 kB are available; correct a time that is far from the others, or "
            "set data.frequency to a longer distance"
        )


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_hours_are_hours_in_whatever_unit_a_file_counts_them(unit, tmp_path):
    hours = [datetime(2024, 1, 1, hour) for hour in (0, 1, 2, 4, 5)]
    frame = pl.DataFrame({"t": pl.Series(hours, dtype=pl.Datetime(unit)), "y": [1.0, 5.0, 2.0, 7.0, 3.0]})
    frame.write_parquet(tmp_path / "table.parquet")
    config = settings_of(
        tmp_path / "table.parquet", kind="parquet", time="t", target=["y"], window={"length": 2}, frequency="auto",
        missing="forward",
    )  # fmt: skip
    dataset = load_dataset(config)
    assert dataset.preparation.frequency == "1h"
    assert dataset.train.values[:, 0].tolist() == [1, 5, 2, 2, 7, 3]
    for every in ("1h", None):
        ahead = add_future_rows(
            config, read_unlabelled(config.data)[0], replace(dataset.preparation, frequency=every), 1
        )
        assert ahead.dataset.order.times[-1] == datetime(2024, 1, 1, 6)


def test_series_are_split_at_times_a_billionth_of_a_second_apart(tmp_path):
    times = pl.Series([*range(1, 7)] * 2).cast(pl.Datetime("ns"))
    frame = pl.DataFrame({"t": times, "y": [1.0, 5.0, 2.0, 7.0, 3.0, 4.0] * 2, "id": ["a"] * 6 + ["b"] * 6})
    frame.write_parquet(tmp_path / "table.parquet")
    dataset = load_dataset(settings_of(
        tmp_path / "table.parquet", kind="parquet", time="t", series="id", target=["y"], window={"length": 2},
        split={"validation": 0, "test": 2},
    ))  # fmt: skip
    assert dataset.train.starts.tolist() == [0, 1, 6, 7]
    assert dataset.test.starts.tolist() == [2, 3, 8, 9]


def test_what_a_series_shares_holds_in_the_rows_that_are_put_in(tmp_path):
    text = "t,id,x,size,kind,part\n" + "".join(
        f"{t},{name},{t},{size},{kind},train\n"
        for name, size, kind in (("a", 7, "u"), ("b", 9, "v"), ("c", "", "u"))
        for t in (1, 2, 5)
    )
    dataset = make(
        tmp_path, text, time="t", series="id", features=["x", "size"], static=["size"], frequency="1i",
        task="per_sequence", target=["kind"], columns={"kind": "category"}, split={"column": "part"}, missing="forward",
    )  # fmt: skip
    assert dataset.train.lengths.tolist() == [5, 5]
    assert dataset.train.values[:10].tolist() == [[t, size] for size in (7, 9) for t in (1, 2, 2, 2, 5)]
    assert [dataset.classes[int(code)] for code in dataset.train.targets[dataset.train.target_rows, 0]] == ["u", "v"]


@pytest.mark.parametrize("column", ["words", "characters"])
def test_an_empty_text_is_dropped_and_its_row_keeps_its_number(column, tmp_path):
    text = "review,label\ngood,1\n,1\nbad,0\n \t ,1\ngood,1\n"
    settings = {"task": "per_sequence", "features": ["review"], "target": ["label"], "missing": "drop"}
    columns = {"review": column, "label": "boolean"}
    dataset = make(tmp_path, text, **settings, columns=columns)
    kept = make(tmp_path, "review,label\ngood,1\nbad,0\ngood,1\n", **settings, columns=columns)
    if column == "words":
        assert shown(dataset.train) == shown(kept.train)
        assert dataset.facts["sequences_dropped"] == 2
        assert dataset.facts["tokens"] == 3
        assert dataset.notes == (
            f"{tmp_path / 'table.csv'}: 2 missing values; 2 of 5 sequences (40 %) are left out: an input or "
            "every target is missing (data.missing: drop)",
        )
    else:  # spaces are characters
        assert dataset.facts["sequences_dropped"] == 1
    assert dataset.order.names == ("1", "2", "3", "4", "5")
    assert dataset.preparation.vocabularies.keys() == {"review"}


def test_an_empty_text_that_is_to_be_continued_is_dropped(tmp_path):
    settings = {"task": "next_step", "target": ["line"], "columns": {"line": "words"}, "missing": "drop"}
    dataset = make(tmp_path, 'line\n"one two"\n""\nthree\n', **settings)
    kept = make(tmp_path, 'line\n"one two"\nthree\n', **settings)
    assert dataset.classes == kept.classes
    assert shown(dataset.train) == shown(kept.train)


def test_splits_are_counted_before_empty_texts_are_dropped(tmp_path):
    text = "line,y\n" + "".join(f"{'' if k == 8 else 'word'},{k % 2}\n" for k in range(10))
    dataset = make(
        tmp_path, text, task="per_sequence", features=["line"], target=["y"], missing="drop",
        columns={"line": "words", "y": "boolean"}, split={"validation": 2, "test": 2},
    )  # fmt: skip
    assert {name: len(split) for name, split in dataset.splits.items()} == {"train": 6, "validation": 2, "test": 1}


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
def test_the_distance_of_times_is_found_in_whatever_unit_they_are_stored(unit, zone, tmp_path):
    times = pl.datetime_range(datetime(2024, 1, 1), datetime(2024, 1, 1, 9), "15m", time_unit=unit, eager=True)
    frame = pl.DataFrame({"t": times.dt.replace_time_zone(zone), "y": np.arange(len(times), dtype=float)})
    frame.filter(pl.Series(np.arange(len(times)) != 5)).write_parquet(tmp_path / "t.parquet")
    config = settings_of(
        tmp_path / "t.parquet", kind="parquet", time="t", target=["y"], window={"length": 2}, frequency="auto",
        missing="forward",
    )  # fmt: skip
    dataset = load_dataset(config)
    assert dataset.preparation.frequency == "15m"
    assert dataset.train.values[:, 0].tolist() == [*range(5), 4, *range(6, 37)]


FAULTS = {
    "a class that training never shows": (
        "id,x,y\na,1,u\nb,2,v\nc,3,u\nd,4,w\n",
        {"task": "per_sequence", "series": "id", "features": ["x"], "target": ["y"], "columns": {"y": "category"},
         "split": {"validation": 0, "test": 1}},
        "column 'y': line 5: no training row holds 'w', so the network never says that; change data.split (shuffle: "
        "true), or remove those series",
    ),
    "a label that changes": (
        "id,x,y\na,1,u\na,2,v\nb,1,u\n",
        {"task": "per_sequence", "series": "id", "features": ["x"], "target": ["y"], "columns": {"y": "category"}},
        "column 'y' of series 'a': line 3: it changes, and the target of a whole series is the same in all rows of a "
        "series; correct it",
    ),
    "a label that is missing in one row": (
        "id,x,y\na,1,u\na,2,\nb,1,u\n",
        {"task": "per_sequence", "series": "id", "features": ["x"], "target": ["y"], "columns": {"y": "category"},
         "missing": "drop"},
        "column 'y' of series 'a': line 3: it is missing, and the target of a whole series is the same in all rows of "
        "a series; fill it in",
    ),
    "a static feature that is missing in the first row": (
        "t,id,x,size\n1,a,1,\n2,a,2,7\n1,b,1,8\n2,b,3,8\n",
        {"time": "t", "series": "id", "features": ["x", "size"], "static": ["size"], "target": ["x"],
         "missing": "mask", "window": {"length": 1}},
        "column 'size' of series 'a': line 2: it is missing, and a static feature is the same in all rows of a series; "
        "fill it in",
    ),
    "one class": (
        "id,x,y\na,1,u\nb,2,u\n",
        {"task": "per_sequence", "series": "id", "features": ["x"], "target": ["y"], "columns": {"y": "category"}},
        "column 'y' is 'u' in all training rows, so there is nothing to learn; choose another data.target or another "
        "data.split",
    ),
    "an id with one row each": (
        "id,y\na,u\nb,v\nc,u\n",
        {"task": "next_step", "series": "id", "target": ["y"], "columns": {"y": "category"}},
        "the training split has no sequence: series 'a' has 1 row; series 'b' has 1 row; series 'c' has 1 row, and a "
        "sequence needs 2 to predict one; add series, or hold out fewer (data.split)",
    ),
    "a gap in what is to be continued": (
        "y\n1\n5\nNA\n2\n4\n",
        {"task": "next_step", "target": ["y"]},
        "values are missing: column 'y': line 4; fill them in, or set data.missing: forward or mask (every sequence "
        "holds one, so that drop would leave none)",
    ),
    "a gap in all that there is": (
        "y\n1\n5\nNA\n2\n4\n",
        {"task": "next_step", "target": ["y"], "missing": "drop"},
        "every sequence of the training split misses an input or all its targets; fill values in, or set "
        "data.missing: forward or mask",
    ),
    "a test of one row": (
        "y\nu\nv\nu\nv\n",
        {"task": "next_step", "target": ["y"], "columns": {"y": "category"}, "split": {"validation": 0, "test": 1}},
        "the test split has no sequence: it holds fewer than 2 rows; add rows, or make data.split.test larger",
    ),
    "a word that is no split": (
        "id,x,y,part\na,1,0,train\nb,2,1,tset\n",
        {"task": "per_sequence", "series": "id", "features": ["x"], "target": ["y"], "columns": {"y": "boolean"},
         "split": {"column": "part"}},
        "column 'part': line 3: found 'tset', expected train, validation or test; did you mean test?",
    ),
    "a time off the grid": (
        "t,y\n2024-01-01 00:00,1\n2024-01-01 01:00,2\n2024-01-01 01:30,3\n2024-01-01 02:00,4\n",
        {"time": "t", "target": ["y"], "window": {"length": 1}, "frequency": "1h", "missing": "forward"},
        "column 't': line 4: time 2024-01-01 01:30:00 does not lie a whole number of 1h after its series' first one; "
        "correct it, or set data.frequency to a distance that all keep",
    ),
    "a frequency of times with fractions": (
        "t,y\n0.5,1\n1.5,2\n2.5,3\n",
        {"time": "t", "target": ["y"], "window": {"length": 1}, "frequency": "1d"},
        "column 't': times that are neither dates nor whole numbers have no frequency; set data.frequency: null",
    ),
    "hours of dates": (
        "t,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n",
        {"time": "t", "target": ["y"], "window": {"length": 1}, "calendar": ["hour"]},
        "column 't': hour needs a time of day, and this column holds dates alone; remove it",
    ),
    "a text without words": (
        "text,y\nhello,1\n,0\n",
        {"task": "per_sequence", "features": ["text"], "target": ["y"],
         "columns": {"text": "words", "y": "boolean"}},
        "column 'text': line 3: no word is in the text, and nothing can stand in for one; fill it in, remove the row, "
        "or set data.missing: drop to leave it out",
    ),
    "a text without characters that something shall stand in for": (
        "text,y\nhello,1\n,0\n",
        {"task": "per_sequence", "features": ["text"], "target": ["y"], "missing": "mask",
         "columns": {"text": "characters", "y": "boolean"}},
        "column 'text': line 3: no character is in the text, and nothing can stand in for one; fill it in, remove the "
        "row, or set data.missing: drop to leave it out",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_table_that_cannot_be_used_is_refused_with(fault, tmp_path):
    text, settings, told = FAULTS[fault]
    with pytest.raises(DataError) as raised:
        make(tmp_path, text, **settings)
    assert str(raised.value).replace(f"{tmp_path / 'table.csv'}: ", "") == told
