"""Another file in the form that a run was trained on: the same scales, vocabularies and columns, whatever it holds."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.data.dataset import Preparation
from rnnctl.errors import DataError
from rnnctl.prediction.new_data import load_new_data, read_unlabelled
from rnnctl.runs.run_schema import checked_as


@pytest.fixture
def made(tmp_path):
    """A config on a file, and what it learnt, through JSON and back."""

    def _made(text, **data):
        path = tmp_path / "own.csv"
        path.write_text(text)
        split = {"validation": 0, "test": 0}
        config = Config.model_validate({"data": {"kind": "csv", "path": str(path), "split": split} | data})
        preparation = load_dataset(config).preparation
        return config, checked_as(Preparation, json.loads(json.dumps(preparation.to_json())), path)

    return _made


def test_numbers_are_scaled_by_the_runs_training_rows(made, tmp_path):
    config, known = made("y\n" + "\n".join(map(str, range(10))), target=["y"], window={"length": 2})
    new = tmp_path / "new.csv"
    new.write_text("x,y\n0,100\n0,110\n0,120\n0,130\n")
    found = load_new_data(config, new, known)
    wanted = (np.array([100, 110, 120, 130]) - 4.5) / np.std(range(10))
    assert found.test.values[:, 0] == pytest.approx(wanted, rel=1e-6)
    assert found.test.starts.tolist() == [0, 1]


def test_of_a_file_that_misses_values_the_rest_is_scored_and_what_is_left_out_is_told(made, tmp_path):
    text = "x,y\n" + "".join(f"{n % 3},{n}\n" for n in range(10))
    config, known = made(text, target=["y"], features=["x", "y"], window={"length": 2}, scale="none")
    new = tmp_path / "new.csv"
    new.write_text("x,y\n0,5\n1,6\n0,7\n1,8\n,9\n1,4\n0,2\n1,3\n0,\n")  # the last row is to come
    found = load_new_data(config, new, known)
    assert found.test.starts.tolist() == [0, 1, 2, 5]
    assert found.test.last_targets()[:, 0].tolist() == [7, 8, 9, 3]
    assert any(
        "3 of 7 windows (43 %) are left out: an input or every target is missing" in note for note in found.notes
    )


@pytest.mark.parametrize("kind", ["number", "boolean"])
def test_columns_that_say_what_is_there_stay_whether_or_not_the_new_file_misses_anything(made, tmp_path, kind):
    text = "x,y\n" + "".join(f"{'' if n == 3 else n % 2},{n * n}\n" for n in range(10))
    config, known = made(
        text, target=["y"], features=["x", "y"], window={"length": 2}, missing="mask", columns={"x": kind}, scale="none"
    )
    assert known.masked == ("x",)
    new = tmp_path / "new.csv"
    new.write_text("x,y\n1,5\n0,6\n1,7\n")
    whole = load_new_data(config, new, known)
    assert whole.feature_names == ("x", "x (present)", "y")
    assert whole.test.values.tolist() == [[1, 1, 5], [0, 1, 6], [1, 1, 7]]
    new.write_text("x,y\n1,5\n,6\n1,7\n")
    assert load_new_data(config, new, known).test.values.tolist() == [[1, 1, 5], [0, 0, 6], [1, 1, 7]]


def test_a_column_that_never_missed_anything_in_training_may_not_now(made, tmp_path):
    text = "x,y\n" + "".join(f"{n % 3},{n * n}\n" for n in range(10))
    config, known = made(text, target=["y"], features=["x", "y"], window={"length": 2}, missing="mask")
    new = tmp_path / "new.csv"
    new.write_text("x,y\n" + "1,5\n,6\n1,7\n1,8\n1,9\n")
    assert load_new_data(config, new, known).test.starts.tolist() == [2]


def test_new_categories_are_unknown_as_features_and_named_as_classes(made, tmp_path):
    text = "s,c,k\n" + "".join(f"{s},{c},{k}\n" for s, k in (("p", "up"), ("q", "down")) for c in "abab")
    columns = {"c": "category", "k": "category"}
    config, known = made(text, series="s", features=["c"], target=["k"], task="per_sequence", columns=columns)
    new = tmp_path / "new.csv"
    new.write_text("s,c,k\nr,a,up\nr,z,up\n")
    found = load_new_data(config, new, known)
    assert found.test.values[:, 0].tolist() == [1, 0]
    assert found.notes == (
        f"{new}: column 'c': line 3: the run's training rows hold no cell 'z'; shown to the network as unknown",
    )
    new.write_text("s,c,k\nr,a,up\nt,z,sideways\n")
    with pytest.raises(DataError, match=r"column 'k': line 3: no training row of the run holds 'sideways'"):
        load_new_data(config, new, known)


def test_a_parquet_file_takes_the_place_of_a_csv_file(made, tmp_path):
    config, known = made("y\n" + "\n".join(map(str, range(10))), target=["y"], window={"length": 2})
    pl.DataFrame({"y": [1.0, 2, 3]}).write_parquet(tmp_path / "new.parquet")
    data = config.data.with_file(tmp_path / "new.parquet")
    assert data.column_names()[1] == ("y",)
    assert len(load_new_data(config, tmp_path / "new.parquet", known).test) == 1


def test_the_target_may_be_absent_where_nothing_is_scored(made, tmp_path):
    text = "s,c,k\n" + "".join(f"{s},{c},{k}\n" for s, k in (("p", "up"), ("q", "down")) for c in "abab")
    columns = {"c": "category", "k": "category"}
    config, known = made(text, series="s", features=["c"], target=["k"], task="per_sequence", columns=columns)
    new = tmp_path / "new.csv"
    new.write_text("s,c\nr,a\nr,b\n")
    table, _ = read_unlabelled(config.data.with_file(new))
    assert table.frame.get_column("k").null_count() == 2
    assert table.data.target == ("k",)
    with pytest.raises(DataError, match="there is no column 'k'"):
        load_new_data(config, new, known)
    new.write_text("s,d\nr,a\n")
    with pytest.raises(DataError, match="there is no column 'c'"):
        read_unlabelled(config.data.with_file(new))


def test_no_column_that_names_splits_is_asked_for(made, tmp_path):
    text = "s,x,k,part\n" + "".join(f"{s},{n},{n},train\n" for n, s in enumerate("pqrs"))
    split = {"validation": 0, "test": 0, "column": "part"}
    config, known = made(text, series="s", features=["x"], target=["k"], task="per_sequence", split=split)
    new = tmp_path / "new.csv"
    new.write_text("s,x,k\nr,1,2\n")
    assert len(load_new_data(config, new, known).test) == 1


def test_words_that_training_never_held_are_named_with_their_rows(made, tmp_path):
    reviews = (("fine day", "yes"), ("bad day", "no")) * 3
    text = "review,good\n" + "".join(f"{words},{good}\n" for words, good in reviews)
    columns = {"review": "words", "good": "boolean"}
    config, known = made(text, features=["review"], target=["good"], task="per_sequence", columns=columns)
    new = tmp_path / "new.csv"
    new.write_text("review,good\nfine day,yes\nAwful day,no\nawful night,no\n")
    told = "column 'review': lines 3, 4: the run's training rows hold no word 'awful', 'night'; shown to the network as"
    assert told in load_new_data(config, new, known).notes[0]


def test_a_file_without_one_window_says_how_many_rows_are_needed(made, tmp_path):
    config, known = made("y\n" + "\n".join(map(str, range(10))), target=["y"], window={"length": 4})
    new = tmp_path / "new.csv"
    new.write_text("y\n1\n2\n3\n")
    with pytest.raises(
        DataError, match=r"new\.csv: too short: the file has 3 rows, and one window needs 5 .*give more rows"
    ):
        load_new_data(config, new, known)


OTHER_FAULTS = {
    "series of one row": (
        "id,c\na,u\na,v\nb,v\nb,u\n", "id,c\nx,u\ny,v\n",
        {"task": "next_step", "series": "id", "target": ["c"], "columns": {"c": "category"}},
        "too short: series 'x' has 1 row; series 'y' has 1 row, and a sequence needs 2 to predict one; give more rows",
    ),
    "sequences with gaps alone": (
        "id,x,c\na,1,u\na,2,u\nb,3,v\nb,4,v\n", "id,x,c\nx,,u\nx,1,u\n",
        {"task": "per_sequence", "series": "id", "features": ["x"], "target": ["c"], "columns": {"c": "category"},
         "missing": "drop"},
        "every sequence misses an input or all its targets; fill values in",
    ),
    "windows with gaps alone": (
        "y\n1\n2\n4\n", "y\n1\n\n3\n", {"target": ["y"], "window": {"length": 2}, "missing": "drop"},
        "every window misses an input or all its targets; fill values in",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("own", "text", "data", "told"), OTHER_FAULTS.values(), ids=OTHER_FAULTS)
def test_of_another_file_nothing_is_said_of_splits(made, tmp_path, own, text, data, told):
    config, known = made(own, **data)
    new = tmp_path / "new.csv"
    new.write_text(text)
    with pytest.raises(DataError) as raised:
        load_new_data(config, new, known)
    assert str(raised.value) == f"{new}: {told}"


def test_a_lone_text_column_that_is_absent_is_told(made, tmp_path):
    config, _ = made("line\none two\n", task="next_step", target=["line"], columns={"line": "words"})
    new = tmp_path / "new.csv"
    new.write_text("other\n1\n")
    with pytest.raises(DataError, match=r"there is no column 'line', which data.target asks for; .* are other"):
        read_unlabelled(config.data.with_file(new))
