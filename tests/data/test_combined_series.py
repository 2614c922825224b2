"""Series that several columns tell apart: read, named, given back, and found where one column is not enough."""

from __future__ import annotations

import copy
import pickle
from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import rnnctl
from rnnctl.config.dump import config_to_yaml
from rnnctl.config.load import load_config
from rnnctl.config.schema import Config
from rnnctl.errors import ConfigError
from rnnctl.schema.column_names import Combined
from rnnctl.tables.combined_columns import combined_names, parts_of_names
from rnnctl.workflows.init import starter_config
from rnnctl.workflows.predict import predict

DAYS = [str(date(2024, 1, 1) + timedelta(days=day)) for day in range(8)]
SHOPS, GOODS = ("north", "south"), ("7", "8", "9")


def sales(**others: str) -> str:
    """Rows of shops, goods and days; each number says whose it is."""
    rows = [",".join(("shop", "good", "day", *others, "y"))]
    for number, (shop, good) in enumerate(product(SHOPS, GOODS)):
        rows += [",".join((shop, good, day, *others.values(), str(100 * number + at))) for at, day in enumerate(DAYS)]
    return "\n".join(rows) + "\n"


def test_each_combination_is_a_series(load):
    dataset = load(sales(), time="day", series=["shop", "good"])
    assert dataset.order.names == ("north, 7", "north, 8", "north, 9", "south, 7", "south, 8", "south, 9")
    assert np.diff(dataset.order.bounds).tolist() == [8] * 6
    inputs, targets = dataset.train.gather([6])[:2]
    assert inputs[0, :, 0].tolist() == [100, 101]  # the second series' first window
    assert targets[0].tolist() == [102]


@pytest.mark.parametrize("cache", ["never", "always"])
def test_parts_may_be_features_and_tables_converted(load, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path))
    settings: dict[str, Any] = {"features": ["y", "shop"], "static": ["shop"], "columns": {"shop": "category"}}
    dataset = load(sales(), time="day", series=["shop", "good"], cache=cache, **settings)
    assert len(dataset.order) == 6
    assert dataset.preparation.vocabularies["shop"][1:] == ("north", "south")


def test_a_missing_part_is_named(refuse):
    told = refuse(sales().replace("north,8,2024-01-03", "north,,2024-01-03"), time="day", series=["shop", "good"])
    assert told.startswith("FILE: column 'good': line 12: no series is named")


@pytest.mark.parametrize(("series", "told"), [("shop", "'good' tells"), (None, "'shop' and 'good' tell")])
def test_the_columns_that_tell_rows_apart_are_named_and_following_that_helps(load, refuse, series, told):
    message = refuse(sales(), time="day", series=series)
    assert f"{told} these rows apart: set data.series: [shop, good]" in message
    assert len(load(sales(), time="day", series=["shop", "good"]).order) == 6


def test_one_row_twice_is_no_matter_of_series(refuse):
    rows = "".join(f"{day},{'sun' if at % 3 else 'rain'},{at}\n" for at, day in enumerate(DAYS * 1))
    message = refuse(f"day,sky,y\n{rows}{DAYS[2]},sun,7\n", time="day")
    assert message == (
        f"FILE: lines 4, 10 have the same time, day {DAYS[2]}; keep one row for each time, or set data.series to the "
        "column that tells series apart"
    )


def test_a_column_of_measurements_tells_nothing_apart(refuse):
    rows = "".join(f"{day},{7 * at % 16},{at}\n" for at, day in enumerate(DAYS * 2))
    assert "or set data.series to the column" in refuse(f"day,visits,y\n{rows}", time="day")
    assert "data.series" not in refuse("day,y\n2024-01-01,1\n2024-01-01,2\n", time="day")  # no column is left for it


@given(st.lists(st.lists(st.text(alphabet="a,\\ \n", min_size=1), min_size=2, max_size=2), min_size=1))
def test_names_of_series_keep_their_parts(cells):
    import polars as pl

    columns = [list(column) for column in zip(*cells, strict=True)]
    names = combined_names([pl.Series(column) for column in columns]).to_list()
    assert parts_of_names(names, 2) == columns
    assert len(set(names)) == len(set(map(tuple, cells)))


def test_a_config_keeps_its_list(tmp_path):
    data = {"kind": "csv", "path": "a.csv", "series": ["shop", "good"], "target": ["y"], "window": {"length": 2}}
    config = Config.model_validate({"data": data})
    (tmp_path / "config.yaml").write_text(config_to_yaml(config))
    again = load_config(tmp_path / "config.yaml")
    assert again.data.series == config.data.series
    for series in (
        again.data.series,
        copy.deepcopy(config).data.series,
        pickle.loads(pickle.dumps(config.data.series)),
    ):
        assert isinstance(series, Combined)
        assert series.parts == ("shop", "good")


@pytest.mark.parametrize(
    ("series", "told"),
    [("[shop, shop]", "holds 'shop' twice"), ("3", "put quotes around it to make it text"), ("[]", "one or more")],
)
def test_what_is_no_list_of_columns_is_refused(tmp_path, series, told):
    path = tmp_path / "c.yaml"
    path.write_text(f"data:\n  kind: csv\n  path: a.csv\n  series: {series}\n  target: [y]\n  window: {{length: 2}}\n")
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    assert told in str(raised.value)
    assert "c.yaml:4:" in str(raised.value)


def test_init_finds_the_combination(tmp_path):
    (tmp_path / "sales.csv").write_text(sales(open="1"))
    text = starter_config(tmp_path / "sales.csv", tmp_path)
    assert "\n  time: day " in text
    assert "\n  series: [shop, good] " in text
    assert "\n  target: [y]" in text
    assert "not used: shop" not in text


def test_init_takes_no_measurement_for_a_part(tmp_path):
    rows = sales().splitlines()
    rows = [rows[0] + ",guests", *(f"{row},{37 * at % 50}" for at, row in enumerate(rows[1:]))]
    (tmp_path / "sales.csv").write_text("\n".join(rows))
    assert "\n  series: [shop, good] " in starter_config(tmp_path / "sales.csv", tmp_path)
    text = starter_config(tmp_path / "sales.csv", tmp_path, series="shop, good")
    assert "\n  series: [shop, good] " in text


def test_predictions_give_the_parts_back(tmp_path):
    (tmp_path / "sales.csv").write_text(sales())
    data = {"kind": "csv", "path": str(tmp_path / "sales.csv"), "time": "day", "series": ["shop", "good"]}
    data |= {"target": ["y"], "window": {"length": 2, "horizon": 2}, "split": {"validation": 0, "test": 0}}
    model = {"layers": [{"cell": "simple_rnn", "units": 2}]}
    config = Config.model_validate({"data": data, "model": model, "training": {"steps": 1}})
    run = rnnctl.train(config, out=tmp_path)
    found = predict(run.path).written
    assert found.columns == ["shop", "good", "day", "y"]
    assert found["shop"].to_list() == ["north"] * 6 + ["south"] * 6
    assert found["good"].to_list() == ["7", "7", "8", "8", "9", "9"] * 2
    assert found["day"].cast(str).to_list() == ["2024-01-09", "2024-01-10"] * 6
