"""Patterns of names in a config, put into the names of a file's columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from data.tabled import settings_of
from hypothesis import given, strategies as st

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.data import Dataset
from rnnctl.data.column_patterns import with_names
from rnnctl.errors import ConfigError, DataError
from rnnctl.workflows.check import check

HEADER = "t,p2,shop,y,p1,q,part,p10\n"


def config_of(folder: Path, text: str = HEADER + "1,2,a,3,4,5,train,6\n", **settings: Any) -> Config:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return settings_of(path, **{"target": ["y"], "window": {"length": 1}} | settings)


def _load(config: Config) -> Dataset:
    return load_dataset(config.model_copy(update={"data": with_names(config.data)}))


def test_a_pattern_stands_for_the_columns_that_match_in_the_order_of_the_file(tmp_path: Path) -> None:
    named = with_names(config_of(tmp_path, features=["q", "p*"]).data)
    assert named.features == ("q", "p2", "p1", "part", "p10")


def test_targets_times_series_and_splits_are_named_or_left_out(tmp_path: Path) -> None:
    settings = {"task": "per_sequence", "window": None, "time": "t", "series": "shop", "split": {"column": "part"}}
    named = with_names(config_of(tmp_path, features=["*"], **settings).data)
    assert named.features == ("p2", "p1", "q", "p10")
    assert with_names(config_of(tmp_path, features=["y", "p1*", "p1"]).data).features == ("y", "p1", "p10")


def test_patterns_of_known_and_static_stand_for_features(tmp_path: Path) -> None:
    settings = {"time": "t", "series": "shop", "known": ["p1*"], "static": ["*2"], "columns": {"part": "category"}}
    named = with_names(config_of(tmp_path, features=["p*"], **settings).data)
    assert named.features == ("p2", "p1", "part", "p10")
    assert named.known == ("p1", "p10")
    assert named.static == ("p2",)


def test_a_column_called_like_the_pattern_is_that_column_alone(tmp_path: Path) -> None:
    assert with_names(config_of(tmp_path, "y,p*,px\n1,2,3\n", features=["p*"]).data).features == ("p*",)


def test_a_pattern_that_matches_nothing_is_told_with_the_columns_there_are(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    with pytest.raises(DataError) as raised:
        _load(config_of(tmp_path, features=["r*"], time="t"))
    assert str(raised.value) == (
        f"{path}: line 1: no column matches 'r*', which data.features asks for; those to choose from are p2, shop, p1, "
        "q, part, p10, y"
    )
    with pytest.raises(
        DataError, match=r"no feature matches 'q\*', which data.known asks for; .* are p2, p1, part, p10"
    ):
        _load(config_of(tmp_path, features=["p*"], known=["q*"]))


def test_rules_about_names_are_told_once_the_names_are_known(tmp_path: Path) -> None:
    wrong = config_of(tmp_path, features=["p*"], columns={"shop": "category"})
    with pytest.raises(ConfigError, match=r"^data.columns: 'shop' is neither a feature nor a target"):
        _load(wrong)
    for name in ("p?", "p[12]"):
        with pytest.raises(ConfigError, match=r"\* alone stands for other characters in a pattern; add it to"):
            _load(config_of(tmp_path, features=["p*"], columns={name: "category"}))
    with pytest.raises(ConfigError, match=r"data.static names some of data.features"):
        _load(config_of(tmp_path, features=["p*"], static=["q"], columns={"part": "category"}))


def test_patterns_of_targets_and_of_what_columns_hold(tmp_path: Path) -> None:
    named = with_names(config_of(tmp_path, target=["p1*", "y"]).data)
    assert (named.target, named.features, named.seen) == (("p1", "p10", "y"), None, ("p1", "p10", "y"))
    kinds = {"p*": "boolean", "p10": "number", "part": "category"}
    config = config_of(tmp_path, target=["p1"], features=["p*", "q"], columns=kinds)
    assert config.data.target_kind == "number"  # a feature's pattern says nothing of a target
    with pytest.raises(
        ConfigError, match=r"'p1' stands for p1, which data.columns says to be boolean; .* {p1: boolean}"
    ):
        with_names(config.data)
    named = with_names(config_of(tmp_path, target=["p1"], features=["p*"], columns={**kinds, "p1": "number"}).data)
    assert {name: column.kind for name, column in named.columns.items()} == {
        "p1": "number",
        "p10": "number",
        "part": "category",
        "p2": "boolean",
    }


def test_the_kind_of_a_pattern_of_targets_is_known_before_the_file_is(tmp_path: Path) -> None:
    config = config_of(tmp_path, target=["p1*"], columns={"p1*": "boolean"})
    assert (config.data.target_kind, config.loss.kind) == ("boolean", "binary_crossentropy")
    assert with_names(config.data).target_kind == "boolean"
    wide = config_of(tmp_path, target=["p10"], features=["p2"], columns={"p1*": "boolean"})
    assert wide.data.target_kind == "boolean"
    assert list(with_names(wide.data).columns) == ["p10"]


def test_features_of_a_pattern_may_be_targets_as_well(tmp_path: Path) -> None:
    both = with_names(config_of(tmp_path, target=["p1*"], features=["p1*", "q"]).data)
    assert (both.target, both.features) == (("p1", "p10"), ("p1", "p10", "q"))
    alone = with_names(config_of(tmp_path, target=["p1", "p10"], features=["p1*", "q"]).data)
    assert alone.features == ("p1", "p10", "q")
    others = with_names(config_of(tmp_path, target=["p1"], features=["p*"], columns={"part": "category"}).data)
    assert others.features == ("p2", "part", "p10")
    with pytest.raises(DataError, match=r"no column matches 'p1\*', which data.features asks for; .* are t, p2"):
        with_names(config_of(tmp_path, task="per_step", window=None, target=["p1", "p10"], features=["p1*"]).data)


def test_where_there_is_nothing_to_choose_from_the_reason_is_told(tmp_path: Path) -> None:
    text = "t,y\n1,2\n"
    lone = {"task": "per_step", "window": None, "time": "t", "target": ["y"]}
    with pytest.raises(DataError, match=r"data\.features asks for; every other column is a target or a time, .*; name"):
        with_names(config_of(tmp_path, text, features=["*"], **lone).data)
    with pytest.raises(DataError, match=r"no column matches 'x\*', which data.target asks for; those .* are y"):
        with_names(config_of(tmp_path, text, time="t", target=["x*"]).data)
    with pytest.raises(DataError, match=r"no feature or target matches 'z\*', which data.columns asks for; those .* y"):
        with_names(config_of(tmp_path, text, time="t", columns={"z*": "category"}).data)


def test_patterns_of_targets_train_what_the_names_train(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k * k % 7},{k * 3 % 5},{k % 2}\n" for k in range(40))
    settings = {"time": "t", "window": {"length": 3}, "features": ["a*", "on"]}
    patterns = config_of(tmp_path, "t,a1,a2,on\n" + rows, target=["a*"], columns={"o*": "boolean"}, **settings)
    plain = {**settings, "features": ["a1", "a2", "on"], "columns": {"on": "boolean"}}
    names = config_of(tmp_path, "t,a1,a2,on\n" + rows, target=["a1", "a2"], **plain)
    one, other = _load(patterns), _load(names)
    assert one.target_names == other.target_names == ("a1", "a2")
    assert (one.train.targets == other.train.targets).all()
    assert (one.train.values == other.train.values).all()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_patterns_give_what_the_names_give_in_a_dataset_and_in_check(ending: str, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"a1": [0.5, 1.0, 2.0, 4.0] * 5, "y": [1.0, 2.0, 3.0, 5.0] * 5, "a2": [3.0, 2.0, 0.0, 1.0] * 5}
    )
    path = tmp_path / f"table.{ending}"
    frame.write_csv(path) if ending == "csv" else frame.write_parquet(path)
    both = [
        settings_of(path, kind=ending, target=["y"], window={"length": 2}, features=features)
        for features in (["a*", "y"], ["a1", "a2", "y"])
    ]
    one, other = map(_load, both)
    assert one.feature_names == other.feature_names == ("a1", "a2", "y")
    assert (one.train.values == other.train.values).all()
    assert check(both[0]).columns == check(both[1]).columns


@given(
    columns=st.lists(st.text("ab*?[]", min_size=1, max_size=4), min_size=1, max_size=6, unique=True),
    pattern=st.text("ab*", min_size=1, max_size=4),
)
def test_what_matches_is_what_a_plain_search_finds(
    tmp_path_factory: pytest.TempPathFactory, columns: list[str], pattern: str
) -> None:
    folder = tmp_path_factory.mktemp("matching")
    text = ",".join([*columns, "y"]) + "\n" + "1," * len(columns) + "2\n"
    config = config_of(folder, text, features=[pattern, "y"])

    def matches(name: str, form: str) -> bool:
        if not form:
            return not name
        if form[0] == "*":
            return any(matches(name[cut:], form[1:]) for cut in range(len(name) + 1))
        return bool(name) and name[0] == form[0] and matches(name[1:], form[1:])

    expected = [pattern] if pattern in columns else [name for name in columns if matches(name, pattern)]
    if expected:
        assert with_names(config.data).features == (*expected, "y")
    elif "*" in pattern:
        with pytest.raises(DataError, match="no column matches"):
            with_names(config.data)


def test_many_columns_are_looked_at_once_each(tmp_path: Path) -> None:
    names = [f"c{place}" for place in range(20_000)]
    text = f"{','.join(names)}\n{','.join(['1'] * len(names))}\n"
    config = config_of(tmp_path, text, target=["c0"], features=["*"])
    data = with_names(config.data)
    assert {data.column(name).kind for name in names} == {"number"}
    data.open_files(1 << 20).checked()
    assert data.model_validate({**dict(data), "header": names}).header == tuple(names)
